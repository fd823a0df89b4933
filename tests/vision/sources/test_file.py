"""Video files: times, rates, and everything that can be wrong with them."""

import contextlib
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from ambient.errors import SourceError
from vision.sources import open_source
from vision.sources.base import Frame, Source
from vision.sources.file import FileSource

TESTSRC = ("-f", "lavfi", "-i")


def frames_of(spec: object, **options: object) -> list[Frame]:
    with open_source(str(spec), **options) as source:
        frames = list(source)
    check(frames)
    return frames


def check(frames: list[Frame]) -> None:
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.ndim == 3
        assert frame.image.shape[2] == 3
    assert all(b.t_ns > a.t_ns for a, b in pairwise(frames))


@pytest.mark.parametrize(
    ("native", "wanted", "count", "step_ms"),
    [
        (30, None, 60, 33.3),
        (30, 10, 20, 100),
        (30, 30, 60, 33.3),
        (30, 60, 60, 33.3),
        (25, 10, 24, 100),
        (15, 10, 40, 100),
        (30, 1, 2, 1000),
    ],
)
def test_rate_is_picked_by_time(make_video, native, wanted, count, step_ms):
    path = make_video(fps=native, frames=60)
    frames = frames_of(path, fps=wanted)
    assert len(frames) == count
    assert frames[0].t_ns == 0
    steps = np.diff([frame.t_ns for frame in frames]) / 1e6
    assert abs(steps.mean() - step_ms) < step_ms * 0.05
    assert steps.max() < step_ms + 1000 / native


def test_frames_carry_start_and_number(make_video):
    frames = frames_of(f"file:{make_video()}", fps=10, start_ns=5_000_000_000)
    assert frames[0].t_ns == 5_000_000_000
    assert [frame.index for frame in frames[:3]] == [0, 3, 6]


def test_loop_lets_time_go_on(make_video):
    with open_source(str(make_video(frames=10)), loop=True) as source:
        frames = [frame for frame, _ in zip(source, range(35), strict=False)]
    check(frames)
    assert len(frames) == 35
    assert abs((frames[-1].t_ns - frames[0].t_ns) / 1e9 - 34 / 30) < 0.01


def test_realtime_waits_for_each_frame(make_video):
    now = [7_000_000_000]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += round(seconds * 1e9)

    source = FileSource(
        make_video(frames=30), fps=10, realtime=True, monotonic=lambda: now[0], sleep=sleep
    )
    assert source.live
    for frame in source:
        assert now[0] - 7_000_000_000 >= frame.t_ns
        now[0] += 20_000_000
    assert abs(sum(waits) - (0.9 - 9 * 0.02)) < 0.01


def test_realtime_catches_up_without_waiting(make_video):
    now = [0]
    waits: list[float] = []
    source = FileSource(
        make_video(frames=30), realtime=True, monotonic=lambda: now[0], sleep=waits.append
    )
    for _ in source:
        now[0] += 50_000_000
    assert waits == []


def test_close_is_final_and_repeatable(make_video):
    source: Source = open_source(str(make_video()))
    assert isinstance(source, Source)
    assert not source.live
    assert source.read() is not None
    source.close()
    source.close()
    assert source.read() is None


def text(path: Path) -> Path:
    path.write_text("no video\n" * 100)
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def binary(path: Path) -> Path:
    path.write_bytes(np.random.default_rng(1).bytes(50_000))
    return path


def playlist(path: Path) -> Path:
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    return path


@pytest.mark.parametrize(
    ("make", "name", "says"),
    [
        (text, "a.mp4", "cannot be decoded"),
        (text, "a.txt", "cannot be decoded"),
        (empty, "a.mp4", "empty"),
        (binary, "a.mp4", "cannot be decoded"),
        (binary, "a.h264", "expected"),
        (playlist, "a.m3u8", "expected"),
        (lambda path: path, "none.mp4", "found none"),
    ],
)
def test_no_video_is_a_clear_error(tmp_path, capfd, make, name, says):
    with pytest.raises(SourceError, match=says) as caught:
        open_source(str(make(tmp_path / name)))
    assert name in str(caught.value)
    assert capfd.readouterr().err == ""


def test_unreadable_file(make_video, monkeypatch):
    path = make_video()

    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match="Permission denied"):
        open_source(str(path))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9, 0.99])
def test_truncated_file_ends_with_what_there_is(make_video, tmp_path, share):
    whole = make_video("whole.avi", code="MJPG").read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: int(len(whole) * share)])
    counted: list[int] = []
    with contextlib.suppress(SourceError):
        counted.append(len(frames_of(cut)))
    assert counted == [] if share < 0.2 else 0 < counted[0] <= 30


def test_truncated_mp4_has_no_index(make_video, tmp_path):
    whole = make_video().read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="check that it is complete"):
        open_source(str(tmp_path / "cut.mp4"))


