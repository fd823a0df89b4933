"""A call for help that a loudspeaker is taken to have made is told, and does not ring."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.observations import SoundClass
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.sounds import listener as of
from audio.sounds.bursts import Burst
from audio.sounds.calling import Call, Calling
from audio.sounds.listener import LOOK_S, LOUDSPEAKER, MENTIONED, PERSON, RINGS, SoundListener
from models.sounds import outputs
from models.sounds.mel import Floats
from models.sounds.network import Network
from models.sounds.synthesis.basics import noise

END_S = 11.0


class Judge:
    """Always of one mind about who spoke; keeps what it is asked about."""

    def __init__(self, person: float) -> None:
        self._person = person
        self.asked: list[Floats] = []

    def person(self, samples: Floats) -> float:
        self.asked.append(samples)
        return self._person


class Caller(Calling):
    """Hears one call, as sure as it was told, two seconds after it."""

    sure = 0.0
    told = False

    def push(
        self, bursts: list[Burst], now_s: float, going_on: tuple[float, float] | None
    ) -> list[Call]:
        if self.told or now_s < END_S + 2.0:
            return []
        self.told = True
        return [Call(END_S, self.sure, 1.0, -20.0)]


@pytest.mark.parametrize("length", [1600, 5333, 256_000])
@pytest.mark.parametrize(
    ("sure", "person", "expected", "asked"),
    [
        (0.97, 0.9, 0.97, 1),
        (0.97, PERSON, 0.97, 1),
        (0.97, PERSON - 0.01, LOUDSPEAKER, 1),
        (0.85, 0.1, 0.85, 0),  # it rings neither way
        (0.3, 0.9, None, 0),
    ],
)
def test_who_called_is_asked(
    monkeypatch: pytest.MonkeyPatch,
    length: int,
    sure: float,
    person: float,
    expected: float | None,
    asked: int,
) -> None:
    monkeypatch.setattr(of, "Calling", Caller)
    monkeypatch.setattr(Caller, "sure", sure)
    sound = np.asarray(1e-3 * noise(np.random.default_rng(0), 16 * RATE), np.float32)
    judge = Judge(person)
    made = SoundListener("r12", "m1", Network.load(), outputs.load(), person=judge)
    found = []
    for first in range(0, len(sound), length):
        piece = sound[first : first + length]
        found += made.push(Block(piece, 10**18 + (first + len(piece)) * SAMPLE_NS))
    calls = [each.probability for each in found if each.sound is SoundClass.HELP]
    assert calls == ([] if expected is None else [expected])
    assert len(judge.asked) == asked
    for stretch in judge.asked:
        # The call, what was heard before it, and nothing else, however the sound came.
        end = round((END_S + 0.3) * RATE)
        np.testing.assert_array_equal(stretch, sound[end - round(LOOK_S * RATE) : end])


def test_what_does_not_ring_is_still_told() -> None:
    assert MENTIONED < LOUDSPEAKER < RINGS[SoundClass.HELP]
