"""Tables of an export as CSV or Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec
from msgspec.structs import fields

from ambient.errors import UsageError


def as_csv(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> bytes:
    """Return `rows` as CSV in UTF-8 with a header; nothing is an empty cell, never a zero."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    names = [field.name for field in fields(kind)]
    writer.writerow(names)
    for row in rows:
        writer.writerow([getattr(row, name) for name in names])
    return made.getvalue().encode()


def as_parquet(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> bytes:
    """Return `rows` as Parquet, compressed with Zstandard.

    Raises
    ------
    UsageError
        When pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed here; install ambient[research], or "
            "export csv"
        ) from None
    types = {float: pa.float64(), int: pa.int64(), str: pa.string()}
    columns = {}
    for field in fields(kind):
        found = next(t for t in types if _holds(field.type, t))
        columns[field.name] = pa.array([getattr(row, field.name) for row in rows], types[found])
    made = io.BytesIO()
    pq.write_table(pa.table(columns), made, compression="zstd")
    return made.getvalue()


def _holds(kind: object, wanted: type) -> bool:
    return kind is wanted or wanted in getattr(kind, "__args__", ())
