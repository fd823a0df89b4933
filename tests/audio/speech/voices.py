"""Voices for tests: an embedder that takes a tone's frequency for the voice."""

from __future__ import annotations

import numpy as np

from audio.blocks import RATE, Samples
from audio.speech.embedding import DIMENSIONS, Vector, direction

RESIDENT, CARER = 220.0, 1760.0


def talk(seconds: float, voice: float = RESIDENT, level: float = 0.1) -> Samples:
    """Return a tone."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * voice * t)).astype(np.float32)


class ToneEmbedder:
    """Two tones an octave apart have a likeness of about 0.45, three octaves none."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def embed(self, speech: Samples) -> Vector:
        self.heard.append(len(speech))
        spectrum = np.abs(np.fft.rfft(speech * np.hanning(len(speech))))
        octave = np.log2(max(1, int(np.argmax(spectrum))) * RATE / len(speech) / 55.0)
        place = np.arange(DIMENSIONS) / 16
        return direction(np.exp(-((place - octave) ** 2) / 0.6))
