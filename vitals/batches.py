"""Samples and intervals of wearables on their way to the stages that make observations of them.

Comes in: `Signal` of intake: a batch of an accelerometer, of a raw pulse wave or ECG, or times
between beats, with its time on the node's clock. Goes out: observations of `vitals.motion` and
`vitals.beats`, which hold one stage each for every device. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ambient.observations import AnyObservation, Wear
from vitals.devices import Device, Signal
from vitals.readings import AccelerationRead


class Stage(Protocol):
    """Makes observations of the batches of one device."""

    def take(self, signal: Signal) -> list[AnyObservation]:
        """Take in one batch; batches of a device come in order of `t`, mostly."""
        ...


Maker = Callable[[Device, Wear], Stage]
"""Makes the stage of a device that is worn there."""


def motion_stage(device: Device, wear: Wear) -> Stage:
    """Return the stage for an accelerometer; its network is loaded where one is worn."""
    from vitals.motion.meter import MotionMeter

    return MotionMeter(device, wear)


def beats_stage(device: Device, wear: Wear) -> Stage:
    """Return the stage for waves and intervals."""
    from vitals.beats.meter import RhythmMeter

    return RhythmMeter(device, wear)


class Batches:
    """All devices of a node.

    Parameters
    ----------
    wear
        Where each device is worn, by ``room/source``: what the installer says counts more than what
        the device says.
    motion
        Makes the stage for accelerometers.
    beats
        Makes the stage for waves and intervals.
    """

    def __init__(
        self,
        wear: Mapping[str, Wear],
        *,
        motion: Maker = motion_stage,
        beats: Maker = beats_stage,
    ) -> None:
        self._wear = wear
        self._motion = motion
        self._beats = beats
        self._stages: dict[tuple[str, str, bool], tuple[str | None, Stage]] = {}

    def take(self, signal: Signal) -> list[AnyObservation]:
        """Return what a batch gives."""
        return self._stage(signal).take(signal)

    def forget(self, subject: str) -> None:
        """Forget all that is held of a resident's devices."""
        self._stages = {key: one for key, one in self._stages.items() if one[0] != subject}

    def leave(self, room: str) -> None:
        """Forget all that is held of a room: what comes after a pause begins anew."""
        self._stages = {key: one for key, one in self._stages.items() if key[0] != room}

    def _stage(self, signal: Signal) -> Stage:
        device, reading = signal.device, signal.reading
        moves = isinstance(reading, AccelerationRead)
        key = (device.room, device.source, moves)
        known = self._stages.get(key)
        if known is None:
            told = reading.wear if isinstance(reading, AccelerationRead) else Wear.ELSEWHERE
            wear = self._wear.get(f"{device.room}/{device.source}", Wear.ELSEWHERE)
            wear = told if wear is Wear.ELSEWHERE else wear
            known = device.subject, (self._motion if moves else self._beats)(device, wear)
            self._stages[key] = known
        return known[1]
