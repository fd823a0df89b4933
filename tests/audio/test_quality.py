"""What a microphone can hear: each state, its delay, and what must not raise it."""

import pickle
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ambient.observations import Hearing, HearingState
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.listening import FLOOR_DBFS, listen
from audio.quality import GONE_S, REPEAT_S, HearingMonitor
from audio.ring import Ring
from audio.sources import open_sound
from tests.audio.sources.kit import write
from tests.recorded import recorded

S = 1_000_000_000
Sound = Callable[[np.random.Generator, int], np.ndarray]
"""A second of sound; arguments are chance and the second's number."""


def db(level: float) -> float:
    return float(10 ** (level / 20))


def noise(level: float) -> Sound:
    return lambda random, _: random.standard_normal(RATE) * db(level)


def lines(hertz: float, level: float, count: int = 4) -> Sound:
    """Return `count` harmonics of `hertz`, together at `level`."""

    def make(_: np.random.Generator, second: int) -> np.ndarray:
        t = second + np.arange(RATE) / RATE
        each = db(level) * np.sqrt(2 / count)
        return sum(each * np.sin(2 * np.pi * hertz * k * t + k) for k in range(1, count + 1))

    return make


def glide(level: float) -> Sound:
    """Return a voice that speaks around 100 and 120 Hz without a pause."""

    def make(_: np.random.Generator, second: int) -> np.ndarray:
        t = second + np.arange(RATE) / RATE
        phase = 2 * np.pi * (110 * t + 3 * np.sin(2 * np.pi * 1.3 * t))
        return sum(db(level) * np.sin(k * phase) / k for k in range(1, 20))

    return make


def rumble(level: float) -> Sound:
    """Return noise that falls by 6 dB an octave, as wind and traffic do."""

    def make(random: np.random.Generator, _: int) -> np.ndarray:
        spectrum = np.fft.rfft(random.standard_normal(RATE))
        spectrum[1:] /= np.arange(1, len(spectrum))
        wave = np.fft.irfft(spectrum)
        return wave * db(level) / wave.std()

    return make


def plus(*sounds: Sound) -> Sound:
    return lambda random, second: sum(sound(random, second) for sound in sounds)


def constant(value: float) -> Sound:
    return lambda _, __: np.full(RATE, value)


def sometimes(sound: Sound, every: int, other: Sound) -> Sound:
    return lambda random, second: (other if second % every else sound)(random, second)


QUIET = noise(-60)


def clip(sound: Sound) -> Sound:
    return lambda random, second: np.clip(sound(random, second), -1, 1)


class Ear:
    """Plays sound to a monitor, in blocks of whatever length."""

    def __init__(self, size: int = 1_600, seed: int = 0) -> None:
        self.monitor = HearingMonitor("r1", "mic1")
        self.random = np.random.default_rng(seed)
        self.size = size
        self.second = 0
        self.t_ns = 0
        self.said: list[HearingState] = []

    def hear(self, sound: Sound, seconds: int, lost: int = 0, late: bool = False) -> list[Hearing]:
        """Play so many seconds, with losses in each; return what was said."""
        before = len(self.said)
        for _ in range(seconds):
            samples = sound(self.random, self.second).astype(np.float32)
            self.second += 1
            for i in range(0, RATE, self.size):
                piece = samples[i : i + self.size]
                missing = lost if i == 0 else 0
                self.t_ns += (piece.size + missing) * SAMPLE_NS
                full = float(np.mean(np.abs(piece) >= 0.98))
                block = Block(piece, self.t_ns, lost=missing, late=late and i == 0, clipped=full)
                self.said += self.monitor.update(block)
        return [state.hearing for state in self.said[before:]]


