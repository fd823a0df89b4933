"""The forecast of glucose: history with holes, what is learned, and what is measured of it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from ambient.errors import SourceError, UsageError
from ambient.evaluate import glucose as measuring
from ambient.train import glucose as training
from models import glucose
from models.glucose import LOW, STEPS, Forecast, forecast, history, inputs, load, spread_inputs
from tests.recorded import recorded

MINUTE = 60_000_000_000


def readings(*values: float, leave_out: tuple[int, ...] = ()) -> list[tuple[int, float]]:
    """Return a reading every 5 minutes."""
    return [(5 * n * MINUTE, v) for n, v in enumerate(values) if n not in leave_out]


LINE = [10.0 - 0.25 * n for n in range(9)]

CASES: list[tuple[str, list[tuple[int, float]], list[float] | None]] = [
    ("nothing", [], None),
    ("one reading", readings(6.0), None),
    ("25 minutes", readings(*LINE[:6]), None),
    ("half an hour", readings(*LINE[:7]), LINE[6::-1]),
    ("more than half an hour", readings(*LINE), LINE[8:1:-1]),
    ("a hole is drawn over", readings(*LINE, leave_out=(4, 5)), LINE[8:1:-1]),
    ("a hole too long", readings(*LINE, leave_out=(3, 4, 5)), None),
    ("twice as often", [(t // 2, v) for t, v in readings(*[5.0 + n for n in range(13)])],
     [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0]),
]  # fmt: skip


@pytest.mark.parametrize(("of", "values"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_history(of: list[tuple[int, float]], values: list[float] | None) -> None:
    found = history(of)
    if values is None:
        assert found is None
    else:
        assert found == pytest.approx(values)


def test_inputs_have_their_names() -> None:
    assert len(inputs([6.0] * STEPS)) == len(glucose.INPUTS)
    assert len(spread_inputs([6.0] * STEPS)) == len(glucose.SPREAD_INPUTS)


@pytest.mark.parametrize(("mean", "low"), [(LOW, 0.5), (LOW + 1.0, 0.1587), (LOW - 1.0, 0.8413)])
def test_probability_of_a_low_value(mean: float, low: float) -> None:
    assert Forecast(mean, 1.0).low == pytest.approx(low, abs=1e-4)
    assert Forecast(mean, 1.0).quantile(-1.0) == mean - 1.0


def test_what_is_shipped_forecasts_a_fall_lower_than_rest() -> None:
    weights = load()
    rest = forecast(weights, [5.0] * STEPS)
    fall = forecast(weights, [5.0 + 0.3 * n for n in range(STEPS)])
    assert fall.mean < rest.mean
    assert fall.low > rest.low
    assert rest.mean == pytest.approx(5.0, abs=0.6)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder of four people whose glucose swings and now and then gets low."""
    (tmp_path / "vitals").mkdir()
    (tmp_path / "vitals" / "manifest.csv").write_text("file,dataset,use\ncgm.csv,hall2018,train\n")
    lines = ["id,time,gl"]
    for person in range(4):
        rng = np.random.default_rng(person)
        level = 6.0
        pull = 0.0
        for n in range(700):
            pull = 0.9 * pull + rng.normal(0.0, 0.12)
            level += pull + 0.02 * (5.6 - level)
            stamp = np.datetime64("2020-01-01T00:00") + np.timedelta64(5 * n, "m")
            lines.append(f"p{person},{stamp},{max(2.2, level) * 18.0156:.1f}")
    (tmp_path / "vitals" / "cgm.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_training_is_the_same_twice_and_measured_without_the_person(
    folder: Path, tmp_path: Path
) -> None:
    first = training.train(folder, tmp_path / "a")
    assert training.train(folder, tmp_path / "b") == first
    names = [tmp_path / each / "weights.json" for each in "ab"]
    assert names[0].read_bytes() == names[1].read_bytes()
    report = measuring.run(folder)
    assert report.people == 4
    ours, stays = report.methods["ours"], report.methods["persistence"]
    assert ours.rmse.value is not None
    assert stays.rmse.value is not None
    # The swings are autoregressive, so that a regression beats that nothing changes.
    assert ours.rmse.value < stays.rmse.value
    assert stays.moments.value == 0.0
    assert report.below["0.1"] < report.below["0.5"] < report.below["0.9"]


