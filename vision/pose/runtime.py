"""The networks in OpenVINO: read, cut, given their preprocessing, compiled, shared.

In: IR files and where to run them; out: ``Network``, a synchronous call from a ready-made input
buffer to ready-made output buffers. Engines of one process that ask for the same network share
the compiled one, each with an inference request of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
import structlog
from openvino.preprocess import ColorFormat, PrePostProcessor

from vision.pose.types import Device, Floats, Image, Precision

_log = structlog.get_logger(__name__)
_lock = threading.Lock()
_compiled: dict[Recipe, ov.CompiledModel] = {}


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
        Normalisation ``(value - mean) / scale`` of 0..255.
    device, precision, threads, streams, cache_dir
        See ``PoseOptions``.
    """

    path: Path
    outputs: tuple[str, ...]
    mean: float
    scale: float
    device: Device
    precision: Precision
    threads: int
    streams: int
    cache_dir: Path


class Network:
    """One inference request of a compiled network.

    ``input`` is the (height, width, 3) BGR uint8 buffer to fill before a call; the arrays that a
    call returns are overwritten by the next.
    """

    def __init__(self, compiled: ov.CompiledModel, outputs: Sequence[str]) -> None:
        self._request = compiled.create_infer_request()
        port = compiled.input(0)
        self._input = np.zeros(tuple(port.shape), np.uint8)
        self.input: Image = self._input[0]
        self._request.set_input_tensor(ov.Tensor(self._input, shared_memory=True))
        buffers = []
        for name in outputs:
            buffer = np.zeros(tuple(compiled.output(name).shape), np.float32)
            self._request.set_tensor(name, ov.Tensor(buffer, shared_memory=True))
            buffers.append(buffer)
        self._outputs: tuple[Floats, ...] = tuple(buffers)

    @classmethod
    def load(cls, recipe: Recipe) -> Network:
        """Return a request of the network, compiled now unless somebody did before.

        Raises
        ------
        RuntimeError
            OpenVINO can't read or compile it.
        """
        with _lock:
            compiled = _compiled.get(recipe)
            if compiled is None:
                compiled = _compiled[recipe] = _compile(recipe)
        return cls(compiled, recipe.outputs)

    def __call__(self) -> tuple[Floats, ...]:
        """Run the network on ``input`` and return its outputs in the order asked for."""
        self._request.start_async()
        self._request.wait()
        return self._outputs


def _compile(recipe: Recipe) -> ov.CompiledModel:
    core = ov.Core()
    model = _with_preprocessing(_cut(core.read_model(recipe.path), recipe.outputs), recipe)
    device = _device_name(core, recipe.device)
    try:
        return core.compile_model(model, device, _settings(device, recipe))
    except RuntimeError as error:
        if recipe.device is not Device.AUTO or device == "CPU":
            raise
        _log.warning("pose.device_failed", device=device, using="CPU", error=str(error))
        return core.compile_model(model, "CPU", _settings("CPU", recipe))


def _cut(model: ov.Model, outputs: Sequence[str]) -> ov.Model:
    if len(model.outputs) == len(outputs):
        return model
    results = [model.output(name).get_node() for name in outputs]
    return ov.Model(results, model.get_parameters(), model.get_friendly_name())


def _with_preprocessing(model: ov.Model, recipe: Recipe) -> ov.Model:
    """Let the network take BGR bytes: order and normalisation are folded into its weights."""
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(
        ov.Layout("NHWC")
    ).set_color_format(ColorFormat.BGR)
    steps.input().model().set_layout(ov.Layout("NHWC"))
    convert = steps.input().preprocess().convert_element_type(ov.Type.f32)
    convert.convert_color(ColorFormat.RGB)
    if recipe.mean:
        convert.mean(recipe.mean)
    convert.scale(recipe.scale)
    return steps.build()


def _device_name(core: ov.Core, wanted: Device) -> str:
    if wanted is not Device.AUTO:
        return wanted.name
    others = sorted({name.split(".")[0] for name in core.available_devices} - {"CPU"})
    return f"AUTO:{','.join([*others, 'CPU'])}" if others else "CPU"


def _settings(device: str, recipe: Recipe) -> dict[str, object]:
    cpu: dict[str, object] = {
        "INFERENCE_NUM_THREADS": recipe.threads * recipe.streams,
        "NUM_STREAMS": recipe.streams,
    }
    if recipe.precision is Precision.FLOAT32:
        cpu["INFERENCE_PRECISION_HINT"] = "f32"
    settings: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY"}
    if device == "CPU":
        settings |= cpu
    elif device.startswith("AUTO"):
        settings["DEVICE_PROPERTIES"] = {"CPU": cpu}
    cache = recipe.cache_dir if recipe.cache_dir is not None else recipe.path.parent / "compiled"
    if _writable(cache):
        settings["CACHE_DIR"] = str(cache)
    else:
        _log.info("pose.no_compile_cache", folder=str(cache), reason="not writable")
    return settings


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
