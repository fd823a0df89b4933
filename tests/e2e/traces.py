"""Every file that is written on a disk, whether or not it is still there, and pictures in it.

Comes in: the mount point of a disk, and the pictures that a camera showed. Goes out: what the
files held when they were closed and in the end, and where a picture lies in them, coded or raw.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import stat
import struct
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

FAN_CLASS_NOTIF, FAN_CLOEXEC, FAN_NONBLOCK, FAN_UNLIMITED_QUEUE = 0, 1, 2, 16
FAN_MARK_ADD, FAN_MARK_FILESYSTEM = 1, 0x100
FAN_CLOSE_WRITE: Final = 8
_EVENT: Final = struct.Struct("=IBBHQii")

WORD: Final = 8
"""Bytes that are compared at once; two words in a row make a find."""

MIN_VALUES: Final = 6
"""A word of fewer different bytes is a plain surface, which could stand anywhere."""


class WriteWatch:
    """Keeps a copy of every file of a disk at the instant it is closed after being written."""

    def __init__(self, disk: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        flags = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE
        self._group = libc.fanotify_init(flags, os.O_RDONLY | os.O_CLOEXEC)
        assert self._group >= 0, os.strerror(ctypes.get_errno())
        mark = libc.fanotify_mark(
            self._group,
            FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
            ctypes.c_uint64(FAN_CLOSE_WRITE),
            -100,
            os.fsencode(disk),
        )
        assert mark == 0, os.strerror(ctypes.get_errno())
        self.closed: list[tuple[str, bytes]] = []
        """Name and content, in order; a file that was removed at once is here as well."""
        self._failed: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.02):
                self._take()
            self._take()
        except BaseException as error:  # noqa: BLE001 - handed to the test in `close`
            self._failed = error

    def _take(self) -> None:
        while True:
            try:
                data = os.read(self._group, 65536)
            except BlockingIOError:
                return
            for at in range(0, len(data), _EVENT.size):
                _, _, _, _, mask, descriptor, _ = _EVENT.unpack_from(data, at)
                assert descriptor >= 0, f"the watch overflowed ({mask:#x})"
                self._keep(descriptor)

    def _keep(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                name = os.readlink(f"/proc/self/fd/{descriptor}")
                self.closed.append((name, file.read()))

    def close(self) -> None:
        """Stop watching; nothing may have been missed."""
        self._stop.set()
        self._thread.join()
        os.close(self._group)
        if self._failed is not None:
            raise self._failed


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the regular files below `folder` and what they hold."""
    found = {}
    for below, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(below, name)
            with contextlib.suppress(FileNotFoundError):  # It was removed meanwhile.
                if path.is_file() and not path.is_symlink():
                    found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def still_open(pids: Iterable[int], device: int) -> dict[str, bytes]:
    """Return files of a disk that processes hold open although they were removed."""
    found = {}
    for pid in pids:
        try:
            entries = list(Path(f"/proc/{pid}/fd").iterdir())
        except OSError:  # It ended meanwhile.
            continue
        for entry in entries:
            with contextlib.suppress(OSError):
                name = os.readlink(entry)
                if name.endswith(" (deleted)") and entry.stat().st_dev == device:
                    found[f"{pid}: {name}"] = entry.read_bytes()
    return found


def coded_pictures(files: Mapping[str, bytes]) -> list[str]:
    """Return where a picture or video of a usual format begins in a file, at its start or within.

    What looks like a picture's first bytes must also decode: three bytes stand in any large file.
    """
    found = []
    for data, names in _contents(files).items():
        for mark, kind in _MARKS:
            for hit in re.finditer(mark, data):
                begin = hit.start() - _BEFORE.get(kind, 0)
                if begin >= 0 and _decodes(kind, data[begin : begin + 4_000_000]):
                    found += [f"{name}: {kind} at {begin}" for name in names]
    return found


