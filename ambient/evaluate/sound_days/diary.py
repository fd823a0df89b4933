"""A day of a care room, as far as it sounds: a seed in, episodes with their sound out.

Hours of nothing but a steady noise are cut short: each change of a machine is played for a minute,
for nothing else is new in them. Everything that happens is played in full. How often what happens
is a belief, written down here; a room in five has a resident who calls often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ambient.evaluate.sound_days.programmes import Shelf, played
from audio.blocks import RATE, Samples
from models.sounds.synthesis import impacts, machines, voice
from models.sounds.synthesis.basics import Rng, pick, place
from models.sounds.synthesis.words import CALLS, TALK

DAY_S: Final = 86_400.0
NIGHT_H: Final = (22.0, 6.0)
CALLERS: Final = 5
"""Every so many-th room has a resident who calls often."""
CALLS_A_DAY: Final = (10, 30)
KNOWN_DAYS: Final = 3
"""So many days of calls are heard in such a room before the day that counts."""

HABITUAL: Final = "resident who calls often"

Maker = Callable[[Rng, Shelf], Samples]


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """Something that is heard.

    Attributes
    ----------
    name
        What it is.
    at_s
        Seconds since midnight.
    samples
        Its sound, the room's noise included.
    wanted
        Class that should ring; empty for none.
    """

    name: str
    at_s: float
    samples: Samples
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Often:
    """How often a day, and between which hours."""

    maker: Maker
    least: int
    most: int
    hours: tuple[float, float] = (7.0, 21.0)
    wanted: str = ""
    share: float = 1.0
    """Of days on which it happens at all."""


def caller(number: int) -> bool:
    """Return whether the resident of this room calls often."""
    return number % CALLERS == CALLERS - 1


def day(seed: int, number: int, things: Shelf) -> Iterator[Episode]:
    """Return the episodes of one room-day, in order; the same seed makes the same day."""
    rng = np.random.default_rng((seed, number))
    level_db = float(rng.uniform(-68, -45))
    machine = ("room", "room", "mattress pump", "oxygen concentrator")[rng.integers(4)]
    base = machines.STEADY[machine](rng, 20.0) * np.float32(10 ** (level_db / 20))
    planned: list[tuple[float, str, Often]] = []
    table = dict(TABLE)
    if caller(number):
        maker = _habitual(np.random.default_rng((seed, number, 8)))
        table[HABITUAL] = Often(maker, *CALLS_A_DAY, (0.0, 24.0))
    for name, often in table.items():
        if rng.random() >= often.share:
            continue
        for _ in range(int(rng.integers(often.least, often.most + 1))):
            first, last = often.hours
            planned.append((rng.uniform(first, last) % 24 * 3600, name, often))
    planned.sort(key=lambda each: each[0])
    free = 0.0
    for at, name, often in planned:
        sound = often.maker(rng, things)
        start = max(at, free)
        yield Episode(name, start, _over(rng, base, sound), often.wanted)
        free = start + len(sound) / RATE + 5.0


def calls_before(seed: int, number: int, things: Shelf) -> Iterator[Episode]:
    """Return the calls of a resident who calls often in the days before; `at_s` is below 0."""
    maker = _habitual(np.random.default_rng((seed, number, 8)))
    rng = np.random.default_rng((seed, number, 7))
    base = machines.STEADY["room"](rng, 20.0) * np.float32(10 ** (rng.uniform(-68, -45) / 20))
    free = -KNOWN_DAYS * DAY_S
    for back in range(KNOWN_DAYS, 0, -1):
        count = int(rng.integers(CALLS_A_DAY[0], CALLS_A_DAY[1] + 1))
        for at in sorted(rng.uniform(-back * DAY_S, (1 - back) * DAY_S, count).tolist()):
            sound = maker(rng, things)
            start = max(at, free)
            yield Episode(HABITUAL, start, _over(rng, base, sound))
            free = start + len(sound) / RATE + 8.0


def night(at_s: float) -> bool:
    """Return whether a time of day is at night."""
    hour = at_s / 3600 % 24
    return hour >= NIGHT_H[0] or hour < NIGHT_H[1]


def _over(rng: Rng, base: Samples, sound: Samples) -> Samples:
    """Return the sound over the noise of the room, with a moment of it before and after."""
    before = round(rng.uniform(1.5, 4.0) * RATE)
    total = before + len(sound) + 2 * RATE
    shift = int(rng.integers(len(base)))
    made = np.resize(np.roll(base, shift), total).astype(np.float32)
    made[before : before + len(sound)] += sound
    return np.clip(made, -1.0, 1.0)


def _television(rng: Rng, things: Shelf) -> Samples:
    count = int(rng.integers(3, 9))
    level = rng.uniform(-30, -8)
    picked = [things.programmes[i] for i in rng.integers(0, len(things.programmes), count)]
    return np.concatenate([played(rng, things, each, level) for each in picked])


def _talked(rng: Rng, things: Shelf, seconds: float, pause_s: float, greeting: float) -> Samples:
    """Return people who talk in one language; who comes in says hello at times."""
    language = str(rng.choice(list(CALLS)))
    made = np.zeros(round(seconds * RATE), np.float32)
    at = 0.2
    if rng.random() < greeting:
        said = things.speaker.say(rng, language, str(rng.choice(CALLS[language].call)))
        place(made, said, at)
        at += len(said) / RATE + rng.uniform(0.3, 2.0)
    while at < seconds:
        said = things.speaker.say(rng, language, str(rng.choice(TALK[language])))
        place(made, said, at, rng.uniform(0.4, 1.0))
        at += len(said) / RATE + rng.exponential(pause_s)
    return played(rng, things, made, rng.uniform(-25, -6))


def _visit(rng: Rng, things: Shelf) -> Samples:
    return _talked(rng, things, rng.uniform(15, 60), 0.8, 0.8)


def _telephone(rng: Rng, things: Shelf) -> Samples:
    return _talked(rng, things, rng.uniform(60, 180), 3.0, 1.0)


def _ring(name: str) -> Maker:
    def made(rng: Rng, things: Shelf) -> Samples:
        return played(
            rng, things, machines.RINGING[name](rng, rng.uniform(8, 25)), rng.uniform(-35, -6)
        )

    return made


def _steady(name: str, seconds: float) -> Maker:
    def made(rng: Rng, things: Shelf) -> Samples:
        return played(rng, things, machines.STEADY[name](rng, seconds), rng.uniform(-40, -10))

    return made


def _many(makers: tuple[Callable[[Rng], Samples], ...], most: int, over_s: float) -> Maker:
    def made(rng: Rng, things: Shelf) -> Samples:
        dry = np.zeros(round(over_s * RATE), np.float32)
        for _ in range(rng.integers(1, most + 1)):
            maker = pick(rng, makers)
            place(dry, maker(rng), rng.uniform(0, over_s * 0.9), rng.uniform(0.2, 1.0))
        return played(rng, things, dry, rng.uniform(-35, -3))

    return made


def _recorded(rng: Rng, things: Shelf) -> Samples:
    if not things.recorded:
        return _many(impacts.EVERYDAY, 3, 4.0)(rng, things)
    _, sound = pick(rng, things.recorded)
    return played(rng, things, sound, rng.uniform(-35, -6))


def _shouted(rng: Rng, things: Shelf, text: str, language: str, again: int) -> Samples:
    voices, effort = float(rng.random() < 0.5), rng.uniform(0.4, 1.0)
    sound = things.speaker.say(rng, language, text, voices=voices, effort=effort)
    dry = np.zeros(round(again * (len(sound) / RATE + 3.0) * RATE), np.float32)
    at = 0.0
    for _ in range(again):
        place(dry, sound, at, rng.uniform(0.8, 1.0))
        at += len(sound) / RATE + rng.uniform(1.0, 3.0)
    return played(rng, things, dry, rng.uniform(-20, -3))


def _help(rng: Rng, things: Shelf) -> Samples:
    language = str(rng.choice(list(CALLS)))
    text = str(rng.choice(CALLS[language].help))
    return _shouted(rng, things, text, language, int(rng.integers(1, 5)))


def _habitual(rng: Rng) -> Maker:
    """Return one resident's way to call: always the same word or two."""
    language = str(rng.choice(list(CALLS)))
    words = CALLS[language]
    texts = [str(rng.choice(words.help if rng.random() < 0.4 else words.call)) for _ in range(2)]

    def made(rng: Rng, things: Shelf) -> Samples:
        return _shouted(rng, things, str(rng.choice(texts)), language, int(rng.integers(2, 8)))

    return made


