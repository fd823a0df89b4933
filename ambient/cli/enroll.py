"""``ambient enroll``, ``ambient invite``, ``ambient nodes``: who may speak to a hub.

In: on the node an invitation, on the hub a decision. Out: keys and addresses in the state folders.
Both sides show the same fingerprint; somebody at the hub compares it and accepts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli._files import opened_hub

if TYPE_CHECKING:
    from ambient.bus.enrolment import Step
    from ambient.config import HubLink, NodeConfig

NodeFile = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]
HubFile = Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Which = Annotated[str, typer.Argument(help="The node's name, or its fingerprint.")]
By = Annotated[str, typer.Option(help="Who decides, for the record.")]

_HUB = Path("hub.yaml")
_NODES = typer.Typer(no_args_is_help=True, help="At the hub: which nodes may speak to it.")


def register(app: typer.Typer) -> None:
    """Add ``enroll``, ``invite`` and ``nodes`` to `app`."""
    app.command("enroll")(enroll)
    app.command("invite")(invite)
    app.add_typer(_NODES, name="nodes")


def enroll(
    invitation: Annotated[str, typer.Argument(help="The line that the hub issued.")],
    config: NodeFile = Path("node.yaml"),
    wait: Annotated[float, typer.Option(help="Seconds to wait for somebody to accept.")] = 900,
) -> None:
    """Ask a hub to take this node in; somebody there compares the fingerprint and accepts."""
    from ambient.bus.enrolment import Step
    from ambient.config import load_node
    from ambient.node.place import NodePlace

    loaded = load_node(config)
    NodePlace(loaded.state_dir).make()

    def step(now: Step) -> None:
        words = {
            Step.CONNECTED: "The hub answers and holds the invitation's key.",
            Step.WAITING: "At the hub, compare the fingerprint and accept (ambient nodes accept).",
        }
        typer.echo(words[now], err=True)

    hub = enrolled(loaded, invitation, wait, step)
    typer.echo(f"Enrolled at {hub.address}")


def enrolled(
    node: NodeConfig, invitation: str, wait: float, on_step: Callable[[Step], None]
) -> HubLink:
    """Have a hub take `node` in, while its fingerprint is shown; return the hub.

    Raises
    ------
    ConfigError
        When ``node.yaml`` names another hub: the node would go on speaking to that one.
    """
    from ambient.bus import enrolment
    from ambient.bus.invitation import parse_invitation
    from ambient.errors import ConfigError

    asked = parse_invitation(invitation)
    if node.hub is not None and (node.hub.address, node.hub.key) != (asked.address, asked.key):
        raise ConfigError(
            f"expected an invitation of the hub that node.yaml names ({node.hub.address}), got one "
            f"of {asked.address}; take hub: out of node.yaml, or have that hub invite this node"
        )
    return enrolment.enroll(
        invitation,
        node=node.node,
        site=node.site,
        rooms=[room.id for room in node.rooms],
        state_dir=node.state_dir,
        timeout_s=wait,
        on_fingerprint=lambda text: typer.echo(f"Fingerprint of this node: {text}", err=True),
        on_step=on_step,
    )


def invite(
    config: HubFile = _HUB,
    by: By = "command-line",
    json: Json = False,
    qr: Annotated[bool, typer.Option("--qr", help="Show it as a QR code, too.")] = False,
) -> None:
    """At the hub: make an invitation for one node, valid for ten minutes."""
    import time

    import msgspec

    from ambient.bus import keys
    from ambient.hub.registry import Registry

    with opened_hub(config, new=True) as (loaded, database):
        pair = keys.load_or_make(loaded.state_dir / keys.HUB_KEY)
        address = loaded.link.advertise or loaded.link.bind
        made = Registry(database).invite(address, pair.public, by, time.time_ns())
    if json:
        typer.echo(
            msgspec.json.encode(
                {
                    "invitation": made.text(),
                    "address": made.address,
                    "fingerprint": pair.fingerprint,
                }
            )
        )
        return
    typer.echo(made.text())
    if qr:
        typer.echo(made.qr_terminal(), err=True)
    typer.echo(f"Valid for ten minutes. On the node: ambient enroll {made.text()[:16]}…", err=True)


@_NODES.command("list")
def show(config: HubFile = _HUB, json: Json = False) -> None:
    """List the nodes that are enrolled, were revoked, or wait to be accepted."""
    import msgspec

    from ambient.hub.registry import Registry

    with opened_hub(config, new=True, writes=False) as (_, database):
        nodes, pending = Registry(database).nodes(), Registry(database).pending()
    if json:
        typer.echo(msgspec.json.encode({"nodes": nodes, "pending": pending}))
        return
    for waiting in pending:
        rooms = " ".join(waiting.rooms)
        typer.echo(f"{waiting.node}\twaits\t{waiting.fingerprint}\t{rooms}")
    for node in nodes:
        state = "enrolled" if node.revoked is None else "revoked"
        typer.echo(f"{node.node}\t{state}\t{node.fingerprint}\t{' '.join(node.rooms)}")


@_NODES.command("accept")
def accept(which: Which, config: HubFile = _HUB, by: By = "command-line") -> None:
    """Enrol a node that waits, after its fingerprint was compared."""
    import time

    from ambient.hub.registry import Registry

    with opened_hub(config, new=True) as (_, database):
        node = Registry(database).accept(which, by, time.time_ns())
    typer.echo(f"{node.node} is enrolled for {', '.join(node.rooms)}")


@_NODES.command("reject")
def reject(which: Which, config: HubFile = _HUB, by: By = "command-line") -> None:
    """Refuse a node that waits."""
    from ambient.hub.registry import Registry

    with opened_hub(config, new=True) as (_, database):
        Registry(database).reject(which, by)
    typer.echo(f"{which} is rejected")


@_NODES.command("rooms")
def rooms(
    node: Annotated[str, typer.Argument(help="The node's name.")],
    room: Annotated[list[str], typer.Argument(help="All rooms that it serves from now on.")],
    config: HubFile = _HUB,
    by: By = "command-line",
) -> None:
    """Bind exactly these rooms to an enrolled node, as its node.yaml names them."""
    import time

    from ambient.hub.registry import Registry
    from ambient.hub.store import Store

    with opened_hub(config, new=True) as (_, database):
        Registry(database).set_rooms(node, room, by)
        Store(database).rooms_bound(node, room, by, time.time_ns())
    typer.echo(f"{node} is enrolled for {', '.join(sorted(set(room)))}")


@_NODES.command("revoke")
def revoke(
    node: Annotated[str, typer.Argument(help="The node's name.")],
    config: HubFile = _HUB,
    by: By = "command-line",
) -> None:
    """Withdraw a node's key; the hub takes nothing more from it."""
    import time

    from ambient.hub.registry import Registry

    with opened_hub(config, new=True) as (_, database):
        Registry(database).revoke(node, by, time.time_ns())
    typer.echo(f"{node} is revoked")


@_NODES.command("rotate")
def rotate(
    node: Annotated[str, typer.Argument(help="The node's name.")],
    config: HubFile = _HUB,
    by: By = "command-line",
) -> None:
    """Have an enrolled node make itself a new key; the old one is valid until the new one is."""
    import time

    from ambient.errors import LinkError
    from ambient.hub.registry import Registry
    from ambient.hub.store import Store

    with opened_hub(config, new=True) as (_, database):
        if node not in Registry(database).enrolled():
            raise LinkError(f"{node}: expected an enrolled node, got none of this name")
        Store(database).rotate_key(node, by, time.time_ns())
    typer.echo(f"{node} is told to change its key as soon as it is connected")
