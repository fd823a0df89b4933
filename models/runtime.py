"""OpenVINO, without the telemetry that its Python package sends when it is imported.

Goes out: ``ov``, the module ``openvino``, and small networks compiled. This is the only place that
imports it (the linter refuses another): ``import openvino`` alone writes a client's number to the
home directory and sends a usage event to an analytics service, unless ``openvino_telemetry`` cannot
be imported, for which OpenVINO has a stub of its own. Nothing of a care facility may go there.
Its converter of other frameworks' networks stays out as well, as OpenVINO allows: a process that
runs networks takes 6.5 MB less (measured); `of_torch` loads it where a network is made.
"""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ambient.errors import ModelError
from ambient.left_out import left_out

if "openvino" in sys.modules and "openvino_telemetry" in sys.modules:
    raise ImportError("openvino was imported before models.runtime; import it from there alone")
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # the documented way to block

with left_out("openvino.tools.ovc"):
    import openvino as ov  # noqa: TID251

__all__ = ["UNPINNED", "at_once", "of_torch", "ov"]

UNPINNED: Final[dict[str, object]] = {"ENABLE_CPU_PINNING": False}
"""For every network on a CPU. OpenVINO else ties the thread that calls it to the first core, in
each process anew: vision, audio and fusion of a node would share one core and leave the other
idle (measured: two processes at 52 % of a core each)."""


def at_once(
    path: Path,
    *,
    threads: int = 1,
    mend: str = "",
    rows: int | None = None,
    **options: object,
) -> ov.CompiledModel:
    """Return a network compiled to answer one question at a time, as soon as it can, in float32.

    Parameters
    ----------
    path
        Its XML file.
    threads
        That it runs on.
    mend
        Ends the error: what to do.
    rows
        First length of each input, where it is always the same: what is known beforehand is not
        worked out again at each question.
    options
        Further ones of OpenVINO's.

    Raises
    ------
    ModelError
        It cannot be read.
    """
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        **UNPINNED,
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        **options,
    }
    try:
        core = ov.Core()
        model = core.read_model(str(path))
        if rows is not None:
            model.reshape({port: [rows, *list(port.partial_shape)[1:]] for port in model.inputs})
        return core.compile_model(model, "CPU", settings)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ModelError(f"{path}: OpenVINO cannot read it ({reason}){mend}") from error


def of_torch(
    network: object, example: tuple[Any, ...], inputs: Sequence[tuple[str, Sequence[int]]]
) -> ov.Model:
    """Return a network of PyTorch's as one of OpenVINO's.

    Parameters
    ----------
    network
        In evaluation, called without gradients.
    example
        What it is called with to be traced: one tensor an input.
    inputs
        Their names and shapes, -1 where any length will do.
    """
    from openvino.tools.ovc import convert_model  # noqa: TID251

    with warnings.catch_warnings():
        # OpenVINO traces, which PyTorch calls deprecated; its successor warns of itself as well.
        warnings.simplefilter("ignore")
        return convert_model(network, example_input=example, input=list(inputs))
