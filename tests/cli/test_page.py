"""Every command is on the page of commands, and the page is the committed one."""

from __future__ import annotations

from pathlib import Path

from ambient.cli._page import page

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: ambient docs cli --write docs/cli.md"


def test_every_option_says_what_it_does() -> None:
    bare = [line for line in page().splitlines() if line.startswith("- `") and ":  " in line]
    bare += [line for line in page().splitlines() if line.startswith("- `") and line.endswith(": ")]
    assert not bare
