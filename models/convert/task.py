"""Makes a MediaPipe Tasks bundle out of two bare TFLite networks.

In: the BlazePose detector and one of its landmark networks, as TFLite files, which carry no
metadata. Out: one ``.task`` file (an uncompressed zip) in which both networks carry the metadata
that MediaPipe Tasks insists on: what the input picture is and how it is normalised.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

_TFLITE_IDENTIFIER = b"TFL3"
_METADATA_IDENTIFIER = b"M001"
_METADATA_BUFFER = b"TFLITE_METADATA"
_METADATA_PARSER = "1.5.0"
# MediaPipe maps the bundle's members into memory and needs them at multiples of this.
_ALIGNMENT = 4
# Size of a member's header without its name and extra field (PKWARE APPNOTE 4.3.7).
_ZIP_HEADER = 30
# A fixed instant, so that the same networks always make the same file.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class _Input:
    """How a network wants its picture: ``(value - mean) / std`` for values 0..255."""

    name: str
    description: str
    mean: float
    std: float


_DETECTOR = _Input("BlazePose detector", "RGB picture, letterboxed", mean=127.5, std=127.5)
_LANDMARKS = _Input("BlazePose landmarks", "RGB crop of one person", mean=0.0, std=255.0)


def to_task(detector: Path, landmarks: Path, target: Path) -> None:
    """Write the bundle that MediaPipe's ``PoseLandmarker`` opens.

    Parameters
    ----------
    detector, landmarks
        TFLite files: input 224 x 224 x 3 and 256 x 256 x 3.
    target
        The ``.task`` file to write; replaced in one step, so it is never half there.

    Raises
    ------
    ValueError
        A source is not a TFLite network with one picture as input.
    """
    members = {
        "pose_detector.tflite": _with_metadata(detector, _DETECTOR),
        "pose_landmarks_detector.tflite": _with_metadata(landmarks, _LANDMARKS),
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_bundle(members))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _bundle(members: dict[str, bytes]) -> bytes:
    """Return an uncompressed zip whose members start at multiples of the alignment."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            # An extra field of private type pads the header; readers skip types they don't know.
            start = buffer.tell() + _ZIP_HEADER + len(name.encode()) + 4
            padding = -start % _ALIGNMENT
            info.extra = b"\xff\xff" + padding.to_bytes(2, "little") + b"\0" * padding
            archive.writestr(info, data)
    return buffer.getvalue()


def _with_metadata(source: Path, wanted: _Input) -> bytes:
    """Return the network of ``source`` with the metadata of its input written in."""
    import flatbuffers
    from mediapipe.tasks.metadata import schema_py_generated as tflite

    content = source.read_bytes()
    if content[4:8] != _TFLITE_IDENTIFIER:
        raise ValueError(
            f"{source}: expected a TFLite network, got {len(content)} bytes of something else; "
            "pull the models again"
        )
    model: Any = tflite.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    shape = [int(n) for n in graph.tensors[graph.inputs[0]].shape]
    if len(graph.inputs) != 1 or len(shape) != 4 or shape[3] != 3:
        raise ValueError(
            f"{source}: expected one input of shape 1 x height x width x 3, "
            f"got {len(graph.inputs)} with {shape}; pull the models again"
        )
    names = [graph.tensors[i].name.decode() for i in graph.outputs]

    buffer = tflite.BufferT()
    buffer.data = list(_metadata(wanted, shape[2], shape[1], names))
    entry = tflite.MetadataT()
    entry.name = _METADATA_BUFFER
    entry.buffer = len(model.buffers)
    model.buffers.append(buffer)
    kept = [old for old in model.metadata or [] if old.name != _METADATA_BUFFER]
    model.metadata = [*kept, entry]

    builder = flatbuffers.Builder(len(content) + (1 << 16))
    builder.Finish(model.Pack(builder), _TFLITE_IDENTIFIER)
    return bytes(builder.Output())


def _metadata(wanted: _Input, width: int, height: int, outputs: list[str]) -> bytes:
    """Return the metadata flatbuffer: an RGB picture, its normalisation, the outputs' names."""
    import flatbuffers
    from mediapipe.tasks.metadata import metadata_schema_py_generated as schema

    size = schema.ImageSizeT()
    size.width, size.height = width, height
    picture = schema.ImagePropertiesT()
    picture.colorSpace = schema.ColorSpaceType.RGB
    picture.defaultSize = size
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.ImageProperties
    content.contentProperties = picture
    normalisation = schema.NormalizationOptionsT()
    normalisation.mean, normalisation.std = [wanted.mean], [wanted.std]
    unit = schema.ProcessUnitT()
    unit.optionsType = schema.ProcessUnitOptions.NormalizationOptions
    unit.options = normalisation
    stats = schema.StatsT()
    stats.min = [(0 - wanted.mean) / wanted.std]
    stats.max = [(255 - wanted.mean) / wanted.std]

    image = schema.TensorMetadataT()
    image.name, image.description = "image", wanted.description
    image.content, image.processUnits, image.stats = content, [unit], stats
    graph = schema.SubGraphMetadataT()
    graph.inputTensorMetadata = [image]
    graph.outputTensorMetadata = []
    for name in outputs:
        tensor = schema.TensorMetadataT()
        tensor.name = name
        graph.outputTensorMetadata.append(tensor)
    model = schema.ModelMetadataT()
    model.name = wanted.name
    model.subgraphMetadata = [graph]
    model.minParserVersion = _METADATA_PARSER

    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), _METADATA_IDENTIFIER)
    return bytes(builder.Output())
