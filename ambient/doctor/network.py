"""The network of a node: the hub, the room's contact, the cameras' passwords, their way out.

Comes in: the node's configuration. Goes out: findings. Talks to the hub, to the module of the
contact and to the configured cameras, and to nobody else.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ambient.bus.enrolment import hub_of
from ambient.bus.keys import NODE_KEY, load_pair
from ambient.bus.sockets import LinkChange, Watch, context, dial
from ambient.config import NodeConfig
from ambient.config_cameras import Camera
from ambient.config_relay import told
from ambient.doctor.findings import Finding, Level
from ambient.errors import LinkError, SourceError
from ambient.node import hubs
from ambient.relays.relay import ModbusCoil

CONNECT_S: Final = 3.0
HANDSHAKE_S: Final = 6.0

DEFAULT_LOGINS: Final = (
    ("admin", "admin"),
    ("admin", "12345"),
    ("admin", "123456"),
    ("admin", ""),
    ("root", "root"),
)
"""As cameras are shipped; few, because many cameras lock their door after some wrong tries."""

RTSP_PORT: Final = 554


def hub(config: NodeConfig) -> Iterator[Finding]:
    """Look at whether the hub answers, and knows this node's key."""
    try:
        link = hub_of(config)
    except LinkError as error:
        yield Finding("hub", Level.FAILED, "where it is cannot be read", str(error))
        return
    if link is None:
        yield Finding("hub", Level.WARNING, "none configured", "run: ambient enroll INVITATION")
        return
    known = hubs.load(link, config.state_dir)
    reached = []
    for address in known.addresses:
        silence = _silence(address)
        if silence is None:
            reached.append(address)
            continue
        yield Finding(
            "hub",
            Level.FAILED,
            f"{address} does not answer ({silence})",
            "check that the hub runs, its address, and the firewall between",
        )
    if not reached:
        return
    address = known.address if known.address in reached else reached[0]
    try:
        pair = load_pair(config.state_dir / NODE_KEY)
    except LinkError as error:
        yield Finding("hub", Level.FAILED, "reached, but the key cannot be used", str(error))
        return
    if pair is None:
        yield Finding("hub", Level.WARNING, "reached; this node has no key", "run: ambient enroll")
        return
    ctx = context()
    watch = dial(ctx, address, link.key, pair)
    try:
        outcome = _handshake(watch)
    finally:
        watch.close()
        watch.socket.close()
        ctx.term()
    if outcome is LinkChange.UP:
        yield Finding("hub", Level.OK, f"{address} answers and knows this key")
        if known.several:
            yield Finding("hub", Level.NOTE, f"the site has two: {', '.join(known.addresses)}")
    elif outcome is LinkChange.REFUSED:
        yield Finding(
            "hub",
            Level.FAILED,
            "answers, and does not admit this node's key",
            "make an invitation at the hub, then run: ambient enroll INVITATION",
        )
    else:
        yield Finding(
            "hub",
            Level.FAILED,
            "something answers at its address, but not with the hub's key",
            "compare hub.key in node.yaml with the hub's; enrol again if the hub is new",
        )


def _silence(address: str) -> str | None:
    """Return why nothing answers at an address, nothing when something does."""
    try:
        with socket.create_connection(_host_port(address), CONNECT_S):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _handshake(watch: Watch) -> LinkChange | None:
    end = time.monotonic() + HANDSHAKE_S
    while (left := end - time.monotonic()) > 0:
        if watch.monitor.poll(int(left * 1000)):
            for change in watch.changes():
                if change is not LinkChange.DOWN:
                    return change
    return None


def contact(config: NodeConfig) -> Iterator[Finding]:
    """Look at whether the module of the room's contact answers; the contact stays as it is.

    A line of this machine's own chip cannot be asked: the node holds it, or asking would set it.
    """
    relay = config.contact
    if relay is None or relay.modbus is None:
        return
    coil = ModbusCoil(relay)
    try:
        coil.check()
    except SourceError as error:
        cannot = "it could not be closed: without a hub nothing would call"
        yield Finding("contact", Level.FAILED, cannot, str(error))
    else:
        yield Finding("contact", Level.OK, f"{told(relay)} answers")
    finally:
        coil.leave()


def cameras(config: NodeConfig) -> Iterator[Finding]:
    """Look at the passwords of network cameras, and at their way out."""
    for room in config.rooms:
        for camera in room.cameras:
            if not camera.source.lower().startswith(("rtsp://", "rtsps://")):
                continue
            name = f"{room.id}/{camera.id}"
            yield from _password(name, camera)
            yield from _way_out(name, camera)


@dataclass(frozen=True)
class RtspAddress:
    """Where a camera is, without any login."""

    host: str
    port: int
    url: str


def rtsp_address(source: str) -> RtspAddress | None:
    """Return the address in an RTSP source without its login; nothing when it has no host."""
    parts = urlsplit(source)
    try:
        port = parts.port or RTSP_PORT
    except ValueError:
        return None
    if not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    query = f"?{parts.query}" if parts.query else ""
    return RtspAddress(parts.hostname, port, f"{parts.scheme}://{host}:{port}{parts.path}{query}")


