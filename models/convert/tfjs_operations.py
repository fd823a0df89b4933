"""The operations of TensorFlow.js graph models, in OpenVINO.

In: a node of the file and what it reads. Out: the same in OpenVINO's graph, or a number worked out
at once. TensorFlow convolves over pictures with the channels last, OpenVINO with the channels
first, and a network that was converted between the two turns its maps back and forth around each
convolution. Here a turn is only noted (`Map.order`) and most cancel out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from models.convert.tfjs_file import AGAIN, Array, Node

if TYPE_CHECKING:
    from models.runtime import ov

# Where rows, columns and channels of a picture lie: ours first, then TensorFlow's.
_TO_PLANES: Final = (0, 3, 1, 2)
_FROM_PLANES: Final = (0, 2, 3, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """A tensor in the graph: axis ``i`` of TensorFlow's is axis ``order[i]`` of ``port``'s."""

    port: ov.Output
    order: tuple[int, ...]

    def with_port(self, port: ov.Output) -> Map:
        """Return what an operation that leaves the axes alone made of this."""
        return Map(port, self.order)


Value = Map | Array
"""What a node gives: a tensor of the graph, or a constant that is still numpy's."""


def built(source: Path, node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    """Return the outputs of a node.

    Raises
    ------
    ValueError
        The operation isn't known, or doesn't fit what it is given.
    """
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
        raise ValueError(f"{source}: {node.name} ({node.op}): {reason}; {AGAIN}") from error


def _constant(array: Array) -> ov.Output:
    """Return a constant of the graph; float16 stays so in the file and is computed as float32."""
    from models.runtime import ov

    port = ov.opset13.constant(np.asarray(array, order="C")).output(0)
    if array.dtype == np.float16:
        port = ov.opset13.convert(port, "f32").output(0)
    return port


def as_map(value: Value) -> Map:
    """Return a value as a tensor of the graph."""
    if isinstance(value, Map):
        return value
    return Map(_constant(value), tuple(range(value.ndim)))


def _fixed(value: Value) -> Array:
    """Return a value that has to be a constant."""
    if isinstance(value, Map):
        raise TypeError("expected a constant, got a computed tensor")
    return value


def _places(order: Sequence[int]) -> tuple[int, ...]:
    """Return TensorFlow's axis for each axis of a port."""
    return tuple(int(axis) for axis in np.argsort(order))


def turned(value: Map, axes: Sequence[int] | None) -> ov.Output:
    """Return the port whose axis ``j`` is TensorFlow's axis ``axes[j]``; ``None``: as it is."""
    from models.runtime import ov

    wanted = [value.order[axis] for axis in axes] if axes is not None else list(value.order)
    if wanted == list(range(len(wanted))):
        return value.port
    return ov.opset13.transpose(value.port, np.array(wanted, np.int32)).output(0)


def _planes(node: Node, value: Value) -> ov.Output:
    """Return a picture with its channels first."""
    layout = node.word("data_format") or "NHWC"
    if layout != "NHWC":
        raise ValueError(f"expected data_format NHWC, got {layout}")
    return turned(as_map(value), _TO_PLANES)


def _same_order(value: Value, like: Map) -> ov.Output:
    """Return `value` as a port whose axes lie as those of `like`; a lower rank is filled up."""
    if isinstance(value, Map):
        return turned(value, _places(like.order))
    missing = len(like.order) - value.ndim
    full = value.reshape((1,) * missing + value.shape)
    return _constant(full.transpose(_places(like.order)))


def _no_padding(node: Node) -> None:
    if node.word("padding") != "VALID":
        raise ValueError(f"expected padding VALID, got {node.word('padding') or 'none'}")


def _convolution(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    _no_padding(node)
    picture = _planes(node, inputs[0])
    weights = _constant(_fixed(inputs[1]).transpose(3, 2, 0, 1))
    _, *strides, _ = node.integers("strides")
    _, *dilations, _ = node.integers("dilations") or (1, 1, 1, 1)
    made = ov.opset13.convolution(picture, weights, strides, [0, 0], [0, 0], dilations)
    return (Map(made.output(0), _FROM_PLANES),)


def _max_pool(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    _no_padding(node)
    _, *kernel, _ = node.integers("ksize")
    _, *strides, _ = node.integers("strides")
    picture = _planes(node, inputs[0])
    made = ov.opset13.max_pool(picture, strides, [1, 1], [0, 0], [0, 0], kernel)
    return (Map(made.output(0), _FROM_PLANES),)


def _resize(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
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
    return (Map(made.output(0), _FROM_PLANES),)


def _pad(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    value = as_map(inputs[0])
    begin, end = _fixed(inputs[1])[list(_places(value.order))].astype(np.int64).T
    filled = _fixed(inputs[2]) if len(inputs) > 2 else np.zeros((), np.float32)
    made = ov.opset13.pad(value.port, begin, end, "constant", _constant(filled))
    return (value.with_port(made.output(0)),)


def _add(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    first, second = inputs
    if isinstance(first, np.ndarray):
        if isinstance(second, np.ndarray):
            return (first + second,)
        first, second = second, first
    made = ov.opset13.add(first.port, _same_order(second, first))
    return (first.with_port(made.output(0)),)


def _concat(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    *parts, axis = inputs
    first = as_map(parts[0])
    ports = [_same_order(part, first) for part in parts]
    made = ov.opset13.concat(ports, first.order[int(_fixed(axis))])
    return (first.with_port(made.output(0)),)


def _split(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    value = as_map(inputs[0])
    sizes, axis = _fixed(inputs[1]).astype(np.int64), value.order[int(_fixed(inputs[2]))]
    made = ov.opset13.variadic_split(value.port, np.int64(axis), sizes)
    return tuple(value.with_port(port) for port in made.outputs())


def _reshape(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    wanted = _fixed(inputs[1]).astype(np.int64)
    made = ov.opset13.reshape(turned(as_map(inputs[0]), None), wanted, special_zero=False)
    return (Map(made.output(0), tuple(range(len(wanted)))),)


def _transpose(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    value = as_map(inputs[0])
    order = tuple(value.order[int(axis)] for axis in _fixed(inputs[1]))
    return (Map(value.port, order),)


def _leaky(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    value = as_map(inputs[0])
    made = ov.opset13.prelu(value.port, _constant(np.array([node.attr["alpha"].f], np.float32)))
    return (value.with_port(made.output(0)),)


def _sigmoid(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    from models.runtime import ov

    value = as_map(inputs[0])
    return (value.with_port(ov.opset13.sigmoid(value.port).output(0)),)


def _identity(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    return (inputs[0],)


def _dense(node: Node, inputs: list[Value]) -> tuple[Value, ...]:
    """Put values at indices into a constant of a given shape (it makes shapes for reshapes)."""
    indices, shape, held, default = (_fixed(value) for value in inputs)
    dense = np.full(shape, default)
    dense[tuple(indices.T)] = held
    return (dense,)


_OPERATIONS: Final[Mapping[str, Callable[[Node, list[Value]], tuple[Value, ...]]]] = {
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
