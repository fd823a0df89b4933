"""Opens a network of the store for one microphone: an ``.xml`` in, an OpenVINO network out.

One thread and one stream: several microphones share a core by taking turns, and they share what was
compiled: each has a request of its own. What OpenVINO compiles
is kept in the user's cache, which halves the start and spares 30 MB of the speaker network's memory
(measured); where that can't be written, it is compiled at every start. What only the opening needed
is given back.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from ambient.errors import ModelError
from models import memory, store


@cache
def opened(model: Path, shapes: tuple[tuple[int, ...], ...], *, full_precision: bool) -> Any:
    """Return the compiled network; the same one for the same file.

    Parameters
    ----------
    shapes
        That its inputs and then its outputs must have.
    full_precision
        Computed in float32 on every processor; otherwise in bfloat16 where the processor can.

    Raises
    ------
    ModelError
        It cannot be opened, or it is another network.
    """
    from models.runtime import UNPINNED, ov

    options: dict[str, object] = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        **UNPINNED,
        # Digital silence otherwise takes eight times as long (measured).
        "CPU_DENORMALS_OPTIMIZATION": True,
        # A kernel of its own for each of a hundred small steps takes 170 KB apiece (measured), and
        # these networks are as fast, and say the same, without.
        "SNIPPETS_MODE": "DISABLE",
    }
    if full_precision:
        options["INFERENCE_PRECISION_HINT"] = "f32"
    # By themselves: what OpenVINO keeps does not tell these options from others.
    folder = store.compiled() / "speech"
    if _writable(folder):
        options["CACHE_DIR"] = str(folder)
    try:
        compiled = ov.Core().compile_model(str(model), "CPU", options)
        if "CACHE_DIR" in options and not compiled.get_property("LOADED_FROM_CACHE"):
            # One that was compiled just now holds 20 MB more than one that comes from the cache.
            del compiled
            compiled = ov.Core().compile_model(str(model), "CPU", options)
        got = [tuple(port.shape) for port in (*compiled.inputs, *compiled.outputs)]
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ModelError(
            f"{model}: expected a network of the store ({reason}); run: ambient models pull"
        ) from error
    if tuple(got) != shapes:
        raise ModelError(
            f"{model}: expected shapes {list(shapes)}, got {got}; run: ambient models pull"
        )
    memory.give_back([folder, model.with_suffix(".bin")])
    return compiled


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
