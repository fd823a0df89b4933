"""Who is who in a room: observations of a camera and of wearables in, whose wearable is whose out.

A wearable is matched to a tracked person by movement alone, never by a face. For each wearable and
camera there is one hypothesis for each person whom the camera tracks, and one that the wearer is
none of them: next door, or the wearable lies on a table. `fusion.who_evidence` gives the log-odds
of each; wearables of different subjects are not on one body, so all are judged together. What is
not sure enough is not said.

Tracks break. `fusion.who_paths` keeps which of them may be one person, and what was compared on
the way; what the wearable does from then on decides between them.

No clock: `advance` says how far time has come. Memory is bounded by `TRACKS` and `DEVICES`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf, log
from typing import Final

import numpy as np

from ambient.observations import AnyObservation, MotionMeasured, PostureSeen, TrackEnded, Wear
from fusion.who_belief import Belief, posterior, summed
from fusion.who_evidence import (
    DECAY,
    HALF_LIFE_S,
    LAG_S,
    RELATIONS,
    RISES,
    SECOND,
    Floats,
    Likeness,
    Seconds,
    Speeds,
    Times,
    log_odds,
    looked_up,
    scores,
    second_of,
    seconds_of,
    several,
)
from fusion.who_paths import Key, Path, WornTrack, grown, settle

WAIT_S: Final = 9.0
"""A second of a wearable is compared when the camera has come so far beyond it: the lag that the
clocks may have, and what a wearable may be late."""
EVERY_S: Final = 5.0
"""So many seconds are a moment, which counts within bounds."""
JUDGED_S: Final = 20.0
"""What is ready is compared so often, and whenever tracks begin or end: four moments together cost
little more than one."""
LOST_S: Final = 60.0
"""A track that was not seen for so long has ended, said or not."""
GONE_S: Final = 600.0
"""So long after its end is a track remembered."""
SILENT_NS: Final = round(HALF_LIFE_S * SECOND)
"""Nothing is said of a wearable that was not heard of for so long: it may be on nobody by now."""
NEXT_S: Final = 1.3
"""Seconds of a wearable farther apart than this do not follow each other."""
MOMENT: Final = (-1.0, 1.0), (-0.25, 0.0)
"""No `EVERY_S` seconds count less or more than this, in nats; the second while the wearable does
not move. Two people who rise together do so once, but go on to move unlike each other; that they
are still as well tells little, and a pose that jumps shall not count against who sits."""
KNOWN_MOMENT: Final = (-2.0, 1.5), (-0.25, 0.25)
KNOWN_S: Final = 60.0
"""The same once so many seconds of movement were compared. With these bounds chance is a fair bet:
the mean of exp(nats) for somebody else is 1 or less (measured on simulated rooms)."""
SOON_S: Final = 1.0
SETTLED_S: Final = 3.0
"""So long after it began is it asked from which track one goes on: at once if all others have ended
or were seen since, else when all have had the time to end."""
TRACKS: Final = 12
DEVICES: Final = 8
LATE_MAX: Final = 600
"""Seconds of a wearable that may wait."""
FADES: Final = float(0.5 ** (EVERY_S / HALF_LIFE_S))
_MOMENT_NS: Final = round(EVERY_S * SECOND)
_JUDGED_NS: Final = round(JUDGED_S * SECOND)
_AROUND: Final = round((LAG_S + 2.0) * SECOND)
"""What a track did so long before or after a second has no part in it at any lag."""

Moment = list[tuple[int, float, float]]
"""Seconds that count together: when, y and weight of each."""


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
    moment: Moment = field(default_factory=list)
    """What this moment holds so far."""
    paths: list[Path] = field(default_factory=list)
    """Which tracks its wearer may have been."""

    def best(self, track: Key) -> Path | None:
        """Return the most probable path that leads to a track."""
        ways = [path for path in self.paths if path.track == track]
        return max(ways, key=lambda one: one.odds, default=None)


class Matcher:
    """Match the wearables of one room to the people that its cameras track."""

    def __init__(self) -> None:
        self.tracks: dict[Key, WornTrack] = {}
        self.devices: dict[str, WornDevice] = {}
        self._beliefs: list[Belief] = []
        self._named: dict[Key, tuple[str, float]] = {}
        self._worn_by: dict[str, tuple[str, int, float]] = {}
        self.due = 0
        """When `advance` has something to do."""

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
                self.due = min(self.due, seen.t + _MOMENT_NS)
                self.keep(
                    one.without(seen.track) if one.source == seen.source else one
                    for one in self._beliefs
                )

    def advance(self, now: int) -> None:
        """Judge anew at `now`, ns, what is due: each `JUDGED_S`, soon after tracks begin or end."""
        if now < self.due:
            return
        self.due = now + _JUDGED_NS
        if not self.devices:
            return
        for device in self.devices.values():
            self._compare(device, now)
        self._drop(now)
        self.keep(self._judge(now))
        if any(not track.settled for track in self.tracks.values()):
            self.due = now + _MOMENT_NS

    def beliefs(self) -> list[Belief]:
        """Return what is thought of each wearable, camera by camera."""
        return list(self._beliefs)

    def keep(self, beliefs: Iterable[Belief]) -> None:
        """Let these be what is thought from now on."""
        self._beliefs = list(beliefs)
        self._named.clear()
        self._worn_by.clear()
        for one in self._beliefs:
            track = one.track
            if track is None:
                continue
            sure = one.tracks[track]
            named, worn = self._named.get((one.source, track)), self._worn_by.get(one.device)
            if one.subject is not None and (named is None or sure > named[1]):
                self._named[one.source, track] = one.subject, sure
            if worn is None or sure > worn[2]:
                self._worn_by[one.device] = one.source, track, sure

    def forget(self, subject: str | None = None) -> None:
        """Forget the wearables of a resident, or all of them."""
        every = self.devices.items()
        self.devices = {n: d for n, d in every if subject is not None and d.subject != subject}
        self.keep([one for one in self._beliefs if one.device in self.devices])

    def subject_of(self, source: str, track: int) -> tuple[str, float] | None:
        """Return whose wearable a track wears and how sure that is; None when it is not known."""
        return self._named.get((source, track))

    def track_of(self, device: str) -> tuple[str, int, float] | None:
        """Return camera and track of who wears a device and how sure that is; None if not known."""
        return self._worn_by.get(device)

    def likeness(self, device: str, source: str, track: int) -> Likeness | None:
        """Return what was compared of a wearable and a track; None before anything was."""
        known = self.devices.get(device)
        best = known.best((source, track)) if known is not None else None
        return best.found if best is not None else None

    def _posture(self, seen: PostureSeen) -> None:
        key = seen.source, seen.track
        track = self.tracks.get(key)
        if track is not None and track.ended is not None and seen.t > track.ended:
            # A number that is given again is somebody else.
            self._forget(key)
            track = None
        if track is None:
            if len(self.tracks) >= TRACKS:
                self._forget(min(self.tracks, key=lambda one: self.tracks[one].last))
            track = self.tracks[key] = WornTrack(
                Speeds(), seen.t, seen.at, seen.t, seen.at, seen.size
            )
            self.due = min(self.due, seen.t + round(SOON_S * SECOND))
            self.keep(
                one.beside(seen.track) if one.source == seen.source else one
                for one in self._beliefs
            )
        track.last, track.last_at = seen.t, seen.at
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
            device = self.devices[seen.source] = self._worn(seen)
        if (device.wear, device.subject) != (seen.wear, seen.subject):
            # Somebody else's, or elsewhere on the body: what was compared holds no longer.
            device = self.devices[seen.source] = self._worn(seen)
        if seen.t <= device.newest:
            return
        device.newest = seen.t
        device.waiting.append((seen.t, seen.counts))
        if len(device.waiting) > LATE_MAX:
            device.waiting.popleft()

    def _worn(self, seen: MotionMeasured) -> WornDevice:
        """Return a wearable of which nothing is known: anybody seen may wear it."""
        device = WornDevice(seen.wear, seen.subject)
        device.paths = [
            Path((key,), log(track.fresh)) for key, track in self.tracks.items() if track.settled
        ]
        return device

    def _compare(self, device: WornDevice, now: int) -> None:
        """Take in the seconds of a wearable that the cameras have come past."""
        ready = now - int(WAIT_S * SECOND)
        over: list[Moment] = []
        while device.waiting and device.waiting[0][0] <= ready:
            t, counts = device.waiting.popleft()
            before, device.before = device.before, (t, counts)
            if before is None or t - before[0] > NEXT_S * SECOND:
                continue
            device.noise = min(counts, before[1], device.noise * RISES)
            y, weight = second_of(counts, before[1], device.noise)
            if device.moment and t // _MOMENT_NS != before[0] // _MOMENT_NS:
                over.append(device.moment)
                device.moment = []
            device.moved_s = DECAY * device.moved_s + (weight == 1.0)
            device.moment.append((t, y, weight))
        if over:
            self._take(device, over)

    def _take(self, device: WornDevice, moments: list[Moment]) -> None:
        """Take in what moments that are over say of each path."""
        rows = [row for moment in moments for row in moment]
        first, last = rows[0][0], rows[-1][0]
        times = np.array([t for t, _, _ in rows], np.int64)
        y, weight = np.array([y for _, y, _ in rows]), np.array([worth for *_, worth in rows])
        sizes = [len(moment) for moment in moments]
        known: dict[tuple[Key, ...], list[Seconds | None]] = {}
        of_paths: list[list[Seconds | None]] = []
        after: list[Floats] = []
        for path in device.paths:
            tracks = self._about(path, first, last)
            if tracks not in known:
                known[tracks] = self._beside(tracks, times, y, weight, sizes)
            of_paths.append(known[tracks])
            for each in known[tracks]:
                if each is not None:
                    path.found.add(each)
                    after.append(path.found.sums)
        if not after:
            for path in device.paths:
                path.held *= FADES ** len(moments)
            return
        sums = np.stack(after)
        found_odds = log_odds(scores(sums, RELATIONS[device.wear]))
        odds = iter(zip(found_odds.tolist(), seconds_of(sums).tolist(), strict=True))
        moved = [any(worth == 1.0 for _, _, worth in moment) for moment in moments]
        for path, found in zip(device.paths, of_paths, strict=True):
            for each, moves in zip(found, moved, strict=True):
                # What is known of whoever is not seen fades alike, or they would become likelier.
                path.held *= FADES
                if each is None:
                    continue
                now, compared_s = next(odds)
                bounds = KNOWN_MOMENT if compared_s >= KNOWN_S else MOMENT
                least, most = bounds[0] if moves else bounds[1]
                path.held += min(most, max(least, now - FADES * path.now))
                path.now = now

    def _about(self, path: Path, first: int, last: int) -> tuple[Key, ...]:
        """Return the tracks of a path that may have to do with the seconds up to these instants."""
        return tuple(
            key for key in path.tracks
            if (track := self.tracks.get(key)) is not None
            and track.first - _AROUND <= last and first <= track.last + _AROUND
        )  # fmt: skip

    def _beside(
        self, tracks: tuple[Key, ...], times: Times, y: Floats, weight: Floats, sizes: list[int]
    ) -> list[Seconds | None]:
        """Return moments beside tracks that are one after the other; None if none was seen."""
        if not tracks:
            return [None] * len(sizes)
        x, known = looked_up(self.tracks[tracks[0]].speeds, times)
        for key in tracks[1:]:
            then, later = looked_up(self.tracks[key].speeds, times)
            x, known = np.where(later, then, x), known | later
        return several(x, known, y, weight, sizes)

    def _drop(self, now: int) -> None:
        """End tracks of which nothing is heard, and forget those that ended long ago."""
        for key, track in list(self.tracks.items()):
            if track.ended is None and now - track.last > LOST_S * SECOND:
                track.ended = now
            if track.ended is not None and now - track.ended > GONE_S * SECOND:
                self._forget(key)

    def _forget(self, key: Key) -> None:
        del self.tracks[key]
        for device in self.devices.values():
            device.paths = [path for path in device.paths if path.track != key]
            for path in device.paths:
                path.tracks = tuple(one for one in path.tracks if one != key)

    def _can_settle(self, key: Key, now: int) -> bool:
        """Return whether it is known of all other tracks if they have ended."""
        first = self.tracks[key].first
        return now - first >= SETTLED_S * SECOND or all(
            other.ended is not None or other.last >= first
            for (camera, _), other in self.tracks.items()
            if camera == key[0]
        )

    def _settle(self, now: int) -> None:
        """Ask of each new track from which lost one it goes on."""
        for key, track in self.tracks.items():
            if track.settled or not self._can_settle(key, now):
                continue
            going_on = settle(key, self.tracks)
            for device in self.devices.values():
                device.paths = grown(device.paths, key, track.fresh, going_on)

    def _judge(self, now: int) -> Iterator[Belief]:
        """Yield what is thought of every wearable, camera by camera."""
        self._settle(now)
        for source in dict.fromkeys(key[0] for key in self.tracks):
            here = [
                number
                for (camera, number), track in self.tracks.items()
                if camera == source and track.ended is None
            ]
            wearers: dict[str, list[str]] = {}
            odds: dict[str, Floats] = {}
            for name, device in self.devices.items():
                if device.before is None or now - device.newest > SILENT_NS:
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
                    way = device.best((source, best)) if best is not None else None
                    yield Belief(
                        device=name,
                        subject=device.subject,
                        source=source,
                        tracks=dict(zip(here, shares[:-1].tolist(), strict=True)),
                        nobody=float(shares[-1]),
                        seconds=way.found.seconds if way is not None else 0.0,
                        moved_s=device.moved_s,
                    )

    def _odds(self, device: WornDevice, source: str, here: list[int]) -> Floats:
        """Return log-odds (people + 1,) of each person seen, and at the end of nobody."""
        ways: dict[int, list[float]] = {number: [] for number in here}
        gone = [0.0]
        for path in device.paths:
            camera, number = path.track
            if camera == source:
                ways.get(number, gone).append(path.odds)
        nobody = summed(gone)
        # Of a track that has just begun nothing is known: it may be who was lost.
        out = [summed(ways[one]) if ways[one] else nobody for one in here]
        return np.array([*out, nobody])
