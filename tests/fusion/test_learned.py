"""What another machine takes over of a room: what was learned, and nothing of that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ambient.events import Contribution, Marker, Sense, SituationStep, encode
from ambient.observations import SensorKind, VoiceFeature
from fusion.baseline import Level
from fusion.carer import Carers, Holder
from fusion.chains import Chains, Found, Kind, Who
from fusion.hours import TimeOfDay
from fusion.learned import learned
from fusion.physiology import PhysiologyState, ResidentState
from fusion.restless import RestlessState
from fusion.situations_state import SituationsState
from fusion.vitals_baseline import BaselineState, Course, Own
from fusion.vitals_summary import Piece
from fusion.voice import Amounts, VoiceState
from fusion.voice_baseline import VoiceBaseline
from fusion.voice_days import Sum
from fusion.wet_room import WetRoomState
from tests.fusion.situations import homes
from tests.fusion.situations.kit import DAY, NIGHT, Story, installed
from tests.fusion.situations.rows_beds import gets_up

WARD = homes.home(
    watch=homes.ALWAYS,
    wearables=homes.WEARS_A,
    sensors=f"{homes.RADAR}, {homes.WET_DOOR}, {homes.CORD}, {homes.BADGE}",
    wet_rooms=homes.WET_ROOM,
)
SINCE = 1_000_000_000_000


def learned_of(state: dict[str, bytes]) -> dict[str, bytes]:
    kinds = {key: key.partition("/")[0] for key in state}
    found = {key: learned(kinds[key], data) for key, data in state.items()}
    return {key: part for key, part in found.items() if part is not None}


def in_the_night(s: Story) -> None:
    """Let Anne be out of bed and in the wet room, a carer there, and the cord be pulled."""
    gets_up(s)
    s.sensor(150, "badge", SensorKind.CARER)
    s.sensor(158, "wet-door", SensorKind.DOOR)
    s.sensor(160, "cord", SensorKind.CORD)
    s.sensor(165, "radar", SensorKind.PRESENCE)


def by_day(s: Story) -> None:
    """Let 40 minutes of an hour be measured."""
    band = s.band()
    for k in range(0, 2400, 30):
        band.value(k, "8867-4", 70.0, "/min")


@pytest.mark.parametrize(
    ("start", "until", "story"),
    [
        pytest.param(NIGHT, 240.0, in_the_night, id="open chains"),
        pytest.param(DAY, 2400.0, by_day, id="an hour that runs"),
    ],
)
def test_three_days_later_a_spare_machine_says_what_a_new_one_would(
    tmp_path: Path, start: datetime, until: float, story: Callable[[Story], None]
) -> None:
    config = installed(WARD, tmp_path)
    old = Story(config, start, until)
    story(old)
    old.play()

    def told(state: dict[str, bytes]) -> list[bytes]:
        spare = Story(config, start + timedelta(days=3), 400)
        spare._judge.restore(state)
        gets_up(spare)
        return [encode(each.event) for each in spare.play()]

    state, new = old._judge.state(), told({})
    assert any(b"bed.exit" in event for event in new)
    assert told(learned_of(state)) == new
    assert told(state) != new, "it would be no test"


def open_chain(kind: Kind, key: str) -> Chains:
    chains = Chains()
    found = Found(SINCE, 0.9, (Contribution(Sense.OWN_RATE, 1.0),))
    chains.reach(kind, Who(key, None), SituationStep.CONFIRMED, SINCE, found)
    return chains


def test_of_situations_what_is_usual_is_kept() -> None:
    state = SituationsState(advanced=SINCE, carers=Carers(holders={"badge": Holder(since=SINCE)}))
    state.people.lain = {"a": {"c1": (0.5, 0.4, 0.3, 0.2)}}
    state.people.since = SINCE
    state.restless = {"a": RestlessState(shares=[0.1, 0.2], began=SINCE)}
    state.wet_rooms = {"bath": WetRoomState(stays=[300.0], since=SINCE, on=["radar"])}
    state.inactivity.usual, state.inactivity.still_since = {8: [20.0]}, SINCE
    state.inactivity.chains = open_chain(Kind.NO_MOVEMENT, "room")
    state.wandering.usual, state.wandering.bouts = [3.0], [(1, 2)]
    state.agitation.rates, state.agitation.pulse = {"sound.moan": 0.5}, [70.0]
    state.holds, state.kinds = {"a": {"pad": True}}, {"pad": SensorKind.BED}
    state.whose = {"bed/a": ["s-aaaa"]}
    kept = read(state, "situations")
    expected = SituationsState()
    expected.people.lain = state.people.lain
    expected.restless = {"a": RestlessState(shares=[0.1, 0.2])}
    expected.wet_rooms = {"bath": WetRoomState(stays=[300.0])}
    expected.inactivity.usual = {8: [20.0]}
    expected.wandering.usual = [3.0]
    expected.agitation.rates = {"sound.moan": 0.5}
    expected.whose = state.whose
    assert kept == expected


def test_of_vital_signs_the_levels_are_kept() -> None:
    level = {TimeOfDay.MORNING: Level()}
    known = Own(levels=level, pieces=[Piece(SINCE, 70.0, 60.0)], used=SINCE)
    baseline = BaselineState(
        own={Marker.HEART_RATE: {"w1": known}},
        courses={Marker.HEART_RATE: Course(t=SINCE, z=6.0)},
        chains=open_chain(Kind.DEVIATION, "s-aaaa"),
    )
    resident = ResidentState(baseline=baseline)
    resident.rhythm.told = [(SINCE, 0.9)]
    state = PhysiologyState(hour_began=SINCE, day_began=SINCE, residents={"s-aaaa": resident})
    expected = Own(levels=level, used=SINCE)
    assert read(state, "vitals") == PhysiologyState(
        residents={
            "s-aaaa": ResidentState(
                baseline=BaselineState(own={Marker.HEART_RATE: {"w1": expected}})
            )
        }
    )


def test_of_voices_the_baselines_are_kept_and_the_day_that_runs_is_not() -> None:
    past = VoiceBaseline(markers={"0": Level()}, used=SINCE)
    today = {TimeOfDay.MORNING: {next(iter(VoiceFeature)): Sum()}}
    runs = msgspec.structs.replace(past, today=today, speech_s={TimeOfDay.MORNING: 60.0})
    state = VoiceState(
        hour_began=SINCE, day=Amounts(room={"m1": 60.0}), voices={"s-aaaa": {"x": runs}}
    )
    assert read(state, "voice") == VoiceState(voices={"s-aaaa": {"x": past}})


@pytest.mark.parametrize("kind", ["room", "down", "senses", "sources", "sounds", "node.consents"])
def test_of_the_rest_nothing_is_learned(kind: str) -> None:
    assert learned(kind, b"\xc1") is None


@pytest.mark.parametrize("kind", ["situations", "vitals", "voice"])
def test_what_cannot_be_read_is_said(kind: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        learned(kind, b"\xc1")


def read(state: msgspec.Struct, kind: str) -> msgspec.Struct:
    """Return what is learned of a state, and that it is so of that, too."""
    part = learned(kind, msgspec.msgpack.encode(state))
    assert part is not None
    assert learned(kind, part) == part
    return msgspec.msgpack.decode(part, type=type(state))
