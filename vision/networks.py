"""The networks of one camera: options in, everything a pipeline looks with out.

One place says which networks a camera needs, so that a node, an evaluation and a benchmark all
look with the same. Parts can be left out, to measure what each brings.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ambient.closing import Closing
from vision.objects.nanodet import NanoDet, ObjectOptions
from vision.objects.types import ObjectDetector
from vision.pipeline import CameraPipeline
from vision.pose.blazepose import BlazePose
from vision.pose.types import PoseEngine, PoseOptions
from vision.posture import PostureModel, RulePosture
from vision.settings import CameraSettings
from vision.temporal import LearnedPosture


class Part(StrEnum):
    """What can be left out."""

    SECOND_EYES = "second-eyes"
    FURNITURE = "furniture"
    TEMPORAL = "temporal"


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
    """

    engine: PoseEngine
    detector: ObjectDetector | None = None
    without: frozenset[Part] = frozenset()

    @classmethod
    def open(
        cls,
        options: PoseOptions,
        *,
        engine: PoseEngine | None = None,
        without: Collection[Part] = (),
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

        Raises
        ------
        ModelError
            A model is missing or damaged.
        """
        detector = None
        if Part.SECOND_EYES not in without:
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
        return cls(engine or BlazePose.create(options), detector, frozenset(without))

    def pipeline(
        self,
        room: str,
        camera: CameraSettings,
        *,
        frozen_s: float = 10.0,
        first_track: int = 1,
        gated: bool = True,
    ) -> CameraPipeline:
        """Return a pipeline that looks with these networks; see `CameraPipeline`."""
        return CameraPipeline(
            room,
            camera,
            self.engine,
            frozen_s=frozen_s,
            model=self._posture(),
            detector=self.detector,
            furniture=Part.FURNITURE not in self.without,
            first_track=first_track,
            gated=gated,
        )

    def close(self) -> None:
        """Free the networks."""
        self.engine.close()
        if self.detector is not None:
            self.detector.close()

    def _posture(self) -> PostureModel:
        """Return a posture model of one camera; the network is compiled for it alone."""
        return RulePosture() if Part.TEMPORAL in self.without else LearnedPosture.create()
