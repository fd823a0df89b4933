"""One-time codes of an authenticator app (RFC 6238), as pure logic: time is an argument.

Comes in: a secret, a code, the time, the step that was used last. Goes out: the step of a good
code, or nothing. A code is good once, and one step (30 s) of clock error either way is allowed, as
RFC 6238, section 5.2 recommends.
"""

from __future__ import annotations

import secrets
from typing import Final

import pyotp

STEP_S: Final = 30
DRIFT: Final = 1
"""Steps that the clocks of phone and hub may differ."""
NS: Final = 1_000_000_000
_DIGITS: Final = 6


def new_secret() -> str:
    """Return a new secret of 160 bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def address(secret: str, user: str, site: str) -> str:
    """Return the ``otpauth:`` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=f"Ambient {site}")


def good_step(secret: str, code: str, now: int, used: int) -> int | None:
    """Return the step to which `code` belongs, nothing when it is not good at `now` (ns).

    Parameters
    ----------
    used
        The last step whose code was used; it and all before are spent (section 5.2).
    """
    typed = "".join(code.split())
    if len(typed) != _DIGITS or not typed.isascii() or not typed.isdigit():
        return None
    generator = pyotp.TOTP(secret)
    here = now // NS // STEP_S
    for step in range(here - DRIFT, here + DRIFT + 1):
        same = secrets.compare_digest(generator.at(step * STEP_S), typed)
        if same and step > used:
            return step
    return None
