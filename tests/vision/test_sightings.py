"""Whose boxes are whose: one look's boxes, those who are followed, and outlines of their own."""

from __future__ import annotations

import pytest

from ambient.observations import Box
from vision.boxes import inside, iou
from vision.sightings import PATIENCE_S, Outlines, match, overlap

S = 1_000_000_000
UPRIGHT: Box = (0.4, 0.2, 0.6, 0.9)
LYING: Box = (0.25, 0.7, 0.8, 0.95)
FAR: Box = (0.0, 0.0, 0.15, 0.3)


@pytest.mark.parametrize(
    ("a", "b", "union", "share"),
    [
        ((0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0), 1.0, 1.0),
        ((0.0, 0.0, 0.5, 1.0), (0.25, 0.0, 0.75, 1.0), 1 / 3, 0.5),
        ((0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 0.5, 0.5), 0.25, 1.0),
        ((0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 1.0, 0.5), 0.0, 0.0),
        ((0.2, 0.2, 0.2, 0.2), (0.0, 0.0, 1.0, 1.0), 0.0, 0.0),
    ],
    ids=["the same", "half shifted", "a quarter within", "side by side", "no area"],
)
def test_overlap_of_boxes(a: Box, b: Box, union: float, share: float) -> None:
    assert iou(a, b) == iou(b, a) == pytest.approx(union)
    assert inside(a, b) == inside(b, a) == pytest.approx(share)


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [
        (UPRIGHT, UPRIGHT, True),
        (UPRIGHT, (0.42, 0.25, 0.62, 0.92), True),
        (UPRIGHT, (0.4, 0.2, 0.6, 0.65), True),
        (UPRIGHT, FAR, False),
        (UPRIGHT, (0.42, 0.7, 0.58, 0.88), False),
        (UPRIGHT, (0.59, 0.2, 0.79, 0.9), False),
    ],
    ids=["the same", "moved a little", "legs hidden", "elsewhere", "a chair before it", "beside"],
)
def test_who_can_be_one_person(a: Box, b: Box, one: bool) -> None:
    assert (overlap(a, b) > 0) is one
    assert overlap(a, b) == overlap(b, a)
    assert 0.0 <= overlap(a, b) <= 1.0


@pytest.mark.parametrize(
    ("boxes", "others", "pairs"),
    [
        ([], [UPRIGHT], {}),
        ([UPRIGHT], [], {}),
        ([UPRIGHT, FAR], [FAR, UPRIGHT], {0: 1, 1: 0}),
        ([(0.42, 0.22, 0.62, 0.92), UPRIGHT], [UPRIGHT], {1: 0}),
        ([UPRIGHT], [(0.45, 0.25, 0.65, 0.95), (0.41, 0.2, 0.61, 0.9)], {0: 1}),
        ([UPRIGHT], [FAR], {}),
    ],
    ids=["no box", "nobody", "crosswise", "two boxes of one", "the nearer one", "somebody else"],
)
def test_each_box_is_given_once_to_whom_it_fits_best(
    boxes: list[Box], others: list[Box], pairs: dict[int, int]
) -> None:
    assert match(boxes, others) == pairs


def known() -> Outlines:
    """One person seen twice, as number 7."""
    outlines = Outlines()
    outlines.update([(LYING, 0.6)], 0)
    (one,) = outlines.update([(LYING, 0.7)], S)
    one.track = 7
    return outlines


def test_an_outline_counts_once_two_looks_agree() -> None:
    outlines = Outlines()
    assert outlines.update([(LYING, 0.6)], 0) == []
    assert outlines.fresh
    assert outlines.at(LYING)
    assert not outlines.at(FAR)
    (one,) = outlines.update([(LYING, 0.7)], S)
    assert (one.box, one.score, one.track) == (LYING, 0.7, 0)
    one.track = 7
    assert not outlines.fresh
    assert [each.track for each in outlines.known] == [7]


def test_looks_at_different_places_do_not_agree() -> None:
    outlines = Outlines()
    outlines.update([(LYING, 0.6)], 0)
    assert outlines.update([(FAR, 0.6)], S) == []
    assert outlines.known == []


@pytest.mark.parametrize(
    ("after_s", "kept_at_s", "lost"),
    [
        (PATIENCE_S, None, False),
        (PATIENCE_S + 0.1, None, True),
        (PATIENCE_S + 0.1, 1.0, False),
    ],
    ids=["patience", "patience is over", "said to be still there"],
)
def test_who_is_not_seen_any_more_ends(after_s: float, kept_at_s: float | None, lost: bool) -> None:
    outlines = known()
    if kept_at_s is not None:
        outlines.keep(7, S + round(kept_at_s * S))
        outlines.keep(8, 10 * S)  # nobody
    ended = outlines.end(S + round(after_s * S))
    assert [one.track for one in ended] == [7] * lost
    assert [one.track for one in outlines.known] == [7] * (not lost)


def test_who_was_seen_once_is_forgotten_without_a_word() -> None:
    outlines = Outlines()
    outlines.update([(LYING, 0.6)], 0)
    assert outlines.end(10 * S) == []
    assert not outlines.fresh


def test_a_pose_takes_an_outline_over() -> None:
    outlines = known()
    assert outlines.take(FAR) is None
    taken = outlines.take((0.27, 0.72, 0.78, 0.95))
    assert taken is not None
    assert taken.track == 7
    assert outlines.known == []
    assert outlines.take(LYING) is None
