"""TensorFlow.js graph models: each operation against numpy, and every way to be wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ambient.errors import ModelError
from models import store
from models.catalogue import Catalogue, Network, Package, PackageKind, Source, Tensor
from models.convert import tfjs, to_openvino
from models.fetch import member
from models.pull import Engines, FromBundle, Origin, make_bundle, pull
from models.runtime import ov
from models.store import State, Store, sha256_of

Graph = dict[str, Any]
RANDOM = np.random.default_rng(7)


def _text(word: str) -> dict[str, str]:
    return {"s": base64.b64encode(word.encode()).decode()}


def _list(*numbers: int) -> dict[str, Any]:
    return {"list": {"i": [str(number) for number in numbers]}}


def _node(name: str, op: str, *inputs: str, **attr: Any) -> Graph:
    return {"name": name, "op": op, "input": list(inputs), "attr": attr}


def _write(
    folder: Path,
    shape: tuple[int, ...],
    nodes: list[Graph],
    constants: dict[str, np.ndarray],
    outputs: tuple[str, ...] = ("out",),
) -> Path:
    """Write a graph model whose input is called x; float16 arrays are stored as such."""
    dimensions = {"shape": {"dim": [{"size": str(n)} for n in shape]}}
    weights = []
    for name, array in constants.items():
        half = array.dtype == np.float16
        entry = {"name": name, "shape": list(array.shape)}
        entry["dtype"] = "float32" if half else str(array.dtype)
        weights.append(entry | ({"quantization": {"dtype": "float16"}} if half else {}))
    model = {
        "format": "graph-model",
        "modelTopology": {
            "node": [
                *({"name": name, "op": "Const", "attr": {}} for name in constants),
                *nodes,
                {"name": "x", "op": "Placeholder", "attr": {"shape": dimensions}},
            ]
        },
        "weightsManifest": [{"paths": ["net.1", "net.2"], "weights": weights}],
        "signature": {"outputs": {f"{name}:0": {} for name in outputs}},
    }
    file = folder / "net.json"
    file.write_text(json.dumps(model))
    data = b"".join(array.tobytes() for array in constants.values())
    # Cut where it hurts: an array may go on in the next file.
    (folder / "net.1").write_bytes(data[: len(data) // 2])
    (folder / "net.2").write_bytes(data[len(data) // 2 :])
    return file


def _run(file: Path, x: np.ndarray) -> list[np.ndarray]:
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = ov.Core().compile_model(tfjs.read(file), "CPU", settings)
    return list(compiled(x).values())


def _whole(*numbers: Any) -> np.ndarray:
    return np.array(numbers, np.int32)


def _float(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def _convolved(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """Return what TensorFlow defines: channels last, no padding (documentation of nn.conv2d)."""
    high, wide = kernel.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (high, wide), axis=(1, 2))
    return np.einsum("bijcuv,uvco->bijo", windows[:, ::stride, ::stride], kernel)


KERNEL = _float(3, 2, 3, 5)
BIAS = _float(5)
CONV = {"padding": _text("VALID"), "data_format": _text("NHWC")}
POOL = {"padding": _text("VALID"), "ksize": _list(1, 2, 2, 1), "strides": _list(1, 2, 2, 1)}
HALF = {"half_pixel_centers": {"b": True}}

CASES: dict[str, tuple[list[Graph], dict[str, np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "convolution": (
        [_node("out", "Conv2D", "x", "k", strides=_list(1, 2, 2, 1), **CONV)],
        {"k": KERNEL},
        lambda x: _convolved(x, KERNEL, 2),
    ),
    "half precision": (
        [_node("out", "Conv2D", "x", "k", strides=_list(1, 1, 1, 1), **CONV)],
        {"k": KERNEL.astype(np.float16)},
        lambda x: _convolved(x, KERNEL.astype(np.float16).astype(np.float32), 1),
    ),
    "bias after a convolution": (
        [
            _node("c", "Conv2D", "x", "k", strides=_list(1, 1, 1, 1), **CONV),
            _node("out", "Add", "b", "c"),
        ],
        {"k": KERNEL, "b": BIAS},
        lambda x: _convolved(x, KERNEL, 1) + BIAS,
    ),
    "turned and added": (
        [
            _node("t", "Transpose", "x", "p"),
            _node("c", "Conv2D", "x", "k", strides=_list(1, 1, 1, 1), **CONV),
            _node("u", "Transpose", "c", "q"),
            _node("out", "AddV2", "u", "v"),
            _node("v", "Transpose", "w", "q"),
            _node("w", "Identity", "c"),
        ],
        {"k": KERNEL, "p": _whole(0, 3, 1, 2), "q": _whole(0, 3, 2, 1)},
        lambda x: 2 * _convolved(x, KERNEL, 1).transpose(0, 3, 2, 1),
    ),
    "padding of turned maps": (
        [_node("t", "Transpose", "x", "p"), _node("out", "Pad", "t", "n")],
        {"p": _whole(0, 3, 1, 2), "n": _whole((0, 0), (1, 2), (3, 0), (0, 4))},
        lambda x: np.pad(x.transpose(0, 3, 1, 2), ((0, 0), (1, 2), (3, 0), (0, 4))),
    ),
    "padding with a value": (
        [_node("out", "PadV2", "x", "n", "v")],
        {"n": _whole((0, 0), (1, 0), (0, 1), (0, 0)), "v": np.array(-9, np.float32)},
        lambda x: np.pad(x, ((0, 0), (1, 0), (0, 1), (0, 0)), constant_values=-9),
    ),
    "pooling": (
        [_node("out", "MaxPool", "x", **POOL)],
        {},
        lambda x: x.reshape(1, 3, 2, 4, 2, 3).max(axis=(2, 4)),
    ),
    "twice as large": (
        [_node("out", "ResizeBilinear", "s", "n", **HALF), _node("s", "MaxPool", "x", **POOL)],
        {"n": _whole(6, 8)},
        lambda x: _doubled(_doubled(x.reshape(1, 3, 2, 4, 2, 3).max(axis=(2, 4)), 1), 2),
    ),
    "joined along channels after turns": (
        [_node("t", "Transpose", "x", "p"), _node("out", "ConcatV2", "t", "t", "a")],
        {"p": _whole(0, 3, 1, 2), "a": np.array(1, np.int32)},
        lambda x: np.concatenate([x, x], axis=3).transpose(0, 3, 1, 2),
    ),
    "second part of a split": (
        [_node("s", "SplitV", "x", "n", "a"), _node("out", "Sigmoid", "s:1")],
        {"n": _whole(2, 1), "a": np.array(3, np.int32)},
        lambda x: 1 / (1 + np.exp(-x[..., 2:])),
    ),
    "reshaped by a shape that is worked out": (
        [
            _node("d", "SparseToDense", "i", "l", "v", "z"),
            _node("n", "AddV2", "d", "o"),
            _node("out", "Reshape", "x", "n"),
        ],
        {
            "i": _whole((1,), (2,)),
            "l": _whole(3),
            "v": _whole(5, 2),
            "z": np.array(0, np.int32),
            "o": _whole(1, 3, -3),
        },
        lambda x: x.reshape(1, 8, 18),
    ),
    "leaky": (
        [_node("out", "LeakyRelu", "x", alpha={"f": 0.1})],
        {},
        lambda x: np.where(x > 0, x, 0.1 * x),
    ),
}


def _doubled(x: np.ndarray, axis: int) -> np.ndarray:
    """Return linear interpolation at middles of half as large cells; ends are held."""
    length = x.shape[axis]
    at = np.clip((np.arange(2 * length) + 0.5) / 2 - 0.5, 0, length - 1)
    low = np.minimum(at.astype(int), length - 2)
    share = (at - low).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return np.take(x, low, axis) * (1 - share) + np.take(x, low + 1, axis) * share


@pytest.mark.parametrize("case", CASES)
def test_an_operation_does_what_tensorflow_defines(tmp_path: Path, case: str) -> None:
    nodes, constants, expected = CASES[case]
    x = _float(1, 6, 8, 3)
    (got,) = _run(_write(tmp_path, x.shape, nodes, constants), x)
    np.testing.assert_allclose(got, expected(x), atol=2e-5)


def test_turns_to_and_fro_leave_no_trace(tmp_path: Path) -> None:
    nodes = [
        _node("t", "Transpose", "x", "back"),
        _node("c", "Conv2D", "t", "k", strides=_list(1, 1, 1, 1), **CONV),
        _node("out", "Transpose", "c", "forth"),
    ]
    constants = {"k": KERNEL, "back": _whole(0, 2, 3, 1), "forth": _whole(0, 3, 1, 2)}
    model = tfjs.read(_write(tmp_path, (1, 3, 6, 8), nodes, constants))
    kinds = {node.get_type_name() for node in model.get_ordered_ops()}
    assert kinds == {"Parameter", "Constant", "Convolution", "Result"}


def test_half_precision_stays_half_in_the_file(tmp_path: Path) -> None:
    nodes, constants, _ = CASES["half precision"]
    source = _write(tmp_path, (1, 6, 8, 3), nodes, constants)
    to_openvino(source, tmp_path / "out", ["out"])
    stored = (tmp_path / "out" / "net.bin").read_bytes()
    assert constants["k"].transpose(3, 2, 0, 1).tobytes() in stored
    assert len(stored) < 2 * constants["k"].nbytes


def _good(folder: Path) -> Path:
    nodes, constants, _ = CASES["bias after a convolution"]
    return _write(folder, (1, 6, 8, 3), nodes, constants)


def _changed(old: str, new: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    return change


def _gone(file: Path) -> None:
    file.with_name("net.2").unlink()


def _short(file: Path) -> None:
    file.with_name("net.2").write_bytes(b"1234")


def _long(file: Path) -> None:
    file.with_name("net.2").write_bytes(bytes(9999))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda file: file.write_bytes(b""), "expected a TensorFlow.js graph model"),
        (lambda file: file.write_bytes(b"\x00\xff" * 99), "expected a TensorFlow.js graph model"),
        (lambda file: file.write_text("[]"), "Expected `object`, got `array`"),
        (lambda file: file.unlink(), "expected a TensorFlow.js graph model"),
        (_changed('"graph-model"', '"layers-model"'), "format graph-model, got 'layers-model'"),
        (_gone, "net.2: expected the weights of net.json"),
        (_short, r"net.1: expected 380 bytes of weights, got 194"),
        (_long, r"expected 380 bytes of weights"),
        (_changed('"net.2"', '"../net.2"'), "weight files beside it, got '../net.2'"),
        (_changed('"float32"', '"complex64"'), "k: expected float16, float32 or int32"),
        (_changed('"name": "k", "shape"', '"name": "other", "shape"'), "weights of k, got none"),
        (_changed('"Conv2D"', '"Einsum"'), "got the operation Einsum; add it to"),
        (_changed("VkFMSUQ=", "U0FNRQ=="), "expected padding VALID, got SAME"),
        (_changed("TkhXQw==", "TkNIVw=="), "expected data_format NHWC, got NCHW"),
        (_changed('["x", "k"]', '["x", "nobody"]'), "expected a node 'nobody', got none"),
        (_changed('["x", "k"]', '["x", "x"]'), "expected a constant, got a computed tensor"),
        (_changed('["x", "k"]', '["x"]'), r"c \(Conv2D\): list index out of range"),
        (_changed('["x", "k"]', '["out", "k"]'), "expected a graph without circles"),
        (_changed('["b", "c"]', '["b", "c:3"]'), "expected an output c:3, got none"),
        (_changed('"out:0"', '"end:0"'), "expected an output end, got none"),
        (_changed("[3, 2, 3, 5]", "[3, 2, 5, 3]"), r"c \(Conv2D\)"),
    ],
)
def test_what_is_no_such_model_is_refused(
    tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    file = _good(tmp_path)
    harm(file)
    with pytest.raises(ValueError, match=said):
        to_openvino(file, tmp_path / "out", ["out"])
    assert not (tmp_path / "out").exists()


class Folder(Origin):
    """Sources that lie in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def room(self, networks: object) -> int:
        return 0

    def read(self, package: str, source: Source, scratch: Path) -> bytes:
        return member(self.folder, source.path, source.bytes)


