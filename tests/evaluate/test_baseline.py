"""Simulated residents: drawn again they are the same, vary as stated, and the report adds up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.errors import UsageError
from ambient.evaluate.baseline import report, variances
from ambient.evaluate.baseline.residents import NAMES, Cause, Shift, live, minutes
from ambient.observations import VoiceFeature
from fusion.voice_baseline import Thresholds


def values(life_number: int, **how: object) -> dict[int, list[list[float]]]:
    life = live(5, life_number, 60, quiet=True)
    return {
        day: [[one.value for one in seen.values] for seen in heard]
        for day, heard in enumerate(minutes(life, **how))  # type: ignore[arg-type]
    }


def test_the_same_seed_is_the_same_person() -> None:
    assert values(1) == values(1)
    assert values(1) != values(2)


def test_a_shift_moves_what_it_names_from_its_day_on_and_nothing_else() -> None:
    life = live(5, 3, 90, quiet=True)
    shifted = minutes(life, shift=Shift({VoiceFeature.HNR: 2.0}))
    moved = NAMES.index(VoiceFeature.HNR)
    for day, (before, after) in enumerate(zip(minutes(life), shifted, strict=True)):
        for one, other in zip(before, after, strict=True):
            apart = [
                k for k, (a, b) in enumerate(zip(one.values, other.values, strict=True))
                if a.value != b.value
            ]  # fmt: skip
            assert apart == ([moved] if day >= life.shift_day else [])


def test_a_life_begun_later_goes_on_alike() -> None:
    life = live(5, 4, 90)
    assert list(minutes(life))[40:] == list(minutes(life, begin=40))


def test_people_stray_as_much_as_stated() -> None:
    name = VoiceFeature.CPP
    spreads = []
    for number in range(30):
        column = [row[NAMES.index(name)] for day in values(number).values() for row in day]
        spreads.append(np.std(column))
    stated = variances.FEATURES[name].within
    assert stated < np.median(spreads) < 1.25 * stated


def test_about_a_third_of_the_days_are_missing() -> None:
    empty = [not heard for number in range(20) for heard in values(number).values()]
    assert 0.25 < np.mean(empty) < 0.37


def test_moved_and_told_is_another_microphone() -> None:
    lives = [live(5, number, 90) for number in range(60)]
    told = [
        (life, one) for life in lives for one in life.happenings if one.cause is Cause.MOVED_TOLD
    ]
    assert told
    life, happening = told[0]
    for day, heard in enumerate(minutes(life)):
        assert {one.source for one in heard} <= {"m2" if day >= happening.day else "m1"}


def test_loadings_leave_room_for_what_is_the_features_own() -> None:
    for one in variances.FEATURES.values():
        assert one.arousal**2 + one.tempo**2 + one.phonation**2 < 1
        assert one.within > 0


def test_a_small_report_adds_up() -> None:
    small = report.run(6, 60, 7)
    assert small.whole_set.in_time.n == 6
    assert small.sizes["2"].in_time.k >= small.sizes["0.5"].in_time.k
    assert small.markers.keys() == {one.marker.value for one in report.DEFINITIONS}
    assert small.all_reports.count >= small.false.count
    assert small.false.exposure == small.all_reports.exposure > 0


def test_lower_thresholds_report_more() -> None:
    low, high = report.choose(8, 60, 7, [Thresholds(2.5, 2.5), Thresholds(9.0, 9.0)])
    assert low.rate.count > high.rate.count == 0


def test_too_few_days() -> None:
    with pytest.raises(UsageError, match="at least 60"):
        report.run(1, 20)


def test_the_command_prints_one_line_of_json() -> None:
    command = ["evaluate", "baseline", "--residents", "2", "--days", "60", "--json"]
    answer = CliRunner().invoke(build(), command)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout.splitlines()[-1])["residents"] == 2


def test_the_command_prints_a_table() -> None:
    command = ["evaluate", "baseline", "--residents", "2", "--days", "60"]
    answer = CliRunner().invoke(build(), command)
    assert answer.exit_code == 0, answer.output
    assert "whole set, 1 spread" in answer.stdout
