"""The people of one camera: poses in, pose, posture and track observations out.

Joins the tracker, the zones and the posture model. Pure: it sees no pixels and no clock, so a
recording of poses gives the same observations as the camera did.
"""

from __future__ import annotations

from ambient.observations import (
    AnyObservation,
    PoseSeen,
    Posture,
    PostureSeen,
    TrackEnd,
    TrackEnded,
)
from vision.pose.types import Pose
from vision.posture import PostureModel, RulePosture
from vision.settings import CameraSettings
from vision.tracker import Tracker, TrackerOptions
from vision.zones import Zones


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
        first_track: int = 1,
    ) -> None:
        self._room = room
        self._source = camera.id
        self._zones = Zones(camera.zones)
        self._tracker = Tracker(options, first=first_track)
        self._model: PostureModel = model or RulePosture()
        self._last: dict[int, PostureSeen] = {}
        self._shown: list[Pose] = []

    @property
    def present(self) -> bool:
        """Whether anybody is seen or was just now."""
        return self._tracker.active > 0

    def update(self, poses: list[Pose], t: int, aspect: float) -> list[AnyObservation]:
        """Take the poses of one picture; return what is to be said of each person.

        Parameters
        ----------
        poses
            Everybody found in the picture.
        t
            Its instant, nanoseconds.
        aspect
            Width / height of the picture in pixels.
        """
        seen, ended = self._tracker.update(poses, t, aspect)
        self._shown = [person.pose for person in seen]
        out: list[AnyObservation] = []
        for end in ended:
            last = self._last.pop(end.track, None)
            self._model.end(end.track)
            out.append(
                TrackEnded(
                    t=t,
                    room=self._room,
                    source=self._source,
                    track=end.track,
                    reason=TrackEnd.LEFT_PICTURE if end.outwards else TrackEnd.LOST,
                    posture=last.posture if last is not None else Posture.OTHER,
                    down=last.down if last is not None else 0.0,
                )
            )
        for person in seen:
            pose = self._pose(person.track, person.pose, t, aspect)
            posture = self._posture(pose)
            self._last[person.track] = posture
            out += [pose, posture]
        return out

    def repeat(self, t: int, aspect: float) -> list[AnyObservation]:
        """Say again, as of `t`, who was shown last; who was not yet sure of is not held."""
        return self.update(self._shown, t, aspect)

    def _pose(self, track: int, pose: Pose, t: int, aspect: float) -> PoseSeen:
        return PoseSeen(
            t=t,
            room=self._room,
            source=self._source,
            track=track,
            keypoints=[tuple(row) for row in pose.keypoints.round(4).tolist()],
            box=_rounded(pose.box),
            score=round(min(1.0, max(0.0, pose.presence)), 4),
            aspect=round(aspect, 4),
            world=[tuple(row) for row in pose.world.round(3).tolist()],
        )

    def _posture(self, pose: PoseSeen) -> PostureSeen:
        estimate = self._model.update(pose)
        on = self._zones.of_body(pose.keypoints)
        return PostureSeen(
            t=pose.t,
            room=pose.room,
            source=pose.source,
            track=pose.track,
            posture=estimate.posture,
            probability=_share(estimate.probability),
            down=_share(estimate.down),
            upright=_share(estimate.upright),
            place=on.place,
            bed=on.bed,
            descent=_share(estimate.descent),
            still=_share(estimate.still),
            quality=_share(estimate.quality),
            at=(round(estimate.at[0], 4), round(estimate.at[1], 4)),
            size=round(estimate.size, 4),
        )


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(float(side), 4) for side in box)
    return x0, y0, x1, y1
