"""The network of speech activity: as published, and the same however the sound is cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ambient.errors import ModelError
from audio.blocks import Samples
from audio.speech.vad import MODEL, STEP, SileroVad
from models import store

RATE = 16_000
PUBLISHED = {
    0: 0.0017,
    4: 0.0059,
    16: 0.0042,
    17: 0.149,
    18: 0.7637,
    19: 0.509,
    20: 0.2057,
    27: 0.5868,
    37: 0.4516,
    71: 0.0395,
}
"""Step ► what the authors' own TorchScript file (same package) says of `_voiced`."""


@pytest.fixture(scope="module")
def model() -> Path:
    there = store.Store(store.locate())
    if there.look(MODEL).state is not store.State.OK:
        pytest.skip(f"model {MODEL} isn't here, run: ambient models pull")
    return there.path(MODEL)


def _voiced(count: int = 37_000) -> Samples:
    """Return something like a voice between 0.5 and 2 s: harmonics under one formant, syllables."""
    t = np.arange(count) / RATE
    f0 = 120 + 20 * np.sin(2 * np.pi * 2.3 * t)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    tones = [np.sin(k * phase) / k * np.exp(-(((k * 120 - 600) / 900) ** 2)) for k in range(1, 25)]
    syllables = np.sqrt(np.clip(np.sin(2 * np.pi * 3.5 * t), 0, 1)) * (t > 0.5) * (t < 2.0)
    return (0.2 * np.sum(tones, axis=0) * syllables).astype(np.float32)


def test_it_says_what_was_published(model: Path) -> None:
    said = SileroVad(model).push(_voiced())
    assert said.shape == (72,)
    assert {step: float(said[step]) for step in PUBLISHED} == pytest.approx(PUBLISHED, abs=1e-3)


@pytest.mark.parametrize("length", [1, 511, 512, 513, 4_000])
def test_streaming_is_batch(model: Path, length: int) -> None:
    sound = _voiced()[9_000 : 9_000 + (3_000 if length == 1 else 20_000)]
    whole = SileroVad(model).push(sound)
    network = SileroVad(model)
    pieces = [network.push(sound[i : i + length]) for i in range(0, len(sound), length)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_what_was_heard_is_forgotten(model: Path) -> None:
    network = SileroVad(model)
    first = network.push(_voiced()[: 40 * STEP + 100])
    network.reset()
    np.testing.assert_array_equal(network.push(_voiced()[: 40 * STEP + 100]), first)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_silence_and_a_square_are_no_speech(model: Path, level: float) -> None:
    square = level * np.sign(np.sin(2 * np.pi * 50 * np.arange(2 * RATE) / RATE))
    said = SileroVad(model).push(square.astype(np.float32))
    assert np.isfinite(said).all()
    assert said[3:].max() < 0.5


def test_no_network_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "voice_activity.xml"
    file.write_bytes(b"<net/>")
    with pytest.raises(ModelError, match="ambient models pull"):
        SileroVad(file)


def test_two_microphones_share_a_network_and_nothing_else(model: Path) -> None:
    alone = SileroVad(model).push(_voiced())
    first, second = SileroVad(model), SileroVad(model)
    said = []
    for start in range(0, 37_000, 1_000):
        said.append(first.push(_voiced()[start : start + 1_000]))
        second.push(-_voiced()[start + 500 : start + 1_700])
    np.testing.assert_array_equal(np.concatenate(said), alone)


def test_after_a_minute_of_a_steady_room_speech_is_heard_as_well(model: Path) -> None:
    room = 3e-4 * np.random.default_rng(0).standard_normal(60 * RATE).astype(np.float32)
    network = SileroVad(model)
    quiet = network.push(room)
    assert not quiet[-20 * RATE // STEP :].any()  # not run at all
    said = network.push(_voiced() + room[: _voiced().size])
    assert said.max() > 0.5
