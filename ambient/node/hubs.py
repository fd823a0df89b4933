"""Which of a site's hubs a node speaks with: one at a time, never one of an older term.

Comes in: where the node was enrolled, what a hub told when it welcomed the node, and that a hub is
gone. Goes out: the address to dial, and whether a welcome counts. Pure but for `load` and `keep`,
which hold it in the node's state folder, so that nobody need write addresses on a hundred nodes.
What terms are for stands in `ambient.hub.standby.duty`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from ambient.bus import keys
from ambient.config import HubLink
from ambient.config_base import Address, PublicKey
from ambient.errors import LinkError

FILE: Final = "hubs.json"
"""In the node's state folder."""
MOST: Final = 4
"""Addresses that are tried."""

_log = structlog.get_logger(__name__)


class Known(Struct, frozen=True, kw_only=True):
    """What a node knows of the hubs of its site.

    Attributes
    ----------
    key
        Of the hubs; what another site's hub told does not count.
    addresses
        Of all of them, as they told. Where there is only one: its own, empty when that is the one
        of the enrolment.
    term
        The highest that welcomed this node; 0 where there is only one hub.
    proof
        What the hub gave for the term; any hub of the site knows it for its own.
    last
        Which address welcomed it last.
    """

    key: PublicKey
    addresses: list[Address] = []
    term: int = 0
    proof: str = ""
    last: Address | None = None


class Hubs:
    """The hubs of a site as one node sees them.

    Parameters
    ----------
    link
        Where the node was enrolled.
    known
        What it kept; of another key it counts for nothing.
    """

    def __init__(self, link: HubLink, known: Known | None = None) -> None:
        fits = known is not None and known.key == link.key
        self.known = known if known is not None and fits else Known(key=link.key)
        self._link = link
        self._tried = self.known.last or link.address

    @property
    def addresses(self) -> list[str]:
        """The addresses that are tried, each once."""
        told = self.known.addresses
        # The one of the enrolment may be a name that the hub itself does not tell.
        known = [*told, self._link.address] if told else [self._link.address]
        return list(dict.fromkeys(known))[:MOST]

    @property
    def address(self) -> str:
        """The address to dial now."""
        return self._tried if self._tried in self.addresses else self.addresses[0]

    @property
    def several(self) -> bool:
        """Whether there is another hub to go to."""
        return len(self.addresses) > 1

    @property
    def term(self) -> int:
        """The highest term that welcomed this node."""
        return self.known.term

    def gone(self) -> None:
        """Go to the next address: the hub at this one is gone, or does not serve."""
        addresses = self.addresses
        self._tried = addresses[(addresses.index(self.address) + 1) % len(addresses)]

    def go(self, address: str) -> None:
        """Dial `address` next: the hub there serves in a higher term."""
        self._tried = address

    def welcome(self, term: int, addresses: Sequence[str], proof: str = "") -> bool:
        """Take in a hub's welcome; return whether it counts.

        It does not when another hub of a higher term welcomed this node before: then that one
        serves, and the one that speaks has not heard of it yet. A hub that tells no addresses is
        alone: the address at which it was found is kept, as it need not be the enrolment's.
        """
        if term < self.known.term:
            return False
        elsewhere = self.address != self._link.address
        self.known = Known(
            key=self._link.key,
            addresses=list(addresses[:MOST]) or ([self.address] if elsewhere else []),
            term=term,
            proof=proof,
            last=self.address if addresses or elsewhere else None,
        )
        return True


def load(link: HubLink, state_dir: Path) -> Hubs:
    """Return the hubs as far as this node knows them; what cannot be read is left out, and said."""
    try:
        data = keys.read_private(state_dir / FILE)
        known = None if data is None else msgspec.json.decode(data, type=Known)
    except (LinkError, msgspec.MsgspecError) as error:
        # The hub of the enrolment is known all the same, and tells the rest again.
        _log.error("what was kept of the site's hubs cannot be read", error=str(error))
        known = None
    return Hubs(link, known)


def keep(hubs: Hubs, state_dir: Path) -> None:
    """Keep what is known; a disk that takes nothing must not keep a node from its hub."""
    try:
        keys.write_private(state_dir / FILE, msgspec.json.encode(hubs.known))
    except LinkError as error:
        _log.error("what the hub told of itself cannot be kept", error=str(error))
