"""``ambient outline``: which camera, which file, and what is printed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.errors import StoreError, UsageError
from models.samples import path
from models.store import State, Store, locate
from vision.outline import COLOURS, INK, PAPER

NODE = """\
site: lindenhof
node: n-12
hub: {{address: "tcp://10.0.0.5:7440", key: "{key}"}}
rooms:
  - id: r12
    beds: [{{id: r12-a}}]
    cameras: [{{id: c1, source: "{source}"}}]
  - id: r13
    cameras: [{{id: c1, source: "{source}"}}, {{id: c2, source: "{source}"}}]
"""


@pytest.fixture
def node(tmp_path: Path) -> Path:
    file = tmp_path / "node.yaml"
    file.write_text(NODE.format(key="k" * 40, source=path("sit")))
    return file


def run(*arguments: str) -> str:
    return CliRunner().invoke(build(), ["outline", *arguments], catch_exceptions=False).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "o.png"), "r12/c1, r13/c1, r13/c2"),
        (("--out", "o.png", "--room", "r13"), "got 2 that fit r13/any camera"),
        (("--out", "o.png", "--room", "r12", "--camera", "c2"), "got 0 that fit r12/c2"),
        (("--out", "o.jpg", "--room", "r12"), "expected a file .png or .html"),
    ],
    ids=["which room", "which camera", "no such camera", "no photograph"],
)
def test_unclear_orders_are_refused(node: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run("--config", str(node), *arguments)


@pytest.fixture
def detector() -> None:
    if Store(locate(None)).look("object_detector").state is not State.OK:
        pytest.skip("model object_detector is missing; run: ambient models pull")


@pytest.mark.usefixtures("detector")
def test_a_drawing_of_edges_and_lines_to_paste(node: Path, tmp_path: Path) -> None:
    out = tmp_path / "still.png"
    printed = run("--config", str(node), "--room", "r12", "--out", str(out))
    assert "chair" in {zone["kind"] for zone in yaml.safe_load(printed)["zones"]}
    picture = cv2.imread(str(out))
    assert picture is not None
    known = np.array([PAPER, INK, *COLOURS.values()])
    assert (picture[..., None, :] == known).all(axis=-1).any(axis=-1).all()
    assert (picture == PAPER).all(axis=-1).mean() > 0.85
    assert [file.name for file in tmp_path.iterdir() if file != node] == ["still.png"]


@pytest.mark.usefixtures("detector")
def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write the drawing"):
        run("--source", str(path("sit")), "--out", str(tmp_path / "none" / "o.html"))
