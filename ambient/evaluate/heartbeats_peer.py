"""NeuroKit2 in a process of its own: pulse waves in, its numbers out.

It lives in the peers' environment (`ambient.evaluate.peers.find_python`), never in a node's.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from ambient.errors import AmbientError, UsageError
from ambient.evaluate.pulses import Floats

RUNNER: Final = Path(__file__).with_name("heartbeats_peer_runner.py")
"""Not imported: what it imports is only in the peers' environment."""
_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Numbers(Struct, frozen=True):
    """RMSSD, SDNN in ms, pNN50 0..1, LF/HF, beats a minute; None where not known."""

    rmssd: float | None = None
    sdnn: float | None = None
    pnn50: float | None = None
    lf_hf: float | None = None
    rate: float | None = None


class Answer(Struct, frozen=True):
    """What NeuroKit2 says of a wave.

    Attributes
    ----------
    numbers, corrected
        By its beats as found, and after its correction of artefacts (Lipponen and Tarvainen 2019).
    peaks
        Where beats are, in seconds.
    quality
        The least that its index of quality says, 0..1; None where there are too few beats.
    """

    numbers: Numbers
    corrected: Numbers
    peaks: list[float]
    quality: float | None


@dataclass(frozen=True, slots=True)
class Peer:
    """NeuroKit2, running."""

    version: str
    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    def ask(self, wave: Floats, rate: float, *, spectrum: bool) -> Answer:
        """Return what it says of a wave (N,) at `rate` hertz.

        Raises
        ------
        AmbientError
            It ends without an answer.
        """
        assert self.process.stdin is not None  # a pipe was asked for
        packed = base64.b64encode(wave.astype("<f8").tobytes()).decode()
        question = {"samples": packed, "rate": rate, "spectrum": spectrum}
        try:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise _failed(self.process, self.errors) from None
        return msgspec.json.decode(_line(self.process, self.errors), type=Answer)


@contextmanager
def opened(python: Path) -> Iterator[Peer]:
    """Run NeuroKit2 with that interpreter, and end it at the end.

    Raises
    ------
    UsageError
        It is not in that environment.
    AmbientError
        It does not start.
    """
    environment = os.environ | dict.fromkeys(_LIMITS, "1")
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [str(python), "-I", str(RUNNER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        ) as process,
    ):
        try:
            first = msgspec.json.decode(_line(process, errors), type=dict[str, str])
            yield Peer(first["version"], process, errors)
        finally:
            process.kill()


def _line(process: subprocess.Popen[bytes], errors: IO[bytes]) -> bytes:
    assert process.stdout is not None  # a pipe was asked for
    line = process.stdout.readline()
    if not line:
        raise _failed(process, errors)
    return line


def _failed(process: subprocess.Popen[bytes], errors: IO[bytes]) -> AmbientError:
    process.wait()
    errors.seek(0)
    said = " ".join(errors.read().decode(errors="replace").split()[-40:])
    if "ModuleNotFoundError" in said:
        return UsageError(
            f"expected neurokit2 in the peers' environment: {said}; run: make setup-peers"
        )
    return AmbientError(
        f"expected an answer of NeuroKit2, it ended with code {process.returncode}: {said}; "
        "run: make setup-peers"
    )
