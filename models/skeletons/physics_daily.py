"""Scenes of one's own will: low, on the floor, on furniture, quick or slow, that are no falls."""

from __future__ import annotations

from dataclasses import replace

from models.skeletons.physics_body import Box
from models.skeletons.physics_cast import Cast
from models.skeletons.physics_control import Pose
from models.skeletons.physics_falls import chair, couch, gait, rise, seat_of, upright
from models.skeletons.physics_poses import (
    BESIDE,
    ON_BELLY,
    all_fours,
    floor_sitting,
    half_kneeling,
    kneeling,
    on_heels,
    on_side,
    plank,
    prone,
    rising,
    side_sitting,
    sitting,
    squatting,
    standing,
    stooping,
    supine,
)
from models.skeletons.physics_stage import Stage

Lift = tuple[float, float]
_STEP: Lift = (0.1, 0.1)


def _enter(cast: Cast, boxes: tuple[Box, ...] = ()) -> Stage:
    stage = Stage(cast, upright(cast), boxes)
    stage.wait(cast.uniform(0.4, 1.5), "standing")
    return stage


def _kneel_down(stage: Stage, label: str) -> None:
    body, cast = stage.cast.body, stage.cast
    stage.go(half_kneeling(body, cast.side()), 1.6, label, (0.04, 0.04))
    stage.go(kneeling(body), 0.9, label, _STEP)


def _arm_up(pose: Pose, side: int) -> Pose:
    """Lay the arm of that side beside the head, so that the body can roll over it."""
    up = (0.0, 140.0, -40.0, 35.0)
    return replace(pose, arms=(up, pose.arms[1]) if side > 0 else (pose.arms[0], up))


def lie_on_floor(cast: Cast) -> Stage:
    """Lie down on the floor slowly, stay, and sometimes get up."""
    body = cast.body
    stage = _enter(cast)
    _kneel_down(stage, "lie_down")
    side = cast.side()
    way = int(cast.rng.integers(3))
    stage.go(all_fours(body), 1.2, "lie_down")
    if way == 1:
        stage.go(prone(body), 1.6, "lie_down")
    else:
        stage.go(_arm_up(prone(body), side), 1.6, "lie_down")
        stage.go(_arm_up(on_side(body, side), side).turned(180.0), 1.3, "lie_down")
    if way == 2:
        stage.wait(cast.uniform(0.1, 0.8), "lie_down")
        back = supine(body, cast.uniform(0, 1))
        stage.go(_arm_up(back, side).turned(180.0), 1.2, "lie_down", _STEP)
        stage.go(back.turned(180.0), 0.8, "lie_down")
    stage.wait(cast.uniform(2.0, 6.0), "lying")
    if way == 2 and cast.chance(0.5):
        stage.go(on_side(body, -side).turned(180.0), 1.0, "lying", _STEP)
        stage.wait(cast.uniform(0.5, 2.0), "lying")
    if cast.chance(0.4):
        rise(stage)
    return stage


def sit_hard(cast: Cast) -> Stage:
    """Drop onto a chair, sofa or bed."""
    seat = seat_of(cast, 0.38, 0.52)
    boxes = chair(cast, seat) if cast.chance(0.5) else couch(cast, seat)
    ahead = cast.body.thigh
    start = upright(cast).at(ahead)
    stage = Stage(cast, start, boxes)
    stage.wait(cast.uniform(0.4, 1.5), "standing")
    rest = sitting(cast.body, seat, cast.uniform(-18, 0))
    if cast.chance(0.4):
        stage.go(rising(cast.body, seat), 0.7, "sit_down")
        stage.snap(rest, cast.uniform(0.2, 0.35), "sit_down")
    else:
        stage.snap(rest, cast.uniform(0.45, 0.75), "sit_down")
    stage.go(replace(rest, lean=-12.0, spine=(16.0, 0.0, 0.0)), 0.5, "sitting")
    stage.wait(cast.uniform(1.5, 5.0), "sitting")
    if cast.chance(0.4):
        stage.go(rising(cast.body, seat), 1.0, "stand_up")
        stage.go(standing(cast.body).at(ahead), 1.0, "stand_up")
        stage.wait(1.0, "standing")
    return stage


