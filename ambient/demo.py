"""A whole facility on one machine: a recorded fall, a node that sees it, a hub that shows it.

Comes in: a recording, the sample clip when none is named. Goes out: a real hub and a real node
that found each other over the real enrolment; with ``once`` the steps until the alarm was raised,
stored and acknowledged over the page's API, each with its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from ambient.errors import AmbientError, LinkError, SourceError, StoreError, UsageError
from ambient.evaluate.facility import ROOM, USER, Facility
from ambient.evaluate.page import AlarmSeen

ALARM_S: Final = 45.0
"""How long the fall may take to become an alarm on the page: the clip, and what confirms it."""


ROOM_S: Final = 180.0
THUD_S: Final = 6.0
CALLS_S: Final = (60.0, 64.0, 68.0, 72.0, 76.0)
"""When in the sound of the room somebody falls, and when somebody calls."""
EVERYDAY: Final = ("fall", *("walk", "sit", "walk", "empty") * 4)
"""Clips of the long recording, about three minutes."""


class DemoStep(msgspec.Struct, frozen=True):
    """One step and how long it took."""

    name: str
    seconds: float


class DemoReport(msgspec.Struct, frozen=True):
    """What ``ambient demo --once --json`` prints; `error` says which step failed, and why."""

    ok: bool
    steps: list[DemoStep]
    seconds: float
    error: str | None = None


@dataclass
class Demo:
    """A demonstration under way.

    Attributes
    ----------
    facility
        Hub and node.
    tell
        Called with each step when it is done.
    """

    facility: Facility
    tell: Callable[[DemoStep], None]
    steps: list[DemoStep] = field(default_factory=list)
    current: str = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block as the step `name`."""
        self.current = name
        began = time.monotonic()
        yield
        done = DemoStep(name, round(time.monotonic() - began, 3))
        self.steps.append(done)
        self.tell(done)

    def start(self) -> None:
        """Bring up hub and node.

        Raises
        ------
        AmbientError
            When a step fails.
        """
        with self.step("hub started"):
            self.facility.start_hub()
        with self.step("first user created and logged in"):
            self.facility.set_up_user()
        with self.step("node enrolled"):
            self.facility.enrol()
        with self.step("node started"):
            self.facility.start_node()

    def alarm(self) -> AlarmSeen:
        """Wait until the fall rings on the page.

        Raises
        ------
        LinkError
            When it does not.
        """
        found = self.facility.page.wait_for_alarm("fall", "active", ALARM_S)
        if found is None:
            raise LinkError(f"expected an alarm on the page within {ALARM_S:.0f} s, got none")
        return found


def sample() -> Path:
    """Return the recording of a fall that the project carries."""
    from models import samples

    return samples.path("fall")


def everyday(path: Path) -> Path:
    """Write a recording of some minutes to `path`: the sample's fall, then everyday life.

    Played again and again it lets somebody fall every few minutes, not all the time.
    """
    import cv2

    from models import samples

    writer: cv2.VideoWriter | None = None
    for name in EVERYDAY:
        clip = cv2.VideoCapture(str(samples.path(name)))
        fps = clip.get(cv2.CAP_PROP_FPS)
        while True:
            there, picture = clip.read()
            if not there:
                break
            if writer is None:
                size = (picture.shape[1], picture.shape[0])
                writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
            writer.write(picture)
        clip.release()
    if writer is None or not writer.isOpened():
        raise StoreError(f"{path}: cannot be written as a video; check the folder and its space")
    writer.release()
    return path


def sounds(path: Path) -> Path:
    """Write some minutes of a room's sound to `path`: a thud, later somebody calls for help.

    All of it is synthesised; without espeak-ng nobody calls.
    """
    import numpy as np
    import soundfile

    from audio.blocks import RATE
    from models.sounds.synthesis import espeak, impacts
    from models.sounds.synthesis.basics import noise, place

    rng = np.random.default_rng(12)
    room = noise(rng, round(ROOM_S * RATE), 5.0) * np.float32(1e-3)
    place(room, impacts.thud(rng), THUD_S, 0.4)
    try:
        speaker = espeak.Speaker()
    except UsageError:
        pass  # stated in the docstring: the room is only quieter
    else:
        for at_s in CALLS_S:
            # The same voice each time.
            call = speaker.say(np.random.default_rng(3), "en", "help!", voices=0.0)
            place(room, call, at_s, 0.4)
    soundfile.write(path, room, RATE)
    return path


def open_facility(
    recording: Path | None = None,
    folder: Path | None = None,
    web_port: int = 0,
    sound: Path | None = None,
) -> Facility:
    """Return a facility whose one camera plays a recording of a fall again and again.

    With `sound` its room has a microphone that plays that.

    Raises
    ------
    SourceError
        When there is no such recording.
    """
    if recording is not None and not recording.is_file():
        raise SourceError(f"{recording}: expected a video file, found none; check the path")
    source = f"file:{(recording or sample()).resolve()}"
    heard = {} if sound is None else {ROOM: [f"file:{sound.resolve()}"]}
    return Facility(folder, {ROOM: [source]}, microphones=heard, web_port=web_port)


def run_once(
    recording: Path | None,
    tell: Callable[[DemoStep], None],
    explain: Callable[[str], None] = lambda _: None,
) -> DemoReport:
    """Show the whole way once and clean up: raised, stored, acknowledged.

    Parameters
    ----------
    recording
        A fall; the sample clip when none is given.
    tell
        Called with each step when it is done.
    explain
        Called after a failure with the last lines of the processes' logs.
    """
    began = time.monotonic()
    with open_facility(recording) as facility:
        demo = Demo(facility, tell)
        error: str | None = None
        try:
            demo.start()
            _see_acknowledged(demo)
        except AmbientError as failed:
            error = f"{demo.current}: {failed}"
            explain(facility.last_lines())
        if error is None:
            with demo.step("node and hub stopped"):
                facility.close()
    return DemoReport(error is None, demo.steps, round(time.monotonic() - began, 3), error)


def _see_acknowledged(demo: Demo) -> None:
    page = demo.facility.page
    with demo.step("alarm raised and stored"):
        alarm = demo.alarm()
    with demo.step("alarm acknowledged over the page's API"):
        page.acknowledge(alarm.id)
        seen = page.alarm(alarm.id)
        if seen.state != "acknowledged" or seen.acknowledged_by != USER:
            raise LinkError(
                f"expected the alarm acknowledged by {USER}, got {seen.state} "
                f"by {seen.acknowledged_by}"
            )
