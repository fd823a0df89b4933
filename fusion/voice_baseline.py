"""One resident's voice against its own past: minutes of speech in, z-scores and changes out.

Comes in: `VoiceMeasured` of one resident from one microphone, and that a day is over. Goes out:
the `DayOfVoice` of that day, and `Deviation` when a marker has changed over days. A day is judged
before anything is learned from it. Everything lives in structs that survive a restart. Pure.

Values are compared within a time of day (a voice is lower in the morning), where the levels are
`fusion.baseline.Level`; markers (`fusion.markers`) are made of the day's z-scores and watched by
`fusion.changes`. Changes are judged with every feature left out that depends on the distance to
the microphone: a resident moves about, and a microphone may be pushed aside without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ambient.events import VoiceMarker
from ambient.observations import VoiceFeature, VoiceMeasured
from fusion import changes
from fusion.baseline import FLOOR, LEARN_DAYS, Level, on_scale
from fusion.hours import TimeOfDay
from fusion.markers import (
    BY_MARKER,
    DEFINITIONS,
    DISTANCE_DEPENDENT,
    GROUPS,
    combine,
    weigh,
)
from fusion.voice_days import DayOfVoice, Deviation, Episode, Look, Sum, Waiting

LEAST_SPEECH_S: Final = 180.0
"""Of a day: with less speech it teaches, and nothing is stated of it."""

LEAST_DAYS: Final = 5
"""That a time of day must have learned from before anything is compared with it."""

MOST_WEIGHT_S: Final = 600.0
"""A talkative hour counts no more than this beside the other times of day."""

RECENT_DAYS: Final = 5
"""Days with enough speech among which a change may have begun; none of them has been learned from
yet, once a level knows enough, so that a change does not hide itself."""

NAMED: Final = 2.0
"""Score from which on a marker is named when the whole set has changed."""

RELEASE: Final = 1.2
RELEASE_DAYS: Final = 3
"""A change is over when every marker that was stated scores below `RELEASE` over the last days."""

NEW_NORMAL_DAYS: Final = 28
"""A change that lasts for so many days with enough speech is the new baseline."""


class Thresholds(Struct, frozen=True):
    """Scores from which on a change is stated.

    Chosen by ``ambient evaluate baseline --choose`` for a rate of false statements, on residents of
    another seed family than the one that is reported.

    Attributes
    ----------
    one
        Of a single marker.
    all
        Of the whole set together (`fusion.changes.together`).
    """

    one: float = 3.8
    all: float = 3.5


THRESHOLDS: Final = Thresholds()


class VoiceBaseline(Struct):
    """What is known of one resident's voice at one microphone, with one version of features.

    Attributes
    ----------
    levels
        Time of day ► feature ► level.
    today
        Time of day ► feature ► what came in since the day began.
    speech_s
        Speech since the day began, by time of day.
    recent
        The last days with enough speech, oldest first; the levels of `markers` do not know them.
    waiting
        What the last days measured and no level has learned yet, oldest first.
    markers
        Marker, or number of a group, ► level of its daily values.
    episode
        The change that lasts, if any.
    used
        `t` of the newest speech.
    """

    levels: dict[TimeOfDay, dict[VoiceFeature, Level]] = {}
    today: dict[TimeOfDay, dict[VoiceFeature, Sum]] = {}
    speech_s: dict[TimeOfDay, float] = {}
    recent: list[DayOfVoice] = []
    waiting: list[Waiting] = []
    markers: dict[str, Level] = {}
    episode: Episode | None = None
    used: int = 0

    @property
    def ready(self) -> bool:
        """Whether a change could be stated: enough is known, and there are days to look at."""
        known = max((level.memory for level in self.markers.values()), default=0)
        return known + len(self.recent) >= changes.LEAST_BEFORE + changes.LEAST_SINCE

    def measure(self, seen: VoiceMeasured, part: TimeOfDay) -> None:
        """Take in a minute or more of speech that ended in `part` of the day."""
        sums = self.today.setdefault(part, {})
        for one in seen.values:
            value = on_scale(one.feature, one.value)
            if value is not None and one.seconds > 0.0:
                feature = sums.setdefault(one.feature, Sum())
                feature.seconds += one.seconds
                feature.total += one.seconds * value
        self.speech_s[part] = self.speech_s.get(part, 0.0) + seen.speech_s
        self.used = seen.t

    def close(
        self,
        began: int,
        thresholds: Thresholds = THRESHOLDS,
    ) -> tuple[DayOfVoice, list[Deviation]]:
        """End the day that began at `began`: judge it, then learn from it."""
        day = self._judged(began)
        stated: list[Deviation] = []
        if day.watched:
            stated = self._watch(day, thresholds)
        means = {
            part: {feature: one.total / one.seconds for feature, one in sums.items()}
            for part, sums in self.today.items()
        }
        self.waiting.append(Waiting(began, means))
        self._learn()
        self.today, self.speech_s = {}, {}
        return day, stated

    def _learn(self) -> None:
        """Learn the oldest days that wait, all of them while there is little to compare with."""
        while self.waiting:
            known = max(
                (level.days for levels in self.levels.values() for level in levels.values()),
                default=0,
            )
            if known >= LEARN_DAYS and len(self.waiting) <= RECENT_DAYS:
                return
            old = self.waiting.pop(0)
            if self._is_past(old.began):
                for part, values in old.means.items():
                    levels = self.levels.setdefault(part, {})
                    for feature, value in values.items():
                        levels.setdefault(feature, Level()).learn(value, FLOOR[feature])

    def _is_past(self, began: int) -> bool:
        """Return whether a day may be learned: while a change lasts its own days are not."""
        return self.episode is None or began < self.episode.began

    def _judged(self, began: int) -> DayOfVoice:
        z: dict[VoiceFeature, float] = {}
        heard: dict[VoiceFeature, float] = {}
        weights: dict[VoiceFeature, float] = {}
        days = 0
        for part, sums in self.today.items():
            levels = self.levels.get(part, {})
            for feature, one in sums.items():
                level = levels.get(feature)
                if level is None or level.days < LEAST_DAYS:
                    continue
                days = max(days, level.days)
                weight = min(one.seconds, MOST_WEIGHT_S)
                distance = level.distance(one.total / one.seconds)
                z[feature] = z.get(feature, 0.0) + weight * distance
                weights[feature] = weights.get(feature, 0.0) + weight
                heard[feature] = heard.get(feature, 0.0) + one.seconds
        seconds = sum(self.speech_s.values())
        if seconds < LEAST_SPEECH_S or not z:
            return DayOfVoice(began=began, seconds=seconds, days=days)
        z = {feature: total / weights[feature] for feature, total in z.items()}
        return DayOfVoice(
            began=began,
            seconds=seconds,
            days=days,
            z=z,
            heard=heard,
            full=_markers(z, frozenset()),
            watched=_markers(z, DISTANCE_DEPENDENT),
            groups=_groups(z),
        )

    def looks(self) -> list[Look]:
        """Return each possible beginning of a change among the recent days, latest last."""
        found: list[Look] = []
        for begin in range(len(self.recent)):
            shifts = {marker: self._shift(marker, begin) for marker in VoiceMarker}
            kept = {marker: shift for marker, shift in shifts.items() if shift is not None}
            if kept:
                groups = [self._shift(number, begin) for number in range(len(GROUPS))]
                scores = [group.score for group in groups if group is not None]
                score = changes.together(scores) if len(scores) == len(GROUPS) else 0.0
                found.append(Look(self.recent[begin].began, kept, score))
        return found

    def _shift(self, what: VoiceMarker | int, begin: int) -> changes.Shift | None:
        """Compare a marker or group since the `begin`th recent day with all days before."""
        values = [_value(day, what) for day in self.recent]
        return changes.compare(
            self.markers.get(str(what), Level()),
            [value for value in values[:begin] if value is not None],
            [value for value in values[begin:] if value is not None],
        )

    def _watch(self, day: DayOfVoice, thresholds: Thresholds) -> list[Deviation]:
        """Look for a change that this day shows, and let the oldest recent day become past."""
        self.recent.append(day)
        if len(self.recent) > RECENT_DAYS:
            old = self.recent.pop(0)
            if self._is_past(old.began):
                for what in (*VoiceMarker, *range(len(GROUPS))):
                    value = _value(old, what)
                    if value is not None:
                        level = self.markers.setdefault(str(what), Level())
                        level.learn(value, changes.KNOWN_SPREAD / 4)
        looks = self.looks()
        if not looks:
            return []
        if self.episode is not None and self._over(self.episode, looks):
            self.episode = None
            return []
        one = max(looks, key=lambda look: look.farthest)
        both = max(looks, key=lambda look: look.score)
        out: list[Deviation] = []
        if both.score >= thresholds.all:
            self._state(both, min(NAMED, both.farthest), out)
        if one.farthest >= thresholds.one:
            self._state(one, thresholds.one, out)
        return out

    def _over(self, episode: Episode, looks: list[Look]) -> bool:
        """Return whether a change has gone again, or has become what is usual."""
        episode.days += 1
        if episode.days >= NEW_NORMAL_DAYS:
            self.markers, self.levels, self.recent = {}, {}, []
            return True
        last = looks[max(0, len(looks) - 1 - (RELEASE_DAYS - changes.LEAST_SINCE))]
        if not any(marker in last.markers for marker in episode.stated):
            return False
        stated = [last.markers[marker] for marker in episode.stated if marker in last.markers]
        if any(abs(shift.score) >= RELEASE for shift in stated):
            return False
        # What was different is never learned, though it is over.
        self.recent = [day for day in self.recent if self._is_past(day.began)]
        self.waiting = [day for day in self.waiting if self._is_past(day.began)]
        return True

    def _state(self, look: Look, least: float, out: list[Deviation]) -> None:
        """State each marker of `look` from score `least` on that was not stated before."""
        for marker, shift in sorted(look.markers.items(), key=lambda one: -abs(one[1].score)):
            if abs(shift.score) < least:
                return
            if self.episode is None:
                self.episode = Episode(began=look.began)
            if marker in self.episode.stated:
                continue
            days = [d for d in self.recent if d.began >= look.began and marker in d.watched]
            out.append(
                Deviation(
                    marker=marker,
                    began=self.episode.began,
                    position=len(self.episode.stated),
                    since=look.began,
                    days=shift.days,
                    speech_s=sum(one.seconds for one in days),
                    before=shift.before,
                    score=shift.score,
                    size=shift.size,
                    features=_features(marker, days),
                )
            )
            self.episode.stated.append(marker)


def _value(day: DayOfVoice, what: VoiceMarker | int) -> float | None:
    """Return a marker's or group's value on a day; None when it was not measured."""
    if isinstance(what, VoiceMarker):
        return day.watched.get(what)
    return day.groups[what] if day.groups else None


def _groups(z: Mapping[VoiceFeature, float]) -> list[float]:
    values = [weigh(group, z) for group in GROUPS]
    kept = [value for value in values if value is not None]
    return kept if len(kept) == len(values) else []


def _markers(
    z: Mapping[VoiceFeature, float], leave_out: frozenset[VoiceFeature]
) -> dict[VoiceMarker, float]:
    values = {one.marker: combine(one.marker, z, leave_out=leave_out) for one in DEFINITIONS}
    return {marker: value for marker, value in values.items() if value is not None}


def _features(
    marker: VoiceMarker, days: list[DayOfVoice]
) -> list[tuple[VoiceFeature, float, float]]:
    """Return mean z and seconds of the marker's features over `days`, the farthest first."""
    found: list[tuple[VoiceFeature, float, float]] = []
    for part in BY_MARKER[marker].parts:
        on = [day for day in days if part.feature in day.z]
        if on:
            mean = sum(day.z[part.feature] for day in on) / len(on)
            found.append((part.feature, mean, sum(day.heard[part.feature] for day in on)))
    return sorted(found, key=lambda one: -abs(one[1]))
