"""What the wizard refuses: each sentence in both languages, and none that nobody says."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest

from ambient.errors import StoreError, UsageError
from ambient.events import Area, Station
from ambient.languages import Language
from ambient.node.wizard import refusals
from ambient.node.wizard.refusals import RefusedError, UnwrittenError, sentence


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", refusals._SENTENCES)
def test_both_languages_say_it_with_the_same_words_filled_in(name: str) -> None:
    english, german = refusals._SENTENCES[name]
    assert english != german
    assert fields(english) == fields(german)


def test_no_sentence_is_left_that_nobody_says() -> None:
    folder = Path(refusals.__file__).parent
    code = "".join(
        file.read_text()
        for file in folder.glob("*.py")
        if file.name not in ("refusals.py", "words.py")
    )
    unsaid = [name for name in refusals._SENTENCES if f'"{name}"' not in code]
    assert unsaid == []


@pytest.mark.parametrize(
    ("name", "values", "english", "german"),
    [
        ("a_spot", {"number": 2, "area": Area.BED}, "area 2 (Bed)", "Fläche 2 (Bett)"),
        ("no_camera", {"room": "r1", "known": [], "got": "c9"}, "(none), got", "(keine), nicht"),
        ("no_camera", {"room": "r1", "known": ["c1", "c2"], "got": "\n"}, "(c1, c2)", "'\\n'"),
        ("no_station", {"room": "r1", "got": Station.CLAP}, "got Clap once", "Ein Mal klatschen"),
    ],
)
def test_what_is_filled_in_is_named_in_the_language(
    name: str, values: dict[str, object], english: str, german: str
) -> None:
    assert english in sentence(Language.EN, name, **values)
    assert german in sentence(Language.DE, name, **values)


@pytest.mark.parametrize(
    ("error", "kind"), [(RefusedError, UsageError), (UnwrittenError, StoreError)]
)
def test_as_text_it_is_english_and_ends_a_command_as_its_kind_does(
    error: type[RefusedError] | type[UnwrittenError], kind: type[UsageError] | type[StoreError]
) -> None:
    made = error("busy")
    assert (str(made), made.exit_code) == (made.said(Language.EN), kind.exit_code)
    assert made.said(Language.DE) != str(made)
