"""What is known of one person in front of one camera: postures in, lasting facts out.

Smooths the probability of being down, keeps since when and on what, remembers the descent, and
counts for how long the person has been upright in a good view. Pure; survives a restart.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from ambient.observations import Place, Point, Posture, PostureSeen
from fusion.looks import GOOD_VIEW, OFF_THE_FLOOR, SAFE, safe, sits, upright, whole

DOWN_ON: Final = 0.55
DOWN_OFF: Final = 0.35
AFTER_DESCENT: Final = 0.15
"""So much less is enough after a clear descent."""
SMOOTH_S: Final = 0.3
GAP_S: Final = 2.0
"""A person seen not down (or not seen) for less than this is still the same lying person."""
DESCENT_KEPT_S: Final = 4.0
"""A descent that nobody went down by within this time is forgotten."""
POSED: Final = 0.65
"""Only a pose is seen as well as this: the box of an outline wavers, and seems to fall with it."""
POSED_NS: Final = 1_500_000_000
"""A pose that was seen so well this lately is still trusted in a fall as clear as `FELL_ONTO`: it
blurs the pose."""
UPRIGHT_GAP_S: Final = 0.7
"""A person may be seen not upright for this long while getting up counts on."""
OFF_FLOOR_S: Final = 3.0
"""Who was upright or sat in a good view for so long was up, whatever a later look says."""
UNSEEN_S: Final = 3.0
"""A track that nobody reports for this long is gone, even if its end was never told (a restarted
sensor begins new tracks)."""
SAFE_S: Final = 1.0
STAYS: Final = 0.35
"""Hips that moved by more than this share of the body's length may have left the bed."""
STAYS_SAFE: Final = 0.8
"""Least probability of still being on a bed or sofa for who has not moved from it."""
PLACE_WEIGHT: Final = 0.1
"""How much of its probability each further sight of the same place settles."""
PLACE_S: Final = 2.0
"""So long must a person be seen on something else before it is believed."""
CERTAIN_DESCENT: Final = 0.75
FELL_ONTO: Final = 0.87
"""Whoever fell as clearly as this did not lie down on a marked mat but fell on it. (Onto a bed or a
sofa people drop.)"""
NOT_UP_S: Final = 3.0
NOT_UP: Final = 0.35
"""Who was clearly seen to fall and was less upright than this ever since, for so long, …"""
RISEN_S: Final = 0.25
"""A shorter look at somebody upright is a slip of the pose network."""
FALLEN: Final = 0.75
"""… is down with this probability at least, in whatever heap the body lies, …"""
HEAP: Final = 0.25
"""… unless it is less surely down than this by itself: children at play drop to kneel or sit (0.18
in simulated days), and who walks up to a camera and stoops sinks as well. (Of 81 recorded falls
that are confirmed 4 are so in a heap, none below 0.31.)"""
MOTIONLESS: Final = 0.5
MOTIONLESS_UPRIGHT: Final = 0.15
MOTIONLESS_STILL: Final = 0.8
MOTIONLESS_VIEW: Final = 0.6
MOTIONLESS_GAP_S: Final = 0.7
"""Who is more down than not, hardly upright and without a move, in good view, lies motionless. A
look that says otherwise for a shorter time is a slip of the pose network."""
MOTIONLESS_S: Final = 3.0
"""Who lies so for so long is as surely down as who was clearly seen to fall: people who sit, kneel
or bend are seen upright as well, and do not keep as still."""
BORDER: Final = 0.93
"""Row of the hips, in picture heights, below which a descent is no fall by itself: whoever walks
up to a low camera and past it sinks through the lower border."""
DOUBTFUL_DESCENT: Final = 0.6
UNTRUSTED: Final = 0.5
"""Most that counts of a descent there, and of a body that is seen worse than this and does not
look down: getting up in the dark, say. (None of 81 recorded falls that are confirmed is so.)"""
JUMP: Final = 0.5
JUMP_PER_S: Final = 2.0
"""Hips that moved further than this, in lengths of the body, are somebody else's: nobody runs or
falls at more than 3 m/s in a room."""
HOP_S: Final = 1.0
"""Hips that moved further than `JUMP` from one look to the next, in no more than this, may be
somebody else's: that is known when whom the track had followed is seen again."""
RETURNS_NS: Final = 3_000_000_000
"""Whoever is new so soon after a track jumped away from there is whom it had followed."""
NEAR: Final = 0.7
"""Of two tracks that are nearer than this, in lengths of the body, one may go on as the other."""
NEAR_BORDER: Final = 0.8
OUT_S: Final = 0.8
OUT_DOWN: Final = 0.1
"""Whose hips are that low in the picture and sink so fast that they are below `BORDER` within so
long, and who does not look down at all, is walking out; who falls looks more down by then."""
SINKS_S: Final = 0.3
"""Smooths how fast the hips sink."""
SURELY: Final = 0.8
SURE_VIEW: Final = 0.4
"""Who is seen so well to be down with this probability at least is surely seen down."""
LOST_DOWN: Final = 0.45
LOST_DESCENT: Final = 0.6
LOST_FALLING: Final = 0.85
"""Whoever was last seen in the middle of a descent this clear is lost because of it."""


