"""Conditions a camera may meet, done to the frames of a recording.

In: frames. Out: frames as they would look under a `Condition`: another rate or size, a low
bit-rate, noise, night, infrared, a piece of furniture in front, a camera that hangs askew. Each
picture is a pure function of the one before it and of a generator seeded by the frame's number, so
that the same condition gives the same pictures again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ambient.evaluate.clip import FPS, Alter
from ambient.evaluate.h264 import recoded
from vision.sources import Frame

Image = npt.NDArray[np.uint8]
Change = Callable[[Image, np.random.Generator], Image]

SEED: Final = 7
NOISE_SIGMA: Final = 15.0
"""Standard deviation of Gaussian noise, grey levels of 255."""
NIGHT_GAMMA: Final = 2.6
NIGHT_LEVEL: Final = 30.0
"""Mean grey level that the camera's exposure aims at by night …"""
NIGHT_GAIN: Final = (0.3, 3.0)
"""… with a gain within these bounds after the gamma; what is dark already is not made black."""
NIGHT_GRAIN: Final = (3.0, 0.9)
"""Grain: standard deviation a + b * sqrt(grey level), as read-out and photon noise."""
INFRARED_SIGMA: Final = 4.0
FURNITURE: Final = (0.55, 0.75)
"""Rows, as shares of the picture's height, that a grey box hides over the whole width: about the
lower half of somebody who stands in the middle of a room, and a part of who lies there."""
FURNITURE_GREY: Final = 128
ROLL_DEG: Final = 10.0
LOSS: Final = 0.02
BITS_PER_PIXEL: Final = 0.03
"""About 70 kbit/s at 640 x 360 and 10 frames a second."""


class Condition(StrEnum):
    """What is done to a recording."""

    BASE = "base"
    FPS_5 = "5-fps"
    FPS_15 = "15-fps"
    FPS_30 = "30-fps"
    SIZE_180 = "320x180"
    SIZE_360 = "640x360"
    SIZE_1080 = "1920x1080"
    H264 = "h264-low"
    NOISE = "noise"
    NIGHT = "night"
    INFRARED = "infrared"
    HALF_HIDDEN = "half-hidden"
    ROLL_LEFT = "roll-left"
    ROLL_RIGHT = "roll-right"
    MIRROR = "mirror"
    LOSS = "frame-loss"


RATES: Final[Mapping[Condition, float]] = {
    Condition.FPS_5: 5.0,
    Condition.FPS_15: 15.0,
    Condition.FPS_30: 30.0,
}

MEANING: Final[Mapping[Condition, str]] = {
    Condition.BASE: f"as recorded, {FPS:g} frames a second",
    Condition.FPS_5: "5 frames a second",
    Condition.FPS_15: "15 frames a second, or the recording's own rate if lower",
    Condition.FPS_30: "30 frames a second, or the recording's own rate if lower",
    Condition.SIZE_180: "longest side 320 pixels",
    Condition.SIZE_360: "longest side 640 pixels",
    Condition.SIZE_1080: "longest side 1920 pixels",
    Condition.H264: f"H.264 at {BITS_PER_PIXEL:g} bits a pixel",
    Condition.NOISE: f"Gaussian noise, standard deviation {NOISE_SIGMA:g} of 255",
    Condition.NIGHT: f"gamma {NIGHT_GAMMA:g}, exposed to a mean of {NIGHT_LEVEL:g} of 255, grain",
    Condition.INFRARED: "grey, contrast stretched, brighter in the middle, grain",
    Condition.HALF_HIDDEN: (
        f"a grey box over rows {FURNITURE[0]:.0%} to {FURNITURE[1]:.0%} of the picture"
    ),
    Condition.ROLL_LEFT: f"rolled by {ROLL_DEG:g}° to the left",
    Condition.ROLL_RIGHT: f"rolled by {ROLL_DEG:g}° to the right",
    Condition.MIRROR: "left and right swapped",
    Condition.LOSS: f"{LOSS:.0%} of the frames lost",
}


def rate(condition: Condition) -> float:
    """Return the frames a second that are looked at under a condition."""
    return RATES.get(condition, FPS)


