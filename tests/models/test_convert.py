from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from models import store
from models.convert import to_openvino, to_task
from models.runtime import ov


@pytest.fixture(scope="module")
def sources() -> tuple[Path, Path]:
    """Detector and landmark network as they were fetched."""
    there = store.Store(store.locate())
    files = tuple(there.source(name) for name in ("pose_detector", "pose_landmark_full"))
    if not all(file.is_file() for file in files):
        pytest.skip("models aren't here, run: ambient models pull")
    return files[0], files[1]


def test_a_bundle_holds_both_networks_with_metadata(
    sources: tuple[Path, Path], tmp_path: Path
) -> None:
    from mediapipe.tasks.metadata import metadata_schema_py_generated as schema
    from mediapipe.tasks.metadata import schema_py_generated as tflite

    target = tmp_path / "new" / "pose.task"
    to_task(*sources, target)
    assert [file.name for file in target.parent.iterdir()] == ["pose.task"]
    expected = {
        "pose_detector.tflite": ((127.5, 127.5), 2),
        "pose_landmarks_detector.tflite": ((0.0, 255.0), 5),
    }
    data = target.read_bytes()
    with zipfile.ZipFile(target) as bundle:
        assert bundle.testzip() is None
        assert bundle.namelist() == list(expected)
        for info in bundle.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            content = bundle.read(info)
            assert data.index(content) % 4 == 0  # it is mapped into memory
            model = tflite.ModelT.InitFromPackedBuf(content, 0)
            (entry,) = [m for m in model.metadata if m.name == b"TFLITE_METADATA"]
            buffer = bytes(model.buffers[entry.buffer].data)
            assert buffer[4:8] == b"M001"
            graph = schema.ModelMetadataT.InitFromPackedBuf(buffer, 0).subgraphMetadata[0]
            (image,) = graph.inputTensorMetadata
            (unit,) = image.processUnits
            normalisation, outputs = expected[info.filename]
            assert (unit.options.mean[0], unit.options.std[0]) == normalisation
            assert len(graph.outputTensorMetadata) == outputs


def test_the_same_networks_make_the_same_bundle(sources: tuple[Path, Path], tmp_path: Path) -> None:
    to_task(*sources, tmp_path / "a.task")
    to_task(*sources, tmp_path / "b.task")
    assert (tmp_path / "a.task").read_bytes() == (tmp_path / "b.task").read_bytes()


@pytest.mark.parametrize("content", [b"", b"short", b"<html>no such file</html>" * 99])
def test_what_is_no_network_is_refused(content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "source.tflite"
    source.write_bytes(content)
    with pytest.raises(ValueError, match="expected a TFLite network"):
        to_task(source, source, tmp_path / "pose.task")
    with pytest.raises(ValueError, match="expected a TFLite network"):
        to_openvino(source, tmp_path / "out", None)
    assert not (tmp_path / "pose.task").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["Identity_1", "Identity_4"], [[1, 1], [1, 117]]),
        (None, [[1, 195], [1, 1], [1, 256, 256, 1], [1, 64, 64, 39], [1, 117]]),
    ],
)
def test_unwanted_outputs_are_cut(
    wanted: list[str] | None,
    expected: list[list[int]],
    sources: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    to_openvino(sources[1], tmp_path / "out", wanted)
    stem = sources[1].stem
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [f"{stem}.bin", f"{stem}.xml"]
    model = ov.Core().read_model(tmp_path / "out" / f"{stem}.xml")
    assert [list(output.shape) for output in model.outputs] == expected


def test_an_output_that_is_not_there_is_named(sources: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected outputs Identity_9, got Identity,"):
        to_openvino(sources[1], tmp_path / "out", ["Identity", "Identity_9"])
    assert not (tmp_path / "out").exists()
