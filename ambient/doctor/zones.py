"""What of a room is drawn: a bed that no camera has a zone for is a bed only by guess.

Comes in: the configuration. Goes out: a finding for each bed, and for each camera without a zone.
Most false alarms of simulated days were people asleep in a bed that nobody had drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from ambient.config import NodeConfig
from ambient.config_watch import undrawn_beds
from ambient.doctor.findings import Finding, Level
from ambient.observations import Place

_DRAW = "draw it with `ambient commission`, or as a zone (kind: bed, bed: its id) in node.yaml"


def zones(config: NodeConfig) -> Iterator[Finding]:
    """Look at whether every bed is drawn in some camera's picture."""
    for room in config.rooms:
        if not room.cameras:
            continue
        drawn = [zone for camera in room.cameras for zone in camera.zones]
        missing = undrawn_beds(room)
        for bed in room.beds:
            if bed.id not in missing:
                yield Finding(f"bed {room.id}/{bed.id}", Level.OK, "is drawn")
            else:
                yield Finding(
                    f"bed {room.id}/{bed.id}",
                    Level.WARNING,
                    "no camera has a zone for it: who sleeps there may be taken for fallen",
                    _DRAW,
                )
        if not room.beds and not any(zone.kind is Place.BED for zone in drawn):
            yield Finding(
                f"room {room.id}",
                Level.NOTE,
                "no bed is drawn",
                f"if it has one, {_DRAW}",
            )
