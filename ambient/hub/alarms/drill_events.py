"""What nodes of a drawn house report: falls, situations and lost views, as whole chains.

Comes in: a room, an instant, what happens there. Goes out: events as a node would send them, in
order; who hears them late, twice or never is the drill's matter (`schedules`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ambient import events
from ambient.events import AnyEvent, Contribution, Sense, SituationStep
from ambient.hub.alarms.rules import NS
from ambient.observations import View

ROOMS: Final = ("r1", "r2", "r3", "r4")
NODES: Final = ("n-1", "n-2", "n-3")


def fall_of(room: str, now: int, senses: Sequence[Sense] = ()) -> list[AnyEvent]:
    """Return the whole life of a fall in `room` that begins at `now` (ns)."""
    node = NODES[ROOMS.index(room) % len(NODES)]
    chain = events.chain_id(node, room, "fall", now)
    why = [Contribution(sense, 2.0) for sense in senses]
    life: list[tuple[type[AnyEvent], int, dict[str, float]]] = [
        (events.FallSuspected, 0, {}),
        (events.FallConfirmed, 8, {"down_s": 8.0}),
        (events.FallLongLie, 60, {"down_s": 60.0}),
        (events.FallRecovered, 90, {"down_s": 89.0}),
    ]
    made: list[AnyEvent] = []
    for position, (kind, after, more) in enumerate(life):
        fields: dict[str, object] = {"contributions": why[: 1 + (position > 1)], **more}
        made.append(_event(kind, node, room, chain, position, now + after * NS, fields))
    return made


def situation_of(
    kind: type[AnyEvent], room: str, now: int, probability: float = 1.0
) -> list[AnyEvent]:
    """Return the whole life of a situation in `room` that begins at `now` (ns)."""
    node = NODES[ROOMS.index(room) % len(NODES)]
    chain = events.chain_id(node, room, kind.__name__, now)
    bed = {"bed": "b1"} if issubclass(kind, events.Bed) else {}
    return [
        _event(
            kind,
            node,
            room,
            chain,
            position,
            now + 20 * position * NS,
            {
                "step": step,
                "lasted_s": 20.0 * position,
                "probability": min(1.0, probability + 0.1 * (position > 1)),
                **bed,
            },
        )
        for position, step in enumerate(SituationStep)
    ]


def view_of(room: str, now: int, view: View) -> AnyEvent:
    """Return what a camera of `room` says at `now` (ns) about its view."""
    node = NODES[ROOMS.index(room) % len(NODES)]
    kind: type[AnyEvent] = events.QualityDegraded
    if view is View.OK:
        kind = events.QualityRestored
    chain = events.chain_id(node, room, "view", 0)
    return _event(kind, node, room, chain, 0, now, {"source": "c1", "view": view})


def _event(
    kind: type[AnyEvent],
    node: str,
    room: str,
    chain: str,
    position: int,
    t: int,
    more: dict[str, object],
) -> AnyEvent:
    name = str(kind.__struct_config__.tag)
    fields = {
        "id": events.event_id(node, chain, position, name, t),
        "kind": name,
        "t": t,
        "node": node,
        "room": room,
        "chain": chain,
        "position": position,
        "config_version": "0" * 12,
        **more,
    }
    return msgspec.convert(fields, kind)
