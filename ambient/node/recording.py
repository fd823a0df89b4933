"""The file in which a node keeps what one room said in a day: records in, the same records out.

A file is a row of parts, each a frame of compressed records behind 16 bytes that tell its length
and how many records it holds. Both are frames of Zstandard (RFC 8878), the first one that any
reader skips, so that ``zstd -dc`` reads such a file. Inside is MessagePack: an array of records,
each an observation or one of the four below. Frames are added whole: what a killed process leaves
behind is readable up to its last frame, and a torn end is cut and counted.

A record is all that fusion takes in of a room and that its judgement depends on, in the order in
which it came. Observations never leave the node; nor does this file.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import zstandard
from msgspec import Struct

from ambient.errors import SourceError, StoreError
from ambient.events import Purpose
from ambient.observations import AnyObservation
from fusion.room import Snapshot

FORMAT: Final = 1
SUFFIX: Final = ".obs.zst"
LEVEL: Final = 3

_HEAD: Final = struct.Struct("<IIII")
"""Magic of a frame that readers skip, its length, length of the frame behind it, records in it."""
_MAGIC: Final = 0x184D2A5A
_MOST_BYTES: Final = 64 * 1024 * 1024
"""No frame is longer, packed or unpacked."""


class Begun(Struct, frozen=True, kw_only=True, tag_field="type", tag="begun"):
    """The first record of a file: who wrote it, and of which room and residents it tells."""

    format: int = FORMAT
    software: str
    config_version: str
    node: str
    node_key: str
    """Public key of the node, from which the ids of events derive."""
    room: str
    subjects: list[str]


class Resumed(Struct, frozen=True, kw_only=True, tag_field="type", tag="resumed"):
    """Where the judgement of the room stood when recording began, or went on after a gap."""

    t: int
    snapshot: Snapshot


class Switched(Struct, frozen=True, kw_only=True, tag_field="type", tag="switched"):
    """A purpose of the room was switched, and whether an event said so."""

    t: int
    purpose: Purpose
    on: bool
    told: bool


class SeenTo(Struct, frozen=True, kw_only=True, tag_field="type", tag="seen_to"):
    """Somebody has seen to a chain of the room."""

    chain: str


AnyRecord = AnyObservation | Begun | Resumed | Switched | SeenTo

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[list[AnyRecord]] = msgspec.msgpack.Decoder(list[AnyRecord])


@dataclass(frozen=True, slots=True)
class Torn:
    """The end of a file that cannot be read.

    Attributes
    ----------
    bytes
        How long it is; 0 when the file is whole.
    records
        How many are known to be lost with it; a frame of which not even the length was written
        tells none.
    """

    bytes: int = 0
    records: int = 0


class RecordingWriter:
    """Add records to one file.

    Parameters
    ----------
    path
        Made with mode 0600 when it is not there; a torn end is cut.

    Raises
    ------
    StoreError
        When the disk does not take it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: list[AnyRecord] = []
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self.add = self._records.append
        self.cut = Torn()
        try:
            if path.exists():
                self.cut = _cut(path)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(path, flags, 0o600)
            self._end = os.fstat(self._file).st_size
        except OSError as error:
            raise _refused(path, error) from None

    @property
    def waiting(self) -> int:
        """Records that are not in the file yet."""
        return len(self._records)

    def flush(self) -> None:
        """Write what waits as one frame.

        Raises
        ------
        StoreError
            When the disk does not take it; the file is then as it was before.
        """
        if not self._records:
            return
        packed = self._compressor.compress(_encoder.encode(self._records))
        head = _HEAD.pack(_MAGIC, 8, len(packed), len(self._records))
        data = head + packed
        try:
            done = 0
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise _refused(self.path, error) from None
        self._end += len(data)
        self._records.clear()

    def close(self) -> None:
        """Write what waits, have it on the disk, and close.

        Raises
        ------
        StoreError
            When the disk does not take it.
        """
        try:
            self.flush()
            os.fsync(self._file)
        except OSError as error:
            raise _refused(self.path, error) from None
        finally:
            os.close(self._file)


class RecordingReader:
    """Read one file, frame by frame.

    Attributes
    ----------
    torn
        What of its end cannot be read; known when all was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = Torn()

    def has_begun(self) -> bool:
        """Return whether anything of it reached the disk.

        Nothing does when a process is killed before it has written, or the power fails. What is no
        recording looks the same. All that is there is `torn` then.

        Raises
        ------
        SourceError
            When the file cannot be opened, or holds what is no record of this version.
        """
        return next(iter(self), None) is not None

    def begun(self) -> Begun:
        """Return the first record.

        Raises
        ------
        SourceError
            When the file is no recording, or of a format that this version does not read.
        """
        first = next(iter(self), None)
        if not isinstance(first, Begun):
            raise SourceError(
                f"{self.path}: expected a recording of a room that begins with its header, found "
                "none; give a file that `ambient record` lists"
            )
        return first

    def __iter__(self) -> Iterator[AnyRecord]:
        """Yield all records, oldest first.

        Raises
        ------
        SourceError
            When the file cannot be opened, or holds what is no record of this version.
        """
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                unpack = zstandard.ZstdDecompressor()
                whole = 0
                while whole < size:
                    head = file.read(_HEAD.size)
                    length, count = _lengths(head)
                    packed = file.read(length) if length else b""
                    try:
                        data = unpack.decompress(packed) if packed else b""
                    except zstandard.ZstdError:
                        data = b""
                    if not data:
                        self.torn = Torn(size - whole, count)
                        return
                    whole += len(head) + len(packed)
                    yield from _decoder.decode(data)
        except OSError as error:
            raise SourceError(
                f"{self.path}: cannot be read ({error.strerror}); check the path and its owner"
            ) from None
        except msgspec.MsgspecError as error:
            raise SourceError(
                f"{self.path}: expected records of format {FORMAT}, got something else ({error}); "
                "read it with the version of ambient that wrote it"
            ) from None


def _lengths(head: bytes) -> tuple[int, int]:
    """Return the length of the frame behind `head` and its records; 0 and 0 when it is torn."""
    if len(head) < _HEAD.size:
        return 0, 0
    magic, eight, length, count = _HEAD.unpack(head)
    if magic != _MAGIC or eight != 8 or not 0 < length <= _MOST_BYTES:
        return 0, 0
    return length, count


def _cut(path: Path) -> Torn:
    """Cut a torn end off the file; return what was cut."""
    unpack = zstandard.ZstdDecompressor()
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        whole, lost, last = 0, 0, 0
        while whole < size:
            length, count = _lengths(file.read(_HEAD.size))
            if not length or whole + _HEAD.size + length > size:
                lost = count
                break
            last, whole = whole, whole + _HEAD.size + length
            file.seek(whole)
        if whole:
            # Lengths may have reached the disk and what they tell of may not have.
            file.seek(last)
            length, count = _lengths(file.read(_HEAD.size))
            try:
                unpack.decompress(file.read(length))
            except zstandard.ZstdError:
                whole, lost = last, lost + count
        if whole < size:
            file.truncate(whole)
    return Torn(size - whole, lost)


def _refused(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: cannot be written ({error.strerror}); free space on this disk, or switch "
        "recording off"
    )
