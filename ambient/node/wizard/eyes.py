"""The wizard's questions to the process *vision*: edges always, a picture only when agreed.

Comes in: frames on their way through the pipeline, masked already, and questions. Goes out:
outlines. Nothing is gathered while nobody asks, and what was gathered is forgotten soon after the
last question. A picture is encoded only while `agreed.in_force` says so, which this process reads
for itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import msgspec

from ambient.node.wizard import agreed
from ambient.node.wizard.looks import LookWanted, Outlined, Proposal
from vision.outline import OutlineStill, lines_of, zones_of

if TYPE_CHECKING:
    from vision.furniture import FurnitureMap
    from vision.sources.base import Image

SPACED_S: Final = 0.4
WANTED_S: Final = 20.0
"""For so long after a question pictures are taken into the outline."""
JPEG: Final = (cv2.IMWRITE_JPEG_QUALITY, 70)


class CameraEyes:
    """One camera's outline, gathered in the camera's thread and read in another.

    Parameters
    ----------
    may_show
        Whether a picture of this camera may be seen now.
    """

    def __init__(self, may_show: Callable[[], bool]) -> None:
        self._may_show = may_show
        self._lock = threading.Lock()
        self._wanted_until = 0.0
        self._still_until = 0.0
        self._next = 0.0
        self._outline: OutlineStill | None = None
        self._aspect = 1.0
        self._jpeg = b""
        self.furniture: FurnitureMap | None = None

    def offer(self, image: Image, now: float) -> None:
        """Take in a frame (BGR, masked) at `now` (s); costs nothing while nobody asks."""
        if now >= self._wanted_until:
            if self._outline is not None:
                with self._lock:
                    self._outline, self._jpeg = None, b""
            return
        if now < self._next:
            return
        self._next = now + SPACED_S
        height, width = image.shape[:2]
        with self._lock:
            if self._outline is None:
                self._outline = OutlineStill()
            self._outline.add(image)
            self._aspect = width / height
            self._jpeg = b""
            if now < self._still_until and self._may_show():
                self._jpeg = cv2.imencode(".jpg", image, JPEG)[1].tobytes()

    def close(self) -> None:
        """Forget what was gathered: the camera is closed, and was not asked to wait for it."""
        with self._lock:
            self._outline, self._jpeg, self.furniture = None, b"", None

    def answer(self, still: bool, now: float) -> Outlined:
        """Return what was gathered so far, and go on gathering for a while."""
        with self._lock:
            self._wanted_until = now + WANTED_S
            if still:
                self._still_until = now + WANTED_S
            if self._outline is None or self._outline.pictures == 0:
                return Outlined(pictures=0)
            pieces = [] if self.furniture is None else self.furniture.pieces
            return Outlined(
                pictures=self._outline.pictures,
                aspect=self._aspect,
                strokes=lines_of(self._outline.edges()),
                proposals=[
                    Proposal(kind=zone.kind, polygon=list(zone.polygon), confidence=zone.confidence)
                    for zone in zones_of(pieces)
                ],
                still=self._jpeg if still and self._may_show() else b"",
            )


class Eyes:
    """The outlines of all cameras of a node.

    Parameters
    ----------
    state_dir
        Of the node, where agreements are kept.
    clock
        The node's time (ns).
    cameras
        Room and camera of each.
    """

    def __init__(
        self, state_dir: Path, clock: Callable[[], int], cameras: list[tuple[str, str]]
    ) -> None:
        def may(room: str, camera: str) -> Callable[[], bool]:
            return lambda: agreed.in_force(state_dir, room, camera, clock())

        self.cameras: Mapping[tuple[str, str], CameraEyes] = {
            (room, camera): CameraEyes(may(room, camera)) for room, camera in cameras
        }

    def answer(self, question: bytes) -> bytes:
        """Answer a question; of a camera that is not here, with nothing in it.

        Raises
        ------
        msgspec.ValidationError, msgspec.DecodeError
            When it is no question.
        """
        wanted = msgspec.msgpack.decode(question, type=LookWanted)
        eyes = self.cameras.get((wanted.room, wanted.camera))
        if eyes is None:
            return msgspec.msgpack.encode(Outlined(pictures=0))
        return msgspec.msgpack.encode(eyes.answer(wanted.still, time.monotonic()))
