"""A room of recordings that stand for cameras and a microphone, to be installed by a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import soundfile

from models.samples import path

RATE = 16_000
FPS = 12.0
"""Of the clips."""
CLIPS = {"c1": "walk", "c2": "sit", "c3": "lie_bed", "c4": "fall"}


def sound(file: Path) -> Path:
    """Write a quiet room in which somebody claps, and calls without a word, every few seconds."""
    chance = np.random.default_rng(12)
    samples = chance.normal(0.0, 0.0008, 16 * RATE)
    for second in range(1, 16, 4):
        clap = chance.normal(0.0, 0.4, RATE // 40) * np.linspace(1, 0, RATE // 40)
        samples[second * RATE : second * RATE + clap.size] += clap
        t = np.arange(int(0.8 * RATE)) / RATE
        call = sum(np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 8)) * 0.1
        at = (second + 2) * RATE
        samples[at : at + call.size] += call * np.hanning(call.size)
    soundfile.write(file, samples.astype(np.float32).clip(-1, 1), RATE)
    return file


def falls(file: Path) -> Path:
    """Write the clip of a fall three times over, each at another place of the same room.

    Whoever falls is taken out of the empty room and put back some way to the side: the walk asks
    for places that are apart, and a recording lies where it lies.
    """
    empty, fall = _pictures("empty"), _pictures("fall")
    room = np.median(np.stack(empty[::10]), axis=0).astype(np.uint8)
    height, width = room.shape[:2]
    out = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (width, height))
    for aside in (0, 150, -170):
        move = np.array([[1, 0, aside], [0, 1, 0]], np.float32)
        for picture in fall:
            other = cv2.GaussianBlur(cv2.absdiff(picture, room).max(axis=2), (5, 5), 0) > 14
            body = cv2.dilate(other.astype(np.uint8), np.ones((9, 9), np.uint8))
            body = cv2.warpAffine(body, move, (width, height)) > 0
            out.write(
                np.where(body[..., None], cv2.warpAffine(picture, move, (width, height)), room)
            )
    out.release()
    return file


def _pictures(clip: str) -> list[np.ndarray]:
    video, found = cv2.VideoCapture(str(path(clip))), []
    while True:
        more, picture = video.read()
        if not more:
            return found
        found.append(picture)


def room(folder: Path, clips: dict[str, str] = CLIPS, *, microphone: bool = True) -> dict[str, Any]:
    """Return a room of ``node.yaml``; `falls` is the clip of that name."""
    sources = {
        camera: falls(folder / "falls.mp4") if clip == "falls" else path(clip)
        for camera, clip in clips.items()
    }
    made: dict[str, Any] = {
        "id": "r12",
        "beds": [{"id": "r12-a", "subject": "s-4f2a"}],
        "purposes": {"falls": True, "sounds": microphone},
        "cameras": [
            {"id": camera, "source": f"file:{source}", "fps": 6, "night": "infrared"}
            for camera, source in sources.items()
        ],
    }
    if microphone:
        made["microphones"] = [{"id": "m1", "source": f"file:{sound(folder / 'room.wav')}"}]
    return made
