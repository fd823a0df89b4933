"""Doubts of values: a table of what marks them and what does not."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import numpy as np
import pytest

from ambient.observations import Doubt, VitalMeasured
from tests.recorded import recorded
from vitals.codes import CATALOGUE
from vitals.devices import Device
from vitals.intake import Intake
from vitals.quality import MOVED_NS, NS, STUCK, STUCK_LEAST, ValueQuality
from vitals.readings import AccelerationRead, ValueRead, WearRead

T0 = 1_700_000_000 * NS
MINUTE = 60 * NS
HEART = CATALOGUE["heart_rate"]
OXYGEN = CATALOGUE["oxygen_saturation"]
TEMPERATURE = CATALOGUE["body_temperature"]


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("heart_rate", [72, 75, 74], [[], [], []]),
        ("heart_rate", [72, 140, 74], [[], [Doubt.JUMP], []]),
        ("heart_rate", [72, 0, 74], [[], [Doubt.NO_VALUE], []]),
        ("heart_rate", [72, 255, 74], [[], [Doubt.NO_VALUE], []]),
        ("oxygen_saturation", [96, 50, 95], [[], [Doubt.NO_VALUE], []]),
        ("oxygen_saturation", [50, 96, 97], [[Doubt.NO_VALUE], [], []]),
        ("oxygen_saturation", [96, 80, 79, 78], [[], [Doubt.JUMP], [Doubt.JUMP], [Doubt.JUMP]]),
        ("respiratory_rate", [16, 0, 15], [[], [Doubt.NO_VALUE], []]),
        ("body_temperature", [36.6, 39.0], [[], [Doubt.JUMP]]),
        ("glucose_blood", [50, 50], [[], []]),
    ],
)
def test_values_a_second_apart(name: str, values: list[float], said: list[list[Doubt]]) -> None:
    quality = ValueQuality()
    found = [quality.doubts(CATALOGUE[name], v, T0 + i * NS) for i, v in enumerate(values)]
    assert found == said


def test_a_step_that_lasts_is_believed_once_the_time_of_a_jump_is_over() -> None:
    quality = ValueQuality()
    quality.doubts(OXYGEN, 96.0, T0)
    found = [quality.doubts(OXYGEN, 80.0, T0 + second * NS) for second in range(1, 9)]
    assert found[:5] == [[Doubt.JUMP]] * 5
    assert found[5:] == [[]] * 3


def test_kinds_are_compared_with_their_own_only() -> None:
    quality = ValueQuality()
    assert quality.doubts(OXYGEN, 96.0, T0) == []
    assert quality.doubts(HEART, 160.0, T0 + NS) == []


def test_what_is_late_is_not_compared_with_what_is_newer() -> None:
    quality = ValueQuality()
    quality.doubts(HEART, 60.0, T0)
    assert quality.doubts(HEART, 130.0, T0 - NS) == []
    assert quality.doubts(HEART, 62.0, T0 + NS) == []


def test_off_the_body_until_it_says_otherwise() -> None:
    quality = ValueQuality()
    for worn, said in ((None, []), (False, [Doubt.OFF_BODY]), (None, [Doubt.OFF_BODY]), (True, [])):
        quality.wear(worn)
        assert quality.doubts(HEART, 70.0, T0) == said


@pytest.mark.parametrize(
    ("name", "after", "size", "said"),
    [
        ("oxygen_saturation", NS, 0.6, [Doubt.MOTION]),
        ("pulse_rate", MOVED_NS, 0.6, [Doubt.MOTION]),
        ("oxygen_saturation", MOVED_NS + 1, 0.6, []),
        ("oxygen_saturation", -NS, 0.6, []),
        ("oxygen_saturation", NS, 0.1, []),
        ("body_temperature", NS, 0.6, []),
    ],
)
def test_movement(name: str, after: int, size: float, said: list[Doubt]) -> None:
    quality = ValueQuality()
    swing = np.zeros((50, 3), np.float32)
    swing[:, 2] = 1.0 + size * np.sin(np.arange(50))
    quality.moved(swing, T0)
    value = (CATALOGUE[name].plausible[0] + CATALOGUE[name].plausible[1]) / 2
    assert quality.doubts(CATALOGUE[name], value, T0 + after) == said


@pytest.mark.parametrize("name", sorted(STUCK))
def test_the_same_number_for_too_long(name: str) -> None:
    quality, vital = ValueQuality(), CATALOGUE[name]
    step = STUCK[name] // 40
    said = [quality.doubts(vital, 60.0, T0 + i * step) for i in range(42)]
    assert said == [[]] * 40 + [[Doubt.STUCK]] * 2
    assert quality.doubts(vital, 61.0, T0 + 43 * step) == []


def test_a_few_readings_far_apart_are_not_stuck() -> None:
    quality = ValueQuality()
    for number in range(STUCK_LEAST - 1):
        assert quality.doubts(HEART, 60.0, T0 + number * 60 * MINUTE) == []


def test_a_temperature_stays_for_hours() -> None:
    quality = ValueQuality()
    assert all(quality.doubts(TEMPERATURE, 36.6, T0 + i * MINUTE) == [] for i in range(600))


def _rows(name: str, column: str) -> list[tuple[int, float]]:
    with recorded("vitals", "edt", name).open(newline="") as handle:
        return [
            (
                round(
                    datetime.strptime(row["dateTime"], "%m/%d/%Y %H:%M")
                    .replace(tzinfo=UTC)
                    .timestamp()
                )
                * NS,
                float(row[column]),
            )
            for row in csv.DictReader(handle)
        ]


def test_the_recording_of_one_older_person_saturation() -> None:
    quality, marked = ValueQuality(), []
    rows = _rows("edt_SpO2_data.csv", "spo2_value")
    for t, value in rows:
        marked.append(quality.doubts(OXYGEN, value, t))
    none = [said for said, (_, value) in zip(marked, rows, strict=True) if value == 50.0]
    rest = [said for said, (_, value) in zip(marked, rows, strict=True) if value != 50.0]
    assert len(none) == 6379
    assert all(said == [Doubt.NO_VALUE] for said in none)
    assert all(said == [] for said in rest)


def test_the_recording_of_one_older_person_heart_rate() -> None:
    quality = ValueQuality()
    rows = _rows("edt_Heartrate_sleep_data.csv", "bpm")
    assert len(rows) > 12_000
    assert all(quality.doubts(HEART, value, t) == [] for t, value in rows)


def test_intake_marks_values_and_deletes_none() -> None:
    intake = Intake({"AA:01": Device(source="band-1", room="r12", subject="s-4f2a")})

    def value(second: int, number: float, code: str = "59408-5", unit: str = "%") -> ValueRead:
        return ValueRead(device="AA:01", t=T0 + second * NS, code=code, value=number, unit=unit)

    swing = np.zeros((50, 3), np.float32)
    swing[:, 0] = 1.0 + 0.6 * np.sin(np.arange(50))
    readings = [
        value(0, 96.0),
        value(1, 50.0),
        value(2, 80.0),
        AccelerationRead(device="AA:01", t=T0 + 3 * NS, samples=swing, rate=50.0),
        value(4, 95.0),
        WearRead(device="AA:01", t=T0 + 20 * NS, worn=False),
        value(21, 94.0),
        WearRead(device="AA:01", t=T0 + 22 * NS, worn=True),
        value(23, 94.0),
    ]
    taken = intake.take(readings, received=T0 + 24 * NS, peer="p")
    said = [one.doubts for one in taken.items if isinstance(one, VitalMeasured)]
    assert said == [
        [],
        [Doubt.NO_VALUE, Doubt.IMPLAUSIBLE],
        [Doubt.JUMP],
        [Doubt.MOTION],
        [Doubt.OFF_BODY],
        [],
    ]
