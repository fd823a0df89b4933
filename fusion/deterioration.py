"""Physiological deterioration: NEWS2 of what is believed in, `vitals.deterioration` chains out.

The Royal College of Physicians' thresholds (*National Early Warning Score (NEWS) 2*, London 2017,
chart 2): 3 points of one parameter ask for an urgent look, 5 or more for an urgent response, 7 or
more for an emergency response. What counts is the *lower* bound: what is not known gives no points,
so an incomplete set can only say that the score is at least so high. Research only. Pure.

Steps: *suspected* from one red parameter, *confirmed* from 5 points, *lasting* when it then rises
to 7 or stays at 5 for an hour; each must hold for `HOLD_S`. It has *ended* when the score was
`LEAVE` or less and nothing red for `CALM_S`, and what had given points is known: a sensor that is
taken off makes nobody well.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from ambient.events import Contribution, Sense, SituationStep
from fusion import ratios_vitals as ratios
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.news2 import PARAMETERS, Scale, Score, Values, score
from fusion.vitals_latest import Believed

URGENT: Final = 5
EMERGENCY: Final = 7
LEAVE: Final = 3
"""Two points below `URGENT`, so that a value at the edge of a band does not open and close it."""
HOLD_S: Final = 120.0
CALM_S: Final = 900.0
LASTING_S: Final = 3600.0
UNKNOWN_S: Final = 12 * 3600.0
"""After so long without any value nothing is claimed any more: a chain is closed."""

KIND: Final = Kind.DETERIORATION


class DeteriorationState(Struct):
    """What is remembered of one resident; survives a restart.

    Attributes
    ----------
    red_since, urgent_since, emergency_since
        Since when each threshold is reached without a break; None while it is not.
    calm_since
        Since when the score is low enough to end a chain.
    known
        When anything was known last.
    scoring
        Parameters that gave points while the chain was open.
    """

    red_since: int | None = None
    urgent_since: int | None = None
    emergency_since: int | None = None
    calm_since: int | None = None
    known: int | None = None
    scoring: list[str] = []
    chains: Chains = field(default_factory=Chains)


class Deterioration(Struct, frozen=True):
    """A step of a chain and the score at it."""

    change: Change
    score: Score


class DeteriorationJudge:
    """Judge one resident.

    Parameters
    ----------
    subject
        Whom.
    scale
        Of oxygen saturation, as prescribed.
    state
        What an earlier run left.
    """

    def __init__(self, subject: str, scale: Scale, state: DeteriorationState | None = None) -> None:
        self._who = Who(subject, subject)
        self._scale = scale
        self.state = state or DeteriorationState()

    def judge(self, believed: Believed, now: int) -> list[Deterioration]:
        """Score what is believed at `now`; return the steps reached."""
        state = self.state
        found = score(believed.values, self._scale)
        if found.missing < PARAMETERS:
            state.known = now
        self._since(found, believed.values, now)
        step = self._step(now)
        if step is not None:
            self._remember(believed.values)
            sure = self._sure(believed)
            told = state.chains.reach(
                KIND, self._who, step, now, Found(now, sure, self._why(believed)), self._began(now)
            )
            return self._told(told, found)
        calm = _lasts(state.calm_since, now, CALM_S)
        if calm or _lasts(state.known, now, UNKNOWN_S):
            ended = state.chains.end(KIND, self._who.key, now)
            state.scoring = []
            return self._told(ended, found)
        return []

    def _since(self, found: Score, values: Values, now: int) -> None:
        state = self.state
        state.red_since = _held(state.red_since, found.red, now)
        state.urgent_since = _held(state.urgent_since, found.lower >= URGENT, now)
        state.emergency_since = _held(state.emergency_since, found.lower >= EMERGENCY, now)
        calm = found.lower <= LEAVE and not found.red
        calm = calm and all(getattr(values, name) is not None for name in state.scoring)
        state.calm_since = _held(state.calm_since, calm, now)

    def _step(self, now: int) -> SituationStep | None:
        state = self.state
        chain = state.chains.of(KIND, self._who.key)
        if chain is not None and chain.step is SituationStep.CONFIRMED:
            higher = state.emergency_since is not None and state.emergency_since > chain.reached
            if higher and _lasts(state.emergency_since, now, HOLD_S):
                return SituationStep.LASTING
            if _lasts(state.urgent_since, now, LASTING_S):
                return SituationStep.LASTING
        if _lasts(state.urgent_since, now, HOLD_S):
            return SituationStep.CONFIRMED
        return SituationStep.SUSPECTED if _lasts(state.red_since, now, HOLD_S) else None

    def _began(self, now: int) -> int:
        state = self.state
        held = (state.red_since, state.urgent_since, state.emergency_since)
        return min((one for one in held if one is not None), default=now)

    def _remember(self, values: Values) -> None:
        self.state.scoring = sorted({*self.state.scoring, *_points(values, self._scale)})

    def _sure(self, believed: Believed) -> float:
        """Return how well the worst of what gives points was measured."""
        giving = _points(believed.values, self._scale)
        return min((believed.quality.get(name, 1.0) for name in giving), default=1.0)

    def _why(self, believed: Believed) -> tuple[Contribution, ...]:
        points = _points(believed.values, self._scale)
        pulse = points.pop("pulse", 0)
        rest = sum(points.values())
        said = ((Sense.VITALS, rest), (Sense.HEART_RATE, pulse))
        return tuple(
            Contribution(sense, round(n * ratios.PER_POINT, 3)) for sense, n in said if n > 0
        )

    def _told(self, changes: list[Change], found: Score) -> list[Deterioration]:
        return [Deterioration(change, found) for change in changes]


def _points(values: Values, scale: Scale) -> dict[str, int]:
    """Return the points that each parameter gives for certain, where it gives any."""
    nothing = Values()
    given = {}
    for name in values.__struct_fields__:
        value = getattr(values, name)
        if value is None:
            continue
        oxygen = values.oxygen if name == "saturation" else None
        alone = score(_only(name, value, oxygen), scale).lower
        base = score(nothing if oxygen is None else _only("oxygen", oxygen, None), scale).lower
        if alone > base:
            given[name] = alone - base
    return given


def _only(name: str, value: float | bool, oxygen: bool | None) -> Values:
    fields: dict[str, object] = {name: value}
    if oxygen is not None:
        fields["oxygen"] = oxygen
    return Values(**fields)  # type: ignore[arg-type]


def _held(since: int | None, holds: bool, now: int) -> int | None:
    if not holds:
        return None
    return now if since is None else since


def _lasts(since: int | None, now: int, seconds: float) -> bool:
    return since is not None and now - since >= seconds * SECOND
