"""What page and API show of one alarm: in plain words, times in RFC 3339.

Comes in: a condition with its history and signals, and the board it stands on. Goes out: an
`AlarmView`, which templates render as a card and the API answers as JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ambient.events import Device
from ambient.hub import situation_words, words
from ambient.hub.alarms.condition import Condition, Entry, Injury, Priority
from ambient.hub.alarms.kinds import CHAINED, ENDS_BY_ITSELF, TASKS, TECHNICAL, AlarmKind
from ambient.hub.alarms.life import judgements
from ambient.hub.alarms.signal import Signal, longest_snooze_s
from ambient.hub.board import Board
from ambient.hub.languages import gettext
from ambient.hub.people.care import CareSettings
from ambient.hub.web import aids
from ambient.hub.web.context import rfc3339, rfc3339_if
from ambient.hub.web.views_rooms import natural
from ambient.observations import View

MOST_SHOWN = 6.0
"""Log-likelihood ratio at which a bar is full."""


class Choice(Struct, frozen=True):
    """A reason that may be given, and how the page calls it."""

    value: str
    label: str


class Line(Struct, frozen=True, kw_only=True):
    """One line of an alarm's history."""

    at: str
    text: str
    what: str
    who: str | None


class Bar(Struct, frozen=True, kw_only=True):
    """What one sense added, as a bar.

    Attributes
    ----------
    size
        From 0 (says nothing) to 6 (as strong as is shown).
    against
        Whether it spoke against.
    """

    text: str
    size: float
    against: bool


class SignalView(Struct, frozen=True, kw_only=True):
    """Who was told of an alarm, how, and when it reached them."""

    recipient: str
    channel: str
    step: int
    sent: str
    times: int
    delivered: str | None
    shown: str | None
    acknowledged: str | None
    failed: str | None
    withdrawn: str | None


