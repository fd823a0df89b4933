"""The people of one camera from poses and boxes: who they are, what they are on, what is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from ambient.config import Falls
from ambient.config_cameras import Camera, Zone
from ambient.observations import (
    AnyObservation,
    Box,
    BoxSeen,
    Place,
    PoseSeen,
    PostureSeen,
    TrackEnd,
    TrackEnded,
)
from fusion.falls import FallJudge
from fusion.falls_state import Step
from models.support import Carrier
from models.support.scenes import Piece
from tests.vision.bodies import LYING, SITTING, STANDING, pose
from tests.vision.eyes import person, thing
from tests.vision.test_furniture import (
    BED_PIECE,
    BEFORE,
    COUCH_PIECE,
    ON,
    SIDE,
    lying,
    seated,
)
from vision.at_table import WAITS_S
from vision.furniture import FurnitureMap
from vision.objects.types import Detection, Thing
from vision.people import People
from vision.pose.people import body_box
from vision.pose.types import Pose

FRAME = 100_000_000
LOOK = 10
"""Frames between two looks of the detector."""

LIES: Box = (0.1, 0.7, 0.6, 0.9)
HERE = [(0.0, 0.2), (1.0, 0.2), (1.0, 1.0), (0.0, 1.0)]
WIDE = SIDE.width / SIDE.height


@dataclass
class Story:
    """Plays frames to the people of a camera, ten a second."""

    people: People = field(default_factory=lambda: People("r1", Camera(id="c1", source="x")))
    aspect: float = 1.0
    frame: int = 0
    said: list[AnyObservation] = field(default_factory=list)

    def play(
        self,
        seconds: float,
        poses: Sequence[Pose] = (),
        boxes: Sequence[Detection] | None = (),
        things: Sequence[Detection] = (),
    ) -> list[AnyObservation]:
        """Show the same for a while; the detector looks once a second, with None never."""
        said: list[AnyObservation] = []
        for _ in range(round(seconds * 10)):
            looks = boxes is not None and self.frame % LOOK == 0
            said += self.people.update(
                list(poses),
                self.frame * FRAME,
                self.aspect,
                boxes=boxes if looks else None,
                things=things if looks else (),
            )
            self.frame += 1
        self.said += said
        return said


def around(body: Pose) -> Box:
    """The box that a detector draws around a body."""
    return body_box(body.keypoints[:, :2], body.keypoints[:, 2])


def tracks(said: Sequence[AnyObservation], *kinds: type) -> set[int]:
    return {one.track for one in said if isinstance(one, kinds)}  # type: ignore[attr-defined]


def ends(said: Sequence[AnyObservation]) -> list[TrackEnded]:
    return [one for one in said if isinstance(one, TrackEnded)]


def last(said: Sequence[AnyObservation]) -> PostureSeen:
    return next(one for one in reversed(said) if isinstance(one, PostureSeen))


def with_furniture(
    *things: Detection, zones: Sequence[Zone] = (), looks: int = 20
) -> tuple[Story, FurnitureMap]:
    """A camera that has learned these things of an empty room."""
    furniture = FurnitureMap()
    for _ in range(looks):
        furniture.update(things)
    camera = Camera(id="c1", source="x", zones=list(zones))
    return Story(People("r1", camera, furniture=furniture), aspect=WIDE), furniture


def seen(points: np.ndarray) -> Pose:
    """A body in the room (33 points in metres), as the camera `SIDE` sees it."""
    picture = SIDE.project(points)[0] / (SIDE.width, SIDE.height)
    keypoints = np.concatenate([picture, np.full((33, 1), 0.95)], axis=1).astype(np.float32)
    world = (points - points[[23, 24]].mean(axis=0))[:, [0, 2, 1]] * (1, -1, 1)
    return Pose.from_keypoints(keypoints, world.astype(np.float32), 0.99, 0.0)


def stands(piece: Piece, kind: Thing) -> Detection:
    """What the detector sees of a piece of furniture before the camera `SIDE`."""
    corners = SIDE.project(piece.corners())[0] / (SIDE.width, SIDE.height)
    x0, y0 = corners.min(axis=0).clip(0, 1).tolist()
    x1, y1 = corners.max(axis=0).clip(0, 1).tolist()
    return thing(kind, 0.85, (x0, y0, x1, y1))


BED = stands(BED_PIECE, Thing.BED)
IN_BED = seen(lying("supine", 90.0, ON))


def test_a_box_keeps_a_person_whose_pose_is_lost() -> None:
    story = Story()
    body = pose(STANDING)
    story.play(3, [body], [person(0.8, around(body))])
    said = story.play(8, [], [person(0.5, around(body))])
    assert tracks(said, BoxSeen) == {1}
    assert ends(said) == []
    # Found again by the pose network it is the same person.
    said = story.play(2, [body], [person(0.8, around(body))])
    assert tracks(said, PoseSeen) == {1}
    assert ends(said) == []


def test_without_a_box_who_is_lost_ends() -> None:
    story = Story()
    body = pose(STANDING)
    story.play(3, [body], [person(0.8, around(body))])
    (end,) = ends(story.play(8, [], []))
    assert (end.track, end.reason) == (1, TrackEnd.LOST)
    assert not story.people.present


@pytest.mark.parametrize(
    ("score", "looks", "known"),
    [(0.6, 1, False), (0.6, 2, True), (0.35, 6, False), (0.2, 6, False)],
    ids=["one look", "two looks", "doubtful boxes", "boxes of nothing"],
)
def test_somebody_of_whom_only_an_outline_is_seen(score: float, looks: int, known: bool) -> None:
    story = Story()
    said = story.play(looks, [], [person(score, LIES)])
    assert bool(tracks(said, BoxSeen)) is known
    if known:
        assert tracks(said, BoxSeen) == tracks(said, PostureSeen) == {1}
        assert last(said).down > 0.5
        assert last(said).place is Place.UNKNOWN
        assert story.people.present


@pytest.mark.parametrize(("kind", "believed"), [(Thing.DINING_TABLE, False), (Thing.COUCH, True)])
def test_of_who_sits_behind_a_table_the_outline_tells_little(kind: Thing, believed: bool) -> None:
    story, _ = with_furniture(thing(kind, 0.8, (0.05, 0.75, 0.7, 0.95)))
    said = last(story.play(4, [], [person(0.7, LIES)]))
    assert said.down > 0.5
    assert (said.quality > 0.35) is believed
    assert said.quality > 0.1


def test_who_goes_on_lying_behind_a_table_is_believed() -> None:
    """Nobody may have seen the fall: it waits, and is told all the same."""
    table = thing(Thing.DINING_TABLE, 0.8, (0.05, 0.75, 0.7, 0.95))
    story, _ = with_furniture(table)
    judge = FallJudge(Falls())
    said = story.play(90, [], [person(0.7, LIES)], [table])
    steps = [c for one in said if isinstance(one, PostureSeen) for c in judge.posture(one)]
    confirmed = [c.t / 1e9 for c in steps if c.step is Step.CONFIRMED]
    assert confirmed == [pytest.approx(WAITS_S, abs=3.0)]


def test_who_is_seen_up_at_a_table_now_and_then_waits_anew() -> None:
    table = thing(Thing.DINING_TABLE, 0.8, (0.05, 0.7, 0.7, 0.98))
    story, _ = with_furniture(table)
    sitting = pose(SITTING, x=0.35, floor=0.92, scale=0.3)
    looks = [person(0.7, around(sitting))]
    for _ in range(4):
        hidden = story.play(30, [], looks, [table])
        assert max(one.quality for one in hidden if isinstance(one, PostureSeen)) < 0.35
        story.play(3, [sitting], looks, [table])


@pytest.mark.parametrize(("first", "believed"), [((0.3, 0.7, 0.6, 1.0), False), (None, True)])
def test_of_who_the_border_cut_just_now_the_outline_tells_nothing(
    first: Box | None, believed: bool
) -> None:
    short = (0.3, 0.7, 0.6, 0.96)
    story = Story()
    if first is not None:
        story.play(3, [], [person(0.7, first)])
    said = [one for one in story.play(2, [], [person(0.7, short)]) if isinstance(one, PostureSeen)]
    assert said
    assert (said[-1].quality > 0.0) is believed


def test_an_outline_that_is_gone_ends() -> None:
    story = Story()
    story.play(3, [], [person(0.6, LIES)])
    (end,) = ends(story.play(6, [], []))
    assert (end.track, end.reason) == (1, TrackEnd.LOST)
    assert end.down > 0.5
    assert not story.people.present


def test_a_pose_takes_an_outline_over() -> None:
    story = Story()
    body = pose(LYING)
    story.play(3, [], [person(0.6, around(body))])
    said = story.play(3, [body], [person(0.6, around(body))])
    assert [end.track for end in ends(said)] == [1]
    assert tracks(said, PoseSeen) == {2}
    assert tracks(story.play(3, [body], [person(0.6, around(body))]), PoseSeen, BoxSeen) == {2}


def test_a_box_beside_somebody_is_somebody_else() -> None:
    story = Story()
    body = pose(STANDING, x=0.8)
    said = story.play(4, [body], [person(0.8, around(body)), person(0.7, LIES)])
    assert tracks(said, PoseSeen).isdisjoint(tracks(said, BoxSeen))
    assert len(tracks(said, PoseSeen, BoxSeen)) == 2


@pytest.mark.parametrize(("known", "same"), [(True, False), (False, True)])
def test_who_was_seen_lying_beside_somebody_standing_is_not_that_one_fallen(
    known: bool, same: bool
) -> None:
    """The carer's pose is lost in the look in which the resident's is found."""
    stands_here, lies_there = pose(STANDING), pose(LYING, x=0.55)
    resident = [person(0.7, around(lies_there))] if known else []
    story = Story()
    story.play(4, [stands_here], [person(0.8, around(stands_here)), *resident])
    said = story.play(2, [lies_there], [person(0.7, around(lies_there))])
    carer, found = tracks(story.said[:40], PoseSeen), tracks(said, PoseSeen)
    assert (found == carer) is same
    fell = max(one.descent for one in said if isinstance(one, PostureSeen))
    assert (fell < 0.3) is not same


def test_whose_pose_lingers_while_a_box_shows_the_fall_is_followed_down() -> None:
    up, down = pose(STANDING), pose(LYING)
    story = Story()
    story.play(4, [up], [person(0.8, around(up))])
    before = tracks(story.said, PoseSeen)
    story.play(2.4, [up], [person(0.7, around(down))])
    said = story.play(2, [down], [person(0.7, around(down))])
    assert tracks(said, PoseSeen) == before
    assert max(one.descent for one in said if isinstance(one, PostureSeen)) > 0.6


@pytest.mark.parametrize(
    ("boxes", "things", "believed"),
    [
        ([person(0.7, around(pose(LYING)))], [], True),
        ([], [], False),
        ([person(0.7, (0.0, 0.0, 0.1, 0.3))], [], False),
        ([], [thing(Thing.DOG, 0.6, around(pose(LYING)))], True),
        ([], [thing(Thing.CHAIR, 0.9, around(pose(LYING)))], False),
    ],
    ids=["a box on it", "never a box", "a box elsewhere", "a dog, it says", "a chair"],
)
def test_a_pose_is_believed_when_the_detector_bears_it_out(
    boxes: list[Detection], things: list[Detection], believed: bool
) -> None:
    said = Story().play(8, [pose(LYING)], boxes, things)
    assert (last(said).quality > 0.6) is believed
    assert last(said).down > 0.5


def test_where_no_detector_looks_every_pose_is_believed() -> None:
    assert last(Story().play(8, [pose(LYING)], None)).quality > 0.6


def test_further_looks_are_wanted_as_long_as_they_would_tell_more() -> None:
    story = Story()
    body = pose(STANDING)
    story.play(1, [body], None)
    assert story.people.doubtful
    story.play(1, [body], [person(0.8, around(body))])
    assert not story.people.doubtful
    story = Story()
    story.play(0.1, [], [person(0.7, LIES)])
    assert story.people.doubtful


def test_who_stands_still_is_said_again_without_new_looks() -> None:
    story = Story()
    body = pose(STANDING, x=0.8)
    boxes = [person(0.8, around(body)), person(0.7, LIES)]
    story.play(3.1, [body], boxes)
    shown = {type(one): one.track for one in story.said if isinstance(one, PoseSeen | BoxSeen)}
    for step in range(1, 31):
        said = story.people.repeat((story.frame + 5 * step) * FRAME, 1.0)
        assert tracks(said, PoseSeen) == {shown[PoseSeen]}
        assert tracks(said, BoxSeen) == {shown[BoxSeen]}
        assert tracks(said, PostureSeen) == set(shown.values())
        assert ends(said) == []


@pytest.mark.parametrize(
    ("screen", "believed"),
    [((0.1, 0.0, 0.9, 1.0), False), ((0.6, 0.1, 0.95, 0.4), True)],
    ids=["on the screen", "before a screen"],
)
def test_people_on_a_television_are_none(screen: Box, believed: bool) -> None:
    story, furniture = with_furniture(thing(Thing.TV, 0.9, screen))
    body = pose(STANDING)
    said = story.play(3, [body], None)
    assert furniture.boxes_of(Thing.TV)
    assert (last(said).quality > 0.6) is believed
    assert last(said).quality == 0.0 or believed


@pytest.mark.parametrize(
    ("piece", "body", "place"),
    [
        (BED, IN_BED, Place.BED),
        (stands(COUCH_PIECE, Thing.COUCH), seen(lying("supine", 90.0, (0, -0.1, 0.4))), Place.SOFA),
        (BED, seen(lying("supine", 90.0, BEFORE)), Place.UNKNOWN),
    ],
    ids=["in bed", "on a sofa", "before the bed"],
)
def test_on_what_somebody_lies_by_learned_furniture(
    piece: Detection, body: Pose, place: Place
) -> None:
    story, _ = with_furniture(piece)
    said = story.play(4, [body], [person(0.8, around(body))], [piece])
    assert last(said).place is place
    assert place is Place.UNKNOWN or 0.5 < last(said).place_sure <= 1.0
    assert last(said).bed is None


def test_an_outline_in_a_bed_is_in_bed() -> None:
    story, _ = with_furniture(BED)
    said = story.play(4, [], [person(0.8, around(IN_BED))], [BED])
    assert last(said).place is Place.BED
    assert tracks(said, BoxSeen) == {1}


@pytest.mark.parametrize(
    "known",
    [[], [thing(Thing.BED, 0.85, (0.0, 0.1, 0.5, 0.4))]],
    ids=["nothing learned", "a bed elsewhere"],
)
def test_that_somebody_is_on_the_floor_furniture_cannot_tell(known: list[Detection]) -> None:
    story, _ = with_furniture(*known)
    body = seen(lying("supine", 90.0, BEFORE))
    assert last(story.play(4, [body], None)).place is Place.UNKNOWN


ELSEWHERE: list[tuple[float, float]] = [(0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)]
ARMCHAIR = stands(Piece(Carrier.CHAIR, (0.4, 0.4), 0.85, 0.42), Thing.CHAIR)
IN_ARMCHAIR = seen(seated("sitting", 0.0, 0.0, 0.0, 0.46))
BY_ARMCHAIR = seen(lying("supine", 90.0, BEFORE))
SLID_OFF = seen(seated("sitting", 0.0, 0.0, -0.55, 0.08))


@pytest.mark.parametrize(
    ("zones", "things", "body", "place"),
    [
        ([], [ARMCHAIR], IN_ARMCHAIR, Place.CHAIR),
        ([], [ARMCHAIR], BY_ARMCHAIR, Place.FLOOR),
        ([], [ARMCHAIR], SLID_OFF, Place.FLOOR),
        ([], [], IN_ARMCHAIR, Place.FLOOR),
        ([Zone(kind=Place.FLOOR, polygon=HERE)], [ARMCHAIR], IN_ARMCHAIR, Place.FLOOR),
        ([], [BED], IN_BED, Place.FLOOR),
    ],
    ids=[
        "in it",
        "before it",
        "slid off it",
        "not learned",
        "drawn as floor",
        "a bed would be drawn",
    ],
)
@pytest.mark.parametrize("seen_by", ["pose", "outline"])
def test_an_armchair_that_was_moved_since_it_was_drawn_is_learned(
    zones: list[Zone], things: list[Detection], body: Pose, place: Place, seen_by: str
) -> None:
    drawn = [Zone(kind=kind, polygon=ELSEWHERE) for kind in (Place.BED, Place.CHAIR)]
    story, _ = with_furniture(*things, zones=[*drawn, *zones])
    poses = [body] if seen_by == "pose" else []
    said = last(story.play(4, poses, [person(0.8, around(body))], things))
    assert said.place is place
    assert (said.place_sure == 1.0) is (place is Place.FLOOR)


@pytest.mark.parametrize(
    ("zone", "place", "bed"),
    [
        (
            Zone(kind=Place.SOFA, polygon=[(0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)]),
            Place.FLOOR,
            None,
        ),
        (
            Zone(kind=Place.BED, bed="b1", polygon=HERE),
            Place.BED,
            "b1",
        ),
        (
            Zone(kind=Place.PERMITTED, polygon=HERE),
            Place.PERMITTED,
            None,
        ),
        (
            Zone(kind=Place.FLOOR, polygon=HERE),
            Place.FLOOR,
            None,
        ),
    ],
    ids=["a sofa elsewhere", "a bed", "a permitted place", "the floor"],
)
@pytest.mark.parametrize("seen_by", ["pose", "outline"])
def test_drawn_zones_win_over_learned_furniture(
    zone: Zone, place: Place, bed: str | None, seen_by: str
) -> None:
    story, _ = with_furniture(thing(Thing.COUCH, 0.9, BED.box), zones=[zone])
    poses = [IN_BED] if seen_by == "pose" else []
    said = story.play(4, poses, [person(0.8, around(IN_BED))])
    assert (last(said).place, last(said).bed, last(said).place_sure) == (place, bed, 1.0)


def test_furniture_that_appears_with_somebody_in_it_is_doubted() -> None:
    """Somebody on the floor under a blanket, which the detector calls a bed."""
    body = seen(lying("supine", 90.0, BEFORE))
    x0, y0, x1, y1 = around(body)
    blanket = thing(Thing.BED, 0.6, (x0, y0 - 0.05, x1, y1 + 0.02))
    story, furniture = with_furniture(looks=10)
    said = story.play(10, [body], [person(0.6, around(body))], [blanket])
    hidden = max(piece.confidence for piece in furniture.state.pieces)
    empty, furniture = with_furniture(looks=10)
    empty.play(10, [], [], [blanket])
    assert hidden < 0.75 < 0.9 < furniture.pieces[0].confidence
    assert last(said).place_sure < 0.8 or last(said).place is Place.UNKNOWN


def test_the_same_poses_and_boxes_give_the_same_observations() -> None:
    runs = []
    for _ in range(2):
        story, _ = with_furniture(BED)
        story.play(2, [pose(STANDING)], [person(0.8, around(pose(STANDING)))])
        story.play(2, [pose(LYING)], [person(0.5, around(pose(LYING)))])
        story.play(5, [], [person(0.5, LIES)])
        runs.append(story.said)
    assert runs[0] == runs[1]
    assert [one.t for one in runs[0]] == sorted(one.t for one in runs[0])


def test_a_pose_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(_: PoseSeen) -> None:
        raise AssertionError("expected one measurement of a pose, got another")

    monkeypatch.setattr("vision.slid.measure", again)
    assert last(Story().play(1.0, [pose(STANDING)], boxes=None)).size > 0.0
