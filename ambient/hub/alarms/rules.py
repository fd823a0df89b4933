"""What a site decides about its alarms: times, who is told when, channels; and who that is now.

Comes in: `Rules`, built from ``hub.yaml`` and kept in the log, so that what was decided can be
derived again; a condition and an instant. Goes out: the steps of an escalation and the recipients
of each.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from ambient.hub.alarms import rota
from ambient.hub.alarms.condition import Condition, Priority
from ambient.hub.alarms.rota import Rota
from ambient.hub.alarms.signal import EVERYBODY, PAGE, SIREN

NS: Final = 1_000_000_000


class Group(StrEnum):
    """Who is told in a step."""

    ROOM = "room"
    """Those on duty who care for the room or its floor."""
    SHIFT = "shift"
    """All on duty."""
    NURSE = "nurse"
    """The nurse in charge."""
    OUTSIDE = "outside"
    """Whoever is called from outside the house."""
    SIREN = "siren"
    """Everything on site that makes a noise."""


class Step(Struct, frozen=True, kw_only=True):
    """One step: who is told, and how long (s) after the step before."""

    to: Group
    after_s: float = 0.0


class Plan(Struct, frozen=True, kw_only=True):
    """The steps for some rooms, floors and shifts; an empty list stands for all of them."""

    steps: list[Step]
    rooms: list[str] = []
    floors: list[str] = []
    shifts: list[str] = []


DEFAULT_STEPS: Final = [
    Step(to=Group.ROOM),
    Step(to=Group.SHIFT, after_s=60),
    Step(to=Group.NURSE, after_s=60),
    Step(to=Group.OUTSIDE, after_s=60),
]
LAST_STEP: Final = Step(to=Group.SIREN, after_s=60)


class Rules(Struct, frozen=True, kw_only=True):
    """What a site decides.

    Attributes
    ----------
    plans
        The first that fits is used, `DEFAULT_STEPS` when none does; `LAST_STEP` follows where the
        siren is no step of the plan.
    floors
        Room ► its floor.
    outside
        Channels to whoever is outside.
    remote
        Channels whose far side gives the signal itself and may stand for the site's own.
    coming_s
        So long an acknowledgement of what rings loudly holds until somebody is there.
    there_s
        So long it holds from then on.
    seen_s
        So long it holds for everything else.
    repeat_s
        A signal is given again after so long, until somebody acknowledges.
    answer_s
        A channel that says nothing for so long has failed.
    together_s
        Technical conditions of one cause within so long are one.
    backstop
        Whether everybody is told in every other way where the siren itself cannot be reached; a
        log of before does not know it.
    """

    rota: Rota = field(default_factory=Rota)
    plans: list[Plan] = []
    floors: dict[str, str] = {}
    outside: list[str] = []
    remote: list[str] = []
    coming_s: float = 600.0
    there_s: float = 1800.0
    seen_s: float = 3600.0
    repeat_s: float = 60.0
    answer_s: float = 10.0
    together_s: float = 60.0
    backstop: bool = False


class Way(Struct, frozen=True):
    """A recipient, and the channel that reaches them."""

    recipient: str
    channel: str


def steps_of(rules: Rules, condition: Condition, now: int) -> list[Step]:
    """Return the steps for `condition` at `now` (ns); the last is always the siren."""
    on = set(rota.shifts_at(rules.rota, now))
    floor = rules.floors.get(condition.room or "")
    for plan in rules.plans:
        if (
            (not plan.rooms or condition.room in plan.rooms)
            and (not plan.floors or floor in plan.floors)
            and (not plan.shifts or on.intersection(plan.shifts))
        ):
            steps = plan.steps
            break
    else:
        steps = DEFAULT_STEPS
    kept = [step for step in steps if step.to is not Group.SIREN]
    return [*kept, next((step for step in steps if step.to is Group.SIREN), LAST_STEP)]


def ways_of(rules: Rules, step: Step, condition: Condition, now: int, away: list[str]) -> list[Way]:
    """Return whom `step` tells at `now` (ns), and how; nobody when the rota has nobody."""
    if step.to is Group.SIREN:
        return [Way(EVERYBODY, SIREN)]
    if step.to is Group.OUTSIDE:
        return [Way(Group.OUTSIDE.value, channel) for channel in rules.outside]
    duty = rota.on_duty(rules.rota, now, away)
    if step.to is Group.NURSE:
        duty = [member for member in duty if member.nurse]
    elif step.to is Group.ROOM:
        floor = rules.floors.get(condition.room or "")
        duty = [m for m in duty if condition.room in m.rooms or (floor and floor in m.floors)]
    elif not rules.rota.staff:
        return [Way(EVERYBODY, PAGE)]  # a site without a rota: whoever is at a page
    return [Way(member.id, channel) for member in duty for channel in member.ways]


def ways_instead(rules: Rules, condition: Condition, now: int, away: list[str]) -> list[Way]:
    """Return who rings in place of a siren that cannot be reached: all on duty, outside, pages.

    A plan may have left some of them out, and behind the siren there is nobody else.
    """
    if not rules.backstop:
        return []
    groups = (Group.SHIFT, Group.OUTSIDE)
    ways = [way for to in groups for way in ways_of(rules, Step(to=to), condition, now, away)]
    return [Way(EVERYBODY, PAGE), *ways]


def goes_on(step: Step, priority: Priority) -> bool:
    """Return whether time alone leads to `step`.

    What does not ring loudly wakes nobody outside and sounds no siren while somebody was reached.
    """
    return priority is Priority.HIGH or step.to not in (Group.OUTSIDE, Group.SIREN)


def holds_s(rules: Rules, condition: Condition, *, there: bool) -> float:
    """Return for how long (s) an acknowledgement of `condition` holds."""
    if condition.priority is Priority.HIGH:
        return rules.there_s if there else rules.coming_s
    return rules.seen_s
