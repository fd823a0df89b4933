"""Where the furniture of a room stands in one camera's picture, and what a body is on.

Comes in: what an object detector saw, about once a second. Goes out: a slow map of pieces with
confidences, and for a body the probabilities of floor, bed, sofa and chair. Pure: no pixels, no
clock, no file; the map's state is a struct that a node may keep over a restart. Zones that an
installer drew go before it; that is the caller's business.

**Confidence.** Each piece has log-odds. The first sight of a piece counts in full, so a clear bed
counts at once; further ones count `REPEATED`, since looks at the same scene are alike. Looked for
and not seen takes away, ever less the more often the piece was seen, so that a bed of a week
outlives a bad hour; a piece that a person hides is not missed. Bed and couch are confused with
each other, so one piece holds the evidence for both.

**What a body is on** is judged by `models.support`, which knows the perspective of beds and of
bodies on and before them. A piece that appeared under a person is doubted: a blanket with somebody
on the floor looks like a bed, and furniture does not come by itself. So does somebody lying.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Final

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from models.support import Body, Carrier, SupportNet, inputs, load, networks
from vision.boxes import covered, disjoint, inside, iou, lower_half
from vision.objects.types import Detection, Thing
from vision.pose.types import Box
from vision.surfaces import Support

FURNITURE: Final = (Thing.BED, Thing.COUCH, Thing.CHAIR, Thing.DINING_TABLE, Thing.TV)
"""What is kept in the map, in the order of `Piece.votes`."""
CARRIERS: Final = {
    Thing.BED: Carrier.BED,
    Thing.COUCH: Carrier.COUCH,
    Thing.CHAIR: Carrier.CHAIR,
}
KIN: Final = (frozenset({Thing.BED, Thing.COUCH}), frozenset({Thing.COUCH, Thing.CHAIR}))
"""Confused with each other: a bed with cushions, an armchair."""

LEAST_SCORE: Final = 0.25
SAME: Final = 0.4
"""Overlap from which a box is of a piece that is known …"""
TWICE: Final = 0.6
"""… and from which two are one and the same."""
WITHIN: Final = 0.85
"""Share of the smaller box in the larger from which they count as one piece: half of a bed."""
SCORE_SLOPE: Final = 6.0
SCORE_EVEN: Final = 0.47
"""One detection of this score is right half of the time (logistic in the score)."""
PRIOR: Final = -1.1
"""Log-odds before anything was seen."""
REPEATED: Final = 0.3
"""Weight of a further look, beside 1 of the first: looks at one scene are correlated."""
MISSED: Final = -0.9
"""Log likelihood ratio of not being found: detectors overlook 0.6 of furniture, say."""
PATIENCE: Final = 10.0
"""So many sights halve what a miss takes away."""
MOST: Final = 4.0
LEAST: Final = -3.0
"""Bounds of the log-odds; at the lower one a piece is forgotten."""
SIGHTS: Final = 1000
"""Sights are counted up to here, so that even an old piece can be taken away."""
COUNTS: Final = 0.5
"""Confidence from which a piece counts …"""
FAINT: Final = 0.05
"""… and from which it may carry somebody."""
BOXES: Final = 9
"""The box is the median of so many looks."""
PIECES: Final = 24
HIDDEN: Final = 0.3
"""Share of a piece behind a person from which it is not missed and its box not learnt."""
SEATED: Final = 0.7
"""Share of an outline's lower half within a chair from which somebody sits there."""
RECENT: Final = 4
"""Looks for which it is remembered where people were: after a fall they are often lost."""
DOUBT: Final = 1.5
"""Taken from the log-odds of a piece that first appears where a person is …"""
DOUBTED: Final = 0.1
"""… and what a further look then weighs until it was seen without anybody."""
LEARNT_LOOKS: Final = 3.0
"""Looks until the map's silence about a place says something."""
FLOOR_SURE: Final = 0.85
"""Most that is said for the floor: detectors overlook furniture."""

Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class Piece(Struct, kw_only=True, forbid_unknown_fields=True):
    """One piece of furniture.

    Attributes
    ----------
    boxes
        Of the last looks that saw it freely, newest last; x0, y0, x1, y1, normalised.
    votes
        Sum of the scores for each of `FURNITURE`.
    odds
        Log-odds that it is there.
    sights
        How often it was seen.
    free
        How often of these nobody was in front of it.
    """

    boxes: Annotated[list[Box], Meta(min_length=1, max_length=BOXES)]
    votes: Annotated[list[float], Meta(min_length=len(FURNITURE), max_length=len(FURNITURE))]
    odds: float
    sights: int
    free: int

    @property
    def box(self) -> Box:
        """Where it is: the median of the last looks, side by side."""
        # For nine numbers numpy's median takes ten times longer.
        x0, y0, x1, y1 = (median(side) for side in zip(*self.boxes, strict=True))
        return x0, y0, x1, y1

    @property
    def confidence(self) -> float:
        """Probability that it is there."""
        return 1.0 / (1.0 + math.exp(-self.odds))

    @property
    def thing(self) -> Thing:
        """What it most probably is."""
        return FURNITURE[self.votes.index(max(self.votes))]

    def share(self, thing: Thing) -> float:
        """Return the probability that it is a `thing`, given that it is there."""
        return self.votes[FURNITURE.index(thing)] / max(sum(self.votes), 1e-9)


