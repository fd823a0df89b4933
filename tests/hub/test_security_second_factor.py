"""Codes of an authenticator app, recovery codes, PINs and badges; time is given."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import msgspec
import pyotp
import pytest

from ambient.config_web import SecondFactor
from ambient.errors import UsageError
from ambient.hub import totp
from ambient.hub.account_rows import LockedError
from ambient.hub.accounts import Accounts
from ambient.hub.database import HubDatabase
from ambient.hub.devices import WrongPinError
from ambient.hub.identities import CONFIGURING, RIGHTS, Identity, Right, Role
from ambient.hub.second_factor import WrongCodeError
from tests.hub.kit import HASHER, NS, PASSWORD, USER, add_user, client, fall, hub_config, running
from tests.patience import PATIENCE_S

KEY = b"a key of the hub"
PIN = "718294"
T = 1_800_000_000 * NS
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""That of RFC 6238, appendix B, in base 32."""


def code_at(secret: str, now: int) -> str:
    """Return what the app shows."""
    return pyotp.TOTP(secret).at(now // NS)


# RFC 6238, appendix B, SHA-1, the last six of eight digits.
APPENDIX_B = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), APPENDIX_B)
def test_the_codes_of_the_standard(seconds: int, code: str) -> None:
    assert totp.good_step(SECRET, code, seconds * NS, 0) == seconds // 30


CODES = [
    ("as shown", 0, 0, True),
    ("one step late", 30, 0, True),
    ("one step early", -30, 0, True),
    ("two steps late", 60, 0, False),
    ("two steps early", -60, 0, False),
    ("used already", 0, T // NS // 30, False),
    ("the one before a used one", 30, T // NS // 30, False),
]


@pytest.mark.parametrize(("case", "late_s", "used", "good"), CODES, ids=[c[0] for c in CODES])
def test_how_long_a_code_is_good(case: str, late_s: int, used: int, good: bool) -> None:
    step = totp.good_step(SECRET, code_at(SECRET, T), T + late_s * NS, used)
    assert (step is not None) is good


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "0x1234"])
def test_what_is_no_code(typed: str) -> None:
    assert totp.good_step(SECRET, typed, T, 0) is None


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}"])
def test_spaces_do_not_matter(typed: str) -> None:
    code = code_at(SECRET, T)
    assert totp.good_step(SECRET, typed.format(code, code[:3], code[3:]), T, 0) is not None


def made(database: HubDatabase, *, required: bool = True, key: bytes = KEY) -> Accounts:
    """Return accounts whose hashes cost a test nothing."""
    return Accounts(database, HASHER, key=key, second_factor_required=required)


def signed_in(accounts: Accounts, role: Role = Role.ADMIN, now: int = T) -> tuple[str, Identity]:
    if role.value not in [user.name for user in accounts.users()]:
        accounts.add_user(role.value, PASSWORD, role, now)
    return accounts.log_in(role.value, PASSWORD, "10.0.0.1", now)


def enrolled(accounts: Accounts, role: Role = Role.ADMIN) -> tuple[str, list[str]]:
    """Enrol a second factor; return its secret and the recovery codes."""
    _, identity = signed_in(accounts, role)
    secret = accounts.second_factors.begin(identity)
    _, _, codes = accounts.second_factors.finish(identity, code_at(secret, T), T)
    return secret, codes


ASKED = [
    # required, enrolled, role: may configure without a code?
    (True, False, Role.ADMIN, False),
    (True, False, Role.LEAD, False),
    (True, False, Role.INSTALLER, False),
    (True, False, Role.DPO, False),
    (True, False, Role.CARER, True),
    (True, False, Role.RESEARCHER, True),
    (False, False, Role.ADMIN, True),
    (False, True, Role.ADMIN, False),
    (True, True, Role.ADMIN, False),
    (True, True, Role.CARER, False),
]


@pytest.mark.parametrize(("required", "has", "role", "confirmed"), ASKED)
def test_of_whom_a_code_is_asked(
    database: HubDatabase, required: bool, has: bool, role: Role, confirmed: bool
) -> None:
    accounts = made(database, required=required)
    if has:
        enrolled(accounts, role)
    cookie, identity = signed_in(accounts, role)
    assert identity.confirmed is confirmed
    assert accounts.session(cookie, T) == identity
    kept = RIGHTS[role] if confirmed else RIGHTS[role] - CONFIGURING
    assert identity.rights == kept