def sit_nod(cast: Cast) -> Stage:
    """Sit on a chair, lean far forward or sideways to the floor, come back."""
    seat = seat_of(cast)
    rest = sitting(cast.body, seat)
    stage = Stage(cast, rest, chair(cast, seat))
    stage.wait(cast.uniform(0.8, 2.0), "sitting")
    h = cast.body.height
    for _ in range(int(cast.rng.integers(1, 3))):
        low = replace(
            rest, lean=cast.uniform(20, 40), spine=(cast.uniform(40, 62), cast.rng.normal(0, 8), 0),
            hands=((0.27 * h, 0.07 * h, 0.12 * h), (0.27 * h, -0.07 * h, 0.12 * h)),
        )  # fmt: skip
        stage.go(low, cast.uniform(0.7, 1.3), "sitting")
        stage.wait(cast.uniform(0.4, 3.0), "sitting")
        stage.go(rest, cast.uniform(0.7, 1.3), "sitting")
    stage.wait(cast.uniform(0.5, 2.0), "sitting")
    return stage


def kneel(cast: Cast) -> Stage:
    """Kneel, sit on the heels, get up again."""
    body = cast.body
    stage = _enter(cast)
    _kneel_down(stage, "kneeling")
    stage.wait(cast.uniform(0.8, 3.0), "kneeling")
    if cast.chance(0.6):
        stage.go(on_heels(body), 0.9, "kneeling")
        stage.wait(cast.uniform(0.8, 4.0), "kneeling")
        stage.go(kneeling(body), 0.9, "kneeling")
    stage.go(half_kneeling(body, cast.side()), 1.2, "stand_up", _STEP)
    stage.go(standing(body).at(body.thigh * 0.6), 1.5, "stand_up", _STEP)
    stage.wait(cast.uniform(0.5, 1.5), "standing")
    return stage


def flop_back(cast: Cast) -> Stage:
    """Lie on the floor, rise to sitting or onto an elbow, drop back."""
    body = cast.body
    lie = supine(body, cast.uniform(0, 1))
    stage = Stage(cast, lie)
    stage.wait(cast.uniform(0.8, 2.5), "lying")
    for _ in range(int(cast.rng.integers(1, 4))):
        side = cast.side()
        goal = side_sitting(body, side) if cast.chance(0.4) else floor_sitting(body)
        goal = replace(goal, ankles=lie.ankles, planted=lie.planted, knees=lie.knees)
        stage.part_way(goal, cast.uniform(0.5, 1.0), cast.uniform(1.0, 1.8), "stand_up")
        stage.wait(cast.uniform(0.1, 1.0), "stand_up")
        stage.snap(lie, cast.uniform(0.5, 1.0), "lie_down")
        stage.wait(cast.uniform(0.8, 3.0), "lying")
    return stage


def tie_shoes(cast: Cast) -> Stage:
    """Crouch, or bend, or go down on one knee, to tie shoes or pick something up."""
    body = cast.body
    stage = _enter(cast)
    way = int(cast.rng.integers(3))
    if way == 0:
        stage.go(squatting(body), cast.uniform(0.7, 1.4), "squatting")
        stage.wait(cast.uniform(1.0, 6.0), "squatting")
    elif way == 1:
        stage.go(stooping(body, cast.uniform(0.7, 1.0)), cast.uniform(0.8, 1.4), "other")
        stage.wait(cast.uniform(0.4, 3.0), "other")
    else:
        h, side = body.height, cast.side()
        low = half_kneeling(body, 1)
        low = replace(
            low, pelvis=(-0.06 * h, 0.0, 0.22 * h), lean=30.0, spine=(40.0, 0.0, 0.0),
            hands=((0.28 * h, 0.12 * h, 0.08 * h), (0.28 * h, 0.05 * h, 0.08 * h)),
        )  # fmt: skip
        low = low if side > 0 else low.mirrored()
        stage.go(low, cast.uniform(1.0, 1.6), "kneeling", (0.04, 0.04))
        stage.wait(cast.uniform(1.0, 5.0), "kneeling")
    stage.go(upright(cast), 1.2, "stand_up", (0.03, 0.03) if way == 2 else (0.0, 0.0))
    stage.wait(cast.uniform(0.5, 1.5), "standing")
    return stage


