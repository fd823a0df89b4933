"""What is wanted of a broker, and what its messages say."""

from __future__ import annotations

import json

import pytest

from ambient.config_gateways import Sensor, Way, Wearable
from ambient.node.gateways.topics import MAX_EARLY, Message, Session, Topics
from ambient.observations import SensorKind
from tests.node.gateways.kit import omh_pulse
from vitals.readings import Refused, SensorRead, ValueRead

WEARABLE = Wearable(id="w1", device="omh/w1", via=Way.MQTT)
DOOR = Sensor(id="door", device="d1", kind=SensorKind.DOOR)
CORD = Sensor(id="cord", device="c1", kind=SensorKind.CORD)
DISCOVERY = {"ha/+/+/config", "ha/+/+/+/config"}


def description(device: str, topic: str, **more: object) -> Message:
    given = {"unique_id": device, "state_topic": topic, **more}
    return Message(f"ha/binary_sensor/{device}/config", json.dumps(given).encode(), retained=True)


def topics(*sensors: Sensor, wearables: tuple[Wearable, ...] = (WEARABLE,)) -> Topics:
    made = Topics("ha")
    made.allow(wearables, sensors)
    return made


def test_only_what_may_be_read_is_wanted() -> None:
    made = topics(DOOR, CORD)
    assert made.wanted(Session.LASTING) == {"omh/w1"}
    assert made.wanted(Session.FRESH) == DISCOVERY
    made.hear(Session.FRESH, description("d1", "home/door", availability_topic="home/there"))
    made.hear(Session.FRESH, description("c1", "home/cord"))
    made.hear(Session.FRESH, description("strange", "home/strange"))
    assert made.wanted(Session.LASTING) == {"omh/w1", "home/cord"}
    assert made.wanted(Session.FRESH) == {*DISCOVERY, "home/door", "home/there"}
    assert made.strangers == {"strange": "binary_sensor"}
    made.allow([], [CORD])
    assert made.wanted(Session.LASTING) == {"home/cord"}
    assert made.wanted(Session.FRESH) == DISCOVERY
    made.allow([WEARABLE], [DOOR, CORD])
    assert "home/door" in made.wanted(Session.FRESH), "what was described is remembered"
    made.allow([], [])
    assert made.wanted(Session.FRESH) == set()


def test_a_wearable_says_its_points() -> None:
    (one,) = topics().hear(Session.LASTING, Message("omh/w1", omh_pulse(0, 72))).parsed
    assert isinstance(one, ValueRead)
    assert one.device == "omh/w1"


def test_retained_ghosts_of_a_wearable() -> None:
    """With its own time it is known as a repeat; without, nobody knows which day it was."""
    timeless = json.loads(omh_pulse(0, 72))
    del timeless["body"]["effective_time_frame"]
    ghost = Message("omh/w1", json.dumps(timeless).encode(), retained=True)
    (one,) = topics().hear(Session.LASTING, ghost).parsed
    assert one == Refused("retained message", "without a time of its own it is no news")
    (two,) = topics().hear(Session.LASTING, Message("omh/w1", omh_pulse(0, 72), True)).parsed
    assert isinstance(two, ValueRead)


def test_retained_ghosts_of_a_sensor() -> None:
    made = topics(DOOR)
    made.hear(Session.FRESH, description("d1", "home/door"))
    (ghost,) = made.hear(Session.FRESH, Message("home/door", b"ON", retained=True)).parsed
    (news,) = made.hear(Session.FRESH, Message("home/door", b"ON")).parsed
    assert isinstance(ghost, SensorRead)
    assert isinstance(news, SensorRead)
    assert (ghost.retained, news.retained) == (True, False)


def test_a_pull_that_waited_is_read_once_its_cord_is_known() -> None:
    made = topics(CORD)
    assert made.missing_cords()
    assert made.hear(Session.LASTING, Message("home/cord", b"ON")).waits
    heard = made.hear(Session.FRESH, description("c1", "home/cord"))
    assert heard.described
    assert heard.early == (Message("home/cord", b"ON"),)
    assert not made.missing_cords()
    (pulled,) = made.hear(Session.LASTING, heard.early[0]).parsed
    assert pulled == SensorRead(device="c1", kind=SensorKind.CORD, on=True)


