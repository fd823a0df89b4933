"""The sweep over conditions: what is measured, what is kept, what is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.errors import UsageError
from ambient.evaluate import robustness
from ambient.evaluate.conditions import Condition
from ambient.evaluate.manifest import Label
from ambient.evaluate.measure import Task
from ambient.evaluate.robustness import code_hash, compare, run_robustness
from tests.evaluate.kit import outcome, row

HEAD = "file,dataset,use,label,fall_start_s\n"
ROWS = [("f1", "fall"), ("f2", "fall"), ("f3", "fall"), ("a1", "adl"), ("a2", "adl"), ("a3", "adl")]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.csv"
    lines = [f"{name},d,train,{label},{2 if label == 'fall' else ''}\n" for name, label in ROWS]
    path.write_text(HEAD + "".join(lines) + "m1,d,train,ambiguous,\n")
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """Everything alarms but the dark; returns what was asked."""
    tasks_asked: list[Task] = []

    def measure_all(tasks: list[Task], jobs: int | None) -> object:
        for task in tasks:
            tasks_asked.append(task)
            dark = task.condition is Condition.NIGHT
            yield outcome(task.row, () if dark else (3.0,))

    monkeypatch.setattr(robustness, "measure_all", measure_all)
    return tasks_asked


def test_each_condition_is_compared_with_the_base(manifest: Path, asked: list[Task]) -> None:
    report = run_robustness(manifest, only=[Condition.NIGHT, Condition.FPS_5])
    table = {one.condition: one for one in report.conditions}
    assert list(table) == [Condition.BASE, Condition.FPS_5, Condition.NIGHT]
    night = table[Condition.NIGHT]
    assert (night.figures.sensitivity.k, night.figures.sensitivity.n) == (0, 3)
    assert (night.sensitivity_change.change, night.specificity_change.change) == (-1.0, 1.0)
    assert (night.newly_missed, night.newly_false) == (["f1", "f2", "f3"], [])
    assert table[Condition.FPS_5].sensitivity_change.change == 0.0
    assert table[Condition.BASE].sensitivity_change.change is None
    assert report.beyond == [Condition.NIGHT]
    assert {task.fps for task in asked if task.condition is Condition.FPS_5} == {5.0}


def test_rows_that_are_not_scored_are_not_measured(manifest: Path, asked: list[Task]) -> None:
    assert run_robustness(manifest, only=[Condition.BASE]).rows == 6
    assert {task.row.file for task in asked} == {name for name, _ in ROWS}


def test_a_limit_spreads_over_the_manifest(manifest: Path, asked: list[Task]) -> None:
    run_robustness(manifest, only=[Condition.BASE], limit=2)
    assert [task.row.file for task in asked] == ["f1", "f2", "a1", "a2"]
    asked.clear()
    run_robustness(manifest, only=[Condition.BASE], limit=99)
    assert len(asked) == 6


def test_rows_on_the_bar_go_before_others(tmp_path: Path, asked: list[Task]) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text(HEAD + "v,d,validate,adl,\nt,d,train,adl,\nc,urfd-ceiling,validate,fall,1\n")
    run_robustness(path, only=[Condition.BASE])
    assert [task.row.file for task in asked] == ["v"]


def test_a_sweep_goes_on_where_it_stopped(
    manifest: Path, asked: list[Task], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept.jsonl"
    first = run_robustness(manifest, only=[Condition.NIGHT], out=kept)
    assert len(asked) == 12
    asked.clear()
    # A run that was killed leaves half a line behind.
    whole = kept.read_bytes()
    kept.write_bytes(whole + whole[:100])
    again = run_robustness(manifest, only=[Condition.NIGHT, Condition.FPS_5], out=kept)
    assert {task.condition for task in asked} == {Condition.FPS_5}
    assert again.conditions[2] == first.conditions[1]
    asked.clear()
    assert run_robustness(manifest, only=[Condition.NIGHT], out=kept) == first
    assert asked == []
    monkeypatch.setattr(robustness, "code_hash", lambda: "changed")
    run_robustness(manifest, only=[Condition.NIGHT], out=kept)
    assert len(asked) == 12


def test_another_recording_or_label_of_the_same_name_is_measured_anew(
    tmp_path: Path, asked: list[Task]
) -> None:
    kept, clip = tmp_path / "kept.jsonl", tmp_path / "f1"
    for content, start, again in (("a", 2, 1), ("b", 2, 1), ("b", 1, 1), ("a", 2, 0), ("b", 1, 0)):
        clip.write_text(content)
        (tmp_path / "manifest.csv").write_text(f"{HEAD}f1,d,train,fall,{start}\n")
        asked.clear()
        run_robustness(tmp_path / "manifest.csv", only=[Condition.BASE], out=kept)
        assert len(asked) == again


def test_what_could_not_be_read_is_tried_again(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(tasks: list[Task], jobs: int | None) -> object:
        return iter([outcome(task.row, error="unreadable") for task in tasks])

    monkeypatch.setattr(robustness, "measure_all", broken)
    kept = tmp_path / "kept.jsonl"
    report = run_robustness(manifest, only=[Condition.BASE], out=kept)
    assert report.errors["base f1"] == "unreadable"
    assert len(report.errors) == 6
    assert not kept.exists()


def test_a_file_of_something_else_is_refused(manifest: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    kept.write_text('{"key": 1}\n')
    with pytest.raises(UsageError, match="line 1: expected a kept outcome"):
        run_robustness(manifest, only=[Condition.BASE], out=kept)


def test_without_an_encoder_the_sweep_does_not_begin(
    manifest: Path, asked: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robustness, "available", lambda: False)
    with pytest.raises(UsageError, match="h264-low: expected the program ffmpeg"):
        run_robustness(manifest)
    assert asked == []


def test_pairs_that_could_not_be_read_are_left_out() -> None:
    rows = [row("a", Label.FALL), row("b", Label.FALL)]
    base = [outcome(rows[0], (3.0,)), outcome(rows[1], (3.0,))]
    night = [outcome(rows[0], (3.0,)), outcome(rows[1], error="unreadable")]
    report = compare(rows, {Condition.BASE: base, Condition.NIGHT: night})
    assert report.conditions[1].sensitivity_change.n == 1
    assert report.conditions[1].sensitivity_change.change == 0.0


def test_the_hash_is_of_the_code() -> None:
    assert code_hash() == code_hash()
    assert len(code_hash()) == 12
