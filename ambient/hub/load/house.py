"""A hub of many nodes that were enrolled long ago: keys and rows, without asking for each.

Comes in: a hub's configuration, how many nodes. Goes out: the registry with a node for each room
``r1`` to ``r<nodes>``, and a file with the hub's public key and the keys of every node, for whoever
plays those nodes. Run as ``python -m ambient.hub.load.house hub.yaml NODES FILE`` while no hub
runs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec

from ambient.bus import keys
from ambient.bus.protocol import PROTOCOL, Enrol
from ambient.config import HubConfig, load_hub
from ambient.errors import LinkError
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.registry import Registry

BY = "load"


class House(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's public key, and name ► public and secret key of each node (Z85)."""

    hub: str
    nodes: dict[str, tuple[str, str]]


def enrol(config: HubConfig, nodes: int) -> House:
    """Enrol ``n-1`` to ``n-<nodes>``, each for the room of its number.

    Raises
    ------
    LinkError, StoreError
        When one cannot be enrolled, or nothing can be stored.
    """
    pair = keys.load_or_make(config.state_dir / keys.HUB_KEY)
    made: dict[str, tuple[str, str]] = {}
    with HubDatabase(config.state_dir / DATABASE) as database:
        registry = Registry(database)
        for number in range(1, nodes + 1):
            name, own, now = f"n-{number}", keys.new_pair(), time.time_ns()
            invitation = registry.invite(config.link.bind, pair.public, BY, now)
            asked = Enrol(
                protocol=PROTOCOL,
                token=invitation.token,
                node=name,
                site=config.site,
                rooms=[f"r{number}"],
            )
            refused = registry.ask(own.public, asked, config.site, now)
            if refused is not None:
                raise LinkError(f"{name}: expected to be enrolled, got {refused}")
            registry.accept(name, BY, now)
            made[name] = (own.public, own.secret)
    return House(hub=pair.public, nodes=made)


def main(arguments: list[str]) -> None:
    """Enrol as the command line says."""
    config, nodes, target = load_hub(Path(arguments[0])), int(arguments[1]), Path(arguments[2])
    config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys.write_private(target, msgspec.json.encode(enrol(config, nodes)))


if __name__ == "__main__":
    main(sys.argv[1:])
