"""What the life of alarms depends on: a closed list, kept in the log, so that it can be replayed.

Comes in: nothing. Goes out: frozen structs. When each came (hub time, ns) stands beside it, not in
it. Who did something is the name of a user, or ``token:NAME`` of a program.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ambient.events import AnyEvent
from ambient.hub.alarms.condition import (
    Condition,
    FallRecord,
    Judgement,
    OpeningReason,
    SnoozeReason,
)
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rules import Rules
from ambient.hub.alarms.signal import Delivery


class Input(Struct, frozen=True, kw_only=True, tag_field="input", forbid_unknown_fields=True):
    """Base of everything that comes in."""


class Heard(Input, frozen=True, kw_only=True, tag="heard"):
    """An event of a node, stored for the first time.

    Attributes
    ----------
    over
        Event time (ns) at which the technical condition that it states is known to have ended.
    """

    event: AnyEvent
    over: int | None = None


class NodeSilent(Input, frozen=True, kw_only=True, tag="node_silent"):
    """A node has said nothing since `last` (ns); `stopped` when somebody had told it to stop."""

    node: str
    last: int
    stopped: bool = False


class NodesSilent(Input, frozen=True, kw_only=True, tag="nodes_silent"):
    """Nodes have said nothing, found at one instant: whoever sees to one cause is told once."""

    nodes: list[NodeSilent]


class NodeSpeaks(Input, frozen=True, kw_only=True, tag="node_speaks"):
    """A node was heard."""

    node: str


class Refused(Input, frozen=True, kw_only=True, tag="refused"):
    """An event was refused: its node is not enrolled for its room."""

    event: AnyEvent


class RoomsBound(Input, frozen=True, kw_only=True, tag="rooms_bound"):
    """Somebody has enrolled rooms for a node."""

    node: str
    rooms: list[str]
    who: str


class RoomsLeft(Input, frozen=True, kw_only=True, tag="rooms_left"):
    """A node was found to be bound to rooms no more that it spoke for before."""

    node: str
    rooms: list[str]


class RoomsBack(Input, frozen=True, kw_only=True, tag="rooms_back"):
    """A node was found to be bound again to the rooms of conditions that ended with the binding.

    Attributes
    ----------
    conditions
        Their ids, the newest first; without those of which the node has said since that it has
        their device no more.
    """

    conditions: list[str]


class NodeGone(Input, frozen=True, kw_only=True, tag="node_gone"):
    """A node was revoked."""

    node: str
    who: str


class OnMyWay(Input, frozen=True, kw_only=True, tag="on_my_way"):
    """Somebody sees to it."""

    condition: str
    who: str


class There(Input, frozen=True, kw_only=True, tag="there"):
    """Somebody is with the resident, or at the device."""

    condition: str
    who: str


class Resolve(Input, frozen=True, kw_only=True, tag="resolve"):
    """Somebody says what it was."""

    condition: str
    who: str
    judgement: Judgement


class Record(Input, frozen=True, kw_only=True, tag="record"):
    """Somebody has looked after whoever fell, and records it; ends the task."""

    condition: str
    who: str
    record: FallRecord


class Pause(Input, frozen=True, kw_only=True, tag="pause"):
    """Somebody pauses the signals of one condition for a moment."""

    condition: str
    who: str
    seconds: Annotated[int, Meta(ge=1)]


class SnoozeFor(Input, frozen=True, kw_only=True, tag="snooze"):
    """Somebody withholds the signals of a room and kind until an instant (ns)."""

    id: str
    room: str | None = None
    kind: AlarmKind | None = None
    until: int
    who: str
    reason: SnoozeReason


class Unsnooze(Input, frozen=True, kw_only=True, tag="unsnooze"):
    """Somebody ends a snooze before its time."""

    snooze: str
    who: str


class SignOff(Input, frozen=True, kw_only=True, tag="sign_off"):
    """Somebody goes: what they saw to is active again, and what they snoozed is not any more."""

    who: str


class SignOn(Input, frozen=True, kw_only=True, tag="sign_on"):
    """Somebody who had signed off is back."""

    who: str


class HandOver(Input, frozen=True, kw_only=True, tag="hand_over"):
    """Somebody accepts a shift: they have seen the page with this digest."""

    who: str
    digest: str


class NotReported(Input, frozen=True, kw_only=True, tag="not_reported"):
    """Somebody fell and nothing was reported: in which room, and about when (ns)."""

    id: str
    room: str
    about: int
    who: str


class Delivered(Input, frozen=True, kw_only=True, tag="delivered"):
    """A channel says what became of a signal; `until` (ns) when a far side has taken it."""

    signal: str
    delivery: Delivery
    until: int | None = None


class ChannelWorks(Input, frozen=True, kw_only=True, tag="channel_works"):
    """Whether a way out of the hub delivers.

    Attributes
    ----------
    channel
        Its id in ``hub.yaml``.
    fails_since
        It has delivered nothing since then (ns) although there was something; None when it
        delivers, or is no longer configured.
    """

    channel: str
    fails_since: int | None = None


class AcceptThreshold(Input, frozen=True, kw_only=True, tag="accept_threshold"):
    """Somebody accepts that a kind does not ring while it is less probable than `below`.

    Attributes
    ----------
    room
        None stands for every room that has none of its own.
    proposal
        Digest of what was proposed to them (`ambient.hub.burden.proposals`).
    """

    id: str
    kind: AlarmKind
    room: str | None = None
    below: float
    proposal: str
    who: str


class TakeBackThreshold(Input, frozen=True, kw_only=True, tag="take_back_threshold"):
    """Somebody takes a threshold back: everything rings again."""

    threshold: str
    who: str


class StartShadow(Input, frozen=True, kw_only=True, tag="start_shadow"):
    """Somebody lets a room, or a new version in it, only be recorded until an instant (ns)."""

    id: str
    room: str
    kinds: list[AlarmKind] = []
    version: str | None = None
    until: int
    who: str


class EndShadow(Input, frozen=True, kw_only=True, tag="end_shadow"):
    """Somebody ends a shadow mode before its time."""

    shadow: str
    who: str


class AskForLog(Input, frozen=True, kw_only=True, tag="ask_for_log"):
    """Somebody asks to open the log of a named person."""

    id: str
    person: str
    reason: OpeningReason
    who: str
    role: str


class GrantLog(Input, frozen=True, kw_only=True, tag="grant_log"):
    """Somebody of another role grants it."""

    opening: str
    who: str
    role: str


class ReadLog(Input, frozen=True, kw_only=True, tag="read_log"):
    """One of the two reads it."""

    opening: str
    who: str


class Tick(Input, frozen=True, kw_only=True, tag="tick"):
    """Time has passed."""


class Stepped(Input, frozen=True, kw_only=True, tag="stepped"):
    """The hub's clock was set: it shows `by` ns more than it would have."""

    by: int


class Begin(Input, frozen=True, kw_only=True, tag="begin"):
    """The hub starts, or reads its configuration: these rules are in force.

    Attributes
    ----------
    conditions
        What a store of an earlier version held; only in the log's first line.
    """

    rules: Rules
    conditions: list[Condition] = []


class Purge(Input, frozen=True, kw_only=True, tag="purge"):
    """What was resolved before an instant (ns) has been kept long enough."""

    before: int


AnyInput = (
    Heard
    | NodeSilent
    | NodesSilent
    | NodeSpeaks
    | Refused
    | RoomsBound
    | RoomsLeft
    | RoomsBack
    | NodeGone
    | OnMyWay
    | There
    | Resolve
    | Record
    | Pause
    | SnoozeFor
    | Unsnooze
    | SignOff
    | SignOn
    | HandOver
    | NotReported
    | Delivered
    | AcceptThreshold
    | TakeBackThreshold
    | StartShadow
    | EndShadow
    | AskForLog
    | GrantLog
    | ReadLog
    | ChannelWorks
    | Tick
    | Stepped
    | Begin
    | Purge
)
