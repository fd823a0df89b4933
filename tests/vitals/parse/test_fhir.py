"""FHIR: Observations and Bundles of both versions, and what of them is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ambient.observations import Doubt
from vitals.parse import fhir
from vitals.parse.fhir import LOINC, MDC, UCUM, Version
from vitals.readings import AnyReading, Refused, ValueRead

T = 1_714_550_370 * 1_000_000_000
"""2024-05-01 09:59:30 +02:00."""

PULSE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "category": [{"coding": [{"code": "vital-signs"}]}],
    "code": {"coding": [{"system": LOINC, "code": "8867-4", "display": "Heart rate"}]},
    "subject": {"reference": "Patient/erika", "display": "Erika Mustermann"},
    "device": {"reference": "Device/band-7"},
    "effectiveDateTime": "2024-05-01T09:59:30+02:00",
    "valueQuantity": {"value": 72, "unit": "beats/minute", "system": UCUM, "code": "/min"},
}


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def coded(code: str, system: str = LOINC) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


PRESSURE: dict[str, Any] = {
    **{key: PULSE[key] for key in ("resourceType", "status", "device", "effectiveDateTime")},
    "code": coded("85354-9"),
    "component": [
        {"code": coded("8480-6"), "valueQuantity": quantity(121, "mm[Hg]")},
        {"code": coded("8462-4"), "valueQuantity": quantity(80.5, "mm[Hg]")},
        {"code": coded("8478-0"), "dataAbsentReason": coded("not-performed")},
    ],
}


def changed(resource: dict[str, Any] = PULSE, **changes: Any) -> dict[str, Any]:
    new = {**copy.deepcopy(resource), **changes}
    return {key: value for key, value in new.items() if value is not None}


def parse(resource: Any, **options: Any) -> tuple[AnyReading | Refused, ...]:
    return fhir.parse(json.dumps(resource).encode(), **options)


def only(resource: Any, **options: Any) -> ValueRead:
    (item,) = parse(resource, **options)
    assert isinstance(item, ValueRead), item
    return item


def refused(resource: Any) -> Refused:
    (item,) = parse(resource)
    assert isinstance(item, Refused), item
    return item


@pytest.mark.parametrize("version", [None, *Version])
def test_an_observation_becomes_a_reading(version: Version | None) -> None:
    assert only(PULSE, version=version) == ValueRead(
        device="band-7", t=T, code="8867-4", value=72.0, unit="/min"
    )


@pytest.mark.parametrize("version", [None, *Version])
def test_blood_pressure_has_its_numbers_in_components(version: Version | None) -> None:
    systolic, diastolic, mean = parse(PRESSURE, version=version)
    assert isinstance(systolic, ValueRead)
    assert isinstance(diastolic, ValueRead)
    assert (systolic.code, systolic.value, systolic.unit) == ("8480-6", 121.0, "mm[Hg]")
    assert (diastolic.code, diastolic.value, diastolic.t) == ("8462-4", 80.5, T)
    assert mean == Refused("value of 8478-0", "absent: not-performed")


def test_saturation_with_its_oxygen_flow() -> None:
    both = changed(
        code={"coding": [*coded("2708-6")["coding"], *coded("59408-5")["coding"]]},
        valueQuantity=quantity(95, "%"),
        component=[{"code": coded("3151-8"), "valueQuantity": quantity(6, "L/min")}],
    )
    assert [(v.code, v.value) for v in parse(both) if isinstance(v, ValueRead)] == [
        ("2708-6", 95.0),
        ("3151-8", 6.0),
    ]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"effectiveDateTime": "2024-05-01T07:59:30Z"}, T),
        ({"effectiveDateTime": "2024-05-01T07:59:30.250Z"}, T + 250_000_000),
        ({"effectiveInstant": "2024-05-01T09:59:30+02:00"}, T),
        (
            {"effectivePeriod": {"start": "2024-05-01T07:00:00Z", "end": "2024-05-01T07:59:30Z"}},
            T,
        ),
        ({"effectivePeriod": {"start": "2024-05-01T07:59:30Z"}}, T),
        ({"effectiveDateTime": "1969-12-31T23:59:59Z"}, -(10**9)),
        ({}, None),
    ],
)
def test_times(when: dict[str, Any], expected: int | None) -> None:
    assert only(changed(effectiveDateTime=None) | when).t == expected


@pytest.mark.parametrize(
    "when",
    [
        {"effectiveDateTime": "2024-05-01"},
        {"effectiveDateTime": "2024-05"},
        {"effectiveDateTime": "2024"},
        {"effectiveTiming": {"event": ["2024-05-01T07:59:30Z"]}},
    ],
)
def test_a_day_is_no_instant(when: dict[str, Any]) -> None:
    assert refused(changed(effectiveDateTime=None) | when).what == "time"


@pytest.mark.parametrize(
    ("status", "doubts"),
    [("final", ()), ("amended", ()), ("corrected", ()), ("preliminary", (Doubt.EARLY,))],
)
def test_status_that_is_taken(status: str, doubts: tuple[Doubt, ...]) -> None:
    assert only(changed(status=status)).doubts == doubts


@pytest.mark.parametrize(
    "status", ["entered-in-error", "cancelled", "registered", "unknown", "made-up"]
)
def test_status_that_is_not(status: str) -> None:
    assert refused(changed(status=status)).what == f"observation {status}"


@pytest.mark.parametrize(
    ("value", "number", "unit"),
    [
        (quantity(36.6, "Cel"), 36.6, "Cel"),
        ({"value": 72, "unit": "bpm"}, 72.0, "bpm"),
        ({"value": 72, "unit": "bpm", "code": "/min"}, 72.0, "/min"),
        ({"value": 72, "unit": "bpm", "system": "http://x.y", "code": "z"}, 72.0, "bpm"),
        ({"value": 72, "system": MDC, "code": "MDC_DIM_BEAT_PER_MIN"}, 72.0, "/min"),
        ({"value": 72, "system": MDC, "code": "264864"}, 72.0, "/min"),
        ({"value": -5}, -5.0, ""),
    ],
)
def test_quantities(value: dict[str, Any], number: float, unit: str) -> None:
    got = only(changed(valueQuantity=value))
    assert (got.value, got.unit) == (number, unit)


@pytest.mark.parametrize(
    "changes",
    [
        {"valueQuantity": {"unit": "/min"}},
        {"valueQuantity": {**quantity(72, "/min"), "comparator": ">"}},
        {"valueQuantity": None},
        {"valueQuantity": None, "valueString": "72"},
        {"valueQuantity": None, "valueBoolean": True},
        {"valueQuantity": None, "valueCodeableConcept": coded("248234008")},
        {"valueQuantity": None, "dataAbsentReason": coded("unknown")},
        {"valueQuantity": None, "dataAbsentReason": {"text": "asleep"}},
    ],
)
def test_what_is_no_number_is_refused(changes: dict[str, Any]) -> None:
    assert refused(changed(**changes)).what == "value of 8867-4"


def test_steps_are_whole_numbers() -> None:
    steps = changed(code=coded("55423-8"), valueQuantity=None, valueInteger=1200)
    assert (only(steps).value, only(steps).unit) == (1200.0, "1")


@pytest.mark.parametrize(
    ("snomed", "level"), [("248234008", 0.0), ("130987000", 1.0), ("422768004", 4.0)]
)
def test_consciousness_is_coded(snomed: str, level: float) -> None:
    value = coded(snomed, "http://snomed.info/sct")
    got = only(changed(code=coded("67775-7"), valueQuantity=None, valueCodeableConcept=value))
    assert (got.value, got.unit) == (level, "{ACVPU}")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (coded("8867-4"), "8867-4"),
        ({"coding": [*coded("1234-5")["coding"], *coded("8867-4")["coding"]]}, "8867-4"),
        (coded("147842", MDC), "8867-4"),
        (coded("MDC_ECG_HEART_RATE", MDC), "8867-4"),
        (coded("1234-5"), "1234-5"),
    ],
)
def test_codes(code: dict[str, Any], expected: str) -> None:
    assert only(changed(code=code)).code == expected


@pytest.mark.parametrize(
    "code", [coded("364075005", "http://snomed.info/sct"), {"text": "pulse"}, coded("1", MDC)]
)
def test_other_codes_are_refused_by_name(code: dict[str, Any]) -> None:
    assert refused(changed(code=code)).what.startswith("code ")


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ({"reference": "Device/band-7"}, "band-7"),
        ({"reference": "https://hub.example/fhir/Device/band-7"}, "band-7"),
        ({"reference": "urn:uuid:4f2a"}, "urn:uuid:4f2a"),
        ({"identifier": {"system": "x", "value": "SN-1"}}, "SN-1"),
        ({"reference": "#contained"}, "token"),
        ({"display": "Wristband"}, "token"),
        (None, "token"),
    ],
)
def test_devices(device: dict[str, Any] | None, expected: str) -> None:
    assert only(changed(device=device), device="token").device == expected


def test_without_any_device_it_is_refused() -> None:
    assert refused(changed(device=None)).what == "device"


def test_marks() -> None:
    assert only(changed(interpretation=[coded(">")])).doubts == (Doubt.SATURATED,)
    assert only(changed(interpretation=[coded("H")])).doubts == ()
    assert only(changed(meta={"security": [{"code": "HTEST"}]})).doubts == (Doubt.DEMO,)


def bundle(*resources: Any, **changes: Any) -> dict[str, Any]:
    entries = [
        {"resource": one, "request": {"method": "POST", "url": "Observation"}} for one in resources
    ]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries, **changes}


@pytest.mark.parametrize("version", [None, *Version])
def test_a_bundle_gives_what_is_good_in_it(version: Version | None) -> None:
    patient = {"resourceType": "Patient", "name": [{"family": "Mustermann"}], "nonsense": 1}
    broken = changed(effectiveDateTime="yesterday")
    got = parse(bundle(PULSE, patient, broken, PRESSURE), version=version)
    assert [type(one) for one in got] == [ValueRead, Refused, ValueRead, ValueRead, Refused]
    assert isinstance(got[1], Refused)
    assert got[1].what == "entry 2"
    assert "Mustermann" not in repr(got)
    assert "erika" not in repr(got)


@pytest.mark.parametrize(
    "one",
    [
        bundle(),
        {"resourceType": "Bundle", "type": "collection"},
        bundle({"resourceType": "Patient"}),
        {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:uuid:1"}]},
    ],
)
def test_an_empty_bundle_is_one(one: dict[str, Any]) -> None:
    assert fhir.read(json.dumps(one).encode()) == fhir.Document(True, ())


WHOLE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"Observation"',
    b"\xff\xfe",
    b"{}",
    b'{"resourceType": 5}',
    b'{"resourceType": "Patient"}',
    b'{"resourceType": "Observation"}',
    b'{"resourceType": "Bundle"}',
    b'{"resourceType": "Bundle", "type": "batch", "entry": 5}',
    b'{"resourceType": "Bundle", "type": "batch", "entry": [5]}',
    b'{"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": 5}}]}',
    b"[" * 100_000,
    b'{"resourceType": "Observation", "x": ' + b"[" * 500 + b"]" * 500 + b"}",
    json.dumps(changed(valueQuantity={"value": "NaN"})).encode(),
    json.dumps(changed(valueQuantity={"value": float("nan")})).encode(),
    json.dumps(PULSE).replace("72", "1e400").encode(),
    json.dumps(changed(code=None)).encode(),
    json.dumps(changed(device={"reference": 5})).encode(),
    json.dumps(changed(valueInteger=3)).encode(),  # two values
    json.dumps(changed(effectiveDateTime="2024-05-01T09:59:30")).encode(),  # no zone
    json.dumps(changed(made_up=1)).encode(),
    json.dumps(bundle(*[{}] * 2001)).encode(),
    b" " * (fhir.MAX_BYTES + 1),
]


@pytest.mark.parametrize("data", WHOLE, ids=range(len(WHOLE)))
def test_documents_that_are_not_taken_at_all(data: bytes) -> None:
    got = fhir.read(data)
    assert not got.valid
    (item,) = got.items
    assert isinstance(item, Refused)
    assert item.what == "resource"
    assert len(item.why) <= 200


def test_what_only_the_newer_version_knows() -> None:
    newer = changed(triggeredBy=[{"observation": {"reference": "Observation/1"}, "type": "reflex"}])
    assert only(newer).value == 72.0
    assert only(newer, version=Version.R5).value == 72.0
    assert not fhir.read(json.dumps(newer).encode(), version=Version.R4B).valid


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.sampled_from([*PULSE, "component", "meta", "interpretation"]), ANY)
def test_any_value_of_any_element_is_taken_or_refused(key: str, value: Any) -> None:
    for one in (changed() | {key: value}, bundle(changed() | {key: value})):
        for item in parse(one):
            assert isinstance(item, ValueRead | Refused)
