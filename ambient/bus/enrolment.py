"""How a node asks a hub to take its key into the list.

Comes in: an invitation, and what the node is called and which rooms it serves. Goes out: the key
pair and the hub's address and key, kept in the node's state folder, once somebody at the hub
compared the fingerprint and accepted. Each enrolment uses a key of its own; a key that was
withdrawn never comes back. Interrupted and started again with the same invitation, it goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Final

import msgspec
import zmq

from ambient.bus import keys, sockets
from ambient.bus.invitation import Invitation, parse_invitation
from ambient.bus.protocol import (
    PROTOCOL,
    Enrol,
    EnrolAccepted,
    EnrolPending,
    EnrolReason,
    EnrolRefused,
    decode_from_hub,
    encode,
)
from ambient.bus.sockets import LinkChange
from ambient.config import HubLink, NodeConfig
from ambient.errors import LinkError

HUB_FILE: Final = "hub.json"
"""Where the hub is and which key it has, in a node's state folder."""

CONNECT_S: Final = 10.0
"""How long the hub may take to answer at all."""

STRANGERS: Final = 5
"""Broken handshakes in a row after which whoever answers is not the invitation's hub."""


class Step(Enum):
    """How far an enrolment is, for whoever waits."""

    CONNECTED = auto()
    """The hub holds the right key and is being asked."""
    WAITING = auto()
    """The hub knows the request: compare the fingerprint there, and accept."""


def hub_of(config: NodeConfig) -> HubLink | None:
    """Return the hub that a node speaks with, or nothing.

    The one that ``node.yaml`` names counts before the one that the node was enrolled at.

    Raises
    ------
    LinkError
        As `load_hub`.
    """
    return config.hub or load_hub(config.state_dir)


def load_hub(state_dir: Path) -> HubLink | None:
    """Return the hub this node is enrolled at, or nothing.

    Raises
    ------
    LinkError
        When the file is another user's or holds something else.
    """
    data = keys.read_private(state_dir / HUB_FILE)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=HubLink)
    except msgspec.MsgspecError:
        raise LinkError(
            f"{state_dir / HUB_FILE}: expected a hub's address and key, got something else; "
            "remove the file and enrol again"
        ) from None


def enroll(
    invitation: str | Invitation,
    *,
    node: str,
    site: str,
    rooms: Sequence[str],
    state_dir: Path,
    timeout_s: float = 900.0,
    on_fingerprint: Callable[[str], None] = lambda _: None,
    on_step: Callable[[Step], None] = lambda _: None,
) -> HubLink:
    """Ask the invitation's hub to enrol this node, and wait until somebody there accepts.

    Parameters
    ----------
    invitation
        The line of text that the hub issued.
    node, site, rooms
        As in the node's configuration.
    state_dir
        Where the key and the hub's address are kept.
    timeout_s
        How long to wait for somebody to accept.
    on_fingerprint
        Called once, first, with what both sides must show.
    on_step
        Called as the enrolment goes on.

    Returns
    -------
    HubLink
        The hub that accepted; written to the state folder already.

    Raises
    ------
    LinkError
        When the invitation is not one, the hub cannot be reached, is another, refuses, or nobody
        accepts in time.
    """
    if isinstance(invitation, str):
        invitation = parse_invitation(invitation)
    pair = keys.load_or_make(state_dir / keys.ENROL_KEY)
    on_fingerprint(pair.fingerprint)
    request = Enrol(
        protocol=PROTOCOL, token=invitation.token, node=node, site=site, rooms=list(rooms)
    )
    try:
        _ask(invitation, pair, request, timeout_s, on_step)
    except _RefusedError:
        # This key will never be accepted: the next invitation gets a new one.
        keys.forget(state_dir / keys.ENROL_KEY)
        raise
    hub = HubLink(address=invitation.address, key=invitation.key)
    keys.write_private(state_dir / HUB_FILE, msgspec.json.encode(hub))
    keys.promote(state_dir, keys.ENROL_KEY)
    keys.forget(state_dir / keys.NEXT_KEY)
    return hub


class _RefusedError(LinkError):
    """The hub said no to this key or token."""


def _ask(
    invitation: Invitation,
    pair: keys.KeyPair,
    request: Enrol,
    timeout_s: float,
    on_step: Callable[[Step], None],
) -> None:
    """Return when accepted."""
    context = sockets.context()
    watch = sockets.dial(context, invitation.address, invitation.key, pair, heartbeats=True)
    socket = watch.socket
    started = time.monotonic()
    deadline = started + timeout_s
    answered = False
    strangers = 0
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(watch.monitor, zmq.POLLIN)
    try:
        while (now := time.monotonic()) < deadline:
            if not answered and now - started > CONNECT_S:
                raise LinkError(_silence(invitation.address, strangers))
            poller.poll(200)
            for change in watch.changes():
                if change is LinkChange.UP:
                    strangers = 0
                    on_step(Step.CONNECTED)
                    socket.send(encode(request))
                elif change is LinkChange.REFUSED:
                    raise _RefusedError(
                        f"{invitation.address}: the hub has no open invitation; "
                        "it was used or is older than 10 minutes: make a new one at the hub"
                    )
                elif change is LinkChange.BROKEN:
                    strangers += 1
            if strangers >= STRANGERS:
                raise LinkError(_silence(invitation.address, strangers))
            while socket.poll(0):
                answered = True
                if _accepted(socket.recv_multipart(), invitation.address, on_step):
                    return
    finally:
        watch.close()
        socket.close()
        context.term()
    raise LinkError(
        f"{invitation.address}: expected somebody at the hub to accept within {timeout_s:.0f} s, "
        "nobody did; run the same command again to go on waiting"
    )


def _accepted(frames: list[bytes], address: str, on_step: Callable[[Step], None]) -> bool:
    match decode_from_hub(frames[0]):
        case EnrolAccepted():
            return True
        case EnrolPending():
            on_step(Step.WAITING)
        case EnrolRefused(reason=reason, protocol=protocol):
            raise _RefusedError(f"{address}: {_REFUSALS[reason].format(hub=protocol)}")
        case _:
            pass  # a message of a later version
    return False


def _silence(address: str, strangers: int) -> str:
    if strangers:
        return (
            f"{address}: expected the hub with the invitation's key, got one that cannot prove it; "
            "is the address right, and was the hub set up anew? Make a new invitation there"
        )
    return (
        f"{address}: expected a hub to answer within {CONNECT_S:.0f} s, nothing did; "
        "does the hub run, does its link listen on this address (link.bind), and do both sides "
        "have a network between them?"
    )


_REFUSALS: Final[dict[EnrolReason, str]] = {
    EnrolReason.PROTOCOL: (
        f"this node speaks version {PROTOCOL} of the link, the hub version {{hub}}; "
        "install the same version of Ambient on both"
    ),
    EnrolReason.TOKEN: (
        "the hub does not know this invitation; it was used by another node or is older than "
        "10 minutes: make a new one at the hub"
    ),
    EnrolReason.SITE: "the hub serves another site; correct `site` in node.yaml or hub.yaml",
    EnrolReason.REJECTED: "somebody at the hub rejected this node; ask there",
    EnrolReason.TAKEN: (
        "the node's name or one of its rooms belongs to another enrolled node; "
        "choose others, or revoke that node at the hub first"
    ),
}
