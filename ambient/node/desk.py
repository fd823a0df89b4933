"""What a command does on this node, and the true answer to it.

Comes in: a command of the hub (by way of the agent) or of the node's own command line. Goes out:
the switches changed on disk, the workers told, and an `Outcome`; nothing while a worker that must
follow has not done so yet, so that the hub goes on showing "ordered". The same command again gets
the same answer and changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from ambient import commands
from ambient.config import NodeConfig, load_node
from ambient.errors import ConfigError
from ambient.events import Outcome, Purpose, Worker
from ambient.node import care, control, voices
from ambient.node.clock import NS
from ambient.node.identity import read_identity
from ambient.node.notices import Notice, NoticeBoard, NoticeKind
from ambient.node.outbox import Outbox
from ambient.node.own_events import window_kept
from ambient.node.place import NodePlace
from ambient.node.running import start_anew, wizard_is_open
from ambient.node.switches import SwitchBoard, Switches, rooms_by_id
from ambient.node.wizard import asked

SETTLE_S: Final = 4.0
"""How long a worker may take to close or open its devices before the answer is put off."""
_FORGETTING: Final[dict[Purpose | None, tuple[Worker, ...]]] = {
    None: (Worker.AUDIO, Worker.GATEWAYS, Worker.FUSION),
    Purpose.RESEARCH: (Worker.FUSION,),
}
"""By the purpose whose data is erased, or for all of it: workers that must forget as well."""

_log = structlog.get_logger(__name__)


class CommandDesk:
    """Apply commands to one node.

    Parameters
    ----------
    config_file, config
        Where the configuration lies, and what of it is in force.
    run_dir
        Folder of the workers' control sockets.
    running
        Whether the node runs; workers that run must have followed before an answer is given.
    """

    def __init__(
        self,
        config_file: Path,
        config: NodeConfig,
        run_dir: Path,
        *,
        running: bool,
    ) -> None:
        self._config_file = config_file
        self._config = config
        self._rooms = rooms_by_id(config)
        self._board = SwitchBoard(config.state_dir)
        self._run_dir = run_dir
        self._running = running
        self._begun: dict[str, int] = {}
        """When each command that is not answered yet was first tried."""
        self._changed: set[str] = set()

    def handle(self, command: commands.AnyCommand, t: int) -> Outcome | None:
        """Apply `command` at `t` (the node's time, ns); return what became of it.

        Returns
        -------
        Outcome or None
            Nothing when it cannot be answered yet; ask again with the same command.

        Raises
        ------
        StoreError
            When the disk cannot keep the change, which then did not happen.
        """
        if command.node != self._config.node:
            return Outcome.REFUSED
        done = self._board.read().done.get(command.id)
        if done is not None:
            return done
        outcome = self._apply(command, self._begun.setdefault(command.id, t), t)
        if outcome is not None:
            del self._begun[command.id]
            self._board.change(lambda switches: switches.with_done(command.id, outcome))
            _log.info("command", kind=commands.kind_of(command), outcome=outcome)
        return outcome

    def _apply(self, command: commands.AnyCommand, begun: int, t: int) -> Outcome | None:
        match command:
            case commands.SetPurpose() | commands.Pause() | commands.Resume():
                return self._switch(command, begun)
            case commands.Acknowledged():
                return self._ask(Worker.FUSION, command)
            case commands.UseConfiguration():
                return self._configuration(command)
            case commands.Erase():
                return self._erase(command)
            case commands.SetCare():
                return self._care(command)
            case commands.KeepWindow():
                return self._keep(command, t)
            case commands.OpenWizard():
                return self._open_wizard(command, begun, t)
            case commands.RotateKey():
                # Only the agent holds keys, and it answers this one itself.
                return Outcome.REFUSED

    def _switch(
        self, command: commands.SetPurpose | commands.Pause | commands.Resume, t: int
    ) -> Outcome | None:
        room = self._rooms.get(command.room)
        if room is None:
            return Outcome.REFUSED

        def change(switches: Switches) -> Switches:
            match command:
                case commands.SetPurpose():
                    if switches.is_on(room, command.purpose) == command.on:
                        return switches
                    return switches.with_purpose(room.id, command.purpose, command.on)
                case commands.Pause():
                    return switches.with_pause(room.id, t + command.seconds * NS)
                case commands.Resume():
                    if switches.pause_end(room.id, t) is None:
                        return switches
                    return switches.with_pause(room.id, 0)

        before, after = self._board.change(change)
        match command:
            case commands.SetPurpose(purpose=Purpose.RECOGNISE_VOICE, on=False):
                voices.forget(self._config.state_dir, voices.residents(room))
        self._changed.update({command.id} if before != after else ())
        if not self._settled(command):
            return None
        return Outcome.APPLIED if command.id in self._changed else Outcome.ALREADY

    def _settled(self, command: commands.AnyCommand) -> bool:
        """Return whether every worker that must follow has done so.

        A worker that does not run holds no device; when it starts it reads the switches first.
        """
        for worker in (Worker.VISION, Worker.AUDIO, Worker.GATEWAYS, Worker.FUSION):
            if not self._runs(worker):
                continue
            if control.ask(self._socket(worker), command, SETTLE_S) is None:
                _log.warning("worker has not followed yet", worker=worker)
                return False
        return True

    def _ask(self, worker: Worker, command: commands.AnyCommand) -> Outcome | None:
        return control.ask(self._socket(worker), command, SETTLE_S)

    def _erase(self, command: commands.Erase) -> Outcome | None:
        """Delete the enrolled voice, the recordings and the delivered events of a subject.

        What is known of the voice goes first: the enrolment, the gate in the microphones, the
        baseline in fusion. It waits while some events are not delivered yet.
        Damaged copies of the outbox and damaged rows go too, since they may tell of the subject.
        The configuration still says which bed the pseudonym has, until it is changed.

        With a purpose, only what that held. Of *voice*, *vitals* and *sounds* the workers forget
        what they learned when the purpose is switched off, which is ordered before this.
        """
        purpose = command.purpose
        if purpose in (None, Purpose.RECOGNISE_VOICE):
            voices.forget(self._config.state_dir, [command.subject])
        for worker in _FORGETTING.get(purpose, ()):
            if self._runs(worker) and self._ask(worker, command) in (None, Outcome.REFUSED):
                return None  # the hub asks again
        if purpose in (None, Purpose.RESEARCH):
            from ambient.node import recorder

            if not self._runs(Worker.FUSION) or not self._config.recording.enabled:
                # No process holds them open.
                recorder.erase(self._config.state_dir, command.subject)
        with Outbox(NodePlace(self._config.state_dir).outbox) as outbox:
            return Outcome.APPLIED if outbox.erase(command.subject, purpose) == 0 else None

    def _keep(self, command: commands.KeepWindow, t: int) -> Outcome | None:
        """Keep a window of a room's recording, and say what became of it, by way of fusion."""
        from ambient.node import kept

        state_dir = self._config.state_dir
        room, identity = self._rooms.get(command.room), read_identity(NodePlace(state_dir))
        if room is None or command.ended < command.began:
            return Outcome.REFUSED
        if identity is None:
            return None  # the hub asks again
        if self._runs(Worker.FUSION) and self._ask(Worker.FUSION, command) is None:
            return None  # what it recorded last is not in the file yet
        window = kept.keep(
            state_dir,
            room,
            self._board.read(),
            recording=self._config.recording.enabled,
            name=command.id,
            began=command.began,
            ended=command.ended,
        )
        event = window_kept(self._config, identity, command, window, t)
        NoticeBoard(state_dir).post(Notice(kind=NoticeKind.KEPT, t=t, event=event))
        return Outcome.APPLIED

    def _open_wizard(self, command: commands.OpenWizard, begun: int, t: int) -> Outcome | None:
        """Have the wizard opened; answered once it is open, refused when nobody opens it in time.

        To install a room whose wizard is open already nothing more is needed: it serves all rooms.
        """
        state_dir = self._config.state_dir
        if command.room not in self._rooms or not self._running:
            return Outcome.REFUSED
        if wizard_is_open(state_dir):
            return Outcome.APPLIED if command.id in self._changed else Outcome.ALREADY
        if t - begun > asked.PATIENCE_S * NS:
            _log.error("nobody opened the wizard; its log says why, or: ambient commission")
            asked.withdraw(state_dir)
            return Outcome.REFUSED
        if command.id not in self._changed:
            self._changed.add(command.id)
            asked.wish(state_dir, command.seconds)
        return None

    def _runs(self, worker: Worker) -> bool:
        return self._running and self._socket(worker).exists()

    def _socket(self, worker: Worker) -> Path:
        return control.socket_path(self._run_dir, worker)

    def _care(self, command: commands.SetCare) -> Outcome | None:
        """Have a bed watched as it is set; refused where nothing there could do that."""
        try:
            file = load_node(self._config_file)
            known = {**self._board.read().care.get(command.room, {}), command.bed: command.care}
            care.with_care(file, command.room, command.bed, known)
        except ConfigError as error:
            _log.warning("a care setting cannot be followed", error=str(error))
            return Outcome.REFUSED
        before, after = self._board.change(
            lambda switches: switches.with_care(command.room, command.bed, command.care)
        )
        self._changed.update({command.id} if before.care != after.care else ())
        if self._running and care.in_force(file, after).version != self._config.version:
            start_anew(self._config.state_dir)
            return None
        return Outcome.APPLIED if command.id in self._changed else Outcome.ALREADY

    def _configuration(self, command: commands.UseConfiguration) -> Outcome | None:
        try:
            on_disk = care.load_in_force(self._config_file)
        except ConfigError as error:
            _log.warning("the configuration on the disk cannot be used", error=str(error))
            return Outcome.REFUSED
        if on_disk.version != command.version:
            return Outcome.REFUSED
        if on_disk.version == self._config.version:
            return Outcome.APPLIED
        start_anew(self._config.state_dir)
        return None