def test_what_a_wearable_says_does_not_wait_while_it_may_not_be_read() -> None:
    made = Topics("ha", ["omh/w1"])
    made.allow([], [CORD])
    heard = made.hear(Session.LASTING, Message("omh/w1", omh_pulse(0, 72)))
    assert (heard.unwanted, heard.waits) == (True, False)


def test_what_waits_is_bounded() -> None:
    made = topics(CORD)
    for number in range(MAX_EARLY + 10):
        made.hear(Session.LASTING, Message("home/cord", str(number).encode()))
    heard = made.hear(Session.FRESH, description("c1", "home/cord"))
    assert len(heard.early) == MAX_EARLY
    assert heard.early[-1].payload == str(MAX_EARLY + 9).encode()


def test_each_session_reads_its_own() -> None:
    made = topics(DOOR, CORD)
    made.hear(Session.FRESH, description("d1", "zigbee/one"))
    made.hear(Session.FRESH, description("c1", "zigbee/one"))
    for session, device in ((Session.LASTING, "c1"), (Session.FRESH, "d1")):
        (one,) = made.hear(session, Message("zigbee/one", b"ON")).parsed
        assert isinstance(one, SensorRead)
        assert one.device == device


def test_topics_of_an_earlier_run_are_not_wanted() -> None:
    made = topics(DOOR)
    assert made.hear(Session.LASTING, Message("old/topic", b"x")).unwanted
    assert made.hear(Session.FRESH, Message("old/topic", b"x")).unwanted
    assert made.hear(Session.LASTING, description("d1", "home/door")).unwanted


@pytest.mark.parametrize(
    ("mode", "states", "there"),
    [
        ("latest", [("a", True), ("b", False)], [True, False]),
        ("latest", [("a", False), ("b", True)], [False, True]),
        ("all", [("a", True), ("b", True)], [False, True]),
        ("all", [("a", True), ("b", True), ("a", False)], [False, True, False]),
    ],
)
def test_whether_a_sensor_is_there(
    mode: str, states: list[tuple[str, bool]], there: list[bool]
) -> None:
    made = topics(DOOR)
    more = {"availability": [{"topic": "a"}, {"topic": "b"}], "availability_mode": mode}
    assert made.hear(Session.FRESH, description("d1", "home/door", **more)).there == {}
    said = [
        made.hear(Session.FRESH, Message(topic, b"online" if on else b"offline")).there["d1"]
        for topic, on in states
    ]
    assert said == there


def test_a_sensor_without_such_a_topic_is_there_until_taken_back() -> None:
    made = topics(DOOR)
    first = description("d1", "home/door")
    assert made.hear(Session.FRESH, first).there == {"d1": True}
    assert not made.hear(Session.FRESH, first).described, "the same again is no news"
    assert made.missing() == []
    gone = made.hear(Session.FRESH, Message(first.topic, b""))
    assert gone.there == {"d1": False}
    assert made.missing() == ["door"]


def test_what_does_not_fit_is_refused_by_name() -> None:
    made = topics(DOOR)
    said = made.hear(Session.FRESH, description("d1", "home/door", device_class="smoke"))
    assert [one.what for one in said.parsed if isinstance(one, Refused)] == ["device_class smoke"]
    broken = description("d1", "home/door", value_template="{{ value_json.a | int }}")
    said = made.hear(Session.FRESH, broken)
    assert [one.what[:14] for one in said.parsed if isinstance(one, Refused)] == ["value_template"]
    assert made.missing() == ["door"]
    elsewhere = description("other", "x", value_template="{{ value_json.a | int }}")
    assert made.hear(Session.FRESH, elsewhere).parsed == (), "nobody configured that one"
