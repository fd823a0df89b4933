"""Passkeys: what opens an account, and every way in which an answer may be wrong; time is given."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ambient.errors import UsageError
from ambient.hub.account_rows import LockedError
from ambient.hub.accounts import Accounts
from ambient.hub.assertions import WrongPasskeyError, read
from ambient.hub.challenges import GOOD_S, StaleChallengeError
from ambient.hub.database import HubDatabase
from ambient.hub.identities import CONFIGURING, RIGHTS, Identity, Role
from ambient.hub.oidc import Person
from ambient.hub.passkeys import MOST, CopiedPasskeyError, ProvidedAccountError
from ambient.hub.second_factor import WrongCodeError
from tests.hub.kit import HASHER, NS, PASSWORD
from tests.hub.soft_key import PARTY, PRESENT, VERIFIED, SoftKey, b64

T = 1_800_000_000 * NS
BROWSER, ADDRESS = "a cookie", "10.0.0.9"


@dataclass
class House:
    """Accounts of a hub, with one administrator who has a key, and one who has none."""

    accounts: Accounts
    key: SoftKey = field(default_factory=SoftKey)
    codes: list[str] = field(default_factory=list)

    def signed_in(self, user: str = "root", now: int = T) -> Identity:
        """Sign in with the password."""
        return self.accounts.log_in(user, PASSWORD, ADDRESS, now)[1]

    def register(self, identity: Identity, key: SoftKey, now: int = T) -> Identity:
        """Add a key."""
        keys = self.accounts.passkeys
        answer = key.create(keys.ask_to_register(identity, PARTY, now))
        _, confirmed, codes = keys.register(identity, "blue key", read(answer), PARTY, now)
        self.codes += codes
        return confirmed

    def sign_in(self, now: int = T, key: SoftKey | None = None, **wrong: Any) -> Identity:
        """Sign in with a key alone."""
        keys = self.accounts.passkeys
        options = keys.ask_to_sign_in(BROWSER, PARTY, now)
        answer = read((key or self.key).get(options, **wrong))
        return keys.sign_in(answer, BROWSER, PARTY, ADDRESS, now)[1]

    def confirm(self, identity: Identity, now: int = T, key: SoftKey | None = None) -> Identity:
        """Give a key beside the password."""
        keys = self.accounts.passkeys
        answer = read((key or self.key).get(keys.ask_to_confirm(identity, PARTY, now)))
        return keys.confirm(identity, answer, PARTY, now)[1]


@pytest.fixture
def house(database: HubDatabase) -> House:
    made = House(Accounts(database, HASHER, key=b"a key", second_factor_required=True))
    for name, role in (("root", Role.ADMIN), ("second", Role.ADMIN), ("anna", Role.CARER)):
        made.accounts.add_user(name, PASSWORD, role, T)
    made.register(made.signed_in(), made.key)
    return made


def test_a_key_is_a_second_factor_or_takes_the_place_of_both(house: House) -> None:
    password_alone = house.signed_in()
    assert password_alone.rights == RIGHTS[Role.ADMIN] - CONFIGURING
    assert house.confirm(password_alone).rights == RIGHTS[Role.ADMIN]
    alone = house.sign_in()
    assert (alone.name, alone.rights) == ("root", RIGHTS[Role.ADMIN])
    assert house.accounts.passkeys.of("ROOT")[0].used == T


def test_a_new_cookie_each_time_and_the_old_one_confirms_nothing(house: House) -> None:
    cookie, identity = house.accounts.log_in("root", PASSWORD, ADDRESS, T)
    house.confirm(identity)
    assert house.accounts.session(cookie, T) is None
    with pytest.raises(UsageError, match="sign in again"):
        house.confirm(identity)


OTHER = SoftKey()
WRONG: list[tuple[str, dict[str, Any], type[UsageError]]] = [
    ("another origin", {"origin": "https://hub.test"}, WrongPasskeyError),
    ("a number", {"origin": "https://10.0.0.5:8443"}, WrongPasskeyError),
    ("a page that looks like it", {"origin": "https://hub.test:8443.evil"}, WrongPasskeyError),
    ("not over HTTPS", {"origin": "http://hub.test:8443"}, WrongPasskeyError),
    ("inside a frame of another", {"cross": True}, WrongPasskeyError),
    ("another party", {"party": "evil.test"}, WrongPasskeyError),
    ("the user not verified", {"flags": PRESENT}, WrongPasskeyError),
    ("nobody present", {"flags": VERIFIED}, WrongPasskeyError),
    ("signed by another key", {"signer": OTHER}, WrongPasskeyError),
    ("for making a key", {"type": "webauthn.create"}, WrongPasskeyError),
    ("another user's handle", {"handle": b"x" * 32}, WrongPasskeyError),
    ("no handle", {"handle": b""}, WrongPasskeyError),
    ("a question of its own", {"challenge": b64(b"x" * 56)}, StaleChallengeError),
    ("no question", {"challenge": ""}, StaleChallengeError),
]


@pytest.mark.parametrize(("case", "wrong", "refusal"), WRONG, ids=[case[0] for case in WRONG])
def test_what_opens_nothing(
    house: House, case: str, wrong: dict[str, Any], refusal: type[UsageError]
) -> None:
    with pytest.raises(refusal):
        house.sign_in(**wrong)
    assert house.sign_in(count=house.key.count + 1).name == "root", "the key itself is good still"


def test_an_answer_is_good_once(house: House) -> None:
    keys = house.accounts.passkeys
    answer = read(house.key.get(keys.ask_to_sign_in(BROWSER, PARTY, T)))
    assert keys.sign_in(answer, BROWSER, PARTY, ADDRESS, T)[1].name == "root"
    with pytest.raises(StaleChallengeError):
        keys.sign_in(answer, BROWSER, PARTY, ADDRESS, T)


def test_a_question_is_bound_to_purpose_session_and_time(house: House) -> None:
    keys = house.accounts.passkeys
    for late_s in (-1, GOOD_S + 1):
        answer = read(house.key.get(keys.ask_to_sign_in(BROWSER, PARTY, T)))
        with pytest.raises(StaleChallengeError):
            keys.sign_in(answer, BROWSER, PARTY, ADDRESS, T + late_s * NS)
    answer = read(house.key.get(keys.ask_to_sign_in("another cookie", PARTY, T)))
    with pytest.raises(StaleChallengeError):
        keys.sign_in(answer, BROWSER, PARTY, ADDRESS, T)
    one, other = house.signed_in(), house.signed_in()
    answer = read(house.key.get(keys.ask_to_confirm(one, PARTY, T)))
    with pytest.raises(StaleChallengeError):
        keys.confirm(other, answer, PARTY, T)
    answer = read(house.key.get(keys.ask_to_sign_in(BROWSER, PARTY, T)))
    with pytest.raises(StaleChallengeError):
        keys.confirm(one, answer, PARTY, T)


def test_another_account_s_key_confirms_nobody_else(house: House) -> None:
    theirs = SoftKey()
    house.register(house.signed_in("anna"), theirs)
    with pytest.raises(WrongPasskeyError):
        house.confirm(house.signed_in("root"), key=theirs)
    with pytest.raises(WrongPasskeyError):
        house.sign_in(key=theirs, handle=house.key.handle)
    assert house.sign_in(key=theirs).name == "anna"


def test_a_key_whose_counter_goes_back_is_blocked(house: House) -> None:
    house.sign_in(count=7)
    with pytest.raises(WrongPasskeyError):
        house.sign_in(count=3, signer=OTHER)
    assert house.sign_in(count=8).name == "root", "a stranger's answer blocks nobody's key"
    with pytest.raises(CopiedPasskeyError):
        house.sign_in(count=8)
    with pytest.raises(CopiedPasskeyError):
        house.sign_in(count=9)
    assert house.accounts.passkeys.of("root")[0].copied == T
    assert not house.signed_in().confirmed, "a blocked key still asks for the second factor"
    house.accounts.second_factors.give(house.signed_in(), house.codes[0], T)


def test_a_key_that_counts_nothing_is_good(house: House) -> None:
    for _ in range(2):
        assert house.sign_in(count=0).name == "root"


def test_guessing_is_slowed_down_as_with_passwords(house: House) -> None:
    for _ in range(5):
        with pytest.raises(WrongPasskeyError):
            house.sign_in(signer=OTHER)
    with pytest.raises(LockedError, match="wait 30 s"):
        house.sign_in()
    with pytest.raises(LockedError):
        house.signed_in()
    assert house.sign_in(T + 30 * NS).name == "root"
    later = T + 60 * NS
    for _ in range(3):
        identity = house.signed_in(now=later)
        with pytest.raises(WrongPasskeyError):
            house.confirm(identity, later, key=OTHER)
    for _ in range(2):
        identity = house.signed_in(now=later)
        with pytest.raises(WrongCodeError):
            house.accounts.second_factors.give(identity, "000000", later)
    identity = house.signed_in(now=later)
    with pytest.raises(LockedError):
        house.confirm(identity, later)


def test_one_address_that_tries_many_keys_is_slowed_down(house: House) -> None:
    for _ in range(20):
        with pytest.raises(WrongPasskeyError):
            house.sign_in(key=SoftKey())
    with pytest.raises(LockedError):
        house.sign_in()


def test_who_learned_a_password_adds_no_factor(house: House) -> None:
    thief = house.signed_in()
    with pytest.raises(UsageError, match="give yours first"):
        house.accounts.passkeys.ask_to_register(thief, PARTY, T)
    with pytest.raises(UsageError, match="give yours first"):
        house.accounts.second_factors.begin(thief)
    with pytest.raises(UsageError, match="give yours first"):
        house.accounts.passkeys.remove(thief, house.key.id.hex())
    owner = house.confirm(thief)
    secret = house.accounts.second_factors.begin(owner)
    code = pyotp.TOTP(secret).at(T // NS)
    assert house.accounts.second_factors.finish(owner, code, T)[1].confirmed


def test_a_session_of_a_shared_screen_has_no_keys(house: House) -> None:
    house.accounts.devices.set_pin("anna", "718294", "")
    screen = house.accounts.devices.known(house.accounts.devices.enrol("ward 1", "root", T))
    assert screen is not None
    _, identity = house.accounts.devices.sign_in(screen, "anna", "718294", T)
    for ask in (house.accounts.passkeys.ask_to_register, house.accounts.passkeys.ask_to_confirm):
        with pytest.raises(UsageError, match="signed in with a password"):
            ask(identity, PARTY, T)


NEW: list[tuple[str, dict[str, Any]]] = [
    ("another origin", {"origin": "https://evil.test"}),
    ("another party", {"party": "evil.test"}),
    ("the user not verified", {"flags": PRESENT}),
    ("an attestation that was not asked for", {"format": "android-key"}),
    ("inside a frame of another", {"cross": True}),
]


@pytest.mark.parametrize(("case", "wrong"), NEW, ids=[case[0] for case in NEW])
def test_a_new_key_that_is_refused(house: House, case: str, wrong: dict[str, Any]) -> None:
    identity, keys = house.confirm(house.signed_in()), house.accounts.passkeys
    answer = read(SoftKey().create(keys.ask_to_register(identity, PARTY, T), **wrong))
    with pytest.raises(WrongPasskeyError):
        keys.register(identity, "key", answer, PARTY, T)
    assert len(keys.of("root")) == 1


def test_a_key_is_registered_once_and_ten_are_enough(house: House) -> None:
    identity, keys = house.confirm(house.signed_in()), house.accounts.passkeys
    options = keys.ask_to_register(identity, PARTY, T)
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(house.key.id)]
    with pytest.raises(WrongPasskeyError):
        keys.register(identity, "again", read(house.key.create(options)), PARTY, T)
    for _ in range(MOST - 1):
        identity = house.register(identity, SoftKey())
    with pytest.raises(UsageError, match="at most 10"):
        keys.ask_to_register(identity, PARTY, T)


def test_recovery_codes_come_with_the_first_factor(house: House) -> None:
    assert len(house.codes) == 10
    identity = house.register(house.confirm(house.signed_in()), SoftKey())
    assert len(house.codes) == 10, "none again with the second key"
    assert house.accounts.second_factors.give(house.signed_in(), house.codes[4], T)[1].confirmed
    house.register(house.signed_in("second"), SoftKey())
    for one in house.accounts.passkeys.of("root"):
        house.accounts.passkeys.remove(identity, one.id)
    assert house.accounts.second_factors.recovery_left("root") == 0


def test_the_last_administrator_s_last_factor_stays(house: House) -> None:
    identity, keys = house.confirm(house.signed_in()), house.accounts.passkeys
    mine = keys.of("root")[0].id
    with pytest.raises(UsageError, match="got the last one's last"):
        keys.remove(identity, mine)
    with pytest.raises(UsageError, match="got the last one's last"):
        house.accounts.second_factors.remove("root", to_the_last=False)
    assert len(keys.of("root")) == 1
    assert house.accounts.second_factors.recovery_left("root") == 10
    house.register(house.signed_in("second"), SoftKey())
    house.accounts.disable_user("second", True)
    with pytest.raises(UsageError, match="got the last one's last"):
        keys.remove(identity, mine)
    house.accounts.disable_user("second", False)
    keys.remove(identity, mine)
    assert keys.of("root") == []


def test_a_copied_key_is_no_factor_that_is_left(house: House) -> None:
    identity, keys = house.confirm(house.signed_in()), house.accounts.passkeys
    house.register(identity, SoftKey(), T + NS)
    copied, good = keys.of("root")[0].id, keys.of("root")[1].id
    house.sign_in(count=8)
    with pytest.raises(CopiedPasskeyError):
        house.sign_in(count=8)
    identity = house.accounts.second_factors.give(house.signed_in(), house.codes[0], T)[1]
    assert [one.copied is not None for one in keys.of("root")] == [True, False]
    with pytest.raises(UsageError, match="got the last one's last"):
        keys.remove(identity, good)
    keys.remove(identity, copied)
    assert [one.id for one in keys.of("root")] == [good]


def test_the_machine_s_command_takes_the_last_factor_too(house: House) -> None:
    house.accounts.second_factors.remove("root")
    assert house.accounts.passkeys.of("root") == []
    assert not house.accounts.second_factors.enrolled("root")


def test_keys_are_named_and_removed_by_their_own_user_alone(house: House) -> None:
    keys, mine = house.accounts.passkeys, house.accounts.passkeys.of("root")[0].id
    owner, other = house.confirm(house.signed_in()), house.signed_in("anna")
    keys.rename(owner, mine, "  red key ")
    assert keys.of("root")[0].name == "red key"
    for name in ("", "   ", "x" * 41, "a\nb"):
        with pytest.raises(UsageError, match="1 to 40"):
            keys.rename(owner, mine, name)
    for which in (mine, "", "zz", "00"):
        with pytest.raises(UsageError, match="one of yours"):
            keys.rename(other, which, "mine")
        with pytest.raises(UsageError, match="one of yours"):
            keys.remove(other, which)


def test_who_is_switched_off_opens_nothing(house: House) -> None:
    house.accounts.disable_user("root", True)
    with pytest.raises(WrongPasskeyError):
        house.sign_in()


def test_a_key_passes_no_provider_by(house: House) -> None:
    person = Person(
        issuer="https://login", subject="1", name="nora", role=Role.LEAD, confirmed=False
    )
    key, provided = SoftKey(), house.accounts.provided
    house.register(provided.sign_in(person, T)[1], key)
    with pytest.raises(ProvidedAccountError):
        house.sign_in(key=key)
    _, again = provided.sign_in(person, T)
    session = house.accounts.session(provided.sign_in(person, T)[0], T)
    assert session is not None
    assert not session.confirmed
    assert house.confirm(again, key=key).rights == RIGHTS[Role.LEAD]


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_comes_is_refused_in_words(house: House, data: st.DataObject) -> None:
    """Answers with parts cut, doubled, or replaced by noise."""
    keys = house.accounts.passkeys
    with house.accounts._database.write() as db:
        db.execute("DELETE FROM attempts")
        db.execute("DELETE FROM passkeys WHERE user = 'anna'")
    making = data.draw(st.booleans())
    if making:
        identity = house.accounts.log_in("anna", PASSWORD, ADDRESS, T)[1]
        plain = json.loads(SoftKey().create(keys.ask_to_register(identity, PARTY, T)))
    else:
        plain = json.loads(house.key.get(keys.ask_to_sign_in(BROWSER, PARTY, T), count=0))
    holder = data.draw(st.sampled_from([plain, plain["response"]]))
    part = data.draw(st.sampled_from(sorted(holder)))
    noise = st.one_of(st.none(), st.integers(), st.text(max_size=8), st.binary().map(b64))
    if isinstance(holder[part], str) and data.draw(st.booleans()):
        raw = bytearray(holder[part].encode())
        raw[data.draw(st.integers(0, 10_000)) % len(raw)] = data.draw(
            st.sampled_from(b"ABCxyz019-_")
        )
        changed: Any = raw.decode()
    else:
        changed = data.draw(noise)
    holder[part] = changed
    # Spare bits of base64 say nothing: such an answer is as good as the one it was made of.
    with suppress(UsageError):
        answer = read(json.dumps(plain))
        if making:
            keys.register(identity, "key", answer, PARTY, T)
        else:
            keys.sign_in(answer, BROWSER, PARTY, ADDRESS, T)
