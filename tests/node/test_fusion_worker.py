"""Fusion as a process: chains go on over a restart, a stepped clock changes no alarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from ambient import commands
from ambient.config import Bed, Falls, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.config_gateways import Way, Wearable
from ambient.config_watch import BedWatch
from ambient.errors import StoreError
from ambient.events import AnyEvent, ConsentApplied, NodeHas, Outcome, Purpose, Worker, kind_of
from ambient.node import fusion_worker as module
from ambient.node.clock import NS
from ambient.node.fusion_worker import FusionWorker
from ambient.node.notices import Notice, NoticeBoard, NoticeKind
from ambient.node.switches import SwitchBoard
from ambient.observations import (
    AnyObservation,
    Place,
    Posture,
    PostureSeen,
    SensorKind,
    SensorSeen,
)

KEY = "k" * 40
WALL = 1_800_000_000 * NS


class World:
    """A node around fusion: clocks, observations that wait, commands that wait, a disk."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.config = NodeConfig(
            site="s",
            node="n-1",
            state_dir=folder,
            rooms=[Room(id="r1")],
            falls=Falls(confirm_s=4, long_lie_s=60),
        )
        self.steady = 1000.0
        self.stepped_s = 0.0
        self.waiting: list[AnyObservation] = []
        self.commands: list[commands.AnyCommand] = []
        self.answers: list[Outcome] = []
        self.rows: list[AnyEvent] = []
        self.kept: dict[str, bytes] = {}
        self.full = False
        """Whether the disk takes nothing."""
        monkeypatch.setattr(module.time, "monotonic", lambda: self.steady)
        monkeypatch.setattr(module.time, "monotonic_ns", lambda: int(self.steady * NS))
        monkeypatch.setattr(
            module.time, "time_ns", lambda: WALL + int((self.steady + self.stepped_s) * NS)
        )
        self.fusion = self.start()

    def start(self) -> FusionWorker:
        return FusionWorker(
            self.config,
            KEY,
            receive=self._receive,
            control=self,  # type: ignore[arg-type]
            store=self,
            state=dict(self.kept),
            clock=self,  # type: ignore[arg-type]
        )

    # What stands around fusion.

    def now(self) -> int:
        return WALL + int(self.steady * NS)

    def take(self) -> commands.AnyCommand | None:
        return self.commands.pop(0) if self.commands else None

    def answer(self, outcome: Outcome) -> None:
        self.answers.append(outcome)

    def commit(self, new: Sequence[AnyEvent], state: Mapping[str, bytes] | None = None) -> int:
        if self.full:
            raise StoreError("full")
        self.rows += new
        self.kept = dict(state or {})
        return 0

    def _receive(self, _: float) -> list[AnyObservation]:
        waiting, self.waiting = self.waiting, []
        return waiting

    # What a test does.

    def lie(self, seconds: float) -> None:
        """Somebody lies on the floor for so long, seen ten times a second."""
        for _ in range(int(seconds * 10)):
            self.steady += 0.1
            self.waiting.append(
                PostureSeen(
                    t=self.now(),
                    room="r1",
                    source="c1",
                    track=1,
                    posture=Posture.FALLEN,
                    probability=0.95,
                    down=0.97,
                    upright=0.02,
                    place=Place.FLOOR,
                    descent=0.0,
                    still=0.9,
                    quality=0.95,
                )
            )
            self.fusion.step(0)

    def lie_until_fallen(self) -> None:
        """Lie until the first step of a chain is stated."""
        for _ in range(100):
            self.lie(0.1)
            if self.falls():
                return
        raise AssertionError("nothing was suspected within ten seconds")

    def kinds(self) -> list[str]:
        """Return the kinds of what was said, without what the node says of itself at each start."""
        return [kind_of(row) for row in self.rows if not isinstance(row, NodeHas)]

    def falls(self) -> list[AnyEvent]:
        return [row for row in self.rows if kind_of(row).startswith("fall.")]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_a_chain_goes_on_over_a_restart(world: World) -> None:
    world.lie_until_fallen()
    world.fusion.drain()
    world.fusion = world.start()
    world.lie(6)
    falls = world.falls()
    assert [kind_of(row) for row in falls] == ["fall.suspected", "fall.confirmed"]
    assert falls[0].chain == falls[1].chain
    assert [row.position for row in falls] == [0, 1]


def test_what_comes_first_after_a_restart_may_be_hours_old(world: World) -> None:
    world.lie(1)
    world.fusion.drain()
    world.fusion = world.start()
    pulled = SensorSeen(
        t=world.now() - 7000 * NS, received=world.now(), room="r1", source="cord",
        kind=SensorKind.CORD, on=True,
    )  # fmt: skip
    world.waiting.append(pulled)
    world.fusion.step(0)
    world.lie(2)
    assert "distress.cord" not in world.kinds()


