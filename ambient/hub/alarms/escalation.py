"""Who is told of a condition, when, and again: the state of a case in, its signals out.

Comes in: a case, the rules, who is away, an instant. Goes out: the case with its signals as they
should be now, and what has to be given or taken back. Called after every change and whenever
something is due; calling it twice changes nothing.

While a condition calls, its escalation is at one step of its plan and all steps before it. A step
whose every signal failed, or that the rota has nobody for, is passed at once. The last step is the
siren: an escalation ends at somebody who acknowledges, or there. A siren that cannot be reached is
replaced at once by everybody on duty, those outside and every page, for as long as it calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from ambient.hub.alarms.book import Case
from ambient.hub.alarms.condition import AlarmState, Condition, Deed, Entry, Priority
from ambient.hub.alarms.effects import AnyEffect, Give, Withdraw
from ambient.hub.alarms.rules import (
    NS,
    Rules,
    Step,
    Way,
    goes_on,
    holds_s,
    steps_of,
    ways_instead,
    ways_of,
)
from ambient.hub.alarms.signal import LONGEST_PAUSE_S, SIREN, Delivery, Signal, Snooze

_ENDED: Final = 1 << 62


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it should be now; what that adds to its history, and what has to be done."""

    case: Case
    entries: list[Entry]
    effects: list[AnyEffect]


def settle(case: Case, rules: Rules, away: list[str], now: int, *, news: bool = False) -> Settled:
    """Return `case` as it should be at `now` (ns).

    Parameters
    ----------
    away
        Who has signed off.
    news
        Something new is known of the condition: what is given already is given again.
    """
    condition, entries = expired(case.condition, now)
    returned = case.condition.delegated_until is not None and condition.delegated_until is None
    signals = [_unanswered(one, rules, now) for one in case.signals]
    if not condition.calling:
        return _quiet(condition, signals, entries, now)
    steps = steps_of(rules, condition, now)
    step = min(condition.step, len(steps) - 1)
    if any(signal.channel == SIREN and signal.withdrawn is None for signal in signals):
        step = len(steps) - 1  # a longer plan of the next shift does not silence it
    if step < 0:
        step, condition = 0, msgspec.structs.replace(condition, stepped=now)
    effects: list[AnyEffect] = []
    made = condition.signals
    instead = ways_instead(rules, condition, now, away) if _siren_fails(signals) else []
    while True:
        wanted = _wanted(rules, steps[: step + 1], condition, now, away)
        planned = wanted.keys()
        wanted = {**dict.fromkeys(instead, step), **wanted}
        signals, given, made = _tell(signals, wanted, planned, condition, rules, made, now)
        effects += given
        if step + 1 == len(steps) or not _goes(condition, signals, step, steps[step + 1], now):
            break
        step += 1
        condition = msgspec.structs.replace(condition, stepped=now)
    fresh = {effect.signal for effect in effects if isinstance(effect, Give)}
    for i, signal in enumerate(signals):
        again = news or (returned and not signal.remote) or _repeats(signal, condition, rules, now)
        if signal.withdrawn is None and signal.id not in fresh and again:
            signals[i] = msgspec.structs.replace(
                signal,
                sent=now,
                times=signal.times + 1,
                answered=False,
                priority=condition.priority,
            )
            effects.append(Give(signal=signal.id, channel=signal.channel, times=signals[i].times))
    condition = msgspec.structs.replace(condition, step=step, signals=made)
    return Settled(
        case=Case(condition=condition, signals=signals), entries=entries, effects=effects
    )


def expired(condition: Condition, now: int) -> tuple[Condition, list[Entry]]:
    """Return `condition` without what held until `now` (ns) or before, and the history of that."""
    if not condition.open:
        return condition, []
    entries = []
    if condition.acknowledged is not None and condition.acknowledged.until <= now:
        who = condition.acknowledged.who
        entries.append(Entry(at=now, what=Deed.NOBODY_THERE, who=who))
        condition = msgspec.structs.replace(condition, acknowledged=None)
    if condition.snoozed is not None and condition.snoozed.until <= now:
        entries.append(Entry(at=now, what=Deed.UNSNOOZED))
        condition = msgspec.structs.replace(condition, snoozed=None)
    if condition.paused_until is not None and condition.paused_until <= now:
        condition = msgspec.structs.replace(condition, paused_until=None)
    if condition.delegated_until is not None and condition.delegated_until <= now:
        condition = msgspec.structs.replace(condition, delegated_until=None)
    return condition, entries


