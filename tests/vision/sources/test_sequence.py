"""Folders and patterns of pictures."""

from itertools import islice

import cv2
import numpy as np
import pytest

from ambient.errors import SourceError
from vision.sources import open_source
from vision.sources.sequence import SequenceSource


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 10, 9):
        cv2.imwrite(str(tmp_path / f"f{number}.png"), np.full((48, 64, 3), number, np.uint8))
    (tmp_path / "notes.txt").write_text("x")
    return tmp_path


@pytest.mark.parametrize("pattern", ["", "*.png", "f*"])
def test_natural_order(folder, pattern):
    with open_source(str(folder / pattern) if pattern else str(folder), fps=4) as source:
        frames = list(source)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 2, 9, 10]
    assert [frame.t_ns for frame in frames] == [0, 250_000_000, 500_000_000, 750_000_000]
    assert source.fps == 4


def test_gray_pictures_and_gaps(folder):
    cv2.imwrite(str(folder / "f3.png"), np.full((48, 64), 3, np.uint8))
    (folder / "f4.png").write_bytes(b"no picture")
    with open_source(str(folder), fps=10) as source:
        frames = list(source)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 2, 3, 9, 10]
    assert [frame.t_ns // 100_000_000 for frame in frames] == [0, 1, 2, 4, 5]


def test_loop_and_pace(folder):
    waits: list[float] = []
    source = SequenceSource(
        str(folder), fps=2, realtime=True, loop=True, monotonic=lambda: 0, sleep=waits.append
    )
    frames = list(islice(source, 9))
    assert [frame.index for frame in frames] == list(range(9))
    assert frames[-1].t_ns == 4_000_000_000
    assert waits == [n / 2 for n in range(1, 9)]
    source.close()
    assert source.read() is None


@pytest.mark.parametrize("names", [(), ("a.txt",), ("broken.jpg",)])
def test_nothing_to_see(tmp_path, names):
    for name in names:
        (tmp_path / name).write_bytes(b"not a picture")
    with pytest.raises(SourceError, match="expected pictures"):
        open_source(str(tmp_path))


def test_tiny_picture(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(SourceError, match="got 1 × 1"):
        open_source(str(tmp_path))
