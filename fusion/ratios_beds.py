"""The table of ratios for beds: what each piece of evidence says of an occupant's four states.

Each piece has a log-likelihood (natural logarithm, up to a constant that is the same for all four)
for: lies, sits up in bed, sits on the edge, is out. `RATES` tell how often one state follows
another; they are what is believed when no sense says anything. How it is put together stands in
`fusion.bed_belief`, and what the figures were measured on in docs/situations.md.
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


class Look(StrEnum):
    """How upright the camera sees the occupant."""

    LIES = "lies"
    HALF = "half"
    UP = "up"

    @classmethod
    def of(cls, upright: float) -> Look:
        """Return it by the probability of being upright."""
        return cls.LIES if upright < HALF else cls.HALF if upright < UP else cls.UP


class Where(StrEnum):
    """Where the hips are, against where they were when lying."""

    HERE = "here"
    IN = "in"
    """Elsewhere, and no nearer to the bed's outline."""
    RIM = "rim"
    AWAY = "away"

    @classmethod
    def of(cls, apart: float, outwards: float) -> Where:
        """Return it by how far they are from there, and how much further out (body lengths)."""
        if outwards >= AWAY:
            return cls.AWAY
        if apart < HERE:
            return cls.HERE
        return cls.RIM if outwards >= RIM else cls.IN


HALF, UP = 0.2, 0.5
HERE, RIM, AWAY = 0.1, 0.03, 0.35
"""Borders between what tables below tell apart: probability, and lengths of the body."""


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

_SEEN: Final = (
    "measured on five simulated nights of seed 101, the camera's errors included: how often each "
    "look comes in each state, 0.01 at least; half upright at the rim on nights 5 to 16, of bodies "
    "that move; what lies inside the outline is held to lie (by hand)"
)


def _camera(lies: float, sits: float, edge: float, out: float) -> Piece:
    return Piece(Sense.VISION_POSTURE, (lies, sits, edge, out), _SEEN, fitted=True)


CAMERA: Final = {
    (Look.LIES, Where.HERE): _camera(0.0, -3.2, -4.2, -2.8),
    (Look.LIES, Where.IN): _camera(0.0, -1.5, -0.9, -2.0),
    (Look.LIES, Where.RIM): _camera(0.0, -1.5, -0.9, -1.2),
    (Look.LIES, Where.AWAY): _camera(-1.4, -1.4, -1.4, 0.0),
    (Look.HALF, Where.HERE): _camera(-0.6, 0.0, -3.9, -3.2),
    (Look.HALF, Where.IN): _camera(-0.6, 0.0, -0.8, -0.8),
    (Look.HALF, Where.RIM): _camera(-0.9, 0.0, -0.6, -0.4),
    (Look.HALF, Where.AWAY): _camera(-2.3, -2.3, -0.2, 0.0),
    (Look.UP, Where.HERE): _camera(-2.0, 0.0, -3.4, -3.4),
    (Look.UP, Where.IN): _camera(-0.4, 0.0, -0.4, -0.4),
    (Look.UP, Where.RIM): _camera(-4.4, -1.5, 0.0, -1.3),
    (Look.UP, Where.AWAY): _camera(-3.8, -3.9, -3.9, 0.0),
}

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
BED_ON: Final = Piece(Sense.SENSOR_BED, (0.0, 0.0, -0.4, -12.0), _BED)
BED_OFF: Final = Piece(Sense.SENSOR_BED, (-3.5, -2.5, -0.9, 0.0), _BED)
MAT_ON: Final = Piece(Sense.SENSOR_MAT, (-3.0, -3.0, 0.0, -0.5), _MAT)
MAT_OFF: Final = Piece(Sense.SENSOR_MAT, (0.0, 0.0, -2.3, -0.2), _MAT)
TRUNK_UP: Final = Piece(Sense.WEARABLE_ORIENTATION, (-3.5, -0.3, 0.0, 0.0), _WORN)
TRUNK_DOWN: Final = Piece(Sense.WEARABLE_ORIENTATION, (0.0, -2.0, -3.0, -2.5), _WORN)
STEPS: Final = Piece(Sense.WEARABLE_MOVEMENT, (-5.0, -5.0, -3.0, 0.0), _WORN)
