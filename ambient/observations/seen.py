"""What a camera may say.

Coordinates are normalised to the picture: x to the right, y down, both 0..1 inside it (the
pose network extrapolates joints outside the picture, so values beyond occur and are kept).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from ambient.observations.base import Observation, Probability, TimeNs
from ambient.places import Slug

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1, normalised."""
Keypoint = tuple[float, float, float]
"""x, y normalised; visibility 0..1."""

Speed = Annotated[float, Meta(ge=0.0)]
"""Body lengths a second."""

KEYPOINTS = 33


class Posture(StrEnum):
    """The OmniFall taxonomy of states and movements, and four of our own."""

    WALK = "walk"
    FALL = "fall"
    FALLEN = "fallen"
    SIT_DOWN = "sit_down"
    SITTING = "sitting"
    LIE_DOWN = "lie_down"
    LYING = "lying"
    STAND_UP = "stand_up"
    STANDING = "standing"
    OTHER = "other"
    KNEELING = "kneeling"
    SQUATTING = "squatting"
    CRAWL = "crawl"
    JUMP = "jump"


class Place(StrEnum):
    """What a person is on, as far as zones (or learned places) tell."""

    FLOOR = "floor"
    BED = "bed"
    SOFA = "sofa"
    CHAIR = "chair"
    PERMITTED = "permitted"
    """A lying place that a nurse allowed (floor bed, fall mat)."""
    UNKNOWN = "unknown"


class View(StrEnum):
    """What a camera can see; everything but ``OK`` is an answer of its own, not an error."""

    OK = "ok"
    DARK = "dark"
    OVER_EXPOSED = "over_exposed"
    BLURRED = "blurred"
    COVERED = "covered"
    FROZEN = "frozen"
    MOVED = "moved"
    SLOW = "slow"
    """It sees well, but fewer pictures a second are looked at than falls are judged on."""
    GONE = "gone"
    NOT_WATCHED = "not_watched"
    """Dark by plan: a camera without infrared at night."""
    PAUSED = "paused"
    """A privacy pause: the device is closed."""
    OFF = "off"
    """The purpose is off: the device is closed."""

    @property
    def clear(self) -> bool:
        """Whether every picture shows the room as it is."""
        return self in (View.OK, View.SLOW)


class TrackEnd(StrEnum):
    """Why a track ended."""

    LEFT_PICTURE = "left_picture"
    LOST = "lost"


class PoseSeen(Observation, frozen=True, kw_only=True, tag="pose"):
    """A person's body in one frame.

    Attributes
    ----------
    track
        Identity within this camera, survives crossings and short occlusion.
    keypoints
        33 BlazePose landmarks: x, y normalised, visibility 0..1.
    world
        33 points x, y, z in metres, centred between the hips, y down; empty when unknown.
    box
        Of the visible body.
    score
        Confidence of the network that this is a person, 0..1.
    aspect
        Width / height of the picture in pixels, so that angles can be computed.
    """

    track: int
    keypoints: Annotated[list[Keypoint], Meta(min_length=KEYPOINTS, max_length=KEYPOINTS)]
    box: Box
    score: Probability
    aspect: float
    world: Annotated[list[tuple[float, float, float]], Meta(max_length=KEYPOINTS)] = field(
        default_factory=list
    )


class BoxSeen(Observation, frozen=True, kw_only=True, tag="box"):
    """A person of whom only the outline is found: a detector sees them, the pose network no body.

    Attributes
    ----------
    track
        As in `PoseSeen`; a person keeps it from pose to box and back.
    box
        Of the visible person.
    score
        Of the detector, 0..1.
    aspect
        Width / height of the picture in pixels.
    """

    track: int
    box: Box
    score: Probability
    aspect: float


class PostureSeen(Observation, frozen=True, kw_only=True, tag="posture"):
    """How a person is and on what: the evidence on which falls are judged.

    Attributes
    ----------
    track
        As in `PoseSeen`.
    posture
        Most probable label.
    probability
        Of that label.
    down
        Probability that the body is down: lying, fallen, or crumpled low, on whatever surface.
    upright
        Probability of standing, walking, or sitting off the floor.
    place, bed, place_sure
        What the person is on; the bed's id when a zone says so; probability of that place (1 by a
        zone that somebody drew, less by furniture that was found).
    descent
        Evidence that a fast uncontrolled descent ended within the last 3 s, 0..1.
    still
        Share of the last 2 s without movement, 0..1.
    quality
        How far this may be trusted: share of the body seen times the network's score, 0..1.
    at, size
        Middle of the hips (x, y) and length of the body, both in picture heights.
    left_wrist, right_wrist, hips
        How fast each moves in the picture, body lengths a second over the last 0.2 s or a little
        more; None where it is not seen.
    """

    track: int
    posture: Posture
    probability: Probability
    down: Probability
    upright: Probability
    place: Place = Place.UNKNOWN
    bed: Slug | None = None
    place_sure: Probability = 1.0
    descent: Probability = 0.0
    still: Probability = 0.0
    quality: Probability = 1.0
    at: Point = (0.0, 0.0)
    size: Annotated[float, Meta(ge=0)] = 0.0
    left_wrist: Speed | None = None
    right_wrist: Speed | None = None
    hips: Speed | None = None


class TrackEnded(Observation, frozen=True, kw_only=True, tag="track_ended"):
    """A person is no longer seen; never by itself a reason to end an alarm."""

    track: int
    reason: TrackEnd
    posture: Posture = Posture.OTHER
    down: Probability = 0.0


class ViewState(Observation, frozen=True, kw_only=True, tag="view"):
    """What the camera can see from `t` on; sent at every change and once a minute."""

    view: View
    measure: float = 0.0
    """The number that decided: mean luma, sharpness, seconds without change …"""
    until: TimeNs | None = None
    """When a planned state ends by itself (privacy pause)."""
    run: TimeNs = 0
    """`t` of the first frame of this look: another value means that nothing is remembered."""
