"""Noise taken off and darkness lifted: what the networks are given of a picture."""

from __future__ import annotations

import weakref

import cv2
import numpy as np
import pytest

from ambient.config_cameras import Camera as CameraConfig
from tests.vision.eyes import FakeEngine
from tests.vision.rooms import Camera, person, room
from vision.motion import CHECK_S
from vision.pipeline import CameraPipeline
from vision.pose.types import Image, Pose
from vision.restoration import AIM, DARK, LIT, Restoration
from vision.small import small_gray


def restored(
    restoration: Restoration, camera: Camera, image: np.ndarray, seconds: float
) -> np.ndarray:
    """Show a picture for a while; return what the networks get at the end."""
    out = image
    for frame, t_ns in camera.film(image, seconds):
        out = restoration.apply(frame, small_gray(frame), t_ns)
    return out


def grey(level: int) -> np.ndarray:
    return np.full((90, 160, 3), level, np.uint8)


@pytest.mark.parametrize("noise", [0.0, 1.0, 2.0])
def test_a_good_picture_is_given_as_it_is(noise: float) -> None:
    restoration, camera = Restoration(), Camera(noise=noise)
    for frame, t_ns in camera.film(room(), 3):
        assert restoration.apply(frame, small_gray(frame), t_ns) is frame


@pytest.mark.parametrize("noise", [4.0, 8.0, 15.0])
def test_noise_is_measured_and_taken_off(noise: float) -> None:
    restoration, image = Restoration(), np.clip(room(), 60, 190)
    got = restored(restoration, Camera(noise=noise), image, 4)
    assert restoration.noise == pytest.approx(noise, rel=0.1)
    left = (got.astype(float) - image).std()
    assert left < 0.5 * noise  # 0.38 by the formula, and rounding


def test_what_only_has_texture_is_not_noisy() -> None:
    texture = np.random.default_rng(3).integers(60, 190, (90, 160, 3), np.uint8)
    restoration = Restoration()
    restored(restoration, Camera(noise=0), texture, 3)
    assert restoration.noise < 1.0


def test_what_only_moves_is_not_noisy() -> None:
    restoration, camera, smooth = Restoration(), Camera(noise=0), room()
    smooth = np.asarray(cv2.GaussianBlur(smooth, (0, 0), 3), np.uint8)
    for step in range(30):
        image = np.roll(smooth, 4 * step, axis=1)
        restored(restoration, camera, image, 0.1)
    assert restoration.noise < 3.0


def test_who_moves_is_neither_smeared_nor_left_behind() -> None:
    restoration, camera = Restoration(), Camera(noise=6.0)
    background = np.clip(room(), 90, 190)
    restored(restoration, camera, person(background, 0.3, 0.5), 3)
    there = person(background, 0.7, 0.5)
    got = restored(restoration, camera, there, 0.1)
    moved = np.abs(person(background, 0.3, 0.5).astype(int) - there).max(axis=2) > 30
    assert moved.sum() > 500
    wrong = np.abs(got.astype(float) - there)[moved].mean()
    assert wrong < 1.5 * 0.8 * 6.0  # what the noise of one picture alone makes


def test_who_is_hardly_darker_than_the_wall_is_not_smeared() -> None:
    restoration, camera = Restoration(), Camera(noise=7.0)
    wall = np.full((180, 320, 3), 100, np.uint8)
    restored(restoration, camera, wall, 3)
    there = wall.copy()
    there[60:120, 140:180] = 93  # by no more than the noise
    got = restored(restoration, camera, there, 0.1).astype(float)
    assert got[70:110, 150:170].mean() == pytest.approx(93, abs=1.5)
    gone = restored(restoration, camera, wall, 0.1).astype(float)
    assert gone[70:110, 150:170].mean() == pytest.approx(100, abs=1.5)


