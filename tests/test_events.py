"""The closed list of what leaves a node: closed by its types, refused when it is anything else."""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from ambient import events
from ambient.bus.protocol import MAX_EVENT_BYTES
from ambient.events import (
    EVENT_TYPES,
    KINDS,
    MAX_LIST,
    Contribution,
    Event,
    FallConfirmed,
    FallSuspected,
    NodeStarted,
    Sense,
    chain_id,
    decode,
    encode,
    event_id,
    json_schema,
    kind_of,
)
from tests.closed import loose_parts, made_up

KEY = "k" * 40
CHAIN = chain_id(KEY, "r12", "fall", 1)


def example(**changed: Any) -> dict[str, Any]:
    """Return a fall as it stands on the link, with fields changed or, by ``...``, left out."""
    fields = {
        "kind": "fall.confirmed",
        "id": event_id(KEY, CHAIN, 1, "fall.confirmed", 2),
        "t": 2,
        "node": "n-1",
        "room": "r12",
        "subject": "s-4f2a",
        "chain": CHAIN,
        "position": 1,
        "probability": 0.9,
        "contributions": [{"sense": "vision.posture", "llr": 4.5}],
        "config_version": "0" * 12,
        "down_s": 8.0,
        **changed,
    }
    return {key: value for key, value in fields.items() if value is not ...}


# -- closed by its types ---------------------------------------------------------------------


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=kind_of)
def test_no_field_can_hold_more_than_numbers_words_and_identifiers(cls: type[Event]) -> None:
    assert loose_parts(cls) == []


class Deep(msgspec.Struct, forbid_unknown_fields=True):
    inner: list[Contribution]


def leaky(kind: Any) -> type[msgspec.Struct]:
    return msgspec.defstruct("Leaky", [("leak", kind)], forbid_unknown_fields=True)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (bytes, "a BytesType"),
        (str, "free text"),
        (Annotated[str, Meta(max_length=5)], "free text"),
        (Annotated[str, Meta(pattern="[a-z]")], "text whose pattern does not hold from end to end"),
        (Annotated[str, Meta(pattern="^[a-z]$")], "text whose pattern does not hold from end to"),
        (Annotated[str, Meta(pattern=r"^.{9}$(?!\n)")], "text whose pattern takes more than an"),
        (list[Contribution], "a list of more than 16"),
        (Annotated[list[Contribution], Meta(max_length=17)], "a list of more than 16"),
        (Annotated[list[float], Meta(max_length=2)], "a list of what is no named struct"),
        (Annotated[list[Deep], Meta(max_length=2)], "inner: a list of more than 16"),
        (tuple[float, float], "a TupleType"),
        (dict[str, int], "a DictType"),
        (Any, "a AnyType"),
        (msgspec.Raw, "a RawType"),
        (int, "an int without limits"),
        (uuid.UUID, "a UUIDType"),
    ],
)
def test_the_walk_finds_what_would_leak(kind: Any, why: str) -> None:
    found = loose_parts(leaky(kind))
    assert len(found) == 1
    assert found[0].startswith(f"leak: {why}")


def test_the_walk_finds_a_struct_that_takes_more_fields() -> None:
    assert loose_parts(msgspec.defstruct("Open", [("n", bool)])) == ["(top): takes unknown fields"]


def test_kinds_are_of_the_families_that_the_design_lists() -> None:
    families = {"fall", "bed", "distress", "absence", "vitals", "voice", "summary", "quality"}
    families |= {"node", "consent", "command"}
    assert len(set(KINDS)) == len(KINDS) == len(EVENT_TYPES)
    assert {kind.split(".")[0] for kind in KINDS} <= families


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=kind_of)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_event_comes_back_as_it_went(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(made_up(cls))
    sent = encode(event)
    assert decode(sent) == event
    assert len(sent) < MAX_EVENT_BYTES
    assert json.loads(sent)["kind"] == kind_of(cls)


# -- refused when it is anything else ----------------------------------------------------------


def test_the_example_is_an_event() -> None:
    event = decode(json.dumps(example()).encode())
    assert isinstance(event, FallConfirmed)
    assert event.contributions == [Contribution(Sense.VISION_POSTURE, 4.5)]


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "fall.imagined"},
        {"kind": ...},
        {"kind": 3},
        {"id": "no"},
        {"id": str(uuid.UUID(int=0))},
        {"id": event_id(KEY, CHAIN, 1, "x", 2).upper()},
        {"id": event_id(KEY, CHAIN, 1, "x", 2) + "\n"},
        {"id": ...},
        {"t": -1},
        {"t": 2**63},
        {"t": 10**30},
        {"t": 1.5},
        {"t": "2"},
        {"node": "Anna Müller"},
        {"node": "n-1\n"},
        {"node": None},
        {"room": "Room 12"},
        {"subject": "anna"},
        {"subject": "s-4f2a\n"},
        {"chain": "fall"},
        {"position": -1},
        {"position": 2**31},
        {"position": True},
        {"probability": 1.01},
        {"probability": None},
        {"contributions": [{"sense": "gut feeling", "llr": 1}]},
        {"contributions": [{"sense": "vision.posture", "llr": 1, "why": "she limps"}]},
        {"contributions": [1.0, 2.0]},
        {"contributions": [{"sense": "vision.posture", "llr": 1}] * (MAX_LIST + 1)},
        {"contributions": "none"},
        {"config_version": "latest"},
        {"down_s": -1},
        {"down_s": ...},
        {"place": "bathtub"},
        {"descent_seen": "yes"},
        {"name": "Anna Müller"},
        {"keypoints": [[0.1, 0.2, 0.9]]},
        {"picture": "/9j/4AAQ"},
    ],
    ids=lambda changed: " ".join(f"{key}={value!r:.30}" for key, value in changed.items()),
)
def test_what_is_no_event_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(json.dumps(example(**changed)).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"null", b"[]", b"\xff", b"\x81\xa1t\x01", b'{"kind":"fall.confirmed"}', b"[" * 99],
)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        decode(data)


