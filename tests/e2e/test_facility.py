"""One room end to end: two cameras, a fall, the alarm, a pause, killed workers, a clean stop.

The tests run in their order on one facility: each leaves node and hub running for the next.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ambient.evaluate.facility import ROOM, Facility
from ambient.events import Worker
from ambient.node.running import worker_pids
from models import samples
from tests.e2e.helpers import held_open, rows, wait_for
from tests.patience import FAR_S

pytestmark = [
    pytest.mark.usefixtures("models"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


def kinds(facility: Facility, kind: str) -> list[tuple[object, ...]]:
    return rows(
        facility.hub_state / "hub.db",
        "SELECT id, chain, position, body FROM events WHERE kind = ? ORDER BY number",
        kind,
    )


def open_recordings(facility: Facility) -> list[str]:
    """Return the recordings that the vision process holds open: its devices."""
    vision = worker_pids(facility.node_state).get(Worker.VISION)
    if vision is None:
        return []
    folder = str(samples.path("fall").parent)
    return [name for name in held_open(vision) if name.startswith(folder)]


def room(facility: Facility) -> str:
    found = facility.page.room(ROOM)
    return "" if found is None else found.status


def test_two_cameras_that_see_one_fall_raise_one_alarm(facility: Facility) -> None:
    alarm = facility.page.wait_for_alarm("fall", "active", FAR_S)
    assert alarm is not None
    assert alarm.room == ROOM
    wait_for(lambda: kinds(facility, "fall.confirmed"))
    chains = {row[1] for row in kinds(facility, "fall.confirmed")}
    assert len(chains) == 1
    falls = [one for one in facility.page.board().alarms if one.kind == "fall"]
    assert len(falls) == 1


def test_only_vision_can_see(facility: Facility) -> None:
    """No other process of the node has so much as loaded what decodes a picture."""
    pids = worker_pids(facility.node_state)
    loaded = {worker: Path(f"/proc/{pid}/maps").read_text() for worker, pid in pids.items()}
    # There is no microphone, no wearable and no sensor.
    assert set(loaded) == set(Worker) - {Worker.AUDIO, Worker.GATEWAYS}
    for worker, maps in loaded.items():
        assert ("cv2" in maps) is (worker is Worker.VISION)
        assert ("openvino" in maps) is (worker is Worker.VISION)


def test_acknowledging_reaches_the_node_and_is_answered(facility: Facility) -> None:
    alarm = next(one for one in facility.page.board().alarms if one.kind == "fall")
    assert facility.page.acknowledge(alarm.id).state == "acknowledged"
    wait_for(lambda: kinds(facility, "command.applied"))
    assert '"acknowledged"' in str(kinds(facility, "command.applied")[-1][3])


def test_a_pause_closes_the_devices_and_shows(facility: Facility) -> None:
    wait_for(lambda: len(open_recordings(facility)) == 2)
    facility.page.pause(ROOM, 600)
    wait_for(lambda: not open_recordings(facility))
    wait_for(lambda: room(facility) == "paused")
    shown = facility.page.room(ROOM)
    assert shown is not None
    assert shown.until is not None
    wait_for(lambda: len(kinds(facility, "quality.not_watched")) == 2)


def test_a_pause_outlives_a_killed_vision(facility: Facility) -> None:
    before = worker_pids(facility.node_state)[Worker.VISION]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: worker_pids(facility.node_state).get(Worker.VISION, before) != before)
    wait_for(lambda: (facility.folder / "node.log").read_text().count("worker died") == 1)
    assert not open_recordings(facility)
    assert room(facility) == "paused"


def test_a_pause_can_be_ended(facility: Facility) -> None:
    facility.page.resume(ROOM)
    wait_for(lambda: len(open_recordings(facility)) == 2)
    wait_for(lambda: room(facility) == "watched")


def consent(facility: Facility, verb: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "ambient", "consent", verb, ROOM, "falls"),
            *("-c", str(facility.folder / "node.yaml")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_consent_withdrawn_at_the_node_closes_the_devices(facility: Facility) -> None:
    done = consent(facility, "withdraw")
    assert (done.returncode, done.stdout) == (0, f"{ROOM}: falls is off\n"), done.stderr
    assert not open_recordings(facility)
    wait_for(lambda: room(facility) == "off")
    wait_for(lambda: kinds(facility, "consent.applied"))
    assert consent(facility, "grant").stdout == f"{ROOM}: falls is on\n"
    wait_for(lambda: len(open_recordings(facility)) == 2)


@pytest.mark.parametrize("worker", [Worker.AGENT, Worker.FUSION])
def test_a_killed_worker_is_back_and_the_hub_is_told(facility: Facility, worker: Worker) -> None:
    before = worker_pids(facility.node_state)[worker]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: worker_pids(facility.node_state).get(worker, before) != before)
    wait_for(
        lambda: any(
            f'"worker":"{worker}"' in str(row[3])
            for row in kinds(facility, "node.worker_restarted")
        )
    )


def test_alarms_go_on_after_all_that(facility: Facility) -> None:
    already = len(kinds(facility, "fall.confirmed"))
    wait_for(lambda: len(kinds(facility, "fall.confirmed")) > already)


def test_sigterm_drains(facility: Facility) -> None:
    node = facility.node
    assert node is not None
    node.send_signal(signal.SIGTERM)
    assert node.wait(FAR_S) == 0
    outbox = facility.node_state / "outbox.db"
    assert rows(outbox, "SELECT count(*) FROM outbox WHERE answered IS NULL") == [(0,)]
    assert len(kinds(facility, "node.stopped")) == 1
    stored = rows(facility.hub_state / "hub.db", "SELECT id FROM events")
    assert sorted(stored) == sorted(rows(outbox, "SELECT id FROM outbox"))


def test_nothing_but_the_state_is_written(facility: Facility) -> None:
    """No picture on the disk: every file of the node is one that is known."""
    known = {
        "outbox.db", "outbox.db-wal", "outbox.db-shm", ".outbox.db.lock", "node.key", "hub.json",
        "identity", "clock.json", "switches.json", ".switches.json.lock", "node.lock",
        "observations.sock", "vision.control", "fusion.control", "look.control", "tap.control",
    }  # fmt: skip
    found = {path.name for path in facility.node_state.rglob("*") if not path.is_dir()}
    assert found <= known
    for path in facility.node_state.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
