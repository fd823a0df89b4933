"""Identifiers of places and people: what may be one, and nothing that could be more."""

from __future__ import annotations

import re

import msgspec
import pytest

from ambient.places import Slug, Subject, is_slug, new_subject

SLUGS = ["a", "0", "r12", "r12-a", "n-1", "a" * 32, "a--b", "0" * 32]
NO_SLUGS = [
    "", "-", "-a", "a-", "A", "r 12", "r12 ", " r12", "r12\n", "\nr12", "a\0", "r.12", "r/12", "..",
    "a" * 33, "a_b", "é", "ａ", "٣", "r12\r", "anna müller",
]  # fmt: skip
SUBJECTS = ["s-4f2a", "s-" + "0" * 16, new_subject()]
NO_SUBJECTS = ["", "s-", "s-4f2", "s-4F2A", "s-" + "0" * 17, "anna", "s-4f2a\n", "S-4f2a", "s-anna"]


def fits(text: str, kind: object) -> bool:
    """Return whether `text` passes where messages and configuration are read."""
    try:
        msgspec.json.decode(msgspec.json.encode(text), type=kind)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("text", SLUGS)
def test_is_a_slug(text: str) -> None:
    assert is_slug(text)
    assert fits(text, Slug)


@pytest.mark.parametrize("text", NO_SLUGS)
def test_is_no_slug(text: str) -> None:
    assert not is_slug(text)
    assert not fits(text, Slug)


@pytest.mark.parametrize("text", SUBJECTS, ids=["short", "long", "a new one"])
def test_is_a_pseudonym(text: str) -> None:
    assert fits(text, Subject)


@pytest.mark.parametrize("text", NO_SUBJECTS)
def test_is_no_pseudonym(text: str) -> None:
    assert not fits(text, Subject)


def test_pseudonyms_are_random() -> None:
    made = {new_subject() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"s-[0-9a-f]{16}", one) for one in made)
