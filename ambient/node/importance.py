"""Which events matter most when the outbox is full, and which must not wait behind others.

Comes in: an event's kind. Goes out: its rank. The table names every kind of the closed list; a new
kind without a rank fails the tests.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from ambient import events


class Importance(IntEnum):
    """The higher, the longer an event stays in a full outbox."""

    ROUTINE = 0
    """Says that all is as usual."""
    TECHNICAL = 1
    """Somebody should look at the equipment."""
    CARE = 2
    """Belongs to a fall, answers a person who waits, or is said once about a resident."""
    ALARM = 3
    """Somebody is on the floor, calls for help, may be in a fire, or is not where it is safe."""


_IMPORTANCE: Final[dict[type[events.Event], Importance]] = {
    events.FallConfirmed: Importance.ALARM,
    events.FallLongLie: Importance.ALARM,
    events.DistressHelp: Importance.ALARM,
    events.DistressSmokeAlarm: Importance.ALARM,
    events.DistressCord: Importance.ALARM,
    events.BedEdge: Importance.ALARM,
    events.BedExit: Importance.ALARM,
    events.BedNotBack: Importance.ALARM,
    events.AbsenceNotOut: Importance.ALARM,
    events.AbsenceNoMovement: Importance.ALARM,
    events.FallSuspected: Importance.CARE,
    events.FallRecovered: Importance.CARE,
    events.CommandApplied: Importance.CARE,
    events.ConsentApplied: Importance.CARE,
    events.VoiceDeviation: Importance.CARE,
    events.DistressAgitated: Importance.CARE,
    events.BedRestless: Importance.CARE,
    events.AbsenceInactive: Importance.CARE,
    events.AbsenceWandering: Importance.CARE,
    events.VitalsDeterioration: Importance.CARE,
    events.VitalsDeviation: Importance.CARE,
    events.VitalsGlucose: Importance.CARE,
    events.VitalsRhythm: Importance.CARE,
    events.NodeExported: Importance.CARE,
    events.NodeKept: Importance.CARE,
    events.NodeWizard: Importance.CARE,
    events.NodeZone: Importance.CARE,
    events.NodeCommissioned: Importance.CARE,
    events.QualityDegraded: Importance.TECHNICAL,
    events.QualityRestored: Importance.TECHNICAL,
    events.QualityNotWatched: Importance.TECHNICAL,
    events.NodeHas: Importance.TECHNICAL,
    events.NodeWorkerFailed: Importance.TECHNICAL,
    events.NodeSourceSilent: Importance.TECHNICAL,
    events.NodeDiskFull: Importance.TECHNICAL,
    events.NodeOutboxDropped: Importance.TECHNICAL,
    events.SummaryHourly: Importance.ROUTINE,
    events.SummaryDaily: Importance.ROUTINE,
    events.NodeStarted: Importance.ROUTINE,
    events.NodeStopped: Importance.ROUTINE,
    events.NodeWorkerRestarted: Importance.ROUTINE,
    events.NodeClockStepped: Importance.ROUTINE,
    events.NodeDataLate: Importance.ROUTINE,
}

_URGENT_FAMILIES: Final = ("fall.", "distress.", "bed.", "absence.")


def importance(event: events.Event | type[events.Event]) -> Importance:
    """Return how much an event, or a kind of events, matters.

    Raises
    ------
    KeyError
        When its kind has no rank.
    """
    return _IMPORTANCE[event if isinstance(event, type) else type(event)]


def is_urgent(event: events.Event | type[events.Event]) -> bool:
    """Return whether an event, or a kind of events, goes out before a backlog of others."""
    return events.kind_of(event).startswith(_URGENT_FAMILIES)
