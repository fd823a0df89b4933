"""Minutes of speech: when one is enough, what belongs to it, and what is forgotten."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate.voice_signals import Talk, noisy, talk
from ambient.observations import VoiceFeature, VoiceMeasured
from audio.blocks import RATE, Samples
from audio.features import LOOKED_AT, Descriptors, Lld, describe, measure
from audio.voice_minutes import PATIENCE_S, VoiceMinutes

S = 10**9
PAUSES = (0.6, 0.9)


@pytest.fixture(scope="module")
def turn() -> tuple[Samples, list[tuple[float, float]]]:
    """A turn of three phrases, 5.75 s of speech and 1.5 s of pauses."""
    sound, spans = talk(Talk(4.0, pauses_s=PAUSES), 3)
    return noisy(sound, 35.0, 3), spans


def minutes() -> VoiceMinutes:
    return VoiceMinutes("r12", "m1", "s-4f2a", "1.0.0", enough_s=60.0)


def play(made: VoiceMinutes, turn, t: int = 0) -> list[VoiceMeasured]:
    """Let the turn be heard phrase by phrase; return what was measured."""
    sound, spans = turn
    found, until = [], None
    for begin, end in spans:
        first, last = round(begin * RATE), round(end * RATE)
        pause = None if until is None else sound[until:first]
        until = last
        found.append(made.hear(sound[first:last], t + round(begin * S), t + round(end * S), pause))
    return [each for each in found if each is not None]


def values(found: VoiceMeasured) -> dict[VoiceFeature, float]:
    return {each.feature: each.value for each in found.values}


@pytest.fixture(scope="module")
def measured(turn) -> VoiceMeasured:
    """Ten turns are 57.5 s of speech; with the eleventh it is a minute."""
    made = minutes()
    assert [one for n in range(10) for one in play(made, turn, n * 20 * S)] == []
    (one,) = play(made, turn, 200 * S)
    assert made.speech_s < 6.0  # the rest of the last turn begins the next minute
    return one


def test_a_minute_of_turns_is_measured(measured):
    assert 60 <= measured.speech_s < 66
    assert (measured.subject, measured.version, measured.began) == ("s-4f2a", "1.0.0", 0)
    assert measured.t > 200 * S


def test_turns_are_measured_as_one_of_them_is(turn, measured):
    """Joined turns say what a turn says: nothing between them counts, pauses within them do."""
    sound, spans = turn
    of_one = {each.feature: each.value for each in measure(describe(sound), spans)}
    of_all = values(measured)
    assert of_all.keys() == of_one.keys()
    for feature in (VoiceFeature.F0_LEVEL, VoiceFeature.HNR, VoiceFeature.LOUDNESS):
        assert of_all[feature] == pytest.approx(of_one[feature], rel=0.03)
    assert of_all[VoiceFeature.PAUSE_RATIO] == pytest.approx(1.5 / 7.25, abs=0.05)
    assert of_all[VoiceFeature.SPEECH_RATE] == pytest.approx(of_one[VoiceFeature.SPEECH_RATE], 0.1)


def test_only_the_columns_that_are_kept_are_looked_at(turn):
    sound, spans = turn
    described = describe(sound)
    rows = described.rows.copy()
    rows[:, [name not in LOOKED_AT for name in Lld]] = np.nan
    assert measure(Descriptors(rows), spans) == measure(described, spans)


def test_what_is_long_ago_is_not_joined(turn):
    made = minutes()
    play(made, turn)
    later = round((PATIENCE_S + 1) * S)
    play(made, turn, later)
    assert made.speech_s == pytest.approx(5.75, abs=0.01)


def test_forgetting_begins_anew(turn):
    made = minutes()
    play(made, turn)
    made.forget()
    assert made.speech_s == 0.0
    assert (made._rows, made._segments, made._turn, made._began_ns) == ([], [], [], None)


def test_short_stretches_do_not_fail():
    made = minutes()
    for n in range(60):
        made.hear(np.full(RATE // 100, 0.1, np.float32), n * S, n * S)
    assert made.speech_s == pytest.approx(0.6)
