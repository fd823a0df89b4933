"""A call for help: bursts of voice in, calls out. By its words, and by how it is called.

Evidence adds up, as log-odds, over the voices of half a minute. A word that asks for help, loud
and alone, is told by itself, and rings when something is called again. Whatever the language, who
calls out loud and alone and then says the same again, with pauses as if waiting for an answer, is
calling. A word that calls somebody (a greeting, a title) is a call when it comes again. A voice
among other voices (a talk, a television) is none: alone means that nobody was as loud for a while
before and after, and the more other voices were heard in that half minute, the less a call is
believed, for who talks takes turns. The same steady tones again are
a machine. Only what is alone is asked for its word. Pure: bursts and seconds in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.sounds import tones
from audio.sounds.bursts import Burst
from audio.sounds.likeness import log_odds, shape_log_odds
from audio.sounds.tones import Tones
from models.sounds.spotter import Said

Spot = Callable[[Burst], Said]
Lines = Callable[[Burst], Tones]

ALONE_S: Final = 0.9
"""So long nobody else is as loud before and after a call."""
QUIETER_DB: Final = 6.0
"""A voice so much quieter (a television in the room) does not count as somebody else."""
TOLD: Final = 0.05
"""A call less probable than this is not spoken of."""
MEMORY_S: Final = 25.0
"""Calls that belong together."""
APART_S: Final = 60.0
"""One call is told once in so long, unless it gets surer."""
LONGEST_S: Final = 2.6
SHORTEST_S: Final = 0.2
FOLLOWS_S: Final = 0.55
"""Who calls again, and is not yet interrupted, may do so after so long."""
LIKE_LENGTH: Final = 1.8
"""Longest over shortest of two bursts that may be the same call."""
LOUD_DB: Final = 16.0
"""Over the floor, for a call without a known word."""
PRIOR: Final = -4.6
"""Log-odds that a voice that calls out alone in a room calls for help: one of a hundred. A stated
belief, not a measured one, as the next."""
LOUD: Final = 1.1
"""… by so much more when a loud voice calls again: three of a hundred."""
RHYTHM: Final = 0.4
"""Log-odds of another voice, loud and alone, about as long and as loud, within `MEMORY_S`: 61 of
115 in talks and telephone calls by voices that are trained with, four of five among calls."""
ARTICULATED: Final = (0.50, 0.58)
"""Articulation (`audio.sounds.articulation`) below which a burst links to nothing, and from which
on fully. A snore comes again, loud and alone, and much alike, but keeps its shape: of 151 snores
beside machines, by synthesis and recorded ones that may be trained with, one in twenty is above
0.54 and none above 0.61; of calls by voices for tuning one in ten is below 0.49 to 0.55."""
GREETS: Final = 2.0
"""Log-odds by which a word that calls somebody is rarer than among what it was learned from."""
LEARNED: Final = -1.05
"""Log-odds of a word that asks for help among what the words were learned from."""
AGAIN: Final = 0.6
"""How much an earlier word counts: the same ear errs alike twice."""
WORDS_MOST: Final = 6.0
"""Log-odds that words bring at most: alone they are told and do not ring, until the same is called
again. With no such bound they rang twice an hour in telephone calls made with voices that are
trained with, and found one in twenty of the calls that come once (the card of words)."""
HALF_HEARD: Final = 0.25
"""A word less probable than this is none."""
OTHER: Final = 2.0
"""Log-odds that each other voice, as loud and within `MEMORY_S`, takes from a call: one that is not
the call again and no word that calls, alone or not. Chosen on twenty days made with voices that are
trained with, where 1.5 let two telephone calls ring and 2.0 one, with as many calls found."""
NOBODY: Final = 1.7
"""Log-odds that it brings to what is said again when there was no such other voice: as in 181 of
204 calls, and beside 240 of 1599 voices that were alone in the days below. Not where shapes alone
are compared: they are alike too often."""
OTHERS_MOST: Final = 8.0
"""… all of them at most. In twenty days made with voices that are trained with, none is beside 193
of 934 voices that are alone in visits, 42 of 405 in telephone calls and 5 of 260 in television, and
more than three beside 531, 177 and 245; beside calls none in 148 of 160 next to a machine and in 33
of 44 next to a television, and more than three in none and in 3."""
_LAG_S: Final = 0.3
"""So much later than it is, a voice is known."""
_USUAL_SHARE: Final = 0.02
_ABOVE_USUAL_DB: Final = 3.0
"""Over the usual voice of the room, for a call without a known word."""
_USUAL_AFTER: Final = 20
"""Bursts after which it is known how loud voices usually are here."""


@dataclass(frozen=True, slots=True, eq=False)
class _Lone:
    """A burst that was alone.

    Attributes
    ----------
    word
        Log-odds by which its word speaks for a call for help.
    call
        Probability of a word that calls somebody, or for help.
    trace
        What was said, to be compared; None where nobody was asked.
    tones
        Its strongest lines.
    """

    burst: Burst
    word: float
    call: float
    trace: NDArray[np.float32] | None
    tones: Tones = tones.NONE


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody calls.

    Attributes
    ----------
    end_s
        Of the last burst, seconds since the stream began.
    probability
        That it is a call for help.
    seconds, level_db
        From the first burst that counted to the last, and the loudest of them.
    """

    end_s: float
    probability: float
    seconds: float
    level_db: float


