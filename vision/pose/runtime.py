"""The networks in OpenVINO: read, cut, given their preprocessing, compiled, shared.

In: IR files and where to run them; out: ``Network``, a synchronous call from a ready-made input
buffer to ready-made output buffers. Engines of one process that ask for the same network share
the compiled one, each with inference requests of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from ambient.errors import ModelError
from models.runtime import UNPINNED, ov
from vision.pose.types import Device, Floats, Image, Precision

_log = structlog.get_logger(__name__)
_FEATURES = "features"
# Side of the maps that the regression of the landmark network works on.
_TAIL_SIDE = 4

Levels = float | tuple[float, float, float]
"""One number for all channels, or one for each."""


class Channels(Enum):
    """In which order a network was trained to take colours."""

    RGB = "rgb"
    BGR = "bgr"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a compiled network.

    Attributes
    ----------
    path
        The IR file (.xml).
    outputs
        Names of the outputs to keep; what only leads to others is cut from the graph.
    mean, scale
        Normalisation ``(value - mean) / scale`` of 0..255, in the network's order of channels.
    exact_tail
        Whether the layers on maps of 4 x 4 and smaller, which regress coordinates, stay in
        float32 where the rest runs in bfloat16: its 8 bits round 200 pixels to the next whole one.
    device, precision, threads, streams, cache_dir
        See ``PoseOptions``.
    channels
        The order that the network takes; the buffer to fill is always BGR.
    shape
        Height and width of another input than the network was made for; only for one that is
        convolutions throughout and takes planes.
    """

    path: Path
    outputs: tuple[str, ...]
    mean: Levels
    scale: Levels
    exact_tail: bool
    device: Device
    precision: Precision
    threads: int
    streams: int
    cache_dir: Path
    channels: Channels = Channels.RGB
    shape: tuple[int, int] | None = None


_COARSEST: Final = 32
"""Pixels of the coarsest cells of a network that can be given another shape."""

_lock = threading.Lock()
_compiled: dict[Recipe, tuple[ov.CompiledModel, ...]] = {}


class Network:
    """Inference requests of a compiled network, one for each of its stages.

    ``input`` is the (height, width, 3) BGR uint8 buffer to fill before a call; the arrays that a
    call returns are overwritten by the next.
    """

    def __init__(self, stages: Sequence[ov.CompiledModel], outputs: Sequence[str]) -> None:
        self._requests = [stage.create_infer_request() for stage in stages]
        self._input = np.zeros(tuple(stages[0].input(0).shape), np.uint8)
        self.input: Image = self._input[0]
        self._requests[0].set_input_tensor(ov.Tensor(self._input, shared_memory=True))
        buffers: dict[str, Floats] = {}
        for request, stage in zip(self._requests, stages, strict=True):
            for port in stage.outputs:
                buffer = np.zeros(tuple(port.shape), np.float32)
                buffers |= dict.fromkeys(port.get_names(), buffer)
                request.set_tensor(port, ov.Tensor(buffer, shared_memory=True))
            for port in stage.inputs:
                if _FEATURES in port.get_names():
                    request.set_tensor(port, ov.Tensor(buffers[_FEATURES], shared_memory=True))
        # OpenVINO doesn't hold on to the memory it was given: it must live as long as it does.
        self._buffers = buffers
        self._outputs = tuple(buffers[name] for name in outputs)

    @classmethod
    def load(cls, recipe: Recipe) -> Network:
        """Return requests of the network, compiled now unless somebody did before.

        Raises
        ------
        ModelError
            OpenVINO can't read or compile it.
        """
        with _lock:
            stages = _compiled.get(recipe)
            if stages is None:
                stages = _compiled[recipe] = _compile(recipe)
        return cls(stages, recipe.outputs)

    def __call__(self) -> tuple[Floats, ...]:
        """Run the network on ``input`` and return its outputs in the order asked for."""
        for request in self._requests:
            request.start_async()
            request.wait()
        return self._outputs


def _compile(recipe: Recipe) -> tuple[ov.CompiledModel, ...]:
    core = ov.Core()
    device = _device_name(core, recipe.device)
    try:
        return _compile_on(core, device, recipe)
    except RuntimeError as error:
        if device.startswith("AUTO"):
            _log.warning("pose.device_failed", device=device, using="CPU", error=str(error))
            return _compile_on(core, "CPU", recipe)
        raise ModelError(
            f"{recipe.path}: OpenVINO can't run it on {device} "
            f"({str(error).strip().splitlines()[-1].strip()}); check it with: ambient models verify"
        ) from error


def _compile_on(core: ov.Core, device: str, recipe: Recipe) -> tuple[ov.CompiledModel, ...]:
    model = _cut(core.read_model(recipe.path), recipe.outputs)
    if recipe.shape is not None:
        _resize(model, recipe.shape)
    model = _with_preprocessing(model, recipe)
    settings = _settings(device, recipe)
    rounds = device == "CPU" and recipe.precision is Precision.AUTO
    if not (recipe.exact_tail and rounds):
        return (core.compile_model(model, device, settings),)
    body, tail = _split_tail(model)
    exact = settings | {"INFERENCE_PRECISION_HINT": "f32"}
    return core.compile_model(body, device, settings), core.compile_model(tail, device, exact)


