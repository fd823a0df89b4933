"""An OpenID Connect provider: what its word opens, and every way in which it may be no word."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlsplit

import httpx
import msgspec
import pytest
from joserfc.jwk import RSAKey

from ambient.config_oidc import HouseRole, Oidc
from ambient.hub.accounts import Accounts
from ambient.hub.database import HubDatabase
from ambient.hub.identities import CONFIGURING, PERSONS, RIGHTS, Role
from ambient.hub.oidc import (
    AT_ONCE,
    GOOD_S,
    KEPT_S,
    BadAnswerError,
    Flow,
    Person,
    Provider,
    ProviderDownError,
    claim_of,
)
from ambient.hub.provider_accounts import NoAccessError, user_name
from ambient.hub.service import RunningHub
from tests.hub.forger import CLIENT, SECRET, Forger, forging
from tests.hub.kit import HASHER, NS, PASSWORD, USER, client, hub_config, running
from tests.patience import PATIENCE_S

ORIGIN = "http://localhost:8080"
BACK = "/sign-in/provider/back"
ROLES: dict[str, HouseRole] = {"admins": "admin", "leads": "lead", "carers": "carer"}


@pytest.fixture
def forger() -> Iterator[Forger]:
    with forging() as forger:
        yield forger


def oidc(forger: Forger, folder: Path, **fields: Any) -> Oidc:
    """Return the section of ``hub.yaml`` for a provider."""
    secret = folder / "oidc-secret"
    secret.write_text(f"{SECRET}\n")
    fields = {"roles": ROLES, "name": "Lindenhof"} | fields
    return Oidc(issuer=forger.url, client_id=CLIENT, client_secret_file=secret, **fields)


def answered(provider: Provider, now: int) -> tuple[Flow, dict[str, str]]:
    """Go to the provider as a browser does; return what it brings back."""
    url, flow = provider.begin(now)
    back = httpx.get(url, timeout=PATIENCE_S, trust_env=False).headers["location"]
    return flow, dict(parse_qsl(urlsplit(back).query))


def signed_in(provider: Provider, now: int | None = None) -> Person:
    """Sign somebody in."""
    at = time.time_ns() if now is None else now
    flow, answer = answered(provider, at)
    return provider.finish(flow, answer, at)


def test_what_a_good_answer_proves(forger: Forger, tmp_path: Path) -> None:
    provider = Provider(oidc(forger, tmp_path), ORIGIN)
    assert signed_in(provider) == Person(
        issuer=forger.url, subject="person-1", name="nora", role=Role.CARER, confirmed=False
    )
    asked = list(forger.codes)
    url, flow = provider.begin(time.time_ns())
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["redirect_uri"] == f"{ORIGIN}{BACK}"
    assert (query["state"], query["nonce"]) == (flow.state, flow.nonce)
    assert flow.verifier not in url
    assert len(asked) == 0, "codes were used up"


def change(**fields: Any) -> Callable[[Forger], None]:
    """Return what makes a provider say something else."""
    return lambda forger: [setattr(forger, name, value) for name, value in fields.items()] and None


def _old(forger: Forger) -> None:
    forger.claims = {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}


def _by_the_public_key(forger: Forger) -> None:
    """The old trick: the public key as the secret of a symmetric signature."""
    forger.secret = forger.key.as_pem(private=False)


LIES: list[tuple[str, Callable[[Forger], None]]] = [
    ("another issuer in the token", change(claims={"iss": "https://evil.test"})),
    ("for another client", change(claims={"aud": "another"})),
    ("for several, by nobody named", change(claims={"aud": [CLIENT, "another"]})),
    ("for another, said by the token", change(claims={"azp": "another"})),
    ("another nonce", change(claims={"nonce": "x"})),
    ("no nonce", change(claims={"nonce": None})),
    ("nobody", change(claims={"sub": None})),
    ("no end", change(claims={"exp": None})),
    ("long over", _old),
    ("from tomorrow", change(claims={"iat": int(time.time()) + 86_400, "nbf": 2_000_000_000})),
    ("another access token", change(claims={"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"})),
    ("not signed", change(secret=b"")),
    ("signed by another", change(signer=RSAKey.generate_key(2048, {"kid": "k1"}))),
    ("signed with the client's secret", change(secret=SECRET.encode())),
    ("signed with the public key", _by_the_public_key),
    ("another state", change(back={"state": "x"})),
    ("no state", change(back={"state": None})),
    ("the answer of another provider", change(back={"iss": "https://evil.test"})),
    ("no word of who answers", change(back={"iss": None})),
    ("no code", change(back={"code": None})),
    ("somebody else's code", change(back={"code": "x"})),
    ("a refusal", change(back={"error": "access_denied"})),
    ("claims of somebody else", change(claims={"groups": None}, user_claims={"sub": "person-2"})),
]


@pytest.mark.parametrize(("case", "lie"), LIES, ids=[case[0] for case in LIES])
def test_what_proves_nothing(
    forger: Forger, tmp_path: Path, case: str, lie: Callable[[Forger], None]
) -> None:
    provider = Provider(oidc(forger, tmp_path), ORIGIN)
    lie(forger)
    with pytest.raises(BadAnswerError):
        signed_in(provider)


def test_an_answer_is_good_once_and_not_for_ever(forger: Forger, tmp_path: Path) -> None:
    provider, now = Provider(oidc(forger, tmp_path), ORIGIN), time.time_ns()
    flow, answer = answered(provider, now)
    assert provider.finish(flow, answer, now).subject == "person-1"
    with pytest.raises(BadAnswerError):
        provider.finish(flow, answer, now)
    for late_s in (GOOD_S + 1, -1):
        flow, answer = answered(provider, now)
        with pytest.raises(BadAnswerError):
            provider.finish(flow, answer, now + late_s * NS)


SIGN_OUTS: list[tuple[str, Callable[[Forger], None], str]] = [
    ("where the provider says", change(), "/end?client_id=ambient&post_logout_redirect_uri="),
    (
        "an address with a query",
        change(description={"end_session_endpoint": "https://login.test/out?house=1"}),
        "https://login.test/out?house=1&client_id=ambient&post_logout_redirect_uri=",
    ),
    ("none", change(description={"end_session_endpoint": None}), ""),
    ("the provider is down", change(down="discovery"), ""),
]


@pytest.mark.parametrize(("case", "said", "where"), SIGN_OUTS, ids=[c[0] for c in SIGN_OUTS])
def test_where_a_browser_signs_out_there_too(
    forger: Forger, tmp_path: Path, case: str, said: Callable[[Forger], None], where: str
) -> None:
    said(forger)
    url = Provider(oidc(forger, tmp_path), ORIGIN).sign_out(time.time_ns())
    assert (url is None) == (where == "")
    assert where in (url or "")


def test_a_code_without_its_verifier_is_worth_nothing(forger: Forger, tmp_path: Path) -> None:
    provider, now = Provider(oidc(forger, tmp_path), ORIGIN), time.time_ns()
    flow, answer = answered(provider, now)
    stolen = msgspec.structs.replace(flow, verifier="x" * 43)
    with pytest.raises(BadAnswerError):
        provider.finish(stolen, answer, now)


DOWN: list[tuple[str, Callable[[Forger], None]]] = [
    ("no description", change(down="discovery")),
    ("no keys", change(down="keys")),
    ("no tokens", change(down="token")),
    ("nonsense", change(down="nonsense")),
    ("another issuer", change(description={"issuer": "https://evil.test"})),
    ("no endpoint", change(description={"token_endpoint": None})),
    ("an endpoint that is no address", change(description={"jwks_uri": "file:///etc/passwd"})),
]


@pytest.mark.parametrize(("case", "fault"), DOWN, ids=[case[0] for case in DOWN])
def test_a_provider_that_is_down(
    forger: Forger, tmp_path: Path, case: str, fault: Callable[[Forger], None]
) -> None:
    fault(forger)
    provider = Provider(oidc(forger, tmp_path), ORIGIN)
    with pytest.raises(ProviderDownError, match="sign in with a user of this hub"):
        signed_in(provider)
    forger.down, forger.description = "", {}
    assert signed_in(Provider(oidc(forger, tmp_path), ORIGIN)).subject == "person-1"


def test_a_secret_that_cannot_be_read_is_the_hub_s_trouble(forger: Forger, tmp_path: Path) -> None:
    config = oidc(forger, tmp_path)
    (tmp_path / "oidc-secret").unlink()
    with pytest.raises(ProviderDownError, match="cannot read"):
        Provider(config, ORIGIN).begin(time.time_ns())


def test_a_provider_that_hangs_takes_few_threads(forger: Forger, tmp_path: Path) -> None:
    provider = Provider(oidc(forger, tmp_path), ORIGIN)
    for _ in range(AT_ONCE):
        assert provider._busy.acquire(blocking=False)
    with pytest.raises(ProviderDownError, match="too many people"):
        provider.begin(time.time_ns())


def test_keys_that_were_changed_are_asked_for_again_but_seldom(
    forger: Forger, tmp_path: Path
) -> None:
    provider, now = Provider(oidc(forger, tmp_path), ORIGIN), time.time_ns()
    signed_in(provider, now)
    forger.key = RSAKey.generate_key(2048, {"kid": "k1"})
    with pytest.raises(BadAnswerError):
        signed_in(provider, now + NS)
    assert signed_in(provider, now + 61 * NS).subject == "person-1"
    assert forger.asked.count("/keys") == 2
    assert forger.asked.count("/.well-known/openid-configuration") == 1
    provider.begin(now + (KEPT_S + 1) * NS)
    assert forger.asked.count("/.well-known/openid-configuration") == 2


CLAIMS: list[tuple[str, dict[str, Any], dict[str, Any], Role | None]] = [
    ("in a group", {}, {"groups": ["staff", "carers"]}, Role.CARER),
    ("the first line that fits", {}, {"groups": ["carers", "leads"]}, Role.LEAD),
    ("one value, no list", {}, {"groups": "leads"}, Role.LEAD),
    ("in no group that counts", {}, {"groups": ["visitors"]}, None),
    ("in no group", {}, {"groups": []}, None),
    ("nothing said", {}, {"groups": None}, None),
    ("another kind of value", {}, {"groups": {"carers": True}}, None),
    ("numbers", {}, {"groups": [1, None]}, None),
    ("a path", {"role_claim": "access.roles"}, {"access": {"roles": ["leads"]}}, Role.LEAD),
    ("dots in its name", {"role_claim": "a.b"}, {"a.b": ["leads"], "a": {"b": "x"}}, Role.LEAD),
]


@pytest.mark.parametrize(("case", "fields", "claims", "role"), CLAIMS, ids=[c[0] for c in CLAIMS])
def test_which_role_the_provider_gives(
    forger: Forger,
    tmp_path: Path,
    case: str,
    fields: dict[str, Any],
    claims: dict[str, Any],
    role: Role | None,
) -> None:
    forger.claims = claims
    assert signed_in(Provider(oidc(forger, tmp_path, **fields), ORIGIN)).role is role


def test_claims_that_the_token_lacks_are_asked_for(forger: Forger, tmp_path: Path) -> None:
    forger.claims = {"groups": None, "preferred_username": None}
    forger.user_claims = {"groups": ["leads"], "preferred_username": "nora@lindenhof.test"}
    person = signed_in(Provider(oidc(forger, tmp_path), ORIGIN))
    assert (person.role, person.name) == (Role.LEAD, "nora@lindenhof.test")


def test_a_second_factor_counts_when_the_house_says_so(forger: Forger, tmp_path: Path) -> None:
    forger.claims = {"amr": ["pwd", "mfa"]}
    assert not signed_in(Provider(oidc(forger, tmp_path), ORIGIN)).confirmed
    trusting = oidc(forger, tmp_path, second_factor=["mfa", "hwk"])
    assert signed_in(Provider(trusting, ORIGIN)).confirmed
    forger.claims = {"amr": ["pwd"]}
    assert not signed_in(Provider(trusting, ORIGIN)).confirmed


def test_claims_by_path() -> None:
    claims = {"a": {"b": {"c": 1}}, "x.y": 2}
    assert [claim_of(claims, one) for one in ("a.b.c", "x.y", "a.c", "a.b.c.d", "")] == [
        1,
        2,
        None,
        None,
        None,
    ]


NAMES = [
    ("nora", "nora"),
    ("nora.weiss@lindenhof.test", "nora.weiss"),
    ("Nora Weiß", "Nora-Wei"),
    ("", "colleague"),
    ("@@", "colleague"),
    ("<script>", "script"),
    ("x" * 80, "x" * 40),
    ("device:ward", "device-ward"),
]


@pytest.mark.parametrize(("wish", "name"), NAMES)
def test_a_user_name_is_made_of_what_the_hub_knows(wish: str, name: str) -> None:
    assert user_name(wish) == name


def test_every_role_of_a_person_may_be_given() -> None:
    assert set(HouseRole.__args__) == {role.value for role in PERSONS}


# Accounts


T = 1_800_000_000 * NS


def person(subject: str = "1", role: Role | None = Role.CARER, **fields: Any) -> Person:
    """Return somebody of the provider."""
    known = {"issuer": "https://login", "name": "nora", "confirmed": False} | fields
    return Person(subject=subject, role=role, **known)


@pytest.fixture
def accounts(database: HubDatabase) -> Accounts:
    made = Accounts(database, HASHER, key=b"a key", second_factor_required=True)
    made.add_user("root", PASSWORD, Role.ADMIN, T)
    return made


def test_an_account_is_made_once_and_its_role_is_read_at_each_sign_in(accounts: Accounts) -> None:
    first, identity = accounts.provided.sign_in(person(), T)
    assert (identity.name, identity.role) == ("nora", Role.CARER)
    second, _ = accounts.provided.sign_in(person(name="renamed"), T)
    assert accounts.session(first, T) is not None, "the same role: other sessions go on"
    _, lead = accounts.provided.sign_in(person(role=Role.LEAD), T)
    assert (lead.name, lead.role) == ("nora", Role.LEAD)
    assert accounts.session(first, T) is None
    assert accounts.session(second, T) is None
    assert [(u.name, u.role, u.provided) for u in accounts.users()] == [
        ("nora", Role.LEAD, True),
        ("root", Role.ADMIN, False),
    ]


def test_without_a_role_there_is_no_access_on_shared_screens_neither(accounts: Accounts) -> None:
    with pytest.raises(NoAccessError):
        accounts.provided.sign_in(person(role=None), T)
    assert [user.name for user in accounts.users()] == ["root"], "no account for who has none"
    cookie, _ = accounts.provided.sign_in(person(), T)
    accounts.devices.set_pin("nora", "718294", "")
    screen = accounts.devices.known(accounts.devices.enrol("ward 1", "root", T))
    assert screen is not None
    shift, _ = accounts.devices.sign_in(screen, "nora", "718294", T)
    with pytest.raises(NoAccessError):
        accounts.provided.sign_in(person(role=None), T)
    assert accounts.session(cookie, T) is None
    assert accounts.session(shift, T) is None
    with pytest.raises(Exception, match="name, PIN or badge is wrong"):
        accounts.devices.sign_in(screen, "nora", "718294", T)
    accounts.provided.sign_in(person(), T)
    assert accounts.devices.sign_in(screen, "nora", "718294", T)[1].name == "nora"


def test_who_is_switched_off_stays_so(accounts: Accounts) -> None:
    accounts.provided.sign_in(person(), T)
    accounts.disable_user("nora", True)
    for role in (Role.CARER, Role.ADMIN):
        with pytest.raises(NoAccessError):
            accounts.provided.sign_in(person(role=role), T)
    assert accounts.users()[0].disabled
    accounts.disable_user("nora", False)
    assert accounts.provided.sign_in(person(), T)[1].name == "nora"


def test_a_name_makes_nobody_somebody_else(accounts: Accounts) -> None:
    _, identity = accounts.provided.sign_in(person(name="root", role=Role.CARER), T)
    assert identity.name == "root-2"
    _, other = accounts.provided.sign_in(person("2", name="ROOT"), T)
    assert other.name == "ROOT-3"
    _, elsewhere = accounts.provided.sign_in(person(issuer="https://other"), T)
    assert elsewhere.name == "nora", "the same id of another provider is somebody else"


def test_the_provider_keeps_password_and_role(accounts: Accounts) -> None:
    accounts.provided.sign_in(person(), T)
    for password in ("", PASSWORD):
        with pytest.raises(Exception, match="user name or password is wrong"):
            accounts.log_in("nora", password, "10.0.0.1", T)
    with pytest.raises(Exception, match="the provider keeps"):
        accounts.set_password("nora", "another long secret")
    with pytest.raises(Exception, match="the provider keeps"):
        accounts.set_role("nora", Role.ADMIN)


def test_an_administrator_of_the_house_is_left_for_emergencies(accounts: Accounts) -> None:
    accounts.provided.sign_in(person(role=Role.ADMIN), T)
    with pytest.raises(Exception, match="one administrator to be left"):
        accounts.disable_user("root", True)
    accounts.disable_user("nora", True)


def test_the_first_set_up_waits_for_somebody_of_the_house(database: HubDatabase) -> None:
    accounts = Accounts(database, HASHER, key=b"a key")
    accounts.provided.sign_in(person(role=Role.ADMIN), T)
    token = accounts.make_setup_token(T)
    assert token is not None
    with pytest.raises(Exception, match="expected a new name"):
        accounts.set_up(token, "Nora", PASSWORD, T)
    assert accounts.set_up(token, "root", PASSWORD, T)[1].role is Role.ADMIN
    assert len(accounts.users()) == 2


def test_who_configures_gives_a_second_factor_here_or_there(accounts: Accounts) -> None:
    cookie, _ = accounts.provided.sign_in(person(role=Role.LEAD), T)
    session = accounts.session(cookie, T)
    assert session is not None
    assert session.rights == RIGHTS[Role.LEAD] - CONFIGURING
    cookie, _ = accounts.provided.sign_in(person(role=Role.LEAD, confirmed=True), T)
    session = accounts.session(cookie, T)
    assert session is not None
    assert session.rights == RIGHTS[Role.LEAD]


def test_the_provider_is_asked_again_each_shift(accounts: Accounts) -> None:
    cookie, identity = accounts.provided.sign_in(person(), T)
    accounts.touch(identity, T + 12 * 3600 * NS)
    assert accounts.session(cookie, T + 12 * 3600 * NS) is not None
    assert accounts.session(cookie, T + 12 * 3600 * NS + 1) is None


# Over HTTP


@pytest.fixture
def provided(forger: Forger, tmp_path: Path) -> Iterator[RunningHub]:
    config = hub_config(tmp_path)
    web = msgspec.structs.replace(config.web, address=ORIGIN)
    with running(msgspec.structs.replace(config, web=web, oidc=oidc(forger, tmp_path))) as hub:
        yield hub


def go(http: httpx.Client) -> httpx.Response:
    """Sign in at the provider, as a browser does."""
    away = http.get("/sign-in/provider")
    assert away.status_code == 303, away.text
    back = sent_back(away)
    return http.get(f"{back.path}?{back.query}")


def sent_back(away: httpx.Response) -> SplitResult:
    """Return where the provider sends a browser that was sent there."""
    answer = httpx.get(away.headers["location"], timeout=PATIENCE_S, trust_env=False)
    return urlsplit(answer.headers["location"])


def test_over_http_from_the_first_sign_in_to_the_sign_out(
    provided: RunningHub, forger: Forger
) -> None:
    with client(provided, log_in=False) as http:
        assert "Sign in with Lindenhof" in http.get("/login").text
        away = http.get("/sign-in/provider")
        flow = away.headers["set-cookie"]
        for word in ("ambient-provider=", "HttpOnly", "SameSite=lax", "Max-Age=600"):
            assert word in flow
        page = go(http)
        assert page.status_code == 200
        assert 'content="0; url=/"' in page.text
        assert "SameSite=strict" in page.headers["set-cookie"]
        assert http.get("/api/session").json()["user"] == "nora"
        csrf = http.get("/api/session").json()["csrf"]
        out = http.post("/logout", data={"csrf": csrf})
        assert f"{forger.url}/end?client_id={CLIENT}&amp;post_logout_redirect_uri" in out.text
        assert http.get("/api/session").status_code == 401


def test_an_answer_without_its_browser_opens_nothing(provided: RunningHub, forger: Forger) -> None:
    """Somebody sends a link that would sign the reader in as the sender (RFC 6749, 10.12)."""
    with client(provided, log_in=False) as sender, client(provided, log_in=False) as reader:
        away = sender.get("/sign-in/provider")
        back = sent_back(away)
        for cookie in ("", "x", "AAAA" * 20, "é"):
            headers = [(b"cookie", f"ambient-provider={cookie}".encode())]
            answer = reader.get(f"{back.path}?{back.query}", headers=headers)
            assert answer.status_code == 400
        reader.get("/sign-in/provider")
        assert reader.get(f"{back.path}?{back.query}").status_code == 401
        assert reader.get("/api/session").status_code == 401
        assert sender.get(f"{back.path}?{back.query}").status_code == 200
        assert sender.get(f"{back.path}?{back.query}").status_code == 400, "once"


def test_a_provider_that_is_down_keeps_nobody_of_the_house_out(
    provided: RunningHub, forger: Forger
) -> None:
    accounts = provided.context.accounts
    accounts.add_user("berta", PASSWORD, Role.CARER, time.time_ns())
    with client(provided, log_in=False) as http:
        assert go(http).status_code == 200
    accounts.devices.set_pin("nora", "718294", "")
    screen = accounts.devices.enrol("ward 1", "root", time.time_ns())
    forger.down = "discovery"
    assert provided.context.provider is not None
    provided.context.provider._known = None
    with client(provided, log_in=False) as http:
        answer = http.get("/sign-in/provider")
        assert answer.status_code == 502
        assert "PIN or badge" in answer.text
        assert http.post("/login", data={"user": "berta", "password": PASSWORD}).status_code == 303
    with client(provided, log_in=False) as http:
        http.cookies.set("ambient-device", screen)
        csrf = http.get("/device").text.split('name="csrf" value="')[1].split('"')[0]
        form = {"csrf": csrf, "user": "nora", "secret": "718294"}
        assert http.post("/device/sign-in", data=form).status_code == 303


def test_wrong_answers_are_slowed_down_and_a_provider_s_faults_are_not(
    provided: RunningHub, forger: Forger
) -> None:
    with client(provided, log_in=False) as http:
        forger.down = "token"
        assert [go(http).status_code for _ in range(22)] == [502] * 22
        forger.down, forger.back = "", {"state": "x"}
        seen = [go(http).status_code for _ in range(22)]
        assert seen == [401] * 20 + [429] * 2
        answer = http.post("/login", data={"user": USER, "password": PASSWORD})
        assert answer.status_code == 303, "who signs in here does not wait"


def test_no_role_is_no_access(provided: RunningHub, forger: Forger) -> None:
    forger.claims = {"groups": ["visitors"]}
    with client(provided, log_in=False) as http:
        answer = go(http)
        assert (answer.status_code, "no access" in answer.text) == (403, True)
        assert http.get("/api/session").status_code == 401
