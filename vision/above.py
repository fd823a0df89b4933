"""Bodies seen from above, as a camera on a wall would show them: poses go in and come out.

Before a camera that looks straight down the picture's vertical says nothing of up and down: whoever
lies with the head towards the upper side looks like somebody who stands. What does say it is the
pose network's metres. They stand across the ray to the body, whose direction follows from where the
body is in the picture, so they can be turned until gravity points down. `Levelled` stands before a
posture model and shows it each pose so turned, drawn as from a camera on a wall, with the lowest
joint on the floor. How large a body is in the picture for its metres says how near it is: who
stands below the lens, where poses are often wrong, is nearer than anybody who lies on the floor.
Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ambient.observations import Box, BoxSeen, Keypoint, PoseSeen, Posture
from vision.boxes import iou
from vision.features import body_size, ramp
from vision.outline_shape import Outline
from vision.posture import Estimate, PostureModel

HALF_WIDTH: Final = math.tan(math.radians(50.0))
"""Half of the picture's width over the focal length: a lens of 100°, as cameras at a ceiling have.
One of 80° or 120° turns a body at the side by 10° at most."""
SCALE: Final = 0.36
"""Picture heights a metre, as the camera on the wall shows a body: who stands is 0.5 high."""
FLOOR: Final = 0.75
"""Row of the floor in the middle of that picture."""
PITCH: Final = math.radians(20.0)
"""How far the camera at the side looks down, as one on a wall does."""
BELOW_M: Final = 2.0
"""How far below the camera hips are, about; it tells how far somebody comes aside."""
NEAR: Final = (0.55, 0.7)
"""Nearness from which a body is less, and not at all, on the floor: whoever lies below a camera at
2.5 m is at 0.4, whose hips are 1 m over the floor at 0.65."""
BODY: Final = np.array([0, 11, 12, 23, 24, 25, 26, 27, 28])
"""Nose, shoulders, hips, knees and ankles."""
HERE: Final = 0.3
"""Intersection over union from which an outline is where the body was last seen."""
LIES: Final = 0.5
"""Probability of being down from which a pose is of somebody who lies."""
OTHERWISE_S: Final = 1.0
"""Poses must say otherwise for so long before who lies does so no more."""
UNTOLD: Final = 0.3
"""Probability of being down of whom nothing but an outline was seen."""

Wide = NDArray[np.float64]


@dataclass(slots=True)
class _Known:
    pose: PoseSeen
    shown: PoseSeen
    box: Box | None = None
    held: Estimate | None = None
    """Where a pose last was and what it said: of who lies, until others say otherwise for long."""
    other_since: int | None = None


class Levelled:
    """A posture model for a camera that looks straight down.

    Outlines are not shown to it: from above, whoever lies and whoever stands aside are alike in
    outline. What the last pose said holds on while the outline is where the body was.

    Parameters
    ----------
    model
        Is shown every pose as a camera on a wall would see it.
    """

    def __init__(self, model: PostureModel) -> None:
        self._model = model
        self._known: dict[int, _Known] = {}

    def look(
        self,
        t: int,
        seen: Sequence[PoseSeen | BoxSeen],
        *,
        boxes: Mapping[int, tuple[Box, float]] | None = None,
        places: Mapping[int, NDArray[np.float32]] | None = None,
    ) -> None:
        """Take in everybody of one picture at once; see `PostureModel`."""
        shown = [self._show(sight) for sight in seen if isinstance(sight, PoseSeen)]
        around = {pose.track: pose.box for pose in shown}
        scored = {
            track: (around[track], score)
            for track, (_, score) in (boxes or {}).items()
            if track in around
        }
        self._model.look(t, shown, boxes=scored, places=places)

    def update(self, pose: PoseSeen) -> Estimate:
        """Take the next pose of a track and return how the person is, where the picture has it."""
        points = np.asarray(pose.keypoints, np.float64)[:, :2] * (pose.aspect, 1.0)
        x, y = ((points[23] + points[24]) / 2).tolist()
        estimate = self._model.update(self._show(pose))
        low = 1.0 - ramp(nearness(pose), *NEAR)
        estimate = replace(
            estimate,
            down=estimate.down * low,
            descent=estimate.descent * low,
            at=(x, y),
            size=body_size(points),
        )
        _hold(self._known[pose.track], estimate, pose)
        return estimate

    def outline(self, seen: BoxSeen) -> Estimate:
        """Take the next sight of a track of which only the outline is known."""
        shape = Outline.of(seen.box, seen.aspect, 0.0)
        quality = min(1.0, 0.1 + 0.6 * seen.score)
        known = self._known.get(seen.track)
        here = known is not None and known.box is not None and iou(known.box, seen.box) >= HERE
        if known is None or known.held is None or not here:
            return Estimate(
                posture=Posture.OTHER,
                probability=0.5,
                down=UNTOLD,
                upright=0.0,
                descent=0.0,
                still=0.0,
                quality=quality,
                at=shape.middle,
                size=shape.size,
            )
        # An outline tells of nobody that they are up: it would end a fall.
        down = known.held.down >= LIES
        posture = known.held.posture if down else Posture.OTHER
        return replace(known.held, posture=posture, upright=0.0, descent=0.0, quality=quality)

    def end(self, track: int) -> None:
        """Forget a track."""
        self._known.pop(track, None)
        self._model.end(track)

    def _show(self, pose: PoseSeen) -> PoseSeen:
        known = self._known.get(pose.track)
        if known is None or known.pose != pose:
            known = known or _Known(pose, pose)
            known.pose, known.shown = pose, level(pose)
            self._known[pose.track] = known
        return known.shown


def _hold(known: _Known, estimate: Estimate, pose: PoseSeen) -> None:
    """Keep what a pose says for when the outline alone is left.

    Below the lens a wrong pose is often somebody upright: one alone takes nobody who lies away.
    """
    lay = known.held is not None and known.held.down >= LIES
    if estimate.down >= LIES:
        known.other_since = None
    elif lay:
        since = known.other_since = pose.t if known.other_since is None else known.other_since
        if (pose.t - since) / 1e9 < OTHERWISE_S:
            return
    known.held, known.box = estimate, pose.box


def level(pose: PoseSeen) -> PoseSeen:
    """Return a pose seen from straight above as a camera on a wall would see it."""
    if not pose.world:
        return pose
    seen = np.asarray(pose.keypoints, np.float64)
    hip = (seen[23, :2] + seen[24, :2]) / 2
    away = (hip - 0.5) * (1.0, 1.0 / pose.aspect) * (2.0 * HALF_WIDTH)
    metres = np.asarray(pose.world, np.float64) @ towards(away)
    # Down is away from the camera above; ahead is the picture's up.
    down, ahead = metres[:, 2], -metres[:, 1]
    low, deep = math.cos(PITCH), math.sin(PITCH)
    world = np.stack([metres[:, 0], low * down - deep * ahead, low * ahead + deep * down], axis=1)
    x = 0.5 * pose.aspect + SCALE * (world[:, 0] + BELOW_M * float(away[0]))
    hips = low * float(down.max()) - deep * BELOW_M * float(away[1])
    y = FLOOR + SCALE * (world[:, 1] - hips)
    points = np.stack([x / pose.aspect, y], axis=1)
    keypoints: list[Keypoint] = [
        (round(a, 4), round(b, 4), visible)
        for (a, b), visible in zip(points.tolist(), seen[:, 2].tolist(), strict=True)
    ]
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return msgspec.structs.replace(
        pose,
        keypoints=keypoints,
        box=(low[0], low[1], high[0], high[1]),
        world=list(map(tuple, world.round(3).tolist())),
    )


def nearness(pose: PoseSeen) -> float:
    """Return how near a body is to the camera: one over the metres between them.

    By how large its length and width across the ray are in the picture; 0 where there are no
    metres.
    """
    if not pose.world:
        return 0.0
    seen = np.asarray(pose.keypoints, np.float64)[BODY, :2]
    rays = (seen - 0.5) * (1.0, 1.0 / pose.aspect) * (2.0 * HALF_WIDTH)
    metres = np.asarray(pose.world, np.float64)[BODY, :2]
    middle = rays.mean(axis=0)
    wide = float(np.square(metres - metres.mean(axis=0)).sum())
    ratio = float(np.square(rays - middle).sum()) / max(wide, 1e-6)
    # What is aside is farther away than it is deep below.
    return math.sqrt(ratio * (1.0 + float(middle @ middle)))


def towards(away: Wide) -> Wide:
    """Return the turn (3, 3) from axes across a ray to the camera's: rows times it.

    Parameters
    ----------
    away
        (2,) where the ray goes, in focal lengths from the picture's middle.
    """
    x, y, z = np.append(away, 1.0) / math.sqrt(1.0 + float(away @ away))
    # The smallest turn that takes the optical axis to the ray (Rodrigues).
    over = 1.0 / (1.0 + z)
    return np.array(
        [
            [1.0 - x * x * over, -x * y * over, -x],
            [-x * y * over, 1.0 - y * y * over, -y],
            [x, y, z],
        ]
    )
