"""What live pages show, read once for all of them and rendered once for those of a language.

Comes in: the hub's board. Goes out: `Picture`, numbered, and the message that brings a page from
any earlier picture to it: only the cards that changed. A card is rendered and encoded when what it
shows has changed, so that a house of a thousand rooms costs what one of its alarms costs; a message
is a list of these, so that two hundred pages that are slow in different ways hold no copies.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from ambient.hub.board import Board
from ambient.hub.languages import spoken
from ambient.hub.people.care import CareSettings
from ambient.hub.web.aids import of_board
from ambient.hub.web.context import NS, HubContext
from ambient.hub.web.render import render
from ambient.hub.web.views import BoardView, Figures, board_view
from ambient.languages import Language

FRESH_S: Final = 2.0
"""For how long a picture holds when nothing is known to have changed."""
LONGEST_REST_S: Final = 0.4
"""So that pages learn of a change within a second while changes come without end."""
KEPT_MESSAGES: Final = 64
"""To one picture: pages that keep up need one, those that are slow their own."""

Message = Sequence[bytes]
"""A server-sent event in parts; what cards hold is shared with every other message."""


class Cards(Struct, frozen=True, kw_only=True):
    """A list as it goes to a page.

    Attributes
    ----------
    order
        The keys of all cards; left out when it is that of the picture before.
    cards
        Key ► HTML as a JSON string, of those that are not as they were.
    """

    order: Sequence[str] | None = None
    cards: dict[str, bytes] = {}

    def after(self, before: Cards) -> Cards:
        """Return what a page must learn that shows `before`."""
        return Cards(
            order=None if self.order == before.order else self.order,
            cards={key: html for key, html in self.cards.items() if before.cards.get(key) != html},
        )

    def written(self) -> Iterator[bytes]:
        """Yield this as JSON."""
        yield b'{"cards":{'
        for number, (key, html) in enumerate(self.cards.items()):
            yield b"%s%s:" % (b"," if number else b"", msgspec.json.encode(key))
            yield html
        yield b"}}" if self.order is None else b'},"order":%s}' % msgspec.json.encode(self.order)


class LiveState(Struct, frozen=True, kw_only=True):
    """What a ``state`` message carries."""

    sequence: int
    at: str
    sound: str
    trouble: str | None
    figures: Figures
    shift: str
    hand_over: bool
    alarms: Cards
    snoozes: Cards
    rooms: Cards

    def after(self, before: LiveState) -> LiveState:
        """Return what a page must learn that shows `before`."""
        return msgspec.structs.replace(
            self,
            alarms=self.alarms.after(before.alarms),
            snoozes=self.snoozes.after(before.snoozes),
            rooms=self.rooms.after(before.rooms),
        )

    def written(self) -> Iterator[bytes]:
        """Yield this as JSON."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        lists = {name: fields.pop(name) for name in ("alarms", "snoozes", "rooms")}
        yield msgspec.json.encode(fields)[:-1]
        for name, cards in lists.items():
            yield b',"%s":' % name.encode()
            yield from cards.written()
        yield b"}"


class RingingState(Struct, frozen=True, kw_only=True):
    """What a ``state`` message carries to a screen on which nobody is signed in."""

    sequence: int
    at: str
    sound: str
    trouble: str | None
    ringing: int
    alarms: str

    def after(self, _: RingingState) -> RingingState:
        """Return all of it: it is kind and room of what is open, and little."""
        return self

    def written(self) -> Iterator[bytes]:
        """Yield this as JSON."""
        yield msgspec.json.encode(self)


