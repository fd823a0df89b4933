"""Recordings taken through the node's eyes: views of a picture, people, boxes, who fell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ambient.closing import Closing
from ambient.train.poses import Pass, View, look, people
from ambient.train.truth import Row
from models import samples
from tests.vision.bodies import LYING, STANDING, pose
from vision.objects.types import Detection, Thing
from vision.pose.types import Box, Image, Pose

FALL_S = 1.0


class Engine(Closing):
    """Sees one who stands and then lies on the left, another who stands on the right."""

    def detect(
        self,
        image: Image,
        t_ns: int,
        *,
        look_harder: bool = False,
        region: Box | None = None,
        hints: Sequence[Box] = (),
        doubts: Sequence[Box] = (),
    ) -> list[Pose]:
        shape = STANDING if t_ns < FALL_S * 1e9 else LYING
        return [
            pose(shape, x=0.3, scale=0.3, floor=0.8),
            pose(STANDING, x=0.8, scale=0.3, floor=0.8),
        ]

    def reset(self) -> None: ...

    def close(self) -> None: ...


class Detector(Engine):
    """Finds the right one, and a bed."""

    def detect(  # type: ignore[override]
        self, image: Image, *, region: Box | None = None, turns: Sequence[int] = (0,)
    ) -> list[Detection]:
        return [
            Detection(Thing.PERSON, 0.8, (0.7, 0.3, 0.9, 0.8)),
            Detection(Thing.BED, 0.9, (0.1, 0.3, 0.5, 0.9)),
        ]


def row(name: str, fall: tuple[float, float] | None) -> Row:
    return Row(
        path=Path(str(samples.path(name))),
        name=f"{name}.mp4",
        subject="x/y",
        fall=fall,
        stays=False,
        on_bed=False,
        scene=-1,
        segments=(),
    )


def test_two_people_of_whom_one_falls() -> None:
    found = people(row("fall", (FALL_S, FALL_S + 0.3)), Pass(View.PLAIN, 10.0), Engine(), None)
    assert len(found) == 2
    fell = [bool(np.nanmax(each.fell)) for each in found]
    left = [float(np.nanmean(each.keypoints[:, 23, 0])) < 0.5 for each in found]
    assert fell == left
    assert sum(fell) == 1
    for each in found:
        assert each.seen.mean() > 0.9
        assert (np.diff(each.t) > 0.05).all()
        assert " plain 10 " in each.name
        assert not each.box_score.any()


def test_boxes_go_to_whom_they_enclose() -> None:
    found = people(row("walk", None), Pass(View.PLAIN, 10.0), Engine(), Detector())
    right = [each for each in found if np.nanmean(each.keypoints[:, 23, 0]) > 0.5]
    assert len(found) == 2
    assert len(right) == 1
    boxed = right[0].box_score > 0
    assert boxed.any()
    assert 1 <= boxed.sum() <= len(right[0]) / 3
    np.testing.assert_allclose(right[0].box[boxed], [[0.7, 0.3, 0.9, 0.8]] * int(boxed.sum()))
    others = [each for each in found if each is not right[0]]
    assert not others[0].box_score.any()
    assert all((each.down == 0).all() for each in found)


@pytest.mark.parametrize(
    ("view", "shape"),
    [
        (View.PLAIN, (100, 160, 3)),
        (View.MIRROR, (100, 160, 3)),
        (View.CUT_LOW, (80, 160, 3)),
        (View.CUT_SIDE, (100, 120, 3)),
        (View.ROLL, (100, 160, 3)),
        (View.SMALL_DIM, (240, 384, 3)),
    ],
)
def test_views(view: View, shape: tuple[int, int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (100, 160, 3), dtype=np.uint8)
    seen = look(image, view)
    assert seen.shape == shape
    assert seen.dtype == np.uint8
    assert seen.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(seen, look(image, view))
    if view is View.MIRROR:
        np.testing.assert_array_equal(look(seen, view), image)
    if view is View.SMALL_DIM:
        assert seen.mean() < 0.6 * image.mean()
