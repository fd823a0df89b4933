"""How a source is written, and what may be said about it."""

import numpy as np
import pytest

from ambient.errors import SourceError
from vision.sources import Kind, kind_of, open_source
from vision.sources.base import MAX_SIDE, to_bgr
from vision.sources.device import device_path


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("clip.mp4", Kind.FILE),
        ("file:clip.mp4", Kind.FILE),
        ("file:///tmp/a%20b.mp4", Kind.FILE),
        ("rtsp://camera/stream", Kind.RTSP),
        ("RTSPS://camera/stream", Kind.RTSP),
        ("/dev/video0", Kind.DEVICE),
        ("/dev/v4l/by-id/usb-1", Kind.DEVICE),
        ("v4l2:3", Kind.DEVICE),
        ("shots/*.png", Kind.SEQUENCE),
        ("shots/f[0-9].jpg", Kind.SEQUENCE),
    ],
)
def test_kinds(spec, kind):
    assert kind_of(spec) is kind
    assert kind.is_camera == (kind in (Kind.RTSP, Kind.DEVICE))


def test_folder_is_a_sequence(tmp_path):
    assert kind_of(str(tmp_path)) is Kind.SEQUENCE
    assert kind_of(f"file:{tmp_path}") is Kind.SEQUENCE


@pytest.mark.parametrize("spec", ["http://u:secret@cam/x", "udp://u:secret@cam:1", "rtmp://cam/x"])
def test_other_addresses_are_refused(spec):
    with pytest.raises(SourceError, match="expected a file") as caught:
        open_source(spec)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("v4l2:0", "/dev/video0"),
        ("V4L2:12", "/dev/video12"),
        ("v4l2:/dev/video3", "/dev/video3"),
        ("/dev/v4l/by-path/x", "/dev/v4l/by-path/x"),
    ],
)
def test_device_path(spec, path):
    assert device_path(spec) == path


@pytest.mark.parametrize("spec", ["v4l2:", "v4l2:front", "v4l2:../etc/passwd"])
def test_bad_device(spec):
    with pytest.raises(SourceError, match="expected v4l2:NUMBER"):
        device_path(spec)


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [
        ((48, 64), np.uint8, (48, 64, 3)),
        ((48, 64, 1), np.uint8, (48, 64, 3)),
        ((48, 64, 4), np.uint8, (48, 64, 3)),
        ((48, 64, 3), np.uint16, (48, 64, 3)),
        ((2160, 3840, 3), np.uint8, (1080, MAX_SIDE, 3)),
        ((3840, 2160), np.uint8, (MAX_SIDE, 1080, 3)),
    ],
)
def test_to_bgr(shape, dtype, expected):
    image = to_bgr(np.full(shape, 40 * (257 if dtype is np.uint16 else 1), dtype))
    assert image.shape == expected
    assert image.dtype == np.uint8
    assert int(image[0, 0, 0]) == 40


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3), np.float32)]
)
def test_to_bgr_refuses(picture):
    with pytest.raises(SourceError, match="expected pictures"):
        to_bgr(picture)
