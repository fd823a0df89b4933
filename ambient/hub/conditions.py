"""What an alarm is: its kinds, states, priorities, history, and the key of its condition.

Comes in: nothing but events to be named. Goes out: the types that `ambient.hub.alarms` changes and
the store keeps. An alarm is a *condition*; sound and page are only how it is shown.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct

from ambient import events
from ambient.events import (
    AnyEvent,
    Contribution,
    Device,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
    Marker,
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
    SenseState,
    Situation,
    Worker,
)
from ambient.observations import Hearing, Place, View


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

ENDS_BY_ITSELF: Final = frozenset(
    {AlarmKind.NODE_SILENT, AlarmKind.SOURCE_SILENT, AlarmKind.WORKER}
)
"""While these last nobody watches: by hand they can be acknowledged, not resolved."""


class AlarmState(StrEnum):
    """Where an alarm stands in its life."""

    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Stage(IntEnum):
    """How far a chain has come; a technical alarm has one only as `unenrolled`."""

    NONE = 0
    SUSPECTED = 1
    CONFIRMED = 2
    LONG_LIE = 3
    """Lies for long, or sounds on."""


class Priority(IntEnum):
    """Urgency, in the words of IEC 60601-1-8."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Sound(StrEnum):
    """What a page plays."""

    NONE = "none"
    MEDIUM = "medium"
    HIGH = "high"


class Deed(StrEnum):
    """What a line of an alarm's history says."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    LONG_LIE = "long_lie"
    RECOVERED = "recovered"
    DOWN_AGAIN = "down_again"
    HEARD = "heard"
    SURELY_HEARD = "surely_heard"
    STILL_HEARD = "still_heard"
    QUIET = "quiet"
    SUPPOSED = "supposed"
    SURE = "sure"
    STILL_SO = "still_so"
    OVER = "over"
    OPENED = "opened"
    CHANGED = "changed"
    ENDED = "ended"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"


class Reason(StrEnum):
    """Why somebody resolved an alarm; a closed list, so that no free text about people is kept."""

    HELPED = "helped"
    INJURED = "injured"
    NO_HELP_NEEDED = "no_help_needed"
    FALSE_ALARM = "false_alarm"
    TEST = "test"
    FIXED = "fixed"
    CONDITION_ENDED = "condition_ended"
    """Written by the hub itself when the node says that the condition is over."""


class Entry(Struct, frozen=True, kw_only=True):
    """One line of an alarm's history; `who` is nothing when no person did it."""

    at: int
    what: Deed
    who: str | None = None
    reason: Reason | None = None


class Alarm(Struct, frozen=True, kw_only=True):
    """One alarm as it stands.

    Attributes
    ----------
    id
        The chain of a fall; the opening event's id otherwise.
    key
        What the condition is about; at most one alarm per key is not resolved.
    chain
        Of the event that opened it.
    since, latest
        Event time (ns) of the first and of the newest evidence.
    stage_position, recovered_position, because_position, place_position
        Position in the chain of the newest event that told of being down (of a sound: heard), of
        being up again (of a sound: quiet), of reasons, of the place; so that order of arrival does
        not matter; -1 when none did.
    """

    id: str
    kind: AlarmKind
    key: str
    chain: str
    node: str
    since: int
    latest: int
    state: AlarmState = AlarmState.ACTIVE
    room: str | None = None
    subject: str | None = None
    stage: Stage = Stage.NONE
    stage_position: int = -1
    recovered_position: int = -1
    recovered_at: int | None = None
    probability: float = 1.0
    contributions: list[Contribution] = []
    because_position: int = -1
    place: Place = Place.UNKNOWN
    place_position: int = -1
    descent_seen: bool = False
    down_s: float = 0.0
    source: str | None = None
    view: View | None = None
    hearing: Hearing | None = None
    device: Device = Device.CAMERA
    worker: Worker | None = None
    rows: int = 0
    free_mb: int | None = None
    senses: list[SenseState] = []
    bed: str | None = None
    lower: int | None = None
    upper: int | None = None
    missing: int = 0
    marker: Marker | None = None
    z: float | None = None
    in_s: float = 0.0
    stopped: bool = False
    acknowledged_by: str | None = None
    acknowledged_at: int | None = None
    resolved_by: str | None = None
    resolved_at: int | None = None
    reason: Reason | None = None

    @property
    def recovered(self) -> bool:
        """Whether the newest evidence of the chain is that the person is up again."""
        return self.recovered_at is not None and self.recovered_position > self.stage_position

    @property
    def priority(self) -> Priority:
        """How urgent this is."""
        if self.kind in CALLS:
            return Priority.HIGH if self.stage >= Stage.CONFIRMED else Priority.MEDIUM
        if self.kind in WATCHES:
            return Priority.MEDIUM if self.stage >= Stage.CONFIRMED else Priority.LOW
        return Priority.MEDIUM if self.kind in _RINGING else Priority.LOW

    @property
    def sound(self) -> Sound:
        """What it should sound like now: only what nobody has acknowledged rings."""
        if self.state is not AlarmState.ACTIVE:
            return Sound.NONE
        if self.priority is Priority.HIGH:
            return Sound.HIGH
        watched = self.kind in WATCHES and self.priority is Priority.MEDIUM
        return Sound.MEDIUM if watched or self.kind in _RINGING else Sound.NONE


_RINGING: Final = frozenset({AlarmKind.NODE_SILENT, AlarmKind.UNENROLLED})


class Change(Struct, frozen=True, kw_only=True):
    """An alarm as it is from now on, and what to append to its history."""

    alarm: Alarm
    entries: list[Entry]


def fall_key(chain: str) -> str:
    """Return the key of a fall chain."""
    return chain_key(AlarmKind.FALL, chain)


def chain_key(kind: AlarmKind, chain: str) -> str:
    """Return the key of a chain about people."""
    return f"{kind.value}:{chain}"


def is_chained(key: str) -> bool:
    """Return whether `key` is that of a chain about people."""
    return AlarmKind(key.split(":", 1)[0]) in CHAINED


def silent_key(node: str) -> str:
    """Return the key of a silent node."""
    return f"node_silent:{node}"


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
    """Return the keys of the conditions whose alarm `event` may end, see `on_end`."""
    match event:
        case QualityRestored():
            at = f"{event.node}:{event.room or ''}:{event.source}"
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
