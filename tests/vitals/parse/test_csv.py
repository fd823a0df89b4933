"""Tables: both kinds, and every row that is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.observations import Doubt, SensorKind, Wear
from vitals.parse import csv
from vitals.readings import (
    AccelerationRead,
    AnyReading,
    IntervalsRead,
    Refused,
    SensorRead,
    ValueRead,
    WearRead,
)

HEAD = "t,device,code,value,unit"


def read(text: str) -> list[AnyReading | Refused]:
    return list(csv.parse(io.StringIO(text)))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "5,w,8867-4,72,/min",
            ValueRead(device="w", t=5, code="8867-4", value=72.0, unit="/min"),
        ),
        (
            "1970-01-01T00:00:05Z,w,8867-4,72.5,/min",
            ValueRead(device="w", t=5_000_000_000, code="8867-4", value=72.5, unit="/min"),
        ),
        (",w,8867-4,72,/min", ValueRead(device="w", code="8867-4", value=72.0, unit="/min")),
        (
            '5,"left, wrist",8867-4,72,/min',
            ValueRead(device="left, wrist", t=5, code="8867-4", value=72.0, unit="/min"),
        ),
        ("-5,w,worn,1,", WearRead(device="w", t=-5, worn=True)),
        ("5,w,battery,0.25,", WearRead(device="w", t=5, battery=0.25)),
        ("5,w,rr,812,ms", IntervalsRead(device="w", t=5, seconds=(0.812,))),
        ("5,d,sensor:door,1,", SensorRead(device="d", t=5, kind=SensorKind.DOOR, on=True)),
    ],
)
def test_a_row(row: str, expected: AnyReading) -> None:
    assert read(f"{HEAD}\n{row}\n") == [expected]


def test_more_columns_in_any_order_and_empty_lines() -> None:
    head = "\ufeffdevice,T,code,value,unit,doubts,quality,number"
    assert read(f"{head}\r\n\r\nw,5,8867-4,72,/min,motion jump,0.5,9\r\n") == [
        ValueRead(
            device="w",
            t=5,
            number=9,
            code="8867-4",
            value=72.0,
            unit="/min",
            doubts=(Doubt.MOTION, Doubt.JUMP),
            quality=0.5,
        )
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("5,w,8867-4,72", "5 cells, got 4"),
        ('5,"w,8867-4,72,/min', "cells parted by commas"),
        ("5,w,8867-4,7,2,/min", "5 cells, got 6"),
        ("5,w,8867-4,NaN,/min", "finite number for value"),
        ("5,w,8867-4,inf,/min", "finite number for value"),
        ("5,w,8867-4,1_0,/min", "finite number for value"),
        ("5,w,8867-4,,/min", "finite number for value"),
        ("5,,8867-4,72,/min", "a device of 1 to 200"),
        ("5.5,w,8867-4,72,/min", "a date and time with its zone"),
        (f"{2**63},w,8867-4,72,/min", "nanoseconds that 64 bits hold"),
        (f"{'9' * 500},w,8867-4,72,/min", "nanoseconds that 64 bits hold"),
        ("5,w,battery,2,", "a battery from 0 to 1"),
        ("5,w,worn,2,", "0 or 1, got 2"),
        ("5,w,rr,812,beats", "the unit s or ms"),
        ("5,w,sensor:cat,1,", "not a valid SensorKind"),
        (f"5,w,8867-4,72,{'x' * 3000}", "at most 2000 characters"),
    ],
)
def test_a_row_is_refused_and_the_next_is_read(row: str, why: str) -> None:
    bad, good = read(f"{HEAD}\n{row}\n6,w,8867-4,73,/min\n")
    assert isinstance(bad, Refused)
    assert bad.what == "row"
    assert bad.why.startswith("line 2: ")
    assert why in bad.why
    assert isinstance(good, ValueRead)


@pytest.mark.parametrize(
    "head",
    ["", "t;device;code;value;unit", "t,device,code,value", f"{HEAD},mood", f"{HEAD},unit"],
)
def test_columns_are_refused(head: str) -> None:
    (one,) = read(f"{head}\n5,w,8867-4,72,/min\n")
    assert isinstance(one, Refused)
    assert one.what.startswith("columns")


def test_acceleration_is_put_together() -> None:
    step = 20_000_000
    rows = [f"{i * step},w,0,0,{i / 1000},wrist" for i in range(1, csv.BATCH + 51)]
    pause = csv.BATCH * step * 10
    rows += [f"{pause + i * step},w,0,0,1,wrist" for i in range(1, 11)]
    found = read("t,device,x,y,z,wear\n" + "\n".join(rows))
    assert all(isinstance(one, AccelerationRead) for one in found)
    batches = [one for one in found if isinstance(one, AccelerationRead)]
    assert [len(one.samples) for one in batches] == [csv.BATCH, 50, 10]
    assert [one.t for one in batches] == [
        csv.BATCH * step,
        (csv.BATCH + 50) * step,
        pause + 10 * step,
    ]
    assert all(one.rate == pytest.approx(50) for one in batches)
    assert all(one.wear is Wear.WRIST for one in batches)
    np.testing.assert_allclose(batches[0].samples[:3, 2], [0.001, 0.002, 0.003], rtol=1e-6)


def test_acceleration_of_two_devices_and_a_bad_row() -> None:
    text = "t,device,x,y,z\n1,a,0,0,1\n1,b,0,0,2\n,a,0,0,1\n10000001,a,0,0,1\n10000001,b,0,0,2\n"
    bad, one, two = read(text)
    assert isinstance(bad, Refused)
    assert isinstance(one, AccelerationRead)
    assert isinstance(two, AccelerationRead)
    assert (one.device, two.device) == ("a", "b")
    assert one.rate == pytest.approx(100)


@given(st.text(max_size=200))
def test_any_table_is_read_or_refused(text: str) -> None:
    for one in read(f"{HEAD}\n{text}"):
        if isinstance(one, ValueRead):
            assert np.isfinite(one.value)
    read(text)
    read(f"t,device,x,y,z\n{text}")
