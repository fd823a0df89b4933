"""What the cameras of a node can see: view states and ticks in, statements about quality out.

Comes in: `ViewState` (already lasting, see `vision.quality`) and the instant of every observation.
Goes out: `Statement`: a source is degraded, restored, not watched by plan, or silent for longer
than it promised. A planned darkness or pause is shown, never rung. Pure.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from ambient.observations import View, ViewState

SILENT_S: Final = 15.0
"""A source ticks every second; after this long without a word it is silent."""

PLANNED: Final = frozenset({View.NOT_WATCHED, View.PAUSED, View.OFF})


class Say(StrEnum):
    """What is stated about a source."""

    DEGRADED = "degraded"
    RESTORED = "restored"
    NOT_WATCHED = "not_watched"
    SILENT = "silent"


class Statement(Struct, frozen=True):
    """A change that is worth an event."""

    say: Say
    room: str
    source: str
    t: int
    view: View
    began: int
    """`t` at which the condition began: names its chain."""
    silent_s: float = 0.0
    until: int | None = None


class SourceState(Struct):
    """One source of the node, by plan."""

    room: str
    source: str
    last: int | None = None
    view: View = View.OK
    since: int = 0
    silent_since: int | None = None
    until: int | None = None


class Views(Struct):
    """All sources that the configuration names; survives a restart."""

    sources: list[SourceState] = []

    def view(self, seen: ViewState) -> list[Statement]:
        """Take in what a camera can see now."""
        state = self._find(seen.room, seen.source)
        if state is None or (seen.view == state.view and seen.until == state.until):
            return []
        before, began = state.view, state.since
        state.view, state.since, state.until = seen.view, seen.t, seen.until
        if seen.view is View.OK:
            return [_say(Say.RESTORED, state, seen.t, View.OK, began)]
        if before is View.OK:
            began = seen.t
        else:
            state.since = began  # another trouble of the same camera: one condition, one chain
        if seen.view in PLANNED:
            return [_say(Say.NOT_WATCHED, state, seen.t, seen.view, began)]
        return [_say(Say.DEGRADED, state, seen.t, seen.view, began)]

    def heard(self, room: str, source: str, t: int) -> list[Statement]:
        """Take in that a source said something at `t`."""
        state = self._find(room, source)
        if state is None:
            return []
        state.last = max(t, state.last or 0)
        if state.silent_since is None:
            return []
        began, state.silent_since = state.silent_since, None
        return [_say(Say.RESTORED, state, t, View.OK, began)]

    def advance(self, t: int) -> list[Statement]:
        """Notice who has been silent for too long at `t`."""
        out: list[Statement] = []
        for state in self.sources:
            if state.last is None:
                state.last = t  # counts from the first instant that anybody reported
            silent = (t - state.last) / 1e9
            if silent > SILENT_S and state.silent_since is None:
                state.silent_since = t
                out.append(_say(Say.SILENT, state, t, View.GONE, t, silent))
        return out

    def _find(self, room: str, source: str) -> SourceState | None:
        return next((s for s in self.sources if s.room == room and s.source == source), None)


def _say(
    say: Say, state: SourceState, t: int, view: View, began: int, silent_s: float = 0.0
) -> Statement:
    return Statement(
        say=say,
        room=state.room,
        source=state.source,
        t=t,
        view=view,
        began=began,
        silent_s=round(silent_s, 1),
        until=state.until if say is Say.NOT_WATCHED else None,
    )
