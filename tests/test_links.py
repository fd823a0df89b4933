"""What cameras and microphones share: waits between tries, and addresses without secrets."""

from __future__ import annotations

import pytest

from ambient.links import Backoff, redact


@pytest.mark.parametrize(
    ("failures", "luck", "expected"),
    [
        (1, 1, 0.5),
        (1, 0, 0.25),
        (2, 1, 1),
        (3, 1, 2),
        (4, 1, 4),
        (7, 1, 30),
        (10_000, 1, 30),
        (10_000, 0, 15),
    ],
)
def test_backoff(failures, luck, expected):
    assert Backoff().delay(failures, luck) == expected


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://cam/stream", "rtsp://cam/…"),
        ("rtsp://cam:554/stream?token=secret", "rtsp://cam:554/…"),
        ("rtsp://user:secret@cam:554/stream", "rtsp://cam:554/…"),
        ("rtsp://user:se@cret@cam/stream", "rtsp://cam/…"),
        ("rtsp://user:se/cret@cam/stream", "rtsp://cam/…"),
        ("rtsp://user:se?cret@cam/stream", "rtsp://cam/…"),
        ("rtsp://user:12/secret@cam/stream", "rtsp://cam/…"),
        ("rtsp://cam/user=a&password=secret", "rtsp://cam/…"),
        ("http://cam/user=a&password=secret", "http://cam/…"),
        ("rtsp://[fe80::1]:554/x", "rtsp://[fe80::1]:554/…"),
        ("clip.mp4", "clip.mp4"),
        ("talk.wav", "talk.wav"),
    ],
)
def test_redact(address, shown):
    assert redact(address) == shown
