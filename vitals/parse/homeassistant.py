"""Small sensors that describe themselves the way Home Assistant's MQTT discovery does.

Comes in: the message on ``<prefix>/<component>/…/config`` in which a sensor says where its state
is to be found and how it reads, and later messages on the topics it named. Goes out: an `Entity`
for each thing described, then `SensorRead`, or `Refused` by name.

Read are binary sensors, buttons (``device_automation`` and ``event``) and tags, of one device or of
many in one message (``device``). Of templates only those that pick a field are read, such as
``{{ value_json.contact }}``; whatever computes is refused by name, because a template is a program
of somebody else. Names are those of the public documentation of MQTT discovery, long and short.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from ambient.observations import SensorKind
from vitals.parse.picking import Picked, json_of, pick_of, shown, value_of
from vitals.parse.words import plain
from vitals.readings import Refused, SensorRead

MAX_TOPIC: Final = 300
MAX_ENTITIES: Final = 100
"""In one message."""
BINARY: Final = "binary_sensor"
AUTOMATION: Final = "device_automation"
EVENT: Final = "event"
TAG: Final = "tag"
DEVICE: Final = "device"

CLASSES: Final[Mapping[SensorKind, frozenset[str]]] = MappingProxyType(
    {
        SensorKind.PRESENCE: frozenset({"occupancy", "presence", "motion", "moving"}),
        SensorKind.FALL: frozenset({"safety", "problem", "occupancy", "motion"}),
        SensorKind.PASSIVE_INFRARED: frozenset({"motion", "occupancy", "moving"}),
        SensorKind.DOOR: frozenset({"door", "opening", "garage_door", "window", "lock"}),
        SensorKind.BED: frozenset({"occupancy", "presence", "opening", "vibration", "moving"}),
        SensorKind.CHAIR: frozenset({"occupancy", "presence", "opening", "vibration"}),
        SensorKind.MAT: frozenset({"occupancy", "presence", "motion", "opening"}),
        SensorKind.CORD: frozenset({"safety", "problem", "opening", "motion", "vibration"}),
        SensorKind.CARER: frozenset({"occupancy", "presence", "motion", "opening", "safety"}),
    }
)
"""Which classes a sensor may call itself to be taken as a kind; without a class it may be any."""

_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "avty": "availability",
        "avty_mode": "availability_mode",
        "avty_t": "availability_topic",
        "avty_tpl": "availability_template",
        "atype": "automation_type",
        "cmps": "components",
        "dev_cla": "device_class",
        "en": "enabled_by_default",
        "evt_typ": "event_types",
        "obj_id": "object_id",
        "off_dly": "off_delay",
        "p": "platform",
        "pl": "payload",
        "pl_avail": "payload_available",
        "pl_not_avail": "payload_not_available",
        "pl_off": "payload_off",
        "pl_on": "payload_on",
        "stat_t": "state_topic",
        "stype": "subtype",
        "t": "topic",
        "uniq_id": "unique_id",
        "val_tpl": "value_template",
    }
)


@dataclass(frozen=True, slots=True)
class Availability:
    """Where a sensor, or the bridge before it, says whether it is there."""

    topic: str
    there: str = "online"
    away: str = "offline"
    pick: Picked = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that describes itself.

    Attributes
    ----------
    device
        Its ``unique_id``; without one, its topic between prefix and ``/config``. This is what an
        installer writes as ``device``.
    component
        ``binary_sensor``, ``device_automation``, ``event`` or ``tag``.
    device_class
        What it calls itself, or an empty text.
    topic
        Where its state comes.
    on, off
        The values that mean it; for a button any of `on`, and there is no off.
    pick
        Where in a message the value stands.
    availability
        Where it says whether it is there.
    all_of
        Whether it is there only when all of these say so; else the latest of them counts.
    off_after_s
        It goes off by itself after so long; None: it says so.
    """

    device: str
    component: str
    device_class: str
    topic: str
    on: frozenset[str]
    off: frozenset[str]
    pick: Picked = ()
    availability: tuple[Availability, ...] = ()
    all_of: bool = False
    off_after_s: float | None = None

    @property
    def momentary(self) -> bool:
        """Whether it only tells that something happened, such as a press."""
        return not self.off


