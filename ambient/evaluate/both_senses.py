"""Which video and which worn recording are of the same moments: two manifests in, pairs out.

They are of one data set and alike in name. Where a name is there more than once, say in a folder
for each person, those belong together whose folders are most alike; what that does not tell apart
is left out and said, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath

import numpy as np

from ambient.errors import UsageError
from ambient.evaluate import labelled
from ambient.evaluate.accelerations import shared_name
from ambient.evaluate.manifest import Row


def worn_of(
    vitals: Path, videos: Iterable[Row], errors: dict[str, str] | None = None
) -> dict[tuple[str, str], str]:
    """Return the worn recording of each video that has one, by the video's data set and file.

    Parameters
    ----------
    vitals
        The folder of worn recordings, with ``manifest.csv``.
    videos
        All of a manifest: which one a worn recording is of is told from the others.
    errors
        Videos of which that cannot be told are added, by file; without it that is an error.

    Raises
    ------
    UsageError
        The manifest cannot be read, or it cannot be told (without `errors`).
    """
    worn: dict[tuple[str, str], list[str]] = {}
    for _, raw in labelled.rows(vitals / "manifest.csv", ("file", "dataset")):
        _add(worn, raw["dataset"], raw["file"])
    seen: dict[tuple[str, str], list[str]] = {}
    for row in videos:
        _add(seen, row.dataset, row.file)
    out: dict[tuple[str, str], str] = {}
    for (dataset, name), files in seen.items():
        for video, found in _most_alike(files, worn.get((dataset, name), ())):
            if len(found) == 1:
                out[dataset, video] = found[0]
                continue
            said = (
                f"{video}: expected one worn recording of that name in a folder alike, got "
                f"{', '.join(found)}; call the folders of both senses the same"
            )
            if errors is None:
                raise UsageError(said)
            errors[video] = said
    return out


def _add(files: dict[tuple[str, str], list[str]], dataset: str, file: str) -> None:
    known = files.setdefault((dataset, shared_name(file)), [])
    if file not in known:
        known.append(file)


def _most_alike(videos: Sequence[str], worn: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each video with the worn recordings that none fits better, and that fit none better.

    Several videos may be of one worn recording, as of two cameras.
    """
    if not worn:
        return
    alike = np.array([[_alike(one, other) for other in worn] for one in videos])
    best = (alike == alike.max(axis=0)) & (alike == alike.max(axis=1, keepdims=True))
    for video, fits in zip(videos, best.tolist(), strict=True):
        found = [file for file, fit in zip(worn, fits, strict=True) if fit]
        if found:
            yield video, found


def _alike(one: str, other: str) -> int:
    """Return how many folders two files have in common, in the same order."""
    first, second = (PurePosixPath(file).parts[:-1] for file in (one, other))
    same = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same)
