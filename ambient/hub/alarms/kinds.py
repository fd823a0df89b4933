"""What alarms are about: their kinds, and the key by which events find their condition.

Comes in: events. Goes out: `AlarmKind`, its groups, and keys. At most one condition per key is
open at a time.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ambient import events
from ambient.events import (
    AnyEvent,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
    NodeDiskFull,
    NodeOutboxDropped,
    NodeSourceSilent,
    NodeStarted,
    NodeWorkerFailed,
    NodeWorkerRestarted,
    Quality,
    QualityDegraded,
    QualityNotWatched,
    QualityRestored,
    Situation,
    Worker,
)


class AlarmKind(StrEnum):
    """What an alarm is about."""

    FALL = "fall"
    HELP = "help"
    """Somebody calls for help."""
    SMOKE_ALARM = "smoke_alarm"
    CORD = "cord"
    """Somebody pulled a cord or pressed a button."""
    AGITATED = "agitated"
    BED_EDGE = "bed_edge"
    BED_EXIT = "bed_exit"
    BED_NOT_BACK = "bed_not_back"
    BED_RESTLESS = "bed_restless"
    NOT_OUT = "not_out"
    """Somebody went into the wet room and has not come out."""
    NO_MOVEMENT = "no_movement"
    INACTIVE = "inactive"
    WANDERING = "wandering"
    DETERIORATION = "deterioration"
    DEVIATION = "deviation"
    """A vital sign is far from the resident's own."""
    GLUCOSE = "glucose"
    RHYTHM = "rhythm"
    NODE_SILENT = "node_silent"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SOURCE_SILENT = "source_silent"
    WORKER = "worker"
    OUTBOX = "outbox"
    DISK = "disk"
    UNENROLLED = "unenrolled"
    """A node speaks for a room that its key is not bound to."""
    CHANNEL = "channel"
    """A way out of the hub does not deliver."""
    CHECK_AFTER_FALL = "check_after_fall"
    """A task: somebody was on the floor and is up again; look after them, and record it."""

    @classmethod
    def of(cls, situation: Situation) -> AlarmKind:
        """Return what the alarm of a situation is about."""
        return _SITUATION[type(situation)]


_SITUATION: Final[dict[type[Situation], AlarmKind]] = {
    events.DistressHelp: AlarmKind.HELP,
    events.DistressSmokeAlarm: AlarmKind.SMOKE_ALARM,
    events.DistressCord: AlarmKind.CORD,
    events.DistressAgitated: AlarmKind.AGITATED,
    events.BedEdge: AlarmKind.BED_EDGE,
    events.BedExit: AlarmKind.BED_EXIT,
    events.BedNotBack: AlarmKind.BED_NOT_BACK,
    events.BedRestless: AlarmKind.BED_RESTLESS,
    events.AbsenceNotOut: AlarmKind.NOT_OUT,
    events.AbsenceNoMovement: AlarmKind.NO_MOVEMENT,
    events.AbsenceInactive: AlarmKind.INACTIVE,
    events.AbsenceWandering: AlarmKind.WANDERING,
    events.VitalsDeterioration: AlarmKind.DETERIORATION,
    events.VitalsDeviation: AlarmKind.DEVIATION,
    events.VitalsGlucose: AlarmKind.GLUCOSE,
    events.VitalsRhythm: AlarmKind.RHYTHM,
}

CALLS: Final = frozenset(
    {
        *(AlarmKind.FALL, AlarmKind.HELP, AlarmKind.SMOKE_ALARM, AlarmKind.CORD),
        *(AlarmKind.NOT_OUT, AlarmKind.NO_MOVEMENT),
    }
)
"""Somebody may need help now: rings loudly once sure; only people resolve them."""
WATCHES: Final = frozenset({AlarmKind.BED_EDGE, AlarmKind.BED_EXIT, AlarmKind.BED_NOT_BACK})
"""What is watched for where it was asked for: rings quietly once sure, ends by itself."""
NOTES: Final = frozenset(_SITUATION.values()) - CALLS - WATCHES
"""Shown, never rings, ends by itself."""
CHAINED: Final = CALLS | WATCHES | NOTES
"""About people, one alarm a chain."""
TASKS: Final = frozenset({AlarmKind.CHECK_AFTER_FALL})
"""To be done by a person, without haste; never rings."""
TECHNICAL: Final = frozenset(AlarmKind) - CHAINED - TASKS
"""About the system itself."""
OF_NODES: Final = TECHNICAL - {AlarmKind.CHANNEL}
"""Those of them that are about a node and its devices."""
OF_DEVICES: Final = frozenset({AlarmKind.CAMERA, AlarmKind.MICROPHONE, AlarmKind.SOURCE_SILENT})
"""About one device: of a room, or without one the node's own."""