def _password(name: str, camera: Camera) -> Iterator[Finding]:
    check = f"password {name}"
    address = rtsp_address(camera.source)
    if address is None:
        yield Finding(check, Level.FAILED, "the address has no host", "correct cameras[].source")
        return
    if camera.source.lower().startswith("rtsps://"):
        yield Finding(check, Level.NOTE, "not tried over TLS")
        return
    try:
        status, challenge = describe(address, "")
        if status == 200:
            yield Finding(
                check,
                Level.WARNING,
                "the camera shows its picture to anybody, without a login",
                "set a password on the camera and write it into cameras[].source",
            )
            return
        for user, password in DEFAULT_LOGINS if status == 401 else ():
            answer = authorization(challenge, user, password, address.url)
            if answer and describe(address, answer)[0] == 200:
                yield Finding(
                    check,
                    Level.WARNING,
                    f"the login it was shipped with still opens it (user {user})",
                    "set a password of its own on the camera and write it into cameras[].source",
                )
                return
    except OSError as error:
        yield Finding(check, Level.NOTE, f"cannot be tried ({error})", "check the camera's address")
        return
    if status == 401:
        yield Finding(check, Level.OK, "no login it may have been shipped with opens it")
    else:
        yield Finding(check, Level.NOTE, f"the camera answered {status}; nothing could be tried")


def describe(address: RtspAddress, authorization_line: str) -> tuple[int, str]:
    """Ask a camera to describe its stream; return the status and the challenge, if any.

    Raises
    ------
    OSError
        When it does not answer in time or not in RTSP.
    """
    lines = [f"DESCRIBE {address.url} RTSP/1.0", "CSeq: 1", "User-Agent: ambient-doctor"]
    if authorization_line:
        lines.append(f"Authorization: {authorization_line}")
    with socket.create_connection((address.host, address.port), CONNECT_S) as link:
        link.settimeout(CONNECT_S)
        link.sendall(("\r\n".join([*lines, "Accept: application/sdp", "", ""])).encode())
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < 16_384:
            more = link.recv(4096)
            if not more:
                break
            answer += more
    text = answer.decode("latin-1")
    match = re.match(r"RTSP/1\.\d (\d{3})", text)
    if match is None:
        raise OSError("no RTSP answer")
    challenges = re.findall(r"(?im)^WWW-Authenticate:\s*(.+?)\s*$", text)
    digest = [one for one in challenges if one.lower().startswith("digest")]
    return int(match[1]), (digest or challenges or [""])[0]


def authorization(challenge: str, user: str, password: str, url: str) -> str:
    """Return the answer to a Basic or Digest challenge (RFC 7617, RFC 2617 without qop)."""
    if challenge.lower().startswith("basic"):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    if not challenge.lower().startswith("digest"):
        return ""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    response = md5(f"{md5(f'{user}:{realm}:{password}')}:{nonce}:{md5(f'DESCRIBE:{url}')}")
    return (
        f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{url}", '
        f'response="{response}"'
    )


@dataclass(frozen=True)
class Route:
    """One line of the kernel's IPv4 routes."""

    interface: str
    network: ipaddress.IPv4Network
    gateway: ipaddress.IPv4Address


def parse_routes(text: str) -> list[Route]:
    """Return the routes in the form of ``/proc/net/route``, most specific first."""
    routes = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue
        where, gateway, mask = (
            ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(fields[i]), "little"))
            for i in (1, 2, 7)
        )
        network = ipaddress.IPv4Network(f"{where}/{mask}", strict=False)
        routes.append(Route(fields[0], network, gateway))
    return sorted(routes, key=lambda route: -route.network.prefixlen)


def judge_way_out(
    name: str, address: ipaddress.IPv4Address, routes: Sequence[Route], *, forwards: bool
) -> Finding:
    """Say whether a camera can reach beyond the node's own network, as far as can be known here.

    Parameters
    ----------
    name
        Room and camera.
    address
        Of the camera.
    routes
        Of this machine, most specific first.
    forwards
        Whether this machine passes packets on.
    """
    check = f"way out {name}"
    block = (
        "put cameras on a network of their own without a gateway (a second network card or a "
        "VLAN), or block the camera's address at the router"
    )
    if address.is_loopback:
        return Finding(check, Level.OK, "runs on this machine")
    if not address.is_private:
        return Finding(check, Level.WARNING, f"{address} is a public address", block)
    route = next((route for route in routes if address in route.network), None)
    if route is None:
        return Finding(check, Level.WARNING, f"no route to {address}", "check the address")
    if int(route.gateway) != 0:
        found = f"{address} stands behind the router {route.gateway}, which may let it out"
        return Finding(check, Level.WARNING, found, block)
    ways = [other for other in routes if other.network.prefixlen == 0]
    if any(way.interface == route.interface for way in ways):
        found = f"the camera's network ({route.interface}) has a gateway to the outside"
        return Finding(check, Level.WARNING, found, block)
    if forwards:
        return Finding(
            check,
            Level.WARNING,
            "this machine forwards packets, and could let the camera out",
            "run: sysctl -w net.ipv4.ip_forward=0 (and keep it in /etc/sysctl.d)",
        )
    return Finding(check, Level.OK, f"alone on {route.interface}, which has no gateway")


def _way_out(name: str, camera: Camera) -> Iterator[Finding]:
    address = rtsp_address(camera.source)
    if address is None:
        return
    try:
        found = socket.getaddrinfo(address.host, None, socket.AF_INET, socket.SOCK_STREAM)
        routes = parse_routes(Path("/proc/net/route").read_text())
        forwards = Path("/proc/sys/net/ipv4/ip_forward").read_text().strip() == "1"
    except OSError as error:
        yield Finding(f"way out {name}", Level.NOTE, f"cannot be looked at ({error})")
        return
    ip = ipaddress.IPv4Address(str(found[0][4][0]))
    yield judge_way_out(name, ip, routes, forwards=forwards)


def _host_port(address: str) -> tuple[str, int]:
    host, port = address.removeprefix("tcp://").rsplit(":", 1)
    return host.strip("[]"), int(port)
