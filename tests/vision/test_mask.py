"""Privacy masks."""

import numpy as np
import pytest

from vision.mask import PrivacyMask


def white(width: int = 100, height: int = 50) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


@pytest.mark.parametrize(
    ("polygons", "black", "clear"),
    [
        ([], [], [(0, 0), (50, 25), (99, 49)]),
        ([[(0, 0), (1, 0), (1, 1), (0, 1)]], [(0, 0), (50, 25), (99, 49)], []),
        ([[(0, 0), (0.5, 0), (0.5, 1), (0, 1)]], [(0, 0), (49, 49)], [(51, 0), (99, 49)]),
        ([[(0.5, 0), (1, 1), (0, 1)]], [(50, 25), (50, 49), (1, 49)], [(0, 0), (99, 0)]),
        # Where two overlap it is black too.
        (
            [[(0, 0), (0.6, 0), (0.6, 1), (0, 1)], [(0.4, 0), (1, 0), (1, 1), (0.4, 1)]],
            [(10, 10), (50, 25), (90, 10)],
            [],
        ),
    ],
)
def test_polygons(polygons, black, clear):
    image = white()
    PrivacyMask(polygons).apply(image)
    assert all(image[y, x].max() == 0 for x, y in black)
    assert all(image[y, x].min() == 255 for x, y in clear)


def test_same_buffer_and_any_size():
    mask = PrivacyMask([[(0, 0), (0.5, 0), (0.5, 1), (0, 1)]])
    for width, height in ((64, 48), (640, 360), (64, 48)):
        image = white(width, height)
        view = image[:]
        mask.apply(image)
        assert view[:, : width // 2].max() == 0
        assert view[:, width // 2 + 1 :].min() == 255


def test_gray():
    image = np.full((50, 100), 255, np.uint8)
    PrivacyMask([[(0, 0), (1, 0), (1, 1), (0, 1)]]).apply(image)
    assert image.max() == 0
