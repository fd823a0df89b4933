"""The vital signs of one room: observations in, judgements and summaries of its residents out.

Comes in: `VitalMeasured`, `RhythmMeasured`, `MotionMeasured` and `WearState` of the room, and that
time goes on. Goes out: steps of chains of deterioration, deviation, glucose and rhythm, and hours
and days for summaries. Only what names a resident of the room is taken in: what is nobody's is
judged for nobody. While the purpose *vitals* is off nothing is taken in, and switching it off
forgets everything.

The judgements would make the product a medical device. Each is off until the node's configuration
asks for it (`research_use`), and is for research only; summaries of measured values are not
judgements and follow consent alone. Pure; `PhysiologyState` survives a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, Final

from msgspec import Struct, field

from ambient.config_vitals import ResearchUse
from ambient.events import Marker
from ambient.observations import (
    AnyObservation,
    Doubt,
    MotionMeasured,
    RhythmMeasured,
    VitalMeasured,
    WearState,
)
from fusion.chains import SECOND
from fusion.deterioration import DeteriorationJudge, DeteriorationState
from fusion.glucose import GlucoseJudge, GlucoseState, usable
from fusion.hours import HOUR, day_of, hour_begins, hour_of, time_of_day
from fusion.news2 import Scale
from fusion.rhythm import LEAST_QUALITY, RhythmJudge, RhythmState
from fusion.vitals_baseline import BaselineJudge, BaselineState
from fusion.vitals_events import Span, Stated
from fusion.vitals_latest import Latest, believed
from fusion.vitals_summary import CODES, Collected
from models.glucose import Weights, load

EVERY: Final = 10 * SECOND
"""What holds is judged so often: what is measured by hand has no hurry, and what is measured each
second is a median of minutes."""
OF_VITALS: Final = frozenset({VitalMeasured, RhythmMeasured, MotionMeasured, WearState})


class ResidentState(Struct):
    """What is remembered of one resident."""

    latest: Latest = field(default_factory=Latest)
    deterioration: DeteriorationState = field(default_factory=DeteriorationState)
    glucose: GlucoseState = field(default_factory=GlucoseState)
    rhythm: RhythmState = field(default_factory=RhythmState)
    baseline: BaselineState = field(default_factory=BaselineState)
    collected: Collected = field(default_factory=Collected)


class PhysiologyState(Struct):
    """What is remembered of a room; survives a restart.

    Attributes
    ----------
    hour_began, day_began
        Beginning of the hour and the day that run; None before time went on.
    judged
        When what holds was judged last.
    """

    hour_began: int | None = None
    day_began: int = 0
    judged: int = 0
    residents: dict[str, ResidentState] = {}


class _Resident:
    """The judges of one resident."""

    def __init__(
        self, subject: str, scale: Scale, weights: Weights | None, state: ResidentState
    ) -> None:
        self.state = state
        self.deterioration = DeteriorationJudge(subject, scale, state.deterioration)
        self.glucose = None
        if weights is not None:
            self.glucose = GlucoseJudge(subject, weights, state.glucose)
        self.rhythm = RhythmJudge(subject, state.rhythm)
        self.baseline = BaselineJudge(subject, state.baseline)


class Physiology:
    """Follow the vital signs of one room.

    Parameters
    ----------
    scales
        Who lives in the room, and which scale of oxygen saturation is prescribed.
    zone
        Time zone of the site.
    use
        Which judgements are made.
    on
        Whether the purpose *vitals* is on.
    state
        Kept from an earlier run.
    """

    def __init__(
        self,
        scales: Mapping[str, Scale],
        zone: tzinfo,
        use: ResearchUse,
        *,
        on: bool,
        state: PhysiologyState | None = None,
    ) -> None:
        self._scales = dict(scales)
        self._zone = zone
        self._use = use
        self._weights = load() if use.glucose else None
        self.on = on
        self.due = 0
        """The instant from which on `advance` has something to do."""
        self._ends = 0
        self._residents: dict[str, _Resident] = {}
        self._take: dict[type[AnyObservation], Callable[[Any, _Resident, int], list[Stated]]] = {
            VitalMeasured: self._vital,
            RhythmMeasured: self._rhythm,
            MotionMeasured: self._motion,
            WearState: self._wear,
        }
        self._begin(state if on and state is not None else PhysiologyState())

    def consent(self, on: bool) -> None:
        """Follow that the purpose was switched; off forgets everything."""
        if on != self.on:
            self.on = on
            self._begin(PhysiologyState())

    def forget(self, subject: str) -> None:
        """Forget one resident."""
        self.state.residents.pop(subject, None)
        self._residents.pop(subject, None)

    def observe(self, seen: AnyObservation, now: int) -> list[Stated]:
        """Take one observation; return what can be said now.

        Parameters
        ----------
        now
            The newest instant that was judged; `seen.t` unless it came late.
        """
        if not self.on:
            return []
        out = self.advance(now) if now >= self.due else []
        take = self._take.get(type(seen))
        if take is None:
            return out
        subject: str | None = seen.subject  # type: ignore[union-attr]
        resident = self._residents.get(subject or "")
        if resident is None:
            if subject is None or subject not in self._scales:
                return out
            resident = self._new(subject, ResidentState())
        resident.state.collected.hear(seen.source, seen.t)
        told = take(seen, resident, now)
        return out + told if out else told

    def advance(self, now: int) -> list[Stated]:
        """Let time go on to `now`."""
        state = self.state
        if not self.on or now < self.due:
            return []
        out: list[Stated] = []
        if state.hour_began is None:
            self._hour(now)
            state.day_began = self._hour_began
        if now >= self._ends:
            out += self._close(now)
        if now - state.judged >= EVERY:
            state.judged = now
            for resident in self._residents.values():
                out += self._judge(resident, now)
        self.due = min(self._ends, state.judged + EVERY)
        return out

    def _judge(self, resident: _Resident, now: int) -> list[Stated]:
        """Judge what holds now."""
        out: list[Stated] = []
        if self._use.news2:
            out += resident.deterioration.judge(resident.state.latest.at(now), now)
        if resident.glucose is not None:
            out += resident.glucose.advance(now)
        if self._use.rhythm:
            out += resident.rhythm.advance(now)
        return out

    def _vital(self, seen: VitalMeasured, resident: _Resident, now: int) -> list[Stated]:
        state = resident.state
        if self._use.news2:
            state.latest.take(seen)
        marker = CODES.get(seen.code)
        if marker is not None:
            glucose = marker[0] is Marker.GLUCOSE
            hour = self._hour_of(seen.t) if (usable if glucose else believed)(seen) else None
            if hour is not None:
                value = seen.value * marker[1]
                state.collected.take(marker[0], seen.source, seen.t, hour, value)
        if resident.glucose is not None:
            return list(resident.glucose.take(seen, now))
        return []

    def _rhythm(self, seen: RhythmMeasured, resident: _Resident, now: int) -> list[Stated]:
        if seen.rmssd_ms is not None and seen.quality >= LEAST_QUALITY:
            hour = self._hour_of(seen.t)
            if hour is not None:
                resident.state.collected.take(
                    Marker.RMSSD, seen.source, seen.t, hour, seen.rmssd_ms
                )
        return list(resident.rhythm.take(seen, now)) if self._use.rhythm else []

    def _motion(self, seen: MotionMeasured, resident: _Resident, now: int) -> list[Stated]:
        if not seen.doubts or Doubt.OFF_BODY not in seen.doubts:
            hour = self._hour_of(seen.t)
            if hour is not None:
                late = hour != self._hour_began
                resident.state.collected.move(seen.source, seen.steps, seen.counts, late=late)
        return []

    def _wear(self, seen: WearState, resident: _Resident, now: int) -> list[Stated]:
        if seen.worn is not None:
            since = max(seen.t, self._hour_began)
            resident.state.collected.wear(seen.source, seen.worn, since)
        return []

    def _hour_of(self, t: int) -> int | None:
        """Return the beginning of the hour of the day that runs; None when its day is over."""
        if t >= self._hour_began:
            return self._hour_began
        if t < self.state.day_began:
            return None
        return hour_begins(t, self._zone)

    def _close(self, now: int) -> list[Stated]:
        """End the hour, and the day and the part of it where those are over."""
        began, ended = self._hour_began, self._ends
        out: list[Stated] = []
        for subject, resident in self._residents.items():
            figures, measured = resident.state.collected.close_hour(began, ended)
            if self._use.baseline:
                resident.baseline.hour(began, measured)
            if figures:
                out.append(Span(subject, False, began, ended, figures))
        self._hour(now)
        hour = hour_of(began, self._zone)
        part = time_of_day(hour)
        new_day = day_of(self._hour_began, self._zone) != day_of(began, self._zone)
        new_part = new_day or part is not time_of_day(hour_of(self._hour_began, self._zone))
        for subject, resident in self._residents.items():
            if self._use.baseline and new_part:
                out += resident.baseline.close(part, ended)
            if new_day:
                figures = resident.state.collected.close_day()
                if figures:
                    out.append(Span(subject, True, self.state.day_began, ended, figures))
        if new_day:
            self.state.day_began = self._hour_began
        return out

    def _hour(self, now: int) -> None:
        self._hour_began = hour_begins(now, self._zone)
        self.state.hour_began = self._hour_began
        self._ends = self._hour_began + HOUR

    def _begin(self, state: PhysiologyState) -> None:
        self.state = state
        self.due = self._ends = 0
        self._hour_began = 0
        if state.hour_began is not None:
            self._hour_began = state.hour_began
            self._ends = state.hour_began + HOUR
            self.due = min(self._ends, state.judged + EVERY)
        self._residents = {}
        kept, state.residents = state.residents, {}
        for subject, resident in kept.items():
            if subject in self._scales:
                self._new(subject, resident)

    def _new(self, subject: str, state: ResidentState) -> _Resident:
        self.state.residents[subject] = state
        resident = _Resident(subject, self._scales[subject], self._weights, state)
        self._residents[subject] = resident
        return resident
