"""Outlines beside the floor: who is as tall as nobody who is down is not down."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ambient.observations import BoxSeen, Place, Posture, PostureSeen
from models.bodies.raster import Camera
from models.support.poses import LOW, LYING, ON_SEAT, UPRIGHT
from models.support.scenes import moved, shape, turned
from tests.vision.test_floor import ASPECT, S, camera, people, seen
from vision.floor import FloorPlane
from vision.outline_size import DESCENT, DOWN, TALLER, OutlineSize

CAMERAS = ((1.2, 2.0, 72.0), (1.8, 10.0, 72.0), (2.4, 20.0, 72.0), (2.2, 15.0, 90.0))
LEGS_OUT = {"legs out": LOW["on the floor, legs out"]}


def outline(t_s: float, box: tuple[float, float, float, float], track: int = 1) -> BoxSeen:
    return BoxSeen(
        t=round(t_s * S), room="r1", source="c1", track=track, box=box, score=0.6, aspect=ASPECT
    )


def said(box: BoxSeen) -> PostureSeen:
    return PostureSeen(
        t=box.t, room="r1", source="c1", track=box.track, posture=Posture.FALLEN, probability=0.6,
        down=0.6, upright=0.1, place=Place.FLOOR, place_sure=1.0, descent=0.7, still=1.0,
        quality=0.5, at=(0.5, 0.5), size=0.3,
    )  # fmt: skip


def boxes(eye: Camera, poses: dict[str, np.ndarray], number: int, seed: int) -> list[BoxSeen]:
    """Outlines of bodies anywhere in the room, within the picture."""
    random, out = np.random.default_rng(seed), []
    while len(out) < number:
        pose = list(poses.values())[int(random.integers(len(poses)))]
        x, y = random.uniform(-1.3, 1.3), random.uniform(-1.5, 2.5)
        body = moved(turned(shape(int(random.integers(3)), pose), random.uniform(0, 360)), x, y, 0)
        points = seen(eye, body)[:, :2]
        (x0, y0), (x1, y1) = points.min(0), points.max(0)
        y0 -= 0.07 * (y1 - y0)  # the landmarks end at the eyes
        if x0 > 0.04 and x1 < 0.96 and y1 < 0.96:
            out.append(outline(0.0, (float(x0), float(y0), float(x1), float(y1))))
    return out


def settled(sizes: OutlineSize, box: BoxSeen) -> PostureSeen:
    """Return what is said of an outline that has been so for some seconds."""
    for look in range(10):
        again = msgspec.structs.replace(box, t=box.t + round(look * 0.5 * S))
        told = sizes.told(said(again), again)
    return msgspec.structs.replace(told, t=box.t)


def share(poses: dict[str, np.ndarray]) -> float:
    """How many are too tall to be down, over all cameras."""
    found = []
    for number, setup in enumerate(CAMERAS):
        eye = camera(*setup)
        sizes = OutlineSize(people(eye, 120, 7))
        measured = [sizes.taller(box) for box in boxes(eye, poses, 60, number)]
        assert None not in measured
        found += [each >= TALLER for each in measured if each is not None]
    return sum(found) / len(found)


@pytest.mark.parametrize(
    ("who", "poses", "least", "most"),
    [
        ("lie", LYING, 0.0, 0.02),
        ("sit on the floor, legs out", LEGS_OUT, 0.0, 0.02),
        ("sit on a seat", {"sitting": ON_SEAT["sitting"]}, 0.15, 1.0),
        ("stand", {"standing": UPRIGHT["standing"]}, 0.99, 1.0),
    ],
)
def test_who_is_too_tall_to_be_down(who, poses, least, most):
    assert least <= share(poses) <= most, who


def test_who_is_too_tall_is_not_said_to_be_down():
    eye = camera(2.4, 20.0)
    sizes = OutlineSize(people(eye, 120, 7))
    lying = boxes(eye, LYING, 1, 3)[0]
    assert settled(sizes, lying) == said(lying)
    standing = {"standing": UPRIGHT["standing"]}
    upright = msgspec.structs.replace(boxes(eye, standing, 1, 3)[0], track=2)
    assert sizes.told(said(upright), upright) == said(upright)  # one look tells nothing
    told = settled(sizes, upright)
    assert (told.down, told.descent) == (DOWN, DESCENT)
    assert (told.quality, told.posture) == (0.5, Posture.FALLEN)


def test_one_look_that_is_off_changes_nothing():
    eye = camera(2.4, 20.0)
    sizes = OutlineSize(people(eye, 120, 7))
    low = boxes(eye, LEGS_OUT, 1, 3)[0]
    x0, y0, x1, y1 = low.box
    scale = 1.05 / (sizes.taller(low) or 0.0)
    for look in range(20):
        off = 1.3 if look % 5 == 4 else 1.0
        box = outline(look * 0.5, (x0, y1 - off * scale * (y1 - y0), x1, y1))
        assert (sizes.taller(box) or 0.0) > TALLER or off == 1.0
        assert sizes.told(said(box), box) == said(box)


def test_the_number_of_a_track_that_ended_is_somebody_else():
    eye = camera(2.4, 20.0)
    sizes = OutlineSize(people(eye, 120, 7))
    up = boxes(eye, {"standing": UPRIGHT["standing"]}, 1, 3)[0]
    assert settled(sizes, up).down == DOWN
    sizes.end(1)
    assert sizes.told(said(up), up) == said(up)


def test_a_box_that_is_none_says_nothing():
    eye = camera(2.4, 20.0)
    sizes = OutlineSize(people(eye, 120, 7))
    up = boxes(eye, {"standing": UPRIGHT["standing"]}, 1, 3)[0]
    x0, y0, x1, y1 = up.box
    for broken in ((x0, float("nan"), x1, y1), (x0, y0, x1, float("nan"))):
        assert sizes.taller(outline(0.0, broken)) is None
    assert settled(sizes, up).down == DOWN


@pytest.mark.parametrize("box", [(0.4, 0.3, 0.5, 0.8), (0.4, 0.05, 0.5, 0.1)])
def test_where_the_floor_is_not_known_nothing_is_said(box):
    one = outline(0.0, box)
    assert OutlineSize(FloorPlane()).taller(one) is None


def test_an_outline_that_the_border_cuts_tells_nothing():
    sizes = OutlineSize(people(camera(2.4, 20.0), 120, 7))
    assert sizes.taller(outline(0.0, (0.4, 0.4, 0.5, 0.99))) is None
    assert sizes.taller(outline(0.0, (0.4, 0.4, 0.5, 0.9))) is not None
