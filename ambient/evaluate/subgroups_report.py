"""What was said of drawn people, compared by subgroup; pure but for the hash of the code.

In: every clip, with its levels and what was seen and said. Out: shares and gaps. The levels of an
attribute are compared over the same falls, so the interval of a gap is that of pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ambient.evaluate.clip import default_config
from ambient.evaluate.robustness import code_hash
from ambient.evaluate.statistics import (
    Difference,
    Quantiles,
    Rate,
    Share,
    paired,
    poisson,
    quantiles,
    wilson,
)
from ambient.evaluate.subgroups_scenes import LEVELS, Attribute, Level, Zones
from ambient.evaluate.subgroups_watch import Cause, Watched

ALLOWED_GAP: Final = 0.05


class FallSeen(Struct, frozen=True):
    """One drawn fall and what was said of it.

    Attributes
    ----------
    number
        Of the base scene.
    fall
        How the person comes down.
    levels
        Of every attribute.
    start_s
        When the fall begins.
    watched
        What was seen and said.
    """

    number: int
    fall: str
    levels: dict[Attribute, Level]
    start_s: float
    watched: Watched

    @property
    def found(self) -> bool:
        """Whether an alarm was confirmed at or after the start of the fall."""
        return self.watched.cause(self.start_s) is None


class BedSeen(Struct, frozen=True):
    """Somebody who lies on a bed or sofa, and what was said of it.

    Attributes
    ----------
    soft
        Bed or sofa, lain on from the start or lain down on, under a blanket or not.
    place
        Where the person was last said to be.
    """

    number: int
    soft: str
    zones: Zones
    levels: dict[Attribute, Level]
    confirmed: int
    suspected: int
    seen: bool
    place: str


class LevelFound(Struct, frozen=True):
    """Falls of one level of an attribute.

    Attributes
    ----------
    found, suspected
        Of the falls, those confirmed and those at least suspected.
    gap
        Found less the best level's, over the same falls; nil for the best itself.
    causes
        Of the falls that were missed, where they were lost.
    """

    level: Level
    found: Share
    suspected: Share
    gap: Difference
    causes: dict[Cause, int]


class AttributeFound(Struct, frozen=True):
    """All levels of one attribute.

    Attributes
    ----------
    best
        The level of which most falls were found.
    largest_gap
        Between the best level and the worst.
    """

    attribute: Attribute
    levels: list[LevelFound]
    best: Level
    largest_gap: Difference


class BedFound(Struct, frozen=True):
    """People on beds and sofas, of one kind of knowledge.

    Attributes
    ----------
    per_clip
        Confirmed alarms a clip.
    suspected_per_clip
        Suspected falls a clip.
    alarmed
        Of the clips, those with a confirmed alarm.
    seen
        Of the clips, those in which anybody was seen once the person lay.
    """

    zones: Zones
    per_clip: Rate
    suspected_per_clip: Rate
    alarmed: Share
    seen: Share


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    all
        All clips with falls, one for each base scene and each level other than its own.
    base
        The base scenes alone.
    by_fall
        All clips by how the person comes down.
    confirmed_after
        Seconds from the start of the fall.
    beyond
        Attributes whose largest gap is above `ALLOWED_GAP`.
    causes
        Of all misses.
    missed
        Every miss: its base scene and its levels.
    early
        Alarms confirmed before the fall began.
    beds
        People on beds and sofas.
    bed_alarms
        Every clip of them with an alarm, and what the node took the place for.
    """

    seed: int
    count: int
    all: Share
    base: Share
    by_fall: dict[str, Share]
    confirmed_after: Quantiles
    attributes: list[AttributeFound]
    beyond: list[Attribute]
    causes: dict[Cause, int]
    missed: list[str]
    early: int
    beds: list[BedFound]
    bed_alarms: list[str]
    clips: int
    seconds: float
    config_version: str
    code: str


