"""MediaPipe's PoseLandmarker behind the engine interface: the reference ours is compared with.

In: pictures and their instants; out: poses. Differences that MediaPipe brings: it smooths in
video mode when it follows one person and never when it follows several, whatever the options
say; it knows neither devices, precision, threads, nor a harder look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ambient.closing import Closing
from models import store
from vision.pose.types import (
    Box,
    Image,
    Landmark,
    ModelSize,
    Pose,
    PoseOptions,
    RunningMode,
    check_image,
    check_time,
)


class MediaPipePose(Closing):
    """A ``PoseEngine`` on MediaPipe Tasks; see there for its methods."""

    def __init__(self, landmarker: Any, options: PoseOptions) -> None:
        self._landmarker = landmarker
        self._options = options
        self._last_ns: int | None = None
        self._last_ms = -1
        self._shift_ms = 0

    @classmethod
    def create(cls, options: PoseOptions | None = None) -> MediaPipePose:
        """Load the bundle and return an engine.

        Raises
        ------
        ModelError
            The bundle is missing or damaged.
        ValueError
            Another landmark network than the full one was asked for: no bundle is made of those.
        """
        options = options if options is not None else PoseOptions()
        if options.model is not ModelSize.FULL:
            raise ValueError(
                f"PoseOptions.model: the MediaPipe engine has the full model only, "
                f"got {options.model.value}"
            )
        path = store.path("pose_landmarker_full.task", options.models_dir)
        # Imported here because it loads a library of 40 MB that only this engine needs.
        from mediapipe.tasks.python import BaseOptions, vision

        running = {
            RunningMode.IMAGE: vision.RunningMode.IMAGE,
            RunningMode.VIDEO: vision.RunningMode.VIDEO,
        }
        wanted = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(path)),
            running_mode=running[options.mode],
            num_poses=options.num_people,
            min_pose_detection_confidence=options.min_detection,
            min_pose_presence_confidence=options.min_presence,
            min_tracking_confidence=options.min_presence,
            output_segmentation_masks=False,
        )
        return cls(vision.PoseLandmarker.create_from_options(wanted), options)

    def detect(
        self,
        image: Image,
        t_ns: int,
        *,
        look_harder: bool = False,
        region: Box | None = None,
        hints: Sequence[Box] = (),
        doubts: Sequence[Box] = (),
    ) -> list[Pose]:
        """Return the people in a picture; see ``PoseEngine.detect``. Never looks harder."""
        import mediapipe as mp

        check_image(image)
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
        if self._options.mode is RunningMode.IMAGE:
            result = self._landmarker.detect(picture)
        else:
            check_time(t_ns, self._last_ns)
            self._last_ns = t_ns
            # MediaPipe counts milliseconds and wants each to be later than the one before.
            self._last_ms = max(self._last_ms + 1, t_ns // 1_000_000 + self._shift_ms)
            result = self._landmarker.detect_for_video(picture, self._last_ms)
        height, width = image.shape[:2]
        pairs = zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
        return [_pose(points, world, width, height) for points, world in pairs]

    def reset(self) -> None:
        """Let time begin anew; MediaPipe itself forgets nobody, it notices when they are gone."""
        self._last_ns = None
        self._shift_ms = self._last_ms + 1

    def close(self) -> None:
        """Free MediaPipe's graph."""
        self._landmarker.close()


def _pose(points: list[Any], world: list[Any], width: int, height: int) -> Pose:
    keypoints = np.array([(p.x, p.y, p.visibility) for p in points], np.float32)
    metres = np.array([(p.x, p.y, p.z) for p in world], np.float32)
    presence = float(np.mean([p.presence for p in points]))
    hips = keypoints[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], :2].mean(axis=0)
    shoulders = keypoints[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER], :2].mean(axis=0)
    dx, dy = (shoulders - hips).tolist()
    turn = math.atan2(dx * width, -dy * height)
    return Pose.from_keypoints(keypoints, metres, presence, turn)
