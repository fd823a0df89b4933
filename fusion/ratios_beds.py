"""The table of ratios for beds: what each piece of evidence says of an occupant's four states.

Each piece has a log-likelihood (natural logarithm, up to a constant that is the same for all four)
for: lies, sits up in bed, sits on the edge, is out. `RATES` tell how often one state follows
another; they are what is believed when no sense says anything. How it is put together stands in
`fusion.bed_belief`, what a camera's looks say in `fusion.bed_looks`, and what the figures were
measured on in docs/situations.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from ambient.events import Sense


class State(StrEnum):
    """What the occupant of a bed does."""

    LIES = "lies"
    SITS = "sits"
    """Up in bed, the legs in it."""
    EDGE = "edge"
    OUT = "out"


LIES, SITS, EDGE, OUT = range(len(State))
"""Where each stands in what is believed and in what evidence is worth."""


class Piece(Struct, frozen=True):
    """What one piece of evidence is worth.

    Attributes
    ----------
    llr
        For lies, sits, edge, out.
    fitted
        Whether it was measured; else it is assumed.
    source
        On what, or why.
    """

    sense: Sense
    llr: tuple[float, float, float, float]
    source: str
    fitted: bool = False


COMPANY: Final = -3.0
"""What a carer's presence, or a second person standing at the bed, adds to needing somebody."""

RATES: Final = (
    (0.0, 1 / 3600, 1 / 3600, 1 / 36000),
    (1 / 45, 0.0, 1 / 60, 1 / 600),
    (1 / 60, 1 / 300, 0.0, 1 / 30),
    (1 / 7200, 1 / 36000, 1 / 1200, 0.0),
)
"""From (row) one state to another (column), a second: assumed from how long people lie, sit and
stay away at night."""

_BED: Final = (
    "assumed: a pressure sensor lets go of one in three who sit on the edge, wavers for seconds "
    "in a night, and stays on for seconds only when somebody has left: while it is on, who walks "
    "away is somebody else"
)
_MAT: Final = (
    "assumed: feet stand on the mat of nine in ten who sit on the edge; carers tread on it for "
    "seconds, which at -4 rang on simulated nights of seed 101 and at -3 did not"
)
_WORN: Final = "assumed: a device on trunk or thigh that hangs as in walking is on somebody upright"
LOOKED: Final = Piece(Sense.VISION_POSTURE, (0.0, 0.0, 0.0, 0.0), "a look that says nothing new")
BED_ON: Final = Piece(Sense.SENSOR_BED, (0.0, 0.0, -0.4, -12.0), _BED)
BED_OFF: Final = Piece(Sense.SENSOR_BED, (-3.5, -2.5, -0.9, 0.0), _BED)
MAT_ON: Final = Piece(Sense.SENSOR_MAT, (-3.0, -3.0, 0.0, -0.5), _MAT)
MAT_OFF: Final = Piece(Sense.SENSOR_MAT, (0.0, 0.0, -2.3, 0.0), _MAT)
TRUNK_UP: Final = Piece(Sense.WEARABLE_ORIENTATION, (-3.5, -0.3, 0.0, 0.0), _WORN)
TRUNK_DOWN: Final = Piece(Sense.WEARABLE_ORIENTATION, (0.0, -2.0, -3.0, -2.5), _WORN)
STEPS: Final = Piece(Sense.WEARABLE_MOVEMENT, (-5.0, -5.0, -3.0, 0.0), _WORN)