def test_the_first_administrator_is_not_locked_out(database: HubDatabase) -> None:
    accounts = made(database)
    token = accounts.make_setup_token(T)
    assert token is not None
    cookie, identity = accounts.set_up(token, "root", PASSWORD, T)
    assert Right.USERS not in identity.rights
    assert {Right.OWN, Right.ALARMS, Right.ANSWER} <= identity.rights
    secret = accounts.second_factors.begin(identity)
    renewed, confirmed, codes = accounts.second_factors.finish(identity, code_at(secret, T), T)
    assert Right.USERS in confirmed.rights
    assert len(set(codes)) == 10
    assert accounts.session(cookie, T) is None, "the cookie of before confirms nothing"
    assert accounts.session(renewed, T) == confirmed


def test_a_code_is_good_once(database: HubDatabase) -> None:
    accounts = made(database)
    secret, _ = enrolled(accounts)
    later = T + 60 * NS
    cookie, identity = signed_in(accounts, now=later)
    code = code_at(secret, later)
    renewed, confirmed = accounts.second_factors.give(identity, code, later)
    assert renewed != cookie
    assert confirmed.csrf != identity.csrf
    assert confirmed.confirmed
    _, again = signed_in(accounts, now=later)
    with pytest.raises(WrongCodeError):
        accounts.second_factors.give(again, code, later)


def test_a_recovery_code_is_good_once(database: HubDatabase) -> None:
    accounts = made(database)
    _, codes = enrolled(accounts)
    _, identity = signed_in(accounts)
    _, confirmed = accounts.second_factors.give(identity, f" {codes[3].upper()} ", T)
    assert confirmed.confirmed
    assert accounts.second_factors.recovery_left("ADMIN") == 9
    _, again = signed_in(accounts)
    with pytest.raises(WrongCodeError):
        accounts.second_factors.give(again, codes[3], T)


def test_guessing_codes_is_slowed_down_over_a_restart(database: HubDatabase) -> None:
    accounts = made(database)
    secret, codes = enrolled(accounts)
    for n in range(5):
        _, identity = signed_in(accounts)
        with pytest.raises(WrongCodeError):
            accounts.second_factors.give(identity, f"{n:06}", T)
    again = made(database)
    _, identity = signed_in(again)
    later = T + 30 * NS
    for good in (code_at(secret, later), codes[0]):
        with pytest.raises(LockedError):
            again.second_factors.give(identity, good, T + 29 * NS)
    assert again.second_factors.give(identity, code_at(secret, later), later)[1].confirmed


def test_nobody_replaces_a_second_factor_without_it(database: HubDatabase) -> None:
    accounts = made(database)
    enrolled(accounts)
    _, identity = signed_in(accounts)
    with pytest.raises(UsageError, match="give yours first"):
        accounts.second_factors.begin(identity)
    with pytest.raises(UsageError, match="give yours first"):
        accounts.second_factors.finish(identity, "123456", T)
    accounts.second_factors.remove("admin")
    assert accounts.session("x", T) is None
    _, fresh = signed_in(accounts)
    assert accounts.second_factors.begin(fresh)


def test_a_copy_of_the_database_opens_nothing(database: HubDatabase) -> None:
    accounts = made(database)
    secret, codes = enrolled(accounts)
    accounts.devices.set_pin("admin", PIN, "04A2B3C4D5")
    cookie = accounts.devices.enrol("ward 1", "admin", T)
    with database.read() as db:
        dump = "\n".join(db.conn.iterdump())
    hidden = [secret, PIN, "04A2B3C4D5", cookie, *codes, *(c.replace("-", "") for c in codes)]
    assert [one for one in hidden if one in dump] == []
    assert secret.encode().hex().upper() not in dump
    stolen = made(database, key=b"another key")
    _, identity = signed_in(stolen)
    with pytest.raises(UsageError, match="this hub's key opens"):
        stolen.second_factors.give(identity, code_at(secret, T), T)


def test_a_program_never_configures(database: HubDatabase) -> None:
    accounts = made(database, required=False)
    with pytest.raises(UsageError, match="expected one of metrics, carer, researcher, got admin"):
        accounts.tokens.make("robot", Role.ADMIN, T)
    token = accounts.tokens.make("old", Role.CARER, T)
    with database.write() as db:  # as one that was made before there were second factors
        db.execute("UPDATE api_tokens SET role = 'admin'")
    identity = accounts.tokens.bearer(token)
    assert identity is not None
    assert not identity.rights & CONFIGURING


# Shared screens


@pytest.fixture
def ward(database: HubDatabase) -> Accounts:
    """A screen ``ward 1``; anna has PIN and badge, lea leads and has a PIN, ina installs."""
    accounts = made(database)
    accounts.add_user("anna", PASSWORD, Role.CARER, T)
    accounts.add_user("lea", PASSWORD, Role.LEAD, T)
    accounts.add_user("ina", PASSWORD, Role.INSTALLER, T)
    accounts.devices.set_pin("anna", PIN, "04a2b3c4d5")
    accounts.devices.set_pin("lea", "295817", "")
    return accounts


