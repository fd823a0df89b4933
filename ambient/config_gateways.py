"""The sections of node.yaml for wearables, sensors and the ways in which their readings come.

Comes in: values of the file. Goes out: frozen structs, and `check_gateways` for what spans several
keys. Passwords and private keys stand in files of their own; the configuration only names them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Protocol

from msgspec import Meta, field

from ambient.config_base import Address, Host, Port, PublicKey, Strict, is_loopback
from ambient.errors import ConfigError
from ambient.observations import SensorKind, Wear
from ambient.places import Slug, Subject

DEVICE_PATTERN: Final = r"^[^\x00-\x1f\x7f#+]{1,200}$(?!\n)"
TOPIC_PATTERN: Final = r"^[^\x00-\x1f\x7f#+/][^\x00-\x1f\x7f#+]{0,99}$(?!\n)"

_BLUETOOTH: Final = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}(?:/[0-9]{1,3})?", re.IGNORECASE)

DeviceName = Annotated[str, Meta(pattern=DEVICE_PATTERN)]
"""What a device calls itself: address, serial number, topic."""
Promise = Annotated[float, Meta(ge=15, le=604_800)]
"""Seconds, up to a week."""
TopicPrefix = Annotated[str, Meta(pattern=TOPIC_PATTERN)]


class Way(StrEnum):
    """How readings of a device come in; also the source of the ticks of its devices in a room."""

    BLE = "ble"
    MQTT = "mqtt"
    MLLP = "mllp"
    HTTPS = "https"
    ZEROMQ = "zeromq"
    CSV = "csv"


class Wearable(Strict, frozen=True, kw_only=True):
    """What a resident wears, or a monitor at the bed."""

    id: Slug
    """Its pseudonym: the source of its observations."""
    device: DeviceName
    """How it calls itself (see ``docs/gateways.md``, by way)."""
    via: Way
    subject: Subject | None = None
    wear: Wear = Wear.ELSEWHERE
    every_s: Promise | None = None
    """It promises a reading at least so often; silent for longer, it is told. None: no promise."""


class Sensor(Strict, frozen=True, kw_only=True):
    """A small sensor of the room that sees and hears nobody."""

    id: Slug
    device: DeviceName
    kind: SensorKind
    via: Way = Way.MQTT
    bed: Slug | None = None
    every_s: Promise | None = None
    """Away for so long, it is told; a sensor that says nothing of being there never is."""


class Mqtt(Strict, frozen=True, kw_only=True):
    """The broker of wearables and sensors."""

    host: Host
    port: Port = 8883
    tls: bool = True
    """Off only for a broker on this machine."""
    ca: Path | None = None
    """PEM file of who signed the broker's certificate; without it, whom this machine trusts."""
    certificate: Path | None = None
    private_key: Path | None = None
    user: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    password_file: Path | None = None
    discovery: TopicPrefix = "homeassistant"
    """Where sensors describe themselves."""


class Mllp(Strict, frozen=True, kw_only=True):
    """Where monitors and their gateways send HL7 version 2."""

    host: Host = "127.0.0.1"
    port: Port = 2575
    allow: Annotated[list[Host], Meta(max_length=32)] = field(default_factory=list)
    """Numbers of the senders; nobody else is listened to. Empty: this machine only."""
    certificate: Path | None = None
    """PEM file of the certificate chain; with it, only TLS is spoken."""
    private_key: Path | None = None
    ca: Path | None = None
    """PEM file of who signed the senders' certificates; with it, a sender must have one."""


class Https(Strict, frozen=True, kw_only=True):
    """Where other systems put FHIR resources."""

    host: Host = "127.0.0.1"
    port: Port = 8443
    certificate: Path
    """PEM file of the certificate chain."""
    private_key: Path
    ca: Path | None = None
    """PEM file of who signed the senders' certificates; with it, a sender must have one."""
    token_file: Path | None = None
    """File with the senders' bearer tokens, one a line."""


class Ble(Strict, frozen=True, kw_only=True):
    """The Bluetooth adapter."""

    adapter: Annotated[str, Meta(pattern=r"^hci[0-9]{1,2}$(?!\n)")] = "hci0"


class ZeromqClient(Strict, frozen=True, kw_only=True):
    """Other software that may send readings."""

    id: Slug
    key: PublicKey


class Zeromq(Strict, frozen=True, kw_only=True):
    """Where other software sends readings in our own schema."""

    bind: Address = "tcp://127.0.0.1:7450"
    clients: Annotated[list[ZeromqClient], Meta(min_length=1, max_length=32)]


class CsvFolder(Strict, frozen=True, kw_only=True):
    """A folder whose files are read once each."""

    folder: Path


class Gateways(Strict, frozen=True, kw_only=True):
    """The ways in; one that is not here is closed."""

    mqtt: Mqtt | None = None
    mllp: Mllp | None = None
    https: Https | None = None
    ble: Ble | None = None
    zeromq: Zeromq | None = None
    csv: CsvFolder | None = None

    def has(self, way: Way) -> bool:
        """Return whether `way` is open."""
        return getattr(self, way.value) is not None


Wearables = Annotated[list[Wearable], Meta(max_length=16)]
Sensors = Annotated[list[Sensor], Meta(max_length=32)]

PATTERNS: Final = {
    DEVICE_PATTERN: "1 to 200 characters without # and +",
    TOPIC_PATTERN: "the beginning of a topic without # and +, and no / at its beginning",
    r"^hci[0-9]{1,2}$(?!\n)": "a Bluetooth adapter like hci0",
}
"""What the regular expressions ask for, in words."""


