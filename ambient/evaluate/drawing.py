"""A skeleton view: what the pose engine saw, on a blank canvas.

Comes in: observations of one frame, and the picture itself only where somebody wants to see it on
this machine's own screen. Goes out: an image for a window, a video file or a PNG. What is written
to a disk never shows a picture of the camera: the canvas is blank, and asking otherwise is refused.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np

from ambient.errors import StoreError, UsageError
from ambient.observations import AnyObservation, Keypoint, PoseSeen, Posture, PostureSeen
from vision.sources.base import Image

VIDEO_SUFFIX: Final = ".mp4"
PICTURE_SUFFIX: Final = ".png"

VISIBLE: Final = 0.5

BONES: Final = (
    (11, 12), (11, 13), (13, 15), (15, 17), (15, 19), (15, 21), (17, 19),
    (12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20),
    (11, 23), (12, 24), (23, 24), (23, 25), (24, 26), (25, 27), (26, 28),
    (27, 29), (28, 30), (29, 31), (30, 32), (27, 31), (28, 32),
    (0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10),
)  # fmt: skip
"""Pairs of BlazePose landmarks that a line joins."""

_PAPER: Final = (24, 20, 18)
_COLOURS: Final = (
    (222, 190, 120),
    (130, 205, 150),
    (110, 170, 240),
    (220, 140, 200),
    (120, 220, 230),
    (190, 190, 190),
)
_ALARM: Final = (80, 80, 235)
_DOWN: Final = frozenset({Posture.FALL, Posture.FALLEN, Posture.LYING, Posture.CRAWL})


class Canvas:
    """Draws the people of one frame.

    Parameters
    ----------
    show_image
        Whether the camera's picture stands behind the skeletons.
    """

    def __init__(self, *, show_image: bool = False) -> None:
        self._show_image = show_image
        self.people = 0
        """People drawn on the last frame."""

    def draw(self, image: Image, seen: Sequence[AnyObservation], note: str = "") -> Image:
        """Return the view of one frame.

        Parameters
        ----------
        image
            (height, width, 3) BGR uint8; only its size is used unless pictures are shown.
        seen
            Observations of that frame.
        note
            A line at the bottom, for example the newest event.
        """
        canvas = image.copy() if self._show_image else np.full_like(image, _PAPER)
        height, width = canvas.shape[:2]
        postures = {each.track: each for each in seen if isinstance(each, PostureSeen)}
        people = [each for each in seen if isinstance(each, PoseSeen)]
        self.people = len(people)
        for person in people:
            posture = postures.get(person.track)
            down = posture is not None and posture.posture in _DOWN
            colour = _ALARM if down else _COLOURS[person.track % len(_COLOURS)]
            _skeleton(canvas, person.keypoints, colour)
            x0, y0, x1, y1 = (
                int(v * s) for v, s in zip(person.box, (width, height) * 2, strict=True)
            )
            cv2.rectangle(canvas, (x0, y0), (x1, y1), colour, 1, cv2.LINE_AA)
            label = f"{person.track}"
            if posture is not None:
                label += f" {posture.posture} {posture.probability:.0%} on {posture.place}"
            _text(canvas, label, (max(2, x0), max(14, y0 - 5)), colour)
        if note:
            _text(canvas, note, (8, height - 10), _ALARM)
        return canvas


def _skeleton(canvas: Image, keypoints: Sequence[Keypoint], colour: Sequence[int]) -> None:
    height, width = canvas.shape[:2]
    points = np.asarray(keypoints, dtype=np.float64)
    pixels = np.clip(points[:, :2] * (width, height), -4096, 4096).astype(np.int32)
    visible = points[:, 2] >= VISIBLE
    thick = max(1, height // 180)
    for a, b in BONES:
        if visible[a] and visible[b]:
            start = (int(pixels[a, 0]), int(pixels[a, 1]))
            cv2.line(
                canvas, start, (int(pixels[b, 0]), int(pixels[b, 1])), colour, thick, cv2.LINE_AA
            )
    for x, y in pixels[visible].tolist():
        cv2.circle(canvas, (x, y), thick + 1, colour, -1, cv2.LINE_AA)


def _text(canvas: Image, text: str, at: tuple[int, int], colour: Sequence[int]) -> None:
    size = max(0.35, canvas.shape[0] / 900)
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


class Output(Protocol):
    """Where skeleton views go."""

    def show(self, view: Image, people: int) -> bool:
        """Take one view; return whether more are wanted."""
        ...

    def close(self) -> None:
        """Finish the file or close the window."""
        ...


class WindowOutput:
    """A window on this machine's own screen."""

    def __init__(self, title: str) -> None:
        self._title = title
        cv2.namedWindow(title, cv2.WINDOW_NORMAL)

    def show(self, view: Image, people: int) -> bool:
        """Show one view; Escape or q ends."""
        cv2.imshow(self._title, view)
        return (cv2.waitKey(1) & 0xFF) not in (27, ord("q"))

    def close(self) -> None:
        """Close the window."""
        cv2.destroyWindow(self._title)


