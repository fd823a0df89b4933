"""What a node keeps of its observations, for research and with consent: which rooms, how long.

Comes in: what fusion takes in of each room, and the consents. Goes out: a folder a day below
``recordings`` in the node's state folder, with one file for each room that is recorded, so that a
room's file goes with its consent and its residents. A disk that does not take it ends a recording
and never a judgement; it is tried again after a while, and begins with where the judgement stands.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

import ambient
from ambient.config import NodeConfig, Room
from ambient.errors import SourceError, StoreError
from ambient.node.recording import (
    SUFFIX,
    AnyRecord,
    Begun,
    RecordingReader,
    RecordingWriter,
    Resumed,
)
from fusion.room import Snapshot
from fusion.room_config import residents

FOLDER: Final = "recordings"
KEPT: Final = "kept"
"""Folder of windows that are kept beyond the recordings (`ambient.node.kept`)."""
KEPT_DAYS: Final = 365
"""As long as the hub keeps what became of its alarms (`keep_days`), unless set otherwise there."""
FLUSH_S: Final = 5
"""A killed process loses what came in this time."""
FLUSH_RECORDS: Final = 4_000
AGAIN_S: Final = 60
"""After a failure it is tried again."""
SPARE_MB: Final = 500
"""With less room than this on the disk nothing is recorded: events come first."""
NS: Final = 1_000_000_000

_log = structlog.get_logger(__name__)


class Recorder:
    """Record the rooms of a node.

    Parameters
    ----------
    config, node_key
        Of the node.
    snapshot
        Returns where the judgement of a room stands.
    free_mb
        Returns how much room the disk has.
    """

    def __init__(
        self,
        config: NodeConfig,
        node_key: str,
        snapshot: Callable[[str], Snapshot],
        free_mb: Callable[[Path], int] | None = None,
    ) -> None:
        self._config = config
        self._version = config.version
        self._zone = config.zone
        self._node_key = node_key
        self._snapshot = snapshot
        self._free_mb = free_mb or _free_mb
        self._folder = config.state_dir / FOLDER
        self._rooms = {room.id: room for room in config.rooms}
        self._wanted: set[str] = set()
        self._open: dict[str, RecordingWriter] = {}
        self._again: dict[str, int] = {}
        self._day: date | None = None
        self._day_ends = 0
        self._flushed = 0

    @property
    def recorded(self) -> frozenset[str]:
        """Rooms that are recorded now."""
        return frozenset(self._open)

    def follow(self, room: str, on: bool, t: int) -> None:
        """Follow whether research is allowed in `room`."""
        if on and room not in self._wanted:
            self._wanted.add(room)
            self._begin(room, t)
        elif not on and room in self._wanted:
            self._wanted.discard(room)
            self._end(room)

    def keep(self, room: str, record: AnyRecord) -> None:
        """Keep what fusion takes in of `room`, if it is recorded."""
        writer = self._open.get(room)
        if writer is not None:
            writer.add(record)
            if writer.waiting >= FLUSH_RECORDS:
                self._flush(room, writer)

    def flush(self, room: str) -> None:
        """Write what waits of `room`, for whoever reads its file now."""
        writer = self._open.get(room)
        if writer is not None:
            self._flush(room, writer)

    def each_second(self, t: int) -> None:
        """Write what is due, begin a new day, and try again what failed."""
        if t >= self._day_ends:
            self._begin_day(t)
        if t - self._flushed >= FLUSH_S * NS:
            self._flushed = t
            for room, writer in list(self._open.items()):
                self._flush(room, writer)
        for room in self._wanted - self._open.keys():
            if t - self._again.get(room, 0) >= AGAIN_S * NS:
                self._begin(room, t)

    def erase(self, subject: str, t: int) -> None:
        """Delete every file that tells of a resident; the room's recording begins anew.

        Raises
        ------
        StoreError
            When a file cannot be deleted.
        """
        of_subject = [r for r in self._open if subject in subjects(self._rooms[r])]
        for room, writer in list(self._open.items()):
            if room in of_subject:
                self._end(room)
            else:
                self._flush(room, writer)  # without its header it would be taken for one of theirs
        erase(self._config.state_dir, subject)
        for room in of_subject:
            self._begin(room, t)

    def close(self) -> None:
        """Write what waits and close."""
        for room in list(self._open):
            self._end(room)

    def _begin_day(self, t: int) -> None:
        """Close the files of the day before, delete what was kept long enough, begin anew."""
        first = self._day is None
        here = datetime.fromtimestamp(t / NS, UTC).astimezone(self._zone)
        self._day = here.date()
        midnight = datetime.combine(self._day + timedelta(days=1), datetime.min.time(), self._zone)
        self._day_ends = int(midnight.timestamp()) * NS
        oldest = self._day - timedelta(days=self._config.recording.keep_days)
        for folder in days(self._config.state_dir):
            if folder.name < oldest.isoformat():
                shutil.rmtree(folder, ignore_errors=True)
        forget_kept(self._config.state_dir, t / NS)
        for room in [] if first else list(self._open):
            self._end(room)
            self._begin(room, t)

    def _begin(self, room: str, t: int) -> None:
        """Go on in the room's file of today, or in a new one when the header is another."""
        if t >= self._day_ends:
            self._begin_day(t)
        if room in self._open:
            return
        self._again[room] = t
        begun = self._header(self._rooms[room])
        try:
            if self._free_mb(self._config.state_dir) < SPARE_MB:
                raise StoreError(f"{self._folder}: expected {SPARE_MB} MB free; free space")
            writer, fresh = self._writer(room, begun)
        except StoreError as error:
            _log.error("a room is not recorded", room=room, error=str(error))
            return
        if writer.cut.bytes:
            _log.warning(
                "a torn end was cut off a recording",
                file=str(writer.path),
                bytes=writer.cut.bytes,
                records=writer.cut.records,
            )
        if fresh:
            writer.add(begun)
        writer.add(Resumed(t=t, snapshot=self._snapshot(room)))
        self._open[room] = writer

    def _writer(self, room: str, begun: Begun) -> tuple[RecordingWriter, bool]:
        """Return the file to go on in, and whether it is new."""
        assert self._day is not None
        folder = self._folder / self._day.isoformat()
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be made ({error.strerror}); check it") from None
        # In the last one or in a new one, never in one before: they are read by their numbers.
        last = max((n for of, n in map(_numbered, recordings_of(folder)) if of == room), default=0)
        path = folder / f"{room}.{last}{SUFFIX}"
        try:
            if last and RecordingReader(path).begun() == begun:
                return RecordingWriter(path), False
        except SourceError:
            pass  # not even its header reached the disk
        return RecordingWriter(folder / f"{room}.{last + 1}{SUFFIX}"), True

    def _header(self, room: Room) -> Begun:
        return Begun(
            software=ambient.__version__,
            config_version=self._version,
            node=self._config.node,
            node_key=self._node_key,
            room=room.id,
            subjects=subjects(room),
        )

    def _flush(self, room: str, writer: RecordingWriter) -> None:
        try:
            writer.flush()
        except StoreError as error:
            _log.error("a room is not recorded any more", room=room, error=str(error))
            self._end(room)

    def _end(self, room: str) -> None:
        writer = self._open.pop(room, None)
        if writer is None:
            return
        try:
            writer.close()
        except StoreError as error:
            _log.error("the end of a recording is lost", room=room, error=str(error))


