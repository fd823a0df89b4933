"""Figures of groups of recordings: by data set, person, camera view, light, posture, distance.

In: rows and outcomes. Out: `Group`s. What a recording is like is taken from the manifest where it
says so (columns ``view``, ``light``, ``distance``, ``people``, ``end_posture``), else derived from
its words or from what was seen; `Dimension.how` says which. A group by what *we* saw is no truth
about the recording: somebody who was never seen is in a group of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from ambient.evaluate.clip import HOLD_S
from ambient.evaluate.manifest import Label, Row
from ambient.evaluate.measure import Outcome, counted, found
from ambient.evaluate.statistics import (
    Quantiles,
    Rate,
    Share,
    poisson,
    quantiles,
    share_of,
)
from ambient.observations import Posture

Pair = tuple[Row, Outcome]

DIM_LUMA: Final = 70.0
"""Mean brightness of 255 below which a recording is dim."""
GREY: Final = 6.0
"""Mean colourfulness of 255 below which a recording is grey, as from an infrared camera."""
NEAR: Final = 0.65
FAR: Final = 0.35
"""Length of a body in picture heights, from which it is near and below which it is far."""
NOT_SEEN: Final = "nobody seen"
NOT_STATED: Final = "not stated"

_LYING: Final = frozenset({Posture.LYING, Posture.LIE_DOWN, Posture.FALLEN, Posture.FALL})
_LOW: Final = frozenset({Posture.KNEELING, Posture.SQUATTING, Posture.CRAWL})
_SITTING: Final = frozenset({Posture.SITTING, Posture.SIT_DOWN})

_VIEWS: Final = (
    ("ceiling", re.compile(r"\b(ceiling|overhead|top[- ]down)\b", re.I)),
    ("from above", re.compile(r"\b(from above|high|aerial|cctv|surveillance)\b", re.I)),
    (
        "held by hand",
        re.compile(
            r"\b(phone upright|phone camera|moving camera|camera follows|hand-?held)\b", re.I
        ),
    ),
    ("side", re.compile(r"\b(side view|lateral|\(side\)|camera 0)", re.I)),
)


class Group(Struct, frozen=True):
    """Figures of one group of recordings.

    Attributes
    ----------
    sensitivity
        Falls confirmed at or after their start.
    specificity
        Everyday recordings without a confirmed alarm.
    confirmed_after, suspected_after
        Delay from the start of the fall.
    found_held, false_held
        How many of the found falls and of the false alarms came only in the held time.
    """

    sensitivity: Share
    specificity: Share
    confirmed_after: Quantiles
    suspected_after: Quantiles
    found_held: int
    false_held: int


class FalseAlarms(Struct, frozen=True):
    """False confirmed alarms over time.

    Attributes
    ----------
    per_hour
        Alarms within everyday footage, per hour of it.
    per_hour_held
        The same with the held time counted on both sides.
    per_room_day
        Of simulated or real room-days, which another measurement counts; None without one.
    """

    per_hour: Rate
    per_hour_held: Rate
    per_room_day: Rate | None = None


class Dimension(Struct, frozen=True):
    """Figures by one property of the recordings.

    Attributes
    ----------
    name, how
        The property, and where it comes from when the manifest has no column for it.
    given
        For how many recordings the manifest said it.
    groups
        Figures of each value.
    """

    name: str
    how: str
    given: int
    groups: dict[str, Group]


def group(outcomes: Sequence[Outcome], clusters: Mapping[str, Hashable] | None = None) -> Group:
    """Return the figures of a group; a row that could not be measured counts as not found.

    Parameters
    ----------
    outcomes
        Of the group's recordings.
    clusters
        Whom each file shows; with it the shares carry a bootstrap interval as well.
    """
    falls = [out for out in outcomes if out.label == Label.FALL]
    adl = [out for out in outcomes if out.label == Label.ADL and out.error is None]
    hits = [out for out in falls if found(out)]
    false = [out for out in adl if found(out)]
    return Group(
        sensitivity=_share([found(out) for out in falls], falls, clusters),
        specificity=_share([not found(out) for out in adl], adl, clusters),
        confirmed_after=quantiles(delays(hits, confirmed=True)),
        suspected_after=quantiles(delays(hits, confirmed=False)),
        found_held=sum(min(counted(out)) > out.end_s for out in hits),
        false_held=sum(min(counted(out)) > out.end_s for out in false),
    )


def delays(hits: Sequence[Outcome], *, confirmed: bool) -> list[float]:
    """Return the seconds from the start of each fall to its first alarm at or after that."""
    later = [
        [s - (out.fall_start_s or 0.0) for s in (out.alarms if confirmed else out.suspected)]
        for out in hits
    ]
    return [min(one for one in each if one >= 0) for each in later if any(s >= 0 for s in each)]


def clusters_of(rows: Sequence[Row]) -> dict[str, Hashable]:
    """Return whom each file shows: its subject, or itself where nobody is named."""
    return {row.file: (row.dataset, row.subject or row.file) for row in rows}


def false_alarms(outcomes: Sequence[Outcome], per_room_day: Rate | None = None) -> FalseAlarms:
    """Return the rates of false alarms over all everyday recordings."""
    adl = [out for out in outcomes if out.label == Label.ADL and out.error is None]
    hours = sum(out.end_s for out in adl) / 3600
    within = sum(sum(s <= out.end_s for s in out.alarms) for out in adl)
    return FalseAlarms(
        per_hour=poisson(within, hours),
        per_hour_held=poisson(
            sum(len(out.alarms) for out in adl), hours + len(adl) * HOLD_S / 3600
        ),
        per_room_day=per_room_day,
    )


def dimensions(pairs: Sequence[Pair]) -> list[Dimension]:
    """Return the figures by every property; ambiguous recordings are left out."""
    scored = [pair for pair in pairs if pair[0].label is not Label.AMBIGUOUS]
    clusters = clusters_of([row for row, _ in scored])
    result: list[Dimension] = []
    for name, how, said, value in _DIMENSIONS:
        members: dict[str, list[Outcome]] = {}
        given = 0
        for row, outcome in scored:
            stated = said(row)
            given += bool(stated)
            members.setdefault(stated or value(row, outcome), []).append(outcome)
        groups = {key: group(members[key], clusters) for key in sorted(members)}
        result.append(Dimension(name, how, given, groups))
    return result


def _subject(row: Row) -> str:
    return f"{row.dataset}, {row.subject}" if row.subject else ""


def _nobody_named(row: Row, _: Outcome) -> str:
    return f"{row.dataset}, {NOT_STATED}"


def _view(row: Row, _: Outcome) -> str:
    words = f"{row.description} {row.dataset}"
    return next((name for name, pattern in _VIEWS if pattern.search(words)), NOT_STATED)


def _light(_: Row, outcome: Outcome) -> str:
    luma, colour = outcome.facts.luma, outcome.facts.saturation
    if luma is None or colour is None:
        return "not read"
    if colour < GREY:
        return "grey"
    return "dim" if luma < DIM_LUMA else "bright"


def _posture(_: Row, outcome: Outcome) -> str:
    posture = outcome.facts.end_posture
    if posture is None:
        return NOT_SEEN
    if posture in _LYING:
        return "lying"
    if posture in _SITTING:
        return "sitting"
    return "kneeling or crouching" if posture in _LOW else "upright"


def _distance(_: Row, outcome: Outcome) -> str:
    size = outcome.facts.size
    if size is None:
        return NOT_SEEN
    return "near" if size >= NEAR else "far" if size < FAR else "middle"


def _people(_: Row, outcome: Outcome) -> str:
    many = outcome.facts.people
    return NOT_SEEN if many == 0 else f"{many}" if many < 3 else "3 or more"


Said = Callable[[Row], str]
Derived = Callable[[Row, Outcome], str]
_DIMENSIONS: Final[tuple[tuple[str, str, Said, Derived], ...]] = (
    ("data set", "by the manifest", lambda row: row.dataset, lambda row, _: row.dataset),
    ("subject", "by the manifest, within its data set", _subject, _nobody_named),
    (
        "camera view",
        "words of the manifest's description and data set",
        lambda row: row.view,
        _view,
    ),
    (
        "light",
        f"median brightness of the frames: below {DIM_LUMA:g} of 255 dim; grey when colourfulness "
        f"is below {GREY:g} of 255",
        lambda row: row.light,
        _light,
    ),
    (
        "posture at the end",
        "as we saw it in the last second, of the person most down",
        lambda row: row.end_posture,
        _posture,
    ),
    (
        "distance",
        f"median length of a body as we saw it: from {NEAR:g} of the picture's height near, "
        f"below {FAR:g} far",
        lambda row: row.distance,
        _distance,
    ),
    (
        "people",
        "most that we saw at once in at least 5 % of the frames",
        lambda row: row.people,
        _people,
    ),
)


def _share(
    hits: list[bool], outcomes: list[Outcome], clusters: Mapping[str, Hashable] | None
) -> Share:
    named = None if clusters is None else [clusters[out.file] for out in outcomes]
    return share_of(hits, named)
