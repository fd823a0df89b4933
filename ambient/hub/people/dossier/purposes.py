"""What each purpose does, in plain words, English and German: for consent forms and records.

Comes in: nothing. Goes out: `WORDS`, a line for every purpose and language; a test holds that none
is missing.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ambient.events import Purpose
from ambient.languages import Language


class Words(Struct, frozen=True, kw_only=True):
    """A purpose in plain words.

    Attributes
    ----------
    name
        What it is called.
    what
        What is measured, by what.
    why
        What it is good for.
    node, hub
        What stays on the device in the room, and what reaches the house's own server.
    without
        What happens without it.
    """

    name: str
    what: str
    why: str
    node: str
    hub: str
    without: str


WORDS: Final[dict[Language, dict[Purpose, Words]]] = {
    Language.EN: {
        Purpose.FALLS: Words(
            name="Falls",
            what="A camera in the room sees whether somebody lies on the floor. Pictures are "
            "looked at inside the device and thrown away at once. Sensors of the room (bed "
            "sensor, cord) help it.",
            why="Carers are told within seconds when somebody has fallen and cannot get up.",
            node="Where somebody is and in what posture, while the alarm lasts. No picture.",
            hub="Time, room and kind of the alarm, and who saw to it.",
            without="Nobody is told of a fall unless somebody calls or looks in.",
        ),
        Purpose.SOUNDS: Words(
            name="Calls and sounds",
            what="A microphone listens for calls for help, a few words from a fixed list, and "
            "smoke detectors. Sound is thrown away at once; nothing that is said is kept.",
            why="Somebody who calls is heard although no carer is near.",
            node="That something of the list was heard, for the length of an alarm.",
            hub="Time, room and kind of the alarm, and who saw to it.",
            without="A call is heard only by who is near.",
        ),
        Purpose.VOICE: Words(
            name="How the voice changes",
            what="While somebody speaks, numbers are measured such as pitch, loudness and pauses, "
            "over at least a minute. Words are not recognised, and moods are not guessed.",
            why="A voice that changes over days can be a reason to look at how somebody is.",
            node="What is usual for this person, as numbers.",
            hub="Once a day how far the voice was from what is usual.",
            without="The care is the same.",
        ),
        Purpose.RECOGNISE_VOICE: Words(
            name="Telling the own voice from others",
            what="Somebody speaks for a minute. From then on only this voice is measured. What "
            "is kept tells this voice from others, and is biometric data.",
            why="Visitors, carers and television are not measured by mistake.",
            node="The pattern of the voice, enciphered.",
            hub="Nothing.",
            without="The voice is not measured at all, or voices of others may be measured.",
        ),
        Purpose.VITALS: Words(
            name="Vital signs",
            what="A wristband, sensor or device measures pulse, breathing, oxygen, blood "
            "pressure, temperature or glucose, whichever is worn.",
            why="Carers see early that somebody may become ill.",
            node="The measured values.",
            hub="Summaries by hour and day, and that values differ from what is usual.",
            without="Values are measured by hand, as before.",
        ),
        Purpose.RESEARCH: Words(
            name="Research",
            what="What the device derives (postures, sounds by kind, values) is recorded as "
            "numbers. Never a picture, never a sound.",
            why="To find out how well the system works, and to make it better.",
            node="The recording, until its time is over or consent is withdrawn; of a fall that "
            "was not reported, the time around it for up to a year.",
            hub="That an export was made, when and by whom. The export itself is sealed for its "
            "recipient on the device.",
            without="The care is the same.",
        ),
    },
    Language.DE: {
        Purpose.FALLS: Words(
            name="Stürze",
            what="Eine Kamera im Zimmer erkennt, ob jemand auf dem Boden liegt. Die Bilder werden "
            "im Gerät angesehen und sofort verworfen. Sensoren im Zimmer (Bettsensor, Ruftaster) "
            "helfen dabei.",
            why="Pflegende erfahren in Sekunden, dass jemand gestürzt ist und nicht aufsteht.",
            node="Wo jemand ist und in welcher Haltung, solange der Alarm dauert. Kein Bild.",
            hub="Zeit, Zimmer und Art des Alarms, und wer sich gekümmert hat.",
            without="Von einem Sturz erfährt niemand, wenn nicht jemand ruft oder nachsieht.",
        ),
        Purpose.SOUNDS: Words(
            name="Rufe und Geräusche",
            what="Ein Mikrofon achtet auf Hilferufe, wenige Wörter einer festen Liste und "
            "Rauchmelder. Der Ton wird sofort verworfen; nichts Gesagtes wird aufbewahrt.",
            why="Wer ruft, wird gehört, auch wenn niemand in der Nähe ist.",
            node="Dass etwas aus der Liste zu hören war, solange der Alarm dauert.",
            hub="Zeit, Zimmer und Art des Alarms, und wer sich gekümmert hat.",
            without="Ein Ruf wird nur von denen gehört, die in der Nähe sind.",
        ),
        Purpose.VOICE: Words(
            name="Wie sich die Stimme verändert",
            what="Während jemand spricht, werden Zahlen gemessen, etwa Tonhöhe, Lautstärke und "
            "Pausen, über mindestens eine Minute. Wörter werden nicht erkannt, Stimmungen nicht "
            "erraten.",
            why="Eine Stimme, die sich über Tage verändert, kann ein Grund sein, nachzusehen.",
            node="Was für diese Person üblich ist, als Zahlen.",
            hub="Einmal am Tag, wie weit die Stimme vom Üblichen entfernt war.",
            without="Die Pflege ist dieselbe.",
        ),
        Purpose.RECOGNISE_VOICE: Words(
            name="Die eigene Stimme von anderen unterscheiden",
            what="Jemand spricht eine Minute lang. Danach wird nur diese Stimme gemessen. Was "
            "aufbewahrt wird, unterscheidet diese Stimme von anderen und ist ein biometrisches "
            "Datum.",
            why="Besuch, Pflegende und Fernseher werden nicht versehentlich gemessen.",
            node="Das Muster der Stimme, verschlüsselt.",
            hub="Nichts.",
            without="Die Stimme wird gar nicht gemessen, oder fremde Stimmen können mitgemessen "
            "werden.",
        ),
        Purpose.VITALS: Words(
            name="Vitalwerte",
            what="Ein Armband, Sensor oder Gerät misst Puls, Atmung, Sauerstoff, Blutdruck, "
            "Temperatur oder Zucker, je nachdem, was getragen wird.",
            why="Pflegende sehen früh, dass jemand krank werden könnte.",
            node="Die gemessenen Werte.",
            hub="Zusammenfassungen je Stunde und Tag, und dass Werte vom Üblichen abweichen.",
            without="Die Werte werden von Hand gemessen wie bisher.",
        ),
        Purpose.RESEARCH: Words(
            name="Forschung",
            what="Was das Gerät ableitet (Haltungen, Arten von Geräuschen, Werte), wird als "
            "Zahlen aufgezeichnet. Nie ein Bild, nie ein Ton.",
            why="Um zu erfahren, wie gut das System ist, und um es zu verbessern.",
            node="Die Aufzeichnung, bis ihre Zeit um ist oder die Einwilligung widerrufen wird; "
            "von einem Sturz, der nicht gemeldet wurde, die Zeit darum bis zu einem Jahr.",
            hub="Dass, wann und von wem exportiert wurde. Der Export selbst wird auf dem Gerät für "
            "seinen Empfänger versiegelt.",
            without="Die Pflege ist dieselbe.",
        ),
    },
}
