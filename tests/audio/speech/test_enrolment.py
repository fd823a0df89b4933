"""A minute of speech to an enrolment: what is taken, and each reason against it."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.errors import UsageError
from audio.blocks import RATE
from audio.speech.enrolment import Enrolment, enrol, halves, level_over_noise, likeness_to_others
from tests.audio.speech.voices import CARER, RESIDENT, ToneEmbedder, talk

RNG = np.random.default_rng(3)


def _hiss(seconds: float, level: float) -> np.ndarray:
    return (level * RNG.standard_normal(round(seconds * RATE))).astype(np.float32)


def _minute(
    *voices: tuple[float, float], level: float = 0.1, noise: float = 0.001
) -> tuple[np.ndarray, list[slice]]:
    """Return turns (seconds, voice) with pauses of a second around them, and where they are."""
    pieces, where, at = [_hiss(1, noise)], [], RATE
    for seconds, voice in voices:
        turn = talk(seconds, voice, level) + _hiss(seconds, noise)
        where.append(slice(at, at + len(turn)))
        pieces += [turn, _hiss(1, noise)]
        at += len(turn) + RATE
    return np.concatenate(pieces), where


def _enrolled(minute: tuple[np.ndarray, list[slice]]) -> Enrolment:
    return enrol("s-4f2a", *minute, ToneEmbedder(), network="n1", t=7)


def test_a_minute_of_one_voice() -> None:
    enrolment = _enrolled(_minute((12, RESIDENT), (15, RESIDENT), (9.5, RESIDENT)))
    assert enrolment.subject == "s-4f2a"
    assert (enrolment.windows, enrolment.speech_s) == (12, 36.5)
    assert enrolment.snr_db == pytest.approx(37, abs=1)
    assert enrolment.near > 0.99
    assert enrolment.spread < 0.01
    assert float(enrolment.direction @ ToneEmbedder().embed(talk(3))) > 0.99
    assert (enrolment.network, enrolment.t) == ("n1", 7)


@pytest.mark.parametrize(
    ("minute", "said"),
    [
        (_minute((29, RESIDENT)), "at least 30 s of speech, got 29 s"),
        (_minute(), "got 0 s; let the resident talk for a minute"),
        (_minute((40, RESIDENT), level=1.2), "turn the microphone's gain down"),
        (_minute((40, RESIDENT), noise=0.05), "above the noise, got 3 dB"),
        (_minute((27, RESIDENT), (9, CARER)), "one voice, got what sounds like two"),
        (_minute((18, RESIDENT), (18, CARER)), "one voice, got what sounds like two"),
    ],
)
def test_what_is_not_fit_is_refused(minute: tuple[np.ndarray, list[slice]], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _enrolled(minute)


def test_a_cough_is_no_second_voice() -> None:
    enrolment = _enrolled(_minute((36, RESIDENT), (3, CARER)))
    assert enrolment.windows == 13


@pytest.mark.parametrize("pause", [0.0, 5.0])
@pytest.mark.parametrize("expected", [6.0, 20.0])
def test_the_noise_is_measured_in_the_pauses(pause: float, expected: float) -> None:
    noise = 0.01
    level = noise * np.sqrt(2) * 10 ** (expected / 20)
    speech = talk(10, RESIDENT, level) + _hiss(10, noise)
    # Without pauses the quietest frames stand for them: a syllable's end, here half a second.
    speech[-RATE:] = _hiss(1, noise)
    sound = np.concatenate((_hiss(pause, noise), speech))
    where = [slice(len(sound) - len(speech), len(sound))]
    assert level_over_noise(sound, where) == pytest.approx(expected, abs=1.5)


def test_digital_silence_has_an_end() -> None:
    sound = np.concatenate((np.zeros(RATE, np.float32), talk(2)))
    assert level_over_noise(sound, [slice(RATE, 3 * RATE)]) == 60.0


def _points(*groups: tuple[int, int]) -> np.ndarray:
    """Return directions: so many around each of these axes."""
    rng = np.random.default_rng(1)
    points = np.concatenate(
        [np.eye(192)[axis] + 0.02 * rng.standard_normal((count, 192)) for count, axis in groups]
    )
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(
    ("groups", "low", "high"),
    [
        (((12, 0),), 0.9, 1.0),
        (((8, 0), (4, 5)), -0.1, 0.2),
        (((12, 0), (1, 5)), 1.0, 1.0),
        (((1, 0),), 1.0, 1.0),
    ],
)
def test_halves(groups: tuple[tuple[int, int], ...], low: float, high: float) -> None:
    assert low <= halves(_points(*groups)) <= high


def test_a_point_is_compared_with_the_others_alone() -> None:
    points = _points((5, 0), (1, 3))
    alike = likeness_to_others(points)
    assert alike[:5].min() > 0.8
    assert abs(alike[5]) < 0.2
