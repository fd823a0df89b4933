"""One microphone from sound to observations: what is said when, and what is never said."""

from __future__ import annotations

import gc
import pickle
from itertools import pairwise

import numpy as np
import pytest

from ambient.observations import (
    Hearing,
    HearingState,
    SoundHeard,
    SpeechHeard,
    Tick,
    VoiceMeasured,
)
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.pipeline import RING_S, MicrophonePipeline
from tests.audio.rooms import (
    SUBJECT,
    AlwaysPerson,
    Knocks,
    LoudIsSpeech,
    Mic,
    blocks,
    gate,
    heard,
    pipeline,
    quiet,
)
from tests.audio.speech.voices import CARER, RESIDENT, talk

S = 10**9


def room(*talks: tuple[float, float, float], seconds: float) -> np.ndarray:
    """Return a quiet room with talks: when, how long, whose voice."""
    sound = quiet(seconds)
    for at, length, voice in talks:
        piece = talk(length, voice)
        first = round(at * RATE)
        sound[first : first + piece.size] += piece
    return sound


def of(kind, found):
    return [each for each in found if isinstance(each, kind)]


EVENING = room((1, 4, RESIDENT), (6, 3, CARER), (10, 30, RESIDENT), (42, 40, RESIDENT), seconds=90)


@pytest.fixture(scope="module")
def evening():
    """What is said of `EVENING`."""
    return heard(pipeline({SUBJECT: gate()}), EVENING)


def test_ticks_states_and_speech_in_order(evening):
    found = evening
    times = [each.t for each in found]
    assert times == sorted(times)
    ticks = [each.t for each in of(Tick, found)]
    assert 89 <= len(ticks) <= 91
    assert all(0 < b - a <= S for a, b in pairwise(ticks))
    assert of(HearingState, found)[0].hearing is Hearing.OK
    assert {(each.room, each.source) for each in found} == {("r12", "m1")}


def test_speech_has_its_length_and_level_and_whose_it_was(evening):
    speech = of(SpeechHeard, evening)
    first, carer, *rest = speech
    assert first.seconds == pytest.approx(4.0, abs=0.15)
    assert first.level == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.5)
    assert (first.resident > 0.9, carer.resident < 0.1) == (True, True)
    assert sum(each.seconds for each in rest) == pytest.approx(70, abs=0.5)
    assert all(each.person == 0.9 for each in speech)


def test_a_minute_of_the_resident_is_measured_and_the_carer_is_not_in_it(evening):
    (measured,) = of(VoiceMeasured, evening)
    assert measured.subject == SUBJECT
    assert measured.began == pytest.approx(1 * S, abs=S / 10)
    assert 60 <= measured.speech_s < 71
    values = {each.feature.value: each.value for each in measured.values}
    # The tone of the resident; with the carer's, three octaves above, it would range.
    assert values["f0_level"] == pytest.approx(12 * np.log2(RESIDENT / 27.5), abs=0.2)
    assert values["f0_range"] < 0.1


@pytest.mark.parametrize(
    ("why", "made"),
    [
        ("nobody is enrolled", lambda: pipeline()),
        ("somebody else is enrolled", lambda: pipeline({SUBJECT: gate(CARER)})),
        ("a loudspeaker", lambda: pipeline({SUBJECT: gate()}, person=AlwaysPerson(0.4))),
    ],
)
def test_no_voice_is_measured_of(why, made):
    found = heard(made(), EVENING)
    assert of(SpeechHeard, found), why
    assert not of(VoiceMeasured, found), why


def test_without_the_purpose_no_speech_is_looked_for():
    found = heard(MicrophonePipeline("r12", Mic(), sounds=Knocks()), EVENING)
    assert not of(SpeechHeard, found)
    assert of(Tick, found)


@pytest.mark.parametrize("length", [37, 4_001, 160_000])
def test_however_sound_is_cut_the_same_is_said(length):
    sound = EVENING[: 15 * RATE].copy()
    sound[12 * RATE : 12 * RATE + 4] = 1.0
    whole = heard(pipeline({SUBJECT: gate()}), sound, 1600)
    assert of(SoundHeard, whole)
    cut = heard(pipeline({SUBJECT: gate()}), sound, length)
    # The share of clipped values belongs to the block, so what is said of quality may differ.
    assert [e for e in cut if not isinstance(e, HearingState)] == [
        e for e in whole if not isinstance(e, HearingState)
    ]


def test_the_same_blocks_give_the_same_observations(evening):
    assert heard(pipeline({SUBJECT: gate()}), EVENING) == evening


def test_consent_that_goes_takes_what_was_collected():
    made = pipeline({SUBJECT: gate()})
    found = []
    for block in blocks(EVENING[: 20 * RATE]):
        if block.t_ns == round(9.5 * S):
            assert made._minutes[SUBJECT].speech_s > 3.0
            made.recognise({})
            assert made._minutes == {}
        found += made.process(block)
    # What is said of speech goes on, without whose it was.
    assert [each.resident is None for each in of(SpeechHeard, found)][::2] == [False, True]


