"""The sound of a network camera or another stream: RTSP over TCP, or HTTP.

Comes in: ``rtsp://user:password@host/path`` or ``http://…``. Goes out: blocks as they arrive. A
camera that refuses, that sends no sound, or that is silent for 5 s, is a `SourceError`. Messages
name the host alone. Of a camera only the sound is set up, never its picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import av

from ambient.errors import SourceError
from ambient.links import redact
from audio.blocks import Block
from audio.sources.arriving import Arriving
from audio.sources.base import EventTime, Readable
from audio.sources.container import FORMATS, OpenMedia, Track, open_media

TIMEOUT_S: Final = 5.0
"""For an answer, and between two packets."""

OPTIONS: Final = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "audio",
    "protocol_whitelist": "rtsp,rtsps,rtp,srtp,tcp,udp,tls,http,https",
    "format_whitelist": ",".join(FORMATS),
    "timeout": str(round(TIMEOUT_S * 1e6)),
}


class StreamSource(Readable):
    """An open stream.

    Parameters
    ----------
    address
        With user and password where the camera wants them.
    clock
        Event time of the monotonic clock.
    media, monotonic
        Seams for tests.

    Raises
    ------
    SourceError
        When it refuses, is not there, does not answer in time, or has no sound.
    """

    def __init__(
        self,
        address: str,
        *,
        clock: EventTime,
        media: OpenMedia = open_media,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._name = redact(address)
        self._clock = clock
        self._monotonic = monotonic
        self._arriving = Arriving(self._name)
        try:
            opened = media(address, OPTIONS, TIMEOUT_S)
        except (av.FFmpegError, ValueError):
            # PyAV refuses some addresses by itself, and says them.
            raise SourceError(
                f"{self._name}: expected a camera that sends sound within {TIMEOUT_S:g} s, "
                "got no answer or a refusal; check address, path, user and password"
            ) from None
        self._track: Track | None = Track(self._name, opened)

    @property
    def live(self) -> bool:
        """Always true."""
        return True

    @property
    def cut_off(self) -> bool:
        """Never; a stream that ends is an error."""
        return False

    def read(self) -> Block | None:
        """Wait for the next block; None once closed.

        Raises
        ------
        SourceError
            When the sender stopped.
        """
        while self._track is not None:
            try:
                got = self._track.read()
            except av.FFmpegError:
                got = None
            if got is None:
                raise SourceError(
                    f"{self._name}: expected sound, got none in time; "
                    "check that the camera is plugged in and switched on"
                )
            block = self._arriving.take(got[0], self._clock(self._monotonic()))
            if block is not None:
                return block
        return None

    def close(self) -> None:
        """End the connection."""
        if self._track is not None:
            self._track.close()
            self._track = None
