"""Sensors that describe themselves: each kind, both spellings, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import SensorKind
from vitals.parse import homeassistant
from vitals.parse.homeassistant import Availability, Entity, available, describe, state
from vitals.parse.picking import pick_of
from vitals.readings import Refused, SensorRead

DOOR: dict[str, Any] = {
    "unique_id": "0x01_contact",
    "device_class": "door",
    "state_topic": "zigbee2mqtt/door",
    "value_template": "{{ value_json.contact }}",
    "payload_on": False,
    "payload_off": True,
    "availability": [
        {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"}
    ],
}


def described(
    given: object, component: str = "binary_sensor", path: str = "0x01/contact"
) -> Entity:
    said = describe("ha", f"ha/{component}/{path}/config", json.dumps(given).encode())
    assert said.refused == ()
    (entity,) = said.entities
    return entity


def refused(given: object, component: str = "binary_sensor") -> Refused:
    said = describe("ha", f"ha/{component}/x/config", json.dumps(given).encode())
    assert said.entities == ()
    (one,) = said.refused
    return one


def test_a_door() -> None:
    entity = described(DOOR)
    assert entity == Entity(
        device="0x01_contact",
        component="binary_sensor",
        device_class="door",
        topic="zigbee2mqtt/door",
        on=frozenset({"False"}),
        off=frozenset({"True"}),
        pick=("contact",),
        availability=(Availability("zigbee2mqtt/bridge/state", pick=("state",)),),
    )
    opened = state(entity, b'{"contact": false}', SensorKind.DOOR, retained=False)
    closed = state(entity, b'{"contact": true}', SensorKind.DOOR, retained=True)
    assert opened == SensorRead(device="0x01_contact", kind=SensorKind.DOOR, on=True)
    assert closed == SensorRead(
        device="0x01_contact", kind=SensorKind.DOOR, on=False, retained=True
    )
    assert state(entity, b'{"battery": 90}', SensorKind.DOOR, retained=False) is None


def test_short_names_are_the_long_ones() -> None:
    short = {
        "~": "radar/1",
        "uniq_id": "r1",
        "dev_cla": "occupancy",
        "stat_t": "~/state",
        "avty_t": "~/status",
        "pl_avail": "yes",
        "pl_not_avail": "no",
        "off_dly": 30,
    }
    entity = described(short)
    assert (entity.device, entity.device_class, entity.topic) == (
        "r1",
        "occupancy",
        "radar/1/state",
    )
    assert entity.availability == (Availability("radar/1/status", "yes", "no"),)
    assert entity.off_after_s == 30
    assert state(entity, b"ON", SensorKind.PRESENCE, retained=False) == SensorRead(
        device="r1", kind=SensorKind.PRESENCE, on=True
    )


def test_many_of_one_device() -> None:
    given = {
        "dev": {"ids": "x"},
        "~": "x",
        "avty": [{"t": "~/status"}],
        "cmps": {
            "presence": {"p": "binary_sensor", "uniq_id": "x1", "stat_t": "x/p"},
            "light": {"p": "sensor", "uniq_id": "x2", "stat_t": "x/l"},
            "press": {"p": "event", "evt_typ": ["press", "hold"], "stat_t": "x/e"},
        },
    }
    said = describe("ha", "ha/device/x/config", json.dumps(given).encode())
    assert [one.device for one in said.entities] == ["x1", "device/x/press"]
    assert [one.what for one in said.refused] == ["component sensor"]
    assert said.entities[0].availability == (Availability("x/status"),)


BUTTON = {
    "automation_type": "trigger",
    "type": "action",
    "subtype": "single",
    "payload": "single",
    "topic": "zigbee2mqtt/cord/action",
}
EVENT = {"event_types": ["press"], "state_topic": "cord/event", "unique_id": "cord"}


@pytest.mark.parametrize(
    ("given", "component", "data", "expected"),
    [
        (BUTTON, "device_automation", b"single", True),
        (BUTTON, "device_automation", b"double", None),
        (EVENT, "event", b'{"event_type": "press"}', True),
        (EVENT, "event", b'{"event_type": "release"}', None),
        ({"topic": "tags", "value_template": "{{ value_json.UID }}"}, "tag", b'{"UID": "1"}', True),
        ({"topic": "tags"}, "tag", b"", None),
    ],
)
def test_presses(given: dict[str, Any], component: str, data: bytes, expected: bool | None) -> None:
    entity = described(given, component)
    assert entity.momentary
    found = state(entity, data, SensorKind.CORD, retained=False)
    assert (found.on if isinstance(found, SensorRead) else found) is expected
    # What a broker kept of a press is another day's.
    assert state(entity, data, SensorKind.CORD, retained=True) is None


@pytest.mark.parametrize(
    ("template", "pick"),
    [
        ("{{ value_json.contact }}", ("contact",)),
        ("{{value_json.contact}}", ("contact",)),
        ("{{- value_json.a.b -}}", ("a", "b")),
        ("{{ value_json['is open'] }}", ("is open",)),
        ('{{ value_json["a"].b }}', ("a", "b")),
        ("{{ value }}", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_templates_that_pick(template: str | None, pick: tuple[str, ...]) -> None:
    assert pick_of(template) == pick


@pytest.mark.parametrize(
    "template",
    [
        "{{ value_json.contact | default('') }}",
        "{% if value_json.a %}ON{% endif %}",
        "{{ value_json.a == 1 }}",
        "{{ value_json }}",
        "{{ states('light.x') }}",
        "{{ value_json.a.b.c.d.e.f.g }}",
        "{{ value_json.__class__() }}",
        "{{ value_json.a }}{{ value_json.b }}",
        "x" * 10_000,
    ],
)
def test_templates_that_compute_are_refused_by_name(template: str) -> None:
    one = refused({**DOOR, "value_template": template})
    assert one.what.startswith(f"value_template {template[:40]}")


@pytest.mark.parametrize(
    ("change", "component", "what"),
    [
        ({"state_topic": ""}, "binary_sensor", "state_topic"),
        ({"state_topic": "a/#"}, "binary_sensor", "state_topic"),
        ({"state_topic": 5}, "binary_sensor", "state_topic"),
        ({"payload_on": "X", "payload_off": "X"}, "binary_sensor", "payload_on"),
        ({"unique_id": "x" * 201}, "binary_sensor", "unique_id"),
        ({"availability": ["x"]}, "binary_sensor", "availability"),
        ({"availability": [{"topic": "+"}]}, "binary_sensor", "availability"),
        ({}, "light", "component light"),
        ({}, "event", "event_types"),
        ({"topic": "x"}, "device_automation", "automation_type"),
        ({}, "device", "components"),
    ],
)
def test_a_description_is_refused(change: dict[str, Any], component: str, what: str) -> None:
    assert refused({**DOOR, **change}, component).what == what


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b"[" * 50_000, b"1" * 70_000])
def test_no_description(data: bytes) -> None:
    said = describe("ha", "ha/binary_sensor/x/config", data)
    assert not said.gone
    assert said.entities == ()
    assert len(said.refused) == 1


def test_taken_back_and_other_topics() -> None:
    assert describe("ha", "ha/binary_sensor/x/config", b"").gone
    for topic in ("ha/binary_sensor/config", "ha/a/b/c/d/config", "x/binary_sensor/y/config"):
        assert not homeassistant.is_discovery("ha", topic)
        assert len(describe("ha", topic, b"{}").refused) == 1


@pytest.mark.parametrize("kind", SensorKind)
def test_a_class_must_fit_what_the_installer_says(kind: SensorKind) -> None:
    entity = described({**DOOR, "device_class": "smoke"})
    found = state(entity, b'{"contact": false}', kind, retained=False)
    assert isinstance(found, Refused)
    assert found.what == "device_class smoke"
    anything = described({key: value for key, value in DOOR.items() if key != "device_class"})
    read = state(anything, b'{"contact": false}', kind, retained=False)
    assert isinstance(read, SensorRead)
    assert read.kind is kind


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'{"contact": "ajar"}', "state ajar"),
        (b'{"contact": {"x": 1}}', "state"),
        (b'{"contact"', "message"),
        (b"[]", "state"),
        (b"\xff", "message"),
    ],
)
def test_a_state_is_refused(data: bytes, what: str) -> None:
    found = state(described(DOOR), data, SensorKind.DOOR, retained=False)
    assert isinstance(found, Refused)
    assert found.what == what


def test_whether_it_is_there() -> None:
    one = Availability("t", pick=("state",))
    assert available(one, b'{"state": "online"}') is True
    assert available(one, b'{"state": "offline"}') is False
    assert isinstance(available(one, b'{"state": "maybe"}'), Refused)
    assert isinstance(available(one, b"online"), Refused)


@given(st.binary(max_size=200), st.sampled_from(["binary_sensor", "device", "event", "tag", "x"]))
def test_any_bytes(data: bytes, component: str) -> None:
    describe("ha", f"ha/{component}/x/config", data)
    state(described(DOOR), data, SensorKind.DOOR, retained=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
KEYS = st.sampled_from([*homeassistant._SHORT, *homeassistant._SHORT.values(), "~"])


@given(
    st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON)),
    st.sampled_from(["binary_sensor", "device", "event", "tag", "device_automation"]),
)
def test_any_description(given: dict[str, Any], component: str) -> None:
    describe("ha", f"ha/{component}/x/config", json.dumps(given).encode())
