"""Speech or not: the probability of speech for every 32 ms of sound.

In: samples at 16 kHz, in pieces of any length. Out: one probability for each whole step of 512
samples. The network is Silero VAD (`models/cards/silero-vad.md`) in OpenVINO; it carries a state
from step to step and sees 64 samples of the step before, so the same samples give the same
probabilities however they were cut. Where nothing rises over the room's own floor
(`audio.speech.rises`) it is not run: the probability is 0 then, and the state waits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from audio.blocks import Samples
from audio.speech.network import opened
from audio.speech.rises import Rises

MODEL: Final = "voice_activity"
STEP: Final = 512
CONTEXT: Final = 64
_STATE: Final = (2, 1, 128)

Probabilities = NDArray[np.float32]


class SpeechNetwork(Protocol):
    """What says how likely a step of sound is speech; tests use one of their own."""

    def push(self, samples: Samples) -> Probabilities:
        """Take in sound; return the probabilities of the steps that are whole now."""

    def reset(self) -> None:
        """Forget what was heard."""


class SileroVad:
    """Silero VAD of one microphone.

    Parameters
    ----------
    model
        Its ``.xml``: ``models.store.path("voice_activity")``.

    Raises
    ------
    ModelError
        It cannot be opened, or it is another network.
    """

    def __init__(self, model: Path) -> None:
        from models.runtime import ov

        # The state is carried on for days, so it is kept in full precision.
        shapes = ((1, CONTEXT + STEP), _STATE, (1, 1), _STATE)
        self._request = opened(model, shapes, full_precision=True).create_infer_request()
        # The network reads these two where they lie: nothing is copied from step to step.
        self._input = np.zeros((1, CONTEXT + STEP), np.float32)
        self._state = np.zeros(_STATE, np.float32)
        self._request.set_input_tensor(0, ov.Tensor(self._input, shared_memory=True))
        self._request.set_input_tensor(1, ov.Tensor(self._state, shared_memory=True))
        self._probability = self._request.get_output_tensor(0).data
        self._next = self._request.get_output_tensor(1).data
        self._rest = np.zeros(0, np.float32)
        self._rises = Rises()

    def reset(self) -> None:
        """Forget what was heard."""
        self._input[:] = 0.0
        self._state[:] = 0.0
        self._rest = np.zeros(0, np.float32)
        self._rises.reset()

    def push(self, samples: Samples) -> Probabilities:
        """Take in sound; return the probabilities of the steps that are whole now.

        Parameters
        ----------
        samples
            float32, shape (n,), full scale 1.

        Returns
        -------
        ndarray
            float32, shape (m,): one for each step that was completed, 0..1.
        """
        held = np.concatenate((self._rest, samples)) if self._rest.size else samples
        steps = held[: len(held) // STEP * STEP].reshape(-1, STEP)
        self._rest = held[steps.size :].copy()
        found = np.zeros(len(steps), np.float32)
        for number, (step, risen) in enumerate(zip(steps, self._rises.push(steps), strict=True)):
            self._input[0, :CONTEXT] = self._input[0, STEP:]
            self._input[0, CONTEXT:] = step
            if not risen:
                continue
            self._request.infer(share_outputs=True)
            found[number] = self._probability[0, 0]
            self._state[:] = self._next
        return found
