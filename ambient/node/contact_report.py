"""Whether the room's own contact could be closed, told to the hub while there still is one.

Comes in: how many settings the contact's relay has taken so far, and time. Goes out: when that it
cannot be set is to be told, and when that it can again (`Reach`, pure); both as technical events,
left for fusion as notices (`ContactReport`).

What was told lasts on the node's disk until it is over, so that it is ended also when the contact
is back, or left the configuration, over a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final

import msgspec
import structlog

from ambient import events
from ambient.config import NodeConfig
from ambient.errors import StoreError
from ambient.events import Device, NodeSourceSilent, QualityRestored
from ambient.files import read_bytes, write_atomically
from ambient.node.notices import Notice, NoticeBoard, NoticeKind
from ambient.node.own_events import envelope
from ambient.node.place import NodePlace

SOURCE: Final = "nurse-call"
"""What the contact is called as a source. It is the node's own, so no source of a room is meant."""
SILENT_S: Final = 15.0
"""As long as a camera may say nothing: a module that is started again is back before."""
LOOK_S: Final = 2.0
"""One look counts for no more: a process that was held up saw nothing of what its relay did."""
KEEP_S: Final = 10.0
"""How often what a full disk refused is tried again."""

_log = structlog.get_logger(__name__)


class Turn(Enum):
    """What is to be told."""

    SILENT = auto()
    BACK = auto()


class Reach:
    """Follow whether a relay that is set again and again takes it.

    Parameters
    ----------
    silent
        Whether it has been told already that it does not.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        self._taken = 0
        self._looked: float | None = None
        self.silent_s = 0.0
        """For how long (s) it was seen to take no setting."""

    def update(self, taken: int, now: float) -> Turn | None:
        """Take in at `now` (steady clock, s) how many settings it took since the start."""
        looked, self._looked = self._looked, now
        if taken != self._taken:
            self._taken, self.silent_s = taken, 0.0
            was, self._silent = self._silent, False
            return Turn.BACK if was else None
        if looked is not None:
            self.silent_s += min(now - looked, LOOK_S)
        if self._silent or self.silent_s < SILENT_S:
            return None
        self._silent = True
        return Turn.SILENT


class ContactReport:
    """Tell the hub of one node's contact.

    Parameters
    ----------
    config
        The node's, with a contact or without one.
    identity
        Key from which event ids derive.
    clock
        The node's time (ns).
    """

    def __init__(self, config: NodeConfig, identity: str, clock: Callable[[], int]) -> None:
        self._config = config
        self._identity = identity
        self._clock = clock
        # One for good: whatever became of the file, it ends what is open the next time it is back.
        self._chain = events.chain_id(identity, None, SOURCE, 0)
        self._file = NodePlace(config.state_dir).contact_silent
        self._notices = NoticeBoard(config.state_dir)
        self._told = self._kept()
        self._unkept = False
        """Whether the file does not say yet what was told."""
        self._keep_at = 0.0
        if self._told is not None:
            # The last run may have ended between file and notice; told twice it is one event.
            self._post(self._told)
            if config.contact is None:
                self._back()
        self._reach = Reach(silent=self._told is not None)

    def update(self, taken: int, now: float) -> None:
        """Take in at `now` (steady clock, s) how many settings the contact took since the start."""
        match self._reach.update(taken, now):
            case Turn.SILENT:
                self._silent(self._reach.silent_s)
            case Turn.BACK:
                self._back()
            case None if now >= self._keep_at:
                self._keep_at = now + KEEP_S
                self._notices.flush()
                if self._unkept:
                    self._keep()

    def _silent(self, silent_s: float) -> None:
        t = self._clock()
        self._told = NodeSourceSilent(
            source=SOURCE,
            device=Device.NURSE_CALL,
            silent_s=round(silent_s, 1),
            **self._envelope(NodeSourceSilent, 0, t),
        )
        self._keep()
        self._post(self._told)
        _log.error("the room's contact cannot be set; without a hub nobody would be called")

    def _back(self) -> None:
        told, self._told = self._told, None
        assert told is not None, "it is over only once it was told"
        t = max(self._clock(), told.t)
        self._post(
            QualityRestored(
                source=SOURCE,
                **self._envelope(QualityRestored, 1, t),
            )
        )
        self._keep()
        _log.info("the room's contact can be set again")

    def _envelope(self, kind: type[events.Event], position: int, t: int) -> dict[str, Any]:
        return envelope(self._config, self._identity, kind, self._chain, t, position=position)

    def _post(self, event: NodeSourceSilent | QualityRestored) -> None:
        self._notices.post(Notice(kind=NoticeKind.CONTACT, t=event.t, event=event))

    def _keep(self) -> None:
        """Bring to the disk what is told, or that nothing is."""
        try:
            if self._told is None:
                self._file.unlink(missing_ok=True)
            else:
                write_atomically(self._file, events.encode(self._told))
        except (StoreError, OSError) as error:
            self._unkept = True
            _log.warning("what is told of the contact cannot be kept yet", error=str(error))
        else:
            self._unkept = False

    def _kept(self) -> NodeSourceSilent | None:
        """Return what the last run told and did not end."""
        try:
            data = read_bytes(self._file)
            return None if data is None else msgspec.json.decode(data, type=NodeSourceSilent)
        except (StoreError, msgspec.MsgspecError) as error:
            _log.error("what was told of the contact cannot be read", error=str(error))
            return None
