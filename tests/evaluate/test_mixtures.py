"""Mixtures whose speech is known: by construction, at the ratio asked for, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate.mixtures import (
    FRAME,
    Material,
    drawn_noise,
    drawn_room,
    in_room,
    make,
    speech_frames,
)

RATE = 16_000


def _bursts(*pieces: tuple[float, float]) -> np.ndarray:
    """Return a tone in pieces of (seconds, level)."""
    level = np.concatenate([np.full(round(s * RATE), level) for s, level in pieces])
    return (level * np.sin(2 * np.pi * 200 * np.arange(len(level)) / RATE)).astype(np.float32)


def _edges(frames: np.ndarray) -> list[float]:
    return [round(float(e) / 100, 2) for e in np.flatnonzero(np.diff(frames.astype(int))) + 1]


@pytest.mark.parametrize(
    ("pieces", "edges"),
    [
        ([(0.5, 0.0), (1.0, 0.3), (0.5, 0.0)], [0.5, 1.5]),
        ([(0.5, 0.001), (1.0, 0.3), (0.5, 0.001)], [0.5, 1.5]),  # a floor 50 dB below
        ([(0.5, 0.0), (0.4, 0.3), (0.1, 0.0), (0.4, 0.3), (0.5, 0.0)], [0.5, 1.4]),  # a stop
        ([(0.4, 0.3), (0.3, 0.0), (0.4, 0.3)], [0.4, 0.7]),
        ([(0.5, 0.0), (0.03, 0.3), (0.5, 0.0), (0.5, 0.3)], [1.03]),  # a click
        ([(0.1, 0.0), (0.5, 0.3)], [0.1]),  # a short pause at the beginning stays one
    ],
)
def test_where_clean_speech_is(pieces: list[tuple[float, float]], edges: list[float]) -> None:
    assert _edges(speech_frames(_bursts(*pieces))) == pytest.approx(edges, abs=0.011)


def test_nothing_is_no_speech() -> None:
    assert speech_frames(np.zeros(100, np.float32)).size == 0
    assert not speech_frames(np.zeros(RATE, np.float32)).any()


def _material() -> Material:
    rng = np.random.default_rng(2)
    said = [_bursts((0.2, 0.0), (seconds, 0.3), (0.2, 0.0)) for seconds in (0.8, 1.2, 1.0, 0.6)]
    return Material(
        speech={"a": said, "b": [piece * np.float32(0.1) for piece in said]},
        noise={"white": drawn_noise(rng, 2.0, 0.0), "brown": drawn_noise(rng, 2.0, 2.0)},
        rooms=[drawn_room(rng, 0.4, 3.0)],
    )


@pytest.mark.parametrize("snr_db", [20, 5])
def test_the_ratio_is_the_one_asked_for(snr_db: int) -> None:
    for mixture in make(_material(), snr_db, 6, seed=1):
        assert len(mixture.samples) == len(mixture.speech) * FRAME
        where = np.repeat(mixture.speech, FRAME)
        inside, outside = (np.mean(mixture.samples[w] ** 2) for w in (where, ~where))
        # Pauses hold the tail of the room as well; speech holds the noise.
        measured = 10 * np.log10(inside / outside - 1)
        assert measured == pytest.approx(snr_db, abs=1.5 if snr_db == 5 else 6)
        assert np.abs(mixture.samples).max() <= 0.5 + 1e-6


def test_the_same_seed_makes_the_same() -> None:
    first, again, other = (make(_material(), 10, 3, seed) for seed in (4, 4, 5))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.samples, two.samples)
        np.testing.assert_array_equal(one.speech, two.speech)
    assert len(first[0].samples) != len(other[0].samples)
    assert {mixture.speaker for mixture in first} == {"a", "b"}


def test_a_room_moves_nothing() -> None:
    dry = np.zeros(4000, np.float32)
    dry[1000] = 1.0
    late = np.concatenate((np.zeros(300, np.float32), drawn_room(np.random.default_rng(1), 0.3, 6)))
    wet = in_room(dry, late)
    assert len(wet) == len(dry)
    assert int(np.argmax(np.abs(wet))) == 1000


@pytest.mark.parametrize(("slope", "fall"), [(0.0, 0.0), (1.0, -10.0), (2.0, -20.0)])
def test_noise_falls_as_asked(slope: float, fall: float) -> None:
    noise = drawn_noise(np.random.default_rng(1), 8.0, slope)
    power = np.abs(np.fft.rfft(noise)) ** 2
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    low, high = (power[(hertz > f) & (hertz < 1.2 * f)].mean() for f in (300, 3000))
    assert 10 * np.log10(high / low) == pytest.approx(fall, abs=1.0)
