"""``ambient evaluate night`` from the command line: a table, a line of JSON, a wrong table."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from ambient.cli.app import build

RUNNER = CliRunner()
ASKED = ["evaluate", "night", "--nights", "2", "--residents", "6"]


def test_json_is_one_line_with_all_levels() -> None:
    done = RUNNER.invoke(build(), [*ASKED, "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert list(report["levels"]) == ["low", "middle", "high"]
    assert report["residents"] == 6
    assert set(report["at_goal"]) <= set(report["unmeasured"])


def test_the_table_names_what_was_not_measured() -> None:
    done = RUNNER.invoke(build(), ASKED)
    assert done.exit_code == 0, done.output
    assert "needless a carer" in done.stdout
    report = json.loads(RUNNER.invoke(build(), [*ASKED, "--json"]).stdout)
    for name in report["unmeasured"]:
        assert f"left out, {name}" in done.stdout


def test_another_table_must_be_a_table(tmp_path: Path) -> None:
    wrong = tmp_path / "rates.toml"
    wrong.write_text("[rates]\n", "utf-8")
    done = RUNNER.invoke(build(), [*ASKED, "--rates", str(wrong)])
    assert done.exit_code != 0
    assert "expected rates and habits" in str(done.exception)
