"""Identities: who walks where, and which numbers come out."""

from __future__ import annotations

import pytest

from tests.vision.bodies import LYING, STANDING, pose
from vision.tracker import EndedTrack, Tracker, TrackerOptions

FRAME = 100_000_000
ASPECT = 1.0


def walk(
    tracker: Tracker, paths: list[list[float | None]]
) -> tuple[list[dict[int, float]], list[EndedTrack]]:
    """Let people stand at the given x, frame by frame; return track ► x of each frame."""
    seen, ended = [], []
    for frame in range(max(len(p) for p in paths)):
        xs = [p[frame] for p in paths if frame < len(p) and p[frame] is not None]
        poses = [pose(STANDING, x=x) for x in xs if x is not None]
        people, gone = tracker.update(poses, frame * FRAME, ASPECT)
        seen.append({p.track: round(float(p.pose.keypoints[0, 0]), 3) for p in people})
        ended += gone
    return seen, ended


def line(start: float, end: float, frames: int) -> list[float | None]:
    return [start + (end - start) * i / (frames - 1) for i in range(frames)]


def test_one_person_is_one_track() -> None:
    seen, _ = walk(Tracker(), [line(0.2, 0.8, 40)])
    assert [list(s) for s in seen[:2]] == [[], []]
    assert all(list(s) == [1] for s in seen[2:])


def test_a_phantom_of_two_frames_is_nobody() -> None:
    seen, ended = walk(Tracker(), [[0.5, 0.5, *[None] * 20]])
    assert not any(seen)
    assert ended == []


def test_who_is_new_counts_where_looks_are_rare() -> None:
    """A machine with too much to do looks less than once a second."""
    tracker = Tracker()
    seen = [
        len(tracker.update([pose(STANDING, x=0.5)], k * 12 * FRAME, ASPECT)[0]) for k in range(5)
    ]
    assert seen == [0, 0, 1, 1, 1]


def test_who_is_new_and_was_not_seen_again_does_not_wait() -> None:
    path: list[float | None] = [0.5, None, None, None, None, None, 0.5, None, None, None, None, 0.5]
    seen, _ = walk(Tracker(), [path])
    assert not any(seen)


@pytest.mark.parametrize("gap", [3, 8, 15])
def test_a_short_occlusion_keeps_the_identity(gap: int) -> None:
    path: list[float | None] = [*line(0.4, 0.5, 10), *[None] * gap, *line(0.5, 0.52, 10)]
    seen, ended = walk(Tracker(), [path])
    assert list(seen[-1]) == [1]
    assert ended == []


def test_a_long_absence_ends_the_track() -> None:
    path: list[float | None] = [*line(0.4, 0.5, 10), *[None] * 30, *line(0.5, 0.52, 10)]
    seen, ended = walk(Tracker(), [path])
    assert [e.track for e in ended] == [1]
    assert list(seen[-1]) == [2]


def test_two_people_who_cross_keep_their_numbers() -> None:
    a, b = line(0.2, 0.8, 31), line(0.8, 0.2, 31)
    # For a moment one hides the other.
    b[14:17] = [None, None, None]
    seen, _ = walk(Tracker(), [a, b])
    first, last = seen[4], seen[-1]
    left = next(track for track, x in first.items() if x < 0.5)
    assert last[left] == pytest.approx(0.8, abs=0.01)
    assert len(last) == 2
    assert set(last) == set(first)


@pytest.mark.parametrize("people", [1, 2, 3, 4, 5, 6])
def test_up_to_six_people(people: int) -> None:
    xs = [(i + 0.5) / people for i in range(people)]
    seen, _ = walk(Tracker(), [[x] * 10 for x in xs])
    assert sorted(seen[-1]) == list(range(1, people + 1))


