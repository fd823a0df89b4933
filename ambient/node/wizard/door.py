"""The gate of the running wizard: who is let in, until when, and what the hub is told of it.

Comes in: codes and tokens of browsers. Goes out: verdicts, and acts for the hub. What a code is
worth, `gate` judges; here stands which gate is the present one, and that tries come one at a time.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Final

from ambient.events import WizardAct
from ambient.node.wizard.announce import Announcer
from ambient.node.wizard.gate import Gate, Verdict

LAST_PAGE_S: Final = 2.0
"""How long the page that says that it is closed may still load what it is shown by."""


class Door:
    """The gate of the running wizard: the one mutable thing of the application.

    Parameters
    ----------
    gate
        Of this opening.
    steady
        Seconds of a steady clock.
    announcer
        Tells the hub of who came in.
    certificate
        SHA-256 of the wizard's certificate.
    """

    def __init__(
        self, gate: Gate, steady: Callable[[], float], announcer: Announcer, certificate: str
    ) -> None:
        self._gate = gate
        self._entering = threading.Lock()
        self._steady = steady
        self._announcer = announcer
        self.certificate = certificate
        self._shuts: float | None = None
        """When (s) it shuts, once somebody ended the opening before its time."""

    @property
    def closed(self) -> bool:
        """Whether somebody ended the opening before its time."""
        return self._shuts is not None

    def close(self) -> None:
        """Let nobody in any more; the last page may still load what it is shown by."""
        self._shuts = self._steady() + LAST_PAGE_S

    @property
    def over(self) -> bool:
        """Whether the wizard is to be shut."""
        now = self._steady()
        return not self._gate.is_open(now) or (self._shuts is not None and now >= self._shuts)

    @property
    def left_s(self) -> float:
        """For how long it is open still."""
        return 0.0 if self.closed else self._gate.left_s(self._steady())

    @property
    def tries_left(self) -> int:
        """How many more codes may be tried."""
        return self._gate.tries_left

    def enter(self, given: str) -> tuple[Verdict, str]:
        """Take in a code; return what became of it, and the token of the session."""
        token = secrets.token_urlsafe(32)
        with self._entering:  # of tries side by side each one counts, and one device gets in
            before = self._gate
            self._gate, verdict = before.enter(given, token, self._steady())
            if verdict is Verdict.ENTERED:
                self._announcer.act(WizardAct.ENTERED)
            elif verdict is Verdict.LOCKED and self._gate != before:
                self._announcer.act(WizardAct.LOCKED)
        return verdict, token

    def admits(self, token: str | None) -> bool:
        """Return whether a request with `token` is from the device that was let in."""
        return not self.closed and self._gate.admits(token, self._steady())
