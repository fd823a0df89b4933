"""What the devices of a node can see and hear: their states and ticks in, statements out.

Comes in: `ViewState` and `HearingState` (already lasting, see `vision.quality`, `audio.quality`)
and the instant of every observation. Goes out: `Statement`: a source is degraded, restored, not
watched by plan, or silent for longer than it promised. Cameras and microphones promise a word each
second; a wearable or sensor promises what the installer says (``every_s``), or nothing. A planned
darkness or pause is shown, never rung. The first state after each start is stated as well, so that
a hub knows who watches and who hears, and so is once that a source left the configuration: nobody
else could end what was stated of it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct, field

from ambient.events import Device
from ambient.observations import Hearing, HearingState, View, ViewState

SILENT_S: Final = 15.0
"""A source ticks every second; after this long without a word it is silent."""

RARE_S: Final = 60.0
"""Who promises a word more seldom than this may be dead for longer than a node goes on."""

PLANNED: Final = frozenset({View.NOT_WATCHED, View.PAUSED, View.OFF})
PLANNED_HEARING: Final = frozenset({Hearing.PAUSED, Hearing.SWITCHED_OFF})
REMEMBERED: Final = frozenset({View.MOVED, View.BLURRED})
"""Judged against what a camera showed before: a look that remembers nothing cannot end them."""


class Say(StrEnum):
    """What is stated about a source."""

    DEGRADED = "degraded"
    RESTORED = "restored"
    NOT_WATCHED = "not_watched"
    SILENT = "silent"
    GONE = "gone"
    """Not configured any more: what was stated of it is over, and it neither sees nor hears."""


class Family(StrEnum):
    """The two conditions of a source, each with chains of its own."""

    VIEW = "view"
    """What it can see or hear."""
    SILENT = "silent"


class Statement(Struct, frozen=True):
    """A change that is worth an event.

    Attributes
    ----------
    family, began, position
        Which condition, the `t` at which it began, and how many statements came before: they
        name the event's chain and its place in it.
    """

    say: Say
    room: str
    source: str
    t: int
    device: Device
    view: View | None
    hearing: Hearing | None
    family: Family
    began: int
    position: int
    silent_s: float = 0.0
    until: int | None = None


class Condition(Struct):
    """One condition of a source."""

    began: int = 0
    position: int = 0
    latest: int = 0
    """`t` of its newest statement."""

    def begin(self, t: int) -> None:
        """Begin anew at `t`."""
        self.began, self.position = t, 0


class SourceState(Struct):
    """One source of the node, by plan."""

    room: str
    source: str
    last: int | None = None
    begun: int = 0
    """When its silence began to count without a word of it."""
    known: bool = False
    """Whether its state was stated since the start."""
    view: View = View.OK
    device: Device = Device.CAMERA
    hearing: Hearing = Hearing.OK
    until: int | None = None
    run: int = 0
    """The look that said `view`."""
    silent: bool = False
    view_chain: Condition = field(default_factory=Condition)
    silent_chain: Condition = field(default_factory=Condition)
    promised_s: float = SILENT_S
    """After this long without a word it is silent."""

    def going_on(self, planned: SourceState) -> SourceState:
        """Return this state under a plan that may be another than when it was kept."""
        self.promised_s = planned.promised_s
        return self

    def restarted(self, off: int | None) -> None:
        """Take in that the node began anew: silence meanwhile is the node's, not the source's.

        What it said while the node was off is lost, so that it has a whole promise from here. Only
        whoever has said nothing since the start before is given no more than the time off: a node
        that restarts oftener than a device speaks would never tell that it is dead.
        """
        self.known = False
        spoke = self.last is None or self.last > self.begun
        if spoke or off is None or self.promised_s <= RARE_S:
            self.last = None
        elif self.last is not None:
            self.last = self.begun = self.last + off

    @property
    def stated(self) -> list[Family]:
        """The conditions of which a hub was told how they stand."""
        silent = [Family.SILENT] if self.silent else []
        return [*silent, Family.VIEW] if self.view_chain.position else silent


def promising(room: str, devices: Iterable[Promising], device: Device) -> list[SourceState]:
    """Return the sources among wearables or sensors: those that promise to send."""
    return [
        SourceState(room=room, source=one.id, device=device, promised_s=one.every_s)
        for one in devices
        if one.every_s is not None
    ]


class Promising(Protocol):
    """A wearable or sensor of the configuration."""

    @property
    def id(self) -> str:
        """Its pseudonym."""
        ...

    @property
    def every_s(self) -> float | None:
        """The longest time between two words of it; None when it promises nothing."""
        ...


class Views(Struct):
    """All sources that the configuration names; survives a restart."""

    sources: list[SourceState] = []
    gone: list[SourceState] = []
    """Those that it named before, until that is stated."""

    def go_on(self, kept: Views, *, restarted: bool, off: int | None = None) -> None:
        """Go on from what was kept, under a plan that after a restart may be another one.

        A source is the same one if both its id and what it is are.

        Parameters
        ----------
        off
            How long the node was off, nanoseconds; None when that is not known.
        """
        known = {(s.source, s.device): s for s in (*kept.gone, *kept.sources)}
        self.sources = [known.pop((s.source, s.device), s).going_on(s) for s in self.sources]
        self.gone = [s for s in known.values() if s.stated] if restarted else kept.gone
        for source in self.sources if restarted else ():
            source.restarted(off)

    def view(self, seen: ViewState) -> list[Statement]:
        """Take in what a camera can see now."""
        state = self._find(seen.room, seen.source)
        if state is None:
            return []
        same = seen.view == state.view and seen.until == state.until
        if same and state.known:
            return []
        forgotten = state.view in REMEMBERED and seen.run != state.run
        if forgotten and seen.view.clear:
            return []
        if state.view is View.OK:
            state.view_chain.begin(seen.t)
        state.known, state.view, state.until, state.run = True, seen.view, seen.until, seen.run
        if seen.view is View.OK:
            say = Say.RESTORED
        else:
            say = Say.NOT_WATCHED if seen.view in PLANNED else Say.DEGRADED
        return [_say(say, state, seen.t)]

    def hearing(self, heard: HearingState) -> list[Statement]:
        """Take in what a microphone can hear now."""
        state = self._find(heard.room, heard.source)
        if state is None:
            return []
        same = heard.hearing == state.hearing and heard.until == state.until
        if same and state.known:
            return []
        if state.hearing is Hearing.OK:
            state.view_chain.begin(heard.t)
        state.known, state.hearing, state.until = True, heard.hearing, heard.until
        if heard.hearing is Hearing.OK:
            say = Say.RESTORED
        else:
            say = Say.NOT_WATCHED if heard.hearing in PLANNED_HEARING else Say.DEGRADED
        return [_say(say, state, heard.t)]

    def accept(self, room: str, source: str) -> None:
        """Somebody has looked at the camera: how it stands now is right."""
        state = self._find(room, source)
        if state is not None and state.view in REMEMBERED:
            state.view, state.known = View.OK, False

    def heard(self, room: str, source: str, t: int) -> list[Statement]:
        """Take in that a source said something at `t`."""
        state = self._find(room, source)
        if state is None:
            return []
        state.last = max(t, state.last or 0)
        if not state.silent:
            return []
        state.silent = False
        return [_say(Say.RESTORED, state, t, family=Family.SILENT)]

    def advance(self, t: int) -> list[Statement]:
        """Notice at `t` who is not configured any more, and who has been silent for too long."""
        gone, self.gone = self.gone, []
        out = [one for state in gone for one in _ended(state, t)]
        for state in self.sources:
            if state.last is None:
                state.last = state.begun = t  # counts from the first instant that anybody reported
            silent_s = (t - state.last) / 1e9
            if silent_s > state.promised_s and not state.silent:
                state.silent = True
                state.silent_chain.begin(t)
                out.append(_say(Say.SILENT, state, t, Family.SILENT, silent_s))
        return out

    def due(self) -> int:
        """Return the earliest `t` at which `advance` may find somebody silent, nanoseconds.

        Who speaks meanwhile is due later; who comes back from silence must be asked for anew.
        """
        due = (
            (state.last or 0) + round(state.promised_s * 1e9)
            for state in self.sources
            if not state.silent
        )
        return min(due, default=2**63 - 1)

    def _find(self, room: str, source: str) -> SourceState | None:
        return next((s for s in self.sources if s.room == room and s.source == source), None)


class SourcesState(Struct):
    """What a room remembers of its sources; survives a restart."""

    views: Views
    frames: dict[str, int] = {}
    """Frames that were not looked at, by source, since they were told last."""
    told: int | None = None
    """When it was told last what came late."""
    now: int = 0
    """The newest instant that was judged."""


def _ended(state: SourceState, t: int) -> list[Statement]:
    """End at `t` what was stated of a source that is not configured any more."""
    chains = (state.view_chain, state.silent_chain)
    # Behind all that was stated also for a clock that was set back: nothing comes after it.
    last = max(t, *(max(each.began, each.latest) + 1 for each in chains))
    return [_say(Say.GONE, state, last, family) for family in state.stated]


def _say(
    say: Say,
    state: SourceState,
    t: int,
    family: Family = Family.VIEW,
    silent_s: float = 0.0,
) -> Statement:
    chain = state.view_chain if family is Family.VIEW else state.silent_chain
    position = chain.position
    chain.position += 1
    chain.latest = t
    device = None if say is Say.GONE else state.device
    return Statement(
        say=say,
        room=state.room,
        source=state.source,
        t=t,
        device=state.device,
        view=state.view if device is Device.CAMERA else None,
        hearing=state.hearing if device is Device.MICROPHONE else None,
        family=family,
        began=chain.began,
        position=position,
        silent_s=round(silent_s, 1),
        until=state.until if say is Say.NOT_WATCHED else None,
    )
