"""Groups: what a recording is like, by the manifest where it says so, else as it was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ambient.cli import _tables
from ambient.errors import UsageError
from ambient.evaluate.falls import read_room_days, summarise
from ambient.evaluate.groups import Dimension, delays, dimensions, false_alarms, group
from ambient.evaluate.manifest import Label, Row, read
from ambient.evaluate.trace import Facts
from ambient.observations import Posture
from tests.evaluate.kit import outcome, row


def _by(name: str, row_fields: dict[str, Any], facts: Facts) -> tuple[list[str], Dimension]:
    one = row("a", **row_fields)
    found = next(d for d in dimensions([(one, outcome(one, facts=facts))]) if d.name == name)
    return list(found.groups), found


@pytest.mark.parametrize(
    ("name", "row_fields", "facts", "value"),
    [
        ("data set", {"dataset": "x"}, Facts(), "x"),
        ("subject", {"dataset": "x", "subject": "S1"}, Facts(), "x, S1"),
        ("subject", {"dataset": "x"}, Facts(), "x, not stated"),
        ("camera view", {"description": "camera 1 (ceiling)"}, Facts(), "ceiling"),
        ("camera view", {"description": "living room, high corner view"}, Facts(), "from above"),
        ("camera view", {"description": "talks on the phone"}, Facts(), "not stated"),
        ("camera view", {"description": "sit-ups, side view"}, Facts(), "side"),
        ("camera view", {"description": "side view", "view": "lift"}, Facts(), "lift"),
        ("light", {}, Facts(luma=40.0, saturation=30.0), "dim"),
        ("light", {}, Facts(luma=120.0, saturation=30.0), "bright"),
        ("light", {}, Facts(luma=120.0, saturation=1.0), "grey"),
        ("light", {}, Facts(), "not read"),
        ("light", {"light": "dusk"}, Facts(luma=120.0, saturation=1.0), "dusk"),
        ("posture at the end", {}, Facts(end_posture=Posture.FALLEN), "lying"),
        ("posture at the end", {}, Facts(end_posture=Posture.SIT_DOWN), "sitting"),
        ("posture at the end", {}, Facts(end_posture=Posture.CRAWL), "kneeling or crouching"),
        ("posture at the end", {}, Facts(end_posture=Posture.WALK), "upright"),
        ("posture at the end", {}, Facts(), "nobody seen"),
        ("distance", {}, Facts(size=0.8), "near"),
        ("distance", {}, Facts(size=0.5), "middle"),
        ("distance", {}, Facts(size=0.2), "far"),
        ("people", {}, Facts(people=0), "nobody seen"),
        ("people", {}, Facts(people=2), "2"),
        ("people", {}, Facts(people=5), "3 or more"),
        ("people", {"people": "1"}, Facts(people=5), "1"),
    ],
)
def test_where_a_recording_belongs(
    name: str, row_fields: dict[str, Any], facts: Facts, value: str
) -> None:
    assert _by(name, row_fields, facts)[0] == [value]


def test_how_many_the_manifest_stated() -> None:
    assert _by("light", {"light": "dim"}, Facts())[1].given == 1
    assert _by("light", {}, Facts())[1].given == 0


def test_ambiguous_rows_are_in_no_group() -> None:
    one = row("a", Label.AMBIGUOUS)
    assert all(not d.groups for d in dimensions([(one, outcome(one))]))


@pytest.mark.parametrize(
    ("label", "alarms", "error", "sensitivity", "specificity"),
    [
        (Label.FALL, (3.0,), None, (1, 1), (0, 0)),
        (Label.FALL, (1.0,), None, (0, 1), (0, 0)),  # before the fall
        (Label.FALL, (), "unreadable", (0, 1), (0, 0)),
        (Label.ADL, (), None, (0, 0), (1, 1)),
        (Label.ADL, (3.0,), None, (0, 0), (0, 1)),
        (Label.ADL, (), "unreadable", (0, 0), (0, 0)),
    ],
)
def test_what_counts(
    label: Label,
    alarms: tuple[float, ...],
    error: str | None,
    sensitivity: tuple[int, int],
    specificity: tuple[int, int],
) -> None:
    got = group([outcome(row("a", label), alarms, error=error)])
    assert (got.sensitivity.k, got.sensitivity.n) == sensitivity
    assert (got.specificity.k, got.specificity.n) == specificity


def test_delays_count_from_the_start_of_the_fall() -> None:
    hits = [
        outcome(row("a", Label.FALL), (1.0, 7.5, 9.0)),
        outcome(row("b", Label.FALL), (3.5,)),
    ]
    assert delays(hits, confirmed=True) == pytest.approx([5.5, 1.5])
    assert delays(hits, confirmed=False) == pytest.approx([4.5, 0.5])


def test_false_alarms_over_footage_and_over_held_time() -> None:
    outcomes = [
        outcome(row("a"), (3.0, 9.0), end_s=1800.0),
        outcome(row("b"), (1805.0,), end_s=1800.0),
        outcome(row("c", Label.FALL), (3.0,), end_s=1800.0),
        outcome(row("d"), (), end_s=0.0, error="unreadable"),
    ]
    rates = false_alarms(outcomes)
    assert (rates.per_hour.count, rates.per_hour.rate) == (2, 2.0)
    assert rates.per_hour_held.count == 3
    assert rates.per_hour_held.exposure == pytest.approx(1 + 20 / 3600, abs=1e-4)
    assert rates.per_room_day is None


def test_a_report_names_what_went_wrong() -> None:
    rows = [
        row("hit", Label.FALL),
        row("miss", Label.FALL),
        row("calm"),
        row("false"),
        row("mat", Label.AMBIGUOUS),
        row("apart", dataset="urfd-ceiling"),
    ]
    alarms: dict[str, tuple[float, ...]] = {"hit": (3.0,), "false": (1.0,), "mat": (1.0,)}
    report = summarise(rows, [outcome(one, alarms.get(one.file, ())) for one in rows])
    assert (report.missed, report.false_alarms) == (["miss"], ["false"])
    assert report.ambiguous_alarms == ["mat"]
    assert (report.bar.sensitivity.k, report.bar.sensitivity.n) == (1, 2)
    assert (report.bar.specificity.k, report.bar.specificity.n) == (1, 2)
    assert report.by_dataset["urfd-ceiling"].specificity.n == 1
    assert (report.every.specificity.k, report.every.specificity.n) == (2, 3)
    assert report.bar.sensitivity.resampled_low is not None


@pytest.mark.parametrize(("use", "bar"), [("validate", True), ("new", False)])
def test_the_table_shows_every_use_and_data_set(
    use: str, bar: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = ["[/red] 1", "new", "other [a]"]
    rows = [row(f"{number}", dataset=name, use=use) for number, name in enumerate(sets)]
    _tables.falls(summarise(rows, [outcome(one) for one in rows]))
    names = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert ("bar rows" in names) is bar
    assert [one for one in names if one in (use, *sets, "all rows")] == ["all rows", use, *sets]


HEAD = "file,dataset,use,label,fall_start_s,fall_end_s,subject,fps,n_frames,light\n"


def test_a_manifest_s_further_columns_are_read(tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    file.write_text(HEAD + "a.mp4,d,train,fall,1,2.5,S1,10,50, dim \nb.mp4,d,train,adl,,,,,,\n")
    one, other = read(file)
    assert (one.fall_end_s, one.duration_s, one.subject, one.light) == (2.5, 5.0, "S1", "dim")
    assert (other.fall_end_s, other.duration_s, other.subject, other.view) == (None, None, "", "")


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    file.write_text(HEAD + "a.mp4,d,train,fall,1,soon,,,,\n")
    with pytest.raises(UsageError, match="line 2, fall_end_s: expected a number, got 'soon'"):
        read(file)


@pytest.mark.parametrize("content", ["", "{}", '{"all": {"false_confirmed": 3}}'])
def test_room_days_must_be_what_the_days_print(tmp_path: Path, content: str) -> None:
    file = tmp_path / "days.json"
    file.write_text(content)
    with pytest.raises(UsageError, match="expected what evaluate days --json prints"):
        read_room_days(file)


def test_room_days_are_read(tmp_path: Path) -> None:
    file = tmp_path / "days.json"
    rate = '{"count": 3, "exposure": 150.0, "rate": 0.02, "low": 0.004, "high": 0.058}'
    file.write_text('{"days": 150, "all": {"days": 150, "false_confirmed": ' + rate + "}}")
    assert read_room_days(file).count == 3
    one: Row = row("a")
    shown = summarise([one], [outcome(one)], per_room_day=read_room_days(file))
    assert shown.false_alarm_rates.per_room_day == read_room_days(file)
