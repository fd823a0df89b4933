"""What the camera adds to the hypothesis "somebody is down and needs help", in log-odds.

Comes in: numbers of one `PostureSeen` and how long it has been so. Goes out: log-likelihood
ratios (natural logarithm) by sense, and their probability. The values are set by hand and hold for
camera evidence; what other senses add stands in the table of `fusion.ratios`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from ambient.events import Contribution, Sense
from ambient.observations import Place
from fusion.person import Person

PRIOR: Final = -2.5
"""Log-odds that a person who is tracked at some instant is down and needs help."""

UNSEEN: Final = 0.05
SEEN: Final = 0.35
"""Quality at and under which a posture says nothing, and from which on it counts in full. A pose
that the second detector never bore out is at 0.3: it is slower to alarm, and not without a say."""

_PLACE: Final = {Place.FLOOR: 1.0, Place.CHAIR: -2.0}
_SAFE: Final = {Place.SOFA: 0.98, Place.BED: 0.999, Place.PERMITTED: 0.999}
"""Probability that somebody who lies there needs no help for that."""

LEAST_SAFE: Final = min(_SAFE.values())


@dataclass(frozen=True)
class Judgement:
    """A probability and where it comes from.

    Attributes
    ----------
    hurry
        Whether other senses are so sure that the camera's own waiting times are not kept.
    subject
        Whom it is about, when another sense knows.
    waits
        Whether what this person wears felt no fall, so that it is not confirmed yet.
    decided
        The probability by the camera's own log-odds, set by hand, by which steps are decided;
        `probability` itself when there is none.
    """

    probability: float
    contributions: tuple[Contribution, ...]
    hurry: bool = False
    subject: str | None = None
    waits: bool = False
    decided: float | None = None

    @property
    def decides(self) -> float:
        """Return the probability by which steps are decided."""
        return self.probability if self.decided is None else self.decided


def evidence(
    *,
    down: float,
    down_s: float,
    descent: float,
    still: float,
    place: Place,
    quality: float,
    place_sure: float = 1.0,
    safe: float = 0.0,
) -> Judgement:
    """Judge one person at one instant.

    Parameters
    ----------
    down
        Smoothed probability that the body is down, 0..1.
    down_s
        How long it has been so, seconds.
    descent
        Evidence of a fast descent before it, 0..1.
    still
        Share of the last seconds without movement, 0..1.
    place
        What the person is on.
    quality
        How far the view may be trusted, 0..1; a doubtful view says little either way.
    place_sure
        Probability of `place`, 0..1.
    safe
        Least probability of being on a bed, sofa or permitted place, 0..1.
    """
    trust = max(0.0, min(1.0, (quality - UNSEEN) / (SEEN - UNSEEN)))
    # Time makes a clear view surer; a doubtful one stays doubtful however long it lasts.
    lasting = min(3.0, 0.45 * down_s) * max(0.0, min(1.0, (down - 0.5) / 0.25))
    seen = (
        Contribution(Sense.VISION_POSTURE, round(trust * (_logit(down) + lasting), 3)),
        Contribution(Sense.VISION_DESCENT, round(3.0 * descent - 0.5, 3)),
        Contribution(Sense.VISION_STILLNESS, round(0.8 * (still - 0.5) * min(1.0, down_s / 2), 3)),
    )
    total = PRIOR + sum(part.llr for part in seen)
    where = _place(place, place_sure, safe, total)
    parts = (*seen, Contribution(Sense.PLACE, round(where, 3)))
    return Judgement(probability(total + where), parts)


def _place(place: Place, sure: float, safe: float, total: float) -> float:
    """Return what the place adds to `total`.

    Whoever lies on a bed needs no help for that: as probable as it is that the person is on a
    bed, so much of the probability is taken away.
    """
    quiet = max(safe * _SAFE[Place.SOFA], _SAFE.get(place, 0.0) * sure)
    if quiet == 0.0:
        return _PLACE.get(place, 0.0) * sure
    left = probability(total) * (1.0 - quiet)
    return math.log(left / (1.0 - left)) - max(-30.0, min(30.0, total))


def probability(log_odds: float) -> float:
    """Return the probability that belongs to `log_odds`."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))


def _logit(p: float) -> float:
    clipped = min(0.95, max(0.05, p))
    return math.log(clipped / (1 - clipped))


def verdict(person: Person, t: int, on: Person | None = None) -> Judgement:
    """Judge one person at the instant `t`.

    Parameters
    ----------
    person
        As known at `t`, nanoseconds.
    on
        Whose place counts; the person's own when none is given.
    """
    on = on or person
    since = person.down_since if person.down_since is not None else t
    return evidence(
        down=person.down,
        down_s=max(0.0, (t - since) / 1e9),
        descent=person.descent.clear,
        still=person.still,
        place=Place.FLOOR if person.fell_onto else on.where.place,
        quality=person.quality,
        place_sure=on.where.sure,
        safe=0.0 if person.fell_onto else max(person.where.safe, on.where.safe),
    )