def _contents(files: Mapping[str, bytes]) -> dict[bytes, list[str]]:
    """Return each content with the names of the files that hold it: most are kept many times."""
    found: dict[bytes, list[str]] = {}
    for name, data in files.items():
        found.setdefault(data, []).append(name)
    return found


_MARKS: Final = (
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"\x89PNG\r\n\x1a\n", "PNG"),
    (rb"GIF8[79]a", "GIF"),
    (rb"WEBPVP8", "WebP"),
    (rb"II\*\0|MM\0\*", "TIFF"),
    (rb"P[1-6]\s+\d{1,5}\s+\d{1,5}\s+\d{1,5}\s", "PNM"),
    (rb"BM.{4}\0{4}.{4}\x28\0\0\0", "BMP"),
    (rb"ftyp(?:isom|iso[2-6]|mp4[12]|avc1|qt  |M4V )", "MP4"),
    (rb"\x1a\x45\xdf\xa3", "Matroska"),
    (rb"AVI LIST", "AVI"),
    (rb"\x93NUMPY", "NumPy array"),
)
_BEFORE: Final = {"WebP": 8, "MP4": 4, "AVI": 8}
"""How far before its mark such a file begins."""

_VIDEOS: Final = frozenset({"MP4", "Matroska", "AVI", "NumPy array"})


def _decodes(kind: str, data: bytes) -> bool:
    if kind in _VIDEOS:
        return True
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return picture is not None and picture.size > 64


def telling_words(
    pictures: Sequence[npt.NDArray[np.uint8]], most: int = 40
) -> npt.NDArray[np.uint64]:
    """Return words (8 bytes each, in pairs) that stand in the pictures and hardly elsewhere.

    Each picture is taken as BGR, RGB, grey and as the luma plane that codecs use; from each, rows
    spread over the height, at the place with the most different values.

    Returns
    -------
    ndarray of uint64, shape (n, 2)
    """
    found: list[npt.NDArray[np.uint8]] = []
    for picture in pictures:
        for plane in (
            picture,
            picture[:, :, ::-1],
            cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[:, :, None],
            cv2.cvtColor(picture, cv2.COLOR_BGR2YUV)[:, :, :1],
        ):
            rows = np.ascontiguousarray(plane).reshape(plane.shape[0], -1)
            found += _words_of(rows[:: max(1, len(rows) // most)])
    unique = np.unique(np.array(found, np.uint8).reshape(-1, 2 * WORD), axis=0)
    return unique.view(np.uint64)


def _words_of(rows: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    kept = []
    for row in rows:
        windows = np.lib.stride_tricks.sliding_window_view(row, 2 * WORD)[::WORD]
        values = np.sort(windows, axis=1)
        different = (np.diff(values, axis=1) != 0).sum(axis=1) + 1
        best = int(different.argmax())
        if different[best] >= MIN_VALUES:
            kept.append(windows[best])
    return kept


def raw_pictures(files: Mapping[str, bytes], words: npt.NDArray[np.uint64]) -> list[str]:
    """Return the files in which two words of a picture stand one after the other."""
    first = np.sort(np.unique(words[:, 0]))
    pairs = {(int(a), int(b)) for a, b in words}
    found = []
    for data, names in _contents(files).items():
        if _has_pair(np.frombuffer(data, np.uint8), first, pairs):
            found += [f"{name}: a row of a picture" for name in names]
    return found


def _has_pair(
    data: npt.NDArray[np.uint8], first: npt.NDArray[np.uint64], pairs: set[tuple[int, int]]
) -> bool:
    for offset in range(WORD):
        usable = (len(data) - offset) // WORD * WORD
        if usable < 2 * WORD:
            continue
        words = data[offset : offset + usable].view(np.uint64)
        place = np.searchsorted(first, words[:-1])
        hits = np.flatnonzero(first[np.minimum(place, len(first) - 1)] == words[:-1])
        if any((int(words[at]), int(words[at + 1])) in pairs for at in hits):
            return True
    return False
