"""The tables and figures of voices, as a person calls them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.evaluate.feature_table import OWN, described
from ambient.evaluate.voice import BARS, Measure, run, together
from ambient.evaluate.voice_signals import Talk, Voice, noisy, sustained, talk
from audio.features import Descriptors, Lld, functionals


def _written(path: Path, samples: np.ndarray, rate: int = 16_000, **how: str) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return noisy(talk(Talk(4.0, phrases=(5, 4), pauses_s=(0.5,)), 3)[0], 40.0, 3)


def test_a_row_a_file_with_the_published_columns(tmp_path: Path, speech: np.ndarray) -> None:
    first = _written(tmp_path / "first.wav", speech)
    second = _written(tmp_path / "second.flac", speech[:20_000])
    table = tmp_path / "out.csv"
    done = CliRunner().invoke(build(), ["features", str(first), str(second), "--csv", str(table)])
    assert done.exit_code == 0, done.output
    rows = list(csv.reader(table.read_text().splitlines()))
    assert rows[0] == ["file", *functionals(Descriptors(np.zeros((0, len(Lld)))))]
    assert [row[0] for row in rows[1:]] == [str(first), str(second)]
    values = dict(zip(rows[0][1:], map(float, rows[1][1:]), strict=True))
    known = functionals(described(first))
    assert values == pytest.approx(known, rel=1e-6)
    assert values["F0semitoneFrom27.5Hz_sma3nz_amean"] == pytest.approx(
        12 * np.log2(130 / 27.5), abs=1.0
    )


@pytest.mark.parametrize("given", ["./a.wav", "Übung 1//ä ö.wav", "Übung 1/../a.wav"])
def test_a_row_says_the_file_as_given(
    tmp_path: Path, speech: np.ndarray, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Übung 1").mkdir()
    _written(Path(given), speech[:8000])
    done = CliRunner().invoke(build(), ["features", given, "none//b.wav", "--csv", "out.csv"])
    assert done.exit_code == 1
    assert "none//b.wav: expected a sound file, found none" in done.output
    text = Path("out.csv").read_text("utf-8")
    assert [row[0] for row in csv.reader(text.split("\n")) if row] == ["file", given]


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("8.wav", 8_000, 1, "PCM_16"),
        ("96.wav", 96_000, 1, "PCM_24"),
        ("six.wav", 48_000, 6, "FLOAT"),
    ],
)
def test_formats_give_the_same_voice(
    tmp_path: Path, name: str, rate: int, channels: int, subtype: str
) -> None:
    import soxr

    sound, truth = sustained(Voice(140.0, 1.0), 1)
    changed = np.asarray(soxr.resample(sound, 16_000, rate))
    changed = np.repeat(changed[:, None], channels, axis=1)
    rows = described(_written(tmp_path / name, changed, rate, subtype=subtype))
    assert np.median(rows[Lld.F0_HZ][rows.voiced]) == pytest.approx(truth.f0, rel=0.01)
    assert np.median(rows[Lld.F2][rows.voiced]) == pytest.approx(truth.formants[1], rel=0.05)


@pytest.mark.parametrize("name", ["missing", "empty", "text", "short"])
def test_what_cannot_be_read_has_no_row_and_is_said(
    tmp_path: Path, speech: np.ndarray, name: str
) -> None:
    good = _written(tmp_path / "good.wav", speech[:8000])
    bad = tmp_path / "bad.wav"
    if name == "empty":
        bad.touch()
    elif name == "text":
        bad.write_text("no sound " * 100)
    elif name == "short":
        _written(bad, speech[:100])
    table = tmp_path / "out.csv"
    done = CliRunner().invoke(build(), ["features", str(bad), str(good), "--csv", str(table)])
    assert done.exit_code == 1
    assert f"{bad}: expected" in done.output.replace("\n", " ")
    assert [row[0] for row in csv.reader(table.read_text().splitlines())] == ["file", str(good)]


def test_a_file_that_is_cut_off_is_measured_as_far_as_it_goes(
    tmp_path: Path, speech: np.ndarray
) -> None:
    whole = _written(tmp_path / "whole.wav", speech[:16_000])
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[: 44 + 16_000])
    table = tmp_path / "out.csv"
    done = CliRunner().invoke(build(), ["features", str(cut), str(whole), "--csv", str(table)])
    assert done.exit_code == 0
    assert f"{cut}: cut off after 0.50 s" in done.output
    assert "whole.wav: cut off" not in done.output
    assert len(table.read_text().splitlines()) == 3


def test_a_table_that_cannot_be_written_is_an_error(tmp_path: Path, speech: np.ndarray) -> None:
    file = _written(tmp_path / "a.wav", speech[:8000])
    place = tmp_path / "none" / "out.csv"
    done = CliRunner().invoke(build(), ["features", str(file), "--csv", str(place)])
    assert done.exit_code != 0
    assert "cannot write the features" in str(done.exception)


def test_own_columns_and_descriptors(tmp_path: Path, speech: np.ndarray) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = _written(tmp_path / "a.wav", speech)
    table, folder = tmp_path / "out.csv", tmp_path / "lld"
    done = CliRunner().invoke(
        build(),
        ["features", str(file), "--csv", str(table), "--own", "--lld-parquet", str(folder)],
    )
    assert done.exit_code == 0, done.output
    head, row = csv.reader(table.read_text().splitlines())
    own = dict(zip(head, row, strict=True))
    assert tuple(head[-len(OWN) :]) == OWN
    assert float(own["speechRate_nucleiPerSec"]) == pytest.approx(9 / 2.75, rel=0.15)
    assert float(own["pauseRatio"]) == pytest.approx(0.5 / 2.75, abs=0.05)
    (written,) = folder.iterdir()
    assert written.name == "00001-a.parquet"
    columns = parquet.read_table(written)
    assert columns.column_names == ["start_s", *[lld.value for lld in Lld]]
    rows = described(file)
    assert np.array_equal(columns["Loudness_sma3"].to_numpy(), rows[Lld.LOUDNESS])
    assert columns["start_s"][7].as_py() == pytest.approx(0.07)


def test_synthesis_without_noise_meets_every_bar() -> None:
    report = run(seed=2, snrs_db=(None,))
    assert report.ok
    assert [line.measure for line in report.lines] == list(Measure)
    for line in report.lines:
        clean = line.by_snr["clean"]
        assert clean.mean <= BARS[Measure(line.measure)][0]
        assert clean.signals >= 15
        assert clean.median <= clean.worst
        assert abs(clean.bias) <= clean.mean + 1e-9


def test_noise_of_the_room_joins_that_of_the_voice() -> None:
    assert together(20.0, None) == 20.0
    assert together(100.0, 20.0) == pytest.approx(20.0, abs=0.01)
    assert together(20.0, 20.0) == pytest.approx(16.94, abs=0.05)


def test_the_report_is_one_line_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    from ambient.evaluate import voice

    errors = voice.Errors(signals=2, mean=9.0, median=9.0, worst=9.0, bias=1.0, within=0.0)
    line = voice.Line("f0", "%", 1.0, {"clean": errors}, met=False)
    monkeypatch.setattr(voice, "run", lambda **_: voice.Report(7, [line]))
    done = CliRunner().invoke(build(), ["evaluate", "voice", "--synthesis", "--json"])
    assert done.exit_code == 1  # a bar that is not met
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["lines"][0]["by_snr"]["clean"]["worst"] == 9.0
    table = CliRunner().invoke(build(), ["evaluate", "voice", "--synthesis"])
    assert "not met" in table.stdout
