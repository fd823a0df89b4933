"""Bodies below a camera at the ceiling: what is up and down there, and who lies."""

from __future__ import annotations

import numpy as np
import pytest

from ambient.config import Falls
from ambient.config_cameras import Camera, Mount
from ambient.observations import BoxSeen, PoseSeen, Posture, PostureSeen, TrackEnded
from fusion.falls import FallJudge
from fusion.falls_state import Step
from tests.vision.bodies import LYING, STANDING, pose
from vision.above import UNTOLD, Levelled, level, nearness
from vision.features import measure
from vision.objects.types import Detection, Thing
from vision.people import People
from vision.pose.types import Pose
from vision.posture import RulePosture

FRAME = 100_000_000
FOCAL = 0.5 / np.tan(np.radians(50.0))
"""Of a lens of 100 degrees before a square picture, in its sides."""
HIGH = 2.5

Shape = dict[str, tuple[float, float]]


def below(shape: Shape, turn_deg: float, aside: tuple[float, float]) -> Pose:
    """Return a body as a camera straight above sees it, `aside` metres from below the lens."""
    side = pose(shape).world.astype(np.float64)
    height = shape["hip"][1] - side[:, 1]
    width = np.where(np.arange(33) % 2, 0.15, -0.15) * (np.arange(33) > 10)
    angle = np.radians(turn_deg)
    along = np.array([np.sin(angle), -np.cos(angle)])
    across = np.array([np.cos(angle), np.sin(angle)])
    # The head of who lies points along `turn_deg`, 0 at the picture's upper side.
    floor = aside - side[:, :1] * along + width[:, None] * across
    local = np.column_stack([floor, HIGH - height])
    keypoints = np.column_stack([0.5 + FOCAL * local[:, :2] / local[:, 2:], np.full(33, 0.95)])
    hip = local[[23, 24]].mean(axis=0)
    ray = hip / np.linalg.norm(hip)
    # The pose network's axes: z along the ray, turned there the shortest way.
    x, y, z = ray
    turn = np.array(
        [
            [1 - x * x / (1 + z), -x * y / (1 + z), -x],
            [-x * y / (1 + z), 1 - y * y / (1 + z), -y],
            [x, y, z],
        ]
    )
    world = (local - hip) @ turn.T
    return Pose.from_keypoints(keypoints.astype(np.float32), world.astype(np.float32), 1.0, 0.0)


def seen(body: Pose, t: int = 0) -> PoseSeen:
    return PoseSeen(
        t=t,
        room="r1",
        source="c1",
        track=1,
        keypoints=list(map(tuple, body.keypoints.tolist())),
        box=body.box,
        score=1.0,
        aspect=1.0,
        world=list(map(tuple, body.world.tolist())),
    )


@pytest.mark.parametrize("turn_deg", [0.0, 90.0, 180.0, 225.0])
@pytest.mark.parametrize("aside", [(0.1, 0.0), (0.9, 0.4), (-0.5, 0.8)])
def test_up_is_up_wherever_the_head_points(turn_deg: float, aside: tuple[float, float]) -> None:
    stands = measure(level(seen(below(STANDING, turn_deg, aside))))
    lies = measure(level(seen(below(LYING, turn_deg, aside))))
    assert np.degrees(stands.tilt_world) < 30
    assert stands.extent_m > 1.1
    assert np.degrees(lies.tilt_world) > 60
    assert lies.extent_m < 0.7


@pytest.mark.parametrize(("mount", "down"), [(Mount.CEILING, True), (Mount.WALL, False)])
def test_who_lies_with_the_head_up_in_the_picture_is_down_below_a_ceiling_alone(
    mount: Mount, down: bool
) -> None:
    watch = People("r1", Camera(id="c1", source="x", mount=mount))
    said = [
        one
        for n in range(30)
        for one in watch.update([below(LYING, 0.0, (0.2, 0.1))], n * FRAME, 1.0)
        if isinstance(one, PostureSeen)
    ]
    assert (said[-1].down >= 0.5) is down
    assert (said[-1].upright >= 0.5) is not down


