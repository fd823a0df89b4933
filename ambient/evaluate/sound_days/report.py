"""False alarms per room-day of sound, with an exact interval: many days in, a report out.

Behind ``ambient evaluate sound-days``. What is heard is judged as in a node (`fusion.distress`): a
ring is a chain that is confirmed. It is false unless a call for help or a smoke detector that was
wanted goes on. A resident who calls often is heard for three days before the day that counts.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.evaluate.sound_days.diary import (
    DAY_S,
    KNOWN_DAYS,
    Episode,
    caller,
    calls_before,
    day,
    night,
)
from ambient.evaluate.sound_days.programmes import Shelf, shelf
from ambient.evaluate.statistics import Rate, Share, poisson, wilson
from ambient.events import SituationStep
from ambient.observations import SoundClass, SoundHeard
from audio.blocks import RATE, SAMPLE_NS, SECOND_NS, Block
from audio.sounds.listener import SoundListener
from audio.speech.television import TelevisionJudge
from fusion.distress import RINGS, Change, DistressJudge
from models.sounds import outputs, spotter
from models.sounds.network import Network
from models.sounds.spotter import Spotter
from models.store import Store, locate

BEFORE_S: Final = (KNOWN_DAYS + 1) * DAY_S
"""Event time at midnight of the day that counts."""
_RANG: Final = (SituationStep.CONFIRMED, SituationStep.LASTING)
ROOMS: Final = 24
"""Of a station, for rings a night."""
_BLOCK: Final = RATE
"""However sound is cut, the same is heard; fewer pieces cost less."""

Progress = Callable[[int, int], None]


class Report(Struct, frozen=True):
    """What ``ambient evaluate sound-days`` prints.

    Attributes
    ----------
    days, played_h
        Room-days, and the hours of sound that were played of them.
    false
        Rings that are of nothing, per room-day.
    quiet_rooms, callers
        The same where nobody calls often, and where somebody does.
    by_class
        `false` by class.
    shown
        Chains that were begun without ringing, of whatever, per room-day.
    unknown
        Rings a day of a resident who calls often, on each of the days before, from the first on
        which nothing is known.
    night
        False rings a night in so many rooms as `ROOMS`.
    causes
        What false rings came from.
    told
        Sounds of classes that never ring, per room-day.
    found
        Calls for help and smoke detectors that rang, and that were shown at least; where nobody
        calls often, and where somebody does.
    core_s_per_s
        Processor time for a second of sound that was played, making it not counted.
    looked
        Share of that sound that the network was run on.
    """

    days: int
    played_h: float
    false: Rate
    quiet_rooms: Rate
    callers: Rate
    by_class: dict[str, Rate]
    shown: Rate
    unknown: dict[str, Rate]
    night: Rate
    causes: dict[str, int]
    told: dict[str, Rate]
    found: dict[str, Share]
    core_s_per_s: float
    looked: float


class _Count:
    """What was counted."""

    def __init__(self) -> None:
        self.false: Counter[tuple[str, bool, bool]] = Counter()
        self.causes: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.found: dict[str, list[bool]] = defaultdict(list)
        self.days: Counter[bool] = Counter()
        self.unknown: Counter[int] = Counter()
        self.shown = 0
        self.cpu_s = self.seconds = 0.0
        self.looked = self.chunks = 0


def run(
    days: int,
    *,
    seed: int = 1,
    data: Path | None = None,
    held: bool = True,
    programmes: int = 120,
    progress: Progress | None = None,
) -> Report:
    """Listen to simulated days and count.

    Parameters
    ----------
    days
        Room-days, each of another room.
    seed
        Of rooms, days and voices.
    data
        The folder of recordings, used beside the synthesis; None for synthesis alone.
    held
        Voices that training never sees; False to choose thresholds.
    programmes
        Minutes of television that are made.

    Raises
    ------
    UsageError
        espeak-ng is missing.
    ModelError
        The network is.
    """
    things = shelf(np.random.default_rng(seed), data, programmes=programmes, held=held)
    network, calibration = Network.load(), outputs.load()
    words = Spotter.load(Store(locate()).path(spotter.MODEL))
    count = _Count()
    for number in range(days):
        room = _Room(SoundListener("r", "m", network, calibration, words, TelevisionJudge()))
        if caller(number):
            for episode in calls_before(seed, number, things):
                changes = room.play(episode)
                since = KNOWN_DAYS + int(episode.at_s // DAY_S)
                count.unknown[since] += len(_rang(changes))
        _listen(room, seed, number, things, count)
        if progress is not None:
            progress(number + 1, days)
    return _report(count, days)


class _Room:
    """One room: a microphone that hears, and what is judged of it."""

    def __init__(self, listener: SoundListener) -> None:
        self.listener = listener
        self.judge = DistressJudge()
        self.heard: list[SoundHeard] = []
        """In the episode that was played last."""

    def play(self, episode: Episode) -> list[Change]:
        """Hear an episode; return what changed."""
        start = _ns(episode)
        changes = self.judge.advance(start)
        self.heard = []
        for first in range(0, len(episode.samples), _BLOCK):
            piece = episode.samples[first : first + _BLOCK]
            self.heard += self.listener.push(Block(piece, start + (first + len(piece)) * SAMPLE_NS))
        self.heard += self.listener.finish()
        return changes + [change for each in self.heard for change in self.judge.heard(each)]

    def stands(self, sound: str, since: int) -> SituationStep | None:
        """Return where a sound stands that was heard since; None when it was not."""
        chains = self.judge.state.chains
        return next((c.step for c in chains if c.sound.value == sound and c.heard >= since), None)


def _ns(episode: Episode) -> int:
    return round((BEFORE_S + episode.at_s) * SECOND_NS)


def _rang(changes: list[Change]) -> list[str]:
    return [each.sound.value for each in changes if each.step is SituationStep.CONFIRMED]


def _listen(room: _Room, seed: int, number: int, things: Shelf, count: _Count) -> None:
    often = caller(number)
    listener = room.listener
    count.days[often] += 1
    looked, chunks = listener.looked, listener.chunks
    for episode in day(seed, number, things):
        began = time.process_time()
        changes = room.play(episode)
        count.cpu_s += time.process_time() - began
        count.seconds += len(episode.samples) / RATE
        if episode.wanted:
            step = room.stands(episode.wanted, _ns(episode))
            where = f"{episode.wanted}, {'callers' if often else 'others'}"
            count.found[where].append(step in _RANG)
            count.found[f"{where}, shown"].append(step is not None)
        for each in _rang(changes):
            if each != episode.wanted:
                count.false[(each, often, night(episode.at_s))] += 1
                count.causes[f"{episode.name}: {each}"] += 1
        count.shown += sum(
            each.step is SituationStep.SUSPECTED and each.position == 0 for each in changes
        )
        count.told.update(each.sound.value for each in room.heard if each.sound not in RINGS)
    count.looked += listener.looked - looked
    count.chunks += listener.chunks - chunks


def _report(count: _Count, days: int) -> Report:
    def false(
        sound: str | None = None, often: bool | None = None, at_night: bool | None = None
    ) -> int:
        return sum(
            n
            for (name, calls, dark), n in count.false.items()
            if (sound is None or name == sound)
            and (often is None or calls == often)
            and (at_night is None or dark == at_night)
        )

    return Report(
        days=days,
        played_h=round(count.seconds / 3600, 3),
        false=poisson(false(), days),
        quiet_rooms=poisson(false(often=False), count.days[False]),
        callers=poisson(false(often=True), count.days[True]),
        by_class={each.value: poisson(false(sound=each.value), days) for each in RINGS},
        shown=poisson(count.shown, days),
        unknown={
            f"day {since + 1}": poisson(count.unknown[since], count.days[True])
            for since in range(KNOWN_DAYS if count.days[True] else 0)
        },
        night=poisson(false(at_night=True), days / ROOMS),
        causes=dict(count.causes.most_common()),
        told={
            each.value: poisson(count.told[each.value], days)
            for each in SoundClass
            if each not in RINGS
        },
        found={name: wilson(sum(hits), len(hits)) for name, hits in sorted(count.found.items())},
        core_s_per_s=round(count.cpu_s / max(count.seconds, 1e-9), 5),
        looked=round(count.looked / max(count.chunks, 1), 3),
    )


def episodes(seed: int, number: int, things: Shelf) -> list[Episode]:
    """Return a whole day at once, to look at."""
    return list(day(seed, number, things))