class VideoOutput:
    """A video file of skeletons."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def show(self, view: Image, people: int) -> bool:
        """Append one view; the first decides the size."""
        if self._writer is None:
            self._size = (view.shape[1] // 2 * 2, view.shape[0] // 2 * 2)
            code = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._path), code, self._fps, self._size)
            if not self._writer.isOpened():
                raise StoreError(
                    f"{self._path}: cannot be written as a video; check the folder and its space"
                )
        fitted = view
        if (view.shape[1], view.shape[0]) != self._size:
            fitted = np.asarray(cv2.resize(view, self._size), dtype=np.uint8)
        self._writer.write(fitted)
        return True

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()


class PictureOutput:
    """One PNG: the last view with the most people in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._best: Image | None = None
        self._people = -1

    def show(self, view: Image, people: int) -> bool:
        """Keep the view when it shows at least as many people as the one kept."""
        if people >= self._people:
            self._best, self._people = view, people
        return True

    def close(self) -> None:
        """Write the file."""
        if self._best is not None and not cv2.imwrite(str(self._path), self._best):
            raise StoreError(f"{self._path}: cannot be written; check the folder and its space")


def open_output(
    target: str, fps: float, *, show_image: bool, environment: Mapping[str, str] | None = None
) -> Output:
    """Open a file (.mp4, .png), or for any other word a window of that title.

    Raises
    ------
    UsageError
        When pictures would be written to a file or sent to another machine's screen, or there is
        no screen.
    """
    suffix = Path(target).suffix.lower()
    if suffix in (VIDEO_SUFFIX, PICTURE_SUFFIX):
        if show_image:
            raise UsageError(
                f"{target}: expected a window together with --show-image, got a file; "
                "pictures of the camera are never written (leave --show-image out)"
            )
        path = Path(target)
        return PictureOutput(path) if suffix == PICTURE_SUFFIX else VideoOutput(path, fps)
    if suffix or "/" in target:
        raise UsageError(f"{target}: expected a file .mp4 or .png, or a word as a window's title")
    check_screen(os.environ if environment is None else environment)
    return WindowOutput(target)


def check_screen(environment: Mapping[str, str]) -> None:
    """Refuse a missing screen, and one that stands on another machine.

    Raises
    ------
    UsageError
        In both cases.
    """
    display = environment.get("DISPLAY", "")
    if environment.get("WAYLAND_DISPLAY") and not environment.get("SSH_CONNECTION"):
        return
    if not display:
        raise UsageError(
            "expected a screen for the window, found none; run this in a desktop session, "
            "or draw to a file: --draw skeleton.mp4"
        )
    if not display.startswith((":", "unix:")) or environment.get("SSH_CONNECTION"):
        raise UsageError(
            f"expected this machine's own screen, got DISPLAY={display}; pictures and views "
            "are not sent to another machine: sit down at this one, or --draw skeleton.mp4"
        )
