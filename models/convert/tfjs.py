"""Reads a TensorFlow.js graph model as an OpenVINO graph, without TensorFlow.

In: ``model.json`` (topology, and a manifest of the weights) with the weight files it names beside
it. Out: an OpenVINO model of the same inputs and outputs. Only the operations in `_OPERATIONS` are
known; weights stay in the precision they are stored in (float16).

TensorFlow convolves over pictures with the channels last, OpenVINO with the channels first, and a
converted network turns its maps back and forth around each convolution. Here a turn is only noted
(`_Map.order`) and most cancel out, so the graph holds nearly none of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.runtime import ov

_AGAIN: Final = "pull the models again"
# Where rows, columns and channels of a picture lie: ours first, then TensorFlow's.
_TO_PLANES: Final = (0, 3, 1, 2)
_FROM_PLANES: Final = (0, 2, 3, 1)

Array = NDArray[Any]


class _Dimension(Struct, frozen=True):
    size: int = 0


class _Shape(Struct, frozen=True):
    dim: tuple[_Dimension, ...] = ()


class _Integers(Struct, frozen=True):
    i: tuple[int, ...] = ()


class _Attribute(Struct, frozen=True):
    """One of the attributes of a node; which field is set depends on its kind."""

    s: bytes = b""
    f: float = 0.0
    b: bool = False
    list: _Integers = _Integers()
    shape: _Shape = _Shape()


class _Node(Struct, frozen=True):
    name: str
    op: str
    input: tuple[str, ...] = ()
    attr: dict[str, _Attribute] = {}

    def flag(self, name: str) -> bool:
        return self.attr.get(name, _Attribute()).b

    def word(self, name: str) -> str:
        return self.attr.get(name, _Attribute()).s.decode("ascii", "replace")

    def integers(self, name: str) -> tuple[int, ...]:
        return self.attr.get(name, _Attribute()).list.i


class _Topology(Struct, frozen=True):
    node: tuple[_Node, ...]


class _Quantization(Struct, frozen=True):
    dtype: str


class _Weight(Struct, frozen=True):
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: _Quantization | None = None

    @property
    def stored(self) -> str:
        """Return the type of the bytes in the weight file."""
        return self.quantization.dtype if self.quantization else self.dtype


class _Group(Struct, frozen=True):
    paths: tuple[str, ...]
    weights: tuple[_Weight, ...]


class _Signature(Struct, frozen=True):
    outputs: dict[str, Any]


class _GraphModel(Struct, frozen=True, rename="camel"):
    format: str
    model_topology: _Topology
    weights_manifest: tuple[_Group, ...]
    signature: _Signature


@dataclass(frozen=True, slots=True, eq=False)
class _Map:
    """A tensor in the graph: axis ``i`` of TensorFlow's is axis ``order[i]`` of ``port``'s."""

    port: ov.Output
    order: tuple[int, ...]

    def with_port(self, port: ov.Output) -> _Map:
        return _Map(port, self.order)


_Value = _Map | Array
"""What a node gives: a tensor of the graph, or a constant that is still numpy's."""


def read(source: Path) -> ov.Model:
    """Return the network of a TensorFlow.js graph model, its outputs named as in the file.

    Parameters
    ----------
    source
        The ``model.json``; the weight files it names lie in the same directory.

    Raises
    ------
    ValueError
        It is no such model, a weight file is missing or of another size, or the network has an
        operation that isn't known here.
    """
    from models.runtime import ov

    model = _decoded(source)
    weights = _weights(source, model.weights_manifest)
    values: dict[str, tuple[_Value, ...]] = {}
    parameters: list[ov.Node] = []
    for node in _in_order(source, model.model_topology.node):
        if node.op == "Const":
            if node.name not in weights:
                raise ValueError(f"{source}: expected weights of {node.name}, got none; {_AGAIN}")
            values[node.name] = (weights[node.name],)
        elif node.op == "Placeholder":
            shape = [dimension.size for dimension in node.attr["shape"].shape.dim]
            parameter = ov.opset13.parameter(shape, ov.Type.f32, name=node.name)
            parameter.output(0).set_names({node.name})
            parameters.append(parameter)
            values[node.name] = (_Map(parameter.output(0), tuple(range(len(shape)))),)
        else:
            values[node.name] = _built(source, node, [_lookup(values, i) for i in node.input])
    results = []
    for output in model.signature.outputs:
        name = output.split(":")[0]
        if name not in values:
            raise ValueError(f"{source}: expected an output {name}, got none; {_AGAIN}")
        port = _turned(_as_map(values[name][0]), None)
        port.set_names({name})
        results.append(ov.opset13.result(port, name=name))
    return ov.Model(results, parameters, source.stem)