def due(case: Case, rules: Rules, now: int) -> int | None:
    """Return when (ns) `settle` would change the settled `case` without any further input."""
    condition = case.condition
    if not condition.open:
        return None
    instants = [
        _ENDED if condition.acknowledged is None else condition.acknowledged.until,
        _ENDED if condition.snoozed is None else condition.snoozed.until,
        condition.paused_until or _ENDED,
        condition.delegated_until or _ENDED,
    ]
    if condition.calling:
        steps = steps_of(rules, condition, now)
        if condition.step + 1 < len(steps) and goes_on(
            steps[condition.step + 1], condition.priority
        ):
            instants.append(condition.stepped + _ns(steps[condition.step + 1].after_s))
        for signal in case.signals:
            if signal.withdrawn is None:
                if _may_repeat(signal, condition):
                    instants.append(signal.sent + _ns(rules.repeat_s))
                if signal.due:
                    instants.append(signal.sent + _ns(rules.answer_s))
    first = min(instants)
    return None if first == _ENDED else first


def answered(signal: Signal, delivery: Delivery, now: int) -> Signal:
    """Return `signal` as its channel answered at `now` (ns)."""
    if delivery is Delivery.FAILED:
        return msgspec.structs.replace(signal, answered=True, failed=signal.failed or now)
    reached = msgspec.structs.replace(
        signal,
        answered=True,
        failed=None,
        delivered=now if signal.delivered is None else signal.delivered,
    )
    if delivery is Delivery.DELIVERED or reached.shown is not None:
        return reached
    return msgspec.structs.replace(reached, shown=now)


def bounded(case: Case, rules: Rules, snoozes: Iterable[Snooze], now: int) -> Case:
    """Return `case` with nothing begun after `now` (ns), nor held for longer than it may be.

    Where a clock was set, what bears the new time already was moved with the rest; and a hub that
    starts does not know by how much its clock was set back. Either may ring early, never late.

    Parameters
    ----------
    snoozes
        Those of the house, bounded already.
    """
    condition = case.condition
    held, snoozed = condition.acknowledged, condition.snoozed
    ends = {one.id: one.until for one in snoozes}
    if held is not None:
        most = now + _ns(holds_s(rules, condition, there=held.there))
        held = msgspec.structs.replace(held, until=min(held.until, most))
    if snoozed is not None:
        most = ends.get(snoozed.snooze, now)
        snoozed = msgspec.structs.replace(snoozed, until=min(snoozed.until, most))
    kept = msgspec.structs.replace(
        condition,
        stepped=min(condition.stepped, now),
        acknowledged=held,
        snoozed=snoozed,
        paused_until=_at_most(condition.paused_until, now + LONGEST_PAUSE_S * NS),
        delegated_until=_at_most(condition.delegated_until, now + _ns(rules.repeat_s)),
    )
    signals = [msgspec.structs.replace(one, sent=min(one.sent, now)) for one in case.signals]
    return Case(condition=kept, signals=signals)


def rebased(case: Case, by: int) -> Case:
    """Return `case` with its instants of hub time moved by `by` ns: the clock was set."""
    condition = case.condition
    held = condition.acknowledged
    snoozed = condition.snoozed
    moved = msgspec.structs.replace(
        condition,
        stepped=condition.stepped + by,
        acknowledged=held and msgspec.structs.replace(held, until=held.until + by),
        snoozed=snoozed and msgspec.structs.replace(snoozed, until=snoozed.until + by),
        paused_until=_moved(condition.paused_until, by),
        delegated_until=_moved(condition.delegated_until, by),
    )
    signals = [msgspec.structs.replace(one, sent=one.sent + by) for one in case.signals]
    return Case(condition=moved, signals=signals)


def _at_most(instant: int | None, most: int) -> int | None:
    return None if instant is None else min(instant, most)


def _moved(instant: int | None, by: int) -> int | None:
    return None if instant is None else instant + by


def _ns(seconds: float) -> int:
    return round(seconds * NS)


