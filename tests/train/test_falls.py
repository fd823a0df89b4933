"""The command that trains: what it refuses, and what it says when PyTorch is not there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.errors import UsageError
from ambient.train.falls import FOLDER, FULL, QUICK, train
from models.falls.network import FOLDER as CARRIED


@pytest.mark.skipif(find_spec("torch") is not None, reason="PyTorch is here")
def test_without_pytorch_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="make setup-train"):
        train(tmp_path, tmp_path)


def test_a_quick_model_never_replaces_the_one_that_is_carried(tmp_path: Path) -> None:
    before = (FOLDER / "falls.json").read_bytes()
    result = CliRunner().invoke(build(), ["train", "falls", "--data", str(tmp_path), "--quick"])
    assert result.exit_code == 2
    assert "--out" in result.output
    assert (FOLDER / "falls.json").read_bytes() == before


def test_nor_does_a_model_without_simulations(tmp_path: Path) -> None:
    asked = ["train", "falls", "--data", str(tmp_path), "--without-simulations"]
    result = CliRunner().invoke(build(), asked)
    assert result.exit_code == 2
    assert "--out" in result.output


def test_architectures_are_not_compared_without_simulations(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="got both"):
        train(tmp_path, tmp_path, compare=True, simulations=False)


def test_data_must_be_there(tmp_path: Path) -> None:
    asked = ["train", "falls", "--data", str(tmp_path / "nothing")]
    assert CliRunner().invoke(build(), asked).exit_code == 2


def test_plans() -> None:
    assert FOLDER == CARRIED
    assert QUICK.passes[0] == FULL.passes[0]
    for name in ("motions", "simulated", "calibrating", "held", "steps"):
        assert getattr(QUICK, name) < getattr(FULL, name) / 4
