"""The certificate of a room: what the walk gave, and what the room does not cover.

Comes in: the judgements of the stations, by day and at night, and the configuration. Goes out: a
`Certificate`, kept as JSON in the node's state folder and printed by the installer. Its SHA-256
goes to the hub as part of `node.commissioned`, over the link that only the node's own key opens: a
printed certificate is genuine when its digest stands in the hub's log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Night
from ambient.config_watch import undrawn_beds
from ambient.errors import StoreError
from ambient.events import Coverage, Light, Purpose, Station, StationResult
from ambient.files import read_bytes, write_atomically
from ambient.node.wizard.walk import ON_FLOOR, Judged, Senses, Verdict, Why, asked
from ambient.places import is_slug

FOLDER: Final = "commissioning"
Walked = Mapping[tuple[Station, Light], Judged]


class Missing(StrEnum):
    """What a room does not cover, each with a sentence in `words`."""

    WET_ROOM = "wet_room"
    """No camera hangs in a wet room, and nothing else watches it."""
    NO_CAMERA = "no_camera"
    NO_MICROPHONE = "no_microphone"
    SOUNDS_OFF = "sounds_off"
    FALLS_OFF = "falls_off"
    NIGHT_NOT_WATCHED = "night_not_watched"
    """By plan the camera sees nothing in the dark."""
    NIGHT_NOT_TRIED = "night_not_tried"
    NO_BED_DRAWN = "no_bed_drawn"
    """A bed for which no camera has a zone."""
    MASKED = "masked"
    """Whoever is under a mask is not seen."""
    SAME_PLACE = "same_place"
    """A station that somebody lay down for where a station before is covered."""
    STATION = "station"
    """A station that was asked for is not covered."""


class Gap(Struct, frozen=True, kw_only=True):
    """What is not covered; `what` names the station, the camera or the bed, where there is one."""

    missing: Missing
    what: str = ""


class StationEntry(Struct, frozen=True, kw_only=True):
    """One station as it stands on the certificate."""

    station: Station
    light: Light
    covered: Coverage
    senses: list[Verdict]


class Certificate(Struct, frozen=True, kw_only=True):
    """What an installer hands over.

    Attributes
    ----------
    site, node, room, key
        Where, and the fingerprint of the node's key.
    config_version
        Of the zones that were in force.
    made, by
        When (RFC 3339), and who walked; that stays on the node and on paper.
    complete, short
        Whether every station that was asked for is covered and every bed drawn; whether it was
        the short walk.
    """

    site: str
    node: str
    room: str
    key: str
    config_version: str
    software: str
    made: str
    by: str
    complete: bool
    short: bool
    stations: list[StationEntry]
    not_covered: list[Gap]

    @property
    def json(self) -> bytes:
        """The form that is kept and whose SHA-256 the hub has."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    @property
    def digest(self) -> str:
        """SHA-256 of `json`, 64 hexadecimal digits."""
        return hashlib.sha256(self.json).hexdigest()

    @property
    def results(self) -> list[StationResult]:
        """What the hub is told: each station and whether it is covered."""
        return [StationResult(one.station, one.light, one.covered) for one in self.stations]


def senses_of(room: Room, *, sounds: bool) -> Senses:
    """Return what a room can notice somebody by now."""
    return Senses(
        cameras=[camera.id for camera in room.cameras],
        microphones=[one.id for one in room.microphones] if sounds else [],
        beds=len(room.beds),
    )


