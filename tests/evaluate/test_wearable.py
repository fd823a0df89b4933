"""The wearable fall detector measured and trained, on a small folder in UMAFall's own format."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate import accelerations, wearable
from ambient.evaluate.accelerations import START_S, Recording, Trace, recordings
from ambient.evaluate.impacts import fall_time, windows
from ambient.observations import Wear
from ambient.train import wearable as training
from models.wearable.inputs import BEFORE
from models.wearable.learning import fit
from tests.recorded import recorded
from tests.vitals.motion.kit import falling, lying, walking
from vitals.motion.impacts import TRIGGER_G, Impact

SECOND = 1_000_000_000
HEADER = """% Universidad de Malaga - ETSI de Telecomunicacion (Spain)
%0; 0; RIGHTPOCKET; phone
%C4:BE:84:70:0E:80; 3; WRIST; SensorTag
%B0:B4:48:B8:77:03; 4; WAIST; SensorTag
% TimeStamp; Sample No; X-Axis; Y-Axis; Z-Axis; Sensor Type; Sensor ID;
"""
PEOPLE = ("01", "02", "03")


def written(path: Path, traces: dict[int, np.ndarray], rate: float) -> None:
    rows = [HEADER]
    for sensor, samples in traces.items():
        for number, (x, y, z) in enumerate(samples.tolist(), start=1):
            rows.append(f"{number * 1000 / rate:.0f};{number};{x};{y};{z};0;{sensor}\n")
            rows.append(f"{number * 1000 / rate:.0f};{number};9;9;9;1;{sensor}\n")
    with gzip.open(path, "wt") as out:
        out.writelines(rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder: three people fall, walk and sit; and bodies that fall, or do not."""
    data = tmp_path_factory.mktemp("data")
    (data / "vitals" / "umafall").mkdir(parents=True)
    lines = ["file,dataset,use,subject,label,description"]
    for number, subject in enumerate(PEOPLE):
        rng = np.random.default_rng(number)
        for trial in range(2):
            shaken = rng.normal(0.0, 0.02, (1, 3))
            kinds = {
                "fall": falling(20.0) + shaken,
                "adl": walking(11.5, 20.0, 1.6 + 0.2 * trial, size=0.75),
            }
            for label, samples in kinds.items():
                name = f"umafall/{subject}_{label}_{trial}.csv.gz"
                written(data / "vitals" / name, {3: samples, 4: samples[:, ::-1]}, 20.0)
                lines.append(f"{name},umafall,train,{subject},{label},{label} trial {trial}")
    (data / "vitals" / "manifest.csv").write_text("\n".join(lines) + "\n")
    (data / "motion").mkdir()
    rng = np.random.default_rng(9)
    body = rng.uniform(-0.3, 0.3, (24, 3)) + np.array([0.0, 0.0, 1.0])
    at = np.arange(240) / 30.0
    drop = np.clip(0.5 * 9.8 * np.square(np.clip(at - 3.0, 0, None)), 0, 0.9)
    falls = np.tile(body, (240, 1, 1))
    falls[:, :, 2] -= drop[:, None]
    hops = np.tile(body, (240, 1, 1))
    hops[:, :, 2] += 0.06 * np.sin(2 * np.pi * 2.0 * at)[:, None]
    for name, joints in (("sim.npz", falls), ("cmu.npz", hops)):
        np.savez(data / "motion" / name, **{name[:3]: np.round(joints * 1000).astype(np.int16)})
    (data / "motion" / "manifest.csv").write_text(
        "file,key,subject,label,scenario\nsim.npz,sim,1,fall,fall\ncmu.npz,cmu,2,hop,\n"
    )
    (data / "motion" / "segments.csv").write_text(
        "key,start_s,end_s,label\nsim,3.0,3.4,fall\ncmu,0.0,8.0,standing\n"
    )
    return data


