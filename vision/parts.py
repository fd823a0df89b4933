"""What can be left out of a camera's perception, to measure what each part brings."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """A part that can be left out."""

    SECOND_EYES = "second-eyes"
    RESTORATION = "restoration"
    """Noise taken off and darkness lifted before the networks look."""
    FURNITURE = "furniture"
    LOOKS = "looks"
    """Several looks of the pose network at who may be down."""
    TEMPORAL = "temporal"
    CALIBRATION = "calibration"
    """Of the temporal network: without it its bare outputs are taken for log-odds."""
