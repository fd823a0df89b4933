"""Make a research export: consent, recordings and a key in; one sealed file and an audit line out.

Comes in: which residents, which time, which form, for whom. Goes out: bytes that only the recipient
can read. Without consent on record for a resident's room nothing of that resident is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

import ambient
from ambient import sealing
from ambient.config import NodeConfig, Room
from ambient.errors import UsageError
from ambient.events import ExportFormat, Purpose
from ambient.node import recorder
from ambient.node.export import audit, documents, forms
from ambient.node.export.anonymity import K, withheld
from ambient.node.export.collect import Collector
from ambient.node.export.dictionary import Entry, entries
from ambient.node.export.rows import TABLES, SubjectRow, ValueRow
from ambient.node.export.shift import Disguise, secret_of
from ambient.node.export.yields import Yields
from ambient.node.notices import Notice, NoticeBoard, NoticeKind
from ambient.node.recording import SUFFIX, RecordingReader
from ambient.node.replay import Replay
from ambient.node.switches import SwitchBoard

QUASI: Final = ("days", "senses", "beds_in_room")
"""What could tell residents apart, the most useful first."""
MOST_DAYS: Final = 400


class Manifest(Struct, frozen=True, kw_only=True):
    """What an archive says of itself."""

    format: int = 1
    software: str
    form: ExportFormat
    config_version: str
    subjects: int
    seconds: float
    rows: dict[str, int]
    k: int
    withheld: list[str]
    times: str = (
        "t counts seconds from the beginning of the time asked for; local is the site's wall clock "
        "shifted into the past by whole weeks, other ones for each resident"
    )
    torn_records: int = 0
    other_config: bool = False
    """Whether some of it was recorded with another configuration: its events are judged anew."""


@dataclass(frozen=True)
class Export:
    """What was made.

    Attributes
    ----------
    data
        The sealed archive.
    rows
        How many, over all tables.
    """

    data: bytes
    manifest: Manifest
    rows: int


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes
    ----------
    subjects
        Pseudonyms; all whose room has consent when none is given.
    began, ended
        The time, ns.
    recipient
        Public key of the researcher.
    """

    form: ExportFormat
    recipient: str
    began: int
    ended: int
    subjects: tuple[str, ...] = ()


def make(config: NodeConfig, wanted: Wanted, *, now: int, user: int) -> Export:
    """Make an export and enter it in the book.

    Parameters
    ----------
    config
        Of the node.
    wanted
        What, for whom.
    now
        Time of the entry, ns.
    user
        Number of the system user.

    Raises
    ------
    UsageError
        When a resident's room has no consent to research on record, or the time, the key or a
        resident is none.
    StoreError
        When the book cannot be written: nothing is handed out then.
    """
    days = (wanted.ended - wanted.began) / 86_400e9
    if not 0 < days <= MOST_DAYS:
        raise UsageError(
            f"expected a time of up to {MOST_DAYS} days that ends after it begins, got "
            f"{days:.1f} days"
        )
    recipient = sealing.recipient_of(wanted.recipient)
    rooms = _rooms(config, wanted.subjects)
    secret = secret_of(config.state_dir)
    tables: dict[str, list[msgspec.Struct]] = {name: [] for name in TABLES}
    about: list[SubjectRow] = []
    torn, other = 0, False
    for room, subject in rooms:
        disguise = Disguise(secret, wanted.recipient.strip(), subject, config.zone, wanted.began)
        collector = Collector(
            subject,
            alone=len(recorder.subjects(room)) == 1,
            disguise=disguise,
            began=wanted.began,
            ended=wanted.ended,
            yields=Yields(room, wanted.began, wanted.ended),
        )
        again = Replay(config)
        files = _files(config, room.id, wanted)
        for path in files:
            for record in RecordingReader(path):
                collector.observe(record)
        for event in again.events(files):
            collector.judged(event)
        collector.finish()
        hours = collector.yields()
        tables["values"] += collector.values
        tables["events"] += collector.events
        tables["yield"] += hours
        about.append(collector.about(len(room.beds), hours))
        torn += sum(end.records for end in again.torn.values())
        other = other or again.other_config is not None
    kept, gone = withheld(about, QUASI)
    tables["subjects"] += kept
    manifest = Manifest(
        software=ambient.__version__,
        form=wanted.form,
        config_version=config.version,
        subjects=len(about),
        seconds=(wanted.ended - wanted.began) / 1e9,
        rows={name: len(rows) for name, rows in tables.items()},
        k=K,
        withheld=gone,
        torn_records=torn,
        other_config=other,
    )
    data = sealing.sealed(sealing.archive(_files_of(wanted.form, tables, manifest)), recipient)
    count = sum(manifest.rows.values())
    _enter(config, wanted, [subject for _, subject in rooms], data, count, now=now, user=user)
    return Export(data, manifest, count)


