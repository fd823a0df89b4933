"""What microphones cost with everything on: how many in, core-seconds a second of sound out.

In: how many microphones and for how long. Out: processor time for speech without a long pause (by
espeak-ng: sound of vowels alone is not taken for speech) and for a quiet room, and memory. Each
microphone has a pipeline of its own, as in a node: speech, television, an enrolled voice, features,
sounds of distress. All are fed in turn by one thread, a tenth of a second at a time, so the sum is
what one core does. They run in a process of their own, which loads what a node's loads
(`microphones_runner`). Processor time is the process's own: it does not grow when something else
keeps the machine busy, but for what that takes of the caches.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

import msgspec
import numpy as np

from ambient.errors import AmbientError, UsageError
from ambient.evaluate.microphones_runner import Cost
from ambient.evaluate.phrases import spoken
from ambient.node.process import ONE_THREAD
from audio.blocks import RATE

_PHRASES: Final = 16
"""Said one after the other, then again: half a minute."""


def run(microphones: int, seconds: float) -> Cost:
    """Feed so many microphones speech, then quiet, for so long each.

    Raises
    ------
    UsageError
        For no microphone or no time, or without espeak-ng.
    AmbientError
        When a model is missing.
    """
    if microphones < 1 or not seconds > 0:
        raise UsageError(
            f"expected a microphone and some seconds, got {microphones} and {seconds:g}; give more"
        )
    if not shutil.which("espeak-ng"):
        raise UsageError(
            "benchmark audio --microphones: expected espeak-ng, which speaks to them (sound of "
            "vowels alone is not taken for speech), got none; install it"
        )
    clips = list(spoken(_PHRASES, speakers=1, times=1, seed=1))
    speech = np.concatenate([clip.samples for clip in clips])
    known = speech[: 3 * RATE]
    command = [sys.executable, "-m", "ambient.evaluate.microphones_runner"]
    done = subprocess.run(
        [*command, str(microphones), str(seconds), str(len(known))],
        input=known.astype("<f4").tobytes() + speech.astype("<f4").tobytes(),
        capture_output=True,
        check=False,
        env=ONE_THREAD | os.environ,
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split()[-40:])
        raise AmbientError(
            f"expected the cost of {microphones} microphones, got an error: {said}; "
            "run: ambient models pull"
        )
    return msgspec.json.decode(done.stdout, type=Cost)
