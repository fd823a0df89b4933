"""What a camera can see: each view, its delay, and what must not raise it."""

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ambient.observations import View, ViewState
from tests.vision.rooms import HEIGHT, WIDTH, Camera, S, person, room
from vision.quality import HOLD_S, REPEAT_S, SLOW_FPS, QualityMonitor, look
from vision.small import small_gray, small_size

Change = Callable[[np.ndarray], np.ndarray]
LEARN_S = 15.0


def monitor(**options: object) -> QualityMonitor:
    return QualityMonitor("r1", "cam1", **options)


def watch(
    quality: QualityMonitor, camera: Camera, image: np.ndarray, seconds: float
) -> list[ViewState]:
    said = [quality.update(shot, t) for shot, t in camera.film(image, seconds)]
    return [state for state in said if state is not None]


def gain(factor: float, offset: float = 0.0) -> Change:
    return lambda image: np.clip(image.astype(np.float32) * factor + offset, 0, 255).astype(
        np.uint8
    )


def blur(pixels: float) -> Change:
    return lambda image: cv2.GaussianBlur(image, (0, 0), pixels)


def moved(x: float, y: float = 0.0) -> Change:
    shift = np.array([[1, 0, x * WIDTH], [0, 1, y * HEIGHT]], np.float32)
    return lambda image: cv2.warpAffine(
        image, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT
    )


def cloth(image: np.ndarray) -> np.ndarray:
    shade = np.linspace(90, 112, WIDTH, dtype=np.float32)[None, :, None]
    return np.broadcast_to(shade, image.shape).astype(np.uint8)


def same(image: np.ndarray) -> np.ndarray:
    return image


@pytest.mark.parametrize(
    ("change", "view"),
    [
        (gain(0.05), View.DARK),
        (gain(0.0), View.DARK),
        (gain(8, 100), View.OVER_EXPOSED),
        (cloth, View.COVERED),
        (gain(0.0, 128), View.COVERED),
        (blur(4), View.BLURRED),
        (blur(8), View.BLURRED),
        (moved(0.2), View.MOVED),
        (moved(0.1, 0.15), View.MOVED),
        (lambda image: image[:, ::-1].copy(), View.MOVED),
        (lambda image: room(5), View.MOVED),
        # What must not raise anything.
        (same, View.OK),
        (gain(0.4), View.OK),
        (gain(1.3, 10), View.OK),
        (lambda image: cv2.cvtColor(cv2.extractChannel(image, 2), cv2.COLOR_GRAY2BGR), View.OK),
        (blur(0.8), View.OK),
        (moved(0.01), View.OK),
        (lambda image: person(image, 0.5, 0.6), View.OK),
        (lambda image: person(image, 0.5, 0.6, lying=True, size=1.5), View.OK),
        (lambda image: person(image, 0.4, 0.7, size=3), View.OK),
    ],
)
def test_lasting_change(change, view):
    quality, camera, image = monitor(), Camera(), room()
    assert [state.view for state in watch(quality, camera, image, LEARN_S)] == [View.OK]
    start = camera.t_ns
    said = watch(quality, camera, change(image), 15)
    assert [state.view for state in said] == ([] if view is View.OK else [view])
    if said:
        assert HOLD_S <= (said[0].t - start) / 1e9 <= HOLD_S + 6
        assert (said[0].room, said[0].source) == ("r1", "cam1")
    back = watch(quality, camera, image, 15)
    assert [state.view for state in back] == ([] if view is View.OK else [View.OK])
    assert quality.view is View.OK


@pytest.mark.parametrize("change", [gain(0.0), cloth, blur(8), moved(0.3)])
@pytest.mark.parametrize("seconds", [0.2, 2.0])
def test_short_change_is_not_said(change, seconds):
    quality, camera, image = monitor(), Camera(), room()
    watch(quality, camera, image, LEARN_S)
    assert watch(quality, camera, change(image), seconds) == []
    assert watch(quality, camera, image, 10) == []


@pytest.mark.parametrize(
    ("image", "view"),
    [
        (np.zeros((HEIGHT, WIDTH, 3), np.uint8), View.DARK),
        (np.full((HEIGHT, WIDTH, 3), 255, np.uint8), View.OVER_EXPOSED),
        (np.full((HEIGHT, WIDTH, 3), 100, np.uint8), View.COVERED),
        (room(), View.OK),
    ],
)
def test_first_frame_says_what_needs_no_history(image, view):
    state = monitor().update(image, S)
    assert state is not None
    assert state.view is view


