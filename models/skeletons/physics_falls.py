"""Scenes that end on the floor against the person's will.

Each plays a lead-in, takes the balance and lets physics do the rest. Directions, disturbances,
defences and what remains of the muscles' tone are drawn anew each time.
"""

from __future__ import annotations

from dataclasses import replace

from models.skeletons.physics_body import Box
from models.skeletons.physics_cast import Cast, Fall
from models.skeletons.physics_control import Gait, Pose
from models.skeletons.physics_poses import (
    BESIDE,
    all_fours,
    floor_sitting,
    half_kneeling,
    on_side,
    rising,
    side_sitting,
    sitting,
    squatting,
    standing,
    stooping,
    supine,
)
from models.skeletons.physics_stage import Stage


def gait(cast: Cast) -> Gait:
    """Draw how somebody of that age and strength walks: slow, short, broad."""
    body = cast.body
    speed = max(0.3, (0.55 + 0.6 * body.strength) / cast.tempo + cast.rng.normal(0, 0.1))
    stride = body.height * min(0.68, 0.26 + 0.3 * speed) * cast.uniform(0.9, 1.1)
    return Gait(
        speed=speed, stride=stride, lift=cast.uniform(0.03, 0.1), sway=cast.uniform(0.01, 0.035),
        swing=cast.uniform(0.05, 0.4), width=body.height * cast.uniform(0.06, 0.12),
    )  # fmt: skip


def upright(cast: Cast) -> Pose:
    """Draw how somebody stands."""
    pose = standing(cast.body, cast.uniform(0.04, 0.08), cast.uniform(0.002, 0.012))
    arms = tuple(
        (cast.uniform(-5, 25), cast.uniform(5, 16), cast.uniform(-10, 30), cast.uniform(8, 45))
        for _ in range(2)
    )
    return replace(
        pose, arms=(arms[0], arms[1]), lean=cast.uniform(-2, 6), spine=(cast.uniform(0, 14), 0, 0),
        neck=(cast.uniform(-10, 15), cast.uniform(-30, 30)),
    )  # fmt: skip


def seat_of(cast: Cast, low: float = 0.42, high: float = 0.5) -> float:
    """Draw the height of a seat."""
    return cast.uniform(low, high)


def chair(cast: Cast, seat: float) -> tuple[Box, ...]:
    """Return a chair with a back, its front edge a little before x = 0."""
    half = cast.uniform(0.2, 0.26)
    middle = 0.1 - half
    return (
        Box((middle, 0.0, seat / 2), (half, cast.uniform(0.21, 0.28), seat / 2)),
        Box((middle - half - 0.02, 0.0, seat + 0.22), (0.02, 0.22, 0.22)),
    )


def couch(cast: Cast, seat: float, depth: float = 0.6, back: bool = True) -> tuple[Box, ...]:
    """Return a sofa along y (without back: a bed), its front edge a little before x = 0."""
    long = cast.uniform(0.95, 1.1)
    boxes = [Box((0.1 - depth / 2, 0.0, seat / 2), (depth / 2, long, seat / 2), 0.8)]
    if back:
        boxes.append(Box((0.0 - depth, 0.0, seat / 2 + 0.2), (0.1, long, seat / 2 + 0.2), 0.8))
    return tuple(boxes)


def _fall(cast: Cast, direction: float, **more: object) -> Fall:
    """Return a fall with the person's own reaction, and what is always drawn."""
    fall = Fall(
        direction=direction, push=cast.push, legs=cast.tone, trunk=cast.uniform(0.15, 0.6),
        arms=cast.uniform(0.05, 0.4), brace=cast.chance(0.55),
        step=cast.side() if cast.chance(0.4) else 0, spin=cast.rng.normal(0, 12.0),
        push_at=cast.uniform(0.3, 0.9), down_s=cast.uniform(2.5, 7.0),
        stir=0.0 if cast.chance(0.3) else cast.uniform(1.0, 5.0),
        sag=(cast.uniform(0, 25), cast.uniform(0, 45)),
        rest=cast.uniform(0.03, 0.1) if cast.chance(0.5) else cast.uniform(0.2, 0.6),
    )  # fmt: skip
    return replace(fall, **more)  # type: ignore[arg-type]


