"""Small weights as JSON: in a file, or as ``weights.json`` of a package."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec

from ambient.errors import ModelError

Carried = TypeVar("Carried")


def carried(package: str, kind: type[Carried], *, model: str, command: str) -> Carried:
    """Return the weights that this version of Ambient carries in `package`.

    Parameters
    ----------
    package
        Name of the package.
    kind
        What the file holds.
    model
        What they are the weights of, for errors.
    command
        What makes them anew.

    Raises
    ------
    ModelError
        They are missing or damaged.
    """
    path = files(package) / "weights.json"
    return read_weights(path, kind, model=model, command=command)


def read_weights(path: Traversable, kind: type[Carried], *, model: str, command: str) -> Carried:
    """Return the weights in the JSON file `path`; the rest as `carried`.

    Raises
    ------
    ModelError
        They are missing or damaged.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: expected the weights of {model}, got {error}; install Ambient again, or make "
            f"them with: {command}"
        ) from error


def other_inputs(package: str, expected: str, got: str, command: str) -> ModelError:
    """Return the error of weights whose inputs are not those that this version computes."""
    return ModelError(
        f"{files(package) / 'weights.json'}: expected {expected} inputs as this version computes "
        f"them, got {got} others; make them anew with: {command}"
    )
