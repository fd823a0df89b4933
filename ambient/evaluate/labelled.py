"""Tables of labelled recordings: a CSV file in, its rows as words out.

Every manifest is read here, so that all say in the same way what is wrong with one. A file may
begin with the mark that spreadsheets write (UTF-8 with a BOM), its columns may stand in any order,
and there may be more of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from ambient.errors import UsageError

Raw = dict[str, str]
"""What a row says by column; of a column that is needed never None."""


def rows(file: Path, needed: Sequence[str], hint: str = "") -> Iterator[tuple[int, Raw]]:
    """Yield the number of each row's line, and the row.

    Parameters
    ----------
    file
        The table, its columns separated by commas.
    needed
        Columns that must be there; every row must reach the last of them.
    hint
        What to do when there is no such file, for the error.

    Raises
    ------
    UsageError
        The file cannot be read, is no such table, lacks a column, or a row is too short.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle)
            there = reader.fieldnames or ()
            missing = [name for name in needed if name not in there]
            if missing:
                raise UsageError(
                    f"{file}: expected the columns {', '.join(needed)}, separated by commas, "
                    f"got none named {', '.join(missing)} among {', '.join(there)[:200] or 'none'}"
                )
            for raw in reader:
                short = [name for name in needed if raw[name] is None]
                if short:
                    raise UsageError(
                        f"{file}, line {reader.line_num}: expected a value or a comma for each "
                        f"column, got a row that ends before {short[0]}"
                    )
                yield reader.line_num, raw
    except OSError as error:
        raise UsageError(
            f"{file}: expected a table of recordings, cannot read it ({error.strerror})"
            f"{'; ' if hint else ''}{hint}"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file}: expected CSV text, got something else ({error})") from None
