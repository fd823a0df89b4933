"""No path loses an alarm: a state machine over the rules with failing channels, and random nights.

What must hold after every input stands in `ambient.hub.alarms.drill`; here it is driven, and shown
to notice rules that are broken on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ambient import events
from ambient.events import AnyEvent, Sense
from ambient.hub.alarms import (
    drill_events,
    escalation,
    evidence,
    inputs,
    keeper,
    life,
    schedules,
    technical,
)
from ambient.hub.alarms.condition import FallRecord, Judgement, Presence, SnoozeReason
from ambient.hub.alarms.drill import Behaviour, Drill, UnfaithfulError
from ambient.hub.alarms.drill_events import NODES, ROOMS
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rules import NS, Rules
from ambient.hub.alarms.schedules import CHANNELS, PEOPLE, RULES, START
from ambient.observations import View

BEHAVIOURS = st.sampled_from(Behaviour)
WHO = st.sampled_from(PEOPLE)
SECONDS = st.sampled_from([0.0, 0.5, 3.0, 11.0, 61.0, 130.0, 601.0, 1900.0])


class Alarms(RuleBasedStateMachine):
    """Nodes, people, channels and clocks in any order; `Drill` checks after every input."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[list[AnyEvent]] = []
        self.drill = Drill(Rules())

    @initialize(
        given=st.sampled_from([RULES, Rules()]),
        behaviour=st.fixed_dictionaries(dict.fromkeys(CHANNELS, BEHAVIOURS)),
        at=st.sampled_from([0, 5 * 3600, 5 * 3600 + 1700]),
    )
    def begin(self, given: Rules, behaviour: dict[str, Behaviour], at: int) -> None:
        self.drill = Drill(given, behaviour, START + at * NS)

    def condition(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.drill.book.conditions)))

    @rule(room=st.sampled_from(ROOMS), second=st.booleans())
    def fall(self, room: str, second: bool) -> None:
        senses = [Sense.VISION_POSTURE, *([Sense.WEARABLE_IMPACT] if second else [])]
        self.begins(drill_events.fall_of(room, self.drill.now, senses))

    @rule(
        room=st.sampled_from(ROOMS),
        kind=st.sampled_from([events.DistressHelp, events.AbsenceNoMovement, events.BedEdge]),
    )
    def situation(self, room: str, kind: type[AnyEvent]) -> None:
        self.begins(drill_events.situation_of(kind, room, self.drill.now))

    def begins(self, chain: list[AnyEvent]) -> None:
        self.waiting.append(chain)

    @precondition(lambda self: any(self.waiting))
    @rule(data=st.data())
    def arrives(self, data: st.DataObject) -> None:
        """One event of a chain, in whatever order."""
        chain = data.draw(st.sampled_from([chain for chain in self.waiting if chain]))
        self.drill.hear(chain.pop(data.draw(st.integers(0, len(chain) - 1))))

    @rule(room=st.sampled_from(ROOMS), view=st.sampled_from([View.DARK, View.GONE, View.OK]))
    def camera(self, room: str, view: View) -> None:
        self.drill.hear(drill_events.view_of(room, self.drill.now, view))

    @rule(nodes=st.sets(st.sampled_from(NODES), min_size=1))
    def silent(self, nodes: set[str]) -> None:
        last = self.drill.now - 15 * NS
        found = [inputs.NodeSilent(node=node, last=last) for node in sorted(nodes)]
        self.drill.take(inputs.NodesSilent(nodes=found))

    @rule(node=st.sampled_from(NODES))
    def speaks(self, node: str) -> None:
        self.drill.take(inputs.NodeSpeaks(node=node))

    @precondition(lambda self: self.drill.book.conditions)
    @rule(data=st.data(), who=WHO, there=st.booleans())
    def sees_to(self, data: st.DataObject, who: str, there: bool) -> None:
        condition = self.condition(data)
        self.drill.take(
            inputs.There(condition=condition, who=who)
            if there
            else inputs.OnMyWay(condition=condition, who=who)
        )

    @precondition(lambda self: self.drill.book.conditions)
    @rule(data=st.data(), who=WHO, judgement=st.sampled_from(Judgement))
    def resolves(self, data: st.DataObject, who: str, judgement: Judgement) -> None:
        condition = self.condition(data)
        self.drill.take(inputs.Resolve(condition=condition, who=who, judgement=judgement))

    @precondition(lambda self: self.drill.book.conditions)
    @rule(data=st.data(), who=WHO)
    def records(self, data: st.DataObject, who: str) -> None:
        condition = self.condition(data)
        self.drill.take(inputs.Record(condition=condition, who=who, record=FallRecord()))

    @precondition(lambda self: self.drill.book.conditions)
    @rule(data=st.data(), who=WHO, seconds=st.sampled_from([30, 120, 3600]))
    def pauses(self, data: st.DataObject, who: str, seconds: int) -> None:
        condition = self.condition(data)
        self.drill.take(inputs.Pause(condition=condition, who=who, seconds=seconds))

    @rule(
        room=st.sampled_from([*ROOMS, None]),
        kind=st.sampled_from([AlarmKind.FALL, AlarmKind.BED_EDGE, AlarmKind.CAMERA, None]),
        seconds=st.sampled_from([60, 1800, 4 * 3600]),
        who=WHO,
    )
    def snoozes(self, room: str | None, kind: AlarmKind | None, seconds: int, who: str) -> None:
        self.drill.take(
            inputs.SnoozeFor(
                id=f"snooze-{len(self.drill.written)}",
                room=room,
                kind=kind,
                until=self.drill.now + seconds * NS,
                who=who,
                reason=SnoozeReason.CARE,
            )
        )

    @rule(who=WHO, off=st.booleans())
    def duty(self, who: str, off: bool) -> None:
        self.drill.take(inputs.SignOff(who=who) if off else inputs.SignOn(who=who))

    @rule(channel=st.sampled_from(CHANNELS), behaviour=BEHAVIOURS)
    def channel(self, channel: str, behaviour: Behaviour) -> None:
        self.drill.behave(channel, behaviour)

    @rule(by=st.sampled_from([-3600, 3600]))
    def clock(self, by: int) -> None:
        self.drill.set_clock(by * NS)

    @rule()
    def restarts(self) -> None:
        """The hub starts again: its rules are in force anew."""
        self.drill.take(inputs.Begin(rules=self.drill.book.house().rules))

    @rule(seconds=SECONDS)
    def waits(self, seconds: float) -> None:
        self.drill.wait(seconds)

    @invariant()
    def is_one_open_case_per_key(self) -> None:
        keys = [case.condition.key for case in self.drill.book.open_cases()]
        assert len(keys) == len(set(keys))

    def teardown(self) -> None:
        self.drill.replayed()


