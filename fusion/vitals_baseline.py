"""A vital sign against the resident's own usual: hours of it in, `vitals.deviation` chains out.

Each device, marker and part of the day has its own `Level`, learned from one value a day: the night
is not compared with the morning, nor a wristband with a finger clip. A part of the day counts when
enough of it was measured, and nothing is said before `LEAST_DAYS` of it are known. Only what is
grave is looked at: rates and temperature up, saturation and upper pressure down. *Suspected* after
one part of the day beyond `FAR`, or two in a row beyond `TWICE`; *confirmed* when the next one that
is measured lies beyond `TWICE` too, *lasting* after three days. It has *ended* after `CALM` parts
within `NEAR`. Research only. Pure.

The thresholds are chosen for at most one false chain per resident in 100 days, all five markers
together; ``ambient evaluate vitals-baseline`` measures that on simulated residents.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from ambient.events import Contribution, Marker, Sense, SituationStep
from fusion import ratios_vitals as ratios
from fusion.baseline import Level
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.hours import TimeOfDay
from fusion.vitals_summary import Figure, Piece, middle

LEAST_DAYS: Final = 7
FAR: Final = 5.0
TWICE: Final = 3.0
NEAR: Final = 2.0
CALM: Final = 2
LASTING_S: Final = 3 * 24 * 3600.0
ROW_S: Final = 26 * 3600.0
"""Two parts of the day further apart than this are not in a row."""
UNKNOWN_S: Final = 3 * 24 * 3600.0
"""After so long without a value nothing is claimed any more."""
MOST_SOURCES: Final = 4

UP, DOWN = 1.0, -1.0


class Rule(Struct, frozen=True):
    """How a marker is compared.

    Attributes
    ----------
    grave
        `UP` or `DOWN`.
    floor
        Least spread, in the marker's unit: below it a z-score would count how devices round and how
        well they are put on.
    least_s
        So much of a part of the day must be measured; a minute is one value.
    """

    grave: float
    floor: float
    least_s: float


RULES: Final = {
    Marker.HEART_RATE: Rule(UP, 3.0, 1800.0),
    Marker.RESPIRATORY_RATE: Rule(UP, 1.0, 1800.0),
    Marker.OXYGEN_SATURATION: Rule(DOWN, 1.0, 1800.0),
    Marker.BODY_TEMPERATURE: Rule(UP, 0.2, 60.0),
    Marker.SYSTOLIC_PRESSURE: Rule(DOWN, 6.0, 60.0),
}


class Own(Struct):
    """What is known of one marker by one device.

    Attributes
    ----------
    levels
        By part of the day.
    pieces
        Hours of the part that runs.
    """

    levels: dict[TimeOfDay, Level] = {}
    pieces: list[Piece] = []
    used: int = 0


class Course(Struct):
    """Where one marker went lately.

    Attributes
    ----------
    t, z
        The end of the last part of a day that was compared, and how far it lay.
    near
        Parts in a row within `NEAR`.
    """

    t: int | None = None
    z: float = 0.0
    near: int = 0


class BaselineState(Struct):
    """What is remembered of one resident; survives a restart."""

    own: dict[Marker, dict[str, Own]] = {}
    courses: dict[Marker, Course] = {}
    chains: Chains = field(default_factory=Chains)


class Deviation(Struct, frozen=True):
    """A step of a chain.

    Attributes
    ----------
    z
        How far, in the person's own spreads.
    """

    change: Change
    marker: Marker
    z: float


class BaselineJudge:
    """Judge one resident."""

    def __init__(self, subject: str, state: BaselineState | None = None) -> None:
        self._subject = subject
        self.state = state or BaselineState()

    def hour(self, began: int, measured: list[tuple[str, Figure]]) -> None:
        """Take in an hour that is over: of each device, its figures."""
        for source, figure in measured:
            if figure.marker not in RULES:
                continue
            sources = self.state.own.setdefault(figure.marker, {})
            if source not in sources and len(sources) >= MOST_SOURCES:
                del sources[min(sources, key=lambda one: sources[one].used)]
            own = sources.setdefault(source, Own())
            own.used = began
            own.pieces.append(Piece(began, figure.value, figure.seconds))

    def close(self, part: TimeOfDay, ended: int) -> list[Deviation]:
        """End a part of a day; return the steps that are reached."""
        out: list[Deviation] = []
        for marker, sources in self.state.own.items():
            best: tuple[float, float, int] | None = None
            for own in sources.values():
                found = _closed(own, RULES[marker], part)
                if found is not None and (best is None or found[1] > best[1]):
                    best = found
            if best is not None:
                out += self._judge(marker, best[0], best[2], ended)
            else:
                out += self._unknown(marker, ended)
        return out

    def _judge(self, marker: Marker, z: float, days: int, t: int) -> list[Deviation]:
        rule, who = RULES[marker], self._who(marker)
        course = self.state.courses.setdefault(marker, Course())
        chains = self.state.chains
        grave = z * rule.grave
        row = course.t is not None and t - course.t <= ROW_S * SECOND
        twice = grave >= TWICE and row and course.z * rule.grave >= TWICE
        course.t, course.z = t, z
        course.near = course.near + 1 if grave < NEAR else 0
        chain = chains.of(Kind.DEVIATION, who.key)
        if chain is None:
            if grave < FAR and not twice:
                return []
            step = SituationStep.SUSPECTED
        elif course.near >= CALM:
            return _told(chains.end(Kind.DEVIATION, who.key, t), marker, z)
        elif grave < TWICE:
            return []
        else:
            long = t - chain.began >= LASTING_S * SECOND
            step = SituationStep.LASTING if long else SituationStep.CONFIRMED
        llr = ratios.PER_SPREAD * (abs(z) - NEAR)
        sense = Sense.HEART_RATE if marker is Marker.HEART_RATE else Sense.VITALS
        found = Found(t, _sure(days), (Contribution(sense, round(llr, 3)),))
        return _told(chains.reach(Kind.DEVIATION, who, step, t, found), marker, z)

    def _unknown(self, marker: Marker, t: int) -> list[Deviation]:
        course = self.state.courses.get(marker)
        if course is None or course.t is None or t - course.t < UNKNOWN_S * SECOND:
            return []
        ended = self.state.chains.end(Kind.DEVIATION, self._who(marker).key, t)
        return _told(ended, marker, course.z)

    def _who(self, marker: Marker) -> Who:
        return Who(f"{self._subject}-{marker.value}", self._subject)


def _closed(own: Own, rule: Rule, part: TimeOfDay) -> tuple[float, float, int] | None:
    """End a part of a day of one device; return z, seconds and days known, where it is compared."""
    pieces, own.pieces = own.pieces, []
    seconds = sum(one.seconds for one in pieces)
    if seconds < rule.least_s:
        return None
    value = middle(pieces)
    level = own.levels.setdefault(part, Level())
    known = level.days
    z = level.distance(value) if known >= LEAST_DAYS else 0.0
    level.learn(value, rule.floor)
    return (z, seconds, known) if known >= LEAST_DAYS else None


def _sure(days: int) -> float:
    """Return how sure a deviation is, by how much the baseline has learned: 0.5 to 0.9."""
    return round(0.9 - 0.4 * LEAST_DAYS / max(days, LEAST_DAYS), 4)


def _told(changes: list[Change], marker: Marker, z: float) -> list[Deviation]:
    return [Deviation(change, marker, z) for change in changes]
