"""The sections of node.yaml for what else than falls is watched: beds, wet rooms, absence.

Comes in: values of the file. Goes out: frozen structs, and `check_watch` for what spans several
keys. All of it is off unless the file asks for it: per bed, per wet room, per room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Protocol

from msgspec import Meta, field

from ambient.config_base import Strict
from ambient.config_gateways import Sensor
from ambient.errors import ConfigError
from ambient.observations import Place, Point, SensorKind
from ambient.places import Slug, Subject

NIGHT_PATTERN: Final = (
    r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)"
)
NIGHT: Final = "21:00-06:30"

Hours = Annotated[str, Meta(pattern=NIGHT_PATTERN)]
"""A span of the site's clock, ``21:00-06:30``; ``00:00-24:00`` is always."""

PATTERNS: Final = {NIGHT_PATTERN: "hours of the clock like 21:00-06:30"}

IN_WET_ROOM: Final = frozenset({SensorKind.DOOR, SensorKind.PRESENCE, SensorKind.PASSIVE_INFRARED})
"""Sensors that can tell whether somebody is in a wet room."""


class BedWatch(Strict, frozen=True, kw_only=True):
    """What a bed is watched for, and when."""

    edge: bool = False
    exit: bool = False
    not_back_min: Annotated[int, Meta(ge=1, le=240)] | None = None
    """After so many minutes out of bed somebody is not back."""
    restless: bool = False
    camera_alone: bool = False
    """Whether edge and exit ring on a camera's word alone; else they are shown, and ring where a
    bed sensor, a mat or a wearable on the trunk has a say."""
    night: Hours = NIGHT

    @property
    def on(self) -> bool:
        """Whether anything is watched."""
        return self.edge or self.exit or self.restless or self.not_back_min is not None


class DoorView(Strict, frozen=True, kw_only=True):
    """Where a camera of the room sees people go into a wet room."""

    camera: Slug
    polygon: Annotated[list[Point], Meta(min_length=3, max_length=64)]


class WetRoom(Strict, frozen=True, kw_only=True):
    """A bathroom of this room, in which no camera hangs."""

    id: Slug
    sensors: Annotated[list[Slug], Meta(max_length=16)] = field(default_factory=list)
    """Ids of this room's door contact, presence radar and PIR that watch it."""
    door: DoorView | None = None
    subject: Subject | None = None
    """Who uses it alone; else it is whoever."""
    most_min: Annotated[int, Meta(ge=3, le=240)] = 30
    """So long may somebody stay until the own usual time is known, and at most after that."""


class RoomWatch(Strict, frozen=True, kw_only=True):
    """What the room as a whole is watched for."""

    no_movement_min: Annotated[int, Meta(ge=10, le=1440)] | None = None
    """Rings when somebody is there and nothing has moved for so long, by day or out of bed."""
    in_bed_min: Annotated[int, Meta(ge=30, le=1440)] = 240
    """The same of somebody in bed."""
    inactive: bool = False
    wandering: bool = False
    agitated: bool = False
    night: Hours = NIGHT
    """When walking about is wandering."""


class CameraLike(Protocol):
    """What is checked of a camera."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def zones(self) -> Sequence[ZoneLike]:
        """What the installer drew."""
        ...


class ZoneLike(Protocol):
    """What is checked of a zone."""

    @property
    def kind(self) -> Place:
        """What it is."""
        ...

    @property
    def bed(self) -> str | None:
        """Which bed."""
        ...


class BedLike(Protocol):
    """What is checked of a bed."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def watch(self) -> BedWatch:
        """What it is watched for."""
        ...


class RoomLike(Protocol):
    """What is checked of a room."""

    @property
    def beds(self) -> Sequence[BedLike]:
        """Where people sleep."""
        ...

    @property
    def cameras(self) -> Sequence[CameraLike]:
        """What sees them."""
        ...

    @property
    def sensors(self) -> Sequence[Sensor]:
        """What feels them."""
        ...

    @property
    def wet_rooms(self) -> Sequence[WetRoom]:
        """Where no camera hangs."""
        ...

    @property
    def watch(self) -> RoomWatch:
        """What the room is watched for."""
        ...


