"""What is known of one person in front of one camera: postures in, lasting facts out.

Smooths the probability of being down, keeps since when and on what, remembers the descent, and
counts for how long the person has been upright in a good view. Pure; survives a restart.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
from msgspec import Struct

from ambient.observations import Place, Point, Posture, PostureSeen
from fusion.descent import (
    BORDER,
    DESCENT_KEPT_S,
    FALLEN,
    FELL_ONTO,
    HEAP,
    POSED,
    Descent,
)
from fusion.lingering import Lingering
from fusion.looks import GOOD_VIEW, OFF_THE_FLOOR, whole
from fusion.off_floor import RISEN_S, OffFloor
from fusion.whereabouts import Whereabouts

DOWN_ON: Final = 0.55
DOWN_OFF: Final = 0.35
AFTER_DESCENT: Final = 0.15
"""So much less is enough after a clear descent."""
SMOOTH_S: Final = 0.3
GAP_S: Final = 2.0
"""A person seen not down (or not seen) for less than this is still the same lying person."""
UNSEEN_S: Final = 3.0
"""A track that nobody reports for this long is gone, even if its end was never told (a restarted
sensor begins new tracks)."""
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
BELIEF_S: Final = 4.0
"""Smooths how probable a fall is thought."""
SURELY: Final = 0.8
SURE_VIEW: Final = 0.4
"""Who is seen so well to be down with this probability at least is surely seen down."""
SURE_S: Final = 0.5
"""Who has surely been seen down for less than this, in all, and not clearly to fall, may stoop or
be helped up, may be walking past the camera, or be a coat that is taken for a body."""
DESCENDS: Final = 0.5
"""From this evidence of a descent on, somebody is or was just going down."""
OUT_DOWN: Final = 0.1
"""Who sinks through the lower border and does not look down at all is walking out; who falls looks
more down by then."""
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
    posture: Posture = Posture.OTHER
    seen_down: float = 0.0
    """Posture and probability of being down as last seen, not smoothed."""
    looks_down: float = 0.0
    """That probability as it looks, smoothed."""
    down: float = 0.0
    """… and as it looks or, after a clear fall, must be."""
    down_since: int | None = None
    last_down: int = 0
    sure_s: float = 0.0
    """For how long the person has surely been seen down since then, in all."""
    descent: Descent = msgspec.field(default_factory=Descent)
    where: Whereabouts = msgspec.field(default_factory=Whereabouts)
    up: OffFloor = msgspec.field(default_factory=OffFloor)
    low: Lingering = msgspec.field(default_factory=Lingering)
    still: float = 0.0
    quality: float = 0.0
    best: float = 0.0
    """The highest quality so far: furniture that is taken for a body is never seen well."""
    in_bed_last: int | None = None
    """When the person was last seen to lie on a bed or sofa in a good view."""
    motionless_since: int | None = None
    motionless_last: int = 0
    """Since when the person has been seen to lie motionless, and when last."""
    belief: float = 0.0
    believed_t: int | None = None
    """How probable a fall has been thought, smoothed, since it is suspected, and when last."""
    crouched_s: float = 0.0
    """For how long the person has been seen in full view, and not to lie, since last up or seen to
    go down, in all."""
    supposed: bool = False
    """Down for having lain so or fallen alone: the posture by itself does not say so."""
    jumped_t: int | None = None
    """When the track last went over to another body."""
    hopped_t: int = 0
    hopped_from: Point | None = None
    """When the hips last moved so far from one look to the next, and from where."""
    stray: bool = False
    """Whom the track followed is seen there again: what it follows now nobody saw come."""
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
            where=Whereabouts.first(seen),
        )

    def see(self, seen: PostureSeen, *, lingers: bool = False) -> None:
        """Take in how the person is now; `lingers`, that nobody stays so long who could get up."""
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
        fall, standing = self.descent, self.down_since is None
        fall.see(seen, self.at[1], dt, another=came, standing=standing)
        lies = fall.lies(seen)
        if self.supposed and fall.fell_t is None and not lingers:
            self.down = seen.down  # what was only supposed does not linger
        # Who was seen in a heap and looks even less down since, or is hardly seen, lies no more.
        less = self.supposed and fall.fell_t is not None and seen.down < HEAP
        self.supposed = lies > seen.down or less or lingers
        view = seen.quality * whole(seen)
        if (self._follow_motionless(seen, view) or lingers) and lies < FALLEN:
            lies = FALLEN
        self.down += weight * (lies - self.down)
        self.looks_down += weight * (seen.down - self.looks_down)
        self.quality += weight * (view - self.quality)
        if self.quality > self.best:
            self.best = self.quality
        self.t, self.at, self.size = t, seen.at, seen.size
        self.posture, self.seen_down, self.still = seen.posture, seen.down, seen.still
        if self.ended or self.left or self.missed:
            self.ended = self.left = self.missed = False
        self._follow_down(t)
        if self.down_since is None:
            self.sure_s = 0.0
        elif seen.down >= SURELY and view >= SURE_VIEW:
            self.sure_s += min(dt, GAP_S)
        left = self.where.see(seen, dt)
        if left is not None and self.down_since is not None:
            self.down_since = max(self.down_since, left)  # who came off a bed is down from then on
        rests = self.down >= DOWN_ON and seen.place in (Place.BED, Place.SOFA)
        if rests and self.quality >= GOOD_VIEW and seen.place_sure >= 0.5:
            self.in_bed_last = seen.t
        self.up.see(seen)
        self._follow_crouching(seen, dt)

    def believe(self, probability: float, t: int) -> None:
        """Take in how probable a fall is thought at `t`."""
        since = self.believed_t
        dt = BELIEF_S if since is None else (t - since) / 1e9
        self.belief += min(max(dt, 0.0) / BELIEF_S, 1.0) * (probability - self.belief)
        self.believed_t = t

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
        clear, row = self.descent.clear, self.at[1]
        if clear < LOST_DESCENT or row > BORDER:
            return False
        out = self.descent.leaves(row) and self.seen_down < OUT_DOWN
        if clear < LOST_FALLING:
            return self.seen_down >= DOWN_ON
        return (self.posture is Posture.FALL and not out) or self.seen_down >= LOST_DOWN

    @property
    def walked_out(self) -> bool:
        """Whether the person left, the hips below the picture, and did not look down there."""
        return self.left and self.at[1] > 1.0 and self.looks_down < DOWN_ON

    def suppose_down(self) -> None:
        """Take whoever was lost in a fall to be down from when last seen."""
        if self.down_since is None:
            self.down_since = self.last_down = self.t
        # Who was on the way down already is no less lost than who had just begun to fall.
        self.down = max(self.down, 0.6)
        self.still = 0.5  # unknown from here on

    def motionless_s(self, t: int) -> float:
        """Return for how long the person has lain motionless, up to now; 0 when not any more."""
        fresh = (t - self.motionless_last) / 1e9 <= MOTIONLESS_GAP_S
        since = self.motionless_since
        return (t - since) / 1e9 if since is not None and fresh else 0.0

    def rests_s(self, t: int) -> float:
        """Return for how long the person has been seen lying on a bed or sofa, up to now."""
        since = self.down_since
        return (t - since) / 1e9 if since is not None and self.where.rests else 0.0

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
        fell = self.descent.fell_t is not None and self.descent.clear >= FELL_ONTO
        return fell and self.where.place is Place.PERMITTED

    def on_safe(self) -> float:
        """Return how probable it is that the person is where lying is no fall, 0..1."""
        return 0.0 if self.fell_onto else self.where.on_safe()

    @property
    def in_a_heap(self) -> bool:
        """Whether the person, as last seen, is down because of the descent alone."""
        return self.supposed and self.seen_down < MOTIONLESS

    @property
    def kneels(self) -> bool:
        """Whether the person, as last seen in full view, kneels, squats or sits, hardly down."""
        low = self.posture in OFF_THE_FLOOR and self.seen_down < MOTIONLESS
        return low and not self.supposed and self.quality >= POSED

    @property
    def risen(self) -> bool:
        """Whether the person was up when last seen, for longer than a slip of the pose network."""
        since, jumped = self.up.upright_since, self.jumped_t
        if since is None or self.up.upright_last < self.t or self.down >= DOWN_OFF:
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

    def _follow_crouching(self, seen: PostureSeen, dt: float) -> None:
        """Follow for how long the person has been seen in full view, and not to lie."""
        if self.up.upright_last == seen.t or seen.descent >= DESCENDS:
            self.crouched_s = 0.0
        elif self.quality >= POSED and seen.down < MOTIONLESS:
            self.crouched_s += min(dt, GAP_S)

    def _become_another(self, seen: PostureSeen) -> None:
        """Forget what was known of the body that the track followed; it has jumped to another.

        A chain stays bound: whom it is about may well be the one who is followed no more.
        """
        self.jumped_t = seen.t
        self.descent.forget(seen.t)
        self.up.forget()
        self.where, self.motionless_since = Whereabouts.first(seen), None
        self.low, self.crouched_s = Lingering(), 0.0
        if self.chain is None:
            self.down_since = None
            self.down = seen.down

    def _follow_down(self, t: int) -> None:
        fell = (self.descent.clear - 0.6) / 0.3
        on = DOWN_ON - AFTER_DESCENT * (0.0 if fell < 0.0 else 1.0 if fell > 1.0 else fell)
        if self.down >= on or (self.down_since is not None and self.down > DOWN_OFF):
            if self.down_since is None:
                self.down_since = t
            self.last_down = t
        elif self.down_since is not None and (t - self.last_down) / 1e9 > GAP_S:
            self.down_since = None
