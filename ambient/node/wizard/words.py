"""What the wizard's pages say, in English and German.

Comes in: a language. Goes out: sentences by name. The hub's catalogue is the hub's: a node runs
without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ambient.languages import Language

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("Install a room", "Ein Zimmer einrichten"),
    "code": ("Code that the hub shows", "Code, den die Zentrale zeigt"),
    "enter": ("Enter", "Weiter"),
    "compare": (
        "Compare this fingerprint of the page's certificate with the one at the hub before you "
        "give the code. The code opens this page once.",
        "Vergleichen Sie diesen Fingerabdruck des Zertifikats der Seite mit dem an der Zentrale, "
        "bevor Sie den Code eingeben. Der Code öffnet diese Seite ein Mal.",
    ),
    "verdict_wrong": (
        "This is not the code. Tries left: {tries}. After the last one nobody gets in until this "
        "opening ends, in {minutes} min.",
        "Das ist nicht der Code. Verbleibende Versuche: {tries}. Nach dem letzten kommt niemand "
        "mehr hinein, bis diese Öffnung endet, in {minutes} min.",
    ),
    "verdict_locked": (
        "Too many wrong codes: nobody gets in any more. This opening ends in {minutes} min; then "
        "open the wizard again, which gives a new code.",
        "Zu viele falsche Codes: Es kommt niemand mehr hinein. Diese Öffnung endet in {minutes} "
        "min; öffnen Sie den Assistenten dann neu, das gibt einen neuen Code.",
    ),
    "verdict_used": (
        "The code was used by another device. Start the wizard again at the node.",
        "Der Code wurde schon benutzt. Starten Sie den Assistenten am Knoten neu.",
    ),
    "verdict_over": ("The wizard is closed.", "Der Assistent ist geschlossen."),
    "left": ("Minutes left", "Noch Minuten"),
    "rooms": ("Rooms of this node", "Zimmer dieses Knotens"),
    "close": ("Close the wizard", "Assistenten schließen"),
    "closed": (
        "The wizard is closed. Nothing of it is left on this device.",
        "Der Assistent ist geschlossen. Auf diesem Gerät bleibt nichts davon.",
    ),
    "step_cameras": ("1. Which camera is which", "1. Welche Kamera ist welche"),
    "cameras_help": (
        "Walk through the room: you are drawn as lines in the picture that sees you. What is "
        "shown is an outline, no picture.",
        "Gehen Sie durch das Zimmer: Im Bild, das Sie sieht, werden Sie als Linien gezeichnet. "
        "Gezeigt wird ein Umriss, kein Bild.",
    ),
    "mount": ("How it hangs", "Wie sie hängt"),
    "mount_wall": ("wall, into the room", "Wand, in den Raum"),
    "mount_ceiling": ("ceiling, straight down", "Decke, senkrecht hinab"),
    "camera": ("Camera", "Kamera"),
    "nobody": ("Nobody is seen.", "Niemand ist zu sehen."),
    "seen": ("People seen", "Gesehene Personen"),
    "outline_of": ("Outline of camera", "Umriss der Kamera"),
    "gathering": ("The outline is being gathered …", "Der Umriss entsteht …"),
    "step_draw": ("2. Draw what stands where", "2. Zeichnen, was wo steht"),
    "draw_help": (
        "Choose what you draw, then tap its corners, at most 16. With a keyboard: arrow keys "
        "move the cross, Enter sets a corner.",
        "Wählen Sie, was Sie zeichnen, und tippen Sie seine Ecken an, höchstens 16. Mit der "
        "Tastatur: Pfeiltasten bewegen das Kreuz, Eingabe setzt eine Ecke.",
    ),
    "kind": ("What you draw", "Was Sie zeichnen"),
    "area_bed": ("Bed", "Bett"),
    "area_sofa": ("Sofa", "Sofa"),
    "area_chair": ("Chair", "Stuhl"),
    "area_floor": ("Floor", "Boden"),
    "area_permitted": ("Permitted lying place", "Erlaubter Liegeplatz"),
    "area_mask": ("Mask: nothing is looked at here", "Maske: Hier wird nicht hingesehen"),
    "area_wet_room": ("Door of the wet room", "Tür der Nasszelle"),
    "view_ok": ("sees", "sieht"),
    "view_dark": ("too dark", "zu dunkel"),
    "view_over_exposed": ("too bright", "zu hell"),
    "view_blurred": ("blurred", "unscharf"),
    "view_covered": ("covered", "verdeckt"),
    "view_frozen": ("frozen", "eingefroren"),
    "view_moved": ("was turned", "wurde verdreht"),
    "view_slow": ("too few pictures a second", "zu wenige Bilder pro Sekunde"),
    "view_gone": ("no picture", "kein Bild"),
    "view_not_watched": ("not watched in the dark", "im Dunkeln nicht überwacht"),
    "view_paused": ("paused", "pausiert"),
    "view_off": ("switched off", "ausgeschaltet"),
    "whose_bed": ("Whose bed", "Wessen Bett"),
    "missing_owner": (
        "Area {area}: choose whose bed it is before you save.",
        "Fläche {area}: Wählen Sie vor dem Speichern, wessen Bett es ist.",
    ),
    "missing_beds": (
        "Beds not drawn yet: {beds}. Whoever sleeps there may be taken for fallen.",
        "Noch nicht gezeichnete Betten: {beds}. Wer dort schläft, kann als gestürzt gelten.",
    ),
    "finish_area": ("Finish this area", "Fläche abschließen"),
    "undo_corner": ("Take the last corner back", "Letzte Ecke zurück"),
    "areas": ("Areas", "Flächen"),
    "no_areas": ("Nothing is drawn yet.", "Noch nichts gezeichnet."),
    "proposals": ("Found furniture", "Gefundene Möbel"),
    "take": ("Take over", "Übernehmen"),
    "delete": ("Delete", "Löschen"),
    "save": ("Save the areas", "Flächen speichern"),
    "saved": (
        "Saved as version {version}. The node starts anew; that takes some seconds.",
        "Gespeichert als Version {version}. Der Knoten startet neu; das dauert einige Sekunden.",
    ),
    "still": (
        "If the outline is not enough: a real picture",
        "Wenn der Umriss nicht reicht: ein echtes Bild",
    ),
    "still_help": (
        "Only when everybody in the room agrees. The picture is shown on this device, for five "
        "minutes at most, and each is told to the hub as an event.",
        "Nur wenn alle im Zimmer einverstanden sind. Das Bild erscheint auf diesem Gerät, "
        "höchstens fünf Minuten lang, und jedes wird der Zentrale als Ereignis gemeldet.",
    ),
    "still_agree": (
        "Everybody in the room agrees that a picture is seen",
        "Alle im Zimmer sind einverstanden, dass ein Bild zu sehen ist",
    ),
    "still_show": ("Show a picture for five minutes", "Ein Bild fünf Minuten lang zeigen"),
    "still_alt": ("Picture of camera", "Bild der Kamera"),
    "step_walk": ("3. Walk through the room", "3. Durch das Zimmer gehen"),
    "walk_help": (
        "Tell the carers before: who lies on the floor is an alarm, which they end as “test”. "
        "Press Begin, do it for at least five seconds, press Done. The three places on the floor "
        "must be at least a metre apart.",
        "Sagen Sie den Pflegenden vorher Bescheid: Wer am Boden liegt, ist ein Alarm, den sie "
        "als „Test“ beenden. Drücken Sie Beginnen, tun Sie es mindestens fünf Sekunden, drücken "
        "Sie Fertig. Die drei Stellen am Boden müssen mindestens einen Meter auseinander liegen.",
    ),
    "light_day": ("By day", "Bei Tag"),
    "light_night": ("In night light", "Im Nachtlicht"),
    "station_walk": ("Walk across the room", "Durch das Zimmer gehen"),
    "station_sit": ("Sit down on a chair", "Auf einen Stuhl setzen"),
    "station_lie_bed": ("Lie on the bed", "Auf das Bett legen"),
    "station_lie_floor_1": ("Lie on the floor, first place", "Auf den Boden legen, erste Stelle"),
    "station_lie_floor_2": ("Lie on the floor, second place", "Auf den Boden legen, zweite Stelle"),
    "station_lie_floor_3": ("Lie on the floor, third place", "Auf den Boden legen, dritte Stelle"),
    "station_clap": ("Clap once", "Ein Mal klatschen"),
    "station_call": ("Call aloud", "Laut rufen"),
    "begin": ("Begin", "Beginnen"),
    "done": ("Done", "Fertig"),
    "covered_yes": ("Covered", "Erfasst"),
    "covered_no": ("NOT covered", "NICHT erfasst"),
    "covered_unknown": ("Not tried", "Nicht geprüft"),
    "why_fine": ("noticed it", "hat es bemerkt"),
    "why_not_long_enough": (
        "saw it not clearly or long enough",
        "sah es nicht klar oder lang genug",
    ),
    "why_nobody": ("saw nobody", "sah niemanden"),
    "why_on_furniture": (
        "saw you lie, but takes the place for furniture",
        "sah Sie liegen, hält die Stelle aber für ein Möbel",
    ),
    "why_on_floor": (
        "saw you lie, but not on the bed as it is drawn",
        "sah Sie liegen, aber nicht auf dem gezeichneten Bett",
    ),
    "why_no_view": ("can see nothing", "kann nichts sehen"),
    "why_nothing_heard": ("heard nothing", "hörte nichts"),
    "why_no_hearing": ("can hear nothing", "kann nichts hören"),
    "why_same_place": (
        "saw you lie where you lay before: lie down at least a metre away from each place before",
        "sah Sie liegen, wo Sie schon lagen: Legen Sie sich mindestens einen Meter von jeder "
        "früheren Stelle entfernt hin",
    ),
    "step_end": ("4. Certificate", "4. Abnahme"),
    "by": (
        "Who walked (stays on the node and on paper)",
        "Wer ging (bleibt am Knoten und auf Papier)",
    ),
    "short": (
        "Short walk after a node was replaced",
        "Kurzer Gang nach dem Tausch eines Knotens",
    ),
    "end": ("Write the certificate", "Abnahme schreiben"),
    "certificate": ("Certificate of room", "Abnahme des Zimmers"),
    "complete": (
        "Every station that was asked for is covered.",
        "Jede verlangte Stelle ist erfasst.",
    ),
    "incomplete": (
        "The room is NOT commissioned in full.",
        "Das Zimmer ist NICHT vollständig abgenommen.",
    ),
    "not_covered": ("What is not covered", "Was nicht erfasst ist"),
    "nothing_missing": ("Nothing that was asked for is missing.", "Nichts Verlangtes fehlt."),
    "gap_wet_room": (
        "The wet room: no camera hangs there, and no sensor or door is drawn that would tell.",
        "Die Nasszelle: Dort hängt keine Kamera, und weder Sensor noch Tür meldet etwas.",
    ),
    "gap_no_camera": (
        "There is no camera: falls are not seen.",
        "Ohne Kamera: Stürze sieht niemand.",
    ),
    "gap_no_microphone": (
        "There is no microphone: calls are not heard.",
        "Ohne Mikrofon: Rufe hört niemand.",
    ),
    "gap_sounds_off": (
        "Sounds are off: calls are not heard.",
        "Geräusche sind aus: Rufe hört niemand.",
    ),
    "gap_falls_off": ("Falls are off.", "Stürze sind aus."),
    "gap_night_not_watched": (
        "In the dark this camera sees nothing, by plan:",
        "Im Dunkeln sieht diese Kamera planmäßig nichts:",
    ),
    "gap_night_not_tried": ("Night light was not tried.", "Das Nachtlicht wurde nicht geprüft."),
    "gap_no_bed_drawn": (
        "Not drawn, so that whoever sleeps there may be taken for fallen: bed",
        "Nicht gezeichnet, so dass als gestürzt gelten kann, wer dort schläft: Bett",
    ),
    "gap_masked": (
        "Whoever is under a mask of this camera:",
        "Wer unter einer Maske dieser Kamera ist:",
    ),
    "gap_same_place": (
        "Not covered, since it was tried less than a metre from a place before:",
        "Nicht erfasst, weil weniger als einen Meter neben einer früheren Stelle geprüft:",
    ),
    "gap_station": ("Not covered:", "Nicht erfasst:"),
    "limits": (
        "A walk shows that a room notices one person at these places on that day. It does not show "
        "that every fall is noticed. A camera that is turned ends the validity of this page.",
        "Ein Gang zeigt, dass ein Zimmer eine Person an diesen Stellen an diesem Tag bemerkt. Er "
        "zeigt nicht, dass jeder Sturz bemerkt wird. Eine verdrehte Kamera beendet die Gültigkeit "
        "dieses Blattes.",
    ),
    "genuine": (
        "Genuine when the hub shows this digest for the room:",
        "Echt, wenn die Zentrale für das Zimmer diese Prüfsumme zeigt:",
    ),
    "made": ("Made", "Erstellt"),
    "node": ("Node", "Knoten"),
    "key": ("Key", "Schlüssel"),
    "version": ("Version of the areas", "Version der Flächen"),
    "walked_by": ("Walked by", "Gegangen von"),
    "station": ("Station", "Stelle"),
    "result": ("Result", "Ergebnis"),
    "senses": ("Cameras and microphones", "Kameras und Mikrofone"),
    "print": ("Print", "Drucken"),
    "back": ("Back to the room", "Zurück zum Zimmer"),
    "lost": (
        "The node does not answer. It may be starting anew.",
        "Der Knoten antwortet nicht. Vielleicht startet er neu.",
    ),
    "corner": ("Corner", "Ecke"),
}


def words(language: Language) -> dict[str, str]:
    """Return every sentence in one language, by name."""
    at = 0 if language is Language.EN else 1
    return {name: both[at] for name, both in _WORDS.items()}
