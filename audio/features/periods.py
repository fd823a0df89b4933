"""Jitter and shimmer: sound and F0 in, the changes from period to period of each 10 ms out.

The waveform is matched with itself one period on (Eyben et al. 2016, section 6.1): from the middle
of each long frame, a stretch of one period is compared with the sound a period later, at every lag
near the period that F0 says; the best normalised correlation, refined by a parabola, is the period.
The next one begins where that one ended. All frames are matched at once, period by period.
Above `CUT_HZ` there is mostly noise, so the sound is low-passed first, and sampled at 8 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.features.formants import predictor
from audio.features.frames import ACF_FFT, LONG, RATE, STEP, Real, Samples

CUT_HZ: Final = 1500.0
HALF: Final = 2
"""Samples of the sound per sample that is matched."""
TAPS: Final = 33
MARGIN: Final = (TAPS - 1) // 2
"""Samples of the sound needed before and after what is matched."""
REACH: Final = 0.1
"""Periods may differ from F0 by this share."""
WIDTH: Final = 0.6
"""Of a period is compared: most of what is left of a pulse by then is the next one's."""
LOUD: Final = 0.75
"""Of a period makes its amplitude."""
LEAD: Final = 0.1
"""Of a period before the strongest sample: where its pulse began."""
LEAST: Final = 0.5
"""Correlation below which two periods are not alike."""
SPAN: Final = 2
"""Frames on either side whose periods count for a frame: its 60 ms hold those of 5 steps."""
ORDER: Final = 10
"""Of the inverse filter."""
WHITE: Final = 0.01
"""So much white noise is assumed in a frame's spectrum: what is softer is not brought up."""
CLEAN_DB: Final = 22.0
NOISY_DB: Final = 10.0
_START: Final = 200 // HALF
"""Where the step in the middle of a frame's match begins, in matched samples."""
_STEP: Final = STEP // HALF
_LONG: Final = LONG // HALF
_RATE: Final = RATE // HALF
_TREBLE: Final = round(5500.0 / RATE * ACF_FFT)


