"""Smoothing of landmarks over time: one-euro filters, told the time.

In: landmarks of one person and their instant; out: the same, steadier. Cut-offs follow the
measured interval between frames, so the effect doesn't depend on the frame rate.
Source: G. Casiez, N. Roussel, D. Vogel, "1 € Filter", CHI 2012, sections 3 and 4; the constants
and the scaling by the size of the person are those published with BlazePose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.pose.types import Floats

_Doubles = NDArray[np.float64]
# BlazePose smooths visibility by 0.1 a frame at 30 frames a second.
_VISIBILITY_KEEP_PER_S = 0.9**30
# After a longer hole what was before says nothing about now.
_MAX_HOLE_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class OneEuro:
    """Constants of a filter: Hz, Hz per (scaled unit per second), Hz."""

    min_cutoff: float
    beta: float
    derivative_cutoff: float = 1.0


PICTURE = OneEuro(min_cutoff=0.05, beta=80.0)
WORLD = OneEuro(min_cutoff=0.1, beta=40.0)


class OneEuroFilter:
    """A one-euro filter over an array, element by element."""

    def __init__(self, constants: OneEuro) -> None:
        self._constants = constants
        self._last_ns: int | None = None
        self._raw: _Doubles = np.empty(0)
        self._value: _Doubles = np.empty(0)
        self._speed: _Doubles = np.empty(0)

    def __call__(self, values: Floats, t_ns: int, scale: float) -> Floats:
        """Return the values smoothed.

        Parameters
        ----------
        values
            Any shape, the same every time.
        t_ns
            Nanoseconds, later than before.
        scale
            Size of the person in the unit of the values: speeds are measured in it.
        """
        now = values.astype(np.float64)
        last = self._last_ns
        if last is None or t_ns - last > _MAX_HOLE_NS or scale <= 0:
            self._value, self._speed = now, np.zeros_like(now)
        else:
            seconds = (t_ns - last) * 1e-9
            constants = self._constants
            speed = (now - self._raw) / (scale * seconds)
            weight = _weight(np.asarray(constants.derivative_cutoff), seconds)
            self._speed = self._speed + weight * (speed - self._speed)
            cutoff = constants.min_cutoff + constants.beta * np.abs(self._speed)
            self._value = self._value + _weight(cutoff, seconds) * (now - self._value)
        self._raw, self._last_ns = now, t_ns
        return self._value.astype(np.float32)


class PoseSmoother:
    """Smooths the landmarks of one person."""

    def __init__(self) -> None:
        self._points = OneEuroFilter(PICTURE)
        self._world = OneEuroFilter(WORLD)
        self._visibility: Floats | None = None
        self._last_ns = 0

    def __call__(
        self, points: Floats, visibility: Floats, world: Floats, t_ns: int, size: float
    ) -> tuple[Floats, Floats, Floats]:
        """Return points, visibility and world landmarks smoothed.

        Parameters
        ----------
        points, visibility, world
            (33, 2) pixels, (33,) 0..1, (33, 3) metres.
        t_ns
            Nanoseconds, later than before.
        size
            Side length of the person's region, pixels.
        """
        spread = np.ptp(world[:, :2], axis=0).mean()
        before = self._visibility
        if before is None or t_ns - self._last_ns > _MAX_HOLE_NS:
            self._visibility = visibility
        else:
            keep = _VISIBILITY_KEEP_PER_S ** ((t_ns - self._last_ns) * 1e-9)
            self._visibility = (visibility + keep * (before - visibility)).astype(np.float32)
        self._last_ns = t_ns
        return (
            self._points(points, t_ns, size),
            self._visibility,
            self._world(world, t_ns, float(spread)),
        )


def _weight(cutoff: _Doubles, seconds: float) -> _Doubles:
    """Return the weight of the new value in a low-pass of ``cutoff`` Hz (equation 6)."""
    rate = 2 * math.pi * cutoff * seconds
    return rate / (rate + 1.0)
