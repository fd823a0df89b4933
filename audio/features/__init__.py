"""Voice features: 16 kHz mono in; descriptors, functionals and the values of a voice out."""

from audio.features.descriptors import Descriptors, Extractor, Lld, describe
from audio.features.functionals import functionals
from audio.features.rhythm import Rhythm, rhythm
from audio.features.voice import LOOKED_AT, VERSION, evidence, measure, rounded

__all__ = [
    "LOOKED_AT",
    "VERSION",
    "Descriptors",
    "Extractor",
    "Lld",
    "Rhythm",
    "describe",
    "evidence",
    "functionals",
    "measure",
    "rhythm",
    "rounded",
]
