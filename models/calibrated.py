"""A calibration that lies beside the weights it was made for: a folder in, what it holds out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from ambient.errors import ModelError


class Bound(Protocol):
    """A calibration that names its weights."""

    @property
    def weights(self) -> str:
        """SHA-256 of the weights, hexadecimal."""
        ...


Calibrated = TypeVar("Calibrated", bound=Bound)


def load_calibration(
    path: Path, weights: Path, kind: type[Calibrated], *, network: str, command: str
) -> Calibrated:
    """Return the calibration in the JSON file `path`, which belongs to the file `weights`.

    Parameters
    ----------
    path, weights
        The two files.
    kind
        What the calibration holds.
    network
        What it is the calibration of, for errors.
    command
        What makes both anew.

    Raises
    ------
    ModelError
        It is missing, damaged, or belongs to other weights.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=kind)
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"{path}: expected the calibration of {network}, got {error}; "
            f"install Ambient again, or make it with: {command}"
        ) from error
    if digest != found.weights:
        raise ModelError(
            f"{path}: expected the hash {digest[:12]} of {weights.name} beside it, got "
            f"{found.weights[:12]}; install Ambient again, or make both with: {command}"
        )
    return found