@pytest.mark.parametrize("trained", [True, False])
def test_people_of_elsewhere_are_judged_by_the_shipped_weights(folder: Path, trained: bool) -> None:
    vitals = folder / "vitals"
    (vitals / "Ü 2.csv").write_bytes((vitals / "cgm.csv").read_bytes())
    lines = ["sensors,use,dataset,file", "glucose,test,mine,Ü 2.csv", "glucose,test,mine,gone.csv"]
    lines += [f"glucose,{'train' if trained else 'evaluate'},hall2018,cgm.csv", "ppg,a,b,c.csv"]
    (vitals / "manifest.csv").write_text("\n".join(lines) + "\n")
    report = measuring.run(folder)
    assert list(report.errors) == ["gone.csv"]
    if trained:
        assert (report.judged_by, report.people) == (measuring.LEFT_OUT, 4)
        assert report.unseen is not None
        unseen: measuring.Set = report.unseen
    else:
        assert report.unseen is None
        unseen = report
    assert (unseen.judged_by, unseen.people) == (measuring.UNSEEN, 4 if trained else 8)
    assert unseen.thresholds == (load().threshold,) * 2


def test_two_people_are_too_few_to_leave_each_out(folder: Path) -> None:
    table = folder / "vitals" / "cgm.csv"
    kept = [line for line in table.read_text().splitlines() if line[:2] in ("id", "p0", "p1")]
    table.write_text("\n".join(kept) + "\n")
    with pytest.raises(UsageError, match="three people or more .* got 2"):
        measuring.run(folder)


def test_the_threshold_keeps_what_was_chosen(folder: Path) -> None:
    of = training.people(folder)
    weights = training.fit(of)
    says = [
        training.probabilities(np.array(weights.change), np.array(weights.log_spread), one)
        >= weights.threshold
        for one in of
    ]
    assert training.false_per_day(of, says) <= 1.5 * training.FALSE_PER_DAY


def test_warnings_are_told_once_and_are_right_or_wrong() -> None:
    values = [6.0] * 20 + [5.0, 4.5, 4.0, 3.6, 3.5, 4.5] + [6.0] * 40
    one = training.person("p", readings(*values))
    says = np.isin(one.at, [18, 19, 20, 50])
    told = training.warnings(one, says)
    assert [(t // (5 * MINUTE), right) for t, right in told] == [(18, True), (50, False)]
    low = np.isin(one.at, [23])
    assert training.warnings(one, low) == []  # it is low already


@pytest.mark.parametrize(
    ("manifest", "recording", "error"),
    [
        ("file,dataset,use\n", "", UsageError),
        ("file,dataset,use\ncgm.csv,hall2018,evaluate\n", "", UsageError),
        ("nothing\n", "", UsageError),
        ("file,dataset,use\ncgm.csv,hall2018,train\n", "id,time,gl\na,noon,5\n", SourceError),
        ("file,dataset,use\ncgm.csv,hall2018,train\n", "id,when,gl\na,1,5\n", SourceError),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    tmp_path: Path, manifest: str, recording: str, error: type[Exception]
) -> None:
    (tmp_path / "vitals").mkdir()
    (tmp_path / "vitals" / "manifest.csv").write_text(manifest)
    (tmp_path / "vitals" / "cgm.csv").write_text(recording)
    with pytest.raises(error, match="expected"):
        training.people(tmp_path)


def test_the_shipped_weights_are_what_the_recipe_gives(tmp_path: Path) -> None:
    training.train(recorded("vitals").parent, tmp_path)
    made = json.loads((tmp_path / "weights.json").read_bytes())
    shipped = load()
    assert made["threshold"] == shipped.threshold
    assert all(
        math.isclose(a, b, abs_tol=1e-3)
        for a, b in zip(made["change"], shipped.change, strict=True)
    )
