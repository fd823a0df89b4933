"""A folder of CSV files, each read once: for researchers and for replay.

Comes in: files ``*.csv`` that appear in the folder of the configuration (`vitals.parse.csv`). Goes
out: readings to the desk. Which rows of which file were taken in is kept in the node's state, so
that neither a restart in the middle of a file nor the same file under another name doubles one. The
folder itself is only read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import msgspec
import structlog

from ambient.config_gateways import CsvFolder, Way
from ambient.errors import StoreError
from ambient.files import digest, read_bytes, write_atomically
from ambient.node.gateways.way import Desk
from vitals.parse import csv

STATE: Final = "gateways.csv.json"
PEER: Final = "csv"
LOOK_S: Final = 2.0
"""How often the folder is looked at; a file that did not change in between is complete."""
CHUNK: Final = 500
"""Readings that are taken in together, and after which the progress is kept."""
MAX_KNOWN: Final = 10_000
"""Files that are remembered."""
MAX_LINE: Final = 64 * 1024

_log = structlog.get_logger(__name__)


class Progress(msgspec.Struct, frozen=True):
    """How far a file was taken in.

    Attributes
    ----------
    taken
        Readings, or refusals, of it that were.
    done
        Whether that is all.
    """

    taken: int = 0
    done: bool = False


class _Kept(msgspec.Struct, frozen=True):
    files: dict[str, Progress]


@dataclass(frozen=True)
class _Look:
    """What a file looked like."""

    size: int
    changed_ns: int
    inode: int


class CsvGateway:
    """The folder of one node.

    Parameters
    ----------
    settings
        ``gateways.csv``.
    state_dir
        Of the node.
    desk
        Where readings go.
    """

    way: Final = Way.CSV
    settled: Final = True
    """What may not be read is dropped at the desk."""

    def __init__(self, settings: CsvFolder, state_dir: Path, desk: Desk) -> None:
        self._folder = settings.folder
        self._state = state_dir / STATE
        self._desk = desk
        self._files = _load(self._state)
        self._seen: dict[Path, _Look] = {}
        self._over: dict[Path, _Look] = {}

    def changed(self) -> None:
        """Do nothing: the desk drops what may not be read."""

    async def run(self) -> None:
        """Look for ever.

        Raises
        ------
        StoreError
            When the progress cannot be kept.
        """
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Take in the files that did not change since the last look."""
        try:
            found = {path: _look(path) for path in sorted(self._folder.glob("*.csv"))}
        except OSError as error:
            self._desk.link(Way.CSV, f"{self._folder}: {error.strerror}")
            return
        if not self._folder.is_dir():
            self._desk.link(Way.CSV, f"{self._folder}: expected a folder, found none")
            return
        self._desk.link(Way.CSV, None)
        before, self._seen = self._seen, {p: look for p, look in found.items() if look is not None}
        for path, look in self._seen.items():
            if before.get(path) == look and self._over.get(path) != look:
                try:
                    await self._take(path)
                except OSError as error:
                    _log.warning("file cannot be read", file=path.name, reason=error.strerror)
                self._over[path] = look

    async def _take(self, path: Path) -> None:
        key = await asyncio.to_thread(digest, path)
        progress = self._files.get(key, Progress())
        if progress.done:
            return
        refused = 0
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            readings = islice(csv.parse(_lines(file)), progress.taken, None)
            while chunk := list(islice(readings, CHUNK)):
                # A file is a sender that nobody waits for: each chunk is new to the clock.
                refused += len(await self._desk.take(Way.CSV, PEER, chunk))
                progress = Progress(progress.taken + len(chunk))
                self._keep(key, progress)
                await asyncio.sleep(0)
        self._keep(key, Progress(progress.taken, done=True))
        _log.info("file taken in", file=path.name, readings=progress.taken, refused=refused)

    def _keep(self, key: str, progress: Progress) -> None:
        self._files.pop(key, None)
        self._files[key] = progress
        while len(self._files) > MAX_KNOWN:
            del self._files[next(iter(self._files))]
        write_atomically(self._state, msgspec.json.encode(_Kept(self._files)))


def _lines(file: TextIO) -> Iterator[str]:
    """Return the lines; one without an end comes in pieces, which no table has as rows."""
    while line := file.readline(MAX_LINE):
        yield line


def _look(path: Path) -> _Look | None:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return _Look(facts.st_size, facts.st_mtime_ns, facts.st_ino) if path.is_file() else None


def _load(path: Path) -> dict[str, Progress]:
    data = read_bytes(path)
    if data is None:
        return {}
    try:
        return dict(msgspec.json.decode(data, type=_Kept).files)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"{path}: expected which files were read, got something else ({error}); restore it, or "
            "delete it and have the folder read again"
        ) from None
