"""A room with voices that are tones, and a pipeline that hears them: no network is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ambient.observations import AnyObservation, SoundClass, SoundHeard
from audio.blocks import RATE, SAMPLE_NS, Block, Samples
from audio.pipeline import MicrophonePipeline
from audio.speech.enrolment import Enrolment
from audio.speech.gate import VoiceGate
from audio.speech.vad import STEP, Probabilities
from tests.audio.speech.voices import RESIDENT, ToneEmbedder, talk

SUBJECT = "s-4f2a"


@dataclass(frozen=True)
class Mic:
    id: str = "m1"
    source: str = "mic"


class LoudIsSpeech:
    """Takes every loud step of 32 ms for speech."""

    def __init__(self) -> None:
        self.resets = 0
        self.reset()

    def reset(self) -> None:
        self.resets += 1
        self._rest = np.zeros(0, np.float32)

    def push(self, samples: Samples) -> Probabilities:
        held = np.concatenate((self._rest, samples))
        steps = held[: held.size // STEP * STEP].reshape(-1, STEP)
        self._rest = held[steps.size :]
        return (np.sqrt(np.mean(steps**2, axis=1)) > 0.01).astype(np.float32)


class AlwaysPerson:
    """Says the same of every segment."""

    def __init__(self, person: float = 0.9) -> None:
        self.probability = person
        self.heard: list[int] = []

    def person(self, samples: Samples) -> float:
        self.heard.append(samples.size)
        return self.probability


class Knocks:
    """Hears a thud in every step with a sample at full scale."""

    def __init__(self) -> None:
        self.finished = 0
        self.heard = 0

    def push(self, block: Block) -> list[SoundHeard]:
        self.heard += block.samples.size
        if float(np.abs(block.samples).max()) < 0.99:
            return []
        # The sound ended before it was told, as sounds do.
        t = max(0, block.t_ns - 400_000_000)
        thud = SoundHeard(t=t, room="r12", source="m1", sound=SoundClass.THUD, probability=0.7)
        return [thud]

    def finish(self) -> list[SoundHeard]:
        self.finished += 1
        return []


def gate(voice: float = RESIDENT) -> VoiceGate:
    enrolment = Enrolment(
        subject=SUBJECT,
        voice=[float(x) for x in ToneEmbedder().embed(talk(3, voice))],
        near=0.9,
        spread=0.05,
        windows=12,
        speech_s=36.0,
        snr_db=30.0,
        network="n1",
        t=0,
    )
    return VoiceGate(enrolment, ToneEmbedder(), "n1")


def quiet(seconds: float, seed: int = 0) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (noise * 1e-3).astype(np.float32)


def pipeline(
    gates: Mapping[str, VoiceGate] | None = None, *, person: AlwaysPerson | None = None
) -> MicrophonePipeline:
    made = MicrophonePipeline(
        "r12",
        Mic(),
        speech=LoudIsSpeech(),
        person=person or AlwaysPerson(),
        sounds=Knocks(),
        version="1.0.0",
        enough_s=60.0,
    )
    if gates is not None:
        made.recognise(gates)
    return made


def blocks(sound: Samples, length: int = RATE // 10, start_ns: int = 0) -> Iterator[Block]:
    for first in range(0, sound.size, length):
        piece = sound[first : first + length]
        yield Block(piece, start_ns + (first + piece.size) * SAMPLE_NS)


def heard(
    made: MicrophonePipeline, sound: Samples, length: int = RATE // 10
) -> list[AnyObservation]:
    found = [each for block in blocks(sound, length) for each in made.process(block)]
    return found + made.finish()
