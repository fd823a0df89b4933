"""Vital signs by hour and day: values of one resident in, what a summary says of them out.

Comes in: believed values, seconds of movement and of wear. Goes out: `Figure`s, each with how much
stands behind it. Of what is measured a minute counts once, by its first value, and the hour is the
median of its minutes; the day is the median of its hours, weighted by their minutes. Where nothing
was measured there is no figure: a gap is never a zero. What comes late counts for its own hour in
the day that still runs; the hour itself has been told by then. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Final

from msgspec import Struct

from ambient.events import Marker, Unit
from models.glucose import MG_PER_MMOL

VERSION: Final = "1.0.0"
MINUTE: Final = 60_000_000_000
SILENT: Final = 15 * MINUTE
"""A device that says nothing for longer is not known to be worn any more."""

CODES: Final = {
    "8867-4": (Marker.HEART_RATE, 1.0),
    "8889-8": (Marker.HEART_RATE, 1.0),
    "9279-1": (Marker.RESPIRATORY_RATE, 1.0),
    "59408-5": (Marker.OXYGEN_SATURATION, 1.0),
    "8310-5": (Marker.BODY_TEMPERATURE, 1.0),
    "8480-6": (Marker.SYSTOLIC_PRESSURE, 1.0),
    "8462-4": (Marker.DIASTOLIC_PRESSURE, 1.0),
    "99504-3": (Marker.GLUCOSE, 1.0 / MG_PER_MMOL),
    "2339-0": (Marker.GLUCOSE, 1.0 / MG_PER_MMOL),
    "2345-7": (Marker.GLUCOSE, 1.0 / MG_PER_MMOL),
    "29463-7": (Marker.BODY_WEIGHT, 1.0),
}
"""LOINC code ► marker and what its value is multiplied with to be in the marker's unit."""

UNIT: Final = {
    Marker.HEART_RATE: (Unit.PER_MINUTE, 0),
    Marker.RESPIRATORY_RATE: (Unit.PER_MINUTE, 0),
    Marker.OXYGEN_SATURATION: (Unit.PERCENT, 0),
    Marker.BODY_TEMPERATURE: (Unit.CELSIUS, 1),
    Marker.SYSTOLIC_PRESSURE: (Unit.MILLIMETRE_OF_MERCURY, 0),
    Marker.DIASTOLIC_PRESSURE: (Unit.MILLIMETRE_OF_MERCURY, 0),
    Marker.GLUCOSE: (Unit.MILLIMOLE_PER_LITRE, 1),
    Marker.BODY_WEIGHT: (Unit.KILOGRAM, 1),
    Marker.RMSSD: (Unit.MILLISECOND, 0),
    Marker.STEPS: (Unit.STEPS, 0),
    Marker.ACTIVITY: (Unit.GRAVITY, 3),
    Marker.WORN_TIME: (Unit.SECOND, 0),
}
"""Unit of each marker, and decimals that it is told with: no more than its devices resolve."""


class Figure(Struct, frozen=True):
    """What a marker was over an hour or a day, and how many seconds stand behind it."""

    marker: Marker
    value: float
    seconds: float


class Piece(Struct, frozen=True, array_like=True):
    """One hour of one marker of one device: median, and seconds behind it."""

    began: int
    value: float
    seconds: float


class Minutes(Struct):
    """An hour that is being measured: which minute counted last, and the values that count."""

    last: int = -1
    values: list[float] = []


class Series(Struct):
    """One marker of one device over the day that runs."""

    open: dict[int, Minutes] = {}
    """By the beginning of the hour: the one that runs, and earlier ones that came late."""
    closed: list[Piece] = []


class Moved(Struct):
    """What a device felt in an hour or a day."""

    seconds: float = 0.0
    steps: int = 0
    counts: float = 0.0


class Worn(Struct):
    """Since when a device is worn, None when it is not; when it was heard, and what was counted."""

    since: int | None = None
    heard: int = 0
    hour_s: float = 0.0
    day_s: float = 0.0


