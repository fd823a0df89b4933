"""However a carer's session ends, what they saw to becomes active again; time is given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ambient.hub.account_rows import confirm
from ambient.hub.accounts import Accounts
from ambient.hub.alarms.condition import AlarmState, SnoozeReason
from ambient.hub.alarms.inputs import OnMyWay, SnoozeFor
from ambient.hub.board import read_board
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Identity, Role
from ambient.hub.store import Store
from ambient.hub.watch import Watch
from tests.hub.kit import HASHER, NS, PASSWORD, fall

HOUR = 3600 * NS
T = 1_800_000_000 * NS
PIN = "718294"


class Ward:
    """A hub without its sockets: anna has taken on a fall and snoozed the next room."""

    def __init__(self, database: HubDatabase) -> None:
        self.now = T
        self.database, self.store = database, Store(database)
        self.accounts = Accounts(database, HASHER, key=b"a key")
        for name, role in (("root", Role.ADMIN), ("anna", Role.CARER), ("ben", Role.CARER)):
            self.accounts.add_user(name, PASSWORD, role, T)
        for name in ("anna", "ben"):
            self.accounts.devices.set_pin(name, PIN, "")
        screen = self.accounts.devices.known(self.accounts.devices.enrol("ward 1", "root", T))
        assert screen is not None
        self.screen = screen
        self.watch = self.new_watch()

    def new_watch(self) -> Watch:
        return Watch(
            self.database,
            self.store,
            self.accounts,
            served=dict,
            silent_s=15,
            keep_days=30,
            now=lambda: self.now,
            monotonic=lambda: self.now,
        )

    def pin(self, user: str = "anna") -> Identity:
        return self.accounts.devices.sign_in(self.screen, user, PIN, self.now)[1]

    def password(self) -> Identity:
        return self.accounts.log_in("anna", PASSWORD, "10.0.0.1", self.now)[1]

    def go(self, seconds: int) -> None:
        self.now += seconds * NS

    def take_on(self) -> None:
        began = self.now / NS - 10
        life = fall(began, 2)
        self.store.store("n-1", life, self.now)
        self.store.decide(OnMyWay(condition=life[0].chain, who="anna"), self.now)
        snooze = SnoozeFor(
            id="00000000-0000-8000-8000-000000000001",
            room="r2",
            kind=None,
            until=self.now + 20 * 60 * NS,
            who="anna",
            reason=SnoozeReason.CARE,
        )
        self.store.decide(snooze, self.now)

    def held(self) -> tuple[AlarmState, int, list[str]]:
        """Return the alarm's state, how many snoozes hold, and who is away."""
        board = read_board(self.database, {}, {}, self.now)
        return board.alarms[0].state, len(board.house.snoozes), board.house.away


@pytest.fixture
def ward(database: HubDatabase) -> Ward:
    return Ward(database)


Step = Callable[[Ward], object]
SHIFT_S = 12 * 3600
ENDS: list[tuple[str, Step, int, Step]] = [
    # How it began, how long before something was taken on, how it ended.
    ("unused for a shift", Ward.password, SHIFT_S - 60, lambda ward: ward.go(61)),
    ("the shift on a shared screen is over", Ward.pin, SHIFT_S - 60, lambda ward: ward.go(61)),
    ("the next one signs in on the screen", Ward.pin, 60, lambda ward: ward.pin("ben")),
    ("the screen is revoked", Ward.pin, 60, lambda ward: ward.accounts.devices.revoke("ward 1")),
    ("switched off", Ward.password, 60, lambda ward: ward.accounts.disable_user("anna", True)),
    ("a new role", Ward.password, 60, lambda ward: ward.accounts.set_role("anna", Role.LEAD)),
    (
        "a new password",
        Ward.password,
        60,
        lambda ward: ward.accounts.set_password("anna", "another long secret"),
    ),
    (
        "no second factor",
        Ward.password,
        60,
        lambda ward: ward.accounts.second_factors.remove("anna"),
    ),
]


@pytest.mark.parametrize(("case", "begin", "before_s", "end"), ENDS, ids=[one[0] for one in ENDS])
def test_what_a_carer_held_is_active_again(
    ward: Ward, case: str, begin: Step, before_s: int, end: Step
) -> None:
    begin(ward)
    ward.go(before_s)
    ward.take_on()
    ward.watch.tick()
    assert ward.held() == (AlarmState.ACKNOWLEDGED, 1, [])
    end(ward)
    ward.watch.tick()
    assert ward.held() == (AlarmState.ACTIVE, 0, ["anna"])
    lines = ward.store.verify().lines
    ward.watch.tick()
    assert ward.store.verify().lines == lines, "signed off once"


def test_an_open_screen_does_not_make_a_shift_endless(ward: Ward) -> None:
    cookie, identity = ward.accounts.devices.sign_in(ward.screen, "anna", PIN, T)
    for hour in range(1, 12):
        ward.accounts.touch(identity, T + hour * HOUR)
    assert ward.accounts.session(cookie, T + 12 * HOUR) is not None
    ward.accounts.touch(identity, T + 12 * HOUR)
    assert ward.accounts.session(cookie, T + 12 * HOUR + 1) is None


def test_who_is_still_signed_in_elsewhere_keeps_what_they_have(ward: Ward) -> None:
    ward.pin()
    ward.password()
    ward.take_on()
    ward.pin("ben")
    ward.watch.tick()
    assert ward.held() == (AlarmState.ACKNOWLEDGED, 1, [])


def test_giving_a_second_factor_is_no_departure(ward: Ward) -> None:
    identity = ward.password()
    ward.take_on()
    with ward.database.write() as db:
        confirm(db, identity, ward.now)
    ward.watch.tick()
    assert ward.held() == (AlarmState.ACKNOWLEDGED, 1, [])


def test_a_hub_that_stopped_in_between_signs_off_when_it_is_back(ward: Ward) -> None:
    ward.password()
    ward.take_on()
    ward.accounts.disable_user("anna", True)
    ward.new_watch().tick()
    assert ward.held() == (AlarmState.ACTIVE, 0, ["anna"])


def test_who_signed_in_again_meanwhile_is_back(ward: Ward) -> None:
    ward.password()
    ward.accounts.disable_user("anna", True)
    ward.accounts.disable_user("anna", False)
    departed = ward.accounts.departed

    def meanwhile(now: int) -> list[str]:
        found = departed(now)
        ward.password()
        return found

    ward.accounts.departed = meanwhile  # type: ignore[method-assign]
    ward.watch.tick()
    assert read_board(ward.database, {}, {}, ward.now).house.away == []
