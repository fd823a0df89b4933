"""One device that measures the heart: what is sent when, and what is withheld."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.evaluate.pulses import Kind, made, noisy
from ambient.observations import AnyObservation, Doubt, RhythmMeasured, VitalMeasured
from vitals.beats.meter import RhythmMeter
from vitals.devices import Device, Signal
from vitals.readings import IntervalsRead, WaveRead

NS = 1_000_000_000
T0 = 1_700_000_040 * NS
"""On a full minute."""
DEVICE = Device(source="band-1", room="r12", subject="s-4f2a")
RATE = 64.0


def signal(reading: WaveRead | IntervalsRead, t: int) -> Signal:
    return Signal(device=DEVICE, reading=reading, t=t, received=t + NS, offset_s=0.0, trusted=True)


def wave(samples: np.ndarray, cut: int, rate: float = RATE) -> list[AnyObservation]:
    meter, out = RhythmMeter(DEVICE), []
    for begin in range(0, len(samples), cut):
        part = samples[begin : begin + cut].astype(np.float32)
        end = T0 + round((begin + len(part)) * NS / rate)
        out += meter.take(signal(WaveRead(device="d", samples=part, rate=rate), end))
    return out


def told(seconds: np.ndarray, doubts: tuple[Doubt, ...] = ()) -> list[AnyObservation]:
    """Send intervals as straps do: once a second those that ended in it."""
    meter, out = RhythmMeter(DEVICE), []
    ends = np.cumsum(seconds)
    for second in range(1, int(ends[-1]) + 1):
        now = seconds[(ends > second - 1) & (ends <= second)]
        if len(now):
            reading = IntervalsRead(device="d", seconds=tuple(now.tolist()), doubts=doubts)
            out += meter.take(signal(reading, T0 + second * NS))
    return out


def rhythms(said: list[AnyObservation]) -> list[RhythmMeasured]:
    return [one for one in said if isinstance(one, RhythmMeasured)]


def rates(said: list[AnyObservation]) -> list[VitalMeasured]:
    return [one for one in said if isinstance(one, VitalMeasured)]


def test_a_clean_wave_gives_heart_rate_and_rhythm() -> None:
    one = made(200.0, RATE, np.random.default_rng(3))
    said = wave(one.wave, 32)
    pulse = 60.0 / float(np.diff(one.at).mean())
    assert 17 <= len(rates(said)) <= 20
    assert all(abs(each.value - pulse) < 6.0 for each in rates(said))
    assert abs(float(np.mean([each.value for each in rates(said)])) - pulse) < 1.0
    assert {(each.code, each.unit) for each in rates(said)} == {("8867-4", "/min")}
    last = rhythms(said)[-1]
    assert last.quality > 0.9
    true = np.diff(one.at[one.at < (last.t - T0) / NS])
    assert last.rmssd_ms == pytest.approx(1000 * np.sqrt(np.square(np.diff(true)).mean()), rel=0.05)
    assert last.sdnn_ms == pytest.approx(1000 * true.std(ddof=1), rel=0.05)
    assert last.lf_hf is not None
    assert all(each.t % (60 * NS) == 0 for each in rhythms(said))


@pytest.mark.parametrize("cut", [1, 16, 100, 640])
def test_batches_of_any_size_say_the_same_up_to_where_both_have_come(cut: int) -> None:
    one = made(130.0, RATE, np.random.default_rng(4))
    whole, parts = wave(one.wave, 64), wave(one.wave, cut)
    until = min(whole[-1].t, parts[-1].t)
    pairs = zip(
        [each for each in whole if each.t <= until],
        [each for each in parts if each.t <= until],
        strict=True,
    )
    for each, other in pairs:
        assert (each.t, type(each)) == (other.t, type(other))
        if isinstance(each, VitalMeasured) and isinstance(other, VitalMeasured):
            assert abs(each.value - other.value) <= 0.1
        if isinstance(each, RhythmMeasured) and isinstance(other, RhythmMeasured):
            assert each.beats == other.beats
            assert abs((each.rmssd_ms or 0) - (other.rmssd_ms or 0)) <= 0.1


def test_noise_withholds() -> None:
    one = made(130.0, RATE, np.random.default_rng(5))
    said = wave(noisy(one.wave, RATE, 2.0, np.random.default_rng(6)), 64)
    assert rhythms(said)
    assert all(each.quality < 0.8 and each.rmssd_ms is None for each in rhythms(said))
    assert all(each.irregular is None for each in rhythms(said))


def test_intervals_of_a_strap() -> None:
    true = np.diff(made(190.0, 100.0, np.random.default_rng(7)).at)
    said = told(true)
    last = rhythms(said)[-1]
    assert last.quality > 0.9
    of = true[np.cumsum(true) <= (last.t - T0) / NS]
    assert last.rmssd_ms == pytest.approx(1000 * np.sqrt(np.square(np.diff(of)).mean()), rel=0.05)
    assert rates(said)


def test_doubted_intervals_are_withheld() -> None:
    true = np.diff(made(130.0, 100.0, np.random.default_rng(8)).at)
    said = told(true, (Doubt.OFF_BODY,))
    assert rates(said) == []
    assert all(each.rmssd_ms is None and each.quality == 0.0 for each in rhythms(said))


def test_an_irregular_rhythm_is_named_and_its_variability_withheld() -> None:
    true = np.diff(made(200.0, 100.0, np.random.default_rng(9), Kind.IRREGULAR).at)
    last = rhythms(told(true))[-1]
    assert last.irregular is not None
    assert last.irregular > 0.8
    assert last.rmssd_ms is None
    assert last.pnn50 is None


def test_a_hole_bridges_no_interval() -> None:
    one = made(120.0, RATE, np.random.default_rng(10))
    meter, out = RhythmMeter(DEVICE), []
    for second in range(120):
        if 50 <= second < 58:
            continue
        part = one.wave[int(second * RATE) : int((second + 1) * RATE)].astype(np.float32)
        reading = WaveRead(device="d", samples=part, rate=RATE)
        out += meter.take(signal(reading, T0 + (second + 1) * NS))
    assert all(each.value > 50 for each in rates(out))
    assert rhythms(out)


@pytest.mark.parametrize(("rate", "ecg"), [(10.0, False), (50.0, True)])
def test_rates_at_which_no_beat_can_be_found_are_counted(rate: float, ecg: bool) -> None:
    meter = RhythmMeter(DEVICE)
    reading = WaveRead(device="d", samples=np.zeros(50, np.float32), rate=rate, ecg=ecg)
    assert meter.take(signal(reading, T0)) == []
    assert meter.refused == 1
