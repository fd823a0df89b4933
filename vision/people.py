"""The people of one camera: poses and boxes in, pose, box, posture and track observations out.

Joins the tracker, the boxes of the second detector, the zones and the posture model. Pure: it
sees no pixels and no clock, so a recording of poses and boxes gives the same observations as the
camera did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ambient.observations import (
    AnyObservation,
    Box,
    BoxSeen,
    PoseSeen,
    Posture,
    PostureSeen,
    TrackEnd,
    TrackEnded,
)
from vision.above import Levelled
from vision.at_border import AtBorder
from vision.at_table import AtTable
from vision.boxes import covered, iou
from vision.doubts import Doubts
from vision.features import ramp
from vision.floor import FloorState
from vision.furniture import FurnitureMap
from vision.ground import Ground
from vision.held import Held
from vision.moving import Moving
from vision.objects.types import ALIVE, Detection, Thing
from vision.outline_size import OutlineSize
from vision.pose.people import body_box
from vision.pose.types import Pose
from vision.posture import Estimate, PostureModel, RulePosture
from vision.second_eyes import KNOWN_SCORE, PERSON_SCORE
from vision.settings import CameraSettings
from vision.sightings import Outlines, match
from vision.slid import Slid
from vision.support import Support
from vision.tracker import Tracker, TrackerOptions
from vision.whereabouts import Whereabouts
from vision.zones import On, Zones

UNLIKE: Final = 0.2
ALIKE: Final = 0.45
"""Intersection over union from which a detector's box bears a pose out, at all and in full."""
ON_SCREEN: Final = 0.85
"""Share of a body that lies on a screen from which it is a picture."""
SURE_PRESENCE: Final = 0.9
"""Poses less sure than this tell nothing of the floor."""
NOT_DOWN: Final = 0.5
"""A pose less surely down than this, and trusted more, is of somebody who does not lie there."""
SMALLEST: Final = 0.08
SMALL: Final = 0.14
"""Bodies shorter than this, in picture heights, are doubted; who lies 6 m away is 0.2 long."""


