"""What is left out because nothing is due changes no decision: beside judges that omit nothing.

Both sides see the same random streams: people who stand, lie and fall, tracks that end, sources
that fall silent, sounds and holes of half a minute.
"""

from __future__ import annotations

import random
from datetime import UTC
from unittest.mock import patch

import msgspec
import pytest
from msgspec import structs

from ambient import events as ev
from ambient.config import Bed, Falls, Microphone, NodeConfig, Room
from ambient.config_cameras import Camera, Zone
from ambient.config_gateways import Sensor, Way, Wearable
from ambient.config_watch import BedWatch, RoomWatch
from ambient.events import AnyEvent, Purpose
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    ImpactMeasured,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    Tick,
    TrackEnd,
    TrackEnded,
    View,
    ViewState,
    VitalMeasured,
    Wear,
)
from fusion import bed_looks, ratios_beds
from fusion.bed_people import Shift
from fusion.falls import FallJudge
from fusion.falls_state import CLOSE_S, FORGET_S, JOIN_S, Change, RoomState, Step
from fusion.judge import Judge
from fusion.person import Person
from fusion.ratios_beds import Piece
from fusion.room import RoomJudge
from fusion.situations import RoomSituations
from tests.fusion.situation_kit import at, bedroom, every, lies, ticks, told

NS = 1_000_000_000
_WAYS = (
    (Posture.STANDING, 0.03, 0.95, 0.0, Place.FLOOR),
    (Posture.FALLEN, 0.95, 0.02, 0.9, Place.FLOOR),
    (Posture.FALLEN, 0.95, 0.02, 0.0, Place.UNKNOWN),
    (Posture.FALL, 0.5, 0.2, 0.95, Place.UNKNOWN),
    (Posture.LYING, 0.9, 0.02, 0.0, Place.BED),
)


def posture(rng: random.Random, t: int, source: str, way: int) -> PostureSeen:
    label, down, upright, descent, place = _WAYS[way]
    return PostureSeen(
        t=t,
        room="r1",
        source=source,
        track=rng.randrange(2),
        posture=label,
        probability=0.9,
        down=down,
        upright=upright,
        descent=descent,
        place=place,
        bed="b1" if place is Place.BED else None,
        still=rng.random(),
        quality=rng.uniform(0.5, 1.0),
        at=(rng.uniform(0.3, 0.35), 0.5),
        size=0.4,
    )


