"""The published names, and statistics of contours of which they are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ambient.evaluate.voice_signals import Talk, talk
from audio.features import Descriptors, Lld, describe, functionals
from audio.features.functionals import WINDOW, lengths, slopes, turns
from tests.recorded import recorded


def _rows(**columns: list[float]) -> Descriptors:
    count = len(next(iter(columns.values())))
    rows = np.zeros((count, len(Lld)))
    for name, values in columns.items():
        rows[:, list(Lld).index(Lld[name])] = values
    return Descriptors(rows)


def test_names_are_the_published_ones_in_order() -> None:
    names = list(functionals(Descriptors(np.zeros((0, len(Lld))))))
    assert len(names) == len(set(names)) == 88
    known = recorded("audio", "egemaps_names.txt").read_text().split()
    assert names == known


def test_of_nothing_every_functional_is_zero_but_the_level() -> None:
    values = functionals(Descriptors(np.zeros((0, len(Lld)))))
    assert values.pop("equivalentSoundLevel_dBp") == -120.0
    assert set(values.values()) == {0.0}


def test_unvoiced_rows_count_where_they_should() -> None:
    values = functionals(
        _rows(
            F0_SEMITONES=[0, 30, 32, 0, 34],
            HNR=[0, 5, 7, 0, 9],
            MFCC1=[1, 10, 20, 3, 30],
            ALPHA_RATIO=[-2, -10, -20, -4, -30],
            F1_LEVEL=[-201, -10, -20, -201, -30],
            ENERGY=[0.0, 0.02, 0.01, 0.0, 0.02],
        )
    )
    assert values["F0semitoneFrom27.5Hz_sma3nz_amean"] == 32
    assert values["F0semitoneFrom27.5Hz_sma3nz_percentile50.0"] == 32
    assert values["F0semitoneFrom27.5Hz_sma3nz_pctlrange0-2"] == pytest.approx(2.4)
    assert values["HNRdBACF_sma3nz_amean"] == 7
    assert values["HNRdBACF_sma3nz_stddevNorm"] == pytest.approx(np.std([5, 7, 9]) / 7)
    assert values["mfcc1_sma3_amean"] == pytest.approx(64 / 5)
    assert values["mfcc1V_sma3nz_amean"] == 20
    assert values["alphaRatioV_sma3nz_amean"] == -20
    assert values["alphaRatioUV_sma3nz_amean"] == -3
    # A mean below zero makes the norm of the deviation negative, as published.
    assert values["alphaRatioV_sma3nz_stddevNorm"] < 0
    assert values["F1amplitudeLogRelF0_sma3nz_amean"] == pytest.approx(-462 / 5)
    assert values["equivalentSoundLevel_dBp"] == pytest.approx(-20.0 + 10 * np.log10(WINDOW))


def test_segments_have_lengths_in_seconds() -> None:
    voiced = np.array([0, 1, 1, 0, 0, 0, 1, 0], bool)
    assert lengths(voiced) == pytest.approx([0.01, 0.0])
    assert lengths(~voiced) == pytest.approx([0.0, 0.02, 0.0])
    values = functionals(_rows(F0_SEMITONES=(30.0 * voiced).tolist()))
    assert values["VoicedSegmentsPerSec"] == pytest.approx(2 / 0.08)
    assert values["MeanVoicedSegmentLengthSec"] == pytest.approx(0.005)
    assert values["StddevVoicedSegmentLengthSec"] == pytest.approx(0.005)
    assert values["MeanUnvoicedSegmentLength"] == pytest.approx(0.02 / 3)


@pytest.mark.parametrize(
    ("contour", "height", "peaks", "valleys"),
    [
        ([], 1.0, [], []),
        ([1, 1, 1, 1], 0.0, [], []),
        ([0, 1, 2, 3], 1.0, [], [0]),
        ([0, 5, 0], 1.0, [1], [0, 2]),
        ([5, 0, 5], 1.0, [], [1]),
        ([0, 5, 4.5, 5.2, 0], 1.0, [3], [0, 4]),
        ([0, 5, 1, 6, 0], 1.0, [1, 3], [0, 2, 4]),
        ([0, 4, 4, 4, 0], 1.0, [3], [0, 4]),
        ([3, 3.4, 3, 3.4, 9, 2], 1.0, [4], [0, 5]),
    ],
)
def test_turns_of_a_contour(
    contour: list[float], height: float, peaks: list[int], valleys: list[int]
) -> None:
    found = turns(np.array(contour, float), height)
    assert found == (peaks, valleys)


def test_slopes_rise_and_fall_a_second() -> None:
    rising, falling = slopes(np.array([0.0, 2, 4, 6, 5, 4, 3, 2, 1, 0]))
    assert rising == pytest.approx([200.0])
    assert falling == pytest.approx([100.0])


@pytest.mark.parametrize("rate", [3.0, 5.0])
def test_loudness_peaks_are_syllables(rate: float) -> None:
    sound, _ = talk(Talk(rate), 2)
    values = functionals(describe(sound))
    seconds = len(sound) / 16_000
    assert values["loudnessPeaksPerSec"] * seconds == pytest.approx(23, abs=2)
    assert values["equivalentSoundLevel_dBp"] == pytest.approx(
        20 * np.log10(0.05) + 10 * np.log10(WINDOW), abs=0.3
    )


def test_published_rows_add_up() -> None:
    """The example of a published table: 14 and 15 stretches of 1.71 and 3.10 s fill 510 rows."""
    rows = np.zeros(510, bool)
    edges = np.linspace(0, 510, 30).round().astype(int)
    for begin, end in zip(edges[1:-1:2], edges[2::2], strict=True):
        rows[begin:end] = True
    assert len(lengths(rows)) == 14
    assert len(lengths(~rows)) == 15
    assert lengths(rows).sum() + lengths(~rows).sum() == pytest.approx(1.71 + 3.10)


def test_every_functional_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "voice-features.md").read_text()
    for name in functionals(Descriptors(np.zeros((0, len(Lld))))):
        assert f"| `{name}` |" in page, name