def fall_standing(cast: Cast) -> Stage:
    """Fall from standing in any direction."""
    stage = Stage(cast, upright(cast))
    stage.wait(cast.uniform(0.5, 2.5), "standing")
    if cast.chance(0.3):
        stage.go(upright(cast), 0.9, "standing")
    stage.fall(_fall(cast, cast.uniform(-180, 180)))
    return stage


def fall_reaching(cast: Cast) -> Stage:
    """Reach or bend too far, or crouch, and topple over."""
    stage = Stage(cast, upright(cast))
    stage.wait(cast.uniform(0.3, 1.2), "standing")
    if cast.chance(0.35):
        stage.go(squatting(cast.body), 1.2, "squatting")
        stage.wait(cast.uniform(0.2, 1.5), "squatting")
        direction = cast.rng.choice([180.0, 90.0, -90.0, 0.0]) + cast.rng.normal(0, 20)
    else:
        stage.go(stooping(cast.body, cast.uniform(0.5, 1.0)), 1.2, "other")
        direction = cast.rng.choice([0.0, 60.0, -60.0]) + cast.rng.normal(0, 15)
    stage.fall(_fall(cast, float(direction), push=cast.push * 0.8))
    return stage


def fall_tripping(cast: Cast) -> Stage:
    """Trip while walking: the swinging foot is caught, the trunk goes on."""
    stage = _walking(cast)
    foot = cast.side()
    stage.fall(
        _fall(
            cast, cast.rng.normal(0, 20), push=cast.push * 0.8 + 0.3, foot=foot,
            drag=-cast.uniform(60, 130), step=-foot if cast.chance(0.5) else 0,
            brace=cast.chance(0.75),
        )
    )  # fmt: skip
    return stage


def fall_slipping(cast: Cast) -> Stage:
    """Slip while walking: a foot shoots forward, the trunk falls back or sideways."""
    stage = _walking(cast)
    foot = cast.side()
    direction = 180 + foot * cast.uniform(-10, 60)
    stage.fall(
        _fall(
            cast, direction, push=0.4 * cast.push + 1.2, push_at=cast.uniform(0.6, 1.0),
            foot=foot, drag=cast.uniform(70, 150), step=0, slick=True, brace=cast.chance(0.6),
            sag=(cast.uniform(0, 30), cast.uniform(0, 20)),
        )
    )  # fmt: skip
    return stage


def fall_fainting(cast: Cast) -> Stage:
    """Collapse while walking or standing: the knees buckle."""
    if cast.chance(0.4):
        stage = _walking(cast)
    else:
        stage = Stage(cast, upright(cast))
        stage.wait(cast.uniform(0.6, 2.5), "standing")
    stage.fall(
        _fall(
            cast, cast.uniform(-180, 180), push=cast.uniform(0.05, 0.35),
            legs=cast.uniform(0.005, 0.03), trunk=cast.uniform(0.02, 0.25), step=0,
            arms=cast.uniform(0.01, 0.08), brace=cast.chance(0.15), push_at=cast.uniform(0.0, 0.5),
            sag=(cast.uniform(30, 70), cast.uniform(60, 110)),
        )
    )  # fmt: skip
    return stage


def fall_down_wall(cast: Cast) -> Stage:
    """Lean on a wall and slide down it."""
    gap = 0.063 * cast.body.height * cast.body.girth
    wall = Box((-gap - 0.1, 0.0, 1.2), (0.1, 2.0, 1.2), cast.uniform(0.05, 0.2))
    pose = upright(cast)
    ahead = cast.uniform(0.12, 0.24)
    h = cast.body.height
    leaning = replace(
        pose.at(0.02), lean=-3.0, spine=(0.0, 0.0, 0.0),
        ankles=((ahead * h, 0.07 * h, cast.body.ankle), (ahead * h, -0.07 * h, cast.body.ankle)),
        pelvis=(0.015, 0.0, cast.body.pelvis - 0.06 * h),
    )  # fmt: skip
    stage = Stage(cast, leaning, (wall,))
    stage.wait(cast.uniform(0.6, 2.0), "standing")
    stage.fall(
        _fall(
            cast, 180 + cast.rng.normal(0, 35), push=cast.uniform(0.1, 0.3), step=0, brace=False,
            legs=cast.uniform(0.003, 0.02), trunk=cast.uniform(0.15, 0.6), push_at=0.3,
            slick=cast.chance(0.5),
            sag=(cast.uniform(50, 80), cast.uniform(70, 110)), spin=cast.rng.normal(0, 4.0),
            foot=0,
        )
    )  # fmt: skip
    return stage


