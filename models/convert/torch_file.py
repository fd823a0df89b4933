"""Reads the weights of a PyTorch checkpoint as arrays, without PyTorch and without running it.

In: a checkpoint as ``torch.save`` writes it since version 1.6: a zip of one pickle, which names the
tensors, and their raw numbers beside it. Out: the arrays by name. A pickle can call anything; here
it may call only what puts a tensor together, and everything else is refused.
"""

from __future__ import annotations

import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

AGAIN: Final = "pull the models again"
_LIMIT: Final = 256 * 1024 * 1024
"""Bytes of one member; no network that is listed has a larger one."""
_TYPES: Final[Mapping[str, str]] = {
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """Stands for a class of PyTorch's that only names the type of stored numbers."""

    dtype: str


class _Reader(pickle.Unpickler):
    """Unpickles what a dictionary of tensors consists of, and nothing else."""

    def __init__(self, data: bytes, stored: Callable[[str, str], Array]) -> None:
        super().__init__(BytesIO(data))
        self._stored = stored

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _TYPES:
            return _Kind(_TYPES[name])
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a list of weights")

    def persistent_load(self, pid: Any) -> Array:
        match pid:
            case ("storage", _Kind(dtype), str(key), str(), int()):
                return self._stored(key, dtype)
            case _:
                raise pickle.UnpicklingError("a reference to something that is no storage")


def weights(source: Path) -> dict[str, Array]:
    """Return the tensors of a checkpoint by name.

    Parameters
    ----------
    source
        A checkpoint that holds one dictionary of tensors.

    Raises
    ------
    ValueError
        It is no such file, or it holds something else than tensors.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            names = {name.partition("/")[2]: name for name in archive.namelist()}
            order = _member(archive, names["byteorder"]) if "byteorder" in names else b"little"
            if order != b"little" or sys.byteorder != "little":
                raise ValueError("expected little-endian numbers on a little-endian machine")

            def stored(key: str, dtype: str) -> Array:
                return np.frombuffer(_member(archive, names[f"data/{key}"]), dtype)

            found = _Reader(_member(archive, names["data.pkl"]), stored).load()
    except (OSError, KeyError, zipfile.BadZipFile, pickle.UnpicklingError, EOFError) as error:
        raise ValueError(
            f"{source}: expected a checkpoint of weights ({error}); {AGAIN}"
        ) from error
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{source}: expected whole tensors ({error}); {AGAIN}") from error
    if not isinstance(found, dict) or not all(isinstance(v, np.ndarray) for v in found.values()):
        raise ValueError(f"{source}: expected a dictionary of tensors, got something else; {AGAIN}")
    return {str(name): array for name, array in found.items()}


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LIMIT:
        raise ValueError(f"{name} is larger than any network that is listed")
    return archive.read(name)


def _tensor(
    storage: Array, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> Array:
    """Return the part of `storage` that a tensor covers, laid out anew in order."""
    needed = offset + (sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1)
    if min((offset, *size, *stride), default=0) < 0 or (0 not in size and needed > len(storage)):
        raise ValueError(f"a tensor of {size} does not fit into {len(storage)} numbers")
    item = storage.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage[offset:], size, tuple(step * item for step in stride)
    )
    return np.array(view)
