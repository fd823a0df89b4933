"""Carers' language for devices: what a camera, microphone or other source cannot do now.

Comes in: an alarm about one. Goes out: its headline and what is known of it, in short plain words.
"""

from __future__ import annotations

from typing import Final

from ambient.events import Device
from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.languages import gettext, mark
from ambient.observations import Hearing, View

VIEW: Final = {
    View.OK: mark("sees"),
    View.DARK: mark("too dark"),
    View.OVER_EXPOSED: mark("too bright"),
    View.BLURRED: mark("blurred"),
    View.COVERED: mark("covered"),
    View.FROZEN: mark("picture stands still"),
    View.MOVED: mark("was turned"),
    View.SLOW: mark("too few pictures a second"),
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
_DEVICE: Final = {
    Device.CAMERA: mark("Camera"),
    Device.MICROPHONE: mark("Microphone"),
    Device.WEARABLE: mark("Wearable"),
    Device.SENSOR: mark("Sensor"),
    Device.NURSE_CALL: mark("Contact to the nurse call"),
}
_UNHEARD: Final = mark("Calls for help and smoke detectors may not be heard here")
_NOT_FULLY: Final = mark("This room is not fully watched")
_WITHOUT: Final = {
    Device.CAMERA: _NOT_FULLY,
    Device.MICROPHONE: _UNHEARD,
    Device.WEARABLE: mark("What it measures is not known"),
    Device.SENSOR: mark("What it would tell, a pulled cord included, may not arrive"),
    Device.NURSE_CALL: mark("Alarms still reach this page; without a hub nobody would be called"),
}
_MEND_CONTACT: Final = mark(
    "Have power and cable of its module looked at; on room computer %(node)s, ambient doctor says "
    "what is wrong"
)
_LATE: Final = mark("A fall may be seen late, or not at all")
_MEND_SLOW: Final = mark(
    "Room computer %(node)s has too many cameras, or a slow network: on it, ambient doctor says "
    "how many it can look at"
)


def headline(alarm: Condition) -> str:
    """Return what an alarm of `ambient.hub.alarms.kinds.OF_DEVICES` says, without the room."""
    match alarm.kind:
        case AlarmKind.CAMERA if alarm.view is View.SLOW:
            return gettext("Camera is looked at too seldom")
        case AlarmKind.CAMERA:
            return gettext("Camera cannot see")
        case AlarmKind.MICROPHONE:
            return gettext("Microphone cannot hear")
        case _:
            return _sends_nothing(alarm)


def known(alarm: Condition) -> list[str]:
    """Return what is known about such an alarm, one short sentence each."""
    match alarm.kind:
        case AlarmKind.CAMERA:
            camera = f"{gettext(_DEVICE[Device.CAMERA])} {alarm.source}"
            view = f": {gettext(VIEW[alarm.view])}" if alarm.view is not None else ""
            if alarm.view is View.SLOW:
                mend = gettext(_MEND_SLOW) % {"node": alarm.node}
                return [f"{camera}{view}", gettext(_LATE), mend]
            return [f"{camera}{view}", gettext(_NOT_FULLY)]
        case AlarmKind.MICROPHONE:
            microphone = f"{gettext(_DEVICE[Device.MICROPHONE])} {alarm.source}"
            hearing = f": {gettext(HEARING[alarm.hearing])}" if alarm.hearing is not None else ""
            return [f"{microphone}{hearing}", gettext(_UNHEARD)]
        case _:
            without = gettext(_WITHOUT[alarm.device])
            if alarm.device is Device.NURSE_CALL:
                return [without, gettext(_MEND_CONTACT) % {"node": alarm.node}]
            return [_sends_nothing(alarm, alarm.source or ""), without]


def _sends_nothing(alarm: Condition, source: str = "") -> str:
    if alarm.device is Device.NURSE_CALL:
        return gettext("%(device)s does not answer") % {"device": gettext(_DEVICE[alarm.device])}
    device = f"{gettext(_DEVICE[alarm.device])} {source}".strip()
    return gettext("%(device)s sends nothing") % {"device": device}
