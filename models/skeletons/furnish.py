"""Furniture that a movement needs: what was lain and sat on is put under the body.

A motion in a room goes in, beds, sofas and chairs come out, and clutter that hides part of it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.skeletons.cameras import Camera
from models.skeletons.edit import heading
from models.skeletons.furniture import Item, Kind, seat_of
from models.skeletons.joints import Array, Joint
from models.skeletons.motion import Motion, Segment
from models.skeletons.pool import HIGH_M, pelvis_height, spans

_FLESH_M: Final = 0.11
"""From the pelvis' joint down to what it rests on."""
_BODY: Final = (Joint.PELVIS, Joint.CHEST, Joint.HEAD, Joint.L_ANKLE, Joint.R_ANKLE)


def _rows(motion: Motion, segment: Segment) -> slice:
    first = min(int(segment.start_s * motion.rate), len(motion.joints) - 1)
    return slice(first, max(first + 1, int(segment.end_s * motion.rate)))


def beds(rng: np.random.Generator, motion: Motion) -> list[Item]:
    """Return the bed or sofa under each place where somebody lies high, at most one."""
    high = [s for s in spans(motion, "lying") if pelvis_height(motion, s) > HIGH_M]
    if not high:
        return []
    lying = max(high, key=lambda segment: segment.end_s - segment.start_s)
    body = motion.joints[_rows(motion, lying)][:, list(_BODY)]
    pose = body[len(body) // 2]
    trunk = pose[1] - pose[0]
    angle = float(np.arctan2(trunk[1], trunk[0]))
    # Who sits on the edge sits on the bed as well.
    edge = [
        motion.joints[_rows(motion, s), Joint.PELVIS]
        for s in spans(motion, "sitting")
        if pelvis_height(motion, s) > HIGH_M
    ]
    points = np.concatenate([pose, *(path[:: max(1, len(path) // 4)] for path in edge)])
    cos, sin = np.cos(angle), np.sin(angle)
    flat = points[:, :2] @ np.array([[cos, -sin], [sin, cos]])
    low, far = flat.min(0) - 0.08, flat.max(0) + 0.08
    least = np.array([2.0, rng.uniform(0.8, 1.1)])
    grow = np.maximum(least - (far - low), 0.0) / 2
    low, far = low - grow, far + grow
    middle = np.array([[cos, -sin], [sin, cos]]) @ ((low + far) / 2)
    sofa = rng.random() < 0.3
    top = max(0.2, float(np.median(body[:, 0, 2])) - _FLESH_M)
    place = (float(middle[0]), float(middle[1]))
    size = far - low
    kind = Kind.SOFA if sofa else Kind.BED
    items = [Item(kind, place, angle, float(size[0]), float(size[1]), top)]
    if sofa:
        side = 1.0 if rng.random() < 0.5 else -1.0
        rear = middle + side * (size[1] / 2 + 0.06) * np.array([-sin, cos])
        back = (float(rear[0]), float(rear[1]))
        items.append(Item(Kind.OTHER, back, angle, float(size[0]), 0.12, top + 0.35))
    return items


def seats(rng: np.random.Generator, motion: Motion) -> list[Item]:
    """Return what each seated person sits on; a bed's edge now and then."""
    items: list[Item] = []
    for segment in spans(motion, "sitting"):
        if pelvis_height(motion, segment) <= HIGH_M:
            continue
        path = motion.joints[_rows(motion, segment)]
        pose = path[len(path) // 2]
        if any(item.under(pose[Joint.PELVIS], 0.1) for item in items):
            continue
        kind = (Kind.CHAIR, Kind.SOFA, Kind.BED)[int(rng.choice(3, p=(0.55, 0.27, 0.18)))]
        top = max(0.2, float(pose[Joint.PELVIS, 2]) - _FLESH_M)
        items += seat_of(kind, pose[Joint.PELVIS], heading(pose), top)
    return items


def clutter(
    rng: np.random.Generator, joints: Array, camera: Camera, taken: tuple[Item, ...]
) -> list[Item]:
    """Return up to two things that stand between the camera and where somebody is.

    Parameters
    ----------
    rng
        Where chance comes from.
    joints
        (T, 24, 3) metres: nothing is put where the body goes.
    camera
        Who looks.
    taken
        Furniture that stands there already; it may overlap, as in a full room.
    """
    out: list[Item] = []
    eye = np.asarray(camera.position)
    feet = joints[:: max(1, len(joints) // 60), list(_BODY)].reshape(-1, 3)
    for _ in range(int(rng.integers(0, 3))):
        body = feet[int(rng.integers(len(feet)))]
        way = body[:2] - eye[:2]
        near = eye[:2] + way * rng.uniform(0.55, 0.95) + rng.normal(0.0, 0.25, 2)
        table = rng.random() < 0.3
        top = float(rng.uniform(0.4, 0.8) if rng.random() < 0.8 else rng.uniform(0.8, 1.2))
        item = Item(
            kind=Kind.TABLE if table else Kind.OTHER,
            centre=(float(near[0]), float(near[1])),
            angle=float(rng.uniform(0.0, np.pi)),
            length=float(rng.uniform(0.4, 1.8)),
            width=float(rng.uniform(0.3, 0.8)),
            top=top,
            bottom=top - 0.06 if table else 0.0,
        )
        inside = item.under(feet, 0.12) & (feet[:, 2] < top + 0.1)
        if not inside.any() and not item.under(eye, 0.2):
            out.append(item)
    return out[: max(0, 4 - len(taken))]