def _to_lags() -> Real:
    """Return what takes a power spectrum to the autocorrelation at 8 kHz, shape (bins, lags)."""
    turn = np.pi * np.arange(ACF_FFT // 4 + 1) / (ACF_FFT // 4)
    weight = np.where(turn == 0, 1.0, 2.0)
    return np.asarray(np.cos(np.outer(turn, np.arange(ORDER + 1))) * weight[:, None])


_LAGS: Final = _to_lags()


def _lowpass() -> Samples:
    """Return a low-pass filter: a sinc under a Hamming window, with a gain of 1 at 0 Hz."""
    width = 2 * CUT_HZ / RATE
    taps = width * np.sinc(width * (np.arange(TAPS) - MARGIN)) * np.hamming(TAPS)
    return np.asarray(taps / taps.sum(), np.float32)


_FILTER: Final = _lowpass()


@dataclass(frozen=True)
class Changes:
    """Sums over the periods that begin in the step of each frame; shape (frames,) each.

    Attributes
    ----------
    jitter
        Absolute changes of length between neighbours, in periods of the frame's mean.
    jitters
        How many.
    shimmer
        Absolute changes of amplitude, dB: root mean square of what a pulse excites.
    shimmers
        How many.
    """

    jitter: Real
    jitters: Real
    shimmer: Real
    shimmers: Real


def lowpassed(samples: Samples) -> Samples:
    """Return sound at 8 kHz, nothing above `CUT_HZ`; `MARGIN` samples are lost at each end."""
    return np.asarray(np.convolve(samples, _FILTER, "valid")[::HALF], np.float32)


def framed(sound: Samples, rows: NDArray[np.intp]) -> Samples:
    """Return long frames of what `lowpassed` gave, shape (rows, samples at 8 kHz)."""
    return np.lib.stride_tricks.sliding_window_view(sound, _LONG)[::_STEP][rows]


def unrung(rung: Samples, power: Real, quiet: Real) -> Samples:
    """Return frames without the ringing of the vocal tract, shape (frames, samples at 8 kHz).

    What rings on from one pulse hides where the next began, and draws its period towards that of
    its neighbour. Inverse filtering takes it away, and brings up noise: it is only done as
    far as a frame is free of noise.

    Parameters
    ----------
    rung
        What `framed` gave.
    power
        Power spectra of these frames, long and under the window, shape (frames, 1025).
    quiet
        The share of ringing that is taken, 0..1, shape (frames,).
    """
    lags = np.asarray(power[:, : len(_LAGS)], np.float64) @ _LAGS
    lags[:, 0] = lags[:, 0] * (1 + WHITE) + 1e-12
    filters = predictor(lags) * quiet[:, None] ** np.arange(ORDER + 1)
    out = rung.copy()
    taps = filters.astype(np.float32)
    for lag in range(1, ORDER + 1):
        out[:, lag:] += taps[:, lag, None] * rung[:, :-lag]
    return out


def quietness(power: Real) -> Real:
    """Return how free of noise frames are, 0..1, from what is above 5.5 kHz, as if it were white.

    Parameters
    ----------
    power
        As for `unrung`.
    """
    noise = np.maximum(power[:, _TREBLE:].mean(1, dtype=np.float64), 1e-20)
    ratio = 10 * np.log10(np.maximum(power.mean(1, dtype=np.float64), 1e-20) / noise)
    return np.asarray(np.clip((ratio - NOISY_DB) / (CLEAN_DB - NOISY_DB), 0.0, 1.0))


def changes(rung: Samples, clear: Samples, f0: Real) -> Changes:
    """Return the changes from period to period, of voiced frames.

    Parameters
    ----------
    rung
        What `framed` gave.
    clear
        What `unrung` gave of it; periods are matched in it.
    f0
        Hz, shape (frames,).
    """
    sums, shimmers = np.zeros((4, len(f0))), np.zeros((2, len(f0)))
    rows = np.arange(len(f0))
    period = _RATE / f0
    start = _pulses(clear, period)
    origin = np.full(len(rows), -1.0)
    before = _Period.none(len(rows))
    while True:
        # A pair counts when its first period begins in the step, and the stretch that the second
        # is compared with ends within the frame.
        fits = (origin < _START + _STEP) & (start + (2 + REACH) * period + 2 <= _LONG)
        rows, period, start, before = rows[fits], period[fits], start[fits], before.only(fits)
        if not len(rows):
            break
        heights = np.stack(
            [
                _heights(rung[rows], start + LEAD * period, period),
                _heights(clear[rows], start + LEAD / 2 * period, period),
            ]
        )
        now = _match(clear[rows], start, period, heights)
        both = before.kept & now.kept
        mean = (now.length + before.length) / 2
        sums[0, rows] += np.where(both, np.abs(now.length - before.length) / mean, 0.0)
        sums[1, rows] += both
        loud = both & (now.heights > 0).all(0) & (before.heights > 0).all(0)
        ratio = np.where(loud, now.heights, 1.0) / np.where(loud, before.heights, 1.0)
        shimmers[:, rows] += np.abs(20 * np.log10(ratio))
        sums[3, rows] += loud
        origin, start, before = start, start + now.length, now
    # Ringing hides changes of amplitude, and inverse filtering does where a period ends in a jump:
    # what shows more of them is right.
    sums[2] = shimmers.max(0)
    return Changes(*sums)


def _pulses(framed: Samples, period: Real) -> Real:
    """Return where matching begins: just before the strongest sample of the period in the middle.

    There the response to one pulse of the vocal folds begins; elsewhere a stretch would hold the
    ends of two, and its match lie between them.
    """
    if not len(period):
        return np.zeros(0)
    across = np.arange(int(np.ceil(period.max())))
    here = np.abs(framed[:, _START : _START + len(across)])
    strongest = np.where(across < period[:, None], here, -1.0).argmax(1)
    return np.asarray(_START + np.maximum(strongest - LEAD * period, 0.0))


@dataclass(frozen=True)
class _Period:
    """One period of each frame: length in matched samples, two heights, and whether it is one."""

    length: Real
    heights: Real
    kept: NDArray[np.bool_]

    @classmethod
    def none(cls, frames: int) -> _Period:
        return cls(np.ones(frames), np.zeros((2, frames)), np.zeros(frames, bool))

    def only(self, rows: NDArray[np.bool_]) -> _Period:
        return _Period(self.length[rows], self.heights[:, rows], self.kept[rows])


def _match(framed: Samples, at: Real, period: Real, heights: Real) -> _Period:
    """Return the period that begins at each of `at`."""
    first = np.rint(at).astype(int)
    width = np.rint(WIDTH * period).astype(int)
    reach = np.ceil(REACH * period).astype(int) + 1
    later = np.rint(period).astype(int)
    long, most = int(width.max()), int(reach.max())
    across = np.arange(long)
    counted = (across < width[:, None]).astype(np.float32)
    last = framed.shape[1] - 1
    here = np.take_along_axis(framed, np.minimum(first[:, None] + across, last), 1) * counted
    # One stretch holds the sound at all lags; windows on it are views, not copies.
    spread = (first + later - most)[:, None] + np.arange(long + 2 * most)
    stretch = np.take_along_axis(framed, np.clip(spread, 0, last), 1)
    views = np.lib.stride_tricks.sliding_window_view(stretch, long, axis=1)
    product = np.einsum("fw,flw->fl", here, views)
    # The energy of each lag's stretch is a difference of running sums.
    running = np.zeros((len(stretch), stretch.shape[1] + 1))
    np.cumsum(stretch.astype(np.float64) ** 2, axis=1, out=running[:, 1:])
    lags = np.arange(2 * most + 1)
    energy = np.take_along_axis(running, width[:, None] + lags, 1) - running[:, : len(lags)]
    own = np.einsum("fw,fw->f", here, here, dtype=np.float64)
    alike = product / np.sqrt(np.maximum(own[:, None] * energy, 1e-20))
    alike = np.where(np.abs(lags - most) <= reach[:, None], alike, -1.0)
    best = alike[:, 1:-1].argmax(1) + 1
    rows = np.arange(len(best))
    left, peak, right = (alike[rows, best + step] for step in (-1, 0, 1))
    bend = left - 2 * peak + right
    top = (bend < 0) & (peak >= left) & (peak >= right)
    offset = np.where(top, 0.5 * (left - right) / np.where(top, bend, -1.0), 0.0)
    kept = top & (peak >= LEAST) & (left > -1) & (right > -1)
    return _Period(later + best - most + offset, heights, kept)


def _heights(framed: Samples, at: Real, period: Real) -> Real:
    """Return the root mean square of what follows a pulse; what is before is another's."""
    first = np.rint(at).astype(int)
    width = np.rint(LOUD * period).astype(int)
    across = np.arange(int(width.max()))
    taken = np.take_along_axis(framed, np.minimum(first[:, None] + across, framed.shape[1] - 1), 1)
    square = np.where(across < width[:, None], taken, 0).astype(np.float64) ** 2
    return np.asarray(np.sqrt(square.sum(1) / width))
