"""The sample clips are small, complete, and show a person whom the pose engine finds."""

from __future__ import annotations

import csv

import cv2
import numpy as np
import pytest

from ambient.errors import ModelError
from models.bodies.clips import CLIPS
from models.bodies.render import COLUMNS, row
from models.samples import NAMES, manifest, path
from vision.pose import PoseOptions
from vision.pose.blazepose import BlazePose

FOUND = 0.90
WITH_PEOPLE = tuple(name for name in NAMES if name != "empty")


def rows() -> dict[str, dict[str, str]]:
    with manifest().open(newline="") as file:
        return {item["file"].removesuffix(".mp4"): item for item in csv.DictReader(file)}


def engine() -> BlazePose:
    try:
        return BlazePose.create(PoseOptions())
    except ModelError as error:
        pytest.skip(f"needs the pose models: {error}")


def test_the_manifest_is_what_the_scripts_say() -> None:
    assert set(rows()) == set(NAMES) == set(CLIPS)
    for name, item in rows().items():
        assert tuple(item) == COLUMNS
        assert item == row(CLIPS[name]())


@pytest.mark.parametrize("name", NAMES)
def test_a_clip_is_small_and_as_the_manifest_says(name: str) -> None:
    assert path(name).stat().st_size <= 500_000
    item, capture = rows()[name], cv2.VideoCapture(str(path(name)))
    count = 0
    while capture.read()[0]:
        count += 1
    assert count == int(item["n_frames"])
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(float(item["fps"]))
    assert capture.get(cv2.CAP_PROP_FRAME_WIDTH) == int(item["width"]) == 640
    assert capture.get(cv2.CAP_PROP_FRAME_HEIGHT) == int(item["height"]) == 360


def test_the_fall_leaves_time_to_confirm_it_in_both_views() -> None:
    first, second = rows()["fall"], rows()["fall_c2"]
    assert first["fall_start_s"] == second["fall_start_s"]
    assert first["fall_end_s"] == second["fall_end_s"]
    length = int(first["n_frames"]) / float(first["fps"])
    assert length - float(first["fall_end_s"]) >= 14.0
    assert length <= 25.0


def test_an_unknown_clip_is_refused() -> None:
    with pytest.raises(ValueError, match="sample clip 'fal': expected one of fall, "):
        path("fal")


@pytest.mark.parametrize("name", WITH_PEOPLE)
def test_the_engine_finds_the_person(name: str) -> None:
    found, count = 0, 0
    fps = float(rows()[name]["fps"])
    capture = cv2.VideoCapture(str(path(name)))
    with engine() as pose_engine:
        while True:
            more, image = capture.read()
            if not more:
                break
            found += bool(pose_engine.detect(np.asarray(image, np.uint8), round(count / fps * 1e9)))
            count += 1
    assert found >= FOUND * count


def test_the_engine_finds_nobody_in_the_empty_room() -> None:
    capture = cv2.VideoCapture(str(path("empty")))
    with engine() as pose_engine:
        for n in range(24):
            _, image = capture.read()
            assert not pose_engine.detect(np.asarray(image, np.uint8), n * 80_000_000)
