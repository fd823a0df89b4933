"""Marks of the readings that were handed to fusion, over a crash of this process.

Comes in: marks (`vitals.intake.Taken`), after what they stand for is sent to fusion and before its
sender is told so. Goes out: those that earlier runs left. A sender that was not told sends again,
and a meter's memory is read anew at each start: by its mark a reading is known as a repeat. A mark
is a hash of what a device said and when; the reading itself is not kept. Nothing is flushed to the
disk: it is the process that may be killed, and after a power cut a few repeats are the lesser harm.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from ambient.errors import StoreError
from ambient.files import read_bytes
from vitals.checks import MARK_BYTES

FILE: Final = "gateways.taken"
MOST: Final = 32_768
"""Marks in a file; with the file before it, at least so many are known."""

_log = structlog.get_logger(__name__)


class TakenMarks:
    """The marks of one node, in two files: the one that is written, and the one before.

    Parameters
    ----------
    state_dir
        Of the node.
    """

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / FILE
        self._before = state_dir / f"{FILE}.before"
        self._count = 0
        self._failing = False

    def read(self) -> frozenset[bytes]:
        """Return what earlier runs left; what cannot be read is no mark."""
        found: set[bytes] = set()
        for path in (self._before, self._file):
            try:
                data = read_bytes(path) or b""
            except StoreError as error:
                _log.warning("marks of readings cannot be read", error=str(error))
                continue
            whole = len(data) - len(data) % MARK_BYTES
            self._count = whole // MARK_BYTES
            found.update(data[at : at + MARK_BYTES] for at in range(0, whole, MARK_BYTES))
        return frozenset(found)

    def add(self, marks: Sequence[bytes]) -> None:
        """Keep `marks`. A disk that takes nothing stops no reading: it is told once."""
        if not marks:
            return
        try:
            if self._count >= MOST:
                os.replace(self._file, self._before)
                self._count = 0
            descriptor = os.open(
                self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                # A write that was cut short would shift all that follow.
                size = os.fstat(descriptor).st_size
                if size % MARK_BYTES:
                    os.ftruncate(descriptor, size - size % MARK_BYTES)
                os.write(descriptor, b"".join(marks))
            finally:
                os.close(descriptor)
            self._count += len(marks)
            self._failing = False
        except OSError as error:
            if not self._failing:
                _log.warning("marks of readings cannot be kept", reason=error.strerror)
            self._failing = True

    def clear(self) -> None:
        """Forget all, as somebody whose readings are among them asks to be."""
        for path in (self._before, self._file):
            path.unlink(missing_ok=True)
        self._count = 0
