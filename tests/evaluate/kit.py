"""Rows, outcomes and observations for tests of measuring, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ambient.evaluate.manifest import Label, Row
from ambient.evaluate.measure import Outcome
from ambient.observations import PoseSeen, Posture, PostureSeen
from vision.sources import Frame


def row(file: str, label: Label = Label.ADL, **fields: Any) -> Row:
    start = 2.0 if label is Label.FALL else None
    known: dict[str, Any] = {"dataset": "d", "use": "validate", "fall_start_s": start}
    return Row(file=file, path=Path(file), label=label, **(known | fields))


def outcome(of: Row, alarms: tuple[float, ...] = (), **fields: Any) -> Outcome:
    known: dict[str, Any] = {
        "alarms": list(alarms),
        "suspected": [s - 1.0 for s in alarms],
        "end_s": 6.0,
        "fall_start_s": of.fall_start_s,
    }
    return Outcome(
        file=of.file, dataset=of.dataset, use=of.use, label=str(of.label), **(known | fields)
    )


def posture(t_s: float, down: float, **fields: Any) -> PostureSeen:
    known: dict[str, Any] = {
        "track": 1,
        "posture": Posture.LYING if down > 0.5 else Posture.STANDING,
        "probability": 0.9,
        "upright": 1 - down,
        "size": 0.5,
        "quality": 1.0,
    }
    return PostureSeen(
        t=round(t_s * 1e9), room="room", source="camera", down=down, **(known | fields)
    )


def pose(t_s: float, visibility: float = 1.0, middle: float = 0.5) -> PoseSeen:
    """A body whose joints lie on a slanted line across the picture."""
    along = np.linspace(-0.2, 0.2, 33)
    keypoints = [(middle + a / 2, 0.5 + a, visibility) for a in along.tolist()]
    return PoseSeen(
        t=round(t_s * 1e9),
        room="room",
        source="camera",
        track=1,
        keypoints=keypoints,
        box=(0.3, 0.3, 0.7, 0.7),
        score=0.9,
        aspect=4 / 3,
    )


def frames(many: int, fps: float = 10.0, size: tuple[int, int] = (60, 80)) -> list[Frame]:
    """Pictures with a gradient and a patch that moves; every one differs."""
    height, width = size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    made = []
    for index in range(many):
        image = np.stack([255 * x, 255 * y, 255 * (1 - x)], axis=2)
        image[10:20, (index * 3) % (width - 10) :][:, :10] = 255
        made.append(Frame(image.astype(np.uint8), round(index / fps * 1e9), index))
    return made
