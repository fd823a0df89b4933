"""A node whose clock was set back over a restart: what it remembers holds up nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from ambient.events import Judged
from ambient.observations import Place, SensorKind, View
from fusion.set_back import as_of
from fusion.views import SourcesState, SourceState, Views
from tests.fusion.situations import homes
from tests.fusion.situations.kit import FLAT, NIGHT, Story, installed
from tests.fusion.situations.people import DOOR, FLOOR, IN_A, MIDDLE
from tests.fusion.situations.rows_beds import gets_up

HOME = homes.home(
    watch=homes.ALWAYS,
    wearables=homes.WEARS_A,
    sensors=f"{homes.CORD}, {homes.RADAR}, {homes.WET_DOOR}",
    wet_rooms=homes.WET_ROOM,
)
NS = 1_000_000_000
BACK = [0.0, 1.0, 90.0, 3600.0, 86_400.0, 400 * 86_400.0]
"""By how many seconds the clock was set back."""


def before(folder: Path) -> Story:
    """Return the end of a story in which much is open."""
    story = Story(installed(HOME, folder), NIGHT, 120)
    story.view(1, View.DARK)
    story.sensor(30, "cord", SensorKind.CORD)
    story.sensor(40, "radar", SensorKind.PRESENCE)
    story.band().rests(0, 120)
    story.person(9).walks(50, 56, DOOR, MIDDLE).falls(56, MIDDLE, FLOOR)
    story.person(9).stays(57, 119, "is fallen", FLOOR)
    story.person(8).stays(1, 119, "lies", IN_A, place=Place.BED, bed="a")
    told = {each.name for each in story.play()}
    assert {"fall.confirmed", "distress.cord confirmed", "quality.degraded"} <= told
    return story


def after(story: Story, back: float, folder: Path) -> Story:
    start = NIGHT + timedelta(seconds=120 + 5 - back)
    again = Story(installed(HOME, folder), start, 500)
    again.go_on_from(story)
    again.view(1, View.OK)
    gets_up(again)
    again.sensor(200, "cord", SensorKind.CORD)
    again.band().walks(210, 310).impact(310).rests(311, 500, FLAT)
    return again


@pytest.mark.parametrize("back", BACK)
def test_what_happens_then_is_told(back: float, tmp_path: Path) -> None:
    told = after(before(tmp_path), back, tmp_path).play()
    first = {each.name: each.s for each in reversed(told) if isinstance(each.event, Judged)}
    assert 130 <= first["bed.exit confirmed"] <= 160
    assert first["fall.confirmed"] <= 330
    assert first["distress.cord lasting"] <= 385
    assert min(each.s for each in told) >= -10.0


@pytest.mark.parametrize("back", [90.0, 86_400.0])
def test_nobody_is_silent_and_what_was_stated_of_a_camera_goes_on(
    back: float, tmp_path: Path
) -> None:
    story = before(tmp_path)
    (degraded,) = [each for each in story._told if each.name == "quality.degraded"]
    told = after(story, back, tmp_path).play()
    assert "node.source_silent" not in {each.name for each in told if each.s < 60}
    back_to = [each.event for each in told if each.name == "quality.restored"]
    assert degraded.event.chain in {event.chain for event in back_to}


def test_a_state_that_is_not_ahead_is_left_as_it_is() -> None:
    sources = SourcesState(Views(sources=[SourceState("r1", "c1", last=50 * NS)]), now=10**18)
    state = {"sources": msgspec.msgpack.encode(sources), "room": b"anything"}
    assert as_of(state, 10**18) is state
    assert as_of({"room": b"anything"}, 5) == {"room": b"anything"}


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x05", msgspec.msgpack.encode({"now": "x"})])
def test_what_cannot_be_read_is_said(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        as_of({"sources": data}, 10**18)


def test_instants_that_are_keys_are_moved_too() -> None:
    state = {
        "sources": msgspec.msgpack.encode(SourcesState(views=Views([]), now=10**18 + 60 * NS)),
        "vitals": msgspec.msgpack.encode({"open": {10**18: 70.0}}),
    }
    moved = as_of(state, 10**18)
    assert msgspec.msgpack.decode(moved["vitals"], strict=False) == {"open": {10**18 - 60 * NS: 70}}


@pytest.mark.parametrize("now", [None, 0])
def test_where_the_time_of_the_sources_is_not_known_that_of_situations_counts(
    now: int | None,
) -> None:
    state = {"situations": msgspec.msgpack.encode({"advanced": 10**18 + 60 * NS})}
    if now is not None:
        state["sources"] = msgspec.msgpack.encode(SourcesState(views=Views([]), now=now))
    moved = as_of(state, 10**18)
    assert msgspec.msgpack.decode(moved["situations"]) == {"advanced": 10**18}


def test_a_source_that_is_a_little_ahead_is_no_clock_that_was_set_back() -> None:
    state = {"sources": msgspec.msgpack.encode(SourcesState(views=Views([]), now=10**18 + NS))}
    assert as_of(state, 10**18) is state
