"""A coat is taken for somebody who lies there, again and again; it is believed less each time."""

from __future__ import annotations

import pytest

from ambient.observations import Place, Posture, PostureSeen
from vision.things import GONE_S, LASTED_S, TRACKS, TRUST, Things

S = 1_000_000_000
COAT = (0.35, 0.81, 0.46, 0.95)


def said(
    t_s: float, track: int = 1, quality: float = 0.4, place: Place = Place.FLOOR
) -> PostureSeen:
    return PostureSeen(
        t=round(t_s * S), room="r1", source="c1", track=track, posture=Posture.FALLEN,
        probability=0.6, down=0.65, upright=0.05, place=place, place_sure=1.0, descent=0.0,
        still=1.0, quality=quality, at=(0.7, 0.88), size=0.2,
    )  # fmt: skip


def told(
    things: Things, times: list[float], *, tracks: int = TRACKS, place: Place = Place.FLOOR
) -> list[float]:
    """Return how good each sight of the coat is said to be."""
    return [
        things.told(said(t, track=1 + n % tracks, place=place), COAT).quality
        for n, t in enumerate(times)
    ]


def every(step_s: float, until_s: float) -> list[float]:
    return [n * step_s for n in range(round(until_s / step_s) + 1)]


def test_what_lay_there_before_is_believed_less():
    qualities = told(Things(), every(60.0, LASTED_S + 300.0))
    assert qualities[:10] == [0.4] * 10
    assert qualities[-5:] == [pytest.approx(0.4 * TRUST)] * 5


@pytest.mark.parametrize(
    ("why", "times", "tracks", "place"),
    [
        ("new", every(1.0, LASTED_S - 1.0), TRACKS, Place.FLOOR),
        ("one who lies there and is followed", every(10.0, 2 * LASTED_S), 1, Place.FLOOR),
        ("taken away meanwhile", [0.0, 60.0, 120.0, GONE_S + 200.0], TRACKS, Place.FLOOR),
        ("somebody in bed", every(60.0, 2 * LASTED_S), TRACKS, Place.BED),
    ],
)
def test_everything_else_is_believed(why, times, tracks, place):
    assert set(told(Things(), times, tracks=tracks, place=place)) == {0.4}, why


def test_somebody_who_falls_over_it_is_believed():
    things = Things()
    told(things, every(60.0, LASTED_S + 60.0))
    now = LASTED_S + 61.0
    assert things.told(said(now, 9), (0.30, 0.80, 0.60, 0.96)).quality == 0.4
    assert things.told(said(now, 9, quality=1.0), COAT).quality == 1.0
    assert things.told(said(now, 9, quality=0.7), COAT).quality == pytest.approx(0.7 * TRUST)


def test_a_camera_that_was_moved_knows_nothing_of_it():
    things = Things()
    told(things, every(60.0, LASTED_S + 60.0))
    things.reset()
    assert things.told(said(LASTED_S + 61.0), COAT).quality == 0.4


def test_a_clock_that_was_set_back_begins_anew():
    things = Things()
    told(things, every(60.0, LASTED_S + 60.0))
    assert told(things, every(60.0, 300.0)) == [0.4] * 6
