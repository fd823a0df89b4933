"""Sound files, good and bad: every kind of bad input has its row."""

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ambient.errors import SourceError
from audio.blocks import RATE, SAMPLE_NS
from audio.sources import open_sound
from audio.sources.base import SoundSource
from audio.sources.file import SoundfileReader
from audio.sources.recording import Recording
from tests.audio.sources.kit import S, heard, one_peak, tone, write, write_container

Make = Callable[[Path], Path]


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 96_000])
@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_U8"),
        ("a.wav", "PCM_24"),
        ("a.wav", "PCM_32"),
        ("a.wav", "FLOAT"),
        ("a.wav", "DOUBLE"),
        ("a.wav", "ULAW"),
        ("a.flac", "PCM_24"),
        ("a.aiff", "PCM_16"),
    ],
)
@pytest.mark.parametrize("channels", [1, 6])
def test_formats(tmp_path, rate, name, subtype, channels):
    values = np.tile(tone(rate, 1.0)[:, None], (1, channels))
    samples, blocks = heard(open_sound(str(write(tmp_path / name, values, rate, subtype))))
    assert samples.dtype == np.float32
    assert abs(len(samples) - RATE) <= 1
    hertz, level = one_peak(samples)
    assert abs(hertz - 440) < 1.5
    assert abs(level - 0.5) < 0.01
    assert blocks[-1].t_ns == len(samples) * SAMPLE_NS
    assert all(b.began_ns == a.t_ns for a, b in pairwise(blocks))
    assert not any(block.lost or block.late or block.broken or block.clipped for block in blocks)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "pcm_s16le")])
def test_what_only_ffmpeg_knows(tmp_path, name, codec):
    path = write_container(tmp_path / name, [(0.0, tone(48_000, 2.0))], codec=codec)
    samples, _ = heard(open_sound(str(path)))
    assert abs(len(samples) / RATE - 2) < 0.05
    hertz, level = one_peak(samples)
    assert abs(hertz - 440) < 1.5
    assert abs(level - 0.5) < 0.05


