"""What the networks are given of a noisy or a dark picture: noise taken off over time, or lifted.

Comes in: frames of one camera and their instants. Goes out: the frame itself where the picture is
good, else one that the networks, which learned from pictures of daylight, see people in. Quality
and motion are judged on the picture as it came.

Noise: a first-order recursive filter in time for each pixel (temporal noise reduction), which
follows at once where the picture changed by more than its noise does, so nobody who moves is
smeared. How strong the noise is comes from two estimates, of which the smaller counts: within a
picture by a mask that cancels edges (Immerkær 1996, Comput Vis Image Underst 64:300), and between
two pictures. Texture misleads the first, movement the second.

A dark picture is lifted, and keeps its noise: there a body may differ from what is behind it by
less than the noise lets tell, and would be smeared (models/cards/falls.md).

Pure: time is an argument. In memory only are kept the picture that was given out last, while it is
noisy, and one channel of a picture that its noise is measured from, until the next is given;
`forget` lets go of both.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vision.small import Gray

Image = npt.NDArray[np.uint8]

EVERY_NS: Final = 1_000_000_000
"""The noise is measured so often."""
NOISY: Final = 3.0
"""Standard deviation, grey levels, from which on noise is taken off …"""
QUIET: Final = 2.0
"""… until it is below this."""
KEEPS: Final = 0.75
"""Share of the past in a pixel where nothing changed: the noise left is 0.38 of what came."""
CHANGED: Final = (2.5, 4.0)
"""Difference to the past, in standard deviations of what noise alone makes: nothing changed up to
the first, the picture alone counts from the second on."""
ALIKE: Final = (5, 5)
"""Pixels over which that difference is averaged: a dark body before a dark wall differs by less
than the noise of one pixel, and must not be smeared."""
DARK: Final = 60.0
"""Mean grey level below which a picture is lifted …"""
LIT: Final = 70.0
"""… until it is above this."""
AIM: Final = 100.0
"""Mean grey level that it is lifted to, by a power law, so that black stays black."""
LUMA_S: Final = 2.0
"""Time constant of the mean grey level: what walks by shall not make the light flicker."""
STEEPEST: Final = 0.25
"""Least exponent: below it nothing but noise would be lifted."""

_EDGELESS: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_SPATIAL: Final = 0.6745 * 6.0
"""Median of the mask's absolute response to noise of standard deviation 1; the mask's norm is 6."""
_TEMPORAL: Final = 0.6745 * math.sqrt(2.0)
_DIFFERENT: Final = math.sqrt((1.0 + (1.0 - KEEPS) / (1.0 + KEEPS)) / math.prod(ALIKE))
"""Standard deviation of that averaged difference of a new picture to its filtered past, for noise
of 1 that is the same in all channels."""
_SHOWS: Final = (3, 252)
"""Pixels below and above hide their noise."""
_LEAST_SHARE: Final = 0.05
_ENOUGH: Final = 40_000
"""Pixels, spread over the picture, from which the noise is known well."""
_THIRDS: Final = np.full((1, 3), 1.0 / 3.0, np.float32)


class Restoration:
    """What the networks of one camera are given of its pictures."""

    def __init__(self) -> None:
        self.noise = 0.0
        """Standard deviation of the noise, grey levels, as last measured."""
        self._due_ns = 0
        self._noisy = False
        self._green: Image | None = None
        self._past: Image | None = None
        self._luma: float | None = None
        self._t_ns = 0
        self._lifts = False
        self._curve: tuple[int, Image] = (0, np.zeros(256, np.uint8))

    def apply(self, image: Image, small: Gray, t_ns: int) -> Image:
        """Return what the networks are to see.

        Parameters
        ----------
        image
            BGR uint8, shape (height, width, 3); neither written on nor kept.
        small
            The same, small and grey.
        t_ns
            Its instant, later than the one before.

        Returns
        -------
        `image` itself where it is neither noisy nor dark.
        """
        if self._dark(small, t_ns):
            self._green = self._past = None
            return self._lifted(image)
        self._measure(image, t_ns)
        if not self._noisy:
            self._past = None
            return image
        self._past = self._filtered(image)
        return self._past

    def forget(self) -> None:
        """Let go of every picture: the camera sees nothing, or nothing that is now."""
        self._green = self._past = None

    def _measure(self, image: Image, t_ns: int) -> None:
        """Measure the noise once in `EVERY_NS`, from this picture and the one before."""
        if t_ns < self._due_ns and self._green is None:
            return
        green, before = np.ascontiguousarray(image[..., 1]), self._green
        if before is None or before.shape != green.shape:
            self._green = green  # the next picture is compared with it
            return
        self._green, self._due_ns = None, t_ns + EVERY_NS
        self.noise = _noise(green, before)
        self._noisy = self.noise >= (QUIET if self._noisy else NOISY)

    def _filtered(self, image: Image) -> Image:
        """Return the picture with less noise; the one before it, filtered, is its past."""
        past = self._past
        if past is None or past.shape != image.shape:
            return image.copy()  # it is kept, and this one is the caller's
        # With its sign: noise cancels over the neighbours, what is only a little darker does not.
        apart = cv2.transform(cv2.subtract(image, past, dtype=cv2.CV_16S), _THIRDS)
        apart = np.abs(cv2.boxFilter(apart, cv2.CV_32F, ALIKE))
        still, changed = (bound * _DIFFERENT * self.noise for bound in CHANGED)
        # 0 where it changed, `KEEPS` where it did not.
        kept = (changed - apart) * np.float32(KEEPS / (changed - still))
        kept = np.clip(kept, 0.0, KEEPS, out=kept)
        return np.asarray(cv2.blendLinear(past, image, kept, 1.0 - kept), np.uint8)

    def _dark(self, small: Gray, t_ns: int) -> bool:
        """Return whether the picture is dark, and has been of late."""
        shown = small[small > 0]  # what is masked is no darkness
        luma = float(shown.mean()) if shown.size else 0.0
        if self._luma is None:
            self._luma = luma
        share = 1.0 - math.exp(-max(0, t_ns - self._t_ns) / (LUMA_S * 1e9))
        self._t_ns = t_ns
        self._luma += share * (luma - self._luma)
        self._lifts = 0.0 < self._luma < (LIT if self._lifts else DARK)
        return self._lifts

    def _lifted(self, image: Image) -> Image:
        """Return the picture lit."""
        level = max(1, round(self._luma or 0.0))
        if level != self._curve[0]:
            self._curve = level, _curve(level)
        return np.asarray(cv2.LUT(image, self._curve[1]), np.uint8)


def _noise(green: Image, before: Image) -> float:
    """Return the standard deviation of the noise of two pictures, grey levels.

    Parameters
    ----------
    green, before
        (height, width), one after the other.
    """
    low, high = _SHOWS
    step = max(1, round(math.sqrt(green.size / _ENOUGH)))
    response = np.abs(cv2.filter2D(green, cv2.CV_16S, _EDGELESS)[::step, ::step])
    green, before = green[::step, ::step], before[::step, ::step]
    shows = (green > low) & (green < high) & (before > low) & (before < high)
    if shows.mean() < _LEAST_SHARE:
        return 0.0
    within = response[shows]
    between = cv2.absdiff(green, before)[shows]
    # Medians: a body that moves, or edges here and there, do not count.
    return min(float(np.median(within)) / _SPATIAL, float(np.median(between)) / _TEMPORAL)


def _curve(level: int) -> Image:
    """Return the power law, as a table of 256, that brings a mean grey level to `AIM`."""
    power = max(STEEPEST, math.log(AIM / 255.0) / math.log(level / 255.0))
    return np.rint(255.0 * (np.arange(256) / 255.0) ** power).astype(np.uint8)
