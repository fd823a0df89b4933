"""What is kept of recordings for fusion, and which recordings are of both senses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ambient.errors import SourceError, UsageError
from ambient.evaluate.fusion_falls import cache, report, skeletons
from ambient.evaluate.fusion_falls.streams import Stream, wearable_streams
from ambient.evaluate.manifest import Row
from ambient.evaluate.matching.rooms import Rooms
from ambient.observations import AnyObservation, ImpactMeasured, Tick, Wear
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


@pytest.mark.parametrize("fitted", [True, False])
def test_without_anybody_to_fit_or_measure_on_it_is_said(tmp_path: Path, fitted: bool) -> None:
    _worn(tmp_path / "vitals", falling(50.0))
    with pytest.raises(UsageError, match="expected falls of umafall's subjects"):
        report.worn(tmp_path, tmp_path / "kept", fitted=fitted)


def test_motions_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="motions"):
        skeletons.camera_streams(tmp_path, tmp_path, 2, 3)
    with pytest.raises(UsageError, match="motions"):
        Rooms(tmp_path, Family.HELDOUT)


def _there(of: Row, _: Path) -> list[AnyObservation]:
    """Return a moment of an empty room, where there is a recording."""
    if not of.path.exists():
        raise SourceError(f"{of.path}: none")
    return [Tick(t=0, room="r", source="c")]
