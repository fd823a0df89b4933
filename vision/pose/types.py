"""What a pose engine is asked and what it answers.

In: options, then one picture and its timestamp at a time. Out: a list of ``Pose``, one for each
person seen in that picture. Identity over time is the tracker's business, not the engine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]


class Landmark(IntEnum):
    """The 33 BlazePose landmarks, in the order of the rows of ``Pose.keypoints``.

    Left and right are the person's own.
    """

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


class RunningMode(Enum):
    """Whether pictures belong together."""

    IMAGE = "image"
    """Each picture stands alone: nothing is carried over, nothing smoothed."""
    VIDEO = "video"
    """Pictures follow each other in time: people are followed from one to the next."""


class ModelSize(Enum):
    """Which landmark network."""

    LITE = "lite"
    FULL = "full"
    HEAVY = "heavy"


class Device(Enum):
    """Where the networks run."""

    AUTO = "auto"
    """An integrated GPU or NPU when there is one that works, else the CPU."""
    CPU = "cpu"
    GPU = "gpu"
    NPU = "npu"


EXACT_CAMERAS: Final = 2
"""So many cameras a core are looked at in float32, which takes 1.6 times the time of bfloat16."""


class Precision(Enum):
    """Arithmetic of the networks on the CPU."""

    AUTO = "auto"
    """What the CPU does fastest: bfloat16 where it has instructions for it, else float32."""
    FLOAT32 = "f32"
    """The same on every CPU: bfloat16 rounds a body that is hard to read to another pose."""

    @classmethod
    def for_cameras(cls, cameras: int, cores: int) -> Precision:
        """Return what so many cameras on so many cores compute with: exact while there is room."""
        return cls.FLOAT32 if cameras <= EXACT_CAMERAS * cores else cls.AUTO


@dataclass(frozen=True, slots=True)
class PoseOptions:
    """How an engine shall work.

    Parameters
    ----------
    num_people
        How many people to follow at once, 1 to 6.
    smoothing
        Whether landmarks are smoothed over time (one-euro filter), video mode only.
    threads
        Threads that one inference uses, 1 to 64.
    streams
        How many inferences of engines that share the networks may run at the same time, 1 to 64.
    device, precision, mode, model
        See the enums.
    retry_rotations
        Whether ``look_harder`` may turn the picture by 90, -90 and 180 degrees.
    redetect_s
        Seconds between looks for further people while fewer than ``num_people`` are followed;
        somebody lost is looked for at once.
    min_detection, min_presence
        Least scores, 0 to 1, of the detector and of the landmark network.
    min_detection_hard
        Least score of the detector when it looks harder; lower finds more people who lie, and
        more things that are none.
    models_dir
        The store's directory (``models.dir`` of the configuration); ``None``: see
        ``models.store.locate``.
    cache_dir
        Where compiled networks are kept; ``None``: in the user's cache.
    """

    num_people: int = 1
    smoothing: bool = True
    threads: int = 1
    streams: int = 1
    device: Device = Device.AUTO
    precision: Precision = Precision.FLOAT32
    mode: RunningMode = RunningMode.VIDEO
    model: ModelSize = ModelSize.FULL
    retry_rotations: bool = True
    redetect_s: float = 1.0
    min_detection: float = 0.5
    min_presence: float = 0.5
    min_detection_hard: float = 0.5
    models_dir: Path | None = None
    cache_dir: Path | None = None

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        for name, low, high in (
            ("num_people", 1, 6),
            ("threads", 1, 64),
            ("streams", 1, 64),
            ("redetect_s", 0.0, 60.0),
            ("min_detection", 0.0, 1.0),
            ("min_presence", 0.0, 1.0),
            ("min_detection_hard", 0.0, 1.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"PoseOptions.{name}: expected {low} to {high}, got {value}")


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person in one frame.

    Attributes
    ----------
    keypoints
        (33, 3) float32: x and y, 0..1 of the picture's width and height (beyond where a limb is
        extrapolated out of the picture), and visibility 0..1.
    presence
        0..1: how sure the landmark network is that there is a person.
    world
        (33, 3) float32: metres, origin between the hips, x right, y down, z away from the camera.
    box
        x0, y0, x1, y1 around the keypoints, normalised like them.
    rotation
        Radians, -pi..pi, clockwise in the picture: how far the person's axis (hips to head) is
        turned from upright. A standing person has 0, one lying with the head to the right +pi/2.
    score
        0..1: mean visibility of the keypoints.
    """

    keypoints: Floats
    presence: float
    world: Floats
    box: Box
    rotation: float
    score: float

    @classmethod
    def from_keypoints(
        cls, keypoints: Floats, world: Floats, presence: float, rotation: float
    ) -> Pose:
        """Make a pose; box and score follow from the keypoints."""
        if keypoints.shape != (33, 3) or world.shape != (33, 3):
            raise ValueError(
                f"Pose: expected keypoints and world of shape (33, 3), "
                f"got {keypoints.shape} and {world.shape}"
            )
        x0, y0, _ = np.minimum.reduce(keypoints, axis=0).tolist()
        x1, y1, _ = np.maximum.reduce(keypoints, axis=0).tolist()
        score = float(np.add.reduce(keypoints[:, 2]) / len(keypoints))
        return cls(keypoints, presence, world, (x0, y0, x1, y1), rotation, score)


