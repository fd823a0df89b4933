"""What happens in one night of a station: a table and dice in, happenings out.

Residents live in rooms of their own. Each happening is one thing that a node tells of: something
that is so (a fall, a get-up, a call) or something that is not, at the measured rate. Seconds count
from 21:00.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from ambient.evaluate.night.rates import DAY_H, HOURS, Level, Table

NIGHT_S: Final = HOURS * 3600.0
SPREAD: Final = 0.5
"""Of the logarithm of how long people stay away, walk and care; assumed."""
HABIT: Final = 2.0
"""Shape of the gamma distribution of residents about the mean rate: a few get up very often."""
ROOMS_A_NODE: Final = 3
LONG_MIN: Final = (16.0, 45.0)
"""Least and most minutes of an absence from bed that is long."""


class What(StrEnum):
    """What a node tells of."""

    FALL = "a fall"
    FALL_FALSE = "falls of nobody (camera)"
    IMPACT_FALSE = "falls of nobody (wristband)"
    CALL = "a call for help"
    CALLER = "a resident who calls again and again"
    SOUND_FALSE = "sounds of nothing"
    CORD = "a cord"
    GET_UP = "getting up"
    EDGE = "sat on the edge, lay down again"
    HELPED = "helped up by a carer"
    EDGE_FALSE = "edge of the bed: nobody sat there"
    EXIT_FALSE = "exit from bed: nobody was up"
    NOT_OUT_FALSE = "wet room: nothing the matter"
    NODE_LOST = "a node is gone"
    CAMERA_LOST = "a camera is gone"
    BATTERY = "a wristband is silent"


LASTS_S: Final = {What.EDGE_FALSE: 30.0, What.EXIT_FALSE: 30.0, What.NOT_OUT_FALSE: 300.0}
"""How long what is falsely noticed holds; it decides nothing, as a carer comes anyway."""
NEEDLESS: Final = frozenset(
    {
        *(What.FALL_FALSE, What.IMPACT_FALSE, What.SOUND_FALSE, What.EDGE, What.HELPED),
        *(
            What.EDGE_FALSE,
            What.EXIT_FALSE,
            What.NOT_OUT_FALSE,
            What.NODE_LOST,
            What.CAMERA_LOST,
            What.BATTERY,
        ),
    }
)
"""Rings of these bring a carer for nothing; technical ones too, as no resident needed anybody."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens.

    Attributes
    ----------
    t, lasts_s
        Seconds from 21:00, and how long.
    room
        Number of the room, which is that of its resident.
    """

    t: float
    what: What
    room: int
    lasts_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Resident:
    """One resident's habits, times a night."""

    room: int
    rises: float
    wears: bool
    calls: bool
    watched: bool
    """Whether somebody asked for alarms of the bed."""


def residents(table: Table, count: int, dice: np.random.Generator) -> list[Resident]:
    """Return the residents of a station."""
    mean = table.habit("rises")
    return [
        Resident(
            room=room,
            rises=float(dice.gamma(HABIT, mean / HABIT)),
            wears=bool(dice.random() < table.habit("wearers")),
            calls=bool(dice.random() < table.habit("callers")),
            watched=bool(dice.random() < table.habit("watched")),
        )
        for room in range(count)
    ]


def night(
    table: Table,
    level: Level,
    people: list[Resident],
    dice: np.random.Generator,
    errors: np.random.Generator,
) -> list[Happening]:
    """Return what happens in one night, in no order.

    Parameters
    ----------
    dice
        Of what is so: the same at every level.
    errors
        Of what is not.
    """
    found: list[Happening] = []
    for person in people:
        found += _lived(table, person, dice) + _mistaken(table, level, person, errors)
    nodes = -(-len(people) // ROOMS_A_NODE)
    for node in range(nodes):
        for t in _times(dice, table.habit("node_lost")):
            lasts = float(dice.uniform(60.0, 300.0))
            found.append(Happening(t, What.NODE_LOST, node * ROOMS_A_NODE, lasts))
    return found


def _lived(table: Table, person: Resident, dice: np.random.Generator) -> list[Happening]:
    """Return what truly happens to one resident."""
    habit, room = table.habit, person.room
    found: list[Happening] = []

    def put(what: What, often: float, lasts_s: float = 0.0) -> None:
        found.extend(Happening(t, what, room, lasts_s) for t in _times(dice, often))

    for t in _times(dice, person.rises):
        away_s = _away(table, dice)
        if person.watched:
            found.append(Happening(t, What.GET_UP, room, away_s))
    if person.watched:
        put(What.EDGE, habit("edges"), 60.0)
        put(What.HELPED, habit("helped"), 30.0)
    put(What.FALL, habit("falls_a_year") / 365.0 * HOURS / DAY_H)
    put(What.CORD, habit("cords"))
    if person.calls:
        put(What.CALLER, habit("bouts"), float(dice.uniform(60.0, 1200.0)))
    else:
        put(What.CALL, habit("calls"), 60.0)
    put(What.CAMERA_LOST, habit("camera_lost"), 600.0)
    if person.wears:
        put(What.BATTERY, habit("battery_empty"))
    return found


def _mistaken(
    table: Table, level: Level, person: Resident, dice: np.random.Generator
) -> list[Happening]:
    """Return what is falsely noticed of one resident, at the measured rates."""
    often = {
        What.FALL_FALSE: table.night("fall_false", level),
        What.SOUND_FALSE: table.night("sound_false", level),
        What.NOT_OUT_FALSE: table.night("not_out_false", level),
    }
    if person.watched:
        often[What.EDGE_FALSE] = table.night("edge_false", level)
        often[What.EXIT_FALSE] = table.night("exit_false", level)
    if person.wears:
        rang = table.night("band_false_bed" if person.watched else "band_false", level)
        often[What.IMPACT_FALSE] = rang * person.rises * table.habit("acts")
    return [
        Happening(t, what, person.room, LASTS_S.get(what, 0.0))
        for what, rate in often.items()
        for t in _times(dice, rate)
    ]


def _times(dice: np.random.Generator, often: float) -> list[float]:
    """Return instants of a Poisson process over the night."""
    return [float(t) for t in dice.uniform(0.0, NIGHT_S, dice.poisson(often))]


def _away(table: Table, dice: np.random.Generator) -> float:
    """Return how long somebody is out of bed, seconds."""
    if dice.random() < table.habit("long"):
        return 60.0 * float(dice.uniform(*LONG_MIN))
    minutes = table.habit("away_min") * float(np.exp(dice.normal(0.0, SPREAD)))
    return 60.0 * min(14.0, minutes)
