"""Beats as a raw wave comes in: samples in, beats out, two seconds after they were.

A window of 12 s is looked at every 2 s of samples, so the same beats come out however the samples
were cut into batches. Places are counted in samples: jitter of batches does not reach them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vitals.beats.detect import GAP_S, Floats, Found, beats

WINDOW_S: Final = 12.0
HOP_S: Final = 2.0
EDGE_S: Final = 2.0
"""What is so near to the newest sample waits: filters and shapes need what comes after."""


class BeatFinder:
    """Beats in one unbroken wave.

    Parameters
    ----------
    rate
        Hertz.
    ecg
        Whether it is an ECG.
    """

    def __init__(self, rate: float, *, ecg: bool) -> None:
        self._rate, self._ecg = rate, ecg
        self._wave: Floats = np.zeros(0)
        self._first = 0
        self._hop = round(HOP_S * rate)
        self._next = round((EDGE_S + 2 * HOP_S) * rate)
        self._last = -np.inf

    @property
    def end(self) -> int:
        """How many samples came in."""
        return self._first + len(self._wave)

    def push(self, samples: Floats) -> Found:
        """Take in samples (N,); return the beats that are now sure of their surroundings."""
        self._wave = np.r_[self._wave, samples]
        found: list[Found] = []
        while self.end >= self._next:
            found.append(self._look(self._next, self._next - EDGE_S * self._rate))
            self._next += self._hop
        return _all(found)

    def finish(self) -> Found:
        """Return the beats up to the end of the wave."""
        return self._look(self.end, float(self.end))

    def _look(self, end: int, until: float) -> Found:
        begin = max(self._first, end - round(WINDOW_S * self._rate))
        drop = begin - self._first
        if drop > 0:
            self._wave, self._first = self._wave[drop:], begin
        seen = beats(self._wave[: end - begin], self._rate, ecg=self._ecg)
        at = seen.at + begin
        fresh = (at > self._last + GAP_S * self._rate) & (at <= until)
        if fresh.any():
            self._last = float(at[fresh][-1])
        return Found(at[fresh], seen.like[fresh], seen.delay[fresh])


def _all(found: list[Found]) -> Found:
    if not found:
        return Found.none()
    return Found(
        np.concatenate([f.at for f in found]),
        np.concatenate([f.like for f in found]),
        np.concatenate([f.delay for f in found]),
    )