class FurnitureState(Struct, kw_only=True, forbid_unknown_fields=True):
    """All that a map knows.

    Attributes
    ----------
    looks
        How often the detector looked.
    """

    pieces: Annotated[list[Piece], Meta(max_length=PIECES)] = []
    looks: Annotated[int, Meta(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """What is asked of a piece at every body and frame, worked out once a look.

    Attributes
    ----------
    thing
        What it most probably is; None when it does not count.
    carriers
        What it may be, with the network of that, and how probably it is there and is that.
    """

    box: Box
    thing: Thing | None
    carriers: tuple[tuple[Thing, SupportNet, float], ...]


class FurnitureMap:
    """The furniture of one camera's picture.

    Parameters
    ----------
    state
        From `state` of an earlier map of the same camera in the same place; taken over, not copied.
    """

    def __init__(self, state: FurnitureState | None = None) -> None:
        self._state = state or FurnitureState()
        self._people: deque[list[Box]] = deque(maxlen=RECENT)
        self._nets: dict[Carrier, SupportNet] = networks(load())
        self._known: list[_Known] | None = None
        self.learns = True
        """Whether `update` takes anything in; off while the view is bad, and for looks that follow
        each other closely, which would count as more evidence than they are."""

    @property
    def state(self) -> FurnitureState:
        """All that the map knows; changed by the next `update`."""
        return self._state

    @property
    def pieces(self) -> list[Piece]:
        """What is there more probably than not, surest first."""
        sure = [piece for piece in self._state.pieces if piece.confidence >= COUNTS]
        return sorted(sure, key=lambda piece: -piece.odds)

    def boxes_of(self, thing: Thing) -> list[Box]:
        """Return where pieces of a kind are that count."""
        return [known.box for known in self._asked() if known.thing is thing]

    def reset(self) -> None:
        """Forget everything: the camera was moved, or hangs in another room."""
        self._state = FurnitureState()
        self._known = None
        self._people.clear()

    def update(self, detections: Sequence[Detection], people: Iterable[Box] = ()) -> None:
        """Take in what one look found, unless `learns` is off.

        Parameters
        ----------
        detections
            Of the whole picture. Persons among them hide what is behind them.
        people
            Boxes of people whom others see (the pose network).
        """
        if not self.learns:
            return
        self._state.looks += 1
        self._known = None
        hiding = [*people, *(d.box for d in detections if d.thing is Thing.PERSON)]
        self._people.append(hiding)
        were = [box for boxes in self._people for box in boxes]
        found = self._found(detections)
        pieces = self._state.pieces
        boxes = [piece.box for piece in pieces]
        matched: dict[int, int] = {}
        if pieces and found:
            # Only pieces of a kind can be one: a chair before a bed stays a chair.
            common = np.array(
                [
                    [overlap(box, f.box) if alike(piece, f.thing) else 0.0 for f in found]
                    for piece, box in zip(pieces, boxes, strict=True)
                ]
            )
            rows, columns = linear_sum_assignment(-common)
            matched = {
                int(c): int(r) for r, c in zip(rows, columns, strict=True) if common[r, c] >= SAME
            }
        for index, detection in enumerate(found):
            hidden = covered(detection.box, hiding) >= HIDDEN
            if index in matched:
                self._seen(pieces[matched[index]], detection, hidden)
            else:
                doubted = self._doubted(detection.box, were)
                pieces.append(_first(detection, doubted))
        taken = set(matched.values())
        for row, box in enumerate(boxes):
            if row not in taken and covered(box, hiding) < HIDDEN:
                piece = pieces[row]
                piece.odds += REPEATED * MISSED / (1.0 + piece.sights / PATIENCE)
        self._state.pieces = _kept(pieces)

    def place_of(
        self,
        keypoints: ArrayLike,
        box: Box,
        aspect: float,
        *,
        rest: float | None = None,
    ) -> Support:
        """Return what a body is on.

        Parameters
        ----------
        keypoints
            (33, 2) or (33, 3), normalised to the picture.
        box
            Of the body.
        aspect
            Width / height of the picture.
        rest
            How high the hips are now over where the feet last stood, in heights of a person, when
            the floor is known (`vision.rest`): who comes to rest on the floor where he stood has
            nearly 0 there, who lies on a bed 0.25 and more.
        """
        body = None
        free = dict.fromkeys(CARRIERS, 1.0)
        for known in self._asked():
            if not known.carriers or disjoint(known.box, box):
                continue
            body = body or Body.of(np.asarray(keypoints, np.float64), box, aspect)
            row = inputs(known.box, body)[None]
            for thing, net, sure in known.carriers:
                free[thing] *= 1.0 - sure * float(net.probability(row)[0])
        bed, sofa, chair = (1.0 - share for share in free.values())
        if rest is not None:
            # A seat is higher than a body that lies; only a bed nearer to the camera than where
            # the feet stood can look as low, hence no veto but a doubt.
            low = max(0.15, min(1.0, (rest - 0.05) / 0.15))
            bed, sofa, chair = bed * low, sofa * low, chair * low
        total = bed + sofa + chair
        if total > 1.0:
            bed, sofa, chair = bed / total, sofa / total, chair / total
            total = 1.0
        learnt = 1.0 - math.exp(-self._state.looks / LEARNT_LOOKS)
        return Support((1.0 - total) * learnt * FLOOR_SURE, bed, sofa, chair)

    def _asked(self) -> list[_Known]:
        """Return all pieces as they are asked for."""
        if self._known is None:
            self._known = [self._of(piece) for piece in self._state.pieces]
        return self._known

    def _of(self, piece: Piece) -> _Known:
        sure = piece.confidence
        shares = [(thing, carrier, piece.share(thing)) for thing, carrier in CARRIERS.items()]
        return _Known(
            piece.box,
            piece.thing if sure >= COUNTS else None,
            tuple(
                (thing, self._nets[carrier], sure * share)
                for thing, carrier, share in shares
                if share > 0.0 and sure >= FAINT
            ),
        )

    def chair_under(self, box: Box) -> float:
        """Return how probably an outline sits on a chair: its lower half counts, as in a zone."""
        lower = lower_half(box)
        on = (p for p in self._state.pieces if covered(lower, [p.box]) >= SEATED)
        return max((p.confidence * p.share(Thing.CHAIR) for p in on), default=0.0)

    def _doubted(self, box: Box, people: Sequence[Box]) -> bool:
        """Whether what appears here may be a person, or what lies about one.

        In the very first look nothing appears: there somebody may well lie in a bed, as long as
        the bed is not of the person's own size.
        """
        if self._state.looks > 1:
            return covered(box, people) >= HIDDEN
        return any(iou(box, person) >= SAME for person in people)

    def _found(self, detections: Sequence[Detection]) -> list[Detection]:
        """Furniture, of two boxes of one piece the surer."""
        found: list[Detection] = []
        for d in sorted(detections, key=lambda d: -d.score):
            if d.thing not in FURNITURE or d.score < LEAST_SCORE:
                continue
            if not any(overlap(d.box, f.box) > TWICE and kin(d.thing, f.thing) for f in found):
                found.append(d)
        return found

    def _seen(self, piece: Piece, detection: Detection, hidden: bool) -> None:
        weight = DOUBTED if hidden and piece.free == 0 else REPEATED
        piece.odds = max(LEAST, min(MOST, piece.odds + weight * (evidence(detection) - PRIOR)))
        piece.sights = min(SIGHTS, piece.sights + 1)
        votes = list(piece.votes)
        votes[FURNITURE.index(detection.thing)] += detection.score
        # An old opinion must be able to change as well.
        piece.votes = votes if sum(votes) < SIGHTS else [vote / 2 for vote in votes]
        if not hidden:
            piece.free = min(SIGHTS, piece.free + 1)
            piece.boxes = [*piece.boxes[-BOXES + 1 :], detection.box]


def _first(detection: Detection, doubted: bool) -> Piece:
    votes = [0.0] * len(FURNITURE)
    votes[FURNITURE.index(detection.thing)] = detection.score
    odds = evidence(detection) - (DOUBT if doubted else 0.0)
    return Piece(boxes=[detection.box], votes=votes, odds=odds, sights=1, free=int(not doubted))


def _kept(pieces: list[Piece]) -> list[Piece]:
    """Pieces without those given up, and of two in one place the surer; at most `PIECES`."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: -piece.odds):
        same = (k for k in kept if kin(k.thing, piece.thing) and overlap(k.box, piece.box) > TWICE)
        if piece.odds > LEAST and next(same, None) is None:
            kept.append(piece)
    return kept[:PIECES]


def evidence(detection: Detection) -> float:
    """Return the log-odds that a single detection of this score is right."""
    return SCORE_SLOPE * (detection.score - SCORE_EVEN)


def kin(a: Thing, b: Thing) -> bool:
    """Return whether detectors take one for the other."""
    return a is b or any(a in kind and b in kind for kind in KIN)


def alike(piece: Piece, thing: Thing) -> bool:
    """Return whether a detection of a `thing` may be this piece."""
    return any(vote > 0.0 and kin(t, thing) for t, vote in zip(FURNITURE, piece.votes, strict=True))


def overlap(a: Box, b: Box) -> float:
    """Return intersection over union, or more where one box lies within the other."""
    within = inside(a, b)
    return max(iou(a, b), 0.7 * within if within >= WITHIN else 0.0)