def test_recordings_are_read_as_published(folder: Path) -> None:
    every = list(recordings(folder / "vitals", ("umafall",)))
    assert len(every) == 12
    assert sum(one.fall for one in every) == 6
    assert set(every[0].traces) == {Wear.WRIST, Wear.WAIST}
    trace = every[0].traces[Wear.WRIST]
    assert trace.times[0] == round((START_S + 0.05) * SECOND)
    assert len(trace.times) == 230
    assert np.abs(trace.samples).max() < 6.0
    assert every[0].description == "fall"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot read it"),
        ("file,dataset\nx,umafall\n", "expected the columns"),
        ("file,dataset,use,subject,label,description\nx,umafall,train,1,fall,x\n", "recording of"),
    ],
)
def test_folders_that_hold_no_recordings(text: str | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        list(recordings(tmp_path, ("umafall",)))


UPFALL = "row,video_s," + ",".join(
    f"{place}ACC{axis}"
    for place in ("Ank_", "RightPocket", "Belt", "Neck", "Wrist")
    for axis in "XYZ"
)


@pytest.fixture
def others(folder: Path, tmp_path: Path) -> Path:
    """Return a folder of the same recordings under other names, packed or not, and of others."""
    published = gzip.decompress((folder / "vitals/umafall/02_fall_0.csv.gz").read_bytes())
    # Of a place that is not known nothing is said.
    (tmp_path / "ä 1.csv").write_bytes(b"%C4:BE:84:70:0E:80; 4; HAT; SensorTag\n" + published)
    (tmp_path / "2.gz").write_bytes(gzip.compress(published))
    still = "".join(f"{ms},1.0,0.0,-1.0,0.0\n" for ms in range(-40, 4000, 20))
    (tmp_path / "pelvis.csv").write_text("-7200000,1,0,-1,0\n" + still)
    five = ",".join(["0.0,-1.0,0.0"] * 5)
    rows = "".join(f"{n},{n * 0.04:.2f},{five}\n" for n in range(100))
    (tmp_path / "belt.csv").write_text(f"{UPFALL}\n{rows}")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "cut.gz").write_bytes(gzip.compress(published)[:900])
    (tmp_path / "words.csv").write_text("no numbers")
    (tmp_path / "head.csv").write_text(HEADER)
    names = ["ä 1.csv", "2.gz", "pelvis.csv", "belt.csv"]
    bad = ["none.csv", "empty.csv", "cut.gz", "words.csv", "head.csv"]
    lines = ["sensors,label,use,dataset,file"]
    lines += [f"acc,{'fall' if n < 2 else 'adl'},test,mine,{name}" for n, name in enumerate(names)]
    lines += [f"acc,fall,test,mine,{name}" for name in bad] + ["ppg,vitals,test,mine,wave.csv"]
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n", "utf-8-sig")
    return tmp_path


def test_what_a_file_is_like_it_says_itself(folder: Path, others: Path) -> None:
    errors: dict[str, str] = {}
    plain, packed, pelvis, belt = recordings(others, errors=errors)
    (known,) = (
        one
        for one in recordings(folder / "vitals", ("umafall",))
        if one.file == "umafall/02_fall_0.csv.gz"
    )
    for one in (plain, packed):
        assert set(one.traces) == set(known.traces)
        for wear, trace in one.traces.items():
            np.testing.assert_array_equal(trace.samples, known.traces[wear].samples)
    assert list(pelvis.traces) == [Wear.WAIST]
    assert pelvis.traces[Wear.WAIST].seconds == pytest.approx(4.02)
    assert set(belt.traces) == {Wear.WAIST, Wear.CHEST, Wear.WRIST, Wear.ANKLE, Wear.THIGH}
    assert (plain.dataset, plain.subject, plain.description) == ("mine", "", "")
    assert list(errors) == ["none.csv", "empty.csv", "cut.gz", "words.csv", "head.csv"]
    assert all("expected a recording of a worn accelerometer" in one for one in errors.values())


def test_other_names_are_judged_by_the_shipped_weights_and_what_is_unread_is_named(
    others: Path,
) -> None:
    report = wearable.run(others)
    assert list(report.sets) == ["mine"]
    assert report.sets["mine"].judged_by == wearable.UNSEEN
    waist = report.sets["mine"].places[Wear.WAIST]
    assert (waist.sensitivity.n, waist.specificity.n) == (2, 2)
    assert len(report.errors) == 5


def test_the_end_is_held_and_rows_of_one_instant_are_set_apart() -> None:
    trace = accelerations._trace(
        Wear.WAIST, np.array([0.0, 0.0, 0.01, 0.02]), np.tile([0.0, 0.0, 1.0], (4, 1))
    )
    assert (np.diff(trace.times) > 0).all()
    held = trace.held()
    assert held.seconds == pytest.approx(5.02)
    assert np.allclose(held.samples[-1], [0.0, 0.0, 1.0])


def test_the_time_of_a_fall_is_when_most_of_the_body_felt_it() -> None:
    felt = [[(10 * SECOND, 3.0)], [(10 * SECOND + 5, 3.0), (2 * SECOND, 9.0)], []]
    assert fall_time(felt) in (10 * SECOND, 10 * SECOND + 5)
    assert fall_time([[], []]) is None


def test_impacts_of_a_recording_are_found_by_the_nodes_own_code(folder: Path) -> None:
    fall = next(one for one in recordings(folder / "vitals", ("umafall",)) if one.fall)
    found = windows(fall.traces[Wear.WAIST])
    assert len(found) == 1
    assert abs(found[0].impact_ns / SECOND - START_S - 4.5) < 0.15


