"""A call for help: bursts of voice in, calls out. By its words, or by how it is called.

Three ways lead to one answer. A word that asks for help, loud and alone, is a call by itself. A
word that calls somebody (a greeting, a title) is one when it comes again. And whatever the
language, somebody who calls out loud, alone, again and again and much alike, with pauses as if
waiting for an answer, is calling. A voice among other voices (a talk, a television) is none: alone
means that nobody was as loud for a while before and after. Only what is alone is asked for its
word. Pure: bursts and seconds in.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from audio.sounds.bursts import Burst
from models.sounds.spotter import Said

Spot = Callable[[Burst], Said]

ALONE_S: Final = 0.9
"""So long nobody else is as loud before and after a call."""
QUIETER_DB: Final = 8.0
"""A voice so much quieter (a television in the room) does not count as somebody else."""
MEMORY_S: Final = 25.0
"""Calls that belong together."""
APART_S: Final = 60.0
"""One call is told once in so long, unless it gets surer."""
LONGEST_S: Final = 2.6
SHORTEST_S: Final = 0.2
ALIKE: Final = 0.8
"""Correlation of the shapes of two bursts that may be the same call."""
LIKE_LENGTH: Final = 1.6
"""Longest over shortest of them."""
LOUD_DB: Final = 20.0
"""Over the floor, for a call without a known word."""
SELDOM: Final = Said(help=3.5, call=2.0)
"""Natural logarithms by which a word of the list is rarer among the voices that call out alone in a
room than among those it was learned from, where it is every second one: of a hundred such voices
one asks for help, and of twenty one calls somebody. A stated belief, not a measured one."""
HALF_HEARD: Final = 0.25
"""A word less probable is none."""
REPEATED: Final = {3: 0.35, 4: 0.7, 5: 0.85, 6: 0.92}
"""Probability of a call by repeats alike and loud alone; chosen on synthetic days (the card)."""
_LAG_S: Final = 0.3
"""So much later than it is, a voice is known."""
_USUAL_SHARE: Final = 0.02
_ABOVE_USUAL_DB: Final = 3.0
"""Over the usual voice of the room, for a call without a known word."""


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
    """

    def __init__(self, spot: Spot | None = None) -> None:
        self._spot = spot
        self._waiting: Burst | None = None
        self._last_loud: Burst | None = None
        self._lone: deque[Burst] = deque(maxlen=12)
        self._usual_db: float | None = None
        self._told: Call | None = None

    def reset(self) -> None:
        """Forget the bursts; how loud voices usually are is kept."""
        self._waiting = self._last_loud = self._told = None
        self._lone.clear()

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
        before = self._last_loud
        usual = burst.level_db if self._usual_db is None else self._usual_db
        alone = (
            before is None
            or burst.start_s - before.end_s >= ALONE_S
            or before.level_db < burst.level_db - QUIETER_DB
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
        if self._spot is not None:
            said = self._spot(burst)
            burst = replace(
                burst, help=_less(said.help, SELDOM.help), call=_less(said.call, SELDOM.call)
            )
        self._lone.append(burst)
        return self._judged(burst)

    def _judged(self, burst: Burst) -> list[Call]:
        recent = [each for each in self._lone if burst.end_s - each.end_s <= MEMORY_S]
        words = 1.0
        for each in recent:
            words *= 1.0 - max(each.help, 0.0)
        by_word = 1.0 - words if burst.help >= HALF_HEARD else 0.0
        # The first word that only calls somebody is a greeting.
        calls = sorted((max(each.call, each.help) for each in recent), reverse=True)
        by_call = 0.0
        if burst.call >= HALF_HEARD:
            by_call = 1.0 - math.prod(1.0 - each for each in calls[1:])
        if len(calls) > 1:
            by_call *= calls[0]
        sure = max(by_word, by_call, self._repeated(burst, recent))
        if sure <= 0.0:
            return []
        told = self._told
        if told is not None and burst.end_s - told.end_s < APART_S and sure <= told.probability:
            return []
        first = recent[0] if len(recent) > 1 else burst
        call = Call(
            end_s=burst.end_s,
            probability=sure,
            seconds=burst.end_s - first.start_s,
            level_db=max(each.level_db for each in recent),
        )
        self._told = call
        return [call]

    def _repeated(self, burst: Burst, recent: list[Burst]) -> float:
        """Return the probability of a call by how often it was repeated alike."""
        if burst.over_db < LOUD_DB:
            return 0.0
        if self._usual_db is not None and burst.level_db < self._usual_db + _ABOVE_USUAL_DB:
            return 0.0
        alike = [each for each in recent if _alike(each, burst)]
        return REPEATED.get(min(len(alike), max(REPEATED)), 0.0)


def _alike(one: Burst, other: Burst) -> bool:
    longer, shorter = max(one.seconds, other.seconds), min(one.seconds, other.seconds)
    if longer > LIKE_LENGTH * shorter or abs(one.level_db - other.level_db) > QUIETER_DB:
        return False
    if one is other:
        return True
    a, b = one.shape - one.shape.mean(), other.shape - other.shape.mean()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return size > 0.0 and float(a @ b) / size >= ALIKE


def weighed(call: Call, log_odds: float) -> Call:
    """Return the call with its log-odds changed by so much."""
    return replace(call, probability=_less(call.probability, -log_odds))


def _less(probability: float, log_odds: float) -> float:
    held = min(max(probability, 1e-6), 1 - 1e-6)
    return 1.0 / (1.0 + math.exp(log_odds - math.log(held / (1 - held))))