class People:
    """Who is in the picture of one camera and how they are.

    Parameters
    ----------
    room, camera
        Where this is; the camera's zones are used.
    model
        Estimates posture; `RulePosture` when none is given.
    options
        Of the tracker.
    furniture
        The map to learn and to use where the installer drew nothing; None to do without.
    floor
        What an earlier one of the same camera learned of the floor; taken over.
    first_track
        Number of the first track, so that numbers of a restarted sensor are new ones.
    """

    def __init__(
        self,
        room: str,
        camera: CameraSettings,
        *,
        model: PostureModel | None = None,
        options: TrackerOptions | None = None,
        furniture: FurnitureMap | None = None,
        floor: FloorState | None = None,
        first_track: int = 1,
    ) -> None:
        self._room = room
        self._source = camera.id
        self._tracker = Tracker(options, first=first_track)
        self._furniture = furniture
        above = camera.mount == "ceiling"
        self._ground = Ground(floor) if furniture is not None and not above else None
        self._sizes = OutlineSize(self._ground.floor) if self._ground is not None else None
        self._where = Whereabouts(Zones(camera.zones), furniture, self._ground)
        judge = model or RulePosture()
        self._model: PostureModel = Levelled(judge) if above else judge
        self._last: dict[int, PostureSeen] = {}
        self._support: dict[int, Support] = {}
        self._outlines = Outlines()
        self._held = Held()
        self._border = AtBorder()
        self._tables = AtTable()
        self._moving = Moving()
        self._slid = None if above else Slid()
        self._doubts = Doubts()
        self._shown: list[Pose] = []
        self._missing = False
        self._shown_boxes: list[tuple[int, Box, float]] = []

    @property
    def floor(self) -> FloorState | None:
        """What is known of the floor; None where it is not learned, as under a ceiling."""
        return self._ground.floor.state if self._ground is not None else None

    @property
    def present(self) -> bool:
        """Whether anybody is seen or was just now."""
        return self._tracker.active > 0 or bool(self._outlines.known)

    @property
    def doubtful(self) -> bool:
        """Whether a look of the second detector would tell more of somebody, or where they are."""
        unsettled = any(not support.settled for support in self._support.values())
        return unsettled or self._outlines.fresh or self._missing

    def doubts(self, t_ns: int) -> list[Box]:
        """Return whose pose to read several times in the picture of `t_ns`."""
        return self._doubts.spend(t_ns)

    def update(
        self,
        poses: list[Pose],
        t: int,
        aspect: float,
        *,
        boxes: Sequence[Detection] | None = None,
        things: Sequence[Detection] = (),
    ) -> list[AnyObservation]:
        """Take the poses of one picture; return what is to be said of each person.

        Parameters
        ----------
        poses
            Everybody found in the picture.
        t
            Its instant, nanoseconds.
        aspect
            Width / height of the picture in pixels.
        boxes
            People whom the second detector found in it; None when it did not look.
        things
            Furniture that it found.
        """
        known = bool(self._outlines.known)
        others = [self._outlines.since(_body(pose)) for pose in poses] if known else []
        seen, ended = self._tracker.update(poses, t, aspect, others)
        self._missing = bool(self._tracker.remembered(t))
        self._shown = [person.pose for person in seen]
        out: list[AnyObservation] = [self._end(e.track, t, outwards=e.outwards) for e in ended]
        for person in seen:
            if person.track not in self._support:
                self._support[person.track] = Support()
                same = self._outlines.take(person.pose.box)
                if same is not None and same.track:
                    out.append(self._end(same.track, t))
        outlines: list[tuple[int, Box, float]] = []
        scored: dict[int, tuple[Box, float]] = {}
        if boxes is not None:
            bodies = {person.track: _body(person.pose) for person in seen}
            alive = [d for d in things if d.thing in ALIVE]
            outlines, scored = self._look(boxes, alive, bodies, t, aspect)
            self._shown_boxes = outlines
            if self._furniture is not None:
                self._furniture.update(things, [*bodies.values(), *(d.box for d in boxes)])
        if self._ground is not None:
            for person in seen:
                if (
                    person.pose.presence >= SURE_PRESENCE
                    and self._support[person.track].trust > 0.5
                ):
                    self._ground.update(person.track, person.pose.keypoints, aspect, t)
        shown = [self._pose(person.track, person.pose, t, aspect) for person in seen]
        out += self._say(shown, outlines, t, aspect, scored)
        out += [self._end(outline.track, t) for outline in self._outlines.end(t)]
        return out

    def moved(self) -> None:
        """Forget what was learned of the room: the camera was moved."""
        self._held.reset()
        self._tables.reset()
        if self._furniture is not None:
            self._furniture.reset()
        if self._ground is not None:
            self._ground.reset()

    def repeat(self, t: int, aspect: float) -> list[AnyObservation]:
        """Say again, as of `t`, who was shown last; who was not yet sure of is not held."""
        out = self.update(self._shown, t, aspect)
        for track, box, _score in self._shown_boxes:
            self._tracker.keep(track, box, t, aspect)
            self._outlines.keep(track, t)
        return out + self._say([], self._shown_boxes, t, aspect, {})

    def _say(
        self,
        poses: list[PoseSeen],
        outlines: Sequence[tuple[int, Box, float]],
        t: int,
        aspect: float,
        scored: dict[int, tuple[Box, float]],
    ) -> list[AnyObservation]:
        """Return what there is to say of everybody seen at one instant."""
        if not poses and not outlines:
            return []
        sights: list[PoseSeen | BoxSeen] = [*poses]
        sights += [self._box(track, box, score, t, aspect) for track, box, score in outlines]
        where = {sight.track: self._where.of(sight) for sight in sights}
        self._model.look(
            t,
            sights,
            boxes=scored,
            places={track: support.array() for track, (support, _) in where.items()},
        )
        out: list[AnyObservation] = []
        read: list[tuple[Box, PostureSeen]] = []
        for sight in sights:
            on = where[sight.track][1]
            if isinstance(sight, PoseSeen):
                trust = self._trust(sight)
                estimate = self._model.update(sight)
                posture = self._said(sight, estimate, on, trust)
                if trust == 0.0:  # a fall on a screen is none
                    posture = msgspec.structs.replace(posture, descent=0.0)
                elif self._slid is not None:
                    posture = self._slid.told(posture, sight, estimate.body)
                self._held.pose(posture, sight.box, trust)
                if trust >= NOT_DOWN > posture.down:
                    self._tables.up(sight.box)
                posture = self._moving.told(posture, sight)
                read.append((sight.box, posture))
            else:
                trust = self._shape_trust(sight.box, t)
                posture = self._said(sight, self._model.outline(sight), on, trust)
                posture = self._held.outline(posture, sight.box)
                if self._sizes is not None:
                    posture = self._sizes.told(posture, sight)
            self._last[sight.track] = posture
            out += [sight, posture]
        self._doubts.note(read)
        return out

    def _look(
        self,
        found: Sequence[Detection],
        alive: Sequence[Detection],
        bodies: dict[int, Box],
        t: int,
        aspect: float,
    ) -> tuple[list[tuple[int, Box, float]], dict[int, tuple[Box, float]]]:
        """Join the boxes of one look to people; `alive` bear out who is known, and no more.

        Returns
        -------
        Those of whom only a box is seen; and by track the boxes of those whose pose is seen.
        """
        tracks = list(bodies)
        fresh = {id(d) for d in found}
        found = [*found, *alive]
        matched = match([d.box for d in found], [bodies[track] for track in tracks])
        # A box of another shape is somebody else, or says that the pose is wrong.
        for track in tracks:
            body = bodies[track]
            self._support[track].looked(
                max((d.score * ramp(iou(d.box, body), UNLIKE, ALIKE) for d in found), default=0.0)
            )
        rest = [d for i, d in enumerate(found) if i not in matched and d.score >= KNOWN_SCORE]
        remembered = self._tracker.remembered(t)
        kept = match([d.box for d in rest], [box for _, box in remembered])
        out: list[tuple[int, Box, float]] = []
        for i, j in kept.items():
            number = remembered[j][0]
            self._tracker.keep(number, rest[i].box, t, aspect)
            self._support[number].looked(rest[i].score)
            out.append((number, rest[i].box, rest[i].score))
        others = [
            (d.box, d.score)
            for i, d in enumerate(rest)
            if i not in kept
            and id(d) in fresh
            and (d.score >= PERSON_SCORE or self._outlines.at(d.box))
        ]
        for outline in self._outlines.update(others, t):
            outline.track = outline.track or self._tracker.number()
            out.append((outline.track, outline.box, outline.score))
        scored = {tracks[j]: (found[i].box, found[i].score) for i, j in matched.items()}
        self._tracker.boxed(scored, t)
        return out, scored

    def _end(self, track: int, t: int, *, outwards: bool = False) -> TrackEnded:
        last = self._last.pop(track, None)
        self._support.pop(track, None)
        if self._ground is not None:
            self._ground.end(track)
        self._model.end(track)
        self._moving.end(track)
        if self._slid is not None:
            self._slid.end(track)
        if self._sizes is not None:
            self._sizes.end(track)
        return TrackEnded(
            t=t,
            room=self._room,
            source=self._source,
            track=track,
            reason=TrackEnd.LEFT_PICTURE if outwards else TrackEnd.LOST,
            posture=last.posture if last is not None else Posture.OTHER,
            down=last.down if last is not None else 0.0,
        )

    def _trust(self, pose: PoseSeen) -> float:
        """Return how far to believe that a pose is a person here; people on a screen are none."""
        screens = self._furniture.boxes_of(Thing.TV) if self._furniture is not None else []
        if covered(pose.box, screens) > ON_SCREEN:
            return 0.0
        return self._support[pose.track].trust

    def _shape_trust(self, box: Box, t: int) -> float:
        """Return how far the shape of an outline tells how somebody is.

        What the border leaves of somebody has any shape, and for a while so has what a table does.
        """
        if self._border.hides(box, t):
            return 0.0
        tables = self._furniture.boxes_of(Thing.DINING_TABLE) if self._furniture is not None else []
        return self._tables.trust(box, tables, t)

    def _box(self, track: int, box: Box, score: float, t: int, aspect: float) -> BoxSeen:
        return BoxSeen(
            t=t,
            room=self._room,
            source=self._source,
            track=track,
            box=_rounded(box),
            score=round(min(1.0, max(0.0, score)), 4),
            aspect=round(aspect, 4),
        )

    def _pose(self, track: int, pose: Pose, t: int, aspect: float) -> PoseSeen:
        return PoseSeen(
            t=t,
            room=self._room,
            source=self._source,
            track=track,
            keypoints=list(map(tuple, pose.keypoints.round(4).tolist())),
            box=_rounded(pose.box),
            score=round(min(1.0, max(0.0, pose.presence)), 4),
            aspect=round(aspect, 4),
            world=list(map(tuple, pose.world.round(3).tolist())),
        )

    def _said(
        self, seen: PoseSeen | BoxSeen, estimate: Estimate, on: On, trust: float
    ) -> PostureSeen:
        return PostureSeen(
            t=seen.t,
            room=seen.room,
            source=seen.source,
            track=seen.track,
            posture=estimate.posture,
            probability=_share(estimate.probability),
            down=_share(estimate.down),
            upright=_share(estimate.upright),
            place=on.place,
            bed=on.bed,
            place_sure=_share(on.sure),
            descent=_share(estimate.descent),
            still=_share(estimate.still),
            quality=_share(estimate.quality * trust * ramp(estimate.size, SMALLEST, SMALL)),
            at=(round(estimate.at[0], 4), round(estimate.at[1], 4)),
            size=round(estimate.size, 4),
        )


def _share(value: float) -> float:
    return round((value if value < 1.0 else 1.0) if value > 0.0 else 0.0, 4)


def _body(pose: Pose) -> Box:
    return body_box(pose.keypoints[:, :2], pose.keypoints[:, 2])


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(float(side), 4) for side in box)
    return x0, y0, x1, y1
