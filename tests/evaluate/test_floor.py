"""Found on the floor: where recordings are cut, and which show somebody on a bed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ambient.errors import UsageError
from ambient.evaluate import floor
from ambient.evaluate.floor import FloorClip, cut_at, in_time, lies_softly, run_from_floor
from ambient.evaluate.manifest import Label
from ambient.evaluate.measure import Task
from ambient.evaluate.trace import Facts
from models.falls.network import FOLDER
from tests.evaluate.kit import outcome, row


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (2.0, 2.8, 2.8),  # the descent as seen
        (2.0, None, 3.6),
        (0.4, 4.0, 2.0),  # the interval runs to the end of the clip
        (0.0, 3.0, 1.6),
    ],
)
def test_where_a_fall_is_cut(start: float, end: float | None, expected: float) -> None:
    one = row("a", Label.FALL, fall_start_s=start, fall_end_s=end)
    assert cut_at(one) == pytest.approx(expected)


def test_an_everyday_recording_has_no_cut() -> None:
    with pytest.raises(ValueError, match="expected the start of a fall"):
        cut_at(row("a"))


@pytest.mark.parametrize(
    ("label", "fields", "segments", "why"),
    [
        (Label.ADL, {"description": "goes to the bed and lies down"}, [], "lies, bed"),
        (Label.ADL, {"description": "on the sofa"}, ["Sleeping"], "Sleeping, sofa"),
        (Label.ADL, {"description": "sitting on the bed"}, ["Eating"], ""),
        (Label.ADL, {"description": "lies on a mat"}, [], ""),
        (Label.ADL, {"lies_on": "sofa"}, [], "lies_on: sofa"),
        (Label.ADL, {"lies_on": "mat", "description": "lies on a bed"}, [], ""),
        (Label.FALL, {"description": "falls, lies by the bed"}, [], ""),
        (Label.AMBIGUOUS, {"description": "lies on a bed"}, [], ""),
    ],
)
def test_who_lies_on_a_bed_by_the_labels(
    label: Label, fields: dict[str, str], segments: list[str], why: str
) -> None:
    assert lies_softly(row("a", label, **fields), segments) == why


@pytest.mark.parametrize(
    ("lying_s", "alarm_s", "found"),
    [(0.5, 10.5, True), (0.5, 10.6, False), (None, 10.0, True), (None, 10.1, False), (1, None, 0)],
)
def test_in_time(lying_s: float | None, alarm_s: float | None, found: bool) -> None:
    clip = FloorClip("a", "d", 2.0, 3.0, lying_s, None, None)
    assert in_time(clip, alarm_s) == bool(found)


MANIFEST = """file,dataset,use,label,fall_start_s,fall_end_s,description
s/lies.mp4,s,train,fall,1,2,falls
s/gone.mp4,s,train,fall,1,2,falls out of the picture
s/ends.mp4,s,train,fall,1,2,ends at once
s/broken.mp4,s,train,fall,1,2,cannot be read
s/bed.mp4,s,train,adl,,,on the bed
s/walk.mp4,s,train,adl,,,walks
"""


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """Outcomes by hand in place of recordings; returns what was asked."""
    asked: list[Task] = []
    said = {
        "s/lies.mp4": {"alarms": [9.0], "suspected": [3.0], "facts": Facts(lying_s=0.5)},
        "s/gone.mp4": {"alarms": [], "suspected": []},
        "s/ends.mp4": {"alarms": [], "suspected": [], "end_s": 0.1},
        "s/broken.mp4": {"error": "unreadable"},
        "s/bed.mp4": {"alarms": [4.0, 5.0], "suspected": []},
    }

    def measure_all(tasks: list[Task], jobs: int | None) -> object:
        asked.extend(tasks)
        return iter([outcome(task.row, **said[task.row.file]) for task in tasks])

    monkeypatch.setattr(floor, "measure_all", measure_all)
    return asked


def test_falls_from_the_floor_on(tmp_path: Path, measured: list[Task]) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(MANIFEST)
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "segments.csv").write_text("file,class\ns/bed.mp4,Sleeping\n")
    report = run_from_floor(manifest)
    assert [(task.row.file, task.start_s) for task in measured] == [
        *((f"s/{name}.mp4", 2.0) for name in ("lies", "gone", "ends", "broken")),
        ("s/bed.mp4", 0.0),
    ]
    assert (report.everybody.confirmed.k, report.everybody.confirmed.n) == (1, 2)
    assert (report.seen_lying.suspected.k, report.seen_lying.suspected.n) == (1, 1)
    assert report.lasting.suspected.n == sum(clip.rest_s >= 1.0 for clip in report.clips)
    assert report.everybody.confirmed_after.p50_s == pytest.approx(8.5)
    assert report.left_out == ["s/ends.mp4"]
    assert report.errors == {"s/broken.mp4": "unreadable"}
    assert [(clip.file, clip.why) for clip in report.soft] == [("s/bed.mp4", "Sleeping, bed")]
    assert report.soft_alarms_per_clip == 2.0


def test_other_weights_are_what_judges(tmp_path: Path, measured: list[Task]) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(MANIFEST)
    other = tmp_path / "weights"
    shutil.copytree(FOLDER, other)
    run_from_floor(manifest, weights=other)
    assert {task.falls for task in measured} == {other}


def test_segments_must_have_their_columns(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(MANIFEST)
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "segments.csv").write_text("name,what\na,b\n")
    with pytest.raises(UsageError, match=r"segments\.csv: expected labelled intervals"):
        run_from_floor(manifest)
