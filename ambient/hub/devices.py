"""Shared screens of a ward: enrolled once, they show what rings; a PIN or badge names the carer.

Comes in: the cookie of a device, a PIN or badge number, the time. Goes out: a session that is a
carer's and bound to that device, or a refusal. PINs are kept as Argon2id; a badge number alone
must find its owner, so it is kept as an Argon2id digest whose salt is a secret of the hub. Failed
tries are counted per device: guessing on one screen locks no other, and never what it shows.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from itertools import pairwise
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from msgspec import Struct

from ambient.errors import UsageError
from ambient.hub import lockout
from ambient.hub.account_rows import count_try, digest, forgive, start_session
from ambient.hub.database import HubDatabase
from ambient.hub.identities import RIGHTS, Identity, Right, Role
from ambient.hub.passwords import Passwords

NS: Final = 1_000_000_000
SHIFT_S: Final = 12 * 3600
"""A shift on a shared screen ends then, however much the screen is used: it is always open."""
SHORTEST_PIN: Final = 6
LONGEST_PIN: Final = 12
_PIN: Final = re.compile(r"[0-9]{6,12}")
_BADGE: Final = re.compile(r"[A-Za-z0-9]{6,40}")
_NAME: Final = re.compile(r"[\w][\w .-]{0,38}[\w]")


class WrongPinError(UsageError):
    """PIN or badge is wrong; which one is not said."""


class Device(Struct, frozen=True, kw_only=True):
    """One enrolled screen, as the administrator sees it."""

    name: str
    made_by: str
    created: int


class Devices:
    """Shared screens of one hub, and the PINs and badges that are good on them.

    Parameters
    ----------
    key
        A secret that is not in the database.
    passwords
        How a PIN is kept and checked.
    """

    def __init__(self, database: HubDatabase, key: bytes, passwords: Passwords) -> None:
        self._database = database
        self._salt = hashlib.sha256(b"ambient badge\0" + key).digest()[:16]
        self._passwords = passwords

    def enrol(self, name: str, by: str, now: int) -> str:
        """Return the cookie of a new device; it is shown this once.

        Raises
        ------
        UsageError
            When the name cannot be used or is taken.
        """
        if not _NAME.fullmatch(name):
            raise UsageError("device: expected a name of 2 to 40 letters, digits, dots or spaces")
        cookie = secrets.token_urlsafe(32)
        with self._database.write() as db:
            if db.execute("SELECT 1 FROM devices WHERE name = ?", (name,)).fetchone():
                raise UsageError(
                    f"device: expected a new name, got {name!r} again; revoke it first"
                )
            db.execute(
                "INSERT INTO devices VALUES (?, ?, ?, ?, ?)",
                (digest(cookie), name, secrets.token_urlsafe(32), by, now),
            )
        return cookie

    def revoke(self, name: str) -> None:
        """Make a device a stranger again, and end the sessions on it."""
        with self._database.write() as db:
            db.execute("DELETE FROM devices WHERE name = ?", (name,))

    def all(self) -> list[Device]:
        """Return all devices by name."""
        with self._database.read() as db:
            found = db.execute("SELECT name, made_by, created FROM devices ORDER BY name")
            return [Device(name=name, made_by=by, created=at) for name, by, at in found.fetchall()]

    def known(self, cookie: str) -> Identity | None:
        """Return the device behind `cookie`, nothing when it is none."""
        token = digest(cookie)
        with self._database.read() as db:
            row = db.execute("SELECT name, csrf FROM devices WHERE token = ?", (token,)).fetchone()
        if row is None:
            return None
        return Identity(name=f"device:{row[0]}", role=Role.DEVICE, csrf=row[1], device=token)

    def set_pin(self, user: str, pin: str, badge: str) -> None:
        """Give a user a PIN, a badge or both; empty takes it away.

        Raises
        ------
        UsageError
            When one of them cannot be used, or the user does not answer alarms.
        """
        if pin and (not _PIN.fullmatch(pin) or _is_simple(pin)):
            raise UsageError(
                f"PIN: expected {SHORTEST_PIN} to {LONGEST_PIN} digits that are no row and not all "
                "the same"
            )
        if badge and not _BADGE.fullmatch(badge):
            raise UsageError("badge: expected its number of 6 to 40 letters and digits")
        hashed = self._passwords.hash(pin) if pin else None
        number = self._badge(badge) if badge else None
        with self._database.write() as db:
            row = db.execute("SELECT name, role FROM users WHERE name = ?", (user,)).fetchone()
            if row is None:
                raise UsageError(f"user: expected a known name, got {user[:40]!r}")
            if Right.ANSWER not in RIGHTS[Role(row[1])]:
                raise UsageError(f"user: expected one who answers alarms, got the role {row[1]}")
            taken = db.execute(
                "SELECT 1 FROM shift_pins WHERE badge = ? AND user <> ?", (number, row[0])
            ).fetchone()
            if taken is not None:
                raise UsageError("badge: expected one that is nobody's yet; read another")
            db.execute("DELETE FROM shift_pins WHERE user = ?", (row[0],))
            if hashed or number:
                db.execute("INSERT INTO shift_pins VALUES (?, ?, ?)", (row[0], hashed, number))

    def sign_in(self, device: Identity, user: str, secret: str, now: int) -> tuple[str, Identity]:
        """Name the carer at a device: by user name and PIN, or by a badge number alone.

        Returns
        -------
        tuple
            The cookie of a session on this device, and who it is.

        Raises
        ------
        LockedError, WrongPinError
        """
        if device.role is not Role.DEVICE:
            raise WrongPinError("PIN: expected an enrolled device; sign in with a password here")
        key = f"device:{device.device}"
        with self._database.write() as db:
            count_try(db, {key: lockout.FREE_TRIES}, now)
        number = None if user or not _BADGE.fullmatch(secret) else self._badge(secret)
        with self._database.read() as db:
            row = db.execute(
                "SELECT u.name, u.role, p.hash, p.badge FROM shift_pins p "
                "JOIN users u ON u.name = p.user "
                "LEFT JOIN provider_accounts a ON a.user = u.name "
                "WHERE u.disabled = 0 AND coalesce(a.access, 1) "
                "AND (u.name = ? OR p.badge = ?)",
                (user, number),
            ).fetchone()
        by_badge = row is not None and number is not None and row[3] == number
        nobody = self._passwords.nobody
        hashed = nobody if row is None or row[2] is None or by_badge else row[2]
        by_pin = self._passwords.fits(hashed, secret) and hashed is not nobody
        if row is None or not (by_badge or by_pin):
            raise WrongPinError("name, PIN or badge is wrong; try again")
        role = Role(row[1])
        if Right.ANSWER not in RIGHTS[role]:
            raise WrongPinError("name, PIN or badge is wrong; try again")
        with self._database.write() as db:
            forgive(db, key)
            db.execute("DELETE FROM sessions WHERE device = ?", (device.device,))
            ends = now + SHIFT_S * NS
            return start_session(db, row[0], role, now, device=device.device, ends=ends)

    def _badge(self, number: str) -> str:
        raw = hash_secret_raw(
            number.upper().encode(),
            self._salt,
            time_cost=3,
            memory_cost=16 * 1024,
            parallelism=1,
            hash_len=32,
            type=Type.ID,
        )
        return raw.hex()


def _is_simple(pin: str) -> bool:
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {-1, 0, 1}
