"""Situations of one room other than falls and sounds: its observations in, changes of chains out.

`RoomSituations` hands each observation to the judges that can use it (beds, wet rooms, cords,
stillness, wandering, agitation) and lets time go on for all of them once a second of event time.
What nobody asked for in the configuration is not judged; calls by cord always are. Reads no clock:
fed the same observations it says the same, live or replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final

from ambient.config import Bed, Room
from ambient.config_watch import of_bed
from ambient.events import Purpose
from ambient.observations import (
    AnyObservation,
    BoxSeen,
    MotionMeasured,
    Place,
    Point,
    PoseSeen,
    PostureSeen,
    SensorKind,
    SensorSeen,
    SoundHeard,
    TrackEnded,
    VitalMeasured,
    WearState,
)
from fusion import bed_card, bed_looks, situations_state
from fusion import ratios_beds as ratios
from fusion.agitation import AgitationJudge
from fusion.bed import BedJudge, BedState
from fusion.bed_belief import STILL
from fusion.bed_people import BedPeople
from fusion.chains import SECOND, Change
from fusion.cord import CordJudge
from fusion.inactivity import InactivityJudge
from fusion.restless import RestlessJudge, RestlessState
from fusion.situations_state import SituationsState
from fusion.wandering import WanderingJudge
from fusion.wearers import TRUNK, angle
from fusion.wet_room import WetRoomJudge, WetRoomState

LATE_S: Final = 10.0
"""What slow sources say later than this moves nothing that is judged as of now, but for calls."""
UP_DEG: Final = 35.0
DOWN_DEG: Final = 55.0

_ALWAYS: Final[frozenset[type[AnyObservation]]] = frozenset(
    {SensorSeen, TrackEnded, SoundHeard, MotionMeasured, VitalMeasured, WearState}
)


class RoomSituations:
    """Judge the situations of one room.

    Parameters
    ----------
    room
        As configured.
    zone
        Time zone of the site.
    state
        What an earlier run left.
    """

    def __init__(self, room: Room, zone: tzinfo, state: SituationsState | None = None) -> None:
        self._room, self._zone = room, zone
        self._begin(state or SituationsState(whose=situations_state.whose(room)))

    def observe(self, seen: AnyObservation, now: int) -> list[Change]:
        """Take one observation; return what can be said now.

        Parameters
        ----------
        now
            The newest instant that was judged; `seen.t` unless it came late.
        """
        changes: list[Change] = []
        kind = type(seen)
        if kind not in self.takes:
            pass
        elif kind is PostureSeen:
            changes = self._posture(seen)  # type: ignore[arg-type]
        elif kind is PoseSeen or kind is BoxSeen:
            self._shape(seen)  # type: ignore[arg-type]
        elif kind is SensorSeen:
            changes = self._sensor(seen, now)  # type: ignore[arg-type]
        elif kind is TrackEnded:
            self._ended(seen)  # type: ignore[arg-type]
        elif kind is SoundHeard:
            self._sound(seen)  # type: ignore[arg-type]
        elif kind is MotionMeasured or kind is VitalMeasured or kind is WearState:
            self._worn(seen, now)
        if now >= self.due:
            changes += self._advance(now)
        return changes

    def forget(self, subject: str) -> None:
        """Forget what was learned of a resident."""
        situations_state.forget(self.state, self._room, subject)

    def consent(self, purpose: Purpose, on: bool) -> None:
        """Follow that a purpose was switched: off forgets what its senses told."""
        if not on:
            situations_state.withdraw(self.state, purpose)

    def restarted(self) -> set[str] | None:
        """Take in that the node began anew; return who moved out, None where nobody moved.

        Tracks are numbered from here. What a device said that is no longer in the room does not
        hold any more, and of whoever lives here no more nothing is kept.
        """
        self._people.restarted()
        situations_state.keep(self.state, self._room)
        return situations_state.moved(self.state, self._room)

    def restore(self, state: SituationsState) -> None:
        """Go on from what an earlier run left; beds and wet rooms that are gone are left out."""
        self._begin(state)

    def _begin(self, state: SituationsState) -> None:
        room, watch = self._room, self._room.watch
        self.state = state
        self._subjects = {bed.id: bed.subject for bed in room.beds}
        alone = room.beds[0].subject if len(room.beds) == 1 else None
        watched = [bed for bed in room.beds if bed.watch.on]
        state.beds = {bed.id: state.beds.get(bed.id, BedState()) for bed in watched}
        # Read when a node starts, so that a card that cannot be read is told then.
        self._card = bed_looks.Looks(bed_card.carried()) if watched else None
        self._beds = {
            bed.id: BedJudge(bed.id, bed.subject, bed.watch, self._zone, state.beds[bed.id])
            for bed in watched
        }
        restless = [bed for bed in watched if bed.watch.restless]
        state.restless = {b.id: state.restless.get(b.id, RestlessState()) for b in restless}
        self._restless = {
            bed.id: RestlessJudge(bed.id, bed.subject, state.restless[bed.id]) for bed in restless
        }
        state.wet_rooms = {w.id: state.wet_rooms.get(w.id, WetRoomState()) for w in room.wet_rooms}
        self._wet = [WetRoomJudge(w, alone, state.wet_rooms[w.id]) for w in room.wet_rooms]
        self._doors = any(w.door is not None for w in room.wet_rooms)
        # The outlines of all beds, watched or not: who lies in the other bed is no stranger.
        self._people = BedPeople(outlines(room.beds, room) if watched else {}, state.people)
        self._cord = CordJudge(self._subjects, state.cord)
        self._inactivity = InactivityJudge(watch, alone, self._zone, state.inactivity)
        self._wandering = WanderingJudge(watch, alone, self._zone, state.wandering)
        self._agitation = AgitationJudge(alone, on=watch.agitated, state=state.agitation)
        self._moves = self._inactivity.on or self._wandering.on
        self._follows = bool(watched) or self._doors
        self._looks = self._follows or self._moves or watch.agitated
        self._empty = _Empty(self._beds)
        self.due = state.advanced + SECOND
        """The instant from which on time alone may change something."""
        looks: set[type[AnyObservation]] = {PostureSeen} if self._looks else set()
        if self._follows:
            looks |= {PoseSeen, BoxSeen}
        self.takes = _ALWAYS | looks
        """What it wants to see; the rest need not be given before `due`."""

    def _advance(self, now: int) -> list[Change]:
        """Let time go on for everybody, once a second."""
        state = self.state
        state.advanced = now
        self.due = now + SECOND
        carer = state.carers.here(now)
        self._people.advance(now)
        changes: list[Change] = []
        for name, bed in self._beds.items():
            held = state.holds.get(name)
            if held:
                bed.belief.hold(
                    {source: _piece(state.kinds[source], on) for source, on in held.items()}, now
                )
            changes += bed.advance(now, carer=carer)
        for restless in self._restless.values():
            changes += restless.advance(now)
        for wet in self._wet:
            changes += wet.advance(now, carer=carer)
        if self._cord.open:
            changes += self._cord.advance(now)
        if self._inactivity.on:
            changes += self._inactivity.advance(now, state.movement)
        if self._wandering.on:
            changes += self._wandering.advance(now, state.movement, carer=carer)
        if self._agitation.on:
            changes += self._agitation.advance(now)
        return changes

    def _shape(self, seen: PoseSeen | BoxSeen) -> None:
        self._people.shape(seen.source, seen.aspect)
        for wet in self._wet:
            wet.shape(seen.source, seen.aspect)

    def _posture(self, seen: PostureSeen) -> list[Change]:
        if self._moves:
            self.state.movement.posture(seen)
        if self._agitation.on:
            self._agitation.posture(seen)
        if not self._follows:
            return []
        t = seen.t
        track = self._people.see(seen, self._empty)
        for wet in self._wet:
            wet.posture(seen, first=track.began == t)
        bed = None if track.bed is None else self._beds.get(track.bed)
        if bed is None:
            return []
        if track.began == t and self._people.alone(track):
            bed.appeared(t)
        if self._people.company(track, t):
            bed.seen_company(t)
        belief = bed.belief
        if self._card is None or not belief.due(t):
            return []
        share = belief.counted(seen, belief.since_s(t) * bed_looks.weight(seen))
        # What a still picture says has been said: most looks at a bed need not be asked for.
        asks = share > 0.0
        piece = self._card.piece(seen, self._people.shift(track)) if asks else ratios.LOOKED
        belief.weigh(piece, t, share)
        inside = belief.inside
        rests = seen.upright < bed_looks.HALF or (seen.still >= STILL and inside >= 0.9)
        if rests and inside >= 0.5 and not self._people.outside(track):
            self._people.lies(track)
        if belief.lies >= 0.9:
            restless = self._restless.get(track.bed or "")
            if restless is not None:
                restless.look(t, seen.still)
        return bed.advance(t, carer=self.state.carers.here(t))

    def _ended(self, end: TrackEnded) -> None:
        if not self._follows:
            return
        track = self._people.ended(end)
        if track is not None:
            for wet in self._wet:
                wet.ended(end, track.at)

    def _sensor(self, seen: SensorSeen, now: int) -> list[Change]:
        state = self.state
        state.carers.sensor(seen)
        changes = self._cord.sensor(seen, now, carer=state.carers.here(now))
        if (now - seen.t) / SECOND > LATE_S:
            return changes
        if self._moves:
            state.movement.take(seen)
        for wet in self._wet:
            wet.sensor(seen, now)
            if seen.on and not seen.retained and seen.kind in (SensorKind.BED, SensorKind.CHAIR):
                wet.elsewhere(seen.t)
        if seen.kind in (SensorKind.BED, SensorKind.MAT):
            for name, bed in self._beds.items():
                if of_bed(seen.bed, name, self._room):
                    held = state.holds.setdefault(name, {})
                    changed = held.get(seen.source) is not seen.on
                    held[seen.source], state.kinds[seen.source] = seen.on, seen.kind
                    if not changed:
                        continue
                    bed.belief.changed(seen.source)
                    if not seen.retained:
                        bed.belief.weigh(
                            _piece(seen.kind, seen.on), max(seen.t, now), seen.probability
                        )
                        changes += bed.advance(max(seen.t, now), carer=state.carers.here(now))
        return changes

    def _sound(self, seen: SoundHeard) -> None:
        for wet in self._wet:
            wet.sound(seen)
        if self._agitation.on:
            self._agitation.take(seen)

    def _worn(self, seen: AnyObservation, now: int) -> None:
        if (now - seen.t) / SECOND > LATE_S:
            return
        if self._moves:
            self.state.movement.take(seen)
        if self._agitation.on:
            self._agitation.take(seen)
        if isinstance(seen, MotionMeasured) and seen.subject is not None:
            for name, bed in self._beds.items():
                if self._subjects.get(name) == seen.subject:
                    self._moved(seen, bed, now)

    def _moved(self, seen: MotionMeasured, bed: BedJudge, now: int) -> None:
        """Weigh a second of the occupant's own wearable."""
        if seen.steps:
            if seen.wear in TRUNK:
                self.state.hung[seen.source] = seen.gravity
            if seen.steps >= 2:
                bed.belief.weigh(ratios.STEPS, now)
            return
        walking = self.state.hung.get(seen.source)
        if walking is None or seen.wear not in TRUNK:
            return
        turned = angle(walking, seen.gravity)
        if turned <= UP_DEG:
            bed.belief.weigh(ratios.TRUNK_UP, now, 0.5)
        elif turned >= DOWN_DEG:
            bed.belief.weigh(ratios.TRUNK_DOWN, now, 0.5)


class _Empty(Mapping[str, bool]):
    """By bed, whether nobody is believed in it; looked up when it is asked for."""

    def __init__(self, beds: Mapping[str, BedJudge]) -> None:
        self._beds = beds

    def __getitem__(self, bed: str) -> bool:
        return self._beds[bed].empty

    def __iter__(self) -> Iterator[str]:
        return iter(self._beds)

    def __len__(self) -> int:
        return len(self._beds)


def _piece(kind: SensorKind, on: bool) -> ratios.Piece:
    if kind is SensorKind.MAT:
        return ratios.MAT_ON if on else ratios.MAT_OFF
    return ratios.BED_ON if on else ratios.BED_OFF


def outlines(beds: Sequence[Bed], room: Room) -> dict[tuple[str, str], list[Point]]:
    """Return by camera and bed the outline that the installer drew."""
    return {
        (camera.id, bed.id): list(zone.polygon)
        for camera in room.cameras
        for zone in camera.zones
        for bed in beds
        if zone.kind is Place.BED and of_bed(zone.bed, bed.id, room)
    }
