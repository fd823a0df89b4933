"""Carers' language: what an alarm, a room or a line of history is called on the page.

Comes in: alarms, rooms and history. Goes out: short plain sentences in the language that is spoken
(`ambient.hub.languages`). No judgement is made here.
"""

from __future__ import annotations

from typing import Final

from ambient.events import Contribution, Sense, Worker
from ambient.hub import device_words, situation_words
from ambient.hub.alarms.condition import (
    Condition,
    Deed,
    Entry,
    Injury,
    Judgement,
    SnoozeReason,
    Stage,
)
from ambient.hub.alarms.kinds import STANDBY_HUB, TORN_NETWORK, AlarmKind
from ambient.hub.database import Trouble
from ambient.hub.languages import gettext, mark, speaking
from ambient.hub.rooms import RoomStatus
from ambient.languages import Language
from ambient.observations import Place

JUDGEMENT: Final = {
    Judgement.FALL: mark("A fall"),
    Judgement.HELP: mark("Help was needed, no fall"),
    Judgement.FALSE_ALARM: mark("False alarm"),
    Judgement.TEST: mark("It was a test"),
    Judgement.FIXED: mark("Seen to"),
    Judgement.CONDITION_ENDED: mark("It ended by itself"),
    Judgement.UNBOUND: mark("The room computer is not enrolled for this room any more"),
}
INJURY: Final = {
    Injury.NONE: mark("Not hurt"),
    Injury.MINOR: mark("Slightly hurt"),
    Injury.SERIOUS: mark("Badly hurt"),
    Injury.UNKNOWN: mark("Not known if hurt"),
}
_STAGE: Final = {
    Stage.NONE: mark("Possible fall"),
    Stage.SUSPECTED: mark("Possible fall"),
    Stage.CONFIRMED: mark("Person on the floor"),
    Stage.LONG_LIE: mark("Person still on the floor"),
}
DEED: Final = {
    Deed.SUSPECTED: mark("Possible fall noticed"),
    Deed.CONFIRMED: mark("Person on the floor, alarm"),
    Deed.LONG_LIE: mark("Still on the floor, alarm again"),
    Deed.RECOVERED: mark("Seen up again"),
    Deed.DOWN_AGAIN: mark("On the floor again"),
    Deed.SECOND_SENSE: mark("Another sense says so too, alarm again"),
    Deed.HEARD: mark("Perhaps heard"),
    Deed.SURELY_HEARD: mark("Heard, alarm"),
    Deed.STILL_HEARD: mark("Still heard, alarm again"),
    Deed.QUIET: mark("Not heard any more"),
    Deed.SUPPOSED: mark("Perhaps so"),
    Deed.SURE: mark("Sure"),
    Deed.STILL_SO: mark("Still so"),
    Deed.OVER: mark("Not so any more"),
    Deed.OPENED: mark("Noticed"),
    Deed.CHANGED: mark("Changed"),
    Deed.ENDED: mark("Over, closed by itself"),
    Deed.ACKNOWLEDGED: mark("On the way"),
    Deed.THERE: mark("There"),
    Deed.NOBODY_THERE: mark("Not seen to in time, alarm again"),
    Deed.OWNER_LEFT: mark("Signed off, alarm again"),
    Deed.PAUSED: mark("Sound paused"),
    Deed.SNOOZED: mark("Snoozed"),
    Deed.UNSNOOZED: mark("Snooze is over"),
    Deed.RECORDED: mark("Looked after and recorded"),
    Deed.RESOLVED: mark("Resolved"),
    Deed.REOPENED: mark("Opened again"),
    Deed.HELD: mark("Below the accepted threshold, does not ring"),
    Deed.RELEASED: mark("No longer below the threshold, alarm"),
    Deed.SHADOWED: mark("Only recorded: shadow mode"),
    Deed.UNSHADOWED: mark("Shadow mode is over, alarm"),
}
KIND: Final = {
    AlarmKind.FALL: mark("Fall"),
    AlarmKind.HELP: mark("Call for help"),
    AlarmKind.SMOKE_ALARM: mark("Smoke detector"),
    AlarmKind.CORD: mark("Call button or cord"),
    AlarmKind.AGITATED: mark("Agitated"),
    AlarmKind.BED_EDGE: mark("Edge of the bed"),
    AlarmKind.BED_EXIT: mark("Out of bed"),
    AlarmKind.BED_NOT_BACK: mark("Not back in bed"),
    AlarmKind.BED_RESTLESS: mark("Restless in bed"),
    AlarmKind.NOT_OUT: mark("Not out of the wet room"),
    AlarmKind.NO_MOVEMENT: mark("No movement"),
    AlarmKind.INACTIVE: mark("Less active than usual"),
    AlarmKind.WANDERING: mark("Walking about"),
    AlarmKind.DETERIORATION: mark("Vital signs worse"),
    AlarmKind.DEVIATION: mark("Vital sign unusual"),
    AlarmKind.GLUCOSE: mark("Glucose low"),
    AlarmKind.RHYTHM: mark("Pulse irregular"),
    AlarmKind.NODE_SILENT: mark("Room computer silent"),
    AlarmKind.CAMERA: mark("Camera"),
    AlarmKind.MICROPHONE: mark("Microphone"),
    AlarmKind.SOURCE_SILENT: mark("Device sends nothing"),
    AlarmKind.WORKER: mark("Fault of the room computer"),
    AlarmKind.OUTBOX: mark("Lost messages"),
    AlarmKind.DISK: mark("Disk of the room computer"),
    AlarmKind.UNENROLLED: mark("Room not enrolled"),
    AlarmKind.CHANNEL: mark("A way out does not deliver"),
    AlarmKind.CHECK_AFTER_FALL: mark("Check after a fall"),
}
"""What a kind of alarm is called: of a snooze, of a notice."""
SNOOZE: Final = {
    SnoozeReason.CARE: mark("I am with the resident"),
    SnoozeReason.EXERCISE: mark("Exercise or therapy"),
    SnoozeReason.VISIT: mark("Visitors are there"),
    SnoozeReason.REPAIR: mark("Something is repaired"),
}
_PLACE: Final = {
    Place.FLOOR: mark("Lying on the floor"),
    Place.BED: mark("In or beside the bed"),
    Place.SOFA: mark("On or beside the sofa"),
    Place.CHAIR: mark("On or beside a chair"),
    Place.PERMITTED: mark("Rolled off the permitted lying place"),
}
_SENSE: Final = {
    Sense.VISION_POSTURE: mark("Body posture"),
    Sense.VISION_DESCENT: mark("Fast way down"),
    Sense.VISION_STILLNESS: mark("Lying still"),
    Sense.PLACE: mark("Where the person is"),
    Sense.SOUND_SCREAM: mark("A scream"),
    Sense.SOUND_HELP: mark("A call for help"),
    Sense.SOUND_MOAN: mark("Moaning"),
    Sense.SOUND_THUD: mark("A thud"),
    Sense.SOUND_GLASS: mark("Breaking glass"),
    Sense.SOUND_SMOKE_ALARM: mark("Sound of a smoke detector"),
    Sense.SOUND_COUGH: mark("Coughing"),
    Sense.VISION_MOVEMENT: mark("Movement seen"),
    Sense.WEARABLE_IMPACT: mark("A blow at the wristband"),
    Sense.WEARABLE_STILLNESS: mark("Wristband without movement"),
    Sense.WEARABLE_ORIENTATION: mark("Wristband turned"),
    Sense.WEARABLE_MOVEMENT: mark("Movement of the wristband"),
    Sense.HEART_RATE: mark("Heart rate"),
    Sense.VITALS: mark("Vital signs together"),
    Sense.GLUCOSE: mark("Glucose"),
    Sense.SENSOR_BED: mark("Bed sensor"),
    Sense.SENSOR_CHAIR: mark("Chair sensor"),
    Sense.SENSOR_MAT: mark("Mat"),
    Sense.SENSOR_DOOR: mark("Door"),
    Sense.SENSOR_PRESENCE: mark("Somebody is there"),
    Sense.SENSOR_FALL: mark("Radar"),
    Sense.SENSOR_CORD: mark("Cord or button"),
    Sense.CARER: mark("A carer is there"),
    Sense.OWN_RATE: mark("How often it happens here"),
}
_WORKER: Final = {
    Worker.VISION: mark("watching the cameras"),
    Worker.AUDIO: mark("listening to the microphones"),
    Worker.GATEWAYS: mark("reading wearables and sensors"),
    Worker.FUSION: mark("judging what is seen"),
    Worker.AGENT: mark("sending alarms"),
}
ROOM: Final = {
    RoomStatus.SILENT: mark("Room computer silent"),
    RoomStatus.UNKNOWN: mark("Not known yet: no camera has reported"),
    RoomStatus.DEGRADED: mark("Camera cannot see"),
    RoomStatus.NOT_WATCHED: mark("Not watched"),
    RoomStatus.PAUSED: mark("Paused"),
    RoomStatus.OFF: mark("Switched off"),
    RoomStatus.WATCHED: mark("Watched"),
}
TROUBLE: Final = {
    Trouble.DISK_FULL: mark(
        "The hub's disk is full. New alarms cannot be shown. Look after the rooms in person and "
        "call the administrator."
    ),
    Trouble.DATABASE: mark(
        "The hub cannot store alarms. New alarms cannot be shown. Look after the rooms in person "
        "and call the administrator."
    ),
    Trouble.DISK_LOW: mark("The hub's disk is almost full. Call the administrator."),
}
_CLEAR: Final = 1.0
_STRONG: Final = 3.0
_STRONG_SIGN: Final = (mark("strong sign"), mark("strong sign against"))
_CLEAR_SIGN: Final = (mark("clear sign"), mark("clear sign against"))
_SLIGHT_SIGN: Final = (mark("slight sign"), mark("slight sign against"))