class Collected(Struct):
    """All that is collected of one resident; survives a restart."""

    series: dict[Marker, dict[str, Series]] = {}
    hour: dict[str, Moved] = {}
    day: dict[str, Moved] = {}
    worn: dict[str, Worn] = {}

    def take(self, marker: Marker, source: str, t: int, hour: int, value: float) -> None:
        """Take in a believed value of the hour that began at `hour`, in the marker's unit."""
        series = self.series.get(marker)
        if series is None:
            series = self.series[marker] = {}
        of = series.get(source)
        if of is None:
            of = series[source] = Series()
        minutes = of.open.get(hour)
        if minutes is None:
            minutes = of.open[hour] = Minutes()
        minute = t // MINUTE
        if minute != minutes.last:
            minutes.last = minute
            minutes.values.append(value)

    def move(self, source: str, steps: int, counts: float, *, late: bool) -> None:
        """Take in a second that a worn device felt; what is late counts for the day alone."""
        for amounts in (self.day,) if late else (self.day, self.hour):
            moved = amounts.get(source)
            if moved is None:
                moved = amounts[source] = Moved()
            moved.seconds += 1.0
            moved.steps += steps
            moved.counts += counts

    def wear(self, source: str, worn: bool, t: int) -> None:
        """Take in that a device is worn, or not."""
        state = self.worn.setdefault(source, Worn())
        state.heard = max(state.heard, t)
        self._wore(state, t)
        state.since = max(t, state.since or t) if worn else None

    def hear(self, source: str, t: int) -> None:
        """Take in that a device said something: while it is silent it is not known to be worn."""
        worn = self.worn.get(source)
        if worn is not None and t > worn.heard:
            worn.heard = t

    def close_hour(self, began: int, ended: int) -> tuple[list[Figure], list[tuple[str, Figure]]]:
        """End an hour.

        Returns
        -------
        list of Figure
            Of each marker, from the device with the most behind it.
        list of (str, Figure)
            Of each device, for its baseline.
        """
        every: list[tuple[str, Figure]] = []
        for marker, sources in self.series.items():
            for source, series in sources.items():
                piece = _condensed(series, began)
                if piece is not None:
                    every.append((source, Figure(marker, piece.value, piece.seconds)))
        figures = [*_most(one for _, one in every), *_moved(self.hour)]
        for worn in self.worn.values():
            self._wore(worn, ended)
        figures += _worn(self.hour, [one.hour_s for one in self.worn.values()])
        for worn in self.worn.values():
            worn.hour_s = 0.0
        self.hour = {}
        return figures, every

    def close_day(self) -> list[Figure]:
        """End the day; the last hour has been ended."""
        every: list[Figure] = []
        for marker, sources in self.series.items():
            for series in sources.values():
                for hour in sorted(series.open):
                    _condensed(series, hour)
                if series.closed:
                    every.append(Figure(marker, middle(series.closed), _seconds(series.closed)))
        figures = [*_most(every), *_moved(self.day)]
        figures += _worn(self.day, [one.day_s for one in self.worn.values()])
        self.series, self.day = {}, {}
        self.worn = {source: one for source, one in self.worn.items() if one.since is not None}
        for worn in self.worn.values():
            worn.day_s = 0.0
        return figures

    @staticmethod
    def _wore(worn: Worn, t: int) -> None:
        if worn.since is None or t <= worn.since:
            return
        seconds = max(0, min(t, worn.heard + SILENT) - worn.since) / 1e9
        worn.hour_s += seconds
        worn.day_s += seconds
        worn.since = t


def middle(pieces: Iterable[Piece]) -> float:
    """Return the median of hours, each as heavy as the seconds behind it."""
    ordered = sorted(pieces, key=lambda one: one.value)
    half = sum(one.seconds for one in ordered) / 2.0
    for piece in ordered:
        half -= piece.seconds
        if half <= 0.0:
            return piece.value
    return ordered[-1].value


def _seconds(pieces: Iterable[Piece]) -> float:
    return sum(one.seconds for one in pieces)


def _condensed(series: Series, hour: int) -> Piece | None:
    """Close an hour of a series: what came late for an hour that was closed is a piece more."""
    minutes = series.open.pop(hour, None)
    if minutes is None:
        return None
    piece = Piece(hour, median(minutes.values), 60.0 * len(minutes.values))
    series.closed.append(piece)
    return piece


def _most(figures: Iterable[Figure]) -> list[Figure]:
    best: dict[Marker, Figure] = {}
    for one in figures:
        if one.marker not in best or one.seconds > best[one.marker].seconds:
            best[one.marker] = one
    return list(best.values())


def _moved(amounts: dict[str, Moved]) -> list[Figure]:
    if not amounts:
        return []
    best = max(amounts.values(), key=lambda one: one.seconds)
    return [
        Figure(Marker.STEPS, float(best.steps), best.seconds),
        Figure(Marker.ACTIVITY, best.counts / best.seconds, best.seconds),
    ]


def _worn(amounts: dict[str, Moved], said: list[float]) -> list[Figure]:
    """Return how long a device was worn: what it says of it, or as long as it felt its wearer."""
    most = max([0.0, *said, *(one.seconds for one in amounts.values())])
    return [Figure(Marker.WORN_TIME, most, most)] if most > 0.0 else []
