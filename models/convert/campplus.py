"""Builds the speaker network CAM++ as an OpenVINO graph from the weights of its checkpoint.

In: a checkpoint (`models.convert.torch_file`). Out: an OpenVINO model that takes the features of
one window of speech and gives an embedding of the voice. Follows Wang et al. 2023, *CAM++: A Fast
and Efficient Network for Speaker Verification Using Context-Aware Masking*, arXiv 2303.00332
(figure 1, section 2, table 1): a convolutional front over the mel bands, three dense blocks of
time-delay layers with context-aware masks, statistics over time, one dense layer.

The length of the window is fixed, so that the averages over segments of the context are plain
matrix products and the masks are computed once a segment, not once a frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from models.convert import torch_file
from models.convert.torch_file import AGAIN

if TYPE_CHECKING:
    from models.runtime import ov

Array = NDArray[Any]

FRAMES: Final = 298
"""Of a window of 3 s: frames of 25 ms every 10 ms that lie in it wholly."""
BANDS: Final = 80
SEGMENT: Final = 100
"""Frames (of 20 ms) that share one local context (paper, section 2.2)."""
_EPSILON: Final = 1e-5
"""Of the batch normalisations, the framework's default under which it was trained."""
_BLOCKS: Final = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each dense block (paper, table 1)."""


def read(source: Path) -> ov.Model:
    """Return the network: input ``features`` (1, 298, 80), output ``embedding`` (1, 192).

    Raises
    ------
    ValueError
        The file is no checkpoint, or one of another network.
    """
    from models.runtime import ov

    ops = ov.opset13
    net = _Net(torch_file.weights(source))
    features = ops.parameter([1, FRAMES, BANDS], ov.Type.f32, name="features")
    features.output(0).set_names({"features"})
    try:
        x = ops.unsqueeze(ops.transpose(features, [0, 2, 1]), 1)
        x = net.front(x)
        x = ops.reshape(x, [1, -1, FRAMES], special_zero=False)
        x = net.relu_norm(
            net.convolved(x, "xvector.tdnn.linear", stride=2, padding=2),
            "xvector.tdnn.nonlinear.batchnorm",
        )
        for number, (layers, dilation) in enumerate(_BLOCKS, start=1):
            for layer in range(1, layers + 1):
                name = f"xvector.block{number}.tdnnd{layer}"
                x = ops.concat([x, net.layer(x, name, dilation)], 1)
            x = net.relu_norm(x, f"xvector.transit{number}.nonlinear.batchnorm")
            x = net.convolved(x, f"xvector.transit{number}.linear")
        x = net.relu_norm(x, "xvector.out_nonlinear.batchnorm")
        x = ops.unsqueeze(_statistics(x), 2)
        x = net.convolved(x, "xvector.dense.linear")
        x = ops.squeeze(net.norm(x, "xvector.dense.nonlinear.batchnorm"), [2])
    except (KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[-160:]
        raise ValueError(f"{source}: expected the weights of CAM++ ({reason}); {AGAIN}") from error
    x.output(0).set_names({"embedding"})
    return ov.Model([ops.result(x.output(0), name="embedding")], [features], "campplus")


class _Net:
    """The pieces of the network, each taking its weights by name."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        from models.runtime import ov

        self._weights = weights
        self._ops = ov.opset13

    def front(self, x: Any) -> Any:
        """Return (1, 32, 10, frames) of (1, 1, 80, frames): two residual stages, three strides."""
        x = self.relu_norm(self.convolved(x, "head.conv1", padding=1), "head.bn1")
        for stage in ("head.layer1", "head.layer2"):
            x = self._residual(x, f"{stage}.0", stride=2)
            x = self._residual(x, f"{stage}.1", stride=1)
        return self.relu_norm(self.convolved(x, "head.conv2", stride=2, padding=1), "head.bn2")

    def _residual(self, x: Any, name: str, stride: int) -> Any:
        first = self.convolved(x, f"{name}.conv1", stride=stride, padding=1)
        y = self.relu_norm(first, f"{name}.bn1")
        y = self.norm(self.convolved(y, f"{name}.conv2", padding=1), f"{name}.bn2")
        if stride != 1:
            x = self.convolved(x, f"{name}.shortcut.0", stride=stride)
            x = self.norm(x, f"{name}.shortcut.1")
        return self._ops.relu(self._ops.add(x, y))

    def layer(self, x: Any, name: str, dilation: int) -> Any:
        """Return the 32 new channels of a dense layer, masked by their context (section 2.2)."""
        ops = self._ops
        y = self.relu_norm(x, f"{name}.nonlinear1.batchnorm")
        y = self.convolved(y, f"{name}.linear1")
        y = self.relu_norm(y, f"{name}.nonlinear2.batchnorm")
        local = self.convolved(
            y, f"{name}.cam_layer.linear_local", padding=dilation, dilation=dilation
        )
        frames = int(local.output(0).get_shape()[2])
        context = ops.matmul(y, ops.constant(_contexts(frames)), False, False)
        context = ops.relu(self.convolved(context, f"{name}.cam_layer.linear1"))
        mask = ops.sigmoid(self.convolved(context, f"{name}.cam_layer.linear2"))
        of_frame = np.arange(frames, dtype=np.int64) // SEGMENT
        return ops.multiply(local, ops.gather(mask, ops.constant(of_frame), ops.constant(2)))

    def convolved(
        self, x: Any, name: str, stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> Any:
        """Return a convolution over time, or over bands and time with the stride over bands."""
        weight = self._weights[f"{name}.weight"]
        plane = weight.ndim == 4
        y = self._ops.convolution(
            x,
            self._ops.constant(np.asarray(weight, np.float32)),
            [stride, 1] if plane else [stride],
            [padding] * (2 if plane else 1),
            [padding] * (2 if plane else 1),
            [dilation] * (2 if plane else 1),
        )
        bias = self._weights.get(f"{name}.bias")
        if bias is None:
            return y
        return self._ops.add(y, self._ops.constant(np.asarray(bias[None, :, None], np.float32)))

    def norm(self, x: Any, name: str) -> Any:
        """Return the batch normalisation `name` as one multiplication and one addition."""
        mean = np.asarray(self._weights[f"{name}.running_mean"], np.float64)
        variance = np.asarray(self._weights[f"{name}.running_var"], np.float64)
        scale = self._weights.get(f"{name}.weight", np.ones_like(mean)) / np.sqrt(
            variance + _EPSILON
        )
        shift = self._weights.get(f"{name}.bias", np.zeros_like(mean)) - mean * scale
        shape = (1, -1, *[1] * (len(x.output(0).get_shape()) - 2))
        times = self._ops.constant(scale.reshape(shape).astype(np.float32))
        plus = self._ops.constant(shift.reshape(shape).astype(np.float32))
        return self._ops.add(self._ops.multiply(x, times), plus)

    def relu_norm(self, x: Any, name: str) -> Any:
        """Return the batch normalisation `name` with its negative values cut."""
        return self._ops.relu(self.norm(x, name))


def _contexts(frames: int) -> Array:
    """Return (frames, segments): the mean of all frames plus the mean of each segment's own."""
    segment = np.arange(frames) // SEGMENT
    own = (segment[:, None] == np.arange(segment[-1] + 1)[None, :]).astype(np.float64)
    return np.asarray(own / own.sum(axis=0) + 1.0 / frames, np.float32)


def _statistics(x: Any) -> Any:
    """Return mean and standard deviation over time (Snyder et al. 2018, section 2.1)."""
    from models.runtime import ov

    ops = ov.opset13
    frames = int(x.output(0).get_shape()[2])
    over = ops.constant(np.array([2], np.int64))
    mean = ops.reduce_mean(x, over, True)
    square = ops.power(ops.subtract(x, mean), ops.constant(np.float32(2)))
    variance = ops.multiply(
        ops.reduce_mean(square, over, False), ops.constant(np.float32(frames / (frames - 1)))
    )
    return ops.concat([ops.squeeze(mean, [2]), ops.sqrt(variance)], 1)
