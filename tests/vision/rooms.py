"""A made-up room with sensor noise, for tests of quality and motion."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

WIDTH, HEIGHT = 320, 180
MS = 1_000_000
S = 1_000_000_000


def room(seed: int = 0) -> np.ndarray:
    """Return furniture: rectangles of many greys, with a few lines."""
    random = np.random.default_rng(seed)
    image = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for _ in range(60):
        x, y = int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT))
        w, h = int(random.integers(8, 70)), int(random.integers(8, 50))
        colour = tuple(int(c) for c in random.integers(5, 250, 3))
        cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1)
    for _ in range(40):
        ends = random.integers(0, WIDTH, 4)
        cv2.line(image, (int(ends[0]), int(ends[1]) // 2), (int(ends[2]), int(ends[3]) // 2),
                 tuple(int(c) for c in random.integers(0, 255, 3)), 1)  # fmt: skip
    return image


def person(
    image: np.ndarray, x: float, y: float, *, lying: bool = False, size: float = 1.0
) -> np.ndarray:
    """Return a copy with a dark body whose middle is at x, y (normalised)."""
    image = image.copy()
    long, short = int(35 * size), int(11 * size)
    axes = (long, short) if lying else (short, long)
    cv2.ellipse(image, (int(x * WIDTH), int(y * HEIGHT)), axes, 0, 0, 360, (40, 50, 80), -1)
    return image


@dataclass
class Camera:
    """Adds sensor noise and counts the time."""

    fps: float = 10.0
    noise: float = 2.0
    t_ns: int = 0
    pool: np.ndarray | None = None
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def film(self, image: np.ndarray, seconds: float) -> Iterator[tuple[np.ndarray, int]]:
        """Give `image` again and again, each with noise of its own."""
        for _ in range(round(seconds * self.fps)):
            self.t_ns += round(S / self.fps)
            yield self.shot(image), self.t_ns

    def shot(self, image: np.ndarray) -> np.ndarray:
        if self.noise == 0:
            return image.copy()
        # Two pictures' worth of noise, cut anew for each shot: making it is what costs.
        if self.pool is None or self.pool.shape[1:] != image.shape[1:]:
            shape = (2 * image.shape[0], *image.shape[1:])
            self.pool = np.rint(self.random.normal(0, self.noise, shape)).astype(np.int16)
        start = int(self.random.integers(0, image.shape[0]))
        noise = self.pool[start : start + image.shape[0]]
        return np.clip(image + noise, 0, 255).astype(np.uint8)
