"""The temporal network in OpenVINO: inputs and states of some people in, outputs and states out.

Pure arithmetic on arrays: who is who and what the inputs mean is the caller's business. Runs on
one thread in float32, everywhere the same.

It is compiled for one person, and several are taken one after another: for any number of people
OpenVINO works out the lengths of some hundred steps anew at each question, which takes longer than
the arithmetic of three people (measured within a node: 0.8 ms for two people, 0.4 ms in turn).
"""

from __future__ import annotations

from collections.abc import Sequence
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
        Takes inputs (1, F) and a state (1, S), returns outputs (1, O) and the state (1, S).
    """

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self._request = compiled.create_infer_request()
        # Where OpenVINO reads and writes: handed over each time, arrays cost as much as the answer.
        self._inputs, self._state = (np.zeros(port.shape, np.float32) for port in compiled.inputs)
        for index, array in enumerate((self._inputs, self._state)):
            self._request.set_input_tensor(index, ov.Tensor(array, shared_memory=True))
        self._outputs, self._after = (self._request.get_output_tensor(k).data for k in range(2))
        self.state_size = int(self._state.shape[1])

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
        try:
            # Where lengths are fixed OpenVINO joins steps, and then rounds otherwise: without that,
            # it answers to the last bit what it answers for any number of people.
            compiled = at_once(path, threads=threads, rows=1, SNIPPETS_MODE="DISABLE")
        except ModelError:
            # An OpenVINO that knows no such option; else the reason comes again, and is told.
            compiled = at_once(path, threads=threads, rows=1)
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

    def step(
        self, inputs: Floats | Sequence[Floats], states: Floats | Sequence[Floats]
    ) -> tuple[Floats, Floats]:
        """Take one instant of some people.

        Parameters
        ----------
        inputs
            (n, F) float32, or as many rows.
        states
            (n, S) float32, as returned for the instant before.

        Returns
        -------
        outputs, states
            (n, O) and (n, S), the caller's own.
        """
        outputs = np.empty((len(inputs), len(OUTPUTS)), np.float32)
        after = np.empty((len(inputs), self.state_size), np.float32)
        for index, (row, state) in enumerate(zip(inputs, states, strict=True)):
            self._inputs[0], self._state[0] = row, state
            self._request.infer(share_outputs=True)
            outputs[index], after[index] = self._outputs[0], self._after[0]
        return outputs, after
