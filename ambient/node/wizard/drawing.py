"""What an installer drew, checked and written into ``node.yaml``, and how a camera hangs.

Comes in: the areas of one camera. Goes out: the file with these in place of the ones before, its
comments and order kept, and only after it was read back as a configuration that works; or a reason
against it. A file that cannot be written stays as it is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from ambient.config import NodeConfig, Room, load_node
from ambient.config_cameras import Camera, Mount, Zone
from ambient.config_watch import undrawn_beds
from ambient.errors import ConfigError, StoreError
from ambient.events import MAX_LIST, Area
from ambient.files import write_atomically
from ambient.node.wizard.refusals import RefusedError, UnwrittenError
from ambient.observations import Place, Point
from ambient.places import Slug

LEAST_AREA: Final = 0.0005
"""Share of the picture below which an area is a slip of the finger."""
MOST_AREAS: Final = 32
"""As many as a camera may have zones."""
WET_ROOM: Final = "bath"
"""What a wet room is called that nobody has named."""

_PLACES: Final = {
    Area.BED: Place.BED,
    Area.SOFA: Place.SOFA,
    Area.CHAIR: Place.CHAIR,
    Area.FLOOR: Place.FLOOR,
    Area.PERMITTED: Place.PERMITTED,
}
_OWNED: Final = (Area.BED, Area.PERMITTED)
_AREAS: Final = {place: area for area, place in _PLACES.items()}


class Drawn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One area in a camera's picture.

    Attributes
    ----------
    polygon
        Corners x, y as shares of the picture, 3 to 16.
    bed
        Whose bed, or whose permitted lying place.
    """

    area: Area
    polygon: Annotated[list[Point], Meta(min_length=3, max_length=MAX_LIST)]
    bed: Slug | None = None


class Missing(Struct, frozen=True, kw_only=True):
    """What is to be done still before a room is drawn.

    Attributes
    ----------
    ownerless
        Which areas, counted from 1, are a bed of which nobody said whose.
    undrawn
        Beds that no camera has a zone for.
    """

    ownerless: list[int]
    undrawn: list[str]


def missing(drawn: Sequence[Drawn], room: Room, camera: str) -> Missing:
    """Return what a room lacks, were `drawn` all areas of `camera`."""
    areas = owned(drawn, room)
    zones = [
        Zone(kind=_PLACES[one.area], polygon=list(one.polygon), bed=one.bed)
        for one in areas
        if one.area in _PLACES
    ]
    cameras = [
        msgspec.structs.replace(one, zones=zones) if one.id == camera else one
        for one in room.cameras
    ]
    several = len(room.beds) > 1
    return Missing(
        ownerless=[
            number
            for number, one in enumerate(areas, 1)
            if several and one.area is Area.BED and one.bed is None
        ],
        undrawn=undrawn_beds(msgspec.structs.replace(room, cameras=cameras)),
    )


def owned(drawn: Sequence[Drawn], room: Room) -> list[Drawn]:
    """Return `drawn` with the room's only bed named where somebody drew it without a name."""
    if len(room.beds) != 1:
        return list(drawn)
    only = room.beds[0].id
    return [
        msgspec.structs.replace(one, bed=only) if one.area is Area.BED and one.bed is None else one
        for one in drawn
    ]


def areas_of(room: Room, camera: Camera) -> list[Drawn]:
    """Return the areas that the configuration has for a camera."""
    found = [
        Drawn(area=_AREAS[zone.kind], polygon=_thinned(zone.polygon), bed=zone.bed)
        for zone in camera.zones
        if zone.kind in _AREAS
    ]
    found += [Drawn(area=Area.MASK, polygon=_thinned(polygon)) for polygon in camera.mask]
    found += [
        Drawn(area=Area.WET_ROOM, polygon=_thinned(wet.door.polygon))
        for wet in room.wet_rooms
        if wet.door is not None and wet.door.camera == camera.id
    ]
    return found


