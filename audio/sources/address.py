"""How a source of sound is written, and what may be said about it.

Comes in: the source as it stands in a configuration or on the command line. Goes out: which kind
it is, its parts, and a form for messages that holds no password.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

from ambient.errors import SourceError


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


def redact(address: str) -> str:
    """Return `address` without user, password, path and query, for messages and logs.

    Paths go too: many cameras take the password there. An unescaped password may hold any sign,
    so the host is what stands after the last ``@``, if that can be one.
    """
    scheme, found, rest = address.partition("://")
    if not found:
        return address
    first = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest and ("@" in first or ":" in first):
        rest = rest.rsplit("@", 1)[1]
    return f"{scheme}://{re.split(r'[/?#]', rest, maxsplit=1)[0]}/…"
