"""What others have to say, kept on disk until fusion made an event of it.

Comes in: starts, stops and deaths of workers, noted by the supervisor; exports and what a wizard
for installers has to say, noted by the command that did it; the room's contact that cannot be set,
noted by the agent. Goes out: technical events. Only fusion
writes events (the agent's answers to commands aside), and fusion may be the very worker that died;
so each notice is a small file, read and removed by fusion after the event is committed. Written
twice it still is one event: the id follows from what the notice says.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ambient import events
from ambient.errors import StoreError
from ambient.files import write_atomically
from ambient.places import Subject

FOLDER: Final = "notices"
MAX_WAITING: Final = 1000
"""Notices that wait at most; more can only come from a fusion that never lives."""

_log = structlog.get_logger(__name__)


class NoticeKind(StrEnum):
    """What happened."""

    STARTED = "started"
    STOPPED = "stopped"
    RESTARTED = "restarted"
    FAILED = "failed"
    EXPORTED = "exported"
    """Somebody exported what was recorded of a resident."""
    INSTALLED = "installed"
    """The wizard for installers has something to say."""
    KEPT = "kept"
    """What was recorded in a time was to be kept."""
    CONTACT = "contact"
    """The room's own contact cannot be set, or can again."""


Ready = (
    events.NodeWizard
    | events.NodeZone
    | events.NodeCommissioned
    | events.NodeKept
    | events.NodeSourceSilent
    | events.QualityRestored
)
"""Events that somebody else than fusion has made, ready to go out."""


class Notice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement of the supervisor.

    Attributes
    ----------
    kind
        What happened.
    t
        When, in the node's time (ns).
    worker, restarts
        Which worker, and how often it was restarted; only for those kinds.
    subject, began, ended, form, rows
        Of whom an export tells, of which time, how it is written and how much it is; only for it.
    event
        What the wizard says, what became of a window or how the contact is, as the event that it
        is; only for those.
    """

    kind: NoticeKind
    t: int
    worker: events.Worker | None = None
    restarts: int = 0
    subject: Subject | None = None
    began: int = 0
    ended: int = 0
    form: events.ExportFormat | None = None
    rows: int = 0
    event: Ready | None = None


def event_of(notice: Notice, node: str, node_key: str, config_version: str) -> events.AnyEvent:
    """Return the event that says what `notice` says."""
    if notice.event is not None:
        return notice.event
    family = f"node.{notice.kind}.{notice.worker or ''}"
    chain = events.chain_id(node_key, None, family, notice.t)

    def envelope(kind: type[events.Event]) -> dict[str, object]:
        return {
            "id": events.event_id(node_key, chain, 0, events.kind_of(kind), notice.t),
            "t": notice.t,
            "node": node,
            "chain": chain,
            "position": 0,
            "config_version": config_version,
        }

    match notice.kind, notice.worker:
        case NoticeKind.STOPPED, _:
            return events.NodeStopped(**envelope(events.NodeStopped))  # type: ignore[arg-type]
        case NoticeKind.RESTARTED, events.Worker() as worker:
            return events.NodeWorkerRestarted(
                worker=worker,
                restarts=max(1, notice.restarts),
                **envelope(events.NodeWorkerRestarted),  # type: ignore[arg-type]
            )
        case NoticeKind.FAILED, events.Worker() as worker:
            return events.NodeWorkerFailed(
                worker=worker,
                restarts=notice.restarts,
                **envelope(events.NodeWorkerFailed),  # type: ignore[arg-type]
            )
        case NoticeKind.EXPORTED, _ if notice.form is not None:
            return events.NodeExported(
                subject=notice.subject,
                began=notice.began,
                ended=notice.ended,
                form=notice.form,
                rows=min(notice.rows, events.MAX_COUNT),
                **envelope(events.NodeExported),  # type: ignore[arg-type]
            )
        case _:
            return events.NodeStarted(**envelope(events.NodeStarted))  # type: ignore[arg-type]


class NoticeBoard:
    """The folder in which notices wait."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER
        self._unwritten: list[Notice] = []

    def post(self, notice: Notice) -> None:
        """Keep `notice`; on a full disk it waits in memory and goes with the next one."""
        self._unwritten.append(notice)
        self.flush()

    def flush(self) -> None:
        """Write what a full disk refused before."""
        while self._unwritten:
            notice = self._unwritten[0]
            name = f"{notice.t:020d}-{notice.kind}-{notice.worker or 'node'}.json"
            try:
                self._folder.mkdir(mode=0o700, exist_ok=True)
                write_atomically(self._folder / name, msgspec.json.encode(notice))
            except (StoreError, OSError) as error:
                del self._unwritten[:-MAX_WAITING]
                _log.warning("notice waits for space on the disk", error=str(error))
                return
            del self._unwritten[0]

    def waiting(self) -> list[tuple[Path, Notice]]:
        """Return the notices that wait, oldest first; what is none is removed."""
        found: list[tuple[Path, Notice]] = []
        if not self._folder.is_dir():
            return found
        for path in sorted(self._folder.glob("*.json"))[:MAX_WAITING]:
            try:
                found.append((path, msgspec.json.decode(path.read_bytes(), type=Notice)))
            except (msgspec.MsgspecError, OSError) as error:
                _log.warning("not a notice, removed", path=str(path), error=str(error))
                path.unlink(missing_ok=True)
        return found

    @staticmethod
    def taken(path: Path) -> None:
        """Remove a notice whose event is committed."""
        path.unlink(missing_ok=True)
