"""Where pictures come from: files, image sequences, V4L2 devices, RTSP cameras.

Comes in: the source as written in a configuration or on the command line. Goes out: an open
`Source`. The kinds are told apart by `kind_of`; each has a module of its own.
"""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

from ambient.errors import SourceError
from ambient.links import redact
from vision.sources.base import Frame, Source
from vision.sources.device import DeviceSource
from vision.sources.file import FileSource
from vision.sources.rtsp import RtspSource
from vision.sources.sequence import SequenceSource
from vision.sources.timing import EventClock

__all__ = ["EventClock", "Frame", "Kind", "Source", "kind_of", "open_source"]


class Kind(StrEnum):
    """The kinds of source."""

    FILE = "file"
    SEQUENCE = "sequence"
    DEVICE = "device"
    RTSP = "rtsp"

    @property
    def is_camera(self) -> bool:
        """Whether it is a camera, not a recording."""
        return self in (Kind.DEVICE, Kind.RTSP)


def kind_of(spec: str) -> Kind:
    """Return what `spec` names.

    Parameters
    ----------
    spec
        ``rtsp://…`` or ``rtsps://…``; ``v4l2:0``, ``v4l2:/dev/…`` or ``/dev/…``; a folder or a
        pattern of pictures; else a file, with or without ``file:``.

    Raises
    ------
    SourceError
        For an address of another kind.
    """
    lower = spec.lower()
    if lower.startswith(("rtsp://", "rtsps://")):
        return Kind.RTSP
    if lower.startswith(("v4l2:", "/dev/")):
        return Kind.DEVICE
    path = path_of(spec)
    if path.is_dir() or (not path.exists() and any(c in str(path) for c in "*?[")):
        return Kind.SEQUENCE
    if "://" in str(spec) and not lower.startswith("file:"):
        raise SourceError(
            f"{redact(spec)}: expected a file, folder, /dev/video…, v4l2:… or rtsp://…, "
            "got another kind of address; use the camera's RTSP address"
        )
    return Kind.FILE


def path_of(spec: str) -> Path:
    """Return the path in ``file:PATH``, ``file://PATH`` or ``PATH``."""
    if spec.startswith("file://"):
        return Path(unquote(spec.removeprefix("file://")))
    return Path(spec.removeprefix("file:"))


def open_source(
    spec: str,
    *,
    fps: float | None = None,
    realtime: bool = False,
    start_ns: int = 0,
    loop: bool = False,
    clock: EventClock | None = None,
) -> Source:
    """Open what `spec` names.

    Parameters
    ----------
    spec
        As for `kind_of`.
    fps
        At most this many frames a second; for an image sequence, the rate it was taken at.
    realtime
        Pace a recording at its own speed; cameras are always in real time.
    start_ns
        Event time of a recording's first frame; for a camera without `clock`, event time of now.
    loop
        Begin a recording again at its end, with time going on.
    clock
        Event time of a camera; all cameras of a node share one.

    Raises
    ------
    SourceError
        When it cannot be opened; the message holds no password.
    """
    kind = kind_of(spec)
    if kind.is_camera:
        clock = clock or EventClock.at(start_ns, time.monotonic_ns())
        if kind is Kind.RTSP:
            return RtspSource(spec, fps=fps, clock=clock)
        return DeviceSource(spec, fps=fps, clock=clock)
    path = path_of(spec)
    if kind is Kind.SEQUENCE:
        return SequenceSource(str(path), fps=fps, realtime=realtime, start_ns=start_ns, loop=loop)
    return FileSource(path, fps=fps, realtime=realtime, start_ns=start_ns, loop=loop)
