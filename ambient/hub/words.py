"""Carers' language: what an alarm, a room or a line of history is called on the page.

Comes in: alarms, rooms and history. Goes out: short plain sentences. No judgement is made here.
"""

from __future__ import annotations

from typing import Final

from ambient.events import Contribution, Device, Sense, Worker
from ambient.hub import situation_words
from ambient.hub.alarms.condition import Condition, Deed, Entry, Injury, Judgement, Stage
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.database import Trouble
from ambient.hub.rooms import RoomStatus
from ambient.observations import Hearing, Place, View

JUDGEMENT: Final = {
    Judgement.FALL: mark("A fall"),
    Judgement.HELP: mark("Help was needed, no fall"),
    Judgement.FALSE_ALARM: mark("False alarm"),
    Judgement.TEST: mark("It was a test"),
    Judgement.FIXED: mark("Seen to"),
    Judgement.CONDITION_ENDED: mark("It ended by itself"),
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
_DEED: Final = {
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
}
VIEW: Final = {
    View.OK: mark("sees"),
    View.DARK: mark("too dark"),
    View.OVER_EXPOSED: mark("too bright"),
    View.BLURRED: mark("blurred"),
    View.COVERED: mark("covered"),
    View.FROZEN: mark("picture stands still"),
    View.MOVED: mark("was turned"),
    View.GONE: mark("not reachable"),
    View.NOT_WATCHED: mark("dark at night"),
    View.PAUSED: mark("paused"),
    View.OFF: mark("switched off"),
}
HEARING: Final = {
    Hearing.OK: mark("hears"),
    Hearing.SILENT: mark("no signal"),
    Hearing.CLIPPED: mark("too loud for it"),
    Hearing.HUM: mark("hums"),
    Hearing.OFFSET: mark("has a fault"),
    Hearing.GAPS: mark("sound is missing"),
    Hearing.GONE: mark("not reachable"),
    Hearing.PAUSED: mark("paused"),
    Hearing.SWITCHED_OFF: mark("switched off"),
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
    Trouble.DISK_FULL: (
        mark("The hub's disk is full. New alarms cannot be shown. Look after the rooms in person and "
        "call the administrator.")
    ),
    Trouble.DATABASE: (
        mark("The hub cannot store alarms. New alarms cannot be shown. Look after the rooms in person "
        "and call the administrator.")
    ),
    Trouble.DISK_LOW: mark("The hub's disk is almost full. Call the administrator."),
}
_DEVICE: Final = {
    Device.CAMERA: mark("Camera"),
    Device.MICROPHONE: mark("Microphone"),
    Device.WEARABLE: mark("Wearable"),
    Device.SENSOR: mark("Sensor"),
}
_UNHEARD: Final = mark("Calls for help and smoke detectors may not be heard here")
_WITHOUT: Final = {
    Device.CAMERA: mark("This room is not fully watched"),
    Device.MICROPHONE: _UNHEARD,
    Device.WEARABLE: mark("What it measures is not known"),
    Device.SENSOR: mark("What it would tell, a pulled cord included, may not arrive"),
}
_CLEAR: Final = 1.0
_STRONG: Final = 3.0


def headline(alarm: Condition) -> str:
    """Return what has happened, in a few words, without the room."""
    match alarm.kind:
        case AlarmKind.FALL:
            if alarm.recovered:
                return "Was on the floor, seen up again"
            return _STAGE[alarm.stage]
        case AlarmKind.CHECK_AFTER_FALL:
            return "Check after a fall"
        case AlarmKind.NODE_SILENT:
            return "Room computer was switched off" if alarm.stopped else "Room computer is silent"
        case AlarmKind.CAMERA:
            return "Camera cannot see"
        case AlarmKind.MICROPHONE:
            return "Microphone cannot hear"
        case AlarmKind.SOURCE_SILENT:
            return f"{_DEVICE[alarm.device]} sends nothing"
        case AlarmKind.WORKER:
            return "Room computer has a fault"
        case AlarmKind.OUTBOX:
            return "Room computer lost messages"
        case AlarmKind.DISK:
            return "Room computer's disk is full"
        case AlarmKind.UNENROLLED:
            return f"Room computer {alarm.node} reports for a room it is not enrolled for"
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
            return ["Its rooms are not watched until it answers"]
        case AlarmKind.CAMERA:
            view = f": {VIEW[alarm.view]}" if alarm.view is not None else ""
            return [f"Camera {alarm.source}{view}", "This room is not fully watched"]
        case AlarmKind.MICROPHONE:
            hearing = f": {HEARING[alarm.hearing]}" if alarm.hearing is not None else ""
            return [f"Microphone {alarm.source}{hearing}", _UNHEARD]
        case AlarmKind.SOURCE_SILENT:
            without = _WITHOUT[alarm.device]
            return [f"{_DEVICE[alarm.device]} {alarm.source} sends nothing", without]
        case AlarmKind.WORKER:
            work = _WORKER[alarm.worker] if alarm.worker is not None else "its work"
            return [f"It has stopped {work} and does not start again by itself"]
        case AlarmKind.OUTBOX:
            return [f"{alarm.rows} of the least important messages were dropped"]
        case AlarmKind.DISK:
            return [f"{alarm.free_mb or 0} MB are left"]
        case AlarmKind.UNENROLLED:
            mend = f"The administrator can add room {alarm.room} to {alarm.node}"
            if alarm.stage >= Stage.CONFIRMED:
                return ["It reported an emergency: look after the room now", mend]
            return ["This room does not alarm", mend]
        case _:
            lasted = [f"For at least {span(alarm.down_s)}"] if alarm.down_s >= 1 else []
            certain = f"Certainty {round(alarm.probability * 100)} %"
            return [*situation_words.known(alarm), *lasted, certain]


def _known_fall(alarm: Condition) -> list[str]:
    lines = []
    if alarm.place is not Place.UNKNOWN:
        lines.append(_PLACE[alarm.place])
    lines.append("The fall was seen" if alarm.descent_seen else "The fall itself was not seen")
    if alarm.down_s > 0:
        lines.append(f"Down for at least {span(alarm.down_s)}")
    lines.append(f"Certainty {round(alarm.probability * 100)} %")
    return lines


def _known_check(task: Condition) -> list[str]:
    record = task.record
    if task.open or record is None:
        down = [f"Was down for at least {span(task.down_s)}"] if task.down_s >= 1 else []
        return [*down, "Look after them and record how they are"]
    seen = {True: "Somebody saw the fall", False: "Nobody saw the fall", None: None}
    floor = None if record.floor_s is None else f"On the floor for {span(record.floor_s)}"
    lines = [INJURY[record.injury], seen[record.witnessed], floor]
    return [line for line in lines if line is not None]


def because(contributions: list[Contribution]) -> list[str]:
    """Return why, strongest first: how much each sense spoke for it or against it."""
    return [text for text, _ in signs(contributions)]


def signs(contributions: list[Contribution]) -> list[tuple[str, float]]:
    """Return why, strongest first, in words and as a log-likelihood ratio."""
    ordered = sorted(contributions, key=lambda c: -abs(c.llr))
    return [(f"{_SENSE[c.sense]}: {_weight(c.llr)}", c.llr) for c in ordered]


def _weight(llr: float) -> str:
    size = abs(llr)
    if size < 0.1:
        return "says nothing"
    words = "strong" if size >= _STRONG else "clear" if size >= _CLEAR else "slight"
    return f"{words} sign" if llr > 0 else f"{words} sign against"


def deed(entry: Entry) -> str:
    """Return a line of history, without time and name."""
    text = _DEED[entry.what]
    if entry.reason is not None and entry.reason is not Judgement.CONDITION_ENDED:
        return f"{text}: {JUDGEMENT[entry.reason].lower()}"
    return text


def span(seconds: float) -> str:
    """Return a length of time in words, rounded down."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
