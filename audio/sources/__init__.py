"""Where sound comes from: files, microphones, the sound of network cameras.

Comes in: the source as written in a configuration or on the command line. Goes out: an open
`SoundSource`. The kinds are told apart by `kind_of`; each has a module of its own.
"""

from __future__ import annotations

import time

from audio.sources.address import Kind, kind_of, path_of
from audio.sources.base import EventTime, SoundSource
from audio.sources.file import open_file
from audio.sources.live import LiveSound
from audio.sources.microphone import MicrophoneSource

__all__ = [
    "EventTime",
    "Kind",
    "LiveSound",
    "SoundSource",
    "kind_of",
    "open_sound",
]


def open_sound(
    spec: str,
    *,
    realtime: bool = False,
    start_ns: int = 0,
    loop: bool = False,
    clock: EventTime | None = None,
) -> SoundSource:
    """Open what `spec` names.

    Parameters
    ----------
    spec
        As for `kind_of`.
    realtime
        Pace a recording at its own speed; microphones and streams are always in real time.
    start_ns
        Event time of a recording's beginning; for a live source without `clock`, of now.
    loop
        Begin a recording again at its end, with time going on.
    clock
        Event time of a live source; all sources of a node share one.

    Raises
    ------
    SourceError
        When it cannot be opened; the message holds no password.
    """
    kind = kind_of(spec)
    if kind is Kind.FILE:
        return open_file(path_of(spec), realtime=realtime, start_ns=start_ns, loop=loop)
    clock = clock or _clock_from(start_ns)
    if kind is Kind.STREAM:
        # FFmpeg takes 16 MB: only where there is a stream.
        from audio.sources.stream import StreamSource

        return StreamSource(spec, clock=clock)
    return MicrophoneSource(spec, clock=clock)


def _clock_from(start_ns: int) -> EventTime:
    """Return the clock for which now is `start_ns`."""
    began_ns = time.monotonic_ns()
    return lambda monotonic_ns: max(0, start_ns + monotonic_ns - began_ns)