@pytest.fixture
def listed(tmp_path: Path) -> Catalogue:
    """A catalogue with one network in three files, which lie in the folder origin."""
    folder = tmp_path / "origin"
    folder.mkdir()
    files = [_good(folder), folder / "net.1", folder / "net.2"]
    first, *weights = (
        Source(path=file.name, sha256=sha256_of(file), bytes=file.stat().st_size) for file in files
    )
    network = Network(
        task="test",
        licence="CC0-1.0",
        author="nobody",
        trained_on="nothing",
        card="none.md",
        default=True,
        package="box",
        path=first.path,
        sha256=first.sha256,
        bytes=first.bytes,
        weights=tuple(weights),
        inputs=(Tensor(name="x", shape=(1, 6, 8, 3), meaning="x"),),
        outputs=(Tensor(name="out", shape=(1, 4, 7, 5), meaning="y"),),
    )
    package = Package(kind=PackageKind.NPM, name="box", version="1", bytes=1)
    return Catalogue(package={"box": package}, model={"eye": network})


def test_all_files_of_a_network_are_pulled_and_bundled(tmp_path: Path, listed: Catalogue) -> None:
    here = Store(tmp_path / "here", listed)
    assert pull(here, ("eye",), Folder(tmp_path / "origin"), print, Engines()) == ("eye",)
    record = here.record("eye")
    assert record is not None
    assert set(record.files) == {"eye.json", "net.1", "net.2", "eye.xml", "eye.bin"}
    make_bundle(here, ("eye",), tmp_path / "models.tar")
    there = Store(tmp_path / "there", listed)
    pull(there, ("eye",), FromBundle(tmp_path / "models.tar"), print, Engines())
    assert there.check("eye").state is State.OK
    weights = [known.path("eye").with_suffix(".bin").read_bytes() for known in (here, there)]
    assert weights[0] == weights[1]
    (there.sources("eye")[1]).write_bytes(b"")
    with pytest.raises(ModelError, match="run: ambient models pull"):
        make_bundle(there, ("eye",), tmp_path / "again.tar")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("net.json", b"{}", "model eye: expected SHA-256"),
        ("net.2", b"1", "model eye: expected SHA-256"),
        ("net.2", None, "expected a package with net.2 in it"),
    ],
)
def test_a_wrong_file_installs_nothing(
    tmp_path: Path, listed: Catalogue, name: str, data: bytes | None, said: str
) -> None:
    file = tmp_path / "origin" / name
    file.unlink()
    if data is not None:
        file.write_bytes(data)
    here = Store(tmp_path / "here", listed)
    with pytest.raises(ModelError, match=said):
        pull(here, ("eye",), Folder(tmp_path / "origin"), print, Engines())
    assert here.look("eye").state is State.MISSING


