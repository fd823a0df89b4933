"""Made-up events, and the measurement of what a hub takes in: small, and right."""

from __future__ import annotations

from collections import Counter

import pytest

from ambient import events, streams
from ambient.hub.load.intake import measure


def test_a_stream_is_of_the_closed_list_in_order_and_the_same_for_a_seed() -> None:
    made = list(streams.made_up(2000, seed=4))
    assert made == list(streams.made_up(2000, seed=4))
    assert made != list(streams.made_up(2000, seed=5))
    assert [events.decode(events.encode(one)) for one in made] == made
    assert len({one.id for one in made}) == 2000
    after: dict[str, int] = {}
    for one in made:
        assert one.position == after.get(one.chain, -1) + 1
        after[one.chain] = one.position


def test_a_stream_has_the_shares_of_its_mix() -> None:
    made = list(streams.made_up(20_000))
    kinds = Counter(events.kind_of(one).split(".")[0] for one in made)
    named = {"summary": streams.SUMMARIES, "node": streams.NODE} | {
        "quality": streams.QUALITY,
        "fall": streams.FALLS,
    }
    for kind, name in named.items():
        assert kinds[kind] / 20_000 == pytest.approx(streams.MIX[name], abs=0.02)


def test_a_measurement_counts_what_is_durable_and_right() -> None:
    report = measure(count=640, storm=1280, turns=1, seed=2)
    assert report.right
    assert report.share == pytest.approx(report.mixed.median / report.bare.median, abs=0.001)
    assert 0 < report.mixed.least <= report.mixed.median <= report.mixed.most
