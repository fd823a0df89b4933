"""What a microphone or a recording may send, and what comes out: one table (docs/bad-input.md).

Each row goes the way of a node: source, then pipeline with the network of sounds. Whatever comes
in, times go forward, every number that is said is finite, and nothing is told that rings by itself.
A day of silence is in `test_long_silence`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.errors import SourceError
from ambient.observations import AnyObservation, Hearing, SoundHeard
from audio.blocks import RATE, Block
from audio.pipeline import MicrophonePipeline
from audio.sounds.listener import RINGS, SoundListener
from audio.sources import open_sound
from tests.audio.rooms import AlwaysPerson, LoudIsSpeech, Mic
from tests.audio.sources.kit import S, chunk, write
from tests.audio.sources.test_microphone import Card

PAGE = Path(__file__).parents[2] / "docs" / "bad-input.md"
LONG = 15
"""Seconds: longer than the longest time for which a state must last."""
NOISE = 0.003 * np.random.default_rng(4).standard_normal(96_000 * LONG)


def _noise(rate: int, channels: int = 1) -> np.ndarray:
    return np.repeat(NOISE[: rate * LONG, None], channels, axis=1)


def _full(value: float, rate: int = 48_000) -> np.ndarray:
    return np.full(rate * LONG, value)


SQUARE = np.sign(np.sin(np.arange(44_100 * LONG) / 30 + 0.1))
FILES: dict[str, tuple[np.ndarray, int, str, Hearing | None]] = {
    "8 kHz": (_noise(8_000), 8_000, "PCM_16", Hearing.OK),
    "96 kHz": (_noise(96_000), 96_000, "PCM_16", Hearing.OK),
    "24 bits": (_noise(48_000), 48_000, "PCM_24", Hearing.OK),
    "6 channels": (_noise(RATE, 6), RATE, "PCM_16", Hearing.OK),
    "NaN": (_full(np.nan), 48_000, "FLOAT", Hearing.SILENT),
    "infinite": (_full(np.inf), 48_000, "FLOAT", Hearing.SILENT),
    "minus infinite": (_full(-np.inf), 48_000, "FLOAT", Hearing.SILENT),
    "all zeros": (_full(0.0), 48_000, "PCM_16", Hearing.SILENT),
    "a full-scale square": (SQUARE, 44_100, "PCM_24", Hearing.CLIPPED),
    "a constant": (_full(0.4), 48_000, "PCM_16", Hearing.SILENT),
    "noise on a constant": (0.4 + _noise(RATE), RATE, "PCM_16", Hearing.OFFSET),
    "1 sample": (np.full(1, 0.5), RATE, "PCM_16", None),
}

NOT_SOUND = "expected a sound file, got something that cannot be decoded"
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "0 samples": (lambda path: write(path, np.zeros(0)), "expected at least one sample of sound"),
    "an empty file": (lambda path: path.touch(), "got an empty one"),
    "a truncated header": (
        lambda path: path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt "),
        NOT_SOUND,
    ),
    "not audio": (lambda path: path.write_bytes(b"hello world\n" * 500), NOT_SOUND),
}


def pipeline() -> MicrophonePipeline:
    sounds = SoundListener.create("r12", Mic.id)
    return MicrophonePipeline(
        "r12", Mic(), speech=LoudIsSpeech(), person=AlwaysPerson(), sounds=sounds
    )


def heard(made: MicrophonePipeline, blocks: Iterator[Block]) -> list[AnyObservation]:
    """Return what is said of the blocks, having looked at what holds for any input."""
    said = [each for block in blocks for each in made.process(block)] + made.finish()
    times = [each.t for each in said]
    assert times == sorted(times)
    numbers = [
        value
        for each in said
        for value in msgspec.structs.asdict(each).values()
        if isinstance(value, float)
    ]
    assert all(map(math.isfinite, numbers))
    assert not [
        each
        for each in said
        if isinstance(each, SoundHeard) and each.probability >= RINGS.get(each.sound, 2.0)
    ]
    return said


def test_the_page_has_every_row() -> None:
    page = PAGE.read_text("utf-8")
    assert [name for name in (*FILES, *REFUSED) if name not in page] == []


@pytest.mark.parametrize("name", FILES)
def test_it_is_a_state_of_the_microphone(tmp_path: Path, name: str) -> None:
    values, rate, subtype, hearing = FILES[name]
    made = pipeline()
    with open_sound(str(write(tmp_path / "a.wav", values, rate, subtype))) as source:
        said = heard(made, iter(source))
    assert made.hearing is hearing
    assert said


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_an_error_in_one_line(tmp_path: Path, name: str) -> None:
    make, says = REFUSED[name]
    make(tmp_path / "a.wav")
    with pytest.raises(SourceError, match=says) as caught:
        open_sound(str(tmp_path / "a.wav"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_a_truncated_file_is_heard_as_far_as_it_goes(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, _noise(RATE))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    made = pipeline()
    with open_sound(str(path)) as source:
        said = heard(made, iter(source))
        assert source.cut_off
    assert made.hearing is Hearing.OK
    assert said[-1].t == pytest.approx(LONG / 2 * S, rel=0.2)


def _card(sizes: list[int], ppm: float = 0.0) -> Iterator[tuple[Block, Card]]:
    """Give what a microphone sends in pieces of these sizes, 16 kHz."""
    card = Card()
    source = card.source()
    at = 0
    while at < LONG * RATE:
        for size in sizes:
            piece = chunk(size)
            piece.values[:, 0] = NOISE[at : at + size]
            card.play(piece, ppm=ppm)
            at += size
            block = source.read()
            if block is not None:
                yield block, card


@pytest.mark.parametrize("sizes", [[801, 13, 7_777], [1, 159, 1_601], [RATE * 5]])
def test_blocks_of_odd_length(sizes: list[int]) -> None:
    made = pipeline()
    assert heard(made, (block for block, _ in _card(sizes)))
    assert made.hearing is Hearing.OK


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_a_clock_that_is_wrong_by_200_ppm(ppm: float) -> None:
    made = pipeline()
    off = 0
    for block, card in _card([800], ppm):
        made.process(block)
        off = max(off, abs(block.t_ns - (card.now + 100 * S)))
    assert made.hearing is Hearing.OK
    assert off < 5 * S // 1000


def test_a_device_that_disappears() -> None:
    card = Card()
    source = card.source("mic:USB Audio")
    card.play(chunk(800))
    made = pipeline()
    block = source.read()
    assert block is not None
    made.process(block)
    with pytest.raises(SourceError, match=r"mic:USB Audio: expected sound, got none"):
        source.read()
    for second in range(1, 10):
        made.silence(block.t_ns + second * S)
    assert made.hearing is Hearing.GONE