TestAlarms = Alarms.TestCase
TestAlarms.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_random_nights_keep_faith() -> None:
    found = [schedules.night(seed) for seed in range(1000, 1080)]
    assert sum(one.failed for one in found) > 100, "channels do fail in them"
    assert sum(one.at_siren for one in found) > 10, "escalations do come to the siren"


@pytest.mark.parametrize("seed", [1947, 2059, 5782])
def test_a_night_in_which_the_clock_was_set_during_shadow_mode(seed: int) -> None:
    assert schedules.night(seed).inputs > 0


def test_the_same_seed_is_the_same_night() -> None:
    assert schedules.night(7) == schedules.night(7)


def _never_escalates(*_: object) -> bool:
    return False


_EXPIRED = escalation.expired


def _forgets(condition: Any, now: int) -> tuple[Any, list[Any]]:
    left, entries = _EXPIRED(condition, now)
    if condition.acknowledged is not None and left.acknowledged is None:
        return msgspec.structs.replace(left, presence=Presence.ENDED, resolved_at=now), []
    return left, entries


def _ends_what_recovers(condition: Any, *, reopen: bool = False) -> Any:
    over = Presence.ENDED if condition.recovered else Presence.ON
    return msgspec.structs.replace(condition, presence=over)


def _keeps_signals(condition: Any, signals: Any, entries: Any, now: int) -> Any:
    case = escalation.Case(condition=condition, signals=signals)
    return escalation.Settled(case=case, entries=entries, effects=[])


def _never(*_: object, **__: object) -> None:
    return None


def _stays_behind(self: object, ended: object) -> None:
    return None


@pytest.mark.parametrize(
    ("where", "name", "broken", "noticed"),
    [
        (escalation, "goes_on", _never_escalates, "longer than its plan"),
        (escalation, "expired", _forgets, "is lost|was ended by"),
        (escalation, "_quiet", _keeps_signals, "signals after its end|does not call"),
        (escalation, "_siren_fails", _never_escalates, "nothing in its place"),
        (escalation, "_repeats", _never_escalates, "is not repeated|after all due was done"),
        (evidence.situations, "as_seen", _ends_what_recovers, "is lost"),
        (life, "left", lambda c, *_: life.closed(c, "x", Judgement.TEST, 0), "is lost|was ended"),
        (keeper.Keeper, "_lead_on", _stays_behind, "stands behind"),
        (technical, "in_order", lambda *_: [], "stands behind"),
    ],
)
def test_broken_rules_are_noticed(
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    broken: Callable[..., Any],
    noticed: str,
) -> None:
    monkeypatch.setattr(where, name, broken)

    def play() -> None:
        for seed in range(120):
            schedules.night(seed)

    with pytest.raises(UnfaithfulError, match=noticed):
        play()
