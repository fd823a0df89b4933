"""The node's next key: offered to the hub, taken into use once the hub knows it.

Comes in: the command that orders it, a welcome, the hub's refusal. Goes out: the next key over the
link, and which command is over. Both keys stay on the disk until the next one is in use, so the
link is there again whenever the agent is killed.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from ambient.bus import keys
from ambient.bus.protocol import Rotate, RotateReason
from ambient.commands import RotateKey
from ambient.node.uplink import Uplink

_log = structlog.get_logger(__name__)


class Rotation:
    """Changes the key in `state_dir`, one command at a time."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._command: RotateKey | None = None

    def begin(self, uplink: Uplink, command: RotateKey) -> None:
        """Keep a next key beside the present one and offer it; both stay until it is in use."""
        self._command = command
        pair = keys.load_or_make(self._state_dir / keys.NEXT_KEY)
        uplink.send(Rotate(key=pair.public))

    def go_on(self, uplink: Uplink) -> RotateKey | None:
        """After a welcome: finish a rotation that this key ends, or offer the next key again.

        Returns
        -------
        RotateKey or None
            The command that is carried out now, if one is known.
        """
        if uplink.using_next:
            keys.promote(self._state_dir, keys.NEXT_KEY)
            uplink.using_next = False
            _log.info("the node's key was changed")
            return self._end()
        pair = keys.load_pair(self._state_dir / keys.NEXT_KEY)
        if pair is not None:
            uplink.send(Rotate(key=pair.public))
        return None

    def refused(self, reason: RotateReason) -> RotateKey | None:
        """Give up the next key; return the command that cannot be carried out, if one is known."""
        _log.error("the hub refused the next key", reason=reason)
        keys.forget(self._state_dir / keys.NEXT_KEY)
        return self._end()

    def _end(self) -> RotateKey | None:
        command, self._command = self._command, None
        return command
