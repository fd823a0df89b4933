"""The sample clips that the project carries; a name goes in, the path of its file comes out."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

#: Every clip, by the name of its file without `.mp4`.
NAMES = ("fall", "fall_c2", "sit", "lie_bed", "walk", "two_people", "empty")


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
