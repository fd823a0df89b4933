"""What was found about vital signs, in the fields of events.

Comes in: what the judges of `fusion.physiology` state. Goes out: a `Say`, from which the room's
events are made. Figures are rounded: more digits than their devices resolve say nothing. Pure.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.events import (
    AnyEvent,
    Mark,
    Purpose,
    SenseState,
    SummaryDaily,
    SummaryHourly,
    VitalsDeterioration,
    VitalsDeviation,
    VitalsGlucose,
    VitalsRhythm,
)
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


Stated = Span | Deterioration | Deviation | Glucose | Change
"""A `Change` alone is of a rhythm."""

_KIND: Final[dict[bool, type[AnyEvent]]] = {False: SummaryHourly, True: SummaryDaily}


def say(stated: Stated, senses: list[SenseState]) -> Say:
    """Return what an event says of `stated`, with how each sense of the room is."""
    match stated:
        case Span():
            family = "day" if stated.daily else "hour"
            return Say(
                kind=_KIND[stated.daily],
                family=f"vitals-{family}-{stated.subject}",
                began=stated.began,
                position=0,
                t=stated.ended,
                fields={
                    "subject": stated.subject,
                    "purpose": Purpose.VITALS,
                    "began": stated.began,
                    "marks": [_mark(one) for one in stated.figures],
                },
            )
        case Deterioration(change=change, score=score):
            return _situation(
                VitalsDeterioration,
                change,
                senses,
                lower=score.lower,
                upper=score.upper,
                missing=score.missing,
                red=score.red,
            )
        case Deviation(change=change, marker=marker, z=z):
            return _situation(VitalsDeviation, change, senses, marker=marker, z=round(z, 2))
        case Glucose(change=change, in_s=in_s):
            return _situation(VitalsGlucose, change, senses, in_s=float(round(in_s)))
        case Change():
            return _situation(VitalsRhythm, stated, senses)


def _situation(
    kind: type[AnyEvent], change: Change, senses: list[SenseState], **own: object
) -> Say:
    return Say(
        kind=kind,
        family=f"{change.kind.value}-{change.who.key}",
        began=change.began,
        position=change.position,
        t=change.t,
        fields={
            "subject": change.who.subject,
            "probability": round(change.probability, 4),
            "contributions": list(change.contributions),
            "senses": senses,
            "step": change.step,
            "lasted_s": round(change.lasted_s, 3),
            **own,
        },
    )


def _mark(figure: Figure) -> Mark:
    unit, decimals = UNIT[figure.marker]
    return Mark(
        marker=figure.marker,
        version=VERSION,
        value=round(figure.value, decimals),
        unit=unit,
        seconds=round(figure.seconds, 1),
    )
