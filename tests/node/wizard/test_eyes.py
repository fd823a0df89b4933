"""What a camera gathers for the wizard, and what is left of it."""

from __future__ import annotations

import numpy as np

from ambient.node.wizard.eyes import WANTED_S, CameraEyes
from vision.furniture import FurnitureMap


def test_furniture_outlives_the_asking_and_not_the_camera() -> None:
    eyes = CameraEyes(lambda: True)
    eyes.furniture = known = FurnitureMap()
    eyes.answer(still=False, now=0.0)
    picture = np.zeros((36, 64, 3), np.uint8)
    eyes.offer(picture, 0.1)
    eyes.offer(picture, WANTED_S + 1.0)
    assert eyes.furniture is known
    eyes.close()
    assert eyes.furniture is None