CASES: dict[str, tuple[Sound, Hearing]] = {
    "digital silence": (constant(0.0), Hearing.SILENT),
    "less than a step of 16 bits": (noise(-100), Hearing.SILENT),
    "a constant, nothing else": (constant(0.3), Hearing.SILENT),
    "a constant under a room": (plus(QUIET, constant(0.2)), Hearing.OFFSET),
    "a negative one": (plus(QUIET, constant(-0.06)), Hearing.OFFSET),
    "a full-scale square": (lambda r, s: np.sign(lines(300, 0, 1)(r, s)), Hearing.CLIPPED),
    "loud and clipped": (clip(noise(0)), Hearing.CLIPPED),
    "clipped a tenth of the time": (sometimes(clip(noise(0)), 5, QUIET), Hearing.CLIPPED),
    "mains of 50 Hz": (plus(QUIET, lines(50, -45)), Hearing.HUM),
    "mains of 60 Hz": (plus(QUIET, lines(60, -45)), Hearing.HUM),
    "mains that drift": (plus(QUIET, lines(50.2, -45, 8)), Hearing.HUM),
    "hum at 100 Hz alone": (plus(QUIET, lines(100, -45, 1)), Hearing.HUM),
    "hum, and speech every third second": (
        sometimes(noise(-25), 3, plus(QUIET, lines(50, -40))),
        Hearing.HUM,
    ),
    # What must not raise anything.
    "a quiet room": (QUIET, Hearing.OK),
    "the quietest room": (noise(-85), Hearing.OK),
    "a loud room": (noise(-16), Hearing.OK),
    "a rumble": (rumble(-30), Hearing.OK),
    "a voice without a pause": (plus(noise(-70), glide(-25)), Hearing.OK),
    "hum below the room": (plus(QUIET, lines(50, -64)), Hearing.OK),
    "hum that nobody hears": (plus(noise(-90), lines(50, -80)), Hearing.OK),
    "a hum for a third of the time": (
        sometimes(plus(QUIET, lines(50, -40)), 3, QUIET),
        Hearing.OK,
    ),
    "a tone that is no mains": (plus(QUIET, lines(440, -30, 1)), Hearing.OK),
    "a scream now and then": (sometimes(clip(noise(-9)), 30, QUIET), Hearing.OK),
    "a small constant": (plus(QUIET, constant(0.03)), Hearing.OK),
    "silence every third second": (sometimes(constant(0.0), 3, QUIET), Hearing.OK),
}


@pytest.mark.parametrize("name", CASES)
def test_states(name):
    sound, hearing = CASES[name]
    ear = Ear()
    assert ear.hear(QUIET, 20)[0] is Hearing.OK
    ear.hear(sound, 100)
    assert ear.monitor.hearing is hearing
    assert {state.hearing for state in ear.said} <= {Hearing.OK, hearing}
    ear.hear(QUIET, 120)
    assert ear.monitor.hearing is Hearing.OK
    assert [state.hearing for state in ear.said].count(hearing) >= 1
    assert all(b.t > a.t for a, b in pairwise(ear.said))
    assert len({state.run for state in ear.said}) == 1


@pytest.mark.parametrize(
    ("sound", "within", "measure"),
    [
        (constant(0.0), (9, 12), FLOOR_DBFS),
        (plus(QUIET, constant(0.2)), (9, 12), 0.2),
        (clip(noise(0)), (3, 5), None),
        (plus(QUIET, lines(50, -45)), (40, 48), 15.0),
    ],
)
def test_how_soon_and_what_is_measured(sound, within, measure):
    ear = Ear()
    ear.hear(QUIET, 20)
    ear.hear(sound, 50)
    state = next(state for state in ear.said if state.hearing is not Hearing.OK)
    assert within[0] <= state.t / S - 20 <= within[1]
    if measure is not None:
        assert state.measure == pytest.approx(measure, abs=max(0.01, abs(measure) * 0.05))


def test_at_the_beginning_good_is_said_at_once_and_bad_when_it_lasts():
    ear = Ear()
    assert ear.hear(QUIET, 1) == [Hearing.OK]
    ear = Ear()
    assert ear.hear(constant(0.0), 9) == []
    assert ear.hear(constant(0.0), 1) == [Hearing.SILENT]


def test_it_is_said_again_every_minute():
    ear = Ear()
    ear.hear(QUIET, 300)
    assert [state.t for state in ear.said] == [S + n * round(REPEAT_S) * S for n in range(5)]


