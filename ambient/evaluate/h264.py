"""A recording as a camera with little bandwidth would send it: encoded as H.264 and decoded again.

In: frames. Out: the same frames after x264 at a low bit-rate, with their own times and numbers.
The encoder is the program ``ffmpeg`` (OpenCV's own build has none); the encoded stream lies in a
temporary folder until it is read.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ambient.errors import SourceError, UsageError
from vision.sources import Frame

_NOMINAL_FPS: Final = 10


def available() -> bool:
    """Return whether the encoder is there."""
    return shutil.which("ffmpeg") is not None


def recoded(frames: Iterator[Frame], bits_per_pixel: float) -> Iterator[Frame]:
    """Yield `frames` after encoding and decoding.

    Parameters
    ----------
    frames
        All of one size.
    bits_per_pixel
        The encoder's mean budget.

    Raises
    ------
    UsageError
        When the program ``ffmpeg`` is missing.
    SourceError
        When it fails.
    """
    if not available():
        raise UsageError(
            "expected the program ffmpeg to encode H.264, found none; "
            "install it (apt-get install ffmpeg) or choose other conditions with --only"
        )
    with tempfile.TemporaryDirectory(prefix="ambient-h264-") as folder:
        file = Path(folder) / "clip.mkv"
        empties, (height, width) = _encode(frames, file, bits_per_pixel)
        if not empties:
            return
        video = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
        try:
            for frame in empties:
                good, image = video.read()
                if not good:
                    raise SourceError(
                        f"H.264: expected {len(empties)} frames back from ffmpeg, got fewer; "
                        "check that it has the encoder libx264 (ffmpeg -encoders)"
                    )
                shown = np.ascontiguousarray(image[:height, :width], np.uint8)
                yield replace(frame, image=shown)
        finally:
            video.release()


def _encode(
    frames: Iterator[Frame], file: Path, bits_per_pixel: float
) -> tuple[list[Frame], tuple[int, int]]:
    """Encode `frames` into `file`; return them without pictures, and the picture's size."""
    first = next(frames, None)
    if first is None:
        return [], (0, 0)
    height, width = first.image.shape[:2]
    rate = max(1, round(bits_per_pixel * width * height * _NOMINAL_FPS))
    # A camera's encoder: constant budget, no look ahead, one reference; even sides for 4:2:0.
    command = (
        f"ffmpeg -v error -y -f rawvideo -pix_fmt bgr24 -s {width}x{height} -r {_NOMINAL_FPS} -i - "
        "-vf pad=ceil(iw/2)*2:ceil(ih/2)*2 -c:v libx264 -preset veryfast -tune zerolatency "
        f"-threads 1 -pix_fmt yuv420p -b:v {rate} -maxrate {rate} -bufsize {rate}"
    )
    nothing = np.empty((0, 0, 3), np.uint8)
    kept = [replace(first, image=nothing)]
    with tempfile.TemporaryFile() as errors:
        command_line = [*command.split(), str(file)]
        with subprocess.Popen(command_line, stdin=subprocess.PIPE, stderr=errors) as process:
            assert process.stdin is not None  # a pipe was asked for
            # A pipe that broke is explained by the exit code.
            with suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(np.ascontiguousarray(first.image).data)
                for frame in frames:
                    kept.append(replace(frame, image=nothing))
                    pipe.write(np.ascontiguousarray(frame.image).data)
        code = process.returncode
        if code != 0:
            errors.seek(0)
            said = " ".join(errors.read().decode(errors="replace").split())
            raise SourceError(f"H.264: expected ffmpeg to encode {width}x{height}, it said: {said}")
    return kept, (height, width)
