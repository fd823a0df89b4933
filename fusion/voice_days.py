"""What a baseline of a voice says of days and keeps of them: structs alone, no judgement.

Made and changed by `fusion.voice_baseline`. `DayOfVoice` and `Deviation` go out to events; the rest
lives in the baseline's state and survives a restart.
"""

from __future__ import annotations

from msgspec import Struct

from ambient.events import VoiceMarker
from ambient.observations import VoiceFeature
from fusion import changes
from fusion.hours import TimeOfDay


class Sum(Struct):
    """A weighted sum of one feature's values, by seconds of speech."""

    seconds: float = 0.0
    total: float = 0.0


class DayOfVoice(Struct, frozen=True, kw_only=True):
    """One day's speech against the own baseline.

    Attributes
    ----------
    began
        Beginning of the day, nanoseconds.
    seconds
        Speech of the day.
    days
        Days that the most learned time of day knows.
    z
        Feature ► distance from the baseline in own spreads; empty with too little speech or too
        few days.
    heard
        Feature ► seconds of speech behind its z.
    full
        Marker ► value with all features.
    watched
        Marker ► value without what depends on the distance: changes are judged by these.
    groups
        Values of `fusion.markers.GROUPS`; empty unless all were measured.
    """

    began: int
    seconds: float
    days: int
    z: dict[VoiceFeature, float] = {}
    heard: dict[VoiceFeature, float] = {}
    full: dict[VoiceMarker, float] = {}
    watched: dict[VoiceMarker, float] = {}
    groups: list[float] = []


class Deviation(Struct, frozen=True, kw_only=True):
    """A marker that has changed.

    Attributes
    ----------
    began, position
        Beginning of the first deviating day of the episode, and how many statements of it came
        before: they name the event's chain.
    since, days, speech_s
        Beginning of this marker's first deviating day, days with enough speech since, their speech.
    before
        Days compared with.
    score, size
        As in `fusion.changes.Shift`; the sign is the marker's direction.
    features
        Feature, mean z since the change, seconds behind it; the farthest first.
    """

    marker: VoiceMarker
    began: int
    position: int
    since: int
    days: int
    speech_s: float
    before: int
    score: float
    size: float
    features: list[tuple[VoiceFeature, float, float]]


class Look(Struct, frozen=True):
    """The most telling beginning of a change among the recent days.

    Attributes
    ----------
    began
        Beginning of its first day.
    markers
        Marker ► its change since then.
    score
        Of the whole set together; 0 where a part of it was not measured.
    """

    began: int
    markers: dict[VoiceMarker, changes.Shift]
    score: float

    @property
    def farthest(self) -> float:
        """Largest score of a single marker."""
        return max(abs(shift.score) for shift in self.markers.values())


class Waiting(Struct, frozen=True):
    """Means of a day by time of day that no level has learned yet."""

    began: int
    means: dict[TimeOfDay, dict[VoiceFeature, float]]


class Episode(Struct):
    """A change that was stated and lasts.

    Attributes
    ----------
    began
        Beginning of its first deviating day.
    stated
        Markers that were stated.
    days
        Days with enough speech since the first statement.
    """

    began: int
    stated: list[VoiceMarker] = []
    days: int = 0