@dataclass(frozen=True, slots=True)
class Described:
    """What one message on a discovery topic says.

    Attributes
    ----------
    entities
        What it describes; with `gone` nothing.
    refused
        What of it is not taken.
    gone
        Whether it takes back what was described on this topic before.
    """

    entities: tuple[Entity, ...] = ()
    refused: tuple[Refused, ...] = ()
    gone: bool = False


def is_discovery(prefix: str, topic: str) -> bool:
    """Return whether things describe themselves on `topic`."""
    parts = topic.removeprefix(f"{prefix}/").split("/")
    return topic.startswith(f"{prefix}/") and len(parts) in (3, 4) and parts[-1] == "config"


def describe(prefix: str, topic: str, data: bytes) -> Described:
    """Return what a message on a discovery topic describes."""
    if not is_discovery(prefix, topic) or len(topic) > MAX_TOPIC:
        return _not(f"topic {plain(topic)}", f"expected {prefix}/COMPONENT/…/config")
    path = topic.removeprefix(f"{prefix}/").removesuffix("/config")
    component = path.partition("/")[0]
    if not data.strip():
        return Described(gone=True)
    read = json_of(data)
    if not isinstance(read, dict):
        return _not("description", "expected a JSON object")
    given = _long(read)
    if component != DEVICE:
        return _all([_entity(component, path, given)])
    parts = given.get("components")
    if not isinstance(parts, dict) or len(parts) > MAX_ENTITIES:
        return _not("components", f"expected 1 to {MAX_ENTITIES} of them by name")
    shared = {key: value for key, value in given.items() if key not in ("components", "unique_id")}
    found: list[Entity | Refused] = []
    for name, part in parts.items():
        if not isinstance(part, dict):
            found.append(Refused(f"component {plain(name)}", "expected a JSON object"))
            continue
        own = {**shared, **_long(part)}
        found.append(_entity(_text(own.get("platform")), f"{path}/{name}", own))
    return _all(found)


def state(
    entity: Entity, data: bytes, kind: SensorKind, *, retained: bool, t: int | None = None
) -> SensorRead | Refused | None:
    """Return what a message on the entity's topic says; None when it says nothing of its state.

    Parameters
    ----------
    kind
        What the installer says it is.
    retained
        Whether the broker had kept the message: true of some time before, not news.
    t
        When, where the sensor or bridge says so.
    """
    problem = fits(entity, kind)
    if problem is not None:
        return problem
    value = value_of(entity.pick, data)
    if isinstance(value, Refused):
        return value
    if entity.component == TAG:
        return _read(entity, kind, True, retained, t) if value else None
    if entity.momentary:
        # One topic carries all presses of a button; this entity may stand for one of them.
        return _read(entity, kind, True, retained, t) if value in entity.on else None
    if value in entity.on or value in entity.off:
        return _read(entity, kind, value in entity.on, retained, t)
    if value in ("None", "", "unknown", "unavailable"):
        return None
    expected = " or ".join(sorted(entity.on | entity.off))
    return Refused(f"state {plain(value)}", f"expected {plain(expected)}")


def available(one: Availability, data: bytes) -> bool | Refused:
    """Return whether the sensor says that it is there."""
    value = value_of(one.pick, data)
    if isinstance(value, Refused):
        return value
    if value in (one.there, one.away):
        return value == one.there
    return Refused(f"availability {plain(value)}", f"expected {one.there} or {one.away}")


def fits(entity: Entity, kind: SensorKind) -> Refused | None:
    """Return why `entity` cannot be what the installer says it is; None when it can."""
    if entity.device_class and entity.device_class not in CLASSES[kind]:
        allowed = ", ".join(sorted(CLASSES[kind]))
        return Refused(
            f"device_class {plain(entity.device_class)}", f"expected one of {allowed} for {kind}"
        )
    if entity.momentary and kind not in (SensorKind.CORD, SensorKind.CARER, SensorKind.FALL):
        return Refused(f"component {entity.component}", f"it tells presses, no state of {kind}")
    return None


def _read(
    entity: Entity, kind: SensorKind, on: bool, retained: bool, t: int | None
) -> SensorRead | None:
    if retained and entity.momentary:
        # A press that a broker kept was another day's.
        return None
    return SensorRead(device=entity.device, t=t, kind=kind, on=on, retained=retained)


