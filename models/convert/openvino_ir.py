"""Converts a fetched network to OpenVINO IR, without the outputs that nobody uses.

In: a TFLite or ONNX file, a TensorFlow.js graph model with its weights beside it, or the
checkpoint of the speaker network; and the names of the outputs to keep. Out: ``<stem>.xml`` and
``<stem>.bin``.
What only led to an output that was left out is cut from the graph.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.convert import campplus, sliding, tfjs

if TYPE_CHECKING:
    from models.runtime import ov


def to_openvino(source: Path, target_dir: Path, outputs: Sequence[str] | None) -> None:
    """Write ``target_dir/<source stem>.xml`` and ``.bin``.

    Weights keep the precision they have in the source: nothing is lost.

    Parameters
    ----------
    source
        A TFLite or ONNX file, the JSON file of a TensorFlow.js graph model, or a checkpoint
        (``.pt``) of CAM++.
    target_dir
        Made if missing. The ``.bin`` is put in place before the ``.xml``, each in one step:
        an ``.xml`` that exists is complete.
    outputs
        Tensor names to keep, in this order; ``None`` keeps all.

    Raises
    ------
    ValueError
        The file can't be read, or it has no output of a name asked for.
    """
    from models.runtime import ov

    model = _read(source)
    if outputs is not None:
        there = {name for output in model.outputs for name in output.get_names()}
        missing = [name for name in outputs if name not in there]
        if missing:
            raise ValueError(
                f"{source}: expected outputs {', '.join(missing)}, got {', '.join(sorted(there))}; "
                "pull the models again"
            )
        results = [model.output(name).get_node() for name in outputs]
        model = ov.Model(results, model.get_parameters(), model.get_friendly_name())

    target_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target_dir, prefix=f".{source.stem}.") as scratch:
        half = Path(scratch) / f"{source.stem}.xml"
        ov.save_model(model, half, compress_to_fp16=False)
        for suffix in (".bin", ".xml"):
            file = half.with_suffix(suffix)
            with file.open("rb+") as handle:
                os.fsync(handle.fileno())
            os.replace(file, target_dir / file.name)


def _read(source: Path) -> ov.Model:
    match source.suffix:
        case ".json":
            return tfjs.read(source)
        case ".pt":
            return campplus.read(source)
        case ".onnx":
            model = _opened(source, "an ONNX")
            return sliding.slid(model) if sliding.takes_windows(model) else model
        case _:
            return _opened(source, "a TFLite")


def _opened(source: Path, kind: str) -> ov.Model:
    from models.runtime import ov

    try:
        return ov.Core().read_model(source)
    except RuntimeError as error:
        raise ValueError(
            f"{source}: expected {kind} network, but OpenVINO can't read it "
            f"({str(error).splitlines()[-1].strip()}); pull the models again"
        ) from error
