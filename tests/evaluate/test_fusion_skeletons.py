"""Simulated cameras for fitting: the instant of a fall, what nobody seen says, what is kept."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate.fusion_falls import skeletons
from ambient.evaluate.fusion_falls.skeletons import EVERYDAY, _moment, camera_streams, said
from ambient.observations import PostureSeen
from models.skeletons.sequence import LABELS, Sequence
from tests.recorded import recorded

SECOND = 1_000_000_000


def sequence(*labels: str) -> Sequence:
    n = len(labels)
    nothing = np.full((n, 33, 3), np.nan, np.float32)
    zeros = np.zeros(n, np.float32)
    return Sequence(
        name="s", subject="s", aspect=1.5, t=np.arange(n) * 0.5, seen=np.zeros(n, np.bool_),
        keypoints=nothing, world=nothing, score=zeros, box=np.full((n, 4), np.nan, np.float32),
        box_score=zeros, place=np.zeros((n, 4), np.float32),
        label=np.array([LABELS.index(one) for one in labels]), down=zeros, fell=zeros, help=zeros,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "s"),
    [
        (("walk", "fall", "fall", "fallen"), 1.0),
        (("walk", "walk", "sit_down", "sitting"), 1.0),
        (("walk", "walk"), 0.5),
    ],
)
def test_the_instant_is_the_end_of_the_fall_or_else_the_middle(labels, s):
    assert _moment(sequence(*labels), []) == round(s * SECOND)


def test_nobody_seen_says_nothing():
    assert said(sequence(*["walk"] * 6)) == []


def test_a_kept_file_that_is_damaged_is_refused(tmp_path):
    kept = f"skeletons_3_2-{skeletons._content(tmp_path)}.msgpack"
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / kept).write_bytes(b"\x01")
    with pytest.raises(UsageError, match="simulated again"):
        camera_streams(tmp_path, tmp_path / "cache", 2, 3)


def test_what_is_kept_goes_by_the_motions_and_by_the_code(tmp_path, monkeypatch):
    (tmp_path / "segments.csv").write_text("one")
    one = skeletons._content(tmp_path)
    assert skeletons._content(tmp_path) == one
    (tmp_path / "segments.csv").write_text("other")
    other = skeletons._content(tmp_path)
    monkeypatch.setattr(skeletons, "code_hash", lambda *_: "other code")
    assert len({one, other, skeletons._content(tmp_path)}) == 3


def test_half_of_what_is_made_are_falls_and_it_is_kept(tmp_path):
    data = recorded("motion").parent
    made = camera_streams(data, tmp_path, 2, 3)
    assert [one.fall for one in made].count(True) == 1
    assert {one.file.rsplit("-", 1)[1] for one in made if not one.fall} <= set(EVERYDAY)
    assert all(any(isinstance(o, PostureSeen) for _, o in one.seen) for one in made)
    assert camera_streams(data, tmp_path, 2, 3) == made
