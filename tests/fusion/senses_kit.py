"""What the senses of a room say in tests: observations second by second, and who judges them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ambient.config import Bed, Falls, Room
from ambient.observations import (
    AnyObservation,
    ImpactMeasured,
    MotionMeasured,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    Tick,
    VitalMeasured,
    Wear,
    WearState,
)
from fusion.down import DownJudge
from fusion.down_state import DownState
from fusion.falls_state import Change, RoomState

ANNE, BERT = "s-000a", "s-000b"
SINGLE = Room(id="r1", beds=[Bed(id="b1", subject=ANNE)])
DOUBLE = Room(id="r1", beds=[Bed(id="b1", subject=ANNE), Bed(id="b2", subject=BERT)])
UP, FLAT = (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)


def ns(s: float) -> int:
    return round(s * 1e9)


def ticks(until: float, begin: int = 0) -> list[AnyObservation]:
    return [Tick(t=ns(s), room="r1", source="node") for s in range(begin, round(until))]


def impact(
    s: float,
    fall: float = 0.97,
    *,
    source: str = "w1",
    subject: str | None = ANNE,
    wear: Wear = Wear.WAIST,
    late: float = 0.0,
) -> ImpactMeasured:
    """An impact at `s`, told 4 s later and `late`."""
    return ImpactMeasured(
        t=ns(s + 4),
        received=ns(s + 4 + late),
        room="r1",
        source=source,
        subject=subject,
        wear=wear,
        impact=ns(s),
        fall=fall,
        still=0.9,
        turned=80.0,
    )


def moves(
    begin: float,
    end: float,
    *,
    counts: float = 0.15,
    steps: int = 2,
    gravity: tuple[float, float, float] = UP,
    source: str = "w1",
    subject: str | None = ANNE,
    wear: Wear = Wear.WAIST,
) -> list[AnyObservation]:
    return [
        MotionMeasured(
            t=ns(begin + i),
            received=ns(begin + i),
            room="r1",
            source=source,
            subject=subject,
            wear=wear,
            counts=counts,
            peak=1.3,
            lowest=0.8,
            gravity=gravity,
            steps=steps,
        )
        for i in range(round(end - begin))
    ]


def lies(begin: float, end: float, **kind: object) -> list[AnyObservation]:
    return moves(begin, end, counts=0.005, steps=0, gravity=FLAT, **kind)  # type: ignore[arg-type]


def worn(s: float, on: bool) -> WearState:
    return WearState(t=ns(s), received=ns(s), room="r1", source="w1", subject=ANNE, worn=on)


def sensor(
    s: float,
    kind: SensorKind,
    on: bool = True,
    *,
    probability: float = 1.0,
    bed: str | None = None,
    retained: bool = False,
) -> SensorSeen:
    return SensorSeen(
        t=ns(s),
        received=ns(s),
        room="r1",
        source=f"x-{kind.value.replace('_', '-')}",
        kind=kind,
        on=on,
        probability=probability,
        bed=bed,
        retained=retained,
    )


def sound(s: float, what: SoundClass, probability: float = 0.95) -> SoundHeard:
    return SoundHeard(t=ns(s), room="r1", source="m1", sound=what, probability=probability)


def pulse(s: float, bpm: float, **more: object) -> VitalMeasured:
    return VitalMeasured(
        t=ns(s),
        received=ns(s),
        room="r1",
        source="w1",
        subject=ANNE,
        code="8867-4",
        value=bpm,
        unit="/min",
        **more,  # type: ignore[arg-type]
    )


def judge(room: Room = SINGLE, **more: object) -> DownJudge:
    return DownJudge(Falls(), room, **more)  # type: ignore[arg-type]


def play(
    made: DownJudge, story: Iterable[AnyObservation], until: float = 0.0, begin: int = 0
) -> list[Change]:
    """Push a story with a tick each second, in the order in which it arrives."""
    every = [*story, *ticks(until, begin)]
    now = 0
    changes: list[Change] = []
    for one in sorted(every, key=lambda o: getattr(o, "received", o.t)):
        now = max(now, getattr(one, "received", one.t))
        changes += made.take(one, now)
    return changes


def restarted(story: Sequence[AnyObservation], cut: int, until: float) -> list[Change]:
    """Play a story to a judge that is started anew at `cut` (s) with what it had kept."""
    first = judge()
    before = [o for o in story if getattr(o, "received", o.t) < ns(cut)]
    changes = play(first, before, until=cut)
    encode, decode = msgspec.msgpack.encode, msgspec.msgpack.decode
    second = DownJudge(
        Falls(),
        SINGLE,
        decode(encode(first.state), type=RoomState),
        decode(encode(first.down), type=DownState),
    )
    second.restarted()
    rest = [o for o in story if getattr(o, "received", o.t) >= ns(cut)]
    return [*changes, *play(second, rest, until=until, begin=cut)]


def steps(changes: Iterable[Change]) -> list[tuple[str, float]]:
    return [(change.step.value, round(change.t / 1e9, 1)) for change in changes]
