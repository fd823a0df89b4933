"""Falls that no camera opened: what an impact or a radar is about, judged until it is sure.

Comes in: openings (`fusion.signs`), what is remembered of all senses, the people in the pictures.
Goes out: steps of fall chains. A situation that reaches `suspect` joins the chain that is open, or
begins a blind one, so that a fall in the dark, in a bathroom or behind a bed is told as well.

Whoever is in the picture speaks against such a fall only as far as it can be the one who fell:
matched by movement or in the own bed, or the only one there of whom nothing else is known, as far
as the device agrees (`fusion.down_about.share_of_wearer`). A visitor in sight is no sign that the
resident out of sight is well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from ambient.config import Falls
from fusion.down_about import (
    about,
    in_company,
    is_about,
    joined,
    seen_up,
    sees_down,
    share_of_wearer,
)
from fusion.down_state import DownState, Situation, Who
from fusion.evidence import probability
from fusion.falls_state import Chain, Change, RoomState, Step, changed
from fusion.hypothesis import Evidence, Weighed, strongest, weigh
from fusion.looks import GOOD_VIEW
from fusion.person import Person
from fusion.ratios import Table
from fusion.signs import Opening
from fusion.wearers import SECOND

WATCH_S: Final = 900.0
"""So long a situation is judged anew by what comes after it."""
LATE_S: Final = 3600.0
"""What a wearable tells so late no longer opens a situation: somebody has been by."""
SAME_S: Final = 20.0
"""Impacts of one device nearer than this are of one situation."""
SITUATIONS: Final = 8
_BY_SIGHT: Final = ("camera_upright_alone", "camera_rests_alone")


class Situations:
    """Judge the situations of one room that no camera opened.

    Parameters
    ----------
    config
        Times of confirmation and recovery.
    table
        Of ratios.
    beds
        Whose each bed is.
    residents
        Who lives or wears something here.
    state, down
        What is remembered of people and chains, and of everything else.
    """

    def __init__(
        self,
        config: Falls,
        table: Table,
        beds: Mapping[str, str | None],
        residents: Collection[str],
        state: RoomState,
        down: DownState,
    ) -> None:
        self._config, self._whole, self._table = config, table, table.down
        self._beds, self._residents = beds, residents
        self._state, self._down = state, down

    def open(self, opening: Opening, now: int) -> None:
        """Begin to judge what may be a fall by itself, unless it is long ago or judged already."""
        if (now - opening.t) / SECOND > LATE_S:
            return
        for one in self._down.situations:
            if one.source == opening.source and abs(one.began - opening.began) <= SAME_S * SECOND:
                return
        company = in_company(self._state.people, opening.began)
        new = Situation(opening.source, opening.subject, opening.began, company=company)
        self._down.situations = [*self._down.situations, new][-SITUATIONS:]

    def judge(self, now: int, who: Who) -> list[Change]:
        """Judge every open situation as of `now`."""
        changes: list[Change] = []
        for one in list(self._down.situations):
            changes += self.weigh(one, now, now, who)
            over = one.chain is None and (now - one.began) / SECOND > WATCH_S + LATE_S
            if over and one in self._down.situations:
                self._down.situations.remove(one)
        return changes

    def weigh(self, one: Situation, t: int, now: int, who: Who) -> list[Change]:
        """Judge a situation as of `t`; return what is said of it at `now`."""
        table, signs = self._table, self._down.signs
        chain = self._chain(one.chain)
        if one.chain is not None and chain is None:
            # Recovered, or forgotten: over, unless it was somebody else that a camera saw get up.
            one.chain = None
            if len(self._in_sight(now)) <= 1 or self._seen_up(one, now, who):
                self._down.situations.remove(one)
            return []
        if chain is not None:
            chain.blind = not sees_down(self._state.people, chain, now)
            if not chain.blind:
                return []  # a camera sees somebody down there, and judges with what is known
        self._by_sight(one, t, who)
        kept = about(one.subject, signs.pieces.kept, alone=self.alone(t))
        weighed = weigh(table, kept, one.began, t)
        odds = table.prior + weighed.total
        one.odds = odds
        if chain is None:
            return self._begin(one, odds, weighed, now) if odds >= table.suspect else []
        chain.probability = probability(odds)
        chain.contributions = strongest(weighed.contributions)
        if self._is_up(one, chain, now, who):
            self._state.chains.remove(chain)
            self._down.situations.remove(one)
            chain.step = Step.RECOVERED
            return [changed(chain, Step.RECOVERED, now)]
        if chain.step is Step.SUSPECTED and self._is_sure(one, odds, now):
            chain.step = Step.CONFIRMED
            return [changed(chain, Step.CONFIRMED, now)]
        return []

    def alone(self, t: int) -> bool:
        """Return whether nobody but the resident can be meant."""
        few = len(self._residents) <= 1 and len(self._in_sight(t)) <= 1
        return few and not self._down.signs.carer(t)

    def _begin(self, one: Situation, odds: float, weighed: Weighed, now: int) -> list[Change]:
        """Join the chain that this situation already is, or begin one."""
        open_chain = joined(self._state.chains, one)
        if open_chain is not None:
            one.chain = open_chain.number
            open_chain.subject = open_chain.subject or one.subject
            return []
        state = self._state
        chain = Chain(
            number=state.next_chain,
            began=now,
            down_since=one.began,
            step=Step.SUSPECTED,
            probability=probability(odds),
            contributions=strongest(weighed.contributions),
            blind=True,
            subject=one.subject,
        )
        state.next_chain += 1
        state.chains.append(chain)
        one.chain = chain.number
        changes = [changed(chain, Step.SUSPECTED, now)]
        if self._is_sure(one, odds, now):
            chain.step = Step.CONFIRMED
            changes.append(changed(chain, Step.CONFIRMED, now))
        return changes

    def _is_sure(self, one: Situation, odds: float, now: int) -> bool:
        """Return whether a situation that no camera sees is confirmed.

        As before a camera it must have lasted: within `confirm_s` a dropped device is told to be
        off the body, and whoever sat down hard walks on. Several senses that agree need not wait.
        """
        table = self._table
        lasted = (now - one.began) / SECOND >= self._config.confirm_s
        return odds >= table.confirm and (lasted or odds >= table.confirm + table.hurry)

    def _in_sight(self, t: int) -> list[Person]:
        return [person for person in self._state.people if not person.gone(t)]

    def _seen_up(self, one: Situation, t: int, who: Who) -> list[Evidence]:
        """Return what a camera says against a situation: its person is upright, or lies in bed."""
        return seen_up(self._table, list(self.persons(one, t, who)), one, t)

    def _by_sight(self, one: Situation, t: int, who: Who) -> None:
        """Remember what a camera says against a situation: its person is up, or lies in bed.

        What was said of somebody who turns out to be another is forgotten.
        """
        pieces, persons = self._down.signs.pieces, list(self.persons(one, t, who))
        counted = {person.source for person, *_ in persons}
        for person in self._in_sight(t):
            if person.source not in counted:
                for name in _BY_SIGHT:
                    pieces.drop(name, person.source)
        for piece in seen_up(self._table, persons, one, t):
            pieces.add(piece)

    def persons(self, one: Situation, t: int, who: Who) -> Iterator[tuple[Person, bool, float]]:
        """Yield who in the pictures is the situation's person, whether by matching, how surely."""
        alone = self.alone(t)
        track = who.track_of(one.source)
        wearer = self._down.signs.wearers.get(one.source)
        for person in self._in_sight(t):
            if person.quality < GOOD_VIEW:
                continue
            if is_about(one, person, who, self._beds):
                yield person, True, 1.0
            elif alone and (track is None or track[:2] == (person.source, person.track)):
                share = share_of_wearer(one, person, wearer)
                if share > 0.0:
                    yield person, False, share

    def _is_up(self, one: Situation, chain: Chain, now: int, who: Who) -> bool:
        """Return whether the person of a blind chain is upright again.

        In a camera's good view by its own rule; whoever is only likely to be the same ends a
        confirmed chain only when seen since before it began, and none while the device lies still.
        Where no camera sees the person, the wearable tells of walking upright for as long.
        """
        wearer = self._down.signs.wearers.get(one.source)
        seen = list(self.persons(one, now, who))
        for person, matched, _ in seen:
            up_s = min(person.up.upright_s(now), (now - one.began) / SECOND)
            likely = chain.step is Step.SUSPECTED or person.began < one.began
            same = matched or (likely and (wearer is None or not wearer.lies_still(now)))
            if same and up_s >= self._config.recover_s:
                return True
        if seen or wearer is None or wearer.worn is False or not wearer.walks(wearer.t):
            one.up_since = None
            return False
        if one.up_since is None:
            one.up_since = wearer.t
        return (wearer.t - one.up_since) / SECOND >= self._config.recover_s

    def _chain(self, number: int | None) -> Chain | None:
        return next((c for c in self._state.chains if c.number == number), None)
