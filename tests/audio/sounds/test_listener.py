"""The whole way from blocks to what is told: cut as one likes, quiet rooms, gaps, misuse."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from ambient.observations import SoundClass, SoundHeard
from audio.blocks import SAMPLE_NS, Block
from audio.ring import Ring
from audio.sounds.listener import RINGS, SoundListener
from audio.sounds.rows import Ear, end_s
from models.sounds import outputs
from models.sounds.network import Network
from models.sounds.spotter import SAMPLES, Said, Spotter
from models.sounds.synthesis import impacts, machines, voice
from models.sounds.synthesis.basics import Floats, fade, noise, peak, place

RATE = 16_000


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


def _room(seconds: float = 14.0, level_db: float = -65.0) -> Floats:
    made = noise(np.random.default_rng(0), round(seconds * RATE), 5.0)
    return made * np.float32(10 ** (level_db / 20))


def _busy() -> Floats:
    rng = np.random.default_rng(3)
    made = _room()
    place(made, voice.scream(rng), 2.0, 0.5)
    place(made, impacts.glass(rng), 6.0, 0.5)
    place(made, voice.cough(rng), 9.0, 0.4)
    return made


def _listen(network: Network, sound: Floats, length: int, start_ns: int = 0) -> list[SoundHeard]:
    listener = SoundListener("r12", "m1", network, outputs.load())
    found = []
    for first in range(0, len(sound), length):
        piece = sound[first : first + length]
        found += listener.push(Block(piece, start_ns + (first + len(piece)) * SAMPLE_NS))
    return found + listener.finish()


def test_what_is_told(network: Network) -> None:
    found = _listen(network, _busy(), 1600, 10**18)
    assert {SoundClass.SCREAM, SoundClass.GLASS, SoundClass.COUGH} <= {e.sound for e in found}
    assert all((each.room, each.source) == ("r12", "m1") for each in found)
    times = [each.t for each in found]
    assert times == sorted(times)
    scream = next(each for each in found if each.sound is SoundClass.SCREAM)
    assert 2.0 < (scream.t - 10**18) / 1e9 < 6.5
    assert 0.0 < scream.seconds < 4.0
    assert -30.0 < scream.level < 0.0


def _cry(seconds: float) -> Floats:
    """Return a rough cry without a word, always the same."""
    n = round(seconds * RATE)
    rng = np.random.default_rng(3)
    f0 = np.interp(np.linspace(0, 1, n), [0, 0.3, 1], [0.7, 1.0, 0.8]).astype(np.float32) * 700.0
    made = voice.source(rng, f0.astype(np.float32), tilt_db=4.0, breath=0.02, rough=0.4)
    formed = voice.formed(made, np.array([850.0, 1610.0, 2850.0]) * 1.1, 1.5)
    return peak(fade(formed, 0.04, 0.1))


class _Asked(Spotter):
    """Keeps what it is asked about, and is sure of it."""

    def __init__(self, said: Said = Said(help=0.9999, call=0.0)) -> None:  # noqa: B008
        self.stretches: list[Floats] = []
        self.answer = said

    @property
    def cried(self) -> float:
        return 0.5

    def said(self, samples: Floats, voice: tuple[float, float] | None = None) -> Said:
        self.stretches.append(samples)
        return self.answer


@pytest.mark.parametrize("length", [333, 1600, 224_000])
def test_a_voice_that_is_alone_is_asked_for_its_word(network: Network, length: int) -> None:
    sound = _room(16.0)
    call = _cry(0.9)
    place(sound, call, 11.0, 0.5)
    asked = _Asked()
    listener = SoundListener("r12", "m1", network, outputs.load(), spotter=asked)
    found = []
    for first in range(0, len(sound), length):
        piece = sound[first : first + length]
        found += listener.push(Block(piece, 10**18 + (first + len(piece)) * SAMPLE_NS))
    found += listener.finish()
    (stretch,) = asked.stretches
    assert len(stretch) == pytest.approx(SAMPLES, abs=2)
    # All of the call is in it, and a little of what came after.
    power = float(np.square(stretch, dtype=np.float64).sum())
    assert power == pytest.approx(float(np.square(0.5 * call, dtype=np.float64).sum()), rel=0.05)
    assert np.abs(stretch[-RATE // 20 :]).max() < 0.01
    (ring,) = [each for each in found if each.sound is SoundClass.HELP]
    # A word alone is told; it rings when it is called again.
    assert 0.7 < ring.probability < RINGS[SoundClass.HELP]
    assert 12.0 < (ring.t - 10**18) / 1e9 < 14.5


@pytest.mark.parametrize("length", [333, 1600, 16_000])
def test_a_ring_that_another_keeps_is_asked_as_its_own(network: Network, length: int) -> None:
    sound = _room(24.0)
    place(sound, _cry(0.9), 11.0, 0.5)
    place(sound, _cry(0.9), 18.0, 0.5)
    shared = Ring(13.0)
    said = []
    for ring in (None, shared):
        asked = _Asked()
        listener = SoundListener("r12", "m1", network, outputs.load(), spotter=asked, ring=ring)
        found = []
        for first in range(0, len(sound), length):
            piece = sound[first : first + length]
            # A second is lost before the second cry.
            lost = RATE if first <= 15 * RATE < first + length else 0
            late = RATE if first + length > 15 * RATE else 0
            block = Block(piece, 10**18 + (first + late + len(piece)) * SAMPLE_NS, lost=lost)
            if lost:
                found += listener.finish()
                shared.wipe()
            shared.push(block)
            found += listener.push(block)
        said.append((found + listener.finish(), [each.tobytes() for each in asked.stretches]))
        shared.wipe()
    assert said[0] == said[1]
    assert len(said[0][1]) == 2


@pytest.mark.parametrize(
    ("threshold", "cry", "screams"),
    [
        # The network tells it by itself: it is told once all the same.
        (0.3, 0.0, 1),
        (0.3, 0.9, 1),
        # The network takes it for speech.
        (0.9999, 0.4, 0),
        (0.9999, 0.9, 1),
    ],
)
@pytest.mark.parametrize("length", [1600, 224_000])
def test_a_cry_is_told_as_a_scream_once(
    network: Network, threshold: float, cry: float, screams: int, length: int
) -> None:
    sound = _room(16.0)
    place(sound, _cry(0.9), 11.0, 0.5)
    asked = _Asked(Said(help=0.0, call=0.0, cry=cry))
    known = outputs.load()
    known = replace(known, thresholds=known.thresholds | {"scream": threshold})
    listener = SoundListener("r12", "m1", network, known, spotter=asked)
    found = []
    for first in range(0, len(sound), length):
        piece = sound[first : first + length]
        found += listener.push(Block(piece, (first + len(piece)) * SAMPLE_NS))
    found += listener.finish()
    assert len(asked.stretches) == 1
    assert [each.sound for each in found].count(SoundClass.SCREAM) == screams


@pytest.mark.parametrize("length", [333, 4000, 224_000])
def test_streaming_is_batch(network: Network, length: int) -> None:
    whole, pieces = (_listen(network, _busy(), each) for each in (1600, length))
    assert [e.sound for e in pieces] == [e.sound for e in whole]
    np.testing.assert_allclose(
        [e.probability for e in pieces], [e.probability for e in whole], atol=1e-5
    )
    assert [e.seconds for e in pieces] == pytest.approx([e.seconds for e in whole])


def test_the_same_again_is_the_same(network: Network) -> None:
    assert _listen(network, _busy(), 1600) == _listen(network, _busy(), 1600)


def test_a_smoke_detector_rings(network: Network) -> None:
    sound = _room(16.0)
    place(sound, machines.beeps(13.0, ((0.5, 0.5), (0.5, 0.5), (0.5, 1.5)), (3100.0,)), 1.0, 0.3)
    found = [e for e in _listen(network, sound, 1600) if e.sound is SoundClass.SMOKE_ALARM]
    # It goes on, and is told once.
    assert [each.probability >= RINGS[SoundClass.SMOKE_ALARM] for each in found] == [True]


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(RATE * 5, np.float32),
        np.ones(RATE * 5, np.float32),
        np.sign(np.sin(2 * np.pi * 100 * np.arange(RATE * 5) / RATE)).astype(np.float32),
        _room(10.0, -20.0),
        _room(10.0, -70.0),
    ],
    ids=["silence", "offset", "square", "loud noise", "quiet room"],
)
def test_nothing_rings_for_nothing(network: Network, sound: Floats) -> None:
    assert not [e for e in _listen(network, sound, 1600) if e.probability >= RINGS.get(e.sound, 2)]


@pytest.mark.parametrize("level_db", [-75.0, -50.0, -25.0])
def test_a_steady_noise_is_not_looked_at(network: Network, level_db: float) -> None:
    ear = Ear(network, outputs.load())
    chunks = ear.push(_room(30.0, level_db))
    # The first 10 s are always looked at.
    assert sum(each.looked for each in chunks[30:]) <= len(chunks) * 0.1
    loud = _room(3.0, level_db)
    place(loud, voice.scream(np.random.default_rng(1)), 1.0, 0.9)
    assert any(each.looked for each in ear.push(loud))


def test_a_stream_may_begin_in_a_scream(network: Network) -> None:
    sound = np.concatenate([voice.scream(np.random.default_rng(seed)) for seed in (4, 5)])
    found = _listen(network, np.concatenate([0.5 * sound, _room(3.0)]), 1600)
    assert SoundClass.SCREAM in {each.sound for each in found}


def test_rows_have_their_time(network: Network) -> None:
    ear = Ear(network, outputs.load())
    chunks = ear.push(_room(3.0))
    assert [each.first for each in chunks] == list(range(0, 5 * len(chunks), 5))
    assert end_s(0) == pytest.approx(0.325)
    assert end_s(chunks[-1].first + 4) <= 3.0


def test_a_gap_ends_what_was_heard(network: Network) -> None:
    sound = _busy()[: 3 * RATE]
    listener = SoundListener("r12", "m1", network, outputs.load())
    listener.push(Block(sound, len(sound) * SAMPLE_NS))
    later = 10**12
    found = listener.push(Block(sound[:1600], later, lost=1))
    assert all(each.t <= len(sound) * SAMPLE_NS for each in found)
    assert [each.sound for each in found].count(SoundClass.SCREAM) <= 1