def _decoded(source: Path) -> _GraphModel:
    try:
        # Protocol buffers write 64-bit integers as text, so "416" is read as 416.
        model = msgspec.json.decode(source.read_bytes(), type=_GraphModel, strict=False)
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(
            f"{source}: expected a TensorFlow.js graph model ({error}); {_AGAIN}"
        ) from error
    if model.format != "graph-model":
        raise ValueError(
            f"{source}: expected the format graph-model, got {model.format!r}; {_AGAIN}"
        )
    return model


def _weights(source: Path, groups: Sequence[_Group]) -> dict[str, Array]:
    """Read the weight files and cut them into the arrays that the manifest names."""
    found: dict[str, Array] = {}
    for group in groups:
        data = b"".join(_shard(source, path) for path in group.paths)
        at = 0
        for weight in group.weights:
            if weight.stored not in ("float16", "float32", "int32"):
                raise ValueError(
                    f"{source}: {weight.name}: expected float16, float32 or int32, "
                    f"got {weight.stored}; {_AGAIN}"
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
                f"got {len(data)}; {_AGAIN}"
            )
    return found


def _shard(source: Path, path: str) -> bytes:
    if Path(path).name != path:
        raise ValueError(f"{source}: expected weight files beside it, got {path!r}; {_AGAIN}")
    try:
        return source.with_name(path).read_bytes()
    except OSError as error:
        raise ValueError(
            f"{source.with_name(path)}: expected the weights of {source.name} "
            f"({error.strerror}); {_AGAIN}"
        ) from error


def _in_order(source: Path, nodes: Sequence[_Node]) -> list[_Node]:
    """Sort nodes so that each comes after what it reads."""
    from graphlib import CycleError, TopologicalSorter

    by_name = {node.name: node for node in nodes}
    sorter = TopologicalSorter(
        {node.name: [name.split(":")[0] for name in node.input] for node in nodes}
    )
    try:
        order = list(sorter.static_order())
        return [by_name[name] for name in order]
    except CycleError as error:
        raise ValueError(f"{source}: expected a graph without circles; {_AGAIN}") from error
    except KeyError as error:
        raise ValueError(f"{source}: expected a node {error}, got none; {_AGAIN}") from error


def _lookup(values: Mapping[str, tuple[_Value, ...]], name: str) -> _Value:
    node, _, index = name.partition(":")
    return values[node][int(index or 0)]


