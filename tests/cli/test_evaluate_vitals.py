"""``ambient evaluate wearable`` and ``heartbeats``: what is printed, and folders that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ambient.cli import app as cli
from ambient.cli import evaluate_vitals
from ambient.errors import UsageError
from ambient.evaluate.heartbeats import Error, Row
from ambient.evaluate.heartbeats import Report as HeartbeatsReport
from ambient.evaluate.statistics import poisson, wilson
from ambient.evaluate.wearable import Place, Set
from ambient.evaluate.wearable import Report as WearableReport
from ambient.observations import Wear

runner = CliRunner()


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "240")


def test_the_table_of_places(capsys: pytest.CaptureFixture[str]) -> None:
    place = Place(wilson(59, 60), wilson(83, 84), poisson(1, 0.35), 20.8, 0, (3.52, 3.52))
    nothing = Place(wilson(11, 11), wilson(0, 0), poisson(0, 0.0), 0.0, 0, None)
    both = {Wear.WAIST: place, Wear.WRIST: nothing}
    report = WearableReport({"umafall": Set("left out", [0.5, 0.6], both, 0.01, [])}, 120.0)
    evaluate_vitals._wearable_table(report)
    said = capsys.readouterr().out
    assert "umafall: judged by left out, thresholds 0.50 to 0.60, calibration 0.01" in said
    assert "59 of 60" in said
    assert "–" in said


def test_the_table_of_heart_beats(capsys: pytest.CaptureFixture[str]) -> None:
    error = Error(n=4, median_pct=1.2, worst_pct=6.0, within=3)
    report = HeartbeatsReport(
        sets={"recorded, clean, 1 min": Row(5, 1, error, None, error, None, error)},
        irregular={"steady": (0, 38, 2)},
        neurokit="0.3.0",
        us_per_s=80.0,
    )
    evaluate_vitals._heartbeats_table(report)
    said = capsys.readouterr().out
    assert "3 of 4" in said
    assert "irregular, steady" in said


@pytest.mark.parametrize("name", ["wearable", "heartbeats"])
def test_a_folder_that_holds_no_recording_is_named(name: str, tmp_path: Path) -> None:
    found = runner.invoke(cli.build(), ["evaluate", name, str(tmp_path)])
    assert isinstance(found.exception, UsageError)
    assert str(tmp_path) in str(found.exception)
