"""In which language the hub speaks to a person: English as written in the source, or a catalogue.

Comes in: texts as they stand in code and templates, and the language of whoever reads. Goes out:
the text in that language, by gettext from ``ambient/hub/locale``. The language is a context
variable: the page sets it for each request, a channel for each notice (`speaking`). ::

    with speaking(Language.DE):
        words.headline(condition)   # "Person am Boden"

Texts are marked by `mark` where they are kept and turned by `gettext` where they are said; the
catalogues are brought up to date by ``python -m tests.hub.catalogue``.
"""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Final

from ambient.languages import Language
from ambient.languages import accepted as preferred

DOMAIN: Final = "ambient"
LOCALE: Final = Path(__file__).parent / "locale"


NAME: Final = {Language.EN: "English", Language.DE: "Deutsch"}
"""How each calls itself."""
_spoken: ContextVar[Language] = ContextVar("language", default=Language.EN)


def mark(text: str) -> str:
    """Return `text` as it is: so that it comes into the catalogues."""
    return text


def gettext(text: str) -> str:
    """Return `text` in the language that is spoken now; as it stands when it has no other."""
    return _catalogue(_spoken.get()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return `one` or `many`, as `count` asks for, in the language that is spoken now."""
    return _catalogue(_spoken.get()).ngettext(one, many, count)


def spoken() -> Language:
    """Return the language that is spoken now."""
    return _spoken.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak `language` inside this context."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def chosen(choice: str, accepted: str) -> Language:
    """Return the language of a reader.

    Parameters
    ----------
    choice
        What they chose; anything that is no tag of a `Language` is no choice.
    accepted
        What their browser accepts, as in the header ``Accept-Language`` (RFC 9110, 12.5.4).
    """
    if choice in set(Language):
        return Language(choice)
    return preferred(accepted)


@cache
def _catalogue(language: Language) -> catalogues.NullTranslations:
    if language is Language.EN:
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, LOCALE, [language.value])