def _built(source: Path, node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    operation = _OPERATIONS.get(node.op)
    if operation is None:
        raise ValueError(
            f"{source}: {node.name}: expected one of {', '.join(_OPERATIONS)}, "
            f"got the operation {node.op}; add it to models/convert/tfjs.py"
        )
    try:
        return operation(node, inputs)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ValueError(f"{source}: {node.name} ({node.op}): {reason}; {_AGAIN}") from error


def _constant(array: Array) -> ov.Output:
    """Return a constant of the graph; float16 stays so in the file and is computed as float32."""
    from models.runtime import ov

    port = ov.opset13.constant(np.asarray(array, order="C")).output(0)
    if array.dtype == np.float16:
        port = ov.opset13.convert(port, "f32").output(0)
    return port


def _as_map(value: _Value) -> _Map:
    if isinstance(value, _Map):
        return value
    return _Map(_constant(value), tuple(range(value.ndim)))


def _fixed(value: _Value) -> Array:
    """Return a value that has to be a constant."""
    if isinstance(value, _Map):
        raise TypeError("expected a constant, got a computed tensor")
    return value


def _places(order: Sequence[int]) -> tuple[int, ...]:
    """Return TensorFlow's axis for each axis of a port."""
    return tuple(int(axis) for axis in np.argsort(order))


def _turned(value: _Map, axes: Sequence[int] | None) -> ov.Output:
    """Return the port whose axis ``j`` is TensorFlow's axis ``axes[j]``; ``None``: as it is."""
    from models.runtime import ov

    wanted = [value.order[axis] for axis in axes] if axes is not None else list(value.order)
    if wanted == list(range(len(wanted))):
        return value.port
    return ov.opset13.transpose(value.port, np.array(wanted, np.int32)).output(0)


def _planes(node: _Node, value: _Value) -> ov.Output:
    """Return a picture with its channels first."""
    layout = node.word("data_format") or "NHWC"
    if layout != "NHWC":
        raise ValueError(f"expected data_format NHWC, got {layout}")
    return _turned(_as_map(value), _TO_PLANES)


def _same_order(value: _Value, like: _Map) -> ov.Output:
    """Return `value` as a port whose axes lie as those of `like`; a lower rank is filled up."""
    if isinstance(value, _Map):
        return _turned(value, _places(like.order))
    missing = len(like.order) - value.ndim
    full = value.reshape((1,) * missing + value.shape)
    return _constant(full.transpose(_places(like.order)))


def _no_padding(node: _Node) -> None:
    if node.word("padding") != "VALID":
        raise ValueError(f"expected padding VALID, got {node.word('padding') or 'none'}")


def _convolution(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    _no_padding(node)
    picture = _planes(node, inputs[0])
    weights = _constant(_fixed(inputs[1]).transpose(3, 2, 0, 1))
    _, *strides, _ = node.integers("strides")
    _, *dilations, _ = node.integers("dilations") or (1, 1, 1, 1)
    made = ov.opset13.convolution(picture, weights, strides, [0, 0], [0, 0], dilations)
    return (_Map(made.output(0), _FROM_PLANES),)


def _max_pool(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    _no_padding(node)
    _, *kernel, _ = node.integers("ksize")
    _, *strides, _ = node.integers("strides")
    picture = _planes(node, inputs[0])
    made = ov.opset13.max_pool(picture, strides, [1, 1], [0, 0], [0, 0], kernel)
    return (_Map(made.output(0), _FROM_PLANES),)


def _resize(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    if node.flag("align_corners") or not node.flag("half_pixel_centers"):
        raise ValueError("expected half_pixel_centers and no align_corners, got something else")
    picture = _planes(node, inputs[0])
    made = ov.opset13.interpolate(
        picture,
        _fixed(inputs[1]).astype(np.int64),
        mode="linear_onnx",
        shape_calculation_mode="sizes",
        coordinate_transformation_mode="half_pixel",
        axes=np.array((2, 3), np.int64),
    )
    return (_Map(made.output(0), _FROM_PLANES),)


def _pad(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    value = _as_map(inputs[0])
    begin, end = _fixed(inputs[1])[list(_places(value.order))].astype(np.int64).T
    filled = _fixed(inputs[2]) if len(inputs) > 2 else np.zeros((), np.float32)
    made = ov.opset13.pad(value.port, begin, end, "constant", _constant(filled))
    return (value.with_port(made.output(0)),)


def _add(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    first, second = inputs
    if isinstance(first, np.ndarray):
        if isinstance(second, np.ndarray):
            return (first + second,)
        first, second = second, first
    made = ov.opset13.add(first.port, _same_order(second, first))
    return (first.with_port(made.output(0)),)


def _concat(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    *parts, axis = inputs
    first = _as_map(parts[0])
    ports = [_same_order(part, first) for part in parts]
    made = ov.opset13.concat(ports, first.order[int(_fixed(axis))])
    return (first.with_port(made.output(0)),)


def _split(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    value = _as_map(inputs[0])
    sizes, axis = _fixed(inputs[1]).astype(np.int64), value.order[int(_fixed(inputs[2]))]
    made = ov.opset13.variadic_split(value.port, np.int64(axis), sizes)
    return tuple(value.with_port(port) for port in made.outputs())


def _reshape(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    wanted = _fixed(inputs[1]).astype(np.int64)
    made = ov.opset13.reshape(_turned(_as_map(inputs[0]), None), wanted, special_zero=False)
    return (_Map(made.output(0), tuple(range(len(wanted)))),)


def _transpose(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    value = _as_map(inputs[0])
    order = tuple(value.order[int(axis)] for axis in _fixed(inputs[1]))
    return (_Map(value.port, order),)


def _leaky(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    value = _as_map(inputs[0])
    made = ov.opset13.prelu(value.port, _constant(np.array([node.attr["alpha"].f], np.float32)))
    return (value.with_port(made.output(0)),)


def _sigmoid(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    from models.runtime import ov

    value = _as_map(inputs[0])
    return (value.with_port(ov.opset13.sigmoid(value.port).output(0)),)


def _identity(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    return (inputs[0],)


def _dense(node: _Node, inputs: list[_Value]) -> tuple[_Value, ...]:
    """Put values at indices into a constant of a given shape (it makes shapes for reshapes)."""
    indices, shape, held, default = (_fixed(value) for value in inputs)
    dense = np.full(shape, default)
    dense[tuple(indices.T)] = held
    return (dense,)


_OPERATIONS: Final[Mapping[str, Callable[[_Node, list[_Value]], tuple[_Value, ...]]]] = {
    "Add": _add,
    "AddV2": _add,
    "ConcatV2": _concat,
    "Conv2D": _convolution,
    "Identity": _identity,
    "LeakyRelu": _leaky,
    "MaxPool": _max_pool,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": _reshape,
    "ResizeBilinear": _resize,
    "Sigmoid": _sigmoid,
    "SparseToDense": _dense,
    "SplitV": _split,
    "Transpose": _transpose,
}
