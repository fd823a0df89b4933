"""What the wheel holds: the code, the catalogue and cards, weights and clips of our own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"ambient", "vision", "audio", "vitals", "fusion", "models"}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    pytest.importorskip("hatchling")
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(target.glob("*.whl"))) as wheel:
        return wheel.namelist()


def test_nothing_but_the_packages(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


@pytest.mark.parametrize(
    "name",
    [
        "models/catalogue.toml",
        "models/cards/blazepose.md",
        "ambient/cli/app.py",
        *(f"{package}/py.typed" for package in sorted(PACKAGES)),
    ],
)
def test_it_is_in(names: list[str], name: str) -> None:
    assert name in names


def test_nothing_that_others_own_or_that_is_made_on_the_way(names: list[str]) -> None:
    bad = (".tflite", ".task", ".pyc", ".onnx", ".pt", ".env", ".key")
    assert [name for name in names if name.endswith(bad)] == []


def test_the_licence_travels_along(names: list[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