def altered(condition: Condition, seed: int = SEED) -> Alter:
    """Return what a condition does to the frames of a recording.

    Parameters
    ----------
    condition
        Which.
    seed
        Of whatever is drawn at random.
    """
    if condition is Condition.H264:
        return lambda frames: recoded(frames, BITS_PER_PIXEL)
    if condition is Condition.LOSS:
        return lambda frames: lossy(frames, LOSS, seed)
    change = _CHANGES.get(condition)
    if change is None:
        return lambda frames: frames
    return lambda frames: (
        replace(frame, image=change(frame.image, np.random.default_rng([seed, frame.index])))
        for frame in frames
    )


def cut(start_s: float) -> Alter:
    """Return what leaves out everything before `start_s` and lets time begin there."""

    def later(frames: Iterator[Frame]) -> Iterator[Frame]:
        first: int | None = None
        for frame in frames:
            if frame.t_ns < round(start_s * 1e9):
                continue
            first = frame.t_ns if first is None else first
            yield replace(frame, t_ns=frame.t_ns - first)

    return later


def lossy(frames: Iterator[Frame], share: float, seed: int = SEED) -> Iterator[Frame]:
    """Yield the frames without a random `share` of them; the first always comes."""
    for number, frame in enumerate(frames):
        if number == 0 or np.random.default_rng([seed, frame.index]).random() >= share:
            yield frame


def resized(image: Image, longest: int) -> Image:
    """Return a picture whose longest side has `longest` pixels."""
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)


def noisy(image: Image, rng: np.random.Generator) -> Image:
    """Return a picture with Gaussian noise, each channel on its own."""
    return _clipped(image + rng.normal(0.0, NOISE_SIGMA, image.shape))


def night(image: Image, rng: np.random.Generator) -> Image:
    """Return a picture as a camera without enough light gives it."""
    dark = 255.0 * (image / 255.0) ** NIGHT_GAMMA
    dark *= np.clip(NIGHT_LEVEL / max(float(dark.mean()), 1.0), *NIGHT_GAIN)
    read, photon = NIGHT_GRAIN
    grain = rng.standard_normal(image.shape[:2])[..., None] * (read + photon * np.sqrt(dark))
    return _clipped(dark + grain)


def infrared(image: Image, rng: np.random.Generator) -> Image:
    """Return a picture as a camera under its own infrared lamp gives it: grey, centre lit."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float64)
    low, high = np.percentile(grey, [2, 98])
    grey = (grey - low) * (200.0 / max(float(high - low), 1.0)) + 20.0
    height, width = grey.shape
    y = np.linspace(-1, 1, height)[:, None]
    x = np.linspace(-1, 1, width)[None, :]
    lit = grey * (1.0 - 0.3 * (x * x + y * y)) + rng.normal(0.0, INFRARED_SIGMA, grey.shape)
    return np.repeat(_clipped(lit)[..., None], 3, axis=2)


def half_hidden(image: Image, _: np.random.Generator) -> Image:
    """Return a picture with a grey box across it, as a piece of furniture stands in front."""
    hidden = image.copy()
    top, bottom = (round(share * image.shape[0]) for share in FURNITURE)
    hidden[top:bottom] = FURNITURE_GREY
    return hidden


def rolled(image: Image, degrees: float) -> Image:
    """Return a picture turned about its middle, counter-clockwise; the border is drawn out."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _clipped(values: npt.NDArray[np.float64]) -> Image:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


_CHANGES: Final[Mapping[Condition, Change]] = {
    Condition.SIZE_180: lambda image, _: resized(image, 320),
    Condition.SIZE_360: lambda image, _: resized(image, 640),
    Condition.SIZE_1080: lambda image, _: resized(image, 1920),
    Condition.NOISE: noisy,
    Condition.NIGHT: night,
    Condition.INFRARED: infrared,
    Condition.HALF_HIDDEN: half_hidden,
    Condition.ROLL_LEFT: lambda image, _: rolled(image, ROLL_DEG),
    Condition.ROLL_RIGHT: lambda image, _: rolled(image, -ROLL_DEG),
    Condition.MIRROR: lambda image, _: np.ascontiguousarray(image[:, ::-1]),
}