def test_a_device_in_a_wrong_range_that_moves_to_the_end_is_held_at_rest() -> None:
    moving = walking(8.0, 50.0, 1.6, size=0.9) * 0.25
    trace = Trace(
        Wear.ANKLE,
        np.arange(1, 401) * (SECOND // 50),
        np.vstack([lying(1, 50.0) * 0.25, moving[:350]]),
    )
    length = np.sqrt(np.square(trace.held().samples[-1]).sum())
    assert length == pytest.approx(0.25, abs=0.25 * 0.13)


@pytest.mark.parametrize(("share", "left"), [(1.0, 1), (0.5, 1), (0.1, 0)])
def test_a_fall_told_too_softly_is_no_impact(folder: Path, share: float, left: int) -> None:
    fall = next(one for one in recordings(folder / "vitals", ("umafall",)) if one.fall)
    softer = training._softer(windows(fall.traces[Wear.WAIST]), share)
    assert len(softer) == left
    assert all(window.high[BEFORE] >= TRIGGER_G for window in softer)


def test_training_twice_writes_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A few steps do: threads of the linear algebra wait for each other on a busy machine.
    monkeypatch.setattr(fit, "STEPS", 8)
    said: list[str] = []
    for name in ("one", "same"):
        training.train(folder, tmp_path / name, quick=True, tell=said.append)

    def read(name: str, file: str) -> bytes:
        return (tmp_path / name / file).read_bytes()

    for file in ("weights.json", "folds.json"):
        assert read("one", file) == read("same", file)
    figures = json.loads(read("one", "figures.json"))
    assert figures["recordings"] == 12
    assert figures["bodies"] == 2
    folds = training.read_folds(tmp_path / "one")
    assert sorted(folds) == list(PEOPLE)
    assert any("without subject 02" in line for line in said)


def test_training_needs_recordings_and_folds_are_named_when_missing(tmp_path: Path) -> None:
    (tmp_path / "vitals").mkdir()
    (tmp_path / "vitals" / "manifest.csv").write_text(
        "file,dataset,use,subject,label,description\n"
    )
    with pytest.raises(UsageError):
        training.train(tmp_path, tmp_path / "out", quick=True)
    with pytest.raises(UsageError, match="ambient train wearable"):
        training.read_folds(tmp_path)


def judged(fall: bool, said: list[tuple[float, float]], seconds: float = 60.0) -> wearable.Judged:
    trace = Trace(Wear.WAIST, np.arange(2) * SECOND, lying(2.0, 1.0))
    recording = Recording(f"r{fall}{said}", "x", "train", "01", fall, "", {Wear.WAIST: trace})
    impacts = [
        Impact(round(at * SECOND), round((at + 3.52) * SECOND), 2.0, p, 1.0, 90.0) for at, p in said
    ]
    return wearable.Judged(
        recording, Wear.WAIST, impacts, 0.5, seconds, 10 * SECOND if fall else None
    )


def test_counts_by_hand() -> None:
    found = wearable.summarise(
        [
            judged(True, [(10.0, 0.9)]),
            judged(True, [(10.0, 0.4), (30.0, 0.1)]),
            judged(True, [(10.0, 0.9), (30.0, 0.8)]),
            judged(True, []),
            judged(False, [(5.0, 0.2)]),
            judged(False, [(5.0, 0.7), (9.0, 0.9)]),
        ],
        "test",
    )
    place = found.places[Wear.WAIST]
    assert (place.sensitivity.k, place.sensitivity.n) == (2, 4)
    assert (place.specificity.k, place.specificity.n) == (1, 2)
    assert place.false_per_hour.count == 2
    assert place.false_per_hour.rate == pytest.approx(60.0)
    assert place.everyday_minutes == 2.0
    assert place.beside == 1
    assert len(found.wrong) == 3
    assert place.after_s == (3.52, 3.52)


def test_a_fall_alarm_far_from_the_fall_alone_still_counts_as_beside() -> None:
    place = wearable.summarise([judged(True, [(30.0, 0.9)])], "test").places[Wear.WAIST]
    assert place.beside == 1


@pytest.mark.parametrize("wear", [Wear.WAIST, Wear.CHEST, Wear.ANKLE])
def test_shared_recordings_of_one_subject_reach_the_bar_where_they_were_left_out(
    wear: Wear,
) -> None:
    folder = recorded("vitals")
    folds = training.read_folds()
    found = []
    for recording in recordings(folder, ("umafall",)):
        if recording.subject == "05" and wear in recording.traces:
            trace = recording.traces[wear]
            found.append(wearable._judged(recording, trace, folds[recording.subject]))
    place = wearable.summarise(found, "left out").places[wear]
    assert place.sensitivity.share is not None
    assert place.sensitivity.share >= 0.95
    assert place.specificity.share is not None
    assert place.specificity.share >= 0.95
