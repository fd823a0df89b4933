"""What is wanted of an MQTT broker, and what its messages say; no socket.

Comes in: which devices may be read now, and messages. Goes out: which topics to subscribe to, and
the readings in a message. Sensors describe themselves (see `vitals.parse.homeassistant`); a
wearable's device is the topic on which its data points come (see `vitals.parse.omh`).

Two sessions are kept at the broker. What carries its own time, and a cord whose pull must not be
lost, comes by the *lasting* one, in which the broker keeps messages while the node is away. States
of the other sensors carry no time: an hour later they would be taken for news, so they come by a
session that is *fresh* with each connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from ambient.config_gateways import Sensor, Wearable
from ambient.observations import SensorKind
from vitals.parse import homeassistant, omh
from vitals.parse.homeassistant import Availability, Entity
from vitals.parse.words import plain
from vitals.readings import AnyReading, Refused

MAX_ENTITIES: Final = 5_000
"""Described things that are remembered; a house has some hundred."""
MAX_EARLY: Final = 1_000
"""Messages of the lasting session that wait until their sensor has described itself."""

Parsed = tuple[AnyReading | Refused, ...]


class Session(Enum):
    """Which of the two sessions at the broker."""

    LASTING = auto()
    FRESH = auto()


@dataclass(frozen=True)
class Message:
    """What came on a topic."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True)
class Heard:
    """What a message says.

    Attributes
    ----------
    parsed
        Readings and refusals.
    there
        Sensors that say that they are there, or are not.
    described
        Whether another sensor is known since: topics may have changed.
    early
        Messages that had waited for that, and can be read now.
    unwanted
        Whether nobody wants this topic: an old session still has it.
    waits
        Whether the message is kept until its sensor has described itself.
    """

    parsed: Parsed = ()
    there: Mapping[str, bool] = field(default_factory=dict)
    described: bool = False
    early: tuple[Message, ...] = ()
    unwanted: bool = False
    waits: bool = False


