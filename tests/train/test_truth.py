"""What the labels of a recording say of an instant, and what they leave open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.train.truth import read, truth
from models.skeletons.sequence import LABELS

HEADER = (
    "file,dataset,use,licence,subject,label,fall_start_s,fall_end_s,description,width,height,"
    "fps,n_frames\n"
)
ROWS = """\
gmdcsa24/a.mp4,gmdcsa24,train,MIT,S1,fall,2.0,9.0,falls,640,480,15,150
gmdcsa24/b.mp4,gmdcsa24,train,MIT,S2,fall,2.0,9.0,falling backward on the bed,640,480,15,150
other/c.mp4,other,train,MIT,,fall,2.0,3.0,falls and gets up,640,480,30,300
other/d.mp4,other,train,MIT,,adl,,,people walk past,640,480,30,300
secret/e.mp4,secret,validate,MIT,,fall,2.0,3.0,falls,640,480,30,300
"""
SEGMENTS = "file,present_here,class,start_s,end_s\ngmdcsa24/a.mp4,1,Standing,0,1.9\n"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    (tmp_path / "manifest.csv").write_text(HEADER + ROWS)
    (tmp_path / "gmdcsa24").mkdir()
    (tmp_path / "gmdcsa24" / "segments.csv").write_text(SEGMENTS)
    return tmp_path


NAN = float("nan")


@pytest.mark.parametrize(
    ("row", "t", "label", "down", "fell", "helped"),
    [
        (0, 1.0, "standing", 0, 0, 0),
        (0, 2.1, None, NAN, NAN, NAN),
        (0, 2.7, "fall", NAN, 1, NAN),
        (0, 4.0, "fallen", 1, 1, 1),
        (0, 9.0, "fallen", 1, 0, 1),
        (1, 9.0, "fallen", 1, 0, NAN),
        (2, 2.6, "fall", NAN, 1, NAN),
        (2, 3.3, "fallen", 1, 1, 1),
        (2, 5.0, None, NAN, 1, NAN),
        (2, 8.0, None, NAN, NAN, NAN),
        (3, 5.0, "walk", 0, 0, 0),
    ],
)
def test_instants(
    video: Path, row: int, t: float, label: str | None, down: float, fell: float, helped: float
) -> None:
    known = truth(read(video)[row], np.array([t]), faller=True)
    assert known.label[0] == (-1 if label is None else LABELS.index(label))
    found = [float(each[0]) for each in (known.down, known.fell, known.help)]
    np.testing.assert_equal(found, [down, fell, helped])


def test_of_others_only_that_they_do_not_fall(video: Path) -> None:
    known = truth(read(video)[2], np.arange(0, 9, 0.5), faller=False)
    assert not known.down.any()
    assert not known.fell.any()
    assert (known.label == -1).all()


def test_only_what_may_be_learned_from_is_read(video: Path) -> None:
    rows = read(video)
    assert [row.name for row in rows] == [line.split(",")[0] for line in ROWS.splitlines()[:4]]
    assert [row.subject for row in rows] == ["gmdcsa24/S1", "gmdcsa24/S2", "other/c", "other/d"]


def test_a_folder_without_recordings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found no file"):
        read(tmp_path)
    (tmp_path / "manifest.csv").write_text(HEADER + ROWS.splitlines()[-1])
    with pytest.raises(UsageError, match="found none"):
        read(tmp_path)