def _smoke(rng: Rng, things: Shelf) -> Samples:
    return played(rng, things, machines.smoke_alarm(rng, 30.0), rng.uniform(-20, -1))


TABLE: Final[dict[str, Often]] = {
    "television": Often(_television, 2, 3, (8.0, 23.0)),
    "visit": Often(_visit, 6, 10, (6.0, 22.0)),
    "visit at night": Often(_visit, 1, 2, (22.0, 30.0)),
    "telephone": Often(_telephone, 0, 2),
    "hearing-aid whistle": Often(_ring("hearing-aid whistle"), 1, 4),
    "infusion pump": Often(_ring("infusion pump"), 2, 6, (0.0, 24.0)),
    "phone": Often(_ring("phone"), 1, 4),
    "nurse-call buzzer": Often(_ring("nurse-call buzzer"), 6, 14, (0.0, 24.0)),
    "other beeper": Often(_ring("other beeper"), 1, 3),
    "snoring": Often(_ring("snoring"), 3, 8, (22.0, 30.0)),
    "mattress pump": Often(_steady("mattress pump", 60.0), 1, 3, (0.0, 24.0)),
    "oxygen concentrator": Often(_steady("oxygen concentrator", 60.0), 0, 2, (0.0, 24.0)),
    "vacuum": Often(_steady("vacuum", 60.0), 0, 1),
    "music": Often(_steady("music", 60.0), 0, 2),
    "dishes": Often(_many((impacts.dishes,), 12, 25.0), 2, 4),
    "doors, steps, dropped things": Often(_many(impacts.EVERYDAY, 4, 5.0), 15, 30, (5.0, 23.0)),
    "coughs": Often(_many((voice.cough,), 3, 8.0), 2, 8, (0.0, 24.0)),
    "moans": Often(_many((voice.moan,), 2, 8.0), 0, 4, (0.0, 24.0)),
    "recorded sounds": Often(_recorded, 6, 12),
    "call for help": Often(_help, 1, 2, (0.0, 24.0), "help", 0.5),
    "smoke detector": Often(_smoke, 1, 1, (0.0, 24.0), "smoke_alarm", 0.2),
}
