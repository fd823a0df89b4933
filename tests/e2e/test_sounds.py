"""A smoke detector in a room with a microphone: from the sound to the page, by real processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ambient.evaluate.facility import ROOM, Facility
from ambient.events import Worker
from ambient.node.running import worker_pids
from tests.audio.alarms import smoke_alarm
from tests.audio.sources.kit import write
from tests.e2e.helpers import held_open, rows, wait_for
from tests.e2e.traces import files_below
from tests.patience import FAR_S

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def facility(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facility]:
    """One room with a microphone and no camera, in which a smoke detector sounds."""
    sound = write(tmp_path_factory.mktemp("sound") / "alarm.wav", smoke_alarm(40.0))
    with Facility(None, {ROOM: []}, microphones={ROOM: [f"file:{sound}"]}) as made:
        made.start_hub()
        made.set_up_user()
        made.enrol()
        made.start_node()
        yield made


def kinds(facility: Facility, kind: str) -> list[tuple[object, ...]]:
    return rows(facility.hub_state / "hub.db", "SELECT body FROM events WHERE kind = ?", kind)


def test_it_rings_on_the_page(facility: Facility) -> None:
    alarm = facility.page.wait_for_alarm("smoke_alarm", "active", FAR_S)
    assert alarm is not None
    assert alarm.room == ROOM
    assert len(kinds(facility, "distress.smoke_alarm")) == 1


def test_only_audio_can_hear(facility: Facility) -> None:
    """No other process of the node has so much as loaded what decodes a sound."""
    pids = worker_pids(facility.node_state)
    assert set(pids) == set(Worker) - {Worker.GATEWAYS}  # there is no wearable and no sensor
    for worker, pid in pids.items():
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert ("libsndfile" in maps) is (worker is Worker.AUDIO)


def held(facility: Facility) -> list[str]:
    """Return the recordings that the process holds open: its devices."""
    audio = worker_pids(facility.node_state).get(Worker.AUDIO)
    if audio is None:
        return []
    return [name for name in held_open(audio) if name.endswith(".wav")]


def test_a_pause_closes_the_microphone_and_ends(facility: Facility) -> None:
    wait_for(lambda: held(facility))
    facility.page.pause(ROOM, 600)
    wait_for(lambda: not held(facility))
    wait_for(lambda: (room := facility.page.room(ROOM)) and room.status == "paused")
    facility.page.resume(ROOM)
    wait_for(lambda: held(facility))


def test_a_killed_process_listens_again(facility: Facility) -> None:
    before = worker_pids(facility.node_state)[Worker.AUDIO]
    os.kill(before, 9)
    wait_for(lambda: worker_pids(facility.node_state).get(Worker.AUDIO, before) != before)
    wait_for(lambda: held(facility))


def test_no_sound_was_written(facility: Facility) -> None:
    sounds = (b"RIFF", b"fLaC", b"OggS")
    for name, data in files_below(facility.folder).items():
        assert not data.startswith(sounds), name
