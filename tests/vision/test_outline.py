"""The outline still: edges and nothing else of a frame, and zones to start from."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
import yaml

from ambient.cli.outline import yaml_of
from ambient.config_cameras import Zone as ConfigZone
from ambient.observations import Place
from tests.vision.rooms import Camera, person, room
from vision.furniture import FurnitureMap, Piece
from vision.objects.types import Detection, Thing
from vision.outline import COLOURS, INK, PAPER, OutlineStill, drawn, edges_of, label, page, zones_of
from vision.small import LONGEST, small_gray


def found(*things: tuple[Thing, tuple[float, float, float, float]]) -> list[Piece]:
    learnt = FurnitureMap()
    for _ in range(5):
        learnt.update([Detection(thing, 0.8, box) for thing, box in things])
    return learnt.pieces


BED = (Thing.BED, (0.3, 0.4, 0.8, 0.8))
CHAIR = (Thing.CHAIR, (0.05, 0.5, 0.2, 0.9))
TV = (Thing.TV, (0.6, 0.05, 0.8, 0.2))


def still_of(image: np.ndarray, frames: int = 9) -> OutlineStill:
    still, camera = OutlineStill(), Camera()
    for _ in range(frames):
        still.add(camera.shot(image))
    return still


def colours(picture: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(row) for row in np.unique(picture.reshape(-1, 3), axis=0).tolist()}


@pytest.mark.parametrize("seed", range(4))
def test_no_grey_level_of_the_frame_survives(seed: int) -> None:
    edges = still_of(room(seed)).edges()
    assert edges.dtype == np.bool_
    assert max(edges.shape) <= LONGEST
    assert colours(drawn(edges, [])) == {PAPER, INK}
    overlay = {COLOURS[t] for t in (Thing.BED, Thing.CHAIR, Thing.TV)}
    assert colours(drawn(edges, found(BED, CHAIR, TV))) <= {PAPER, INK, *overlay}


def test_a_frame_of_other_brightness_gives_the_very_same_drawing() -> None:
    """What the levels were cannot be told from the drawing: it is one for all of these."""
    image = (room(1) // 8 * 4 + 60).astype(np.uint8)
    first = edges_of(small_gray(image))
    brighter = edges_of(small_gray((image + 40).astype(np.uint8)))
    negative = edges_of(small_gray(255 - image))
    assert first.any()
    np.testing.assert_array_equal(first, brighter)
    assert (first == negative).mean() > 0.97


def test_a_wall_with_noise_is_blank_paper() -> None:
    edges = still_of(np.full((360, 640, 3), 130, np.uint8)).edges()
    assert not edges.any()


def test_who_walks_by_is_not_in_it() -> None:
    empty = room(2)
    alone = still_of(empty).edges()
    still, camera = OutlineStill(), Camera()
    for k in range(15):
        still.add(camera.shot(person(empty, 0.05 + 0.06 * k, 0.5)))
    crossed = still.edges()
    near = cv2.dilate(alone.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert (crossed & ~near).sum() < 0.1 * alone.sum()


def test_a_face_has_no_features_left() -> None:
    """A head as high as a twelfth of the picture: eyes and mouth leave no line within it."""
    image = np.full((1080, 1920, 3), 180, np.uint8)
    cv2.ellipse(image, (960, 540), (36, 46), 0, 0, 360, (150, 165, 200), -1)
    for at in ((945, 530), (975, 530)):
        cv2.circle(image, at, 4, (40, 40, 40), -1)
    cv2.ellipse(image, (960, 562), (14, 5), 0, 0, 180, (80, 60, 150), 3)
    edges = still_of(image, 3).edges()
    bare = image.copy()
    cv2.ellipse(bare, (960, 540), (36, 46), 0, 0, 360, (150, 165, 200), -1)
    plain = still_of(bare, 3).edges()
    inner = (slice(43, 47), slice(79, 81))
    assert edges[inner].sum() == plain[inner].sum() == 0


def test_nothing_under_a_privacy_mask_is_drawn() -> None:
    image = room(3)
    still = OutlineStill([[(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]])
    for _ in range(3):
        still.add(image.copy())
    edges = still.edges()
    width = edges.shape[1]
    assert not edges[:, : width // 2 - 4].any()
    assert edges[:, width // 2 + 4 :].any()


def test_nothing_before_the_first_picture() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        OutlineStill().edges()


def test_zones_leave_out_the_front_and_the_sides_of_a_box() -> None:
    zones = zones_of(found(BED, CHAIR, TV))
    assert {zone.kind for zone in zones} == {Place.BED, Place.CHAIR}
    bed = next(zone for zone in zones if zone.kind is Place.BED)
    assert bed.polygon == ((0.325, 0.4), (0.775, 0.4), (0.775, 0.72), (0.325, 0.72))


@pytest.mark.parametrize(
    ("things", "bed", "named"),
    [((BED, CHAIR), "r12-a", True), ((BED, CHAIR), None, False), ((), "r12-a", False)],
    ids=["one bed", "no bed known", "nothing found"],
)
def test_the_lines_are_what_the_configuration_reads(
    things: tuple[tuple[Thing, tuple[float, float, float, float]], ...],
    bed: str | None,
    named: bool,
) -> None:
    import msgspec

    pieces = found(*things) if things else []
    read = yaml.safe_load(yaml_of(zones_of(pieces), bed))
    zones = msgspec.convert(read["zones"], list[ConfigZone])
    assert len(zones) == len(things)
    assert any(zone.bed == "r12-a" for zone in zones) is named


def test_two_beds_are_not_named() -> None:
    other = (Thing.BED, (0.0, 0.1, 0.25, 0.35))
    assert "bed: r12-a" not in yaml_of(zones_of(found(BED, other)), "r12-a")


def test_the_page_holds_lines_and_loads_nothing() -> None:
    edges = still_of(room(0)).edges()
    text = page(edges, found(BED), "Outline of <r12>", "zones: []")
    assert "<svg" in text
    assert "bed 9" in text
    assert "&lt;r12&gt;" in text
    assert not re.search(r"<img|<image|<script|url\(|https?:|data:", text)


def test_a_doubtful_kind_names_its_rival() -> None:
    learnt = FurnitureMap()
    for thing in (Thing.BED, Thing.COUCH, Thing.BED, Thing.COUCH, Thing.BED):
        learnt.update([Detection(thing, 0.7, BED[1])])
    assert label(learnt.pieces[0]).startswith("bed or couch 9")
