"""What microphones cost with everything on: how many in, core-seconds a second of sound out.

In: how many microphones and for how long. Out: processor time for speech without a pause and for a
quiet room, and memory. Each microphone has a pipeline of its own, as in a node: speech, television,
an enrolled voice, features, sounds of distress. All are fed in turn by one thread, a tenth of a
second at a time, so the sum is what one core does. Processor time is the process's own: it does not
grow when something else keeps the machine busy.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import psutil
from msgspec import Struct

from ambient.config import Microphone
from ambient.evaluate.voice_signals import Talk, noisy, talk
from audio.blocks import RATE, SAMPLE_NS, Block, Samples
from audio.networks import Ears, Wanted
from audio.pipeline import MicrophonePipeline
from audio.speech import embedding
from audio.speech.embedding import CamPlus
from audio.speech.enrolment import Enrolment
from models.store import Store, locate

SUBJECT: Final = "s-0000"
STEP: Final = RATE // 10
_WARM_S: Final = 2.0


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


class MicrophonesBenchmark(Struct, frozen=True):
    """What ``ambient benchmark audio --microphones N`` prints."""

    microphones: int
    seconds: float
    speech: Load
    quiet: Load
    rss_mb: float


def run(microphones: int, seconds: float) -> MicrophonesBenchmark:
    """Feed so many microphones speech, then quiet, for so long each.

    Raises
    ------
    ModelError
        When a model is missing.
    """
    voice, _ = talk(Talk(4.0, phrases=(9, 8, 9, 7), pauses_s=(0.4, 0.5, 0.4)), 1)
    quiet = np.random.default_rng(1).standard_normal(10 * RATE).astype(np.float32) * np.float32(
        3e-4
    )
    pipelines = _pipelines(microphones, voice)
    speech = noisy(voice, 30.0, 1)
    said, end_ns = _load(pipelines, speech, seconds, "speech", 0)
    still, _ = _load(pipelines, quiet, seconds, "quiet", end_ns)
    rss_mb = round(psutil.Process().memory_info().rss / 1e6, 1)
    return MicrophonesBenchmark(microphones, seconds, said, still, rss_mb)


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
    pipelines: list[MicrophonePipeline], sound: Samples, seconds: float, name: str, start_ns: int
) -> tuple[Load, int]:
    began, end_ns = 0.0, start_ns
    for step in range(round((seconds + _WARM_S) * RATE / STEP)):
        if step == round(_WARM_S * RATE / STEP):
            began = time.process_time()
        piece = np.take(sound, np.arange(step * STEP, (step + 1) * STEP), mode="wrap")
        end_ns += STEP * SAMPLE_NS
        for pipeline in pipelines:
            pipeline.process(Block(piece, end_ns))
    each = (time.process_time() - began) / seconds / len(pipelines)
    return Load(name, round(each, 5), round(each * len(pipelines), 4)), end_ns
