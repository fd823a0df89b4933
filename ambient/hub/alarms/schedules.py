"""Random nights for `drill.Drill`: what nodes, people, channels and clocks might do, in any order.

Comes in: a seed. Goes out: the drill after the night, or `UnfaithfulError`. The same seed is the
same night. Channels fail, fall mute and come back; people come late, sign off, snooze and judge;
nodes report twice, late and out of order; the clock is set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from msgspec import Struct

from ambient import events
from ambient.events import AnyEvent, Sense
from ambient.hub.alarms import inputs
from ambient.hub.alarms.condition import FallRecord, Injury, Judgement, SnoozeReason
from ambient.hub.alarms.drill import Behaviour, Drill
from ambient.hub.alarms.drill_events import NODES, ROOMS, fall_of, situation_of, view_of
from ambient.hub.alarms.kinds import CHAINED, AlarmKind
from ambient.hub.alarms.rota import Member, Rota, Shift
from ambient.hub.alarms.rules import NS, Group, Plan, Rules, Step
from ambient.observations import View

PEOPLE: Final = ("anna", "ben", "carla", "dora")
CHANNELS: Final = ("page", "pager", "phone", "outside", "siren")
START: Final = 1_761_429_600 * NS
"""An evening before a night with two 02:30s (Europe/Berlin, 25 October 2025)."""
WAITS_S: Final = (0.0, 0.2, 1.0, 5.0, 20.0, 70.0, 300.0, 1500.0)
WAITS: Final = (4, 4, 4, 4, 4, 3, 1, 0.2)
"""How long it takes until something more happens, and how often it takes so long."""
RULES: Final = Rules(
    rota=Rota(
        zone="Europe/Berlin",
        shifts=[
            Shift(id="day", begins=390, ends=1260),
            Shift(id="late", begins=1260, ends=150),
            Shift(id="early", begins=150, ends=390),
        ],
        staff=[
            Member(id="anna", shifts=["day", "late"], rooms=["r1", "r2"], ways=["page", "pager"]),
            Member(id="ben", shifts=["late", "early"], floors=["upper"], ways=["pager"]),
            Member(id="carla", shifts=["early"], rooms=["r1", "r4"], ways=["phone"]),
            Member(id="dora", shifts=["day", "late"], nurse=True, ways=["phone"]),
        ],
    ),
    plans=[
        Plan(
            shifts=["late"],
            steps=[Step(to=Group.SHIFT), Step(to=Group.NURSE, after_s=45)],
        ),
        Plan(rooms=["r4"], steps=[Step(to=Group.OUTSIDE), Step(to=Group.SIREN, after_s=20)]),
    ],
    floors={"r1": "lower", "r2": "lower", "r3": "upper", "r4": "upper"},
    outside=["outside"],
    remote=["outside", "phone"],
    backstop=True,
)


class Night(Struct, frozen=True, kw_only=True):
    """What a night came to."""

    inputs: int
    conditions: int
    signals: int
    failed: int
    at_siren: int


def night(seed: int, steps: int = 30) -> Night:
    """Play one random night and return what it came to.

    Raises
    ------
    UnfaithfulError
        When something happened that must never happen.
    """
    random = Random(seed)
    drill = Drill(RULES, start=START)
    house = _House(random, drill)
    for channel in CHANNELS:
        drill.behave(channel, random.choice(tuple(Behaviour)))
    for _ in range(steps):
        drill.wait(random.choices(WAITS_S, WAITS)[0])
        random.choices(house.deeds, house.weights)[0]()
    drill.wait(random.choice((0.0, 0.0, 900.0)))
    drill.replayed()
    signals = list(drill.book.signals.values())
    return Night(
        inputs=len(drill.written),
        conditions=len(drill.book.conditions),
        signals=len(signals),
        failed=sum(one.failed is not None for one in signals),
        at_siren=sum(one.channel == "siren" for one in signals),
    )


class _House:
    """What can happen in a house, each with how often it does."""

    def __init__(self, random: Random, drill: Drill) -> None:
        self._random = random
        self._drill = drill
        self._chains: list[list[AnyEvent]] = []
        weighted: list[tuple[float, Callable[[], None]]] = [
            (4, self.fall),
            (3, self.situation),
            (5, self.goes_on),
            (1, self.again),
            (3, self.technical),
            (2, self.silent),
            (4, self.on_my_way),
            (3, self.there),
            (4, self.resolve),
            (1, self.pause),
            (2, self.snooze),
            (1, self.unsnooze),
            (2, self.duty),
            (3, self.channel),
            (1, self.clock),
            (1, self.record),
            (0.5, self.missed),
            (1, self.threshold),
            (0.5, self.shadow),
        ]
        self.weights = [weight for weight, _ in weighted]
        self.deeds = [deed for _, deed in weighted]

    def fall(self) -> None:
        """Let somebody fall; some of what follows comes later, or never."""
        self._begin(fall_of(self._random.choice(ROOMS), self._drill.now, self._senses()))

    def situation(self) -> None:
        """Let something else happen to somebody."""
        kind = self._random.choice(
            (events.DistressHelp, events.DistressCord, events.AbsenceNotOut, events.BedExit)
        )
        probability = self._random.choice((0.55, 0.8, 1.0))
        room = self._random.choice(ROOMS)
        self._begin(situation_of(kind, room, self._drill.now, probability))

    def goes_on(self) -> None:
        """Let a chain go on, its next event first or not."""
        waiting = [chain for chain in self._chains if chain]
        if waiting:
            chain = self._random.choice(waiting)
            last = min(len(chain), 2)
            self._hear(chain.pop(self._random.randrange(last)))

    def again(self) -> None:
        """Let a node report again what it has reported."""
        heard = [entry for entry in self._drill.heard if self._random.random() < 0.3]
        for event in heard[:3]:
            self._hear(event)

    def technical(self) -> None:
        """Let a camera lose its view or get it back, in one room or all at once."""
        view = self._random.choice((View.DARK, View.GONE, View.OK))
        for room in self._some(ROOMS):
            self._hear(view_of(room, self._drill.now, view))

    def silent(self) -> None:
        """Let nodes fall silent, at one instant, or speak again."""
        nodes = self._some(NODES)
        if self._random.random() < 0.6:
            last = self._drill.now - 15 * NS
            silent = [inputs.NodeSilent(node=node, last=last) for node in nodes]
            self._drill.take(inputs.NodesSilent(nodes=silent))
            return
        for node in nodes:
            self._drill.take(inputs.NodeSpeaks(node=node))

    def on_my_way(self) -> None:
        """Let somebody see to an alarm."""
        if (condition := self._condition()) is not None:
            self._drill.take(inputs.OnMyWay(condition=condition, who=self._who()))

    def there(self) -> None:
        """Let somebody be there."""
        if (condition := self._condition()) is not None:
            self._drill.take(inputs.There(condition=condition, who=self._who()))

    def resolve(self) -> None:
        """Let somebody say what it was."""
        if (condition := self._condition()) is not None:
            kind = self._drill.book.conditions[condition].kind
            judged = (
                (Judgement.FALL, Judgement.HELP, Judgement.FALSE_ALARM, Judgement.TEST)
                if kind in CHAINED
                else (Judgement.FIXED, Judgement.TEST)
            )
            self._drill.take(
                inputs.Resolve(
                    condition=condition, who=self._who(), judgement=self._random.choice(judged)
                )
            )

    def record(self) -> None:
        """Let somebody look after whoever fell."""
        if (condition := self._condition()) is not None:
            record = FallRecord(injury=self._random.choice(tuple(Injury)))
            self._drill.take(inputs.Record(condition=condition, who=self._who(), record=record))

    def pause(self) -> None:
        """Let somebody pause the signals of an alarm."""
        if (condition := self._condition()) is not None:
            seconds = self._random.choice((30, 120, 600))
            self._drill.take(inputs.Pause(condition=condition, who=self._who(), seconds=seconds))

    def snooze(self) -> None:
        """Let somebody snooze a room or a kind."""
        self._drill.take(
            inputs.SnoozeFor(
                id=f"snooze-{len(self._drill.written)}",
                room=self._random.choice((*ROOMS, None)),
                kind=self._random.choice((AlarmKind.FALL, AlarmKind.BED_EXIT, None)),
                until=self._drill.now + self._random.choice((60, 600, 1800, 7200)) * NS,
                who=self._who(),
                reason=self._random.choice(tuple(SnoozeReason)),
            )
        )

    def unsnooze(self) -> None:
        """Let somebody end a snooze."""
        for snooze in self._drill.book.house().snoozes[:1]:
            self._drill.take(inputs.Unsnooze(snooze=snooze.id, who=self._who()))

    def duty(self) -> None:
        """Let somebody sign off or on, or accept the shift."""
        who = self._who()
        self._drill.take(
            self._random.choice(
                (
                    inputs.SignOff(who=who),
                    inputs.SignOn(who=who),
                    inputs.HandOver(who=who, digest="0" * 16),
                )
            )
        )

    def channel(self) -> None:
        """Let a channel behave otherwise."""
        self._drill.behave(self._random.choice(CHANNELS), self._random.choice(tuple(Behaviour)))

    def clock(self) -> None:
        """Set the hub's clock an hour back or forth, while things happen or the hub is off."""
        by = self._random.choice((-3600, 3600)) * NS
        if self._random.random() < 0.3:
            self._drill.restart(self._random.choice((by, 0)))
            return
        unseen = (lambda: None, self.goes_on, self.on_my_way, self.snooze, self.fall)
        self._drill.set_clock(by, self._random.choice(unseen))

    def missed(self) -> None:
        """Let somebody say that a fall was not reported."""
        self._drill.take(
            inputs.NotReported(
                id=f"missed-{len(self._drill.written)}",
                room=self._random.choice(ROOMS),
                about=self._drill.now - 600 * NS,
                who=self._who(),
            )
        )

    def threshold(self) -> None:
        """Let somebody accept a threshold, of a kind that may have none too, or take one back."""
        known = self._drill.book.house().thresholds
        if known and self._random.random() < 0.4:
            back = inputs.TakeBackThreshold(threshold=known[0].id, who=self._who())
            self._drill.take(back)
            return
        self._drill.take(
            inputs.AcceptThreshold(
                id=f"threshold-{len(self._drill.written)}",
                kind=self._random.choice((AlarmKind.BED_EXIT, AlarmKind.FALL)),
                room=self._random.choice((*ROOMS, None)),
                below=self._random.choice((0.6, 0.9)),
                proposal="0" * 16,
                who=self._who(),
            )
        )

    def shadow(self) -> None:
        """Let somebody have a room only recorded, or end that."""
        known = self._drill.book.house().shadows
        if known and self._random.random() < 0.4:
            self._drill.take(inputs.EndShadow(shadow=known[0].id, who=self._who()))
            return
        self._drill.take(
            inputs.StartShadow(
                id=f"shadow-{len(self._drill.written)}",
                room=self._random.choice(ROOMS),
                kinds=self._random.choice(([], [AlarmKind.BED_EXIT], [AlarmKind.CORD])),
                version=self._random.choice((None, "0" * 12, "1" * 12)),
                until=self._drill.now + self._random.choice((60, 600, 7200)) * NS,
                who=self._who(),
            )
        )

    def _begin(self, chain: list[AnyEvent]) -> None:
        self._chains.append(chain[1:])
        self._hear(chain[0])

    def _hear(self, event: AnyEvent) -> None:
        self._drill.hear(event)

    def _condition(self) -> str | None:
        known = sorted(self._drill.book.conditions)
        waiting = [case.condition.id for case in self._drill.book.open_cases()]
        if waiting and self._random.random() < 0.9:
            return self._random.choice(waiting)
        return self._random.choice(known) if known else None

    def _who(self) -> str:
        return self._random.choice(PEOPLE)

    def _some(self, all_of: Sequence[str]) -> Sequence[str]:
        return all_of if self._random.random() < 0.3 else (self._random.choice(all_of),)

    def _senses(self) -> list[Sense]:
        return [Sense.VISION_POSTURE, *([Sense.WEARABLE_IMPACT] * (self._random.random() < 0.3))]
