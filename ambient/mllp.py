"""Frames of HL7 version 2 on a stream: the Minimal Lower Layer Protocol, release 1.

Comes in: bytes as a socket gives them. Goes out: whole messages, 0x0B and 0x1C 0x0D taken off.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c\r"


@dataclass(slots=True)
class FrameCounts:
    """What was wrong with the frames of a stream."""

    garbage_bytes: int = 0
    """Between frames."""
    half_frames: int = 0
    """Begun and not ended: the connection broke, or another frame began."""


class FrameTooLong(Exception):  # noqa: N818 - it is a limit that was met, not a failure
    """A frame holds more than a message may."""


class Frames:
    """Take messages out of a stream of bytes, however it is cut.

    Parameters
    ----------
    longest
        Of a message, bytes.
    counts
        Where garbage and half frames are counted.
    """

    def __init__(self, longest: int, counts: FrameCounts) -> None:
        self._longest = longest
        self._counts = counts
        self._frame: bytearray | None = None

    @property
    def begun(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._frame is not None

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` completes.

        Raises
        ------
        FrameTooLong
            When a message is longer than allowed; the stream cannot be used any further.
        """
        messages: list[bytes] = []
        while data:
            if self._frame is None:
                garbage, start, data = data.partition(START)
                self._counts.garbage_bytes += len(garbage)
                if start:
                    self._frame = bytearray()
                continue
            # The end may be cut in two: look again at the last byte that came before.
            seen = max(0, len(self._frame) - 1)
            self._frame += data
            end = self._frame.find(END, seen)
            length = len(self._frame) if end < 0 else end
            if length > self._longest + len(END):
                raise FrameTooLong
            if end < 0:
                break
            # A sender that started anew within a frame: the first part never gets its end.
            whole = bytes(self._frame[:end])
            data = bytes(self._frame[end + len(END) :])
            self._frame = None
            broken, again, message = whole.rpartition(START)
            self._counts.half_frames += broken.count(START) + 1 if again else 0
            messages.append(message)
        return messages

    def close(self) -> None:
        """Count what is left: the stream ended."""
        self._counts.half_frames += self.begun
