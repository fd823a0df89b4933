"""What a notice says: the room and what it is about. Never a name of a person.

Comes in: a kind, a room, a language. Goes out: one short line. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ambient.config import RoomName
from ambient.hub import words
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.languages import gettext, mark, speaking
from ambient.languages import Language

_ALL_ROOMS: Final = mark("All rooms")
_ROOM: Final = mark("Room %(room)s")
_OVER: Final = mark("seen to, or over")
_TEST: Final = mark("Test, nothing has happened")


def text(kind: AlarmKind, room: str, language: Language, *, over: bool = False) -> str:
    """Return what a notice about `kind` in `room` says; `over`: it need not be shown any more."""
    said = words.text(kind, room, language)
    with speaking(language):
        return f"{said} ({gettext(_OVER)})" if over else said


def trial(language: Language) -> str:
    """Return what a notice says that only tries a channel."""
    with speaking(language):
        return gettext(_TEST)


def room_name(room: str | None, names: Mapping[str, RoomName], language: Language) -> str:
    """Return what a room is called: by the house, else by its id."""
    named = names.get(room or "")
    with speaking(language):
        if room is None:
            return gettext(_ALL_ROOMS)
        return gettext(_ROOM) % {"room": room} if named is None else named.name
