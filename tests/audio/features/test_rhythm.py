"""Rate and pauses of talk that was put together, and what may be told of a voice."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate.baseline.variances import FEATURES
from ambient.evaluate.voice_signals import Talk, Voice, noisy, sustained, talk
from ambient.observations import VoiceFeature
from audio.features import (
    Descriptors,
    Lld,
    describe,
    evidence,
    functionals,
    measure,
    rhythm,
    rounded,
)
from audio.features.frames import RATE
from audio.features.voice import GRAIN, RATIO
from fusion.baseline import FLOOR


@pytest.mark.parametrize("snr_db", [None, 20.0, 10.0])
@pytest.mark.parametrize(
    ("rate", "pauses_s"), [(2.5, (0.5, 0.5)), (4.0, (0.3, 1.4)), (6.0, (1.0, 0.7))]
)
def test_rate_and_pauses(rate: float, pauses_s: tuple[float, float], snr_db: float | None) -> None:
    words = Talk(rate, pauses_s=pauses_s)
    sound, spans = talk(words, 5)
    seconds = len(sound) / RATE
    how = rhythm(describe(noisy(sound, snr_db, 5)), [(0.0, seconds)])
    silent = 1 - sum(end - begin for begin, end in spans) / seconds
    assert how.turns == 1
    assert how.pauses == 2
    assert how.speech_rate == pytest.approx(23 / seconds, rel=0.1)
    assert how.articulation_rate == pytest.approx(rate, rel=0.1)
    assert how.pause_ratio == pytest.approx(silent, abs=0.05)
    assert how.pause_length_s == pytest.approx(np.mean(pauses_s), abs=0.08)


def test_gaps_between_segments_are_pauses_or_ends_of_turns() -> None:
    sound, spans = talk(Talk(4.0, pauses_s=(0.8, 3.0)), 6)
    how = rhythm(describe(sound), spans)
    assert how.turns == 2
    assert how.pauses == 1
    first = spans[1][1] - spans[0][0]
    assert how.turn_s == pytest.approx(first + spans[2][1] - spans[2][0], abs=0.05)
    assert how.turn_length_s == pytest.approx(how.turn_s / 2)
    assert how.active_s == pytest.approx(23 / 4, abs=0.15)
    assert how.syllables == pytest.approx(23, abs=1)


def test_without_speech_nothing_is_told() -> None:
    sound, _ = talk(Talk(4.0), 6)
    rows = describe(sound)
    how = rhythm(rows, [])
    assert (how.turns, how.syllables, how.pauses) == (0, 0, 0)
    assert how.speech_rate is how.pause_ratio is how.pause_length_s is how.turn_length_s is None
    assert measure(rows, []) == []
    assert measure(Descriptors(np.zeros((0, len(Lld)))), [(0.0, 1.0)]) == []


@pytest.mark.parametrize("segments", [[(2.0, 1.0)], [(1.0, 2.0), (1.5, 3.0)], [(-1.0, 1.0)]])
def test_segments_out_of_order_are_refused(segments: list[tuple[float, float]]) -> None:
    rows = describe(np.zeros(16_000, np.float32))
    for look in (rhythm, measure):
        with pytest.raises(UsageError, match=r"segments\[\d\]: expected begin and end in order"):
            look(rows, segments)


def test_the_values_of_a_voice_have_their_units_and_evidence() -> None:
    sound, truth = sustained(Voice(150.0, 3.0, jitter=0.01, shimmer_db=0.5, hnr_db=20.0), 8)
    silence = np.zeros(RATE, np.float32)
    rows = describe(np.concatenate([silence, sound, silence]))
    found = {one.feature: one for one in measure(rows, [(1.0, 4.0)])}
    value = {name: one.value for name, one in found.items()}
    assert value[VoiceFeature.F0_LEVEL] == pytest.approx(12 * np.log2(150 / 27.5), abs=0.4)
    assert 0 <= value[VoiceFeature.F0_RANGE] <= 0.5
    assert value[VoiceFeature.JITTER] == pytest.approx(100 * truth.jitter, abs=0.3)
    assert value[VoiceFeature.SHIMMER] == pytest.approx(truth.shimmer_db, abs=0.35)
    assert 10.0 < value[VoiceFeature.HNR] < 20.0
    assert value[VoiceFeature.PAUSE_RATIO] == 0.0
    assert VoiceFeature.PAUSE_LENGTH not in value
    published = functionals(rows.between(1.0, 4.0))
    # Low over high here, high over low there.
    for feature, known in (
        (VoiceFeature.ALPHA_RATIO, -published["alphaRatioV_sma3nz_amean"]),
        (VoiceFeature.LOUDNESS, published["loudness_sma3_amean"]),
        (VoiceFeature.SPECTRAL_SLOPE, published["slopeV0-500_sma3nz_amean"]),
    ):
        assert value[feature] == pytest.approx(rounded(feature, known))
    assert [one.feature for one in found.values()] == [
        feature for feature in VoiceFeature if feature in found
    ]
    assert {one.seconds for one in found.values()} == {5.0}


@pytest.mark.parametrize(
    ("feature", "value", "expected"),
    [
        (VoiceFeature.F0_LEVEL, 30.2, 30.0),
        (VoiceFeature.F0_LEVEL, 30.4, 30.75),
        (VoiceFeature.SPECTRAL_SLOPE, -0.0031, -0.006),
        (VoiceFeature.PAUSE_RATIO, 0.0, 0.0),
        (VoiceFeature.PAUSE_RATIO, 0.01, 0.0),
        (VoiceFeature.JITTER, 1.0, 1.0),
        (VoiceFeature.JITTER, 1.08, 1.0),
        (VoiceFeature.JITTER, 1.12, 1.2),
        (VoiceFeature.LOUDNESS, 0.5, 1.2**-4),
        (VoiceFeature.LOUDNESS, 0.0, 0.0),
    ],
)
def test_values_leave_in_grains(feature: VoiceFeature, value: float, expected: float) -> None:
    assert rounded(feature, value) == pytest.approx(expected)
    assert rounded(feature, rounded(feature, value)) == pytest.approx(expected)


def test_every_value_has_a_grain_well_below_what_a_person_strays() -> None:
    for feature in VoiceFeature:
        within = FEATURES[feature].within
        grain = np.log(RATIO[feature]) if feature in RATIO else GRAIN[feature]
        assert (feature in RATIO) is FEATURES[feature].log
        assert (feature in RATIO) is not (feature in GRAIN)
        assert 0.5 <= grain / within <= 0.85
        assert FLOOR[feature] >= 0.98 * grain / np.sqrt(12)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 0.0), (0.3, 5.0), (5.0, 5.0), (58.0, 60.0), (62.4, 60.0)]
)
def test_evidence_is_rounded_and_never_nothing(seconds: float, expected: float) -> None:
    assert evidence(seconds) == expected


def test_only_the_segments_count() -> None:
    low, _ = sustained(Voice(110.0, 1.5), 1)
    high, _ = sustained(Voice(220.0, 1.5), 2)
    rows = describe(np.concatenate([low, high]))
    for segment, f0 in (((0.0, 1.4), 110.0), ((1.6, 2.9), 220.0)):
        level = measure(rows, [segment])[0]
        assert level.feature is VoiceFeature.F0_LEVEL
        assert level.value == pytest.approx(12 * np.log2(f0 / 27.5), abs=0.4)
