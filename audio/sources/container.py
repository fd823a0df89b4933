"""The sound in a container or a network stream, decoded by FFmpeg (through PyAV).

Comes in: a path or address. Goes out: chunks of its first sound track with their presentation
times. The seam to FFmpeg is `open_media`; a stream's part that can't be decoded is passed over.

FFmpeg is kept to the formats and protocols that are meant: it would also follow a playlist to
somebody else's machine, or a redirection to a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

import av
import av.error
import av.logging
import numpy as np
import numpy.typing as npt

from ambient.errors import SourceError
from audio.blocks import SECOND_NS
from audio.sources.base import Chunk, Values

FORMATS: Final = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "mxf", "3gp", "ogg", "mp3", "aac",
    "ac3", "eac3", "amr", "caf", "wav", "w64", "aiff", "flac", "au", "rtsp", "sdp",
)  # fmt: skip
"""Containers that hold sound, and what an RTSP camera is spoken to with; no playlist."""
GAP_NS: Final = 50_000_000
"""Containers round their stamps; a track that jumps by more has a hole. Cameras that write MP4
place the sound in steps of up to 32 ms (512 samples at 16 kHz)."""
MOST_BROKEN: Final = 100
"""So many packets in a row that can't be decoded are no sound any more."""

# FFmpeg writes to stderr by itself, an address with its password among it.
av.logging.set_level(None)
av.logging.set_libav_level(av.logging.PANIC)


class Packets(Protocol):
    """What is used of a container that is open."""

    def demux(self, stream: Any, /) -> Iterator[Any]: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102

    @property
    def streams(self) -> Any: ...  # noqa: D102


OpenMedia = Callable[[str, Mapping[str, str], float | None], Packets]
"""Opens a name with FFmpeg's options; no step may take longer than the seconds given."""


def open_media(name: str, options: Mapping[str, str], timeout_s: float | None) -> Packets:
    """Open with PyAV.

    Raises
    ------
    av.FFmpegError
        When that does not work.
    """
    return av.open(name, "r", options=dict(options), timeout=timeout_s, metadata_errors="replace")


class Track:
    """The first sound track of something that is open.

    Parameters
    ----------
    name
        What to call it in messages, without credentials.
    media
        Open; closed by `close`, and here when it holds no sound.

    Raises
    ------
    SourceError
        When it holds no sound.
    """

    def __init__(self, name: str, media: Packets) -> None:
        self._name = name
        self._media: Packets | None = media
        if not media.streams.audio:
            self.close()
            raise SourceError(
                f"{name}: expected sound, got a recording or stream without any; "
                "switch the sound on in the camera, or choose another source"
            )
        self._track = media.streams.audio[0]
        self._frames = self._decode(media)
        self._broken = 0

    def read(self) -> tuple[Chunk, int | None] | None:
        """Return the next chunk and its presentation time in nanoseconds; None at the end.

        Raises
        ------
        av.FFmpegError
            When the connection breaks off or the container is damaged.
        """
        return None if self._media is None else next(self._frames, None)

    def close(self) -> None:
        """Close the file or connection."""
        if self._media is not None:
            self._media.close()
            self._media = None

    def _decode(self, media: Packets) -> Iterator[tuple[Chunk, int | None]]:
        for packet in media.demux(self._track):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                self._broken += 1
                if self._broken > MOST_BROKEN:
                    raise
                continue
            for frame in frames:
                self._broken = 0
                if frame.samples:
                    yield Chunk(values_of(frame), int(frame.sample_rate)), time_of(frame)


def values_of(frame: Any) -> Values:
    """Return the samples of an ``av.AudioFrame`` as float32, shape (frames, channels)."""
    array: npt.NDArray[Any] = frame.to_ndarray()
    channels = int(frame.layout.nb_channels)
    array = array.T if frame.format.is_planar else array.reshape(-1, channels)
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, np.float32)
    bits = 8 * array.dtype.itemsize
    middle = 2.0 ** (bits - 1)
    offset = middle if array.dtype.kind == "u" else 0.0
    return np.asarray((array.astype(np.float64) - offset) / middle, np.float32)


def time_of(frame: Any) -> int | None:
    """Return an ``av.AudioFrame``'s presentation time in nanoseconds, if it has one."""
    if frame.pts is None or frame.time_base is None:
        return None
    return int(frame.pts * Fraction(frame.time_base) * SECOND_NS)


class ContainerReader:
    """The sound of a file that libsndfile does not know.

    Parameters
    ----------
    path
        The file.
    media
        Seam for tests.

    Raises
    ------
    SourceError
        When FFmpeg does not know it either, or it holds no sound.
    """

    def __init__(self, path: Path, media: OpenMedia = open_media) -> None:
        options = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}
        try:
            opened = media(f"file:{path.absolute()}", options, None)
        except av.FFmpegError:
            raise SourceError(
                f"{path}: expected a sound file, got something that cannot be decoded; "
                "check that it is complete (ffprobe FILE)"
            ) from None
        self._track = Track(str(path), opened)
        self._next_ns = 0
        self._cut_off = False

    @property
    def cut_off(self) -> bool:
        """Whether it broke off."""
        return self._cut_off

    def read(self) -> Chunk | None:
        """Return the next chunk, or None at the end or where it is broken."""
        try:
            got = self._track.read()
        except av.FFmpegError:
            self._cut_off = True
            return None
        if got is None:
            return None
        chunk, t_ns = got
        lost_ns = 0 if t_ns is None else t_ns - self._next_ns
        if lost_ns < GAP_NS:
            lost_ns = 0
        self._next_ns += lost_ns + len(chunk.values) * SECOND_NS // chunk.rate
        return Chunk(chunk.values, chunk.rate, lost_ns) if lost_ns else chunk

    def close(self) -> None:
        """Close the file."""
        self._track.close()
