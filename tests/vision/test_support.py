"""How far a pose is believed, by what the second detector saw of it."""

from __future__ import annotations

import pytest

from vision.support import Support


def after(*scores: float) -> Support:
    support = Support()
    for score in scores:
        support.looked(score)
    return support


@pytest.mark.parametrize(
    ("scores", "low", "high", "settled"),
    [
        ((), 1.0, 1.0, False),
        ((0.0,), 0.4, 0.95, False),
        ((0.0,) * 9, 0.01, 0.3, True),
        ((0.6,), 1.0, 1.0, True),
        ((0.0, 0.0, 0.6), 1.0, 1.0, True),
        ((0.6, *(0.0,) * 20), 1.0, 1.0, True),
        ((0.0, 0.3, 0.0, 0.0, 0.0), 0.3, 0.9, True),
    ],
    ids=[
        "nobody looked",
        "not seen once",
        "never seen",
        "seen at once",
        "seen late",
        "seen once, long ago",
        "seen doubtfully",
    ],
)
def test_trust(scores: tuple[float, ...], low: float, high: float, settled: bool) -> None:
    support = after(*scores)
    assert low <= support.trust <= high
    assert support.settled is settled


def test_trust_falls_with_every_look_in_vain_and_rises_with_the_score() -> None:
    in_vain = [after(*(0.0,) * looks).trust for looks in range(8)]
    assert in_vain == sorted(in_vain, reverse=True)
    assert in_vain[0] > in_vain[2] > in_vain[4]
    rising = [after(0.0, 0.0, score).trust for score in (0.0, 0.1, 0.2, 0.3, 0.4, 0.9)]
    assert rising == sorted(rising)
    assert max(rising) <= 1.0
