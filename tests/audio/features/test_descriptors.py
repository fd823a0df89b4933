"""A sound is described alike however it comes in, and whatever it is."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate.voice_signals import Talk, Voice, noisy, sustained, talk
from audio.features import Descriptors, Extractor, Lld, describe, functionals, measure
from audio.features.descriptors import PUBLISHED, RUN
from audio.features.frames import LONG, SHORT, STEP


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return noisy(talk(Talk(4.0), 3)[0], 35.0, 3)


@pytest.mark.parametrize("length", [160, 512, 777, 4096, 20_481, 10**6])
def test_a_stream_gives_the_same_bits_as_a_file(speech: np.ndarray, length: int) -> None:
    whole = describe(speech)
    extractor = Extractor()
    parts = [extractor.push(speech[at : at + length]) for at in range(0, len(speech), length)]
    parts.append(extractor.finish())
    assert np.array_equal(Descriptors.joined(parts).rows, whole.rows)
    firsts = [part.first for part in parts if len(part)]
    assert firsts == np.cumsum([0, *[len(part) for part in parts if len(part)][:-1]]).tolist()


def test_what_a_minute_is_measured_by_is_the_same_without_the_rest(speech: np.ndarray) -> None:
    whole = describe(speech)
    extractor = Extractor(full=False)
    parts = [extractor.push(speech), extractor.finish()]
    told = [(0.0, len(speech) / 16_000)]
    fewer = Descriptors.joined(parts)
    assert measure(fewer, told) == measure(whole, told) != []
    left_out = [name for name in Lld if not np.array_equal(fewer[name], whole[name])]
    assert left_out == [
        *(Lld.HAMMARBERG, Lld.FLUX, Lld.MFCC1, Lld.MFCC2, Lld.MFCC3, Lld.MFCC4),
        *(Lld.H1_H2, Lld.H1_A3, Lld.F1, Lld.F1_WIDTH, Lld.F1_LEVEL, Lld.F2, Lld.F2_WIDTH),
        *(Lld.F2_LEVEL, Lld.F3, Lld.F3_WIDTH, Lld.F3_LEVEL),
    ]


def test_blocks_of_one_sample() -> None:
    sound, _ = sustained(Voice(150.0, 0.1), 1)
    extractor = Extractor()
    parts = [extractor.push(sound[at : at + 1]) for at in range(len(sound))]
    parts.append(extractor.finish())
    assert np.array_equal(Descriptors.joined(parts).rows, describe(sound).rows)


def test_an_extractor_begins_anew_after_the_end(speech: np.ndarray) -> None:
    extractor = Extractor()
    first = Descriptors.joined([extractor.push(speech), extractor.finish()])
    again = Descriptors.joined([extractor.push(speech), extractor.finish()])
    assert np.array_equal(first.rows, again.rows)


def test_rows_come_out_while_sound_goes_in(speech: np.ndarray) -> None:
    extractor = Extractor()
    given = len(extractor.push(speech))
    # What is held back: a run whose sound is not whole, the pitch's 0.3 s, neighbours.
    assert given >= len(speech) // STEP - 3 * RUN


@pytest.mark.parametrize(
    ("samples", "rows"),
    [(0, 0), (1, 0), (SHORT - 1, 0), (SHORT, 1), (LONG, 5), (LONG + STEP, 6), (16_000, 99)],
)
def test_every_whole_short_frame_has_a_row(samples: int, rows: int) -> None:
    sound, _ = sustained(Voice(150.0, 1.1), 1)
    found = describe(sound[:samples])
    assert len(found) == rows
    # A pitch needs all of a long frame.
    assert found.voiced.sum() <= max(0, (samples - LONG) // STEP + 1)
    assert np.isfinite(list(functionals(found).values())).all()


@pytest.mark.parametrize(
    "name", ["zeros", "constant", "square", "impulse", "loudest noise", "one step of 16 bits"]
)
def test_any_sound_has_finite_numbers(name: str) -> None:
    length = 12_000
    rng = np.random.default_rng(1)
    sounds = {
        "zeros": np.zeros(length),
        "constant": np.full(length, 0.5),
        "square": np.where(np.arange(length) // 40 % 2, 1.0, -1.0),
        "impulse": np.eye(1, length, length // 2)[0],
        "loudest noise": rng.uniform(-1, 1, length),
        "one step of 16 bits": rng.integers(-1, 2, length) / 32768,
    }
    found = describe(sounds[name].astype(np.float32))
    assert np.isfinite(found.rows).all()
    values = functionals(found)
    assert np.isfinite(list(values.values())).all()
    if name not in ("square", "loudest noise"):
        assert values["VoicedSegmentsPerSec"] == 0
    if name == "square":
        assert values["F0semitoneFrom27.5Hz_sma3nz_amean"] == pytest.approx(
            12 * np.log2(200 / 27.5), abs=0.15
        )


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((10, 2), np.float32), r"expected shape \(samples,\)"),
        (np.array([0.0, np.nan], np.float32), "expected finite numbers"),
        (np.array([0.0, np.inf], np.float32), "expected finite numbers"),
    ],
)
def test_what_is_no_sound_is_refused(samples: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        describe(samples)


def test_columns_of_a_part(speech: np.ndarray) -> None:
    rows = describe(speech)
    part = rows.between(1.0, 1.5)
    assert (part.first, len(part), part.seconds) == (100, 50, 0.5)
    assert np.array_equal(part[Lld.LOUDNESS], rows[Lld.LOUDNESS][100:150])
    assert np.array_equal(part.between(1.2, 9.0)[Lld.HNR], rows[Lld.HNR][120:150])
    assert len(rows.between(99.0, 100.0)) == 0
    assert len(PUBLISHED) == 25


def test_loudness_of_a_voice_does_not_change_its_quality() -> None:
    sound, _ = sustained(Voice(140.0, 0.6, jitter=0.01, shimmer_db=0.3, hnr_db=15.0), 2)
    loud, soft = describe(sound), describe(sound * np.float32(0.25))
    for name in (Lld.F0_HZ, Lld.JITTER, Lld.SHIMMER, Lld.HNR, Lld.H1_H2, Lld.F1, Lld.MFCC1):
        assert np.allclose(loud[name], soft[name], rtol=1e-3, atol=1e-3), name
    ratio = loud[Lld.LOUDNESS].mean() / soft[Lld.LOUDNESS].mean()
    assert ratio == pytest.approx(16**0.33, rel=0.01)