def summarise(
    falls: Sequence[FallSeen], beds: Sequence[BedSeen], seed: int, count: int, seconds: float
) -> Report:
    """Return the report; pure but for the hash of the code."""
    attributes = [attribute_found(falls, attribute) for attribute in LEVELS]
    causes = Counter(one.watched.cause(one.start_s) for one in falls if not one.found)
    delays = [
        min(t for t in one.watched.confirmed if t >= one.start_s) - one.start_s
        for one in falls
        if one.found
    ]
    base = {one.number: one for one in reversed(falls)}
    kinds = dict.fromkeys(one.fall for one in falls)
    return Report(
        seed=seed,
        count=count,
        all=_found(falls),
        base=_found(list(base.values())),
        by_fall={kind: _found([one for one in falls if one.fall == kind]) for kind in kinds},
        confirmed_after=quantiles(delays),
        attributes=attributes,
        beyond=[
            one.attribute
            for one in attributes
            if one.largest_gap.change is not None and one.largest_gap.change < -ALLOWED_GAP
        ],
        causes={cause: n for cause, n in causes.items() if cause is not None},
        missed=[_words(one) for one in falls if not one.found],
        early=sum(t < one.start_s for one in falls for t in one.watched.confirmed),
        beds=[_beds([one for one in beds if one.zones is zones], zones) for zones in Zones],
        bed_alarms=[
            f"{one.number}: {one.soft}, {one.zones}, taken for {one.place}, "
            f"{one.levels[Attribute.VIEW]}, {one.levels[Attribute.LIGHT]}"
            for one in beds
            if one.confirmed
        ],
        clips=len(falls) + len(beds),
        seconds=round(seconds, 1),
        config_version=default_config("drawn").version,
        code=code_hash(),
    )


def attribute_found(falls: Sequence[FallSeen], attribute: Attribute) -> AttributeFound:
    """Compare the levels of one attribute over the scenes that show all of them; pure.

    Raises
    ------
    ValueError
        When a base scene lacks a level.
    """
    by = {level: _matched(falls, attribute, level) for level in LEVELS[attribute]}
    numbers = sorted({one.number for one in falls})
    hits: dict[Level, list[bool]] = {}
    for level, scenes in by.items():
        if sorted(scenes) != numbers:
            raise ValueError(
                f"{attribute} {level}: expected scenes {numbers}, got {sorted(scenes)}"
            )
        hits[level] = [scenes[number].found for number in numbers]
    best = max(hits, key=lambda level: sum(hits[level]))
    levels = []
    for level, scenes in by.items():
        causes = Counter(one.watched.cause(one.start_s) for one in scenes.values())
        suspected = [any(t >= s.start_s for t in s.watched.suspected) for s in scenes.values()]
        levels.append(
            LevelFound(
                level=level,
                found=wilson(sum(hits[level]), len(numbers)),
                suspected=wilson(sum(suspected), len(numbers)),
                gap=paired(hits[best], hits[level]),
                causes={cause: n for cause, n in causes.items() if cause is not None},
            )
        )
    worst = min(levels, key=lambda one: (one.found.k, one.level == best))
    return AttributeFound(attribute, levels, best, worst.gap)


def _matched(falls: Sequence[FallSeen], attribute: Attribute, level: Level) -> dict[int, FallSeen]:
    """Return of each base scene the clip with this level and all else as in the base."""
    bases: dict[int, dict[Attribute, Level]] = {}
    out: dict[int, FallSeen] = {}
    for one in falls:  # the first of each number is its base
        base = bases.setdefault(one.number, one.levels)
        if one.levels == base | {attribute: level}:
            out[one.number] = one
    return out


def _found(falls: Sequence[FallSeen]) -> Share:
    return wilson(sum(one.found for one in falls), len(falls))


def _beds(beds: Sequence[BedSeen], zones: Zones) -> BedFound:
    n = len(beds)
    return BedFound(
        zones=zones,
        per_clip=poisson(sum(one.confirmed for one in beds), float(n)),
        suspected_per_clip=poisson(sum(one.suspected for one in beds), float(n)),
        alarmed=wilson(sum(one.confirmed > 0 for one in beds), n),
        seen=wilson(sum(one.seen for one in beds), n),
    )


def _words(one: FallSeen) -> str:
    levels = ", ".join(f"{attribute} {level}" for attribute, level in one.levels.items())
    watched = one.watched
    return (
        f"{one.number}: {one.fall}; {levels}: {watched.cause(one.start_s)} "
        f"(seen in {watched.seen}, down in {watched.down} of {watched.looks} frames, "
        f"place {watched.place})"
    )
