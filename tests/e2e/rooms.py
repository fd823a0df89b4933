"""A room of recordings that stand for cameras and a microphone, to be installed by a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from models.samples import path

RATE = 16_000
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


def room(folder: Path, clips: dict[str, str] = CLIPS, *, microphone: bool = True) -> dict[str, Any]:
    """Return a room of ``node.yaml``."""
    made: dict[str, Any] = {
        "id": "r12",
        "beds": [{"id": "r12-a", "subject": "s-4f2a"}],
        "purposes": {"falls": True, "sounds": microphone},
        "cameras": [
            {"id": camera, "source": f"file:{path(clip)}", "fps": 6, "night": "infrared"}
            for camera, clip in clips.items()
        ],
    }
    if microphone:
        made["microphones"] = [{"id": "m1", "source": f"file:{sound(folder / 'room.wav')}"}]
    return made