def crawl(cast: Cast) -> Stage:
    """Go down on hands and knees and crawl."""
    body = cast.body
    h = body.height
    if cast.chance(0.5):
        stage = _enter(cast)
        _kneel_down(stage, "kneeling")
    else:
        stage = Stage(cast, kneeling(body))
        stage.wait(0.6, "kneeling")
    stage.go(all_fours(body), 1.2, "crawl")
    x, phase = 0.0, cast.side()
    step = cast.uniform(0.03, 0.06)
    pace = cast.uniform(0.5, 0.9)
    for _ in range(int(cast.rng.integers(4, 10))):
        # The limb that stands stays where it is.
        x += 2.0 * step * h
        stage.go(all_fours(body, phase * step).at(x), pace, "crawl", (0.02, 0.02))
        phase = -phase
    if cast.chance(0.4):
        stage.go(half_kneeling(body, cast.side()).at(x), 1.4, "stand_up", _STEP)
        stage.go(standing(body).at(x + body.thigh * 0.6), 1.5, "stand_up", _STEP)
        stage.wait(0.8, "standing")
    return stage


def push_ups(cast: Cast) -> Stage:
    """Do push-ups, or rest on the belly between."""
    body = cast.body
    stage = Stage(cast, prone(body) if cast.chance(0.4) else plank(body, 1.0))
    stage.wait(cast.uniform(0.5, 1.5), "other" if stage.start.hands else "lying")
    stage.go(plank(body, 1.0), 1.2, "other")
    for _ in range(int(cast.rng.integers(2, 6))):
        stage.go(plank(body, cast.uniform(0.1, 0.4)), 0.8, "other")
        stage.go(plank(body, 1.0), 0.8, "other")
    if cast.chance(0.6):
        stage.go(prone(body), 1.0, "lie_down")
        stage.wait(cast.uniform(1.0, 3.0), "lying")
    return stage


def sit_ups(cast: Cast) -> Stage:
    """Do sit-ups on the floor."""
    body = cast.body
    lie = replace(supine(body, 1.0), arms=((80.0, 20.0, 40.0, 110.0),) * 2)
    up = replace(
        floor_sitting(body, cast.uniform(-35, -5), 1.0), ankles=lie.ankles, arms=lie.arms,
        knees=lie.knees, pelvis=lie.pelvis,
    )  # fmt: skip
    stage = Stage(cast, lie)
    stage.wait(cast.uniform(0.5, 1.5), "lying")
    for _ in range(int(cast.rng.integers(2, 6))):
        stage.go(up, 0.9, "other")
        stage.go(lie, 0.9, "other")
    stage.wait(cast.uniform(0.8, 2.5), "lying")
    return stage


def sit_by_wall(cast: Cast) -> Stage:
    """Sit on the floor, leaning on a wall."""
    body = cast.body
    gap = 0.072 * body.height * body.girth
    wall = Box((-gap - 0.1, 0.0, 1.2), (0.1, 2.0, 1.2), 0.4)
    seat = floor_sitting(body, cast.uniform(-8, -2), cast.uniform(0, 1))
    seat = replace(seat, spine=(4.0, 0.0, 0.0), arms=((-8.0, 24.0, 0.0, 55.0),) * 2)
    if cast.chance(0.5):
        stage = Stage(cast, seat, (wall,))
        stage.wait(cast.uniform(3.0, 7.0), "sitting")
        return stage
    h = body.height
    stage = Stage(cast, upright(cast).at(0.2 * h), (wall,))
    stage.wait(cast.uniform(0.4, 1.2), "standing")
    low = replace(squatting(body, reach=False).at(0.2 * h), arms=BESIDE)
    stage.go(low, 1.4, "sit_down")
    stage.go(seat, 1.2, "sit_down", _STEP)
    stage.wait(cast.uniform(2.0, 6.0), "sitting")
    return stage


