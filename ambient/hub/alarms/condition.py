"""A condition: what is wrong, whatever is shown or sounds (IEC 60601-1-8, IEEE 11073-10207).

Comes in: nothing. Goes out: the frozen types that the rules change and the store keeps. How a
condition reaches people is a `signal.Signal`, kept apart.

::

    on ──► latched ──► ended      latched: positive evidence says that it is over, a person must
     └────────────────► ended     still look (a fall whose person is seen up again)

A condition that is on or latched is *active* or, for a limited time, *acknowledged*; its signals
may be paused, snoozed or delegated for a limited time as well. Nothing of that ends it.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from msgspec import Struct

from ambient.events import Contribution, Device, Marker, SenseState, Worker
from ambient.hub.alarms.kinds import CALLS, RINGING, TECHNICAL, WATCHES, AlarmKind
from ambient.observations import Hearing, Place, View


class Presence(StrEnum):
    """Whether what is wrong is still so."""

    ON = "on"
    LATCHED = "latched"
    ENDED = "ended"


class AlarmState(StrEnum):
    """Where a condition stands as carers see it; follows from the rest."""

    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Stage(IntEnum):
    """How far a chain has come; a technical condition has one only as `unenrolled`."""

    NONE = 0
    SUSPECTED = 1
    CONFIRMED = 2
    LONG_LIE = 3
    """Lies for long, or sounds on."""


class Priority(IntEnum):
    """Urgency, in the words of IEC 60601-1-8; technical ones that need nobody at the bedside."""

    TECHNICAL = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Sound(StrEnum):
    """What a page plays."""

    NONE = "none"
    MEDIUM = "medium"
    HIGH = "high"


class Deed(StrEnum):
    """What a line of a condition's history says."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    LONG_LIE = "long_lie"
    RECOVERED = "recovered"
    DOWN_AGAIN = "down_again"
    SECOND_SENSE = "second_sense"
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
    THERE = "there"
    NOBODY_THERE = "nobody_there"
    """The time that an acknowledgement holds is over: it rings again."""
    OWNER_LEFT = "owner_left"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    PAUSED = "paused"
    SNOOZED = "snoozed"
    UNSNOOZED = "unsnoozed"
    RECORDED = "recorded"
    HELD = "held"
    """Less probable than an accepted threshold: shown, does not ring."""
    RELEASED = "released"
    SHADOWED = "shadowed"
    """In shadow mode: only recorded."""
    UNSHADOWED = "unshadowed"


class Judgement(StrEnum):
    """What it was, by whoever resolves it; a closed list, so that no free text is kept."""

    FALL = "fall"
    HELP = "help"
    """Help was needed, without a fall."""
    FALSE_ALARM = "false_alarm"
    TEST = "test"
    FIXED = "fixed"
    """Of the system itself: mended."""
    CONDITION_ENDED = "condition_ended"
    """Written by the hub itself, upon positive evidence."""
    UNBOUND = "unbound"
    """Written by the hub itself: the device's node is bound to its room no more."""

    @classmethod
    def _missing_(cls, value: object) -> Judgement | None:
        # Words that stores of version 1 hold; their history is append-only.
        return {"helped": cls.FALL, "injured": cls.FALL, "no_help_needed": cls.FALL}.get(str(value))


OF_PEOPLE = (Judgement.FALL, Judgement.HELP, Judgement.FALSE_ALARM, Judgement.TEST)
"""What a person may judge of a condition about people; a facility's measured precision."""
OF_TECHNICAL = (Judgement.FIXED, Judgement.FALSE_ALARM, Judgement.TEST)


class SnoozeReason(StrEnum):
    """Why something is snoozed; a closed list."""

    CARE = "care"
    """Somebody of the staff is with the resident."""
    EXERCISE = "exercise"
    VISIT = "visit"
    REPAIR = "repair"


class OpeningReason(StrEnum):
    """Why somebody's log is opened; a closed list."""

    INCIDENT = "incident"
    COMPLAINT = "complaint"
    OWN_REQUEST = "own_request"
    """The person asks for their own."""
    AUTHORITY = "authority"
    """A court or a supervising authority demands it."""


class Injury(StrEnum):
    """What a fall did, as a carer found it."""

    NONE = "none"
    MINOR = "minor"
    SERIOUS = "serious"
    UNKNOWN = "unknown"


class Entry(Struct, frozen=True, kw_only=True):
    """One line of a condition's history; `who` is nothing when no person did it."""

    at: int
    what: Deed
    who: str | None = None
    reason: Judgement | None = None


