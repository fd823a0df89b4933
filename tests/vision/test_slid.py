"""Who has slid off a seat: hips that come to rest where the feet stood, and nothing like it."""

from __future__ import annotations

import msgspec
import pytest

from ambient.observations import KEYPOINTS, Place, PoseSeen, Posture, PostureSeen
from vision.features import measure
from vision.slid import Slid

SECOND = 1_000_000_000
FPS = 10
METRES = 2.4
"""Of a picture's height, where the body is."""
Body = tuple[tuple[float, float], ...]
"""Head, shoulders, hips, knees, ankles in picture heights."""
SEAT: Body = ((0.5, 0.27), (0.5, 0.32), (0.5, 0.5), (0.58, 0.52), (0.58, 0.66))
FLOOR: Body = ((0.54, 0.41), (0.54, 0.47), (0.58, 0.64), (0.70, 0.64), (0.82, 0.65))
LEANT: Body = ((0.44, 0.32), (0.46, 0.35), (0.52, 0.52), (0.60, 0.54), (0.62, 0.67))
SHOES: Body = ((0.62, 0.47), (0.60, 0.43), (0.50, 0.51), (0.58, 0.52), (0.58, 0.66))
RECLINED: Body = ((0.42, 0.35), (0.44, 0.38), (0.53, 0.53), (0.65, 0.52), (0.77, 0.53))
BESIDE: Body = tuple((x - 0.2, y) for x, y in FLOOR)
STANDING: Body = ((0.56, 0.12), (0.56, 0.19), (0.56, 0.38), (0.57, 0.52), (0.58, 0.66))
JOINTS = ((*range(11),), (*range(11, 23),), (23, 24), (25, 26), (*range(27, 33),))


def nearer(body: Body, times: float, down: float) -> Body:
    """Return a body that has come nearer: larger and lower in the picture."""
    return tuple((0.5 + times * (x - 0.5), 0.5 + times * (y - 0.5) + down) for x, y in body)


def pose(t_s: float, body: Body, larger: float) -> PoseSeen:
    points = [(0.0, 0.0)] * KEYPOINTS
    for joints, at in zip(JOINTS, body, strict=True):
        for joint in joints:
            points[joint] = at
    hip = body[2]
    scale = METRES / larger
    return PoseSeen(
        t=round(t_s * SECOND), room="r1", source="c1", track=1,
        keypoints=[(x, y, 0.9) for x, y in points],
        world=[((x - hip[0]) * scale, (y - hip[1]) * scale, 0.0) for x, y in points],
        box=(0.4, 0.2, 0.6, 0.8), score=1.0, aspect=1.0,
    )  # fmt: skip


def said(seen: PoseSeen, place: Place, quality: float = 1.0) -> PostureSeen:
    body = measure(seen)
    return PostureSeen(
        t=seen.t, room=seen.room, source=seen.source, track=seen.track,
        posture=Posture.SITTING, probability=0.9, down=0.02, upright=0.6, place=place,
        place_sure=0.9, descent=0.0, still=1.0, quality=quality, at=body.hip, size=body.size,
    )  # fmt: skip


