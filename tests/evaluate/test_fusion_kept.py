"""What is kept of recordings for fusion, and which recordings are of both senses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ambient.cli import evaluate_fusion
from ambient.errors import SourceError, UsageError
from ambient.evaluate import both_senses
from ambient.evaluate.accelerations import HOLD_S, SECOND, recordings
from ambient.evaluate.fusion_falls import cache, recorded, report, skeletons
from ambient.evaluate.fusion_falls.streams import Stream, wearable_streams
from ambient.evaluate.manifest import Row
from ambient.evaluate.matching import recordings as matching
from ambient.evaluate.matching.rooms import Rooms
from ambient.observations import (
    AnyObservation,
    ImpactMeasured,
    Posture,
    PostureSeen,
    Tick,
    Wear,
)
from models.skeletons.generate import Family
from tests.evaluate.kit import row
from tests.vitals.motion.kit import falling, lying


def _worn(folder: Path, samples: np.ndarray) -> Path:
    """Write a folder of one recording as URFD publishes them."""
    folder.mkdir()
    rows = [f"{20 * n},1.0,{x},{y},{z}\n" for n, (x, y, z) in enumerate(samples.tolist())]
    (folder / "fall-02-acc.csv").write_text("".join(rows))
    (folder / "manifest.csv").write_text(
        "file,dataset,use,label\nfall-02-acc.csv,urfd,test,fall\ngone.csv,urfd,test,fall\n"
    )
    return folder


def test_a_folder_is_not_judged_by_what_was_kept_of_another(tmp_path: Path) -> None:
    errors: dict[str, str] = {}

    def told(vitals: Path) -> Stream:
        found = wearable_streams(
            vitals, "urfd", tmp_path / "cache", in_video_time=True, errors=errors
        )
        (stream,) = found[Wear.WAIST]
        return stream

    still = told(_worn(tmp_path / "still", lying(8.0, 50.0)))
    fell = told(_worn(tmp_path / "fell", falling(50.0)))
    assert list(errors) == ["gone.csv"]
    assert still.file == fell.file
    assert any(isinstance(one, ImpactMeasured) for _, one in fell.seen)
    assert not any(isinstance(one, ImpactMeasured) for _, one in still.seen)
    # What could not be read is not kept as if it were not there.
    assert not (tmp_path / "cache").exists()
    for folder in ("still", "fell"):
        manifest = tmp_path / folder / "manifest.csv"
        manifest.write_text(manifest.read_text().replace("gone.csv,urfd,test,fall\n", ""))
    assert [told(tmp_path / one) for one in ("still", "fell", "still")] == [still, fell, still]
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_video_is_looked_at_once_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def look(of: Row, path: Path) -> list[AnyObservation]:
        looked.append(of.file)
        if of.file == "gone.mp4":
            raise SourceError("gone")
        path.write_bytes(cache._encoder.encode([Tick(t=len(looked), room="r", source="c")]))
        return cache._kept(path)

    monkeypatch.setattr(cache, "_looked", look)
    for name, content in (("a/x.mp4", "1"), ("b/x.mp4", "2"), ("b/long" * 30 + ".mp4", "1")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)

    def told(*files: str) -> tuple[dict[str, int], list[str]]:
        errors: dict[str, str] = {}
        rows = [replace(row(file), path=tmp_path / file) for file in files]
        found = cache.looked_at(rows, tmp_path / "kept", errors=errors)
        return {one.file: seen[0].t for one, seen in found}, list(errors)

    assert told("a/x.mp4", "gone.mp4", "b/x.mp4") == ({"a/x.mp4": 1, "b/x.mp4": 3}, ["gone.mp4"])
    assert told("b/x.mp4", "a/x.mp4") == ({"a/x.mp4": 1, "b/x.mp4": 3}, [])
    assert looked == ["a/x.mp4", "gone.mp4", "b/x.mp4"]
    with monkeypatch.context() as changed:
        changed.setattr(cache, "code_hash", lambda *_: "other code")
        assert told("b/x.mp4") == ({"b/x.mp4": 4}, [])
    with pytest.raises(SourceError):
        list(
            cache.looked_at(
                [replace(row("gone.mp4"), path=tmp_path / "gone.mp4")], tmp_path / "kept"
            )
        )


def test_recordings_of_both_senses_may_be_of_any_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _worn(tmp_path / "vitals", falling(50.0))
    manifest = tmp_path / "vitals" / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("urfd", "mine"))
    (tmp_path / "video").mkdir()
    (tmp_path / "video" / "manifest.csv").write_text(
        "file,dataset,use,label,fall_start_s\n"
        "x/fall-02-cam0.mp4,mine,test,fall,3\n"
        "gone/fall-02.mp4,mine,test,fall,3\n"
        "x/fall-02-cam0.mp4,other,test,fall,3\n"
        "x/fall-03-cam0.mp4,mine,test,fall,3\n"
    )
    (tmp_path / "video" / "x").mkdir()
    (tmp_path / "video" / "x" / "fall-02-cam0.mp4").write_text("a recording")
    monkeypatch.setattr(cache, "_looked", _there)
    measured = report.run(tmp_path, tmp_path / "kept")
    assert {name: ways["both"].found.n for name, ways in measured.recorded.items()} == {
        "all": 1,
        "mine": 1,
    }
    assert list(measured.errors) == ["gone.csv", "gone/fall-02.mp4"]
    (tmp_path / "video" / "x" / "fall-02-cam0.mp4").unlink()
    with pytest.raises(UsageError, match="a worn sensor share, got none: "):
        report.run(tmp_path, tmp_path / "kept")


def test_files_of_one_name_in_two_folders_are_two_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [f"{who}/fall-01" for who in ("p1", "p2")]
    folder = _folder(
        tmp_path / "data",
        [f"{file}-cam0.mp4 mine test fall" for file in files],
        [f"{file}-acc.csv mine {kind}" for file, kind in zip(files, ("fall", "adl"), strict=True)],
    )
    monkeypatch.setattr(cache, "_looked", _moves)
    errors: dict[str, str] = {}
    found = recorded.pairs(folder, tmp_path / "kept", errors=errors)
    assert [(pair.row.file, pair.wearable.file) for pair in found] == [
        (f"{file}-cam0.mp4", f"{file}-acc.csv") for file in files
    ]
    felt = [any(isinstance(one, ImpactMeasured) for _, one in pair.wearable.seen) for pair in found]
    assert felt == [True, False]
    monkeypatch.setattr(matching, "compare", lambda clips, wear: [one.moved[wear] for one in clips])
    first, second = matching.run(folder, tmp_path / "kept", errors=errors)["mine, waist"]
    assert max(one.peak for one in first) > 2.0 > max(one.peak for one in second)
    assert errors == {}


@pytest.mark.parametrize(
    ("videos", "worn", "pairs"),
    [
        pytest.param(["v/1.mp4"], ["w/1.csv"], ["v/1.mp4 w/1.csv"], id="a name there once"),
        pytest.param(
            ["a/v/1.mp4", "b/v/1.mp4"],
            ["w/b/1.csv", "w/a/1.csv"],
            ["a/v/1.mp4 w/a/1.csv", "b/v/1.mp4 w/b/1.csv"],
            id="a folder for each person",
        ),
        pytest.param(
            ["a/1.mp4", "b/1.mp4"], ["b/1.csv"], ["b/1.mp4 b/1.csv"], id="only one of them wears it"
        ),
        pytest.param(["b/1.mp4"], ["a/1.csv", "b/1.csv"], ["b/1.mp4 b/1.csv"], id="one is seen"),
        pytest.param(
            ["a/c1/1.mp4", "a/c2/1.mp4", "b/c1/1.mp4"],
            ["a/1.csv", "b/1.csv"],
            ["a/c1/1.mp4 a/1.csv", "a/c2/1.mp4 a/1.csv", "b/c1/1.mp4 b/1.csv"],
            id="two cameras",
        ),
        pytest.param(
            ["24/01/02/1.mp4"],
            ["24/02/01/1.csv", "24/01/02/1.csv"],
            ["24/01/02/1.mp4 24/01/02/1.csv"],
            id="folders in the same order",
        ),
        pytest.param(["v/1.mp4"], ["a/1.csv", "b/1.csv"], None, id="cannot be told"),
    ],
)
def test_which_files_are_of_one_recording(
    tmp_path: Path, videos: list[str], worn: list[str], pairs: list[str] | None
) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(["file,dataset", *(f"{file},mine" for file in worn), "1.csv,x"]))
    rows = [replace(row(file), dataset="mine") for file in videos]
    errors: dict[str, str] = {}
    found = both_senses.worn_of(tmp_path, rows, errors)
    assert [f"{video} {file}" for (_, video), file in found.items()] == (pairs or [])
    assert list(errors) == (videos if pairs is None else [])
    if pairs is None:
        with pytest.raises(UsageError, match=r"v/1.mp4: .* got a/1.csv, b/1.csv; call the folders"):
            both_senses.worn_of(tmp_path, rows)


def _folder(folder: Path, videos: list[str], worn: list[str]) -> Path:
    """Write manifests of names, columns and an order of columns of their own, and what is felt.

    Videos are given as file, set, use and label; what is worn as file, set and label.
    """
    for part in ("vitals", "video"):
        (folder / part).mkdir(parents=True)
    lines = ["camera,use,fall_start_s,file,label,remark,dataset"]
    for one in videos:
        file, dataset, use, label = one.split()
        (folder / "video" / file).parent.mkdir(exist_ok=True)
        (folder / "video" / file).write_text(file)
        lines.append(f"7,{use},{'3' * (label == 'fall')},{file},{label},none,{dataset}")
    (folder / "video" / "manifest.csv").write_text("\n".join(lines))
    lines = ["label,height,dataset,subject,use,file"]
    for one in worn:
        file, dataset, label = one.split()
        samples = falling(50.0) if label == "fall" else lying(8.0, 50.0)
        rows = [f"{20 * n},1.0,{x},{y},{z}" for n, (x, y, z) in enumerate(samples.tolist())]
        (folder / "vitals" / file).parent.mkdir(exist_ok=True)
        (folder / "vitals" / file).write_text("\n".join(rows))
        lines.append(f"{label},180,{dataset},01,train,{file}")
    (folder / "vitals" / "manifest.csv").write_text("\n".join(lines))
    return folder


VIDEOS = ["v1.mp4 seen test fall", "v2.mp4 seen test adl", "v3.mp4 seen train adl"]
WORN = ["w1.csv felt fall", "w2.csv felt adl"]


@pytest.mark.parametrize(
    ("videos", "worn", "camera", "marked"),
    [
        pytest.param(VIDEOS, WORN, (1, 1), 0, id="a set for each sense"),
        pytest.param(
            [one.replace("test", "train") for one in VIDEOS], WORN, (1, 2), 3, id="all train"
        ),
        pytest.param(VIDEOS, [*WORN, "v1.csv seen fall"], (1, 1), 0, id="one of both beside"),
        pytest.param(VIDEOS, ["v1.csv seen fall", "v2.csv seen adl"], (1, 1), 0, id="only of both"),
        pytest.param(VIDEOS, [*WORN, "u.csv umafall fall"], (1, 1), 0, id="somebody fitted on"),
    ],
)
def test_scenarios_are_drawn_from_any_sets(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    videos: list[str],
    worn: list[str],
    camera: tuple[int, int],
    marked: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cache, "_looked", _there)
    folder = _folder(tmp_path / "data", videos, worn)
    measured = report.run(folder, tmp_path / "kept", simulated=4)
    assert measured.pools == {"camera": camera, "wearable": (1, 1)}
    assert measured.marked_train == marked
    evaluate_fusion._tables(measured)
    assert ('all 3 videos are marked "train"' in capsys.readouterr().out) is bool(marked)
    assert [one.rho for one in measured.simulated] == list(report.RHOS)
    assert "or fitted elsewhere" not in measured.simulated[0].ways
    assert measured.errors == {}


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (report.fitted_worn, "falls of umafall's subjects 01, 02"),
        (report.measured_on, "everyday life, at the waist or the wrist"),
    ],
)
def test_without_anybody_to_fit_or_measure_on_it_is_said(
    tmp_path: Path, measure: Callable[[Path, Path], object], said: str
) -> None:
    folder = _folder(tmp_path / "data", [], WORN[:1])
    (folder / "video" / "manifest.csv").write_text(
        "file,dataset,use,label,fall_start_s\nx,y,z,ambiguous,\n"
    )
    with pytest.raises(UsageError, match=said):
        measure(folder, tmp_path / "kept")


UP_FALL = ["Belt", "Neck", "Wrist", "Ank_", "RightPocket"]


def _up_fall(path: Path) -> None:
    """Write still seconds as UP-Fall publishes them, the columns in an order of their own."""
    names = [f"{place}ACC{axis}" for place in UP_FALL for axis in "ZXY"]
    rows = [f"{n},{'1.0,0.0,0.0,' * 5}{n * 0.05}" for n in range(200)]
    path.write_text("\n".join([",".join(["row", *names, "video_s"]), *rows]))


def test_a_wearable_in_slower_time_is_known_by_its_file_and_not_by_its_set(tmp_path: Path) -> None:
    _up_fall(tmp_path / "a.csv")
    (tmp_path / "manifest.csv").write_text("file,dataset,use,label\na.csv,mine,test,adl\n")
    (one,) = recordings(tmp_path)
    assert one.slower == 1.27
    assert one.traces[Wear.WRIST].seconds == pytest.approx(199 * 0.05 * 1.27)
    found = wearable_streams(tmp_path, "mine", tmp_path / "kept", in_video_time=True)
    assert max(when for when, _ in found[Wear.WRIST][0].seen) <= (199 * 0.05 + HOLD_S) * SECOND


def test_whose_wearable_it_is_is_compared_in_any_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked(of: Row, kept: Path) -> list[AnyObservation]:
        if of.file == "v2.mp4":
            raise SourceError("v2.mp4: none")
        return _moves(of, kept)

    monkeypatch.setattr(cache, "_looked", looked)
    worn = ["v1-acc.csv seen fall", "v2.csv seen adl", "v4.csv seen adl", "w.csv other adl"]
    folder = _folder(tmp_path / "data", [*VIDEOS, "v4.mp4 seen test adl"], worn)
    (folder / "vitals" / "v4.csv").unlink()
    errors: dict[str, str] = {}
    found = matching.run(folder, tmp_path / "kept", errors=errors)
    assert {name: pairs.clips for name, pairs in found.items()} == {"seen, waist": 1}
    assert sorted(errors) == ["v2.mp4", "v4.csv"]
    (folder / "vitals" / "v1-acc.csv").rename(folder / "vitals" / "gone.csv")
    with pytest.raises(UsageError, match="a sensor at the wrist or waist share, got none: .*v1"):
        matching.run(folder, tmp_path / "kept", errors={})


def test_motions_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="motions"):
        skeletons.camera_streams(tmp_path, tmp_path, 2, 3)
    with pytest.raises(UsageError, match="motions"):
        Rooms(tmp_path, Family.HELDOUT)


def _moves(of: Row, _: Path) -> list[AnyObservation]:
    """Return eight seconds of somebody upright."""
    return [
        PostureSeen(
            t=n * SECOND // 10, room="r", source="c", track=1, posture=Posture.OTHER,
            probability=1.0, down=0.0, upright=1.0, hips=0.1,
        )
        for n in range(80)
    ]  # fmt: skip


def _there(of: Row, _: Path) -> list[AnyObservation]:
    """Return a moment of an empty room, where there is a recording."""
    if not of.path.exists():
        raise SourceError(f"{of.path}: none")
    return [Tick(t=0, room="r", source="c")]