class Person(Struct):
    """One track of one camera."""

    source: str
    track: int
    began: int
    t: int
    began_at: Point
    at: Point
    """Middle of the hips in picture heights, when first and when last seen."""
    size: float = 0.0
    sinks: float = 0.0
    """How fast the hips sink in the picture, picture heights a second."""
    posture: Posture = Posture.OTHER
    seen_down: float = 0.0
    """Posture and probability of being down as last seen, not smoothed."""
    down: float = 0.0
    down_since: int | None = None
    last_down: int = 0
    sure_s: float = 0.0
    """For how long the person has surely been seen down since then, in all."""
    descent: float = 0.0
    descent_t: int = 0
    still: float = 0.0
    quality: float = 0.0
    best: float = 0.0
    """The highest quality so far: furniture that is taken for a body is never seen well."""
    place: Place = Place.UNKNOWN
    bed: str | None = None
    place_sure: float = 1.0
    safe: float = 0.0
    """Smoothed probability of being on something on which lying is no fall, 0..1."""
    safe_at: Point | None = None
    """Where that was established; who does not move from there stays on it."""
    in_bed_last: int | None = None
    """When the person was last seen to lie on a bed or sofa in a good view."""
    other_since: int | None = None
    """Since when the person has been seen on something else than `place`."""
    posed_t: int = -POSED_NS
    """When the person was last seen as well as only a pose is."""
    fell_t: int | None = None
    """When the person was clearly seen to fall and has not been upright since."""
    risen_since: int | None = None
    """Since when the person has looked up again after that."""
    motionless_since: int | None = None
    motionless_last: int = 0
    """Since when the person has been seen to lie motionless, and when last."""
    supposed: bool = False
    """Down because of that alone: the posture by itself does not say so."""
    jumped_t: int | None = None
    """When the track last went over to another body."""
    hopped_t: int = 0
    hopped_from: Point | None = None
    """When the hips last moved so far from one look to the next, and from where."""
    stray: bool = False
    """Whom the track followed is seen there again: what it follows now nobody saw come."""
    upright_since: int | None = None
    upright_last: int = 0
    off_floor_since: int | None = None
    """Since when every look has shown the person upright or in a seat."""
    off_floor_last: int | None = None
    """When that had last been so for `OFF_FLOOR_S`."""
    missed: bool = False
    """Supposed to be down for not having been seen since the middle of a fall."""
    ended: bool = False
    interrupted: bool = False
    """Seen before the node began anew, and not since."""
    left: bool = False
    """Ended at the picture's border, not lost in the middle of it."""
    chain: int | None = None
    """Number of the open chain this person belongs to."""
    may_be_another: bool = False
    """Somebody who was up had been lost about where this one appeared."""

    @classmethod
    def first(cls, seen: PostureSeen) -> Person:
        """Return what is known at first sight."""
        return cls(
            source=seen.source,
            track=seen.track,
            began=seen.t,
            t=seen.t,
            began_at=seen.at,
            at=seen.at,
            place=seen.place,
            bed=seen.bed,
            place_sure=seen.place_sure,
            safe=safe(seen),
        )

    def see(self, seen: PostureSeen) -> None:
        """Take in how the person is now."""
        t, size = seen.t, seen.size if seen.size > self.size else self.size
        dt = (t - self.t) / 1e9 if t > self.t else 0.0
        moved = math.dist(self.at, seen.at) if self.at != seen.at else 0.0
        if moved > JUMP * size:
            if self.chain is None and dt <= HOP_S:
                self.hopped_t, self.hopped_from, self.stray = t, self.at, False
            if moved > (JUMP + JUMP_PER_S * dt) * size:
                self._become_another(seen)
        came = self.jumped_t is not None and (t - self.jumped_t) / 1e9 <= DESCENT_KEPT_S
        smooths = dt < SMOOTH_S and (dt > 0.0 or self.down != 0.0)
        weight = dt / SMOOTH_S if smooths else 1.0
        if seen.quality >= POSED:
            self.posed_t = t
        lies = self._lies(seen, came=came)
        if self.supposed and self.fell_t is None:
            self.down = seen.down  # what was only supposed does not linger
        # Who was seen in a heap and looks even less down since, or is hardly seen, lies no more.
        less = self.supposed and self.fell_t is not None and seen.down < HEAP
        self.supposed = lies > seen.down or less
        view = seen.quality * whole(seen)
        if self._follow_motionless(seen, view) and lies < FALLEN:
            lies = FALLEN
        self.down += weight * (lies - self.down)
        self.quality += weight * (view - self.quality)
        if self.quality > self.best:
            self.best = self.quality
        if dt > 0.0:
            share = dt / SINKS_S if dt < SINKS_S else 1.0
            self.sinks += share * ((seen.at[1] - self.at[1]) / dt - self.sinks)
        self.t, self.at, self.size = t, seen.at, seen.size
        self.posture, self.seen_down, self.still = seen.posture, seen.down, seen.still
        if self.ended or self.left or self.missed:
            self.ended = self.left = self.missed = False
        # Coming from one body to another looks like a fall for as long as it is remembered.
        descent = 0.0 if came else seen.descent
        out = seen.at[1] > BORDER and seen.down < HEAP
        untrusted = seen.quality < UNTRUSTED and seen.down < DOWN_ON
        if descent > DOUBTFUL_DESCENT and (out or untrusted):
            descent = DOUBTFUL_DESCENT
        stale = (t - self.descent_t) / 1e9 > DESCENT_KEPT_S
        renewed = self.down_since is None and (stale or descent == self.descent)
        if descent > self.descent or renewed:
            # What was doubted at first and is trusted later began when it was doubted.
            began = not stale and self.descent == DOUBTFUL_DESCENT
            self.descent, self.descent_t = descent, self.descent_t if began else t
        self._follow_down(t)
        if self.down_since is None:
            self.sure_s = 0.0
        elif seen.down >= SURELY and view >= SURE_VIEW:
            self.sure_s += min(dt, GAP_S)
        self._follow_place(seen)
        self._follow_safe(seen, dt)
        rests = self.down >= DOWN_ON and seen.place in (Place.BED, Place.SOFA)
        if rests and self.quality >= GOOD_VIEW and seen.place_sure >= 0.5:
            self.in_bed_last = seen.t
        up = upright(seen)
        self._follow_upright(up, t)
        self._follow_off_floor(up or sits(seen), t)

    def interrupt(self) -> None:
        """Take in that the node began anew: nobody who comes now has this track's number.

        A restarted sensor numbers its tracks from the start, so that the first who is seen (a
        carer who has come meanwhile) would else be taken for whoever had that number.
        """
        self.ended = self.interrupted = True
        if self.track >= 0:
            self.track = -1 - self.track

    def gone(self, t: int) -> bool:
        """Return whether the person is not in sight at `t`."""
        return self.ended or (t - self.t) / 1e9 > UNSEEN_S

    def lost_falling(self) -> bool:
        """Return whether the person was last seen in a fall, so that not being seen tells of it."""
        if self.descent < LOST_DESCENT or self.at[1] > BORDER:
            return False
        near = self.at[1] > NEAR_BORDER and self.at[1] + OUT_S * self.sinks > BORDER
        out = near and self.seen_down < OUT_DOWN
        if self.descent < LOST_FALLING:
            return self.seen_down >= DOWN_ON
        return (self.posture is Posture.FALL and not out) or self.seen_down >= LOST_DOWN

    @property
    def walked_out(self) -> bool:
        """Whether the person left, the hips below the picture, and was not surely down there."""
        return self.left and self.at[1] > 1.0 and self.down < DOWN_ON

    def suppose_down(self) -> None:
        """Take whoever was lost in a fall to be down from when last seen."""
        if self.down_since is None:
            self.down_since = self.last_down = self.t
        # Who was on the way down already is no less lost than who had just begun to fall.
        self.down = max(self.down, 0.6)
        self.still = 0.5  # unknown from here on

    def upright_s(self, t: int) -> float:
        """Return for how long the person has been upright, up to now; 0 when not any more."""
        fresh = (t - self.upright_last) / 1e9 <= UPRIGHT_GAP_S
        return (t - self.upright_since) / 1e9 if self.upright_since is not None and fresh else 0.0

    def motionless_s(self, t: int) -> float:
        """Return for how long the person has lain motionless, up to now; 0 when not any more."""
        fresh = (t - self.motionless_last) / 1e9 <= MOTIONLESS_GAP_S
        since = self.motionless_since
        return (t - since) / 1e9 if since is not None and fresh else 0.0

    def rests_s(self, t: int) -> float:
        """Return for how long the person has been seen lying on a bed or sofa, up to now."""
        on = self.place in (Place.BED, Place.SOFA) and self.other_since is None
        return (t - self.down_since) / 1e9 if on and self.down_since is not None else 0.0

    @property
    def seen_down_s(self) -> float:
        """For how long the person was seen down; 0 when not down."""
        return (self.last_down - self.down_since) / 1e9 if self.down_since is not None else 0.0

    @property
    def only_supposed(self) -> bool:
        """Whether the person is down for having been lost in a fall, and was never seen down."""
        return self.down_since is not None and self.seen_down_s <= 0.0

    @property
    def fell_onto(self) -> bool:
        """Whether the person was clearly seen to fall onto a marked mat, and did not get up."""
        fell = self.fell_t is not None and self.descent >= FELL_ONTO
        return fell and self.place is Place.PERMITTED

    def on_safe(self) -> float:
        """Return how probable it is that the person is where lying is no fall, 0..1."""
        if self.fell_onto:
            return 0.0
        sure = self.place_sure if self.place in SAFE else 0.0
        return sure if sure > self.safe else self.safe

    @property
    def in_a_heap(self) -> bool:
        """Whether the person, as last seen, is down because of the descent alone."""
        return self.supposed and self.seen_down < MOTIONLESS

    @property
    def risen(self) -> bool:
        """Whether the person was up when last seen, for longer than a slip of the pose network."""
        since, jumped = self.upright_since, self.jumped_t
        if since is None or self.upright_last < self.t or self.down >= DOWN_OFF:
            return False
        own = jumped is None or self.down_since is None or jumped < self.down_since
        return own and (self.t - since) / 1e9 >= RISEN_S

    @property
    def lies_in_view(self) -> bool:
        """Whether the person, as last seen, lay there in a good view."""
        lies = self.seen_down >= MOTIONLESS and self.posture not in OFF_THE_FLOOR
        return lies and self.quality >= GOOD_VIEW

    def near(self, other: Person) -> bool:
        """Return whether this person first appeared about where `other` was last seen."""
        return math.dist(self.began_at, other.at) <= NEAR * max(self.size, other.size)

    def left_behind(self, other: Person) -> bool:
        """Return whether `other`, who is new, is whom this track followed before it jumped."""
        if self.hopped_from is None or other.source != self.source:
            return False
        near = math.dist(other.began_at, self.hopped_from) <= NEAR * self.size
        return near and 0 <= other.began - self.hopped_t <= RETURNS_NS

    def _lies(self, seen: PostureSeen, *, came: bool) -> float:
        """Return how probable it is that the body is down; `came` says: just from another body."""
        up = seen.upright >= NOT_UP or seen.posture in OFF_THE_FLOOR
        blurred = seen.t - self.posed_t <= POSED_NS
        if not up:
            self.risen_since = None
        elif self.risen_since is None:
            self.risen_since = seen.t
        if came or (self.risen_since is not None and (seen.t - self.risen_since) / 1e9 >= RISEN_S):
            self.fell_t = None
        elif (
            not up
            and self.fell_t is None
            and seen.descent >= CERTAIN_DESCENT
            and seen.posture is Posture.FALL
            and (seen.quality >= POSED or (blurred and seen.descent >= FELL_ONTO))
            and seen.at[1] <= BORDER
        ):
            self.fell_t = seen.t
        if self.fell_t is None:
            return seen.down
        fallen = (seen.t - self.fell_t) / 1e9 >= NOT_UP_S and seen.down >= HEAP
        return max(seen.down, FALLEN) if fallen else seen.down

    def _follow_motionless(self, seen: PostureSeen, view: float) -> bool:
        """Follow for how long the person lies motionless; return whether that tells of it now.

        `view` is how well the body is seen, 0..1.
        """
        if (
            seen.down >= MOTIONLESS
            and seen.upright < MOTIONLESS_UPRIGHT
            and seen.still >= MOTIONLESS_STILL
            and view >= MOTIONLESS_VIEW
            and seen.posture not in OFF_THE_FLOOR
        ):
            t, since = seen.t, self.motionless_since
            if since is None or (t - self.motionless_last) / 1e9 > MOTIONLESS_GAP_S:
                since = self.motionless_since = t
            self.motionless_last = t
            return (t - since) / 1e9 >= MOTIONLESS_S
        return False

    def _become_another(self, seen: PostureSeen) -> None:
        """Forget what was known of the body that the track followed; it has jumped to another.

        A chain stays bound: whom it is about may well be the one who is followed no more.
        """
        self.jumped_t, self.fell_t, self.sinks = seen.t, None, 0.0
        self.descent, self.descent_t = 0.0, seen.t
        self.place, self.place_sure, self.bed = seen.place, seen.place_sure, seen.bed
        self.safe, self.safe_at, self.other_since = safe(seen), None, None
        self.upright_since = self.motionless_since = None
        self.off_floor_since = self.off_floor_last = None
        if self.chain is None:
            self.down_since = None
            self.down = seen.down

    def _follow_down(self, t: int) -> None:
        fell = (self.descent - 0.6) / 0.3
        on = DOWN_ON - AFTER_DESCENT * (0.0 if fell < 0.0 else 1.0 if fell > 1.0 else fell)
        if self.down >= on or (self.down_since is not None and self.down > DOWN_OFF):
            if self.down_since is None:
                self.down_since = t
            self.last_down = t
        elif self.down_since is not None and (t - self.last_down) / 1e9 > GAP_S:
            self.down_since = None

    def _follow_safe(self, seen: PostureSeen, dt: float) -> None:
        """Follow how surely the person is on a bed or sofa.

        Furniture that was found wavers with every pose; nobody leaves a bed without moving, so
        what was established holds until the hips are elsewhere or the person is upright.
        """
        now = safe(seen)
        self.safe += (dt / SAFE_S if dt < SAFE_S else 1.0) * (now - self.safe)
        if self.safe >= 0.5 and now >= 0.5:
            self.safe_at = seen.at
        if self.safe_at is None:
            return
        moved = math.dist(self.safe_at, seen.at) > STAYS * seen.size
        elsewhere = seen.place not in SAFE and seen.place is not Place.UNKNOWN
        if moved or seen.upright >= 0.5 or (elsewhere and seen.place_sure >= 0.9):
            self.safe_at = None
        elif self.safe < STAYS_SAFE:
            self.safe = STAYS_SAFE

    def _follow_place(self, seen: PostureSeen) -> None:
        """Believe a new place once it has lasted; who came off a bed is down from then on."""
        if seen.place is self.place:
            self.other_since, self.bed = None, seen.bed
            self.place_sure += PLACE_WEIGHT * (seen.place_sure - self.place_sure)
            return
        if self.other_since is None:
            self.other_since = seen.t
        lasted_s = (seen.t - self.other_since) / 1e9
        if lasted_s < PLACE_S and (seen.place in SAFE or self.place in SAFE):
            return
        left_bed = self.place in SAFE and seen.place not in SAFE
        if left_bed and self.down_since is not None:
            self.down_since = max(self.down_since, self.other_since)
        self.place, self.place_sure, self.other_since = seen.place, seen.place_sure, None
        # Who rolled off a bed still belongs to it.
        self.bed = self.bed if left_bed else seen.bed

    def _follow_upright(self, up: bool, t: int) -> None:
        if up:
            if self.upright_since is None:
                self.upright_since = t
            self.upright_last = t
        elif self.upright_since is not None and (t - self.upright_last) / 1e9 > UPRIGHT_GAP_S:
            self.upright_since = None

    def _follow_off_floor(self, off: bool, t: int) -> None:
        if not off:
            self.off_floor_since = None
        elif self.off_floor_since is None:
            self.off_floor_since = t
        since = self.off_floor_since
        long = since is not None and (t - since) / 1e9 >= OFF_FLOOR_S
        if long or (self.upright_since is not None and self.upright_s(t) >= OFF_FLOOR_S):
            self.off_floor_last = t