def screen(accounts: Accounts, name: str = "ward 1") -> Identity:
    device = accounts.devices.known(accounts.devices.enrol(name, "root", T))
    assert device is not None
    return device


SIGN_INS = [
    ("name and PIN", "anna", PIN, "anna"),
    ("another case", "ANNA", PIN, "anna"),
    ("badge", "", "04A2B3C4D5", "anna"),
    ("badge in another case", "", "04a2B3c4d5", "anna"),
    ("a lead", "lea", "295817", "lea"),
    ("PIN without name", "", PIN, None),
    ("another's PIN", "lea", PIN, None),
    ("the password", "anna", PASSWORD, None),
    ("the badge as a PIN", "anna", "04A2B3C4D5", None),
    ("no PIN at all", "ina", "123456", None),
    ("nobody", "nobody", PIN, None),
    ("empty", "", "", None),
]


@pytest.mark.parametrize(("case", "user", "secret", "who"), SIGN_INS, ids=[s[0] for s in SIGN_INS])
def test_a_pin_or_badge_names_the_carer(
    ward: Accounts, case: str, user: str, secret: str, who: str | None
) -> None:
    device = screen(ward)
    assert device.rights == {Right.RINGING}
    if who is None:
        with pytest.raises(WrongPinError, match="name, PIN or badge is wrong"):
            ward.devices.sign_in(device, user, secret, T)
        return
    cookie, identity = ward.devices.sign_in(device, user, secret, T)
    assert identity.name == who
    assert identity.rights == RIGHTS[Role.CARER], "a PIN answers alarms, whoever's it is"
    found = ward.session(cookie, T)
    assert found is not None
    assert found.rights == RIGHTS[Role.CARER]
    assert found.device == device.device
    ward.devices.sign_in(device, "lea", "295817", T)
    assert ward.session(cookie, T) is None, "the next one is named instead"


def test_wrong_pins_lock_this_screen_and_no_other_and_never_the_list(ward: Accounts) -> None:
    device, other = screen(ward), screen(ward, "ward 2")
    for n in range(5):
        with pytest.raises(WrongPinError):
            ward.devices.sign_in(device, "anna", f"99887{n}", T)
    with pytest.raises(LockedError, match="wait 30 s"):
        ward.devices.sign_in(device, "anna", PIN, T)
    assert ward.devices.sign_in(other, "anna", PIN, T)[1].name == "anna"
    assert ward.log_in("anna", PASSWORD, "10.0.0.1", T)[1].name == "anna"
    assert ward.devices.sign_in(device, "anna", PIN, T + 30 * NS)[1].name == "anna"


def test_a_revoked_screen_is_a_stranger_at_once(ward: Accounts) -> None:
    cookie = ward.devices.enrol("ward 1", "root", T)
    device = ward.devices.known(cookie)
    assert device is not None
    session, _ = ward.devices.sign_in(device, "anna", PIN, T)
    ward.devices.revoke("ward 1")
    assert ward.devices.known(cookie) is None
    assert ward.session(session, T) is None


PINS = [
    ("12345", "", "6 to 12 digits"),
    ("123456", "", "no row"),
    ("987654", "", "no row"),
    ("777777", "", "the same"),
    ("1234567890123", "", "6 to 12 digits"),
    ("abcdef", "", "6 to 12 digits"),
    ("", "12 345", "letters and digits"),
    ("", "04A2B3C4D5", "nobody's yet"),
]


