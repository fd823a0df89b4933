"""Spoken words by espeak-ng, in many voices: old, hoarse, quiet, high, creaky, whispered.

In: a language and a text. Out: float32 samples at 16 kHz, highest value 1, silence cut off. A tool
to train and to measure with: its library is called (a program for each word would take longer to
start than to speak), once a voice and text, and what it said is kept in memory. Its voices flutter,
on and on from one text to the next: the same seed gives the same sound only in the same order.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import numpy as np

from ambient.errors import UsageError
from models.sounds.synthesis.basics import RATE, Floats, Rng, peak, resampled
from models.sounds.synthesis.voice import revoice

LIBRARY: Final = "libespeak-ng.so.1"
VARIANTS: Final = (
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5", "croak", "grandma",
    "grandpa", "aunty", "whisper", "whisperf", "Annie", "Michael", "Denis", "linda", "boris",
)  # fmt: skip
"""Voices that are trained with."""
HELD: Final = ("klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "steph", "Andy", "Alicia")
"""Voices that are only measured on; those named klatt are made by another synthesiser."""
TUNED: Final = ("m6", "m7", "f5", "grandma", "boris", "Denis")
"""Of `VARIANTS`, those that words are not learned from: rules and thresholds are chosen on them."""
_CUT_DB: Final = 40.0
_MOST_KEPT: Final = 2000


class Engine(Protocol):
    """Another synthesiser."""

    def takes(self, language: str, text: str) -> int:
        """Return in how many voices it says a text; 0 where it does not."""
        ...

    def said(self, language: str, text: str, number: int) -> Floats:
        """Return the text in the voice of a number below that."""
        ...


class Speaker:
    """Says texts in voices drawn at random.

    Parameters
    ----------
    held
        Use the voices that are only measured on.
    variants
        Use these instead.
    engine, share
        Another synthesiser, and the share of the texts known to it that it says.

    Raises
    ------
    UsageError
        espeak-ng is not installed.
    """

    def __init__(
        self,
        *,
        held: bool = False,
        variants: Sequence[str] | None = None,
        engine: Engine | None = None,
        share: float = 1.0,
    ) -> None:
        self._espeak = _espeak()
        self._variants = variants or (HELD if held else VARIANTS)
        self._engine, self._share = engine, share
        self._kept: dict[tuple[str, str, str, int, int], Floats] = {}

    def speaks(self, language: str, text: str) -> bool:
        """Return whether the other synthesiser, if there is one, says this text."""
        return self._engine is None or self._engine.takes(language, text) > 0

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
        takes = 0 if self._engine is None else self._engine.takes(language, text)
        if self._engine is not None and takes and rng.random() < self._share:
            sound = self._engine.said(language, text, int(rng.integers(takes)))
        else:
            variant = str(rng.choice(self._variants))
            pitch = int(rng.choice((10, 30, 50, 70, 95)))
            speed = int(rng.choice((90, 120, 150, 185)))
            sound = self._said(language, text, variant, pitch, speed)
        # Another rate of play: length of the throat, pitch and tempo at once.
        other = int(rng.integers(88, 116))
        sound = resampled(sound, 100, other)
        return revoice(rng, sound, effort=effort) if rng.random() < voices else peak(sound)

    def _said(self, language: str, text: str, variant: str, pitch: int, speed: int) -> Floats:
        key = (language, text, variant, pitch, speed)
        if key not in self._kept:
            raw = self._espeak.said(language, variant, text, pitch, speed)
            if len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = _trimmed(raw)
        return self._kept[key]


class _Voice(ctypes.Structure):
    """As the library describes one of its voices."""

    _fields_ = [  # ctypes reads it so
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
    ]


class _Espeak:
    """The library, opened once a process: it has one voice at a time."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._libc = ctypes.CDLL(None)
        self._rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _DONT_EXIT))
        if self._rate <= 0:
            raise OSError(f"{LIBRARY} finds no data")
        self._parts: list[bytes] = []
        # Kept, for the library calls it as long as it lives.
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        self._files = self._voices()

    def _take(self, samples: Any, count: int, _: Any) -> int:
        if samples and count > 0:
            self._parts.append(ctypes.string_at(samples, count * 2))
        return 0

    def _voices(self) -> dict[str, str]:
        """Return the file of each language's voice: the library knows voices by these alone."""
        voices, found = self._library.espeak_ListVoices(None), {}
        number = 0
        while voices[number]:
            voice = voices[number].contents
            # A byte of priority, then the language.
            found[voice.languages[1:].decode()] = voice.identifier.decode()
            number += 1
        return found

    def said(self, language: str, variant: str, text: str, pitch: int, speed: int) -> Floats:
        """Return the text in a voice, at 16 kHz."""
        library, data = self._library, text.encode()
        voice = f"{self._files.get(language, language)}+{variant}"
        self._parts.clear()
        # Whispers are made of its random numbers.
        self._libc.srand(1)
        failed = library.espeak_SetVoiceByName(voice.encode())
        for parameter, value in ((_RATE, speed), (_PITCH, pitch)):
            failed = failed or library.espeak_SetParameter(parameter, value, 0)
        failed = failed or library.espeak_Synth(
            data, ctypes.c_size_t(len(data) + 1), 0, _CHARACTERS, 0, _UTF8, None, None
        )
        sound = np.frombuffer(b"".join(self._parts), "<i2").astype(np.float32) / 32768.0
        if failed or not sound.any():
            raise UsageError(
                f"espeak-ng: expected speech of voice {voice}, got error {failed}; "
                "is its data installed (Debian: espeak-ng-data)?"
            )
        return resampled(sound, 320, self._rate // 50)

    def phonemes(self, language: str, text: str) -> str:
        """Return the sounds of a text in IPA."""
        library = self._library
        library.espeak_SetVoiceByName(self._files.get(language, language).encode())
        left = ctypes.c_char_p(text.encode())
        found = []
        while left.value:
            heard = library.espeak_TextToPhonemes(ctypes.byref(left), _UTF8, _IPA)
            found.append(heard.decode() if heard else "")
        return " ".join(found)


_SYNCHRONOUS: Final = 2
_DONT_EXIT: Final = 0x8000
_RATE: Final = 1
_PITCH: Final = 3
_CHARACTERS: Final = 1
_UTF8: Final = 1
_IPA: Final = 2
_CALLBACK: Final[Callable[..., Any]] = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_opened: list[_Espeak] = []


def there() -> bool:
    """Return whether espeak-ng is installed."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


def phonemes(language: str, text: str) -> str:
    """Return the sounds of a text in IPA, as espeak-ng reads it."""
    return _espeak().phonemes(language, text)


def _espeak() -> _Espeak:
    if not _opened:
        try:
            _opened.append(_Espeak())
        except OSError as error:
            raise UsageError(
                f"expected espeak-ng, got: {error}; install it (Debian: apt install espeak-ng), "
                "it is needed to train and to measure alone"
            ) from error
    return _opened[0]


def _trimmed(sound: Floats) -> Floats:
    """Return the sound without the silence at both ends."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() * 10 ** (-_CUT_DB / 20))
    return sound if not len(loud) else sound[loud[0] : loud[-1] + RATE // 50]
