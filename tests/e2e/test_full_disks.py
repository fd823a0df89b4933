"""Node and hub on small disks that run full: an alarm waits for space, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ambient.evaluate.facility import Facility
from ambient.node.running import worker_pids
from models import samples
from tests.e2e.helpers import rows, wait_for
from tests.e2e.running import Running

pytestmark = [
    pytest.mark.usefixtures("models"),
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux"),
]

FALL = "r1"


class SmallDisk:
    """A tmpfs that can be filled to its last byte."""

    def __init__(self, folder: Path, size_mb: int) -> None:
        folder.mkdir(mode=0o700)
        options = f"size={size_mb}m,mode=700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "ambient", folder], check=True)
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no byte."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65536))
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1))

    def free(self) -> None:
        """Give the space back."""
        self._ballast.unlink()

    def close(self) -> None:
        """Unmount."""
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount small disks")
def test_full_disks_of_node_and_hub_lose_nothing(
    models: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The fall happens while neither can write; it rings when there is space again."""
    folder = tmp_path_factory.mktemp("full")
    with contextlib.ExitStack() as stack:
        disks = {}
        # Below 200 MB a hub says that its disk is low, and is not healthy for that alone.
        for name, size_mb in (("node", 80), ("hub", 300)):
            disks[name] = SmallDisk(folder / name, size_mb)
            stack.callback(disks[name].close)
        cameras = {FALL: [f"file:{samples.path('fall')}"]}
        short = {"falls": {"confirm_s": 3, "long_lie_s": 10}}
        facility = stack.enter_context(Facility(folder, cameras, node_extra=short))
        facility.start_hub()
        facility.set_up_user()
        facility.enrol()
        facility.start_node()
        found = Running(facility, folder, {})
        wait_for(lambda: found.stored("node.started"))

        disks["node"].fill()
        disks["hub"].fill()
        # The clip begins anew every 22 s: on a slow machine a fall may be there already.
        before = len(found.stored("fall.suspected"))
        wait_for(lambda: "events wait for the disk" in found.log)
        assert len(found.stored("fall.suspected")) == before
        assert worker_pids(facility.node_state) == found.workers

        disks["node"].free()
        wait_for(lambda: waiting(facility))
        wait_for(lambda: "cannot store" in found.hub_log)
        wait_for(lambda: not facility.page.healthy())
        assert len(found.stored("fall.suspected")) == before
        assert facility.hub is not None
        assert facility.hub.poll() is None

        disks["hub"].free()
        wait_for(lambda: len(found.stored("fall.suspected")) > before)
        wait_for(lambda: found.stored("fall.confirmed"))
        wait_for(lambda: found.stored("node.disk_full"))
        wait_for(facility.page.healthy)
        assert worker_pids(facility.node_state) == found.workers
        second = found.stored("fall.confirmed")[0]
        [first] = [one for one in found.stored("fall.suspected") if one.chain == second.chain]
        assert first.position + 1 == second.position

        facility.stop_node()
        outbox = sorted(rows(facility.node_state / "outbox.db", "SELECT id FROM outbox"))
        assert outbox == sorted(rows(facility.hub_state / "hub.db", "SELECT id FROM events"))
        for log in (found.log, found.hub_log):
            assert "Traceback" not in log
            assert "worker died" not in log


def waiting(facility: Facility) -> bool:
    """Return whether a fall is in the outbox."""
    return bool(
        rows(
            facility.node_state / "outbox.db",
            "SELECT 1 FROM outbox WHERE event LIKE '%fall.suspected%' AND answered IS NULL",
        )
    )