def stream(seed: int, count: int = 1500) -> list[AnyObservation]:
    rng = random.Random(seed)
    out: list[AnyObservation] = []
    t, way = rng.randrange(NS), 0
    for _ in range(count):
        t += rng.randrange(1, NS // 4) if rng.random() < 0.99 else rng.randrange(40 * NS)
        source = rng.choice(["c1", "c1", "c2"])
        way = rng.randrange(len(_WAYS)) if rng.random() < 0.02 else way
        kind = rng.random()
        if kind < 0.7:
            out.append(posture(rng, t, source, way))
        elif kind < 0.73:
            reason = rng.choice(list(TrackEnd))
            ended = TrackEnded(t=t, room="r1", source=source, track=rng.randrange(2), reason=reason)
            out.append(ended)
        elif kind < 0.95:
            out.append(Tick(t=t, room="r1", source=rng.choice(["c1", "c2", "m1", "node"])))
        elif kind < 0.97:
            out.append(ViewState(t=t, room="r1", source=source, view=rng.choice(list(View))))
        elif kind < 0.98:
            hearing = rng.choice(list(Hearing))
            out.append(HearingState(t=t, room="r1", source="m1", hearing=hearing))
        else:
            sound = rng.choice(list(SoundClass))
            heard = SoundHeard(t=t, room="r1", source="m1", sound=sound, probability=rng.random())
            out.append(heard)
    return out


def senses(seed: int, count: int = 1200) -> list[AnyObservation]:
    """Return the same with wearables, one of them late, and the small sensors of a room."""
    rng = random.Random(seed)
    out: list[AnyObservation] = []
    for seen in stream(seed, count):
        out.append(seen)
        late = rng.randrange(3 * NS) if rng.random() < 0.95 else rng.randrange(600 * NS)
        worn = {
            "t": max(0, seen.t - late),
            "received": seen.t,
            "room": "r1",
            "source": "w1",
            "subject": "s-0001",
        }
        kind = rng.random()
        if kind < 0.3:
            out.append(
                MotionMeasured(
                    **worn,
                    wear=Wear.WAIST,
                    counts=rng.choice([0.0, 0.2]),
                    peak=1.2,
                    lowest=0.9,
                    gravity=(rng.uniform(-0.1, 0.9), 0.2, 0.9),
                    steps=rng.choice([0, 0, 2]),
                )
            )
        elif kind < 0.33:
            fall = rng.random()
            turned = {"still": 0.9, "turned": 70.0}
            impact = {"impact": worn["t"], "wear": Wear.WAIST, "fall": fall, **turned}
            out.append(ImpactMeasured(**worn, **impact))
        elif kind < 0.4:
            value = float(rng.randrange(55, 140))
            out.append(VitalMeasured(**worn, code="8867-4", value=value, unit="/min"))
        elif kind < 0.5:
            sensed = rng.choice(list(SensorKind))
            small = {**worn, "source": sensed.value, "subject": None}
            on, bed = rng.random() < 0.5, "b1" if sensed is SensorKind.BED else None
            out.append(SensorSeen(**small, kind=sensed, on=on, bed=bed))
    return out


def patiently(state: RoomState, t: int) -> None:
    """Forget as `fusion.falls_state.forget` does, having looked at everybody."""
    people = state.people
    for chain in list(state.chains):
        last = max((p.t for p in people if p.chain == chain.number), default=chain.began)
        patience = JOIN_S if chain.acknowledged else CLOSE_S
        if chain.step is not Step.CONFIRMED and (t - last) / 1e9 > patience:
            state.chains.remove(chain)
    numbers = {chain.number for chain in state.chains}
    for person in people:
        if person.chain not in numbers:
            person.chain = None
    state.people = [p for p in people if p.chain is not None or (t - p.t) / 1e9 < FORGET_S]


class PatientFalls(FallJudge):
    """Looks through everybody and every chain each time, and weighs whoever lies on a bed."""

    def advance(self, t: int) -> list[Change]:
        self.due = 0
        with patch("fusion.falls.forget", patiently):
            return super().advance(t)

    def posture(self, seen: PostureSeen) -> list[Change]:
        self.due = 0
        return super().posture(seen)

    def _at_rest(self, person: Person, t: int) -> bool:
        return False


class PatientRoom(RoomJudge):
    """Asks after silent sources, falls and who is waited for at every observation."""

    def observe(self, observation: AnyObservation) -> list[AnyEvent]:
        self.timeline._holder = ""
        return super().observe(observation)

    def _one(self, seen: AnyObservation, out: list[AnyEvent]) -> None:
        self._silence_due = self.falls.falls.due = 0
        super()._one(seen, out)


def changes(judge: FallJudge, seen: AnyObservation) -> list[Change]:
    if isinstance(seen, PostureSeen):
        return judge.posture(seen)
    return judge.ended(seen) if isinstance(seen, TrackEnded) else judge.advance(seen.t)


@pytest.mark.parametrize("seed", range(6))
def test_falls(seed: int) -> None:
    quick, patient = (kind(Falls(confirm_s=4.0)) for kind in (FallJudge, PatientFalls))
    steps = 0
    for number, seen in enumerate(stream(seed)):
        found = changes(quick, seen)
        assert msgspec.json.encode(found) == msgspec.json.encode(changes(patient, seen))
        assert quick.state == patient.state
        steps += len(found)
        if found and number % 3 == 0:
            for judge in (quick, patient):
                judge.acknowledge(found[0].chain.number)
    assert steps > 2


@pytest.mark.parametrize("seed", range(4))
def test_rooms(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(
        id="r1",
        beds=[Bed(id="b1", subject="s-0001")],
        purposes=dict.fromkeys(Purpose, True),
        cameras=[Camera(id="c1", source="a"), Camera(id="c2", source="b")],
        microphones=[Microphone(id="m1", source="c")],
    )
    config = NodeConfig(site="home", node="n-1", rooms=[room])
    quick = Judge(config, "k" * 40)
    monkeypatch.setattr("fusion.judge.RoomJudge", PatientRoom)
    patient = Judge(config, "k" * 40)
    assert isinstance(patient.rooms["r1"], PatientRoom)
    kinds = set()
    for seen in stream(100 + seed):
        found = [ev.encode(event) for event in quick.observe(seen)]
        assert found == [ev.encode(event) for event in patient.observe(seen)]
        kinds |= {ev.kind_of(ev.decode(event)) for event in found}
    assert {"node.source_silent", "quality.degraded"} <= kinds


def test_a_still_picture_of_a_bed_is_not_asked_for_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until the body is elsewhere; whatever a look says that counts nothing changes nothing."""
    asked: list[int] = []
    piece = bed_looks.Looks.piece

    def counting(self: bed_looks.Looks, seen: PostureSeen, shift: Shift) -> Piece:
        asked.append(seen.t)
        return piece(self, seen, shift)

    monkeypatch.setattr(bed_looks.Looks, "piece", counting)
    night = [
        *every(lies, 0.0, 120.0),
        *every(lies, 120.0, 240.0, where=(0.7, 0.65)),
        *ticks(0, 240),
    ]
    quick = RoomSituations(bedroom(), UTC)
    found = told(quick, night)
    both = [sum(at(a) <= t < at(a + 120.0) for t in asked) for a in (0.0, 120.0)]
    assert both == [9, 9]
    edge = structs.replace(ratios_beds.LOOKED, llr=(-8.0, -8.0, 0.0, 0.0))
    monkeypatch.setattr(ratios_beds, "LOOKED", edge)
    other = RoomSituations(bedroom(), UTC)
    assert told(other, night) == found
    assert other.state == quick.state


@pytest.mark.parametrize("seed", range(6))
def test_all_senses(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything watched; events and all that is remembered stay the same."""
    outline = [(0.1, 0.3), (0.25, 0.3), (0.25, 0.8), (0.1, 0.8)]
    watch = BedWatch(edge=True, exit=True, restless=True, camera_alone=True, night="00:00-24:00")
    room = Room(
        id="r1",
        beds=[Bed(id="b1", subject="s-0001", watch=watch)],
        purposes=dict.fromkeys(Purpose, True),
        cameras=[
            Camera(id="c1", source="a", zones=[Zone(kind=Place.BED, bed="b1", polygon=outline)]),
            Camera(id="c2", source="b"),
        ],
        microphones=[Microphone(id="m1", source="c")],
        wearables=[Wearable(id="w1", device="w", via=Way.MQTT, subject="s-0001")],
        sensors=[Sensor(id=k.value, device=k.value, kind=k) for k in SensorKind],
        watch=RoomWatch(no_movement_min=10, inactive=True, wandering=True, agitated=True),
    )
    config = NodeConfig(site="home", node="n-1", rooms=[room], falls=Falls(confirm_s=4.0))
    quick = Judge(config, "k" * 40)
    monkeypatch.setattr("fusion.judge.RoomJudge", PatientRoom)
    patient = Judge(config, "k" * 40)
    monkeypatch.setattr(patient.rooms["r1"].falls.falls, "_at_rest", lambda *_: False)
    kinds: set[str] = set()
    for number, seen in enumerate(senses(seed)):
        found = [ev.encode(event) for event in quick.observe(seen)]
        assert found == [ev.encode(event) for event in patient.observe(seen)]
        kinds |= {ev.kind_of(ev.decode(event)) for event in found}
        if number % 200 == 0:
            assert quick.snapshot("r1") == patient.snapshot("r1")
    assert {"fall.suspected", "quality.degraded"} <= kinds
