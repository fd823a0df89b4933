"""Segments in event time, with a network that says what it is told."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from audio.blocks import SAMPLE_NS, Block, Samples
from audio.speech.hysteresis import Levels, Speaking
from audio.speech.segments import STEP_NS, Segment, SpeechFinder
from audio.speech.vad import STEP

LEVELS = Levels(begin=0.5, end=0.3, start=2, stop=3, lead=0, trail=0)
ORIGIN = 1_000_000_000


class Loud:
    """Takes the mean of a step for the probability of speech."""

    def __init__(self) -> None:
        self.rest = np.zeros(0, np.float32)
        self.resets = 0

    def push(self, samples: Samples) -> np.ndarray:
        held = np.concatenate((self.rest, samples))
        steps = held[: len(held) // STEP * STEP].reshape(-1, STEP)
        self.rest = held[steps.size :]
        return steps.mean(axis=1)

    def reset(self) -> None:
        self.rest = np.zeros(0, np.float32)
        self.resets += 1


def _sound(course: str) -> Samples:
    return np.repeat([0.9 if sign == "#" else 0.0 for sign in course], STEP).astype(np.float32)


def _blocks(samples: Samples, length: int) -> list[Block]:
    cuts = range(0, len(samples), length)
    return [
        Block(
            samples[cut : cut + length],
            ORIGIN + min(cut + length, len(samples)) * SAMPLE_NS,
        )
        for cut in cuts
    ]


def _found(finder: SpeechFinder, blocks: list[Block]) -> list[Segment]:
    return [segment for block in blocks for segment in finder.push(block)] + finder.finish()


@pytest.mark.parametrize("length", [1_000_000, 16_000, 512, 511, 160, 7_001])
def test_however_it_is_cut_the_segments_are_the_same(length: int) -> None:
    found = _found(SpeechFinder(Loud(), LEVELS), _blocks(_sound("--###----##---#"), length))
    assert found == [
        Segment(ORIGIN + 2 * STEP_NS, ORIGIN + 5 * STEP_NS),
        Segment(ORIGIN + 9 * STEP_NS, ORIGIN + 11 * STEP_NS),
    ]
    assert found[0].seconds == pytest.approx(0.096)


@pytest.mark.parametrize("told", [True, False])
def test_a_gap_ends_a_segment(told: bool) -> None:
    network = Loud()
    finder = SpeechFinder(network, LEVELS)
    first, later = _sound("-####"), _sound("###--")
    gap_ns = 0 if told else 1_000_000_000
    found = finder.push(Block(first, ORIGIN + len(first) * SAMPLE_NS))
    assert found == []
    assert finder.state is Speaking.SPEAKING
    assert finder.began_ns == ORIGIN + STEP_NS
    end = ORIGIN + (len(first) + len(later)) * SAMPLE_NS + gap_ns
    found = finder.push(Block(later, end, lost=1 if told else 0))
    assert found == [Segment(ORIGIN + STEP_NS, ORIGIN + 5 * STEP_NS)]
    assert network.resets == 1
    began = end - len(later) * SAMPLE_NS
    assert finder.finish() == [Segment(began, began + 3 * STEP_NS)]


def test_a_clock_that_is_slow_is_followed() -> None:
    finder = SpeechFinder(Loud(), LEVELS)
    sound = _sound("-" * 400 + "###---")
    found = []
    for number, block in enumerate(_blocks(sound, STEP), start=1):
        # 200 ppm: each step lasts a little longer by the block's clock than by its samples.
        found += finder.push(Block(block.samples, block.t_ns + number * STEP_NS // 5000))
    drift = 406 * STEP_NS // 5000
    (segment,) = found
    assert segment.start_ns == ORIGIN + 400 * STEP_NS + drift


def test_times_never_go_back() -> None:
    finder = SpeechFinder(Loud(), LEVELS)
    found = []
    for number, block in enumerate(_blocks(_sound("###---" * 4), 6 * STEP)):
        found += finder.push(Block(block.samples, block.t_ns - number * 90_000_000))
    assert len(found) == 4
    assert all(a.end_ns <= b.start_ns for a, b in pairwise(found))


def test_no_time_before_a_block() -> None:
    finder = SpeechFinder(Loud(), LEVELS)
    assert finder.began_ns is None
    assert finder.finish() == []
