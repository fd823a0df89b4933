"""A path through candidates: octave jumps and single frames are not believed."""

from __future__ import annotations

import numpy as np
import pytest

from audio.features.pitch import CANDIDATES, Candidates
from audio.features.viterbi import LAG, PitchPath


def _candidates(frames: list[list[tuple[float, float]]]) -> tuple[Candidates, np.ndarray]:
    hz, voicing = np.zeros((2, len(frames), CANDIDATES))
    for at, options in enumerate(frames):
        for number, (f0, sure) in enumerate(options):
            hz[at, number], voicing[at, number] = f0, sure
    return Candidates(hz, voicing), np.where(hz > 0, 0.9, 0.0)


def _path(frames: list[list[tuple[float, float]]]) -> np.ndarray:
    path = PitchPath()
    first, _ = path.push(*_candidates(frames))
    last, _ = path.finish()
    return np.concatenate([first, last])


def test_an_octave_error_of_one_frame_is_set_right() -> None:
    steady = [[(120.0, 0.85), (240.0, 0.8)]] * 20
    wrong = [[(240.0, 0.86), (120.0, 0.84)]]
    assert np.all(_path(steady + wrong + steady) == 120.0)


@pytest.mark.parametrize(("voicing", "voiced"), [(0.69, False), (0.71, True)])
def test_the_published_threshold_decides(voicing: float, voiced: bool) -> None:
    assert np.all((_path([[(120.0, voicing)]] * 40) > 0) == voiced)


@pytest.mark.parametrize("hz", [54.0, 1001.0])
def test_pitch_beyond_the_range_is_no_voice(hz: float) -> None:
    assert not _path([[(hz, 0.95)]] * 10).any()


def test_half_a_period_that_does_not_resemble_itself_loses() -> None:
    candidates, likeness = _candidates([[(240.0, 0.85), (120.0, 0.8)]] * 40)
    likeness[:, 0] = 0.4
    path = PitchPath()
    first, _ = path.push(candidates, likeness)
    assert np.all(first == 120.0)


def test_frames_are_decided_after_the_lag_however_they_come() -> None:
    rng = np.random.default_rng(1)
    frames = [[(float(f0), 0.8), (2 * float(f0), 0.78)] for f0 in rng.uniform(80, 300, 200)]
    candidates, likeness = _candidates(frames)
    whole = PitchPath()
    at_once, sure = whole.push(candidates, likeness)
    assert len(at_once) == len(sure) == 200 - LAG
    rest, _ = whole.finish()
    assert len(rest) == LAG
    path, parts = PitchPath(), []
    for begin in range(0, 200, 7):
        part = Candidates(candidates.hz[begin : begin + 7], candidates.voicing[begin : begin + 7])
        parts.append(path.push(part, likeness[begin : begin + 7])[0])
    assert np.array_equal(np.concatenate(parts), at_once)
    assert np.array_equal(path.finish()[0], rest)
    assert len(path.push(Candidates(np.zeros((0, 6)), np.zeros((0, 6))), np.zeros((0, 6)))[0]) == 0
