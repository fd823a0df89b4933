"""The risk file: each hazard, the measure against it, and the test that shows that it works.

Comes in: nothing. Goes out: `RISKS`, in English and German. A test holds that every named test
exists; what a facility must do itself stands in the last column.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Risk(Struct, frozen=True, kw_only=True):
    """A hazard with its measure.

    Attributes
    ----------
    hazard, measure, left
        By language; `left` is what the facility does about what remains.
    tests
        ``file::function``, from the repository's root.
    """

    hazard: dict[str, str]
    measure: dict[str, str]
    left: dict[str, str]
    tests: list[str]


def _risk(tests: list[str], en: tuple[str, str, str], de: tuple[str, str, str]) -> Risk:
    hazard, measure, left = ({"en": e, "de": d} for e, d in zip(en, de, strict=True))
    return Risk(hazard=hazard, measure=measure, left=left, tests=tests)


RISKS: Final = [
    _risk(
        [
            "tests/hub/test_alarm_life.py::test_steps_come_by_time_until_the_siren",
            "tests/hub/test_alarm_machine.py::test_random_nights_keep_faith",
        ],
        (
            "Nobody reacts to an alarm.",
            "It is repeated and escalated by time, at last to the siren.",
            "Plans and rota that fit the staff; practise once a quarter.",
        ),
        (
            "Niemand reagiert auf einen Alarm.",
            "Er wird wiederholt und nach Zeit weitergegeben, zuletzt an die Sirene.",
            "Pläne und Dienste, die zum Personal passen; einmal im Quartal üben.",
        ),
    ),
    _risk(
        ["tests/hub/test_alarm_life.py::test_a_fall_is_never_closed_by_time_or_silence"],
        (
            "An alarm ends although somebody still lies there.",
            "A fall ends only when a person says what it was.",
            "Look before you resolve.",
        ),
        (
            "Ein Alarm endet, obwohl noch jemand dort liegt.",
            "Ein Sturz endet nur, wenn ein Mensch sagt, was es war.",
            "Erst nachsehen, dann abschließen.",
        ),
    ),
    _risk(
        [
            "tests/hub/test_alarm_life.py::"
            "test_it_rings_again_when_nobody_was_there_within_ten_minutes"
        ],
        (
            "Somebody acknowledges and is held up.",
            "It rings again when nobody was there within ten minutes.",
            "Tap “there” in the room.",
        ),
        (
            "Jemand bestätigt und wird aufgehalten.",
            "Es klingelt wieder, wenn nach zehn Minuten niemand da war.",
            "Im Zimmer „vor Ort“ tippen.",
        ),
    ),
    _risk(
        ["tests/hub/test_alarms.py::test_a_silent_node_is_an_alarm_until_it_speaks"],
        (
            "A room's device fails unnoticed.",
            "A device that is silent for seconds is an alarm.",
            "Look into such a room on foot.",
        ),
        (
            "Das Gerät eines Zimmers fällt unbemerkt aus.",
            "Ein Gerät, das Sekunden schweigt, ist ein Alarm.",
            "In solche Zimmer zu Fuß sehen.",
        ),
    ),
    _risk(
        [
            "tests/node/test_contact.py::test_an_alarm_that_no_hub_answers_closes_it",
            "tests/relays/test_relays.py::"
            "test_the_relay_opens_when_signs_stop_and_closes_with_the_next",
        ],
        (
            "The server of the house is dead.",
            "The device closes a contact of the nurse call itself; the server's own relay drops.",
            "Wire both, and test them once a quarter.",
        ),
        (
            "Der Server des Hauses ist ausgefallen.",
            "Das Gerät schließt selbst einen Kontakt der Rufanlage; das Relais des Servers "
            "fällt ab.",
            "Beide anschließen und einmal im Quartal prüfen.",
        ),
    ),
    _risk(
        ["tests/e2e/test_chaos.py::test_nothing_is_lost"],
        (
            "Power or network fails.",
            "Events wait on the device's disk and are delivered later, once.",
            "Emergency power for server and network.",
        ),
        (
            "Strom oder Netz fällt aus.",
            "Meldungen warten auf der Platte des Geräts und kommen später an, genau einmal.",
            "Notstrom für Server und Netz.",
        ),
    ),
    _risk(
        [
            "tests/e2e/test_leaves.py::test_every_message_is_of_the_closed_list",
            "tests/e2e/test_leaves.py::test_no_file_holds_a_picture",
            "tests/e2e/test_leaves.py::test_every_packet_belongs_to_the_link",
        ],
        (
            "Pictures or sound get out of the room.",
            "Only events of a closed list leave the device; every packet is checked against it.",
            "Keep devices under lock; none on a foreign network.",
        ),
        (
            "Bilder oder Ton gelangen aus dem Zimmer.",
            "Nur Meldungen einer geschlossenen Liste verlassen das Gerät; jedes Paket wird "
            "geprüft.",
            "Geräte unter Verschluss halten; keines an ein fremdes Netz.",
        ),
    ),
    _risk(
        [
            "tests/e2e/test_facility.py::test_a_pause_closes_the_devices_and_shows",
            "tests/hub/people/test_link.py::"
            "test_a_withdrawal_closes_and_erases_on_the_node_within_a_minute",
        ],
        (
            "Somebody is watched who does not want it.",
            "A button closes the devices; a withdrawal closes them within a minute and erases.",
            "Explain both to residents; record refusals at once.",
        ),
        (
            "Jemand wird beobachtet, der es nicht will.",
            "Ein Taster schließt die Geräte; ein Widerruf schließt sie in einer Minute und löscht.",
            "Beides den Bewohnern erklären; Widersprüche sofort eintragen.",
        ),
    ),
    _risk(
        ["tests/hub/people/test_consents.py::test_a_sense_opens_only_when_every_occupant_agrees"],
        (
            "In a shared room one decides for the other.",
            "A sense opens only when everybody who lives there agrees.",
            "Enter every occupant before the first consent.",
        ),
        (
            "In einem Doppelzimmer entscheidet einer für den anderen.",
            "Ein Sinn öffnet nur, wenn alle zustimmen, die dort wohnen.",
            "Vor der ersten Einwilligung alle eintragen, die dort wohnen.",
        ),
    ),
    _risk(
        [
            ""
            "tests/hub/people/test_erasure.py::test_at_rest_nothing_of_a_resident_stands_in_the_clear",
            ""
            "tests/hub/people/test_erasure.py::test_a_restore_of_last_nights_backup_brings_nothing_back",
        ],
        (
            "The server or a backup is stolen, or erased data comes back.",
            "Residents' data is enciphered; backups are sealed; every restore applies the "
            "erasures.",
            "Keep the recovery key in a safe; encrypt the disk of the server.",
        ),
        (
            "Server oder Sicherung wird gestohlen, oder Gelöschtes kehrt zurück.",
            "Daten der Bewohner sind verschlüsselt, Sicherungen versiegelt; jede Rücksicherung "
            "wendet die Löschungen an.",
            "Den Schlüssel im Tresor verwahren; die Platte des Servers verschlüsseln.",
        ),
    ),
    _risk(
        ["tests/hub/test_alarm_log.py::test_what_was_forged_is_found_and_named"],
        (
            "Records are changed afterwards.",
            "The log is chained; `ambient hub verify` finds a change.",
            "Print the head of the log now and then.",
        ),
        (
            "Aufzeichnungen werden nachträglich verändert.",
            "Das Protokoll ist verkettet; `ambient hub verify` findet eine Änderung.",
            "Den Kopf des Protokolls gelegentlich ausdrucken.",
        ),
    ),
    _risk(
        ["tests/e2e/test_bad_input.py::test_a_key_that_is_not_enrolled_is_kept_out_and_counted"],
        (
            "Somebody connects a device of their own.",
            "Only devices whose key was accepted by a person are heard.",
            "Compare the fingerprint.",
        ),
        (
            "Jemand schließt ein eigenes Gerät an.",
            "Nur Geräte, deren Schlüssel ein Mensch angenommen hat, werden gehört.",
            "Den Fingerabdruck vergleichen.",
        ),
    ),
    _risk(
        ["tests/hub/test_alarm_life.py::test_a_snooze_withholds_what_it_covers_and_ends"],
        (
            "Too many false alarms: the system is switched off or ignored.",
            "Each is judged and counted; a snooze has an end, a reason and an owner.",
            "Read the report of alarms monthly.",
        ),
        (
            "Zu viele Fehlalarme: Das System wird abgeschaltet oder überhört.",
            "Jeder wird beurteilt und gezählt; Stummschalten hat Ende, Grund und Namen.",
            "Den Bericht der Alarme monatlich lesen.",
        ),
    ),
    _risk(
        ["tests/hub/channels/test_host.py::test_nothing_is_sent_until_somebody_accepted_it"],
        (
            "Data reaches somebody outside the house.",
            "Every way out is off until somebody responsible accepts its recipient; texts "
            "carry room "
            "and kind, never a name.",
            "Check the list of recipients yearly.",
        ),
        (
            "Daten erreichen jemanden außerhalb des Hauses.",
            "Jeder Weg hinaus ist aus, bis jemand Verantwortliches den Empfänger annimmt; Texte "
            "nennen Zimmer und Art, nie einen Namen.",
            "Die Liste der Empfänger jährlich prüfen.",
        ),
    ),
]