def check_watch(rooms: Sequence[RoomLike], time_zone: str | None) -> None:
    """Check what spans several keys.

    Parameters
    ----------
    rooms
        Of the node.
    time_zone
        As written; None when the file does not say.

    Raises
    ------
    ConfigError
        With the path of the bad key.
    """
    for r, room in enumerate(rooms):
        at = f"rooms[{r}]"
        for b, bed in enumerate(room.beds):
            if bed.watch.on:
                _check_bed(f"{at}.beds[{b}].watch", bed, room)
                _check_zone_of(f"{at}.beds[{b}].watch.night", time_zone)
        if room.watch.inactive or room.watch.wandering:
            _check_zone_of(f"{at}.watch", time_zone)
        taken: list[str] = []
        for w, wet in enumerate(room.wet_rooms):
            _check_wet_room(f"{at}.wet_rooms[{w}]", wet, room, taken)
            taken.append(wet.id)


def of_bed(bed: str | None, at: str, room: RoomLike) -> bool:
    """Return whether a zone or sensor of bed `bed` is that of bed `at`: of the only one, unsaid."""
    return bed == at or (bed is None and len(room.beds) == 1)


def undrawn_beds(room: RoomLike) -> list[str]:
    """Return the beds of a room that nobody drew: no camera has a zone of kind bed for them.

    Who sleeps there may be taken for fallen, and care settings of the bed hold for nobody.
    """
    zones = [zone for camera in room.cameras for zone in camera.zones if zone.kind is Place.BED]
    return [bed.id for bed in room.beds if not any(of_bed(z.bed, bed.id, room) for z in zones)]


def _check_bed(where: str, bed: BedLike, room: RoomLike) -> None:
    zoned = bed.id not in undrawn_beds(room)
    felt = any(
        sensor.kind in (SensorKind.BED, SensorKind.MAT) and of_bed(sensor.bed, bed.id, room)
        for sensor in room.sensors
    )
    if not zoned and not felt:
        raise ConfigError(
            f"{where}: expected a camera's zone of kind bed, a bed sensor or a mat that names bed "
            f"{bed.id!r}, got none; nothing could tell"
        )


def _check_zone_of(where: str, time_zone: str | None) -> None:
    if time_zone is None:
        raise ConfigError(
            f"time_zone: expected the time zone of the site, as {where} goes by its clock, got "
            "nothing; add this key, like time_zone: Europe/Berlin"
        )


def _check_wet_room(where: str, wet: WetRoom, room: RoomLike, taken: Sequence[str]) -> None:
    if wet.id in taken:
        raise ConfigError(f"{where}.id: expected an id used once, got {wet.id!r} again")
    if not wet.sensors and wet.door is None:
        raise ConfigError(
            f"{where}: expected sensors, or a door that a camera sees, got neither; nothing could "
            "tell"
        )
    kinds = {sensor.id: sensor.kind for sensor in room.sensors}
    able = sorted(name for name, kind in kinds.items() if kind in IN_WET_ROOM)
    for s, name in enumerate(wet.sensors):
        if name not in able:
            raise ConfigError(
                f"{where}.sensors[{s}]: expected a door, presence or passive_infrared sensor of "
                f"this room ({', '.join(able) or 'none'}), got {name!r}"
            )
    if wet.door is not None:
        cameras = [camera.id for camera in room.cameras]
        if wet.door.camera not in cameras:
            raise ConfigError(
                f"{where}.door.camera: expected a camera of this room "
                f"({', '.join(cameras) or 'none'}), got {wet.door.camera!r}"
            )
        for p, (x, y) in enumerate(wet.door.polygon):
            if not (0 <= x <= 1 and 0 <= y <= 1):
                raise ConfigError(
                    f"{where}.door.polygon[{p}]: expected x and y from 0 to 1, got [{x:g}, {y:g}]"
                )
