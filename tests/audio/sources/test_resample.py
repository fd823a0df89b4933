"""Any rate and channels to mono at 16 kHz: the same however it is cut up, and what it counts."""

import numpy as np
import pytest

from ambient.errors import SourceError
from audio.blocks import RATE, SECOND_NS
from audio.sources.resample import LOUDEST, Converter
from tests.audio.sources.kit import one_peak, tone

RATES = [4_000, 8_000, 11_025, 16_000, 16_001, 22_050, 44_100, 48_000, 96_000, 384_000]


def converted(values: np.ndarray, rate: int, sizes: list[int]) -> np.ndarray:
    """Return `values` converted in pieces of `sizes`, over and over."""
    values = values.astype(np.float32)
    values = values.reshape(len(values), -1)
    converter = Converter("x")
    pieces, i, k = [], 0, 0
    while i < len(values):
        piece = values[i : i + sizes[k % len(sizes)]]
        pieces.append(converter.convert(piece, rate).samples)
        i, k = i + len(piece), k + 1
        done_ns = sum(map(len, pieces)) * SECOND_NS // RATE
        assert abs(converter.pending_ns - (i * SECOND_NS // rate - done_ns)) <= 1
    pieces.append(converter.flush().samples)
    assert converter.pending_ns == 0
    return np.concatenate(pieces)


@pytest.mark.parametrize("rate", RATES)
def test_a_stream_is_the_batch_bit_for_bit(rate):
    noise = np.random.default_rng(rate).standard_normal((rate + 7, 2)) * 0.1
    whole = converted(noise, rate, [len(noise)])
    assert abs(len(whole) - len(noise) * RATE / rate) <= 1
    for sizes in ([1, 7, 4_801, 333], [rate // 10], [511]):
        assert np.array_equal(converted(noise, rate, sizes), whole)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_tone_keeps_its_pitch_level_and_time(rate, channels):
    values = np.tile(tone(rate, 1.0, 440.0, 0.5)[:, None], (1, channels))
    samples = converted(values, rate, [rate // 20])
    hertz, level = one_peak(samples)
    assert abs(hertz - 440) < 1.5
    assert abs(level - 0.5) < 0.01
    middle = slice(2_000, 14_000)
    assert np.abs(samples[middle] - tone(RATE, 1.0, 440.0, 0.5)[middle]).max() < 2e-3


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_what_does_not_fit_is_gone_and_what_fits_stays(rate):
    over = converted(tone(rate, 1.0, 9_000.0, 0.5), rate, [4_800])
    assert np.abs(over[2_000:14_000]).max() < 0.5 * 10 ** (-100 / 20)
    under = converted(tone(rate, 1.0, 7_000.0, 0.5), rate, [4_800])
    assert abs(one_peak(under)[1] - 0.5) < 0.5 * 0.012


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_sample_or_two(rate, count):
    samples = converted(np.full(count, 0.25), rate, [1])
    assert samples.size >= 1
    assert np.isfinite(samples).all()


@pytest.mark.parametrize(
    ("bad", "becomes"), [(np.nan, 0.0), (np.inf, 0.0), (-np.inf, 0.0), (1e30, LOUDEST)]
)
def test_no_numbers(bad, becomes):
    values = np.full((1_600, 2), 0.1, np.float32)
    values[3] = bad
    got = Converter("x").convert(values, RATE)
    assert got.samples[3] == becomes
    assert got.broken == (0 if np.isfinite(bad) else 1)
    assert values[3, 0] == bad or np.isnan(bad), "the caller's values are written on"
    half = Converter("x").convert(np.array([[np.nan, 0.5]], np.float32), RATE)
    assert (half.samples.tolist(), half.broken) == ([0.25], 1)


@pytest.mark.parametrize(
    ("level", "clipped"), [(1.0, 1.0), (-1.0, 1.0), (32_124 / 32_768, 1.0), (0.97, 0.0), (0.0, 0.0)]
)
def test_clipping_is_seen_before_it_is_mixed_away(level, clipped):
    values = np.zeros((4_800, 4), np.float32)
    values[:, 0] = level
    converter = Converter("x")
    got = [converter.convert(values[i : i + 480], 48_000) for i in range(0, 4_800, 480)]
    given = [one for one in got if one.samples.size]
    assert {one.clipped for one in given} == {clipped / 4}
    assert max(np.abs(one.samples).max() for one in given) < 0.3


def test_broken_samples_are_counted_at_our_rate():
    values = np.full((48_000, 1), np.nan, np.float32)
    converter = Converter("x")
    got = [converter.convert(values[i : i + 4_800], 48_000) for i in range(0, 48_000, 4_800)]
    assert sum(one.broken for one in got) == RATE
    assert not any(one.samples.any() for one in got)


@pytest.mark.parametrize("rate", [1, 3_999, 384_001, 2**31 - 1])
def test_a_rate_no_microphone_has(rate):
    with pytest.raises(SourceError, match="x: expected 4000 to 384000 samples a second"):
        Converter("x").convert(np.zeros((10, 1), np.float32), rate)


def test_another_rate_needs_a_flush():
    converter = Converter("x")
    converter.convert(np.zeros((10, 1), np.float32), 48_000)
    with pytest.raises(ValueError, match="call flush"):
        converter.convert(np.zeros((10, 1), np.float32), 44_100)
    converter.flush()
    assert converter.convert(np.zeros((10, 1), np.float32), RATE).samples.size == 10
