"""From which key the ids of a node's events derive: the public key it had first, kept for good.

Comes in: the node's public key, from the agent, which alone may read the key file. Goes out: 40
characters that fusion may read. A later rotation of the key leaves it as it is: an open chain
must keep its id.
"""

from __future__ import annotations

import re

from ambient.errors import StoreError
from ambient.files import read_bytes, write_atomically
from ambient.node.place import NodePlace

_KEY = re.compile(r"^[\x21-\x7e]{40}$")


def keep_identity(place: NodePlace, public_key: str) -> str:
    """Keep `public_key` as the node's identity unless it has one; return the one in force."""
    known = read_identity(place)
    if known is not None:
        return known
    write_atomically(place.identity, public_key.encode())
    return public_key


def read_identity(place: NodePlace) -> str | None:
    """Return the node's identity, or nothing when the agent has not written it yet.

    Raises
    ------
    StoreError
        When the file holds something else.
    """
    data = read_bytes(place.identity)
    if data is None:
        return None
    text = data.decode("ascii", errors="replace")
    if _KEY.match(text) is None:
        raise StoreError(
            f"{place.identity}: expected a public key of 40 characters, got something else; "
            "delete the file, and the agent writes it again"
        )
    return text
