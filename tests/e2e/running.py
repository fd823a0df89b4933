"""A facility that runs while things are thrown at it: its logs, its events, its processes."""

from __future__ import annotations

from pathlib import Path

from ambient import events
from ambient.evaluate.facility import Facility
from ambient.node.running import worker_pids
from tests.e2e.helpers import rows


class Running:
    """The facility that all of it is thrown at."""

    def __init__(
        self, facility: Facility, folder: Path, places: dict[str, tuple[str, str]]
    ) -> None:
        self.facility = facility
        self.places = places
        """Name of a bad camera ► its room and id."""
        self._clock = folder / "clock"
        self.workers = worker_pids(facility.node_state)

    @property
    def log(self) -> str:
        """The node's log."""
        return (self.facility.folder / "node.log").read_text()

    @property
    def hub_log(self) -> str:
        """The hub's log."""
        return (self.facility.folder / "hub.log").read_text()

    def stored(self, kind: str) -> list[events.AnyEvent]:
        """Return the events of a kind that the hub holds."""
        found = rows(
            self.facility.hub_state / "hub.db",
            "SELECT body FROM events WHERE kind = ? ORDER BY number",
            kind,
        )
        return [events.decode(str(row[0]).encode()) for row in found]

    def step_clock(self, seconds: float) -> None:
        """Set the wall clock of node and hub wrong by so much."""
        part = self._clock.with_suffix(".part")
        part.write_text(str(seconds))
        part.replace(self._clock)

    def assert_unharmed(self) -> None:
        """Every process is the one that it was, and the page answers."""
        assert worker_pids(self.facility.node_state) == self.workers
        assert self.facility.hub is not None
        assert self.facility.hub.poll() is None
        assert self.facility.page.healthy()