def test_the_same_gate_again_keeps_what_was_collected():
    made, one = pipeline(), gate()
    made.recognise({SUBJECT: one})
    for block in blocks(EVENING[: 6 * RATE]):
        made.process(block)
    collected = made._minutes[SUBJECT].speech_s
    assert collected == pytest.approx(4.0, abs=0.2)
    made.recognise({SUBJECT: one})
    assert made._minutes[SUBJECT].speech_s == collected
    made.recognise({SUBJECT: gate()})
    assert made._minutes[SUBJECT].speech_s == 0.0


def test_a_gap_ends_speech_and_restarts_what_remembers():
    speech, sounds = LoudIsSpeech(), Knocks()
    made = MicrophonePipeline("r12", Mic(), speech=speech, person=AlwaysPerson(), sounds=sounds)
    resets = speech.resets
    sound = room((1, 8, RESIDENT), seconds=12)
    found = []
    for block in blocks(sound):
        if block.t_ns == 5 * S:
            block = Block(block.samples, block.t_ns, lost=800)
        found += made.process(block)
    assert (speech.resets - resets, sounds.finished) == (1, 1)
    parts = [each.seconds for each in of(SpeechHeard, found)]
    assert len(parts) == 2
    assert sum(parts) == pytest.approx(8.0, abs=0.3)


def test_nothing_that_is_said_lies_before_what_was_said():
    sound = quiet(10)
    sound[round(5.05 * RATE)] = 1.0
    found = heard(pipeline(), sound, 800)
    (thud,) = of(SoundHeard, found)
    # It ended 0.4 s earlier, but was told only now.
    assert thud.t == pytest.approx(5.2 * S, abs=0.01 * S)
    times = [each.t for each in found]
    assert times == sorted(times)


def test_silence_of_the_device_is_said_and_time_goes_on():
    made = pipeline()
    found = [each for block in blocks(quiet(3)) for each in made.process(block)]
    found = [each for second in range(4, 70) for each in made.silence(second * S)]
    states = of(HearingState, found)
    assert states[0].hearing is Hearing.GONE
    assert len(of(Tick, found)) == 66


@pytest.mark.parametrize("hearing", [Hearing.CLIPPED])
def test_a_microphone_that_distorts_measures_no_voice(hearing):
    made = pipeline({SUBJECT: gate()})
    found = []
    for block in blocks(EVENING):
        bad = Block(block.samples, block.t_ns, clipped=0.5)
        found += made.process(bad)
    assert hearing in {each.hearing for each in of(HearingState, found)}
    assert not of(VoiceMeasured, found)


def test_a_wiped_pipeline_holds_no_sound():
    made = pipeline({SUBJECT: gate()})
    for block in blocks(room((1, 8, RESIDENT), seconds=12)):
        made.process(block)
    assert len(made._ring) == min(12.0, RING_S) * RATE
    made.wipe()
    assert len(made._ring) == 0
    assert not made._ring._kept.any()
    assert made._minutes[SUBJECT].speech_s == 0.0


def test_a_stretch_is_judged_and_measured_when_it_is_its_turn():
    class Turn:
        waited = held = 0

        def __enter__(self):
            self.waited += 1
            self.held += 1

        def __exit__(self, *_):
            self.held -= 1

    turn = Turn()
    seen = []

    class Person(AlwaysPerson):
        def person(self, samples):
            seen.append(turn.held)
            return super().person(samples)

    made = MicrophonePipeline(
        "r12", Mic(), speech=LoudIsSpeech(), person=Person(), sounds=Knocks(), turn=turn
    )
    found = heard(made, room((1, 4, RESIDENT), (8, 4, RESIDENT), seconds=13))
    assert seen == [1] * len(of(SpeechHeard, found))
    assert (turn.waited, turn.held) == (2, 0)


def test_of_a_turn_that_is_over_nothing_waits():
    """A run of frames that waits for what follows takes a megabyte, and nothing follows."""
    made = pipeline({SUBJECT: gate()})
    waiting = []
    for block in blocks(room((1, 8, RESIDENT), seconds=24)):
        made.process(block)
        waiting.append(len(made._minutes[SUBJECT]._extractor._runs))
    assert max(waiting) > 0
    assert waiting[-1] == 0
    assert made._minutes[SUBJECT].speech_s == pytest.approx(8.0, abs=0.3)


def test_silence_takes_no_memory():
    """What is held after twenty minutes is what was held after one."""
    made = pipeline({SUBJECT: gate()})
    noise = quiet(1.0)
    sizes = []
    for second in range(1200):
        made.process(Block(noise, (second + 1) * RATE * SAMPLE_NS))
        if second in (60, 1199):
            gc.collect()
            sizes.append(len(pickle.dumps(made._minutes)) + len(pickle.dumps(made._monitor)))
    assert sizes[1] <= sizes[0] * 1.01


@pytest.mark.parametrize("size", [1, 2, 159, 100_000])
def test_blocks_of_odd_length(size):
    made = pipeline({SUBJECT: gate()})
    found = []
    for n in range(3):
        found += made.process(Block(np.zeros(size, np.float32), (n + 1) * size * SAMPLE_NS))
    assert all(each.t > 0 for each in found)
