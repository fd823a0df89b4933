"""Keep what one input led to: a case, what was done to it, and whom it is to be told.

Comes in: what changed of a condition, or of the house. Goes out: the book as it is from now on, and
an `Outcome` with the effects. What follows for others is kept in the same breath: a snooze that
holds, the condition that leads those of one cause, the next one when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from ambient.hub.alarms import escalation, life, technical
from ambient.hub.alarms.book import Book, Case, House
from ambient.hub.alarms.condition import Change, Condition, Deed, Entry
from ambient.hub.alarms.effects import AnyEffect
from ambient.hub.alarms.kinds import TECHNICAL
from ambient.hub.alarms.rules import Rules


class Outcome(Struct, kw_only=True):
    """What an input led to.

    Attributes
    ----------
    changed
        Whether the book holds anything else than before.
    visible
        Whether a page shows anything else than before.
    conditions
        Ids of the conditions that changed, in order.
    """

    changed: bool = False
    visible: bool = False
    effects: list[AnyEffect] = []
    conditions: list[str] = []


class Keeper:
    """Writes into `book` what one input at `now` (ns) leads to."""

    def __init__(self, book: Book, now: int) -> None:
        self._book = book
        self._now = now
        self.house: House = book.house()
        self.outcome = Outcome()
        self._joined: dict[str, None] = {}
        """Ids of the conditions that now stand for one more, in order."""

    def each(self, change: Callable[[Condition], Change | None]) -> None:
        """Follow what `change` makes of every open condition."""
        for case in self._book.open_cases():
            self.follow(case, change(case.condition))

    def follow(self, case: Case | None, change: Change | None, *, more: bool = False) -> None:
        """Keep what `change` says, whom it is to be told, and what follows for others.

        With `more` to come of the same cause, whoever sees to it is told by `tell_leaders`.
        """
        if change is None:
            return
        condition = change.condition
        entries = list(change.entries)
        leader: Case | None = None
        again = case is not None and not case.condition.open and condition.open
        if again:
            # What withheld it when it ended holds no more, or stands among the snoozes.
            condition = msgspec.structs.replace(condition, snoozed=None, paused_until=None)
        if case is None:
            condition = msgspec.structs.replace(condition, opened=self._now)
        if case is None or again:
            for snooze in self.house.snoozes:
                held = life.snoozed(condition, snooze, self._now)
                if held is not None and snooze.until > self._now:
                    condition, entries = held.condition, [*entries, *held.entries]
        other = case is not None and _of_another_cause(case.condition, condition)
        if other:
            # Behind a condition of another cause nobody would read of it.
            condition = msgspec.structs.replace(condition, leader=None, acknowledged=None)
        if case is None:
            leading = self._book.leading_cases() if condition.kind in TECHNICAL else []
            leader = technical.leader_of(condition, leading, self.house.rules, self._now)
            if leader is not None:
                condition = msgspec.structs.replace(condition, leader=leader.condition.id)
        signals = [] if case is None else case.signals
        news = change.news or other
        self.settle(Case(condition=condition, signals=signals), entries=entries, news=news)
        if leader is not None:
            self._joined[leader.condition.id] = None
        if not more:
            self.tell_leaders()
        if case is not None and case.condition.open and (other or not condition.open):
            self._lead_on(case.condition)

    def tell_leaders(self) -> None:
        """Say of the conditions that now stand for others too that something new is known."""
        joined, self._joined = self._joined, {}
        for leader in joined:
            case = self._book.case(leader)
            assert case is not None, "it was open a moment ago"
            # One more room is a new fact for whoever sees to the others.
            known = msgspec.structs.replace(case.condition, acknowledged=None, paused_until=None)
            entry = Entry(at=self._now, what=Deed.CHANGED)
            self.settle(Case(condition=known, signals=case.signals), [entry], news=True)

    def _lead_on(self, ended: Condition) -> None:
        """Let the next condition of a cause lead when its leader has ended."""
        left = self.led_by(ended)
        for number, case in enumerate(left):
            leader = None if number == 0 else left[0].condition.id
            condition = msgspec.structs.replace(
                case.condition,
                leader=leader,
                acknowledged=ended.acknowledged if leader is None else None,
            )
            self.settle(Case(condition=condition, signals=case.signals))

    def led_by(self, condition: Condition) -> list[Case]:
        """Return the open cases that `condition` stands for, the first one first."""
        led = self._book.led_cases(condition.id) if condition.kind in TECHNICAL else []
        return technical.in_order(led)

    def settle(self, case: Case, entries: Iterable[Entry] = (), *, news: bool = False) -> None:
        """Keep a case as its rules leave it at this instant, and what they give or withdraw."""
        house = self.house
        settled = escalation.settle(case, house.rules, house.away, self._now, news=news)
        self._put(settled.case, [*entries, *settled.entries], settled.effects)

    def _put(self, case: Case, entries: list[Entry], effects: list[AnyEffect]) -> None:
        before = self._book.case(case.condition.id)
        due = escalation.due(case, self.house.rules, self._now)
        self._book.put(case, entries, due)
        self.outcome.effects += effects
        if before is not None and before == case and not entries and not effects:
            return
        self.outcome.changed = True
        self.outcome.conditions.append(case.condition.id)
        if before is None or before.condition != case.condition or entries:
            self.outcome.visible = True

    def keep_house(self, **changes: object) -> None:
        """Keep `changes` of the house, which a page shows."""
        self.house = msgspec.structs.replace(self.house, **changes)
        self._book.put_house(self.house)
        self.see()

    def keep_rules(self, rules: Rules) -> None:
        """Keep the rules of a hub that begins; no page shows them."""
        self.house = msgspec.structs.replace(self.house, rules=rules)
        self._book.put_house(self.house)
        self.outcome.changed = True

    def see(self) -> None:
        """Note that a page shows something else than before."""
        self.outcome.changed = self.outcome.visible = True


def _of_another_cause(before: Condition, now: Condition) -> bool:
    """Return whether an open technical condition is of another cause than it was."""
    return before.open and now.open and technical.cause(before) != technical.cause(now)
