"""The process *vision*: the cameras of a node in, observations out.

Comes in: frames, one thread a camera. Goes out: observations over a socket file; pictures never
leave this process and never touch a disk. It holds no key of the hub and opens no network beyond
its cameras.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

import cv2
import structlog

from ambient.config import NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.errors import StoreError
from ambient.events import Outcome, Purpose
from ambient.node.button import Presses
from ambient.node.camera_thread import CameraThread, Pipeline
from ambient.node.clock import NS, NodeClock
from ambient.node.control import ControlServer
from ambient.node.device_thread import sender_to
from ambient.node.place import NodePlace
from ambient.node.switches import SwitchBoard, allowed
from ambient.node.wizard import sockets
from ambient.node.wizard.eyes import Eyes
from ambient.relays.lines import Line
from vision.learned import Learned
from vision.networks import Networks
from vision.pose import PoseOptions, Precision
from vision.sources import EventClock, Source, kind_of, open_source
from vision.sources.live import LatestFrame

PURPOSE: Final = Purpose.FALLS
"""What a camera serves; the only purpose so far."""

SWITCHES_S: Final = 0.2
STALLED_S: Final = 45.0
"""A camera thread that makes no step for so long hangs in a driver; only a new process helps."""

_log = structlog.get_logger(__name__)


class VisionWorker:
    """Run all cameras of one node.

    Parameters
    ----------
    config
        Of the node.
    control
        Where the agent's commands arrive.
    clock
        The node's time.
    button
        The privacy button, where the node has one.
    """

    def __init__(
        self,
        config: NodeConfig,
        control: ControlServer,
        clock: NodeClock,
        button: Line | None = None,
    ) -> None:
        self._config = config
        self._place = NodePlace(config.state_dir)
        self._control = control
        self._clock = clock
        self._switches = SwitchBoard(config.state_dir)
        self._button = button
        self._presses = Presses()
        self._reminded: dict[str, int] = {}
        self._asked = False
        self._read_at = 0.0
        cv2.setNumThreads(1)
        cameras = [(room, camera) for room in config.rooms for camera in room.cameras]
        self._engine_options = shares(len(cameras))
        self._eyes = Eyes(
            config.state_dir, clock.now, [(room.id, camera.id) for room, camera in cameras]
        )
        self._looks = sockets.Answerer(self._place.run_dir, sockets.LOOK, self._eyes.answer)
        self._threads = [self._thread(room, camera) for room, camera in cameras]

    def start(self) -> None:
        """Start the cameras."""
        for thread in self._threads:
            thread.start()

    def step(self, wait_s: float) -> bool:
        """Do what is due and wait; return whether every camera's thread is alive and moves."""
        now = time.monotonic()
        command = None if self._asked else self._control.take()
        self._asked = self._asked or command is not None
        if self._button is not None and self._presses.update(self._button.pressed(), now):
            self._press()
        self._looks.step()
        if command is not None or now >= self._read_at:
            self._read_at = now + SWITCHES_S
            self._pass_on()
        if self._asked and all(thread.settled for thread in self._threads):
            self._asked = False
            self._control.answer(Outcome.APPLIED)
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        if dead:
            raise RuntimeError(f"cameras ended without being told to: {', '.join(dead)}")
        time.sleep(wait_s)
        return all(now - thread.step_at < STALLED_S for thread in self._threads)

    def stop(self, timeout_s: float) -> None:
        """Close all cameras."""
        self._looks.close()
        for thread in self._threads:
            thread.stop()
        end = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def _press(self) -> None:
        """Pause all rooms, or end their pause."""
        rooms = [room.id for room in self._config.rooms]
        pause_ns = self._config.privacy.pause_s * NS
        t = self._clock.now()
        _log.info("privacy button pressed")
        try:
            self._switches.change(lambda switches: switches.toggled(rooms, t, pause_ns))
        except StoreError as error:
            _log.error("the privacy button had no effect", error=str(error))
        self._read_at = 0.0

    def _pass_on(self) -> None:
        """Tell every camera what the switches say."""
        try:
            switches = self._switches.read()
        except StoreError as error:
            # Without knowing whether anybody may watch, the devices stay as they are.
            _log.error("switches cannot be read", error=str(error))
            return
        t = self._clock.now()
        rooms = {room.id: room for room in self._config.rooms}
        for thread in self._threads:
            thread.allow(allowed(switches, rooms[thread.room], PURPOSE, t))
        for room in self._config.rooms:
            self._remind(room.id, switches.pause_end(room.id, t), t)

    def _remind(self, room: str, until: int | None, t: int) -> None:
        """Say once, a while before, that a pause ends and the room is watched again."""
        if until is None or until - t > self._config.privacy.reminder_s * NS:
            return
        if self._reminded.get(room) != until:
            self._reminded[room] = until
            _log.info("privacy pause ends soon", room=room, in_s=round((until - t) / NS))

    def _thread(self, room: Room, camera: Camera) -> CameraThread:
        eyes = self._eyes.cameras[room.id, camera.id]

        def open_pipeline(learned: Learned | None) -> Pipeline:
            networks = Networks.open(self._engine_options(camera.people), complete=False)
            pipeline = networks.pipeline(
                room.id,
                camera,
                frozen_s=self._config.frozen_s,
                # Seconds since the epoch: whoever is seen after a restart is somebody new.
                first_track=self._clock.now() // NS,
                learned=learned,
            )
            eyes.furniture = pipeline.furniture
            return pipeline

        recorded = not kind_of(camera.source).is_camera

        def open_camera() -> Source:
            return open_source(
                camera.source,
                fps=camera.fps,
                realtime=True,
                start_ns=self._clock.now(),
                # A recording that stands for a camera plays for as long as the camera would.
                loop=recorded,
                clock=EventClock(self._clock.offset_ns),
            )

        def open_feed() -> LatestFrame:
            return LatestFrame(open_camera)

        start = allowed(self._switches.read(), room, PURPOSE, self._clock.now())
        return CameraThread(
            room.id,
            camera,
            self._clock,
            start,
            open_feed=open_feed,
            open_pipeline=open_pipeline,
            open_sender=lambda: sender_to(self._place.observations),
            show=eyes.offer,
            hide=eyes.close,
        )


def shares(cameras: int) -> Callable[[int], PoseOptions]:
    """Return the engine options for a camera of so many, by how many people it follows."""
    cores = len(os.sched_getaffinity(0))

    def options(people: int) -> PoseOptions:
        return PoseOptions(
            num_people=people,
            threads=max(1, cores // max(1, cameras)),
            streams=min(cores, max(1, cameras)),
            precision=Precision.for_cameras(cameras, cores),
        )

    return options
