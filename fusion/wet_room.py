"""Into the wet room and not out: door, radar, PIR and the room's camera in, chains out.

Log-odds that somebody is in there are moved by every sense that can tell; from `IN` on a stay has
begun, and it ends when they fall below `OUT`. How long is too long is the resident's own: four
robust spreads above the median of past stays, at least `LEAST_MIN` and at most what the
configuration says, which holds alone until ten stays are known. A thud or a call from there makes
it sooner, a carer who is here longer, and so does who still stirs in there for as long as that is
noticed. Pure: time is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from ambient.config_watch import WetRoom
from ambient.events import Contribution, Sense, SituationStep
from ambient.observations import (
    Point,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
    SoundClass,
    SoundHeard,
    TrackEnded,
)
from ambient.outlines import within
from fusion.chains import SECOND, Chains, Change, Found, Kind, Who
from fusion.own_time import kept, longest

IN: Final = 1.0
OUT: Final = -1.0
LEAST, MOST = -2.0, 5.0
"""Log-odds are held within these, so that one sure sign turns them."""
LEAST_MIN: Final = 10.0
"""Nobody is missed sooner than this, however short the usual stay."""
HURRY_MIN: Final = 2.0
"""After a thud or a call, not sooner than so long after it."""
HURRY: Final = 0.25
"""… or this share of the usual limit."""
CARER: Final = 3.0
"""With a carer, so many times as long."""
STIRS: Final = 1.5
"""Whoever stirs in there by a PIR is given so many times as long …"""
STIRS_S: Final = 300.0
"""… until it has noticed nothing for so long: then the usual limit counts, at once. Of who sits
there it hears about once a minute, by chance: three minutes without a word come in most long stays,
five seldom."""
SUSPECT: Final = 0.75
SHORT_S: Final = 20.0
"""A shorter stay was somebody who looked in; it teaches nothing."""
HEARD: Final = frozenset({SoundClass.THUD, SoundClass.HELP, SoundClass.SCREAM})
HEARD_SURE: Final = 0.6
LOST_S: Final = 90.0
"""A radar loses who sits still; nobody has left before it has been off for so long …"""
LEFT_S: Final = 8.0
"""… or so long after the door was opened."""
AFTER_DOOR_S: Final = 60.0
"""Who is still in there after the door was opened stirs within this time."""
QUIET_S: Final = 900.0
"""A PIR is quiet about who sits still: this long without a sign it says a little."""

RADAR_ON, RADAR_OFF = 4.0, -4.0
LEFT: Final = -4.0
"""The door was opened and nothing has stirred in there since."""
ELSEWHERE: Final = -3.0
"""The one resident is felt in bed or in a chair."""
PIR_ON: Final = 3.0
PIR_QUIET: Final = -0.5
WENT_IN: Final = 3.0
"""The room's camera saw somebody end at the door's outline."""
CAME_OUT: Final = -3.0
"""… or begin there."""
SEEN_ALONE: Final = -0.8
"""The one resident is seen in the room for ten seconds: it may be a visitor."""
DOOR: Final = 0.8
"""The door was opened: in if nobody was there, out if somebody was. Assumed, as are all above."""


class WetRoomState(Struct):
    """All that is remembered of one wet room; survives a restart."""

    odds: float = LEAST
    since: int | None = None
    """When the stay began."""
    newest: int = 0
    moved: int = 0
    """When a sense in there last noticed somebody."""
    over: bool = False
    """Whether a stay has ended whose chain is still to be ended."""
    hurried: int | None = None
    """When a thud or a call was heard in this stay."""
    accompanied: bool = False
    stirred: int | None = None
    """When a PIR last noticed somebody in this stay."""
    door: int = 0
    on: list[str] = []
    """Radars that are on."""
    off: int | None = None
    """When the last of them went off in this stay."""
    worth: dict[str, float] = {}
    stays: list[float] = []
    """Past stays without an alarm, seconds."""
    counted: int = 0
    """When being seen in the room was last counted."""
    aspect: float = 16 / 9
    """Width over height of the picture of the camera that sees the door."""
    chains: Chains = field(default_factory=Chains)

    def keep(self, wet: WetRoom, kinds: Mapping[str, SensorKind]) -> None:
        """Forget radars that are none of this wet room's any more; `kinds` are the room's sensors.

        Who was in there by such a radar still is, until the other senses say otherwise.
        """
        self.on = [
            one for one in self.on if one in wet.sensors and kinds.get(one) is SensorKind.PRESENCE
        ]

    def forget(self) -> None:
        """Forget the own time."""
        self.stays = []

    def unhear(self) -> None:
        """Forget what was heard from there."""
        self.hurried = None
        self.worth = {s: w for s, w in self.worth.items() if not s.startswith("sound.")}


class WetRoomJudge:
    """Judge one wet room.

    Parameters
    ----------
    wet
        As configured.
    subject
        Who uses it alone.
    state
        What an earlier run left.
    """

    def __init__(
        self, wet: WetRoom, subject: str | None, state: WetRoomState | None = None
    ) -> None:
        self._wet = wet
        self._who = Who(wet.id, wet.subject or subject)
        self._alone = self._who.subject is not None
        self._sensors = frozenset(wet.sensors)
        self.state = state or WetRoomState()

    @property
    def limit_s(self) -> float:
        """How long somebody may stay, seconds: the own time where it is known."""
        most = 60.0 * self._wet.most_min
        own = longest(self.state.stays)
        return most if own is None else max(min(60.0 * LEAST_MIN, most), min(most, own))

    def shape(self, source: str, aspect: float) -> None:
        """Take in the width over the height of a camera's picture."""
        if self._wet.door is not None and source == self._wet.door.camera:
            self.state.aspect = aspect

    def sensor(self, seen: SensorSeen, now: int) -> None:
        """Take in a sensor of this wet room; others are left alone."""
        if seen.source not in self._sensors:
            return
        state, t = self.state, seen.t
        if state.since is not None:
            self._leaves(now)
        if seen.kind is SensorKind.PRESENCE:
            self._radar(seen, now)
        elif seen.kind is SensorKind.PASSIVE_INFRARED and seen.on and not seen.retained:
            self._weigh(Sense.SENSOR_PRESENCE, PIR_ON, t, now)
            if state.since is not None:
                state.stirred = max(t, state.stirred or t)
        elif seen.kind is SensorKind.DOOR and seen.on and not seen.retained:
            state.door = t
            # A radar knows better than a door which way it was.
            if not self._has_radar(state):
                worth = -DOOR if state.since is not None else DOOR
                self._weigh(Sense.SENSOR_DOOR, worth, t, now)

    def elsewhere(self, t: int) -> None:
        """Take in that somebody is felt in a bed or chair of the room."""
        if self._alone and self.state.since is not None:
            self._weigh(Sense.SENSOR_BED, ELSEWHERE, t, t)

    def posture(self, seen: PostureSeen, *, first: bool) -> None:
        """Take in who is seen in the room; `first` when the track begins."""
        state = self.state
        if first and self._at_door(seen.source, seen.at) and seen.posture is not Posture.LYING:
            self._weigh(Sense.VISION_POSTURE, CAME_OUT, seen.t, seen.t)
            return
        if not self._alone or state.since is None or seen.quality < 0.5:
            return
        if (seen.t - state.counted) / SECOND >= 10.0:
            state.counted = seen.t
            self._weigh(Sense.VISION_POSTURE, SEEN_ALONE, seen.t, seen.t)

    def ended(self, end: TrackEnded, at: Point) -> None:
        """Take in that somebody who was last seen at `at` is seen no more."""
        if self._at_door(end.source, at) and end.down < 0.5:
            self._weigh(Sense.VISION_POSTURE, WENT_IN, end.t, end.t)

    def sound(self, heard: SoundHeard) -> None:
        """Take in a thud, a call or a scream while somebody is in there."""
        sure = heard.sound in HEARD and heard.probability >= HEARD_SURE
        if sure and self.state.since is not None and self.state.hurried is None:
            self.state.hurried = heard.t
            sense = Sense(f"sound.{heard.sound.value}")
            self.state.worth[sense.value] = 2.0

    def advance(self, t: int, *, carer: bool) -> list[Change]:
        """Let time go on to `t`."""
        state = self.state
        ended: list[Change] = []
        if state.over:
            state.over = False
            ended = state.chains.end(Kind.NOT_OUT, self._who.key, t)
        return ended if state.since is None else ended + self._stays(t, carer=carer)

    def _stays(self, t: int, *, carer: bool) -> list[Change]:
        state = self.state
        state.accompanied = state.accompanied or carer
        self._leaves(t)
        if state.since is None:
            state.over = False
            return state.chains.end(Kind.NOT_OUT, self._who.key, t)
        stayed_s = (t - state.since) / SECOND
        limit_s, usual_s = self._limit(t), self.limit_s
        step = None
        if stayed_s >= 2.0 * limit_s:
            step = SituationStep.LASTING
        elif stayed_s >= limit_s:
            step = SituationStep.CONFIRMED
        elif stayed_s >= SUSPECT * limit_s:
            step = SituationStep.SUSPECTED
        if step is None:
            return []
        told = [Contribution(Sense(s), round(w, 3)) for s, w in state.worth.items()]
        told.append(Contribution(Sense.OWN_RATE, round(math.log(stayed_s / usual_s), 3)))
        if state.accompanied:
            told.append(Contribution(Sense.CARER, -round(math.log(CARER), 3)))
        found = Found(t, round(1.0 / (1.0 + math.exp(-state.odds)), 4), tuple(told))
        return state.chains.reach(Kind.NOT_OUT, self._who, step, t, found, began=state.since)

    def _radar(self, seen: SensorSeen, now: int) -> None:
        state = self.state
        if seen.on:
            if seen.source not in state.on:
                state.on.append(seen.source)
            state.off = None
            worth = RADAR_ON * seen.probability
            self._weigh(Sense.SENSOR_PRESENCE, worth, seen.t, now, sets=True)
        elif seen.source in state.on:
            state.on.remove(seen.source)
            state.off = seen.t if not state.on else None

    def _leaves(self, t: int) -> None:
        """Notice what only time tells: that nothing stirs in there any more."""
        state = self.state
        if state.on:
            state.newest = state.moved = t
        elif state.off is not None:
            by_door = state.door >= state.off - LOST_S * SECOND
            patience = LEFT_S if by_door else LOST_S
            if (t - max(state.off, state.door if by_door else 0)) / SECOND >= patience:
                self._weigh(Sense.SENSOR_PRESENCE, RADAR_OFF, state.off, state.off, sets=True)
        elif state.door > state.moved and (t - state.door) / SECOND >= AFTER_DOOR_S:
            self._weigh(Sense.SENSOR_DOOR, LEFT, state.door, state.door, sets=True)
        elif (t - max(state.moved, state.since or t)) / SECOND > QUIET_S:
            state.moved = t
            self._weigh(Sense.SENSOR_PRESENCE, PIR_QUIET, t, t, sign=False)

    def _limit(self, t: int) -> float:
        state = self.state
        limit = self.limit_s
        if state.hurried is not None and state.since is not None:
            heard_s = (state.hurried - state.since) / SECOND
            limit = min(limit, max(HURRY * limit, heard_s + 60.0 * HURRY_MIN))
        elif state.stirred is not None and (t - state.stirred) / SECOND <= STIRS_S:
            limit *= STIRS
        return limit * (CARER if state.accompanied else 1.0)

    def _has_radar(self, state: WetRoomState) -> bool:
        return bool(state.on) or Sense.SENSOR_PRESENCE.value in state.worth

    def _weigh(
        self,
        sense: Sense,
        worth: float,
        t: int,
        now: int,
        *,
        sets: bool = False,
        sign: bool = True,
    ) -> None:
        """Move the log-odds; what comes late counts for when it was, not for now.

        Parameters
        ----------
        sets
            Whether the sense knows by itself: its word replaces what was believed.
        sign
            Whether it is a sign of somebody, which makes a stay's end or start known.
        """
        state = self.state
        if sign and t < state.newest and now - t > 10 * SECOND:
            return  # something newer is known
        state.odds = max(LEAST, min(MOST, worth if sets else state.odds + worth))
        state.worth[sense.value] = round(worth, 3)
        if sign:
            state.newest = max(state.newest, t)
            if worth > 0:
                state.moved = max(state.moved, t)
        if state.since is None and state.odds >= IN:
            state.since, state.hurried, state.accompanied, state.stirred = t, None, False, None
            state.worth = {sense.value: round(worth, 3)}
        elif state.since is not None and state.odds <= OUT:
            self._over(t)

    def _over(self, t: int) -> None:
        """End a stay; what was no alarm teaches how long stays are."""
        state = self.state
        stayed_s = (t - (state.since or t)) / SECOND
        chain = state.chains.of(Kind.NOT_OUT, self._who.key)
        rang = chain is not None and chain.step is not SituationStep.SUSPECTED
        if stayed_s >= SHORT_S and not rang and not state.accompanied:
            state.stays = kept(state.stays, stayed_s)
        state.since, state.hurried, state.off, state.worth = None, None, None, {}
        state.stirred = None
        state.over = True

    def _at_door(self, source: str, at: Point) -> bool:
        door = self._wet.door
        if door is None or source != door.camera:
            return False
        return within((at[0] / self.state.aspect, at[1]), door.polygon)