def test_damaged_middle_is_survived(make_video, tmp_path):
    data = bytearray(make_video(frames=60).read_bytes())
    third = len(data) // 3
    data[third : third + 400] = np.random.default_rng(2).bytes(400)
    (tmp_path / "damaged.mp4").write_bytes(data)
    assert 10 < len(frames_of(tmp_path / "damaged.mp4")) <= 60


def test_no_frames(make_video):
    with pytest.raises(SourceError):
        open_source(str(make_video(frames=0)))


def test_sound_without_picture(ffmpeg):
    with pytest.raises(SourceError, match="cannot be decoded"):
        open_source(str(ffmpeg("a.m4a", *TESTSRC, "anullsrc", "-t", "1")))


@pytest.mark.parametrize("size", ["1x1", "8x400"])
def test_tiny_picture(ffmpeg, size):
    path = ffmpeg("tiny.avi", *TESTSRC, f"testsrc=size={size}:rate=5", "-t", "1", "-c:v", "ffv1")
    with pytest.raises(SourceError, match=f"got {size.replace('x', ' × ')}"):
        open_source(str(path))


def test_8k_is_shrunk(make_video):
    frames = frames_of(make_video(width=7680, height=4320, frames=1, fps=5))
    assert [frame.image.shape for frame in frames] == [(1080, 1920, 3)]


def test_too_large_is_refused_before_it_is_decoded(make_video, monkeypatch):
    monkeypatch.setattr("vision.sources.base.MAX_PIXELS", 10_000)
    with pytest.raises(SourceError, match="got 160 × 96"):
        open_source(str(make_video()))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_flag(ffmpeg, degrees):
    plain = ffmpeg("plain.mp4", *TESTSRC, "testsrc=size=64x48:rate=10", "-t", "1", "-c:v", "mpeg4")
    turn = ("-c", "copy", "-metadata:s:v", f"rotate={degrees}")
    turned = ffmpeg("turned.mp4", "-i", str(plain), *turn)
    # ffmpeg turns what it decodes by the same flag.
    expected = cv2.imread(str(ffmpeg("first.png", "-i", str(turned), "-frames:v", "1")))
    image = frames_of(turned)[0].image
    assert expected is not None
    assert image.shape == ((48, 64, 3) if degrees == 180 else (64, 48, 3))
    assert np.abs(image.astype(int) - expected).mean() < 8


def test_variable_frame_rate_keeps_true_times(ffmpeg):
    pauses = "setpts='N/20/TB+0.5*floor(N/10)/TB'"
    path = ffmpeg(
        "vfr.mp4", *TESTSRC, "testsrc=size=64x48:rate=20:duration=2", "-vf", pauses,
        "-vsync", "vfr", "-c:v", "mpeg4", "-video_track_timescale", "1000",
    )  # fmt: skip
    times = [frame.t_ns / 1e9 for frame in frames_of(path)]
    expected = [n / 20 + 0.5 * (n // 10) for n in range(40)]
    assert np.allclose(times, expected, atol=0.01)


@pytest.mark.parametrize(("first", "second"), [("160x96", "320x192"), ("320x192", "160x96")])
def test_changing_resolution(ffmpeg, tmp_path, first, second):
    parts = [
        ffmpeg(f"{number}.ts", *TESTSRC, f"testsrc=size={size}:rate=30", "-t", "1",
               "-c:v", "mpeg2video", "-output_ts_offset", str(number), "-f", "mpegts")
        for number, size in enumerate((first, second))
    ]  # fmt: skip
    both = tmp_path / "both.ts"
    both.write_bytes(parts[0].read_bytes() + parts[1].read_bytes())
    frames = frames_of(both)
    assert len(frames) > 50
    width, height = (int(n) for n in first.split("x"))
    assert {frame.image.shape for frame in frames} == {(height, width, 3)}
    # The whole picture is there after the change, not a corner of it.
    before, after = frames[20].image.astype(int), frames[-10].image.astype(int)
    assert np.abs(before[: height // 3] - after[: height // 3]).mean() < 20


def test_restarting_timestamps_go_on(ffmpeg, tmp_path):
    part = ffmpeg("part.ts", *TESTSRC, "testsrc=size=64x48:rate=30", "-t", "2",
                  "-c:v", "mpeg2video", "-f", "mpegts")  # fmt: skip
    (tmp_path / "twice.ts").write_bytes(part.read_bytes() * 2)
    frames = frames_of(tmp_path / "twice.ts")
    assert len(frames) >= 110
    assert frames[-1].t_ns < 5_000_000_000


def test_grayscale_becomes_bgr(ffmpeg):
    path = ffmpeg("gray.mkv", *TESTSRC, "testsrc=size=64x48:rate=10", "-t", "1",
                  "-pix_fmt", "gray", "-c:v", "ffv1")  # fmt: skip
    image = frames_of(path)[0].image
    assert np.array_equal(image[..., 0], image[..., 2])
