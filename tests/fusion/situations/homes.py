"""The rooms of the table, as an installer writes them in ``node.yaml``.

In: what a room has. Out: the text of the file. Beds stand at the upper border of the picture, A to
the left, B to the right; the wet room's door is at the right border.
"""

from __future__ import annotations

from typing import Final

WATCHED: Final = "{edge: true, exit: true, not_back_min: 15, restless: true, camera_alone: true}"
SHOWN: Final = "{edge: true, exit: true}"
"""Not on a camera's word alone."""
UNWATCHED: Final = "{}"
ALWAYS: Final = f"{WATCHED[:-1]}, night: '00:00-24:00'}}"

_ZONE_A = "{kind: bed, bed: a, polygon: [[0.1, 0.3], [0.5, 0.3], [0.5, 0.5], [0.1, 0.5]]}"
_ZONE_B = "{kind: bed, bed: b, polygon: [[0.6, 0.3], [0.95, 0.3], [0.95, 0.5], [0.6, 0.5]]}"
PERMITTED_MAT: Final = (
    "{kind: permitted, polygon: [[0.5, 0.7], [0.75, 0.7], [0.75, 0.95], [0.5, 0.95]]}"
)
MQTT: Final = "gateways: {mqtt: {host: 10.0.2.5}}"
WEARS_A: Final = "{id: w1, device: omh/w1, via: mqtt, subject: s-aaaa, wear: wrist, every_s: 60}"
WEARS_B: Final = "{id: w2, device: omh/w2, via: mqtt, subject: s-bbbb, wear: wrist, every_s: 60}"
CORD: Final = "{id: cord, device: cord-1, kind: cord}"
BADGE: Final = "{id: badge, device: badge-1, kind: carer}"
RADAR: Final = "{id: radar, device: radar-1, kind: presence}"
RADAR_FALL: Final = "{id: radar-fall, device: radar-1f, kind: fall}"
WET_DOOR: Final = "{id: wet-door, device: door-1, kind: door}"
PAD_A: Final = "{id: pad-a, device: pad-1, kind: bed, bed: a}"
CHAIR_PAD: Final = "{id: chair-pad, device: chair-1, kind: chair}"
WET_ROOM: Final = "{id: bath, sensors: [radar, wet-door], most_min: 30}"


def home(
    *,
    beds: int = 1,
    watch: str = WATCHED,
    cameras: int = 1,
    sounds: bool = True,
    vitals: bool = True,
    research_use: str = "{}",
    wearables: str = "",
    sensors: str = "",
    wet_rooms: str = "",
    room_watch: str = "{}",
    zones: str = "",
    next_room: str = "",
) -> str:
    """Return a ``node.yaml``.

    Parameters
    ----------
    beds, watch
        How many, and what they are watched for.
    research_use
        Which judgements on vital signs are made.
    zones, wearables, sensors, wet_rooms
        Further entries of these lists, with commas between them.
    next_room
        A second room of the node.
    """
    drawn = ", ".join(part for part in (_ZONE_A, _ZONE_B if beds == 2 else "", zones) if part)
    bed_b = f"\n      - {{id: b, subject: s-bbbb, watch: {watch}}}" if beds == 2 else ""
    second = "\n      - {id: c2, source: rtsp://10.0.1.22/stream}" if cameras == 2 else ""
    eyes = (
        f"\n      - {{id: c1, source: rtsp://10.0.1.21/stream, night: infrared, zones: [{drawn}]}}"
        f"{second}"
        if cameras
        else " []"
    )
    microphones = "[{id: m1, source: mic}]" if sounds else "[]"
    return f"""\
site: lindenhof
node: n-12
time_zone: Europe/Berlin
research_use: {research_use}
rooms:
  - id: r12
    beds:
      - {{id: a, subject: s-aaaa, watch: {watch}}}{bed_b}
    purposes:
      {{falls: true, sounds: {_yes(sounds)}, vitals: {_yes(vitals)}, research: false}}
    cameras:{eyes}
    microphones: {microphones}
    wearables: [{wearables}]
    sensors: [{sensors}]
    wet_rooms: [{wet_rooms}]
    watch: {room_watch}
{next_room}{MQTT}
"""


def _yes(on: bool) -> str:
    return "true" if on else "false"


NEXT_ROOM: Final = """\
  - id: r13
    beds: [{id: c, subject: s-cccc}]
    purposes: {falls: true, sounds: false, vitals: true}
    cameras: [{id: c3, source: rtsp://10.0.1.23/stream}]
    wearables: [{id: w3, device: omh/w3, via: mqtt, subject: s-cccc, wear: wrist, every_s: 60}]
"""

SINGLE: Final = home(wearables=WEARS_A, sensors=f"{CORD}, {BADGE}")
"""One resident who is watched at night, with a wristband, a cord and a badge for carers."""
PLAIN: Final = home(watch=UNWATCHED)
"""One resident; falls and sounds, nothing else."""
DOUBLE: Final = home(beds=2, wearables=f"{WEARS_A}, {WEARS_B}", sensors=f"{CORD}, {BADGE}")
BATH: Final = home(
    wearables=WEARS_A, sensors=f"{RADAR}, {RADAR_FALL}, {WET_DOOR}, {CORD}, {BADGE}",
    wet_rooms=WET_ROOM,
)  # fmt: skip
"""One resident with a wet room behind a door, which a radar and a contact watch."""
NO_CAMERA: Final = home(
    cameras=0, sounds=False, watch=UNWATCHED, wearables=WEARS_A,
    sensors=f"{RADAR}, {RADAR_FALL}, {WET_DOOR}, {CORD}", wet_rooms=WET_ROOM,
)  # fmt: skip
TWO_ROOMS: Final = home(
    watch=UNWATCHED, wearables=WEARS_A, next_room=NEXT_ROOM, sensors=f"{CORD}, {BADGE}"
)
