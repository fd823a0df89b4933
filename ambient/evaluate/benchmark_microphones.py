"""What microphones cost with everything on: how many in, core-seconds a second of sound out.

In: how many microphones and for how long. Out: processor time for speech without a pause and for a
quiet room, and memory. Each microphone has a pipeline of its own, as in a node: speech, television,
an enrolled voice, features, sounds of distress. All are fed in turn by one thread, a tenth of a
second at a time, so the sum is what one core does. They run in a process of their own, which loads
what a node's loads (`microphones_runner`). Processor time is the process's own: it does not grow
when something else keeps the machine busy, but for what that takes of the caches.
"""

from __future__ import annotations

import subprocess
import sys

import msgspec

from ambient.errors import AmbientError, UsageError
from ambient.evaluate.microphones_runner import Cost
from ambient.evaluate.voice_signals import Talk, noisy, talk
from audio.blocks import RATE

SNR_DB = 30.0


def run(microphones: int, seconds: float) -> Cost:
    """Feed so many microphones speech, then quiet, for so long each.

    Raises
    ------
    UsageError
        For no microphone, or no time.
    AmbientError
        When a model is missing.
    """
    if microphones < 1 or not seconds > 0:
        raise UsageError(
            f"expected a microphone and some seconds, got {microphones} and {seconds:g}; give more"
        )
    voice, _ = talk(Talk(4.0, phrases=(9, 8, 9, 7), pauses_s=(0.4, 0.5, 0.4)), 1)
    known = voice[: 3 * RATE]
    speech = noisy(voice, SNR_DB, 1)
    command = [sys.executable, "-m", "ambient.evaluate.microphones_runner"]
    done = subprocess.run(
        [*command, str(microphones), str(seconds), str(len(known))],
        input=known.astype("<f4").tobytes() + speech.astype("<f4").tobytes(),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split()[-40:])
        raise AmbientError(
            f"expected the cost of {microphones} microphones, got an error: {said}; "
            "run: ambient models pull"
        )
    return msgspec.json.decode(done.stdout, type=Cost)
