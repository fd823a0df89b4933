"""node.yaml and hub.yaml: read, checked, and refused with the path of the bad key.

Comes in: a YAML file. Goes out: a frozen `NodeConfig` or `HubConfig`. Unknown keys are refused; a
wrong value is answered with where it stands, what was expected and what came, for example
``rooms[0].cameras[1].fps: expected 1 to 30, got 0``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, field

from ambient import (
    config_alarms,
    config_cameras,
    config_channels,
    config_gateways,
    config_oidc,
    config_standby,
    config_watch,
    config_web,
)
from ambient.config_alarms import Alarms
from ambient.config_backup import Backup
from ambient.config_base import (
    ADDRESS_PATTERN,
    HOST_PATTERN,
    KEY_PATTERN,
    Address,
    PublicKey,
    Strict,
)
from ambient.config_burden import Burden
from ambient.config_cameras import Camera
from ambient.config_channels import ChannelConfig
from ambient.config_errors import explain, shown
from ambient.config_gateways import Gateways, Sensors, Wearables
from ambient.config_oidc import Oidc
from ambient.config_people import People
from ambient.config_relay import Relay, RoomContact, check_relay
from ambient.config_standby import Standby
from ambient.config_vitals import ResearchUse, SaturationScale
from ambient.config_watch import BedWatch, RoomWatch, WetRoom
from ambient.config_web import LinkListen, Web
from ambient.config_yaml import read_yaml
from ambient.errors import ConfigError
from ambient.events import Purpose
from ambient.places import SLUG_PATTERN, SUBJECT_PATTERN, Slug, Subject

CallWord = Annotated[str, Meta(min_length=1, max_length=60)]
"""What somebody may call, as the list of words writes it."""


class Microphone(Strict, frozen=True, kw_only=True):
    """One microphone of a room: a device of the node, or the sound of a network camera."""

    id: Slug
    source: Annotated[str, Meta(min_length=1, max_length=1000)]


class Bed(Strict, frozen=True, kw_only=True):
    """A bed, and who sleeps there as a pseudonym."""

    id: Slug
    subject: Subject | None = None
    watch: BedWatch = field(default_factory=BedWatch)
    saturation_scale: SaturationScale = 1


class Room(Strict, frozen=True, kw_only=True):
    """One room: its beds, purposes and devices."""

    id: Slug
    floor: Slug | None = None
    beds: Annotated[list[Bed], Meta(max_length=8)] = field(default_factory=list)
    purposes: dict[Purpose, bool] = field(default_factory=lambda: {Purpose.FALLS: True})
    cameras: Annotated[list[Camera], Meta(max_length=16)] = field(default_factory=list)
    microphones: Annotated[list[Microphone], Meta(max_length=4)] = field(default_factory=list)
    wearables: Wearables = field(default_factory=list)
    sensors: Sensors = field(default_factory=list)
    wet_rooms: Annotated[list[WetRoom], Meta(max_length=4)] = field(default_factory=list)
    watch: RoomWatch = field(default_factory=RoomWatch)

    def is_on(self, purpose: Purpose) -> bool:
        """Return whether `purpose` is on; falls are on unless switched off."""
        return self.purposes.get(purpose, purpose is Purpose.FALLS)


class HubLink(Strict, frozen=True, kw_only=True):
    """Where the hub is and which key it must have."""

    address: Address
    key: PublicKey


class ModelsDir(Strict, frozen=True, kw_only=True):
    """Where converted models are kept."""

    dir: Path | None = None


class Falls(Strict, frozen=True, kw_only=True):
    """When a fall is confirmed and when it is a long lie, in seconds.

    Attributes
    ----------
    unfelt_s
        So long must somebody stay down whom a camera saw go down and whose own wearable felt no
        fall, or the long lie if that is sooner; 0 waits for no wearable.
    """

    confirm_s: Annotated[float, Meta(ge=1, le=30)] = 8.0
    long_lie_s: Annotated[float, Meta(ge=10, le=3600)] = 60.0
    recover_s: Annotated[float, Meta(ge=1, le=30)] = 3.0
    unfelt_s: Annotated[float, Meta(ge=0, le=60)] = 30.0


class Sounds(Strict, frozen=True, kw_only=True):
    """Which words call for help here.

    Attributes
    ----------
    words
        Of the list, those that are listened for; without it all of them.
    words_dir
        A site's own list, as ``ambient train words --out`` writes it.
    """

    words: Annotated[list[CallWord], Meta(min_length=1, max_length=100)] | None = None
    words_dir: Path | None = None


class Privacy(Strict, frozen=True, kw_only=True):
    """The privacy pause: length for the button (the hub sends its own), reminder, the button."""

    pause_s: Annotated[int, Meta(ge=60, le=4 * 3600)] = 20 * 60
    reminder_s: Annotated[int, Meta(ge=10, le=600)] = 120
    gpio: Annotated[int, Meta(ge=0, le=64)] | None = None


class Outbox(Strict, frozen=True, kw_only=True):
    """How much undelivered the node keeps."""

    max_rows: Annotated[int, Meta(ge=100, le=10_000_000)] = 200_000
    keep_h: Annotated[float, Meta(ge=1, le=24 * 14)] = 24.0


class Recording(Strict, frozen=True, kw_only=True):
    """Whether the node keeps observations, of rooms where *research* is on, and how long."""

    enabled: bool = False
    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 30


class NodeConfig(Strict, frozen=True, kw_only=True):
    """A room node (``node.yaml``)."""

    site: Slug
    node: Slug
    hub: HubLink | None = None
    state_dir: Path = Path("/var/lib/ambient/node")
    models: ModelsDir = field(default_factory=ModelsDir)
    rooms: Annotated[list[Room], Meta(min_length=1, max_length=16)]
    falls: Falls = field(default_factory=Falls)
    sounds: Sounds = field(default_factory=Sounds)
    privacy: Privacy = field(default_factory=Privacy)
    contact: RoomContact | None = None
    """Closed when no hub acknowledges an alarm."""
    outbox: Outbox = field(default_factory=Outbox)
    gateways: Gateways = field(default_factory=Gateways)
    research_use: ResearchUse = field(default_factory=ResearchUse)
    recording: Recording = field(default_factory=Recording)
    frozen_s: Annotated[float, Meta(ge=2, le=600)] = 10.0
    time_zone: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    """Of the site, by its name in the IANA database: where hours and days of summaries begin, and
    nights that beds are watched in. UTC when nothing asks for it."""

    @property
    def zone(self) -> tzinfo:
        """The time zone of the site.

        Raises
        ------
        ConfigError
            When this machine does not know it.
        """
        return _zone(self.time_zone)

    @property
    def version(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of this configuration."""
        canonical = msgspec.json.encode(self, order="deterministic", enc_hook=str)
        return hashlib.sha256(canonical).hexdigest()[:12]


