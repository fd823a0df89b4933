from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from models import samples, store
from vision.pose.types import Image

NAMES = ("pose_detector", "pose_landmark_full", "pose_landmarker_full.task")


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The store's directory; tests that need models are skipped without them."""
    directory = store.locate()
    for name in NAMES:
        status = store.Store(directory).look(name)
        if status.state is not store.State.OK:
            pytest.skip(f"model {name} isn't here, run: ambient models pull")
    return directory


@pytest.fixture(scope="session")
def frames() -> Callable[[str, int], list[Image]]:
    """The first so many frames of a sample clip."""

    def read(name: str, count: int) -> list[Image]:
        return list(_frames(samples.path(name), count))

    return read


def _frames(clip: Path, count: int) -> Iterator[Image]:
    video = cv2.VideoCapture(str(clip))
    try:
        for _ in range(count):
            good, image = video.read()
            if not good:
                return
            yield np.asarray(image, np.uint8)
    finally:
        video.release()
