"""Calls by cord, button or pendant: sensors in, `distress.cord` chains out.

A pull is confirmed at once. Contacts bounce and people pull again, so what comes while a chain is
open belongs to it. What a broker had kept from before (`retained`) is no call. A call that reaches
the node late still rings, unless it is older than `STALE_S`. A chain ends when the cord is reset
(off after more than a moment: a push button's own release is none) or when a carer says to be
here, which the event notes as a contribution; either ends the chain and resolves no alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from ambient.events import Contribution, Sense, SituationStep
from ambient.observations import SensorKind, SensorSeen
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who

STALE_S: Final = 1800.0
MOMENTARY_S: Final = 3.0
"""Who is on for less than this is a push button: its release resets nothing."""
LASTING_S: Final = 180.0
QUIET_S: Final = 3600.0
"""A chain that nobody resets or answers at the device ends after this; the hub keeps its alarm."""
BOUNCE_S: Final = 2.0
"""A pull so soon after a reset is the contact's bounce."""
CALLS: Final = Contribution(Sense.SENSOR_CORD, 6.0)
"""A stated belief: one pull in four hundred is nobody's wish; it rings whatever it is worth."""
ANSWERED: Final = Contribution(Sense.CARER, -3.0)


class CordState(Struct):
    """What is remembered of cords; survives a restart."""

    chains: Chains = field(default_factory=Chains)
    since: dict[str, int] = {}
    """Cords that are on, and since when."""
    reset: dict[str, int] = {}
    newest: dict[str, int] = {}

    def keep(self, kinds: Mapping[str, SensorKind]) -> None:
        """Forget what no cord of the room said; `kinds` are those of its sensors.

        A call by it goes on, and ends like one that nobody resets.
        """
        for known in (self.since, self.reset, self.newest):
            for source in [one for one in known if kinds.get(one) is not SensorKind.CORD]:
                del known[source]


class CordJudge:
    """Judge the cords and buttons of one room.

    Parameters
    ----------
    beds
        Whose each bed is.
    state
        What an earlier run left.
    """

    def __init__(self, beds: dict[str, str | None], state: CordState | None = None) -> None:
        self._beds = beds
        self.state = state or CordState()

    @property
    def open(self) -> bool:
        """Whether anybody calls."""
        return bool(self.state.chains.open)

    def sensor(self, seen: SensorSeen, now: int, *, carer: bool) -> list[Change]:
        """Take in a cord, or the sensor by which a carer says to be here.

        Parameters
        ----------
        now
            The newest instant that was judged: what a slow source says may be older.
        carer
            Whether a carer is here, this sensor included.
        """
        if seen.kind is SensorKind.CARER:
            return self._answered(now) if carer and seen.on and not seen.retained else []
        if seen.kind is not SensorKind.CORD:
            return []
        state, source, t = self.state, seen.source, seen.t
        if t < state.newest.get(source, 0):
            return []  # what came after it is known already
        state.newest[source] = t
        if not seen.on:
            return self._off(source, t, now)
        if seen.retained:
            return []
        held = source in state.since
        state.since.setdefault(source, t)
        bounced = t - state.reset.get(source, -(10**18)) < BOUNCE_S * SECOND
        if held or bounced or (now - t) / SECOND > STALE_S:
            return []
        bed = seen.bed
        subject = seen.subject or (self._beds.get(bed) if bed is not None else None)
        who = Who(source, subject, bed)
        found = Found(t, 0.99, (CALLS,))
        return state.chains.reach(Kind.CORD, who, SituationStep.CONFIRMED, now, found, began=t)

    def advance(self, t: int) -> list[Change]:
        """Let time go on to `t`: calls last, and are forgotten."""
        changes: list[Change] = []
        chains = self.state.chains
        for chain in list(chains.open):
            if chain.who.key in self.state.since:
                chain.newest = t
            waits_s = (t - chain.began) / SECOND
            found = Found(chain.newest, chain.probability, (CALLS,))
            if waits_s >= LASTING_S:
                changes += chains.reach(Kind.CORD, chain.who, SituationStep.LASTING, t, found)
            if (t - chain.newest) / SECOND > QUIET_S:
                changes += chains.end(Kind.CORD, chain.who.key, t)
        return changes

    def _off(self, source: str, t: int, now: int) -> list[Change]:
        since = self.state.since.pop(source, None)
        if since is None or (t - since) / SECOND < MOMENTARY_S:
            return []
        self.state.reset[source] = t
        return self.state.chains.end(Kind.CORD, source, now)

    def _answered(self, now: int) -> list[Change]:
        """End what was called: the alarm itself waits for whoever answers it."""
        changes: list[Change] = []
        for chain in list(self.state.chains.open):
            found = Found(chain.newest, chain.probability, (CALLS, ANSWERED))
            changes += self.state.chains.end(Kind.CORD, chain.who.key, now, found)
        return changes
