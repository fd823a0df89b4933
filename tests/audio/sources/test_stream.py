"""The sound of a network camera: made up at the seam, and from a real server."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import av.error
import numpy as np
import pytest

from ambient.errors import SourceError
from audio.blocks import RATE
from audio.sources import open_sound
from audio.sources.container import MOST_BROKEN, values_of
from audio.sources.stream import OPTIONS, StreamSource
from tests.audio.sources.kit import S, one_peak, tone, until_error
from tests.patience import PATIENCE_S

SECRET = "geheim-7"
BROKEN = av.error.InvalidDataError(1, "broken")
SERVER = Path(__file__).parents[2] / "vision/sources/rtsp_server.py"


def sound(count: int, rate: int = 8_000, channels: int = 1, value: int = 3277) -> av.AudioFrame:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    values = np.full((1, count * channels), value, np.int16)
    frame = av.AudioFrame.from_ndarray(values, format="s16", layout=layout)
    frame.sample_rate = rate
    return frame


class Camera:
    """What PyAV would open: packets of frames, an error in place of some."""

    def __init__(self, *packets: Any, tracks: int = 1) -> None:
        self.packets = packets
        self.streams = SimpleNamespace(audio=["track"] * tracks)
        self.closed = 0
        self.now = 0

    def open(self, name: str, options: Mapping[str, str], timeout_s: float | None) -> "Camera":
        assert options is OPTIONS
        assert timeout_s
        return self

    def demux(self, track: str, /) -> Iterator[Any]:
        for packet in self.packets:
            if isinstance(packet, Exception) and packet is not BROKEN:
                raise packet
            if packet is not BROKEN:
                self.now += packet.samples * S // packet.sample_rate
            yield SimpleNamespace(decode=lambda packet=packet: self.decode(packet))

    def decode(self, packet: Any) -> list[Any]:
        if packet is BROKEN:
            raise BROKEN
        return [packet]

    def close(self) -> None:
        self.closed += 1

    def source(self) -> StreamSource:
        return StreamSource(
            f"rtsp://u:{SECRET}@cam/{SECRET}",
            clock=lambda t: t + 50 * S,
            media=self.open,
            monotonic=lambda: self.now,
        )


@pytest.mark.parametrize("end", [[], [av.error.ExitError(1, "x")], [av.error.TimeoutError(1, "x")]])
def test_sound_comes_and_an_end_is_an_error(end):
    camera = Camera(*[sound(800)] * 30, *end)
    source = camera.source()
    assert source.live
    blocks, said = until_error(source)
    assert "rtsp://cam/…: expected sound, got none in time" in said
    assert SECRET not in said
    assert camera.closed == 1
    assert blocks[-1].t_ns == pytest.approx(53 * S, abs=S // 10)
    assert all(b.t_ns > a.t_ns for a, b in pairwise(blocks))
    assert np.allclose(np.concatenate([block.samples for block in blocks])[4_000:], 0.1, atol=1e-3)
    assert not any(block.lost or block.late for block in blocks)


@pytest.mark.parametrize(("broken", "heard"), [(MOST_BROKEN, 3), (MOST_BROKEN + 1, 2)])
def test_packets_that_cannot_be_decoded_are_passed_over(broken, heard):
    one = sound(1_600, RATE)
    blocks, _ = until_error(Camera(one, BROKEN, one, *[BROKEN] * broken, one).source())
    assert len(blocks) == heard


def test_rate_and_channels_may_change():
    camera = Camera(*[sound(800)] * 20, *[sound(4_800, 48_000, 6)] * 20)
    blocks, _ = until_error(camera.source())
    assert sum(block.lost > 0 for block in blocks) == 1
    assert sum(block.samples.size + block.lost for block in blocks) / RATE > 3.8
    assert all(b.t_ns > a.t_ns for a, b in pairwise(blocks))


def test_a_camera_without_sound():
    camera = Camera(tracks=0)
    with pytest.raises(SourceError, match="switch the sound on") as said:
        camera.source()
    assert SECRET not in str(said.value)
    assert camera.closed == 1


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize(
    ("kind", "scale"),
    [("u8", 127), ("s16", 32767), ("s32", 2147483647), ("flt", 1), ("fltp", 1), ("dblp", 1)],
)
def test_every_format_of_samples(kind, scale, channels):
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    wave = np.tile(tone(8_000, 0.1)[:, None], (1, channels))
    wave[:, 0] *= 0.5
    dtype = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "dblp": np.float64}.get(
        kind, np.float32
    )
    values = (wave * scale + (128 if kind == "u8" else 0)).astype(dtype)
    planes = values.T if kind.endswith("p") else values.reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), format=kind, layout=layout)
    frame.sample_rate, frame.time_base = 8_000, Fraction(1, 8_000)
    got = values_of(frame)
    assert got.shape == (800, channels)
    assert got.dtype == np.float32
    assert np.abs(got - wave).max() < (0.02 if kind == "u8" else 1e-4)


@pytest.fixture
def rtsp_server() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    python = Path("/usr/bin/python3")
    if not python.exists():
        pytest.skip("needs Debian's Python with GStreamer's RTSP server")
    server = subprocess.Popen(
        [python, SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    try:
        line = server.stdout.readline()
        if not line.startswith("PORT"):
            pytest.skip("needs python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-ugly")
        yield int(line.split()[1]), server
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_a_real_camera_is_asked_for_its_sound_alone(rtsp_server, capfd):
    port, server = rtsp_server
    with open_sound(f"rtsp://user:{SECRET}@127.0.0.1:{port}/cam") as source:
        blocks = list(islice(source, 15))
        server.send_signal(signal.SIGTERM)
        with pytest.raises(SourceError, match="expected sound") as died:
            list(source)
    hertz, _ = one_peak(np.concatenate([block.samples for block in blocks]))
    assert abs(hertz - 440) < 3
    assert all(b.t_ns > a.t_ns for a, b in pairwise(blocks))
    with pytest.raises(SourceError, match="no answer or a refusal") as refused:
        open_sound(f"rtsp://user:{SECRET}@127.0.0.1:{port}/cam")
    assert server.stdout is not None
    asked = [line for line in server.stdout.read().splitlines() if line.startswith("setup")]
    assert asked == ["setup-request /stream=1"]
    for text in (str(died.value), str(refused.value), *capfd.readouterr()):
        assert SECRET not in text


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_nobody_listens(scheme, capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match=f"{scheme}://127.0.0.1:{port}/…: expected a camera"):
        open_sound(f"{scheme}://user:{SECRET}@127.0.0.1:{port}/cam?key={SECRET}")
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_who_takes_the_call_and_says_nothing(scheme, monkeypatch):
    monkeypatch.setattr("audio.sources.stream.TIMEOUT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(SourceError, match="got no answer or a refusal"):
            open_sound(f"{scheme}://127.0.0.1:{port}/cam")
        # The promise is 1 s; the rest is for a busy machine.
        assert time.monotonic() - began < PATIENCE_S
