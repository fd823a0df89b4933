"""Checkpoints read without PyTorch: what is taken, and that nothing else is."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.convert import torch_file


class _Storage:
    """Pickled as a reference to numbers that lie beside the pickle."""

    def __init__(self, key: str, kind: str = "FloatStorage") -> None:
        self.key, self.kind = key, kind


class _Global:
    """Pickled as the name of something in a module that need not exist."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Writer(pickle._Pickler):  # the Python one, so that names can be written freely
    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, _Storage):
            return ("storage", _Global("torch", obj.kind), obj.key, "cpu", 0)
        return None

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, _Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
            return
        super().save(obj, save_persistent_id)


class _Tensor:
    """Pickled as PyTorch pickles a tensor."""

    def __init__(self, storage: _Storage, offset: int, size: tuple, stride: tuple) -> None:
        self.parts = (storage, offset, size, stride, False, OrderedDict())

    def __reduce__(self) -> Any:
        return _Rebuild(), self.parts


class _Rebuild:
    def __call__(self) -> None:
        """Only so that a pickler takes it for a function."""


def _pickled(content: Any) -> bytes:
    target = io.BytesIO()
    writer = _Writer(target, protocol=2)
    writer.dispatch = writer.dispatch | {
        _Rebuild: lambda self, _: self.save(_Global("torch._utils", "_rebuild_tensor_v2"))
    }
    writer.dump(content)
    return target.getvalue()


def _checkpoint(path: Path, content: Any, numbers: dict[str, np.ndarray]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", _pickled(content))
        for key, array in numbers.items():
            archive.writestr(f"archive/data/{key}", array.tobytes())
    return path


NUMBERS = np.arange(12, dtype="<f4")


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (_Tensor(_Storage("0"), 0, (3, 4), (4, 1)), NUMBERS.reshape(3, 4)),
        (_Tensor(_Storage("0"), 0, (4, 3), (1, 4)), NUMBERS.reshape(3, 4).T),
        (_Tensor(_Storage("0"), 2, (2,), (3,)), NUMBERS[[2, 5]]),
        (_Tensor(_Storage("0"), 5, (), ()), NUMBERS[5]),
    ],
)
def test_tensors_are_read(tensor: _Tensor, expected: np.ndarray, tmp_path: Path) -> None:
    file = _checkpoint(tmp_path / "a.pt", {"w": tensor}, {"0": NUMBERS})
    read = torch_file.weights(file)
    np.testing.assert_array_equal(read["w"], expected)
    assert read["w"].shape == np.shape(expected)


@pytest.mark.parametrize(
    "content",
    [
        {"w": _Tensor(_Storage("0"), 1, (3, 4), (4, 1))},  # reaches past the end
        {"w": _Tensor(_Storage("0"), -1, (2,), (1,))},
        {"w": _Tensor(_Storage("0"), 0, (2,), (-1,))},
        {"w": _Tensor(_Storage("1"), 0, (2,), (1,))},  # not there
        {"w": _Tensor(_Storage("0", "QuantizedStorage"), 0, (2,), (1,))},
        {"w": "a word"},
        ["a list"],
        {"w": _Global("os", "system")},
        {"w": _Global("builtins", "eval")},
        {"w": _Global("torch.serialization", "load")},
    ],
)
def test_what_is_no_list_of_weights_is_refused(content: Any, tmp_path: Path) -> None:
    file = _checkpoint(tmp_path / "a.pt", content, {"0": NUMBERS})
    with pytest.raises(ValueError, match="pull the models again"):
        torch_file.weights(file)


def test_a_pickle_that_calls_something_calls_nothing(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "made"),)

    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"w": Evil()}, protocol=2))
    with pytest.raises(ValueError, match="no part of a list of weights"):
        torch_file.weights(tmp_path / "a.pt")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("data", [b"", b"PK", b"\x80\x02}.", b"<html>" * 99])
def test_what_is_no_checkpoint_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(data)
    with pytest.raises(ValueError, match="expected a checkpoint"):
        torch_file.weights(tmp_path / "a.pt")
