"""The microphones of a node: does each open, and what does it hear.

Comes in: the node's configuration. Goes out: findings. Sound is measured in this process and
forgotten. A microphone of a room in which nobody agreed to be heard is not opened.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from ambient.config import Microphone, NodeConfig, Room
from ambient.doctor.findings import Finding, Level
from ambient.errors import SourceError, StoreError
from ambient.events import Purpose
from ambient.node.switches import SwitchBoard
from ambient.observations import Hearing

LISTEN_S: Final = 6.0
"""A state must last some seconds before it is said."""

MEND: Final = {
    Hearing.SILENT: "switch the microphone on, turn its gain up, check its cable",
    Hearing.CLIPPED: "turn the microphone's gain down or move it away from what is loud",
    Hearing.HUM: "move the microphone and its cable away from mains cables and transformers",
    Hearing.OFFSET: "try another sound device; this one adds a constant voltage",
    Hearing.GAPS: "check the network of the camera, or the load of this machine",
    Hearing.GONE: "check the microphone's cable and power",
}


def microphones(config: NodeConfig, *, running: bool) -> Iterator[Finding]:
    """Open each microphone that may be open, for some seconds.

    Parameters
    ----------
    config
        Of the node.
    running
        Whether the node runs and holds its devices.
    """
    for room in config.rooms:
        for microphone in room.microphones:
            yield _microphone(config, room, microphone, running=running)


def _microphone(
    config: NodeConfig, room: Room, microphone: Microphone, *, running: bool
) -> Finding:
    check = f"microphone {room.id}/{microphone.id}"
    try:
        switches = SwitchBoard(config.state_dir).read()
    except StoreError as error:
        return Finding(check, Level.FAILED, str(error))
    if not any(switches.is_on(room, purpose) for purpose in (Purpose.SOUNDS, Purpose.VOICE)):
        return Finding(check, Level.NOTE, "not opened: sounds and voice are off in this room")
    try:
        from audio.quality import HearingMonitor
        from audio.sources import Kind, kind_of, open_sound
    except ModuleNotFoundError as error:
        mend = "run: pip install 'ambient[audio]'"
        return Finding(check, Level.FAILED, f"a package is missing: {error.name}", mend)
    try:
        if running and kind_of(microphone.source) is Kind.MICROPHONE:
            found = "in use by the running node"
            return Finding(check, Level.NOTE, found, "stop it to listen here")
        monitor = HearingMonitor(room.id, microphone.id)
        began, heard_s, level = time.monotonic(), 0.0, 0.0
        with open_sound(microphone.source, realtime=True, start_ns=time.time_ns()) as sound:
            for block in sound:
                heard_s += block.seconds
                for state in monitor.update(block):
                    level = state.measure if state.hearing is Hearing.OK else level
                if time.monotonic() - began > LISTEN_S:
                    break
    except SourceError as error:
        what, _, mend = str(error).partition("; ")
        return Finding(check, Level.FAILED, what, mend)
    hearing = monitor.hearing
    if hearing is None:
        found = f"{heard_s:.1f} s of sound, too little to say"
        return Finding(check, Level.WARNING, found, "make a sound and look again")
    if hearing is not Hearing.OK:
        return Finding(check, Level.WARNING, f"hearing {hearing}", MEND.get(hearing, ""))
    return Finding(check, Level.OK, f"{heard_s:.1f} s of sound, room at {level:.0f} dBFS")