def test_a_hole_in_a_container_is_counted_and_time_goes_on(tmp_path):
    second = tone(48_000, 1.0)
    path = write_container(tmp_path / "a.mkv", [(0.5, second), (3.0, second)], codec="pcm_s16le")
    source = open_sound(str(path), start_ns=10 * S)
    samples, blocks = heard(source)
    assert blocks[0].began_ns == pytest.approx(10.5 * S, abs=S // 1000)
    assert blocks[-1].t_ns == pytest.approx(13.98 * S, abs=S // 100)
    holes = [block for block in blocks if block.lost]
    assert len(holes) == 1
    assert holes[0].lost / RATE == pytest.approx(1.52, abs=0.01)
    assert len(samples) / RATE == pytest.approx(1.96, abs=0.01)


def test_time_starts_where_it_is_told(tmp_path):
    path = write(tmp_path / "a.wav", tone(RATE, 0.35))
    _, blocks = heard(open_sound(str(path), start_ns=7 * S))
    assert blocks[0].began_ns == 7 * S
    assert blocks[-1].t_ns == 7 * S + round(0.35 * RATE) * SAMPLE_NS


def test_a_loop_goes_on_in_time(tmp_path):
    path = write(tmp_path / "a.wav", tone(48_000, 0.25), 48_000)
    with open_sound(str(path), loop=True) as source:
        blocks = [source.read() for _ in range(12)]
    assert all(block is not None for block in blocks)
    ends = [block.t_ns for block in blocks if block is not None]
    assert ends == sorted(set(ends))
    assert ends[-1] > 2 * S // 4


def test_a_paced_recording_waits_for_its_time(tmp_path):
    path = write(tmp_path / "a.wav", tone(RATE, 0.5))
    now, waits = [100 * S], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += round(seconds * S)

    source = Recording(
        "a", lambda: SoundfileReader(path), realtime=True, monotonic=lambda: now[0], sleep=sleep
    )
    assert source.live
    heard(source)
    assert waits == pytest.approx([0.1] * 5)


def test_a_source_is_what_it_says(tmp_path):
    source: SoundSource = open_sound(str(write(tmp_path / "a.wav", tone(RATE, 0.1))))
    assert isinstance(source, SoundSource)
    assert not source.live
    source.close()
    source.close()


BAD: dict[str, tuple[Make, str]] = {}


def bad(name: str, says: str) -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        BAD[name] = (make, says)
        return make

    return add


def holding(name: str, says: str, data: bytes) -> None:
    def make(folder: Path) -> Path:
        path = folder / "bad.wav"
        path.write_bytes(data)
        return path

    BAD[name] = (make, says)


NOT_SOUND = "expected a sound file, got something that cannot be decoded"
holding("an empty file", "got an empty one", b"")
holding("text", NOT_SOUND, b"hello world\n" * 500)
holding("zeros", NOT_SOUND, bytes(10_000))
holding("noise", NOT_SOUND, np.random.default_rng(0).bytes(100_000))
holding("a picture", NOT_SOUND, b"\x89PNG\r\n\x1a\n" + bytes(500))
holding("a playlist", NOT_SOUND, b"#EXTM3U\nhttp://127.0.0.1/x.ts\n")
holding("a list of other files", NOT_SOUND, b"ffconcat version 1.0\nfile /etc/passwd\n")
holding(
    "a description of a stream",
    NOT_SOUND,
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
)
holding("half a header", NOT_SOUND, b"RIFF\x00\x00\x00\x00WAVEfmt ")


@bad("no file", "found none; check the path")
def _(folder: Path) -> Path:
    return folder / "none.wav"


@bad("a folder", "got something else; name the file itself")
def _(folder: Path) -> Path:
    return folder


@bad("a pipe", "got something else; name the file itself")
def _(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.wav")
    return folder / "pipe.wav"


@bad("no samples", "expected at least one sample of sound, got none")
def _(folder: Path) -> Path:
    return write(folder / "a.wav", np.zeros(0), 44_100)


@bad("a header alone", "expected at least one sample of sound, got none")
def _(folder: Path) -> Path:
    path = write(folder / "a.wav", tone(RATE, 1.0))
    path.write_bytes(path.read_bytes()[:44])
    return path


@bad("a rate of one", "expected 4000 to 384000 samples a second, got 1;")
def _(folder: Path) -> Path:
    return write(folder / "a.wav", tone(RATE, 0.1), 1)


@bad("a rate without end", "expected 4000 to 384000 samples a second")
def _(folder: Path) -> Path:
    return write(folder / "a.wav", tone(RATE, 0.1), 2**30)


@bad("a picture without sound", "expected sound, got a recording or stream without any")
def _(folder: Path) -> Path:
    import cv2

    path = folder / "a.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 64))
    for _ in range(10):
        writer.write(np.zeros((64, 64, 3), np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("name", BAD)
def test_refused(tmp_path, name, capfd):
    make, says = BAD[name]
    with pytest.raises(SourceError, match=says) as caught:
        open_sound(str(make(tmp_path)))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("value", "channels", "clipped", "broken"),
    [
        (np.nan, 1, 0.0, RATE),
        (np.inf, 2, 0.0, RATE),
        (-np.inf, 6, 0.0, RATE),
        (0.0, 1, 0.0, 0),
        (0.4, 1, 0.0, 0),
        (1e30, 1, 1.0, 0),
    ],
)
@pytest.mark.parametrize("rate", [8_000, 96_000])
def test_odd_values_are_counted(tmp_path, value, channels, clipped, broken, rate):
    values = np.full((rate, channels), value)
    samples, blocks = heard(open_sound(str(write(tmp_path / "a.wav", values, rate, "FLOAT"))))
    assert np.isfinite(samples).all()
    assert abs(len(samples) - RATE) <= 1
    # Each block rounds up to whole samples.
    assert broken <= sum(block.broken for block in blocks) <= broken + len(blocks) * bool(broken)
    assert {block.clipped for block in blocks if block.clipped} == ({clipped} - {0.0})


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("rate", [8_000, 16_000, 96_000])
def test_a_sample_or_two(tmp_path, rate, count):
    samples, blocks = heard(open_sound(str(write(tmp_path / "a.wav", np.full(count, 0.5), rate))))
    assert len(samples) >= 1
    assert blocks[-1].t_ns == len(samples) * SAMPLE_NS


@pytest.mark.parametrize(
    ("name", "keep", "at_least"), [("a.wav", 0.5, 0.99), ("a.flac", 0.5, 0.8), ("a.mp3", 0.5, 0.8)]
)
def test_cut_off_files_end_with_what_there_is(tmp_path, name, keep, at_least):
    path = tmp_path / name
    soundfile.write(path, tone(RATE, 4.0) + 0.01 * np.random.default_rng(1).random(4 * RATE), RATE)
    whole = open_sound(str(path))
    heard(whole)
    assert not whole.cut_off
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    source = open_sound(str(path))
    samples, _ = heard(source)
    assert 4 * keep * at_least * RATE <= len(samples) <= 4 * keep * 1.2 * RATE
    assert source.cut_off or name == "a.mp3", "an MP3 has no length of its own"


def test_a_file_that_breaks_in_the_middle_ends_there(tmp_path):
    path = write(tmp_path / "a.flac", np.random.default_rng(0).random(4 * RATE) - 0.5)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4_000] = bytes(4_000)
    path.write_bytes(data)
    samples, _ = heard(open_sound(str(path)))
    assert RATE < len(samples) <= 4 * RATE
    assert np.isfinite(samples).all()
