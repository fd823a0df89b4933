"""Writes the systemd drop-in with the addresses that a node may talk to.

In: ``node.yaml``, and what enrolment and hub left in the node's state folder. Out, on standard
output: ``IPAddressAllow=`` for the hub and the other one of which it told, each network camera, the
broker and the senders that the installer named, and for the machine's name servers when one of
these is a name and not a number; ``SocketBindAllow=`` for the ports on which wearables and monitors
come in.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from ambient.bus.enrolment import load_hub
from ambient.config import NodeConfig, load_node
from ambient.node import hubs


def hosts(config: NodeConfig) -> list[str]:
    """Return the hosts of hub, network cameras, broker and named senders as they are written."""
    hub = config.hub or load_hub(config.state_dir)
    urls = [hub.address] if hub else []
    if hub:
        urls += [told for told in hubs.load(hub, config.state_dir).addresses if _is_near(told)]
    urls += [camera.source for room in config.rooms for camera in room.cameras]
    found = {host for url in urls if "://" in url and (host := urlsplit(url).hostname)}
    ways = config.gateways
    if ways.mqtt is not None:
        found.add(ways.mqtt.host)
    if ways.mllp is not None:
        found |= set(ways.mllp.allow)
    return sorted(found)


def ports(config: NodeConfig) -> list[int]:
    """Return the ports on which the node listens for wearables and monitors."""
    ways = config.gateways
    found = [way.port for way in (ways.mllp, ways.https) if way is not None]
    if ways.zeromq is not None:
        found.append(int(ways.zeromq.bind.rpartition(":")[2]))
    return sorted(found)


def drop_in(config: NodeConfig, resolv: str) -> str:
    """Return the drop-in's text.

    Parameters
    ----------
    config
        Of the node.
    resolv
        Text of ``/etc/resolv.conf``; its servers are allowed only when a name must be looked up.

    Raises
    ------
    SystemExit
        A name is not known here, so nothing could be allowed for it.
    """
    numbers: set[str] = set()
    names = []
    for host in hosts(config):
        if _is_number(host):
            numbers.add(host)
            continue
        names.append(host)
        try:
            numbers |= {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
        except socket.gaierror:
            raise SystemExit(
                f"node.yaml: expected a host that is known here, got {host!r}; "
                "write its number, or mend the name server"
            ) from None
    if names:
        words = [line.split() for line in resolv.splitlines()]
        servers = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
        numbers |= {server for server in servers if _is_number(server)}
    lines = [
        "# Written by addresses.py out of node.yaml and the enrolment; run it again after changes."
    ]
    lines += ["[Service]"]
    lines += [f"IPAddressAllow={number}" for number in sorted(numbers)]
    lines += [f"SocketBindAllow=tcp:{port}" for port in ports(config)]
    return "\n".join(lines) + "\n"


def _is_near(address: str) -> bool:
    """Return whether an address that nobody wrote here is a number of a private network.

    A node can write what its hub told; it must not open itself a way out of the house by that.
    """
    host = urlsplit(address).hostname or ""
    return _is_number(host) and ipaddress.ip_address(host).is_private


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: addresses.py NODE.YAML")
    resolv = Path("/etc/resolv.conf")
    text = resolv.read_text("utf-8") if resolv.exists() else ""
    sys.stdout.write(drop_in(load_node(Path(sys.argv[1])), text))
