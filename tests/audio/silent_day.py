"""Hours of silence through everything that listens, in a process of its own.

``python -m tests.audio.silent_day HOURS`` prints, as JSON, how often each observation was said,
what the microphone was said to hear, and the memory (MB) after a tenth of the time and at its end.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Final

import numpy as np
import psutil

from ambient.observations import HearingState
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.networks import Ears, Wanted
from tests.audio.rooms import Mic

PIECE_S: Final = 10


def main(hours: int) -> None:
    """Listen to silence for `hours`."""
    made = Ears().pipeline("r12", Mic(), Wanted(sounds=True, voice=True))
    zeros = np.zeros(PIECE_S * RATE, np.float32)
    process = psutil.Process()
    said: Counter[str] = Counter()
    hearing, held = set(), []
    pieces = hours * 3600 // PIECE_S
    for n in range(1, pieces + 1):
        for each in made.process(Block(zeros, n * zeros.size * SAMPLE_NS)):
            said[type(each).__name__] += 1
            if isinstance(each, HearingState):
                hearing.add(each.hearing.value)
        if n in (pieces // 10, pieces):
            held.append(process.memory_info().rss / 1e6)
    print(json.dumps({"said": said, "hearing": sorted(hearing), "held_mb": held}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
