"""Made-up events of a house, to measure hub and link with; nothing that decides anything uses them.

Comes in: how many, of which mix, a seed. Goes out: events of the closed list, each chain in its
order, the same ones for the same seed. The mix is an assumption and stands beside every figure:
most of what a node says are summaries and states of itself, alarms are few.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ambient import events
from ambient.events import AnyEvent, Event, Mark, Marker, Purpose, Unit, Worker
from ambient.observations import View

NS: Final = 1_000_000_000
BEGIN: Final = 1_800_000_000 * NS
KEY: Final = "s" * 40
VERSION: Final = "0" * 12

SUMMARIES: Final = "summaries"
NODE: Final = "node"
QUALITY: Final = "quality"
FALLS: Final = "falls"
MIX: Final[Mapping[str, float]] = {SUMMARIES: 0.70, NODE: 0.16, QUALITY: 0.10, FALLS: 0.04}
"""Shares of events: hourly summaries of residents with three markers; clock steps and workers that
were started again; cameras that are dark for a while, which is a technical alarm; falls in four
steps, from suspected to recovered."""
ALARMS_ALONE: Final[Mapping[str, float]] = {FALLS: 1.0}
"""The worst case: every event changes an alarm."""

_STEPS: Final = {SUMMARIES: 1, NODE: 1, QUALITY: 2, FALLS: 4}


def made_up(
    count: int,
    *,
    node: str = "n-1",
    rooms: int = 4,
    mix: Mapping[str, float] = MIX,
    seed: int = 1,
    first: int = 0,
) -> Iterator[AnyEvent]:
    """Yield `count` events of `node`, whose rooms are ``r1`` to ``r<rooms>``.

    Parameters
    ----------
    mix
        Kind of event ► share of all events.
    first
        Number of the first chain; other numbers make other chains.
    """
    chance = random.Random(seed)
    kinds = list(mix)
    # A chain of several steps is begun so much more seldom.
    weights = [mix[kind] / _STEPS[kind] for kind in kinds]
    left, number = count, first
    while left > 0:
        (kind,) = chance.choices(kinds, weights)
        room = f"r{chance.randrange(rooms) + 1}"
        chain = _MAKERS[kind](node, room, number)
        number += 1
        yield from chain[:left]
        left -= len(chain)


def opening(rooms: int, *, first: int = 0) -> Iterator[AnyEvent]:
    """Yield what a house says that starts: each room that it sees, and its resident's summary.

    The node of room ``r<n>`` is ``n-<n>``. There are two events of each room.
    """
    for number in range(1, rooms + 1):
        at = f"n-{number}", f"r{number}", first + number
        t = BEGIN + at[2] * NS
        yield _event(events.QualityRestored, at, 0, t, source="c1", view=View.OK)
        yield from _summary(*at)


def _summary(node: str, room: str, number: int) -> list[AnyEvent]:
    t = BEGIN + number * NS
    marks = [
        Mark(marker=marker, version="1.0.0", value=number % 97 / 10, unit=Unit.SECOND, seconds=60.0)
        for marker in (Marker.TALK_TIME, Marker.ROOM_SPEECH, Marker.WORN_TIME)
    ]
    subject = f"s-{int(room[1:]):04x}"
    return [
        _event(
            events.SummaryHourly,
            (node, room, number),
            0,
            t,
            subject=subject,
            purpose=Purpose.VOICE,
            began=t - 3600 * NS,
            marks=marks,
        )
    ]


def _of_node(node: str, _: str, number: int) -> list[AnyEvent]:
    t, at = BEGIN + number * NS, (node, None, number)
    if number % 2:
        return [_event(events.NodeClockStepped, at, 0, t, step_s=0.5)]
    return [_event(events.NodeWorkerRestarted, at, 0, t, worker=Worker.VISION, restarts=1)]


def _quality(node: str, room: str, number: int) -> list[AnyEvent]:
    t, at = BEGIN + number * NS, (node, room, number)
    seen = {"source": "c1", "view": View.DARK}
    return [
        _event(events.QualityDegraded, at, 0, t, **seen),
        _event(events.QualityRestored, at, 1, t + 30 * NS, **seen),
    ]


def _fall(node: str, room: str, number: int) -> list[AnyEvent]:
    t, at = BEGIN + number * NS, (node, room, number)
    return [
        _event(events.FallSuspected, at, 0, t, probability=0.8),
        _event(events.FallConfirmed, at, 1, t + 8 * NS, down_s=8.0, probability=0.95),
        _event(events.FallLongLie, at, 2, t + 60 * NS, down_s=60.0, probability=0.97),
        _event(events.FallRecovered, at, 3, t + 90 * NS, down_s=90.0),
    ]


_MAKERS: Final = {SUMMARIES: _summary, NODE: _of_node, QUALITY: _quality, FALLS: _fall}


def _event(
    kind: type[Event], at: tuple[str, str | None, int], position: int, t: int, **fields: Any
) -> AnyEvent:
    node, room, number = at
    chain = events.chain_id(KEY, room, f"{node}-{events.kind_of(kind).split('.')[0]}", number)
    made: AnyEvent = kind(  # type: ignore[assignment]
        id=events.event_id(KEY, chain, position, events.kind_of(kind), t),
        t=t,
        node=node,
        room=room,
        chain=chain,
        position=position,
        config_version=VERSION,
        **fields,
    )
    return made