def fall_with_frame(cast: Cast) -> Stage:
    """Fall while walking behind a frame, which rolls away or tips."""
    hold = replace(upright(cast), arms=((38.0, 14.0, 0.0, 38.0),) * 2, spine=(12.0, 0, 0), lean=6.0)
    stage = Stage(cast, hold, walker=True)
    stage.wait(cast.uniform(0.3, 0.8), "standing")
    steps = gait(cast)
    stage.walk(hold, replace(steps, swing=0.0, speed=0.7 * steps.speed), cast.uniform(1.5, 3.5))
    side = cast.side()
    direction = cast.rng.choice([0.0, side * 90.0, side * 150.0]) + cast.rng.normal(0, 20)
    stage.fall(_fall(cast, float(direction), brace=cast.chance(0.6)))
    return stage


def _walking(cast: Cast) -> Stage:
    pose = upright(cast)
    stage = Stage(cast, pose)
    stage.wait(cast.uniform(0.2, 0.8), "standing")
    stage.walk(pose, gait(cast), cast.uniform(1.3, 4.0))
    return stage


def fall_from_seat(cast: Cast) -> Stage:
    """Topple forward or sideways from the edge of a chair, sofa or bed."""
    seat = seat_of(cast, 0.4, 0.56)
    kind = int(cast.rng.integers(3))
    boxes = (chair(cast, seat), couch(cast, seat), couch(cast, seat, 1.0, back=False))[kind]
    place = cast.uniform(-0.02, 0.05)
    rest = replace(sitting(cast.body, seat, cast.uniform(-8, 10)).at(place))
    stage = Stage(cast, rest, boxes)
    stage.wait(cast.uniform(0.8, 2.5), "sitting")
    side = cast.side()
    # Reaching for something brings the weight over the edge.
    tip = replace(
        rest.at(cast.uniform(0.06, 0.12)), lean=cast.uniform(25, 45),
        spine=(cast.uniform(20, 45), side * cast.uniform(-25, 5), 0.0),
        arms=((70.0, 10.0, 0.0, 20.0), (60.0, 10.0, 0.0, 25.0)), ankles=rest.ankles,
    )  # fmt: skip
    stage.go(tip, cast.uniform(0.5, 1.0), "sitting")
    direction = cast.rng.normal(0, 25) + (side * 55 if kind == 0 and cast.chance(0.6) else 0)
    stage.fall(
        _fall(cast, direction, push=cast.push + 0.35, legs=cast.tone * 0.5, step=0, push_at=0.5)
    )
    return stage


def fall_slumping(cast: Cast) -> Stage:
    """Slide down from a chair, the pelvis first."""
    seat = seat_of(cast, 0.4, 0.52)
    boxes = chair(cast, seat) if cast.chance(0.6) else couch(cast, seat)
    slick = tuple(replace(box, friction=0.05) for box in boxes)
    rest = sitting(cast.body, seat, -14.0)
    stage = Stage(cast, rest, slick)
    stage.wait(cast.uniform(0.8, 2.5), "sitting")
    low = replace(
        rest.at(cast.uniform(0.1, 0.16)), lean=cast.uniform(-40, -24), spine=(30.0, 0.0, 0.0),
        ankles=rest.at(cast.uniform(0.12, 0.22)).ankles,
    )  # fmt: skip
    stage.go(low, cast.uniform(0.6, 1.6), "sitting")
    stage.fall(
        _fall(
            cast, cast.rng.normal(0, 20), push=cast.uniform(0.8, 1.3),
            legs=cast.uniform(0.005, 0.04), step=0, push_at=0.0,
            trunk=cast.uniform(0.1, 0.4), brace=cast.chance(0.2),
        )
    )  # fmt: skip
    return stage


def fall_rising(cast: Cast) -> Stage:
    """Try to stand up from a seat and fail."""
    seat = seat_of(cast, 0.4, 0.5)
    boxes = chair(cast, seat) if cast.chance(0.6) else couch(cast, seat)
    stage = Stage(cast, sitting(cast.body, seat).at(0.03), boxes)
    stage.wait(cast.uniform(0.5, 2.0), "sitting")
    up = rising(cast.body, seat).at(0.03)
    stage.go(up, 0.9, "stand_up")
    ahead = standing(cast.body).at(cast.body.thigh + 0.03)
    stage.part_way(ahead, cast.uniform(0.25, 0.95), 1.0, "stand_up")
    side = cast.side()
    direction = cast.rng.choice([0.0, side * 75.0, side * 110.0]) + cast.rng.normal(0, 20)
    stage.fall(_fall(cast, float(direction), push=cast.push + 0.2, push_at=0.4))
    return stage