def test_a_dark_picture_is_lifted_and_black_stays_black() -> None:
    image = np.asarray(room() // 6, np.uint8)
    image[:40] = 0
    got = restored(Restoration(), Camera(noise=0), image, 1)
    assert small_gray(got)[small_gray(got) > 0].mean() == pytest.approx(AIM, rel=0.2)
    assert not got[:38].any()
    assert (np.diff(got.reshape(-1)[np.argsort(image.reshape(-1))].astype(int)) >= 0).all()


def test_between_dark_and_lit_it_stays_as_it_was() -> None:
    between = round((DARK + LIT) / 2)
    for before, lifted in ((round(DARK) - 10, True), (round(LIT) + 10, False)):
        restoration, camera = Restoration(), Camera(noise=0)
        restored(restoration, camera, grey(before), 1)
        got = restored(restoration, camera, grey(between), 20)
        assert bool(got.mean() > between + 10) is lifted


def test_who_walks_by_does_not_make_the_light_flicker() -> None:
    restoration, camera = Restoration(), Camera(noise=0)
    before = int(restored(restoration, camera, grey(40), 3)[0, 0, 0])
    close = grey(40)
    close[:, 40:120] = 5
    assert abs(int(restored(restoration, camera, close, 0.2)[0, 0, 0]) - before) <= 10


def test_another_size_begins_anew() -> None:
    restoration, camera = Restoration(), Camera(noise=8.0)
    restored(restoration, camera, np.clip(room(), 60, 190), 3)
    other = np.full((64, 48, 3), 120, np.uint8)
    got = restored(restoration, camera, other, 0.1)
    assert got.shape == other.shape


@pytest.mark.parametrize("level", [0, 1, 255])
def test_nothing_to_see_is_given_without_an_error(level: int) -> None:
    got = restored(Restoration(), Camera(noise=0), grey(level), 2)
    assert got.shape == (90, 160, 3)


def test_what_came_is_not_written_on_and_the_same_gives_the_same() -> None:
    image = np.asarray(room() // 5, np.uint8)
    shots = [(frame, t) for frame, t in Camera(noise=9.0).film(image, 3)]
    copies = [frame.copy() for frame, _ in shots]
    first, second = Restoration(), Restoration()
    for frame, t_ns in shots:
        small = small_gray(frame)
        one, other = first.apply(frame, small, t_ns), second.apply(frame, small, t_ns)
        assert np.array_equal(one, other)
    assert all(np.array_equal(frame, kept) for (frame, _), kept in zip(shots, copies, strict=True))


def test_what_becomes_of_a_picture_afterwards_changes_nothing() -> None:
    """An overlay may be drawn on it, or its memory used again."""
    shots = list(Camera(noise=9.0).film(np.clip(room(), 60, 190), 3))
    alone, drawn_on = Restoration(), Restoration()
    for frame, t_ns in shots:
        small, copy = small_gray(frame), frame.copy()
        want = alone.apply(frame, small, t_ns)
        assert np.array_equal(drawn_on.apply(copy, small, t_ns), want)
        copy[:, :80] += 3


class Seeing(FakeEngine):
    """An engine that keeps what it last looked at."""

    image: Image

    def detect(self, image: Image, t_ns: int, **how: object) -> list[Pose]:
        self.image = image.copy()
        return []


@pytest.mark.parametrize("whole", [True, False])
def test_the_networks_get_the_restored_picture_and_masks_stay(whole: bool) -> None:
    engine = Seeing()
    mask = [[(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]]
    camera = CameraConfig(id="c1", source="x", mask=mask)
    watch = CameraPipeline("r1", camera, engine, restored=whole, gated=False)
    dark = np.asarray(room() // 5 + 20, np.uint8)
    for frame, t_ns in Camera(noise=2.0).film(dark, 2):
        watch.process(np.ascontiguousarray(frame), t_ns)
    right = engine.image[:, 170:]
    assert bool(right.mean() > 80) is whole
    assert not engine.image[:, :150].any()


class Passing(FakeEngine):
    """An engine that keeps nothing, but can tell whether somebody else kept what it looked at."""

    shown: weakref.ref[Image]

    def detect(self, image: Image, t_ns: int, **how: object) -> list[Pose]:
        self.shown = weakref.ref(image)
        return []


@pytest.mark.parametrize("why", ["not watched", "unplugged", "closed"])
def test_no_picture_is_kept_of_a_camera_that_does_not_see(why: str) -> None:
    engine, camera = Passing(), Camera(noise=8.0)
    config = CameraConfig(id="c1", source="x", night="not_watched")
    watch = CameraPipeline("r1", config, engine, gated=False)
    for frame, t_ns in camera.film(np.clip(room(), 60, 190), 3):
        watch.process(np.ascontiguousarray(frame), t_ns)
    assert engine.shown() is not None
    if why == "unplugged":
        watch.silence(camera.t_ns + 60_000_000_000)
    elif why == "closed":
        watch.forget_picture()
    else:
        for frame, t_ns in camera.film(np.full((180, 320, 3), 20, np.uint8), 5):
            watch.process(np.ascontiguousarray(frame), t_ns)
    assert engine.shown() is None


def test_in_an_empty_room_no_picture_is_kept_for_longer_than_to_the_next_look() -> None:
    engine, camera = Passing(), Camera(noise=8.0)
    watch = CameraPipeline("r1", CameraConfig(id="c1", source="x"), engine)
    shown: dict[int, weakref.ref[Image]] = {}
    for frame, t_ns in camera.film(np.clip(room(), 60, 190), 40):
        looks = watch.poses_run
        watch.process(np.ascontiguousarray(frame), t_ns)
        if watch.poses_run > looks:
            shown[t_ns] = engine.shown
        kept = [t for t, picture in shown.items() if picture() is not None]
        assert all(t_ns - t <= CHECK_S * 1e9 for t in kept)
    assert kept, "the noise was seen"
    assert len(shown) < 60, "most frames were left out"
