"""What nodes tell of what happens: happenings in, events of the closed list out, in order of time.

A chain is told as a node's own judges tell it: suspected, confirmed, lasting, over. What a detector
finds or misses is drawn by its measured rate. The beds of those who fall when they get up alone are
watched for edge, exit and not back after a quarter of an hour, every wet room for staying, every
room for falls and sounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.evaluate.night.life import ROOMS_A_NODE, Happening, What
from ambient.evaluate.night.rates import Level, Table
from ambient.events import (
    AbsenceNotOut,
    AnyEvent,
    BedEdge,
    BedExit,
    BedNotBack,
    Device,
    DistressCord,
    DistressHelp,
    FallConfirmed,
    FallLongLie,
    FallSuspected,
    NodeSourceSilent,
    QualityDegraded,
    QualityRestored,
    SituationStep,
    chain_id,
    event_id,
    kind_of,
)
from ambient.observations import View

NOT_BACK_S: Final = 900.0
EDGE_S: Final = 30.0
"""From the edge to standing up; assumed as in `ambient.evaluate.nights`."""
CONFIRM_S, LONG_LIE_S = 8.0, 60.0
LASTING_S: Final = 300.0
QUIET_S: Final = 150.0
BUTTON_S: Final = 180.0
VERSION: Final = "0" * 12
SECOND: Final = 1_000_000_000
START: Final = 1_700_000_000 * SECOND
"""When a night begins; any would do."""

_SUSPECTED, _CONFIRMED = SituationStep.SUSPECTED, SituationStep.CONFIRMED
_LASTING, _ENDED = SituationStep.LASTING, SituationStep.ENDED
_Step = tuple[float, type[AnyEvent], dict[str, object]]


class Told(Struct, frozen=True):
    """One event and what it is of."""

    event: AnyEvent
    of: What


def name_of(room: int) -> tuple[str, str]:
    """Return the names of a room's node and of the room."""
    return f"n-{room // ROOMS_A_NODE + 1}", f"r{room + 1}"


def rooms_of(node: str, rooms: int) -> list[str]:
    """Return the rooms of a node."""
    return [name_of(room)[1] for room in range(rooms) if name_of(room)[0] == node]


def telling(
    table: Table, level: Level, happenings: Iterable[Happening], dice: np.random.Generator
) -> list[Told]:
    """Return all events of a night; the loss of a node tells nothing, the hub notices it."""
    told: list[Told] = []
    for number, one in enumerate(happenings):
        for family, steps in _chains(table, level, one, dice):
            told += _chain(f"{family}-{number}", one, steps)
    told.sort(key=lambda each: each.event.t)
    return told


def _chains(
    table: Table, level: Level, one: Happening, dice: np.random.Generator
) -> list[tuple[str, list[_Step]]]:
    """Return the chains of a happening: family, and its steps with their seconds."""

    def found(name: str) -> bool:
        """Draw whether something is found; all of it where nobody has measured how much."""
        rate = table.rates[name]
        return bool(dice.random() < rate.at(level)) if rate.measured else True

    match one.what:
        case What.FALL:
            return [("fall", _fall())] if found("fall_found") else []
        case What.FALL_FALSE | What.IMPACT_FALSE:
            return [("fall", _fall())]
        case What.CALL | What.CALLER:
            return [("help", _help(one.lasts_s))] if found("help_found") else []
        case What.SOUND_FALSE:
            return [("help", _help(0.0))]
        case What.CORD:
            return [("cord", _situation(DistressCord, [(0.0, _CONFIRMED), (BUTTON_S, _LASTING)]))]
        case What.GET_UP:
            return _get_up(one.lasts_s, edge=found("edge_found"), out=found("exit_found"))
        case What.HELPED if not table.rates["helped_rang"].measured or not found("helped_rang"):
            return []
        case What.EXIT_FALSE:
            return [("exit", _bed(BedExit, [(0.0, _CONFIRMED), (one.lasts_s, _ENDED)]))]
        case What.EDGE | What.HELPED | What.EDGE_FALSE:
            return [("edge", _bed(BedEdge, [(0.0, _CONFIRMED), (one.lasts_s, _ENDED)]))]
        case What.NOT_OUT_FALSE:
            steps = [(0.0, _CONFIRMED), (one.lasts_s, _ENDED)]
            return [("not-out", _situation(AbsenceNotOut, steps))]
        case What.CAMERA_LOST:
            view: dict[str, object] = {"source": "c1", "view": View.COVERED}
            seen: dict[str, object] = {"source": "c1", "view": View.OK}
            over = (one.lasts_s, QualityRestored, seen)
            return [("view", [(0.0, QualityDegraded, view), over])]
        case What.BATTERY:
            keys: dict[str, object] = {"source": "w1", "silent_s": 60.0, "device": Device.WEARABLE}
            return [("silent", [(0.0, NodeSourceSilent, keys)])]
        case _:
            return []


def _get_up(away_s: float, *, edge: bool, out: bool) -> list[tuple[str, list[_Step]]]:
    """Return what is told of a get-up: edge, exit and not back, as far as they are found."""
    back = EDGE_S + away_s
    chains = []
    if edge:
        chains.append(("edge", _bed(BedEdge, [(0.0, _CONFIRMED), (EDGE_S, _ENDED)])))
    if not out:
        return chains
    chains.append(("exit", _bed(BedExit, [(EDGE_S, _CONFIRMED), (back, _ENDED)])))
    late = [(EDGE_S + NOT_BACK_S, _CONFIRMED), (EDGE_S + 2 * NOT_BACK_S, _LASTING)]
    steps = [step for step in late if step[0] < back]
    if steps:
        chains.append(("not-back", _bed(BedNotBack, [*steps, (back, _ENDED)])))
    return chains


def _fall() -> list[_Step]:
    return [
        _fall_step(0.0, FallSuspected),
        _fall_step(CONFIRM_S, FallConfirmed),
        _fall_step(LONG_LIE_S, FallLongLie),
    ]


def _fall_step(s: float, kind: type[AnyEvent]) -> _Step:
    down = {} if kind is FallSuspected else {"down_s": s}
    assert kind in (FallSuspected, FallConfirmed, FallLongLie)
    return s, kind, dict(down)


def _help(lasts_s: float) -> list[_Step]:
    steps = [(0.0, _CONFIRMED)]
    if lasts_s >= LASTING_S:
        steps.append((LASTING_S, _LASTING))
    return _situation(DistressHelp, [*steps, (lasts_s + QUIET_S, _ENDED)])


def _situation(
    kind: type[AnyEvent], steps: Sequence[tuple[float, SituationStep]], **keys: object
) -> list[_Step]:
    return [(s, kind, {"step": step, "lasted_s": s, **keys}) for s, step in steps]


def _bed(kind: type[AnyEvent], steps: Sequence[tuple[float, SituationStep]]) -> list[_Step]:
    return _situation(kind, steps, bed="a")


def _chain(family: str, one: Happening, steps: Sequence[_Step]) -> list[Told]:
    """Return the events of one chain."""
    node, room = name_of(one.room)
    began = START + round(one.t * SECOND)
    chain = chain_id(node, room, family, began)
    told = []
    for position, (s, kind, keys) in enumerate(steps):
        t = began + round(s * SECOND)
        event = kind(
            id=event_id(node, chain, position, kind_of(kind), t),
            t=t,
            node=node,
            room=room,
            chain=chain,
            position=position,
            config_version=VERSION,
            **keys,  # type: ignore[arg-type]
        )
        told.append(Told(event, one.what))
    return told