def _lie_on(cast: Cast, seat: float, depth: float, back: bool) -> Stage:
    """Sit on the edge, lie down, turn, and sometimes sit up again."""
    body = cast.body
    boxes = couch(cast, seat, depth, back)
    edge = sitting(body, seat, 0.0)
    ahead = body.thigh
    if cast.chance(0.6):
        stage = Stage(cast, upright(cast).at(ahead), boxes)
        stage.wait(cast.uniform(0.4, 1.2), "standing")
        stage.go(rising(body, seat), 0.9, "sit_down")
        stage.go(edge, 0.9, "sit_down")
    else:
        stage = Stage(cast, edge, boxes)
    stage.wait(cast.uniform(0.6, 2.0), "sitting")
    # With the head to y the feet point to -y.
    turn = -90.0 * cast.side()
    middle = 0.1 - depth * cast.uniform(0.4, 0.55)

    def on_top(pose: Pose) -> Pose:
        return pose.turned(turn).at(middle, 0.0, seat)

    over = replace(sitting(body, seat, -15.0), planted=(0.0, 0.0), arms=BESIDE)
    legs = (0.38 * body.height, 0.05 * body.height, seat + 0.12)
    over = replace(over, ankles=(legs, (legs[0], -legs[1], legs[2])))
    over = over.turned(0.5 * turn).at(-0.1)
    half = replace(supine(body, 0.7), lean=-40.0, spine=(20.0, 0.0, 0.0), arms=BESIDE)
    stage.go(over, 1.2, "lie_down", (0.1, 0.1))
    stage.go(on_top(half), 1.2, "lie_down", (0.06, 0.06))
    lie = supine(body, cast.uniform(0, 0.9))
    stage.go(on_top(replace(lie, arms=ON_BELLY if cast.chance(0.5) else BESIDE)), 1.4, "lie_down")
    stage.wait(cast.uniform(1.5, 5.0), "lying")
    if cast.chance(0.5):
        stage.go(on_top(on_side(body, cast.side())), 1.5, "lying", _STEP)
        stage.wait(cast.uniform(1.0, 4.0), "lying")
    if cast.chance(0.35):
        stage.go(on_top(half), 1.6, "stand_up")
        stage.go(over, 1.2, "stand_up", (0.06, 0.06))
        stage.go(edge, 1.2, "stand_up", (0.05, 0.05))
        stage.wait(cast.uniform(0.8, 2.0), "sitting")
    return stage


def lie_on_bed(cast: Cast) -> Stage:
    """Lie down on a bed."""
    return _lie_on(cast, cast.uniform(0.42, 0.6), cast.uniform(0.9, 1.4), back=False)


def lie_on_sofa(cast: Cast) -> Stage:
    """Lie down on a sofa."""
    return _lie_on(cast, cast.uniform(0.38, 0.48), cast.uniform(0.6, 0.75), back=True)


def lean_on_table(cast: Cast) -> Stage:
    """Lean over a table, hands or forearms on it."""
    body = cast.body
    h = body.height
    top = cast.uniform(0.7, 0.78)
    table = Box((0.24 * h + 0.4, 0.0, top - 0.02), (0.4, 0.7, 0.02))
    stage = _enter(cast, (table,))
    low = stooping(body, cast.uniform(0.35, 0.75))
    ahead = cast.uniform(0.28, 0.38) * h
    low = replace(low, hands=((ahead, 0.14 * h, top + 0.04), (ahead, -0.14 * h, top + 0.04)))
    for _ in range(int(cast.rng.integers(1, 3))):
        stage.go(low, 1.1, "other")
        stage.wait(cast.uniform(1.0, 4.0), "other")
        stage.go(upright(cast), 1.1, "other")
        stage.wait(cast.uniform(0.5, 1.5), "standing")
    return stage


def stroll(cast: Cast) -> Stage:
    """Walk slowly, with or without a frame."""
    framed = cast.chance(0.5)
    pose = upright(cast)
    steps = gait(cast)
    if framed:
        pose = replace(pose, arms=((38.0, 14.0, 0.0, 38.0),) * 2, spine=(12.0, 0.0, 0.0), lean=6.0)
        steps = replace(steps, swing=0.0, speed=0.7 * steps.speed)
    stage = Stage(cast, pose, walker=framed)
    stage.wait(cast.uniform(0.5, 1.5), "standing")
    stage.walk(pose, steps, cast.uniform(3.0, 7.0))
    return stage
