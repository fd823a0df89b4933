"""Who passes: stretches of tones that stand for voices, judged by an embedder of tones."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.errors import ModelError
from audio.blocks import RATE
from audio.speech.enrolment import Enrolment
from audio.speech.gate import (
    FITTED,
    Calibration,
    Judged,
    VoiceGate,
    listen,
    of_stretch,
    passed,
    runs,
)
from tests.audio.speech.voices import CARER, RESIDENT, ToneEmbedder, talk


def _enrolment(network: str = "n1") -> Enrolment:
    voice = ToneEmbedder().embed(talk(3))
    return Enrolment(
        subject="s-4f2a",
        voice=[float(x) for x in voice],
        near=0.9,
        spread=0.05,
        windows=12,
        speech_s=36.0,
        snr_db=30.0,
        network=network,
        t=0,
    )


def _judged(*pieces: np.ndarray) -> list[tuple[float, float, bool | None]]:
    gate = VoiceGate(_enrolment(), ToneEmbedder(), "n1")
    return [
        (each.samples.start / RATE, each.samples.stop / RATE, each.passes)
        for each in gate.judge(np.concatenate(pieces))
    ]


R, C = RESIDENT, CARER


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([talk(3)], [(0, 3, True)]),
        ([talk(9.5)], [(0, 9.5, True)]),
        ([talk(6, C)], [(0, 6, False)]),
        ([talk(3), talk(3, C)], [(0, 3, True), (3, 6, False)]),  # an answer without a pause
        ([talk(3, C), talk(6), talk(3, C)], [(0, 3, False), (3, 9, True), (9, 12, False)]),
        ([talk(0.9)], [(0, 0.9, False)]),  # too little to say, so it does not pass
        ([talk(0)], []),
    ],
)
def test_stretch(pieces: list[np.ndarray], expected: list[tuple[float, float, bool]]) -> None:
    assert _judged(*pieces) == expected


def test_what_passes_is_the_residents_alone() -> None:
    speech = np.concatenate((talk(3, CARER), talk(6), talk(3, CARER)))
    judged = VoiceGate(_enrolment(), ToneEmbedder(), "n1").judge(speech)
    np.testing.assert_array_equal(passed(speech, judged), talk(6))
    assert passed(speech, judged[:1]).size == 0
    chance = of_stretch(judged)
    assert chance is not None
    assert 0.4 < chance < 0.6
    assert of_stretch([Judged(slice(0, 100), None, False)]) is None


def test_parts_of_one_voice_are_one_run() -> None:
    speech = np.concatenate((talk(6), talk(3, CARER), talk(3)))
    assert [len(run) for run in runs(listen(speech, ToneEmbedder()))] == [2, 1, 1]
    assert runs([]) == []


def test_an_enrolment_of_another_network_means_nothing() -> None:
    with pytest.raises(ModelError, match="enroll-voice again"):
        VoiceGate(_enrolment("n0"), ToneEmbedder(), "n1")


@pytest.mark.parametrize("seconds", [1.0, 3.0, 9.0])
def test_the_calibration_goes_up_with_likeness(seconds: float) -> None:
    chances = [FITTED.probability(cosine, seconds) for cosine in np.linspace(-1, 1, 41)]
    assert chances == sorted(chances)
    assert chances[0] < 0.001
    assert chances[-1] > 0.999
    assert not FITTED.lets_pass(0.4, seconds)
    assert FITTED.lets_pass(0.7, seconds)


def test_a_strange_voice_is_not_surer_for_lasting() -> None:
    calibration = Calibration(-10.0, 20.0, -1.5, 0.55, 0.03)
    assert calibration.probability(0.5, 9.0) < calibration.probability(0.5, 1.0)
    assert calibration.lets_pass(0.55, 3.0)
    assert not calibration.lets_pass(0.55, 6.0)
