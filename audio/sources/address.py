"""How a source of sound is written.

Comes in: the source as it stands in a configuration or on the command line. Goes out: which kind
it is, and its parts.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

from ambient.errors import SourceError
from ambient.links import redact


class Kind(StrEnum):
    """The kinds of source."""

    FILE = "file"
    MICROPHONE = "microphone"
    STREAM = "stream"

    @property
    def is_live(self) -> bool:
        """Whether it is heard now, not recorded."""
        return self is not Kind.FILE


def kind_of(spec: str) -> Kind:
    """Return what `spec` names.

    Parameters
    ----------
    spec
        ``mic``, ``mic:NUMBER`` or ``mic:NAME``; ``rtsp://…``, ``rtsps://…``, ``http://…`` or
        ``https://…``; else a file, with or without ``file:``.

    Raises
    ------
    SourceError
        For an address of another kind.
    """
    lower = spec.lower()
    if lower == "mic" or lower.startswith("mic:"):
        return Kind.MICROPHONE
    if lower.startswith(("rtsp://", "rtsps://", "http://", "https://")):
        return Kind.STREAM
    if "://" in spec and not lower.startswith("file:"):
        raise SourceError(
            f"{redact(spec)}: expected a file, mic:…, rtsp://… or http://…, "
            "got another kind of address; use the camera's RTSP address"
        )
    return Kind.FILE


def path_of(spec: str) -> Path:
    """Return the path in ``file:PATH``, ``file://PATH`` or ``PATH``."""
    if spec.startswith("file://"):
        return Path(unquote(spec.removeprefix("file://")))
    return Path(spec.removeprefix("file:"))


def device_of(spec: str) -> int | str | None:
    """Return the number or name in ``mic:…``; None is the machine's default microphone."""
    name = spec[4:].strip()
    if name in ("", "default"):
        return None
    return int(name) if re.fullmatch(r"\d{1,3}", name) else name
