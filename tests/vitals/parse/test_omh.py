"""Open mHealth data points: each schema that is read, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Wear
from vitals import codes
from vitals.parse import omh
from vitals.readings import (
    AccelerationRead,
    AnyReading,
    IntervalsRead,
    Refused,
    ValueRead,
    WaveRead,
    WearRead,
)

AT = {"effective_time_frame": {"date_time": "1970-01-01T00:00:05Z"}}
T = 5_000_000_000


def point(name: str, body: dict[str, Any], namespace: str = "omh", **header: object) -> bytes:
    schema = {"namespace": namespace, "name": name, "version": "2.0"}
    return json.dumps({"header": {"schema_id": schema, **header}, "body": body}).encode()


def of(value: float, unit: str) -> dict[str, object]:
    return {"value": value, "unit": unit}


def the(parsed: omh.Parsed) -> AnyReading | Refused:
    (one,) = parsed
    return one


@pytest.mark.parametrize(
    ("name", "body", "code", "value", "unit"),
    [
        ("heart-rate", {"heart_rate": of(72, "beats/min")}, "8867-4", 72, "beats/min"),
        (
            "oxygen-saturation",
            {"oxygen_saturation": of(97, "%"), "measurement_method": "pulse oximetry"},
            "59408-5",
            97,
            "%",
        ),
        (
            "oxygen-saturation",
            {"oxygen_saturation": of(97, "%"), "measurement_method": "arterial blood gas"},
            "2708-6",
            97,
            "%",
        ),
        ("body-temperature", {"body_temperature": of(37.2, "C")}, "8310-5", 37.2, "C"),
        (
            "body-temperature",
            {"body_temperature": of(98.6, "F"), "measurement_location": "oral"},
            "8331-1",
            98.6,
            "F",
        ),
        (
            "body-temperature",
            {"body_temperature": of(32, "C"), "measurement_location": "wrist"},
            "39106-0",
            32,
            "C",
        ),
        ("respiratory-rate", {"respiratory_rate": of(14, "breaths/min")}, "9279-1", 14, None),
        ("blood-glucose", {"blood_glucose": of(5.4, "mmol/L")}, "2339-0", 5.4, "mmol/L"),
        (
            "blood-glucose",
            {"blood_glucose": of(95, "mg/dL"), "specimen_source": "interstitial fluid"},
            "99504-3",
            95,
            "mg/dL",
        ),
        ("body-weight", {"body_weight": of(70.5, "kg")}, "29463-7", 70.5, "kg"),
        ("step-count", {"step_count": of(120, "steps")}, "55423-8", 120, "steps"),
    ],
)
def test_one_value(
    name: str, body: dict[str, Any], code: str, value: float, unit: str | None
) -> None:
    one = the(omh.parse("w", point(name, {**body, **AT})))
    assert isinstance(one, ValueRead)
    assert (one.device, one.t, one.code, one.value) == ("w", T, code, value)
    assert one.unit == (unit or "breaths/min")
    # The catalogue knows each of these units: a way that no value comes through is no way.
    assert not isinstance(codes.kept(one.code, one.value, one.unit), Refused)


def test_blood_pressure_gives_both() -> None:
    body = {
        "systolic_blood_pressure": of(128, "mmHg"),
        "diastolic_blood_pressure": of(79, "mmHg"),
        **AT,
    }
    found = omh.parse("w", point("blood-pressure", body))
    assert [(one.code, one.value) for one in found if isinstance(one, ValueRead)] == [
        ("8480-6", 128),
        ("8462-4", 79),
    ]


@pytest.mark.parametrize(
    ("frame", "t"),
    [
        ({"date_time": "1970-01-01T00:00:05Z"}, T),
        (
            {
                "time_interval": {
                    "start_date_time": "1970-01-01T00:00:00Z",
                    "end_date_time": "1970-01-01T00:00:05Z",
                }
            },
            T,
        ),
        (
            {
                "time_interval": {
                    "start_date_time": "1970-01-01T00:00:00Z",
                    "duration": {"value": 5, "unit": "sec"},
                }
            },
            T,
        ),
        ({}, None),
    ],
)
def test_the_instant_is_the_end(frame: dict[str, Any], t: int | None) -> None:
    body = {"heart_rate": of(72, "beats/min"), "effective_time_frame": frame}
    one = the(omh.parse("w", point("heart-rate", body)))
    assert isinstance(one, ValueRead)
    assert one.t == t


def test_intervals_waves_acceleration_and_wear() -> None:
    found = [
        the(omh.parse("w", point(name, {**body, **AT}, namespace)))
        for namespace, name, body in (
            ("omh", "rr-interval", {"rr_interval": of(812, "ms")}),
            ("ambient", "rr-intervals", {"rr_intervals": [0.8, 0.82]}),
            (
                "ambient",
                "acceleration-batch",
                {
                    "acceleration": {"rate": 50, "unit": "m/s2", "samples": [[0, 0, 9.80665]] * 3},
                    "measurement_location": "wrist",
                },
            ),
            ("ambient", "wave-batch", {"wave": {"rate": 100, "samples": [1, 2], "kind": "ecg"}}),
            ("ambient", "wear-state", {"worn": False, "battery": 0.5}),
        )
    ]
    assert found[0] == IntervalsRead(device="w", t=T, seconds=(0.812,))
    assert found[1] == IntervalsRead(device="w", t=T, seconds=(0.8, 0.82))
    acceleration, wave = found[2], found[3]
    assert isinstance(acceleration, AccelerationRead)
    assert (acceleration.t, acceleration.rate, acceleration.wear) == (T, 50, Wear.WRIST)
    np.testing.assert_allclose(acceleration.samples, [[0, 0, 1]] * 3)
    assert acceleration.samples.dtype == np.float32
    assert isinstance(wave, WaveRead)
    assert wave.ecg
    np.testing.assert_array_equal(wave.samples, [1, 2])
    assert found[4] == WearRead(device="w", t=T, worn=False, battery=0.5)


HEART = {"heart_rate": of(72, "beats/min")}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(b"", "data point", id="nothing"),
        pytest.param(b"{", "data point", id="half a message"),
        pytest.param(b"[{", "message", id="half a list"),
        pytest.param(b"\xff\xfe", "data point", id="no text"),
        pytest.param(b"[" * 100_000, "message", id="nested too deeply"),
        pytest.param(b'{"header": {}, "body": {}}', "data point", id="no schema"),
        pytest.param(point("mood", {}), "schema omh:mood", id="an unknown schema"),
        pytest.param(point("heart-rate", {}), "schema omh:heart-rate", id="no value"),
        pytest.param(
            point("heart-rate", {"heart_rate": of(72, "beats/min")}, modality="self-reported"),
            "schema omh:heart-rate",
            id="told, not measured",
        ),
        pytest.param(
            point("heart-rate", {"heart_rate": {"value": "72", "unit": "beats/min"}}),
            "schema omh:heart-rate",
            id="text for a number",
        ),
        pytest.param(
            point("heart-rate", {"heart_rate": {"value": True, "unit": "beats/min"}}),
            "schema omh:heart-rate",
            id="yes for a number",
        ),
        pytest.param(
            point("heart-rate", {**HEART, "descriptive_statistic": "maximum"}),
            "statistic maximum",
            id="the largest of a day",
        ),
        pytest.param(
            point(
                "heart-rate",
                {**HEART, "effective_time_frame": {"date_time": "2026-01-01T10:00:00"}},
            ),
            "effective_time_frame",
            id="a time without its zone",
        ),
        pytest.param(
            point(
                "heart-rate",
                {**HEART, "effective_time_frame": {"time_interval": {"duration": of(1, "sec")}}},
            ),
            "effective_time_frame",
            id="half an interval",
        ),
        pytest.param(
            point("blood-glucose", {"blood_glucose": of(5, "mmol/L"), "specimen_source": "tears"}),
            "specimen tears",
            id="an unknown specimen",
        ),
        pytest.param(
            point("rr-interval", {"rr_interval": of(1, "beats")}), "unit beats", id="a wrong unit"
        ),
        pytest.param(
            point("rr-intervals", {"rr_intervals": [0.01]}, "ambient"),
            "intervals",
            id="a heart that nobody has",
        ),
        pytest.param(
            point(
                "acceleration-batch",
                {"acceleration": {"rate": 50, "samples": [[0, 0, 999]]}},
                "ambient",
            ),
            "acceleration",
            id="thrown by a cannon",
        ),
        pytest.param(
            point(
                "acceleration-batch",
                {"acceleration": {"rate": 50, "unit": "ft/s2", "samples": [[0, 0, 1]]}},
                "ambient",
            ),
            "acceleration",
            id="an unknown unit of acceleration",
        ),
        pytest.param(
            point(
                "acceleration-batch",
                {"acceleration": {"rate": 0, "samples": [[0, 0, 1]]}},
                "ambient",
            ),
            "acceleration",
            id="no rate",
        ),
        pytest.param(
            point("wave-batch", {"wave": {"rate": 50, "samples": [1], "kind": "eeg"}}, "ambient"),
            "wave eeg",
            id="another wave",
        ),
        pytest.param(
            b'{"header":{"schema_id":{"namespace":"omh","name":"heart-rate"}},'
            b'"body":{"heart_rate":{"value":NaN,"unit":"beats/min"}}}',
            "data point",
            id="NaN is no JSON",
        ),
        pytest.param(b" " * (omh.MAX_BYTES + 1), "message", id="too long"),
    ],
)
def test_refused_by_name(data: bytes, what: str) -> None:
    one = the(omh.parse("w", data))
    assert isinstance(one, Refused)
    assert one.what == what
    assert one.why.isprintable()


def test_a_list_keeps_what_is_good_in_it() -> None:
    good, bad = point("heart-rate", {**HEART, **AT}), point("mood", {})
    found = omh.parse("w", b"[" + good + b"," + bad + b"," + good + b"]")
    assert [type(one) for one in found] == [ValueRead, Refused, ValueRead]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert all(isinstance(one, Refused) for one in omh.parse("w", data))


@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    message = bytearray(point("heart-rate", {**HEART, **AT}))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] = data.draw(st.integers(0, 255))
    for one in omh.parse("w", bytes(message)):
        if isinstance(one, ValueRead):
            assert np.isfinite(one.value)
