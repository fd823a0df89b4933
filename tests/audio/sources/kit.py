"""Sound made where the tests run, and sources made up at the seams."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from ambient.errors import SourceError
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.sources.base import Chunk, Readable, SoundSource

S = 1_000_000_000


def tone(rate: int, seconds: float, hertz: float = 440.0, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def write(path: Path, values: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, values, rate, subtype=subtype)
    return path


def write_container(
    path: Path, pieces: Iterable[tuple[float, np.ndarray]], rate: int = 48_000, codec: str = "aac"
) -> Path:
    """Write sound into a container with FFmpeg; each piece begins at its second."""
    with av.open(str(path), "w") as out:
        track = out.add_stream(codec, rate=rate, layout="stereo")
        size = 1024
        for began, values in pieces:
            for i in range(0, len(values) - size + 1, size):
                planes = np.tile(values[i : i + size].astype(np.float32), (2, 1))
                frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
                frame.sample_rate = rate
                frame.pts = round(began * rate) + i
                out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return path


def heard(source: SoundSource) -> tuple[np.ndarray, list[Block]]:
    """Return all that a source gives, joined and in blocks."""
    with source:
        blocks = list(source)
    return np.concatenate([block.samples for block in blocks]), blocks


def until_error(source: SoundSource) -> tuple[list[Block], str]:
    """Return what a live source gives until it fails, and how it fails."""
    blocks: list[Block] = []
    with source, pytest.raises(SourceError) as said:
        blocks.extend(source)
    return blocks, str(said.value)


def one_peak(samples: np.ndarray) -> tuple[float, float]:
    """Return the frequency of the strongest tone and its amplitude, edges left out."""
    middle = samples[len(samples) // 8 : -len(samples) // 8]
    window = np.hanning(len(middle))
    spectrum = np.abs(np.fft.rfft(middle * window)) / window.sum() * 2
    peak = int(spectrum.argmax())
    return peak * RATE / len(middle), float(spectrum[peak])


def chunk(
    count: int, rate: int = RATE, value: float = 0.1, *, channels: int = 1, overflowed: bool = False
) -> Chunk:
    return Chunk(np.full((count, channels), value, np.float32), rate, overflowed=overflowed)


def block(end: int, count: int = 1600, *, lost: int = 0) -> Block:
    """Return a block that ends at sample number `end`."""
    return Block(np.full(count, 0.1, np.float32), end * SAMPLE_NS, lost=lost)


class Scripted(Readable):
    """A live source that gives blocks, then fails, or ends."""

    def __init__(self, blocks: Iterable[Block], failure: Exception | None = None) -> None:
        self.blocks = iter(blocks)
        self.failure = failure
        self.closed = False

    live = True
    cut_off = False

    def read(self) -> Block | None:
        got = next(self.blocks, None)
        if got is None and self.failure is not None:
            raise self.failure
        return got

    def close(self) -> None:
        self.closed = True
