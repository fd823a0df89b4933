"""Pose engines: BlazePose in OpenVINO, and MediaPipe behind the same interface."""

from vision.pose.types import (
    Box,
    Device,
    Landmark,
    ModelSize,
    Pose,
    PoseEngine,
    PoseOptions,
    Precision,
    RunningMode,
)

__all__ = [
    "Box",
    "Device",
    "Landmark",
    "ModelSize",
    "Pose",
    "PoseEngine",
    "PoseOptions",
    "Precision",
    "RunningMode",
]
