"""The process *fusion*: observations in, events and the state of open chains out to the outbox.

Comes in: observations of the sensing processes over a socket file, notices of the supervisor,
commands of the agent. Goes out: events, each committed together with the state from which an open
chain goes on after a restart (`ambient.node.ledger`).

Where the configuration and the consent of a room say so, all that is taken in of it is recorded
(`ambient.node.recorder`), so that a replay gives the same events.
"""

from __future__ import annotations

import gc
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ambient import commands, events
from ambient.config import NodeConfig, Room
from ambient.errors import StoreError
from ambient.events import AnyEvent, Outcome, Purpose
from ambient.node.clock import NodeClock, StepDetector
from ambient.node.control import ControlServer
from ambient.node.inventory import what_it_has
from ambient.node.ledger import RETRY_S, SAVE_EVERY_S, Ledger, Store
from ambient.node.notices import Notice, NoticeBoard, event_of
from ambient.node.own_events import consent_applied
from ambient.node.recorder import Recorder
from ambient.node.recording import SeenTo, Switched
from ambient.node.switches import SwitchBoard, Switches, rooms_by_id
from ambient.observations import AnyObservation, ClockStepped, Tick
from fusion.judge import Judge
from fusion.senses import NEEDED
from fusion.watermark import NODE_SOURCE

CONSENTS: Final = "node.consents"
"""Key of the state in which fusion remembers which purposes it has already stated."""

LOW_SPACE_MB: Final = 50
ENOUGH_SPACE_MB: Final = 100
SPACE_EVERY_S: Final = 60.0

_log = structlog.get_logger(__name__)


