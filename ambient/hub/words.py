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
    Judgement.FALL: "A fall",
    Judgement.HELP: "Help was needed, no fall",
    Judgement.FALSE_ALARM: "False alarm",
    Judgement.TEST: "It was a test",
    Judgement.FIXED: "Seen to",
    Judgement.CONDITION_ENDED: "It ended by itself",
}
INJURY: Final = {
    Injury.NONE: "Not hurt",
    Injury.MINOR: "Slightly hurt",
    Injury.SERIOUS: "Badly hurt",
    Injury.UNKNOWN: "Not known if hurt",
}
_STAGE: Final = {
    Stage.NONE: "Possible fall",
    Stage.SUSPECTED: "Possible fall",
    Stage.CONFIRMED: "Person on the floor",
    Stage.LONG_LIE: "Person still on the floor",
}
_DEED: Final = {
    Deed.SUSPECTED: "Possible fall noticed",
    Deed.CONFIRMED: "Person on the floor, alarm",
    Deed.LONG_LIE: "Still on the floor, alarm again",
    Deed.RECOVERED: "Seen up again",
    Deed.DOWN_AGAIN: "On the floor again",
    Deed.SECOND_SENSE: "Another sense says so too, alarm again",
    Deed.HEARD: "Perhaps heard",
    Deed.SURELY_HEARD: "Heard, alarm",
    Deed.STILL_HEARD: "Still heard, alarm again",
    Deed.QUIET: "Not heard any more",
    Deed.SUPPOSED: "Perhaps so",
    Deed.SURE: "Sure",
    Deed.STILL_SO: "Still so",
    Deed.OVER: "Not so any more",
    Deed.OPENED: "Noticed",
    Deed.CHANGED: "Changed",
    Deed.ENDED: "Over, closed by itself",
    Deed.ACKNOWLEDGED: "On the way",
    Deed.THERE: "There",
    Deed.NOBODY_THERE: "Not seen to in time, alarm again",
    Deed.OWNER_LEFT: "Signed off, alarm again",
    Deed.PAUSED: "Sound paused",
    Deed.SNOOZED: "Snoozed",
    Deed.UNSNOOZED: "Snooze is over",
    Deed.RECORDED: "Looked after and recorded",
    Deed.RESOLVED: "Resolved",
    Deed.REOPENED: "Opened again",
}
VIEW: Final = {
    View.OK: "sees",
    View.DARK: "too dark",
    View.OVER_EXPOSED: "too bright",
    View.BLURRED: "blurred",
    View.COVERED: "covered",
    View.FROZEN: "picture stands still",
    View.MOVED: "was turned",
    View.GONE: "not reachable",
    View.NOT_WATCHED: "dark at night",
    View.PAUSED: "paused",
    View.OFF: "switched off",
}
HEARING: Final = {
    Hearing.OK: "hears",
    Hearing.SILENT: "no signal",
    Hearing.CLIPPED: "too loud for it",
    Hearing.HUM: "hums",
    Hearing.OFFSET: "has a fault",
    Hearing.GAPS: "sound is missing",
    Hearing.GONE: "not reachable",
    Hearing.PAUSED: "paused",
    Hearing.SWITCHED_OFF: "switched off",
}
_PLACE: Final = {
    Place.FLOOR: "Lying on the floor",
    Place.BED: "In or beside the bed",
    Place.SOFA: "On or beside the sofa",
    Place.CHAIR: "On or beside a chair",
    Place.PERMITTED: "Rolled off the permitted lying place",
}
_SENSE: Final = {
    Sense.VISION_POSTURE: "Body posture",
    Sense.VISION_DESCENT: "Fast way down",
    Sense.VISION_STILLNESS: "Lying still",
    Sense.PLACE: "Where the person is",
    Sense.SOUND_SCREAM: "A scream",
    Sense.SOUND_HELP: "A call for help",
    Sense.SOUND_MOAN: "Moaning",
    Sense.SOUND_THUD: "A thud",
    Sense.SOUND_GLASS: "Breaking glass",
    Sense.SOUND_SMOKE_ALARM: "Sound of a smoke detector",
    Sense.SOUND_COUGH: "Coughing",
    Sense.VISION_MOVEMENT: "Movement seen",
    Sense.WEARABLE_IMPACT: "A blow at the wristband",
    Sense.WEARABLE_STILLNESS: "Wristband without movement",
    Sense.WEARABLE_ORIENTATION: "Wristband turned",
    Sense.WEARABLE_MOVEMENT: "Movement of the wristband",
    Sense.HEART_RATE: "Heart rate",
    Sense.VITALS: "Vital signs together",
    Sense.GLUCOSE: "Glucose",
    Sense.SENSOR_BED: "Bed sensor",
    Sense.SENSOR_CHAIR: "Chair sensor",
    Sense.SENSOR_MAT: "Mat",
    Sense.SENSOR_DOOR: "Door",
    Sense.SENSOR_PRESENCE: "Somebody is there",
    Sense.SENSOR_FALL: "Radar",
    Sense.SENSOR_CORD: "Cord or button",
    Sense.CARER: "A carer is there",
    Sense.OWN_RATE: "How often it happens here",
}
_WORKER: Final = {
    Worker.VISION: "watching the cameras",
    Worker.AUDIO: "listening to the microphones",
    Worker.GATEWAYS: "reading wearables and sensors",
    Worker.FUSION: "judging what is seen",
    Worker.AGENT: "sending alarms",
}
ROOM: Final = {
    RoomStatus.SILENT: "Room computer silent",
    RoomStatus.UNKNOWN: "Not known yet: no camera has reported",
    RoomStatus.DEGRADED: "Camera cannot see",
    RoomStatus.NOT_WATCHED: "Not watched",
    RoomStatus.PAUSED: "Paused",
    RoomStatus.OFF: "Switched off",
    RoomStatus.WATCHED: "Watched",
}
TROUBLE: Final = {
    Trouble.DISK_FULL: (
        "The hub's disk is full. New alarms cannot be shown. Look after the rooms in person and "
        "call the administrator."
    ),
    Trouble.DATABASE: (
        "The hub cannot store alarms. New alarms cannot be shown. Look after the rooms in person "
        "and call the administrator."
    ),
    Trouble.DISK_LOW: "The hub's disk is almost full. Call the administrator.",
}
_DEVICE: Final = {
    Device.CAMERA: "Camera",
    Device.MICROPHONE: "Microphone",
    Device.WEARABLE: "Wearable",
    Device.SENSOR: "Sensor",
}
_UNHEARD: Final = "Calls for help and smoke detectors may not be heard here"
_WITHOUT: Final = {
    Device.CAMERA: "This room is not fully watched",
    Device.MICROPHONE: _UNHEARD,
    Device.WEARABLE: "What it measures is not known",
    Device.SENSOR: "What it would tell, a pulled cord included, may not arrive",
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
