"""What a room has learned, without what holds at the moment: a part of a room's state in, that out.

Comes in: a part of what `fusion.room.RoomJudge.state` returned. Goes out: the same part as that of
a room that begins, but for what was learned in days and nights: how long somebody usually is in the
wet room, how restless a bed is, when and how much they move, how often signs of agitation come,
where they lie in bed, and the baselines of vital signs and voices. Open chains, who is where, what
sensors said last, and the hours and days that run stay behind: whoever goes on from it, days later
and on another machine, takes nothing of that moment for something that happens now. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fusion.agitation import AgitationState
from fusion.bed_people import People
from fusion.inactivity import InactivityState
from fusion.physiology import PhysiologyState, ResidentState
from fusion.restless import RestlessState
from fusion.situations_state import SituationsState
from fusion.vitals_baseline import BaselineState, Own
from fusion.voice import VoiceState
from fusion.wandering import WanderingState
from fusion.wet_room import WetRoomState


def learned(kind: str, data: bytes) -> bytes | None:
    """Return what was learned in a part of a room's state.

    Parameters
    ----------
    kind
        Which part it is, as `RoomJudge.state` names it: ``situations``, ``vitals`` ...

    Returns
    -------
    bytes or None
        From which `RoomJudge.restore` begins; None of a part in which nothing is learned.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        When it was written by an incompatible version.
    """
    how = _LEARNED.get(kind)
    return None if how is None else msgspec.msgpack.encode(how(data))


def _situations(data: bytes) -> SituationsState:
    state = msgspec.msgpack.decode(data, type=SituationsState)
    return SituationsState(
        # With the shape of the picture in which those places are measured.
        people=People(lain=state.people.lain, aspects=state.people.aspects),
        restless={bed: RestlessState(shares=one.shares) for bed, one in state.restless.items()},
        wet_rooms={
            wet: WetRoomState(stays=one.stays, aspect=one.aspect)
            for wet, one in state.wet_rooms.items()
        },
        inactivity=InactivityState(usual=state.inactivity.usual),
        wandering=WanderingState(usual=state.wandering.usual),
        agitation=AgitationState(rates=state.agitation.rates),
        # By whom it is forgotten where somebody else lives by now.
        whose=state.whose,
    )


def _vitals(data: bytes) -> PhysiologyState:
    state = msgspec.msgpack.decode(data, type=PhysiologyState)
    residents = {}
    for subject, resident in state.residents.items():
        own = {
            marker: {
                source: Own(levels=known.levels, used=known.used)
                for source, known in sources.items()
            }
            for marker, sources in resident.baseline.own.items()
        }
        residents[subject] = ResidentState(baseline=BaselineState(own=own))
    return PhysiologyState(residents=residents)


def _voice(data: bytes) -> VoiceState:
    state = msgspec.msgpack.decode(data, type=VoiceState)
    return VoiceState(
        voices={
            subject: {
                # A change that lasts is kept: it was told, and its days teach nothing.
                segment: replace(baseline, today={}, speech_s={})
                for segment, baseline in segments.items()
            }
            for subject, segments in state.voices.items()
        }
    )


_LEARNED: Final[Mapping[str, Callable[[bytes], Struct]]] = {
    "situations": _situations,
    "vitals": _vitals,
    "voice": _voice,
}
