"""How fast wrists and hips move: poses in, three numbers for each out.

A wearable is matched to a person by these. They are taken over at least `OVER_S`, whatever the
camera's rate, so that the unrest of a pose counts as little at 30 frames a second as at five. Pure:
time is the `t` of a pose.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import hypot
from typing import Final

import msgspec

from ambient.observations import PoseSeen, PostureSeen

OVER_S: Final = 0.19
"""A little less than a frame's distance at five a second."""
AT_MOST_S: Final = 2.0
"""What was seen longer ago tells of no movement since."""
SEEN: Final = 0.5
"""Visibility from which on a joint is seen."""
JOINTS: Final = (15, 16, 23, 24)
"""Left and right wrist, left and right hip among the 33 landmarks."""

Spot = tuple[float, float] | None
Three = tuple[Spot, Spot, Spot]
Speeds = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class _Seen:
    t: int
    spots: Three


class Moving:
    """Where the wrists and hips of the people of one camera were just now."""

    def __init__(self) -> None:
        self._seen: dict[int, deque[_Seen]] = {}

    def told(self, said: PostureSeen, pose: PoseSeen) -> PostureSeen:
        """Return what is said of a person, with how fast wrists and hips move."""
        left, right, hips = self.update(pose, said.size)
        return msgspec.structs.replace(said, left_wrist=left, right_wrist=right, hips=hips)

    def update(self, pose: PoseSeen, size: float) -> Speeds:
        """Take in a pose; return the speed of left wrist, right wrist and hips.

        Parameters
        ----------
        pose
            Of the newest instant.
        size
            Length of the body, picture heights.

        Returns
        -------
        Body lengths a second; None for what is not seen, now or before.
        """
        now = _Seen(pose.t, _spots(pose))
        seen = self._seen.setdefault(pose.track, deque())
        # The newest that is old enough comes first; those before it are not needed again.
        while len(seen) > 1 and (now.t - seen[1].t) / 1e9 >= OVER_S:
            seen.popleft()
        seen.append(now)
        before = seen[0]
        over_s = (now.t - before.t) / 1e9
        if not OVER_S <= over_s <= AT_MOST_S or size <= 0.0:
            return None, None, None
        scale = 1.0 / (over_s * size)
        left, right, hips = (
            _speed(a, b, scale) for a, b in zip(before.spots, now.spots, strict=True)
        )
        return left, right, hips

    def end(self, track: int) -> None:
        """Forget a person who is no longer tracked."""
        self._seen.pop(track, None)


def _spots(pose: PoseSeen) -> Three:
    """Return both wrists and the middle of the hips in picture heights."""
    left, right, *hips = (
        (x * pose.aspect, y) if visible >= SEEN else None
        for x, y, visible in (pose.keypoints[joint] for joint in JOINTS)
    )
    first, second = hips
    # Both hips or nothing: one alone lies beside the middle.
    if first is None or second is None:
        return left, right, None
    return left, right, ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2)


def _speed(before: Spot, now: Spot, scale: float) -> float | None:
    if before is None or now is None:
        return None
    return round(hypot(now[0] - before[0], now[1] - before[1]) * scale, 3)
