"""What was found about vital signs, in the fields of events.

Comes in: what the judges of `fusion.physiology` state. Goes out: a `Say` for a summary, else the
step of a chain with its own fields, from which the room's events are made. Figures are rounded:
more digits than their devices resolve say nothing. Pure.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.events import AnyEvent, Mark, Purpose, SummaryDaily, SummaryHourly
from fusion.chains import Change
from fusion.deterioration import Deterioration
from fusion.glucose import Glucose
from fusion.vitals_baseline import Deviation
from fusion.vitals_summary import UNIT, VERSION, Figure
from fusion.voice_events import Say


class Span(Struct, frozen=True):
    """An hour or a day of one resident that is over.

    Attributes
    ----------
    daily
        Whether it is a day.
    figures
        What was measured in it, none where nothing was.
    """

    subject: str
    daily: bool
    began: int
    ended: int
    figures: list[Figure]


Judged = Deterioration | Deviation | Glucose | Change
"""A `Change` alone is of a rhythm."""
Stated = Span | Judged

_KIND: Final[dict[bool, type[AnyEvent]]] = {False: SummaryHourly, True: SummaryDaily}


def say(span: Span) -> Say:
    """Return what the summary of `span` says."""
    family = "day" if span.daily else "hour"
    return Say(
        kind=_KIND[span.daily],
        family=f"vitals-{family}-{span.subject}",
        began=span.began,
        position=0,
        t=span.ended,
        fields={
            "subject": span.subject,
            "purpose": Purpose.VITALS,
            "began": span.began,
            "marks": [_mark(one) for one in span.figures],
        },
    )


def judged(
    stated: Deterioration | Deviation | Glucose | Change,
) -> tuple[Change, dict[str, object]]:
    """Return the step of the chain, and the fields that its kind has beside every situation's."""
    match stated:
        case Deterioration(change=change, score=score):
            return change, {
                "lower": score.lower,
                "upper": score.upper,
                "missing": score.missing,
                "red": score.red,
            }
        case Deviation(change=change, marker=marker, z=z):
            return change, {"marker": marker, "z": round(z, 2)}
        case Glucose(change=change, in_s=in_s):
            return change, {"in_s": float(round(in_s))}
        case Change():
            return stated, {}


def _mark(figure: Figure) -> Mark:
    unit, decimals = UNIT[figure.marker]
    return Mark(
        marker=figure.marker,
        version=VERSION,
        value=round(figure.value, decimals),
        unit=unit,
        seconds=round(figure.seconds, 1),
    )
