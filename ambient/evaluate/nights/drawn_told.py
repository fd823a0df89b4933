"""What was told of drawn stretches: the figures of a camera alone, and beside a bed sensor and mat.

In: stretches measured. Out: shares and seconds. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from ambient.evaluate.statistics import Quantiles, Share, quantiles, wilson


class Said(Struct, frozen=True):
    """Of one stretch: the first confirmed edge and exit, and whether a fall was, seconds."""

    edge: float | None = None
    exit: float | None = None
    fell: bool = False


class Stretch(Struct, frozen=True):
    """One drawn stretch measured; seconds from its first frame.

    Attributes
    ----------
    edge, stood
        When the person sits on the edge and stands up; None of who does neither.
    camera, beside
        What was said by the camera alone, and beside a bed sensor and a mat.
    """

    number: int
    doing: str
    rail: bool
    edge: float | None
    stood: float | None
    camera: Said
    beside: Said


class Told(Struct, frozen=True):
    """Figures of one set of senses.

    Attributes
    ----------
    found
        Of the get-ups, those told at the edge before standing.
    exits
        … those told as an exit by the end of the stretch.
    after_edge, warning
        Seconds from sitting on the edge to the alarm, and from it to standing up.
    false
        Of the stretches without anybody on the edge, those in which an edge or exit rang.
    fell
        Of all stretches, those in which a fall was confirmed of nobody.
    """

    found: Share
    exits: Share
    after_edge: Quantiles
    warning: Quantiles
    false: Share
    fell: Share


class Report(Struct, frozen=True):
    """The whole measurement; people sit on the edge for `sat` seconds here."""

    seed: int
    sat: Quantiles
    camera: Told
    beside: Told
    stretches: list[Stretch]


def summarise(stretches: Sequence[Stretch], seed: int) -> Report:
    """Return the report of stretches."""
    return Report(
        seed=seed,
        sat=quantiles(
            [
                one.stood - one.edge
                for one in stretches
                if one.stood is not None and one.edge is not None
            ]
        ),
        camera=_told(stretches, lambda one: one.camera),
        beside=_told(stretches, lambda one: one.beside),
        stretches=list(stretches),
    )


def _told(stretches: Sequence[Stretch], said: Callable[[Stretch], Said]) -> Told:
    ups = [
        (said(one), one.edge, one.stood)
        for one in stretches
        if one.edge is not None and one.stood is not None
    ]
    in_time = [
        (told.edge, edge, stood)
        for told, edge, stood in ups
        if told.edge is not None and told.edge <= stood
    ]
    others = [said(one) for one in stretches if one.stood is None]
    return Told(
        found=wilson(len(in_time), len(ups)),
        exits=wilson(sum(told.exit is not None for told, _, _ in ups), len(ups)),
        after_edge=quantiles([at - edge for at, edge, _ in in_time]),
        warning=quantiles([stood - at for at, _, stood in in_time]),
        false=wilson(
            sum(one.edge is not None or one.exit is not None for one in others), len(others)
        ),
        fell=wilson(sum(said(one).fell for one in stretches), len(stretches)),
    )
