"""What a room remembers of its situations; what goes with a device, a resident, a consent.

Comes in: what an earlier run left and the room as it is configured now, who is erased, which
purpose was withdrawn. Goes out: the same state without what was theirs. Habits are kept by bed, by
wet room and of the room as a whole; `SituationsState.whose` says who lived there as they were
learned, so that whoever moves in begins anew. Chains that are open go on, as nobody's. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from ambient.config import Room
from ambient.config_watch import of_bed
from ambient.events import Purpose, Sense
from ambient.observations import SensorKind
from fusion.agitation import AgitationState
from fusion.bed import BedState
from fusion.bed_people import People
from fusion.carer import Carers
from fusion.chains import Chains
from fusion.cord import CordState
from fusion.inactivity import InactivityState
from fusion.movement import Movement
from fusion.restless import RestlessState
from fusion.room_config import residents
from fusion.wandering import WanderingState
from fusion.wet_room import WetRoomState

_BED, _WET, _WORN, _ROOM = "bed", "wet", "worn", "room"
_WORN_TELLS: Final = (Sense.WEARABLE_MOVEMENT.value, Sense.WEARABLE_ORIENTATION.value)

Vector = tuple[float, float, float]


class SituationsState(Struct):
    """All that a room remembers of its situations; survives a restart."""

    advanced: int = 0
    carers: Carers = field(default_factory=Carers)
    cord: CordState = field(default_factory=CordState)
    people: People = field(default_factory=People)
    beds: dict[str, BedState] = {}
    restless: dict[str, RestlessState] = {}
    wet_rooms: dict[str, WetRoomState] = {}
    movement: Movement = field(default_factory=Movement)
    inactivity: InactivityState = field(default_factory=InactivityState)
    wandering: WanderingState = field(default_factory=WanderingState)
    agitation: AgitationState = field(default_factory=AgitationState)
    holds: dict[str, dict[str, bool]] = {}
    """By bed, the sensors of it and whether they are on."""
    kinds: dict[str, SensorKind] = {}
    hung: dict[str, Vector] = {}
    """By wearable, how it hangs while its wearer walks."""
    whose: dict[str, list[str]] = {}
    """By bed, wet room, wearable, and of the room, who lived there as it was learned."""


def whose(room: Room) -> dict[str, list[str]]:
    """Return who is meant by what is learned of each bed, wet room and wearable, and of the room.

    Of a wet room that nobody uses alone, and of the room as a whole, that is everybody.
    """
    everybody = sorted(residents(room))
    return {
        **{f"{_BED}/{one.id}": _only(one.subject) for one in room.beds},
        **{
            f"{_WET}/{one.id}": everybody if one.subject is None else [one.subject]
            for one in room.wet_rooms
        },
        **{f"{_WORN}/{one.id}": _only(one.subject) for one in room.wearables},
        _ROOM: everybody,
    }


def keep(state: SituationsState, room: Room) -> None:
    """Forget what devices said that are no longer in the room, or are something else there."""
    kinds = {one.id: one.kind for one in room.sensors}
    stands_at = {one.id: one.bed for one in room.sensors}
    worn = {one.id for one in room.wearables}
    state.carers.keep(kinds)
    state.cord.keep(kinds)
    state.movement.keep(kinds, worn)
    state.hung = {name: how for name, how in state.hung.items() if name in worn}
    state.kinds = {name: kind for name, kind in state.kinds.items() if kinds.get(name) is kind}
    before, state.holds = state.holds, {}
    for name, bed in state.beds.items():
        held = {
            source: on
            for source, on in before.get(name, {}).items()
            if source in state.kinds and of_bed(stands_at[source], name, room)
        }
        bed.keep(held)
        if held:
            state.holds[name] = held
    for wet in room.wet_rooms:
        if wet.id in state.wet_rooms:
            state.wet_rooms[wet.id].keep(wet, kinds)


def moved(state: SituationsState, room: Room) -> set[str] | None:
    """Forget what was learned of whoever lives here no more; return who that is.

    None where nobody moved in or out. What was kept before it was known whose it is stays.
    """
    before, state.whose = state.whose, whose(room)
    changed = [key for key, who in before.items() if state.whose.get(key) != who]
    for key in changed:
        _forget(state, key, set(before[key]) - set(state.whose.get(key, ())))
        kind, _, name = key.partition("/")
        if kind == _BED and name in state.beds:
            state.beds[name].left = None  # who got up and is away is not whoever sleeps here now
    return set(before[_ROOM]) - set(state.whose[_ROOM]) if _ROOM in changed else None


def forget(state: SituationsState, room: Room, subject: str) -> None:
    """Forget what was learned of a resident, also where others live as well."""
    for key, who in (state.whose or whose(room)).items():
        if subject in who:
            _forget(state, key, {subject})


def withdraw(state: SituationsState, purpose: Purpose) -> None:
    """Forget what the senses of a purpose told."""
    state.agitation.withdraw(purpose)
    if purpose is Purpose.SOUNDS:
        for wet in state.wet_rooms.values():
            wet.unhear()
    if purpose is Purpose.VITALS:
        if state.movement.take_off():
            # They are minutes and walks of camera and wearable together: without it fewer.
            state.inactivity.forget()
            state.wandering.forget()
        state.hung = {}
        for bed in state.beds.values():
            bed.worth = {s: w for s, w in bed.worth.items() if s not in _WORN_TELLS}


def _only(subject: str | None) -> list[str]:
    return [] if subject is None else [subject]


def _forget(state: SituationsState, key: str, former: Set[str]) -> None:
    """Forget what is kept under a key of `whose`; open chains of `former` become nobody's."""
    kind, _, name = key.partition("/")
    _FORGETS[kind](state, name, former)


def _forget_bed(state: SituationsState, name: str, former: Set[str]) -> None:
    state.people.lain.pop(name, None)
    if name in state.beds:
        _nobodys(state.beds[name].chains, former)
    if name in state.restless:
        state.restless[name].forget()
        _nobodys(state.restless[name].chains, former)


def _forget_wet(state: SituationsState, name: str, former: Set[str]) -> None:
    if name in state.wet_rooms:
        state.wet_rooms[name].forget()
        _nobodys(state.wet_rooms[name].chains, former)


def _forget_worn(state: SituationsState, name: str, _: Set[str]) -> None:
    state.hung.pop(name, None)


def _forget_room(state: SituationsState, _: str, former: Set[str]) -> None:
    _nobodys(state.cord.chains, former)
    for habit in (state.inactivity, state.wandering, state.agitation):
        habit.forget()
        _nobodys(habit.chains, former)


_FORGETS: Final[Mapping[str, Callable[[SituationsState, str, Set[str]], None]]] = {
    _BED: _forget_bed,
    _WET: _forget_wet,
    _WORN: _forget_worn,
    _ROOM: _forget_room,
}


def _nobodys(chains: Chains, former: Set[str]) -> None:
    for chain in chains.open:
        if chain.who.subject in former:
            chain.who = replace(chain.who, subject=None)
