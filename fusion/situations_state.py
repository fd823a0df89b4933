"""What a room remembers of its situations, and what of it goes with a device.

Comes in: what an earlier run left, and the room as it is configured now. Goes out: the same state
without what was said by devices that are no longer there. Pure.
"""

from __future__ import annotations

from msgspec import Struct, field

from ambient.config import Room
from ambient.config_watch import of_bed
from ambient.observations import SensorKind
from fusion.agitation import AgitationState
from fusion.bed import BedState
from fusion.bed_people import People
from fusion.carer import Carers
from fusion.cord import CordState
from fusion.inactivity import InactivityState
from fusion.movement import Movement
from fusion.restless import RestlessState
from fusion.wandering import WanderingState
from fusion.wet_room import WetRoomState

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