def test_another_shape_than_listed_is_refused(tmp_path: Path, listed: Catalogue) -> None:
    import msgspec

    wrong = Tensor(name="out", shape=(1, 4, 7, 6), meaning="y")
    network = msgspec.structs.replace(listed.model["eye"], outputs=(wrong,))
    changed = msgspec.structs.replace(listed, model={"eye": network})
    with pytest.raises(ModelError, match=r"output shapes \[\(1, 4, 7, 6\)\], got"):
        pull(
            Store(tmp_path / "h", changed), ("eye",), Folder(tmp_path / "origin"), print, Engines()
        )


def test_a_revision_follows_the_weights(listed: Catalogue) -> None:
    import msgspec

    network = listed.model["eye"]
    other = msgspec.structs.replace(network.weights[1], sha256="0" * 64)
    changed = msgspec.structs.replace(network, weights=(network.weights[0], other))
    moved = msgspec.structs.replace(listed, model={"eye": changed})
    assert moved.revision("eye") != listed.revision("eye")


def test_the_object_detector_is_what_was_published() -> None:
    there = store.Store(store.locate())
    if there.look("object_detector").state is not State.OK:
        pytest.skip("model object_detector isn't here, run: ambient models pull")
    model = tfjs.read(there.source("object_detector"))
    kinds = [node.get_type_name() for node in model.get_ordered_ops()]
    assert kinds.count("Convolution") == 34
    assert kinds.count("Transpose") == 6, "only the outputs are turned"
