"""The catalogues of the hub's languages: what is to be translated, and the files that say how.

Comes in: code and templates under ``ambient/hub``. Goes out: every text that is marked there. Run
as ``python -m tests.hub.catalogue`` it brings ``ambient.po`` of each language up to date (new texts
come in empty, those that are gone leave), compiles ``ambient.mo`` and names what has no translation
yet.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from ambient.hub.languages import DOMAIN, LOCALE
from ambient.languages import Language

HUB: Final = LOCALE.parent
METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS: Final = {
    "**/templates/**.html": {
        "trimmed": "true",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "newstyle_gettext": "true",
        "silent": "false",
    }
}
KEYWORDS: Final = {"_": None, "gettext": None, "mark": None, "ngettext": (1, 2)}
LANGUAGES: Final = [language for language in Language if language is not Language.EN]


def po(language: Language) -> Path:
    """Return where the catalogue of `language` stands."""
    return LOCALE / language.value / "LC_MESSAGES" / f"{DOMAIN}.po"


def marked() -> Catalog:
    """Return every text that code and templates mark, with where it stands."""
    template = Catalog(project="Ambient", charset="utf-8")
    found = extract_from_dir(
        HUB, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS, comment_tags=()
    )
    for name, _, text, _, context in found:
        template.add(text, locations=[(f"ambient/hub/{name}", 0)], context=context)
    return template


def read(language: Language) -> Catalog:
    """Return the catalogue of `language` as it stands."""
    with po(language).open("rb") as file:
        return read_po(file, locale=language.value)


def compiled(catalogue: Catalog) -> bytes:
    """Return `catalogue` as gettext reads it."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """Return the marked texts without a translation."""
    without = []
    for message in marked():
        if not message.id:
            continue
        known = catalogue.get(message.id)
        strings = "" if known is None else known.string or ""
        strings = [strings] if isinstance(strings, str) else list(strings)
        if not strings or not all(strings) or (known is not None and known.fuzzy):
            without.append(message.id if isinstance(message.id, str) else message.id[0])
    return without


def main() -> None:
    """Bring every catalogue up to date."""
    template = marked()
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        out = io.BytesIO()
        write_po(out, catalogue, width=100, no_location=True, sort_output=True, omit_header=False)
        po(language).write_bytes(out.getvalue())
        po(language).with_suffix(".mo").write_bytes(compiled(read(language)))
        for text in missing(catalogue):
            print(f"{language.value}: no translation of {text!r}", file=sys.stderr)


if __name__ == "__main__":
    main()
