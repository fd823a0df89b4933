"""Windows of a room's recording that are kept beyond it: of falls that the room did not report.

Comes in: the hub's command *keep* with a room and a time, and the recordings that consent to
research has made. Goes out: a file of the records of that time alone, behind the last mark of where
the judgement stood before, with its SHA-256; or plainly why nothing was kept. What is kept goes
with the consent and with the resident as recordings do, and after `recorder.KEPT_DAYS`. Nothing of
it leaves the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

from ambient.config import Room
from ambient.errors import SourceError, StoreError
from ambient.events import Kept, Purpose
from ambient.files import digest, sync
from ambient.node import recorder
from ambient.node.recording import (
    SUFFIX,
    AnyRecord,
    Begun,
    RecordingReader,
    RecordingWriter,
    Resumed,
    SeenTo,
)
from ambient.node.switches import Switches

NS: Final = 1_000_000_000


class Window(Struct, frozen=True, kw_only=True):
    """What became of a wish to keep a time.

    Attributes
    ----------
    records
        How many records of that time are kept.
    digest
        SHA-256 of the file; nothing when there is none.
    """

    kept: Kept
    records: int = 0
    digest: str | None = None


def keep(
    state_dir: Path,
    room: Room,
    switches: Switches,
    *,
    recording: bool,
    name: str,
    began: int,
    ended: int,
) -> Window:
    """Keep what was recorded of a room from `began` to `ended` (the node's time, ns).

    Parameters
    ----------
    recording
        Whether this node records at all.
    name
        Of the file; the same name again replaces it.

    Raises
    ------
    StoreError
        When the disk does not take it; nothing is kept then.
    """
    if not (recording and switches.is_on(room, Purpose.RESEARCH)):
        return Window(kept=Kept.NOT_RECORDED)
    folder = state_dir / recorder.KEPT
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made ({error.strerror}); check it") from None
    path = folder / f"{room.id}.{name}{SUFFIX}"
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    records = 0
    try:
        with closing(RecordingWriter(part)) as writer:
            for of in _of_days(state_dir, room.id, began, ended):
                for record in _within(of, began, ended):
                    writer.add(record)
                    records += not isinstance(record, Begun | Resumed)
                    if writer.waiting >= recorder.FLUSH_RECORDS:
                        writer.flush()
        if not records:
            return Window(kept=Kept.NOTHING)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync(folder)
    return Window(kept=Kept.KEPT, records=records, digest=digest(path))


def _of_days(state_dir: Path, room: str, began: int, ended: int) -> Iterator[RecordingReader]:
    """Yield the recordings of a room whose day may hold a part of the time, oldest first."""
    day = timedelta(days=1)  # a day of the site may begin hours before or after that of UTC
    first = (datetime.fromtimestamp(began // NS, UTC) - day).date().isoformat()
    last = (datetime.fromtimestamp(ended // NS, UTC) + day).date().isoformat()
    for folder in recorder.days(state_dir):
        if not first <= folder.name <= last:
            continue
        for path in recorder.recordings_of(folder):
            reader = RecordingReader(path)
            try:
                if reader.begun().room == room:
                    yield reader
            except SourceError:
                continue  # what cannot be read holds nothing that could be kept


def _within(reader: RecordingReader, began: int, ended: int) -> Iterator[AnyRecord]:
    """Yield the header, the last mark before the time, and the records within it."""
    head: list[AnyRecord] = []
    inside = False
    for record in reader:
        if isinstance(record, Begun):
            head = [record]
        elif isinstance(record, Resumed) and record.t < began:
            head = [*head[:1], record]
        elif isinstance(record, SeenTo):
            if inside:
                yield record
        elif began <= record.t <= ended:
            yield from head
            head, inside = [], True
            yield record
        elif record.t > ended and inside:
            inside = False
