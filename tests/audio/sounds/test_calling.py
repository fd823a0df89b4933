"""Calls for help: a table of bursts of voice, and how surely somebody calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audio.sounds.bursts import Burst
from audio.sounds.calling import Call, Calling
from audio.sounds.tones import Tones
from models.sounds.spotter import Said

SHAPE = np.linspace(0, 4, 16).astype(np.float32)
OTHER = SHAPE[::-1].copy()


def _burst(at: float, seconds: float = 0.6, **fields: Any) -> Burst:
    known: dict[str, Any] = {
        "level_db": -20.0,
        "over_db": 35.0,
        "help": 0.02,
        "call": 0.02,
        "shape": SHAPE,
    }
    return Burst(start_s=at, end_s=at + seconds, **(known | fields))


def _calls(bursts: list[Burst], calling: Calling | None = None) -> list[Call]:
    calling = calling if calling is not None else Calling()
    found = []
    for burst in bursts:
        found += calling.push([burst], burst.end_s + 0.4, None)
        found += calling.push([], burst.end_s + 1.3, None)
    return found + calling.finish(bursts[-1].end_s + 2.0)


def _surest(bursts: list[Burst]) -> float:
    return max((each.probability for each in _calls(bursts)), default=0.0)


TALK = [_burst(1.0 + 1.1 * i, 0.8, help=0.0, shape=(SHAPE, OTHER)[i % 2]) for i in range(12)]
RINGS = 0.9

CASES: dict[str, tuple[list[Burst], float, float]] = {
    "a word, loud and alone": ([_burst(5.0, help=0.999)], 0.7, 0.89),
    "a word, twice": ([_burst(5.0, help=0.97), _burst(7.0, help=0.97)], 0.95, 1.0),
    "two words, unlike, each sure": (
        [_burst(5.0, help=0.97), _burst(7.0, 1.4, help=0.97, shape=OTHER)],
        RINGS,
        1.0,
    ),
    "two words, unlike, half heard": (
        [_burst(5.0, help=0.6), _burst(7.0, 1.4, help=0.6, shape=OTHER)],
        0.6,
        0.89,
    ),
    "the same again at once": (
        [_burst(5.0), _burst(6.2), _burst(7.4), _burst(8.6), _burst(9.8)],
        RINGS,
        1.0,
    ),
    "somebody answers at once": (
        [_burst(5.0, help=0.97), _burst(6.2, 1.4, shape=OTHER), _burst(8.2, 1.4, shape=OTHER)],
        0.0,
        0.0,
    ),
    "a word half heard": ([_burst(5.0, help=0.6)], 0.5, 0.89),
    "half heard twice": ([_burst(5.0, help=0.75), _burst(7.0, help=0.75)], RINGS, 1.0),
    "half heard twice, a minute apart": (
        [_burst(5.0, help=0.75), _burst(65.0, help=0.75)],
        0.5,
        0.89,
    ),
    "a greeting": ([_burst(5.0, call=0.99)], 0.0, 0.0),
    "a greeting again and again": ([_burst(5.0 + 2 * i, call=0.97) for i in range(3)], RINGS, 1.0),
    "no word, four times alike": ([_burst(5.0 + 2 * i) for i in range(4)], 0.6, 0.89),
    "no word, six times alike": ([_burst(5.0 + 2 * i) for i in range(6)], RINGS, 1.0),
    "six times, each unlike the last": (
        [_burst(5.0 + 2 * i, (0.3, 0.9)[i % 2], shape=(SHAPE, OTHER)[i % 2]) for i in range(6)],
        0.0,
        0.5,
    ),
    "six times, softly": ([_burst(5.0 + 2 * i, over_db=12.0) for i in range(6)], 0.0, 0.0),
    "six times, as of one who snores": (
        [_burst(5.0 + 3 * i, articulation=0.45) for i in range(6)],
        0.0,
        0.0,
    ),
    "a greeting again and again, in a talk": (
        [
            burst
            for i in range(3)
            for burst in (_burst(5.0 + 4 * i, call=0.97), _burst(7.0 + 4 * i, 1.4, shape=OTHER))
        ],
        0.0,
        0.89,
    ),
    "a word, while others talk": (
        [*[_burst(1.0 + 2 * i, 1.4, shape=OTHER) for i in range(4)], _burst(9.0, help=0.97)],
        0.0,
        0.49,
    ),
    "a word, while others talk softly": (
        [
            *[_burst(1.0 + 2 * i, 1.4, shape=OTHER, level_db=-30.0) for i in range(4)],
            _burst(9.0, help=0.97),
        ],
        0.7,
        0.89,
    ),
    "a word, half a minute after a talk": (
        [*[_burst(1.0 + 2 * i, 1.4, shape=OTHER) for i in range(4)], _burst(40.0, help=0.97)],
        0.7,
        0.89,
    ),
    "six long ones": ([_burst(5.0 + 5 * i, 3.5) for i in range(6)], 0.0, 0.0),
    "a word within a talk": (
        [*TALK[:5], _burst(6.3, 0.6, help=0.97), *[b for b in TALK if b.start_s > 6.9]],
        0.0,
        0.0,
    ),
    "a word over a quiet television": (
        [
            *[_burst(1.0 + 1.0 * i, 0.9, level_db=-40.0, over_db=12.0) for i in range(4)],
            _burst(5.0, 0.6, help=0.97),
            _burst(5.8, 0.6, level_db=-40.0, over_db=12.0),
        ],
        0.7,
        0.89,
    ),
    "a word that a talk follows": (
        [_burst(5.0, help=0.97), _burst(5.9, 0.8), _burst(6.9, 0.8)],
        0.0,
        0.0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_how_surely_somebody_calls(name: str) -> None:
    bursts, least, most = CASES[name]
    calling = Calling()
    # The usual voice of the room is known, and softer than a call.
    calling.push([_burst(0.0, 0.1, level_db=-35.0)], 0.9, None)
    found = []
    for i, burst in enumerate(bursts):
        after = bursts[i + 1].start_s if i + 1 < len(bursts) else burst.end_s + 5
        found += calling.push([burst], burst.end_s + 0.3, None)
        found += calling.push([], min(after, burst.end_s + 3.0), None)
    found += calling.finish(bursts[-1].end_s + 5.0)
    assert least <= max((each.probability for each in found), default=0.0) <= most


def test_one_call_is_told_once_until_it_gets_surer() -> None:
    found = _calls([_burst(5.0 + 2 * i, help=0.95) for i in range(5)])
    sure = [each.probability for each in found]
    assert sure == sorted(set(sure))
    assert found[0].end_s == pytest.approx(5.6)
    assert _surest([_burst(5.0, help=0.6)]) == pytest.approx(0.6)


def test_a_call_waits_for_what_comes_after_it() -> None:
    calling = Calling()
    assert calling.push([_burst(5.0, help=0.97)], 5.8, None) == []
    # Somebody speaks on: nothing is settled before that is heard.
    assert calling.push([], 7.0, (6.0, -22.0)) == []
    assert calling.push([_burst(6.0, 1.2)], 7.5, None) == []


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        # Nearly sure of the word: it is told. As sure as usual: it is rarer than that.
        (Said(help=0.999, call=0.0), 0.7, 0.89),
        (Said(help=0.9, call=0.0), 0.0, 0.5),
        (Said(help=0.0, call=0.999), 0.0, 0.0),
        (Said(help=0.0, call=0.0), 0.0, 0.0),
    ],
)
def test_only_a_voice_that_is_alone_is_asked_for_its_word(
    said: Said, least: float, most: float
) -> None:
    asked: list[Burst] = []

    def spot(burst: Burst) -> Said:
        asked.append(burst)
        return said

    calling = Calling(spot)
    # What the burst says of itself counts no more.
    found = calling.push([_burst(5.0, help=0.99)], 6.0, None) + calling.push([], 7.0, None)
    # Two that follow each other are a talk, and nobody is asked.
    found += calling.push([_burst(20.0, 0.8)], 21.2, (20.9, -20.0))
    found += calling.push([_burst(20.9, 0.8)], 22.1, (21.8, -20.0))
    assert [burst.start_s for burst in asked] == [5.0]
    assert least <= max((each.probability for each in found), default=0.0) <= most


STEADY = Tones(0.95, (440.0, 880.0, 554.0, 1108.0))


@pytest.mark.parametrize(
    ("tones", "rings"),
    [
        ([STEADY, STEADY, STEADY], False),
        # Not the same tones, or too little of the sound: somebody sings, or calls.
        ([STEADY, Tones(0.95, (460.0, 920.0, 577.0, 1154.0)), Tones(0.95, (425.0,) * 4)], True),
        ([Tones(0.6, STEADY.hertz)] * 3, True),
    ],
)
def test_the_same_tones_again_are_a_machine(tones: list[Tones], rings: bool) -> None:
    held = iter(tones)
    trace = np.eye(6, 96, dtype=np.float32)
    calling = Calling(lambda burst: Said(0.0, 0.0, 0.0, trace), lambda burst: next(held))
    found = _calls([_burst(5.0 + 3 * i) for i in range(3)], calling)
    assert (max((each.probability for each in found), default=0.0) >= RINGS) == rings


@pytest.mark.parametrize(
    ("between", "rings"),
    [
        ([], True),
        # Who answers, or speaks before: it may be a talk, and two are too few.
        ([_burst(2.0, 1.4, shape=OTHER)], False),
        # As soft as a television far off it is nobody.
        ([_burst(2.0, 1.4, shape=OTHER, level_db=-30.0, over_db=20.0)], True),
    ],
)
def test_the_same_twice_rings_where_nobody_else_spoke(between: list[Burst], rings: bool) -> None:
    word, other = np.eye(6, 96, dtype=np.float32), np.eye(6, 96, 40, dtype=np.float32)
    calling = Calling(
        lambda burst: Said(0.0, 0.0, 0.0, other if burst.shape is OTHER else word), None
    )
    found = _calls([*between, _burst(5.0), _burst(8.0)], calling)
    assert (max((each.probability for each in found), default=0.0) >= RINGS) == rings
