"""When to look for people and furniture with the second detector, and where.

Comes in: the motion gate's decision and how many people are followed, frame by frame. Goes out:
whether the detector runs now, and on which region closely. It runs about once a second while
somebody is there or something moves, three times as often for a moment after somebody was lost or
something large moved, and now and then in an empty room. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ambient.observations import Box
from vision.boxes import iou
from vision.motion import Decision, Gate
from vision.objects.types import ALIVE, Detection, ObjectDetector, Thing
from vision.pose.types import Image

LOOK_S: Final = 1.0
"""Between looks while somebody is there or something moves."""
ALERT_LOOK_S: Final = 0.35
ALERT_S: Final = 2.0
"""For so long after somebody was lost, looks come every `ALERT_LOOK_S`."""
EMPTY_LOOK_S: Final = 15.0
"""Between looks at a room without people or motion, unless the gate wants a hard one (every 9 s,
every 18 s in a calm room)."""
CLOSE_LOOK_S: Final = 2.0
"""Between close looks at a part of the picture that moves and shows nobody."""
PERSON_SCORE: Final = 0.45
"""From this score on a box is taken for a person of whom nothing else is known."""
KNOWN_SCORE: Final = 0.3
"""… for a person who was seen there before."""
_THING_IOU: Final = 0.5
"""A thing and a person whose boxes overlap by more are one; the surer kind holds."""
_CLOSE_SHARE: Final = 0.5
"""A region wider or higher than this share of the picture gains nothing from a close look."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found; all boxes normalised.

    Attributes
    ----------
    people
        Boxes of people.
    things
        Of everything else.
    doubted
        Boxes of people that look more like a thing. They are nobody, but may hide furniture.
    spaced
        Whether a second has passed since the last look of which this was true. Looks in between
        show the same scene again: from them no furniture is learned.
    """

    people: tuple[Detection, ...]
    things: tuple[Detection, ...]
    doubted: tuple[Detection, ...] = ()
    spaced: bool = True

    @property
    def scene(self) -> tuple[Detection, ...]:
        """Things, and whoever may be before them: what a furniture map wants to know."""
        return self.things + self.doubted


class SecondEyes:
    """Looks with an object detector at the right moments.

    Parameters
    ----------
    detector
        Owned by the caller.
    """

    def __init__(self, detector: ObjectDetector) -> None:
        self._detector = detector
        self._looked_ns: int | None = None
        self._close_ns: int | None = None
        self._spaced_ns: int | None = None
        self._alert_ns: int | None = None
        self._turn = 3
        self.looks = 0
        """How often the detector ran."""

    def alert(self, t_ns: int) -> None:
        """Somebody was lost just now: look more often for a while."""
        self._alert_ns = t_ns

    def look(self, image: Image, t_ns: int, decision: Decision, present: bool) -> Look | None:
        """Look if it is time to.

        Parameters
        ----------
        image
            The frame, masked.
        t_ns
            Its instant.
        decision
            Of the motion gate for this frame.
        present
            Whether anybody is followed.

        Returns
        -------
        What was found; None when it was not time to look.
        """
        if self._looked_ns is not None and t_ns - self._looked_ns < self._interval(
            t_ns, decision, present
        ):
            return None
        self._looked_ns = t_ns
        alert = self._alerted(t_ns)
        found = self._run(image, None, (0, self._next_turn()) if alert else (0,))
        things = [d for d in found if d.thing is not Thing.PERSON]
        persons = [d for d in found if d.thing is Thing.PERSON]
        people = [d for d in persons if not _is_thing(d, things)]
        doubted = [d for d in persons if _is_thing(d, things)]
        region = decision.boxes[0] if decision.boxes else None
        if region is not None and self._close_due(t_ns, region, people):
            self._close_ns = t_ns
            close = self._run(image, _widened(region), (0,))
            people += [d for d in close if d.thing is Thing.PERSON]
        spaced = self._spaced_ns is None or t_ns - self._spaced_ns >= LOOK_S * 1e9
        if spaced:
            self._spaced_ns = t_ns
        return Look(tuple(people), tuple(things), tuple(doubted), spaced)

    def _run(self, image: Image, region: Box | None, turns: Sequence[int]) -> list[Detection]:
        self.looks += len(turns)
        return self._detector.detect(image, region=region, turns=turns)

    def _next_turn(self) -> int:
        """Return to which side to turn the picture now: who lies is found upright or not at all."""
        self._turn = 4 - self._turn
        return self._turn

    def _alerted(self, t_ns: int) -> bool:
        return self._alert_ns is not None and t_ns - self._alert_ns <= ALERT_S * 1e9

    def _interval(self, t_ns: int, decision: Decision, present: bool) -> int:
        if self._alerted(t_ns):
            seconds = ALERT_LOOK_S
        elif present or decision.gate is Gate.RUN_POSE or decision.look_harder:
            seconds = LOOK_S
        else:
            seconds = EMPTY_LOOK_S
        return int(seconds * 1e9)

    def _close_due(self, t_ns: int, region: Box, people: list[Detection]) -> bool:
        """Return whether something small moves where nobody is found, not just looked at."""
        x0, y0, x1, y1 = region
        small = max(x1 - x0, y1 - y0) < _CLOSE_SHARE
        rested = self._close_ns is None or t_ns - self._close_ns >= CLOSE_LOOK_S * 1e9
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        known = any(
            d.box[0] <= x <= d.box[2] and d.box[1] <= y <= d.box[3]
            for d in people
            if d.score >= PERSON_SCORE
        )
        return small and rested and not known


def _is_thing(person: Detection, things: Sequence[Detection]) -> bool:
    """Return whether what looks like a person looks more like a chair or a suitcase."""
    return any(
        thing.score > person.score and iou(thing.box, person.box) >= _THING_IOU
        for thing in things
        if thing.thing not in ALIVE
    )


def _widened(region: Box) -> Box:
    """Return a region with as much again around it, inside the picture."""
    x0, y0, x1, y1 = region
    half = max(x1 - x0, y1 - y0, 0.1)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return max(0.0, x - half), max(0.0, y - half), min(1.0, x + half), min(1.0, y + half)
