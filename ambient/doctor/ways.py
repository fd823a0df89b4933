"""The ways in of wearables and sensors: ports, certificates, broker, Bluetooth, who was heard.

Comes in: the node's configuration. Goes out: findings. Talks to this machine and to the configured
broker, and to nobody else; reads no reading.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ambient.bus import keys
from ambient.config import NodeConfig
from ambient.config_gateways import Mqtt, Sensor, Way, Wearable
from ambient.doctor.findings import Finding, Level
from ambient.errors import AmbientError, StoreError
from ambient.files import read_bytes
from ambient.node.place import NodePlace

CONNECT_S: Final = 5.0
SOON_S: Final = 30 * 86_400.0
"""A certificate that ends this soon is worth a word."""
FRESH_S: Final = 60.0
"""Counts of a running process are younger."""

_OFF_NODE: Final = "the node does not run now"


class _Health(msgspec.Struct):
    """What is read of the counts of the process *gateways*."""

    links: dict[str, str | None] = {}
    heard: dict[str, Annotated[int, Meta(ge=0)]] = {}
    refused: dict[str, int] = {}


def ways(config: NodeConfig, *, running: bool) -> Iterator[Finding]:
    """Look at each way in that some device comes by, and at each device.

    Parameters
    ----------
    config
        Of the node.
    running
        Whether the node runs and holds its ports.
    """
    devices: list[tuple[str, Wearable | Sensor]] = []
    for room in config.rooms:
        devices += [(room.id, wearable) for wearable in room.wearables]
        devices += [(room.id, sensor) for sensor in room.sensors]
    used = {device.via for _, device in devices}
    given = config.gateways
    if given.mqtt is not None and Way.MQTT in used:
        yield from broker(given.mqtt, config.node)
    if given.ble is not None and Way.BLE in used:
        yield bluetooth(given.ble.adapter)
    if given.mllp is not None and Way.MLLP in used:
        yield port("mllp", given.mllp.host, given.mllp.port, running=running)
        if given.mllp.certificate is not None:
            yield certificate("mllp certificate", given.mllp.certificate)
    if given.https is not None and Way.HTTPS in used:
        yield port("https", given.https.host, given.https.port, running=running)
        yield certificate("https certificate", given.https.certificate)
    if given.zeromq is not None and Way.ZEROMQ in used:
        host, _, number = given.zeromq.bind.removeprefix("tcp://").rpartition(":")
        yield port("zeromq", host.strip("[]"), int(number), running=running)
        yield _own_key(config.state_dir)
    if given.csv is not None and Way.CSV in used:
        yield folder(given.csv.folder)
    if devices:
        yield from _heard(config, devices, running=running)


def port(way: str, host: str, number: int, *, running: bool) -> Finding:
    """Look at whether the node listens, or could."""
    check = f"{way} port {number}"
    if running:
        try:
            local = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}.get(host, host)
            socket.create_connection((local, number), CONNECT_S).close()
        except OSError:
            return Finding(
                check,
                Level.FAILED,
                f"nobody listens on {host}",
                "look into the log of the node: journalctl -u ambient-node",
            )
        return Finding(check, Level.OK, f"listens on {host}")
    try:
        with socket.create_server((host, number)):
            pass
    except OSError as error:
        return Finding(
            check,
            Level.FAILED,
            f"cannot be had on {host} ({error.strerror})",
            "another program uses it, or the address is not this machine's: choose another",
        )
    return Finding(check, Level.OK, f"free on {host}; {_OFF_NODE}")


def certificate(check: str, path: Path) -> Finding:
    """Look at whether a certificate can be read, and for how long it is good."""
    try:
        text = path.read_text("ascii")
        from cryptography import x509

        found = x509.load_pem_x509_certificate(text.encode())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no certificate in PEM"
        return Finding(
            check,
            Level.FAILED,
            f"{path}: {why}",
            "copy it again; ambient-node must be able to read it",
        )
    left = (found.not_valid_after_utc - datetime.now(UTC)).total_seconds()
    until = f"{found.not_valid_after_utc:%Y-%m-%d}"
    if left <= 0:
        return Finding(check, Level.FAILED, f"ended on {until}", "have a new one made and copy it")
    if found.not_valid_before_utc > datetime.now(UTC):
        return Finding(check, Level.FAILED, "is not good yet", "check the date of this machine")
    if left < SOON_S:
        return Finding(check, Level.WARNING, f"ends on {until}", "have a new one made in time")
    return Finding(check, Level.OK, f"good until {until}")


def broker(settings: Mqtt, node: str) -> Iterator[Finding]:
    """Connect to the broker as the node does, under a name that does not disturb it."""
    if settings.certificate is not None:
        yield certificate("mqtt certificate", settings.certificate)
    check = f"mqtt {settings.host}:{settings.port}"
    try:
        reason = _connect(settings, node)
    except AmbientError as error:
        yield Finding(check, Level.FAILED, "its credential cannot be used", str(error))
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            check,
            Level.FAILED,
            f"its certificate is not believed ({error.verify_message})",
            "gateways.mqtt.ca must be the file of who signed it, host the name that stands in it",
        )
    except OSError as error:
        yield Finding(
            check,
            Level.FAILED,
            f"does not answer ({error.strerror or error})",
            "check that the broker runs, gateways.mqtt.host and port, and the firewall between",
        )
    else:
        if reason is None:
            yield Finding(check, Level.OK, "answers and knows this node")
        else:
            yield Finding(
                check,
                Level.FAILED,
                f"answers, and does not let this node in ({reason})",
                "compare user, password_file or certificate with what the broker knows",
            )


def _connect(settings: Mqtt, node: str) -> str | None:
    """Return why the broker did not let us in; None when it did."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    from ambient.bus.secrets import client_tls, secret

    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"ambient-{node}-doctor",
        reconnect_on_failure=False,
    )
    if settings.tls:
        tls = client_tls(settings.ca, settings.certificate, settings.private_key)
        # First by hand: a client that does not believe the broker leaves its socket open.
        with (
            socket.create_connection((settings.host, settings.port), CONNECT_S) as raw,
            tls.wrap_socket(raw, server_hostname=settings.host),
        ):
            pass
        client.tls_set_context(tls)
    if settings.user is not None and settings.password_file is not None:
        client.username_pw_set(settings.user, secret(settings.password_file))
    answered = threading.Event()
    said: list[str | None] = []

    def connected(_client: object, _data: object, _flags: object, code: object, _p: object) -> None:
        said.append(str(code) if getattr(code, "is_failure", False) else None)
        answered.set()

    client.on_connect = connected
    client.connect_timeout = CONNECT_S
    client.connect(settings.host, settings.port)
    client.loop_start()
    try:
        if not answered.wait(CONNECT_S):
            raise TimeoutError(0, "no answer in time")
        return said[0]
    finally:
        client.disconnect()
        client.loop_stop()
        left = client.socket()
        if left is not None:
            left.close()