def test_who_stands_with_the_head_down_in_the_picture_is_upright() -> None:
    watch = People("r1", Camera(id="c1", source="x", mount=Mount.CEILING))
    said = [
        one
        for n in range(30)
        for one in watch.update([below(STANDING, 0.0, (0.1, 0.8))], n * FRAME, 1.0)
        if isinstance(one, PostureSeen)
    ]
    assert said[-1].upright >= 0.5 > said[-1].down


def test_who_is_near_the_lens_is_not_on_the_floor() -> None:
    on_floor = below(LYING, 90.0, (0.1, 0.0))
    raised = {joint: (side, up + 1.1) for joint, (side, up) in LYING.items()}
    on_top = below(raised, 90.0, (0.1, 0.0))
    assert nearness(seen(on_floor)) < 0.5 < 0.68 < nearness(seen(on_top))
    model = Levelled(RulePosture())
    assert model.update(seen(on_floor)).down > 0.5
    assert Levelled(RulePosture()).update(seen(on_top)).down < 0.2


def test_an_outline_says_what_the_pose_said_there_and_nothing_elsewhere() -> None:
    model = Levelled(RulePosture())
    last = model.update(seen(below(LYING, 0.0, (0.2, 0.1))))

    def outline(box: tuple[float, float, float, float], track: int = 1) -> BoxSeen:
        return BoxSeen(t=FRAME, room="r1", source="c1", track=track, box=box, score=0.8, aspect=1.0)

    here = seen(below(LYING, 0.0, (0.2, 0.1))).box
    assert model.outline(outline(here)).down == last.down
    # A wide box before a camera on a wall is somebody who lies.
    wide = model.outline(outline((0.1, 0.1, 0.4, 0.2), track=2))
    assert (wide.down, wide.posture) == (UNTOLD, Posture.OTHER)


@pytest.mark.parametrize("wrong", [1, 3])
@pytest.mark.parametrize("lay", [25, 50])
def test_one_wrong_pose_takes_nobody_away_who_lies(lay: int, wrong: int) -> None:
    """Below the lens a wrong pose is often somebody upright; then the outline alone is left."""
    watch, room = People("r1", Camera(id="c1", source="x", mount=Mount.CEILING)), FallJudge(Falls())
    lying, up = below(LYING, 90.0, (0.4, 0.3)), below(STANDING, 90.0, (0.4, 0.3))
    outline = Detection(Thing.PERSON, 0.8, lying.box)
    steps: list[Step] = []
    for n in range(150):
        poses = [lying] if n < lay else [up] if n < lay + wrong else []
        boxes = [outline] if n >= lay + wrong and n % 10 == 0 else None
        for one in watch.update(poses, n * FRAME, 1.0, boxes=boxes):
            if isinstance(one, PostureSeen):
                steps += [change.step for change in room.posture(one)]
            elif isinstance(one, TrackEnded):
                steps += [change.step for change in room.ended(one)]
        steps += [change.step for change in room.advance(n * FRAME)]
    assert steps == [Step.SUSPECTED, Step.CONFIRMED]


def test_who_got_up_is_no_longer_held_as_lying() -> None:
    model = Levelled(RulePosture())
    lies, stands = below(LYING, 90.0, (0.4, 0.3)), below(STANDING, 90.0, (0.4, 0.3))
    for n in range(20):
        model.update(seen(lies, n * FRAME))
    for n in range(20, 40):
        model.update(seen(stands, n * FRAME))

    def outline(box: tuple[float, float, float, float]) -> BoxSeen:
        return BoxSeen(
            t=41 * FRAME, room="r1", source="c1", track=1, box=box, score=0.8, aspect=1.0
        )

    assert model.outline(outline(lies.box)).down == UNTOLD
    there = model.outline(outline(stands.box))
    assert (there.posture, there.upright) == (Posture.OTHER, 0.0)
    assert there.down < 0.5
