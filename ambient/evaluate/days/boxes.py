"""The second detector, simulated: boxes of people and furniture as they would be found.

Stands where the node has its object detector (`vision.objects.types.ObjectDetector`); the node's
own `SecondEyes` decides when it looks. Whether somebody is found wavers slowly while nothing moves
and fast while it does; shares after the measurements in docs/evaluate-days.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ambient.closing import Closing
from ambient.evaluate.days.people import Role
from ambient.evaluate.days.rooms import BED_LENGTH, BED_TOP, BED_WIDTH, Layout, bounds
from vision.objects.types import Detection, Thing
from vision.pose.types import Box, Image

Array = npt.NDArray[np.float64]

FOUND: Final = (0.85, 0.78, 0.72, 0.63)
"""Share of looks that find a person, by `lapses.Look`: up, sitting, low, lying."""
FOUND_FAR: Final = 0.7
"""… times this when the body is small."""
FOUND_THING: Final = {Role.COAT: 0.05, Role.SCREEN: 0.4}
SCORE: Final = (0.3, 0.85)
BOX_ERROR: Final = 0.05
"""Of each side, in lengths of the box."""
KEEP_MOVING, KEEP_STILL = 0.6, 0.97
"""How like the look before one is, in motion and in a room at rest."""
BLIND_SHARE: Final = 0.1
"""Share of rooms in which the bed is hardly ever found, and of those in which the television is."""
CONFUSED: Final = 0.12
"""Share of sights of a bed, sofa or armchair that call it another of them."""
TAKEN_FOR: Final = {Thing.BED: Thing.COUCH, Thing.COUCH: Thing.BED, Thing.CHAIR: Thing.COUCH}
SURE_SHARE: Final = (0.5, 0.95)
"""In how many of its looks a bed is found, from room to room. Of a television no figure of our own
exists; detectors trained on COCO find it rather better than a bed (YOLOv8n on the validation
pictures: recall 0.70 against 0.63), so it is found as a bed is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody (or something) truly in the picture at one look."""

    stay: int
    role: Role
    look: int
    box: Box


class Boxes(Closing):
    """An object detector that is told what is there.

    Parameters
    ----------
    room
        Whose furniture is found.
    rng
        Decides what is overlooked.
    """

    def __init__(self, room: Layout, rng: np.random.Generator) -> None:
        self._rng = rng
        self._luck: dict[int, float] = {}
        self._now: tuple[Sequence[Seen], bool] = ((), False)
        bed, screen = _share(rng), _share(rng)
        low, high = bounds(room.bed, room.head, BED_LENGTH, BED_WIDTH)
        x, y = room.rest.at
        reach = 0.85 if room.sofa else 0.4
        rest = Thing.COUCH if room.sofa else Thing.CHAIR
        self._things = [
            (Thing.BED, bed, _box(room, (*low, 0.1), (*high, BED_TOP + 0.15))),
            (rest, float(rng.uniform(0.3, 0.8)),
             _box(room, (x - 0.4, y - reach, 0.0), (x + 0.45, y + reach, 0.85))),
            (Thing.DINING_TABLE, 0.4,
             _box(room, (*room.boxes[3][:2], 0.0), (*room.boxes[3][3:5], 0.75))),
            (Thing.TV, screen, _framed(room.screen)),
        ]  # fmt: skip

    def show(self, there: Sequence[Seen], moving: bool) -> None:
        """Say what is in the picture from now on."""
        self._now = (there, moving)

    def detect(
        self, image: Image, *, region: Box | None = None, turns: Sequence[int] = (0,)
    ) -> list[Detection]:
        """Return what is found, surest first; the picture itself says nothing here."""
        there, moving = self._now
        found = [d for seen in there if (d := self._person(seen, moving)) is not None]
        if region is None:
            found += self._furniture()
        return sorted(found, key=lambda d: -d.score)

    def close(self) -> None:
        """Free nothing."""

    def _person(self, seen: Seen, moving: bool) -> Detection | None:
        keep = KEEP_MOVING if moving else KEEP_STILL
        before = self._luck.get(seen.stay)
        luck = float(self._rng.normal())
        if before is not None:
            luck = keep * before + math.sqrt(1 - keep**2) * luck
        self._luck[seen.stay] = luck
        share = FOUND_THING.get(seen.role, FOUND[seen.look])
        if max(seen.box[2] - seen.box[0], seen.box[3] - seen.box[1]) < 0.2:
            share *= FOUND_FAR
        # How far the luck is inside what is found, 0 at its rim, makes the score.
        rank = 0.5 * (1 + float(np.tanh(0.8 * luck)))
        if rank > share:
            return None
        low, high = SCORE
        return Detection(Thing.PERSON, low + (high - low) * (1 - rank / share),
                         self._shaken(seen.box))  # fmt: skip

    def _furniture(self) -> list[Detection]:
        found = []
        for thing, share, box in self._things:
            if box is None or self._rng.random() >= share:
                continue
            score = float(self._rng.uniform(0.28, 0.45 + 0.4 * share))
            confused = thing in TAKEN_FOR and self._rng.random() < CONFUSED
            kind = TAKEN_FOR[thing] if confused else thing
            found.append(Detection(kind, score, self._shaken(box)))
        return found

    def _shaken(self, box: Box) -> Box:
        x0, y0, x1, y1 = box
        a, b, c, d = self._rng.normal(0.0, BOX_ERROR, 4).tolist()
        width, height = x1 - x0, y1 - y0
        sides = x0 + a * width, y0 + b * height, x1 + c * width, y1 + d * height
        left, top, right, bottom = (max(0.0, min(side, 1.0)) for side in sides)
        return left, top, max(right, left + 1e-3), max(bottom, top + 1e-3)


def _share(rng: np.random.Generator) -> float:
    """Draw in how many of its looks the detector finds a piece of furniture."""
    return 0.08 if rng.random() < BLIND_SHARE else float(rng.uniform(*SURE_SHARE))


def _framed(screen: Box) -> Box:
    """Return the box of a television from that of its picture (x, y, width, height)."""
    x, y, width, height = screen
    return x - 0.03 * width, y - 0.03 * height, x + 1.03 * width, y + 1.03 * height


def _box(room: Layout, low: tuple[float, ...], high: tuple[float, ...]) -> Box | None:
    """Return the box of a piece of furniture in the picture; nothing when it is hardly in it."""
    corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1])
                        for z in (low[2], high[2])])  # fmt: skip
    points, _ = room.eye.project(corners)
    x0, y0 = points.min(axis=0).clip(0.0, 1.0).tolist()
    x1, y1 = points.max(axis=0).clip(0.0, 1.0).tolist()
    return (x0, y0, x1, y1) if x1 - x0 > 0.04 and y1 - y0 > 0.04 else None
