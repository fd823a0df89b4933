"""The code that opens a node's wizard, at the hub: worked out, never sent.

Comes in: the hub's configuration and a node's name. Goes out: the code of the opening that the node
told last, and the SHA-256 of its page's certificate, which the installer compares.
"""

from __future__ import annotations

import re

from msgspec import Struct

from ambient import events
from ambient.bus import keys
from ambient.bus.opening import code_of, shared_secret
from ambient.config import HubConfig
from ambient.errors import UsageError
from ambient.events import NodeWizard, WizardAct
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.registry import Registry


class HubOpening(Struct, frozen=True, kw_only=True):
    """An opening of a node's wizard.

    Attributes
    ----------
    code
        Opens it once.
    certificate
        SHA-256 of the certificate of its page.
    """

    node: str
    code: str
    certificate: str


def opening_of(config: HubConfig, node: str, certificate: str | None = None) -> HubOpening:
    """Return the code of an opening.

    Parameters
    ----------
    certificate
        The fingerprint that the node shows; without it that which the node told last.

    Raises
    ------
    UsageError
        When the node is not enrolled, or has no wizard open.
    """
    with HubDatabase(config.state_dir / DATABASE) as database:
        return opening_at(config, database, node, certificate)


def opening_at(
    config: HubConfig, database: HubDatabase, node: str, certificate: str | None = None
) -> HubOpening:
    """Return the same of a hub whose database is open already."""
    enrolled = {one.node: one for one in Registry(database).nodes() if one.revoked is None}
    if node not in enrolled:
        known = ", ".join(enrolled) or "none"
        raise UsageError(f"expected a node that is enrolled ({known}), got {node[:40]!r}")
    digest = _told(database, node) if certificate is None else _digest(certificate)
    pair = keys.load_or_make(config.state_dir / keys.HUB_KEY)
    shared = shared_secret(pair.secret, enrolled[node].key)
    return HubOpening(node=node, code=code_of(shared, node, digest), certificate=digest)


def latest(told: list[NodeWizard]) -> NodeWizard | None:
    """Return the opening that still stands among what a node told, in any order; else nothing."""
    if not told:
        return None
    newest = max(told, key=lambda event: (event.t, event.position))
    own = [event for event in told if event.chain == newest.chain]
    if any(event.act is WizardAct.CLOSED for event in own):
        return None
    return next((event for event in own if event.act is WizardAct.OPENED), None)


def _told(database: HubDatabase, node: str) -> str:
    found = latest([event for event, _ in told_by(database, node)])
    if found is None or found.certificate is None:
        raise UsageError(
            f"{node}: expected a wizard that is open, the node told of none; start it there "
            "(ambient commission), or give --certificate with the fingerprint that it shows"
        )
    return found.certificate


def told_by(database: HubDatabase, node: str) -> list[tuple[NodeWizard, int]]:
    """Return what a node told last of its wizard, each with when it came (hub time, ns)."""
    with database.read() as db:
        rows = db.execute(
            "SELECT body, received FROM events WHERE kind = ? AND node = ? "
            "ORDER BY number DESC LIMIT 1000",
            (events.kind_of(NodeWizard), node),
        ).fetchall()
    told = [(events.decode(body.encode()), received) for body, received in rows]
    return [(event, received) for event, received in told if isinstance(event, NodeWizard)]


def _digest(text: str) -> str:
    digest = re.sub(r"[\s:]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise UsageError(
            f"expected a fingerprint of 64 hexadecimal digits, got {text[:20]!r}; copy all of it"
        )
    return digest
