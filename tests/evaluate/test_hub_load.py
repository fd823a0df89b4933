"""A small house under load: counted right, and what the figures are made of."""

from __future__ import annotations

import pytest

from ambient.errors import UsageError
from ambient.evaluate import hub_load, latency
from ambient.evaluate.hub_load import STORM
from ambient.evaluate.hub_load_report import STAGE, delay
from ambient.evaluate.load_nodes import Phase, planned
from ambient.evaluate.load_pages import Stage


@pytest.mark.parametrize(
    ("found", "wanted", "n", "missing", "p50"),
    [
        ([], 2, 0, 0, None),
        ([[]], 2, 0, 2, None),
        ([[0.1, 0.3], [0.1]], 2, 3, 1, 0.1),
        ([[0.2], [0.4]], 1, 2, 0, 0.3),
    ],
)
def test_a_delay_says_what_never_came(
    found: list[list[float]], wanted: int, n: int, missing: int, p50: float | None
) -> None:
    report = delay(found, wanted)
    assert (report.n, report.missing, report.p50_s) == (n, missing, p50)


@pytest.mark.parametrize(("rate", "speed"), [(20.0, 1.0), (120.0, 6.0), (0.0, 6.0)])
def test_a_plan_has_each_node_speak_of_its_own_room_in_order(rate: float, speed: float) -> None:
    phase = Phase(name="x", count=2000, rate=rate, speed=speed)
    made = list(planned(phase, 50))
    assert len({event.id for _, event in made}) == 2000
    assert all(event.room in (None, f"r{event.node[2:]}") for _, event in made)
    assert len({event.node for _, event in made}) == 50
    for chain in {event.chain for _, event in made}:
        of = [(at, event.position) for at, event in made if event.chain == chain]
        assert of == sorted(of)
    begun = max(at for at, event in made if event.position == 0)
    assert begun == pytest.approx(2000 / rate if rate else 0.0, rel=0.02)


def test_at_the_opening_each_node_says_two_things_of_its_own_room() -> None:
    made = [e for _, e in planned(Phase(name="x", count=100, rate=100, opening=True), 50)]
    assert [event.node[2:] for event in made] == [str(1 + i // 2) for i in range(100)]
    assert all(event.room in (None, f"r{event.node[2:]}") for event in made)
    assert len({event.id for event in made}) == len({event.chain for event in made}) == 100


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_small_house_loses_nothing_and_every_page_sees_every_fall() -> None:
    try:
        latency.chromium()
    except UsageError as error:
        pytest.skip(str(error))
    report = hub_load.run(
        nodes=20, pages=10, rate=50, seconds=2, hour_rate=0, storm=600, beats=4, speed=20
    )
    assert (report.lost, report.doubled, report.refused, report.taps_refused) == (0, 0, 0, {})
    assert report.pages_at_end == 10
    assert report.verified
    storm = next(one for one in report.phases if one.name == STORM)
    assert set(STAGE.values()) == set(Stage)
    assert storm.streams.events > 0
    assert storm.streams.missing == storm.browser.missing == 0
    assert storm.streams.n == storm.streams.events * 10
