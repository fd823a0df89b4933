"""All chapters of the table of situations, in the order in which they are printed."""

from __future__ import annotations

from tests.fusion.situations import (
    rows_beds,
    rows_calls,
    rows_company,
    rows_falls,
    rows_pictures,
    rows_technical,
    rows_wearables,
)

CHAPTERS = [
    rows_falls.ROWS,
    rows_company.ROWS,
    rows_pictures.ROWS,
    rows_beds.ROWS,
    rows_wearables.ROWS,
    rows_calls.ROWS,
    rows_technical.ROWS,
]
