"""Which tracks one person went through: tracks that begin and end in, paths out.

A tracker loses people and finds them again under another number. A `Path` is the hypothesis that
whoever wears a wearable was these tracks, one after the other, and keeps what was compared through
all of them: the lag of the clock, the level and the wrist are those of one person. A track that
begins goes on from one that was lost with a probability of `LINKS`, or is somebody new; both are
kept until movement tells. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import dist, exp, log, log1p
from typing import Final

from fusion.who_evidence import SECOND, Likeness, Speeds

Key = tuple[str, int]
"""A camera and the number of a track."""

LINKS: Final = ((5.0, 0.25, 0.999), (5.0, 1.0, 0.995), (20.0, 2.0, 0.9), (600.0, 1e9, 0.5))
"""Seconds, body lengths: within both, a track goes on as the new one with this probability
(assumed; a carer may come in as a resident goes out, but hardly stands on the same spot)."""
STEPS: Final = 4
"""So many tracks of a path, the newest, may still be compared."""
EACH: Final = 2
PATHS: Final = 16
"""So many paths that lead to one track are kept, and so many of a wearable, the most probable; one
for each track at least."""


@dataclass(slots=True)
class WornTrack:
    """What is known of one track.

    `settled` once it was asked from which it goes on; `free` is how probably nobody seen now is who
    was lost here; `fresh` how probably somebody new began here.
    """

    speeds: Speeds
    first: int
    first_at: tuple[float, float]
    last: int
    last_at: tuple[float, float]
    size: float
    ended: int | None = None
    settled: bool = False
    free: float = 1.0
    fresh: float = 1.0


@dataclass(slots=True)
class Path:
    """Whoever wears it was `tracks`, the newest last.

    Attributes
    ----------
    tracks
        At most `STEPS`.
    prior
        Logarithm of how probable it is by where and when tracks began and ended.
    found
        What was compared.
    now, held
        Log-odds by all that was compared, and the same with no moment counting too much.
    """

    tracks: tuple[Key, ...]
    prior: float = 0.0
    found: Likeness = field(default_factory=Likeness)
    now: float = 0.0
    held: float = 0.0

    @property
    def track(self) -> Key:
        """The last of its tracks."""
        return self.tracks[-1]

    @property
    def odds(self) -> float:
        """Log-odds that the wearer went this way, to being none of those seen."""
        return self.prior + self.held

    def onto(self, track: Key, link: float) -> Path:
        """Return how it goes on with another track, which it does with probability `link`."""
        return Path(
            (*self.tracks, track)[-STEPS:], self.prior + log(link), self.found.copy(),
            self.now, self.held,
        )  # fmt: skip


def links(new: Key, tracks: Mapping[Key, WornTrack]) -> dict[Key, tuple[float, float]]:
    """Return of each lost track how probably `new` goes on from it.

    Returns
    -------
    By track, the probability if who was lost there is nobody seen by now, and the one without that
    condition. The rest of the latter's sum is that somebody new began.
    """
    track = tracks[new]
    odds: dict[Key, float] = {}
    for key, old in tracks.items():
        if key[0] != new[0] or key == new or old.ended is None:
            continue
        chance = _going_on(old, track)
        if chance > 0.0:
            odds[key] = chance / (1.0 - chance)
    if not odds:
        return {}
    # Of two who were lost about here either may be the new one, the nearer rather.
    near = {key: exp(-_apart(tracks[key], track)) for key in odds}
    out: dict[Key, tuple[float, float]] = {}
    for key, own in odds.items():
        others = [
            (tracks[one].free * odds[one], tracks[one].free * near[one])
            for one in odds if one != key
        ]  # fmt: skip
        out[key] = (
            _shared(own, near[key], others),
            _shared(tracks[key].free * own, tracks[key].free * near[key], others),
        )
    return out


def _shared(odds: float, near: float, others: Iterable[tuple[float, float]]) -> float:
    """Return the share of one who was lost of what all of them have together."""
    every = [(odds, near), *others]
    most = max(one for one, _ in every)
    total = sum(one * close for one, close in every)
    return most / (1.0 + most) * odds * near / total if total > 0.0 else 0.0


def settle(new: Key, tracks: Mapping[Key, WornTrack]) -> dict[Key, float]:
    """Note of the tracks what one that has begun means; return the links of paths, see `links`."""
    found = links(new, tracks)
    track = tracks[new]
    track.settled = True
    for key, (_, share) in found.items():
        tracks[key].free *= 1.0 - share
        track.fresh -= share
    track.fresh = max(track.fresh, 1e-3)
    return {key: link for key, (link, _) in found.items()}


def grown(paths: list[Path], new: Key, fresh: float, going_on: Mapping[Key, float]) -> list[Path]:
    """Return the paths of a wearable once a track has begun."""
    out = list(paths)
    for path in paths:
        link = going_on.get(path.track, 0.0)
        if link > 0.0:
            out.append(path.onto(new, link))
            path.prior += log1p(-link)
    out.append(Path((new,), log(fresh)))
    return pruned(out)


def pruned(paths: list[Path]) -> list[Path]:
    """Return the paths that are worth keeping."""
    kept: dict[Key, list[Path]] = {}
    count = 0
    for path in sorted(paths, key=lambda one: -one.odds):
        here = kept.setdefault(path.track, [])
        if not here or (len(here) < EACH and count < PATHS):
            here.append(path)
            count += 1
    return [path for each in kept.values() for path in each]


def _going_on(old: WornTrack, new: WornTrack) -> float:
    """Return how probably a lost track goes on as a new one."""
    gap_s = (new.first - old.last) / SECOND
    if gap_s <= 0.0:
        return 0.0
    away = _apart(old, new)
    for within_s, lengths, chance in LINKS:
        if gap_s <= within_s and away <= lengths:
            return chance
    return 0.0


def _apart(old: WornTrack, new: WornTrack) -> float:
    """Return how far from where one was lost the other began, body lengths."""
    return dist(old.last_at, new.first_at) / max(old.size, new.size, 1e-3)
