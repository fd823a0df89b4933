"""When to look for people: always where something moves, now and then where nothing does.

Comes in: the small grey picture (`vision.small`), frame by frame, and whether anybody is tracked.
Goes out: whether the pose networks run on this frame, how hard to look, and where it moved. Pure:
time is an argument.

A person who lies still does not move, so stillness alone never hides anybody: the first frame is
looked at hard, an empty room again every `CHECK_S`, one that is calm every `CALM_CHECK_S`, a
tracked person at least twice a second, and what stayed behind where something moved is looked at
hard until it is a minute old.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ambient.observations import Box
from vision.small import Gray

CHECK_S: Final = 3.0
"""How often an empty room is looked at."""
ALERT_S: Final = 12.0
"""After motion, and after the start, checks come every `ALERT_CHECK_S` for so long."""
ALERT_CHECK_S: Final = 1.0
CALM_S: Final = 60.0
CALM_CHECK_S: Final = 6.0
"""Where nothing moved and nobody was followed for `CALM_S` checks come so seldom: nobody gets into
a room without moving, and whoever lay there had twenty checks."""
HARD_EVERY: Final = 3
"""Each third check of an empty room looks hard (rotated pictures)."""
HANG_S: Final = 2.0
"""Poses go on for so long after the last motion."""
STILL_S: Final = 2.0
"""A tracked person without motion for so long is looked at every `STILL_CHECK_S`."""
STILL_CHECK_S: Final = 0.45
STAYED_S: Final = 60.0
"""For so long something that stayed behind is looked at hard."""

FAST_S: Final = 0.7
"""Time constant of the background that motion is measured against."""
SLOW_S: Final = 40.0
"""Time constant of the background that tells what stayed behind."""
NOISE_S: Final = 20.0
LEAST: Final = 7.0
"""Smallest difference (grey levels) that may be motion."""
NOISES: Final = 4.0
"""… and smallest multiple of a pixel's own mean absolute deviation."""
MOVES: Final = 0.0015
"""Share of the picture in one piece that is motion: a forearm at 5 m."""
PERSON: Final = 0.004
"""… that may be a person: one who lies 6 m away in a 90° picture."""
LIGHT: Final = 0.6
"""From this share on it is the light that changed, not a person."""

Floats = npt.NDArray[np.float32]


class Gate(StrEnum):
    """What to do with a frame."""

    RUN_POSE = "run_pose"
    """Track and detect as usual."""
    CHECK = "check"
    """Detect once: nothing moves, but somebody may be there."""
    SKIP = "skip"
    """Nothing can have changed; keep the last result."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says about one frame.

    Attributes
    ----------
    gate
        What to do.
    look_harder
        Try rotated pictures as well: something of a person's size moved, or lies there.
    boxes
        Where it moved, normalised; at most eight, the largest first.
    moving
        Share of the picture that moved, 0..1.
    """

    gate: Gate
    look_harder: bool = False
    boxes: tuple[Box, ...] = ()
    moving: float = 0.0


MOST_BOXES: Final = 8
NEAR: Final = np.ones((3, 3), np.uint8)
"""Pixels so close together belong to one piece."""


