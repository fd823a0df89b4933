"""What wearables, monitors and the small sensors of a room may say.

The `source` of each is the device, as a pseudonym that the installer gave it. `t` is the device's
own clock brought to the node's by the estimated offset, which is stated; `received` is when the
node took it in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from ambient.observations.base import Observation, Probability, TimeNs
from ambient.places import Slug, Subject

Loinc = Annotated[str, Meta(pattern=r"^[0-9]{1,7}-[0-9]$(?!\n)")]
"""A LOINC code."""
Ucum = Annotated[str, Meta(min_length=1, max_length=24, pattern=r"^[!-~]+$(?!\n)")]
"""A UCUM unit, case-sensitive form."""


class Doubt(StrEnum):
    """Why a value is not to be believed in full; marks it, never removes it."""

    OFF_BODY = "off_body"
    MOTION = "motion"
    SATURATED = "saturated"
    STUCK = "stuck"
    NO_VALUE = "no_value"
    """A number that this device sends in place of a value (a sentinel)."""
    IMPLAUSIBLE = "implausible"
    """Outside what a living person can have."""
    JUMP = "jump"
    """Too far from the value before, too soon."""
    WEAK_SIGNAL = "weak_signal"
    CLOCK = "clock"
    """The device's clock cannot be trusted: `t` is when it was received."""
    DEMO = "demo"
    """The device says that it sends test data."""
    EARLY = "early"
    """The device says that the measurement still goes on."""


class Wear(StrEnum):
    """Where on the body a device is."""

    WRIST = "wrist"
    WAIST = "waist"
    CHEST = "chest"
    ANKLE = "ankle"
    THIGH = "thigh"
    FINGER = "finger"
    ELSEWHERE = "elsewhere"


class SensorKind(StrEnum):
    """Small sensors of a room that see and hear nobody."""

    PRESENCE = "presence"
    """Somebody is in the room or area (radar)."""
    FALL = "fall"
    """The sensor's own judgement that somebody fell (radar)."""
    PASSIVE_INFRARED = "passive_infrared"
    DOOR = "door"
    BED = "bed"
    """Somebody is in the bed."""
    CHAIR = "chair"
    MAT = "mat"
    """A pressure mat is trodden on."""
    CORD = "cord"
    """A pull cord, call button or wearable button: somebody asks for help."""
    CARER = "carer"
    """A carer is here: presence button, badge, nurse-call contact or tap."""


class Measured(Observation, frozen=True, kw_only=True):
    """What all that a device measures shares."""

    received: TimeNs
    """When the node took it in, nanoseconds."""
    offset_s: float = 0.0
    """What was added to the device's clock."""
    subject: Subject | None = None


class VitalMeasured(Measured, frozen=True, kw_only=True, tag="vital"):
    """One value of one vital sign."""

    code: Loinc
    value: float
    """Finite, in `unit`."""
    unit: Ucum
    """The one unit that this project keeps `code` in."""
    quality: Probability = 1.0
    doubts: Annotated[list[Doubt], Meta(max_length=8)] = field(default_factory=list)


class WearState(Measured, frozen=True, kw_only=True, tag="wear"):
    """Whether a device is worn and how full its battery is; sent at every change."""

    worn: bool | None = None
    """None: the device does not say."""
    battery: Probability | None = None


class MotionMeasured(Measured, frozen=True, kw_only=True, tag="motion"):
    """One second of an accelerometer, up to `t`."""

    wear: Wear
    counts: Annotated[float, Meta(ge=0.0)]
    """Mean amplitude deviation of the acceleration's length, g."""
    peak: Annotated[float, Meta(ge=0.0)]
    """Largest length of the acceleration, g."""
    lowest: Annotated[float, Meta(ge=0.0)]
    """Smallest length of the acceleration, g; near 0 in free fall."""
    gravity: tuple[float, float, float]
    """Mean acceleration, g, in the device's own axes: how it is turned."""
    steps: Annotated[int, Meta(ge=0)] = 0
    saturated: bool = False
    doubts: Annotated[list[Doubt], Meta(max_length=8)] = field(default_factory=list)


class ImpactMeasured(Measured, frozen=True, kw_only=True, tag="impact"):
    """What the wearable fall detector thinks of an impact, once its seconds after are known."""

    wear: Wear
    impact: TimeNs
    """When the impact was; `t` is when it could be judged."""
    fall: Probability
    """Calibrated probability that it was a fall."""
    still: Probability
    """Share of the seconds after it without movement."""
    turned: Annotated[float, Meta(ge=0.0, le=180.0)]
    """Degrees between how the device hung before and after."""


class RhythmMeasured(Measured, frozen=True, kw_only=True, tag="rhythm"):
    """Beats of a stretch of raw PPG or ECG or of RR intervals; None where withheld."""

    seconds: Annotated[float, Meta(ge=0.0)]
    beats: Annotated[int, Meta(ge=0)]
    quality: Probability
    rmssd_ms: float | None = None
    sdnn_ms: float | None = None
    pnn50: Probability | None = None
    lf_hf: float | None = None
    irregular: Probability | None = None
    """Probability of an irregular rhythm; research only."""


class SensorSeen(Measured, frozen=True, kw_only=True, tag="sensor"):
    """The state of a small sensor; sent at every change, and again while it holds."""

    kind: SensorKind
    on: bool
    probability: Probability = 1.0
    bed: Slug | None = None
    retained: bool = False
    """A state that a broker had kept: true of some time before, not news."""