def _rooms(config: NodeConfig, subjects: Sequence[str]) -> list[tuple[Room, str]]:
    """Return whose rooms are exported; every resident needs consent on record."""
    switches = SwitchBoard(config.state_dir).read()
    of = {subject: room for room in config.rooms for subject in recorder.subjects(room)}
    for subject in subjects:
        if subject not in of:
            raise UsageError(
                f"expected a resident of this node ({', '.join(of) or 'none is configured'}), got "
                f"{subject!r}"
            )
        if not switches.is_on(of[subject], Purpose.RESEARCH):
            raise UsageError(
                f"{subject}: expected consent to research on record for room {of[subject].id}, "
                f"found none; record it with `ambient consent grant {of[subject].id} research`"
            )
    if subjects:
        return [(of[subject], subject) for subject in dict.fromkeys(subjects)]
    found = [(room, s) for s, room in of.items() if switches.is_on(room, Purpose.RESEARCH)]
    if not found:
        raise UsageError(
            "expected consent to research on record for a room of a resident, found none; record "
            "it with `ambient consent grant ROOM research`"
        )
    return found


def _files(config: NodeConfig, room: str, wanted: Wanted) -> list[Path]:
    """Return the recordings of `room` that may hold something of the time asked for."""
    first, last = (
        datetime.fromtimestamp(at / 1e9, UTC).astimezone(config.zone).date()
        for at in (wanted.began, wanted.ended)
    )
    return [
        path
        for path in recorder.files(config.state_dir)
        if path.name.removesuffix(SUFFIX).rpartition(".")[0] == room
        and (first - timedelta(days=1)).isoformat() <= path.parent.name <= last.isoformat()
    ]


def _files_of(
    form: ExportFormat, tables: dict[str, list[msgspec.Struct]], manifest: Manifest
) -> dict[str, bytes]:
    files = {
        "manifest.json": msgspec.json.format(msgspec.json.encode(manifest)),
        "dictionary.csv": forms.as_csv(entries(), Entry),
    }
    parquet = form is ExportFormat.PARQUET
    for name, rows in tables.items():
        if name == "values" and form in (ExportFormat.FHIR, ExportFormat.OMH):
            continue
        table = forms.as_parquet if parquet else forms.as_csv
        files[f"{name}.{'parquet' if parquet else 'csv'}"] = table(rows, TABLES[name])
    values = [row for row in tables["values"] if isinstance(row, ValueRow)]
    if form is ExportFormat.FHIR:
        files["observations.ndjson"] = documents.as_lines(documents.as_fhir(values))
    elif form is ExportFormat.OMH:
        files["data-points.ndjson"] = documents.as_lines(documents.as_omh(values))
    return files


def _enter(
    config: NodeConfig,
    wanted: Wanted,
    subjects: list[str],
    data: bytes,
    rows: int,
    *,
    now: int,
    user: int,
) -> None:
    """Enter the export in the book, and let the hub know of it."""
    audit.write(
        config.state_dir,
        audit.Audited(
            at=now,
            user=user,
            subjects=subjects,
            began=wanted.began,
            ended=wanted.ended,
            form=wanted.form,
            rows=rows,
            recipient=sealing.fingerprint(wanted.recipient),
            sha256=hashlib.sha256(data).hexdigest(),
        ),
    )
    board = NoticeBoard(config.state_dir)
    for number, subject in enumerate(subjects):
        board.post(
            Notice(
                kind=NoticeKind.EXPORTED,
                t=now + number,  # a name of its own for each notice
                subject=subject,
                began=wanted.began,
                ended=wanted.ended,
                form=wanted.form,
                rows=rows,
            )
        )