@pytest.mark.parametrize(
    ("options", "view"),
    [
        ({}, View.DARK),
        ({"dark_by_plan": True}, View.NOT_WATCHED),
        ({"infrared": True}, View.COVERED),
    ],
)
def test_what_darkness_means(options, view):
    quality, camera = monitor(**options), Camera()
    watch(quality, camera, room(), LEARN_S)
    assert [s.view for s in watch(quality, camera, gain(0.03)(room()), 8)] == [view]
    assert [s.view for s in watch(quality, camera, room(), 8)] == [View.OK]


@pytest.mark.parametrize("frozen_s", [3.0, 10.0])
def test_exact_repeats_are_frozen(frozen_s):
    quality, image = monitor(frozen_s=frozen_s), room()
    noisy, stuck = Camera(), Camera(noise=0)
    watch(quality, noisy, image, 5)
    stuck.t_ns = noisy.t_ns
    said = watch(quality, stuck, image, frozen_s + 5)
    assert [state.view for state in said] == [View.FROZEN]
    assert abs((said[0].t - noisy.t_ns) / 1e9 - frozen_s) < 0.3
    assert said[0].measure >= frozen_s
    noisy.t_ns = stuck.t_ns
    assert [state.view for state in watch(quality, noisy, image, 5)] == [View.OK]


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_still_room_with_noise_is_not_frozen(noise):
    quality, camera = monitor(frozen_s=5), Camera(noise=noise)
    assert [state.view for state in watch(quality, camera, room(), 40)] == [View.OK]


def test_codec_that_sends_stills_is_not_frozen_twice():
    """Full frames 8 s apart and nothing between: a run that ends by itself is learnt."""
    quality, camera, image = monitor(frozen_s=6), Camera(), room()
    views = []
    t = 0
    for group in range(12):
        shot = camera.shot(image)
        for _ in range(80):
            t += S // 10
            if state := quality.update(shot, t):
                views.append((group, state.view))
    assert [view for group, view in views if group > 1] in ([View.OK], [])


def test_gone_and_back():
    quality, camera = monitor(silent_s=5), Camera()
    watch(quality, camera, room(), 5)
    last = camera.t_ns
    said = [quality.silence(last + second * S) for second in range(1, 70)]
    states = [state for state in said if state is not None]
    assert [state.view for state in states] == [View.GONE, View.GONE]
    assert states[0].t == last + 5 * S
    assert states[0].measure == 5.0
    camera.t_ns = last + 70 * S
    assert [state.view for state in watch(quality, camera, room(), 5)] == [View.OK]


def test_gone_from_the_start():
    quality = monitor(silent_s=5)
    said = [quality.silence(second * S) for second in range(10)]
    assert [state.view for state in said if state] == [View.GONE]


def test_repeats_once_a_minute():
    quality, camera = monitor(), Camera(fps=4)
    said = watch(quality, camera, room(), 3 * REPEAT_S + 5)
    assert [state.view for state in said] == [View.OK] * 4
    assert all(b.t - a.t == REPEAT_S * S for a, b in pairwise(said))


@pytest.mark.parametrize(
    ("fps", "after_s"), [(10.0, None), (5.0, None), (4.0, None), (3.0, 80), (1.0, 80), (0.4, 80)]
)
def test_slow_is_said_and_ends(fps, after_s):
    quality, camera, image = monitor(), Camera(), room()
    watch(quality, camera, image, REPEAT_S)
    began, camera.fps = camera.t_ns, fps
    said = [state for state in watch(quality, camera, image, 240) if state.view is not View.OK]
    assert {state.view for state in said} == (set() if after_s is None else {View.SLOW})
    if after_s is not None:
        assert HOLD_S < (said[0].t - began) / S <= after_s
        assert said[0].measure < SLOW_FPS
    camera.fps = 10.0
    watch(quality, camera, image, 200)
    assert quality.view is View.OK


def test_two_busy_seconds_in_a_minute_are_not_slow():
    quality, camera, image = monitor(), Camera(), room()
    for _ in range(5):
        watch(quality, camera, image, 58)
        camera.t_ns += 2 * S
    assert quality.view is View.OK


def test_uneven_pictures_and_a_hiccup_are_not_slow():
    quality, camera, image = monitor(), Camera(fps=5), room()
    said = watch(quality, camera, image, REPEAT_S)
    camera.t_ns += round(4.5 * S)
    said += watch(quality, camera, image, REPEAT_S)
    for _ in range(240):  # four a second, in pairs
        camera.t_ns += round(0.42 * S)
        said.append(quality.update(camera.shot(image), camera.t_ns))
        camera.t_ns += round(0.08 * S)
        said.append(quality.update(camera.shot(image), camera.t_ns))
    assert {state.view for state in said if state} == {View.OK}


