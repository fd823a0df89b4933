"""The cameras of a node: does each open, at which size and rate, and what does it see.

Comes in: the node's configuration. Goes out: findings, and for the walk test how many people each
camera of a room sees. Pictures are looked at in this process and forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera, Night
from ambient.doctor.findings import Finding, Level
from ambient.doctor.speed import LEAST_FPS
from ambient.errors import SourceError, UsageError
from ambient.evaluate import watching
from ambient.observations import BoxSeen, PoseSeen, View
from vision.quality import QualityMonitor
from vision.sources import EventClock, Kind, kind_of, open_source

LOOK_S: Final = 6.0
"""A view must last some seconds before it is said."""
WALK_S: Final = 10.0
SLOW: Final = 0.8
"""Share of the wanted rate below which a camera is called slow."""

MEND: Final = {
    View.DARK: "switch on a light, or say in cameras[].night what holds at night",
    View.OVER_EXPOSED: "turn the camera away from the window or lower its exposure",
    View.BLURRED: "clean the lens and set its focus",
    View.COVERED: "uncover the lens; a camera with infrared may have lost its lamp",
    View.FROZEN: "restart the camera; it sends the same picture again and again",
    View.MOVED: "turn the camera back, or draw its zones anew",
    View.GONE: "check the camera's cable and power",
}


def cameras(config: NodeConfig, *, running: bool) -> Iterator[Finding]:
    """Open each camera for some seconds.

    Parameters
    ----------
    config
        Of the node.
    running
        Whether the node runs and holds its devices.
    """
    for room in config.rooms:
        for camera in room.cameras:
            yield _camera(config, room, camera, running=running)


def _camera(config: NodeConfig, room: Room, camera: Camera, *, running: bool) -> Finding:
    check = f"camera {room.id}/{camera.id}"
    try:
        if running and kind_of(camera.source) is Kind.DEVICE:
            return Finding(check, Level.NOTE, "in use by the running node", "stop it to look here")
        clock = EventClock.at(time.time_ns(), time.monotonic_ns())
        with open_source(camera.source, fps=camera.fps, realtime=True, clock=clock) as source:
            quality = QualityMonitor(
                room.id,
                camera.id,
                frozen_s=config.frozen_s,
                dark_by_plan=camera.night is Night.NOT_WATCHED,
                infrared=camera.night is Night.INFRARED,
            )
            view, frames, size = View.OK, 0, ""
            began = time.monotonic()
            for frame in source:
                frames += 1
                height, width = frame.image.shape[:2]
                size = f"{width}×{height}"
                said = quality.update(frame.image, frame.t_ns)
                view = view if said is None else said.view
                if time.monotonic() - began > LOOK_S:
                    break
            lasted = max(time.monotonic() - began, 1e-6)
    except SourceError as error:
        what, _, mend = str(error).partition("; ")
        return Finding(check, Level.FAILED, what, mend)
    rate = max(0, frames - 1) / lasted
    found = f"{size}, {rate:.1f} frames a second, view {view}"
    if view is View.NOT_WATCHED:
        mend = "dark by plan (cameras[].night); look again in daylight"
        return Finding(check, Level.NOTE, found, mend)
    if view is not View.OK:
        return Finding(check, Level.WARNING, found, MEND.get(view, ""))
    if camera.fps < LEAST_FPS:
        mend = f"set cameras[].fps to {LEAST_FPS} or more; falls are judged on no fewer"
        return Finding(check, Level.WARNING, f"{found}, fps {camera.fps:g}", mend)
    if frames > 3 and rate < SLOW * min(camera.fps, source.fps):
        mend = f"set the camera to at least {camera.fps:g} frames a second, check its network"
        return Finding(check, Level.WARNING, found, mend)
    return Finding(check, Level.OK, found)


def walk_test(config: NodeConfig, room_id: str) -> Iterator[Finding]:
    """Say how many people each camera of a room sees while somebody walks about in it.

    Raises
    ------
    UsageError
        When the node has no such room.
    """
    room = next((room for room in config.rooms if room.id == room_id), None)
    if room is None:
        known = ", ".join(room.id for room in config.rooms)
        raise UsageError(f"--room {room_id}: expected a room of this node ({known})")
    for camera in room.cameras:
        check = f"people {room.id}/{camera.id}"
        most, with_people, frames = 0, 0, 0
        began = time.monotonic()
        try:
            for moment in watching.watch(
                camera.source, fps=camera.fps, people=camera.people, realtime=True
            ):
                people = sum(isinstance(seen, PoseSeen | BoxSeen) for seen in moment.observations)
                frames += moment.frame is not None
                with_people += people > 0
                most = max(most, people)
                if time.monotonic() - began > WALK_S:
                    break
        except SourceError as error:
            what, _, mend = str(error).partition("; ")
            yield Finding(check, Level.FAILED, what, mend)
            continue
        found = f"{most} at most; somebody in {with_people} of {frames} frames"
        if most:
            yield Finding(check, Level.OK, found)
        else:
            yield Finding(
                check, Level.WARNING, found, "walk through the picture; check masks and light"
            )