def _thinned(polygon: Sequence[Point]) -> list[Point]:
    """Return at most 16 of the corners, evenly; the installer sees what is left of the shape."""
    count = len(polygon)
    if count <= MAX_LIST:
        return list(polygon)
    return [polygon[i * count // MAX_LIST] for i in range(MAX_LIST)]


def check(drawn: Sequence[Drawn], room: Room) -> None:
    """Refuse what is no area.

    Raises
    ------
    RefusedError
        With the number of the area, what was expected and what came.
    """
    beds = sorted(bed.id for bed in room.beds)
    if len(drawn) > MOST_AREAS:
        raise RefusedError("too_many_areas", most=MOST_AREAS, got=len(drawn))
    for number, one in enumerate(drawn, 1):
        where = {"number": number, "area": one.area}
        if any(not (0 <= x <= 1 and 0 <= y <= 1) for x, y in one.polygon):
            raise RefusedError("corner_outside", **where)
        if _crosses_itself(one.polygon):
            raise RefusedError("sides_cross", **where)
        if _size(one.polygon) < LEAST_AREA:
            raise RefusedError("a_spot", **where)
        if one.bed is not None and (one.area not in _OWNED or one.bed not in beds):
            raise RefusedError("no_bed", **where, known=beds, got=one.bed)
        if one.bed is None and one.area is Area.BED and len(beds) > 1:
            raise RefusedError("ownerless", **where, known=beds)
    if sum(one.area is Area.WET_ROOM for one in drawn) > 1:
        raise RefusedError("doors")


def save(file: Path, room: str, camera: str, drawn: Sequence[Drawn]) -> NodeConfig:
    """Write the areas of one camera into ``node.yaml``; return the configuration read back.

    Parameters
    ----------
    file
        The configuration.
    room, camera
        Ids that it has.
    drawn
        All areas of that camera; what was there before goes.

    Raises
    ------
    RefusedError
        When an area is none.
    ConfigError
        When the file would no longer be a configuration; it stays as it is then.
    UnwrittenError
        When it cannot be written; it stays as it is.
    """
    config = load_node(file)
    here = next(one for one in config.rooms if one.id == room)
    check(drawn, here)

    def put(of_room: Any, of_camera: Any) -> None:
        _put(of_camera, "zones", [_zone(one) for one in drawn if one.area in _PLACES])
        masks = [one.polygon for one in drawn if one.area is Area.MASK]
        _put(of_camera, "mask", [_flow_points(polygon) for polygon in masks])
        _put_wet_room(of_room, camera, drawn)

    return _changed(file, room, camera, put)


def hang(file: Path, room: str, camera: str, mount: Mount) -> NodeConfig:
    """Write how a camera hangs into ``node.yaml``; return the configuration read back.

    Raises
    ------
    ConfigError
        When the file would no longer be a configuration; it stays as it is then.
    UnwrittenError
        When it cannot be written; it stays as it is.
    """

    def put(_: Any, of_camera: Any) -> None:
        of_camera["mount"] = mount.value

    return _changed(file, room, camera, put)


def _changed(file: Path, room: str, camera: str, change: Callable[[Any, Any], None]) -> NodeConfig:
    """Let `change` alter what stands in the file of a room and its camera; comments stay."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100
    tree = yaml.load(file.read_text("utf-8"))
    of_room = next(one for one in tree["rooms"] if one["id"] == room)
    change(of_room, next(one for one in of_room["cameras"] if one["id"] == camera))
    text = io.StringIO()
    yaml.dump(tree, text)
    return _replace(file, text.getvalue().encode())


def _replace(file: Path, data: bytes) -> NodeConfig:
    trial = file.with_name(f".{file.name}.trial")
    try:
        write_atomically(trial, data)
        config = load_node(trial)
        mode = file.stat().st_mode
        os.chmod(trial, mode & 0o777)
        os.replace(trial, file)
    except ConfigError as error:
        raise ConfigError(str(error).replace(str(trial), str(file))) from None
    except (OSError, StoreError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UnwrittenError("unwritten", file=file, why=why) from None
    finally:
        trial.unlink(missing_ok=True)
    return config


def _put(of_camera: Any, key: str, items: list[Any]) -> None:
    if items:
        of_camera[key] = items
    elif key in of_camera:
        del of_camera[key]


def _zone(one: Drawn) -> Any:
    made: dict[str, Any] = {"kind": _PLACES[one.area].value}
    if one.bed is not None:
        made["bed"] = one.bed
    made["polygon"] = _flow_points(one.polygon)
    return _flow_map(made)


def _put_wet_room(of_room: Any, camera: str, drawn: Sequence[Drawn]) -> None:
    """Draw the door of the room's wet room, or take it away where this camera had it."""
    door = next((one.polygon for one in drawn if one.area is Area.WET_ROOM), None)
    rooms = of_room.get("wet_rooms") or []
    had = next((w for w in rooms if (w.get("door") or {}).get("camera") == camera), None)
    if door is None:
        if had is not None:
            del had["door"]
            if not had.get("sensors"):
                rooms.remove(had)  # nothing could tell any more whether somebody is in it
        if not rooms and "wet_rooms" in of_room:
            del of_room["wet_rooms"]
        return
    seen = {"camera": camera, "polygon": _flow_points(door)}
    free = had or next((wet for wet in rooms if wet.get("door") is None), None)
    if free is not None:
        free["door"] = _flow_map(seen)
        return
    taken = {wet["id"] for wet in rooms}
    name = next(n for n in (WET_ROOM, *(f"{WET_ROOM}-{i}" for i in range(2, 9))) if n not in taken)
    rooms.append({"id": name, "door": _flow_map(seen)})
    of_room["wet_rooms"] = rooms


def _flow_points(polygon: Sequence[Point]) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    made = CommentedSeq(_flow(CommentedSeq([round(x, 4), round(y, 4)])) for x, y in polygon)
    return _flow(made)


def _flow_map(items: dict[str, Any]) -> Any:
    from ruamel.yaml.comments import CommentedMap

    return _flow(CommentedMap(items))


def _flow(made: Any) -> Any:
    made.fa.set_flow_style()
    return made


def _size(polygon: Sequence[Point]) -> float:
    """Return the area of a polygon, as a share of the picture (shoelace formula)."""
    turned = [*polygon[1:], polygon[0]]
    twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, turned, strict=True))
    return abs(twice) / 2


def _crosses_itself(polygon: Sequence[Point]) -> bool:
    sides = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    count = len(sides)
    return any(
        _cross(*sides[i], *sides[j])
        for i in range(count)
        for j in range(i + 2, count)
        if (j + 1) % count != i
    )


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Return whether the lines a to b and c to d cross between their ends."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
