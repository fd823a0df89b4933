"""What a row of the table of situations is, and whether a node did as it says.

In: a `Situation` and what the node told. Out: what is missing and what should not have come, as
sentences. `EVENTS` gives each event in words that a nurse reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ambient import events as ev
from tests.fusion.situations.kit import DAY, Story, Told, contributed

PEOPLE: Final = "anything about people"
FALLS: Final = "any fall, not even as possible"
TECHNICAL: Final = "any technical alarm"
BEDS: Final = "any word about a bed"
SOUNDS: Final = "any call or sound"
ABSENCES: Final = "any word about a wet room or stillness"

_FAMILIES: Final = {
    FALLS: "fall.",
    BEDS: "bed.",
    SOUNDS: "distress.",
    ABSENCES: "absence.",
}

WORDS: Final = {
    "fall.suspected": "shown: somebody may be on the floor",
    "fall.confirmed": "**alarm: somebody is on the floor**",
    "fall.long_lie": "**alarm again: has lain there for long**",
    "fall.recovered": "noted: is up again",
    "distress.help": "call for help",
    "distress.smoke_alarm": "smoke detector",
    "distress.cord": "call by cord or button",
    "distress.agitated": "signs of distress",
    "bed.edge": "sits on the edge of the bed",
    "bed.exit": "has left the bed",
    "bed.not_back": "is not back in bed",
    "bed.restless": "restless in bed",
    "absence.not_out": "has not come out of the wet room",
    "absence.no_movement": "does not move at all",
    "absence.wandering": "walks about at night",
    "quality.degraded": "technical: a camera or microphone cannot see or hear",
    "quality.not_watched": "noted: by plan nobody watches",
    "quality.restored": "noted: sees or hears again",
    "node.source_silent": "technical: a device says nothing",
    "node.data_late": "noted: readings came late",
    "node.clock_stepped": "noted: the clock was set",
    "vitals.deterioration": "early-warning score is high (research only)",
    "vitals.glucose": "glucose is low or will be (research only)",
}
_SHOWN: Final = ("bed.restless", "distress.agitated", "absence.wandering", "vitals.")
"""Kinds that never ring."""
_STEPS: Final = {
    "suspected": "shown: {} (perhaps)",
    "confirmed": "**alarm: {}**",
    "lasting": "**again: {}**",
    "ended": "noted as over: {}",
}


def in_words(name: str) -> str:
    """Return an event, ``bed.exit confirmed``, as a nurse reads it."""
    if name in (PEOPLE, TECHNICAL, *_FAMILIES):
        return name
    kind, _, step = name.partition(" ")
    said = WORDS.get(kind, name)
    if step == "confirmed" and kind.startswith(_SHOWN):
        return f"shown: {said}"
    return _STEPS[step].format(said) if step else said


@dataclass(frozen=True)
class Shall:
    """An event that shall come.

    Attributes
    ----------
    name
        Kind, and step where there is one: ``bed.exit confirmed``.
    after, before
        Between these seconds of the story.
    times
        How often in the whole story; None: once or oftener.
    room, subject
        Of which it shall be; None: whatever.
    because
        Senses that shall have contributed.
    """

    name: str
    after: float
    before: float
    times: int | None = None
    room: str | None = None
    subject: str | None = None
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Situation:
    """One row.

    Attributes
    ----------
    title, what
        What a nurse would call it, and what happens.
    home
        The node's configuration, YAML.
    story
        Writes down what happens.
    until
        Length, seconds.
    shall, shall_not
        What shall come, and what shall not: names of events, ``fall.confirmed``, or one of the
        constants above.
    one_alarm
        Whether all events about people shall be of one chain.
    not_yet
        Why it is not so today: the row is then expected to fail.
    """

    title: str
    what: str
    home: str
    story: Callable[[Story], None]
    until: float
    shall: Sequence[Shall] = ()
    shall_not: Sequence[str] = ()
    start: datetime = DAY
    one_alarm: bool = False
    not_yet: str = ""


class Rows:
    """The rows of one chapter of the table, added by decorating what writes each story."""

    def __init__(self, chapter: str) -> None:
        self.chapter = chapter
        self.rows: list[Situation] = []

    def add(
        self, title: str, what: str, home: str, until: float, **keys: object
    ) -> Callable[[Callable[[Story], None]], None]:
        """Return what adds a row whose story is the decorated function."""

        def take(story: Callable[[Story], None]) -> None:
            self.rows.append(Situation(title, what, home, story, until, **keys))  # type: ignore[arg-type]

        return take


def complaints(row: Situation, told: Sequence[Told]) -> list[str]:
    """Return in what the node did not do as the row says; empty when all is well."""
    found = []
    for one in row.shall:
        all_of_it = [each for each in told if each.name == one.name]
        fitting = [each for each in all_of_it if _fits(one, each)]
        if not fitting:
            came = ", ".join(f"{each.s:.1f} s" for each in all_of_it) or "never"
            found.append(
                f"expected {one.name} from {one.after:g} to {one.before:g} s, it came {came}"
            )
        elif one.times is not None and len(all_of_it) != one.times:
            found.append(f"expected {one.name} {one.times} times, it came {len(all_of_it)} times")
    for what in row.shall_not:
        found += [f"expected no {what}, {each.name} came at {each.s:.1f} s" for each in told
                  if _is(what, each)]  # fmt: skip
    chains = {each.event.chain for each in told if isinstance(each.event, ev.Judged)}
    if row.one_alarm and len(chains) != 1:
        found.append(f"expected one alarm, got {len(chains)}")
    return found


def _fits(one: Shall, told: Told) -> bool:
    event = told.event
    return (
        one.after <= told.s <= one.before
        and one.room in (None, event.room)
        and one.subject in (None, event.subject)
        and set(one.because) <= contributed(event)
    )


def _is(what: str, told: Told) -> bool:
    kind = told.name.partition(" ")[0]
    if what == PEOPLE:
        return isinstance(told.event, ev.Judged)
    if what == TECHNICAL:
        return kind in ("quality.degraded", "node.source_silent", "node.worker_failed")
    if what in _FAMILIES:
        return kind.startswith(_FAMILIES[what])
    return what in (kind, told.name)
