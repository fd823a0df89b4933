"""The acceptance test of a hub and its rooms: each step is a requirement with its number.

Comes in: `Facts`, what the hub's configuration, database and files say at one instant. Goes out:
findings, one for each requirement and room, in words that can be signed. Pure: time is in the
facts. What only a person can try (that the telephone rings, that the door sign hangs) is not here;
the walk through each room is, as the wizard of its node told it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from ambient.doctor.findings import Finding, Level
from ambient.hub.board import NodeState
from ambient.hub.commissioning import RoomInstallation
from ambient.hub.rooms import RoomState, RoomStatus

NS: Final = 1_000_000_000
BACKUP_H: Final = 36
"""A night's backup may be missed by some hours, not by a night."""
WALK_DAYS: Final = 365

REQUIREMENTS: Final = {
    "1.1": "The log of alarms is whole: no line was changed, and none is missing.",
    "1.2": "The hub can store what comes in.",
    "1.3": "The page is encrypted, or reached from this machine alone.",
    "1.4": f"A backup, sealed for the recovery key, is at most {BACKUP_H} hours old.",
    "1.5": "A relay tells the nurse call when the hub is dead.",
    "1.6": "No node waits to be accepted.",
    "1.7": "A second hub stands by, and its copy is fresh.",
    "1.8": "Every channel can be opened on this machine: the files that it names are here.",
    "1.9": "Each shift has somebody, and everybody is called in a way that tells if it arrived.",
    "2.1": "The room is served by an enrolled node.",
    "2.2": "Its node speaks.",
    "2.3": "Its cameras see, or by plan do not watch.",
    "2.4": "Somebody walked through it, every station is covered, and nothing changed since.",
    "2.5": f"The walk is at most {WALK_DAYS} days old.",
    "2.6": "No alarm of the room is open.",
}
"""Number ► text. Chapter 1 is the hub, 2 each room."""


class Facts(Struct, frozen=True, kw_only=True):
    """What is known at one instant.

    Attributes
    ----------
    now
        Hub time (ns).
    broken
        What is wrong with the log of alarms; empty when nothing is.
    trouble
        Why the hub cannot store; empty when it can.
    encrypted, loopback
        Of the page.
    backup
        Whether backups are set up, and when the newest was made (ns), if there is one.
    relay
        Whether a relay is held while the hub is well.
    waiting
        Names of nodes that wait to be accepted.
    standby
        Whether the site has a second hub, and what is wrong with the two; nothing when all is well.
    channel_faults
        Why channels cannot be opened on this machine.
    uncalled
        Who is called by nothing that can be relied on, and why.
    nodes, rooms
        As the board has them.
    open_alarms
        Room ► how many are open.
    """

    now: int
    broken: str
    trouble: str
    encrypted: bool
    loopback: bool
    backup: bool
    newest_backup: int | None
    relay: bool
    waiting: Sequence[str]
    nodes: Sequence[NodeState]
    rooms: Sequence[RoomState]
    open_alarms: dict[str, int]
    standby: bool = False
    standby_fault: str = ""
    channel_faults: Sequence[str] = ()
    uncalled: Sequence[str] = ()


def accept(facts: Facts) -> list[Finding]:
    """Return a finding for every requirement of the hub and of each room."""
    found = list(_hub(facts))
    if not facts.rooms:
        found.append(_finding("2.1", Level.FAILED, "no room is known", "name rooms in hub.yaml"))
    nodes = {node.node: node for node in facts.nodes}
    for room in facts.rooms:
        found += _room(facts, room, nodes.get(room.node or ""))
    return found


def _finding(
    number: str, level: Level, found: str, mend: str = "", room: str | None = None
) -> Finding:
    where = f"{number} {REQUIREMENTS[number]}"
    return Finding(where if room is None else f"{where} [{room}]", level, found, mend)


