"""`people:` in ``hub.yaml``: how long what is kept of residents, which duties outlast an erasure.

Comes in: nothing. Goes out: the structs of that section; what is not stated has the value here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from ambient.config_base import Strict

Days = Annotated[int, Meta(ge=1, le=36500)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]


class DutyKind(StrEnum):
    """What a law may oblige the house to keep although somebody is erased."""

    FALL_RECORDS = "fall_records"
    """What was judged a fall, with its record after the fall."""
    CONSENTS = "consents"
    """That, when and by whom consent was given and withdrawn."""


class LegalDuty(Strict, frozen=True, kw_only=True):
    """A duty to keep, with its basis and how long.

    Attributes
    ----------
    what
        Which entries; every other entry of an erased resident goes at once.
    basis
        The law, as it shall stand in the answer to an erasure.
    days
        Counted from the fall, or from the end of the consent.
    """

    what: DutyKind
    basis: Line
    days: Days


class Retention(Strict, frozen=True, kw_only=True):
    """How long each kind of entry is kept, in days; nothing is kept longer than ``keep_days``.

    Attributes
    ----------
    hourly, daily
        Hourly and daily summaries (voice, vital signs).
    deviations
        Deviations of the voice and judgements of vital signs.
    moved_out
        Everything of a resident who has moved out; after that they are erased.
    """

    hourly: Days = 28
    daily: Days = 365
    deviations: Days = 365
    moved_out: Days = 365


class Facility(Strict, frozen=True, kw_only=True):
    """Who answers for the data; what is not stated is a blank in the dossier.

    Attributes
    ----------
    controller
        The body responsible (GDPR art. 4 (7)), with its address.
    officer
        The data protection officer, and how to reach them.
    authority
        The supervisory authority for complaints.
    """

    controller: Line | None = None
    officer: Line | None = None
    authority: Line | None = None


class People(Strict, frozen=True, kw_only=True):
    """What concerns residents' rights."""

    facility: Facility = field(default_factory=Facility)
    retention: Retention = field(default_factory=Retention)
    duties: Annotated[list[LegalDuty], Meta(max_length=16)] = field(default_factory=list)
