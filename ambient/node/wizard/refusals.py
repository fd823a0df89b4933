"""What the wizard refuses, and why, in the language of the page that asked.

Comes in: the name of a sentence, and what it is filled with. Goes out: exceptions that know it in
English and German. As text, for the log and the command line, they are English.

::

    SaidError
    ├── RefusedError (UsageError)      what cannot be done as it was asked for
    │   ├── ShutOutError               by a device that did not give the code
    │   ├── ForeignPageError           from a page that is not the wizard's
    │   ├── NotAgreedError             without everybody's agreement
    │   ├── UnknownPlaceError          in a room or with a camera that this node has not
    │   ├── NotThereError              of what is not there yet
    │   └── BusyError                  while the node starts anew
    └── UnwrittenError (StoreError)    what was drawn cannot be written
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ambient.errors import AmbientError, StoreError, UsageError
from ambient.events import Area, Station
from ambient.languages import Language
from ambient.node.wizard.words import words

_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "shut_out": (
        "expected the device that gave the code; open / and give it",
        "Erwartet wird das Gerät, das den Code eingegeben hat; öffnen Sie / und geben Sie ihn ein.",
    ),
    "foreign_page": (
        "expected a request of the wizard's own page",
        "Erwartet wird eine Anfrage von einer Seite des Assistenten.",
    ),
    "not_agreed": (
        "expected that everybody in the room agrees",
        "Erwartet wird, dass alle im Zimmer einverstanden sind.",
    ),
    "no_still": (
        "nobody agreed to a picture, or there is none yet",
        "Niemand hat einem Bild zugestimmt, oder es gibt noch keines.",
    ),
    "not_walked": (
        "nobody has walked through this room yet",
        "Durch dieses Zimmer ist noch niemand gegangen.",
    ),
    "no_room": (
        "expected a room of this node ({known}), got {got!r}",
        "Erwartet wird ein Zimmer dieses Knotens ({known}), nicht {got!r}.",
    ),
    "no_camera": (
        "expected a camera of {room} ({known}), got {got!r}",
        "Erwartet wird eine Kamera von {room} ({known}), nicht {got!r}.",
    ),
    "no_station": (
        "expected a station that {room} is walked by, got {got}",
        "Diese Stelle gehört nicht zum Gang durch {room}: {got}.",
    ),
    "not_begun": (
        "expected a station that was begun, got none; press Begin first",
        "Noch wurde keine Stelle begonnen; drücken Sie zuerst Beginnen.",
    ),
    "busy": (
        "expected the node's cameras to answer, they do not yet; wait a little",
        "Die Kameras des Knotens antworten noch nicht; warten Sie ein wenig.",
    ),
    "too_many_areas": (
        "expected at most {most} areas, got {got}; delete some",
        "Höchstens {most} Flächen sind möglich, es sind {got}; löschen Sie einige.",
    ),
    "corner_outside": (
        "area {number} ({area}): expected corners inside the picture, got one outside",
        "Fläche {number} ({area}): Eine Ecke liegt außerhalb des Bildes; zeichnen Sie sie neu.",
    ),
    "sides_cross": (
        "area {number} ({area}): expected sides that do not cross; move its corners",
        "Fläche {number} ({area}): Ihre Seiten kreuzen sich; setzen Sie die Ecken anders.",
    ),
    "a_spot": (
        "area {number} ({area}): expected a larger area, got a spot; draw it again",
        "Fläche {number} ({area}): Sie ist nur ein Fleck; zeichnen Sie sie größer.",
    ),
    "no_bed": (
        "area {number} ({area}): expected a bed of this room ({known}), got {got}",
        "Fläche {number} ({area}): Erwartet wird ein Bett dieses Zimmers ({known}), nicht {got}.",
    ),
    "ownerless": (
        "area {number} ({area}): expected whose bed it is ({known}), got none; choose one",
        "Fläche {number} ({area}): Wählen Sie, wessen Bett es ist ({known}).",
    ),
    "doors": (
        "expected one door of a wet room in a camera's picture, got several",
        "Im Bild einer Kamera kann nur eine Tür einer Nasszelle sein; löschen Sie die anderen.",
    ),
    "unwritten": (
        "{file}: expected to write what was drawn, got: {why}; run `ambient commission` as the "
        "owner of this file, on a disk with free space",
        "{file}: Was gezeichnet wurde, lässt sich nicht schreiben ({why}); starten Sie `ambient "
        "commission` als Besitzer dieser Datei, auf einem Datenträger mit freiem Platz.",
    ),
    "not_kept": (
        "the node could not keep this: {why}",
        "Der Knoten konnte das nicht speichern: {why}",
    ),
    "not_configured": (
        "the node could not run with this: {why}",
        "Damit könnte der Knoten nicht laufen: {why}",
    ),
    "not_done": ("the node could not do this: {why}", "Der Knoten konnte das nicht tun: {why}"),
    "no_address": (
        "there is nothing at this address; open /",
        "Unter dieser Adresse gibt es nichts; öffnen Sie /.",
    ),
    "too_large": (
        "expected at most {kilobytes} kB at once, got more; delete some areas",
        "Höchstens {kilobytes} kB auf einmal sind möglich; löschen Sie einige Flächen.",
    ),
    "unreadable": (
        "expected what the wizard's page sends, got something else; load the page anew",
        "Der Knoten kann nicht verwenden, was die Seite sendet; laden Sie sie neu.",
    ),
    "crashed": (
        "the node made a mistake; its log says more",
        "Der Knoten hat einen Fehler gemacht; mehr steht in seinem Protokoll.",
    ),
}

_NONE: Final = ("none", "keine")


def sentence(language: Language, name: str, **values: object) -> str:
    """Return why something is not done.

    Parameters
    ----------
    name
        Of the sentence.
    values
        What it is filled with: areas and stations are named in the language, lists listed.

    Examples
    --------
    >>> sentence(Language.DE, "no_room", known=["r1", "r2"], got="r9")
    "Erwartet wird ein Zimmer dieses Knotens (r1, r2), nicht 'r9'."
    """
    shown = {key: _shown(language, value) for key, value in values.items()}
    return _SENTENCES[name][_at(language)].format(**shown)


def _shown(language: Language, value: object) -> str:
    match value:
        case Area():
            return words(language)[f"area_{value}"]
        case Station():
            return words(language)[f"station_{value}"]
        case list():
            return ", ".join(map(str, value)) or _NONE[_at(language)]
    return str(value)


def _at(language: Language) -> int:
    return 0 if language is Language.EN else 1


class SaidError(AmbientError):
    """An error that both languages have a sentence for; parameters as `sentence` has them."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(sentence(Language.EN, name, **values))
        self._name = name
        self._values = values

    def said(self, language: Language) -> str:
        """Return why, in `language`."""
        return sentence(language, self._name, **self._values)


class RefusedError(SaidError, UsageError):
    """It cannot be done as it was asked for."""


class ShutOutError(RefusedError):
    """The device did not give the code."""


class ForeignPageError(RefusedError):
    """The request did not come from a page of the wizard."""


class NotAgreedError(RefusedError):
    """Not everybody agreed."""


class UnknownPlaceError(RefusedError):
    """There is no such room or camera on this node."""


class NotThereError(RefusedError):
    """What was asked for is not there, or not yet."""


class BusyError(RefusedError):
    """The node does not answer at the moment: it starts anew."""


class UnwrittenError(SaidError, StoreError):
    """What was drawn cannot be written into the configuration."""
