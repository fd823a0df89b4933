"""What stays out of a process: a part of a library, while that library is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ambient.left_out import left_out

PART = "a_part_of_a_library"


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / f"{PART}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, PART, raising=False)
    return PART


def test_it_cannot_be_imported_meanwhile_and_can_afterwards(part: str) -> None:
    with left_out(part), pytest.raises(ImportError):
        __import__(part)
    assert __import__(part).__name__ == part


def test_what_is_loaded_stays(part: str) -> None:
    loaded = __import__(part)
    with left_out(part):
        assert __import__(part) is loaded
    assert sys.modules[part] is loaded


def test_it_can_be_imported_after_an_error(part: str) -> None:
    with pytest.raises(RuntimeError), left_out(part):
        raise RuntimeError
    assert __import__(part).__name__ == part


@pytest.mark.parametrize(
    ("module", "library", "stays_out"),
    [
        ("ambient.node.worker", "structlog", "rich"),
        ("models.runtime", "openvino", "openvino.tools.ovc"),
        ("models.runtime", "openvino", "openvino.frontend.tensorflow"),
    ],
)
def test_what_a_process_of_a_node_does_without(module: str, library: str, stays_out: str) -> None:
    pytest.importorskip(library)
    code = f"import sys, {module}; print({library!r} in sys.modules, {stays_out!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