class PoseEngine(Protocol):
    """Finds people in pictures. Not for use from two threads at once."""

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
        """Return the people in a picture.

        Parameters
        ----------
        image
            (height, width, 3) uint8, BGR, C-contiguous or not. Only read, and not kept.
        t_ns
            The picture's instant in nanoseconds; in video mode later than the one before.
        look_harder
            Something person-sized moved or lay here: if the plain view finds nobody, try harder
            (turned views). An engine that can't ignores it.
        region
            x0, y0, x1, y1, 0..1: where that something is; ``look_harder`` looks there closely,
            even when somebody is seen elsewhere.
        hints
            x0, y0, x1, y1, 0..1: where another detector found people. Whom the engine does not
            follow already is looked for there, upright and turned by the box's long axis.
        doubts
            x0, y0, x1, y1, 0..1: where people were seen whose pose matters more than others'. Who
            is seen there is read several times, and the middle counts.

        Raises
        ------
        ValueError
            Wrong shape or type of picture, or a timestamp that doesn't go forward.
        """
        ...

    def reset(self) -> None:
        """Forget the people followed and the last timestamp, as if no picture had come."""
        ...

    def close(self) -> None:
        """Free what the engine holds; it can't be used afterwards."""
        ...

    def __enter__(self) -> Self:
        """Return the engine itself."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        ...


def check_image(image: Image) -> None:
    """Raise ``ValueError`` unless the picture is height x width x 3, uint8, and not empty."""
    if not isinstance(image, np.ndarray):
        raise ValueError(f"image: expected a numpy array, got {type(image).__name__}")
    if image.dtype != np.uint8:
        raise ValueError(f"image: expected dtype uint8, got {image.dtype}; scale to 0..255 first")
    if image.ndim != 3 or image.shape[2] != 3:
        hint = "; convert grayscale with cv2.COLOR_GRAY2BGR" if image.ndim == 2 else ""
        raise ValueError(f"image: expected height x width x 3 (BGR), got {image.shape}{hint}")
    if image.shape[0] < 1 or image.shape[1] < 1:
        raise ValueError(f"image: expected at least one pixel, got {image.shape}")


def check_time(t_ns: int, last_ns: int | None) -> None:
    """Raise ``ValueError`` unless ``t_ns`` is later than ``last_ns`` (``None``: no picture yet)."""
    if last_ns is not None and t_ns <= last_ns:
        raise ValueError(
            f"t_ns: expected later than {last_ns}, got {t_ns}; "
            "timestamps go forward, call reset() before another video"
        )
