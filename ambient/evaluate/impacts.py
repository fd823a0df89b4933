"""Impacts of whole recordings, found by the node's own code: recordings in, windows out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.evaluate.accelerations import SECOND, Recording, Trace
from ambient.observations import Wear
from models.wearable.inputs import BEFORE
from vitals.motion.cells import Grid
from vitals.motion.impacts import Window, Windows
from vitals.motion.scale import Scale

NEAR_S: Final = 1.5
"""An impact so near to when most of the body felt one is that of the fall."""
AROUND_S: Final = 4.0
"""Impacts so near to a fall are neither it nor something else."""


def windows(trace: Trace) -> list[Window]:
    """Return the window of every impact of a trace, its end held."""
    held = trace.held()
    grid, scale, found = Grid(), Scale(), Windows()
    out: list[Window] = []
    for cells in grid.push(held.times, held.samples):
        for scaled in scale.push(cells):
            out += found.push(scaled)
    return out


def fall_time(traces: Sequence[list[tuple[int, float]]]) -> int | None:
    """Return when most of the body felt the impact of a fall, nanoseconds.

    Parameters
    ----------
    traces
        Of each device: impacts as (time, peak in g). Peaks count up to 4 g.
    """
    times = np.array([t for trace in traces for t, _ in trace], np.int64)
    peaks = np.array([min(peak, 4.0) for trace in traces for _, peak in trace])
    if not len(times):
        return None
    near: NDArray[np.bool_] = np.abs(times[:, None] - times[None]) < SECOND
    return int(times[int((near @ peaks).argmax())])


def found_in(recording: Recording) -> tuple[dict[Wear, list[Window]], int | None]:
    """Return the impacts of every device, and when the fall was where there is one."""
    found = {wear: windows(trace) for wear, trace in recording.traces.items()}
    if not recording.fall:
        return found, None
    felt = [[(w.impact_ns, float(w.high[BEFORE])) for w in ws] for ws in found.values()]
    return found, fall_time(felt)