def subjects(room: Room) -> list[str]:
    """Return of whom a recording of `room` tells, each once."""
    return sorted(residents(room))


def days(state_dir: Path) -> list[Path]:
    """Return the folders of recorded days, oldest first."""
    folder = state_dir / FOLDER
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir())


def files(state_dir: Path) -> list[Path]:
    """Return all recordings of a node, oldest first."""
    return [file for day in days(state_dir) for file in recordings_of(day)]


def forget_kept(state_dir: Path, now: float) -> int:
    """Delete windows that were kept for `KEPT_DAYS` at `now` (s); return how many."""
    before = now - KEPT_DAYS * 86400
    old = [path for path in kept(state_dir) if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def kept(state_dir: Path) -> list[Path]:
    """Return the windows that a node keeps beyond its recordings."""
    return recordings_of(state_dir / KEPT)


def recordings_of(day: Path) -> list[Path]:
    """Return the files of one day's folder, by room and number."""
    return sorted(day.glob(f"*{SUFFIX}"), key=_numbered)


def erase(state_dir: Path, subject: str) -> int:
    """Delete every recording, and window kept of one, that tells of `subject`.

    One whose header cannot be read may do so and goes as well.

    Returns
    -------
    int
        How many files were deleted.

    Raises
    ------
    StoreError
        When one cannot be deleted.
    """
    gone = 0
    for path in [*files(state_dir), *kept(state_dir)]:
        try:
            keeps = subject not in RecordingReader(path).begun().subjects
        except SourceError:
            keeps = False  # it may tell of the subject
        if keeps:
            continue
        try:
            path.unlink()
        except OSError as error:
            raise StoreError(f"{path}: cannot be deleted ({error.strerror}); delete it") from None
        gone += 1
    return gone


def _numbered(path: Path) -> tuple[str, int]:
    """Return room and number of a recording."""
    room, _, number = path.name.removesuffix(SUFFIX).rpartition(".")
    return room, int(number) if number.isdigit() else 0


def _free_mb(folder: Path) -> int:
    return shutil.disk_usage(folder).free // 1_000_000