class Topics:
    """The topics of one broker.

    Parameters
    ----------
    discovery
        Prefix of the topics on which sensors describe themselves.
    wearables
        Topics of all wearables of the configuration: messages of those that may not be read are
        not kept for a moment.
    """

    def __init__(self, discovery: str, wearables: Collection[str] = ()) -> None:
        self._discovery = discovery
        self._all_wearables = frozenset(wearables)
        self._wearables: dict[str, Wearable] = {}
        self._sensors: dict[str, Sensor] = {}
        self._entities: dict[str, tuple[Entity, ...]] = {}
        """Discovery topic ► what is described there, of the sensors of the configuration."""
        self._by_topic: dict[str, list[tuple[Entity, Sensor]]] = {}
        self._availability: dict[str, list[tuple[Entity, Availability]]] = {}
        self._there: dict[str, dict[str, bool]] = {}
        self._early: deque[Message] = deque(maxlen=MAX_EARLY)
        self.strangers: dict[str, str] = {}
        """Described things of no configured sensor, with their class, for the installer."""

    def allow(self, wearables: Sequence[Wearable], sensors: Sequence[Sensor]) -> None:
        """Take note of which devices may be read."""
        self._wearables = {one.device: one for one in wearables}
        self._sensors = {one.device: one for one in sensors}
        if not any(one.kind is SensorKind.CORD for one in sensors):
            self._early.clear()
        self._index()

    def wanted(self, session: Session) -> frozenset[str]:
        """Return the topics to subscribe to in a session."""
        if session is Session.LASTING:
            cords = (
                topic
                for topic, found in self._by_topic.items()
                if any(sensor.kind is SensorKind.CORD for _, sensor in found)
            )
            return frozenset((*self._wearables, *cords))
        others = (
            topic
            for topic, found in self._by_topic.items()
            if any(sensor.kind is not SensorKind.CORD for _, sensor in found)
        )
        discovery = (
            (f"{self._discovery}/+/+/config", f"{self._discovery}/+/+/+/config")
            if self._sensors
            else ()
        )
        return frozenset((*discovery, *others, *self._availability))

    def missing(self) -> list[str]:
        """Return the ids of sensors that have not described themselves."""
        described = {e.device for entities in self._entities.values() for e in entities}
        return [one.id for one in self._sensors.values() if one.device not in described]

    def missing_cords(self) -> bool:
        """Return whether a pull cord has not described itself."""
        missing = set(self.missing())
        return any(
            one.id in missing for one in self._sensors.values() if one.kind is SensorKind.CORD
        )

    def hear(self, session: Session, message: Message) -> Heard:
        """Return what a message says."""
        topic = message.topic
        if homeassistant.is_discovery(self._discovery, topic):
            return self._describe(message) if session is Session.FRESH else Heard(unwanted=True)
        if topic in self._wearables:
            return Heard(parsed=self._points(message))
        parsed: list[AnyReading | Refused] = []
        known = False
        for entity, sensor in self._by_topic.get(topic, ()):
            if (sensor.kind is SensorKind.CORD) is not (session is Session.LASTING):
                continue
            known = True
            found = homeassistant.state(
                entity, message.payload, sensor.kind, retained=message.retained
            )
            if found is not None:
                parsed.append(found)
        there = self._available(message) if session is Session.FRESH else None
        if known or there is not None:
            refused = tuple(parsed) + (there[1] if there is not None else ())
            return Heard(parsed=refused, there=there[0] if there is not None else {})
        may_be_cord = topic not in self._all_wearables and self.missing_cords()
        if session is Session.LASTING and may_be_cord:
            self._early.append(message)
            return Heard(waits=True)
        return Heard(unwanted=True)

    def _points(self, message: Message) -> Parsed:
        found = omh.parse(message.topic, message.payload)
        if not message.retained:
            return found
        # What a broker kept is the last of some day; with its own time it is known as a repeat.
        return tuple(
            Refused("retained message", "without a time of its own it is no news")
            if not isinstance(one, Refused) and one.t is None
            else one
            for one in found
        )

    def _describe(self, message: Message) -> Heard:
        topic = message.topic
        said = homeassistant.describe(self._discovery, topic, message.payload)
        ours = tuple(e for e in said.entities if e.device in self._sensors)
        for entity in said.entities:
            if entity.device not in self._sensors and len(self.strangers) < MAX_ENTITIES:
                self.strangers[plain(entity.device)] = entity.device_class or entity.component
        parsed = [
            problem
            for entity in ours
            if (problem := homeassistant.fits(entity, self._sensors[entity.device].kind))
        ]
        # A refusal about a thing that nobody configured is nobody's concern.
        concerns = any(device.encode() in message.payload for device in self._sensors)
        parsed += said.refused if concerns else ()
        before = self._entities.get(topic, ())
        if ours == before:
            return Heard(parsed=tuple(parsed))
        if ours:
            self._entities[topic] = ours
        else:
            self._entities.pop(topic, None)
        self._index()
        there = {e.device: True for e in ours if not e.availability}
        there |= {e.device: False for e in before if e.device not in {o.device for o in ours}}
        early = tuple(one for one in self._early if one.topic in self._by_topic)
        for one in early:
            self._early.remove(one)
        return Heard(parsed=tuple(parsed), there=there, described=True, early=early)

    def _available(self, message: Message) -> tuple[dict[str, bool], Parsed] | None:
        """Return which sensors say that they are there; None when it is not the topic for it."""
        found = self._availability.get(message.topic)
        if found is None:
            return None
        there: dict[str, bool] = {}
        refused: list[Refused] = []
        for entity, one in found:
            said = homeassistant.available(one, message.payload)
            if isinstance(said, Refused):
                refused.append(said)
                continue
            states = self._there.setdefault(entity.device, {})
            states[one.topic] = said
            there[entity.device] = (
                all(states.get(each.topic, False) for each in entity.availability)
                if entity.all_of
                else said
            )
        return there, tuple(refused)

    def _index(self) -> None:
        self._by_topic = {}
        self._availability = {}
        for entities in self._entities.values():
            for entity in entities:
                sensor = self._sensors.get(entity.device)
                if sensor is None:
                    continue
                self._by_topic.setdefault(entity.topic, []).append((entity, sensor))
                for one in entity.availability:
                    self._availability.setdefault(one.topic, []).append((entity, one))
