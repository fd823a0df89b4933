"""The hub's list of nodes: what a key may do, and how it comes in and goes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ambient.bus import keys
from ambient.bus.invitation import VALID_S
from ambient.bus.protocol import PROTOCOL, Enrol, EnrolReason, RotateReason
from ambient.errors import LinkError
from ambient.hub.database import HubDatabase
from ambient.hub.nodes import Standing
from ambient.hub.registry import MAX_PENDING, Registry

NS = 1_000_000_000
NOW = 1_800_000_000 * NS
ADDRESS = "tcp://127.0.0.1:7440"
HUB = keys.new_pair().public


@pytest.fixture
def registry(database: HubDatabase) -> Registry:
    return Registry(database)


def ask(
    registry: Registry,
    key: str,
    token: str | None = None,
    node: str = "n-1",
    rooms: tuple[str, ...] = ("r1",),
    now: int = NOW,
) -> EnrolReason | None:
    token = token or registry.invite(ADDRESS, HUB, "admin", now).token
    request = Enrol(protocol=PROTOCOL, token=token, node=node, site="site", rooms=list(rooms))
    return registry.ask(key, request, "site", now)


def enrolled(registry: Registry, node: str = "n-1", rooms: tuple[str, ...] = ("r1",)) -> str:
    pair = keys.new_pair()
    assert ask(registry, pair.public, node=node, rooms=rooms) is None
    registry.accept(pair.fingerprint, "anna", NOW)
    return pair.public


def test_the_life_of_a_key(registry: Registry) -> None:
    pair = keys.new_pair()
    key = pair.public
    assert registry.holder(key).standing is Standing.UNKNOWN
    assert not registry.admits(key, NOW)
    token = registry.invite(ADDRESS, HUB, "admin", NOW).token
    assert registry.admits(key, NOW)
    assert ask(registry, key, token) is None
    assert registry.holder(key).standing is Standing.PENDING
    assert registry.admits(key, NOW + VALID_S * NS)
    node = registry.accept("n-1", "anna", NOW + 1)
    assert (node.rooms, node.accepted_by, node.enrolled) == (["r1"], "anna", NOW + 1)
    holder = registry.holder(key)
    assert (holder.standing, holder.node, holder.rooms) == (
        Standing.ENROLLED,
        "n-1",
        frozenset({"r1"}),
    )
    assert registry.enrolled() == ["n-1"]
    registry.revoke("n-1", "bert", NOW + 2)
    assert registry.holder(key).standing is Standing.REVOKED
    assert registry.holder(key).rooms == frozenset()
    assert registry.enrolled() == []
    (gone,) = registry.nodes()
    assert (gone.key, gone.revoked, gone.revoked_by) == (key, NOW + 2, "bert")
    registry.invite(ADDRESS, HUB, "admin", NOW)
    assert not registry.admits(key, NOW)
    assert ask(registry, key) is EnrolReason.TAKEN


def test_a_revoked_node_comes_back_with_a_new_key(registry: Registry) -> None:
    enrolled(registry)
    registry.revoke("n-1", "anna", NOW + 1)
    key = enrolled(registry)
    (node,) = registry.nodes()
    assert (node.key, node.revoked) == (key, None)


def test_an_invitation_is_good_for_one_key(registry: Registry) -> None:
    token = registry.invite(ADDRESS, HUB, "admin", NOW).token
    first, second = keys.new_pair().public, keys.new_pair().public
    assert ask(registry, first, token) is None
    assert ask(registry, first, token) is None
    assert ask(registry, second, token, node="n-2", rooms=("r2",)) is EnrolReason.TOKEN
    assert not registry.admits(second, NOW)


@pytest.mark.parametrize(("late", "expected"), [(VALID_S - 1, None), (VALID_S, EnrolReason.TOKEN)])
def test_an_invitation_ends_after_ten_minutes(
    registry: Registry, late: int, expected: EnrolReason | None
) -> None:
    token = registry.invite(ADDRESS, HUB, "admin", NOW).token
    assert ask(registry, keys.new_pair().public, token, now=NOW + late * NS) is expected


def test_the_database_holds_no_token(registry: Registry, database: HubDatabase) -> None:
    token = registry.invite(ADDRESS, HUB, "admin", NOW).token
    with database.read() as db:
        (row,) = db.execute("SELECT * FROM invitations").fetchall()
    assert token not in str(row)
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("node", "rooms"), [("n-1", ("r2",)), ("n-2", ("r1",)), ("n-2", ("r2", "r1"))]
)
def test_name_and_rooms_belong_to_one_node(
    registry: Registry, node: str, rooms: tuple[str, ...]
) -> None:
    enrolled(registry)
    assert ask(registry, keys.new_pair().public, node=node, rooms=rooms) is EnrolReason.TAKEN


def test_two_of_one_name_wait_and_the_fingerprint_decides(registry: Registry) -> None:
    one, other = keys.new_pair(), keys.new_pair()
    for pair in (one, other):
        assert ask(registry, pair.public) is None
    with pytest.raises(LinkError, match="give the fingerprint"):
        registry.accept("n-1", "anna", NOW)
    registry.accept(other.fingerprint, "anna", NOW)
    assert registry.holder(other.public).standing is Standing.ENROLLED
    with pytest.raises(LinkError, match="enrolled already"):
        registry.accept("n-1", "anna", NOW)
    registry.reject(one.fingerprint, "anna")
    assert registry.holder(one.public).standing is Standing.REJECTED
    assert registry.pending() == []


@pytest.mark.parametrize("deed", ["accept", "reject", "revoke", "rooms"])
def test_a_node_that_is_not_there(registry: Registry, deed: str) -> None:
    deeds = {
        "accept": lambda: registry.accept("n-9", "anna", NOW),
        "reject": lambda: registry.reject("n-9", "anna"),
        "revoke": lambda: registry.revoke("n-9", "anna", NOW),
        "rooms": lambda: registry.set_rooms("n-9", ["r1"], "anna"),
    }
    with pytest.raises(LinkError, match="n-9: expected"):
        deeds[deed]()


def test_rooms_are_bound_anew(registry: Registry) -> None:
    key = enrolled(registry, "n-1", ("r1", "r2"))
    enrolled(registry, "n-2", ("r3",))
    registry.set_rooms("n-1", ["r2", "r4"], "anna")
    assert registry.holder(key).rooms == frozenset({"r2", "r4"})
    with pytest.raises(LinkError, match="room r3 of node n-2"):
        registry.set_rooms("n-1", ["r3"], "anna")
    assert registry.holder(key).rooms == frozenset({"r2", "r4"})


def test_a_key_is_replaced_when_the_next_one_is_used(registry: Registry) -> None:
    old, lost, new = enrolled(registry), keys.new_pair().public, keys.new_pair().public
    assert registry.offer("n-1", lost, NOW) is None
    assert registry.offer("n-1", new, NOW) is None
    assert registry.offer("n-1", new, NOW) is None
    assert registry.holder(lost).standing is Standing.REVOKED
    assert registry.holder(new).standing is Standing.NEXT
    assert registry.holder(old).standing is Standing.ENROLLED
    registry.switch("n-1", new, NOW + 1)
    registry.switch("n-1", new, NOW + 2)
    assert registry.holder(new).standing is Standing.ENROLLED
    assert registry.holder(old).standing is Standing.REVOKED
    assert registry.offer("n-1", old, NOW) is RotateReason.TAKEN
    registry.revoke("n-1", "anna", NOW)
    assert registry.holder(new).standing is Standing.REVOKED


def test_not_more_wait_than_somebody_can_look_at(registry: Registry) -> None:
    for number in range(MAX_PENDING):
        key = keys.new_pair().public
        assert ask(registry, key, node=f"n-{number}", rooms=(f"r{number}",)) is None
    key = keys.new_pair().public
    assert ask(registry, key, node="n-x", rooms=("rx",)) is EnrolReason.TOKEN


def test_another_process_decides(registry: Registry, tmp_path: Path) -> None:
    pair = keys.new_pair()
    ask(registry, pair.public)
    other = HubDatabase(tmp_path / "hub.db")
    Registry(other).accept("n-1", "anna", NOW)
    other.close()
    assert registry.holder(pair.public).standing is Standing.ENROLLED
