"""Which user names and passwords may be used.

Comes in: what somebody typed. Goes out: nothing, or a `UsageError` that says what to do.
"""

from __future__ import annotations

import re
from typing import Final

from ambient.errors import UsageError

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
_USER: Final = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$")


def check_name(name: str) -> None:
    """Check a user name.

    Raises
    ------
    UsageError
        When it cannot be used.
    """
    if not _USER.match(name):
        raise UsageError(
            "user name: expected 1 to 40 letters, digits, dots, hyphens or underscores"
        )


def check_password(password: str, name: str) -> None:
    """Check a new password (NIST SP 800-63B: length counts, composition does not).

    Raises
    ------
    UsageError
        When it cannot be used.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UsageError(
            f"password: expected {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, "
            f"got {len(password)}"
        )
    holds_name = len(name) >= 4 and name.lower() in password.lower()
    if len(set(password)) < 4 or holds_name:
        raise UsageError("password: expected one that is hard to guess, and without the user name")