class Calling:
    """Judges the bursts of one stream.

    Parameters
    ----------
    spot
        Says which word a burst is; None to take what the burst says of itself.
    lines
        Says which tones a burst holds; None to take nothing for a machine.
    """

    def __init__(self, spot: Spot | None = None, lines: Lines | None = None) -> None:
        self._spot = spot
        self._lines = lines
        self._waiting: Burst | None = None
        self._last_loud: Burst | None = None
        self._lone: deque[_Lone] = deque(maxlen=12)
        self._all: deque[Burst] = deque(maxlen=64)
        self._usual_db: float | None = None
        self._voices = 0
        self._told: Call | None = None

    def reset(self) -> None:
        """Forget the bursts; how loud voices usually are is kept."""
        self._waiting = self._last_loud = self._told = None
        self._lone.clear()
        self._all.clear()

    def push(
        self, bursts: list[Burst], now_s: float, going_on: tuple[float, float] | None
    ) -> list[Call]:
        """Take in what ended.

        Parameters
        ----------
        bursts
            In order.
        now_s
            Seconds since the stream began.
        going_on
            When the burst that goes on now began, and its level in dBFS so far.
        """
        found: list[Call] = []
        for burst in bursts:
            heard = self._waiting
            if heard is not None and _follows(heard, burst):
                found += self._settle(math.inf, -math.inf)
            found += self._settle(burst.start_s, burst.level_db)
            found += self._settle(burst.end_s, -math.inf)
            self._take(burst)
        heard = self._waiting
        if heard is not None:
            quiet = going_on is None or going_on[1] < heard.level_db - QUIETER_DB
            found += self._settle(now_s - _LAG_S, -math.inf) if quiet else []
        return found

    def finish(self, now_s: float) -> list[Call]:
        """End the stream: nothing comes after what was heard."""
        return self._settle(now_s + ALONE_S, -math.inf)

    def _take(self, burst: Burst) -> None:
        self._all.append(burst)
        before = self._last_loud
        usual = burst.level_db if self._usual_db is None else self._usual_db
        alone = (
            before is None
            or burst.start_s - before.end_s >= ALONE_S
            or before.level_db < burst.level_db - QUIETER_DB
            or _follows(before, burst)
        )
        short = SHORTEST_S <= burst.seconds <= LONGEST_S
        joins = before is not None and before.cut
        # Who is quieter does not take the place of a call that still waits for what comes after it.
        if self._waiting is None or burst.level_db >= self._waiting.level_db - QUIETER_DB:
            self._waiting = burst if alone and short and not burst.cut and not joins else None
        if (
            before is None
            or burst.end_s - before.end_s > 3.0
            or (burst.level_db > before.level_db - QUIETER_DB)
        ):
            self._last_loud = burst
        self._usual_db = usual + _USUAL_SHARE * (burst.level_db - usual)
        self._voices += 1

    def _settle(self, next_s: float, next_db: float) -> list[Call]:
        """Judge the burst that waits, now that something or nothing came after it."""
        burst = self._waiting
        if burst is None:
            return []
        if next_s - burst.end_s < ALONE_S:
            if next_db >= burst.level_db - QUIETER_DB:
                self._waiting = None
            return []
        self._waiting = None
        lone = self._asked(burst)
        self._lone.append(lone)
        return self._judged(lone)

    def _asked(self, burst: Burst) -> _Lone:
        if self._spot is None:
            word = logit(burst.help) - PRIOR if burst.help >= HALF_HEARD else 0.0
            return _Lone(burst, word, max(burst.help, burst.call), None)
        said = self._spot(burst)
        word = logit(said.help) - LEARNED
        call = max(_less(said.call, GREETS), _less(said.help, LEARNED - PRIOR))
        held = tones.NONE if self._lines is None else self._lines(burst)
        return _Lone(burst, word, call, said.trace, held)

    def _judged(self, lone: _Lone) -> list[Call]:
        burst = lone.burst
        recent = [each for each in self._lone if burst.end_s - each.burst.end_s <= MEMORY_S]
        linked, again = _links(recent)
        worded = [each for each in recent if each.word > 0.0 or each.call >= HALF_HEARD]
        company = self._company(burst, [*linked, *worded])
        greeted = _less(_greeted(lone, recent), company)
        sure = max(self._called(lone, recent[:-1], again, company), greeted)
        if sure < TOLD:
            return []
        told = self._told
        if told is not None and burst.end_s - told.end_s < APART_S and sure <= told.probability:
            return []
        first = recent[0].burst if len(recent) > 1 else burst
        call = Call(
            end_s=burst.end_s,
            probability=sure,
            seconds=burst.end_s - first.start_s,
            level_db=max(each.burst.level_db for each in recent),
        )
        self._told = call
        return [call]

    def _called(self, lone: _Lone, before: list[_Lone], again: float, company: float) -> float:
        """Return the probability of a call by its words and by what is said again."""
        words = max(0.0, lone.word + AGAIN * sum(max(0.0, each.word) for each in before))
        words = min(words, WORDS_MOST)
        if again > 0.0 and self._loud(lone.burst):
            nobody = company == 0.0 and lone.trace is not None
            again += LOUD + (NOBODY if nobody else 0.0)
        else:
            again = 0.0
        return logistic(PRIOR + words + again - company)

    def _company(self, burst: Burst, called: list[_Lone]) -> float:
        """Return the log-odds that other voices take from a call than those that called."""
        same = [each.burst for each in called]
        others = sum(
            burst.end_s - each.end_s <= MEMORY_S
            and each.start_s < burst.start_s
            and each.seconds >= SHORTEST_S
            and each.level_db >= burst.level_db - QUIETER_DB
            and not any(each is one for one in same)
            for each in self._all
        )
        return min(OTHERS_MOST, OTHER * others)

    def _loud(self, burst: Burst) -> bool:
        if burst.over_db < LOUD_DB:
            return False
        usual = self._usual_db if self._voices > _USUAL_AFTER else None
        return usual is None or burst.level_db >= usual + _ABOVE_USUAL_DB