@pytest.mark.parametrize(
    ("lost", "late", "hearing"),
    [
        (RATE // 5, False, Hearing.GAPS),
        (0, True, Hearing.GAPS),
        (RATE // 50, False, Hearing.OK),
        (0, False, Hearing.OK),
    ],
)
def test_gaps(lost, late, hearing):
    ear = Ear()
    ear.hear(QUIET, 10)
    ear.hear(QUIET, 90, lost=lost, late=late)
    assert ear.monitor.hearing is hearing
    assert (ear.monitor.lost, ear.monitor.late) == (90 * lost, 90 * late)
    ear.hear(QUIET, 200)
    assert ear.monitor.hearing is Hearing.OK


@pytest.mark.parametrize("lost_s", [1, 3, 20])
def test_a_single_hole_is_no_state(lost_s):
    ear = Ear()
    ear.hear(QUIET, 10)
    ear.hear(QUIET, 1, lost=lost_s * RATE, late=True)
    ear.hear(QUIET, 30)
    assert {state.hearing for state in ear.said} == {Hearing.OK}
    assert ear.monitor.lost == lost_s * RATE


def test_samples_that_are_no_numbers_are_gaps():
    monitor = HearingMonitor("r1", "mic1")
    said = []
    for n in range(1, 60):
        samples = np.random.default_rng(n).standard_normal(RATE).astype(np.float32) * 1e-3
        said += monitor.update(Block(samples, n * S, broken=RATE // 4))
    assert monitor.hearing is Hearing.GAPS
    assert monitor.broken == 59 * RATE // 4


def test_a_microphone_that_goes_and_comes_back():
    ear = Ear()
    ear.hear(QUIET, 10)
    monitor = ear.monitor
    assert monitor.silence(ear.t_ns + round((GONE_S - 0.1) * S)) is None
    gone = monitor.silence(ear.t_ns + round(GONE_S * S))
    assert gone is not None
    assert (gone.hearing, gone.measure) == (Hearing.GONE, GONE_S)
    assert monitor.silence(ear.t_ns + 30 * S) is None
    again = monitor.silence(ear.t_ns + 66 * S)
    assert again is not None
    assert (again.hearing, again.measure) == (Hearing.GONE, 66.0)
    ear.t_ns += 70 * S
    assert ear.hear(QUIET, 3, lost=0) == [Hearing.OK]


def test_a_microphone_that_never_sent_anything():
    monitor = HearingMonitor("r1", "mic1")
    assert monitor.silence(100 * S) is None
    gone = monitor.silence(106 * S)
    assert gone is not None
    assert gone.hearing is Hearing.GONE


def test_a_pause_is_said_and_then_sound_decides_again():
    ear = Ear()
    ear.hear(QUIET, 10)
    paused = ear.monitor.override(Hearing.PAUSED, ear.t_ns)
    assert paused is not None
    assert paused.hearing is Hearing.PAUSED
    assert not ear.monitor._window.any()
    assert ear.monitor.silence(ear.t_ns + 30 * S) is None
    again = ear.monitor.silence(ear.t_ns + 61 * S)
    assert again is not None
    assert again.hearing is Hearing.PAUSED
    assert ear.monitor.override(None, ear.t_ns + 62 * S) is None
    ear.t_ns += 62 * S
    assert ear.hear(QUIET, 1) == [Hearing.OK]


@pytest.mark.parametrize(
    ("before", "after", "hearing"),
    [
        (-50, -82, Hearing.SILENT),
        (-50, -73, Hearing.OK),
        (-58, -95, Hearing.SILENT),
        (-75, -94, Hearing.OK),
    ],
)
def test_far_below_its_own_floor_a_microphone_is_silent(before, after, hearing):
    ear = Ear(size=RATE)
    ear.hear(sometimes(noise(-30), 4, noise(before)), 900)
    ear.hear(noise(after), 55)
    assert ear.monitor.hearing is Hearing.OK
    ear.hear(noise(after), 600)
    assert ear.monitor.hearing is hearing
    ear.hear(noise(before), 5)
    assert ear.monitor.hearing is Hearing.OK


def test_a_long_absence_of_a_fan_is_learned():
    ear = Ear(size=RATE)
    ear.hear(noise(-45), 900)
    ear.hear(noise(-70), 900)
    ear.hear(noise(-90), 900)
    assert {state.hearing for state in ear.said} == {Hearing.OK}


@pytest.mark.parametrize("size", [1, 7, 512, 1_601, RATE, 5 * RATE])
def test_however_it_is_cut_up_the_same_is_said(size):
    sounds = [(QUIET, 5), (constant(0.0), 15), (QUIET, 6), (plus(QUIET, constant(0.2)), 14)]
    random = np.random.default_rng(4)
    wave = np.concatenate([sound(random, n) for sound, count in sounds for n in range(count)])
    wave = wave.astype(np.float32)

    def said(step: int) -> list[HearingState]:
        monitor, states = HearingMonitor("r1", "mic1"), []
        for i in range(0, wave.size, step):
            piece = wave[i : i + step]
            states += monitor.update(Block(piece, (i + piece.size) * SAMPLE_NS))
        return [
            HearingState(
                t=state.t, room="r1", source="mic1", hearing=state.hearing, measure=state.measure
            )
            for state in states
        ]

    assert said(size) == said(1_600)


def test_a_day_of_silence_takes_no_memory():
    monitor, ring = HearingMonitor("r1", "mic1"), Ring(30.0)
    nothing = np.zeros(60 * RATE, np.float32)
    said = 0
    held: list[int] = []
    for hour in range(24):
        for n in range(hour * 60 + 1, hour * 60 + 61):
            block = Block(nothing, n * 60 * S)
            ring.push(block)
            said += len(monitor.update(block))
        held.append(len(pickle.dumps((monitor, ring))))
    assert monitor.hearing is Hearing.SILENT
    assert said == 24 * 60
    # Larger numbers take a few bytes more; a single block would be 3.8 million.
    assert max(held) - held[0] < 32


def test_measures():
    random = np.random.default_rng(0)
    loud = listen(noise(-20)(random, 0).astype(np.float32))
    assert loud.level == pytest.approx(-20, abs=0.1)
    assert loud.hum_ratio < -15
    mixed = listen(plus(noise(-50), lines(60, -40), constant(0.1))(random, 0).astype(np.float32))
    assert mixed.hum == pytest.approx(-40, abs=0.1)
    assert mixed.hum_ratio == pytest.approx(10, abs=0.5)
    assert mixed.offset == pytest.approx(0.1, abs=1e-4)
    assert listen(np.ones(RATE, np.float32)).level == FLOOR_DBFS


@pytest.fixture
def recordings() -> Path:
    return recorded("audio")


@pytest.mark.parametrize(
    ("name", "hearing"),
    [
        ("speechbrain-samples/noise3.flac", Hearing.HUM),
        ("silero-vad-test/test.flac", Hearing.OK),
        ("pyannote-test/dev00.flac", Hearing.OK),
        ("pyroomacoustics-samples/guitar_16k.flac", Hearing.OK),
    ],
)
def test_recordings_played_for_three_minutes(recordings, name, hearing):
    monitor = HearingMonitor("r1", "mic1")
    with open_sound(str(recordings / name), loop=True) as source:
        for block in source:
            monitor.update(block)
            if block.t_ns > 180 * S:
                break
    assert monitor.hearing is hearing


FILES: dict[str, tuple[np.ndarray, int, str, Hearing]] = {
    "8 kHz": (np.full(8_000 * 15, 0.3), 8_000, "PCM_16", Hearing.SILENT),
    "96 kHz of zeros": (np.zeros(96_000 * 15), 96_000, "PCM_24", Hearing.SILENT),
    "6 channels": (np.full((RATE * 15, 6), 1.0), RATE, "PCM_24", Hearing.SILENT),
    "NaN": (np.full(48_000 * 15, np.nan), 48_000, "FLOAT", Hearing.SILENT),
    "infinite": (np.full(48_000 * 15, np.inf), 48_000, "FLOAT", Hearing.SILENT),
    "a full-scale square": (
        np.sign(np.sin(np.arange(44_100 * 15) / 30 + 0.1)), 44_100, "PCM_24", Hearing.CLIPPED,
    ),
    "noise on a constant": (
        0.4 + 0.01 * np.random.default_rng(0).random(RATE * 15), RATE, "PCM_24", Hearing.OFFSET,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_bad_files_are_a_state_and_no_crash(tmp_path, name):
    values, rate, subtype, hearing = FILES[name]
    monitor = HearingMonitor("r1", "mic1")
    with open_sound(str(write(tmp_path / "a.wav", values, rate, subtype))) as source:
        for block in source:
            monitor.update(block)
    assert monitor.hearing is hearing