def _cut(model: ov.Model, outputs: Sequence[str]) -> ov.Model:
    if len(model.outputs) == len(outputs):
        return model
    results = [model.output(name).get_node() for name in outputs]
    return ov.Model(results, model.get_parameters(), model.get_friendly_name())


def _resize(model: ov.Model, shape: tuple[int, int]) -> None:
    """Let the network take planes of another height and width, whole numbers of its coarsest cells.

    Its sizes follow, but for those that maps are stretched to, which it holds as numbers.
    """
    if any(side % _COARSEST for side in shape):
        raise ValueError(f"shape: expected multiples of {_COARSEST}, got {shape}")
    (entry,) = model.get_parameters()
    made_for = [length.get_length() for length in entry.partial_shape][2:]
    for node in model.get_ops():
        if node.get_type_name() == "Interpolate":
            size = np.asarray(node.input_value(1).get_node().data)
            scaled = [
                int(side) * new // old for side, new, old in zip(size, shape, made_for, strict=True)
            ]
            node.input(1).replace_source_output(
                ov.opset13.constant(np.array(scaled, size.dtype)).output(0)
            )
    entry.set_partial_shape(ov.PartialShape([1, 3, *shape]))
    model.validate_nodes_and_infer_types()


def _with_preprocessing(model: ov.Model, recipe: Recipe) -> ov.Model:
    """Let the network take BGR bytes; order and scale are folded into the first weights.

    Folded, not computed: bytes and bytes minus 127.5 are exact in bfloat16, scaled ones are not.
    A network that takes planes (channels first) is given them.
    """
    turned = recipe.channels is Channels.RGB
    first = next(
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Convolution" and node.input_value(1).shape[1] == 3
    )
    scale = np.reshape(np.asarray(recipe.scale, np.float32), (-1, 1, 1))
    weights = _constant(first.input_value(1).get_node()) / scale
    if turned:
        weights = weights[:, ::-1]
    first.input(1).replace_source_output(ov.opset13.constant(weights).output(0))
    steps = ov.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    planes = model.input(0).shape[1] == 3
    steps.input().model().set_layout(ov.Layout("NCHW" if planes else "NHWC"))
    convert = steps.input().preprocess().convert_element_type(ov.Type.f32)
    if isinstance(recipe.mean, tuple):
        convert.mean(list(recipe.mean[::-1] if turned else recipe.mean))
    elif recipe.mean:
        convert.mean(recipe.mean)
    return steps.build()


def _constant(node: ov.Node) -> Floats:
    """Return the values of a constant, stored as float16 or float32."""
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return np.asarray(node.data, np.float32)


def _split_tail(model: ov.Model) -> tuple[ov.Model, ov.Model]:
    """Split before the first pooling to maps of 4 x 4; the tail's input is called features."""
    pool = next(
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "MaxPool"
        and list(node.output(0).shape)[2:] == [_TAIL_SIDE, _TAIL_SIDE]
    )
    border = pool.input_value(0)
    entry = ov.opset13.parameter(border.shape, ov.Type.f32, name=_FEATURES)
    entry.output(0).set_names({_FEATURES})
    for reader in border.get_target_inputs():
        reader.replace_source_output(entry.output(0))
    tail_results = [r for r in model.get_results() if _reads(r, entry)]
    body_results = [r for r in model.get_results() if r not in tail_results]
    exit_ = ov.opset13.result(border)
    border.set_names({_FEATURES})
    name = model.get_friendly_name()
    return (
        ov.Model([exit_, *body_results], model.get_parameters(), f"{name} body"),
        ov.Model(tail_results, [entry], f"{name} tail"),
    )


def _reads(node: ov.Node, source: ov.Node) -> bool:
    """Say whether ``node`` depends on ``source``."""
    seen, todo = set(), [node]
    while todo:
        current = todo.pop()
        name = current.get_name()
        if name == source.get_name():
            return True
        if name not in seen:
            seen.add(name)
            todo += [value.get_node() for value in current.input_values()]
    return False


def _device_name(core: ov.Core, wanted: Device) -> str:
    if wanted is not Device.AUTO:
        return wanted.name
    others = sorted({name.split(".")[0] for name in core.available_devices} - {"CPU"})
    return f"AUTO:{','.join([*others, 'CPU'])}" if others else "CPU"


def _settings(device: str, recipe: Recipe) -> dict[str, object]:
    cpu: dict[str, object] = {
        "INFERENCE_NUM_THREADS": recipe.threads * recipe.streams,
        "NUM_STREAMS": recipe.streams,
        **UNPINNED,
    }
    if recipe.precision is Precision.FLOAT32:
        cpu["INFERENCE_PRECISION_HINT"] = "f32"
    settings: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY"}
    if device == "CPU":
        settings |= cpu
    elif device.startswith("AUTO"):
        settings["DEVICE_PROPERTIES"] = {"CPU": cpu}
    if _writable(recipe.cache_dir):
        settings["CACHE_DIR"] = str(recipe.cache_dir)
    else:
        _log.info("pose.no_compile_cache", folder=str(recipe.cache_dir), reason="not writable")
    return settings


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
