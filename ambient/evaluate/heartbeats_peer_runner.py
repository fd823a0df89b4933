"""Runs in the environment of the peers: pulse waves through NeuroKit2, its numbers out.

In: on standard input a JSON line ``{"samples": …, "rate": …, "spectrum": …}`` for each wave;
`samples` are float64 in base 64, at `rate` hertz. Out: on standard output a JSON line for each:
`numbers` by name, or null where NeuroKit2 finds fewer than ten beats or gives no number;
`corrected`, the same after its correction of artefacts; `peaks`, where it found beats, in seconds;
and `quality`, the least that its own index (template matching) says. The first line out says which
version answers. Started by its path, it needs nothing of Ambient: only neurokit2 and what it needs
itself.
"""

from __future__ import annotations

import base64
import json
import math
import sys
import warnings
from typing import Any

import neurokit2 as nk  # type: ignore[import-not-found]
import numpy as np
from scipy.interpolate import CubicSpline

FINE_HZ = 1000
"""NeuroKit2 places beats on whole samples; the wave comes to it at this rate (cubic)."""
LEAST = 10


def answer(wave: Any, rate: float, *, spectrum: bool) -> dict[str, Any]:
    """Return what NeuroKit2 says of a wave."""
    at = np.arange(len(wave)) / rate
    fine = CubicSpline(at, wave)(np.arange(0.0, at[-1], 1.0 / FINE_HZ))
    cleaned = nk.ppg_clean(fine, sampling_rate=FINE_HZ)
    peaks = np.asarray(nk.ppg_peaks(cleaned, sampling_rate=FINE_HZ)[1]["PPG_Peaks"])
    enough = len(peaks) >= LEAST
    mended = peaks
    quality = None
    if enough:
        mended = np.asarray(nk.signal_fixpeaks(peaks, FINE_HZ, method="Kubios")[1])
        index = nk.ppg_quality(cleaned, peaks, sampling_rate=FINE_HZ, method="templatematch")
        quality = float(np.nanmin(index))
    return {
        "numbers": _numbers(peaks, spectrum=spectrum and enough),
        "corrected": _numbers(mended, spectrum=False),
        "peaks": (peaks / FINE_HZ).tolist(),
        "quality": quality,
    }


def _numbers(peaks: Any, *, spectrum: bool) -> dict[str, float | None]:
    """Return RMSSD and SDNN in ms, pNN50 0..1, LF/HF, beats a minute."""
    numbers: dict[str, float | None] = dict.fromkeys(("rmssd", "sdnn", "pnn50", "lf_hf", "rate"))
    if len(peaks) < LEAST:
        return numbers
    found = nk.hrv_time(peaks, sampling_rate=FINE_HZ)
    numbers["rmssd"] = _number(found["HRV_RMSSD"])
    numbers["sdnn"] = _number(found["HRV_SDNN"])
    numbers["pnn50"] = _number(found["HRV_pNN50"] / 100.0)
    numbers["rate"] = 60.0 * FINE_HZ / float(np.diff(peaks).mean())
    if spectrum:
        numbers["lf_hf"] = _number(nk.hrv_frequency(peaks, sampling_rate=FINE_HZ)["HRV_LFHF"])
    return numbers


def _number(column: Any) -> float | None:
    value = float(column.iloc[0])
    return value if math.isfinite(value) else None


def main() -> None:
    """Answer every line of standard input."""
    warnings.simplefilter("ignore")
    print(json.dumps({"version": str(nk.__version__)}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        wave = np.frombuffer(base64.b64decode(asked["samples"]), "<f8")
        said = answer(wave, asked["rate"], spectrum=asked["spectrum"])
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