def _entity(component: str, path: str, given: Mapping[str, Any]) -> Entity | Refused:
    """Return the entity that the long names in `given` describe."""
    device = _text(given.get("unique_id")) or path
    if len(device) > 200:
        return Refused("unique_id", "expected at most 200 characters")
    key = "state_topic" if component in (BINARY, EVENT) else "topic"
    if component not in (BINARY, EVENT, AUTOMATION, TAG):
        return Refused(f"component {plain(component)}", "not one that is read")
    topic = _text(given.get(key))
    if not topic or len(topic) > MAX_TOPIC or re.search(r"[#+\x00-\x1f]", topic):
        return Refused(key, f"expected a topic without # and +, for {plain(device)}")
    pick = pick_of(given.get("value_template"))
    availability = _availability(given)
    for found in (pick, availability):
        if isinstance(found, Refused):
            return found
    assert not isinstance(pick, Refused)
    assert not isinstance(availability, Refused)
    meant = _meant(component, given)
    if isinstance(meant, Refused):
        return meant
    on, off = meant
    delay = given.get("off_delay")
    off_after_s = float(delay) if isinstance(delay, int | float) and 0 < delay < 86_400 else None
    return Entity(
        device=device,
        component=component,
        device_class=_text(given.get("device_class")),
        topic=topic,
        on=on,
        off=off,
        # An event's message is JSON with its type by definition.
        pick=pick or (("event_type",) if component == EVENT else ()),
        availability=availability,
        all_of=given.get("availability_mode", "latest") == "all",
        off_after_s=off_after_s if component == BINARY else None,
    )


def _meant(
    component: str, given: Mapping[str, Any]
) -> tuple[frozenset[str], frozenset[str]] | Refused:
    """Return which values mean on, and which off."""
    match component:
        case "binary_sensor":
            on, off = shown(given.get("payload_on", "ON")), shown(given.get("payload_off", "OFF"))
            if on == off:
                return Refused("payload_on", "expected another than payload_off")
            return frozenset({on}), frozenset({off})
        case "event":
            types = given.get("event_types")
            if not isinstance(types, list) or not 1 <= len(types) <= MAX_ENTITIES:
                return Refused("event_types", f"expected 1 to {MAX_ENTITIES} of them")
            return frozenset(shown(one) for one in types), frozenset()
        case "device_automation":
            if given.get("automation_type") != "trigger":
                return Refused("automation_type", "expected trigger")
            return frozenset({shown(given.get("payload", ""))}), frozenset()
        case _:
            return frozenset(), frozenset()


def _availability(given: Mapping[str, Any]) -> tuple[Availability, ...] | Refused:
    many = given.get("availability")
    rows: list[Any] = many if isinstance(many, list) else []
    if "availability_topic" in given:
        rows = [
            {
                "topic": given["availability_topic"],
                "value_template": given.get("availability_template"),
                "payload_available": given.get("payload_available", "online"),
                "payload_not_available": given.get("payload_not_available", "offline"),
            }
        ]
    found: list[Availability] = []
    for row in rows[:8]:
        if not isinstance(row, dict):
            return Refused("availability", "expected JSON objects")
        own = _long(row)
        topic = _text(own.get("topic"))
        pick = pick_of(own.get("value_template"))
        if isinstance(pick, Refused):
            return pick
        if not topic or len(topic) > MAX_TOPIC or re.search(r"[#+\x00-\x1f]", topic):
            return Refused("availability", "expected a topic without # and +")
        there = shown(own.get("payload_available", "online"))
        away = shown(own.get("payload_not_available", "offline"))
        found.append(Availability(topic, there, away, pick))
    return tuple(found)


def _long(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return `given` with long names, and with ``~`` written out."""
    base = given.get("~")
    out: dict[str, Any] = {}
    for key, value in given.items():
        name = _SHORT.get(key, key)
        if isinstance(base, str) and isinstance(value, str) and name.endswith("topic"):
            if value.startswith("~"):
                value = base + value[1:]
            elif value.endswith("~"):
                value = value[:-1] + base
        out.setdefault(name, value)
    rows = out.get("availability")
    if isinstance(base, str) and isinstance(rows, list):
        out["availability"] = [{"~": base, **row} if isinstance(row, dict) else row for row in rows]
    out.pop("~", None)
    return out


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _not(what: str, why: str) -> Described:
    return Described(refused=(Refused(what, why),))


def _all(found: list[Entity | Refused]) -> Described:
    return Described(
        tuple(one for one in found if isinstance(one, Entity)),
        tuple(one for one in found if isinstance(one, Refused)),
    )
