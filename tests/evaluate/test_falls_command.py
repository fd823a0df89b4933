"""The commands that measure falls, on a clip of our own and called in ways that cannot work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.errors import ModelError, StoreError, UsageError
from ambient.evaluate import falls as measuring
from models import samples, store


def _invoke(*arguments: str) -> str:
    done = CliRunner().invoke(build(), arguments, catch_exceptions=False, standalone_mode=False)
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "falls", "m.csv", "--traces"), "--report FILE together with --traces"),
        (("evaluate", "falls", "m.csv", "--from-floor", "--report", "r.html"), "call .* twice"),
        (("evaluate", "falls", "m.csv", "--room-days", "none.json"), "evaluate days --json"),
        (("evaluate", "robustness", "m.csv", "--only", "fog"), "expected one of base, 5-fps"),
    ],
)
def test_calls_that_cannot_work(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _invoke(*arguments)


@pytest.mark.parametrize("option", ["--alarms-out", "--report"])
def test_where_nothing_can_be_written_is_said_before_anything_is_measured(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(*_: object) -> None:
        raise AssertionError("measured before")

    monkeypatch.setattr(measuring, "measure_all", measured)
    file = tmp_path / "manifest.csv"
    file.write_text("file,dataset,use,label,fall_start_s\na.mp4,s,train,adl,\n")
    with pytest.raises(StoreError, match=f"name another file with {option}"):
        _invoke("evaluate", "falls", str(file), option, str(tmp_path / "no" / "file"))


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """One clip in which nobody is; a recording that is none."""
    directory = store.locate()
    if store.Store(directory).look("pose_detector").state is not store.State.OK:
        pytest.skip("models aren't here, run: ambient models pull")
    shutil.copy(samples.path("empty"), tmp_path / "empty.mp4")
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    file = tmp_path / "manifest.csv"
    file.write_text(
        "file,dataset,use,label,fall_start_s\nempty.mp4,s,train,adl,\nbroken.mp4,s,train,fall,1\n"
    )
    return file


def test_a_measurement_with_its_page(manifest: Path) -> None:
    page, alarms = manifest.with_name("report.html"), manifest.with_name("alarms.jsonl")
    out = _invoke(
        *("evaluate", "falls", str(manifest), "--jobs", "1", "--json", "--traces"),
        *("--report", str(page), "--alarms-out", str(alarms)),
    )
    report = json.loads(out.splitlines()[-1])
    assert "broken.mp4" in report["errors"]
    assert (report["by_use"]["train"]["specificity"]["k"], report["missed"]) == (1, ["broken.mp4"])
    light = next(one for one in report["by"] if one["name"] == "light")
    assert set(light["groups"]) == {"bright", "not read"}
    lines = [json.loads(line) for line in alarms.read_text().splitlines()]
    assert [line["file"] for line in lines] == ["empty.mp4", "broken.mp4"]
    text = page.read_text("utf-8")
    assert "empty.mp4" in text
    assert text.count('class="nobody"') == 8


def test_what_cannot_be_read_is_said_once_with_its_folder(manifest: Path) -> None:
    done = CliRunner().invoke(build(), ["evaluate", "falls", str(manifest), "--jobs", "1"])
    assert done.exit_code == 1
    said = [line for line in done.stderr.splitlines() if "broken.mp4" in line]
    assert len(said) == 1
    assert said[0].startswith(f"{manifest.with_name('broken.mp4')}: expected a video file")


@pytest.mark.parametrize("cut", [(), ("--from-floor",)])
def test_other_weights_must_be_there(cut: tuple[str, ...], manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected the temporal network, found none"):
        _invoke("evaluate", "falls", str(manifest), *cut, "--weights", str(tmp_path))


def test_two_conditions(manifest: Path) -> None:
    out = _invoke(
        *("evaluate", "robustness", str(manifest), "--jobs", "1", "--json", "--only", "mirror")
    )
    report = json.loads(out.splitlines()[-1])
    assert [one["condition"] for one in report["conditions"]] == ["base", "mirror"]
    assert report["conditions"][1]["specificity_change"]["change"] == 0.0
