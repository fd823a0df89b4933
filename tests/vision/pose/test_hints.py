"""Where another detector says that somebody is, the landmark network looks: with fake networks.

The fake sees white on black. Of what is higher than wide in its crop it says that it is a body,
head up; as the real network it is sure of nobody who lies across its crop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from vision.pose import blazepose
from vision.pose.blazepose import BlazePose
from vision.pose.roi import Roi
from vision.pose.types import Box, Floats, Image, PoseOptions

WIDTH, HEIGHT = 640, 360
STANDING: Box = (0.2, 0.2, 0.28, 0.9)
LYING: Box = (0.56, 0.7, 0.94, 0.82)
EMPTY: Box = (0.45, 0.1, 0.6, 0.5)


@dataclass
class Nobody:
    """A person detector that is blind."""

    input: Image = field(default_factory=lambda: np.zeros((224, 224, 3), np.uint8))

    def __call__(self) -> tuple[Floats, ...]:
        return np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -50, np.float32)


@dataclass
class White:
    """A landmark network that takes what is white for a body."""

    input: Image = field(default_factory=lambda: np.zeros((256, 256, 3), np.uint8))
    runs: int = 0

    def __call__(self) -> tuple[Floats, ...]:
        self.runs += 1
        rows, columns = np.nonzero(self.input[..., 0] > 128)
        raw = np.zeros((39, 5), np.float32)
        sure = 0.0
        if len(rows) > 400:
            high, wide = np.ptp(rows), np.ptp(columns)
            sure = 0.95 if high > wide else 0.2
            raw[:33, 0] = columns.mean()
            raw[:33, 1] = np.linspace(rows.min(), rows.max(), 33)
            raw[:33, 0] += wide * 0.4 * np.where(np.arange(33) % 2, 1, -1)
            raw[33, :2] = columns.mean(), rows.mean()
            raw[34, :2] = columns.mean(), rows.mean() - 0.55 * high
            raw[:, 3] = 4.0
        cold = np.full((1, 64, 64, 39), -20, np.float32)
        world = np.zeros((1, 117), np.float32)
        return raw.reshape(1, 195), np.array([[sure]], np.float32), cold, world


def picture(*bodies: Box) -> Image:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for x0, y0, x1, y1 in bodies:
        image[round(y0 * HEIGHT) : round(y1 * HEIGHT), round(x0 * WIDTH) : round(x1 * WIDTH)] = 255
    return image


def engine(people: int = 3) -> tuple[BlazePose, White]:
    network = White()
    options = PoseOptions(num_people=people, smoothing=False)
    return BlazePose(Nobody(), network, options), network  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bodies", "hints", "found"),
    [
        ([STANDING], [], []),
        ([STANDING], [STANDING], [STANDING]),
        ([STANDING], [(0.18, 0.15, 0.3, 0.95)], [STANDING]),
        ([LYING], [LYING], [LYING]),
        ([STANDING, LYING], [STANDING, LYING], [STANDING, LYING]),
        ([STANDING], [STANDING, (0.19, 0.2, 0.29, 0.88)], [STANDING]),
        ([STANDING], [EMPTY], []),
        ([STANDING], [(0.3, 0.4, 0.36, 0.9)], []),
        ([], [STANDING, LYING], []),
        ([STANDING], [(0.4, 0.4, 0.4, 0.4), (-3.0, -3.0, -2.0, -2.0), (0.0, 0.0, 40.0, 40.0)], []),
    ],
    ids=[
        "no hint",
        "somebody stands",
        "a rough box",
        "somebody lies",
        "two people",
        "two boxes of one",
        "nobody there",
        "beside somebody",
        "an empty room",
        "impossible boxes",
    ],
)
def test_who_is_found_at_a_hint(
    bodies: Sequence[Box], hints: Sequence[Box], found: Sequence[Box]
) -> None:
    blaze, _ = engine()
    poses = blaze.detect(picture(*bodies), 0, hints=hints)
    assert len(poses) == len(found)
    for pose, box in zip(poses, found, strict=True):
        assert pose.box == pytest.approx(box, abs=0.04)


@pytest.mark.parametrize(("body", "turned"), [(STANDING, 0.0), (LYING, math.pi / 2)])
def test_the_region_is_turned_along_the_body(body: Box, turned: float) -> None:
    blaze, _ = engine()
    (pose,) = blaze.detect(picture(body), 0, hints=[body])
    assert abs(pose.rotation) == pytest.approx(turned, abs=0.1)


def test_who_was_found_at_a_hint_is_followed_without_it() -> None:
    blaze, _ = engine()
    found = [
        blaze.detect(picture(LYING), t, hints=hints) for t, hints in enumerate([[LYING], [], []])
    ]
    assert [len(poses) for poses in found] == [1, 1, 1]


def test_a_hint_at_somebody_followed_costs_nothing() -> None:
    blaze, network = engine()
    blaze.detect(picture(STANDING), 0, hints=[STANDING])
    runs = network.runs
    (pose,) = blaze.detect(picture(STANDING), 1, hints=[STANDING])
    assert network.runs == runs + 1
    assert pose.box == pytest.approx(STANDING, abs=0.04)


@pytest.mark.parametrize("people", [1, 2])
def test_no_more_are_found_than_are_wanted(people: int) -> None:
    blaze, _ = engine(people)
    poses = blaze.detect(picture(STANDING, LYING), 0, hints=[STANDING, LYING])
    assert len(poses) == people


HEADS = pytest.mark.parametrize(
    ("up", "down", "head_down"),
    [(0.97, 0.98, False), (0.6, 0.98, True), (0.98, 0.97, False), (0.2, 0.98, True)],
    ids=["as sure of either", "surely head down", "head up", "only head down"],
)


def either(up: float, down: float) -> tuple[BlazePose, Image]:
    """Return an engine that is `up` sure of a body head up, `down` head down, and a picture."""

    class Either(White):
        """Says of a bright upper half that it is a body head up, of a dark one head down."""

        def __call__(self) -> tuple[Floats, ...]:
            raw, _, cold, world = super().__call__()
            bright = self.input[:128].mean() > self.input[128:].mean()
            return raw, np.array([[up if bright else down]], np.float32), cold, world

    image = picture(STANDING)
    x0, y0, x1, _ = STANDING
    # The upper part is wider, so that either end can be told from the other.
    image[
        round(y0 * HEIGHT) : round(0.4 * HEIGHT),
        round((x0 - 0.02) * WIDTH) : round((x1 + 0.02) * WIDTH),
    ] = 255
    options = PoseOptions(num_people=3, smoothing=False)
    return BlazePose(Nobody(), Either(), options), image  # type: ignore[arg-type]


@HEADS
def test_head_down_must_look_clearly_surer(up: float, down: float, *, head_down: bool) -> None:
    """The network reads who stands head down nearly as well: a prior decides then."""
    blaze, image = either(up, down)
    (pose,) = blaze.detect(image, 0, hints=[STANDING])
    assert (abs(pose.rotation) > 2.0) == head_down


@HEADS
def test_who_is_met_head_down_is_looked_at_the_other_way_up(
    up: float, down: float, *, head_down: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The detector says which way up somebody is, and may be as wrong."""
    blaze, image = either(up, down)
    x0, y0, x1, y1 = STANDING
    x, y, size = (x0 + x1) / 2 * WIDTH, (y0 + y1) / 2 * HEIGHT, 1.25 * (y1 - y0) * HEIGHT
    monkeypatch.setattr(blazepose, "find", lambda *_: [Roi(x, y, size, math.pi)])
    (pose,) = blaze.detect(image, 0)
    assert (abs(pose.rotation) > 2.0) == head_down
