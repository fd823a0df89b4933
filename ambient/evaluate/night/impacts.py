"""What a node tells of an impact that a wristband falsely calls a fall: asked of its real judge.

The rate of such impacts is measured; whether a node rings for one is not a rate but a judgement.
So each is given to `fusion.judge` as it comes: the wearer is up, walks, feels the impact, and then
goes on moving, or lies still as somebody who has lain down. What else the room has says what it
would: a bed sensor that somebody is in bed again, a camera in whose view this happens that somebody
stands, or lies in bed.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from ambient.config import Bed, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.config_gateways import Gateways, Mqtt, Way, Wearable
from ambient.events import (
    AnyEvent,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
)
from ambient.observations import (
    AnyObservation,
    ImpactMeasured,
    MotionMeasured,
    Place,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    Tick,
    Wear,
)
from fusion.judge import Judge

SECOND: Final = 1_000_000_000
BEFORE, AFTER = 20, 90
"""Seconds of walking before the impact, and of what follows."""
TOLD_AFTER_S: Final = 4
LIES_AFTER_S: Final = 3
"""Who lies down is in bed so long after the impact, for camera and bed sensor."""
STEP: Final = 0.02
"""Probabilities nearer than this are asked as one."""
WALKS, MOVES, LIES = (0.16, 2), (0.06, 0), (0.008, 0)
"""Mean amplitude deviation (g) and steps of a second: walking, using the hands, lying still."""
_KEY: Final = "k" * 40
_FALLS: Final = (FallSuspected, FallConfirmed, FallLongLie, FallRecovered)


def impact_told(
    *, lies: bool, probability: float, felt: bool = False, seen: bool = False
) -> tuple[tuple[float, type[AnyEvent]], ...]:
    """Return what is told of an impact: seconds after it, and the kind of event.

    Parameters
    ----------
    lies
        Whether the wearer then lies still, rather than going on moving.
    probability
        That it was a fall, as the wristband's detector says.
    felt
        Whether the bed has a sensor.
    seen
        Whether the room's camera sees the wearer well.
    """
    return _asked(lies, round(min(1.0, probability) / STEP), felt, seen)


@cache
def _asked(
    lies: bool, steps: int, felt: bool, seen: bool
) -> tuple[tuple[float, type[AnyEvent]], ...]:
    judge = Judge(_config(), _KEY)
    story = _story(lies, steps * STEP)
    if felt:
        story += _felt(lies)
    if seen:
        story += _seen(lies)
    story.sort(key=lambda one: one.t)
    told = [event for one in story for event in judge.observe(one)]
    told += judge.finish()
    impact = BEFORE * SECOND
    return tuple(
        ((event.t - impact) / SECOND, type(event)) for event in told if isinstance(event, _FALLS)
    )


def _config() -> NodeConfig:
    band = Wearable(id="w1", device="w1", via=Way.MQTT, subject="s-aaaa", wear=Wear.WRIST)
    room = Room(
        id="r1",
        beds=[Bed(id="a", subject="s-aaaa")],
        cameras=[Camera(id="c1", source="night")],
        wearables=[band],
    )
    mqtt = Mqtt(host="10.0.2.5")
    return NodeConfig(site="site", node="n-1", rooms=[room], gateways=Gateways(mqtt=mqtt))


def _story(lies: bool, probability: float) -> list[AnyObservation]:
    story: list[AnyObservation] = []
    for s in range(BEFORE + AFTER):
        t = s * SECOND
        story.append(Tick(t=t, room="r1", source="node"))
        after = LIES if lies else MOVES
        counts, steps = WALKS if s < BEFORE else after
        story.append(
            MotionMeasured(
                t=t, received=t, room="r1", source="w1", subject="s-aaaa", wear=Wear.WRIST,
                counts=counts, peak=1.2, lowest=0.9, gravity=(0.0, -1.0, 0.0), steps=steps,
            )
        )  # fmt: skip
        if s == BEFORE + TOLD_AFTER_S:
            story.append(
                ImpactMeasured(
                    t=t, received=t, room="r1", source="w1", subject="s-aaaa", wear=Wear.WRIST,
                    impact=BEFORE * SECOND, fall=probability, still=0.9 if lies else 0.2,
                    turned=60.0 if lies else 20.0,
                )
            )  # fmt: skip
    return story


def _felt(lies: bool) -> list[AnyObservation]:
    """Return what the bed's sensor says: left some seconds before, taken by who lies down."""
    changes = [(0, True), (2, False)] + [(BEFORE + LIES_AFTER_S, True)] * lies
    return [
        SensorSeen(
            t=s * SECOND, received=s * SECOND, room="r1", source="pad", kind=SensorKind.BED, on=on,
            bed="a",
        )
        for s, on in changes
    ]  # fmt: skip


def _seen(lies: bool) -> list[AnyObservation]:
    """Return what the camera says twice a second: somebody up, then lying in the bed."""
    story: list[AnyObservation] = []
    for half in range(2 * (BEFORE + AFTER)):
        down = lies and half >= 2 * (BEFORE + LIES_AFTER_S)
        posture = Posture.LYING if down else Posture.STANDING
        story.append(
            PostureSeen(
                t=half * SECOND // 2, room="r1", source="c1", track=1, posture=posture,
                probability=0.9, down=0.95 if down else 0.02, upright=0.02 if down else 0.95,
                place=Place.BED if down else Place.UNKNOWN, bed="a" if down else None,
                still=0.9 if down else 0.2, quality=0.8, at=(0.8, 0.6), size=0.4,
            )
        )  # fmt: skip
    return story