def bluetooth(adapter: str, system: Path = Path("/sys/class/bluetooth")) -> Finding:
    """Look at whether the adapter is there, and whether BlueZ can be asked for it."""
    check = f"bluetooth {adapter}"
    if not (system / adapter).exists():
        there = sorted(one.name for one in system.glob("hci*") if ":" not in one.name)
        return Finding(
            check,
            Level.FAILED,
            f"no such adapter; there are: {', '.join(there) or 'none'}",
            "plug it in, switch it on in the firmware, or name another in gateways.ble.adapter",
        )
    bus = Path("/run/dbus/system_bus_socket")
    if not bus.exists():
        return Finding(
            check, Level.FAILED, "BlueZ cannot be asked: no D-Bus", "install bluez and dbus"
        )
    return Finding(check, Level.OK, "is there")


def folder(path: Path) -> Finding:
    """Look at whether the folder of tables can be read."""
    if not path.is_dir():
        return Finding(
            "csv folder", Level.FAILED, f"{path}: no folder", f"run: mkdir -p {path} (as root)"
        )
    try:
        next(path.iterdir(), None)
    except OSError as error:
        return Finding(
            "csv folder",
            Level.FAILED,
            f"{path}: {error.strerror}",
            f"run: chgrp ambient-node {path}; chmod 2750 {path}",
        )
    return Finding("csv folder", Level.OK, str(path))


def _own_key(state_dir: Path) -> Finding:
    """Say the key by which software knows this node."""
    from ambient.node.gateways.zeromq import KEY

    try:
        pair = keys.load_pair(state_dir / KEY)
    except AmbientError as error:
        return Finding("zeromq key", Level.FAILED, "cannot be used", str(error))
    if pair is None:
        return Finding("zeromq key", Level.NOTE, "is made at the first start of the node")
    return Finding("zeromq key", Level.OK, f"clients know this node by {pair.public}")


def _heard(
    config: NodeConfig, devices: list[tuple[str, Wearable | Sensor]], *, running: bool
) -> Iterator[Finding]:
    if not running:
        yield Finding("wearables and sensors", Level.NOTE, _OFF_NODE)
        return
    from ambient.node.gateways.worker import HEALTH

    path = NodePlace(config.state_dir).run_dir / HEALTH
    try:
        data = read_bytes(path)
        health = msgspec.json.decode(data, type=_Health) if data is not None else None
    except (StoreError, msgspec.MsgspecError):
        health = None
    if health is None or time.time() - path.stat().st_mtime > FRESH_S:
        yield Finding(
            "wearables and sensors",
            Level.FAILED,
            "the process that reads them tells nothing",
            "look into the log of the node: journalctl -u ambient-node",
        )
        return
    for way, reason in health.links.items():
        if reason is not None:
            yield Finding(f"way in {way}", Level.FAILED, f"is closed: {reason}", "mend that")
    for room, device in devices:
        yield device_heard(f"{room}/{device.id}", device.via, health.heard)
    if health.refused:
        most = sorted(health.refused.items(), key=lambda one: -one[1])[:5]
        text = ", ".join(f"{what} ({count} times)" for what, count in most)
        yield Finding("refused readings", Level.NOTE, text, "see docs/gateways.md, What is refused")


def device_heard(name: str, way: Way, heard: dict[str, int]) -> Finding:
    """Say whether a device was heard since the node started."""
    check = f"device {name}"
    if name in heard:
        # The node's clock may differ from the wall's, but not by what matters here.
        ago = max(0.0, time.time() - heard[name] / 1e9)
        return Finding(check, Level.OK, f"heard {ago:.0f} s ago by {way}")
    return Finding(
        check,
        Level.WARNING,
        f"not heard by {way} since the node started",
        "switch it on and bring it near; compare device in node.yaml with what it calls itself; "
        "its purpose must be on",
    )
