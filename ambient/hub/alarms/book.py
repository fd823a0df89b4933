"""What the rules read and write: cases, and what is true of the whole house.

Comes in: nothing. Goes out: `Book`, the one seam between the rules and whatever keeps their state,
and `MemoryBook`, which keeps it in memory: for replay, tests and simulations. The hub's own book
keeps it in SQLite (`ambient.hub.casebook`). A book holds values and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct, field

from ambient.hub.alarms.condition import Condition, Entry
from ambient.hub.alarms.inputs import NotReported
from ambient.hub.alarms.kinds import TECHNICAL
from ambient.hub.alarms.led import Led
from ambient.hub.alarms.openings import Opening
from ambient.hub.alarms.restraint import Shadow, Threshold
from ambient.hub.alarms.rules import Rules
from ambient.hub.alarms.signal import Signal, Snooze


class Case(Struct, frozen=True, kw_only=True):
    """A condition with its signals that are not withdrawn, in the order in which they were made."""

    condition: Condition
    signals: list[Signal] = []


class House(Struct, frozen=True, kw_only=True):
    """What is true of the whole house.

    Attributes
    ----------
    away
        Who has signed off and not on again.
    accepted_by, accepted_at
        Who accepted the last hand-over, and when (hub time, ns).
    thresholds, shadows
        What does not ring, and what is only recorded.
    openings
        Openings of a person's log that were asked for or granted.
    """

    rules: Rules = field(default_factory=Rules)
    away: list[str] = []
    snoozes: list[Snooze] = []
    accepted_by: str | None = None
    accepted_at: int | None = None
    thresholds: list[Threshold] = []
    shadows: list[Shadow] = []
    openings: list[Opening] = []

    def snoozes_at(self, now: int) -> list[Snooze]:
        """Return the snoozes that hold at `now` (ns)."""
        return [one for one in self.snoozes if one.until > now]


class Report(Struct, frozen=True, kw_only=True):
    """A fall that was not reported, and when (hub time, ns) somebody said so."""

    said: NotReported
    at: int


class Book(Protocol):
    """State of all alarms; what is written is read back at once."""

    def house(self) -> House:
        """Return what is true of the whole house."""
        ...

    def put_house(self, house: House) -> None:
        """Keep what is true of the whole house."""
        ...

    def case(self, condition: str) -> Case | None:
        """Return the case of a condition's id, if there is one."""
        ...

    def open_case(self, key: str) -> Case | None:
        """Return the case of a key whose condition is not ended, if there is one."""
        ...

    def open_cases(self) -> list[Case]:
        """Return all cases whose condition is not ended, by id."""
        ...

    def leading_cases(self) -> list[Case]:
        """Return those of them that are technical and that no other stands for."""
        ...

    def led_cases(self, leader: str) -> list[Case]:
        """Return those that the condition of this id stands for."""
        ...

    def cases_of(self, node: str) -> list[Case]:
        """Return those that are technical and about `node`."""
        ...

    def due_cases(self, now: int) -> list[Case]:
        """Return those of them with something due by `now` (ns)."""
        ...

    def signal(self, signal: str) -> Signal | None:
        """Return a signal, withdrawn or not, if there is one of this id."""
        ...

    def put(self, case: Case, entries: Iterable[Entry], due: int | None) -> None:
        """Keep a case, append to its history, and keep when (ns) something is due."""
        ...

    def put_signal(self, signal: Signal) -> None:
        """Keep what became of a signal."""
        ...

    def put_report(self, report: Report) -> None:
        """Keep a report."""
        ...

    def purge(self, before: int) -> int:
        """Forget what was resolved before an instant (ns); return how many conditions."""
        ...


class MemoryBook:
    """A book in memory."""

    def __init__(self) -> None:
        self._house = House()
        self.conditions: dict[str, Condition] = {}
        self.signals: dict[str, Signal] = {}
        self.history: dict[str, list[Entry]] = {}
        self.reports: list[Report] = []
        self._open: dict[str, str] = {}
        """Key ► id of the condition that is not ended."""
        self._due: dict[str, int | None] = {}
        self._given: dict[str, list[str]] = {}
        """Condition ► ids of its signals that are not withdrawn."""
        self._led = Led()

    def house(self) -> House:
        """Return what is true of the whole house."""
        return self._house

    def put_house(self, house: House) -> None:
        """Keep what is true of the whole house."""
        self._house = house

    def case(self, condition: str) -> Case | None:
        """Return the case of a condition's id, if there is one."""
        found = self.conditions.get(condition)
        if found is None:
            return None
        given = [self.signals[one] for one in self._given.get(condition, [])]
        return Case(condition=found, signals=given)

    def open_case(self, key: str) -> Case | None:
        """Return the case of a key whose condition is not ended, if there is one."""
        condition = self._open.get(key)
        return None if condition is None else self.case(condition)

    def open_cases(self) -> list[Case]:
        """Return all cases whose condition is not ended, by id."""
        return self._cases(sorted(self._open.values()))

    def leading_cases(self) -> list[Case]:
        """Return those of them that are technical and that no other stands for."""
        return self._cases(self._led.by(None))

    def led_cases(self, leader: str) -> list[Case]:
        """Return those that the condition of this id stands for."""
        return self._cases(self._led.by(leader))

    def cases_of(self, node: str) -> list[Case]:
        """Return those that are technical and about `node`."""
        return [
            case
            for case in self.open_cases()
            if case.condition.node == node and case.condition.kind in TECHNICAL
        ]

    def due_cases(self, now: int) -> list[Case]:
        """Return those of them with something due by `now` (ns)."""
        return [
            case
            for case in self.open_cases()
            if (due := self._due[case.condition.id]) is not None and due <= now
        ]

    def due_of(self, condition: str) -> int | None:
        """Return when (ns) something is due of a condition, None when nothing is."""
        return self._due.get(condition)

    def due_at(self) -> list[int]:
        """Return when (ns) something is due of each open case, where something is."""
        instants = (self._due[condition] for condition in self._open.values())
        return [due for due in instants if due is not None]

    def signal(self, signal: str) -> Signal | None:
        """Return a signal, withdrawn or not, if there is one of this id."""
        return self.signals.get(signal)

    def put(self, case: Case, entries: Iterable[Entry], due: int | None) -> None:
        """Keep a case, append to its history, and keep when (ns) something is due."""
        condition = case.condition
        self.conditions[condition.id] = condition
        self.history.setdefault(condition.id, []).extend(entries)
        self._due[condition.id] = due
        if condition.open:
            self._open[condition.key] = condition.id
        elif self._open.get(condition.key) == condition.id:
            del self._open[condition.key]
        self._led.note(condition)
        for signal in case.signals:
            self.signals[signal.id] = signal
        self._given[condition.id] = [one.id for one in case.signals if one.withdrawn is None]

    def put_signal(self, signal: Signal) -> None:
        """Keep what became of a signal."""
        self.signals[signal.id] = signal

    def put_report(self, report: Report) -> None:
        """Keep a report."""
        self.reports.append(report)

    def purge(self, before: int) -> int:
        """Forget what was resolved before an instant (ns); return how many conditions."""
        gone = {
            one.id
            for one in self.conditions.values()
            if not one.open and one.resolved_at is not None and one.resolved_at < before
        }
        for condition in gone:
            del self.conditions[condition], self._due[condition], self._given[condition]
            del self.history[condition]
        self.signals = {s.id: s for s in self.signals.values() if s.condition not in gone}
        return len(gone)

    def _cases(self, conditions: Iterable[str]) -> list[Case]:
        found = (self.case(condition) for condition in conditions)
        return [case for case in found if case is not None]
