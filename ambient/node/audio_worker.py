"""The process *audio*: the microphones of a node in, observations out.

Comes in: sound, one thread a microphone. Goes out: observations over a socket file; sound never
leaves this process and never touches a disk. It holds no key of the hub and opens no network beyond
its microphones. A microphone is open only while *sounds* or *voice* is on in its room and no
privacy pause runs; voices are recognised only of residents who are enrolled where consent to that
is recorded as well, and whoever is erased is forgotten at once.
"""

from __future__ import annotations

import time
from typing import Final

import structlog

from ambient.config import Microphone, NodeConfig, Room
from ambient.errors import ModelError, StoreError
from ambient.events import Outcome, Purpose
from ambient.node import voices
from ambient.node.clock import NodeClock
from ambient.node.control import ControlServer
from ambient.node.device_thread import sender_to
from ambient.node.microphone_thread import AllowedToHear, MicrophoneThread
from ambient.node.place import NodePlace
from ambient.node.switches import SwitchBoard, Switches
from ambient.node.wizard import sockets
from ambient.node.wizard.loudness import Loudness
from audio.networks import Ears, Wanted
from audio.pipeline import MicrophonePipeline
from audio.sources import LiveSound, SoundSource, kind_of, open_sound
from audio.speech.gate import VoiceGate
from audio.speech.vault import VoiceVault

SWITCHES_S: Final = 0.2
STALLED_S: Final = 45.0
"""A thread that makes no step for so long hangs in a driver; only a new process helps."""

_log = structlog.get_logger(__name__)


class AudioWorker:
    """Run all microphones of one node.

    Parameters
    ----------
    config
        Of the node.
    control
        Where the agent's commands arrive.
    clock
        The node's time.
    ears
        The networks; a seam for tests.
    """

    def __init__(
        self,
        config: NodeConfig,
        control: ControlServer,
        clock: NodeClock,
        ears: Ears | None = None,
    ) -> None:
        self._config = config
        self._place = NodePlace(config.state_dir)
        self._control = control
        self._clock = clock
        self._ears = ears or Ears(config.models.dir, config.sounds.words, config.sounds.words_dir)
        self._vault = VoiceVault(config.state_dir)
        self._switches = SwitchBoard(config.state_dir)
        self._asked = False
        self._read_at = 0.0
        self._loudness = Loudness(
            [(room.id, one.id) for room in config.rooms for one in room.microphones]
        )
        self._levels = sockets.Answerer(self._place.run_dir, sockets.LEVEL, self._loudness.answer)
        self._threads = [
            (room, self._thread(room, microphone))
            for room in config.rooms
            for microphone in room.microphones
        ]

    def start(self) -> None:
        """Start the microphones."""
        for _, thread in self._threads:
            thread.start()

    def step(self, wait_s: float) -> bool:
        """Do what is due and wait; return whether every thread is alive and moves."""
        now = time.monotonic()
        command = None if self._asked else self._control.take()
        self._asked = self._asked or command is not None
        self._levels.step()
        if command is not None or now >= self._read_at:
            self._read_at = now + SWITCHES_S
            self._pass_on()
        if self._asked and all(thread.settled for _, thread in self._threads):
            self._asked = False
            self._control.answer(Outcome.APPLIED)
        dead = [thread.name for _, thread in self._threads if not thread.is_alive()]
        if dead:
            raise RuntimeError(f"microphones ended without being told to: {', '.join(dead)}")
        time.sleep(wait_s)
        return all(now - thread.step_at < STALLED_S for _, thread in self._threads)

    def stop(self, timeout_s: float) -> None:
        """Close all microphones."""
        self._levels.close()
        for _, thread in self._threads:
            thread.stop()
        end = time.monotonic() + timeout_s
        for _, thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def _pass_on(self) -> None:
        """Tell every microphone what the switches and the enrolments say."""
        try:
            switches = self._switches.read()
        except StoreError as error:
            # Without knowing whether anybody may listen, the devices stay as they are.
            _log.error("switches cannot be read", error=str(error))
            return
        for room, thread in self._threads:
            thread.allow(self._allowed(switches, room))

    def _allowed(self, switches: Switches, room: Room) -> AllowedToHear:
        wanted = Wanted(
            sounds=switches.is_on(room, Purpose.SOUNDS), voice=switches.is_on(room, Purpose.VOICE)
        )
        by_name = wanted.voice and switches.is_on(room, Purpose.RECOGNISE_VOICE)
        return AllowedToHear(
            on=wanted.sounds or wanted.voice,
            paused_until=switches.pause_end(room.id, self._clock.now()),
            wanted=wanted,
            recognise=voices.enrolled(self._config.state_dir, room) if by_name else (),
        )

    def _gates(self, subjects: list[str]) -> dict[str, VoiceGate]:
        """Return the gates of `subjects`; whose enrolment cannot be used is not recognised."""
        found: dict[str, VoiceGate] = {}
        for subject in subjects:
            try:
                enrolment = self._vault.read(subject)
                if enrolment is not None:
                    found |= self._ears.gates([enrolment])
            except (StoreError, ModelError) as error:
                _log.error("a voice cannot be recognised", error=str(error))
        return found

    def _thread(self, room: Room, microphone: Microphone) -> MicrophoneThread:
        live = kind_of(microphone.source).is_live

        def open_pipeline() -> MicrophonePipeline:
            now = thread.allowed
            assert isinstance(now, AllowedToHear)
            pipeline = self._ears.pipeline(room.id, microphone, now.wanted)
            pipeline.recognise(self._gates([subject for subject, _ in now.recognise]))
            return pipeline

        def open_microphone() -> SoundSource:
            return open_sound(
                microphone.source,
                realtime=True,
                start_ns=self._clock.now(),
                # A recording that stands for a microphone plays for as long as that would.
                loop=not live,
                clock=self._clock.at,
            )

        thread = MicrophoneThread(
            room.id,
            microphone.id,
            self._clock,
            self._allowed(self._switches.read(), room),
            open_feed=lambda: LiveSound(open_microphone),
            open_pipeline=open_pipeline,
            open_sender=lambda: sender_to(self._place.observations),
        )
        thread.show = self._loudness.microphones[room.id, microphone.id].offer
        return thread
