"""Whose pose is read several times, and what that may cost."""

from __future__ import annotations

import pytest

from ambient.observations import Box, Place, Posture, PostureSeen
from vision.doubts import INCOME, PURSE, Doubts

HERE: Box = (0.2, 0.5, 0.6, 0.8)
SECOND = 1_000_000_000


def said(down: float, descent: float = 0.0, place: Place = Place.UNKNOWN, sure: float = 1.0) -> (
    tuple[Box, PostureSeen]
):  # fmt: skip
    return HERE, PostureSeen(
        t=0, room="r1", source="c1", track=1, posture=Posture.OTHER, probability=0.5, down=down,
        upright=0.1, place=place, place_sure=sure, descent=descent, still=0.0, quality=0.9,
        at=(0.4, 0.6), size=0.3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "doubted"),
    [
        (said(0.0), False),
        (said(0.19), False),
        (said(0.2), True),
        (said(0.99), True),
        (said(0.0, descent=0.4), True),
        (said(0.9, place=Place.FLOOR), True),
        (said(0.9, place=Place.BED), False),
        (said(0.9, place=Place.SOFA, sure=0.7), False),
        (said(0.9, place=Place.BED, sure=0.5), True),
        (said(0.9, place=Place.CHAIR), True),
    ],
)
def test_who_may_be_down_is_in_doubt(seen: tuple[Box, PostureSeen], doubted: bool) -> None:
    doubts = Doubts()
    doubts.note([seen])
    assert doubts.spend(0) == ([HERE] if doubted else [])


def test_a_doubt_is_for_the_next_picture_alone() -> None:
    doubts = Doubts()
    doubts.note([said(0.9)])
    assert doubts.spend(0) == [HERE]
    assert doubts.spend(SECOND // 10) == []


@pytest.mark.parametrize("people", [1, 3])
def test_what_it_costs_is_bounded(people: int) -> None:
    doubts = Doubts()
    spent = []
    for picture in range(10 * 600):
        doubts.note([said(0.9)] * people)
        spent.append(len(doubts.spend(picture * SECOND // 10)))
    first = int(PURSE / (10 * people - INCOME))
    assert all(spent[: 10 * first])  # a fall is read well from beginning to end
    assert sum(spent) <= PURSE + INCOME * 600
    assert sum(spent) > 0.95 * (PURSE + INCOME * 600)
