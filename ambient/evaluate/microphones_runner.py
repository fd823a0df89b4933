"""``python -m ambient.evaluate.microphones_runner N SECONDS VOICE``: what N microphones cost.

Comes in: on standard input, samples as float32: VOICE of them of the resident who is enrolled, then
speech. Goes out: `Cost` as a line of JSON. The process holds what the process *audio* of a node
holds, and beside that only this module, so its memory is that of the other.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Final

import ambient.node.worker

# isort: split
# What a node's process loads is to be weighed, and it loads the worker first.
import msgspec
import numpy as np
import psutil
from msgspec import Struct

import ambient.node.audio_worker  # noqa: F401
from ambient import allocator
from ambient.config import Microphone
from ambient.observations import SpeechHeard, VoiceMeasured
from audio.blocks import RATE, SAMPLE_NS, Block, Samples
from audio.networks import Ears, Wanted
from audio.pipeline import MicrophonePipeline
from audio.speech import embedding
from audio.speech.embedding import CamPlus
from audio.speech.enrolment import Enrolment
from models.store import Store, locate

SUBJECT: Final = "s-0000"
STEP: Final = RATE // 10
QUIET: Final = 3e-4
"""Root mean square of a quiet room, full scale 1: −70 dBFS."""
_WARM_S: Final = 4.0


class Load(Struct, frozen=True):
    """Of one kind of sound.

    Attributes
    ----------
    core_s
        Processor time for a second of sound of one microphone.
    cores
        For all microphones together, in real time.
    """

    sound: str
    core_s: float
    cores: float


class Cost(Struct, frozen=True):
    """Of so many microphones with everything on.

    Attributes
    ----------
    microphones, seconds
        How many, and how long each heard either sound.
    speech, quiet
        Speech without a long pause; a quiet room.
    stretches, measured
        Of speech that were told, and measurements of the resident's voice: that all was on.
    rss_mb
        Memory at the end, of the whole process.
    """

    microphones: int
    seconds: float
    speech: Load
    quiet: Load
    stretches: int
    measured: int
    rss_mb: float


def cost(microphones: int, seconds: float, voice: Samples, speech: Samples) -> Cost:
    """Feed so many microphones speech, then quiet, for so long each.

    Parameters
    ----------
    voice
        At least 3 s of whoever is enrolled.
    speech
        Played again and again.

    Raises
    ------
    ModelError
        When a model is missing.
    """
    noise = np.random.default_rng(1).standard_normal(10 * RATE)
    quiet = (noise * QUIET).astype(np.float32)
    pipelines = _pipelines(microphones, voice)
    said: Counter[type] = Counter()
    talk, end_ns = _load(pipelines, speech, seconds, "speech", 0, said)
    still, _ = _load(pipelines, quiet, seconds, "quiet", end_ns, said)
    return Cost(
        microphones,
        seconds,
        talk,
        still,
        said[SpeechHeard],
        said[VoiceMeasured],
        round(psutil.Process().memory_info().rss / 1e6, 1),
    )


def _pipelines(count: int, voice: Samples) -> list[MicrophonePipeline]:
    """Return pipelines with everything on, for which the voice is the resident's."""
    ears = Ears()
    store = Store(locate(None))
    known = CamPlus(store.path(embedding.MODEL)).embed(voice[: 3 * RATE])
    enrolment = Enrolment(
        subject=SUBJECT,
        voice=[float(x) for x in known],
        near=0.9,
        spread=0.05,
        windows=20,
        speech_s=60.0,
        snr_db=30.0,
        network=store.catalogue.revision(embedding.MODEL),
        t=0,
    )
    made = []
    for number in range(count):
        microphone = Microphone(id=f"m{number}", source="mic")
        pipeline = ears.pipeline("room", microphone, Wanted(sounds=True, voice=True))
        pipeline.recognise(ears.gates([enrolment]))
        made.append(pipeline)
    return made


def _load(
    pipelines: list[MicrophonePipeline],
    sound: Samples,
    seconds: float,
    name: str,
    start_ns: int,
    said: Counter[type],
) -> tuple[Load, int]:
    began, end_ns = 0.0, start_ns
    for step in range(round((seconds + _WARM_S) * RATE / STEP)):
        if step == round(_WARM_S * RATE / STEP):
            began = time.process_time()
        piece = np.take(sound, np.arange(step * STEP, (step + 1) * STEP), mode="wrap")
        end_ns += STEP * SAMPLE_NS
        for pipeline in pipelines:
            said.update(type(each) for each in pipeline.process(Block(piece, end_ns)))
    each = (time.process_time() - began) / seconds / len(pipelines)
    return Load(name, round(each, 5), round(each * len(pipelines), 4)), end_ns


def main() -> None:
    """Read what is to be heard, measure, print."""
    microphones, seconds, voice = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    heard = np.frombuffer(sys.stdin.buffer.read(), np.float32)
    allocator.one_arena()
    found = cost(microphones, seconds, heard[:voice], heard[voice:])
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")


if __name__ == "__main__":
    main()
