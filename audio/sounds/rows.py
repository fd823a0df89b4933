"""What the network says of the sound, every 80 ms: samples in, `Heard` out.

Frames are counted from the first sample and the network is run on whole chunks of them, so however
a stream is cut, the rows are the same. A chunk in which no band rises over its own floor is not
looked at (a quiet room, a steady machine): the network then forgets, and says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.blocks import RATE, Samples
from models.sounds.mel import BANDS, HOP, QUIET, WINDOW, Streaming, level_db
from models.sounds.network import Network
from models.sounds.outputs import FIELD, OUTPUTS, STRIDE, Calibration

Floats = NDArray[np.float32]

ROWS: Final = 5
"""In a chunk: 0.4 s."""
CHUNK: Final = ROWS * STRIDE
OVERLAP: Final = FIELD - STRIDE
"""Frames of the chunk before that the first row of a chunk sees."""
ROW_S: Final = STRIDE * HOP / RATE
GROUPS: Final = 16
"""Bands are averaged by fours for everything but the network."""
RISES: Final = 1.7
"""Natural logarithms (7 dB) by which two groups side by side must rise over their floor to be
looked at: the peaks of a steady noise stay below (its frames are averaged by threes)."""
_HANG: Final = 5
"""Chunks that are looked at after the last rise: 2 s."""
_SETTLES: Final = 25
"""… at the beginning: 10 s."""
_QUIET_ROOM: Final = -15.0
"""Natural logarithm of power, about -65 dBFS a band: a floor is not believed to lie above this
before the room has settled, for a stream may begin in the middle of a scream."""
_SINKS: Final = 0.5
_CLIMBS_AT_FIRST: Final = 0.1
_CLIMBS: Final = 0.03
_CLIMBS_VOICED: Final = 0.01
"""Share of the way by which the floor goes down and up in a chunk (a minute to follow a machine
that begins); hardly at all while there is a voice, or a call that is repeated would become the
floor of its own."""
_VOICE: Final = [OUTPUTS.index(name) for name in ("scream", "help", "call", "speech")]
_HEARD: Final = 0.5
"""Probability from which on a voice is heard."""
_NOTHING: Final = -19.0
"""Natural logarithm of power, about -82 dBFS a band: what lies below is nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One chunk.

    Attributes
    ----------
    first
        Number of its first row since the stream began.
    said
        (m, O) probabilities of `OUTPUTS`, the mean of the logits of two rows in a row; zeros where
        nobody looked.
    level_db
        (m,) loudest frame of each row, dBFS.
    over_db
        (m,) by how much the loudest group of bands is over its floor.
    shape
        (m, GROUPS) logarithms of power over the floor, 0 and above.
    frames
        (CHUNK, BANDS): what the smoke detector's rule looks at.
    looked
        Whether the network was run.
    """

    first: int
    said: Floats
    level_db: Floats
    over_db: Floats
    shape: Floats
    frames: Floats
    looked: bool


def end_s(row: int) -> float:
    """Return the seconds since the stream began at which a row has heard all that it sees."""
    return ((row * STRIDE + FIELD - 1) * HOP + WINDOW) / RATE


class Ear:
    """Hears one stream.

    Parameters
    ----------
    network, calibration
        Owned by the ear from now on.
    """

    def __init__(self, network: Network, calibration: Calibration) -> None:
        self._network = network
        self._calibration = calibration
        self._streaming = Streaming()
        self._floor: Floats | None = None
        self._chunks = 0
        self.reset()
        # What the network prepares for chunks of this length, it prepares now, and not while a
        # room is heard; whoever opened it can then let go of what only that needed.
        network.run(np.full((OVERLAP + CHUNK, BANDS), QUIET, np.float32), self._state)

    def reset(self) -> None:
        """Forget what was heard; the floor stays, for the room is the same."""
        self._streaming.reset()
        self._state = self._network.start()
        self._held = np.full((0, BANDS), QUIET, np.float32)
        self._row = 0
        # Until the room's floor is known, everything is looked at.
        self._hang = _HANG if self._chunks else _SETTLES
        self._last: Floats | None = None

    def push(self, samples: Samples) -> list[Heard]:
        """Take in samples (n,); return the chunks that are whole now."""
        frames = self._streaming.push(samples)
        held = np.concatenate((self._held, frames)) if len(self._held) else frames
        found = []
        start = 0
        while len(held) - start >= OVERLAP + CHUNK:
            found.append(self._chunk(held[start : start + OVERLAP + CHUNK]))
            start += CHUNK
        self._held = held[start:].copy()
        return found

    def _chunk(self, frames: Floats) -> Heard:
        new = frames[OVERLAP:]
        groups = frames.reshape(len(frames), GROUPS, -1).mean(axis=2)
        middle = np.partition(groups[OVERLAP:], CHUNK // 2, axis=0)[CHUNK // 2]
        if self._floor is None:
            lowest = np.minimum(middle, groups.min(axis=0) + 1.0)
            self._floor = np.asarray(np.minimum(lowest, _QUIET_ROOM), np.float32)
        smooth = (groups[:-2] + groups[1:-1] + groups[2:]) / 3
        over = np.maximum(smooth - np.maximum(self._floor, _NOTHING), 0.0)
        # What the rows see anew; three frames become one, so the last two are the newest.
        over = over[-CHUNK:].reshape(ROWS, STRIDE, GROUPS)
        risen = over.max(axis=(1, 2))
        pairs = float((over[..., 1:] + over[..., :-1]).max()) / 2
        self._hang = max(self._hang - 1, _HANG if pairs > RISES else 0)
        looked = self._hang > 0
        if looked:
            logits, self._state = self._network.run(frames, self._state)
            before = logits[:1] if self._last is None else self._last
            self._last = logits[-1:]
            mean = (logits + np.concatenate((before, logits[:-1]))) / 2
            said = self._calibration.probabilities(mean)
        else:
            self._state, self._last = self._network.start(), None
            said = np.zeros((ROWS, len(OUTPUTS)), np.float32)
        away = middle - self._floor
        climbs = _CLIMBS_AT_FIRST if self._chunks < _SETTLES else _CLIMBS
        if said[:, _VOICE].max() >= _HEARD:
            climbs = _CLIMBS_VOICED
        self._chunks += 1
        self._floor = self._floor + np.where(away < 0, _SINKS, climbs) * away
        heard = Heard(
            first=self._row,
            said=said,
            level_db=level_db(new).reshape(ROWS, STRIDE).max(axis=1),
            over_db=np.asarray(risen * (10 / np.log(10)), np.float32),
            shape=np.asarray(over.mean(axis=1), np.float32),
            frames=new,
            looked=looked,
        )
        self._row += ROWS
        return heard
