"""Paths: which tracks may be one person, and how probably by where and when they broke."""

from __future__ import annotations

from math import exp, log

import pytest

from fusion.who_evidence import SECOND, Speeds
from fusion.who_paths import EACH, PATHS, STEPS, Path, WornTrack, grown, links, pruned, settle

NEW = ("c1", 9)


def track(
    first_s: float, last_s: float, x: float = 0.5, *, ended: bool = True, free: float = 1.0
) -> WornTrack:
    """Return a track that stood in one place, a body being half a picture high."""
    first, last = round(first_s * SECOND), round(last_s * SECOND)
    return WornTrack(
        Speeds(), first, (x, 0.5), last, (x, 0.5), 0.5,
        ended=last + 2 * SECOND if ended else None, free=free,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gap_s", "lengths", "link"),
    [
        (3.0, 0.1, 0.999),
        (3.0, 0.9, 0.995),
        (3.0, 1.5, 0.9),
        (3.0, 3.0, 0.5),
        (15.0, 0.1, 0.9),
        (90.0, 0.1, 0.5),
        (601.0, 0.0, None),
        (-1.0, 0.0, None),
    ],
)
def test_how_probably_a_track_goes_on(gap_s: float, lengths: float, link: float | None) -> None:
    tracks = {("c1", 7): track(0.0, 100.0), NEW: track(100.0 + gap_s, 200.0, 0.5 + 0.5 * lengths)}
    found = links(NEW, tracks)
    if link is None:
        assert not found
    else:
        assert found[("c1", 7)] == pytest.approx((link, link))


def test_who_is_still_seen_or_seen_by_another_camera_does_not_go_on() -> None:
    tracks = {
        ("c1", 7): track(0.0, 100.0, ended=False),
        ("c2", 8): track(0.0, 100.0),
        NEW: track(102.0, 200.0),
    }
    assert not links(NEW, tracks)


def test_of_two_who_were_lost_the_nearer_is_the_likelier() -> None:
    tracks = {
        ("c1", 7): track(0.0, 100.0, 0.5),
        ("c1", 8): track(0.0, 100.0, 0.9),
        NEW: track(102.0, 200.0, 0.6),
    }
    found = {key: share for key, (_, share) in links(NEW, tracks).items()}
    assert found[("c1", 7)] > found[("c1", 8)] > 0.05
    assert 0.99 < sum(found.values()) < 1.0


def test_who_has_come_back_already_is_hardly_somebody_new_as_well() -> None:
    tracks = {
        ("c1", 7): track(0.0, 100.0),
        ("c1", 8): track(0.0, 100.0),
        NEW: track(102.0, 200.0),
        ("c1", 10): track(103.0, 200.0),
    }
    settle(NEW, tracks)
    assert tracks[("c1", 7)].free == pytest.approx(0.5, abs=0.01)
    tracks[("c1", 7)].free = 0.01
    link, share = links(("c1", 10), tracks)[("c1", 7)]
    assert link > 0.4
    assert share < 0.02


def test_a_path_goes_on_and_stays_where_it_was_lost() -> None:
    old = Path((("c1", 7),), prior=-1.0, held=4.0)
    paths = {path.tracks: path for path in grown([old], NEW, 0.1, {("c1", 7): 0.9})}
    on, gone, fresh = paths[("c1", 7), NEW], paths[(("c1", 7),)], paths[(NEW,)]
    assert exp(on.odds) + exp(gone.odds) == pytest.approx(exp(3.0))
    assert on.odds - gone.odds == pytest.approx(log(9.0))
    assert fresh.odds == pytest.approx(log(0.1))


def test_a_path_remembers_its_newest_tracks_and_a_copy_of_what_was_compared() -> None:
    path = Path((("c1", 0),))
    for number in range(1, 2 * STEPS):
        path = path.onto(("c1", number), 0.9)
    assert len(path.tracks) == STEPS
    assert path.track == ("c1", 2 * STEPS - 1)
    further = path.onto(NEW, 0.9)
    further.found.sums += 1.0
    assert not path.found.sums.any()


def test_the_most_probable_paths_are_kept_and_one_to_each_track() -> None:
    many = [Path((("c1", n % 12),), held=float(-n)) for n in range(120)]
    kept = pruned(many)
    assert {path.track for path in kept} == {("c1", n) for n in range(12)}
    assert len(kept) <= max(PATHS, 12)
    assert max(sum(path.track == ("c1", n) for path in kept) for n in range(12)) <= EACH
    assert min(path.held for path in kept if path.track == ("c1", 0)) >= -12.0
