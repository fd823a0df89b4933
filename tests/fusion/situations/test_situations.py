"""Every row of the table of situations, through the whole fusion of a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fusion.situations.chapters import CHAPTERS
from tests.fusion.situations.kit import Story, installed
from tests.fusion.situations.page import PAGE, page
from tests.fusion.situations.table import Situation, complaints

CASES = [
    pytest.param(
        row,
        id=row.title,
        marks=pytest.mark.xfail(strict=True, reason=row.not_yet) if row.not_yet else (),
    )
    for chapter in CHAPTERS
    for row in chapter.rows
]


@pytest.mark.parametrize("row", CASES)
def test_situation(row: Situation, tmp_path: Path) -> None:
    story = Story(installed(row.home, tmp_path), row.start, row.until)
    row.story(story)
    told = story.play()
    found = complaints(row, told)
    course = "\n".join(f"{each.s:8.1f} s  {each.name}  {each.event.subject}" for each in told)
    assert not found, "\n".join(found) + "\n\nTold:\n" + course


def test_titles_are_unique() -> None:
    titles = [row.title for chapter in CHAPTERS for row in chapter.rows]
    assert len(titles) == len(set(titles)) >= 40


def test_every_row_expects_something() -> None:
    assert not [r.title for c in CHAPTERS for r in c.rows if not r.shall and not r.shall_not]


def test_the_page_is_that_of_the_rows() -> None:
    written = (Path(__file__).parents[3] / PAGE).read_text("utf-8")
    assert written == page(), f"run: python -m tests.fusion.situations.page {PAGE}"
