"""A node tells the hub that does not serve it, and goes to it when it serves in a higher term."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ambient.bus import keys
from ambient.bus.protocol import Heartbeat
from ambient.config import HubLink
from ambient.node.telling import EVERY_S
from ambient.node.uplink import Uplink
from tests.bus.kit import House

TURNS = 500


class Hub:
    """A hub of two on a link of its own: its term, and what it hears of others."""

    def __init__(self, folder: Path, pair: keys.KeyPair, node: keys.KeyPair, term: int) -> None:
        keys.save_pair(folder / "hub" / keys.HUB_KEY, pair)
        self.house = House(folder)
        self.house.enrol(node, "n-1", ["r1"])
        self.house.intake._hubs = self
        self.term = self.seen = term
        self.addresses: list[str] = []

    @property
    def proof(self) -> str:
        return f"{self.term:064x}"

    def node(self, term: int = 0, proof: str = "") -> bool:
        if term:
            assert proof == f"{term:064x}", "as it came with the welcome"
        self.seen = max(self.seen, term)
        return self.seen == self.term

    told = node


class Site:
    """Two hubs and the link of one node, enrolled at the first."""

    def __init__(self, folder: Path, terms: tuple[int, int]) -> None:
        pair, node = keys.new_pair(), keys.load_or_make(folder / "node" / keys.NODE_KEY)
        self.hubs = [
            Hub(folder / name, pair, node, term)
            for name, term in zip(("first", "second"), terms, strict=True)
        ]
        for hub in self.hubs:
            hub.addresses = [one.house.address for one in self.hubs]
        self.s = 1000.0
        link = HubLink(address=self.hubs[0].house.address, key=pair.public)
        self.uplink = Uplink(link, folder / "node", "n-1", "1", steady=lambda: self.s)

    def until(self, what: Callable[[], object]) -> None:
        """Let both hubs and the link turn."""
        for _ in range(TURNS):
            self.uplink.step(0.002)
            for hub in self.hubs:
                hub.house.intake.step(2)
            if what():
                return
        raise AssertionError("it does not come to that")

    def close(self) -> None:
        self.uplink.close()
        for hub in self.hubs:
            hub.house.close()


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, request.param)
    yield made
    made.close()


@pytest.mark.parametrize("site", [(5, 4)], indirect=True)
def test_a_hub_of_a_lower_term_hears_of_it_and_serves_nobody_by_that(site: Site) -> None:
    site.until(lambda: site.hubs[1].seen == 5)
    assert site.uplink.welcomed
    assert [hub.house.intake.connected() for hub in site.hubs] == [["n-1"], []]


@pytest.mark.parametrize("site", [(5, 4)], indirect=True)
def test_it_is_told_again(site: Site) -> None:
    site.until(lambda: site.hubs[1].seen == 5 and site.uplink._telling._watch is None)
    site.hubs[1].seen = 4
    for _ in range(round(EVERY_S / 10)):
        site.s += 10.0
        site.uplink.send(Heartbeat(answer=True))
        site.until(lambda: site.uplink.heard_since(site.s - 1.0))
    site.until(lambda: site.hubs[1].seen == 5)
    assert site.uplink.welcomed


@pytest.mark.parametrize("site", [(2, 3)], indirect=True)
def test_a_node_goes_to_the_hub_of_the_higher_term_and_tells_the_other(site: Site) -> None:
    site.until(lambda: site.hubs[1].house.intake.connected() and site.hubs[0].seen == 3)
    assert site.uplink.welcomed