def text(kind: AlarmKind, room: str, language: Language) -> str:
    """Return a notice of an alarm for who is not at a page: kind and room, and nothing else."""
    with speaking(language):
        return f"{gettext(KIND[kind])} – {room}"


def headline(alarm: Condition) -> str:
    """Return what has happened, in a few words, without the room."""
    match alarm.kind:
        case AlarmKind.FALL:
            if alarm.recovered:
                return gettext("Got up again: look after the person")
            return gettext(_STAGE[alarm.stage])
        case AlarmKind.CHECK_AFTER_FALL:
            return gettext("Check after a fall")
        case AlarmKind.NODE_SILENT:
            if alarm.stopped:
                return gettext("Room computer was switched off")
            return gettext("Room computer is silent")
        case AlarmKind.CAMERA | AlarmKind.MICROPHONE | AlarmKind.SOURCE_SILENT:
            return device_words.headline(alarm)
        case AlarmKind.WORKER:
            return gettext("Room computer has a fault")
        case AlarmKind.OUTBOX:
            return gettext("Room computer lost messages")
        case AlarmKind.DISK:
            return gettext("Room computer's disk is full")
        case AlarmKind.UNENROLLED:
            said = gettext("Room computer %(node)s reports for a room it is not enrolled for")
            return said % {"node": alarm.node}
        case AlarmKind.CHANNEL if alarm.source == STANDBY_HUB:
            return gettext("No second hub could take over")
        case AlarmKind.CHANNEL if alarm.source == TORN_NETWORK:
            return gettext("The network between the two hubs is torn")
        case AlarmKind.CHANNEL:
            return gettext("Way out %(channel)s does not deliver") % {"channel": alarm.source}
        case _:
            return situation_words.headline(alarm)


