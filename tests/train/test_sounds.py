"""The commands that train: what they refuse, what may be learned from, and a small training."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.errors import UsageError
from ambient.train.sounds import FULL, QUICK, SOUNDS, TELEVISION, recorded, train
from models import television
from models.sounds import network
from models.sounds.synthesis import espeak

ROWS = [
    ("a1", "fsdd", "train", "neutral-digit", "ann"),
    ("a2", "fsdd", "train", "neutral-digit", "ann"),
    ("b1", "fsdd", "train", "neutral-digit", "ben"),
    ("c1", "fsdd", "train", "neutral-digit", "cid"),
    ("play_help", "asterisk", "train", "neutral_prompt", "x"),
    ("d1", "esc-50", "train", "dog", ""),
    ("d2", "esc-50", "train", "dog", ""),
    ("d3", "esc-50", "train", "dog", ""),
    ("e1", "ravdess", "evaluate", "neutral-digit", "eve"),
    ("f1", "ufoai", "evaluate", "scream", ""),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    folder.mkdir()
    lines = ["file,dataset,use,licence,speaker,sex,label,text,seconds,native_rate,notes"]
    for number, (name, dataset, use, label, speaker) in enumerate(ROWS):
        sound = np.full(4000 + number, 0.1, np.float32)
        soundfile.write(folder / f"{name}.wav", sound, 16_000)
        lines.append(f"{name}.wav,{dataset},{use},,{speaker},,{label},,,,")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_only_rows_to_learn_from_are_opened(data: Path) -> None:
    for file in ("e1.wav", "f1.wav"):
        (data / "audio" / file).unlink()
    learned, held = recorded(data, held=False), recorded(data, held=True)
    lengths = sorted(len(each) for some in (learned, held) for each in some.speech)
    assert lengths == [4000, 4001, 4002, 4003]
    # A speaker is on one side.
    sides = [{len(each) for each in some.speech} for some in (learned, held)]
    assert any({4000, 4001} <= side for side in sides)
    assert set(learned.sounds) | set(held.sounds) == {"dog"}


def test_nothing_to_learn_from(data: Path) -> None:
    manifest = data / "audio" / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",train,", ",evaluate,"))
    with pytest.raises(UsageError, match='marked "train"'):
        recorded(data, held=False)


@pytest.mark.skipif(find_spec("torch") is not None, reason="PyTorch is here")
def test_without_pytorch_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="make setup-train"):
        train(tmp_path, tmp_path)


@pytest.mark.parametrize("what", ["sounds", "words", "television"])
def test_a_quick_model_never_replaces_the_one_that_is_carried(tmp_path: Path, what: str) -> None:
    result = CliRunner().invoke(build(), ["train", what, "--data", str(tmp_path), "--quick"])
    assert result.exit_code == 2
    assert "--out" in result.output


def test_plans() -> None:
    assert (SOUNDS, TELEVISION) == (network.FOLDER, television.FOLDER)
    for name in ("scenes", "talks", "utterances"):
        for small, full in zip(getattr(QUICK, name), getattr(FULL, name), strict=True):
            assert small < full / 4
    assert QUICK.steps < FULL.steps / 4


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch isn't here")
@pytest.mark.skipif(not espeak.there(), reason="espeak-ng isn't here")
def test_the_same_seed_gives_the_same_weights(data: Path, tmp_path: Path) -> None:
    # Each in a process of its own, as the command is: espeak-ng remembers what it said.
    script = (
        "import sys; from dataclasses import replace; from pathlib import Path\n"
        "from ambient.train import sounds\n"
        "sounds.QUICK = replace(sounds.QUICK, scenes=(8, 8, 8), rooms=2, steps=2)\n"
        "sounds.train(Path(sys.argv[1]), Path(sys.argv[2]), quick=True, seed=4)\n"
    )
    for name in ("one", "two"):
        asked = [sys.executable, "-c", script, str(data), str(tmp_path / name)]
        subprocess.run(asked, check=True, capture_output=True)
    one, two = ((tmp_path / name / network.XML).with_suffix(".bin") for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
