"""Every word of the page in every language; which language a reader gets."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment

pytest.importorskip("babel", reason="needs the extra dev")

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from ambient.hub import words
from ambient.hub.alarms.condition import SnoozeReason
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.languages import chosen, gettext, speaking, spoken
from ambient.hub.web.render import environment
from ambient.hub.web.script_words import WORDS
from ambient.hub.web.tongues import _own_path
from ambient.languages import Language
from tests.hub import catalogue

WEB = catalogue.HUB / "web"
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
SPOKEN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt"}
AS_THEY_ARE = {"Ambient", "ambient enroll", "PIN", "PDF", "JSON", "gate", "kiosk"}
"""Names, and classes of `<body>` that stand in a block."""
FIELD = re.compile(r"%\((\w+)\)[sd]")


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_every_text_is_translated(language: Language) -> None:
    assert catalogue.missing(catalogue.read(language)) == [], (
        "run `python -m tests.hub.catalogue` and write what is missing into the .po"
    )


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_texts(language: Language) -> None:
    with catalogue.po(language).with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert texts(compiled) == texts(catalogue.read(language)), "run python -m tests.hub.catalogue"


def texts(found: Catalog) -> dict[str, str]:
    """Return text ► translation, with singular and plural as one."""
    return {
        "|".join([m.id] if isinstance(m.id, str) else m.id): "|".join(
            [m.string] if isinstance(m.string, str) else m.string
        )
        for m in found
        if m.id and m.string
    }


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_a_translation_keeps_every_placeholder_and_no_other(language: Language) -> None:
    for message in catalogue.read(language):
        if not isinstance(message.id, str) or not message.id or not message.string:
            continue
        assert isinstance(message.string, str)
        kept = sorted(FIELD.findall(message.string))
        assert kept == sorted(FIELD.findall(message.id)), message.id
        assert message.string.count("%") == message.id.count("%"), message.id


class _Words(HTMLParser):
    """Collects what a reader of a template would see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_text_of_its_own(path: Path) -> None:
    found = bare(environment(), path.read_text())
    assert found == [], 'write {{ _("...") }} around it'


def bare(env: Environment, source: str) -> list[str]:
    """Return the texts of a template outside of `_`, names and units left out."""
    reader = _Words()
    reader.feed("\n".join(value for _, kind, value in env.lex(source) if kind == "data"))
    texts = [line.strip(" :,.–·()") for text in reader.found for line in text.split("\n")]
    return [text for text in texts if re.search(r"[^\W\d_]{2}", text) and text not in AS_THEY_ARE]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ _('All quiet') }}</p>", []),
        ("<p>All quiet</p>", ["All quiet"]),
        ('<button aria-label="Close">x</button>', ["Close"]),
        ("<p>{{ name }} is there</p>", ["is there"]),
        ("<title>{{ _('Alarms') }} · Ambient</title>", []),
    ],
)
def test_text_outside_is_found(source: str, found: list[str]) -> None:
    assert bare(environment(), source) == found


def test_scripts_say_only_what_the_page_brings() -> None:
    scripts = [path.read_text() for path in (WEB / "static").glob("*.js")]
    sources = "".join(text for text in scripts if 'from "./words.js"' in text)
    used = set(re.findall(r'say\([^)]*?"(\w+)"', sources))
    used |= set(re.findall(r'say\([^)]*? : "(\w+)"', sources))
    assert used == set(WORDS)


def test_every_kind_and_reason_has_a_name() -> None:
    assert set(words.KIND) == set(AlarmKind)
    assert set(words.SNOOZE) == set(SnoozeReason)


@pytest.mark.parametrize("kind", AlarmKind)
def test_a_notice_is_kind_and_room_in_either_language(kind: AlarmKind) -> None:
    english, german = (words.text(kind, "Room 12", language) for language in Language)
    assert english == f"{words.KIND[kind]} – Room 12"
    assert german.endswith(" – Room 12")
    assert german != english or kind in {AlarmKind.AGITATED}
    assert spoken() is Language.EN, "the language goes back"


def test_what_has_no_translation_is_said_as_it_stands() -> None:
    with speaking(Language.DE):
        assert gettext("Not in any catalogue") == "Not in any catalogue"
        assert gettext("Person on the floor") == "Person am Boden"


@pytest.mark.parametrize(
    ("choice", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "de-DE,de;q=0.9,en;q=0.8", "de"),
        ("", "en-GB,en;q=0.9,de;q=0.8", "en"),
        ("", "fr,it;q=0.9", "en"),
        ("", "fr,de;q=0.5", "de"),
        ("", "de;q=0,en;q=0.1", "en"),
        ("", "de;q=x", "en"),
        ("", "DE", "de"),
        ("", ",;;,=", "en"),
        ("de", "en", "de"),
        ("en", "de", "en"),
        ("xx", "de", "de"),
        ("../../etc", "", "en"),
    ],
)
def test_the_choice_comes_first_then_the_browser(choice: str, accepted: str, language: str) -> None:
    assert chosen(choice, accepted) == language


@pytest.mark.parametrize(
    ("back", "path"),
    [
        ("/kiosk", "/kiosk"),
        ("/", "/"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
    ],
)
def test_a_choice_leads_back_to_this_site_alone(back: str, path: str) -> None:
    assert _own_path(back) == path
