"""The sample clips that the project carries; a name goes in, the path of its file comes out."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

#: Every clip, by the name of its file without `.mp4`.
NAMES = ("fall", "fall_c2", "sit", "lie_bed", "walk", "two_people", "empty")

_FIRST = ((0.17, 0.48), (0.16, 0.40), (0.23, 0.31), (0.51, 0.32), (0.51, 0.39), (0.50, 0.50))
_SECOND = ((0.38, 0.52), (0.00, 0.87), (0.00, 0.60), (0.28, 0.38), (0.37, 0.44))
_BED = ((0.24, 0.49), (0.30, 0.37), (0.60, 0.38), (0.62, 0.51), (0.62, 0.59), (0.25, 0.58))
#: Where somebody lies who is in the bed of a clip: polygons in 0..1 of the picture.
BED_ZONES = dict.fromkeys(NAMES, _FIRST) | {"fall_c2": _SECOND, "lie_bed": _BED}


def path(name: str) -> Path:
    """Return the file of a clip, for example ``path("fall")``.

    Raises
    ------
    ValueError
        When no clip has this name.
    """
    if name not in NAMES:
        raise ValueError(f"sample clip {name!r}: expected one of {', '.join(NAMES)}")
    return Path(str(files("models.samples") / f"{name}.mp4"))


def manifest() -> Path:
    """Return the table of the clips, in the columns that `ambient evaluate falls` reads."""
    return Path(str(files("models.samples") / "manifest.csv"))
