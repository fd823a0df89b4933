"""Who is who in a room: observations of a camera and of wearables in, whose wearable is whose out.

A wearable is matched to a tracked person by movement alone, never by a face. For each wearable and
camera there is one hypothesis for each person whom the camera tracks, and one that the wearer is
none of them: next door, or the wearable lies on a table. `fusion.who_evidence` gives the log-odds
of each; wearables of different subjects are not on one body, so all are judged together. What is
not sure enough is not said.

A track that ends may go on as another. One that begins where and when a track of the same camera
was lost is the same person with a probability of `_LINKS`, which is never enough to be sure; with
the rest of the probability the person before has gone, and the new one is somebody else. What the
wearable does from then on decides.

No clock: `advance` says how far time has come. Memory is bounded by `TRACKS` and `DEVICES`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import dist, exp, inf, log1p
from typing import Final

import numpy as np

from ambient.observations import AnyObservation, MotionMeasured, PostureSeen, TrackEnded, Wear
from fusion.who_belief import Belief, posterior
from fusion.who_evidence import (
    ANY_LAG,
    DECAY,
    HALF_LIFE_S,
    RELATIONS,
    RISES,
    SECOND,
    Floats,
    Likeness,
    Speeds,
    lags_after,
    log_odds,
    looked_up,
    second_of,
)

WAIT_S: Final = 9.0
"""A second of a wearable is compared when the camera has come so far beyond it: the lag that the
clocks may have, and what a wearable may be late."""
EVERY_S: Final = 5.0
GONE_S: Final = 60.0
"""So long after it was last seen, or after its end, is a track remembered."""
NEXT_S: Final = 1.3
"""Seconds of a wearable farther apart than this do not follow each other."""
MOMENT: Final = (-1.0, 1.0)
"""No `EVERY_S` seconds in which the wearable moves count less or more than this, in nats: two
people who rise together do so once, but go on to move unlike each other."""
STILL_MOMENT: Final = (-0.25, 0.0)
"""The same while it does not move: that somebody is still as well tells nothing new, and a pose
that jumps shall not count against who sits."""
LEARNED_S: Final = 30.0
"""So many seconds of movement of a sure match tell how far the clock of the wearable is off."""
SETTLED_S: Final = 3.0
"""So long after it began is it asked which track goes on as this one."""
_LINKS: Final = ((5.0, 1.0, 0.995), (20.0, 2.0, 0.9), (60.0, 1e9, 0.5))
"""Seconds, body lengths: within both, a track goes on as the new one with this probability
(assumed; a carer may come in as a resident goes out)."""
TRACKS: Final = 12
DEVICES: Final = 8
LATE_MAX: Final = 600
"""Seconds of a wearable that may wait."""
FADES: Final = float(0.5 ** (EVERY_S / HALF_LIFE_S))
_MOMENT_NS: Final = round(EVERY_S * SECOND)
LIMIT: Final = 20.0
"""Log-odds of one wearable and one person are carried on within this."""

Key = tuple[str, int]
"""A camera and the number of a track."""


@dataclass(slots=True)
class WornTrack:
    """What is known of one track; `link` is how probably it goes on from another, once asked."""

    speeds: Speeds
    first: int
    first_at: tuple[float, float]
    last: int
    last_at: tuple[float, float]
    size: float
    ended: int | None = None
    link: float | None = None
    claimed: bool = False


@dataclass(slots=True)
class WornDevice:
    """What is known of one wearable."""

    wear: Wear
    subject: str | None
    newest: int = -1
    waiting: deque[tuple[int, float]] = field(default_factory=deque)
    before: tuple[int, float] | None = None
    noise: float = inf
    moved_s: float = 0.0
    moved: bool = False
    """Whether it moved in this moment so far."""
    likeness: dict[Key, Likeness] = field(default_factory=dict)
    compared: dict[Key, tuple[float, float]] = field(default_factory=dict)
    """Log-odds by all that was compared, and the same with no moment counting too much."""
    odds: dict[Key, float] = field(default_factory=dict)
    """Log-odds of each track when it was last judged."""
    carried: dict[Key, float] = field(default_factory=dict)
    """Log-odds of the track from which each goes on."""
    lags: Floats = field(default_factory=ANY_LAG.copy)
    """How probable each offset of its clock is."""


class Matcher:
    """Match the wearables of one room to the people that its cameras track."""

    def __init__(self) -> None:
        self.tracks: dict[Key, WornTrack] = {}
        self.devices: dict[str, WornDevice] = {}
        self._beliefs: dict[tuple[str, str], Belief] = {}
        self.judged: int | None = None

    def observe(self, seen: AnyObservation) -> None:
        """Take in what bears on it: postures, ends of tracks, movement of wearables."""
        if isinstance(seen, PostureSeen):
            self._posture(seen)
        elif isinstance(seen, MotionMeasured):
            self._motion(seen)
        elif isinstance(seen, TrackEnded):
            track = self.tracks.get((seen.source, seen.track))
            if track is not None and track.ended is None:
                track.ended = seen.t
                for name, belief in self._beliefs.items():
                    if belief.source == seen.source and seen.track in belief.tracks:
                        self._beliefs[name] = belief.without(seen.track)

    def advance(self, now: int) -> None:
        """Judge anew what is due at `now`, nanoseconds; at most once in `EVERY_S` of them."""
        if self.judged is not None and now - self.judged < EVERY_S * SECOND:
            return
        self.judged = now
        if not self.devices:
            return
        for device in self.devices.values():
            self._compare(device, now)
        self._drop(now)
        self.keep(self._judge(now))
        for belief in self._beliefs.values():
            if belief.track is not None and belief.seconds >= LEARNED_S:
                device = self.devices[belief.device]
                found = device.likeness.get((belief.source, belief.track))
                if found is not None:
                    device.lags = lags_after(found.scores(RELATIONS[device.wear]), ANY_LAG)

    def beliefs(self) -> list[Belief]:
        """Return what is thought of each wearable, camera by camera."""
        return list(self._beliefs.values())

    def keep(self, beliefs: Iterable[Belief]) -> None:
        """Let these be what is thought from now on."""
        self._beliefs = {(one.device, one.source): one for one in beliefs}

    def subject_of(self, source: str, track: int) -> tuple[str, float] | None:
        """Return whose wearable a track wears and how sure that is; None when it is not known."""
        best: tuple[str, float] | None = None
        for belief in self._beliefs.values():
            if belief.source != source or belief.track != track or belief.subject is None:
                continue
            if best is None or belief.tracks[track] > best[1]:
                best = belief.subject, belief.tracks[track]
        return best

    def track_of(self, device: str) -> tuple[str, int, float] | None:
        """Return camera and track of who wears a device and how sure that is; None if not known."""
        best: tuple[str, int, float] | None = None
        for belief in self._beliefs.values():
            track = belief.track
            if belief.device != device or track is None:
                continue
            if best is None or belief.tracks[track] > best[2]:
                best = belief.source, track, belief.tracks[track]
        return best

    def likeness(self, device: str, source: str, track: int) -> Likeness | None:
        """Return what was compared of a wearable and a track; None before anything was."""
        known = self.devices.get(device)
        return known.likeness.get((source, track)) if known is not None else None

    def _posture(self, seen: PostureSeen) -> None:
        key = seen.source, seen.track
        track = self.tracks.get(key)
        if track is None:
            if len(self.tracks) >= TRACKS:
                self._forget(min(self.tracks, key=lambda one: self.tracks[one].last))
            track = self.tracks[key] = WornTrack(
                Speeds(), seen.t, seen.at, seen.t, seen.at, seen.size
            )
        track.last, track.last_at, track.ended = seen.t, seen.at, None
        track.size = seen.size or track.size
        if seen.hips is None and seen.left_wrist is None and seen.right_wrist is None:
            return
        track.speeds.add(seen.t, seen.left_wrist, seen.right_wrist, seen.hips)

    def _motion(self, seen: MotionMeasured) -> None:
        if seen.wear not in RELATIONS:
            return
        device = self.devices.get(seen.source)
        if device is None:
            if len(self.devices) >= DEVICES:
                del self.devices[min(self.devices, key=lambda one: self.devices[one].newest)]
            device = self.devices[seen.source] = WornDevice(seen.wear, seen.subject)
        if (device.wear, device.subject) != (seen.wear, seen.subject):
            # Somebody else's, or elsewhere on the body: what was compared holds no longer.
            device = self.devices[seen.source] = WornDevice(seen.wear, seen.subject)
        if seen.t <= device.newest:
            return
        device.newest = seen.t
        device.waiting.append((seen.t, seen.counts))
        if len(device.waiting) > LATE_MAX:
            device.waiting.popleft()

    def _compare(self, device: WornDevice, now: int) -> None:
        """Take in the seconds of a wearable that the cameras have come past."""
        ready = now - int(WAIT_S * SECOND)
        while device.waiting and device.waiting[0][0] <= ready:
            t, counts = device.waiting.popleft()
            before, device.before = device.before, (t, counts)
            if before is None or t - before[0] > NEXT_S * SECOND:
                continue
            device.noise = min(counts, before[1], device.noise * RISES)
            y, weight = second_of(counts, before[1], device.noise)
            if t // _MOMENT_NS != before[0] // _MOMENT_NS:
                _close(device)
            moves = weight == 1.0
            device.moved = device.moved or moves
            device.moved_s = DECAY * device.moved_s + moves
            for key, track in self.tracks.items():
                x, known = looked_up(track.speeds, t)
                if not known[2].any():
                    continue
                found = device.likeness.get(key)
                if found is None:
                    found = device.likeness[key] = Likeness()
                found.add(x, known, y, weight)

    def _drop(self, now: int) -> None:
        for key in [
            key
            for key, track in self.tracks.items()
            if now - (track.ended if track.ended is not None else track.last) > GONE_S * SECOND
        ]:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        del self.tracks[key]
        for device in self.devices.values():
            for kept in (device.likeness, device.compared, device.odds, device.carried):
                kept.pop(key, None)

    def _link(self, now: int) -> None:
        """Ask of each new track which lost one goes on as it."""
        for key, track in self.tracks.items():
            if track.link is not None or now - track.first < SETTLED_S * SECOND:
                continue
            track.link = 0.0
            lost = {
                old: chance
                for old, other in self.tracks.items()
                if old[0] == key[0] and other.ended is not None and not other.claimed
                and other is not track and (chance := _going_on(other, track)) > 0.0
            }  # fmt: skip
            if not lost:
                continue
            near = {old: exp(-_apart(self.tracks[old], track)) for old in lost}
            best = max(near, key=lambda old: near[old])
            # Of two who were lost about here either may be the new one.
            track.link = lost[best] * near[best] / sum(near.values())
            self.tracks[best].claimed = True
            for device in self.devices.values():
                if best in device.odds:
                    device.carried[key] = device.odds[best]

    def _judge(self, now: int) -> Iterator[Belief]:
        """Yield what is thought of every wearable, camera by camera."""
        self._link(now)
        for source in dict.fromkeys(key[0] for key in self.tracks):
            here = [
                number
                for (camera, number), track in self.tracks.items()
                if camera == source and track.ended is None
            ]
            wearers: dict[str, list[str]] = {}
            odds: dict[str, Floats] = {}
            for name, device in self.devices.items():
                if not device.likeness:
                    continue
                odds[name] = self._odds(device, source, here)
                subject = f"/{name}" if device.subject is None else device.subject
                wearers.setdefault(subject, []).append(name)
            joint = posterior(
                [np.add.reduce([odds[n] for n in names]) for names in wearers.values()]
            )
            for names, shares in zip(wearers.values(), joint, strict=True):
                for name in names:
                    device = self.devices[name]
                    best = here[int(shares[:-1].argmax())] if here else None
                    found = device.likeness.get((source, best)) if best is not None else None
                    yield Belief(
                        device=name,
                        subject=device.subject,
                        source=source,
                        tracks=dict(zip(here, shares[:-1].tolist(), strict=True)),
                        nobody=float(shares[-1]),
                        seconds=found.seconds if found is not None else 0.0,
                        moved_s=device.moved_s,
                    )

    def _odds(self, device: WornDevice, source: str, here: list[int]) -> Floats:
        """Return log-odds (people + 1,) of each person seen, and at the end of nobody."""
        out, gone = [], 1.0
        for number in here:
            key = source, number
            _, own = device.compared.get(key, (0.0, 0.0))
            carried, link = device.carried.get(key), self.tracks[key].link or 0.0
            if carried is not None:
                own += float(np.log(link * np.exp(carried) + 1.0 - link))
                left = (1.0 - link) * float(np.exp(carried))
                gone += left
                device.carried[key] = carried * FADES
            else:
                left = 0.0
            # What goes on from here is no surer than that this track went on from the one before.
            device.odds[key] = min(LIMIT, max(-LIMIT, own - log1p(left)))
            out.append(own)
        for key, track in self.tracks.items():
            if key[0] == source and track.ended is not None and key in device.odds:
                device.odds[key] *= FADES
                if not track.claimed:
                    gone += float(np.exp(device.odds[key]))
        return np.array([*out, np.log(gone)])


def _close(device: WornDevice) -> None:
    """Take in what the moment that ends says of each track."""
    least, most = MOMENT if device.moved else STILL_MOMENT
    device.moved = False
    for key, found in device.likeness.items():
        now = log_odds(found.scores(RELATIONS[device.wear]), device.lags)
        before, held = device.compared.get(key, (0.0, 0.0))
        held = FADES * held + min(most, max(least, now - FADES * before))
        device.compared[key] = now, held


def _going_on(old: WornTrack, new: WornTrack) -> float:
    """Return how probably a lost track goes on as a new one."""
    gap_s = (new.first - old.last) / SECOND
    if gap_s <= 0.0:
        return 0.0
    away = _apart(old, new)
    for within_s, lengths, chance in _LINKS:
        if gap_s <= within_s and away <= lengths:
            return chance
    return 0.0


def _apart(old: WornTrack, new: WornTrack) -> float:
    """Return how far from where one was lost the other began, body lengths."""
    return dist(old.last_at, new.first_at) / max(old.size, new.size, 1e-3)
