"""Spoken words by espeak-ng, in many voices: old, hoarse, quiet, high, creaky, whispered.

In: a language and a text. Out: float32 samples at 16 kHz, highest value 1, silence cut off. A tool
to train and to measure with: it is called as a program, once a voice and text, and kept in memory.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from typing import Final

import numpy as np
from scipy.signal import resample_poly

from ambient.errors import UsageError
from models.sounds.synthesis.basics import RATE, Floats, Rng, peak
from models.sounds.synthesis.voice import revoice

PROGRAM: Final = "espeak-ng"
VARIANTS: Final = (
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5", "croak", "grandma",
    "grandpa", "aunty", "whisper", "whisperf", "Annie", "Michael", "Denis", "linda", "boris",
)  # fmt: skip
"""Voices that are trained with."""
HELD: Final = ("klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "steph", "Andy", "Alicia")
"""Voices that are only measured on; those named klatt are made by another synthesiser."""
_CUT_DB: Final = 40.0
_MOST_KEPT: Final = 2000


class Speaker:
    """Says texts in voices drawn at random.

    Parameters
    ----------
    held
        Use the voices that are only measured on.

    Raises
    ------
    UsageError
        espeak-ng is not installed.
    """

    def __init__(self, *, held: bool = False) -> None:
        found = shutil.which(PROGRAM)
        if found is None:
            raise UsageError(
                f"expected the program {PROGRAM}, found none; install it "
                "(Debian: apt install espeak-ng), it is needed to train and to measure alone"
            )
        self._program = found
        self._variants = HELD if held else VARIANTS
        self._kept: dict[tuple[str, str, str, int, int], Floats] = {}

    def say(
        self,
        rng: Rng,
        language: str,
        text: str,
        *,
        voices: float = 0.5,
        effort: float | None = None,
    ) -> Floats:
        """Return the text as somebody says it.

        Parameters
        ----------
        voices
            Share of texts whose voice is made anew (`models.sounds.synthesis.voice.revoice`).
        effort
            As there.
        """
        variant = str(rng.choice(self._variants))
        pitch = int(rng.choice((10, 30, 50, 70, 95)))
        speed = int(rng.choice((90, 120, 150, 185)))
        sound = self._said(language, text, variant, pitch, speed)
        # Another rate of play: length of the throat, pitch and tempo at once.
        other = int(rng.integers(88, 116))
        if other != 100:
            sound = np.asarray(resample_poly(sound, 100, other), np.float32)
        return revoice(rng, sound, effort=effort) if rng.random() < voices else peak(sound)

    def _said(self, language: str, text: str, variant: str, pitch: int, speed: int) -> Floats:
        key = (language, text, variant, pitch, speed)
        if key not in self._kept:
            command = [self._program, "-v", f"{language}+{variant}", "-p", f"{pitch}"]
            command += ["-s", f"{speed}", "--stdout", "--", text]
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode or len(done.stdout) < 100:
                raise UsageError(
                    f"{PROGRAM}: expected speech of voice {language}+{variant}, got "
                    f"{done.stderr.decode(errors='replace').strip() or 'nothing'}; "
                    "is its data installed (Debian: espeak-ng-data)?"
                )
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = _trimmed(_samples(done.stdout))
        return self._kept[key]


def _samples(data: bytes) -> Floats:
    # A stream's header does not know its length, so the frames are read to the end.
    with wave.open(io.BytesIO(data)) as file:
        rate = file.getframerate()
        raw = file.readframes(len(data))
    sound = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / 32768.0
    return np.asarray(resample_poly(sound, 320, rate // 50), np.float32)


def _trimmed(sound: Floats) -> Floats:
    """Return the sound without the silence at both ends."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() * 10 ** (-_CUT_DB / 20))
    return sound if not len(loud) else sound[loud[0] : loud[-1] + RATE // 50]
