"""Runs in the environment of the peers: sound through Praat and librosa, timed or looked at.

In: on standard input a JSON line ``{"do": "praat" | "librosa" | "values", "samples": …}`` for each
sound; `samples` are float32 at 16 kHz in base 64. Out: on standard output a JSON line for each:
``{"cpu_s": …}``, or for "values" ``{"t": […], "f0": […], "hnr": […], "cpp": […]}``, every third
frame of Praat; NaN is null. The first line out says which versions answer. Started by its path, it
needs nothing of Ambient: only parselmouth, librosa and NumPy.
"""

from __future__ import annotations

import base64
import json
import math
import sys
import time
from importlib.metadata import version
from typing import Any

import librosa
import numpy as np
import parselmouth
from parselmouth.praat import call

RATE = 16_000
STEP_S = 0.01


def praat(sound: Any) -> None:
    """Compute with Praat what `audio.features` computes and Praat knows."""
    pitch = sound.to_pitch_ac(time_step=STEP_S, pitch_floor=60.0, pitch_ceiling=800.0)
    pulses = call([sound, pitch], "To PointProcess (cc)")
    call(pulses, "Get jitter (local)", 0, 0, 0.0001, 0.02, 1.3)
    call([sound, pulses], "Get shimmer (local_dB)", 0, 0, 0.0001, 0.02, 1.3, 1.6)
    harmonicity(sound)
    sound.to_formant_burg(time_step=STEP_S, max_number_of_formants=5, maximum_formant=5500.0)
    sound.to_intensity(minimum_pitch=60.0, time_step=STEP_S)
    sound.to_mfcc(number_of_coefficients=4, window_length=0.02, time_step=STEP_S)
    sound.to_spectrogram(window_length=0.02, maximum_frequency=8000.0, time_step=STEP_S)
    cepstrogram = call(sound, "To PowerCepstrogram", 60.0, STEP_S, 5000.0, 50.0)
    call(
        cepstrogram,
        "Get CPPS",
        True,
        0.03,
        0.001,
        60.0,
        400.0,
        0.05,
        "parabolic",
        0.001,
        0.05,
        "Straight",
        "Robust",
    )


def by_librosa(samples: Any) -> None:
    """Compute with librosa the little that both know: F0, level, MFCC."""
    librosa.yin(samples, fmin=55, fmax=1000, sr=RATE, frame_length=960 + 64, hop_length=160)
    librosa.feature.rms(y=samples, frame_length=320, hop_length=160)
    librosa.feature.mfcc(y=samples, sr=RATE, n_mfcc=5, n_fft=512, hop_length=160, n_mels=26)


def harmonicity(sound: Any) -> Any:
    """Return Praat's harmonicity by autocorrelation, 4.5 periods a window."""
    return call(sound, "To Harmonicity (ac)", STEP_S, 75.0, 0.1, 4.5)


def values(sound: Any) -> dict[str, list[float | None]]:
    """Return F0 in Hz, HNR and smoothed cepstral peak prominence in dB of every third frame."""
    pitch = sound.to_pitch_ac(time_step=STEP_S, pitch_floor=60.0, pitch_ceiling=800.0)
    hnr = harmonicity(sound)
    cepstrogram = call(sound, "To PowerCepstrogram", 60.0, STEP_S, 5000.0, 50.0)
    smooth = call(cepstrogram, "Smooth", 0.03, 0.001)
    times = pitch.xs()[::3]
    prominence = []
    for at in times:
        cepstrum = call(smooth, "To PowerCepstrum (slice)", at)
        prominence.append(
            call(
                cepstrum,
                "Get peak prominence",
                60.0,
                400.0,
                "parabolic",
                0.001,
                0.05,
                "Straight",
                "Robust",
            )
        )
    return {
        "t": _listed(times),
        "f0": _listed(pitch.selected_array["frequency"][::3]),
        "hnr": _listed([call(hnr, "Get value at time", at, "Nearest") for at in times]),
        "cpp": _listed(prominence),
    }


def _listed(numbers: Any) -> list[float | None]:
    return [float(number) if math.isfinite(number) else None for number in numbers]


def main() -> None:
    """Answer every line of standard input."""
    versions = {
        "praat": f"Praat {parselmouth.PRAAT_VERSION} (parselmouth {version('praat-parselmouth')})",
        "librosa": f"librosa {version('librosa')}",
    }
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        samples = np.frombuffer(base64.b64decode(asked["samples"]), "<f4")
        answer: dict[str, Any]
        if asked["do"] == "librosa":
            begin = time.process_time()
            by_librosa(samples)
            answer = {"cpu_s": time.process_time() - begin}
        else:
            sound = parselmouth.Sound(samples.astype(np.float64), RATE)
            if asked["do"] == "values":
                answer = values(sound)
            else:
                begin = time.process_time()
                praat(sound)
                answer = {"cpu_s": time.process_time() - begin}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
