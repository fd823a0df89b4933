"""One camera from frame to observations: mask, quality, motion gate, pose, people.

Comes in: frames and their instants. Goes out: observations. The frame is masked in place, looked
at once in small for quality and motion, and given to the pose engine only when the gate says so,
now and then to the second detector as well, with less noise and more light where it needs them. Of
it nothing is kept but, while the picture is noisy, what the networks saw last, in memory and only
for as long as the camera sees. Pure but for the networks: no clock, so live equals replay.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ambient.observations import AnyObservation, PoseSeen, TrackEnded, View
from vision.furniture import FurnitureMap
from vision.learned import Learned
from vision.mask import PrivacyMask
from vision.motion import Decision, Gate, MotionGate
from vision.objects.types import ObjectDetector
from vision.people import People
from vision.pose.types import PoseEngine
from vision.posture import PostureModel
from vision.quality import QualityMonitor
from vision.restoration import Restoration
from vision.second_eyes import PERSON_SCORE, Look, SecondEyes
from vision.settings import CameraSettings
from vision.small import small_gray

UNSEEING: Final = frozenset({View.COVERED, View.FROZEN, View.NOT_WATCHED})
"""Views in which a pose would be of nothing, or of a picture that is not now."""


class CameraPipeline:
    """What one camera sees, as observations.

    Parameters
    ----------
    room, camera
        Where this is and how it is configured.
    engine
        Finds poses; owned by the caller.
    frozen_s
        After how long without any change a picture is frozen.
    model
        Estimates posture; the rules when none is given.
    detector
        The second pair of eyes; owned by the caller, None to do without.
    restored
        Whether noise is taken off and darkness lifted before the networks look.
    furniture
        Whether to learn from the detector where beds and seats are.
    looks
        Whether who may be down is read several times.
    first_track
        Number of the first track.
    gated
        Whether the motion gate may leave frames out; a benchmark lets every frame cost.
    learned
        From `hand_on` of an earlier pipeline of this camera, which ended; taken over.
    """

    def __init__(
        self,
        room: str,
        camera: CameraSettings,
        engine: PoseEngine,
        *,
        frozen_s: float = 10.0,
        model: PostureModel | None = None,
        detector: ObjectDetector | None = None,
        restored: bool = True,
        furniture: bool = True,
        looks: bool = True,
        first_track: int = 1,
        gated: bool = True,
        learned: Learned | None = None,
    ) -> None:
        self._engine = engine
        self._mask = PrivacyMask(camera.mask)
        self._quality = QualityMonitor(
            room,
            camera.id,
            frozen_s=frozen_s,
            dark_by_plan=camera.night == "not_watched",
            infrared=camera.night == "infrared",
            usual=learned.view if learned is not None else None,
        )
        self._gate = MotionGate()
        self._restoration = Restoration() if restored else None
        self._eyes = SecondEyes(detector) if detector is not None else None
        self._gated = gated
        self._looks = looks
        known = learned.furniture if learned is not None else None
        self.furniture = FurnitureMap(known) if furniture and detector is not None else None
        """Where beds and seats are, as far as was learned; None when nothing is learned."""
        self._people = People(
            room,
            camera,
            model=model,
            furniture=self.furniture,
            floor=learned.floor if learned is not None else None,
            first_track=first_track,
        )
        self._aspect = 1.0
        self._unsure = False
        self.poses_run = 0
        """Frames in which the pose engine looked."""

    def hand_on(self) -> Learned | None:
        """End, and return what is known of the room for the camera's next pipeline.

        Nothing where the camera was turned: whoever turned it back, or drew its zones anew, shall
        not be told of it for ever.
        """
        view = self._quality.view
        usual = self._quality.usual
        usual.scene.close()
        if view is View.MOVED:
            return None
        furniture = self.furniture.state if self.furniture is not None else None
        return Learned(usual, furniture, self._people.floor)

    def process(self, image: npt.NDArray[np.uint8], t_ns: int) -> list[AnyObservation]:
        """Look at a frame.

        Parameters
        ----------
        image
            BGR uint8, shape (height, width, 3); masked in place, not kept.
        t_ns
            Its instant, later than the one before.
        """
        self._mask.apply(image)
        height, width = image.shape[:2]
        self._aspect = width / height
        small = small_gray(image)
        out: list[AnyObservation] = []
        said = self._quality.update(image, t_ns, small)
        if said is not None:
            out.append(said)
            if said.view is View.MOVED:
                # The pieces stand elsewhere in the picture now.
                self._people.moved()
        decision = self._gate.update(small, t_ns, self._people.present)
        if self._quality.view in UNSEEING:
            self._unsure = False
            self.forget_picture()
            return out + self._people.update([], t_ns, self._aspect)
        if self._gated and decision.gate is Gate.SKIP and not self._unsure:
            return out
        if self._restoration is not None:
            image = self._restoration.apply(image, small, t_ns)
        look = self._look(image, t_ns, decision)
        people = look.people if look is not None else None
        poses = self._engine.detect(
            image,
            t_ns,
            look_harder=decision.look_harder,
            region=decision.boxes[0] if decision.boxes else None,
            hints=[d.box for d in people or () if d.score >= PERSON_SCORE],
            doubts=self._people.doubts(t_ns) if self._looks else (),
        )
        self.poses_run += 1
        things = look.scene if look is not None else ()
        if self.furniture is not None and look is not None:
            view = self._quality.view
            self.furniture.learns = look.spaced and view is not None and view.clear
        found = self._people.update(poses, t_ns, self._aspect, boxes=people, things=things)
        # Who was found for the first time counts after a few looks, and those must follow soon:
        # somebody who lies there without a move would else never be seen often enough.
        self._unsure = len(poses) > sum(isinstance(each, PoseSeen) for each in found)
        lost = any(isinstance(each, TrackEnded) for each in found)
        if self._eyes is not None and (lost or self._people.doubtful):
            self._eyes.alert(t_ns)
        return out + found

    def silence(self, t_ns: int) -> list[AnyObservation]:
        """Take in that no frame has come until `t_ns`."""
        said = self._quality.silence(t_ns)
        if self._quality.view is View.GONE:
            self.forget_picture()
        found = self._people.update([], t_ns, self._aspect)
        return found if said is None else [said, *found]

    def repeat(self, t_ns: int) -> list[AnyObservation]:
        """Say again, as of `t_ns`, what the last frame showed: its people stand still."""
        return self._people.repeat(t_ns, self._aspect)

    def forget_picture(self) -> None:
        """Let go of what is kept of a picture: the camera sees nothing now, or is closed."""
        if self._restoration is not None:
            self._restoration.forget()

    def _look(self, image: npt.NDArray[np.uint8], t_ns: int, decision: Decision) -> Look | None:
        if self._eyes is None:
            return None
        return self._eyes.look(image, t_ns, decision, self._people.present)
