"""Every row of the table of situations, through the whole fusion of a node."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.events import encode
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

CUTS = 23
"""Of each story, so that some fall into every open chain."""


@pytest.mark.parametrize("row", CASES)
def test_situation(row: Situation, tmp_path: Path) -> None:
    story = Story(installed(row.home, tmp_path), row.start, row.until)
    row.story(story)
    told = story.play()
    found = complaints(row, told)
    course = "\n".join(f"{each.s:8.1f} s  {each.name}  {each.event.subject}" for each in told)
    assert not found, "\n".join(found) + "\n\nTold:\n" + course


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.title) for chapter in CHAPTERS for row in chapter.rows]
)
def test_a_snapshot_anywhere_changes_nothing(row: Situation, tmp_path: Path) -> None:
    """What a recording begins with is all that is known: a replay from there says the same."""

    def told(cuts: int) -> list[bytes]:
        story = Story(installed(row.home, tmp_path), row.start, row.until)
        row.story(story)
        for i in range(1, cuts + 1):
            story.resume(row.until * i / (cuts + 1))
        return [encode(each.event) for each in story.play()]

    assert told(CUTS) == told(0)


def test_titles_are_unique() -> None:
    titles = [row.title for chapter in CHAPTERS for row in chapter.rows]
    assert len(titles) == len(set(titles)) >= 40


def test_every_row_expects_something() -> None:
    assert not [r.title for c in CHAPTERS for r in c.rows if not r.shall and not r.shall_not]


def test_the_page_is_that_of_the_rows() -> None:
    written = (Path(__file__).parents[3] / PAGE).read_text("utf-8")
    assert written == page(), f"run: python -m tests.fusion.situations.page {PAGE}"