def _unanswered(signal: Signal, rules: Rules, now: int) -> Signal:
    """Return `signal` as failed when its channel has said nothing for too long."""
    if signal.due and now - signal.sent >= _ns(rules.answer_s):
        return msgspec.structs.replace(signal, answered=True, failed=signal.failed or now)
    return signal


def _quiet(condition: Condition, signals: list[Signal], entries: list[Entry], now: int) -> Settled:
    """Take all signals back: nobody has to be told now."""
    held = condition.acknowledged if condition.state is not AlarmState.ACTIVE else None
    taken: list[Signal] = []
    effects: list[AnyEffect] = []
    for signal in signals:
        if signal.withdrawn is None:
            own = held is not None and held.who == signal.recipient
            signal = msgspec.structs.replace(
                signal,
                withdrawn=now,
                acknowledged=held.at if held is not None and own else signal.acknowledged,
            )
            effects.append(Withdraw(signal=signal.id, channel=signal.channel))
        taken.append(signal)
    condition = msgspec.structs.replace(condition, step=-1, stepped=0, delegated_until=None)
    return Settled(case=Case(condition=condition, signals=taken), entries=entries, effects=effects)


def _wanted(
    rules: Rules, steps: list[Step], condition: Condition, now: int, away: list[str]
) -> dict[Way, int]:
    """Return whom the steps so far tell ► the first step that does."""
    wanted: dict[Way, int] = {}
    for number, step in enumerate(steps):
        for way in ways_of(rules, step, condition, now, away):
            wanted.setdefault(way, number)
    return wanted


def _siren_fails(signals: list[Signal]) -> bool:
    """Return whether the siren could not be reached while this calls.

    Whoever rings in its place goes on when it sounds after all: to take that back would tell them
    that it is over.
    """
    given = [signal for signal in signals if signal.withdrawn is None]
    return any(one.instead or (one.channel == SIREN and one.failed is not None) for one in given)


def _tell(
    signals: list[Signal],
    wanted: dict[Way, int],
    planned: Collection[Way],
    condition: Condition,
    rules: Rules,
    made: int,
    now: int,
) -> tuple[list[Signal], list[AnyEffect], int]:
    """Take back what is given to whoever is not wanted any more, and tell whoever is not told.

    Parameters
    ----------
    wanted, planned
        All who are to be told, with the step that does; those of them whom the plan tells.
    """
    effects: list[AnyEffect] = []
    kept: list[Signal] = []
    told: set[Way] = set()
    for signal in signals:
        way = Way(signal.recipient, signal.channel)
        if signal.withdrawn is None and way not in wanted:
            signal = msgspec.structs.replace(signal, withdrawn=now)
            effects.append(Withdraw(signal=signal.id, channel=signal.channel))
        elif signal.withdrawn is None:
            told.add(way)
        kept.append(signal)
    for way, step in wanted.items():
        if way in told:
            continue
        signal = Signal(
            id=f"{condition.id}:{made}",
            condition=condition.id,
            step=step,
            recipient=way.recipient,
            channel=way.channel,
            priority=condition.priority,
            sent=now,
            remote=way.channel in rules.remote,
            instead=way not in planned,
        )
        made += 1
        kept.append(signal)
        effects.append(Give(signal=signal.id, channel=signal.channel, times=1))
    return kept, effects, made


def _goes(
    condition: Condition, signals: list[Signal], step: int, following: Step, now: int
) -> bool:
    """Return whether the escalation leaves `step` for the `following` one now."""
    if not goes_on(following, condition.priority):
        return not any(signal.reaches for signal in signals)
    reached = any(signal.reaches for signal in signals if signal.step == step)
    return not reached or now - condition.stepped >= _ns(following.after_s)


def _may_repeat(signal: Signal, condition: Condition) -> bool:
    """Return whether `signal` is given again: on site not while a far side stands for it."""
    return signal.remote or condition.delegated_until is None


def _repeats(signal: Signal, condition: Condition, rules: Rules, now: int) -> bool:
    return (
        condition.audible.value != "none"
        and condition.priority >= Priority.MEDIUM
        and _may_repeat(signal, condition)
        and now - signal.sent >= _ns(rules.repeat_s)
    )
