"""One camera from frame to observations, with networks that see what they are told to."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from ambient.config_cameras import Camera as CameraConfig
from ambient.observations import AnyObservation, BoxSeen, PoseSeen, TrackEnded, View, ViewState
from tests.vision.bodies import LYING, STANDING, pose
from tests.vision.eyes import FakeEngine, FakeObjects, person, thing
from tests.vision.rooms import Camera, S, room
from tests.vision.rooms import person as body
from vision.learned import Learned
from vision.objects.types import Thing
from vision.pipeline import CameraPipeline
from vision.scene import LEARN_S, SceneMemory

BED = thing(Thing.BED, 0.8, (0.5, 0.5, 0.95, 0.9))
SOMEBODY = person(0.6, (0.1, 0.3, 0.25, 0.9))
Change = Callable[[np.ndarray], np.ndarray]

BAD_VIEWS: list[tuple[View, Change]] = [
    (View.DARK, lambda image: image // 12),
    (View.OVER_EXPOSED, lambda image: np.maximum(image, 252)),
    (View.COVERED, lambda image: np.full_like(image, 60)),
    (View.BLURRED, lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 9), np.uint8)),
    (View.MOVED, lambda image: np.roll(image, 90, axis=1)),
]


def pipeline(
    detector: FakeObjects | None,
    engine: FakeEngine | None = None,
    learned: Learned | None = None,
) -> CameraPipeline:
    camera = CameraConfig(id="c1", source="x")
    return CameraPipeline("r1", camera, engine or FakeEngine(), detector=detector, learned=learned)


def film(
    watch: CameraPipeline, camera: Camera, image: np.ndarray, seconds: float
) -> list[AnyObservation]:
    """Show a picture for a while to the end."""
    return [
        seen
        for frame, t_ns in camera.film(image, seconds)
        for seen in watch.process(np.ascontiguousarray(frame), t_ns)
    ]


def test_furniture_is_learned_in_a_good_view() -> None:
    watch = pipeline(FakeObjects([BED]))
    film(watch, Camera(fps=5), room(), 12)
    assert watch.furniture is not None
    assert [piece.thing for piece in watch.furniture.pieces] == [Thing.BED]


@pytest.mark.parametrize(("view", "change"), BAD_VIEWS, ids=[view for view, _ in BAD_VIEWS])
def test_in_a_bad_view_no_furniture_is_learned(view: View, change: Change) -> None:
    detector = FakeObjects([BED, SOMEBODY])
    watch, camera = pipeline(detector), Camera(fps=5)
    film(watch, camera, room(), 12)
    seen = film(watch, camera, change(room()), 10)
    assert [one.view for one in seen if isinstance(one, ViewState)][-1] is view
    assert watch.furniture is not None
    known = watch.furniture.state.looks
    looks = len(detector.looks)
    detector.things = [thing(Thing.COUCH, 0.9, (0.0, 0.0, 0.3, 0.3)), SOMEBODY]
    film(watch, camera, change(room()), 10)
    assert watch.furniture.state.looks == known
    if view is View.MOVED:
        # Where things stood in the picture is no longer known.
        assert watch.furniture.pieces == []
    else:
        assert [piece.thing for piece in watch.furniture.pieces] == [Thing.BED]
    # People are looked for all the same, but where nothing can be seen.
    assert (len(detector.looks) > looks) is (view is not View.COVERED)


def test_furniture_is_learned_once_a_second_however_often_the_detector_looks() -> None:
    detector = FakeObjects([BED])
    engine = FakeEngine()
    watch, camera = pipeline(detector, engine), Camera(fps=10)
    assert watch.furniture is not None
    for turn in range(6):
        # Somebody who comes and is lost again and again keeps the detector alert.
        engine.poses = [pose(STANDING)] if turn % 2 == 0 else []
        film(watch, camera, room(), 3)
    assert 9 <= watch.furniture.state.looks <= 18
    assert len(detector.looks) > 24


def test_who_hides_furniture_is_no_reason_to_learn_it() -> None:
    """A blanket with somebody on the floor: a surer bed and a person in one place."""
    blanket = thing(Thing.BED, 0.7, (0.3, 0.6, 0.7, 0.9))
    empty, covered = (pipeline(FakeObjects(found)) for found in (
        [blanket], [blanket, person(0.5, (0.3, 0.6, 0.7, 0.9))]
    ))  # fmt: skip
    for watch in (empty, covered):
        film(watch, Camera(fps=5), room(), 0.3)
        assert watch.furniture is not None
    sure = empty.furniture.state.pieces[0].confidence if empty.furniture else 0.0
    doubted = covered.furniture.state.pieces[0].confidence if covered.furniture else 1.0
    assert doubted < 0.55 < sure


@pytest.mark.parametrize(("score", "hinted"), [(0.6, True), (0.35, False)])
def test_boxes_of_people_tell_the_pose_network_where_to_look(score: float, hinted: bool) -> None:
    engine = FakeEngine()
    watch = pipeline(FakeObjects([person(score, SOMEBODY.box)]), engine)
    film(watch, Camera(fps=5), room(), 0.3)
    assert engine.hints[0] == ([SOMEBODY.box] if hinted else [])


def doubted(watch: CameraPipeline, engine: FakeEngine) -> tuple[list[bool], list[bool]]:
    """Return for each picture whether somebody in it was in doubt: who stands, then who lies."""
    camera = Camera(fps=10)
    engine.poses = [pose(STANDING)]
    film(watch, camera, room(), 1.5)
    stood = len(engine.doubts)
    engine.poses = [pose(LYING)]
    film(watch, camera, body(room(), 0.5, 0.7, lying=True), 2)
    looks = [bool(boxes) for boxes in engine.doubts]
    return looks[:stood], looks[stood:]


def test_who_may_be_down_is_read_several_times_and_who_stands_once() -> None:
    engine = FakeEngine()
    standing, lying = doubted(pipeline(None, engine), engine)
    assert len(standing) >= 3
    assert not any(standing)
    assert len(lying) >= 10
    assert all(lying[3:])
    alone = FakeEngine()
    once = CameraPipeline("r1", CameraConfig(id="c1", source="x"), alone, looks=False)
    assert not any(any(each) for each in doubted(once, alone))


def test_somebody_is_seen_by_the_outline_where_no_pose_is_found() -> None:
    seen = film(pipeline(FakeObjects([SOMEBODY])), Camera(fps=5), room(), 4)
    assert {one.track for one in seen if isinstance(one, BoxSeen)} == {1}
    assert not any(isinstance(one, PoseSeen) for one in seen)
    assert film(pipeline(None), Camera(fps=5), room(), 4)[0] == seen[0]


@pytest.mark.parametrize("fps", [5, 10, 30])
@pytest.mark.parametrize("others", [[], [pose(STANDING, x=0.8)]], ids=["alone", "beside another"])
def test_somebody_who_lies_there_without_a_move_counts_at_once(fps: float, others: list) -> None:
    engine = FakeEngine(others)
    watch, camera = pipeline(None, engine), Camera(fps=fps)
    before = film(watch, camera, room(), 20 if others else 0)
    engine.poses = [*others, pose(LYING, x=0.4)]
    seen = film(watch, camera, room(), 5)
    known = {one.track for one in before if isinstance(one, PoseSeen)}
    first = next(one.t for one in seen if isinstance(one, PoseSeen) and one.track not in known)
    start = min(one.t for one in seen)
    assert (first - start) / 1e9 < 1.5


def test_an_empty_room_is_looked_at_now_and_then() -> None:
    watch = pipeline(None)
    film(watch, Camera(fps=10), room(), 60)
    assert watch.poses_run < 0.06 * 600


def test_who_was_lost_is_looked_for_more_often() -> None:
    somebody = pose(STANDING)
    detector, engine = FakeObjects([person(0.8, somebody.box)]), FakeEngine([somebody])
    watch, camera = pipeline(detector, engine), Camera(fps=10)
    film(watch, camera, room(), 8)
    calm = len(detector.looks)
    detector.things, engine.poses = [], []
    for step in range(50):
        film(watch, camera, body(room(), 0.2 + 0.01 * step, 0.5), 0.1)
    whole = [region for region, _ in detector.looks[calm:]].count(None)
    assert whole >= 8
    assert any(turns != (0,) for _, turns in detector.looks[calm:])


def test_what_stands_still_can_be_said_again() -> None:
    watch = pipeline(FakeObjects([SOMEBODY]), FakeEngine([pose(STANDING, x=0.7)]))
    camera = Camera(fps=10)
    film(watch, camera, room(), 3)
    said = watch.repeat(camera.t_ns + 500_000_000)
    assert {type(one) for one in said} >= {PoseSeen, BoxSeen}
    assert {one.t for one in said} == {camera.t_ns + 500_000_000}


def test_after_a_pause_the_room_is_known_and_nobody_in_it() -> None:
    camera = Camera(fps=5)
    before = pipeline(FakeObjects([BED]), FakeEngine([pose(STANDING)]))
    assert any(isinstance(seen, PoseSeen) for seen in film(before, camera, room(), 12))
    learned = before.hand_on()
    assert learned is not None
    after = pipeline(FakeObjects([]), learned=learned)
    assert after.furniture is not None
    assert [piece.thing for piece in after.furniture.pieces] == [Thing.BED]
    assert (after.hand_on() or learned).floor is learned.floor
    camera.t_ns += 900 * S
    seen = film(after, camera, room(), 12)
    assert not any(isinstance(one, PoseSeen | TrackEnded) for one in seen)
    assert [one.view for one in seen if isinstance(one, ViewState)] == [View.OK]


@pytest.mark.parametrize(("view", "change"), BAD_VIEWS[3:], ids=["blurred", "moved"])
@pytest.mark.parametrize("known", [True, False])
def test_what_was_done_to_the_camera_in_a_pause_is_noticed(
    view: View, change: Change, known: bool
) -> None:
    camera = Camera(fps=5)
    before = pipeline(FakeObjects([BED]))
    film(before, camera, room(), 15)
    after = pipeline(FakeObjects([]), learned=before.hand_on() if known else None)
    camera.t_ns += 900 * S
    seen = film(after, camera, change(room()), 12)
    views = [one.view for one in seen if isinstance(one, ViewState)]
    assert views[-1] is (view if known else View.OK)
    assert after.furniture is not None
    kept = known and view is not View.MOVED
    assert [piece.thing for piece in after.furniture.pieces] == ([Thing.BED] if kept else [])


@pytest.mark.parametrize("seconds", [5, 15], ids=["learning yet", "learnt"])
def test_no_picture_goes_on_over_a_pause(seconds: float) -> None:
    """Neither of the last second nor its edges, and no scene that is a moment's."""
    before = pipeline(FakeObjects([]))
    film(before, Camera(fps=5), body(room(), 0.5, 0.5), seconds)
    learned = before.hand_on()
    assert learned is not None
    kept = {
        name
        for name in SceneMemory.__slots__
        if isinstance(getattr(learned.view.scene, name), np.ndarray)
    }
    assert kept == (set() if seconds < LEARN_S else {"_scene"})


def test_a_camera_that_was_turned_begins_anew_after_the_next_pause() -> None:
    camera = Camera(fps=5)
    before = pipeline(FakeObjects([BED]))
    film(before, camera, room(), 15)
    seen = film(before, camera, np.roll(room(), 90, axis=1), 12)
    assert [one.view for one in seen if isinstance(one, ViewState)][-1] is View.MOVED
    assert before.hand_on() is None
