"""Passkeys (WebAuthn level 2): a second factor, or in place of password and code.

Comes in: what a browser answered to a challenge of the hub, and the time. Goes out: a confirmed
session under a new cookie, or a refusal. The hub keeps public keys alone. The user is always
verified by the key itself (PIN, finger, face): holding it is not enough.
"""

from __future__ import annotations

import re
import secrets
from typing import Any, Final

import structlog
from msgspec import Struct
from webauthn import generate_authentication_options, generate_registration_options
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ambient.errors import UsageError
from ambient.hub import lockout, recovery
from ambient.hub.account_rows import (
    address_key,
    check_factor_left,
    confirm,
    count_try,
    forgive,
    forgive_one,
    has_factor,
    start_session,
    user_key,
)
from ambient.hub.assertions import Answer, WrongPasskeyError, challenge_of, registered, verified
from ambient.hub.challenges import GOOD_S, Challenges
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Identity, Role
from ambient.hub.party import Party
from ambient.hub.second_factor import check_may_add, check_own, count_factor_try

MOST: Final = 10
"""Passkeys of one user."""
_NAME: Final = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,38}[^\s\x00-\x1f\x7f])?")

_log = structlog.get_logger(__name__)


class Passkey(Struct, frozen=True, kw_only=True):
    """One passkey, as its user sees it.

    Attributes
    ----------
    id
        Of the credential, in hexadecimal.
    copied
        When its counter went back, which says that there are two of it; it is good no more.
    """

    id: str
    name: str
    created: int
    used: int | None
    copied: int | None


class CopiedPasskeyError(UsageError):
    """The key's counter went back: somebody may have a copy of it (WebAuthn, section 6.1.1)."""

    def __init__(self) -> None:
        super().__init__(
            "passkey: expected a counter that goes up, got one that went back: the key may have "
            "been copied and is blocked; sign in another way, remove it and tell an administrator"
        )


class ProvidedAccountError(UsageError):
    """The provider vouches for this user; a passkey alone would pass it by."""

    def __init__(self) -> None:
        super().__init__(
            "passkey: expected a user of this hub, got one who signs in at the provider; sign in "
            "there, the passkey is the second factor then"
        )