def test_a_clock_that_was_set_back_over_a_restart_holds_up_no_fall(world: World) -> None:
    world.lie_until_fallen()
    world.fusion.drain()
    world.steady -= 900.0
    world.rows.clear()
    world.fusion = world.start()
    world.lie(12)
    assert [kind_of(row) for row in world.falls()] == ["fall.suspected", "fall.confirmed"]


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_stepped_clock_is_told_and_changes_no_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    def confirmed_after(step: float) -> tuple[list[str], int]:
        (tmp_path / str(step)).mkdir()
        world = World(tmp_path / str(step), monkeypatch)
        world.lie(2)
        world.stepped_s = step
        world.lie(4)
        return world.kinds(), world.falls()[1].t - WALL

    calm, at = confirmed_after(0.0)
    stepped, stepped_at = confirmed_after(step_s)
    assert stepped_at == at
    assert sorted(stepped) == sorted([*calm, "node.clock_stepped"])


def test_an_event_is_kept_with_the_state_of_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other rooms remember is as new as the last save, and no older."""
    world = World(tmp_path, monkeypatch)
    world.config = replace(world.config, rooms=[Room(id="r1"), Room(id="r2")])
    world.fusion = world.start()
    world.fusion.step(0)
    began = dict(world.kept)
    world.lie_until_fallen()
    judge = world.fusion._judge
    now = {key: judge.state()[key] for key in began if key.endswith("/r1")}
    assert {key: world.kept[key] for key in now} == now
    assert all(world.kept[key] == began[key] for key in began if key.endswith("/r2"))
    world.steady += module.SAVE_EVERY_S
    for _ in range(2):
        world.fusion.step(0)
    assert {key: world.kept[key] for key in judge.state()} == judge.state()
    assert world.kept["situations/r2"] != began["situations/r2"]


def test_no_alarm_waits_for_what_is_done_once_a_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody lost from sight while down is confirmed as time goes on, before all errands."""
    world.lie_until_fallen()
    told: list[list[str]] = []
    monkeypatch.setattr(world.fusion, "_look_around", lambda _: told.append(world.kinds()) or [])
    for _ in range(8):
        world.steady += 1.1
        world.fusion.step(0)
        assert told[-1] == world.kinds()
    assert len(told) == 8
    assert "fall.confirmed" in told[-1]
    assert "fall.confirmed" not in told[0]


def test_notices_become_events_and_are_taken(world: World) -> None:
    board = NoticeBoard(world.config.state_dir)
    board.post(Notice(kind=NoticeKind.STARTED, t=5))
    board.post(Notice(kind=NoticeKind.RESTARTED, t=6, worker=Worker.VISION, restarts=1))
    world.fusion.step(0)
    assert world.kinds() == ["node.started", "node.worker_restarted"]
    assert not board.waiting()


def test_what_the_node_has_is_said_once_at_each_start(world: World) -> None:
    def started_with(*rooms: Room) -> list[tuple[str | None, list[str]]]:
        said = len(world.rows)
        world.config = replace(world.config, rooms=list(rooms))
        world.fusion = world.start()
        for _ in range(3):
            world.steady += 1.1
            world.fusion.step(0)
        told = [row for row in world.rows[said:] if isinstance(row, NodeHas)]
        assert all(row.room is None and row.t > WALL for row in told)
        return [(row.of_room, [part.slug for part in row.has]) for row in told]

    cameras = [Camera(id="c1", source="x"), Camera(id="c2", source="y")]
    silent = Wearable(id="w1", device="a", via=Way.MQTT)
    promising = replace(silent, id="w2", every_s=60)
    full = Room(id="r1", cameras=cameras, wearables=[silent, promising])
    assert started_with(full, Room(id="r2")) == [
        (None, ["r1", "r2"]),
        ("r1", ["c1", "c2", "w2"]),
        ("r2", []),
    ]
    assert started_with(replace(full, cameras=cameras[1:])) == [
        (None, ["r1"]),
        ("r1", ["c2", "w2"]),
    ]
    ids = [row.id for row in world.rows]
    assert len(set(ids)) == len(ids)


def test_consent_is_stated_once_and_over_a_restart(world: World) -> None:
    world.fusion.step(0)
    SwitchBoard(world.config.state_dir).change(
        lambda switches: switches.with_purpose("r1", Purpose.RESEARCH, True)
    )
    world.steady += 1.1
    world.fusion.step(0)
    assert world.kinds() == ["consent.applied"]
    world.fusion = world.start()
    world.steady += 1.1
    world.fusion.step(0)
    assert world.kinds() == ["consent.applied"]


