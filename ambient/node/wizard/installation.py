"""One opening of the wizard: what an installer does with the rooms of this node, step by step.

Comes in: what the pages ask for, observations off the tap, answers of the sensing processes. Goes
out: outlines, people as lines, zones in ``node.yaml``, judgements of the walk, certificates, and
what is told to the hub. Nothing that is seen is kept beyond the opening.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ambient import __version__
from ambient.config import NodeConfig, Room, load_node
from ambient.config_cameras import Camera, Mount
from ambient.events import Light, Purpose, Station, StationResult, WizardAct
from ambient.node.running import start_anew
from ambient.node.switches import SwitchBoard
from ambient.node.wizard import agreed, drawing, record, sockets, walk
from ambient.node.wizard.announce import Announcer
from ambient.node.wizard.drawing import Drawn, Missing
from ambient.node.wizard.looks import Levels, LevelWanted, LookWanted, Outlined
from ambient.node.wizard.refusals import BusyError, RefusedError, UnknownPlaceError
from ambient.node.wizard.walk import Judged, Senses
from ambient.node.wizard.watcher import Watcher

ANSWER_S = 3.0
MOST_STATION_NS = 120 * 10**9
"""A station that was begun and forgotten is judged over its last two minutes."""


@dataclass
class _RoomWalk:
    """The walk through one room, as far as it is."""

    judged: dict[tuple[Station, Light], Judged] = field(default_factory=dict)
    begun: tuple[Station, Light, int] | None = None


class Installation:
    """What can be done while the wizard is open.

    Parameters
    ----------
    config_file
        The node's configuration; zones are written into it.
    announcer
        Tells the hub.
    watcher
        What the senses say.
    clock
        The node's time (ns).
    key
        Fingerprint of the node's key, for the certificate.
    """

    def __init__(
        self,
        config_file: Path,
        announcer: Announcer,
        watcher: Watcher,
        clock: Callable[[], int],
        key: str,
    ) -> None:
        self.config_file = config_file
        self.config: NodeConfig = load_node(config_file)
        self.watcher = watcher
        self._announcer = announcer
        self._clock = clock
        self._key = key
        self._run_dir = self.config.state_dir / "run"
        self._switches = SwitchBoard(self.config.state_dir)
        self._walks: dict[str, _RoomWalk] = {}
        self._lock = threading.Lock()

    def room(self, room: str) -> Room:
        """Return a room of this node.

        Raises
        ------
        UnknownPlaceError
            When it has none of that id.
        """
        found = next((one for one in self.config.rooms if one.id == room), None)
        if found is None:
            known = [one.id for one in self.config.rooms]
            raise UnknownPlaceError("no_room", known=known, got=room[:40])
        return found

    def camera(self, room: str, camera: str) -> Camera:
        """Return a camera of a room.

        Raises
        ------
        UnknownPlaceError
            When the room has none of that id.
        """
        here = self.room(room)
        found = next((one for one in here.cameras if one.id == camera), None)
        if found is None:
            known = [one.id for one in here.cameras]
            raise UnknownPlaceError("no_camera", room=room, known=known, got=camera[:40])
        return found

    def outline(self, room: str, camera: str) -> Outlined:
        """Return the edges of what a camera sees, as far as they are gathered."""
        return self._look(room, camera, still=False)

    def agree(self, room: str, camera: str) -> agreed.Agreement:
        """Take in that everybody in the room agrees that a picture is seen for five minutes."""
        self.camera(room, camera)
        made = agreed.agree(self.config.state_dir, room, camera, agreed.MOST_S, self._clock())
        self._announcer.act(WizardAct.STILL_AGREED, room=room, source=camera, until=made.until)
        return made

    def still(self, room: str, camera: str) -> bytes:
        """Return a picture (JPEG), or nothing while none is there or nobody agreed."""
        if not agreed.in_force(self.config.state_dir, room, camera, self._clock()):
            return b""
        found = self._look(room, camera, still=True).still
        if found:
            self._announcer.act(WizardAct.STILL_SHOWN, room=room, source=camera)
        return found

    def areas(self, room: str, camera: str) -> list[Drawn]:
        """Return what is drawn in a camera's picture."""
        seen = self.camera(room, camera)
        return drawing.areas_of(self.room(room), seen)

    def missing(self, room: str, camera: str, areas: Sequence[Drawn]) -> Missing:
        """Return what the room lacks still, were `areas` those of the camera."""
        self.camera(room, camera)
        return drawing.missing(areas, self.room(room), camera)

    def draw(self, room: str, camera: str, areas: Sequence[Drawn]) -> str:
        """Write areas into the configuration; return its version. The node starts anew with it."""
        with self._lock:
            self.camera(room, camera)
            areas = drawing.owned(areas, self.room(room))
            self.config = drawing.save(self.config_file, room, camera, areas)
            self._announcer.use(self.config)
            self._announcer.drawn(room, camera, areas)
        start_anew(self.config.state_dir)
        return self.config.version

    def hang(self, room: str, camera: str, mount: Mount) -> str:
        """Write how a camera hangs; return the version. The node starts anew with it."""
        with self._lock:
            self.camera(room, camera)
            self.config = drawing.hang(self.config_file, room, camera, mount)
            self._announcer.use(self.config)
        start_anew(self.config.state_dir)
        return self.config.version

    def senses(self, room: str) -> Senses:
        """Return what the room can notice somebody by now."""
        here = self.room(room)
        on = self._switches.read()
        return record.senses_of(here, sounds=on.is_on(here, Purpose.SOUNDS))

    def begin(self, room: str, station: Station, light: Light) -> None:
        """Take in that somebody begins to do what a station asks for."""
        if station not in walk.asked(self.senses(room)):
            raise RefusedError("no_station", room=room, got=station)
        t = self._clock()
        self._walk(room).begun = (station, light, t)
        self._levels(room, t)  # from now on they are measured

    def end(self, room: str) -> Judged:
        """Judge the station that was begun."""
        walked = self._walk(room)
        if walked.begun is None:
            raise RefusedError("not_begun")
        station, light, began = walked.begun
        ended = self._clock()
        began = max(began, ended - MOST_STATION_NS)
        judged = walk.judge(
            station,
            self.watcher.between(room, began, ended),
            self._levels(room, began).levels,
            self.senses(room),
            self._lain(walked, station, light),
        )
        walked.judged[station, light] = judged
        walked.begun = None
        self._announcer.act(
            WizardAct.WALKED,
            room=room,
            walked=[
                StationResult(where, lit, one.covered)
                for (where, lit), one in walked.judged.items()
            ],
            stations=len(walk.asked(self.senses(room))),
        )
        return judged

    def judged(self, room: str) -> list[tuple[Light, Judged]]:
        """Return what the walk gave so far."""
        return [(light, one) for (_, light), one in self._walk(room).judged.items()]

    def finish(self, room: str, by: str, *, short: bool) -> record.Certificate:
        """Write the certificate of a room, keep it, and tell the hub."""
        here = self.room(room)
        switches = self._switches.read()
        made = record.certify(
            self.config,
            here,
            self._walk(room).judged,
            key=self._key,
            software=__version__,
            by=by,
            made=datetime.fromtimestamp(self._clock() / 1e9, UTC),
            short=short,
            on={purpose: switches.is_on(here, purpose) for purpose in Purpose},
        )
        record.keep(self.config.state_dir, made)
        self._announcer.commissioned(
            room, made.results, complete=made.complete, short=short, certificate=made.digest
        )
        return made

    def _walk(self, room: str) -> _RoomWalk:
        self.room(room)
        return self._walks.setdefault(room, _RoomWalk())

    @staticmethod
    def _lain(walked: _RoomWalk, station: Station, light: Light) -> list[Judged]:
        """Return what the other stations on the floor gave in this light."""
        return [
            judged
            for (other, then), judged in walked.judged.items()
            if other in walk.ON_FLOOR and other is not station and then is light
        ]

    def _look(self, room: str, camera: str, *, still: bool) -> Outlined:
        self.camera(room, camera)
        question = msgspec.msgpack.encode(LookWanted(room=room, camera=camera, still=still))
        answer = sockets.ask(self._run_dir, sockets.LOOK, question, ANSWER_S)
        if not answer:
            raise BusyError("busy")
        return msgspec.msgpack.decode(answer, type=Outlined)

    def _levels(self, room: str, since: int) -> Levels:
        if not self.senses(room).microphones:
            return Levels(levels=[])
        question = msgspec.msgpack.encode(LevelWanted(room=room, since=since))
        answer = sockets.ask(self._run_dir, sockets.LEVEL, question, ANSWER_S)
        return msgspec.msgpack.decode(answer, type=Levels) if answer else Levels(levels=[])