def certify(
    config: NodeConfig,
    room: Room,
    walked: Walked,
    *,
    key: str,
    software: str,
    by: str,
    made: datetime,
    short: bool,
    on: Mapping[Purpose, bool],
) -> Certificate:
    """Return the certificate of a room after a walk.

    Parameters
    ----------
    walked
        The newest judgement of each station and light; stations that were not tried are unknown.
    key, software
        Fingerprint of the node's key, and its version.
    on
        Which purposes are on in this room.
    """
    senses = senses_of(room, sounds=on.get(Purpose.SOUNDS, False))
    stations = asked(senses, short=short)
    entries = [_entry(station, Light.DAY, walked) for station in stations]
    nights = [station for station in stations if (station, Light.NIGHT) in walked]
    entries += [_entry(station, Light.NIGHT, walked) for station in nights]
    complete = bool(entries) and all(one.covered is Coverage.YES for one in entries)
    # Most falls that nobody hears of are at night: without a try in its light a room is not done.
    lit = any(camera.night is not Night.NOT_WATCHED for camera in room.cameras)
    if lit and not short:
        complete &= any(station in ON_FLOOR for station in nights)
    if room.cameras and not short:
        complete &= not undrawn_beds(room)
    gaps = [
        Gap(
            missing=Missing.SAME_PLACE
            if any(sense.why is Why.SAME_PLACE for sense in one.senses)
            else Missing.STATION,
            what=f"{one.station.value}/{one.light.value}",
        )
        for one in entries
        if one.covered is not Coverage.YES
    ]
    return Certificate(
        site=config.site,
        node=config.node,
        room=room.id,
        key=key,
        config_version=config.version,
        software=software,
        made=made.astimezone(UTC).isoformat(timespec="seconds"),
        by=by,
        complete=complete,
        short=short,
        stations=entries,
        not_covered=[*gaps, *_gaps(room, nights, short=short, on=on)],
    )


def _entry(station: Station, light: Light, walked: Walked) -> StationEntry:
    judged = walked.get((station, light))
    return StationEntry(
        station=station,
        light=light,
        covered=Coverage.UNKNOWN if judged is None else judged.covered,
        senses=[] if judged is None else judged.verdicts,
    )


def _gaps(
    room: Room,
    nights: Sequence[Station],
    *,
    short: bool,
    on: Mapping[Purpose, bool],
) -> list[Gap]:
    found: list[Gap] = []
    if not room.cameras:
        found.append(Gap(missing=Missing.NO_CAMERA))
    elif not on.get(Purpose.FALLS, False):
        found.append(Gap(missing=Missing.FALLS_OFF))
    if not room.microphones:
        found.append(Gap(missing=Missing.NO_MICROPHONE))
    elif not on.get(Purpose.SOUNDS, False):
        found.append(Gap(missing=Missing.SOUNDS_OFF))
    dark = [camera.id for camera in room.cameras if camera.night is Night.NOT_WATCHED]
    found += [Gap(missing=Missing.NIGHT_NOT_WATCHED, what=camera) for camera in dark]
    if not nights and not short and len(dark) < len(room.cameras):
        found.append(Gap(missing=Missing.NIGHT_NOT_TRIED))
    if room.cameras:
        found += [Gap(missing=Missing.NO_BED_DRAWN, what=bed) for bed in undrawn_beds(room)]
    found += [Gap(missing=Missing.MASKED, what=camera.id) for camera in room.cameras if camera.mask]
    watched = [wet for wet in room.wet_rooms if wet.sensors or wet.door is not None]
    if not watched:
        found.append(Gap(missing=Missing.WET_ROOM))
    return found


def keep(state_dir: Path, certificate: Certificate) -> Path:
    """Keep a certificate as the newest of its room; return the file.

    Raises
    ------
    StoreError
        When the disk does not take it.
    """
    folder = state_dir / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be created ({error.strerror})") from None
    path = folder / f"{certificate.room}.json"
    write_atomically(path, certificate.json)
    return path


def newest(state_dir: Path, room: str) -> Certificate | None:
    """Return the newest certificate of a room, if it has one.

    Raises
    ------
    StoreError
        When the file holds something else.
    """
    if not is_slug(room):
        return None
    path = state_dir / FOLDER / f"{room}.json"
    data = read_bytes(path)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=Certificate)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"{path}: expected a certificate, got something else ({error}); walk again"
        ) from None
