"""That the hub is away is said once, now and then while it is, and that it is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from structlog.testing import capture_logs

from ambient.bus import keys
from ambient.config import HubLink
from ambient.node.outage import AGAIN_S, LOST_S, Line, Outage, Said
from ambient.node.uplink import Uplink
from tests.bus.kit import House
from tests.patience import PATIENCE_S

UP, DOWN = True, False


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param([(0, DOWN), (LOST_S - 1, DOWN), (LOST_S, UP)], [], id="up in time"),
        pytest.param([(0, UP), (1e6, UP)], [], id="never away"),
        pytest.param(
            [(LOST_S, DOWN), (LOST_S + 1, DOWN)], [Line(Said.LOST, LOST_S)], id="not up at start"
        ),
        pytest.param(
            [(0, UP), (100, DOWN), (100 + LOST_S, DOWN), (150, UP), (200, UP)],
            [Line(Said.LOST, LOST_S), Line(Said.BACK, 50)],
            id="away and back",
        ),
        pytest.param(
            [(0, UP), (100, DOWN), (101, UP), (100 + LOST_S, DOWN), (101 + LOST_S, UP)],
            [],
            id="twice for a moment",
        ),
        pytest.param(
            [(0, UP), (100, DOWN)]
            + [(100 + LOST_S + second, DOWN) for second in range(round(2 * AGAIN_S) + 1)],
            [
                Line(Said.LOST, LOST_S),
                Line(Said.STILL, LOST_S + AGAIN_S),
                Line(Said.STILL, LOST_S + 2 * AGAIN_S),
            ],
            id="asked every second, said each ten minutes",
        ),
        pytest.param(
            [(0, DOWN), (LOST_S, DOWN), (20, UP), (30, DOWN), (30 + LOST_S, DOWN)],
            [Line(Said.LOST, LOST_S), Line(Said.BACK, 20), Line(Said.LOST, LOST_S)],
            id="away again",
        ),
    ],
)
def test_what_is_said(steps: list[tuple[float, bool]], said: list[Line]) -> None:
    outage = Outage(0.0)
    found = [outage.step(welcomed=welcomed, now=now) for now, welcomed in steps]
    assert [line for line in found if line is not None] == said


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def test_the_log_of_a_node_whose_hub_is_away(house: House, tmp_path: Path) -> None:
    """A real hub goes and comes back; hours pass on the node's clock meanwhile."""
    at = [0.0]
    folder = tmp_path / "n-1"
    house.enrol(keys.load_or_make(folder / keys.NODE_KEY), "n-1", ["r1"])
    link = HubLink(address=house.address, key=house.pair.public)
    uplink = Uplink(link, folder, "n-1", "1", lambda: at[0])

    def until(done: Callable[[], bool], *, hub: bool) -> None:
        deadline = monotonic() + PATIENCE_S
        while not done():
            assert monotonic() < deadline, "it never happened"
            if hub:
                house.intake.step(2)
            uplink.step(0.005)

    try:
        until(lambda: uplink.welcomed, hub=True)
        house.stop()
        until(lambda: not uplink.welcomed, hub=False)
        with capture_logs() as logs:
            for _ in range(5):
                uplink.step(0.0)
            at[0] += LOST_S
            for _ in range(5):
                uplink.step(0.0)
            at[0] += AGAIN_S
            uplink.step(0.0)
            house.start()
            until(lambda: uplink.welcomed, hub=True)
            uplink.step(0.0)
    finally:
        uplink.close()
    ours = [one for one in logs if "away_s" in one]
    assert [(one["log_level"], one["event"], one["away_s"]) for one in ours] == [
        ("warning", "the hub is away", 10),
        ("warning", "the hub is still away", 610),
        ("info", "the hub is back", 610),
    ]
    assert all("ambient doctor" in one["check"] for one in ours[:2])
    assert {one["hub"] for one in ours} == {house.address}
