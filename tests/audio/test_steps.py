"""Blocks of any length become steps of one length, and nothing is lost or said twice."""

from __future__ import annotations

import numpy as np
import pytest

from audio.blocks import SAMPLE_NS, Block
from audio.steps import STEP, Steps

SOUND = np.arange(1, 10_001, dtype=np.float32)


def _cut(length: int) -> list[Block]:
    steps, found = Steps(), []
    for first in range(0, SOUND.size, length):
        piece = SOUND[first : first + length]
        found += steps.push(Block(piece, (first + piece.size) * SAMPLE_NS))
    return found + steps.finish()


@pytest.mark.parametrize("length", [1, 333, STEP, 3201, 10_000])
def test_however_it_is_cut(length):
    found = _cut(length)
    assert [step.samples.size for step in found] == [STEP] * 3 + [400]
    np.testing.assert_array_equal(np.concatenate([step.samples for step in found]), SOUND)
    assert [step.t_ns for step in found] == [
        min(n * STEP, SOUND.size) * SAMPLE_NS for n in range(1, 5)
    ]


@pytest.mark.parametrize(
    ("t_ns", "lost", "said"),
    [
        (4000 * SAMPLE_NS, 0, None),
        (4000 * SAMPLE_NS + 99_000_000, 0, None),  # a clock that creeps
        (4000 * SAMPLE_NS + 101_000_000, 0, 1616),  # sound is missing and nobody said so
        (11_000 * SAMPLE_NS, 7000, 7000),
        (4000 * SAMPLE_NS, 1, 1),  # only the fact is known
    ],
)
def test_a_gap_begins_anew(t_ns, lost, said):
    steps = Steps()
    assert steps.push(Block(SOUND[:2000], 2000 * SAMPLE_NS)) == []
    found = steps.push(Block(SOUND[2000:4000], t_ns, lost=lost)) + steps.finish()
    if said is None:
        assert [(s.samples.size, s.lost) for s in found] == [(STEP, 0), (800, 0)]
    else:
        assert [(s.samples.size, s.lost) for s in found] == [(2000, 0), (2000, said)]
    assert found[-1].t_ns == t_ns


def test_time_never_goes_back():
    steps = Steps()
    found = steps.push(Block(SOUND[:STEP], 10**9))
    found += steps.push(Block(SOUND[:STEP], 10**9 + 1, lost=1))
    assert [step.t_ns for step in found] == [10**9, 10**9 + 1]
