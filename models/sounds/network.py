"""The network of sounds in OpenVINO: frames and a state in, logits and a state out.

Pure arithmetic on arrays. It slides over the frames: of T frames come (T - 31) // 8 + 1 rows, so
that whoever keeps the frames that the next row still needs gets the same rows however the sound is
cut. Runs on one thread in float32, everywhere the same.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import ModelError
from models.runtime import at_once, ov
from models.sounds.mel import BANDS
from models.sounds.outputs import FIELD, OUTPUTS, STRIDE

Floats = NDArray[np.float32]

FOLDER: Final = Path(__file__).parent
"""Where the weights that this version of Ambient carries lie."""
XML: Final = "sounds.xml"


class Network:
    """A compiled network. Not for use from two threads at once.

    Parameters
    ----------
    compiled
        Takes frames (1, T, BANDS) and a state (1, S), returns logits (1, m, O) and a state (1, S).
    """

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self._request = compiled.create_infer_request()
        self.state_size = int(compiled.input(1).partial_shape[1].get_length())

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Network:
        """Return the network in `folder`; what was compiled is there once for all of its users.

        Raises
        ------
        ModelError
            It is missing, cannot be read, or takes other inputs than this version makes.
        """
        path = folder / XML
        if not path.is_file() or not path.with_suffix(".bin").is_file():
            raise ModelError(
                f"{path}: expected the network of sounds, found none; "
                "install Ambient again, or make it with: ambient train sounds"
            )
        return cls(_compiled(path, path.with_suffix(".bin").stat().st_mtime_ns))

    def start(self) -> Floats:
        """Return the state (1, S) of a room of which nothing was heard yet."""
        return np.zeros((1, self.state_size), np.float32)

    def run(self, frames: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Take frames in a row.

        Parameters
        ----------
        frames
            (T, BANDS) float32, T at least `FIELD`.
        state
            (1, S), as returned for the frames before.

        Returns
        -------
        logits, state
            ((T - FIELD) // STRIDE + 1, O) and (1, S), the caller's own.

        Raises
        ------
        ValueError
            For fewer frames than one row needs.
        """
        if len(frames) < FIELD:
            raise ValueError(f"expected at least {FIELD} frames, got {len(frames)}; collect them")
        found = self._request.infer([frames[None], state])
        return found[0][0].copy(), found[1].copy()


@cache
def _compiled(path: Path, written_ns: int) -> ov.CompiledModel:
    """Return the compiled network; the same one for the same file, as it was written then."""
    compiled = at_once(path, CPU_DENORMALS_OPTIMIZATION=True)
    got = tuple(
        int(port.partial_shape[2].get_length()) for port in (compiled.input(0), compiled.output(0))
    )
    if got != (BANDS, len(OUTPUTS)):
        raise ModelError(
            f"{path}: expected {BANDS} bands and {len(OUTPUTS)} outputs, got {got}; "
            "the weights are of another version: make them with: ambient train sounds"
        )
    return compiled


def rows(frames: int) -> int:
    """Return how many rows of logits so many frames give."""
    return max(0, (frames - FIELD) // STRIDE + 1)