def test_a_camera_of_four_pictures_a_second_comes_back():
    quality, camera, image = monitor(), Camera(fps=1.0), room()
    assert watch(quality, camera, image, REPEAT_S)[-1].view is View.SLOW
    camera.fps = 4.0
    assert watch(quality, camera, image, 2 * REPEAT_S)[-1].view is View.OK


@pytest.mark.parametrize("change", [cloth, gain(0.0)])
def test_a_slow_camera_sees_again_as_soon_as_any(change):
    quality, camera, image = monitor(), Camera(fps=2.0), room()
    watch(quality, camera, image, REPEAT_S)
    watch(quality, camera, change(image), 55)
    began = camera.t_ns
    (back,) = [s for s in watch(quality, camera, image, 20) if s.view is View.SLOW][:1]
    assert (back.t - began) / S <= HOLD_S + 1.0


def test_a_clock_that_was_set_back_counts_anew():
    quality, camera, image = monitor(), Camera(), room()
    watch(quality, camera, image, REPEAT_S)
    camera.t_ns = S
    camera.fps = 1.0
    assert watch(quality, camera, image, 2 * REPEAT_S)[-1].view is View.SLOW


def test_who_was_gone_is_not_slow_when_back():
    quality, camera, image = monitor(), Camera(), room()
    watch(quality, camera, image, REPEAT_S)
    camera.t_ns += 100 * S
    assert quality.silence(camera.t_ns).view is View.GONE
    assert {state.view for state in watch(quality, camera, image, 60)} == {View.OK}


def test_a_covered_lens_is_told_of_a_slow_camera_too():
    quality, camera, image = monitor(), Camera(fps=2.0), room()
    assert watch(quality, camera, image, 60)[-1].view is View.SLOW
    assert [state.view for state in watch(quality, camera, cloth(image), 10)] == [View.COVERED]


def test_pause_is_said_and_kept():
    quality, camera = monitor(), Camera()
    watch(quality, camera, room(), LEARN_S)
    paused = quality.override(View.PAUSED, camera.t_ns)
    assert paused is not None
    assert paused.view is View.PAUSED
    said = [quality.silence(camera.t_ns + second * S) for second in range(1, 130)]
    assert [state.view for state in said if state] == [View.PAUSED, View.PAUSED]
    camera.t_ns += 130 * S
    assert quality.override(None, camera.t_ns) is None
    assert quality.silence(camera.t_ns + S) is None
    assert [state.view for state in watch(quality, camera, room(), 5)] == [View.OK]


def test_camera_turned_during_a_pause_is_noticed():
    quality, camera = monitor(), Camera()
    watch(quality, camera, room(), LEARN_S)
    quality.override(View.PAUSED, camera.t_ns)
    quality.override(None, camera.t_ns + S)
    said = watch(quality, camera, moved(0.3)(room()), 15)
    assert [state.view for state in said] == [View.OK, View.MOVED]


def test_somebody_close_to_the_lens_has_not_moved_it():
    quality, camera, image = monitor(), Camera(), room()
    watch(quality, camera, image, LEARN_S)
    views = []
    for step in range(100):
        near = person(image, 0.3 + 0.4 * abs(np.sin(step / 6)), 0.6, size=5)
        views += [s.view for s in watch(quality, camera, near, 0.1)]
    assert View.MOVED not in views


@pytest.mark.parametrize("change", [gain(0.5), gain(1.4), gain(0.7, 30)])
def test_sharpness_does_not_depend_on_light(change):
    image = room()
    before, after = look(small_gray(image)), look(small_gray(change(image)))
    assert abs(after.sharpness / before.sharpness - 1) < 0.35


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((640, 360), (160, 90)),
        ((1920, 1080), (160, 90)),
        ((320, 240), (160, 120)),
        ((360, 640), (90, 160)),
        ((16, 16), (160, 160)),
        ((1920, 16), (160, 1)),
    ],
)
def test_small_picture(size, small):
    assert small_size(*size) == small
    picture = small_gray(np.full((size[1], size[0], 3), 77, np.uint8))
    assert picture.shape == (small[1], small[0])
    assert np.all(picture == 77)


@pytest.mark.parametrize("size", [(16, 16), (1920, 16), (64, 48), (360, 640)])
def test_odd_sizes_do_no_harm(size):
    quality = monitor()
    random = np.random.default_rng(3)
    for shot in range(50):
        quality.update(random.integers(0, 255, (size[1], size[0], 3), np.uint8), shot * S // 5)
    assert quality.update(random.integers(0, 255, (90, 160, 3), np.uint8), 11 * S) is None