def known(alarm: Condition) -> list[str]:
    """Return what is known about an alarm, one short sentence each."""
    match alarm.kind:
        case AlarmKind.FALL:
            return _known_fall(alarm)
        case AlarmKind.CHECK_AFTER_FALL:
            return _known_check(alarm)
        case AlarmKind.NODE_SILENT:
            return [gettext("Its rooms are not watched until it answers")]
        case AlarmKind.CAMERA | AlarmKind.MICROPHONE | AlarmKind.SOURCE_SILENT:
            return device_words.known(alarm)
        case AlarmKind.WORKER:
            work = mark("its work") if alarm.worker is None else _WORKER[alarm.worker]
            said = gettext("It has stopped %(work)s and does not start again by itself")
            return [said % {"work": gettext(work)}]
        case AlarmKind.OUTBOX:
            said = gettext("%(rows)d of the least important messages were dropped")
            return [said % {"rows": alarm.rows}]
        case AlarmKind.DISK:
            return [gettext("%(free)d MB are left") % {"free": alarm.free_mb or 0}]
        case AlarmKind.UNENROLLED:
            mend = gettext("The administrator can add room %(room)s to %(node)s") % {
                "room": alarm.room,
                "node": alarm.node,
            }
            if alarm.stage >= Stage.CONFIRMED:
                return [gettext("It reported an emergency: look after the room now"), mend]
            return [gettext("This room does not alarm"), mend]
        case AlarmKind.CHANNEL if alarm.source == STANDBY_HUB:
            return [gettext("If this one fails now, no other takes over; look at the other hub")]
        case AlarmKind.CHANNEL if alarm.source == TORN_NETWORK:
            return [
                gettext("Both serve, each rooms of its own: see to what rings on either page"),
                gettext("Have the network between them mended"),
            ]
        case AlarmKind.CHANNEL:
            return [gettext("Alarms do not reach whoever is called that way; look after the page")]
        case _:
            lasted = gettext("For at least %(span)s") % {"span": span(alarm.down_s)}
            known = situation_words.known(alarm)
            sure = gettext("Certainty %(percent)d %%") % {"percent": round(alarm.probability * 100)}
            return [*known, *([lasted] if alarm.down_s >= 1 else []), sure]


