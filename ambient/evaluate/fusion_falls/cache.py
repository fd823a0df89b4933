"""What the camera says of recordings, kept in a folder: looking takes minutes, judging does not.

Comes in: rows of a manifest of videos. Goes out: for each row the observations of a node's own
pipeline, frame after frame and then held. A recording is looked at once, whatever it is called and
wherever it lies: what is kept goes by what is in the file, and by the code and models that looked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

import vision
from ambient.errors import SourceError, UsageError
from ambient.evaluate.clip import FPS, HOLD_S, default_config, observe
from ambient.evaluate.manifest import Row
from ambient.evaluate.versions import code_hash
from ambient.files import digest
from ambient.observations import AnyObservation, BoxSeen, PoseSeen
from vision.networks import Networks
from vision.pose.types import PoseOptions

_UNUSED: Final = (PoseSeen, BoxSeen)
"""No fall is judged by them: postures are made of them."""

_DECIDING: Final = ("clip", "fusion_falls/cache")
_LONGEST: Final = 60
_DIGITS: Final = 16
"""Of a file's name and of the hash of what is in it, which name what is kept of it."""

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(list[AnyObservation])


def looked_at(
    rows: Sequence[Row],
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
    errors: dict[str, str] | None = None,
) -> Iterator[tuple[Row, list[AnyObservation]]]:
    """Yield each row with what the camera says of it, from `folder` or by looking now.

    Parameters
    ----------
    rows
        Of a manifest of videos.
    folder
        Where observations are kept; made when it is not there.
    progress
        Called with (done, all) after each row.
    errors
        What cannot be read is added, by file, and the others go on; without it that is an error.

    Raises
    ------
    SourceError
        A video cannot be opened, without `errors`.
    UsageError
        A kept file is of another version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    code = code_hash((vision,), _DECIDING)
    for number, row in enumerate(rows, 1):
        try:
            seen = _seen(row, folder, code)
        except SourceError as error:
            if errors is None:
                raise
            errors[row.file] = str(error)
        else:
            yield row, seen
        if progress is not None:
            progress(number, len(rows))


def _seen(row: Row, folder: Path, code: str) -> list[AnyObservation]:
    try:
        content = digest(row.path)
    except OSError:
        # Looking says why.
        content = ""
    path = folder / f"{row.path.stem[:_LONGEST]}-{content[:_DIGITS]}-{code}.msgpack"
    return _kept(path) if path.exists() else _looked(row, path)


def _looked(row: Row, path: Path) -> list[AnyObservation]:
    options = PoseOptions(num_people=default_config("x").rooms[0].cameras[0].people)
    with Networks.open(options) as networks:
        seen: list[AnyObservation] = [
            one
            for found in observe(str(row.path), networks, fps=FPS, hold_s=HOLD_S)
            for one in found
            if not isinstance(one, _UNUSED)
        ]
    part = path.with_suffix(".part")
    part.write_bytes(_encoder.encode(seen))
    os.replace(part, path)
    return seen


def _kept(path: Path) -> list[AnyObservation]:
    try:
        return _decoder.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{path}: expected kept observations of this version, got something else ({error}); "
            "remove it, and the recording is looked at again"
        ) from None