class Acknowledgement(Struct, frozen=True, kw_only=True):
    """Somebody sees to it: on the way, or there; holds until an instant (ns)."""

    who: str
    at: int
    until: int
    there: bool = False


class Snoozed(Struct, frozen=True, kw_only=True):
    """Signals withheld by a snooze of the room and kind (`signal.Snooze`)."""

    snooze: str
    until: int
    by: str
    reason: SnoozeReason


class FallRecord(Struct, frozen=True, kw_only=True):
    """What is recorded after a fall.

    Attributes
    ----------
    witnessed
        Whether a person saw it happen; None when unknown.
    floor_s
        Time on the floor in seconds, measured or told; None when unknown.
    """

    injury: Injury = Injury.UNKNOWN
    witnessed: bool | None = None
    floor_s: float | None = None


class Condition(Struct, frozen=True, kw_only=True):
    """One condition as it stands.

    Attributes
    ----------
    id
        The chain of what is about people; the opening event's id otherwise.
    key
        What the condition is about; at most one condition per key is not ended.
    chain
        Of the event that opened it.
    since, latest
        Event time (ns) of the first and of the newest evidence.
    stage_position, recovered_position, because_position, place_position
        Position in the chain of the newest event that told of being down (of a sound: heard), of
        being up again (of a sound: quiet), of reasons, of the place; so that order of arrival does
        not matter; -1 when none did.
    groups
        Senses that spoke for it, by the first word of their name, sorted.
    opened
        Hub time (ns) at which the hub learned of it.
    acknowledged
        Who sees to it; kept when resolved.
    paused_until, delegated_until
        Hub time (ns) until which its signals are paused by hand, or given by a far side that has
        confirmed to give them.
    leader
        The condition that stands for this one: technical ones of one cause within a minute.
    step, stepped
        Step of the escalation in force (-1: none), and since when (hub time, ns).
    signals
        How many signals it ever had; names the next.
    record
        Of a task: what is recorded.
    held, shadow
        The threshold below which it is, and the shadow mode in which it is only recorded
        (`restraint`); either way it does not ring.
    """

    id: str
    kind: AlarmKind
    key: str
    chain: str
    node: str
    since: int
    latest: int
    presence: Presence = Presence.ON
    room: str | None = None
    subject: str | None = None
    stage: Stage = Stage.NONE
    stage_position: int = -1
    recovered_position: int = -1
    recovered_at: int | None = None
    probability: float = 1.0
    contributions: list[Contribution] = []
    because_position: int = -1
    groups: list[str] = []
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
    opened: int = 0
    acknowledged: Acknowledgement | None = None
    snoozed: Snoozed | None = None
    paused_until: int | None = None
    delegated_until: int | None = None
    leader: str | None = None
    step: int = -1
    stepped: int = 0
    signals: int = 0
    resolved_by: str | None = None
    resolved_at: int | None = None
    reason: Judgement | None = None
    record: FallRecord | None = None
    held: str | None = None
    shadow: str | None = None

    @property
    def state(self) -> AlarmState:
        """Where it stands as carers see it."""
        if self.presence is Presence.ENDED:
            return AlarmState.RESOLVED
        return AlarmState.ACTIVE if self.acknowledged is None else AlarmState.ACKNOWLEDGED

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.presence is not Presence.ENDED

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
        if self.kind in RINGING:
            return Priority.MEDIUM
        return Priority.TECHNICAL if self.kind in TECHNICAL else Priority.LOW

    @property
    def audible(self) -> Sound:
        """What it sounds like while nothing withholds it."""
        if self.priority is Priority.HIGH:
            return Sound.HIGH
        if self.priority is Priority.MEDIUM and (self.kind in WATCHES or self.kind in RINGING):
            return Sound.MEDIUM
        return Sound.NONE

    @property
    def calling(self) -> bool:
        """Whether people must be told of it now: it sounds, and nobody sees to it."""
        return (
            self.audible is not Sound.NONE
            and self.state is AlarmState.ACTIVE
            and self.snoozed is None
            and self.paused_until is None
            and self.leader is None
            and self.held is None
            and self.shadow is None
        )

    @property
    def sound(self) -> Sound:
        """What it sounds like now on site; a far side that gives the signal stands for it."""
        return self.audible if self.calling and self.delegated_until is None else Sound.NONE


class Change(Struct, frozen=True, kw_only=True):
    """A condition as it is from now on, what to append to its history, and whether it is news.

    Attributes
    ----------
    news
        A new fact: whoever acknowledged or resolved did so knowing less. It rings again.
    """

    condition: Condition
    entries: list[Entry]
    news: bool = False
