"""What a node has by its configuration, told to the hub at each start.

Comes in: the configuration, and the node's time. Goes out: events that name the rooms, and for each
room the devices whose silence is told. Only so a hub learns that a room was taken out, or a device
while nothing here remembered it: what is gone cannot say so itself. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from ambient import events
from ambient.config import NodeConfig
from ambient.events import MAX_LIST, NodeHas, Part
from ambient.node.own_events import envelope
from fusion.room_config import sources


def what_it_has(config: NodeConfig, node_key: str, t: int) -> list[NodeHas]:
    """Return what the node with `node_key` says of itself at `t` (ns).

    Nothing of a room with more devices than an event may list: half a list would end what lasts.
    """
    named: list[tuple[str | None, Sequence[str]]] = [(None, [room.id for room in config.rooms])]
    named += [(room.id, [each.source for each in sources(room)]) for room in config.rooms]
    return [
        NodeHas(
            of_room=room,
            has=[Part(slug) for slug in slugs],
            **envelope(config, node_key, NodeHas, events.chain_id(node_key, room, "has", t), t),
        )
        for room, slugs in named
        if len(slugs) <= MAX_LIST
    ]