class _Rendered:
    """The cards of one list, each rendered once for as long as it shows the same."""

    def __init__(self, template: str, name: str) -> None:
        self._template = template
        self._name = name
        self._kept: dict[str, tuple[Struct, bytes]] = {}

    def of(self, shown: Sequence[tuple[str, Struct]]) -> Cards:
        """Return the list of `shown`: key and view of each card."""
        kept = self._kept
        self._kept = {key: (view, self._html(kept.get(key), view)) for key, view in shown}
        return Cards(
            order=tuple(self._kept), cards={key: html for key, (_, html) in self._kept.items()}
        )

    def forget(self) -> None:
        """Render all anew the next time."""
        self._kept = {}

    def _html(self, kept: tuple[Struct, bytes] | None, view: Struct) -> bytes:
        if kept is not None and kept[0] == view:
            return kept[1]
        return msgspec.json.encode(render(self._template, board={self._name: [view]}))


class LiveStates:
    """Makes the states of one language for pages of somebody who is signed in."""

    def __init__(self) -> None:
        self._alarms = _Rendered("alarms.html", "alarms")
        self._snoozes = _Rendered("snoozes.html", "snoozes")
        self._rooms = _Rendered("rooms.html", "rooms")
        self._day: date | None = None

    def __call__(self, view: BoardView) -> LiveState:
        """Return `view` with its lists rendered."""
        self._turn_page()
        return LiveState(
            sequence=view.sequence,
            at=view.at,
            sound=view.sound,
            trouble=view.trouble,
            figures=view.figures,
            shift=view.shift,
            hand_over=view.hand_over,
            alarms=self._alarms.of([(one.id, one) for one in view.alarms]),
            snoozes=self._snoozes.of([(one.id, one) for one in view.snoozes]),
            rooms=self._rooms.of([(one.room, one) for one in view.rooms]),
        )

    def _turn_page(self) -> None:
        """Let no card call yesterday's hours today's: those of another day carry their date."""
        today = datetime.now(UTC).astimezone().date()
        if today != self._day:
            self._day = today
            for one in (self._alarms, self._snoozes, self._rooms):
                one.forget()


def ringing_state(view: BoardView) -> RingingState:
    """Return kind and room of what is open in `view`, and nothing else."""
    return RingingState(
        sequence=view.sequence,
        at=view.at,
        sound=view.sound,
        trouble=view.trouble,
        ringing=view.figures.ringing,
        alarms=render("device_alarms.html", board=view),
    )


class Reading(Struct, frozen=True, kw_only=True):
    """A board, how often the store had changed before it was read, and until when (ns) it holds.

    Attributes
    ----------
    settings
        Of care, in the rooms with an alarm; not for everybody who sees alarms.
    """

    board: Board
    settings: Sequence[CareSettings]
    change: int
    stale: int

    def holds(self, change: int, now: int) -> bool:
        """Return whether it is still how things are."""
        return self.change == change and self.board.at <= now < self.stale


class Readings:
    """Reads the board once for all pages, of whatever language and kind.

    While changes come without end it rests after each reading for as long as that took, so that
    pages never keep the hub from its nodes.
    """

    def __init__(self, hub: HubContext) -> None:
        self.hub = hub
        self._kept: Reading | None = None
        self._lock = asyncio.Lock()
        self._rest_until = 0.0

    async def present(self) -> Reading:
        """Return the board as it is now."""
        async with self._lock:
            if (kept := self._valid()) is not None:
                return kept
            await asyncio.sleep(max(0.0, self._rest_until - time.monotonic()))
            return await asyncio.to_thread(self._read, self.hub.broadcaster.changes)

    def worked(self, began: float) -> None:
        """Take in that pages were made ready from `began` (steady clock, s) until now."""
        now = time.monotonic()
        self._rest_until = now + min(LONGEST_REST_S, now - began)

    def _valid(self) -> Reading | None:
        kept, change = self._kept, self.hub.broadcaster.changes
        return kept if kept is not None and kept.holds(change, self.hub.now()) else None

    def _read(self, change: int) -> Reading:
        began = time.monotonic()
        board = self.hub.board()
        settings = of_board(self.hub.database, board)
        latest = board.at + int(FRESH_S * NS)
        stale = latest if board.due is None else max(board.at + 1, min(latest, board.due))
        self._kept = Reading(board=board, settings=settings, change=change, stale=stale)
        self.worked(began)
        return self._kept


