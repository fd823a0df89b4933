"""Probabilities to stretches: each row is a course of probabilities and what must come of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from audio.speech.hysteresis import Hysteresis, Levels, Speaking, Stretch

LEVELS = Levels(begin=0.5, end=0.3, start=2, stop=3, lead=1, trail=1, longest=10)


def _stretches(course: str, levels: Levels = LEVELS) -> list[tuple[int, int]]:
    """Return what comes of a course: ``-`` 0.1, ``~`` 0.4 (between the levels), ``#`` 0.9."""
    hysteresis = Hysteresis(levels)
    found = [hysteresis.step({"-": 0.1, "~": 0.4, "#": 0.9}[sign]) for sign in course]
    found.append(hysteresis.finish())
    return [(each.start, each.stop) for each in found if isinstance(each, Stretch)]


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ("", []),
        ("-----", []),
        ("-#--#--", []),  # never likely for long enough
        ("~~~~~", []),  # not likely enough to begin
        ("--##---", [(1, 5)]),  # a step earlier, a step later
        ("##---", [(0, 3)]),  # nothing lies before the beginning
        ("--##~~~##---", [(1, 10)]),  # between the levels it goes on
        ("--##--##---", [(1, 9)]),  # a short pause is bridged
        ("--##---##---", [(1, 5), (6, 10)]),
        ("--##----", [(1, 5)]),
        ("##-", [(0, 3)]),  # cut off in a pause
        ("--###", [(1, 5)]),  # cut off in speech
        ("--#", []),  # cut off while starting
        ("#" * 14, [(0, 10), (10, 14)]),  # a long talk comes in parts
        ("#" * 10 + "---", [(0, 10), (10, 11)]),
    ],
)
def test_course(course: str, expected: list[tuple[int, int]]) -> None:
    assert _stretches(course) == expected


def test_stretches_never_overlap_and_go_forward() -> None:
    found = _stretches("##--" * 5 + "##---##---###" * 5)
    assert all(start < stop for start, stop in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))


def test_the_states_in_turn() -> None:
    hysteresis = Hysteresis(LEVELS)
    seen = []
    for probability in (0.1, 0.9, 0.9, 0.1, 0.9, 0.1, 0.1, 0.1):
        hysteresis.step(probability)
        seen.append(hysteresis.state)
    assert seen == [
        Speaking.QUIET,
        Speaking.STARTING,
        Speaking.SPEAKING,
        Speaking.STOPPING,
        Speaking.SPEAKING,
        Speaking.STOPPING,
        Speaking.STOPPING,
        Speaking.QUIET,
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"begin": 0.3, "end": 0.5},
        {"begin": 1.0},
        {"end": 0.0},
        {"start": 0},
        {"lead": -1},
        {"trail": 9, "stop": 8},
        {"longest": 3},
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Levels(**wrong)  # type: ignore[arg-type]