class AlarmView(Struct, frozen=True, kw_only=True):
    """One alarm as carers see it.

    Attributes
    ----------
    device
        What does not work, where it is a device: ``camera``, ``nurse_call`` and so on.
    on_foot
        Names of the rooms that somebody must look into, because nothing watches them.
    down_s
        Time on the floor in seconds, as far as it was measured.
    aids
        What whoever goes there needs (a hoist, a wheelchair); only for who may see it.
    """

    id: str
    kind: str
    state: str
    priority: str
    sound: str
    title: str
    headline: str
    room: str | None
    room_name: str
    node: str
    device: str | None
    since: str
    latest: str
    recovered_at: str | None
    known: list[str]
    aids: list[str]
    because: list[str]
    bars: list[Bar]
    senses: list[str]
    over: str
    acknowledged_by: str | None
    acknowledged_at: str | None
    resolved_by: str | None
    resolved_at: str | None
    reason: str | None
    reasons: list[Choice]
    task: bool
    there: bool
    acknowledged_until: str | None
    snoozed_until: str | None
    snoozed_by: str | None
    snoozed_reason: str | None
    paused_until: str | None
    longest_snooze_s: int
    rooms: list[str]
    on_foot: list[str]
    down_s: float
    signals: list[SignalView]
    history: list[Line]

    @property
    def icon(self) -> str:
        """What the card shows of ``icons.html``."""
        if self.kind == AlarmKind.FALL and self.recovered_at:
            return "up"
        return self.device or _ICON.get(self.kind, "warn")

    @property
    def version(self) -> str:
        """A short hash: the page replaces a card only when it changed."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]


_ICON: Final = {
    AlarmKind.FALL.value: "fall",
    AlarmKind.NODE_SILENT.value: "node",
    AlarmKind.UNENROLLED.value: "node",
    AlarmKind.CHECK_AFTER_FALL.value: "check",
}
"""Of what is about no device; of a device it is that which bears its name."""


def alarm_view(
    alarm: Condition,
    history: Sequence[Entry],
    board: Board,
    signals: Sequence[Signal] | None = None,
    settings: Sequence[CareSettings] = (),
) -> AlarmView:
    """Return `alarm` in words, with those that it stands for.

    `signals` are given for one that is not on the board; `settings` are those of care in its room,
    as far as whoever looks may see them.
    """
    told = board.signals.get(alarm.id, []) if signals is None else signals
    led = board.led.get(alarm.id, [])
    places = list(dict.fromkeys(_where(one, board) for one in (alarm, *led)))
    room_name = ", ".join(places)
    headline = words.headline(alarm)
    held = alarm.acknowledged
    return AlarmView(
        id=alarm.id,
        kind=alarm.kind.value,
        state=alarm.state.value,
        priority=_PRIORITY[alarm.priority],
        sound=alarm.sound.value,
        title=f"{headline} – {room_name}",
        headline=headline,
        room=alarm.room,
        room_name=room_name,
        node=alarm.node,
        device=_device(alarm),
        since=rfc3339(alarm.since),
        latest=rfc3339(alarm.latest),
        recovered_at=rfc3339_if(alarm.recovered_at) if alarm.recovered else None,
        known=[*words.known(alarm), *_why(alarm, board)],
        aids=aids.lines(alarm, settings),
        because=words.because(alarm.contributions),
        bars=[
            Bar(text=text, size=min(MOST_SHOWN, abs(llr)), against=llr < 0)
            for text, llr in words.signs(alarm.contributions)
        ],
        senses=situation_words.senses(alarm.senses),
        over=situation_words.ended(alarm) if alarm.kind in CHAINED else "",
        acknowledged_by=None if held is None else held.who,
        acknowledged_at=None if held is None else rfc3339(held.at),
        resolved_by=alarm.resolved_by,
        resolved_at=rfc3339_if(alarm.resolved_at),
        reason=gettext(words.JUDGEMENT[alarm.reason]) if alarm.reason is not None else None,
        reasons=_choices(alarm),
        task=alarm.kind in TASKS,
        there=held is not None and held.there,
        acknowledged_until=None if held is None else rfc3339(held.until),
        snoozed_until=None if alarm.snoozed is None else rfc3339(alarm.snoozed.until),
        snoozed_by=None if alarm.snoozed is None else alarm.snoozed.by,
        snoozed_reason=(
            None if alarm.snoozed is None else gettext(words.SNOOZE[alarm.snoozed.reason])
        ),
        paused_until=rfc3339_if(alarm.paused_until),
        longest_snooze_s=longest_snooze_s(alarm.kind),
        rooms=sorted({one.room for one in (alarm, *led) if one.room is not None}),
        on_foot=_on_foot([alarm, *led], board),
        down_s=alarm.down_s,
        signals=[_signal(one) for one in told],
        history=[
            Line(at=rfc3339(e.at), text=words.deed(e), what=e.what.value, who=e.who)
            for e in history
        ],
    )


def _why(alarm: Condition, board: Board) -> list[str]:
    """Return what a way out that fails says of itself, as the log has it: for whoever mends it.

    Nothing for what is not one of ``channels``: `words.known` says all of it.
    """
    why = board.whys.get(alarm.source or "") if alarm.kind is AlarmKind.CHANNEL else None
    return [] if not why else [gettext("Cause: %(why)s") % {"why": why}]


def _device(alarm: Condition) -> str | None:
    match alarm.kind:
        case AlarmKind.CAMERA:
            return Device.CAMERA.value
        case AlarmKind.MICROPHONE:
            return Device.MICROPHONE.value
        case AlarmKind.SOURCE_SILENT:
            return alarm.device.value
    return None


def _choices(alarm: Condition) -> list[Choice]:
    """Return what may be said when it is resolved; of a task, what is recorded.

    Nothing when it ends by itself alone.
    """
    if alarm.kind in TASKS:
        return [Choice(injury.value, gettext(words.INJURY[injury])) for injury in Injury]
    if alarm.kind in ENDS_BY_ITSELF:
        return []
    return [Choice(one.value, gettext(words.JUDGEMENT[one])) for one in judgements(alarm.kind)]


def _on_foot(alarms: Sequence[Condition], board: Board) -> list[str]:
    """Return the names of the rooms that nothing watches because of `alarms`."""
    rooms: set[str] = set()
    for one in alarms:
        if one.kind not in TECHNICAL or one.view is View.SLOW:
            continue
        served = next((node.rooms for node in board.nodes if node.node == one.node), [])
        if one.room is not None:
            rooms.add(one.room)
        elif one.kind in _BLINDS:
            rooms.update(served)
    return sorted((board.room_name(room) for room in rooms), key=natural)


def _signal(signal: Signal) -> SignalView:
    return SignalView(
        recipient=signal.recipient,
        channel=signal.channel,
        step=signal.step,
        sent=rfc3339(signal.sent),
        times=signal.times,
        delivered=rfc3339_if(signal.delivered),
        shown=rfc3339_if(signal.shown),
        acknowledged=rfc3339_if(signal.acknowledged),
        failed=rfc3339_if(signal.failed),
        withdrawn=rfc3339_if(signal.withdrawn),
    )


def _where(alarm: Condition, board: Board) -> str:
    if alarm.room is not None or not alarm.node:  # of the hub itself
        return board.room_name(alarm.room)
    rooms = next((node.rooms for node in board.nodes if node.node == alarm.node), [])
    if not rooms:
        return gettext("room computer %(node)s") % {"node": alarm.node}
    return ", ".join(board.room_name(room) for room in rooms)


_PRIORITY = {priority: priority.name.lower() for priority in Priority}
_BLINDS = frozenset({AlarmKind.NODE_SILENT, AlarmKind.WORKER})
"""Of a whole node: while these last none of its rooms is sure to be watched."""
