"""The file format of TensorFlow.js graph models.

In: ``model.json`` (topology, and a manifest of the weights) with the weight files it names beside
it. Out: `GraphModel` and the weights as arrays, in the precision they are stored in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

AGAIN: Final = "pull the models again"

Array = NDArray[Any]


class Dimension(Struct, frozen=True):
    """A length of one axis."""

    size: int = 0


class Shape(Struct, frozen=True):
    """The lengths of all axes."""

    dim: tuple[Dimension, ...] = ()


class Integers(Struct, frozen=True):
    """A list of whole numbers."""

    i: tuple[int, ...] = ()


class Attribute(Struct, frozen=True):
    """One of the attributes of a node; which field is set depends on its kind."""

    s: bytes = b""
    f: float = 0.0
    b: bool = False
    list: Integers = Integers()
    shape: Shape = Shape()


class Node(Struct, frozen=True):
    """An operation, what it reads (``name`` or ``name:output``), and its attributes."""

    name: str
    op: str
    input: tuple[str, ...] = ()
    attr: dict[str, Attribute] = {}

    def flag(self, name: str) -> bool:
        """Return a yes or no; no when it is not there."""
        return self.attr.get(name, Attribute()).b

    def word(self, name: str) -> str:
        """Return a text; empty when it is not there."""
        return self.attr.get(name, Attribute()).s.decode("ascii", "replace")

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list; empty when it is not there."""
        return self.attr.get(name, Attribute()).list.i

    def shape(self) -> list[int]:
        """Return the shape of what a node takes from outside."""
        return [dimension.size for dimension in self.attr.get("shape", Attribute()).shape.dim]


class Topology(Struct, frozen=True):
    """The nodes, in no order."""

    node: tuple[Node, ...]


class Quantization(Struct, frozen=True):
    """How a weight is stored when not as what it is."""

    dtype: str


class Weight(Struct, frozen=True):
    """An array in the weight files."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None

    @property
    def stored(self) -> str:
        """Return the type of the bytes in the weight file."""
        return self.quantization.dtype if self.quantization else self.dtype


class Group(Struct, frozen=True):
    """Weights that lie one after another in files that lie one after another."""

    paths: tuple[str, ...]
    weights: tuple[Weight, ...]


class Signature(Struct, frozen=True):
    """The tensors that come out, by name."""

    outputs: dict[str, Any]


class GraphModel(Struct, frozen=True, rename="camel"):
    """``model.json``."""

    format: str
    model_topology: Topology
    weights_manifest: tuple[Group, ...]
    signature: Signature


def decoded(source: Path) -> GraphModel:
    """Read ``model.json``.

    Raises
    ------
    ValueError
        It is no graph model.
    """
    try:
        # Protocol buffers write 64-bit integers as text, so "416" is read as 416.
        model = msgspec.json.decode(source.read_bytes(), type=GraphModel, strict=False)
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(
            f"{source}: expected a TensorFlow.js graph model ({error}); {AGAIN}"
        ) from error
    if model.format != "graph-model":
        raise ValueError(
            f"{source}: expected the format graph-model, got {model.format!r}; {AGAIN}"
        )
    return model


def weights(source: Path, groups: Sequence[Group]) -> dict[str, Array]:
    """Read the weight files and cut them into the arrays that the manifest names.

    Raises
    ------
    ValueError
        A file is missing or of another size, or numbers are stored in a way not known here.
    """
    found: dict[str, Array] = {}
    for group in groups:
        data = b"".join(_shard(source, path) for path in group.paths)
        at = 0
        for weight in group.weights:
            if weight.stored not in ("float16", "float32", "int32"):
                raise ValueError(
                    f"{source}: {weight.name}: expected float16, float32 or int32, "
                    f"got {weight.stored}; {AGAIN}"
                )
            kind = np.dtype(weight.stored).newbyteorder("<")
            count = math.prod(weight.shape)
            if at + count * kind.itemsize <= len(data):
                array = np.frombuffer(data, kind, count, at).reshape(weight.shape)
                found[weight.name] = array
            at += count * kind.itemsize
        if at != len(data):
            raise ValueError(
                f"{source.with_name(group.paths[0])}: expected {at} bytes of weights, "
                f"got {len(data)}; {AGAIN}"
            )
    return found


def _shard(source: Path, path: str) -> bytes:
    if Path(path).name != path:
        raise ValueError(f"{source}: expected weight files beside it, got {path!r}; {AGAIN}")
    try:
        return source.with_name(path).read_bytes()
    except OSError as error:
        raise ValueError(
            f"{source.with_name(path)}: expected the weights of {source.name} "
            f"({error.strerror}); {AGAIN}"
        ) from error
