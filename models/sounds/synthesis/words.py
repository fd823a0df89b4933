"""What people call when they need help, and what they say otherwise, by language.

Goes out: `CALLS`, two lists a language, and `TALK`, everyday words and sentences. A site's own
list is a TOML file of the same shape (``ambient train sounds --words``). Languages are named as
espeak-ng names them.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import UsageError


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one language.

    Attributes
    ----------
    help
        What nobody says without need: one, loud and alone, may alarm.
    call
        What calls somebody: greetings and titles, which alarm when they are repeated.
    """

    help: tuple[str, ...]
    call: tuple[str, ...]


CALLS: Final[dict[str, Words]] = {
    "en-gb": Words(("help", "help me", "please help"), ("nurse", "hello")),
    "de": Words(("Hilfe", "zu Hilfe", "helft mir"), ("Schwester", "hallo", "Pfleger")),
    "fr-fr": Words(("au secours", "à l'aide", "aidez moi"), ("infirmière", "allô", "madame")),
    "it": Words(("aiuto", "aiutatemi"), ("infermiera", "signora")),
    "pl": Words(("pomocy", "ratunku"), ("siostro", "halo")),
    "tr": Words(("imdat", "yardım edin", "yardım"), ("hemşire", "bakar mısınız")),
    "es": Words(("socorro", "ayuda", "auxilio"), ("enfermera", "hola")),
    "ru": Words(("помогите", "на помощь"), ("сестра", "алло")),
}

TALK: Final[dict[str, tuple[str, ...]]] = {
    "en-gb": (
        "yes",
        "no",
        "self",
        "held",
        "yellow",
        "hell of a day",
        "thank you",
        "coffee",
        "Anna",
        "good morning",
        "where is my jumper",
        "the weather will be fine tomorrow",
        "number seven",
        "I had soup for lunch",
        "is it Tuesday already",
        "help yourself to some cake",
        "my daughter is coming on Sunday and she brings the children",
        "turn it off please",
        "and now the news of the hour from around the world",
        "purse",
        "worse",
        "kelp",
        "shelf",
        "she said that the train was late again",
        "breakfast is ready",
        "look at that",
        "a minister said that talks would go on next week",
        "first",
        "fellow",
        "hallway",
    ),
    "de": (
        "ja",
        "nein",
        "Silbe",
        "Hälfte",
        "Elfe",
        "danke",
        "Kaffee",
        "Peter",
        "guten Morgen",
        "wo ist meine Brille",
        "das Wetter wird morgen besser",
        "halb acht",
        "gestern",
        "Fenster",
        "heute gibt es Suppe",
        "meine Tochter kommt am Sonntag mit den Kindern",
        "alles gut",
        "hier ist das Erste mit der Tagesschau",
        "der Zug hatte wieder Verspätung",
        "Hilde",
        "der Minister sagte die Gespräche gehen weiter",
        "mach bitte das Licht aus",
        "warte",
        "ich helfe nachher beim Abwasch",
        "Liste",
        "Pflaster",
        "halt",
        "holla",
        "welche",
    ),
    "fr-fr": (
        "oui",
        "non",
        "merci",
        "bonjour",
        "café",
        "le secret",
        "beaucoup",
        "Marie",
        "demain",
        "où sont mes lunettes",
        "il fera beau demain",
        "ma fille vient dimanche avec les enfants",
        "voici les informations de vingt heures",
        "le train avait encore du retard",
        "la lumière",
        "la rivière",
        "dernière",
        "il est déjà tard",
        "on mange de la soupe",
        "allons",
        "autour",
    ),
    "it": (
        "sì",
        "no",
        "grazie",
        "buongiorno",
        "caffè",
        "minuto",
        "saluto",
        "Paolo",
        "domani",
        "dove sono i miei occhiali",
        "domani farà bel tempo",
        "mia figlia viene domenica",
        "ecco le notizie del giorno",
        "il treno era di nuovo in ritardo",
        "tenuto",
        "venuto",
        "la sera",
        "primavera",
        "oggi c'è la minestra",
        "spegni la luce per favore",
    ),
    "pl": (
        "tak",
        "nie",
        "dziękuję",
        "dzień dobry",
        "kawa",
        "pomoc domowa",
        "północy",
        "jutro",
        "gdzie są moje okulary",
        "jutro będzie ładnie",
        "córka przyjedzie w niedzielę",
        "rachunek",
        "oto wiadomości dnia",
        "pociąg znowu się spóźnił",
        "ostro",
        "lato",
        "na obiad jest zupa",
    ),
    "tr": (
        "evet",
        "hayır",
        "teşekkürler",
        "günaydın",
        "kahve",
        "yardımcı",
        "yarın",
        "Ayşe",
        "adım",
        "gözlüğüm nerede",
        "yarın hava güzel olacak",
        "kızım pazar günü geliyor",
        "hemen",
        "şimdi günün haberleri",
        "tren yine geç kaldı",
        "kadın",
        "çorba var",
        "ışığı kapat",
    ),
    "es": (
        "sí",
        "no",
        "gracias",
        "buenos días",
        "café",
        "ayer",
        "cuerda",
        "Carmen",
        "mañana",
        "bola",
        "dónde están mis gafas",
        "mañana hará buen tiempo",
        "mi hija viene el domingo",
        "gorro",
        "estas son las noticias del día",
        "el tren llegó tarde otra vez",
        "hoy hay sopa",
        "era",
    ),
    "ru": (
        "да",
        "нет",
        "спасибо",
        "доброе утро",
        "кофе",
        "погодите",
        "весна",
        "завтра",
        "Маша",
        "где мои очки",
        "завтра будет хорошая погода",
        "дочь приедет в воскресенье",
        "остра",
        "передаём новости дня",
        "поезд опять опоздал",
        "мало",
        "на обед суп",
        "поможет",
    ),
    "nl": (
        "ja",
        "nee",
        "dank je",
        "goedemorgen",
        "morgen wordt het mooi weer",
        "hier is het nieuws",
    ),
    "sv": ("ja", "nej", "tack", "god morgon", "i morgon blir det fint", "här är nyheterna"),
    "pt": ("sim", "não", "obrigada", "bom dia", "amanhã vai fazer sol", "as notícias do dia"),
    "hu": ("igen", "nem", "köszönöm", "jó reggelt", "holnap szép idő lesz", "itt vannak a hírek"),
}


def site(path: Path) -> dict[str, Words]:
    """Return a site's own list: a table a language, each with ``help`` and ``call``.

    Raises
    ------
    UsageError
        It cannot be read, or is of another shape.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[str, Words])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"{path}: expected TOML with tables like [de] and the lists help and call in each, "
            f"got: {error}"
        ) from None
