"""Tables of voice features for researchers: sound files in, a CSV of functionals out.

Behind ``ambient features``. One row a file: its name as given, then the 88 functionals over all of
it. On request the descriptors as Parquet, a file each, and columns of our own.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ambient.errors import SourceError, StoreError, UsageError
from audio.features import Descriptors, Extractor, Lld, functionals, rhythm
from audio.features.frames import SHORT, STEP_S
from audio.sources.file import open_file

OWN: Final = (
    "speechRate_nucleiPerSec",
    "articulationRate_nucleiPerSec",
    "pauseRatio",
    "meanPauseLengthSec",
    "meanTurnLengthSec",
    "voiceActivitySec",
    "cppSmoothed_dB_amean",
)


def write(
    files: Sequence[str],
    table: Path,
    folder: Path | None = None,
    *,
    own: bool = False,
    progress: Callable[[int, int], None] | None = None,
    note: Callable[[str], None] | None = None,
) -> dict[str, str]:
    """Write the table, and return what could not be read, with the reason.

    Parameters
    ----------
    files
        Names of sound files, which rows repeat as given.
    table
        The CSV file.
    folder
        For descriptors: ``<number>-<name>.parquet`` for each file, numbered as given.
    own
        Whether `OWN` is added after the published columns.
    progress
        Called with (done, all) after each file.
    note
        Told of each file that ends before its time; its row is of what is there.

    Raises
    ------
    StoreError
        When the table or the folder cannot be written.
    UsageError
        When descriptors are asked for and pyarrow is missing.
    """
    if folder is not None:
        _parquet()
    errors: dict[str, str] = {}
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        with table.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened, lineterminator="\n")
            writer.writerow(["file", *functionals(_nothing()), *(OWN if own else ())])
            for number, file in enumerate(files, start=1):
                path = Path(file)
                try:
                    rows = described(path, note)
                except SourceError as error:
                    errors[file] = str(error).removeprefix(f"{path}: ")
                else:
                    values = [*functionals(rows).values(), *(_own(rows) if own else ())]
                    writer.writerow([file, *(f"{value:.9g}" for value in values)])
                    if folder is not None:
                        _write_rows(rows, folder / f"{number:05d}-{path.stem}.parquet")
                if progress is not None:
                    progress(number, len(files))
    except OSError as error:
        raise StoreError(
            f"{error.filename or table}: cannot write the features ({error.strerror}); "
            "choose another place"
        ) from error
    return errors


def described(file: Path, note: Callable[[str], None] | None = None) -> Descriptors:
    """Return the descriptors of a sound file.

    Parameters
    ----------
    file
        Of sound.
    note
        Told when it ends before its time.

    Raises
    ------
    SourceError
        When it cannot be read, or is too short for a frame.
    """
    extractor = Extractor()
    parts: list[Descriptors] = []
    samples = 0
    with open_file(file) as sound:
        for block in sound:
            samples += len(block.samples)
            parts.append(extractor.push(block.samples))
        if sound.cut_off and note is not None:
            note(f"{file}: cut off after {samples / 16_000:.2f} s; measured as far as it goes")
    parts.append(extractor.finish())
    if samples < SHORT:
        raise SourceError(
            f"{file}: expected at least 20 ms of sound, got {1000 * samples / 16_000:.2g} ms; "
            "choose a longer recording"
        )
    return Descriptors.joined(parts)


def _own(rows: Descriptors) -> Iterator[float]:
    """Yield the values of `OWN`; NaN where there is none."""
    how = rhythm(rows, [(0.0, rows.seconds)])
    cpp = rows[Lld.CPP][rows.voiced]
    values = (
        how.speech_rate,
        how.articulation_rate,
        how.pause_ratio,
        how.pause_length_s,
        how.turn_length_s,
        how.active_s,
        float(cpp.mean()) if len(cpp) else None,
    )
    yield from (float("nan") if value is None else value for value in values)


def _nothing() -> Descriptors:
    return Descriptors(np.zeros((0, len(Lld))))


def _parquet() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            "--lld-parquet: expected pyarrow, found none; pip install 'ambient[research]'"
        ) from None


def _write_rows(rows: Descriptors, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    columns = {"start_s": (rows.first + np.arange(len(rows))) * STEP_S}
    columns |= {name.value: rows[name] for name in Lld}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
