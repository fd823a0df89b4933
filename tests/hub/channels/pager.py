"""A paging system that speaks ESPA 4.4.4, by the standard's tables and not by Ambient's code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Pager:
    """The receiving station: takes a selection, then blocks; checks each.

    Attributes
    ----------
    answers
        What it does next instead of the usual, oldest first: ``nak`` or ``mute``, to a selection
        (``select-…``) or a block (``block-…``); ``block-lost``: takes it and says nothing.
    silent
        Called when it does not answer what it should.
    calls
        Records of each call taken: number ► text.
    """

    address: bytes = b"2"
    write: Callable[[bytes], None] = lambda _: None
    silent: Callable[[], None] = lambda: None
    answers: list[str] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    ends: int = 0
    polled: bytes = b""
    _state: str = "idle"
    _previous: bytes = b""
    _block: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> None:
        for i in range(len(data)):
            self._byte(data[i : i + 1])

    def poll(self, station: bytes) -> None:
        """Ask a station, as a control station does."""
        self.write(station + b"\x05")

    def _next(self, of: str) -> str | None:
        if self.answers and self.answers[0].startswith(of):
            return self.answers.pop(0).removeprefix(f"{of}-")
        return None

    def _byte(self, byte: bytes) -> None:
        previous, self._previous = self._previous, byte
        if self._state == "block":
            self._block += byte
            if len(self._block) > 1 and self._block[-2] == 3:
                self._checked()
        elif byte == b"\x05" and previous == self.address:
            self._selected()
        elif self._state == "selected" and byte == b"\x01":
            self._state = "block"
            self._block.clear()
        elif byte == b"\x04":
            self._state = "idle"
            self.ends += 1

    def _selected(self) -> None:
        answer = self._next("select")
        self._state = "idle" if answer else "selected"
        if answer == "mute":
            self.silent()
        else:
            self.write(b"\x15" if answer == "nak" else b"\x06")

    def _checked(self) -> None:
        *body, check = self._block
        total = 0
        for one in body:
            total ^= one
        self._state = "selected"
        answer = self._next("block")
        if total != check or answer == "nak":
            self.refused.append(bytes(self._block))
            self.write(b"\x15")
            return
        if answer == "mute":
            self.silent()
            return
        head, records = bytes(body[:-1]).split(b"\x02", 1)
        assert head == b"1", "a call to a pager"
        pairs = (record.split(b"\x1f", 1) for record in records.split(b"\x1e"))
        self.calls.append({name.decode(): text.decode("latin-1") for name, text in pairs})
        if answer == "lost":
            self.silent()
        else:
            self.write(b"\x06")
