"""Event time of sound that arrives: drift, jitter, late and lost pieces."""

from itertools import pairwise

import numpy as np
import pytest

from audio.sources.timing import LOST_NS, SoundClock

S = 1_000_000_000
PIECE = S // 20


def arrivals(pieces: int, ppm: float, jitter_s: float, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Return true ends and arrivals of pieces from a device whose clock is `ppm` fast."""
    true = ((np.arange(pieces) + 1) * PIECE / (1 + ppm * 1e-6)).astype(np.int64) + 1_000 * S
    jitter = np.random.default_rng(seed).exponential(jitter_s, pieces)
    return true, np.maximum.accumulate(true + (jitter * S).astype(np.int64))


@pytest.mark.parametrize("ppm", [-200, -100, 0, 100, 200])
@pytest.mark.parametrize("jitter_s", [0.0, 0.002, 0.01])
def test_drift_is_followed(ppm, jitter_s):
    true, arrival = arrivals(3600 * 20, ppm, jitter_s)
    clock = SoundClock()
    stamps = [clock.stamp(PIECE, int(t)) for t in arrival]
    t = np.array([stamp.t_ns for stamp in stamps])
    assert (np.diff(t) > 0).all()
    assert (t <= arrival).all()
    # Uncorrected, 200 ppm are 0.7 s after this hour.
    off = np.abs(t - true)[200:] / S
    assert off.max() < 0.001 + 2 * jitter_s
    assert not any(stamp.lost_ns for stamp in stamps)


def test_without_jitter_the_rate_is_right():
    true, arrival = arrivals(20 * 60, 200, 0.0)
    clock = SoundClock()
    t = np.array([clock.stamp(PIECE, int(one)).t_ns for one in arrival])
    assert np.abs(t - true).max() < 1_000


def pieces(script: list[float], length: int = PIECE) -> list[tuple[int, int, bool]]:
    """Return time, loss and lateness for arrivals at these pieces' numbers, after two seconds."""
    clock = SoundClock()
    for at in range(-40, 1):
        clock.stamp(length, at * PIECE + 10 * S)
    stamps = [clock.stamp(length, round(at * PIECE) + 10 * S) for at in script]
    return [
        (round((stamp.t_ns - 10 * S) / PIECE), round(stamp.lost_ns / PIECE), stamp.late)
        for stamp in stamps
    ]


def test_late_pieces_are_counted_and_move_nothing():
    got = pieces([1, 2, 3, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 15, 16])
    assert [t for t, _, _ in got] == [1, 2, 3, *range(4, 17)]
    assert [late for _, _, late in got].count(True) == 1
    assert got[3][2]
    assert not any(lost for _, lost, _ in got)


def test_lost_pieces_are_noticed_and_time_goes_on():
    got = pieces([1, 2, 3, *range(24, 60)])
    assert sum(lost for _, lost, _ in got) == 20
    assert next(i for i, (_, lost, _) in enumerate(got) if lost) == 3 + 10
    assert [t for t, _, _ in got][-20:] == list(range(40, 60))
    assert [late for _, _, late in got].count(True) == 1


def test_a_little_lag_is_no_loss():
    small = LOST_NS * 0.9 / PIECE
    got = pieces([1, 2, 3, *[n + small for n in range(4, 40)]])
    assert not any(lost or late for _, lost, late in got)


def test_sound_that_was_kept_back_at_the_start_is_pressed_together():
    clock = SoundClock()
    burst = [clock.stamp(PIECE, 10 * S) for _ in range(20)]
    after = [clock.stamp(PIECE, 10 * S + n * PIECE) for n in range(1, 5)]
    t = [stamp.t_ns for stamp in burst + after]
    assert all(b > a for a, b in pairwise(t))
    assert t[-1] - 10 * S == pytest.approx(4 * PIECE, abs=100)
    assert not any(stamp.late or stamp.lost_ns for stamp in burst + after)


def test_sound_that_was_ahead_at_the_start_is_no_loss():
    clock = SoundClock()
    stamps = [clock.stamp(PIECE, 10 * S + n * PIECE) for n in (0, 4, *range(5, 60))]
    assert not any(stamp.late or stamp.lost_ns for stamp in stamps)
    assert stamps[-1].t_ns == 10 * S + 59 * PIECE


def test_the_same_arrivals_give_the_same_times():
    _, arrival = arrivals(2_000, 137, 0.02, seed=3)
    once, again = (
        [clock.stamp(PIECE, int(t)) for t in arrival] for clock in (SoundClock(), SoundClock())
    )
    assert once == again
