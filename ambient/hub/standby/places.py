"""Which sections of hub.yaml a second hub gets from the addresses that an installer gives.

Comes in: where nodes and browsers reach the machine. Goes out: ``state_dir``, ``link`` and ``web``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ambient.errors import UsageError


def sections(state_dir: Path, link: str, page: str) -> dict[str, Any]:
    """Return the sections of a machine's own.

    Raises
    ------
    UsageError
        When an address has no host or no port.

    Examples
    --------
    >>> sections(Path("/s"), "tcp://10.0.0.6:7440", "https://10.0.0.6:8443")["web"]
    {'host': '0.0.0.0', 'port': 8443, 'names': ['10.0.0.6']}
    """
    node, browser = _parts(link), _parts(page)
    local = node[0] in ("127.0.0.1", "localhost")
    web: dict[str, Any] = {"host": "127.0.0.1" if local else "0.0.0.0", "port": browser[1]}
    if page.startswith("https://"):
        web["names"] = [browser[0]]
    return {
        "state_dir": str(state_dir),
        "link": {
            "bind": f"tcp://{'127.0.0.1' if local else '0.0.0.0'}:{node[1]}",
            "advertise": link,
        },
        "web": web,
    }


def _parts(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise UsageError(
            f"expected an address with host and port, like tcp://10.0.0.6:7440, got "
            f"{address[:60]!r}"
        )
    return host, port