def _hub(facts: Facts) -> Iterator[Finding]:
    yield (
        _finding("1.1", Level.FAILED, facts.broken, "keep this machine as it is; restore a backup")
        if facts.broken
        else _finding("1.1", Level.OK, "every line follows from the one before")
    )
    yield (
        _finding("1.2", Level.FAILED, facts.trouble, "free space on its disk, or replace the disk")
        if facts.trouble
        else _finding("1.2", Level.OK, "it can")
    )
    if facts.encrypted:
        yield _finding("1.3", Level.OK, "HTTPS")
    elif facts.loopback:
        yield _finding("1.3", Level.OK, "HTTP on this machine alone")
    else:
        yield _finding(
            "1.3",
            Level.FAILED,
            "HTTP on the network",
            "set web.certificate and web.private_key in hub.yaml",
        )
    yield _backup(facts)
    yield (
        _finding("1.5", Level.OK, "set up")
        if facts.relay
        else _finding("1.5", Level.WARNING, "no relay", "wire one, and set `alive` in hub.yaml")
    )
    yield (
        _finding("1.6", Level.WARNING, ", ".join(facts.waiting), "accept or reject each")
        if facts.waiting
        else _finding("1.6", Level.OK, "none waits")
    )
    yield _second_hub(facts)
    yield (
        _finding(
            "1.8",
            Level.FAILED,
            "; ".join(facts.channel_faults),
            "no alarm goes that way until it is mended; copy the file from the other hub, if any",
        )
        if facts.channel_faults
        else _finding("1.8", Level.OK, "each can")
    )
    yield (
        _finding(
            "1.9",
            Level.FAILED,
            "; ".join(facts.uncalled),
            "add `page` or a channel that somebody accepted to their ways in hub.yaml",
        )
        if facts.uncalled
        else _finding("1.9", Level.OK, "everybody is")
    )


def _second_hub(facts: Facts) -> Finding:
    if not facts.standby:
        return _finding("1.7", Level.NOTE, "there is none", "docs/standby.md, if one is wanted")
    if facts.standby_fault:
        mend = "look at the other machine: ambient standby status"
        return _finding("1.7", Level.FAILED, facts.standby_fault, mend)
    return _finding("1.7", Level.OK, "it does")


def _backup(facts: Facts) -> Finding:
    if not facts.backup:
        return _finding(
            "1.4", Level.FAILED, "backups are not set up", "ambient recovery-key, then `backup`"
        )
    if facts.newest_backup is None:
        return _finding("1.4", Level.FAILED, "there is none", "ambient backup, and its timer")
    hours = (facts.now - facts.newest_backup) / NS / 3600
    if hours > BACKUP_H:
        return _finding(
            "1.4", Level.FAILED, f"the newest is {hours:.0f} h old", "look at ambient-backup.timer"
        )
    return _finding("1.4", Level.OK, f"the newest is {max(0.0, hours):.0f} h old")


def _room(facts: Facts, room: RoomState, node: NodeState | None) -> Iterator[Finding]:
    name = room.room
    if room.node is None:
        yield _finding("2.1", Level.FAILED, "no node serves it", "enrol its node", name)
        return
    yield _finding("2.1", Level.OK, room.node, room=name)
    if node is None or node.last_heard is None:
        yield _finding("2.2", Level.FAILED, "it never spoke", "start the node", name)
    elif node.silent or node.stopped:
        why = "it was stopped" if node.stopped else "it says nothing"
        yield _finding("2.2", Level.FAILED, why, "look at the node and its network", name)
    else:
        yield _finding("2.2", Level.OK, "it does", room=name)
    yield _views(room)
    yield from _walk(facts, room)
    count = facts.open_alarms.get(name, 0)
    yield (
        _finding("2.6", Level.WARNING, f"{count} open", "end those of the walk as “test”", name)
        if count
        else _finding("2.6", Level.OK, "none", room=name)
    )


def _views(room: RoomState) -> Finding:
    match room.status:
        case RoomStatus.WATCHED:
            return _finding("2.3", Level.OK, "they see", room=room.room)
        case RoomStatus.NOT_WATCHED | RoomStatus.PAUSED | RoomStatus.OFF:
            return _finding("2.3", Level.NOTE, f"by plan: {room.status.value}", room=room.room)
        case _:
            return _finding(
                "2.3", Level.FAILED, room.status.value, "look at the camera in the room", room.room
            )


def _walk(facts: Facts, room: RoomState) -> Iterator[Finding]:
    if room.installation is not RoomInstallation.COMMISSIONED:
        cameras = ", ".join(f"{fault.source} {fault.view.value}" for fault in room.faults)
        found = room.installation.value.replace("_", " ") + (f" ({cameras})" if cameras else "")
        yield _finding("2.4", Level.FAILED, found, "ambient commission, on its node", room.room)
        return
    yield _finding("2.4", Level.OK, "commissioned", room=room.room)
    days = (facts.now - (room.walked or 0)) / NS / 86400
    late = days > WALK_DAYS
    yield _finding(
        "2.5",
        Level.WARNING if late else Level.OK,
        f"{max(0.0, days):.0f} days old",
        "walk again" if late else "",
        room.room,
    )