# -- voices and summaries ------------------------------------------------------------------------


def deviation(**changed: Any) -> dict[str, Any]:
    """Return a deviation of a voice as it stands on the link, with fields changed."""
    left_out = {"contributions": ..., "down_s": ...}
    fields = {
        "kind": "voice.deviation",
        "marker": "psychomotor_slowing",
        "version": "1.0.0",
        "segment": "0" * 12,
        "z": 2.5,
        "since": 1,
        "days": 4,
        "speech_s": 1800.0,
        "baseline_days": 31,
        "features": [{"feature": "speech_rate", "z": -2.1, "seconds": 1800.0}],
    }
    return example(**left_out, **(fields | changed))


def summary(**changed: Any) -> dict[str, Any]:
    """Return a day's summary as it stands on the link, with fields changed."""
    mark = {"marker": "talk_time", "version": "1.0.0", "value": 900.0, "unit": "s", "seconds": 8e4}
    fields = {
        "kind": "summary.daily",
        "purpose": "voice",
        "began": 1,
        "segment": "0" * 12,
        "marks": [mark | changed.pop("mark", {})],
    }
    return example(contributions=..., down_s=..., **(fields | changed))


@pytest.mark.parametrize("sent", [deviation(), summary(), summary(segment=None)])
def test_voices_and_summaries_come_back(sent: dict[str, Any]) -> None:
    event = decode(json.dumps(sent).encode())
    assert json.loads(encode(event))["kind"] == sent["kind"]


@pytest.mark.parametrize(
    "sent",
    [
        deviation(marker="sadness"),
        deviation(emotion="sad"),
        deviation(version="1.0"),
        deviation(version="latest"),
        deviation(version="1.0.0\n"),
        deviation(segment="kitchen"),
        deviation(days=0),
        deviation(speech_s=-1),
        deviation(features=[{"feature": "speech_rate", "z": 1.0, "seconds": 9.0, "hz": 180.0}]),
        deviation(features=[{"feature": "word", "z": 1.0, "seconds": 9.0}]),
        deviation(features=[{"feature": "hnr", "z": 1.0, "seconds": 9.0}] * (MAX_LIST + 1)),
        summary(purpose="curiosity"),
        summary(mark={"marker": "mood"}),
        summary(mark={"unit": "Hz"}),
        summary(mark={"curve": [1, 2]}),
        summary(mark={"seconds": -1.0}),
    ],
)
def test_what_is_no_voice_or_summary_is_refused(sent: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(json.dumps(sent).encode())


# -- ids ---------------------------------------------------------------------------------------


def test_an_id_derived_again_is_the_same_and_a_version_8() -> None:
    made = event_id(KEY, CHAIN, 0, "fall.suspected", 123)
    assert made == event_id(KEY, CHAIN, 0, "fall.suspected", 123)
    # Never another one in a later version: it names the event at the hub for good.
    assert made == "2a9d4698-8ca3-8f80-a918-d3de747e2d90"
    assert uuid.UUID(made).version == 8
    assert uuid.UUID(made).variant == uuid.RFC_4122


def test_an_id_depends_on_everything_it_is_derived_from() -> None:
    base = (KEY, CHAIN, 0, "fall.suspected", 123)
    others = [
        ("l" * 40, *base[1:]),
        (KEY, chain_id(KEY, "r12", "fall", 2), *base[2:]),
        (KEY, CHAIN, 1, *base[3:]),
        (KEY, CHAIN, 0, "fall.confirmed", 123),
        (*base[:4], 124),
    ]
    assert len({event_id(*base), *(event_id(*other) for other in others)}) == 6


def test_parts_do_not_run_into_each_other() -> None:
    chains = [
        chain_id("k", "r1", "fall", 12),
        chain_id("k", "r", "1fall", 12),
        chain_id("kr1", "", "fall", 12),
        chain_id("k", None, "r1fall", 12),
        chain_id("k", "r1", "fall1", 2),
    ]
    assert len(set(chains)) == len(chains)
    assert chain_id("k", None, "node", 1) == chain_id("k", "", "node", 1)


def test_a_chain_is_not_an_event() -> None:
    assert chain_id("k", "r", "f", 1) != event_id("k", "r", 0, "f", 1)


# -- the schema --------------------------------------------------------------------------------


def test_the_schema_says_the_same() -> None:
    definitions = json_schema()["$defs"]
    tags = {
        definition["properties"]["kind"]["enum"][0]: definition
        for definition in definitions.values()
        if "kind" in definition.get("properties", {})
    }
    assert tags.keys() == set(KINDS)
    for cls in EVENT_TYPES:
        definition = tags[kind_of(cls)]
        assert definition["additionalProperties"] is False
        assert definition["properties"].keys() == {"kind", *cls.__struct_fields__}
        assert definition["properties"]["contributions"]["maxItems"] == MAX_LIST


def test_an_event_cannot_be_changed() -> None:
    event = decode(json.dumps(example()).encode())
    with pytest.raises(AttributeError):
        event.room = "r13"  # type: ignore[misc]


def test_kinds_by_type_and_by_value() -> None:
    assert kind_of(FallSuspected) == "fall.suspected"
    assert kind_of(decode(json.dumps(example()).encode())) == "fall.confirmed"
    assert kind_of(NodeStarted) in events.KINDS
