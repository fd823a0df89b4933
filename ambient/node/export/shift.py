"""Who and when, made strange: a pseudonym and a shift of time for each resident and recipient.

Both come from a secret that only this node has (HMAC-SHA256), so that two exports for one recipient
fit together, and those for two recipients do not. Times are shifted by whole weeks into the past:
hours of the day and days of the week stay what they were, dates do not.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from ambient.errors import StoreError

SECRET: Final = "export.key"
LEAST_WEEKS: Final = 1
MOST_WEEKS: Final = 104
NS: Final = 1_000_000_000


def secret_of(state_dir: Path) -> bytes:
    """Return the node's secret; made at the first export, mode 0600.

    Raises
    ------
    StoreError
        When it cannot be read or made.
    """
    path = state_dir / SECRET
    try:
        if not path.exists():
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(made, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read or made ({error.strerror}); check it") from None
    if len(data) != 32:
        raise StoreError(f"{path}: expected 32 bytes, got {len(data)}; remove it to begin anew")
    return data


class Disguise:
    """The pseudonym and the shift of one resident for one recipient.

    Parameters
    ----------
    secret
        Of the node.
    recipient
        Public key of the researcher.
    subject
        Pseudonym on the node.
    zone
        Of the site.
    began
        Instant (ns) from which `t` of rows is counted.
    """

    def __init__(
        self, secret: bytes, recipient: str, subject: str, zone: tzinfo, began: int
    ) -> None:
        text = f"{recipient}\x1f{subject}".encode()
        digest = hmac.new(secret, text, hashlib.sha256).digest()
        self.subject = f"p-{digest[:6].hex()}"
        span = MOST_WEEKS - LEAST_WEEKS + 1
        self._weeks = LEAST_WEEKS + int.from_bytes(digest[6:14], "big") % span
        self._zone = zone
        self._began = began

    def t(self, at: int) -> float:
        """Return seconds from the beginning of the export to `at` (ns)."""
        return round((at - self._began) / NS, 3)

    def local(self, at: int) -> str:
        """Return the site's wall clock at `at` (ns), some weeks earlier, without a time zone.

        The hour of the night on which clocks are set back comes twice; `t` tells the two apart.
        """
        here = datetime.fromtimestamp(at // NS, UTC).astimezone(self._zone)
        moved = here.replace(tzinfo=None) - timedelta(weeks=self._weeks)
        return moved.isoformat(timespec="seconds")

    def name(self, text: str) -> str:
        """Return a pseudonym for the name of a device or of a chain."""
        return hashlib.sha256(f"{self.subject}\x1f{text}".encode()).hexdigest()[:8]
