"""The map of furniture, and what a body is on."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ambient.observations import Place
from models.bodies.raster import Camera
from models.support import Carrier
from models.support.poses import LOW, LYING, ON_SEAT, UPRIGHT
from models.support.scenes import Piece, moved, shape, turned
from vision.boxes import iou
from vision.furniture import BOXES, PIECES, FurnitureMap, FurnitureState
from vision.objects.types import Detection, Thing
from vision.surfaces import Support

BED = (0.3, 0.4, 0.8, 0.8)
CHAIR = (0.5, 0.5, 0.6, 0.8)
COUCH = (0.05, 0.5, 0.28, 0.9)


def look(thing: Thing, score: float, box: tuple[float, float, float, float]) -> Detection:
    return Detection(thing, score, box)


def shown(*looks: list[Detection]) -> FurnitureMap:
    found = FurnitureMap()
    for each in looks:
        found.update(each)
    return found


def confidence(found: FurnitureMap) -> float:
    return max((p.confidence for p in found.state.pieces), default=0.0)


@pytest.mark.parametrize(
    ("scores", "low", "high"),
    [
        ([0.8], 0.8, 0.95),
        ([0.6], 0.6, 0.75),
        ([0.35], 0.2, 0.45),
        ([0.7, 0.7, 0.7], 0.9, 0.99),
        ([0.45] * 6, 0.7, 0.95),
        ([0.28] * 30, 0.0, 0.45),
        ([0.5, None, None, None, None], 0.2, 0.45),
        ([0.8] * 100 + [None] * 20, 0.9, 1.0),
        ([0.8] * 20 + [None] * 600, 0.0, 0.1),
    ],
    ids=[
        "one clear look counts at once", "one fair look", "one doubtful look does not",
        "three clear looks", "many middling looks", "noise never adds up",
        "seen once in five", "an old piece outlives a bad moment", "taken away",
    ],
)  # fmt: skip
def test_confidence_from_scores_and_looks(
    scores: list[float | None], low: float, high: float
) -> None:
    found = shown(*([look(Thing.BED, s, BED)] if s is not None else [] for s in scores))
    assert low <= confidence(found) <= high


def test_a_piece_that_a_person_hides_is_not_missed_and_not_reshaped() -> None:
    found = shown(*[[look(Thing.BED, 0.7, BED)]] * 5)
    before = confidence(found)
    for _ in range(50):
        found.update([look(Thing.PERSON, 0.9, (0.3, 0.4, 0.8, 0.7))])
    assert confidence(found) == before
    for _ in range(BOXES):
        found.update([look(Thing.BED, 0.7, (0.3, 0.4, 0.8, 0.68))], people=[(0.3, 0.4, 0.8, 0.7)])
    assert found.pieces[0].box == BED


def test_what_appears_under_a_person_is_doubted() -> None:
    person = look(Thing.PERSON, 0.9, (0.4, 0.5, 0.8, 0.8))
    blanket = look(Thing.BED, 0.7, (0.35, 0.45, 0.85, 0.85))
    under = shown([person], [person, blanket])
    lost = shown([person], [], [blanket])
    alone = shown([], [], [blanket])
    assert max(confidence(under), confidence(lost)) < 0.5 < confidence(alone)
    for _ in range(4):
        under.update([person, blanket])
        alone.update([blanket])
    assert confidence(under) < 0.75 < 0.85 < confidence(alone)
    for _ in range(4):
        under.update([blanket])
    assert confidence(under) > 0.85


@pytest.mark.parametrize(
    ("bed", "counts"), [(BED, True), ((0.4, 0.6, 0.7, 0.72), False)], ids=["large", "own size"]
)
def test_who_lies_in_a_bed_from_the_beginning_does(
    bed: tuple[float, float, float, float], counts: bool
) -> None:
    sleeper = look(Thing.PERSON, 0.9, (0.4, 0.55, 0.7, 0.7))
    found = shown([sleeper, look(Thing.BED, 0.7, bed)])
    assert (confidence(found) >= 0.5) is counts


def test_a_half_of_a_bed_is_no_second_bed() -> None:
    half = (BED[0], BED[1], 0.55, BED[3])
    found = shown(*[[look(Thing.BED, 0.7, BED)], [look(Thing.BED, 0.6, half)]] * 3)
    assert len(found.pieces) == 1


def test_bed_and_couch_in_one_place_are_one_piece_that_keeps_both_opinions() -> None:
    found = shown(*[[look(Thing.BED, 0.6, BED)], [look(Thing.COUCH, 0.6, BED)]] * 3)
    (piece,) = found.pieces
    assert piece.share(Thing.BED) == pytest.approx(0.5)
    found.update([look(Thing.BED, 0.6, BED), look(Thing.COUCH, 0.4, BED)])
    assert len(found.pieces) == 1
    assert found.pieces[0].thing is Thing.BED


def test_a_chair_in_front_of_the_bed_is_another_piece() -> None:
    found = shown(*[[look(Thing.BED, 0.7, BED), look(Thing.CHAIR, 0.7, CHAIR)]] * 3)
    assert {p.thing for p in found.pieces} == {Thing.BED, Thing.CHAIR}


def test_the_box_is_robust_and_follows_a_bed_that_was_moved_a_little() -> None:
    random = np.random.default_rng(3)
    found = FurnitureMap()
    for k in range(20):
        off = random.normal(0, 0.01, 4) if k % 5 else np.array([0.1, 0.0, 0.1, 0.1])
        box = tuple(float(v) for v in np.add(BED, off))
        found.update([look(Thing.BED, 0.7, box)])  # type: ignore[arg-type]
    assert iou(found.pieces[0].box, BED) > 0.93
    there = (0.36, 0.42, 0.86, 0.82)
    for _ in range(BOXES):
        found.update([look(Thing.BED, 0.7, there)])
    (piece,) = found.pieces
    assert piece.box == pytest.approx(there)


def test_state_survives_a_restart_and_a_reset_forgets() -> None:
    found = shown(*[[look(Thing.BED, 0.7, BED), look(Thing.COUCH, 0.6, COUCH)]] * 4)
    kept = msgspec.json.decode(msgspec.json.encode(found.state), type=FurnitureState)
    again = FurnitureMap(kept)
    assert [p.box for p in again.pieces] == [p.box for p in found.pieces]
    for each in (found, again):
        each.update([look(Thing.BED, 0.5, BED)])
    assert again.state == found.state
    again.reset()
    assert again.pieces == []
    assert again.state.looks == 0


def test_what_was_asked_is_asked_anew_after_each_look() -> None:
    found = shown([look(Thing.BED, 0.8, BED)])
    assert found.boxes_of(Thing.BED) == [BED]
    there = (0.36, 0.42, 0.86, 0.82)
    for _ in range(BOXES):
        found.update([look(Thing.BED, 0.8, there)])
    assert found.boxes_of(Thing.BED) == [pytest.approx(there)]
    found.reset()
    assert found.boxes_of(Thing.BED) == []


def test_a_clutter_of_detections_stays_bounded() -> None:
    random = np.random.default_rng(5)
    found = FurnitureMap()
    for _ in range(200):
        corners = random.uniform(0, 0.9, (8, 2))
        found.update([look(Thing.CHAIR, 0.9, (x, y, x + 0.05, y + 0.05)) for x, y in corners])
    assert len(found.state.pieces) <= PIECES


# What a body is on: exact geometry. The furniture is at the origin, its wall side towards +y.
SIDE = Camera((0.0, -3.4, 1.9), (0.0, 0.0, 0.5))
FOOT = Camera((3.6, 0.3, 2.1), (0.0, 0.0, 0.5))
CORNER = Camera((2.2, -2.2, 2.6), (0.0, 0.0, 0.4))
LOW_EYE = Camera((0.6, -3.2, 1.2), (0.0, 0.0, 0.5))
BED_PIECE = Piece(Carrier.BED, (1.0, 0.48), 0.75, 0.5)
COUCH_PIECE = Piece(Carrier.COUCH, (0.95, 0.44), 0.84, 0.43)
CHAIR_PIECE = Piece(Carrier.CHAIR, (0.26, 0.26), 0.95, 0.46)

ON = (0.0, 0.0, 0.45)
BEFORE = (0.0, -0.95, 0.0)
BESIDE_FOOT = (1.75, 0.0, 0.0)
BEHIND = (0.1, 1.05, 0.0)


def lying(how: str, yaw: float, at: tuple[float, float, float]) -> np.ndarray:
    points = turned(shape(0, LYING[how]), yaw)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    return moved(points, at[0] - middle[0], at[1] - middle[1], at[2])


def seated(how: str, yaw: float, x: float, y: float, seat: float) -> np.ndarray:
    points = turned(shape(0, ON_SEAT[how]), yaw)
    return moved(points, x, y, seat + 0.09 - float(points[[23, 24], 2].mean()))


def standing(x: float, y: float) -> np.ndarray:
    return moved(shape(1, UPRIGHT["standing"]), x, y, 0.0)


def judged(
    eye: Camera, piece: Piece, thing: Thing, body: np.ndarray, *, rest: float | None = None
) -> Support:
    size = (eye.width, eye.height)
    corners = eye.project(piece.corners())[0] / size
    x0, y0 = corners.min(axis=0).clip(0, 1).tolist()
    x1, y1 = corners.max(axis=0).clip(0, 1).tolist()
    found = shown(*[[look(thing, 0.8, (x0, y0, x1, y1))]] * 4)
    points = eye.project(body)[0] / size
    box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    return found.place_of(points, box, eye.width / eye.height, rest=rest)


@pytest.mark.parametrize("eye", [SIDE, FOOT, CORNER], ids=["side", "foot end", "high corner"])
@pytest.mark.parametrize(
    ("body", "place"),
    [
        (lying("supine", 90.0, ON), Place.BED),
        (lying("curled", -90.0, ON), Place.BED),
        (lying("left side", 90.0, (0.0, 0.1, 0.45)), Place.BED),
        (lying("knees up", 80.0, ON), Place.BED),
        (lying("supine", 90.0, BEFORE), Place.FLOOR),
        (lying("curled", 60.0, BEFORE), Place.FLOOR),
        (lying("prone", 0.0, (0.3, -1.5, 0.0)), Place.FLOOR),
        (standing(0.2, -0.8), Place.FLOOR),
    ],
    ids=[
        "supine on it", "curled up on it", "on its side on it", "knees up on it",
        "supine before it", "curled before it", "prone before it", "standing before it",
    ],
)  # fmt: skip
def test_on_or_before_a_bed(eye: Camera, body: np.ndarray, place: Place) -> None:
    assert judged(eye, BED_PIECE, Thing.BED, body).place is place


@pytest.mark.parametrize("eye", [SIDE, FOOT, CORNER], ids=["side", "foot end", "high corner"])
@pytest.mark.parametrize(
    "how", ["on the floor, legs out", "on the floor, legs crossed", "kneeling"]
)
def test_who_sits_on_the_floor_against_a_bed_is_not_on_it(eye: Camera, how: str) -> None:
    body = moved(shape(1, LOW[how]), 0.2, -0.75, 0.0)
    support = judged(eye, BED_PIECE, Thing.BED, body)
    assert support.bed < 0.4
    assert support.floor > support.bed


@pytest.mark.parametrize(
    ("eye", "piece", "thing", "body", "place"),
    [
        (SIDE, BED_PIECE, Thing.BED, seated("sitting", 0.0, 0.3, -0.3, 0.5), Place.BED),
        (CORNER, BED_PIECE, Thing.BED, seated("sitting", 0.0, 0.0, -0.3, 0.5), Place.BED),
        (SIDE, BED_PIECE, Thing.BED, lying("supine", 90.0, BEHIND), Place.UNKNOWN),
        (SIDE, BED_PIECE, Thing.BED, lying("supine", 0.0, BESIDE_FOOT), Place.FLOOR),
        (CORNER, BED_PIECE, Thing.BED, lying("supine", 0.0, BESIDE_FOOT), Place.FLOOR),
        (LOW_EYE, BED_PIECE, Thing.BED, lying("supine", 90.0, ON), Place.BED),
        (LOW_EYE, BED_PIECE, Thing.BED, lying("supine", 90.0, BEFORE), Place.FLOOR),
        (SIDE, COUCH_PIECE, Thing.COUCH, lying("supine", 90.0, (0.0, -0.1, 0.4)), Place.SOFA),
        (SIDE, COUCH_PIECE, Thing.COUCH, seated("sitting", 0.0, 0.2, -0.2, 0.43), Place.SOFA),
        (SIDE, COUCH_PIECE, Thing.COUCH, lying("supine", 90.0, BEFORE), Place.FLOOR),
        (SIDE, CHAIR_PIECE, Thing.CHAIR, seated("sitting", 0.0, 0.0, 0.0, 0.46), Place.CHAIR),
        (CORNER, CHAIR_PIECE, Thing.CHAIR, seated("sitting", 0.0, 0.0, 0.0, 0.46), Place.CHAIR),
        (SIDE, CHAIR_PIECE, Thing.CHAIR, lying("supine", 90.0, BEFORE), Place.FLOOR),
        (SIDE, CHAIR_PIECE, Thing.CHAIR, standing(0.2, -0.6), Place.FLOOR),
    ],
    ids=[
        "sitting on the bed's edge, side", "sitting on the bed's edge, corner",
        "hidden behind the bed",
        "at the bed's foot, side", "at the bed's foot, corner", "on the bed, low camera",
        "before the bed, low camera", "lying on the couch", "sitting on the couch",
        "lying before the couch", "sitting on the chair", "on the chair, corner",
        "lying before the chair", "standing before the chair",
    ],
)  # fmt: skip
def test_what_a_body_is_on(
    eye: Camera, piece: Piece, thing: Thing, body: np.ndarray, place: Place
) -> None:
    assert judged(eye, piece, thing, body).place is place


def test_hips_that_rest_where_the_feet_stood_are_not_on_a_bed() -> None:
    body = lying("supine", 90.0, ON)
    sure = judged(SIDE, BED_PIECE, Thing.BED, body, rest=0.35)
    low = judged(SIDE, BED_PIECE, Thing.BED, body, rest=0.04)
    assert sure.place is Place.BED
    assert sure == judged(SIDE, BED_PIECE, Thing.BED, body)
    assert low.bed < 0.2
    assert low.floor > 0.5


def test_before_anything_was_looked_at_nothing_is_known() -> None:
    points = np.full((33, 3), 0.5)
    support = FurnitureMap().place_of(points, (0.4, 0.4, 0.6, 0.6), 1.5)
    assert support == Support()
    assert support.place is Place.UNKNOWN
    assert support.unknown == 1.0


def test_an_empty_room_makes_the_floor_probable_but_never_sure() -> None:
    found = shown(*[[]] * 20)
    support = found.place_of(np.full((33, 3), 0.5), (0.4, 0.4, 0.6, 0.6), 1.5)
    assert support.place is Place.FLOOR
    assert 0.1 < support.unknown < 0.3
    assert support.array().sum() + support.unknown == pytest.approx(1.0)


def test_a_doubtful_bed_gives_a_doubtful_place() -> None:
    eye, body = SIDE, lying("supine", 90.0, ON)
    points = eye.project(body)[0] / (eye.width, eye.height)
    corners = eye.project(BED_PIECE.corners())[0] / (eye.width, eye.height)
    box = (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
    own = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    beds = [
        shown([look(Thing.BED, score, box)]).place_of(points, own, 16 / 9).bed
        for score in (0.4, 0.6, 0.8)
    ]
    assert beds == sorted(beds)
    assert beds[0] < 0.45
    assert beds[2] > 0.7
