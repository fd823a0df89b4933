"""A house in which everything goes wrong: inputs in, and after each whether the rules kept faith.

Comes in: rules, how each channel behaves, inputs with the time that passes before each. Goes out:
the first thing that must never happen, as `UnfaithfulError`. `Drill` keeps its own, much simpler
account of what must be open, so that the rules are not checked against themselves. Time is
simulated: all that is due and all that channels answer happens in order.

What must hold after every input:

- who was surely on the floor, or called, is on the list until a person says what it was;
- only evidence or a person ends a condition; time, channels, snoozes and duty never do;
- what is ended has no signal, and none is given for it;
- what calls is given to somebody whom it reaches or may still reach, or to the siren;
- what calls loudly for as long as its plan takes is at the siren;
- where the siren cannot be reached every page, all on duty and those outside are told instead;
- what is quiet although it would sound is quiet for a stated time, or another stands for it;
- every signal is repeated in time, and nothing is held for longer than it may be, also where the
  clock was set or the hub started anew;
- the log, played again, gives the same state, bit for bit.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from ambient.errors import AmbientError, UsageError
from ambient.events import (
    AnyEvent,
    FallConfirmed,
    FallLongLie,
    FallSuspected,
    Situation,
    SituationStep,
)
from ambient.hub.alarms import inputs, log, rules, system
from ambient.hub.alarms.book import Case, MemoryBook
from ambient.hub.alarms.chain import Line
from ambient.hub.alarms.condition import AlarmState, Condition, Presence, Priority, Sound
from ambient.hub.alarms.effects import Give
from ambient.hub.alarms.inputs import AnyInput, Begin, Delivered, Tick
from ambient.hub.alarms.kinds import BUDGETED, CALLS, AlarmKind
from ambient.hub.alarms.log import Entry
from ambient.hub.alarms.rules import NS, Rules
from ambient.hub.alarms.signal import (
    LONGEST_PAUSE_S,
    LONGEST_SNOOZE_S,
    PAGE,
    SIREN,
    Delivery,
    longest_snooze_s,
)

ENDING: Final = (
    *(inputs.Heard, inputs.NodeSpeaks, inputs.Resolve, inputs.Record),
    *(inputs.RoomsBound, inputs.RoomsLeft, inputs.NodeGone),
)
"""Inputs that may end a condition: evidence, or a person's word."""


class UnfaithfulError(AmbientError):
    """Something happened that must never happen."""


class Behaviour(StrEnum):
    """How a channel behaves."""

    WORKS = "works"
    SHOWS = "shows"
    FAILS = "fails"
    MUTE = "mute"
    """It says nothing, whatever it does."""
    TAKES = "takes"
    """A far side gives the signal for half a minute, and says so once."""


