"""``ambient evaluate parsers``: says what it found, and fails when that is not nothing."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ambient.cli import app
from vitals import fuzz_parsers
from vitals.fuzz import Parser

RUN = CliRunner()


def test_it_counts_every_parser() -> None:
    done = RUN.invoke(app.build(), ["evaluate", "parsers", "--inputs", "400", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert {"hl7", "fhir r5", "gatt heart_rate", "csv"} <= found.keys()
    assert sum(one["inputs"] for one in found.values()) >= 400


def test_a_crash_is_told_and_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> tuple[()]:
        raise ZeroDivisionError("planted")

    planted = [Parser(name="broken", parse=broken, seeds=[b"\x01\x02"])]
    monkeypatch.setattr(fuzz_parsers, "parsers", lambda: planted)
    done = RUN.invoke(app.build(), ["evaluate", "parsers", "--inputs", "3"])
    assert done.exit_code == 1
    assert "ZeroDivisionError: planted: 0102" in done.output
