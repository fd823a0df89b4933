"""One input in, the alarms as they are from now on and the effects out: the whole reducer.

Comes in: a book with the state, one input of the closed list, the hub's time (ns). Goes out: what
the book then holds, and effects. Given the same inputs at the same times it does the same, bit for
bit; `ambient.hub.alarms.log` keeps them for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import msgspec
from msgspec import Struct

from ambient.errors import UsageError
from ambient.events import FallRecovered
from ambient.hub.alarms import (
    escalation,
    evidence,
    inputs,
    life,
    openings,
    restraint,
    technical,
)
from ambient.hub.alarms.book import Book, Case, Report
from ambient.hub.alarms.condition import Change, Condition, Deed, Entry, Judgement
from ambient.hub.alarms.effects import AnyEffect, TellNode
from ambient.hub.alarms.inputs import AnyInput
from ambient.hub.alarms.kinds import (
    TECHNICAL,
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


class UnknownAlarmError(UsageError):
    """No alarm has this id."""


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
        self._house = book.house()
        self._outcome = Outcome()

    def take(self, given: AnyInput) -> Outcome:
        match given:
            case inputs.Heard():
                self._heard(given)
            case inputs.NodeSilent() | inputs.NodeSpeaks() | inputs.Refused():
                self._node(given)
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
                self._see()
            case inputs.Delivered():
                self._delivered(given)
            case inputs.ChannelWorks():
                self._channel(given)
            case inputs.AcceptThreshold() | inputs.TakeBackThreshold():
                self._restrain(given)
            case inputs.StartShadow() | inputs.EndShadow():
                self._restrain(given)
            case inputs.AskForLog() | inputs.GrantLog() | inputs.ReadLog():
                self._keep_house(
                    openings=openings.openings_after(self._house.openings, given, self._now)
                )
            case inputs.Tick():
                self._tick()
            case inputs.Stepped():
                self._stepped(given.by)
            case inputs.Begin():
                self._begin(given)
            case inputs.Purge():
                self._outcome.changed |= self._book.purge(given.before) > 0
        return self._outcome

    # -- evidence --------------------------------------------------------------------------

    def _heard(self, given: inputs.Heard) -> None:
        event = given.event
        for key in may_end(event):
            case = self._book.open_case(key)
            if case is not None:
                self._follow(case, evidence.on_end(case.condition, event))
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
                self._house.thresholds,
                self._house.shadows,
                self._now,
            )
        self._follow(case, change)
        if isinstance(event, FallRecovered) and change is not None:
            self._check_after(change.condition)

    def _check_after(self, fall: Condition) -> None:
        dismissed = fall.reason in (Judgement.FALSE_ALARM, Judgement.TEST)
        change = restraint.task_of(fall, life.check_after(fall, self._now))
        if not dismissed and self._book.case(change.condition.id) is None:
            self._follow(None, change)

    def _node(self, given: inputs.NodeSilent | inputs.NodeSpeaks | inputs.Refused) -> None:
        if isinstance(given, inputs.Refused):
            event = given.event
            case = self._book.open_case(unenrolled_key(event.node, event.room or ""))
            known = None if case is None else case.condition
            self._follow(case, evidence.on_unenrolled(known, event, self._now))
            return
        case = self._book.open_case(silent_key(given.node))
        known = None if case is None else case.condition
        if isinstance(given, inputs.NodeSilent):
            change = evidence.on_silence(
                known, given.node, given.last, self._now, stopped=given.stopped
            )
            self._follow(case, change)
        elif known is not None:
            self._follow(case, evidence.on_speech(known, self._now))

    def _channel(self, given: inputs.ChannelWorks) -> None:
        case = self._book.open_case(channel_key(given.channel))
        known = None if case is None else case.condition
        change = evidence.on_channel(known, given.channel, given.fails_since, self._now)
        self._follow(case, change)

    def _administered(self, given: inputs.RoomsBound | inputs.NodeGone) -> None:
        if isinstance(given, inputs.RoomsBound):
            cases: Iterable[Case | None] = [
                self._book.open_case(unenrolled_key(given.node, room)) for room in given.rooms
            ]
        else:
            cases = [
                case for case in self._book.technical_cases() if case.condition.node == given.node
            ]
        for case in cases:
            if case is not None:
                change = life.closed(case.condition, given.who, Judgement.FIXED, self._now)
                self._follow(case, change)

    # -- people ----------------------------------------------------------------------------

    def _seen_to(self, given: inputs.OnMyWay | inputs.There | inputs.Pause) -> None:
        case = known(self._book, given.condition)
        condition, rules = case.condition, self._house.rules
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
        self._follow(case, change)

    def _judged(self, given: inputs.Resolve | inputs.Record) -> None:
        case = known(self._book, given.condition)
        condition = case.condition
        if isinstance(given, inputs.Record):
            self._follow(case, life.recorded(condition, given.who, given.record, self._now))
            return
        change = life.resolve(condition, given.who, given.judgement, self._now)
        if change is None:
            return
        if condition.acknowledged is None:
            self._tell_node(condition, given.who)
        led = technical.led_by(condition.id, self._led(condition))
        for member in led:
            closed = life.closed(member.condition, given.who, given.judgement, self._now)
            self._follow(member, closed)
        self._follow(case, change)
        task = self._book.open_case(check_key(condition.chain))
        dismissed = given.judgement in (Judgement.FALSE_ALARM, Judgement.TEST)
        if condition.kind is AlarmKind.FALL and dismissed and task is not None:
            done = life.closed(task.condition, given.who, given.judgement, self._now)
            self._follow(task, done)

    def _tell_node(self, condition: Condition, who: str) -> None:
        if condition.kind is AlarmKind.FALL:
            self._outcome.effects.append(
                TellNode(node=condition.node, chain=condition.chain, who=who)
            )

    def _snoozes(self, given: inputs.SnoozeFor | inputs.Unsnooze) -> None:
        if isinstance(given, inputs.Unsnooze):
            known = [one for one in self._house.snoozes if one.id == given.snooze]
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
        self._keep_house(snoozes=[*self._house.snoozes, snooze])
        self._each(lambda condition: life.snoozed(condition, snooze, self._now))

    def _end_snoozes(self, ids: list[str], who: str) -> None:
        kept = [one for one in self._house.snoozes if one.id not in ids]
        self._keep_house(snoozes=kept)
        for snooze in ids:
            self._each(partial(life.unsnoozed, snooze=snooze, who=who, now=self._now))

    def _duty(self, given: inputs.SignOff | inputs.SignOn | inputs.HandOver) -> None:
        who = given.who
        if isinstance(given, inputs.HandOver):
            self._keep_house(accepted_by=who, accepted_at=self._now)
            return
        away = set(self._house.away) - {who}
        if isinstance(given, inputs.SignOn):
            if sorted(away) != self._house.away:
                self._keep_house(away=sorted(away))
            return
        self._keep_house(away=sorted(away | {who}))
        self._end_snoozes([one.id for one in self._house.snoozes if one.by == who], who)
        self._each(lambda condition: life.left(condition, who, self._now))

    # -- restraint -------------------------------------------------------------------------

    def _restrain(self, given: restraint.ThresholdInput | restraint.ShadowInput) -> None:
        if isinstance(given, restraint.ThresholdInput):
            left = restraint.thresholds_after(self._house.thresholds, given, self._now)
            self._keep_house(thresholds=left)
            self._each(lambda condition: restraint.reheld(condition, left, self._now))
        else:
            self._keep_shadows(restraint.shadows_after(self._house.shadows, given, self._now))

    def _keep_shadows(self, left: list[Shadow]) -> None:
        over = {one.id for one in self._house.shadows} - {one.id for one in left}
        self._keep_house(shadows=left)
        if over:
            self._each(lambda condition: restraint.unshadowed(condition, over, self._now))

    # -- signals and time ------------------------------------------------------------------

    def _delivered(self, given: inputs.Delivered) -> None:
        signal = self._book.signal(given.signal)
        if signal is None:
            return  # of a condition that was kept long enough
        told = escalation.answered(signal, given.delivery, self._now)
        self._outcome.changed |= told != signal
        case = self._book.case(signal.condition)
        if case is None or signal.withdrawn is not None:
            self._book.put_signal(told)
            return
        signals = [told if one.id == told.id else one for one in case.signals]
        condition = case.condition
        until = given.until
        if given.delivery is Delivery.TAKEN and signal.remote and until is not None:
            # No far side may promise for longer than a channel may be silent.
            most = self._now + round(self._house.rules.repeat_s * NS)
            condition = msgspec.structs.replace(condition, delegated_until=min(until, most))
        elif given.delivery is Delivery.FAILED and signal.remote:
            held = condition.delegated_until
            condition = msgspec.structs.replace(condition, delegated_until=held and self._now)
        self._settle(Case(condition=condition, signals=signals))

    def _tick(self) -> None:
        over = [one.id for one in self._house.snoozes if one.until <= self._now]
        if over:
            self._keep_house(snoozes=[s for s in self._house.snoozes if s.id not in over])
        lasting = [one for one in self._house.shadows if one.until > self._now]
        if len(lasting) < len(self._house.shadows):
            self._keep_shadows(lasting)
        for case in self._book.due_cases(self._now):
            self._settle(case)

    def _stepped(self, by: int) -> None:
        snoozes = [
            msgspec.structs.replace(one, since=one.since + by, until=one.until + by)
            for one in self._house.snoozes
        ]
        self._keep_house(snoozes=snoozes)
        for case in self._book.open_cases():
            self._settle(escalation.rebased(case, by))

    def _begin(self, given: inputs.Begin) -> None:
        self._house = msgspec.structs.replace(self._house, rules=given.rules)
        self._book.put_house(self._house)
        self._outcome.changed = True
        if given.conditions:
            for condition in given.conditions:
                self._settle(Case(condition=condition))
            return
        for case in self._book.open_cases():
            # A hub that was off may find its clock set back: what it began is not in the future.
            ahead = max([case.condition.stepped, *(one.sent for one in case.signals)]) - self._now
            self._settle(escalation.rebased(case, -ahead) if ahead > 0 else case)

    # -- keeping ---------------------------------------------------------------------------

    def _each(self, change: Callable[[Condition], Change | None]) -> None:
        for case in self._book.open_cases():
            self._follow(case, change(case.condition))

    def _follow(self, case: Case | None, change: Change | None) -> None:
        """Keep what `change` says, whom it is to be told, and what follows for others."""
        if change is None:
            return
        condition = change.condition
        entries = list(change.entries)
        leader: Case | None = None
        if case is None:
            condition = msgspec.structs.replace(condition, opened=self._now)
            for snooze in self._house.snoozes:
                held = life.snoozed(condition, snooze, self._now)
                if held is not None and snooze.until > self._now:
                    condition, entries = held.condition, [*entries, *held.entries]
            leader = technical.leader_of(
                condition, self._led(condition), self._house.rules, self._now
            )
            if leader is not None:
                condition = msgspec.structs.replace(condition, leader=leader.condition.id)
        signals = [] if case is None else case.signals
        self._settle(Case(condition=condition, signals=signals), entries=entries, news=change.news)
        if leader is not None:
            # One more room is a new fact for whoever sees to the others.
            known = msgspec.structs.replace(leader.condition, acknowledged=None, paused_until=None)
            entry = Entry(at=self._now, what=Deed.CHANGED)
            self._settle(Case(condition=known, signals=leader.signals), [entry], news=True)
        if case is not None and case.condition.open and not condition.open:
            self._lead_on(case.condition)

    def _lead_on(self, ended: Condition) -> None:
        """Let the next condition of a cause lead when its leader has ended."""
        left = technical.led_by(ended.id, self._led(ended))
        for number, case in enumerate(left):
            leader = None if number == 0 else left[0].condition.id
            condition = msgspec.structs.replace(
                case.condition,
                leader=leader,
                acknowledged=ended.acknowledged if leader is None else None,
            )
            self._settle(Case(condition=condition, signals=case.signals))

    def _led(self, condition: Condition) -> list[Case]:
        return self._book.technical_cases() if condition.kind in TECHNICAL else []

    def _settle(self, case: Case, entries: Iterable[Entry] = (), *, news: bool = False) -> None:
        house = self._house
        settled = escalation.settle(case, house.rules, house.away, self._now, news=news)
        self._put(settled.case, [*entries, *settled.entries], settled.effects)

    def _put(self, case: Case, entries: list[Entry], effects: list[AnyEffect]) -> None:
        before = self._book.case(case.condition.id)
        due = escalation.due(case, self._house.rules, self._now)
        self._book.put(case, entries, due)
        self._outcome.effects += effects
        if before is not None and before == case and not entries and not effects:
            return
        self._outcome.changed = True
        self._outcome.conditions.append(case.condition.id)
        if before is None or before.condition != case.condition or entries:
            self._outcome.visible = True

    def _keep_house(self, **changes: object) -> None:
        self._house = msgspec.structs.replace(self._house, **changes)
        self._book.put_house(self._house)
        self._see()

    def _see(self) -> None:
        self._outcome.changed = self._outcome.visible = True
