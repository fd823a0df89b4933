"""A microphone that hears nothing for a day: everything on, and memory stays where it was.

An hour by default; the whole day with AMBIENT_WHOLE_DAY=1. In a process of its own: what else tests
have loaded comes and goes by its own ways.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ambient.observations import Hearing, HearingState, SoundHeard, SpeechHeard, Tick
from audio.speech import vad
from models import store

HOURS = 24 if os.environ.get("AMBIENT_WHOLE_DAY") else 1
FLAT_MB = 2.0
"""What the allocator may take and give by its own ways; a kilobyte a minute would be 1.4 in a day,
and every step of every list would be more."""


@pytest.mark.timeout(150 * HOURS)
def test_silence_for_hours_is_said_and_takes_no_memory() -> None:
    there = store.Store(store.locate())
    if there.look(vad.MODEL).state is not store.State.OK:
        pytest.skip(f"model {vad.MODEL} isn't here, run: ambient models pull")
    run = subprocess.run(
        [sys.executable, "-m", "tests.audio.silent_day", str(HOURS)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    said, held = found["said"], found["held_mb"]
    assert found["hearing"] == [Hearing.SILENT.value]
    assert not {SoundHeard.__name__, SpeechHeard.__name__} & said.keys()
    assert said[Tick.__name__] == HOURS * 3600
    assert said[HearingState.__name__] == pytest.approx(HOURS * 60, abs=2)
    print(f"{HOURS} h of silence: {held[0]:.1f} MB, then {held[1]:.1f} MB")
    assert held[1] - held[0] < FLAT_MB
