"""Somebody is down: what all senses of a room say together, in one chain for one situation.

Comes in: observations of a room in their order, late ones of wearables with their own `t`. Goes
out: steps of fall chains. The camera's judgement (`fusion.falls`) stays as it is where no other
sense speaks; where one does, its log-odds move by what `fusion.signs` remembers and the table of
`fusion.ratios` says it is worth. What may be a fall by itself (an impact, a radar) opens a
*situation*, which `fusion.down_situations` judges.

Whose evidence counts for whom. For somebody down: everybody's whose subject is not known to be
another. Against: only of whom it is known to be the same person (the matching of `fusion.who` says
so, or the bed), or where nobody else can be meant: a room of one resident, one person in sight and
no carer. So a visitor who walks about never silences a resident on the floor out of view.

A carer in the room never silences a person on the floor. Only what a camera alone sees low and slow
beside a carer (who kneels and gets up again) must be a little clearer.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from typing import Final

from ambient.config import Falls, Room
from ambient.events import Contribution, Purpose, Sense
from ambient.observations import (
    AnyObservation,
    Measured,
    PostureSeen,
    SoundHeard,
    TrackEnded,
)
from fusion.down_about import (
    about,
    felt_nothing,
    is_worn_by,
    not_of_walkers,
    others_lately,
    wearer_of,
)
from fusion.down_situations import Situations
from fusion.down_state import DownState, Nobody, Who
from fusion.evidence import PRIOR, Judgement, probability
from fusion.falls import SUSPECT, FallJudge
from fusion.falls_state import CLEAR_DESCENT, Change, RoomState
from fusion.hypothesis import (
    Evidence,
    Weighed,
    scaled,
    strongest,
    weigh,
)
from fusion.person import Person
from fusion.ratios import Table, carried
from fusion.wearers import SECOND

SEEN_BEFORE_S: Final = 1.0
"""Who was seen for so long before being down was seen to go down."""
_CAUSES: Final = {
    Sense.VISION_POSTURE: "posture",
    Sense.VISION_DESCENT: "impact",
    Sense.VISION_STILLNESS: "rest",
    Sense.PLACE: "place",
}
"""A hard sitting down looks like a descent, thuds and is felt as an impact: one cause."""
_STRUCK: Final = frozenset({Sense.WEARABLE_IMPACT, Sense.SOUND_THUD})


_SENSED: Final = frozenset({*Measured.__subclasses__(), SoundHeard})
_EVERY: Final = SECOND // 2
"""All of it is judged so often at most."""


class DownJudge:
    """Judge the falls of one room by all its senses.

    Parameters
    ----------
    config
        Times of confirmation, long lie and recovery.
    room
        As configured: whose the beds are, who wears what.
    state, down
        What an earlier run left.
    table
        Of ratios; the one that Ambient carries when none is given.
    who
        Matches wearables to tracked persons.
    """

    def __init__(
        self,
        config: Falls,
        room: Room,
        state: RoomState | None = None,
        down: DownState | None = None,
        *,
        table: Table | None = None,
        who: Who | None = None,
    ) -> None:
        self._config, self._room = config, room
        self._table = table or carried()
        self._beds = {bed.id: bed.subject for bed in room.beds}
        worn = (one.subject for one in room.wearables)
        self._residents = {s for s in (*self._beds.values(), *worn) if s is not None}
        self.who: Who = who or Nobody()
        self.falls = FallJudge(config, state, self)
        self.down = down or DownState()
        self._situations = Situations(
            config, self._table, self._beds, self._residents, self.falls.state, self.down
        )
        self._kept: list[Evidence] | None = None
        self._most = 0.0

    @property
    def state(self) -> RoomState:
        """What the camera's judgement and the chains remember."""
        return self.falls.state

    @property
    def waits(self) -> bool:
        """Whether the passing of time alone may change something."""
        signs = self.down.signs
        state = self.falls.state
        return bool(
            state.people or state.chains or self.down.situations or signs.pieces.kept or signs.on
        )

    def restarted(self) -> None:
        """Take in that sensors begin anew: they number their tracks from here.

        What a device said that is no longer in the room does not hold any more.
        """
        self.falls.restarted()
        self.down.signs.keep(
            {one.id: one.kind for one in self._room.sensors},
            {one.id: one.subject for one in self._room.wearables},
        )

    def take(self, seen: AnyObservation, now: int) -> list[Change]:
        """Take one observation, as of `now`; return the steps that chains reached."""
        kind = type(seen)
        if kind is PostureSeen:
            found = self.falls.posture(seen)  # type: ignore[arg-type]
            return found + self._judge(now) if now - self.down.checked >= _EVERY else found
        if kind is TrackEnded:
            return self.falls.ended(seen) + self._judge(now)  # type: ignore[arg-type]
        changes: list[Change] = []
        if kind in _SENSED:
            opening = self.down.signs.take(seen, self._table, self._beds)
            if opening is not None:
                self._situations.open(opening, now)
            for one in list(self.down.situations):
                # What came late is weighed as it was then; what is said of it is said now.
                then = seen.t if one.source == seen.source else now
                changes += self._situations.weigh(one, then, now, self.who)
        falls = self.falls
        due = now >= falls.due or falls.state.chains or now - self.down.checked >= _EVERY
        return changes + self.advance(now) if due and self.waits else changes

    def advance(self, now: int) -> list[Change]:
        """Let time go on: confirmations, long lies and recoveries fall due."""
        return self.falls.advance(now) + self._judge(now)

    def acknowledge(self, number: int) -> None:
        """Somebody has taken this alarm."""
        self.falls.acknowledge(number)

    def consent(self, purpose: Purpose, on: bool) -> None:
        """Follow that a purpose was switched: off forgets what its senses told."""
        if not on:
            sounds, worn = purpose is Purpose.SOUNDS, purpose is Purpose.VITALS
            self.down.signs.forget(sounds=sounds, worn=worn)

    def nobodys(self, former: Set[str]) -> None:
        """Take in that these live here no more: what is open goes on, as nobody's."""
        for chain in self.falls.state.chains:
            chain.subject = None if chain.subject in former else chain.subject
        for one in self.down.situations:
            one.subject = None if one.subject in former else one.subject

    def forget(self, subject: str) -> None:
        """Forget what is known of a resident; an open chain goes on as somebody's."""
        self.down.signs.forget(subject=subject)
        self.down.situations = [one for one in self.down.situations if one.subject != subject]
        for chain in self.falls.state.chains:
            if chain.subject == subject:
                chain.subject = None

    # -- what other senses say beside a camera -------------------------------------------------

    def judge(self, person: Person, seen: Judgement, t: int) -> Judgement:
        """Return what is thought of a person, of whom the camera alone says `seen`."""
        signs, table = self.down.signs, self._table.down
        carer = signs.carer(t)
        subject = self._subject(person)
        alone = scaled(table, seen)
        if subject is not None:
            alone = replace(alone, subject=subject)
        if not signs.pieces.kept and not carer and not signs.wearers:
            return alone
        began = person.down_since if person.down_since is not None else t
        # Of who was found lying nobody knows when they fell.
        seen_before = person.began <= began - SEEN_BEFORE_S * SECOND
        quiet = felt_nothing(signs, table, began) if seen_before else []
        pieces = self._of(subject, [*signs.pieces.kept, *quiet], t)
        pieces = not_of_walkers(signs, pieces, person, t)
        others = weigh(table, pieces, began, t)
        struck = any(one.sense in _STRUCK and one.llr > 0 for one in others.contributions)
        # Whoever felt nothing waits, unless anything at all agrees with the camera.
        agrees = any(one.llr > 0.0 for one in others.contributions)
        waits = seen_before and not agrees and self._waits(person, began, t)
        beside: list[tuple[str, Contribution]] = []
        if carer and person.descent.clear < CLEAR_DESCENT and not struck:
            less = table.ratios["carer_beside"]
            beside.append((less.cause, Contribution(less.sense, less.at(1.0))))
        elif not others.contributions:
            return replace(alone, waits=True) if waits else alone

        def together(camera: Judgement) -> Weighed:
            given = [(_CAUSES[one.sense], one) for one in camera.contributions]
            return weigh(table, pieces, began, t, [*given, *beside])

        found = together(alone)
        return Judgement(
            probability(table.prior + found.total),
            tuple(strongest(found.contributions)),
            # What the camera itself does not suspect now is confirmed no sooner than unseen.
            hurry=others.total >= table.hurry and seen.probability >= SUSPECT,
            subject=subject or wearer_of(signs, table, began),
            waits=waits,
            # Whatever camera and others confirm by the camera's own log-odds, they confirm.
            decided=probability(table.prior + together(seen).total),
        )

    def _waits(self, person: Person, began: int, t: int) -> bool:
        """Return whether a device that `person` surely wears felt no fall, not long ago."""
        wait_s = min(self._config.unfelt_s, self._config.long_lie_s)
        if (t - began) / SECOND >= wait_s or self.down.signs.carer(t):
            return False
        alone = len(self._residents) == 1 and not others_lately(
            self.falls.state.people, person, began
        )
        subjects = self._residents if alone else set()
        return any(
            one.went_down(began, t) and is_worn_by(one, person, self.who, subjects)
            for one in self.down.signs.wearers.values()
        )

    def most(self, t: int) -> float:
        """Return the log-odds that the other senses add at most to what a camera says."""
        kept, table = self.down.signs.pieces.kept, self._table.down
        if kept is not self._kept:
            # They are replaced, never changed; a carer beside only takes away.
            self._kept = kept
            most = table.prior - PRIOR + sum(e.llr for e in kept if e.llr > 0.0)
            self._most = max(0.0, most + max(0.0, table.ratios["carer_beside"].at(1.0)))
        return self._most

    def may_be(self, person: Person, subject: str | None) -> bool:
        """Return whether a person in the picture may be `subject`."""
        known = self._subject(person)
        return known is None or subject is None or known == subject

    def _subject(self, person: Person) -> str | None:
        known = self.who.subject_of(person.source, person.track)
        if known is not None:
            return known[0]
        return self._beds.get(person.where.bed) if person.where.bed is not None else None

    def _of(self, subject: str | None, pieces: Iterable[Evidence], t: int) -> list[Evidence]:
        """Return the pieces that may be about `subject`."""
        return about(subject, pieces, alone=self._situations.alone(t))

    def _judge(self, now: int) -> list[Change]:
        """Judge every situation that no camera opened, twice a second at most."""
        if now - self.down.checked < _EVERY:
            return []
        self.down.checked = now
        self.down.signs.advance(now, self._table)
        return self._situations.judge(now, self.who)
