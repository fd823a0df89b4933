"""Spoken words by voices of other making: recorded speech cut and joined (flite, Festival).

In: a language as espeak-ng names it, and a text. Out: float32 samples at 16 kHz, highest value 1.
These are people's recordings, joined by diphones or clusters; nothing is trained with them, so they
tell how words are found that no voice of training said. Debian: flite, festival, festvox-kdlpc16k,
festvox-italp16k, festvox-itapc16k, festvox-ru, festvox-suopuhe-lj, festvox-suopuhe-mv. Who lacks
them measures without.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from scipy.signal import resample_poly

from ambient.errors import UsageError
from models.sounds.synthesis.basics import RATE, Floats, peak

_VOICES: Final = Path("/usr/share/festival/voices")
_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Program:
    """One voice of a program.

    Attributes
    ----------
    name
        Of the voice.
    language
        That it speaks, as espeak-ng names it.
    flite
        Whether flite speaks, or Festival.
    coding
        In which the program reads text.
    """

    name: str
    language: str
    flite: bool = False
    coding: str = "iso-8859-1"

    def there(self) -> bool:
        """Return whether it is installed."""
        if self.flite:
            return shutil.which("flite") is not None
        return shutil.which("text2wave") is not None and any(_VOICES.glob(f"*/{self.name}"))

    def said(self, text: str) -> Floats:
        """Return the text in this voice, at 16 kHz.

        Raises
        ------
        UsageError
            The program said nothing.
        """
        with tempfile.NamedTemporaryFile(suffix=".wav") as out:
            # Both go back in the file to write its length: no pipe will do.
            if self.flite:
                command, given = ["flite", "-voice", self.name, "-t", text, "-o", out.name], b""
            else:
                command = ["text2wave", "-eval", f"(voice_{self.name})", "-o", out.name]
                given = text.encode(self.coding)
            subprocess.run(command, input=given, capture_output=True, timeout=_SECONDS, check=True)
            sound, rate = soundfile.read(out.name, dtype="float32")
        if not np.any(sound):
            raise UsageError(f"{self.name}: expected speech of {text!r}, got silence")
        made = np.asarray(resample_poly(sound, RATE, rate), np.float32)
        loud = np.flatnonzero(np.abs(made) > np.abs(made).max() * 0.02)
        return peak(made[loud[0] : loud[-1] + RATE // 50])


PROGRAMS: Final = (
    *(Program(name, "en-gb", flite=True) for name in ("kal16", "awb", "rms", "slt")),
    Program("ked_diphone", "en-gb"),
    Program("lp_diphone", "it"),
    Program("pc_diphone", "it"),
    Program("msu_ru_nsh_clunits", "ru", coding="utf-8"),
    Program("suo_fi_lj_diphone", "fi"),
    Program("hy_fi_mv_diphone", "fi"),
)


class Programs:
    """Says texts in those of `PROGRAMS` that are installed; keeps what was said in memory."""

    def __init__(self) -> None:
        self._there = [each for each in PROGRAMS if each.there()]
        self._kept: dict[tuple[str, str], Floats] = {}

    @property
    def languages(self) -> frozenset[str]:
        """Of the voices that are installed."""
        return frozenset(each.language for each in self._there)

    def takes(self, language: str, text: str) -> int:
        """Return how many voices say this text."""
        return sum(each.language == language for each in self._there)

    def said(self, language: str, text: str, number: int) -> Floats:
        """Return the text in the voice of a number."""
        voice = [each for each in self._there if each.language == language][number]
        key = (voice.name, text)
        if key not in self._kept:
            self._kept[key] = voice.said(text)
        return self._kept[key]
