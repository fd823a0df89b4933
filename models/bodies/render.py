"""Render the sample clips: `python -m models.bodies.render OUT_DIR [NAME ...]`.

Writes one H.264 file for each clip and `manifest.csv`. The same source gives the same pictures, and
with the same ffmpeg and x264 the same bytes. Needs numba and the program `ffmpeg`.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.bodies.clips import CLIPS, FPS, Clip
from models.bodies.motion import alive
from models.bodies.scene import Figure, Renderer

COLUMNS = (
    "file", "dataset", "use", "licence", "subject", "label", "fall_start_s", "fall_end_s",
    "description", "width", "height", "fps", "n_frames",
)  # fmt: skip
#: Standard deviation of the sensor's noise, in grey levels, for brightness and for each colour.
NOISE_LUMA, NOISE_CHROMA = 2.0, 0.7
CRF = 27


def frames(clip: Clip) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the frames of a clip, (H, W, 3) uint8 RGB, with sensor noise."""
    renderer = Renderer(clip.room, clip.camera)
    rng = np.random.default_rng(zlib.crc32(clip.name.encode()))
    for n in range(round(clip.seconds * FPS)):
        figures = [
            Figure(person, alive(person.body, motion, n / FPS, 0.31 * i))
            for i, (person, motion) in enumerate(clip.people)
        ]
        clean = renderer.render(figures)
        shape = clean.shape
        noise = rng.normal(0, NOISE_LUMA, (*shape[:2], 1)) + rng.normal(0, NOISE_CHROMA, shape)
        yield (clean + noise + 0.5).clip(0, 255).astype(np.uint8)


def encode(clip: Clip, path: Path) -> int:
    """Render a clip into an H.264 file and return the number of frames.

    Raises
    ------
    RuntimeError
        When ffmpeg is missing or fails.
    """
    size = f"{clip.camera.width}x{clip.camera.height}"
    command = [
        "ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size,
        "-r", str(FPS), "-i", "-", "-an", "-c:v", "libx264", "-preset", "slow",
        "-crf", str(CRF), "-pix_fmt", "yuv420p", "-g", str(8 * FPS), "-threads", "1",
        "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
        "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
    except FileNotFoundError as error:
        raise RuntimeError("ffmpeg: not found; install it (apt-get install ffmpeg)") from error
    assert process.stdin is not None
    count = 0
    for frame in frames(clip):
        process.stdin.write(frame.tobytes())
        count += 1
    process.stdin.close()
    if process.wait() != 0:
        raise RuntimeError(f"{path}: ffmpeg ended with {process.returncode}; see its message above")
    return count


def row(clip: Clip) -> dict[str, str]:
    """Row of the manifest of one clip."""
    start, end = ("", "") if clip.fall is None else (f"{s:g}" for s in clip.fall)
    values = (
        f"{clip.name}.mp4", "samples", "train", "CC0-1.0", clip.subject,
        "adl" if clip.fall is None else "fall", start, end, clip.description,
        str(clip.camera.width), str(clip.camera.height), str(FPS),
        str(round(clip.seconds * FPS)),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def main(argv: list[str] | None = None) -> int:
    """Render all clips, or those named, and write the manifest of all."""
    parser = argparse.ArgumentParser(prog="python -m models.bodies.render")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("names", nargs="*", help=f"clips to render, of {', '.join(CLIPS)}")
    arguments = parser.parse_args(argv)
    unknown = sorted(set(arguments.names) - set(CLIPS))
    if unknown:
        parser.error(f"clip {unknown[0]}: expected one of {', '.join(CLIPS)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    clips = {name: make() for name, make in CLIPS.items()}
    for name in arguments.names or CLIPS:
        path = arguments.out / f"{name}.mp4"
        count = encode(clips[name], path)
        print(f"{path}: {count} frames, {path.stat().st_size / 1000:.0f} kB")
    with (arguments.out / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row(clip) for clip in clips.values())
    return 0


if __name__ == "__main__":
    sys.exit(main())
