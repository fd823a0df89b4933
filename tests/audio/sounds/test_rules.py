"""Events, what comes after a thud, bursts: pure rules, as tables."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.observations import SoundClass
from audio.sounds.bursts import Bursts
from audio.sounds.context import Aftermath
from audio.sounds.events import Events, Sound
from audio.sounds.rows import ROW_S, ROWS, Heard
from models.sounds.outputs import OUTPUTS, Calibration, Scaling

CALIBRATION = Calibration(
    "1", "0", {name: Scaling(1.0, 0.0) for name in OUTPUTS}, dict.fromkeys(OUTPUTS, 0.5)
)


def _heard(said: dict[str, list[float]], over_db: float = 30.0, first: int = 0) -> list[Heard]:
    """Return chunks in which classes have these probabilities, row by row."""
    rows = max((len(each) for each in said.values()), default=ROWS)
    chunks = []
    for start in range(0, rows, ROWS):
        table = np.zeros((ROWS, len(OUTPUTS)), np.float32)
        for name, each in said.items():
            part = each[start : start + ROWS]
            table[: len(part), OUTPUTS.index(name)] = part
        chunks.append(
            Heard(
                first=first + start,
                said=table,
                level_db=np.full(ROWS, -20.0, np.float32),
                over_db=np.full(ROWS, over_db, np.float32),
                shape=np.ones((ROWS, 16), np.float32),
                frames=np.zeros((ROWS * 8, 64), np.float32),
                looked=True,
            )
        )
    return chunks


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([0.4] * 10, 0),
        ([0.9] * 3 + [0.0] * 7, 1),
        ([0.9, 0.3, 0.9, 0.3, 0.9] + [0.0] * 5, 1),
        ([0.9] * 2 + [0.0] * 6 + [0.9] * 2, 2),
        ([0.9] * 300, 3),
    ],
)
def test_events(rows: list[float], found: int) -> None:
    events = Events(CALIBRATION)
    told = [each for chunk in _heard({"thud": rows}) for each in events.push(chunk)]
    told += events.finish()
    assert len(told) == found
    assert all(each.sound is SoundClass.THUD for each in told)
    assert all(each.probability == pytest.approx(0.9) for each in told)
    assert all(0.0 < each.end_s - each.start_s < 11.0 for each in told)
    assert events.finish() == []


@pytest.mark.parametrize(
    ("over_db", "expected"), [(1.0, 0.731), (20.0, 0.269)], ids=["silence", "somebody is about"]
)
def test_what_comes_after_a_thud(over_db: float, expected: float) -> None:
    aftermath = Aftermath()
    thud = Sound(SoundClass.THUD, 0.0, 0.4, 0.5, -20.0)
    found = []
    for number in range(30):
        (heard,) = _heard({}, over_db, number * ROWS)
        found += aftermath.push(heard, [thud] if number == 0 else [])
    assert [each.probability for each in found] == [pytest.approx(expected, abs=1e-3)]
    assert found[0].sound is SoundClass.THUD


@pytest.mark.parametrize(
    ("rows", "over_db", "found", "seconds"),
    [
        ([0.9] * 5 + [0.0] * 10, 30.0, 1, 0.5),
        ([0.9] * 5 + [0.0] * 2 + [0.9] * 5 + [0.0] * 8, 30.0, 1, 1.0),
        ([0.9] * 5 + [0.0] * 8 + [0.9] * 5 + [0.0] * 7, 30.0, 2, 0.5),
        ([0.9] * 10 + [0.0] * 5, 3.0, 0, 0.0),
        ([0.9] * 130 + [0.0] * 10, 30.0, 3, 4.9),
    ],
)
def test_bursts(rows: list[float], over_db: float, found: int, seconds: float) -> None:
    bursts = Bursts()
    told = [each for chunk in _heard({"speech": rows}, over_db) for each in bursts.push(chunk)]
    told += bursts.finish()
    assert len(told) == found
    assert [each.cut for each in told] == [True] * (found - 1) + [False] * min(found, 1) or (
        not any(each.cut for each in told)
    )
    if found:
        assert told[0].seconds == pytest.approx(seconds, abs=ROW_S + 0.03)


def test_a_word_at_the_end_of_a_burst_belongs_to_it() -> None:
    bursts = Bursts()
    said = {"speech": [0.9] * 5 + [0.0] * 10, "help": [0.0] * 7 + [0.8] + [0.0] * 7}
    told = [each for chunk in _heard(said) for each in bursts.push(chunk)]
    assert [each.help for each in told] == [pytest.approx(0.8)]
