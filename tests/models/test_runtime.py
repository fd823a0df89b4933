"""OpenVINO is imported without its telemetry: no file in the home directory, no connection."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("models.runtime")

CODE = """
import socket
def refuse(*_, **__):
    raise SystemExit("somebody looks for a way out")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from models.runtime import ov
import sys
import openvino.tools.ovc
assert sys.modules["openvino_telemetry"] is None
assert ov.Core().available_devices
"""


def test_importing_openvino_tells_nobody(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("*")) == []


def test_a_wrong_order_of_imports_is_refused(tmp_path: Path) -> None:
    code = "import sys; sys.modules['openvino'] = sys.modules['openvino_telemetry'] = sys\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "import models.runtime"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "import it from there alone" in done.stderr