class Picture(Struct, frozen=True, kw_only=True):
    """A state as it goes to every page of one language.

    Attributes
    ----------
    number
        Grows with everything that a page shows, but for the time.
    stale
        Until when (ns) it holds.
    """

    # Not the reading that it was made of: each page keeps the picture that it was sent last.
    number: int
    stale: int
    state: LiveState | RingingState


class Pictures:
    """Makes a picture once for all pages of a language, and the messages that lead to it.

    With `care`, alarms show what whoever comes to help needs.
    """

    def __init__(
        self,
        readings: Readings,
        states: Callable[[], Callable[[BoardView], LiveState | RingingState]] = LiveStates,
        *,
        care: bool = False,
    ) -> None:
        self._readings = readings
        self._of = {language: _OfLanguage(states(), care=care) for language in Language}

    async def present(self) -> Picture:
        """Return the state as it is now, in the language that is spoken."""
        mine = self._of[spoken()]
        async with mine.lock:
            reading = await self._readings.present()
            if mine.picture is None or mine.reading is not reading:
                began = time.monotonic()
                await asyncio.to_thread(mine.take, reading)
                self._readings.worked(began)
            assert mine.picture is not None, "it was taken just now"
            return mine.picture

    def message(self, picture: Picture, before: Picture | None) -> Message:
        """Return what tells `picture` to a page that shows `before`; all of it to one that is new.

        To be asked in the language of `picture`.
        """
        return self._of[spoken()].message(picture, before)


class _OfLanguage:
    """The present picture of one language, and what was encoded of it."""

    def __init__(
        self, states: Callable[[BoardView], LiveState | RingingState], *, care: bool
    ) -> None:
        self._care = care
        self.lock = asyncio.Lock()
        self.reading: Reading | None = None
        self.picture: Picture | None = None
        self._states = states
        self._messages: dict[tuple[int, int], Message] = {}

    def take(self, reading: Reading) -> None:
        """Make the picture of `reading`."""
        settings = reading.settings if self._care else ()
        state = self._states(board_view(reading.board, settings))
        last = self.picture
        number = 1 if last is None else last.number
        if last is not None and msgspec.structs.replace(state, at=last.state.at) != last.state:
            number += 1
            # Whoever asks from now on is told this picture; another thread may still tell the last.
            self._messages = {}
        self.picture = Picture(number=number, stale=reading.stale, state=state)
        self.reading = reading

    def message(self, picture: Picture, before: Picture | None) -> Message:
        """Return the message from `before` to `picture`, made once."""
        way = (0 if before is None else before.number, picture.number)
        kept = self._messages
        found = kept.get(way)
        if found is None:
            state: Any = picture.state
            told = state if before is None else state.after(before.state)
            found = [_head("state", state.sequence), *told.written(), _END]
            if len(kept) >= KEPT_MESSAGES:
                kept.clear()
            kept[way] = found
        return found


def pieces(message: Message, size: int) -> Iterator[bytes]:
    """Yield `message` in pieces of about `size` bytes, each made when it is asked for."""
    gathered: list[bytes] = []
    length = 0
    for part in message:
        if gathered and length + len(part) > size:
            yield b"".join(gathered)
            gathered, length = [], 0
        gathered.append(part)
        length += len(part)
    yield b"".join(gathered)


def sse(event: str, data: bytes) -> bytes:
    """Return a server-sent event; `data` is one line (WHATWG HTML, 9.2.6)."""
    return _head(event) + data + _END


_END: Final = b"\r\n\r\n"


def _head(event: str, number: int | None = None) -> bytes:
    name = b"" if number is None else b"id: %d\r\n" % number
    return b"%sevent: %s\r\ndata: " % (name, event.encode())