@pytest.mark.parametrize(
    ("path", "outwards"),
    [(line(0.5, 0.02, 15), True), (line(0.3, 0.5, 15), False)],
    ids=["out over the border", "in the middle"],
)
def test_where_a_track_ended(path: list[float | None], outwards: bool) -> None:
    _, ended = walk(Tracker(), [[*path, *[None] * 30]])
    assert [e.outwards for e in ended] == [outwards]


def test_numbers_begin_where_told() -> None:
    seen, _ = walk(Tracker(TrackerOptions(confirm_hits=1), first=500), [[0.5, 0.5]])
    assert list(seen[0]) == [500]


def test_who_falls_stays_the_same() -> None:
    tracker = Tracker()
    for i in range(10):
        tracker.update([pose(STANDING)], i * FRAME, ASPECT)
    people, _ = tracker.update([pose(LYING)], 12 * FRAME, ASPECT)
    assert [p.track for p in people] == [1]


def lost(frames: int = 10) -> tuple[Tracker, int]:
    """Somebody who was seen and is not seen now; returns the instant."""
    tracker = Tracker()
    walk(tracker, [[0.5] * frames])
    tracker.update([], frames * FRAME, ASPECT)
    return tracker, frames * FRAME


def test_who_is_not_seen_is_remembered_where_last_seen() -> None:
    tracker, t = lost()
    ((number, box),) = tracker.remembered(t)
    assert number == 1
    assert box == pose(STANDING, x=0.5).box
    # Who is seen, or was never sure of, is not among them.
    seen, _ = tracker.update([pose(STANDING), pose(STANDING, x=0.9)], t + FRAME, ASPECT)
    assert [one.track for one in seen] == [1]
    assert tracker.remembered(t + FRAME) == []


@pytest.mark.parametrize(
    ("number", "ended"), [(1, []), (2, [1])], ids=["by an outline", "by another's outline"]
)
def test_who_is_kept_does_not_end(number: int, ended: list[int]) -> None:
    tracker, t = lost()
    gone: list[int] = []
    for _ in range(6):
        t += 10 * FRAME
        tracker.keep(number, (0.3, 0.6, 0.8, 0.9), t, ASPECT)
        gone += [one.track for one in tracker.update([], t, ASPECT)[1]]
    assert gone == ended


def test_who_was_kept_is_found_again_where_the_outline_was() -> None:
    tracker, t = lost()
    body = pose(STANDING, x=0.5).box
    for step in range(1, 11):
        t += 5 * FRAME
        moved = (body[0] - 0.04 * step, body[1], body[2] - 0.04 * step, body[3])
        tracker.keep(1, moved, t, ASPECT)
    assert tracker.remembered(t + FRAME)[0][1] == moved
    seen, _ = tracker.update([pose(STANDING, x=0.1)], t + FRAME, ASPECT)
    assert [one.track for one in seen] == [1]


def test_numbers_are_given_once() -> None:
    tracker = Tracker(first=5)
    assert tracker.number() == 5
    seen, _ = walk(tracker, [[0.5] * 4])
    assert list(seen[-1]) == [6]
    assert tracker.number() == 7


@pytest.mark.parametrize(
    ("kept", "after", "known"),
    [(True, 1, []), (True, 15, [1]), (False, 1, [1])],
    ids=["just seen there", "a while ago", "never by an outline"],
)
def test_a_pose_beside_an_outline_is_somebody_else(
    kept: bool, after: int, known: list[int]
) -> None:
    tracker, t = lost()
    x0, y0, x1, y1 = pose(STANDING, x=0.5).box
    shift = 0.9 * (x1 - x0)
    # The outline is narrower than the pose's box: what is beside it has nothing in common with it.
    box = (x0, y0, x0 + shift, y1)
    if kept:
        tracker.keep(1, pose(STANDING, x=0.5).box, t + FRAME, ASPECT)
        tracker.keep(1, box, t + 2 * FRAME, ASPECT)
    seen, _ = tracker.update([pose(STANDING, x=0.5 + shift)], t + (2 + after) * FRAME, ASPECT)
    assert [one.track for one in seen] == known
