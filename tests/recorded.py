"""Where the recordings lie that tests use; the one place that reads ``AMBIENT_DATA``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

VARIABLE: Final = "AMBIENT_DATA"


def recorded(*parts: str) -> Path:
    """Return a file or folder of the recordings; skip the test where there is none.

    An empty variable is no folder: the repository has folders of the same names.
    """
    folder = os.environ.get(VARIABLE, "")
    found = Path(folder, *parts)
    if not folder or not found.exists():
        pytest.skip(f"needs {'/'.join(parts)} in {VARIABLE}")
    return found
