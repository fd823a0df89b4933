"""How Home Assistant learns of a house's rooms: MQTT discovery, one binary sensor per room.

Comes in: the house, topics. Goes out: messages to be retained. Pure.
"""

from __future__ import annotations

import json
from typing import Final

from ambient.hub.channels.seam import House

HOUSE: Final = "_house"
"""Stands for the room of what is about the system itself; no room can be called so."""


def described(house: House, discovery: str, base: str) -> list[tuple[str, str]]:
    """Return topic and message by which Home Assistant learns of each room."""
    names = {room: named.name for room, named in house.rooms.items()} | {HOUSE: "Ambient"}
    found = []
    for room, name in names.items():
        about = {
            "name": name,
            "unique_id": f"ambient_{house.site}_{room}",
            "device_class": "safety",
            "state_topic": f"{base}/{room}/alarm",
            "json_attributes_topic": f"{base}/{room}/about",
            "availability_topic": f"{base}/status",
            "device": {"identifiers": [f"ambient_{house.site}"], "name": f"Ambient {house.site}"},
        }
        topic = f"{discovery}/binary_sensor/ambient_{house.site}/{room}/config"
        found.append((topic, json.dumps(about, ensure_ascii=False)))
    return found
