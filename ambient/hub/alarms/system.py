"""One input in, the alarms as they are from now on and the effects out: the whole reducer.

Comes in: a book with the state, one input of the closed list, the hub's time (ns). Goes out: what
the book then holds, and effects. Given the same inputs at the same times it does the same, bit for
bit; `ambient.hub.alarms.log` keeps them for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TypeVar

import msgspec

from ambient.errors import UsageError
from ambient.events import FallRecovered, NodeHas
from ambient.hub.alarms import escalation, evidence, gone, inputs, life, openings, restraint
from ambient.hub.alarms.book import Book, Case, Report
from ambient.hub.alarms.condition import Change, Condition, Judgement
from ambient.hub.alarms.effects import TellNode
from ambient.hub.alarms.inputs import AnyInput
from ambient.hub.alarms.keeper import Keeper, Outcome
from ambient.hub.alarms.kinds import (
    AlarmKind,
    channel_key,
    check_key,
    is_chained,
    may_end,
    opens,
    silent_key,
    unenrolled_key,
)
from ambient.hub.alarms.restraint import Shadow
from ambient.hub.alarms.rules import NS
from ambient.hub.alarms.signal import Delivery, Snooze, longest_snooze_s

_Span = TypeVar("_Span", Snooze, Shadow)


class UnknownAlarmError(UsageError):
    """No alarm has this id."""


def apply(book: Book, given: AnyInput, now: int) -> Outcome:
    """Take in one input at `now` (ns).

    Raises
    ------
    UsageError
        When a person asked for what cannot be; the book is as before then.
    """
    return _Run(book, now).take(given)


def known(book: Book, condition: str) -> Case:
    """Return the case of a condition's id.

    Raises
    ------
    UnknownAlarmError
        When there is none.
    """
    case = book.case(condition)
    if case is None:
        raise UnknownAlarmError(
            f"alarm: expected the id of an alarm, got {condition[:40]!r}; reload the list"
        )
    return case


class _Run:
    """One call of `apply`."""

    def __init__(self, book: Book, now: int) -> None:
        self._book = book
        self._now = now
        self._keeper = Keeper(book, now)

    def take(self, given: AnyInput) -> Outcome:
        match given:
            case inputs.Heard():
                self._heard(given)
            case inputs.NodeSilent() | inputs.NodesSilent():
                self._silent(given.nodes if isinstance(given, inputs.NodesSilent) else [given])
            case inputs.NodeSpeaks() | inputs.Refused():
                self._node(given)
            case inputs.RoomsLeft() | inputs.RoomsBack():
                self._bound(given)
            case inputs.RoomsBound() | inputs.NodeGone():
                self._administered(given)
            case inputs.OnMyWay() | inputs.There() | inputs.Pause():
                self._seen_to(given)
            case inputs.Resolve() | inputs.Record():
                self._judged(given)
            case inputs.SnoozeFor() | inputs.Unsnooze():
                self._snoozes(given)
            case inputs.SignOff() | inputs.SignOn() | inputs.HandOver():
                self._duty(given)
            case inputs.NotReported():
                self._book.put_report(Report(said=given, at=self._now))
                self._keeper.see()
            case inputs.Delivered():
                self._delivered(given)
            case inputs.ChannelWorks():
                self._channel(given)
            case inputs.AcceptThreshold() | inputs.TakeBackThreshold():
                self._restrain(given)
            case inputs.StartShadow() | inputs.EndShadow():
                self._restrain(given)
            case inputs.AskForLog() | inputs.GrantLog() | inputs.ReadLog():
                self._keeper.keep_house(
                    openings=openings.openings_after(self._keeper.house.openings, given, self._now)
                )
            case inputs.Tick():
                self._tick()
            case inputs.Stepped():
                self._stepped(given.by)
            case inputs.Begin():
                self._begin(given)
            case inputs.Purge():
                self._keeper.outcome.changed |= self._book.purge(given.before) > 0
        return self._keeper.outcome

    # -- evidence --------------------------------------------------------------------------

    def _heard(self, given: inputs.Heard) -> None:
        event = given.event
        for key in may_end(event):
            case = self._book.open_case(key)
            if case is not None:
                self._keeper.follow(case, evidence.on_end(case.condition, event))
        if isinstance(event, NodeHas):
            for case in self._book.cases_of(event.node):
                self._keeper.follow(case, gone.on_has(case.condition, event))
        key_opened = opens(event)
        if key_opened is None:
            return
        chained = is_chained(key_opened)
        case = self._book.case(event.chain) if chained else self._book.open_case(key_opened)
        before = None if case is None else case.condition
        change = evidence.on_event(before, event, given.over)
        if change is not None:
            change = restraint.stated(
                before,
                change,
                event.config_version,
                self._keeper.house.thresholds,
                self._keeper.house.shadows,
                self._now,
            )
        self._keeper.follow(case, change)
        if isinstance(event, FallRecovered) and change is not None:
            self._check_after(change.condition)

    def _check_after(self, fall: Condition) -> None:
        dismissed = fall.reason in (Judgement.FALSE_ALARM, Judgement.TEST)
        change = restraint.task_of(fall, life.check_after(fall, self._now))
        if not dismissed and self._book.case(change.condition.id) is None:
            self._keeper.follow(None, change)

    def _silent(self, nodes: Iterable[inputs.NodeSilent]) -> None:
        for one in nodes:
            case = self._book.open_case(silent_key(one.node))
            known = None if case is None else case.condition
            change = evidence.on_silence(known, one.node, one.last, self._now, stopped=one.stopped)
            self._keeper.follow(case, change, more=True)
        self._keeper.tell_leaders()

    def _node(self, given: inputs.NodeSpeaks | inputs.Refused) -> None:
        if isinstance(given, inputs.Refused):
            event = given.event
            case = self._book.open_case(unenrolled_key(event.node, event.room or ""))
            known = None if case is None else case.condition
            self._keeper.follow(case, evidence.on_unenrolled(known, event, self._now))
            return
        case = self._book.open_case(silent_key(given.node))
        if case is not None:
            self._keeper.follow(case, evidence.on_speech(case.condition, self._now))

    def _channel(self, given: inputs.ChannelWorks) -> None:
        case = self._book.open_case(channel_key(given.channel))
        known = None if case is None else case.condition
        change = evidence.on_channel(known, given.channel, given.fails_since, self._now)
        self._keeper.follow(case, change)

    def _administered(self, given: inputs.RoomsBound | inputs.NodeGone) -> None:
        if isinstance(given, inputs.RoomsBound):
            cases: Iterable[Case | None] = [
                self._book.open_case(unenrolled_key(given.node, room)) for room in given.rooms
            ]
        else:
            cases = self._book.cases_of(given.node)
        for case in cases:
            if case is not None:
                change = life.closed(case.condition, given.who, Judgement.FIXED, self._now)
                self._keeper.follow(case, change)

    def _bound(self, given: inputs.RoomsLeft | inputs.RoomsBack) -> None:
        if isinstance(given, inputs.RoomsLeft):
            for case in self._book.cases_of(given.node):
                change = gone.on_left(case.condition, given.rooms, self._now)
                self._keeper.follow(case, change)
            return
        for condition in given.conditions:
            ended = self._book.case(condition)
            if ended is not None and self._book.open_case(ended.condition.key) is None:
                self._keeper.follow(ended, gone.on_back(ended.condition, self._now))

    # -- people ----------------------------------------------------------------------------

    def _seen_to(self, given: inputs.OnMyWay | inputs.There | inputs.Pause) -> None:
        case = known(self._book, given.condition)
        condition, rules = case.condition, self._keeper.house.rules
        change: Change | None
        match given:
            case inputs.OnMyWay():
                change = life.on_my_way(condition, given.who, self._now, rules)
            case inputs.There():
                change = life.there(condition, given.who, self._now, rules)
            case inputs.Pause():
                change = life.pause(condition, given.who, given.seconds, self._now)
        if change is not None and change.condition.acknowledged and not condition.acknowledged:
            self._tell_node(condition, given.who)
        self._keeper.follow(case, change)

    def _judged(self, given: inputs.Resolve | inputs.Record) -> None:
        case = known(self._book, given.condition)
        condition = case.condition
        if isinstance(given, inputs.Record):
            self._keeper.follow(case, life.recorded(condition, given.who, given.record, self._now))
            return
        change = life.resolve(condition, given.who, given.judgement, self._now)
        if change is None:
            return
        if condition.acknowledged is None:
            self._tell_node(condition, given.who)
        for member in self._keeper.led_by(condition):
            closed = life.closed(member.condition, given.who, given.judgement, self._now)
            self._keeper.follow(member, closed)
        self._keeper.follow(case, change)
        task = self._book.open_case(check_key(condition.chain))
        dismissed = given.judgement in (Judgement.FALSE_ALARM, Judgement.TEST)
        if condition.kind is AlarmKind.FALL and dismissed and task is not None:
            done = life.closed(task.condition, given.who, given.judgement, self._now)
            self._keeper.follow(task, done)

    def _tell_node(self, condition: Condition, who: str) -> None:
        if condition.kind is AlarmKind.FALL:
            self._keeper.outcome.effects.append(
                TellNode(node=condition.node, chain=condition.chain, who=who)
            )

    def _snoozes(self, given: inputs.SnoozeFor | inputs.Unsnooze) -> None:
        if isinstance(given, inputs.Unsnooze):
            known = [one for one in self._keeper.house.snoozes if one.id == given.snooze]
            if not known:
                raise UsageError(
                    f"snooze: expected one that holds, got {given.snooze[:40]!r}; reload the page"
                )
            self._end_snoozes([given.snooze], given.who)
            return
        longest = longest_snooze_s(given.kind)
        if not self._now < given.until <= self._now + longest * NS:
            raise UsageError(
                f"until: expected an instant within {longest // 60} minutes from now, got one "
                f"{(given.until - self._now) / NS / 60:.0f} minutes away"
            )
        snooze = Snooze(
            id=given.id,
            room=given.room,
            kind=given.kind,
            since=self._now,
            until=given.until,
            by=given.who,
            reason=given.reason,
        )
        self._keeper.keep_house(snoozes=[*self._keeper.house.snoozes, snooze])
        self._keeper.each(lambda condition: life.snoozed(condition, snooze, self._now))

    def _end_snoozes(self, ids: list[str], who: str) -> None:
        kept = [one for one in self._keeper.house.snoozes if one.id not in ids]
        self._keeper.keep_house(snoozes=kept)
        for snooze in ids:
            self._keeper.each(partial(life.unsnoozed, snooze=snooze, who=who, now=self._now))

    def _duty(self, given: inputs.SignOff | inputs.SignOn | inputs.HandOver) -> None:
        who = given.who
        if isinstance(given, inputs.HandOver):
            self._keeper.keep_house(accepted_by=who, accepted_at=self._now)
            return
        away = set(self._keeper.house.away) - {who}
        if isinstance(given, inputs.SignOn):
            if sorted(away) != self._keeper.house.away:
                self._keeper.keep_house(away=sorted(away))
            return
        self._keeper.keep_house(away=sorted(away | {who}))
        self._end_snoozes([one.id for one in self._keeper.house.snoozes if one.by == who], who)
        self._keeper.each(lambda condition: life.left(condition, who, self._now))

    # -- restraint -------------------------------------------------------------------------

    def _restrain(self, given: restraint.ThresholdInput | restraint.ShadowInput) -> None:
        if isinstance(given, restraint.ThresholdInput):
            left = restraint.thresholds_after(self._keeper.house.thresholds, given, self._now)
            self._keeper.keep_house(thresholds=left)
            self._keeper.each(lambda condition: restraint.reheld(condition, left, self._now))
        else:
            self._keep_shadows(
                restraint.shadows_after(self._keeper.house.shadows, given, self._now)
            )

    def _keep_shadows(self, left: list[Shadow]) -> None:
        over = {one.id for one in self._keeper.house.shadows} - {one.id for one in left}
        self._keeper.keep_house(shadows=left)
        if over:
            self._keeper.each(lambda condition: restraint.unshadowed(condition, over, self._now))

    # -- signals and time ------------------------------------------------------------------

    def _delivered(self, given: inputs.Delivered) -> None:
        signal = self._book.signal(given.signal)
        if signal is None:
            return  # of a condition that was kept long enough
        told = escalation.answered(signal, given.delivery, self._now)
        self._keeper.outcome.changed |= told != signal
        case = self._book.case(signal.condition)
        if case is None or signal.withdrawn is not None:
            self._book.put_signal(told)
            return
        signals = [told if one.id == told.id else one for one in case.signals]
        condition = case.condition
        until = given.until
        if given.delivery is Delivery.TAKEN and signal.remote and until is not None:
            # No far side may promise for longer than a channel may be silent.
            most = self._now + round(self._keeper.house.rules.repeat_s * NS)
            condition = msgspec.structs.replace(condition, delegated_until=min(until, most))
        elif given.delivery is Delivery.FAILED and signal.remote:
            held = condition.delegated_until
            condition = msgspec.structs.replace(condition, delegated_until=held and self._now)
        self._keeper.settle(Case(condition=condition, signals=signals))

    def _tick(self) -> None:
        self._end_what_is_over()
        for case in self._book.due_cases(self._now):
            self._keeper.settle(case)

    def _end_what_is_over(self) -> None:
        over = [one.id for one in self._keeper.house.snoozes if one.until <= self._now]
        if over:
            self._keeper.keep_house(
                snoozes=[s for s in self._keeper.house.snoozes if s.id not in over]
            )
        lasting = [one for one in self._keeper.house.shadows if one.until > self._now]
        if len(lasting) < len(self._keeper.house.shadows):
            self._keep_shadows(lasting)

    def _stepped(self, by: int) -> None:
        house = self._keeper.house
        snoozes = [_begun(_moved(one, by), self._now) for one in house.snoozes]
        shadows = [_moved(one, by) for one in house.shadows]
        accepted = None if house.accepted_at is None else min(house.accepted_at + by, self._now)
        self._keeper.keep_house(snoozes=snoozes, shadows=shadows, accepted_at=accepted)
        for case in self._book.open_cases():
            moved = escalation.rebased(case, by)
            self._keeper.settle(escalation.bounded(moved, house.rules, snoozes, self._now))

    def _begin(self, given: inputs.Begin) -> None:
        self._keeper.keep_rules(given.rules)
        if given.conditions:
            for condition in given.conditions:
                self._keeper.settle(Case(condition=condition))
            return
        house = self._keeper.house
        # A hub that was off may find its clock set back: what it began is not in the future.
        snoozes = [_begun(one, self._now) for one in house.snoozes]
        if snoozes != house.snoozes:
            self._keeper.keep_house(snoozes=snoozes)
        for case in self._book.open_cases():
            ahead = max([case.condition.stepped, *(one.sent for one in case.signals)]) - self._now
            moved = escalation.rebased(case, -ahead) if ahead > 0 else case
            self._keeper.settle(escalation.bounded(moved, house.rules, snoozes, self._now))
        # A shadow mode that ended meanwhile hides nothing from the first event on.
        self._end_what_is_over()


def _moved(span: _Span, by: int) -> _Span:
    """Return `span` with both ends moved by `by` ns."""
    return msgspec.structs.replace(span, since=span.since + by, until=span.until + by)


def _begun(snooze: Snooze, now: int) -> Snooze:
    """Return `snooze` as one that has begun by `now` (ns), and lasts as long as it was to."""
    ahead = max(0, snooze.since - now)
    return _moved(snooze, -ahead)
