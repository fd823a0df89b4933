"""What was handed on is known after a crash, bounded, and forgotten when somebody asks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ambient.config_gateways import Way
from ambient.node.gateways import taken
from ambient.node.gateways.taken import FILE, TakenMarks
from tests.node.gateways.kit import House, in_loop, pulse


def mark(number: int) -> bytes:
    return number.to_bytes(8, "big")


def test_marks_are_there_in_the_next_run(tmp_path: Path) -> None:
    marks = TakenMarks(tmp_path)
    assert marks.read() == frozenset()
    marks.add([mark(1), mark(2)])
    marks.add([])
    marks.add([mark(3)])
    assert TakenMarks(tmp_path).read() == {mark(1), mark(2), mark(3)}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_half_a_mark_is_none_and_shifts_no_other(tmp_path: Path) -> None:
    TakenMarks(tmp_path).add([mark(1)])
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"abc")
    again = TakenMarks(tmp_path)
    assert again.read() == {mark(1)}
    again.add([mark(2)])
    assert TakenMarks(tmp_path).read() == {mark(1), mark(2)}


def test_they_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken, "MOST", 10)
    marks = TakenMarks(tmp_path)
    for number in range(100):
        marks.add([mark(number)])
    found = TakenMarks(tmp_path).read()
    assert {mark(number) for number in range(90, 100)} <= found
    assert len(found) <= 20


def test_a_folder_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    marks = TakenMarks(tmp_path / "missing")
    marks.add([mark(1)])
    assert marks.read() == frozenset()


@in_loop
async def test_what_a_killed_run_handed_on_is_a_repeat_for_the_next(tmp_path: Path) -> None:
    killed = House(tmp_path)
    killed.at(10)
    await killed.hand(Way.MQTT, pulse("omh/w1", 1, 70), pulse("omh/w1", 2, 71))
    again = House(tmp_path)
    again.at(20)
    await again.hand(Way.MQTT, pulse("omh/w1", 2, 71), pulse("omh/w1", 3, 72))
    assert again.fusion.values() == [(3, 72.0)]
    assert again.reception.health()["duplicates"] == 1


@in_loop
async def test_what_fusion_did_not_take_is_no_repeat(tmp_path: Path) -> None:
    killed = House(tmp_path)
    killed.at(10)
    killed.fusion.room = 0
    waiting = asyncio.create_task(killed.hand(Way.MQTT, pulse("omh/w1", 1, 70)))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    again = House(tmp_path)
    again.at(20)
    await again.hand(Way.MQTT, pulse("omh/w1", 1, 70))
    assert again.fusion.values() == [(1, 70.0)]


@in_loop
async def test_who_is_erased_leaves_no_mark(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.at(10)
    await house.hand(Way.MQTT, pulse("omh/w1", 1, 70))
    house.reception.forget("s-aaaa")
    assert TakenMarks(tmp_path).read() == frozenset()
