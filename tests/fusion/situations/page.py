"""The table of situations as a page: ``python -m tests.fusion.situations.page FILE`` writes it.

In: the chapters. Out: Markdown that a nurse can read, one row a situation: what happens, what shall
come, what shall not. The same rows are the tests; a test compares the page with them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.fusion.situations.chapters import CHAPTERS
from tests.fusion.situations.kit import MINUTE
from tests.fusion.situations.table import Shall, Situation, in_words

PAGE: Final = Path("docs/situations-table.md")

HEAD: Final = """\
# What shall come, and what shall not

{rows} situations of a room, each with what a carer shall be told and what not. Every row is a \
test: what people, sensors and wristbands do is written down second by second \
([`tests/fusion/situations`](../tests/fusion/situations)), a room is configured as an installer \
would, and the whole judgement of a node is run over it. What a camera says of a posture is set by \
hand there; how well cameras and microphones really see and hear is measured elsewhere.

An **alarm** rings until somebody takes it. What is *shown* or *noted* does not ring. *At* counts \
from the beginning of the story, which is not always that of the event. {failing} rows are marked \
**not yet**: the node does not do it, and the reason stands beside it.

The page is written by `python -m tests.fusion.situations.page docs/situations-table.md`.
"""


def page() -> str:
    """Return the page."""
    rows = [row for chapter in CHAPTERS for row in chapter.rows]
    failing = sum(bool(row.not_yet) for row in rows)
    parts = [HEAD.format(rows=len(rows), failing=failing)]
    for chapter in CHAPTERS:
        parts += [f"\n## {chapter.chapter}\n", _table(chapter.rows)]
    return "\n".join(parts)


def _table(rows: Sequence[Situation]) -> str:
    lines = [
        "| situation | what happens | shall come | shall not come |",
        "|---|---|---|---|",
        *(_row(row) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _row(row: Situation) -> str:
    shall = "; ".join(_shall(one) for one in row.shall) or "nothing"
    if row.one_alarm:
        shall += "; all of it as one alarm"
    shall_not = "; ".join(_quiet(name) for name in row.shall_not) or "–"
    what = row.what if not row.not_yet else f"{row.what} **Not yet:** {_sentence(row.not_yet)}"
    return f"| {row.title} | {what} | {shall} | {shall_not} |"


def _shall(one: Shall) -> str:
    said = f"{in_words(one.name)}, at {_span(one.after, one.before)}"
    if one.times is not None:
        said += ", once" if one.times == 1 else f", {one.times} in all"
    return said


def _quiet(name: str) -> str:
    return in_words(name).replace("**", "")


def _span(after: float, before: float) -> str:
    if before <= 5 * MINUTE:
        return f"{after:g} to {before:g} s"
    return f"{after / MINUTE:.3g} to {before / MINUTE:.3g} min"


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
