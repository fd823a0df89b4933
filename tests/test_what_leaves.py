"""The page that says what leaves: the committed one is the generated one, and it is complete."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ambient import what_leaves
from ambient.events import (
    EVENT_TYPES,
    Contribution,
    Corner,
    Event,
    FeatureDeviation,
    Mark,
    Part,
    SenseState,
    StationResult,
    kind_of,
)

LISTED = (Contribution, Mark, FeatureDeviation, SenseState, Corner, Part, StationResult)
PAGE = Path(__file__).parents[1] / "docs" / "what-leaves.md"


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text("utf-8") == what_leaves.page(), "run: make docs"


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=kind_of)
def test_every_kind_and_field_is_on_the_page(cls: type[Event]) -> None:
    text = what_leaves.page()
    assert f"### `{kind_of(cls)}`\n" in text
    for field in cls.__struct_fields__:
        assert f"| `{field}` |" in text


def test_every_explanation_is_used() -> None:
    listed: tuple[type[msgspec.Struct], ...] = LISTED
    fields = {field for cls in (*EVENT_TYPES, *listed) for field in cls.__struct_fields__}
    assert what_leaves.MEANING.keys() <= fields


@pytest.mark.parametrize("cls", LISTED)
def test_every_field_of_what_is_listed_is_on_the_page(cls: type[msgspec.Struct]) -> None:
    text = what_leaves.page()
    for field in cls.__struct_fields__:
        assert f"| `{field}` |" in text


class Tells(Event, frozen=True, kw_only=True, tag="test.tells"):
    """Somebody tells."""

    text: str


class Shows(Event, frozen=True, kw_only=True, tag="test.shows"):
    """Somebody shows."""

    picture: bytes


class Points(Event, frozen=True, kw_only=True, tag="test.points"):
    """Somebody points."""

    keypoints: list[float]


class Any(Event, frozen=True, kw_only=True, tag="test.any"):
    """Anything."""

    more: dict[str, int]


@pytest.mark.parametrize("cls", [Tells, Shows, Points, Any])
def test_free_text_and_pictures_have_no_words_on_the_page(
    monkeypatch: pytest.MonkeyPatch, cls: type[Event]
) -> None:
    monkeypatch.setattr(what_leaves, "EVENT_TYPES", (cls,))
    new = dict.fromkeys(cls.__struct_fields__, "x")
    monkeypatch.setattr(what_leaves, "MEANING", what_leaves.MEANING | new)
    with pytest.raises(TypeError, match="nothing of this type may leave a node"):
        what_leaves.page()


def test_a_new_field_needs_its_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: text for name, text in what_leaves.MEANING.items() if name != "down_s"}
    monkeypatch.setattr(what_leaves, "MEANING", known)
    with pytest.raises(KeyError, match="down_s"):
        what_leaves.page()


def test_the_schema_lists_the_same_kinds() -> None:
    from ambient.events import json_schema

    text = msgspec.json.encode(json_schema()).decode()
    assert all(f'"{kind_of(cls)}"' in text for cls in EVENT_TYPES)
