"""What a nurse set for a bed, laid over the configuration of the node.

Comes in: the configuration as the file has it, and the switches with what the hub's command *care*
brought. Goes out: the configuration in force: when leaving the bed rings, by which scale oxygen is
read, and whether lying on what the installer drew as a permitted place is permitted now. The
installer says where a mat lies, the nurse whether somebody may lie on it: without her word about
any bed of a room the file alone counts. Pure, but for `load_in_force`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog

from ambient.commands import BedCare
from ambient.config import Bed, NodeConfig, Room, load_node
from ambient.config_watch import check_watch, of_bed
from ambient.errors import ConfigError
from ambient.node.switches import SwitchBoard, Switches
from ambient.observations import Place

_log = structlog.get_logger(__name__)


def load_in_force(file: Path) -> NodeConfig:
    """Read ``node.yaml`` and lay over it what the switches of its node say of the beds.

    Raises
    ------
    ConfigError, StoreError
        When the file, or the switches, cannot be used.
    """
    config = load_node(file)
    return in_force(config, SwitchBoard(config.state_dir).read())


def in_force(config: NodeConfig, switches: Switches) -> NodeConfig:
    """Return the configuration with what was set for its beds.

    What does not fit any more, since a bed or what watches it was taken out of the file, is left
    out and told in the log: it stops no node.
    """
    found = config
    for room in config.rooms:
        known = switches.care.get(room.id, {})
        for bed in known:
            try:
                found = with_care(found, room.id, bed, known)
            except ConfigError as error:
                _log.error("a care setting is not in force", room=room.id, error=str(error))
    return found


def with_care(config: NodeConfig, room: str, bed: str, known: Mapping[str, BedCare]) -> NodeConfig:
    """Return the configuration with what is set for one bed.

    Parameters
    ----------
    known
        What is set for the beds of this room, that one among them.

    Raises
    ------
    ConfigError
        When the room has no such bed, or nothing that could do what is set.
    """
    here = next((one for one in config.rooms if one.id == room), None)
    if here is None or all(one.id != bed for one in here.beds):
        raise ConfigError(f"{room}: expected a bed of this node, got {bed!r}")
    made = msgspec.structs.replace(
        here,
        beds=[_bed(one, known[bed]) if one.id == bed else one for one in here.beds],
        cameras=[
            msgspec.structs.replace(
                camera,
                zones=[
                    msgspec.structs.replace(zone, kind=Place.FLOOR)
                    if zone.kind is Place.PERMITTED and not _permits(here, zone.bed, known)
                    else zone
                    for zone in camera.zones
                ],
            )
            for camera in here.cameras
        ],
    )
    rooms = [made if one.id == room else one for one in config.rooms]
    check_watch(rooms, config.time_zone)
    return msgspec.structs.replace(config, rooms=rooms)


def _bed(bed: Bed, care: BedCare) -> Bed:
    watch, minutes = bed.watch, care.exit_min
    if minutes == 0:
        watch = msgspec.structs.replace(watch, exit=True)
    elif minutes is not None:
        watch = msgspec.structs.replace(watch, exit=False, not_back_min=minutes)
    scale = 2 if care.saturation_scale == 2 else 1
    return msgspec.structs.replace(bed, watch=watch, saturation_scale=scale)


def _permits(room: Room, whose: str | None, known: Mapping[str, BedCare]) -> bool:
    """Return whether somebody may lie on a permitted place of bed `whose`; None is anybody's."""
    return any(
        care.permitted and (whose is None or of_bed(whose, bed, room))
        for bed, care in known.items()
    )