def test_consent_of_the_configuration_alone_is_stated_once(world: World) -> None:
    def started_with(purposes: dict[Purpose, bool]) -> list[tuple[Purpose, bool]]:
        said = len(world.rows)
        world.config = replace(world.config, rooms=[Room(id="r1", purposes=purposes)])
        world.fusion = world.start()
        for _ in range(2):
            world.steady += 1.1
            world.fusion.step(0)
        new = [row for row in world.rows[said:] if not isinstance(row, NodeHas)]
        assert all(isinstance(row, ConsentApplied) and row.room == "r1" for row in new)
        return [(row.purpose, row.on) for row in new if isinstance(row, ConsentApplied)]

    assert started_with({}) == []
    on = {Purpose.VOICE: True, Purpose.RECOGNISE_VOICE: True, Purpose.FALLS: False}
    assert started_with(on) == [
        (Purpose.FALLS, False),
        (Purpose.VOICE, True),
        (Purpose.RECOGNISE_VOICE, True),
    ]
    assert started_with(on) == []
    # Taken out of the configuration: the hub may show it no longer.
    assert started_with({Purpose.RECOGNISE_VOICE: True}) == [
        (Purpose.FALLS, True),
        (Purpose.VOICE, False),
    ]
    # What was decided on the node counts more.
    SwitchBoard(world.config.state_dir).change(
        lambda switches: switches.with_purpose("r1", Purpose.RECOGNISE_VOICE, False)
    )
    assert started_with({Purpose.RECOGNISE_VOICE: True}) == [(Purpose.RECOGNISE_VOICE, False)]


@pytest.mark.parametrize("known", [True, False])
def test_an_acknowledgement_is_answered_truthfully(world: World, known: bool) -> None:
    world.lie(7)
    chain = world.rows[-1].chain if known else commands.new_id()
    world.commands.append(
        commands.Acknowledged(id=commands.new_id(), node="n-1", issued=1, expires=2, chain=chain)
    )
    world.fusion.step(0)
    assert world.answers == [Outcome.APPLIED if known else Outcome.REFUSED]


def test_a_state_that_cannot_be_read_is_left_behind(world: World) -> None:
    world.kept = {"node": b"\xc1", "room/r1": b"\xc1"}
    world.fusion = world.start()
    world.lie(7)
    assert "fall.confirmed" in world.kinds()


def test_a_part_that_cannot_be_read_costs_no_other(world: World) -> None:
    rooms = [Room(id="r1"), Room(id="r2")]
    everything = dict.fromkeys(Purpose, True)
    rooms = [replace(room, purposes=everything) for room in rooms]
    world.config = replace(world.config, rooms=rooms)
    world.fusion = world.start()
    world.lie_until_fallen()
    world.fusion.drain()
    whole = dict(world.kept)
    parts = world.fusion._judge.state()
    assert {key.partition("/")[0] for key in parts} >= {"room", "down", "voice", "vitals", "sounds"}
    for part in parts:
        for spoilt in (b"\xc1", b"", msgspec.msgpack.encode(3)):
            world.kept = {**whole, part: spoilt}
            judge = world.start()._judge
            assert bool(judge.rooms["r1"].falls.state.chains) is (part != "room/r1"), part
            world.kept = whole
            expected = world.start()._judge.state()
            beside = {"down/r1"} if part == "room/r1" else set()  # of whom nothing is known
            for key in expected.keys() - {part} - beside:
                assert judge.state()[key] == expected[key], (part, key)


def test_draining_judges_what_waits(world: World) -> None:
    world.lie(2)
    world.fusion.drain()
    assert world.kept


def test_consent_reaches_the_judge_at_once_and_over_a_restart(world: World) -> None:
    judge = world.fusion._judge
    assert not judge.rooms["r1"].voice.on
    assert not judge.rooms["r1"].distress.on
    board = SwitchBoard(world.config.state_dir)
    for purpose in (Purpose.VOICE, Purpose.SOUNDS):
        board.change(lambda switches, one=purpose: switches.with_purpose("r1", one, True))
    world.steady += 1
    world.fusion.step(0)
    assert judge.rooms["r1"].voice.on
    assert judge.rooms["r1"].distress.on
    assert world.kinds().count("consent.applied") == 2
    world.fusion.drain()
    world.fusion = world.start()
    assert world.fusion._judge.rooms["r1"].voice.on
    assert "voice/r1" in world.fusion._judge.state()


def erasing(subject: str) -> commands.Erase:
    return commands.Erase(id=commands.new_id(), node="n-1", issued=1, expires=2, subject=subject)


def test_who_is_erased_is_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(world.fusion._judge, "forget", forgotten.append)
    world.commands.append(erasing("s-4f2a"))
    world.fusion.step(0)
    assert (forgotten, world.answers) == (["s-4f2a"], [Outcome.APPLIED])


def test_erased_is_said_only_when_the_disk_has_forgotten_as_well(world: World) -> None:
    """Killed right after the answer, nothing comes back, and nobody would ask again."""
    bed = Bed(id="b1", subject="s-4f2a", watch=BedWatch(restless=True))
    world.config = replace(world.config, rooms=[Room(id="r1", beds=[bed]), Room(id="r2")])
    world.fusion = world.start()

    def known() -> list[float]:
        return world.fusion._judge.rooms["r1"].situations.state.restless["b1"].shares

    known().append(0.5)
    world.fusion.step(0)
    world.fusion = world.start()
    assert known() == [0.5]
    world.fusion.step(0)
    world.full = True
    world.commands.append(erasing("s-4f2a"))
    world.fusion.step(0)
    assert world.answers == [Outcome.REFUSED]
    world.full = False
    world.commands.append(erasing("s-4f2a"))
    world.fusion.step(0)
    assert world.answers[-1] is Outcome.APPLIED
    world.fusion = world.start()
    assert known() == []