class Passkeys:
    """Passkeys of one hub's users.

    Parameters
    ----------
    key
        A secret of the hub that is not in the database.
    """

    def __init__(self, database: HubDatabase, key: bytes) -> None:
        self._database = database
        self._challenges = Challenges(database, key)

    def of(self, user: str) -> list[Passkey]:
        """Return the passkeys of `user`, oldest first."""
        with self._database.read() as db:
            found = db.execute(
                "SELECT credential, name, created, used, copied FROM passkeys WHERE user = ? "
                "ORDER BY created, credential",
                (user,),
            ).fetchall()
        return [
            Passkey(id=credential.hex(), name=name, created=created, used=used, copied=copied)
            for credential, name, created, used, copied in found
        ]

    # Registering, naming, removing

    def ask_to_register(self, identity: Identity, party: Party, now: int) -> dict[str, Any]:
        """Return what the browser needs to make a passkey (``PublicKeyCredentialCreationOptions``).

        Raises
        ------
        UsageError
            When the session may not add one, or the user has enough.
        """
        check_may_add(self._database, identity)
        known = self._descriptors(identity.name)
        if len(known) >= MOST:
            raise UsageError(
                f"passkey: expected at most {MOST} of one user; remove one that is not used"
            )
        options = generate_registration_options(
            rp_id=party.id,
            rp_name=party.title,
            user_id=self._handle(identity.name),
            user_name=identity.name,
            challenge=self._challenges.make(f"register {identity.session}", now),
            timeout=GOOD_S * 1000,
            exclude_credentials=known,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        return options_to_json_dict(options)

    def register(
        self, identity: Identity, name: str, answer: Answer, party: Party, now: int
    ) -> tuple[str, Identity, list[str]]:
        """Keep a new passkey.

        Returns
        -------
        tuple
            A new cookie and session that is confirmed, and recovery codes, shown this once, when
            the user had none.

        Raises
        ------
        LockedError, StaleChallengeError, WrongPasskeyError, UsageError
        """
        check_may_add(self._database, identity)
        name = _checked_name(name)
        count_factor_try(self._database, identity.name, now)
        challenge = challenge_of(answer)
        self._challenges.spend(challenge, f"register {identity.session}", now)
        new = registered(answer, challenge, party)
        with self._database.write() as db:
            taken = db.execute("SELECT 1 FROM passkeys WHERE credential = ?", (new.credential_id,))
            held = db.execute("SELECT count(*) FROM passkeys WHERE user = ?", (identity.name,))
            if taken.fetchone() is not None or held.fetchone()[0] >= MOST:
                raise WrongPasskeyError("expected a new key")
            db.execute(
                "INSERT INTO passkeys (credential, user, name, public_key, sign_count, backed_up, "
                "created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    new.credential_id,
                    identity.name,
                    name,
                    new.credential_public_key,
                    new.sign_count,
                    new.credential_backed_up,
                    now,
                ),
            )
            none = recovery.left(db, identity.name) == 0
            codes = recovery.renew(db, identity.name) if none else []
            cookie, confirmed = confirm(db, identity, now)
        return cookie, confirmed, codes

    def rename(self, identity: Identity, passkey: str, name: str) -> None:
        """Call a passkey of the session's user otherwise.

        Raises
        ------
        UsageError
            When it is none of theirs, or the name cannot be used.
        """
        check_own(identity)
        name = _checked_name(name)
        with self._database.write() as db:
            done = db.execute(
                "UPDATE passkeys SET name = ? WHERE credential = ? AND user = ?",
                (name, _credential(passkey), identity.name),
            )
            if done.rowcount != 1:
                raise _not_yours()

    def remove(self, identity: Identity, passkey: str) -> None:
        """Take a passkey of the session's user away.

        Raises
        ------
        UsageError
            When it is none of theirs, the second factor was not given, or it is the last second
            factor of the last administrator who has one.
        """
        check_own(identity)
        if not identity.confirmed:
            raise UsageError("second factor: expected one that was given; give yours first")
        with self._database.write() as db:
            done = db.execute(
                "DELETE FROM passkeys WHERE credential = ? AND user = ?",
                (_credential(passkey), identity.name),
            )
            if done.rowcount != 1:
                raise _not_yours()
            check_factor_left(db, identity.name)
            if not has_factor(db, identity.name):
                recovery.forget(db, identity.name)

    # Using

    def ask_to_confirm(self, identity: Identity, party: Party, now: int) -> dict[str, Any]:
        """Return what the browser needs to give a passkey of the session's user.

        Raises
        ------
        UsageError
            When the user has none.
        """
        check_own(identity)
        known = self._descriptors(identity.name)
        if not known:
            raise UsageError("passkey: expected a user who has one; set one up first")
        return self._request(f"confirm {identity.session}", party, now, known)

    def confirm(
        self, identity: Identity, answer: Answer, party: Party, now: int
    ) -> tuple[str, Identity]:
        """Confirm a session by a passkey of its user; return a new cookie and its session.

        Raises
        ------
        LockedError, StaleChallengeError, WrongPasskeyError, CopiedPasskeyError, UsageError
        """
        check_own(identity)
        count_factor_try(self._database, identity.name, now)
        challenge = challenge_of(answer)
        self._challenges.spend(challenge, f"confirm {identity.session}", now)
        self._verify(answer, challenge, identity.name, party, now)
        with self._database.write() as db:
            return confirm(db, identity, now)

    def ask_to_sign_in(self, browser: str, party: Party, now: int) -> dict[str, Any]:
        """Return what a browser needs to sign somebody in; `browser` is a cookie that it has."""
        return self._request(f"sign in {browser}", party, now, [])

    def sign_in(
        self, answer: Answer, browser: str, party: Party, address: str, now: int
    ) -> tuple[str, Identity]:
        """Sign in whoever's passkey it is; password and code are not asked then.

        Raises
        ------
        LockedError, StaleChallengeError, WrongPasskeyError, CopiedPasskeyError,
        ProvidedAccountError
        """
        with self._database.write() as db:
            count_try(db, {address_key(address): lockout.FREE_TRIES_ADDRESS}, now)
        challenge = challenge_of(answer)
        self._challenges.spend(challenge, f"sign in {browser}", now)
        with self._database.read() as db:
            row = db.execute(
                "SELECT u.name, u.role, h.handle, a.user FROM passkeys p "
                "JOIN users u ON u.name = p.user JOIN passkey_handles h ON h.user = u.name "
                "LEFT JOIN provider_accounts a ON a.user = u.name "
                "WHERE p.credential = ? AND u.disabled = 0",
                (answer.credential,),
            ).fetchone()
        if row is None:
            raise WrongPasskeyError("expected a key that this hub knows")
        name, role, handle, provided = row
        with self._database.write() as db:
            count_try(db, {user_key(name): lockout.FREE_TRIES}, now)
        if answer.user_handle is None or not secrets.compare_digest(answer.user_handle, handle):
            raise WrongPasskeyError("expected the key's own user")
        self._verify(answer, challenge, name, party, now)
        if provided is not None:
            raise ProvidedAccountError
        with self._database.write() as db:
            forgive(db, user_key(name))
            forgive_one(db, address_key(address))
            return start_session(db, name, Role(role), now, confirmed=True)

    def _verify(self, answer: Answer, challenge: bytes, user: str, party: Party, now: int) -> None:
        """Check that a key of `user` signed `challenge`, and that it has no copy."""
        with self._database.read() as db:
            row = db.execute(
                "SELECT name, public_key, sign_count, copied FROM passkeys "
                "WHERE credential = ? AND user = ?",
                (answer.credential, user),
            ).fetchone()
        if row is None:
            raise WrongPasskeyError("expected a key of this user")
        name, public_key, counted, copied = row
        count = verified(answer, challenge, party, public_key)
        if copied is not None:
            raise CopiedPasskeyError
        with self._database.write() as db:
            # Two answers at once are good only in the order in which their counters went up.
            used = db.execute(
                "UPDATE passkeys SET sign_count = ?1, used = ?2 WHERE credential = ?3 "
                "AND copied IS NULL AND (sign_count < ?1 OR (sign_count = 0 AND ?1 = 0))",
                (count, now, answer.credential),
            )
            good = used.rowcount == 1
            if not good:
                db.execute(
                    "UPDATE passkeys SET copied = ? WHERE credential = ?", (now, answer.credential)
                )
        if not good:
            _log.warning("passkey_copied", user=user, passkey=name, count=count, before=counted)
            raise CopiedPasskeyError

    def _request(
        self, bound_to: str, party: Party, now: int, known: list[PublicKeyCredentialDescriptor]
    ) -> dict[str, Any]:
        options = generate_authentication_options(
            rp_id=party.id,
            challenge=self._challenges.make(bound_to, now),
            timeout=GOOD_S * 1000,
            allow_credentials=known,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def _descriptors(self, user: str) -> list[PublicKeyCredentialDescriptor]:
        with self._database.read() as db:
            found = db.execute("SELECT credential FROM passkeys WHERE user = ?", (user,))
            return [PublicKeyCredentialDescriptor(id=credential) for (credential,) in found]

    def _handle(self, user: str) -> bytes:
        """Return the random number under which keys know `user`: it says nothing of who it is."""
        with self._database.write() as db:
            db.execute(
                "INSERT OR IGNORE INTO passkey_handles VALUES (?, ?)",
                (user, secrets.token_bytes(32)),
            )
            row = db.execute(
                "SELECT handle FROM passkey_handles WHERE user = ?", (user,)
            ).fetchone()
        return bytes(row[0])


def _checked_name(name: str) -> str:
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise UsageError("passkey: expected a name of 1 to 40 characters; say which key it is")
    return name


def _credential(passkey: str) -> bytes:
    try:
        return bytes.fromhex(passkey)
    except ValueError:
        raise _not_yours() from None


def _not_yours() -> UsageError:
    return UsageError("passkey: expected one of yours; reload the page")
