"""The temporal network in OpenVINO: inputs and states of some people in, outputs and states out.

Pure arithmetic on arrays: who is who and what the inputs mean is the caller's business. Runs on
one thread in float32, everywhere the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.errors import ModelError
from models.falls.columns import FEATURES
from models.falls.outputs import OUTPUTS
from models.runtime import at_once, ov

Floats = NDArray[np.float32]

FOLDER: Final = Path(__file__).parent
"""Where the weights that this version of Ambient carries lie."""
XML: Final = "falls.xml"


class Network:
    """A compiled network. Not for use from two threads at once.

    Parameters
    ----------
    compiled
        Takes inputs (n, F) and states (n, S), returns outputs (n, O) and states (n, S).
    """

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self._request = compiled.create_infer_request()
        self.state_size = int(compiled.input(1).partial_shape[1].get_length())

    @classmethod
    def load(cls, folder: Path = FOLDER, *, threads: int = 1) -> Network:
        """Read and compile the network in `folder`.

        Raises
        ------
        ModelError
            It is missing, cannot be read, or takes other inputs than this version makes.
        """
        path = folder / XML
        if not path.is_file() or not path.with_suffix(".bin").is_file():
            raise ModelError(
                f"{path}: expected the temporal network, found none; "
                "install Ambient again, or make it with: ambient train falls"
            )
        compiled = at_once(path, threads=threads)
        got = (compiled.input(0).partial_shape[1], compiled.output(0).partial_shape[1])
        expected = (len(FEATURES), len(OUTPUTS))
        if tuple(int(each.get_length()) for each in got) != expected:
            raise ModelError(
                f"{path}: expected {expected[0]} inputs and {expected[1]} outputs, got {got}; "
                "the weights are of another version: make them with: ambient train falls"
            )
        return cls(compiled)

    def start(self, people: int) -> Floats:
        """Return the states (people, S) of those of whom nothing was seen yet."""
        return np.zeros((people, self.state_size), np.float32)

    def step(self, inputs: Floats, states: Floats) -> tuple[Floats, Floats]:
        """Take one instant of some people.

        Parameters
        ----------
        inputs
            (n, F) float32.
        states
            (n, S) float32, as returned for the instant before.

        Returns
        -------
        outputs, states
            (n, O) and (n, S), the caller's own.
        """
        # Neither way copied by the runtime: inputs live until it answers, outputs are copied here.
        found = self._request.infer([inputs, states], share_inputs=True, share_outputs=True)
        return found[0].copy(), found[1].copy()
