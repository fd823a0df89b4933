"""What an examination of a node yields.

Comes in: the result of a check. Goes out: `Finding`, with a sentence that says how to mend it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    NOTE = "note"
    """Could not be checked, or is worth knowing."""
    WARNING = "warning"
    FAILED = "failed"


class Finding(Struct, frozen=True):
    """One line of the report.

    Attributes
    ----------
    check
        What was looked at, for example ``camera r12/c1``.
    level
        How grave it is.
    found
        What was found.
    mend
        What to do about it; empty when there is nothing to do.
    """

    check: str
    level: Level
    found: str
    mend: str = ""


class Report(Struct, frozen=True):
    """All findings of one examination; `ok` says that nothing failed."""

    ok: bool
    findings: list[Finding]


def report(findings: Sequence[Finding]) -> Report:
    """Return the report of these findings."""
    return Report(all(f.level is not Level.FAILED for f in findings), list(findings))
