"""Users, sessions, the one-time link, lock-out and tokens on a real database; time is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.errors import UsageError
from ambient.hub import lockout
from ambient.hub.account_rows import LockedError
from ambient.hub.accounts import Accounts, WrongPasswordError
from ambient.hub.credentials import SHORTEST_PASSWORD
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Role
from ambient.hub.lockout import Attempts
from tests.hub.kit import HASHER, NS, PASSWORD, hub_config, running

HOUR = 3600 * NS
RFC_9106 = "$argon2id$v=19$m=65536,t=3,p=4$"


@pytest.fixture
def accounts(database: HubDatabase) -> Accounts:
    made = Accounts(database, HASHER)
    made.add_user("anna", PASSWORD, Role.CARER, 0)
    return made


def test_a_session_lasts_while_it_is_used(accounts: Accounts) -> None:
    cookie, identity = accounts.log_in("anna", PASSWORD, "10.0.0.1", 0)
    assert (identity.name, identity.role) == ("anna", Role.CARER)
    found = accounts.session(cookie, HOUR)
    assert found is not None
    assert found.csrf == identity.csrf
    assert accounts.session(cookie, 12 * HOUR + 1) is None
    for hour in range(1, 30):
        accounts.touch(identity, hour * 10 * HOUR)
        assert accounts.session(cookie, hour * 10 * HOUR + HOUR) is not None
    accounts.touch(identity, 720 * HOUR)
    assert accounts.session(cookie, 720 * HOUR) is not None
    assert accounts.session(cookie, 720 * HOUR + 1) is None, "not for ever"


@pytest.mark.parametrize("end", ["log_out", "disable", "password", "over"])
def test_a_session_ends(accounts: Accounts, end: str) -> None:
    accounts.add_user("root", PASSWORD, Role.ADMIN, 0)
    cookie, identity = accounts.log_in("anna", PASSWORD, "10.0.0.1", 0)
    at = 1
    if end == "log_out":
        accounts.log_out(identity)
    elif end == "disable":
        accounts.disable_user("anna", True)
    elif end == "password":
        accounts.set_password("anna", "another long secret")
    else:
        accounts.departed(13 * HOUR)
    assert accounts.session(cookie, at) is None
    assert accounts.departed(at) == ["anna"], "to be signed off, however it ended"
    assert not accounts.signed_off("anna")
    assert accounts.departed(at) == []


@pytest.mark.parametrize(("user", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_what_is_wrong_is_not_told(accounts: Accounts, user: str, password: str) -> None:
    with pytest.raises(WrongPasswordError, match="user name or password is wrong"):
        accounts.log_in(user, password, "10.0.0.1", 0)


def fail(accounts: Accounts, times: int, user: str, address: str, now: int = 0) -> None:
    for _ in range(times):
        with pytest.raises(WrongPasswordError):
            accounts.log_in(user, "wrong", address, now)


def test_lock_out_of_a_user_holds_over_a_restart_and_ends(
    accounts: Accounts, database: HubDatabase
) -> None:
    fail(accounts, 5, "anna", "10.0.0.1")
    again = Accounts(database, HASHER)
    with pytest.raises(LockedError, match="wait 30 s") as refused:
        again.log_in("ANNA", PASSWORD, "10.0.0.2", 1)
    assert refused.value.wait_s == 30
    accounts.add_user("ben", PASSWORD, Role.CARER, 0)
    again.log_in("ben", PASSWORD, "10.0.0.1", 1)
    again.log_in("anna", PASSWORD, "10.0.0.1", 31 * NS)
    fail(accounts, 4, "anna", "10.0.0.1", 32 * NS)
    again.log_in("anna", PASSWORD, "10.0.0.1", 33 * NS)


def test_lock_out_of_an_address(accounts: Accounts) -> None:
    for n in range(20):
        fail(accounts, 1, f"guess-{n}", "10.0.0.66")
    with pytest.raises(LockedError):
        accounts.log_in("anna", PASSWORD, "10.0.0.66", 1)
    accounts.log_in("anna", PASSWORD, "10.0.0.1", 1)


def test_the_set_up_link_works_once(database: HubDatabase) -> None:
    accounts = Accounts(database, HASHER)
    old = accounts.make_setup_token(0)
    token = accounts.make_setup_token(1)
    assert old is not None
    assert token is not None
    assert not accounts.is_setup_token(old, 2), "a newer link replaces an older one"
    assert accounts.is_setup_token(token, 2)
    assert not accounts.is_setup_token(token, 1 + 3600 * NS), "it expires"
    with pytest.raises(UsageError, match="set-up link"):
        accounts.set_up("guess", "anna", PASSWORD, 2)
    with pytest.raises(UsageError, match="password"):
        accounts.set_up(token, "anna", "short", 2)
    cookie, identity = accounts.set_up(token, "anna", PASSWORD, 3)
    assert identity.role is Role.ADMIN
    assert accounts.session(cookie, 4) is not None
    with pytest.raises(UsageError, match="set-up link"):
        accounts.set_up(token, "eve", PASSWORD, 4)
    assert accounts.make_setup_token(5) is None


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("", PASSWORD, "user name"),
        ("two words", PASSWORD, "user name"),
        ("x" * 41, PASSWORD, "user name"),
        ("ben", "short", "expected 10 to 200 characters, got 5"),
        ("ben", "x" * 201, "got 201"),
        ("ben", "aaaaaaaaaaaa", "hard to guess"),
        ("benedict", "benedict-2026", "without the user name"),
        ("Anna", PASSWORD, "expected a new name"),
    ],
)
def test_names_and_passwords_that_cannot_be_used(
    accounts: Accounts, name: str, password: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        accounts.add_user(name, password, Role.CARER, 0)


def test_one_administrator_stays(accounts: Accounts) -> None:
    accounts.add_user("root", PASSWORD, Role.ADMIN, 0)
    with pytest.raises(UsageError, match="one administrator to be left"):
        accounts.disable_user("root", True)
    accounts.add_user("other", PASSWORD, Role.ADMIN, 0)
    accounts.disable_user("root", True)
    assert [user.disabled for user in accounts.users()] == [False, False, True]
    accounts.disable_user("root", False)
    accounts.log_in("root", PASSWORD, "10.0.0.1", 1)


def test_tokens(accounts: Accounts) -> None:
    token = accounts.tokens.make("scraper", Role.METRICS, 0)
    identity = accounts.tokens.bearer(token)
    assert identity is not None
    assert (identity.name, identity.role, identity.csrf) == (
        "token:scraper",
        Role.METRICS,
        None,
    )
    assert accounts.tokens.bearer("ambient-guess") is None
    with pytest.raises(UsageError, match="expected a new name"):
        accounts.tokens.make("scraper", Role.METRICS, 0)
    with pytest.raises(UsageError, match="lower-case"):
        accounts.tokens.make("Two Words", Role.METRICS, 0)
    assert [one.name for one in accounts.tokens.all()] == ["scraper"]
    accounts.tokens.revoke("scraper")
    assert accounts.tokens.bearer(token) is None


def test_nothing_that_opens_a_door_is_kept(accounts: Accounts, database: HubDatabase) -> None:
    cookie, _ = accounts.log_in("anna", PASSWORD, "10.0.0.1", 0)
    token = accounts.tokens.make("scraper", Role.METRICS, 0)
    with database.read() as db:
        dump = "\n".join(db.conn.iterdump())
    for secret in (PASSWORD, cookie, token):
        assert secret not in dump
    assert "$argon2id$" in dump


def test_real_hashes_are_argon2id_of_rfc_9106(database: HubDatabase) -> None:
    Accounts(database).add_user("anna", PASSWORD, Role.CARER, 0)
    with database.read() as db:
        hashed = db.execute("SELECT hash FROM users").fetchone()[0]
    assert hashed.startswith(RFC_9106)
    assert SHORTEST_PASSWORD >= 8


def test_so_are_those_of_a_hub(tmp_path: Path) -> None:
    with running(hub_config(tmp_path), hasher=None) as hub, hub.context.database.read() as db:
        (hashed,) = db.execute("SELECT hash FROM users").fetchone()
        assert hub.context.accounts.passwords.nobody.startswith(RFC_9106)
    assert hashed.startswith(RFC_9106)


@pytest.mark.parametrize("failures", [1, 5])
def test_a_clock_set_back_locks_nobody_out_for_long(failures: int) -> None:
    counted = Attempts()
    for _ in range(failures):
        counted = lockout.after_failure(counted, 10 * HOUR)
    an_hour_back = lockout.wait_s(counted, 9 * HOUR)
    assert an_hour_back == (0 if failures < lockout.FREE_TRIES else lockout.LONGEST_WAIT_S)