class RoomLike(Protocol):
    """What is looked at in a room; `ambient.config.Room`."""

    @property
    def wearables(self) -> list[Wearable]:
        """What residents of it wear."""
        ...

    @property
    def sensors(self) -> list[Sensor]:
        """Its small sensors."""
        ...


def check_devices(at: str, room: RoomLike, beds: Sequence[str], taken: Sequence[str]) -> None:
    """Check the devices of one room.

    Parameters
    ----------
    at
        Where the room stands in the file.
    beds
        Ids of its beds.
    taken
        Ids of its cameras and microphones: sources share names.

    Raises
    ------
    ConfigError
        With the path of the bad key.
    """
    lists: list[tuple[str, Sequence[Wearable | Sensor]]] = [
        ("wearables", room.wearables),
        ("sensors", room.sensors),
    ]
    ways = [str(way) for way in Way]
    seen = list(taken)
    for name, devices in lists:
        for d, device in enumerate(devices):
            if device.id in ways:
                raise ConfigError(
                    f"{at}.{name}[{d}].id: expected an id that is no way in "
                    f"({', '.join(ways)}), got {device.id!r}"
                )
            if device.id in seen:
                raise ConfigError(
                    f"{at}.{name}[{d}].id: expected an id used once, got {device.id!r} again"
                )
            seen.append(device.id)
    if room.wearables or room.sensors:
        for one in taken:
            if one in ways:
                raise ConfigError(
                    f"{at}: expected no camera or microphone named like a way in beside wearables "
                    f"and sensors, got {one!r}; rename it"
                )
    for s, sensor in enumerate(room.sensors):
        _check_bed(f"{at}.sensors[{s}]", sensor, beds)


def _check_bed(where: str, sensor: Sensor, beds: Sequence[str]) -> None:
    known = ", ".join(sorted(beds)) or "none"
    if sensor.bed is not None and sensor.bed not in beds:
        raise ConfigError(f"{where}.bed: expected a bed of this room ({known}), got {sensor.bed!r}")
    if sensor.kind is SensorKind.BED and sensor.bed is None and len(beds) != 1:
        raise ConfigError(
            f"{where}.bed: expected the bed of this room ({known}) that it watches, got nothing; "
            "add this key"
        )


def check_gateways(rooms: Sequence[RoomLike], gateways: Gateways) -> None:
    """Check devices against the ways in, and the ways in themselves.

    Raises
    ------
    ConfigError
        With the path of the bad key.
    """
    where_of: dict[str, str] = {}
    for r, room in enumerate(rooms):
        lists: list[tuple[str, Sequence[Wearable | Sensor]]] = [
            ("wearables", room.wearables),
            ("sensors", room.sensors),
        ]
        for name, devices in lists:
            for d, device in enumerate(devices):
                where = f"rooms[{r}].{name}[{d}]"
                _check_device(where, device, gateways, where_of)
    _check_mqtt(gateways.mqtt)
    if gateways.mllp is not None:
        _pair("gateways.mllp", gateways.mllp.certificate, gateways.mllp.private_key)
    if gateways.zeromq is not None:
        _check_clients(gateways.zeromq)


def _check_device(
    where: str, device: Wearable | Sensor, gateways: Gateways, where_of: dict[str, str]
) -> None:
    if not gateways.has(device.via):
        named = ", ".join(way for way in Way if gateways.has(way)) or "none"
        raise ConfigError(
            f"{where}.via: expected a way in that gateways names ({named}), got "
            f"{str(device.via)!r}; add gateways.{device.via}"
        )
    # Two devices of one name could not be told apart: one would speak for the other's wearer.
    if device.device in where_of:
        raise ConfigError(
            f"{where}.device: expected a device used once, got that of {where_of[device.device]} "
            "again"
        )
    where_of[device.device] = where
    if device.via is Way.BLE and not _BLUETOOTH.fullmatch(device.device):
        raise ConfigError(
            f"{where}.device: expected a Bluetooth address like AA:BB:CC:DD:EE:FF, with /2 behind "
            f"it for user 2 of a shared device, got {device.device!r}"
        )
    if device.via is Way.ZEROMQ and gateways.zeromq is not None:
        client = device.device.partition("/")[0]
        clients = [one.id for one in gateways.zeromq.clients]
        if client not in clients or "/" not in device.device:
            raise ConfigError(
                f"{where}.device: expected CLIENT/DEVICE with a client of gateways.zeromq "
                f"({', '.join(clients)}), got {device.device!r}"
            )


def _check_mqtt(mqtt: Mqtt | None) -> None:
    if mqtt is None:
        return
    _pair("gateways.mqtt", mqtt.certificate, mqtt.private_key)
    if (mqtt.user is None) != (mqtt.password_file is None):
        raise ConfigError(
            "gateways.mqtt: expected user and password_file together, got one of them; "
            "add the other"
        )
    if not mqtt.tls and not is_loopback(mqtt.host):
        raise ConfigError(
            "gateways.mqtt.tls: expected on for a broker on another machine, got off; "
            "readings of residents never cross a network in the clear"
        )


def _pair(where: str, certificate: Path | None, private_key: Path | None) -> None:
    if (certificate is None) != (private_key is None):
        raise ConfigError(
            f"{where}: expected certificate and private_key together, got one of them; "
            "add the other"
        )


def _check_clients(zeromq: Zeromq) -> None:
    for name in ("id", "key"):
        values = [str(getattr(client, name)) for client in zeromq.clients]
        for c, value in enumerate(values):
            if value in values[:c]:
                raise ConfigError(
                    f"gateways.zeromq.clients[{c}].{name}: expected one used once, got it again"
                )
