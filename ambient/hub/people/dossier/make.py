"""Write the dossier: one printable page per document and language, and an index.

Comes in: `Facts`, a folder. Goes out: HTML files that need nothing else, ready to print.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from ambient.errors import StoreError
from ambient.events import Purpose
from ambient.hub.people.dossier.facts import Facts
from ambient.hub.people.dossier.purposes import WORDS
from ambient.hub.people.dossier.risks import RISKS
from ambient.languages import Language

TITLES: Final[dict[Language, dict[str, str]]] = {
    Language.EN: {
        "dpia": "Data protection impact assessment",
        "record": "Record of processing activities",
        "flows": "Data flows and recipients",
        "consent": "Consent forms",
        "sign": "Door sign",
        "agreement": "Works agreement (draft)",
        "aiact": "EU AI Act: what applies and where it stands",
        "risks": "Risk file",
    },
    Language.DE: {
        "dpia": "Datenschutz-Folgenabschätzung",
        "record": "Verzeichnis der Verarbeitungstätigkeiten",
        "flows": "Datenflüsse und Empfänger",
        "consent": "Einwilligungen",
        "sign": "Türschild",
        "agreement": "Betriebsvereinbarung (Entwurf)",
        "aiact": "KI-Verordnung: was gilt und wo es steht",
        "risks": "Risikoakte",
    },
}


@functools.cache
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("ambient.hub.people.dossier"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals["blank"] = blank
    return env


def blank(question: str) -> Markup:
    """Return a blank to be filled in by hand, with the question that it answers."""
    return Markup('<span class="blank" title="{0}">{0}</span>').format(escape(question))


def documents(facts: Facts, language: Language) -> dict[str, str]:
    """Return the documents in one language: file name ► HTML."""
    titles = TITLES[language]
    shown = {
        "f": facts,
        "words": WORDS[language],
        "purposes": list(Purpose),
        "risks": RISKS,
        "language": language,
        "titles": titles,
    }
    return {
        f"{language}/{name}.html": _environment()
        .get_template(f"{language}/{name}.html")
        .render(title=title, **shown)
        for name, title in titles.items()
    }


def write(facts: Facts, folder: Path) -> list[Path]:
    """Write all documents and an index into a folder; return the files.

    Raises
    ------
    StoreError
        When it cannot be written there.
    """
    pages = {name: html for each in Language for name, html in documents(facts, each).items()}
    index = _environment().get_template("index.html")
    pages["index.html"] = index.render(
        f=facts, all_titles=TITLES, language=Language.EN, title="Ambient"
    )
    made = []
    try:
        for name, html in sorted(pages.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(html, "utf-8")
            made.append(path)
    except OSError as error:
        raise StoreError(
            f"{folder}: expected a folder to write to, got: {error.strerror}; name another"
        ) from None
    return made
