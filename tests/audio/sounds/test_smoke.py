"""The rule of the smoke detector: found in any room, and nothing else taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from audio.sounds.smoke import SmokeRule
from models.sounds.mel import Streaming
from models.sounds.synthesis import machines
from models.sounds.synthesis.basics import Floats, noise
from models.sounds.synthesis.rooms import response, through

T3 = ((0.5, 0.5), (0.5, 0.5), (0.5, 1.5))
RINGS = 0.9


def _best(sound: Floats) -> float:
    streaming, rule = Streaming(), SmokeRule()
    frames = streaming.push(np.concatenate([sound, np.zeros(32_000, np.float32)]))
    frames = frames[: len(frames) // 40 * 40]
    return max((rule.push(frames[i : i + 40]) for i in range(0, len(frames), 40)), default=0.0)


def _mixed(sound: Floats, snr_db: float, seed: int = 0, *, room: bool = True) -> Floats:
    rng = np.random.default_rng(seed)
    wet = through(sound, response(rng))[: len(sound)] if room else sound
    power = float(np.square(wet).mean())
    behind = noise(rng, len(wet), 3.0) * np.float32(np.sqrt(power * 10 ** (-snr_db / 10)))
    whole = np.concatenate([behind[:8000], wet + behind])
    return np.asarray(0.1 * whole / np.abs(whole).max(), np.float32)


@pytest.mark.parametrize("hertz", [520.0, 950.0, 2900.0, 3400.0])
@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_t3_is_found(hertz: float, snr_db: float) -> None:
    for seed in range(3):
        assert _best(_mixed(machines.beeps(10.0, T3, (hertz,)), snr_db, seed)) >= RINGS


@pytest.mark.parametrize("tempo", [0.95, 1.05])
def test_times_may_vary(tempo: float) -> None:
    pattern = tuple((on * tempo, off * tempo) for on, off in T3)
    assert _best(_mixed(machines.beeps(10.0, pattern, (3100.0,)), 20.0)) >= RINGS


OTHERS = {
    "even beat": (((0.5, 0.5),), (3100.0,)),
    "busy line": (((0.48, 0.48),), (425.0,)),
    "T4 of carbon monoxide": (((0.1, 0.1),) * 3 + ((0.1, 5.0),), (3100.0,)),
    "four beats": (((0.5, 0.5),) * 3 + ((0.5, 1.5),), (2000.0,)),
    "two beats": (((0.5, 0.5), (0.5, 1.5)), (2000.0,)),
    "quick three": (((0.2, 0.2), (0.2, 0.2), (0.2, 2.0)), (900.0,)),
    "one long": (((2.0, 2.0),), (1000.0,)),
    "three beats once": (((0.5, 0.5), (0.5, 0.5), (0.5, 30.0)), (425.0,)),
    "always": (((30.0, 0.0),), (1000.0,)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_beeps_are_none(name: str) -> None:
    pattern, hertz = OTHERS[name]
    assert _best(_mixed(machines.beeps(20.0, pattern, hertz), 20.0)) < 0.5


@pytest.mark.parametrize("name", ["infusion pump", "phone", "nurse-call buzzer", "other beeper"])
def test_what_rings_in_a_room_is_none(name: str) -> None:
    for seed in range(6):
        sound = machines.RINGING[name](np.random.default_rng(seed), 20.0)
        assert _best(_mixed(sound, 25.0, seed)) < 0.5


@pytest.mark.parametrize(("apart_db", "found"), [(0.0, True), (3.0, True), (9.0, False)])
def test_pulses_are_equally_loud(apart_db: float, found: bool) -> None:
    # A whistle that comes and goes keeps the time by chance, and no level.
    sound = machines.beeps(10.0, T3, (3100.0,))
    for pulse in range(0, 10, 2):
        sound[pulse * 16_000 : (pulse + 1) * 16_000] *= np.float32(10 ** (-apart_db / 20))
    assert (_best(_mixed(sound, 25.0)) >= RINGS) is found


def test_silence_and_noise_are_none() -> None:
    assert _best(np.zeros(160_000, np.float32)) == 0.0
    assert _best(0.1 * noise(np.random.default_rng(0), 160_000)) < 0.5


def test_what_was_heard_is_forgotten() -> None:
    sound = machines.beeps(4.4, T3, (3100.0,))
    streaming, rule = Streaming(), SmokeRule()
    frames = streaming.push(np.concatenate([sound, sound]))[: 800 // 40 * 40]
    for i in range(0, 400, 40):
        rule.push(frames[i : i + 40])
    rule.reset()
    assert max(rule.push(frames[i : i + 40]) for i in range(400, 800, 40)) < 0.5


@pytest.mark.parametrize(("decay_s", "rings"), [(0.15, False), (0.3, False), (30.0, True)])
def test_a_note_that_dies_away_is_no_pulse(decay_s: float, rings: bool) -> None:
    beeps = machines.beeps(12.0, T3, (880.0,))
    seconds = np.arange(len(beeps)) / 16_000 % 4.0
    since = np.where(seconds < 3.0, seconds % 1.0, seconds - 2.0)
    struck = np.asarray(beeps * np.exp(-since / decay_s), np.float32)
    assert (_best(_mixed(struck, 30.0, room=False)) >= RINGS) == rings
