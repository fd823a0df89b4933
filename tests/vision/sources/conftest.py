"""Small videos, good and bad, made where the tests run."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

MakeVideo = Callable[..., Path]


def picture(width: int, height: int, number: int) -> np.ndarray:
    """Return a coloured gradient with a bar whose place tells the number."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(20, 200, width, dtype=np.uint8)[None, :]
    image[..., 1] = np.linspace(20, 200, height, dtype=np.uint8)[:, None]
    x = (number * 4) % max(1, width - 4)
    image[:, x : x + 4] = 255
    return image


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Write a video with OpenCV alone."""

    def make(
        name: str = "clip.mp4",
        width: int = 160,
        height: int = 96,
        fps: float = 30.0,
        frames: int = 30,
        code: str = "mp4v",
    ) -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, (width, height))
        assert writer.isOpened()
        for number in range(frames):
            writer.write(picture(width, height, number))
        writer.release()
        return path

    return make


@pytest.fixture
def ffmpeg(tmp_path: Path) -> Callable[..., Path]:
    """Run ffmpeg with its output into tmp_path; skips where there is none."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("needs the ffmpeg program")

    def run(name: str, *arguments: str) -> Path:
        path = tmp_path / name
        subprocess.run(
            [program, "-loglevel", "error", "-nostdin", "-y", *arguments, str(path)], check=True
        )
        return path

    return run
