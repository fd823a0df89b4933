"""One worn accelerometer: its batches in, observations of movement and of impacts out.

`MotionMeasured` follows its second by half a second (see `vitals.motion.scale`), `ImpactMeasured`
its impact by 4 s: 3.5 s that are looked at, and the same half second. `WearState` is sent when a
device has lain still for an hour, and when it moves again. Pure: the times of a batch are
arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.observations import (
    AnyObservation,
    ImpactMeasured,
    MotionMeasured,
    Wear,
    WearState,
)
from models.wearable import FallNet, load
from vitals.devices import Device, Signal
from vitals.motion.cells import Floats, Grid
from vitals.motion.clock import SampleClock, Times
from vitals.motion.impacts import Impact, Windows, judge
from vitals.motion.scale import Scale
from vitals.motion.seconds import Moved, Seconds
from vitals.readings import AccelerationRead

DIGITS: Final = 4


class MotionMeter:
    """What is measured on the accelerometer of one device.

    Parameters
    ----------
    device
        Whose observations they are.
    wear
        Where it is worn.
    net
        The fall detector's network; else the one that Ambient carries.
    """

    def __init__(self, device: Device, wear: Wear, net: FallNet | None = None) -> None:
        self._device, self._wear = device, wear
        self._net = net if net is not None else FallNet(load())
        self._clock, self._grid, self._scale = SampleClock(), Grid(), Scale()
        self._seconds, self._windows = Seconds(), Windows()
        self._worn: bool | None = None

    @property
    def late(self) -> int:
        """Batches that ended before an earlier one did, and were not used."""
        return self._clock.late

    @property
    def unknown(self) -> int:
        """Impacts around which too much was missing to judge them."""
        return self._windows.unknown

    def take(self, signal: Signal) -> list[AnyObservation]:
        """Take in a batch; return what can now be said, in the order of its time."""
        reading = signal.reading
        if not isinstance(reading, AccelerationRead):
            return []
        times = self._clock.times(signal.t, len(reading.samples), reading.rate)
        if times is None:
            return []
        moved, impacts = self.push(times, reading.samples[-len(times) :])
        every = [said for one in moved for said in self._moved(one, signal)]
        return sorted(
            [*every, *(self._impact(one, signal) for one in impacts)], key=lambda one: one.t
        )

    def _moved(self, one: Moved, signal: Signal) -> Iterator[AnyObservation]:
        if one.worn is not self._worn:
            self._worn = one.worn
            yield WearState(
                t=one.t,
                **self._device.measures(signal.received, signal.offset_s),
                worn=one.worn,
            )
        x, y, z = one.gravity
        yield MotionMeasured(
            t=one.t,
            **self._device.measures(signal.received, signal.offset_s),
            wear=self._wear,
            counts=round(one.counts, DIGITS),
            peak=round(one.peak, DIGITS),
            lowest=round(one.lowest, DIGITS),
            gravity=(round(x, DIGITS), round(y, DIGITS), round(z, DIGITS)),
            steps=one.steps,
            saturated=one.saturated,
            doubts=list(one.doubts),
        )

    def _impact(self, one: Impact, signal: Signal) -> AnyObservation:
        return ImpactMeasured(
            t=one.judged_ns,
            **self._device.measures(signal.received, signal.offset_s),
            wear=self._wear,
            impact=one.impact_ns,
            fall=round(one.fall, DIGITS),
            still=round(one.still, DIGITS),
            turned=round(one.turned, 1),
        )

    def push(
        self, times: Times, samples: NDArray[np.float32] | Floats
    ) -> tuple[list[Moved], list[Impact]]:
        """Take in samples with their times; return seconds and judged impacts."""
        moved: list[Moved] = []
        impacts: list[Impact] = []
        for cells in self._grid.push(times, samples):
            for scaled in self._scale.push(cells):
                moved += self._seconds.push(scaled.cells)
                impacts += [
                    judge(window, self._wear, self._net) for window in self._windows.push(scaled)
                ]
        return moved, impacts
