"""What one look of a camera at a bed's occupant is worth: a scorecard that was learned.

Comes in: ``bed_looks.toml`` beside this module, written by ``ambient train beds``; a look goes in
as it is seen (`PostureSeen`) and where its hips are (`Shift`). Goes out: a `Piece`, the
log-likelihoods of lying, sitting up, sitting on the edge and being out, up to a constant. The card
adds what each part says of the look; a part is a number cut into steps, or a name. So what a look
is worth can be read line by line, and reviewed.

No part can turn round, whatever it was learned on, and a card in which one does is refused (see
`fusion.bed_card`).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated, Final

from msgspec import Meta, Struct

from ambient.events import Sense
from ambient.observations import Posture, PostureSeen
from fusion.bed_people import Shift
from fusion.ratios_beds import Piece

MOST: Final = 8.0
"""No look is worth more: e^8 is 3,000 to 1."""
PLAINLY: Final = 2.0
"""Who is seen upright and away from where they lay is so much likelier up than in bed."""
OUTSIDE: Final = 1.0
"""So is whose hips are outside the bed, away from where they lay, even lying: who slid off it."""
HALF, UP = 0.2, 0.5
HERE, RIM, AWAY = 0.1, 0.03, 0.35
"""Borders between what `together` tells apart: probability of being upright, lengths of a body."""

KEPT: Final = 4096
"""Of so many sorts of looks it is kept what they are worth."""

Worth = tuple[float, float, float, float]
"""Of lies, sits, edge, out."""

ABOUT: Final = {
    "upright": "probability of standing, walking, or sitting off the floor",
    "down": "probability that the body is down",
    "sure": "probability of the most probable label",
    "size": "length of the body in the picture as a share of what it is when lying",
    "apart": "hips from where they are when lying, lengths of the body",
    "outwards": "how much further out than there, lengths of the body",
    "depth": "how far inside the bed's outline, lengths of the body; below 0 outside",
}


class Steps(Struct, frozen=True, forbid_unknown_fields=True):
    """What a number says.

    Attributes
    ----------
    about
        What it is, with its unit.
    edges
        Where one step ends and the next begins, rising.
    llr
        Of each step, one more than there are edges.
    """

    about: str
    edges: list[float]
    llr: list[Worth]


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """The scorecard.

    Attributes
    ----------
    version
        Semantic version; a change of a value is a new one.
    source
        On what it was learned, by which command.
    base
        What is added to each look.
    numbers
        By the name of the number, see `numbers`.
    posture
        By the most probable label.
    together
        By how upright and where at once, see `together`.
    """

    version: str
    source: Annotated[str, Meta(min_length=20)]
    base: Worth
    numbers: dict[str, Steps]
    posture: dict[Posture, Worth]
    together: dict[str, Worth]

    def piece(self, seen: PostureSeen, shift: Shift) -> Piece:
        """Return what a look is worth, 0 for the likeliest and -`MOST` at least."""
        a, b, c, d = self.worth(seen, shift)
        top = max(a, b, c, d)
        return Piece(
            Sense.VISION_POSTURE,
            (max(-MOST, a - top), max(-MOST, b - top), max(-MOST, c - top), max(-MOST, d - top)),
            self.source,
            fitted=True,
        )

    def worth(self, seen: PostureSeen, shift: Shift) -> Worth:
        """Return the sum of the parts, before it is bounded to `MOST`."""
        a, b, c, d = self.base
        rows: list[Worth] = []
        for name, value in numbers(seen, shift):
            steps = self.numbers[name]
            rows.append(steps.llr[bisect_right(steps.edges, value)])
        rows += self.posture[seen.posture], self.together[together(seen, shift)]
        for ea, eb, ec, ed in rows:
            a += ea
            b += eb
            c += ec
            d += ed
        if shift.outwards >= AWAY and (seen.upright >= UP or shift.depth < 0.0):
            most = max(c, d) - (PLAINLY if seen.upright >= UP else OUTSIDE)
            a, b = min(a, most), min(b, most)
        return a, b, c, d


class Looks:
    """What a card says of looks, kept: those that fall into the same steps are worth the same.

    Parameters
    ----------
    card
        To ask.
    """

    def __init__(self, card: Card) -> None:
        self._card = card
        self._edges = tuple(card.numbers[name].edges for name in ABOUT)
        self._kept: dict[tuple[object, ...], Piece] = {}

    def piece(self, seen: PostureSeen, shift: Shift) -> Piece:
        """Return what a look is worth, as `Card.piece` says."""
        upright, down, sure, size, apart, outwards, depth = self._edges
        key = (
            bisect_right(upright, seen.upright),
            bisect_right(down, seen.down),
            bisect_right(sure, seen.probability),
            bisect_right(size, shift.size),
            bisect_right(apart, shift.apart),
            bisect_right(outwards, shift.outwards),
            bisect_right(depth, shift.depth),
            seen.posture,
            together(seen, shift),
            shift.depth < 0.0,
        )
        known = self._kept.get(key)
        if known is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            known = self._kept[key] = self._card.piece(seen, shift)
        return known


def numbers(seen: PostureSeen, shift: Shift) -> tuple[tuple[str, float], ...]:
    """Return the numbers of a look, with their names."""
    return (
        ("upright", seen.upright),
        ("down", seen.down),
        ("sure", seen.probability),
        ("size", shift.size),
        ("apart", shift.apart),
        ("outwards", shift.outwards),
        ("depth", shift.depth),
    )


def weight(seen: PostureSeen) -> float:
    """Return how far a look counts for what is seen of the body, 0.2..1."""
    share = seen.quality / 0.5
    return 0.2 if share < 0.2 else 1.0 if share > 1.0 else share


def together(seen: PostureSeen, shift: Shift) -> str:
    """Return how upright somebody is seen and where the hips are, as one name.

    *Here* is where they lie, *in* elsewhere and no nearer to the outline, then *rim* and *away*.
    """
    here, elsewhere, rim, away = (
        _LIES if seen.upright < HALF else _HALF if seen.upright < UP else _UP
    )
    if shift.outwards >= AWAY:
        return away
    if shift.apart < HERE:
        return here
    return rim if shift.outwards >= RIM else elsewhere


HOW: Final = ("lies", "half", "up")
WHERE: Final = ("here", "in", "rim", "away")
_LIES, _HALF, _UP = (tuple(f"{how}-{where}" for where in WHERE) for how in HOW)
TOGETHER: Final = (*_LIES, *_HALF, *_UP)