def told(
    *courses: tuple[Body, float], larger: float = 1.0, place: Place = Place.CHAIR,
    quality: float = 1.0,
) -> PostureSeen:  # fmt: skip
    """Return what is said last of who is so for so many seconds each, moving for one between."""
    slid, t, out = Slid(), 0, None
    before, scale = courses[0][0], 1.0
    for body, seconds in courses:
        for step in range(round((seconds + 1.0) * FPS)):
            share = min(1.0, step / FPS)
            now = tuple(
                (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
                for a, b in zip(before, body, strict=True)
            )
            grown = scale + share * (larger - scale) if body is not courses[0][0] else 1.0
            seen = pose(t / FPS, now, grown)
            out = slid.told(said(seen, place, quality), seen)
            t += 1
        scale = 1.0 if body is courses[0][0] else larger
        before = body
    assert out is not None
    return out


def test_who_slid_off_a_seat_is_down_on_the_floor() -> None:
    last = told((SEAT, 1.5), (FLOOR, 4.0))
    assert last.posture is Posture.FALLEN
    assert last.down >= 0.8
    assert last.upright <= 0.2
    assert last.place is Place.UNKNOWN  # no longer on the chair


def test_who_sat_down_a_while_ago_may_slide_off() -> None:
    assert told((STANDING, 1.0), (SEAT, 7.0), (FLOOR, 4.0)).posture is Posture.FALLEN


def test_a_bed_that_holds_the_body_still_does() -> None:
    assert told((SEAT, 1.5), (FLOOR, 4.0), place=Place.BED).place is Place.BED


@pytest.mark.parametrize(
    ("why", "courses", "larger", "quality"),
    [
        ("sits", [(SEAT, 6.0)], 1.0, 1.0),
        ("leans back", [(SEAT, 1.5), (LEANT, 4.0)], 1.0, 1.0),
        ("ties shoes", [(SEAT, 1.5), (SHOES, 4.0)], 1.0, 1.0),
        ("puts the feet up", [(SEAT, 1.5), (RECLINED, 4.0)], 1.0, 1.0),
        ("stands up first", [(SEAT, 1.5), (STANDING, 0.5), (FLOOR, 4.0)], 1.0, 1.0),
        ("stood, and sits down", [(STANDING, 2.0), (SEAT, 4.0)], 1.0, 1.0),
        ("sits down in two steps", [(STANDING, 1.0), (SEAT, 1.5), (FLOOR, 4.0)], 1.0, 1.0),
        ("rolls nearer", [(SEAT, 1.5), (nearer(SEAT, 1.35, 0.12), 4.0)], 1.35, 1.0),
        ("was on the floor before", [(FLOOR, 6.0)], 1.0, 1.0),
        ("sinks into a seat beside", [(SEAT, 1.5), (BESIDE, 4.0)], 1.0, 1.0),
        ("passes in a moment", [(SEAT, 1.5), (FLOOR, 0.2), (SEAT, 1.0)], 1.0, 1.0),
        ("seen badly", [(SEAT, 1.5), (FLOOR, 4.0)], 1.0, 0.2),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nobody_else_is(
    why: str, courses: list[tuple[Body, float]], larger: float, quality: float
) -> None:
    last = told(*courses, larger=larger, quality=quality)
    assert (last.posture, last.down, last.place) == (Posture.SITTING, 0.02, Place.CHAIR), why


def test_who_comes_up_again_is_no_longer_down() -> None:
    last = told((SEAT, 1.5), (FLOOR, 4.0), (SEAT, 2.0))
    assert (last.posture, last.down) == (Posture.SITTING, 0.02)


@pytest.mark.parametrize(("unseen_s", "posture"), [(0.8, Posture.FALLEN), (3.0, Posture.SITTING)])
def test_who_was_out_of_sight_may_have_stood_up(unseen_s: float, posture: Posture) -> None:
    slid = Slid()
    for step in range(60):
        t = step / FPS + (unseen_s if step >= 20 else 0.0)
        seen = pose(t, SEAT if step < 20 else FLOOR, 1.0)
        last = slid.told(said(seen, Place.CHAIR), seen)
    assert last.posture is posture


def test_another_with_the_number_of_a_track_that_ended_is_somebody_else() -> None:
    slid = Slid()
    for step in range(40):
        seen = pose(step / FPS, SEAT if step < 20 else FLOOR, 1.0)
        if step == 20:
            slid.end(1)
        last = slid.told(said(seen, Place.UNKNOWN), seen)
    assert last == msgspec.structs.replace(last, posture=Posture.SITTING, down=0.02)


@pytest.mark.parametrize(
    ("why", "after"),
    [
        ("stays", FLOOR),
        ("moves a little", tuple((x + 0.1, y) for x, y in FLOOR)),
        ("walks nearer", tuple((x + 0.2, y + 0.35) for x, y in FLOOR)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_goes_away_was_not_lying_there(why: str, after: Body) -> None:
    """Whoever walks towards the camera stays lower in the picture than the seat was."""
    last = told((SEAT, 1.5), (FLOOR, 4.0), (after, 2.0))
    assert (last.posture is Posture.FALLEN) == (why in ("stays", "moves a little"))