class RoomName(Strict, frozen=True, kw_only=True):
    """How a room is called on the hub; names never reach a node."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    floor: Annotated[str, Meta(max_length=60)] = ""


class HubConfig(Strict, frozen=True, kw_only=True):
    """A facility hub (``hub.yaml``)."""

    site: Slug
    state_dir: Path = Path("/var/lib/ambient/hub")
    link: LinkListen = field(default_factory=LinkListen)
    web: Web = field(default_factory=Web)
    rooms: dict[Slug, RoomName] = field(default_factory=dict)
    silent_s: Annotated[float, Meta(ge=10, le=600)] = 15.0
    """Two heartbeats of a node (5 s apart) may be lost before it counts as silent."""
    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 365
    time_zone: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    """Of the site, by its name in the IANA database: what shifts go by. UTC without it."""
    alarms: Alarms = field(default_factory=Alarms)
    channels: Annotated[dict[Slug, ChannelConfig], Meta(max_length=32)] = field(
        default_factory=dict
    )
    """Ways out of the hub beside its pages; off until somebody responsible accepted each."""
    alive: Relay | None = None
    """Held closed while the hub is well; the nurse call shows a fault when it opens."""
    backup: Backup | None = None
    standby: Standby | None = None
    """The other hub of the site, if there are two."""
    burden: Burden = field(default_factory=Burden)
    people: People = field(default_factory=People)
    oidc: Oidc | None = None
    """An OpenID Connect provider that vouches for people, beside the accounts of the hub."""

    @property
    def zone(self) -> tzinfo:
        """The time zone of the site, UTC when it has none.

        Raises
        ------
        ConfigError
            When this machine does not know it.
        """
        return _zone(self.time_zone)


Config = TypeVar("Config", NodeConfig, HubConfig)

PATTERNS: Final = {
    SLUG_PATTERN: "a name of 1 to 32 lower-case letters, digits and inner hyphens",
    SUBJECT_PATTERN: "a pseudonym: s- and 4 to 16 hexadecimal digits",
    ADDRESS_PATTERN: "an address like tcp://10.0.0.5:7440",
    KEY_PATTERN: "a public key of 40 characters",
    HOST_PATTERN: "a host by name or number",
    **config_gateways.PATTERNS,
    **config_standby.PATTERNS,
    **config_watch.PATTERNS,
    **config_web.PATTERNS,
    **config_oidc.PATTERNS,
}
"""What the regular expressions ask for, in words."""


def load_node(path: Path) -> NodeConfig:
    """Read and check ``node.yaml``.

    Raises
    ------
    ConfigError
        With the path of the bad key, what was expected and what came.
    """
    config = _load(path, NodeConfig)
    _check(path, _check_node, config)
    return config


def load_hub(path: Path) -> HubConfig:
    """Read and check ``hub.yaml``.

    Raises
    ------
    ConfigError
        With the path of the bad key, what was expected and what came.
    """
    config = _load(path, HubConfig)
    _check(path, _check_hub, config)
    return config


def _load(path: Path, kind: type[Config]) -> Config:
    raw = read_yaml(path)
    try:
        return msgspec.convert(raw, kind, strict=True, dec_hook=_to_path)
    except msgspec.ValidationError as error:
        why = explain(str(error), raw, kind, _to_path, PATTERNS)
        raise ConfigError(f"{path}: {why}") from None


def _to_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        if not value or "\0" in value:
            raise ValueError("expected a path")
        return Path(value)
    raise TypeError("expected a path")


def _check(path: Path, check: Callable[[Config], None], config: Config) -> None:
    """Check what spans several keys, and say in which file it is wrong."""
    try:
        check(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _zone(name: str | None) -> tzinfo:
    if name in (None, "UTC"):
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            "time_zone: expected a time zone that this machine knows, like Europe/Berlin, "
            f"got {shown(name)}"
        ) from None


def _check_hub(config: HubConfig) -> None:
    _ = config.zone
    floors = {room: named.floor for room, named in config.rooms.items()}
    config_alarms.check_alarms(config.alarms, floors, config.time_zone)
    config_channels.check_channels(config.channels, config.alarms)
    check_relay("alive", config.alive)
    if config.standby is not None:
        config_standby.own_link(config.link.bind, config.link.advertise)
    config_web.check_web(config.web)
    config_oidc.check_oidc(config.oidc, config.web)


def _check_node(config: NodeConfig) -> None:
    """Check what spans several keys."""
    _unique("rooms", [room.id for room in config.rooms])
    for r, room in enumerate(config.rooms):
        at = f"rooms[{r}]"
        beds = [bed.id for bed in room.beds]
        _unique(f"{at}.beds", beds)
        cameras = [camera.id for camera in room.cameras]
        _unique(f"{at}.cameras", cameras)
        microphones = [one.id for one in room.microphones]
        _unique(f"{at}.microphones", microphones, taken=cameras)
        config_gateways.check_devices(at, room, beds, [*cameras, *microphones])
        config_cameras.check_cameras(at, room.cameras, beds)
    config_gateways.check_gateways(config.rooms, config.gateways)
    check_relay("contact", config.contact)
    config_watch.check_watch(config.rooms, config.time_zone)
    _ = config.zone
    if config.falls.long_lie_s <= config.falls.confirm_s:
        raise ConfigError(
            "falls.long_lie_s: expected more than falls.confirm_s "
            f"({config.falls.confirm_s:g}), got {config.falls.long_lie_s:g}"
        )


def _unique(where: str, ids: list[str], taken: Sequence[str] = ()) -> None:
    """Refuse an id that stands twice, or that something beside it has: sources share names."""
    for i, one in enumerate(ids):
        if one in ids[:i] or one in taken:
            raise ConfigError(f"{where}[{i}].id: expected an id used once, got {one!r} again")
