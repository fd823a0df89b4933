"""The other hub as this one hears of it: who may speak, and when nobody could take over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ambient.bus import keys, sockets
from ambient.bus.sockets import LinkChange
from ambient.errors import StoreError
from ambient.hub.standby import kept
from ambient.hub.standby.duty import PROMISE_S, Said, proof
from ambient.hub.standby.heard import GONE_S
from ambient.hub.standby.pairing import Pairing
from ambient.hub.standby.wire import Begin, Say
from tests.hub.standby.kit import Both
from tests.patience import until

NS = 1_000_000_000
PASSIVE = Said(term=1, seen=2, serves=False)


class Clocks:
    """Both clocks, set by a test."""

    def __init__(self) -> None:
        self.s = 1000.0

    def steady(self) -> float:
        return self.s

    def wall(self) -> int:
        return round(self.s * NS)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def pairing(tmp_path: Path, clocks: Clocks) -> Iterator[Pairing]:
    both = Both(tmp_path)
    config = both.configs["first"]
    assert config.standby is not None
    made = Pairing(
        config,
        config.standby,
        both.pair,
        both.files["first"],
        steady=clocks.steady,
        clock=clocks.wall,
    )
    yield made
    made.close()
    both.close()


def serve(pairing: Pairing, clocks: Clocks) -> None:
    pairing.duty.begin(clocks.s)
    pairing.duty.opened(clocks.s)


def say(pairing: Pairing, clocks: Clocks, behind_s: float = 1.0, ahead_s: float = 0.0) -> None:
    wall = clocks.wall() + round(ahead_s * NS)
    pairing._heard(Say(said=PASSIVE, level=wall - round(behind_s * NS), time=wall))


def proved(pairing: Pairing, term: int, site: str | None = None) -> str:
    return proof(pairing._secret, site or pairing._config.site, term)


UNPROVED = [
    pytest.param(lambda _: "", id="none"),
    pytest.param(lambda one: proved(one, 4), id="of another term"),
    pytest.param(lambda one: proved(one, 5, "other"), id="of another site"),
    pytest.param(lambda _: proof(keys.new_pair().secret, "site", 5), id="of another key"),
]


@pytest.mark.parametrize("shown", UNPROVED)
def test_no_node_can_make_up_a_term(
    pairing: Pairing, clocks: Clocks, shown: Callable[[Pairing], str]
) -> None:
    pairing.knocked(5, shown(pairing))
    serve(pairing, clocks)
    assert pairing.node(5, shown(pairing)), "it is served, as one that knows no term"
    assert pairing.told(5, shown(pairing))
    pairing.step(0)
    assert not pairing.step_down.is_set()
    assert pairing.duty.kept.seen == 2


def test_what_a_hub_proves_the_other_one_believes(pairing: Pairing, clocks: Clocks) -> None:
    serve(pairing, clocks)
    assert pairing.proof == proved(pairing, pairing.term)
    assert pairing.told(2, pairing.proof)
    assert not pairing.told(3, proved(pairing, 3))


def test_that_nobody_stands_by_is_said_after_a_minute(pairing: Pairing, clocks: Clocks) -> None:
    serve(pairing, clocks)
    began = clocks.wall()
    assert pairing.fails_since() is None
    clocks.s += GONE_S + 1
    assert pairing.fails_since() == began, "since it was missing"
    clocks.s += 5
    assert pairing.fails_since() == began
    say(pairing, clocks)
    assert pairing.fails_since() is None


def test_so_is_a_copy_that_is_old(pairing: Pairing, clocks: Clocks) -> None:
    serve(pairing, clocks)
    clocks.s += GONE_S + 1
    say(pairing, clocks, behind_s=kept.BEHIND_S + 1)
    assert pairing.fails_since() == clocks.wall()
    say(pairing, clocks)
    assert pairing.fails_since() is None


@pytest.mark.parametrize("ahead_s", [-3600.0, 0.0, 3600.0], ids="{:+.0f} s".format)
def test_a_hub_clock_an_hour_wrong(pairing: Pairing, clocks: Clocks, ahead_s: float) -> None:
    """What the store is complete up to, what it lacks, and its age are by the clock here."""
    clocks.s = 1_000_000.0
    wall, ahead = clocks.wall(), round(ahead_s * NS)
    began = Begin(at=wall + ahead, lacks=wall + ahead - 7 * NS, lacks_until=wall + ahead + 9 * NS)
    pairing.copied(began, wall)
    memory = pairing._memory
    assert (memory.level, memory.lacks, memory.lacks_until) == (wall, wall - 7 * NS, wall + 9 * NS)
    assert pairing.status().behind_s == 0.0
    serve(pairing, clocks)
    say(pairing, clocks, behind_s=1.0, ahead_s=ahead_s)
    clocks.s += GONE_S - 1
    say(pairing, clocks, behind_s=1.0, ahead_s=ahead_s)
    clocks.s += 2
    assert pairing.status().behind_s == 3.0
    assert pairing.fails_since() is None
    say(pairing, clocks, behind_s=kept.BEHIND_S + 1, ahead_s=ahead_s)
    assert pairing.fails_since() == clocks.wall()


def test_a_node_of_a_later_term_is_not_served(pairing: Pairing, clocks: Clocks) -> None:
    serve(pairing, clocks)
    assert pairing.node(2, proved(pairing, 2))
    assert not pairing.node(3, proved(pairing, 3))
    pairing.step(0)
    assert pairing.step_down.is_set()
    assert pairing.stays()
    assert kept.load(pairing._config.state_dir).kept.seen == 3, "kept over a power cut"


def test_a_take_over_is_on_the_disk_before_it_is_said(pairing: Pairing, clocks: Clocks) -> None:
    say(pairing, clocks)
    pairing.step(0)
    assert pairing.take_over.is_set()
    assert kept.load(pairing._config.state_dir).kept.term == 2
    status = kept.status_of(pairing._config.state_dir, clocks.wall())
    assert status is not None
    assert status.other_serves is False


def full(*_: object) -> None:
    raise StoreError("the disk is full")


def test_a_full_disk_does_not_keep_a_hub_from_stepping_down(
    pairing: Pairing, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(pairing, clocks)
    pairing.unwell(True)
    assert pairing._say().said.ill
    monkeypatch.setattr(kept, "save", full)
    pairing._heard(Say(said=Said(term=3, seen=3, serves=True)))
    pairing.step(0)
    assert pairing.step_down.is_set()


def test_a_hub_whose_disk_is_full_does_not_take_over(
    pairing: Pairing, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(pairing, clocks)
    with monkeypatch.context() as patch:
        patch.setattr(kept, "save", full)
        pairing.step(0)
        assert not pairing.take_over.is_set()
        assert not pairing._say().said.serves
    say(pairing, clocks)
    pairing.step(0)
    assert pairing.take_over.is_set()


def test_a_hub_that_is_ill_is_relieved_by_one_whose_disk_took_a_copy(
    pairing: Pairing, clocks: Clocks
) -> None:
    ill = Say(said=Said(term=3, seen=3, serves=True, ill=True))
    pairing._heard(ill)
    pairing.step(0)
    assert not pairing.take_over.is_set()
    pairing.copied(Begin(at=clocks.wall()), clocks.wall())
    pairing.step(0)
    assert pairing.take_over.is_set()
    assert pairing.term == 4


def test_who_has_not_the_sites_key_does_not_connect(pairing: Pairing) -> None:
    context = sockets.context()
    site = keys.load_pair(pairing._config.state_dir / keys.HUB_KEY)
    assert site is not None
    watch = sockets.dial(context, pairing.address, site.public, keys.new_pair())
    changes: list[LinkChange] = []

    def refused() -> bool:
        pairing.step(20)
        changes.extend(watch.changes())
        return bool(changes)

    until(refused)
    watch.close()
    watch.socket.close()
    context.term()
    assert changes[0] is LinkChange.REFUSED


def test_an_operators_order_is_followed_once(pairing: Pairing, clocks: Clocks) -> None:
    folder = pairing._config.state_dir
    pairing._heard(Say(said=Said(term=3, seen=3, serves=True), level=time.time_ns()))
    pairing.step(0)
    (folder / kept.PROMOTE).write_text(str(clocks.wall()))
    clocks.s += 2
    pairing.step(0)
    assert pairing.duty.said(clocks.s).wants
    assert not (folder / kept.PROMOTE).exists()


def test_an_order_in_the_moment_of_stepping_down_is_left_for_the_process_that_follows(
    pairing: Pairing, clocks: Clocks
) -> None:
    folder = pairing._config.state_dir
    pairing.step_down.set()
    (folder / kept.PROMOTE).write_text(str(clocks.wall()))
    clocks.s += 2
    pairing.step(0)
    assert (folder / kept.PROMOTE).exists()
    assert not pairing.duty.said(clocks.s).wants


@pytest.mark.parametrize("written", ["{before}", "", "soon"])
def test_an_order_of_before_the_start_is_not_followed(
    pairing: Pairing, clocks: Clocks, written: str
) -> None:
    folder = pairing._config.state_dir
    before = clocks.wall() - round((PROMISE_S + 1) * NS)
    (folder / kept.PROMOTE).write_text(written.format(before=before))
    clocks.s += 2
    pairing.step(0)
    assert not (folder / kept.PROMOTE).exists()
    assert not pairing.duty.said(clocks.s).wants