@pytest.mark.parametrize(("pin", "badge", "said"), PINS)
def test_pins_and_badges_that_cannot_be_used(
    ward: Accounts, pin: str, badge: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        ward.devices.set_pin("lea", pin, badge)
    with pytest.raises(UsageError, match="who answers alarms"):
        ward.devices.set_pin("ina", PIN, "")


# Over HTTP


def test_from_the_first_set_up_to_configuring_over_http(tmp_path: Path) -> None:
    config = hub_config(tmp_path)
    web = msgspec.structs.replace(config.web, second_factor=SecondFactor.REQUIRED)
    with running(msgspec.structs.replace(config, web=web), user=False) as hub:
        assert hub.setup_url is not None
        with client(hub, log_in=False) as http:
            form = {"user": USER, "password": PASSWORD, "again": PASSWORD}
            answer = http.post(hub.setup_url, data=form)
            assert answer.headers["location"] == "/account"
            token = _token(http.get("/account").text)
            assert http.get("/").status_code == 200, "alarms need no code"
            refused = http.get("/admin", headers={"Accept": "text/html"})
            assert refused.status_code == 403
            assert 'href="/account#factor-title"' in refused.text, "a way to where it is set up"
            assert http.get("/admin").status_code == 403
            page = http.post("/account/second-factor/begin", data={"csrf": token}).text
            secret = page.split('id="secret">')[1].split("<")[0]
            assert "<svg" in page
            wrong = {"csrf": token, "code": "000000"}
            refused = http.post("/account/second-factor/finish", data=wrong)
            assert refused.status_code == 401
            right = {"csrf": token, "code": code_at(secret, time.time_ns())}
            page = http.post("/account/second-factor/finish", data=right).text
            assert page.count('<li class="code">') == 10
            assert http.get("/admin").status_code == 200
            recovery = page.split('<li class="code">')[1].split("<")[0]
        with client(hub) as http:
            assert "users" not in http.get("/api/session").json()["rights"]
            answer = http.post("/api/second-factor", json={"code": recovery})
            assert "users" in answer.json()["rights"]
            assert http.get("/admin").status_code == 200


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Your role may do this once"), ("de", "Ihre Rolle darf das, sobald")],
)
@pytest.mark.parametrize(
    ("role", "path", "linked"),
    [
        (Role.INSTALLER, "/install", True),
        (Role.CARER, "/admin", False),
    ],
)
def test_who_is_refused_for_want_of_a_second_factor_is_led_to_it(
    tmp_path: Path, language: str, said: str, role: Role, path: str, linked: bool
) -> None:
    """Whoever may never do it is not sent there."""
    config = hub_config(tmp_path)
    web = msgspec.structs.replace(config.web, second_factor=SecondFactor.REQUIRED)
    with running(msgspec.structs.replace(config, web=web), user=False) as hub:
        add_user(hub, USER, role)
        with client(hub) as http:
            answer = http.get(path, headers={"Accept": "text/html", "Accept-Language": language})
            account = http.get("/account", headers={"Accept": "text/html"}).text
    assert answer.status_code == 403
    assert (said in answer.text, "/account#factor-title" in answer.text) == (linked, linked)
    assert 'id="factor-title"' in account


def _token(page: str) -> str:
    return page.split('name="csrf" content="')[1].split('"')[0]


def test_a_shared_screen_over_http(tmp_path: Path) -> None:
    with running(hub_config(tmp_path)) as hub:
        add_user(hub, "berta", Role.CARER)
        hub.context.accounts.devices.set_pin("berta", PIN, "")
        life = fall(time.time(), 2)
        hub.context.store.store("n-1", life, time.time_ns())
        with client(hub) as http:
            token = http.headers.pop("X-CSRF-Token")
            answer = http.post("/admin/devices/enrol", data={"csrf": token, "name": "ward 1"})
            assert answer.headers["location"] == "/device"
            assert "ambient" not in http.cookies, "the administrator is signed out on it"
            page = http.get("/device").text
            assert "Room 1" in page
            assert USER not in page
            _only_kind_and_room(http, life[0].chain)
            field = page.split('name="csrf" value="')[1].split('"')[0]
            for n in range(6):
                wrong = {"csrf": field, "user": "berta", "secret": f"99887{n}"}
                refused = http.post("/device/sign-in", data=wrong)
            assert refused.status_code == 429
            assert "Room 1" in refused.text, "what rings is shown under lock-out"
            _only_kind_and_room(http, life[0].chain)
            with hub.context.database.write() as db:
                db.execute("DELETE FROM attempts")
            right = {"csrf": field, "user": "berta", "secret": PIN}
            assert http.post("/device/sign-in", data=right).status_code == 303
            csrf = _token(http.get("/kiosk").text)
            tap = http.post(
                f"/api/alarms/{life[0].chain}/acknowledge", headers={"X-CSRF-Token": csrf}
            )
            assert tap.json()["acknowledged_by"] == "berta"
            _stolen_session_is_useless_elsewhere(hub.url, http.cookies["ambient"])
            with http.stream("GET", "/live") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "event: beat"
                http.post("/logout", data={"csrf": csrf, "sure": "yes"})
                rest = list(lines)
            assert rest[rest.index("event: logged-out") + 1] == "data: /device"


def _only_kind_and_room(http: httpx.Client, chain: str) -> None:
    with http.stream("GET", "/device/live") as stream:
        data = next(line for line in stream.iter_lines() if line.startswith("data: {"))
    state = msgspec.json.decode(data.removeprefix("data: "))
    assert sorted(state) == ["alarms", "at", "ringing", "sequence", "sound", "trouble"]
    assert state["sound"] == "high", "it is heard without anybody signed in"
    assert "Person on the floor" in state["alarms"]
    for hidden in (chain, "n-1", "<button", "Body posture", "history"):
        assert hidden not in state["alarms"], hidden


def _stolen_session_is_useless_elsewhere(url: str, cookie: str) -> None:
    cookies = {"ambient": cookie}
    with httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False, cookies=cookies) as thief:
        assert thief.get("/api/session").status_code == 401
