"""From probabilities to stretches: four states, counted in steps.

In: the probability of speech of every step. Out: where a stretch begins and ends, in steps.
Speech must last before it counts and must be missing before it is over, and the level at which it
ends lies below the level at which it begins, so a stretch neither flickers nor is cut at every
consonant. Pure, and nothing but counting: no clock.

::

    QUIET ──likely──► STARTING ──for `start` steps──► SPEAKING
      ▲                  │                             │   ▲
      └───not likely─────┘                          unlikely│ likely
      ▲                                                ▼   │
      └────────────for `stop` steps──────────────── STOPPING
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Speaking(StrEnum):
    """Whether somebody speaks."""

    QUIET = "quiet"
    STARTING = "starting"
    """Likely, not yet for long enough."""
    SPEAKING = "speaking"
    STOPPING = "stopping"
    """A pause, or the end."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Thresholds (chosen on rows marked `train` and on synthetic sound, see the card).

    Attributes
    ----------
    begin, end
        Probabilities from which on speech is likely, and below which it is unlikely.
    start, stop
        Steps (of 32 ms) that decide: so long likely, so long unlikely.
    lead, trail
        Steps that a stretch is begun earlier and ended later: the network needs a moment.
    longest
        Steps after which a stretch is given though it goes on (the next begins where it ends), so
        that nobody waits for the end of a long talk.
    """

    begin: float = 0.4
    end: float = 0.3
    start: int = 3
    stop: int = 8
    lead: int = 1
    trail: int = 1
    longest: int = 313

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises
        ------
        ValueError
            Levels that are no probabilities or in the wrong order, or counts that cannot be.
        """
        if not 0.0 < self.end <= self.begin < 1.0:
            raise ValueError(
                f"expected 0 < end <= begin < 1, got end {self.end:g} and begin {self.begin:g}"
            )
        if min(self.start, self.stop) < 1 or min(self.lead, self.trail) < 0:
            raise ValueError("expected start and stop of at least 1 step, lead and trail of 0")
        if self.longest <= self.start + self.lead:
            raise ValueError(f"expected longest above start and lead, got {self.longest}")
        if self.trail > self.stop:
            raise ValueError(f"expected trail up to stop ({self.stop}), got {self.trail}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech from one step up to another (which does not belong to it)."""

    start: int
    stop: int


class Hysteresis:
    """Counts steps into stretches.

    Parameters
    ----------
    levels
        The thresholds.
    """

    def __init__(self, levels: Levels | None = None) -> None:
        self._levels = levels if levels is not None else Levels()
        self._state = Speaking.QUIET
        self._step = 0
        self._count = 0
        self._began = 0
        self._earliest = 0

    @property
    def state(self) -> Speaking:
        """What is the case after the last step."""
        return self._state

    @property
    def began(self) -> int | None:
        """The first step of the stretch that goes on now; None in quiet."""
        speaking = self._state in (Speaking.SPEAKING, Speaking.STOPPING)
        return self._began if speaking else None

    def step(self, probability: float) -> Stretch | None:
        """Take in the next step; return the stretch that is over with it, if one is."""
        now, levels = self._step, self._levels
        self._step += 1
        match self._state:
            case Speaking.QUIET | Speaking.STARTING if probability >= levels.begin:
                self._count = self._count + 1 if self._state is Speaking.STARTING else 1
                self._state = Speaking.STARTING
                if self._count >= levels.start:
                    self._state = Speaking.SPEAKING
                    first = now - self._count + 1
                    self._began = max(self._earliest, first - levels.lead)
            case Speaking.STARTING:
                self._state = Speaking.QUIET
            case Speaking.SPEAKING if probability < levels.end:
                self._state, self._count = Speaking.STOPPING, 1
                if levels.stop == 1:
                    return self._ended()
            case Speaking.STOPPING if probability >= levels.end:
                self._state = Speaking.SPEAKING
            case Speaking.STOPPING:
                self._count += 1
                if self._count >= levels.stop:
                    return self._ended()
            case _:
                pass
        if self._state is Speaking.SPEAKING and self._step - self._began >= levels.longest:
            cut = Stretch(self._began, self._step)
            self._began = self._step
            return cut
        return None

    def finish(self) -> Stretch | None:
        """Return the stretch that the end of the sound (or a gap in it) cuts off, if one is."""
        if self._state is Speaking.SPEAKING:
            self._count = 0
        elif self._state is not Speaking.STOPPING:
            self._state = Speaking.QUIET
            return None
        return self._ended()

    def _ended(self) -> Stretch | None:
        """Leave a stretch whose last likely step lies `_count` steps back."""
        last = self._step - self._count
        self._earliest = min(self._step, last + self._levels.trail)
        self._state = Speaking.QUIET
        # After a cut of a long talk nothing may be left.
        return Stretch(self._began, self._earliest) if self._earliest > self._began else None
