"""Our voice features beside Praat's and librosa's, in one run: speed, and how far they agree.

In: recordings of speech, or none (speech is synthesised then). Out: core-seconds a second of sound
of each, and correlations with Praat over recordings. The peers live in an environment of their own
(Praat's licence is GPL) and are run there as a child process; all get the same samples at 16 kHz.
They take turns sound by sound, so that whatever else the machine does hits all alike; reading files
is not timed, and nobody has more than one thread. Praat computes what it knows of our features;
ours compute all of them.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec
import numpy as np
from msgspec import Struct

from ambient.errors import AmbientError, SourceError, UsageError
from ambient.evaluate import voice_signals
from ambient.evaluate.peers import find_python
from audio.features import Descriptors, Lld, describe, functionals
from audio.features.frames import LONG, RATE, STEP_S, Real, Samples
from audio.sources.file import open_file

MOST: Final = 60
"""Recordings; of more, so many are taken at even distances."""
LEAST_FRAMES: Final = 5
"""Frames that both call voiced, below which a recording says nothing about agreement."""
_RUNNER: Final = Path(__file__).absolute().with_name("audio_peer_runner.py")
"""Not imported: what it imports is only in the peers' environment."""
_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


class Side(Struct, frozen=True):
    """What one of them took.

    Attributes
    ----------
    name
        With its version.
    what
        What was computed.
    core_s_per_s
        Processor time of a second of sound; the fastest of the rounds.
    to_ours
        That over ours: above 1, ours is faster.
    """

    name: str
    what: str
    core_s_per_s: float
    to_ours: float


class Agreement(Struct, frozen=True):
    """How one feature agrees with Praat's.

    Attributes
    ----------
    feature, unit, peer
        What, in which unit, with whom.
    r
        Pearson's, over the means of recordings, of frames that both call voiced; None when there
        are less than three recordings.
    recordings
        How many.
    ours, theirs
        Mean over recordings.
    """

    feature: str
    unit: str
    peer: str
    r: float | None
    recordings: int
    ours: float
    theirs: float


class Report(Struct, frozen=True):
    """All sides.

    Attributes
    ----------
    recordings, seconds
        What was measured on.
    repeat
        Rounds.
    sides
        Ours first.
    agreement
        With Praat.
    errors
        Recordings that could not be read, and why.
    """

    recordings: int
    seconds: float
    repeat: int
    sides: list[Side]
    agreement: list[Agreement]
    errors: dict[str, str]


class Values(Struct, frozen=True):
    """What Praat says of one sound."""

    t: list[float]
    f0: list[float | None]
    hnr: list[float | None]
    cpp: list[float | None]


