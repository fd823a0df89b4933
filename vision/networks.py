"""The networks of one camera: options in, everything a pipeline looks with out.

One place says which networks a camera needs, so that a node, an evaluation and a benchmark all
look with the same. Parts can be left out, to measure what each brings.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog

from ambient.closing import Closing
from models.falls.network import FOLDER
from models.store import PULL, State, Store, locate
from vision.learned import Learned
from vision.objects.nanodet import MODEL, NanoDet, ObjectOptions
from vision.objects.types import ObjectDetector
from vision.parts import Part
from vision.pipeline import CameraPipeline
from vision.pose.blazepose import BlazePose
from vision.pose.types import PoseEngine, PoseOptions
from vision.posture import PostureModel, RulePosture
from vision.settings import CameraSettings
from vision.temporal import LearnedPosture

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Networks(Closing):
    """What one camera looks with.

    Attributes
    ----------
    engine
        Finds poses.
    detector
        The second pair of eyes; None to do without.
    without
        Parts that are left out.
    falls
        The folder of the temporal network's weights and calibration.
    """

    engine: PoseEngine
    detector: ObjectDetector | None = None
    without: frozenset[Part] = frozenset()
    falls: Path = FOLDER

    @classmethod
    def open(
        cls,
        options: PoseOptions,
        *,
        engine: PoseEngine | None = None,
        without: Collection[Part] = (),
        falls: Path = FOLDER,
        complete: bool = True,
    ) -> Networks:
        """Load the networks.

        Parameters
        ----------
        options
            Of the pose engine; threads, device and where models are hold for all.
        engine
            Another pose engine than BlazePose in OpenVINO.
        without
            Parts to leave out.
        falls
            The folder of the temporal network, by default the one that this version carries.
        complete
            Whether a missing object detector is an error. A node rather goes on with poses alone,
            which is logged; what is measured must be the whole.

        Raises
        ------
        ModelError
            A model is missing or damaged.
        """
        detector = None
        if Part.SECOND_EYES not in without and (complete or _is_there(options)):
            detector = NanoDet.create(
                ObjectOptions(
                    threads=options.threads,
                    streams=options.streams,
                    device=options.device,
                    precision=options.precision,
                    models_dir=options.models_dir,
                    cache_dir=options.cache_dir,
                )
            )
        return cls(engine or BlazePose.create(options), detector, frozenset(without), falls)

    def pipeline(
        self,
        room: str,
        camera: CameraSettings,
        *,
        frozen_s: float = 10.0,
        first_track: int = 1,
        gated: bool = True,
        learned: Learned | None = None,
    ) -> CameraPipeline:
        """Return a pipeline that looks with these networks; see `CameraPipeline`."""
        return CameraPipeline(
            room,
            camera,
            self.engine,
            frozen_s=frozen_s,
            model=self._posture(),
            detector=self.detector,
            restored=Part.RESTORATION not in self.without,
            furniture=Part.FURNITURE not in self.without,
            looks=Part.LOOKS not in self.without,
            first_track=first_track,
            gated=gated,
            learned=learned,
        )

    def close(self) -> None:
        """Free the networks."""
        self.engine.close()
        if self.detector is not None:
            self.detector.close()

    def _posture(self) -> PostureModel:
        """Return a posture model of one camera; the network is compiled for it alone."""
        if Part.TEMPORAL in self.without:
            return RulePosture()
        calibrated = Part.CALIBRATION not in self.without
        return LearnedPosture.create(self.falls, calibrated=calibrated)


def _is_there(options: PoseOptions) -> bool:
    """Return whether the object detector is there, damaged or not; if not, say so."""
    status = Store(locate(options.models_dir)).look(MODEL)
    if status.state is State.MISSING:
        _say_missing(status.problem)
    return status.state is not State.MISSING


@cache
def _say_missing(problem: str) -> None:
    """Log once in a process, not for each camera and each time one opens."""
    _log.warning("vision.no_second_eyes", model=MODEL, problem=problem, mend=PULL)


__all__ = ["Networks", "Part"]