class MotionGate:
    """Decides for one camera which frames are worth the pose networks."""

    def __init__(self) -> None:
        self._fast: Floats | None = None
        self._slow: Floats = np.zeros((1, 1), np.float32)
        self._noise: Floats = np.zeros((1, 1), np.float32)
        self._t_ns = 0
        self._moved_ns: int | None = None
        self._large_ns: int | None = None
        self._alert_ns = 0
        self._busy_ns = 0
        self._looked_ns = 0
        self._checks = 0

    def update(self, small: Gray, t_ns: int, people_present: bool) -> Decision:
        """Take in a frame and decide about it.

        Parameters
        ----------
        small
            From `vision.small.small_gray`; another size starts anew.
        t_ns
            Its event time; increasing.
        people_present
            Whether anybody is tracked.
        """
        if self._fast is None or self._fast.shape != small.shape:
            return self._begin(small, t_ns)
        passed_s = min(1.0, max(0.0, (t_ns - self._t_ns) / 1e9))
        self._t_ns = t_ns
        light, boxes, areas = self._moving(small, passed_s, people_present)
        if light:
            return self._after_light(small, t_ns, people_present)
        moving = float(sum(areas))
        if boxes:
            self._moved_ns = self._alert_ns = t_ns
            if areas[0] >= PERSON:
                self._large_ns = t_ns
        if people_present or boxes:
            self._busy_ns = t_ns
        if people_present:
            return self._follow(boxes, moving, t_ns)
        return self._watch(small, boxes, moving, t_ns)

    def _begin(self, small: Gray, t_ns: int) -> Decision:
        self._fast = small.astype(np.float32)
        self._slow = self._fast.copy()
        self._noise = np.full(small.shape, LEAST / NOISES, np.float32)
        self._t_ns = self._alert_ns = self._busy_ns = t_ns
        self._moved_ns = self._large_ns = None
        return self._look(Decision(Gate.CHECK, look_harder=True), t_ns)

    def _moving(
        self, small: Gray, passed_s: float, people_present: bool
    ) -> tuple[bool, tuple[Box, ...], tuple[float, ...]]:
        """Return whether the light changed, and the moving pieces with their areas."""
        fast = self._fast
        assert fast is not None  # `update` has seen to it
        picture = small.astype(np.float32)
        limit = np.maximum(LEAST, NOISES * self._noise)
        # A lamp that fades shifts all pixels alike; the median knows nothing of who moves.
        difference = picture - fast
        difference = np.abs(difference - np.float32(np.median(difference[::4, ::4])))
        mask = (difference > limit).astype(np.uint8)
        share = cv2.countNonZero(mask) / mask.size
        if share >= MOVES:
            # Does another strength of light explain most of it?
            lit = np.abs(picture - relit(fast, picture))
            lit_mask = (lit > limit).astype(np.uint8)
            lit_share = cv2.countNonZero(lit_mask) / mask.size
            if lit_share < share / 2:
                difference, mask, share = lit, lit_mask, lit_share
        cv2.accumulateWeighted(picture, fast, 1.0 - math.exp(-passed_s / FAST_S))
        if share >= LIGHT:
            return True, (), ()
        if not people_present:
            # Where it always flickers (a screen, leaves) the bar rises; never while a person moves.
            weight = 1.0 - math.exp(-passed_s / NOISE_S)
            cv2.accumulateWeighted(np.minimum(difference, 4 * LEAST), self._noise, weight)
            cv2.accumulateWeighted(picture, self._slow, 1.0 - math.exp(-passed_s / SLOW_S))
        if share < MOVES:
            return False, (), ()
        boxes, areas = pieces(mask, MOVES)
        return False, boxes, areas

    def _after_light(self, small: Gray, t_ns: int, people_present: bool) -> Decision:
        """Start the backgrounds anew; what was there is no longer known."""
        self._fast = small.astype(np.float32)
        self._slow = self._fast.copy()
        self._alert_ns = self._busy_ns = t_ns
        if people_present:
            return self._look(Decision(Gate.RUN_POSE), t_ns)
        if t_ns - self._looked_ns >= STILL_CHECK_S * 1e9:
            return self._look(Decision(Gate.CHECK, look_harder=True), t_ns)
        return Decision(Gate.SKIP)

    def _follow(self, boxes: tuple[Box, ...], moving: float, t_ns: int) -> Decision:
        still = self._moved_ns is None or t_ns - self._moved_ns >= STILL_S * 1e9
        if still and t_ns - self._looked_ns < STILL_CHECK_S * 1e9:
            return Decision(Gate.SKIP, moving=moving)
        harder = self._large_ns is not None and t_ns - self._large_ns < HANG_S * 1e9
        return self._look(Decision(Gate.RUN_POSE, harder, boxes, moving), t_ns)

    def _watch(self, small: Gray, boxes: tuple[Box, ...], moving: float, t_ns: int) -> Decision:
        if self._moved_ns is not None and t_ns - self._moved_ns < HANG_S * 1e9:
            harder = self._large_ns is not None and t_ns - self._large_ns < HANG_S * 1e9
            return self._look(Decision(Gate.RUN_POSE, harder, boxes, moving), t_ns)
        alert = t_ns - self._alert_ns < ALERT_S * 1e9
        due_s = check_s((t_ns - self._alert_ns) / 1e9, (t_ns - self._busy_ns) / 1e9)
        if t_ns - self._looked_ns < due_s * 1e9:
            return Decision(Gate.SKIP, moving=moving)
        self._checks += 1
        harder = self._checks % HARD_EVERY == 0
        recent = self._large_ns is not None and t_ns - self._large_ns < STAYED_S * 1e9
        stayed: tuple[Box, ...] = ()
        if recent:
            changed = (cv2.absdiff(small.astype(np.float32), self._slow) > LEAST).astype(np.uint8)
            stayed, _ = pieces(changed, PERSON)
        return self._look(
            Decision(Gate.CHECK, harder or bool(stayed) or alert, stayed, moving), t_ns
        )

    def _look(self, decision: Decision, t_ns: int) -> Decision:
        self._looked_ns = t_ns
        return decision


def check_s(moved_s: float, busy_s: float) -> float:
    """Return after how many seconds to look again where nothing moves and nobody is followed.

    Parameters
    ----------
    moved_s, busy_s
        Seconds since something moved or the light changed; since that or since somebody was
        followed.
    """
    if moved_s < ALERT_S:
        return ALERT_CHECK_S
    return CALM_CHECK_S if busy_s >= CALM_S else CHECK_S


def relit(background: Floats, picture: Floats) -> Floats:
    """Return `background` with the gain and offset that fit `picture` best (least squares)."""
    deviation = background - np.float32(background.mean())
    offset = np.float32(picture.mean())
    variance = float(np.vdot(deviation, deviation))
    gain = float(np.vdot(deviation, picture - offset)) / variance if variance > 0 else 1.0
    return np.asarray(np.clip(deviation * np.float32(gain) + offset, 0, 255), dtype=np.float32)


def pieces(mask: npt.NDArray[np.uint8], least: float) -> tuple[tuple[Box, ...], tuple[float, ...]]:
    """Return connected pieces of `mask` (0 or 1), the largest first.

    Parameters
    ----------
    least
        Smallest share of the picture that a piece must fill.

    Returns
    -------
    boxes, areas
        Normalised boxes, and the share of the picture that each piece fills; at most eight.
    """
    height, width = mask.shape
    joined = cv2.dilate(mask, NEAR)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    filled = np.bincount(labels.ravel(), weights=mask.ravel(), minlength=len(stats)) / mask.size
    filled[0] = 0.0
    order = [int(i) for i in np.argsort(-filled)[:MOST_BOXES] if filled[i] >= least]
    boxes = tuple(
        (
            float(stats[i, cv2.CC_STAT_LEFT] / width),
            float(stats[i, cv2.CC_STAT_TOP] / height),
            float((stats[i, cv2.CC_STAT_LEFT] + stats[i, cv2.CC_STAT_WIDTH]) / width),
            float((stats[i, cv2.CC_STAT_TOP] + stats[i, cv2.CC_STAT_HEIGHT]) / height),
        )
        for i in order
    )
    return boxes, tuple(float(filled[i]) for i in order)
