"""One device that measures the heart: waves or intervals in, heart rate and rhythm out.

Heart rate every 10 s, from the intervals that ended in them; rhythm every minute, over the last
5 minutes or what there is of them. Heart rate is not sent, and the numbers of a rhythm are None,
where quality is too low. A wave's beats are known 2 to 4 s after they were. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from ambient.observations import AnyObservation, RhythmMeasured, VitalMeasured, Wear
from vitals.beats.detect import RATES, Floats
from vitals.beats.finder import BeatFinder
from vitals.beats.intervals import POSSIBLE_S
from vitals.beats.rhythm import LIKE, LIKE_ECG, Rhythm, rhythm
from vitals.devices import Device, Signal
from vitals.motion.clock import SLACK_S
from vitals.readings import IntervalsRead, WaveRead

NS: Final = 1_000_000_000
HEART_RATE: Final = "8867-4"
PER_MINUTE: Final = "/min"
RATE_EVERY_NS: Final = 10 * NS
RHYTHM_EVERY_NS: Final = 60 * NS
STRETCH_NS: Final = 300 * NS
LEAST_STRETCH_NS: Final = 55 * NS
RATE_COVERED: Final = 0.5
"""Share of the 10 s that sure intervals must cover."""
LAG_S: Final = (-0.5, 1.6)
"""Devices tell of intervals once a second, so that the last beat was up to so long before; outside
is a hole or another clock."""
ECG_LEAST_HZ: Final = 60.0


class RhythmMeter:
    """What is measured on the beats of one device.

    Parameters
    ----------
    device
        Whose observations they are.
    wear
        Where it is worn; beats look alike everywhere, so it is not used.
    """

    def __init__(self, device: Device, wear: Wear = Wear.ELSEWHERE) -> None:
        self.refused = 0
        self._device = device
        self._finder: BeatFinder | None = None
        self._kind: tuple[float, bool] = (0.0, False)
        self._end = 0
        self._last: tuple[float, float, float] | None = None
        self._began: int | None = None
        self._until = 0
        self._ends: list[int] = []
        self._seconds: list[float] = []
        self._sure: list[bool] = []
        self._like: list[float] = []
        self._slips: list[float] = []

    def take(self, signal: Signal) -> list[AnyObservation]:
        """Take in a batch of a wave, or intervals; return what can now be said.

        A wave at a rate at which no beat can be found counts as `refused`.
        """
        reading = signal.reading
        if isinstance(reading, WaveRead):
            known = self._wave(reading, signal.t)
        elif isinstance(reading, IntervalsRead):
            known = self._intervals(reading, signal.t)
        else:
            return []
        return [] if known is None else self._said(known, signal)

    def _wave(self, reading: WaveRead, t: int) -> int | None:
        """Take in a wave; return until when beats are known, None when nothing came of it."""
        least = ECG_LEAST_HZ if reading.ecg else RATES[0]
        if not least <= reading.rate <= RATES[1]:
            self.refused += 1
            return None
        if t <= self._end:
            return None
        step = NS / reading.rate
        hole = abs(t - len(reading.samples) * step - self._end) > max(SLACK_S * NS, 2 * step)
        if self._finder is None or hole or self._kind != (reading.rate, reading.ecg):
            self._finder = BeatFinder(reading.rate, ecg=reading.ecg)
            self._kind, self._last = (reading.rate, reading.ecg), None
        if self._began is None:
            self._began = t - round(len(reading.samples) * step)
        self._end = t
        found = self._finder.push(np.asarray(reading.samples, np.float64))
        cut = LIKE_ECG if reading.ecg else LIKE
        rows = zip(found.at.tolist(), found.like.tolist(), found.delay.tolist(), strict=True)
        for at, like, delay in rows:
            if self._last is not None:
                end = t - round((self._finder.end - 1 - at) * step)
                sure = min(like, self._last[1]) >= cut
                seconds = (at - self._last[0]) / reading.rate
                shape = np.nan if reading.ecg else like
                self._add(end, seconds, sure, shape, delay - self._last[2])
            self._last = (at, like, delay)
        return max(self._until, t - round(4 * NS))

    def _intervals(self, reading: IntervalsRead, t: int) -> int | None:
        if not reading.seconds:
            return None
        total = round(sum(reading.seconds) * NS)
        begin = t - total
        if self._began is None:
            self._began = begin
        if self._ends:
            lag = (begin - self._ends[-1]) / NS
            if lag < -1.6:
                return None
            if LAG_S[0] <= lag <= LAG_S[1]:
                begin = self._ends[-1]
        end = float(begin)
        for seconds in reading.seconds:
            end += seconds * NS
            self._add(round(end), seconds, not reading.doubts)
        return max(self._until, self._ends[-1])

    def _add(
        self, end: int, seconds: float, sure: bool, like: float = np.nan, slip: float = np.nan
    ) -> None:
        possible = POSSIBLE_S[0] <= seconds <= POSSIBLE_S[1]
        self._ends.append(end)
        self._seconds.append(seconds)
        self._sure.append(sure and possible)
        self._like.append(like)
        self._slips.append(slip)

    def _said(self, known: int, signal: Signal) -> list[AnyObservation]:
        """Return what is due up to `known`; marks that a hole has jumped over are left out."""
        before, self._until = self._until, known
        if not before:
            return []
        out: list[AnyObservation] = []
        for mark in _marks(max(before, known - 2 * RHYTHM_EVERY_NS), known, RATE_EVERY_NS):
            rate = self._rate(mark, signal)
            if rate is not None:
                out.append(rate)
            if mark % RHYTHM_EVERY_NS == 0:
                out += self._rhythm(mark, signal)
        self._drop(known - STRETCH_NS)
        return out

    def _rate(self, mark: int, signal: Signal) -> VitalMeasured | None:
        ends, seconds, sure = self._arrays(mark - RATE_EVERY_NS, mark)
        covered = float(seconds[sure].sum()) / (RATE_EVERY_NS / NS)
        if not len(ends) or covered < RATE_COVERED:
            return None
        return VitalMeasured(
            t=mark,
            **self._device.measures(signal.received, signal.offset_s),
            code=HEART_RATE,
            value=round(60.0 / float(seconds[sure].mean()), 1),
            unit=PER_MINUTE,
            quality=round(min(1.0, covered), 3),
        )

    def _rhythm(self, mark: int, signal: Signal) -> Iterable[RhythmMeasured]:
        began = max(mark - STRETCH_NS, self._began or 0)
        if mark - began < LEAST_STRETCH_NS:
            return
        ends, seconds, sure = self._arrays(began, mark)
        alike, slips = self._shape(began, mark)
        found: Rhythm = rhythm(ends, seconds, sure, (mark - began) / NS, alike, slips)
        numbers = found.variability
        yield RhythmMeasured(
            t=mark,
            **self._device.measures(signal.received, signal.offset_s),
            seconds=round(found.seconds, 1),
            beats=found.beats,
            quality=round(found.quality, 3),
            rmssd_ms=_short(numbers.rmssd_ms, 1),
            sdnn_ms=_short(numbers.sdnn_ms, 1),
            pnn50=_short(numbers.pnn50, 3),
            lf_hf=_short(numbers.lf_hf, 2),
            irregular=_short(found.irregular, 3),
        )

    def _arrays(self, after: int, until: int) -> tuple[Floats, Floats, np.ndarray]:
        ends = np.asarray(self._ends, np.int64)
        of = (ends > after) & (ends <= until)
        return (
            (ends[of] - after) / NS,
            np.asarray(self._seconds, np.float64)[of],
            np.asarray(self._sure, np.bool_)[of],
        )

    def _shape(self, after: int, until: int) -> tuple[float | None, Floats]:
        """Return the median likeness of a pulse wave's beats, None where there is none; slips."""
        ends = np.asarray(self._ends, np.int64)
        of = (ends > after) & (ends <= until)
        likes = np.asarray(self._like, np.float64)[of]
        likes = likes[np.isfinite(likes)]
        alike = float(np.median(likes)) if len(likes) else None
        return alike, np.asarray(self._slips, np.float64)[of]

    def _drop(self, before: int) -> None:
        at = next((i for i, end in enumerate(self._ends) if end > before), len(self._ends))
        del self._ends[:at], self._seconds[:at], self._sure[:at]
        del self._like[:at], self._slips[:at]


def _marks(after: int, until: int, every: int) -> range:
    """Return the multiples of `every` in (after, until]."""
    return range((after // every + 1) * every, until + 1, every)


def _short(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