class FusionWorker:
    """Run the judgement of one node.

    Parameters
    ----------
    config, node_key
        Of the node.
    receive
        Waits so many seconds for observations and returns them, some hundreds at a time.
    control
        Where the agent's commands arrive.
    store, state
        The outbox, and the state it holds from the last run.
    clock
        The node's time.
    steady, wall
        Nanoseconds of the steady and of the wall clock; the machine's when none are given.
    """

    def __init__(
        self,
        config: NodeConfig,
        node_key: str,
        *,
        receive: Callable[[float], list[AnyObservation]],
        control: ControlServer,
        store: Store,
        state: dict[str, bytes],
        clock: NodeClock,
        steady: Callable[[], int] | None = None,
        wall: Callable[[], int] | None = None,
    ) -> None:
        self._config = config
        self._by_id = rooms_by_id(config)
        self._steady = steady or time.monotonic_ns
        self._wall = wall or time.time_ns
        self._node_key = node_key
        self._receive = receive
        self._control = control
        self._clock = clock
        self._switches = SwitchBoard(config.state_dir)
        self._judge = self._new_judge()
        self._restore(state)
        self._consents = _consents_of(state)
        self._notices = NoticeBoard(config.state_dir)
        self._steps = StepDetector()
        self._ledger = Ledger(store, self._disk_full)
        self._rooms: dict[str, dict[str, bytes]] = {}
        """By room, its state as it was written last."""
        self._recorder: Recorder | None = None
        if config.recording.enabled:
            self._recorder = Recorder(config, node_key, self._judge.snapshot)
            self._record(self._switches.read())
        self._followed: dict[str, bool] = {}
        """Switches that the judge knows of."""
        self._tick_at = 0.0
        self._space_at = 0.0
        self._low = False
        self._told = False
        """Whether it was said since the start what the node has."""

    def step(self, wait_s: float) -> None:
        """Wait for at most `wait_s` seconds, then do all that is due."""
        new: list[AnyEvent] = []
        for observation in self._receive(wait_s):
            new += self._observe(observation)
        now = self._steady() / 1e9
        due = now >= self._tick_at
        if due:
            self._tick_at = now + 1.0
            new += self._go_on()
        if new:  # an alarm waits for no errand
            self._ledger.write(new, self._state, now)
            new = []
        notices: list[tuple[Path, Notice]] = []
        if due:
            new += self._look_around(now)
            notices = self._notices.waiting()
        command = self._control.take()
        if command is not None:
            new += self._apply(command)
        new += [
            event_of(notice, self._config.node, self._node_key, self._config.version)
            for _, notice in notices
        ]
        written = self._ledger.write(new, self._state, now)
        if written:
            for path, _ in notices:
                self._notices.taken(path)

    def drain(self) -> None:
        """Judge what still waits and bring everything to the disk."""
        self._tick_at = 0.0
        for _ in range(50):
            self.step(0.02)
            if not self._ledger.pending:
                break
        self._ledger.write([], self._state, self._steady() / 1e9 + SAVE_EVERY_S + RETRY_S)
        if self._recorder is not None:
            self._recorder.close()

    def _observe(self, observation: AnyObservation) -> list[AnyEvent]:
        """Keep and judge what a sense says, unless it is switched off: it was on its way then."""
        needed = NEEDED.get(type(observation))
        if needed is not None and not self._wanted(observation.room, needed):
            return []
        if self._recorder is not None:
            self._recorder.keep(observation.room, observation)
        return self._judge.observe(observation)

    def _wanted(self, room: str, purpose: Purpose) -> bool:
        """Return whether a purpose is on now; a room that is not here is the judge's to count."""
        known = self._by_id.get(room)
        return known is None or self._switches.read().is_on(known, purpose)

    def _record(self, switches: Switches) -> None:
        """Record the rooms in which research is on, before anything else is followed."""
        if self._recorder is None:
            return
        t = self._clock.now()
        for room in self._config.rooms:
            if switches.is_on(room, Purpose.RESEARCH):
                self._recorder.follow(room.id, True, t)

    def _go_on(self) -> list[AnyEvent]:
        """Let time go on in every room, once a second."""
        new: list[AnyEvent] = []
        room = self._config.rooms[0].id
        t = self._clock.now()
        step = self._steps.check(self._wall(), self._steady())
        if step is not None:
            _log.warning("the wall clock was stepped", step_s=round(step, 3))
            new += self._observe(ClockStepped(t=t, room=room, source=NODE_SOURCE, step_s=step))
        for each in self._config.rooms:
            new += self._observe(Tick(t=t, room=each.id, source=NODE_SOURCE))
        return new

    def _look_around(self, now: float) -> list[AnyEvent]:
        """Look at the consents, the recordings and the disk; say once what the node has."""
        t = self._clock.now()
        new = self._consent_events(t)
        if not self._told:
            self._told = True
            new += what_it_has(self._config, self._node_key, t)
        if self._recorder is not None:
            self._recorder.each_second(t)
        if now >= self._space_at:
            self._space_at = now + SPACE_EVERY_S
            new += self._space()
        return new

    def _apply(self, command: commands.AnyCommand) -> list[AnyEvent]:
        new: list[AnyEvent] = []
        outcome = Outcome.APPLIED
        if isinstance(command, commands.Acknowledged):
            room = self._judge.acknowledge(command)
            if room is None:
                outcome = Outcome.REFUSED  # no such chain is open here
            elif self._recorder is not None:
                self._recorder.keep(room, SeenTo(chain=command.chain))
        if isinstance(command, commands.SetPurpose):
            new += self._consent_events(self._clock.now())
        if isinstance(command, commands.KeepWindow) and self._recorder is not None:
            self._recorder.flush(command.room)
        if isinstance(command, commands.Erase):
            outcome = self._erase(command)
        self._control.answer(outcome)
        return new

    def _erase(self, command: commands.Erase) -> Outcome:
        """Forget a resident; refused, and so asked again, until the disk has forgotten as well."""
        if command.purpose is None:
            self._judge.forget(command.subject)
            now = self._steady() / 1e9
            if not self._ledger.write([], self._state, now, all_of_it=True):
                return Outcome.REFUSED
        return self._erase_recordings(command.subject)

    def _erase_recordings(self, subject: str) -> Outcome:
        """Delete what was recorded of a resident; refused, and so asked again, when it fails."""
        if self._recorder is None:
            return Outcome.APPLIED
        try:
            self._recorder.erase(subject, self._clock.now())
        except StoreError as error:
            _log.error("a recording cannot be deleted", error=str(error))
            return Outcome.REFUSED
        return Outcome.APPLIED

    def _consent_events(self, t: int) -> list[AnyEvent]:
        """State what was switched since it was stated last.

        Whoever was told nothing yet takes falls to be on and the rest to be off, so what the
        configuration alone says otherwise is stated at the first start, too.
        """
        switches = self._switches.read()
        self._record(switches)
        new: list[AnyEvent] = []
        for room in self._config.rooms:
            for purpose in Purpose:
                new += self._follow(room, purpose, switches.is_on(room, purpose), t)
        return new

    def _follow(self, room: Room, purpose: Purpose, on: bool, t: int) -> list[AnyEvent]:
        """Follow one switch when it changed, and once after a start, as the recording tells it.

        That research was switched off is the last that is recorded.
        """
        key = f"{room.id}/{purpose}"
        told = on != self._consents.get(key, purpose is Purpose.FALLS)
        if not told and self._followed.get(key) == on:
            return []
        if self._recorder is not None:
            self._recorder.keep(room.id, Switched(t=t, purpose=purpose, on=on, told=told))
            if purpose is Purpose.RESEARCH and not on:
                self._recorder.follow(room.id, False, t)
        self._followed[key] = on
        self._judge.consent(room.id, purpose, on)
        if not told:
            return []
        self._consents[key] = on
        return [consent_applied(self._config, self._node_key, room.id, purpose, on, t)]

    def _space(self) -> list[AnyEvent]:
        """Say once that the disk gets full, before it is; again only after it had room."""
        free_mb = _free_mb(self._config.state_dir)
        was_low = self._low
        self._low = free_mb < (ENOUGH_SPACE_MB if was_low else LOW_SPACE_MB)
        return [self._disk_full()] if self._low and not was_low else []

    def _disk_full(self) -> AnyEvent:
        t = self._clock.now()
        chain = events.chain_id(self._node_key, None, "disk", t)
        kind = events.kind_of(events.NodeDiskFull)
        return events.NodeDiskFull(
            id=events.event_id(self._node_key, chain, 0, kind, t),
            t=t,
            node=self._config.node,
            chain=chain,
            position=0,
            config_version=self._config.version,
            free_mb=_free_mb(self._config.state_dir),
        )

    def _state(self, rooms: Collection[str] | None) -> dict[str, bytes]:
        for name in self._judge.rooms:
            if rooms is None or name in rooms or name not in self._rooms:
                self._rooms[name] = self._judge.state_of(name)
        state = {key: data for kept in self._rooms.values() for key, data in kept.items()}
        state[CONSENTS] = msgspec.msgpack.encode(self._consents)
        return state

    def _restore(self, state: dict[str, bytes]) -> None:
        """Go on from the last run; a part that cannot be read costs what is in it, and no more."""
        kept = {key: data for key, data in state.items() if key != CONSENTS}
        now = self._clock.now()
        try:
            self._judge.restore(kept, now=now)
        except msgspec.MsgspecError:
            # What was read before the error is in it already.
            self._judge = self._new_judge()
            self._judge.restore(self._readable(kept), now=now)

    def _readable(self, state: dict[str, bytes]) -> dict[str, bytes]:
        """Return the parts of a state that can be read."""
        good: dict[str, bytes] = {}
        tried = self._new_judge()
        # The part *room* first: another one of its room is read only beside it.
        for key in sorted(state, key=lambda one: not one.startswith("room/")):
            beside = f"room/{key.partition('/')[2]}"
            part = {one: state[one] for one in (beside, key) if one in good or one == key}
            try:
                tried.restore(part)
            except msgspec.MsgspecError as error:
                # Written by another version: its chains begin anew, which alarms twice rather
                # than never.
                _log.error("a part of the last state cannot be read", part=key, error=str(error))
            else:
                good |= part
        return good

    def _new_judge(self) -> Judge:
        """Return a judge that knows which purposes are on now."""
        switches = self._switches.read()

        def on(purpose: Purpose) -> list[str]:
            return [room.id for room in self._config.rooms if switches.is_on(room, purpose)]

        return Judge(
            self._config,
            self._node_key,
            zone=self._config.zone,
            voices=on(Purpose.VOICE),
            sounds=on(Purpose.SOUNDS),
            vitals=on(Purpose.VITALS),
        )


def settle() -> None:
    """Leave what the process has made so far out of garbage collections from now on.

    To look through it took 26 ms, which an alarm would wait for; it stays until the process ends.
    """
    gc.collect()
    gc.freeze()


def _consents_of(state: dict[str, bytes]) -> dict[str, bool]:
    data = state.get(CONSENTS)
    if data is None:
        return {}
    try:
        return msgspec.msgpack.decode(data, type=dict[str, bool])
    except msgspec.MsgspecError:
        return {}


def _free_mb(folder: Path) -> int:
    return shutil.disk_usage(folder).free // 1_000_000
