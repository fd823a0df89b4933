"""A hash of the code and models that decide: by it the outcomes of long measurements are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Final

import ambient
import models

_SUFFIXES: Final = frozenset({".py", ".json", ".toml", ".xml", ".bin", ".npz", ".onnx"})
_LEFT_OUT: Final = frozenset({"bodies", "cards", "learning", "samples", "skeletons", "__pycache__"})
"""Folders on which no outcome depends: what models are learned from, and how."""


def code_hash(packages: Iterable[ModuleType], deciding: Iterable[str]) -> str:
    """Return 12 hexadecimal digits of the SHA-256 of the code and models that decide.

    Parameters
    ----------
    packages
        Which count as a whole, beside `models` and what a sensor may say.
    deciding
        Files of this folder, from it on, without ``.py``.
    """
    folders = [_folder(package) for package in (*packages, models)]
    files = {
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES and not _LEFT_OUT.intersection(path.relative_to(folder).parts)
    }
    spine = _folder(ambient)
    files |= {*(spine / "observations").glob("*.py"), spine / "config.py"}
    files |= {spine / "evaluate" / f"{name}.py" for name in deciding}
    files.add(_folder(models) / "skeletons" / "sequence.py")
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(f"{path.parent.name}/{path.name}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _folder(package: object) -> Path:
    file = getattr(package, "__file__", None)
    return Path(str(file)).parent