def run(
    files: Sequence[Path],
    *,
    repeat: int = 3,
    python: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure all sides.

    Parameters
    ----------
    files
        Recordings of speech; without any, speech is synthesised.
    repeat
        Rounds.
    python
        The interpreter of the peers' environment; see `peers.find_python`.
    progress
        Called with (done, all) after each look at a sound.

    Raises
    ------
    UsageError
        When the peers' environment is missing.
    AmbientError
        When a peer fails.
    """
    errors: dict[str, str] = {}
    sounds = list(_read(files, errors)) if files else _made()
    if not sounds:
        return Report(0, 0.0, repeat, [], [], errors)
    steps, done = len(sounds) * (repeat + 1), 0
    rounds: list[dict[str, float]] = []
    pairs: dict[str, list[tuple[float, float]]] = {"f0": [], "hnr": [], "cpp": []}
    with opened(find_python(python)) as peers:
        for number in range(repeat + 1):
            took = {"ours": 0.0, "praat": 0.0, "librosa": 0.0}
            for samples in sounds:
                took["ours"] += _ours(samples)
                took["praat"] += peers.time("praat", samples)
                took["librosa"] += peers.time("librosa", samples)
                if number == 0:
                    compare(describe(samples), peers.values(samples), pairs)
                done += 1
                if progress is not None:
                    progress(done, steps)
            # The first round warms up: code is compiled, pages are touched.
            if number > 0:
                rounds.append(took)
        versions = peers.versions
    seconds = sum(map(len, sounds)) / RATE
    best = {name: min(took[name] for took in rounds) / seconds for name in rounds[0]}
    names = {"ours": "ambient", **versions}
    sides = [Side(names[n], _WHAT[n], best[n], best[n] / best["ours"]) for n in best]
    agreement = [
        agreed(feature, unit, versions["praat"], pairs[feature]) for feature, unit in UNITS
    ]
    return Report(len(sounds), seconds, repeat, sides, agreement, errors)


_WHAT: Final = {
    "ours": "all 25 descriptors, cepstral prominence, 88 functionals",
    "praat": "pitch, jitter, shimmer, HNR, formants, intensity, MFCC, spectrogram, CPPS",
    "librosa": "pitch (YIN), level, MFCC",
}
UNITS: Final = (("f0", "semitones"), ("hnr", "dB"), ("cpp", "dB"))


def _read(files: Sequence[Path], errors: dict[str, str]) -> Iterator[Samples]:
    step = max(1.0, len(files) / MOST)
    for file in [files[int(at * step)] for at in range(min(len(files), MOST))]:
        try:
            with open_file(file) as sound:
                samples = np.concatenate([block.samples for block in sound])
        except SourceError as error:
            errors[str(file)] = str(error).removeprefix(f"{file}: ")
            continue
        if len(samples) < RATE // 2:
            errors[str(file)] = (
                f"expected at least 0.5 s of sound, got {len(samples) / RATE:.2f} s; leave it out"
            )
            continue
        yield samples


def _made() -> list[Samples]:
    """Return synthesised speech of several voices."""
    pitches, rates = (95.0, 130.0, 180.0, 230.0), (3.0, 5.0)
    talks = [voice_signals.Talk(rate, f0=f0) for f0 in pitches for rate in rates]
    return [
        voice_signals.noisy(voice_signals.talk(talk, seed)[0], 40.0, seed)
        for seed, talk in enumerate(talks)
    ]


def _ours(samples: Samples) -> float:
    begin = time.process_time()
    functionals(describe(samples))
    return time.process_time() - begin


def compare(rows: Descriptors, theirs: Values, pairs: dict[str, list[tuple[float, float]]]) -> None:
    """Add the means of both sides over frames that both call voiced.

    Parameters
    ----------
    pairs
        Feature ► (ours, theirs) of each recording; added to where there is enough voice.
    """
    at = np.rint((np.array(theirs.t) - LONG / 2 / RATE) / STEP_S).astype(int)
    known = (at >= 0) & (at < len(rows))
    at = at.clip(0, max(0, len(rows) - 1))
    if not len(rows) or not len(at):
        return
    f0 = _array(theirs.f0)
    voiced = known & (f0 > 0) & (rows[Lld.F0_HZ][at] > 0)
    semitones = np.zeros(len(f0))
    semitones[voiced] = 12 * np.log2(f0[voiced] / 27.5)
    for name, lld, values in (
        ("f0", Lld.F0_SEMITONES, semitones),
        ("hnr", Lld.HNR, _array(theirs.hnr)),
        ("cpp", Lld.CPP, _array(theirs.cpp)),
    ):
        # Praat marks silence by -200 dB.
        both = voiced & np.isfinite(values) & (values > -100)
        if both.sum() >= LEAST_FRAMES:
            pairs[name].append((float(rows[lld][at][both].mean()), float(values[both].mean())))


def agreed(feature: str, unit: str, peer: str, pairs: list[tuple[float, float]]) -> Agreement:
    """Return how `pairs` of (ours, theirs) agree."""
    both = np.array(pairs).reshape(-1, 2)
    mean = both.mean(0) if len(both) else np.zeros(2)
    r: float | None = None
    if len(both) > 2 and both.std(0).all():
        r = float(np.corrcoef(both.T)[0, 1])
    return Agreement(feature, unit, peer, r, len(both), float(mean[0]), float(mean[1]))


def _array(values: list[float | None]) -> Real:
    return np.array([np.nan if value is None else value for value in values])


class Peers:
    """The child process that holds the peers."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        self._process = process
        self._errors = errors
        self.versions = msgspec.json.decode(self._line(), type=dict[str, str])

    def time(self, peer: str, samples: Samples) -> float:
        """Return the processor seconds that a peer takes."""
        return float(msgspec.json.decode(self._ask(peer, samples), type=dict[str, float])["cpu_s"])

    def values(self, samples: Samples) -> Values:
        """Return what Praat says of every third frame."""
        return msgspec.json.decode(self._ask("values", samples), type=Values)

    def _ask(self, what: str, samples: Samples) -> bytes:
        assert self._process.stdin is not None  # a pipe was asked for
        packed = base64.b64encode(samples.astype("<f4").tobytes()).decode()
        try:
            self._process.stdin.write(json.dumps({"do": what, "samples": packed}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failed() from None
        return self._line()

    def _line(self) -> bytes:
        assert self._process.stdout is not None  # a pipe was asked for
        line = self._process.stdout.readline()
        if not line:
            raise self._failed()
        return line

    def _failed(self) -> AmbientError:
        self._process.wait()
        self._errors.seek(0)
        said = " ".join(self._errors.read().decode(errors="replace").split()[-40:])
        if "ModuleNotFoundError" in said:
            return UsageError(
                f"expected parselmouth and librosa in the peers' environment: {said}; "
                "run: make setup-peers"
            )
        return AmbientError(
            f"expected an answer of the peers, they ended with code {self._process.returncode}: "
            f"{said}; run: make setup-peers"
        )


@contextmanager
def opened(python: Path) -> Iterator[Peers]:
    """Run the peers with that interpreter, and end them at the end.

    Raises
    ------
    AmbientError
        When they do not start.
    """
    command = [str(python), "-I", str(_RUNNER)]
    environment = os.environ | dict.fromkeys(_LIMITS, "1")
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        ) as process,
    ):
        try:
            yield Peers(process, errors)
        finally:
            process.kill()