STANDBY_HUB: Final = "standby-hub"
"""As what the site's second hub stands in the alarm that none could take over: a way out too."""
TORN_NETWORK: Final = "torn-network"
"""As what the network between two hubs stands in the alarm that both serve."""

BUDGETED: Final = frozenset(
    {
        *(AlarmKind.BED_EDGE, AlarmKind.BED_EXIT, AlarmKind.BED_RESTLESS),
        *(AlarmKind.AGITATED, AlarmKind.WANDERING),
    }
)
"""May have a budget, and be held back below a threshold: nobody lies anywhere or calls, and what
becomes of it (a fall, somebody who is not back in bed) is an alarm of its own."""
SHADOWABLE: Final = (CHAINED | TASKS) - {AlarmKind.CORD}
"""May be only recorded; whoever pulls a cord is heard in every room."""

RINGING: Final = frozenset({AlarmKind.NODE_SILENT, AlarmKind.UNENROLLED})
"""Technical ones that ring: nobody watches a room, and not by plan."""
ENDS_BY_ITSELF: Final = frozenset(
    {AlarmKind.NODE_SILENT, AlarmKind.SOURCE_SILENT, AlarmKind.WORKER, AlarmKind.CHANNEL}
)
"""While these last nobody watches: by hand they can be acknowledged, not resolved."""


def fall_key(chain: str) -> str:
    """Return the key of a fall chain."""
    return chain_key(AlarmKind.FALL, chain)


def chain_key(kind: AlarmKind, chain: str) -> str:
    """Return the key of a chain about people."""
    return f"{kind.value}:{chain}"


def check_key(chain: str) -> str:
    """Return the key of the task to look after whoever fell in this chain."""
    return f"{AlarmKind.CHECK_AFTER_FALL.value}:{chain}"


def is_chained(key: str) -> bool:
    """Return whether `key` is that of a chain about people."""
    return AlarmKind(key.split(":", 1)[0]) in CHAINED


def silent_key(node: str) -> str:
    """Return the key of a silent node."""
    return f"node_silent:{node}"


def channel_key(channel: str) -> str:
    """Return the key of a channel that does not deliver."""
    return f"{AlarmKind.CHANNEL.value}:{channel}"


def unenrolled_key(node: str, room: str) -> str:
    """Return the key of a node that speaks for a room it is not enrolled for."""
    return f"unenrolled:{node}:{room}"


def opens(event: AnyEvent) -> str | None:
    """Return the key of the condition that `event` states, or None when it states none."""
    match event:
        case FallSuspected() | FallConfirmed() | FallLongLie() | FallRecovered():
            return fall_key(event.chain)
        case Situation():
            return chain_key(AlarmKind.of(event), event.chain)
        case QualityDegraded():
            return _device_key(event)
        case NodeSourceSilent():
            return f"source_silent:{event.node}:{event.room or ''}:{event.source}"
        case NodeWorkerFailed():
            return f"worker:{event.node}:{event.worker.value}"
        case NodeOutboxDropped():
            return f"outbox:{event.node}"
        case NodeDiskFull():
            return f"disk:{event.node}"
        case _:
            return None


def may_end(event: AnyEvent) -> list[str]:
    """Return the keys of the conditions whose alarm `event` may end, see `evidence.on_end`."""
    match event:
        case QualityRestored():
            at = f"{event.node}:{event.room or ''}:{event.source}"
            if event.view is None and event.hearing is None:  # what it was is not said
                of = (AlarmKind.CAMERA, AlarmKind.MICROPHONE, AlarmKind.SOURCE_SILENT)
                return [f"{kind.value}:{at}" for kind in of]
            return [_device_key(event), f"source_silent:{at}"]
        case QualityNotWatched():
            return [_device_key(event)]
        case NodeStarted():
            return [f"worker:{event.node}:{worker.value}" for worker in Worker]
        case NodeWorkerRestarted():
            return [f"worker:{event.node}:{event.worker.value}"]
        case _:
            return []


def _device_key(event: Quality) -> str:
    kind = AlarmKind.CAMERA if event.hearing is None else AlarmKind.MICROPHONE
    return f"{kind.value}:{event.node}:{event.room or ''}:{event.source}"