def _known_fall(alarm: Condition) -> list[str]:
    lines = []
    if alarm.place is not Place.UNKNOWN:
        lines.append(gettext(_PLACE[alarm.place]))
    seen = gettext("The fall was seen")
    lines.append(seen if alarm.descent_seen else gettext("The fall itself was not seen"))
    if alarm.down_s > 0:
        lines.append(gettext("Down for at least %(span)s") % {"span": span(alarm.down_s)})
    # No percentage: what is worth going to look at is said by ringing, and the probability of a
    # fall that a camera alone sees is low for lack of a second sense, not of a reason to go.
    return lines


def _known_check(task: Condition) -> list[str]:
    record = task.record
    if task.open or record is None:
        down = gettext("Was down for at least %(span)s") % {"span": span(task.down_s)}
        look = gettext("Look after them and record how they are")
        return [down, look] if task.down_s >= 1 else [look]
    lines = [gettext(INJURY[record.injury])]
    if record.witnessed is not None:
        seen = gettext("Somebody saw the fall")
        lines.append(seen if record.witnessed else gettext("Nobody saw the fall"))
    if record.floor_s is not None:
        lines.append(gettext("On the floor for %(span)s") % {"span": span(record.floor_s)})
    return lines


def because(contributions: list[Contribution]) -> list[str]:
    """Return why, strongest first: how much each sense spoke for it or against it."""
    return [text for text, _ in signs(contributions)]


def signs(contributions: list[Contribution]) -> list[tuple[str, float]]:
    """Return why, strongest first, in words and as a log-likelihood ratio."""
    ordered = sorted(contributions, key=lambda c: -abs(c.llr))
    return [(f"{gettext(_SENSE[c.sense])}: {_weight(c.llr)}", c.llr) for c in ordered]


def _weight(llr: float) -> str:
    size = abs(llr)
    if size < 0.1:
        return gettext("says nothing")
    sign = _STRONG_SIGN if size >= _STRONG else _CLEAR_SIGN if size >= _CLEAR else _SLIGHT_SIGN
    return gettext(sign[llr < 0])


def deed(entry: Entry) -> str:
    """Return a line of history, without time and name."""
    text = gettext(DEED[entry.what])
    if entry.reason is not None and entry.reason is not Judgement.CONDITION_ENDED:
        return f"{text}: {gettext(JUDGEMENT[entry.reason])}"
    return text


def span(seconds: float) -> str:
    """Return a length of time in words, rounded down."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
