"""Read the scorecard of looks at beds, and refuse one in which a part turns round.

Comes in: ``bed_looks.toml``, that of this version or one that ``ambient train beds`` wrote. Goes
out: a `Card` of which these hold whatever it was learned on, so that what its nights never held is
not taken for the contrary:

- being more upright, less down, or further from where one lay never speaks for lying (`RISING`);
- being further out or less deep in the outline never speaks for being in bed against the edge, nor
  for the edge against being out (`OUTER`);
- how sure the label is, and how long the body looks, say little, whichever way (`BOUNDED`), and so
  does the label (`LABEL`): that of somebody upright never speaks for lying, and *other*, which an
  outline alone is called, for nothing;
- how much of the body is seen says nothing; it only weighs the look (`fusion.bed_looks.weight`).
"""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from ambient.errors import ModelError
from ambient.observations import Posture
from fusion.bed_looks import ABOUT, HOW, TOGETHER, WHERE, Card, Worth
from fusion.ratios_beds import EDGE, LIES, OUT, SITS

FILE: Final = "bed_looks.toml"
RISING: Final = {"upright": True, "down": False, "apart": True}
"""Parts that never speak for lying as they rise (True) or fall (False)."""
OUTER: Final = {"outwards": True, "depth": False}
"""Parts that speak for the edge, then for being out, as they rise (True) or fall (False)."""
BOUNDED: Final = {"sure": 0.6, "size": 0.8}
"""Parts that may say anything, and how much at most they speak for one state against another."""
LABEL: Final = 2.0
"""The same of the label."""
UPRIGHT: Final = frozenset(
    {
        Posture.STANDING,
        Posture.WALK,
        Posture.JUMP,
        Posture.KNEELING,
        Posture.SQUATTING,
        Posture.CRAWL,
    }
)
"""Labels of somebody who does not lie."""
_CLOSE: Final = 1e-6


def read(path: Path | None = None) -> Card:
    """Read a scorecard; without a path the one that this version of Ambient carries.

    Raises
    ------
    ModelError
        It is missing, damaged, or a part of it says what it must not.
    """
    place = files("fusion") / FILE if path is None else path
    try:
        card = msgspec.toml.decode(place.read_bytes(), type=Card)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise ModelError(
            f"{place}: expected the scorecard of looks at beds, got {error}; install Ambient "
            "again, or make it with: ambient train beds"
        ) from error
    for wrong in faults(card):
        raise ModelError(f"{place}: {wrong}; make it again with: ambient train beds")
    return card


@cache
def carried() -> Card:
    """Return the scorecard that this version of Ambient carries, read once."""
    return read()


def faults(card: Card) -> list[str]:
    """Return what is wrong with a card, in words; empty when nothing is."""
    return _names(card) or [*_shapes(card)] or [*_turned(card), *_too_much(card)]


def _names(card: Card) -> list[str]:
    parts: tuple[tuple[str, set[str], set[str]], ...] = (
        ("numbers", set(card.numbers), set(ABOUT)),
        ("posture", {one.value for one in card.posture}, {one.value for one in Posture}),
        ("together", set(card.together), set(TOGETHER)),
    )
    return [
        f"{name}: expected one entry for each of {', '.join(sorted(expected))}; missing or "
        f"unknown: {', '.join(sorted(got ^ expected))}"
        for name, got, expected in parts
        if got != expected
    ]


def _shapes(card: Card) -> list[str]:
    wrong = []
    rows = [card.base, *card.posture.values(), *card.together.values()]
    for name, steps in card.numbers.items():
        rising = all(a < b for a, b in pairwise(steps.edges))
        if not rising or len(steps.llr) != len(steps.edges) + 1:
            wrong.append(
                f"numbers.{name}: expected rising edges and one llr more than edges, got "
                f"{len(steps.edges)} edges and {len(steps.llr)}"
            )
        rows += steps.llr
    if not all(math.isfinite(value) for row in rows for value in row):
        wrong.append("expected finite numbers")
    return wrong


def _turned(card: Card) -> list[str]:
    """Return which parts turn round."""
    wrong = []
    for name, up in RISING.items():
        rows = card.numbers[name].llr[:: 1 if up else -1]
        if not all(_never_lies(a, b) for a, b in pairwise(rows)):
            how = "further up" if up else "further down"
            wrong.append(f"numbers.{name}: expected that no step {how} speaks for lying")
    for name, up in OUTER.items():
        rows = card.numbers[name].llr[:: 1 if up else -1]
        if not all(_outer(a, b) for a, b in pairwise(rows)):
            how = "further up" if up else "further down"
            wrong.append(
                f"numbers.{name}: expected that no step {how} speaks for the bed against the edge, "
                "or for the edge against being out"
            )
    if not all(
        _never_lies(card.together[f"{a}-{where}"], card.together[f"{b}-{where}"])
        for where in WHERE
        for a, b in pairwise(HOW)
    ):
        wrong.append("together: expected that nothing more upright speaks for lying")
    if not all(
        _from_bed(card.together[f"{how}-{a}"], card.together[f"{how}-{b}"])
        for how in HOW
        for a, b in pairwise(WHERE)
    ):
        wrong.append("together: expected that nothing further out speaks for being in bed")
    if any(card.posture[one][LIES] > min(card.posture[one][EDGE:]) + _CLOSE for one in UPRIGHT):
        wrong.append("posture: expected that no label of somebody upright speaks for lying")
    if any(card.posture[Posture.OTHER]):
        wrong.append("posture.other: expected that it speaks for nothing")
    return wrong


def _too_much(card: Card) -> list[str]:
    parts = [(f"numbers.{name}", card.numbers[name].llr, most) for name, most in BOUNDED.items()]
    parts.append(("posture", list(card.posture.values()), LABEL))
    return [
        f"{name}: expected that no value is beyond {most / 2}"
        for name, rows, most in parts
        if any(abs(value) > most / 2 + _CLOSE for row in rows for value in row)
    ]


def _never_lies(before: Worth, after: Worth) -> bool:
    """Return whether lying gains on no other state."""
    gain = after[LIES] - before[LIES]
    return all(gain <= after[k] - before[k] + _CLOSE for k in (SITS, EDGE, OUT))


def _from_bed(before: Worth, after: Worth) -> bool:
    """Return whether neither lying nor sitting up gains on the edge or on being out."""
    lies, sits, edge, out = (b - a for a, b in zip(before, after, strict=True))
    return max(lies, sits) <= min(edge, out) + _CLOSE


def _outer(before: Worth, after: Worth) -> bool:
    """Return whether nothing gains on what is further out."""
    lies, sits, edge, out = (b - a for a, b in zip(before, after, strict=True))
    return max(lies, sits) <= edge + _CLOSE and edge <= out + _CLOSE
