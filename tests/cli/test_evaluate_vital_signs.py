"""``ambient evaluate glucose`` and ``vitals-baseline``: what is printed, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ambient.cli import app as cli
from ambient.cli import evaluate_glucose
from ambient.errors import UsageError
from ambient.evaluate.glucose import Figure, Method, Report

runner = CliRunner()


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "240")


def test_the_table_of_forecasts(capsys: pytest.CaptureFixture[str]) -> None:
    known, unknown = Figure(0.765, 0.697, 0.827), Figure(None, None, None)
    ours = Method(known, known, unknown, known)
    report = Report(12, 75.4, 21012, 98, 25, {"ours": ours}, {"0.5": 0.55}, (0.12, 0.14))
    evaluate_glucose._table(report)
    said = capsys.readouterr().out
    assert "12 people, 75.4 days, 21012 forecasts; 98 low values and 25 episodes" in said
    assert "0.765 (0.697 to 0.827)" in said
    assert "–" in said
    assert "0.5: 0.55" in said


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    for command in ("evaluate", "train"):
        asked = [command, "glucose", "--data", str(tmp_path)]
        result = runner.invoke(cli.build(), asked)
        assert isinstance(result.exception, UsageError)


def test_false_chains_are_printed_as_table_and_as_json() -> None:
    asked = ["evaluate", "vitals-baseline", "--residents", "1", "--days", "35"]
    table = runner.invoke(cli.build(), asked)
    assert table.exit_code == 0
    assert "false chains by resident and 100 days" in table.stdout
    assert "6 spreads" in table.stdout
    found = json.loads(runner.invoke(cli.build(), [*asked, "--json"]).stdout)
    assert found["days"] == 35
    assert [one["spreads"] for one in found["worse"]] == [3.0, 4.0, 5.0, 6.0]
