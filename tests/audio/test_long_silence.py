"""A microphone that hears nothing for a day: everything on, and memory stays where it was.

An hour by default; the whole day with AMBIENT_WHOLE_DAY=1.
"""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import psutil
import pytest

from ambient.observations import Hearing, HearingState, SoundHeard, SpeechHeard, Tick
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.networks import Ears, Wanted
from audio.pipeline import MicrophonePipeline
from audio.speech import vad
from models import store
from tests.audio.rooms import Mic

HOURS = 24 if os.environ.get("AMBIENT_WHOLE_DAY") else 1
PIECE_S = 10
FLAT_MB = 2.0
"""What the allocator may take and give by its own ways; a kilobyte a minute would be 1.4 in a day,
and every step of every list would be more."""


@pytest.fixture(scope="module")
def made() -> MicrophonePipeline:
    there = store.Store(store.locate())
    if there.look(vad.MODEL).state is not store.State.OK:
        pytest.skip(f"model {vad.MODEL} isn't here, run: ambient models pull")
    return Ears().pipeline("r12", Mic(), Wanted(sounds=True, voice=True))


@pytest.mark.timeout(150 * HOURS)
def test_silence_for_hours_is_said_and_takes_no_memory(made: MicrophonePipeline) -> None:
    zeros = np.zeros(PIECE_S * RATE, np.float32)
    process = psutil.Process()
    said: Counter[type] = Counter()
    hearing, held = set(), []
    pieces = HOURS * 3600 // PIECE_S
    for n in range(1, pieces + 1):
        for each in made.process(Block(zeros, n * zeros.size * SAMPLE_NS)):
            said[type(each)] += 1
            if isinstance(each, HearingState):
                hearing.add(each.hearing)
        if n in (pieces // 10, pieces):
            held.append(process.memory_info().rss / 1e6)
    assert hearing == {Hearing.SILENT}
    assert (said[SoundHeard], said[SpeechHeard]) == (0, 0)
    assert said[Tick] == HOURS * 3600
    assert said[HearingState] == pytest.approx(HOURS * 60, abs=2)
    grown = held[1] - held[0]
    print(f"{HOURS} h of silence: {held[0]:.1f} MB, then {held[1]:.1f} MB")
    assert grown < FLAT_MB
