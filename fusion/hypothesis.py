"""A hypothesis in log-odds: pieces of evidence of any sense in, contributions and their sum out.

    log-odds(t) = prior + sum over causes c of  max_c + (1 - overlap_c) · (the rest of c)
    worth of a piece at t = llr · 2^(-(t - measured) / half-life)

A piece belongs to a situation by its latency window. Of one sense the strongest piece for and the
strongest against count; of one cause the strongest counts in full and what is correlated with it
in part, so that one thing that several senses noticed is not counted over and over. A sense that
says nothing has no piece and adds nothing. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from msgspec import Struct

from ambient.events import MAX_LIST, Contribution, Sense
from fusion.evidence import Judgement, probability
from fusion.ratios import Hypothesis, Ratio

MOST_KEPT: Final = 64
"""Pieces that are remembered; beyond, the oldest go."""
_SECOND: Final = 1e9
FAINT: Final = 0.02
"""What is worth less than this is left out."""


class Evidence(Struct, frozen=True):
    """One piece, as it was measured.

    Attributes
    ----------
    ratio
        Its name in the table.
    source
        Who measured it; a newer one of the same name and source takes its place.
    at
        When what it tells of happened: decides whether it belongs to a situation.
    t
        When it was measured last: it ages from here.
    llr
        Worth at `t`, its quality taken into account.
    subject
        Whom it is about, when known.
    """

    ratio: str
    source: str
    at: int
    t: int
    llr: float
    subject: str | None = None


class Weighed(Struct, frozen=True):
    """What pieces are worth together: `total` is the sum of the contributions."""

    total: float
    contributions: tuple[Contribution, ...]


class Pieces(Struct):
    """What is remembered of all senses; survives a restart."""

    kept: list[Evidence] = []

    def add(self, piece: Evidence) -> None:
        """Remember a piece in place of what the same source said of the same before."""
        self.kept = [*self._others(piece.ratio, piece.source), piece][-MOST_KEPT:]

    def drop(self, ratio: str, source: str) -> None:
        """Forget a piece."""
        self._keep(self._others(ratio, source))

    def forget(self, hypothesis: Hypothesis, t: int) -> None:
        """Forget what is worth nothing at `t`, nor at any later instant."""
        kept = []
        for piece in self.kept:
            ratio = hypothesis.ratios.get(piece.ratio)
            if ratio is None:
                continue  # of another version of the table
            age_s = (t - piece.t) / _SECOND if t > piece.t else 0.0
            worth = abs(piece.llr) * 0.5 ** (age_s / ratio.half_life_s)
            if worth >= FAINT:
                kept.append(piece)
        self._keep(kept)

    def _others(self, ratio: str, source: str) -> list[Evidence]:
        return [e for e in self.kept if e.ratio != ratio or e.source != source]

    def _keep(self, left: list[Evidence]) -> None:
        """Keep what is left; the same list where that is all: whoever weighed it need not again."""
        if len(left) < len(self.kept):
            self.kept = left


def belongs(ratio: Ratio, piece: Evidence, began: int) -> bool:
    """Return whether a piece belongs to the situation that began at `began` (ns)."""
    return -ratio.before_s <= (piece.at - began) / _SECOND <= ratio.after_s


def weigh(
    hypothesis: Hypothesis,
    pieces: Iterable[Evidence],
    began: int,
    t: int,
    given: Sequence[tuple[str, Contribution]] = (),
) -> Weighed:
    """Weigh pieces for the situation that began at `began`, as of `t`.

    Parameters
    ----------
    hypothesis
        From the table.
    pieces
        Those that do not belong to the situation by their window are left out.
    began, t
        Nanoseconds.
    given
        Contributions that were weighed elsewhere, with their cause; they count like a piece.
    """
    best: dict[tuple[str, Sense, bool], float] = {}
    for cause, one in given:
        key = (cause, one.sense, one.llr > 0)
        best[key] = best.get(key, 0.0) + one.llr
    for piece in pieces:
        ratio = hypothesis.ratios.get(piece.ratio)
        if ratio is None:
            continue
        if not belongs(ratio, piece, began):
            continue
        age_s = max(0.0, (t - piece.t) / _SECOND)
        worth = piece.llr * 0.5 ** (age_s / ratio.half_life_s)
        if abs(worth) < FAINT:
            continue
        key = (ratio.cause, ratio.sense, worth > 0)
        if abs(worth) > abs(best.get(key, 0.0)):
            best[key] = worth
    return _together(hypothesis, best)


def scaled(hypothesis: Hypothesis, seen: Judgement) -> Judgement:
    """Return a camera's judgement by what its log-odds are worth; each part gives in alike."""
    total = sum(one.llr for one in seen.contributions)
    worth = hypothesis.camera.at(hypothesis.prior + total) - hypothesis.prior
    if worth == total or total <= 0.0:
        return seen
    share = worth / total
    parts = tuple(Contribution(c.sense, round(share * c.llr, 3)) for c in seen.contributions)
    odds = hypothesis.prior + sum(one.llr for one in parts)
    return replace(seen, probability=probability(odds), contributions=parts, decided=seen.decides)


def strongest(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Return at most as many as an event may carry, the weakest left out."""
    listed = list(contributions)
    if len(listed) <= MAX_LIST:
        return listed
    least = sorted((abs(one.llr) for one in listed), reverse=True)[MAX_LIST - 1]
    return [one for one in listed if abs(one.llr) >= least][:MAX_LIST]


def _together(hypothesis: Hypothesis, best: dict[tuple[str, Sense, bool], float]) -> Weighed:
    """Return the sum in which further pieces of one cause and sign count in part."""
    leading: dict[tuple[str, bool], float] = {}
    for (cause, _, sign), worth in best.items():
        leading[cause, sign] = max(leading.get((cause, sign), 0.0), abs(worth))
    led: set[tuple[str, bool]] = set()
    by_sense: dict[Sense, float] = {}
    for (cause, sense, sign), worth in best.items():
        group = cause, sign
        full = abs(worth) == leading[group] and group not in led
        if full:
            led.add(group)
        counted = worth if full else worth * (1.0 - hypothesis.overlap.get(cause, 0.0))
        by_sense[sense] = by_sense.get(sense, 0.0) + counted
    contributions = tuple(Contribution(s, round(w, 3)) for s, w in by_sense.items())
    return Weighed(sum(one.llr for one in contributions), contributions)
