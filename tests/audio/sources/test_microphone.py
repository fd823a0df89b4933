"""A microphone, with the sound card made up at the seam."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ambient.errors import SourceError
from audio.blocks import RATE
from audio.sources.base import Chunk
from audio.sources.microphone import MicrophoneSource
from audio.sources.recorder import open_recorder
from tests.audio.sources.kit import S, chunk, until_error


class Card:
    """A sound card: chunks are handed in by the test, each at its own time."""

    def __init__(self) -> None:
        self.device: object = ...
        self.closed = 0
        self.now = 0
        self.put: Callable[[Chunk], None] = lambda _: None

    def open(self, device: int | str | None, put: Callable[[Chunk], None]) -> "Card":
        self.device, self.put = device, put
        return self

    def close(self) -> None:
        self.closed += 1

    def source(self, spec: str = "mic:3") -> MicrophoneSource:
        return MicrophoneSource(
            spec,
            clock=lambda t: t + 100 * S,
            recorder=self.open,
            monotonic=lambda: self.now,
            timeout_s=0.01,
        )

    def play(self, *chunks: Chunk, ppm: float = 0.0) -> None:
        for one in chunks:
            self.now += round(len(one.values) / one.rate * S / (1 + ppm * 1e-6))
            self.put(one)


def test_blocks_have_clock_time():
    card = Card()
    with card.source() as source:
        assert (card.device, source.live, source.cut_off) == (3, True, False)
        card.play(*[chunk(800)] * 4)
        ends = [source.read().t_ns for _ in range(4)]
    assert ends == [100 * S + n * S // 20 for n in (1, 2, 3, 4)]
    assert card.closed == 1
    assert source.read() is None


def test_a_device_that_disappears_is_an_error():
    card = Card()
    source = card.source("mic:USB Audio")
    card.play(chunk(800))
    assert source.read() is not None
    with pytest.raises(SourceError, match=r"mic:USB Audio: expected sound, got none for 0\.01 s"):
        source.read()
    source.close()
    source.close()
    assert card.closed == 1


@pytest.mark.parametrize("sizes", [[3], [7, 801, 13], [1600], [48_000]])
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (48_000, 6), (96_000, 1)])
def test_odd_lengths_rates_and_channels(sizes, rate, channels):
    card = Card()
    source = card.source()
    total = 0
    while total < rate // 2:
        for size in sizes:
            card.play(chunk(size, rate, channels=channels))
            total += size
    blocks, _ = until_error(source)
    given = sum(block.samples.size for block in blocks)
    # What the filter holds back stays there.
    assert 0 <= total * RATE / rate - given < 0.1 * RATE
    ends = [block.t_ns for block in blocks]
    assert ends == sorted(set(ends))
    assert abs(ends[-1] - 100 * S - given * S // RATE) < S // 1000


@pytest.mark.parametrize("ppm", [-200, 200])
def test_a_clock_that_is_wrong_is_followed(ppm):
    card = Card()
    source = card.source()
    for _ in range(20 * 600):
        card.play(chunk(800), ppm=ppm)
        block = source.read()
    assert abs(block.t_ns - (card.now + 100 * S)) < S // 1000
    assert block.lost == 0


def test_lost_late_and_given_up():
    card = Card()
    source = card.source()
    card.play(*[chunk(800)] * 30)
    assert [(b.lost, b.late) for b in (source.read() for _ in range(30))] == [(0, False)] * 30
    card.play(chunk(800, overflowed=True))
    assert source.read().lost == 1
    card.now += 2 * S
    card.play(*[chunk(800)] * 20)
    blocks = [source.read() for _ in range(20)]
    assert [block.late for block in blocks] == [True] + [False] * 19
    assert sum(block.lost for block in blocks) == pytest.approx(2 * RATE, abs=10)
    card.play(*[chunk(800)] * 300)
    waiting, _ = until_error(source)
    assert len(waiting) == 200
    assert waiting[0].lost > 0
    assert waiting[-1].t_ns == card.now + 100 * S


def test_values_that_are_no_numbers():
    card = Card()
    source = card.source()
    card.play(chunk(800, value=np.nan), chunk(800, value=np.inf), chunk(800, value=1.0))
    blocks = [source.read() for _ in range(3)]
    assert [block.broken for block in blocks] == [800, 800, 0]
    assert [block.clipped for block in blocks] == [0, 0, 1]
    assert not blocks[0].samples.any()


class PortAudioError(Exception):
    pass


def portaudio(channels: int = 2, mono: bool = True, starts: bool = True) -> Any:
    """Return a made-up ``sounddevice``."""
    module = SimpleNamespace(PortAudioError=PortAudioError, renewed=0, streams=[])
    info = {"name": "USB Audio", "max_input_channels": channels, "default_samplerate": 48000.0}

    class InputStream:
        def __init__(self, **options: Any) -> None:
            if options["channels"] == 1 and not mono:
                raise PortAudioError("Invalid number of channels [PaErrorCode -9998]")
            self.options, self.open = options, True
            module.streams.append(self)

        def start(self) -> None:
            if not starts:
                raise PortAudioError("Device unavailable [PaErrorCode -9985]")

        def close(self) -> None:
            self.open = False

    def query_devices(device: object = ..., kind: str | None = None) -> Any:
        if device is ...:
            return [info, {**info, "name": "HDMI", "max_input_channels": 0}]
        if device == "none":
            raise ValueError("No input device matching 'none'")
        return info

    def renew() -> None:
        module.renewed += 1

    module.InputStream, module.query_devices = InputStream, query_devices
    module._terminate, module._initialize = lambda: None, renew
    return module


def test_portaudio(monkeypatch):
    sd = portaudio()
    monkeypatch.setitem(sys.modules, "sounddevice", sd)
    got: list[Chunk] = []
    one = open_recorder("USB", got.append)
    other = open_recorder(None, got.append)
    assert sd.renewed == 1, "the list of devices is made anew only while none is open"
    options = sd.streams[0].options
    assert (options["samplerate"], options["channels"], options["device"]) == (48_000, 1, "USB")
    values = np.full((2_400, 1), 0.5, np.float32)
    options["callback"](values, 2_400, None, SimpleNamespace(input_overflow=True))
    values[:] = 0
    assert (got[0].values[0, 0], got[0].rate, got[0].overflowed) == (0.5, 48_000, True)
    for recorder in (one, other, one):
        recorder.close()
    assert not any(stream.open for stream in sd.streams)
    open_recorder(None, got.append).close()
    assert sd.renewed == 2


def test_a_card_that_gives_no_mono_is_opened_whole(monkeypatch):
    sd = portaudio(channels=6, mono=False)
    monkeypatch.setitem(sys.modules, "sounddevice", sd)
    open_recorder(0, lambda _: None).close()
    assert sd.streams[0].options["channels"] == 6


@pytest.mark.parametrize(
    ("sd", "device", "says"),
    [
        (portaudio(), "none", "No input device matching 'none'; devices: 0 USB Audio; check"),
        (portaudio(starts=False), 0, "Device unavailable"),
        (portaudio(channels=1, mono=False), 0, "Invalid number of channels"),
    ],
)
def test_a_device_that_is_not_there_or_taken(monkeypatch, sd, device, says):
    monkeypatch.setitem(sys.modules, "sounddevice", sd)
    with pytest.raises(SourceError, match=says):
        open_recorder(device, lambda _: None)
    assert not any(stream.open for stream in sd.streams)


def test_no_portaudio(monkeypatch):
    class Missing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(SourceError, match="apt install libportaudio2"):
        open_recorder(None, lambda _: None)