def fall_from_bed(cast: Cast) -> Stage:
    """Roll out of bed, or slip from its edge."""
    height = cast.uniform(0.42, 0.6)
    depth = cast.uniform(0.85, 1.0)
    bed = couch(cast, height, depth, back=False)
    # The bed lies along y; the person lies with the head to y (feet to -y) or the other way.
    turn = -90.0 if cast.chance(0.5) else 90.0
    outer = -1 if turn > 0 else 1
    where = 0.1 - cast.uniform(0.25, 0.45)
    start = (
        supine(cast.body, cast.uniform(0, 0.8)) if cast.chance(0.5) else on_side(cast.body, outer)
    )
    stage = Stage(cast, start.turned(turn).at(where, cast.uniform(-0.1, 0.1), height), bed)
    stage.wait(cast.uniform(0.8, 2.5), "lying")
    rolled = replace(on_side(cast.body, outer), arms=((70.0, 10.0, 0.0, 40.0),) * 2)
    stage.go(rolled.turned(turn).at(0.03, 0.0, height), cast.uniform(0.6, 1.1), "lying")
    over = replace(rolled, twist=rolled.twist * 1.3)
    stage.snap(over.turned(turn).at(0.16, 0.0, height), cast.uniform(0.3, 0.6), "fall")
    stage.fall(
        _fall(
            cast, cast.rng.normal(0, 10), push=cast.push + 0.5, push_at=0.5, step=0,
            legs=max(cast.tone, 0.05), brace=cast.chance(0.3), spin=0.0,
        )
    )  # fmt: skip
    return stage


def fall_again(cast: Cast) -> Stage:
    """Lie on the floor, get up part of the way and fall back."""
    stage = Stage(cast, supine(cast.body, cast.uniform(0, 1)))
    stage.wait(cast.uniform(0.8, 2.5), "fallen")
    stage.go(replace(floor_sitting(cast.body), arms=BESIDE), 1.6, "stand_up", (0.03, 0.03))
    turn = cast.side() * 90.0
    stage.go(all_fours(cast.body).turned(turn), 1.8, "stand_up", (0.05, 0.05))
    side = cast.side()
    if cast.chance(0.7):
        stage.go(half_kneeling(cast.body, side).turned(turn), 1.4, "stand_up", (0.05, 0.05))
    if cast.chance(0.5):
        end = standing(cast.body).at(cast.body.thigh * 0.5).turned(turn)
        stage.part_way(end, cast.uniform(0.3, 0.6), 1.3, "stand_up")
    stage.fall(_fall(cast, cast.uniform(-180, 180), push=cast.push + 0.25, push_at=0.5, step=0))
    return stage


def fall_and_rise(cast: Cast) -> Stage:
    """Fall, stay down for a while, and get up again."""
    stage = fall_standing(cast) if cast.chance(0.5) else fall_tripping(cast)
    rise(stage)
    return stage


def rise(stage: Stage) -> None:
    """Get up from wherever the body lies: onto hands and knees, one knee, the feet."""
    body, cast = stage.cast.body, stage.cast
    stage.regain()
    x, y = (float(v) for v in stage.joints[0, :2])
    turn = stage.heading()
    h = body.height
    side = cast.side()

    def there(pose: Pose) -> Pose:
        return pose.turned(turn).at(x, y)

    front, down = stage.lies()
    if down and front < 0.4:
        # From belly or side straight up; the head points where the body shall face.
        turn += 180.0
    else:
        stage.go(there(side_sitting(body, side)), 2.2, "stand_up", (0.04 * h, 0.04 * h))
        stage.wait(cast.uniform(0.1, 0.8), "stand_up")
        turn += 80.0 * side
    stage.go(there(all_fours(body)), 2.2, "stand_up", (0.06 * h, 0.06 * h))
    stage.go(there(half_kneeling(body, cast.side())), 1.5, "stand_up", (0.05, 0.05))
    stage.go(there(standing(body).at(body.thigh * 0.6)), 1.8, "stand_up", (0.03, 0.03))
    stage.wait(cast.uniform(0.5, 2.0), "standing")