def _greeted(lone: _Lone, recent: list[_Lone]) -> float:
    """Return the probability of a call by words that call somebody; the first is a greeting."""
    if lone.call < HALF_HEARD:
        return 0.0
    calls = sorted((each.call for each in recent), reverse=True)
    return calls[0] * (1.0 - math.prod(1.0 - each for each in calls[1:]))


def _links(heard: list[_Lone]) -> tuple[list[_Lone], float]:
    """Return all that was called again, up to the last of `heard`, and its log-odds.

    Each voice counts by its best link to those that are linked already (a tree that spans them),
    so that one call spoilt by noise spoils no other.
    """
    linked, left, total = heard[-1:], heard[:-1], 0.0
    while left:
        best, which = max(
            (max(_again(each, other) for other in linked), number)
            for number, each in enumerate(left)
        )
        if best <= 0.0:
            break
        total += best
        linked.append(left.pop(which))
    return linked, total


def _again(one: _Lone, other: _Lone) -> float:
    """Return the log-odds that the same was called again; 0 for anything else."""
    if not _matches(one.burst, other.burst) or tones.same(one.tones, other.tones):
        return 0.0
    low, high = ARTICULATED
    sure = (min(one.burst.articulation, other.burst.articulation) - low) / (high - low)
    sure = min(1.0, max(0.0, sure))
    if one.trace is None or other.trace is None:
        return sure * shape_log_odds(one.burst.shape, other.burst.shape)
    return sure * max(0.0, RHYTHM + log_odds(one.trace, other.trace))


def _matches(one: Burst, other: Burst) -> bool:
    """Return whether two bursts are about as long and as loud as each other."""
    longer, shorter = max(one.seconds, other.seconds), min(one.seconds, other.seconds)
    apart = abs(one.level_db - other.level_db)
    return longer <= LIKE_LENGTH * shorter and apart <= QUIETER_DB


def _follows(one: Burst, other: Burst) -> bool:
    """Return whether a burst may be the call before it once more, not somebody who answers."""
    pause = other.start_s - one.end_s
    alike = _matches(one, other) and shape_log_odds(one.shape, other.shape) > 0.0
    return FOLLOWS_S <= pause < ALONE_S and alike


def _less(probability: float, odds: float) -> float:
    return logistic(logit(probability) - odds)


def logit(probability: float) -> float:
    """Return the log-odds of a probability, which is held a millionth from 0 and 1."""
    held = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(held / (1 - held))


def logistic(odds: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-odds))