class Drill:
    """One house, simulated.

    Parameters
    ----------
    given
        The site's rules.
    behaviour
        Channel ► how it behaves; others work. `behave` changes it.
    start
        Hub time (ns) at which it begins.
    """

    def __init__(
        self, given: Rules, behaviour: Mapping[str, Behaviour] | None = None, start: int = 0
    ) -> None:
        self.book = MemoryBook()
        self.now = start
        self.written: list[Line] = []
        self.heard: list[AnyEvent] = []
        self._known: set[str] = set()
        self._rules = given
        self._behaviour = dict(behaviour or {})
        self._answers: list[tuple[int, int, Delivered]] = []
        self._asked = 0
        self._unseen = False
        """Whether the clock was set and the hub's timer has not found it yet."""
        self._must: set[str] = set()
        self._steps: dict[str, int] = {}
        """Chain ► how far its events said that it is."""
        self._calling: dict[str, int] = {}
        self._longest = _longest_s(given)
        self.take(Begin(rules=given))

    def behave(self, channel: str, behaviour: Behaviour) -> None:
        """Let `channel` behave otherwise from now on."""
        self._behaviour[channel] = behaviour

    def wait(self, seconds: float) -> None:
        """Let time pass, with all that is due and answered in it."""
        until = self.now + round(seconds * NS)
        while True:
            instants = (self._due(), self._answers[0][0] if self._answers else None)
            instant = min((at for at in instants if at is not None), default=None)
            if instant is None or instant > until:
                break
            self.now = max(self.now, instant)
            if self._answers and self._answers[0][0] <= self.now:
                self.take(heapq.heappop(self._answers)[2])
            else:
                self.take(Tick())
                due = self._due()
                if due is not None and due <= self.now:
                    raise UnfaithfulError(f"something is due at {due} after all due was done")
        self.now = until
        self.take(Tick())

    def take(self, given: AnyInput) -> bool:
        """Take in an input now; return False when it was refused.

        Raises
        ------
        UnfaithfulError
            When something happened that must never happen.
        """
        open_before = {case.condition.id for case in self.book.open_cases()}
        try:
            outcome = system.apply(self.book, given, self.now)
        except UsageError:
            return False
        written = log.write(Entry(given=given, effects=outcome.effects), None)
        self.written.append(
            Line(number=len(self.written) + 1, at=self.now, body=written.body, seal="", hash="")
        )
        self._account(given)
        for effect in outcome.effects:
            if isinstance(effect, Give):
                self._give(effect)
        self._check(given, open_before, outcome.conditions)
        return True

    def hear(self, event: AnyEvent) -> None:
        """Take in an event, as the store does: each once, and it has been heard before or not."""
        if event.id not in self._known:
            self._known.add(event.id)
            self.heard.append(event)
            self.take(inputs.Heard(event=event))

    def set_clock(self, by: int, unseen: Callable[[], None] = lambda: None) -> None:
        """Set the hub's clock by `by` ns; the world goes on as before.

        Parameters
        ----------
        unseen
            What happens before the hub's timer finds that it was set.
        """
        self._move(by)
        self._unseen = True
        unseen()
        self._unseen = False
        self.take(inputs.Stepped(by=by))

    def restart(self, by: int) -> None:
        """Start the hub anew, with its clock set by `by` ns meanwhile."""
        self._move(by)
        self.take(Begin(rules=self._rules))

    def _move(self, by: int) -> None:
        self.now += by
        self._answers = [(at + by, asked, answer) for at, asked, answer in self._answers]
        self._calling = {condition: began + by for condition, began in self._calling.items()}

    def replayed(self) -> None:
        """Check that the log gives the same state again.

        Raises
        ------
        UnfaithfulError
            When it does not.
        """
        again = log.replay(self.written)
        if isinstance(again, log.Differs):
            raise UnfaithfulError(f"played again, line {again.number} has other effects")
        for name in ("conditions", "signals", "history", "reports"):
            if msgspec.json.encode(getattr(again, name)) != msgspec.json.encode(
                getattr(self.book, name)
            ):
                raise UnfaithfulError(f"played again, the log gives other {name}")
        if again.house() != self.book.house():
            raise UnfaithfulError("played again, the log gives another house")

    # -- the simulated world ---------------------------------------------------------------

    def _due(self) -> int | None:
        house = self.book.house()
        ends = [one.until for one in house.snoozes] + [one.until for one in house.shadows]
        return min([*self.book.due_at(), *ends], default=None)

    def _give(self, effect: Give) -> None:
        behaviour = self._behaviour.get(effect.channel, Behaviour.WORKS)
        if behaviour is Behaviour.MUTE:
            return
        delivery, until = Delivery.DELIVERED, None
        match behaviour:
            case Behaviour.SHOWS:
                delivery = Delivery.SHOWN
            case Behaviour.FAILS:
                delivery = Delivery.FAILED
            case Behaviour.TAKES:
                delivery, until = Delivery.TAKEN, self.now + 30 * NS
        answer = Delivered(signal=effect.signal, delivery=delivery, until=until)
        self._asked += 1
        heapq.heappush(self._answers, (self.now + NS, self._asked, answer))

    # -- an account of its own -------------------------------------------------------------

    def _account(self, given: AnyInput) -> None:
        """Note what must be open from now on, by the plainest rules."""
        if isinstance(given, inputs.Resolve):
            self._must.discard(given.condition)
        if not isinstance(given, inputs.Heard):
            return
        event = given.event
        step = 0
        match event:
            case FallSuspected():
                step = 1
            case FallConfirmed():
                step = 2
            case FallLongLie():
                step = 3
            case Situation() if AlarmKind.of(event) in CALLS:
                step = {
                    SituationStep.SUSPECTED: 1,
                    SituationStep.CONFIRMED: 2,
                    SituationStep.LASTING: 3,
                }.get(event.step, 0)
        if step > self._steps.get(event.chain, 0):
            self._steps[event.chain] = step
            if step > 1:
                self._must.add(event.chain)

    def _check(self, given: AnyInput, open_before: Iterable[str], changed: Iterable[str]) -> None:
        cases = {case.condition.id: case for case in self.book.open_cases()}
        for lost in self._must - cases.keys():
            raise UnfaithfulError(f"alarm {lost} is lost after {given}")
        if not isinstance(given, ENDING):
            for ended in set(open_before) - cases.keys():
                raise UnfaithfulError(f"alarm {ended} was ended by {given}")
        for condition in changed:
            case = self.book.case(condition)
            if case is not None and case.condition.presence is Presence.ENDED and case.signals:
                raise UnfaithfulError(f"alarm {condition} has signals after its end")
        for gone in self._calling.keys() - cases.keys():
            del self._calling[gone]
        for case in cases.values():
            self._check_open(case, isinstance(given, Tick))

    def _check_open(self, case: Case, ticked: bool) -> None:
        condition = case.condition
        name = f"alarm {condition.id} ({condition.kind.value})"
        if condition.audible is Sound.NONE or not condition.calling:
            self._calling.pop(condition.id, None)
            if case.signals:
                raise UnfaithfulError(f"{name} is given although it does not call")
            if condition.audible is not Sound.NONE:
                self._check_quiet(condition, name, ticked)
                if ticked:
                    self._check_held(condition, name)
            return
        began = self._calling.setdefault(condition.id, self.now)
        siren = any(one.channel == SIREN for one in case.signals)
        if not siren and not any(one.reaches for one in case.signals):
            raise UnfaithfulError(f"{name} calls and reaches nobody, and the siren is silent")
        late = self.now - began > round(self._longest * NS)
        if condition.priority is Priority.HIGH and late and not siren:
            raise UnfaithfulError(f"{name} calls for longer than its plan, and the siren is silent")
        if siren and self._rules.backstop:
            self._check_instead(case, name)
        for signal in case.signals:
            if ticked and signal.sent > self.now:
                raise UnfaithfulError(f"{name} was given by {signal.channel} in the future")
            waits = condition.delegated_until is None or signal.remote
            if ticked and waits and self.now - signal.sent > round(self._rules.repeat_s * NS):
                raise UnfaithfulError(f"{name} is not repeated by {signal.channel}")

    def _check_instead(self, case: Case, name: str) -> None:
        failed = any(one.channel == SIREN and one.failed is not None for one in case.signals)
        told = {one.channel for one in case.signals}
        if failed and not told.issuperset({PAGE, *self._rules.outside}):
            raise UnfaithfulError(f"{name} has a siren that fails, and nothing in its place")

    def _check_quiet(self, condition: Condition, name: str, ticked: bool) -> None:
        """Check that what would sound and does not is quiet for a stated time alone."""
        held = condition.acknowledged
        snoozed = condition.snoozed
        ends = [
            None if held is None else held.until,
            None if snoozed is None else snoozed.until,
            condition.paused_until,
        ]
        stated = [one for one in ends if one is not None]
        if condition.leader is not None:
            leader = self.book.conditions.get(condition.leader)
            if leader is None or not leader.open or leader.leader is not None:
                raise UnfaithfulError(f"{name} stands behind {condition.leader}, which is not open")
        elif condition.shadow is not None or condition.held is not None:
            self._check_restrained(condition, name, ticked)
        elif not stated:
            raise UnfaithfulError(f"{name} is quiet for no reason")
        elif max(stated) > self.now + LONGEST_QUIET_S * NS:
            raise UnfaithfulError(f"{name} is quiet for too long")
        elif condition.state is AlarmState.ACKNOWLEDGED and held is None:
            raise UnfaithfulError(f"{name} is seen to by nobody")

    def _check_held(self, condition: Condition, name: str) -> None:
        """Check that nothing holds for longer than it may, whatever the clock was set to."""
        held, snoozed = condition.acknowledged, condition.snoozed
        given = self.book.house().rules
        longest = max(given.coming_s, given.there_s, given.seen_s)
        for until, most_s in (
            (None if held is None else held.until, longest),
            (None if snoozed is None else snoozed.until, longest_snooze_s(condition.kind)),
            (condition.paused_until, LONGEST_PAUSE_S),
        ):
            if until is not None and until > self.now + round(most_s * NS):
                raise UnfaithfulError(f"{name} is held for longer than it may be")

    def _check_restrained(self, condition: Condition, name: str, ticked: bool) -> None:
        house = self.book.house()
        lasting = {one.id for one in house.shadows}
        over = condition.presence is Presence.LATCHED
        if condition.shadow is not None and condition.shadow not in lasting and not over:
            raise UnfaithfulError(f"{name} is only recorded, and its shadow mode is over")
        if condition.held is not None and condition.kind not in BUDGETED:
            raise UnfaithfulError(f"{name} is held back, which it must never be")
        known = {one.id: one for one in house.thresholds}
        threshold = known.get(condition.held or "")
        if condition.held and (threshold is None or condition.probability >= threshold.below):
            raise UnfaithfulError(f"{name} is held back by no threshold")
        # At the very instant of an end the timer may have yet to speak.
        past = self.now if ticked else self.now - 1
        if not self._unseen and any(one.until <= past for one in house.shadows):
            raise UnfaithfulError(f"{name}: a shadow mode lasts beyond its end")


LONGEST_QUIET_S: Final = LONGEST_SNOOZE_S
"""Nothing withholds a sound for longer in one go."""


def _longest_s(given: Rules) -> float:
    """Return how long (s) the longest plan takes to come to the siren, whatever changes under way.

    Between two plans an escalation may pass from one to the other at a change of shift.
    """
    plans = [plan.steps for plan in given.plans] + [rules.DEFAULT_STEPS]
    sums = [sum(step.after_s for step in steps) + rules.LAST_STEP.after_s for steps in plans]
    return sum(sums) if len(sums) > 1 else sums[0]
