"""Sound files: WAV, FLAC, Ogg, MP3, AIFF … by libsndfile, everything else by FFmpeg.

Comes in: a path. Goes out: a `Recording` of it, whatever its rate, number of channels and depth.
What libsndfile does not know (the sound of an MP4, say) is offered to FFmpeg.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import soundfile

from ambient.errors import SourceError
from ambient.sources import expect_name
from audio.sources.base import Chunk, Reader
from audio.sources.recording import Recording, frames_of

PIECE_S: Final = 0.1


class SoundfileReader:
    """What libsndfile can read.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    soundfile.LibsndfileError
        When it is none of libsndfile's formats.
    """

    def __init__(self, path: Path) -> None:
        self._file = soundfile.SoundFile(path)
        # libsndfile makes the length of a WAV that was cut off fit silently.
        self._short = _riff_is_short(path)
        self._rate = int(self._file.samplerate)
        self._expected = int(self._file.frames)
        self._got = 0
        self._failed = False

    @property
    def cut_off(self) -> bool:
        """Whether it holds fewer frames than it says, or broke off."""
        return self._failed or self._short or self._got < self._expected

    def read(self) -> Chunk | None:
        """Return the next tenth of a second, or None at the end or where it is broken."""
        if self._failed:
            return None
        try:
            values = self._file.read(
                frames_of(PIECE_S, self._rate), dtype="float32", always_2d=True
            )
        except soundfile.LibsndfileError:
            self._failed = True
            return None
        self._got += len(values)
        return Chunk(values, self._rate) if len(values) else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_file(
    path: Path, *, realtime: bool = False, start_ns: int = 0, loop: bool = False
) -> Recording:
    """Open a sound file; parameters as for `Recording`.

    Raises
    ------
    SourceError
        When it can't be read, is no sound, or holds no sample.
    """
    _check_file(path)
    return Recording(
        str(path), lambda: _reader(path), realtime=realtime, start_ns=start_ns, loop=loop
    )


def _reader(path: Path) -> Reader:
    try:
        return SoundfileReader(path)
    except soundfile.LibsndfileError:
        from audio.sources.container import ContainerReader

        return ContainerReader(path)


def _riff_is_short(path: Path) -> bool:
    """Return whether a WAV file says that it is longer than it is; some writers leave 0 or −1."""
    with path.open("rb") as file:
        head = file.read(8)
    size = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and size != 0xFFFFFFFF and size + 8 > path.stat().st_size


def _check_file(path: Path) -> None:
    expect_name(path)
    try:
        size = path.stat().st_size
        if not path.is_file():
            # Opening a pipe would wait for whoever writes to it.
            raise SourceError(
                f"{path}: expected a sound file, got something else; name the file itself"
            )
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise SourceError(f"{path}: expected a sound file, found none; check the path") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its owner") from None
    if size == 0:
        raise SourceError(f"{path}: expected a sound file, got an empty one; copy it again")
