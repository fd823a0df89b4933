"""A cord that is pulled while fusion hangs: whoever comes after it hears of it, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ambient.bus.ipc import ObservationReceiver, ObservationSender, socket_path
from ambient.bus.sockets import LinkChange
from ambient.config import Room
from ambient.events import DistressCord, SituationStep
from ambient.node.gateways.calls import HELD_S, MOST, Calls
from ambient.node.gateways.repeats import Repeats
from ambient.observations import AnyObservation, SensorKind, SensorSeen
from fusion import cord
from fusion.judge import Judge
from tests.fusion.situations.homes import CORD, home
from tests.fusion.situations.kit import DAY, KEY, installed
from tests.node.gateways.kit import NS, Fusion
from tests.patience import PATIENCE_S


def said(
    at: float, *, on: bool = True, kind: SensorKind = SensorKind.CORD, subject: str | None = None
) -> SensorSeen:
    t = round((DAY.timestamp() + at) * NS)
    keys = {"room": "r12", "source": kind.value, "kind": kind, "subject": subject}
    return SensorSeen(t=t, received=t, on=on, **keys)  # type: ignore[arg-type]


class Link:
    """A fusion that is killed and comes back, and time."""

    def __init__(self) -> None:
        self.fusion = Fusion()
        self.went: list[LinkChange] = []
        self.now = 0.0
        self.calls = Calls(lambda one: self.fusion.send(one), self._changes, lambda: self.now)

    def _changes(self) -> list[LinkChange]:
        went, self.went = self.went, []
        return went

    def killed(self) -> None:
        self.fusion = Fusion()  # what comes meanwhile waits for the next one
        self.went.append(LinkChange.DOWN)

    def back(self) -> list[AnyObservation]:
        self.went.append(LinkChange.UP)
        self.calls.step()
        return Repeats().without(self.fusion.seen)


PULLED, RESET = said(1), said(9, on=False)
BADGE = said(2, kind=SensorKind.CARER)


def test_another_fusion_is_told_the_calls_of_the_one_before_and_nothing_else() -> None:
    link = Link()
    for one in (PULLED, BADGE, said(3, kind=SensorKind.DOOR), RESET):
        assert link.calls.send(one)
    assert link.fusion.seen == [PULLED, BADGE, said(3, kind=SensorKind.DOOR), RESET]
    link.killed()
    assert link.back() == [PULLED, RESET]


def test_a_reset_never_comes_before_the_call_that_it_ends() -> None:
    link = Link()
    link.calls.send(PULLED)
    link.killed()
    assert link.calls.send(RESET)
    assert link.calls.send(said(20))
    assert link.fusion.seen == [said(20)], "a call waits for nothing"
    assert link.back()[-2:] == [PULLED, RESET]


@pytest.mark.parametrize("room", [0, 1])
def test_a_full_queue_is_tried_again_in_order(room: int) -> None:
    link = Link()
    link.calls.send(PULLED)
    link.calls.send(RESET)
    link.killed()
    link.fusion.room = room
    assert link.back() == [PULLED][:room]
    assert not link.calls.send(said(20))
    link.fusion.room = 10
    assert link.calls.send(said(20))
    assert link.fusion.seen == [PULLED, RESET, said(20)]


def test_what_rings_no_more_is_not_held_and_memory_has_an_end() -> None:
    assert HELD_S == cord.STALE_S
    link = Link()
    link.calls.send(PULLED)
    link.now = HELD_S + 1.0
    newest = [said(100 + i) for i in range(MOST + 5)]
    for one in newest:
        link.calls.send(one)
    link.killed()
    assert link.back() == newest[5:]


def test_who_is_erased_is_forgotten() -> None:
    link = Link()
    link.calls.send(said(1, subject="s-aaaa"))
    link.calls.send(said(2, subject="s-bbbb"))
    link.calls.forget("s-aaaa")
    link.killed()
    assert link.back() == [said(2, subject="s-bbbb")]


@pytest.mark.parametrize(
    "kept", [pytest.param(False, id="lost"), pytest.param(True, id="judged before")]
)
def test_a_call_that_comes_again_rings_once(tmp_path: Path, kept: bool) -> None:
    config = installed(home(sensors=CORD), tmp_path)
    assert isinstance(config.rooms[0], Room)

    def steps(judge: Judge, *seen: SensorSeen) -> list[SituationStep]:
        told = [event for one in seen for event in judge.observe(one)] + judge.finish()
        return [event.step for event in told if isinstance(event, DistressCord)]

    both = Judge(config, KEY), Judge(config, KEY)
    first = steps(both[0], PULLED)
    assert first == [SituationStep.CONFIRMED]
    if kept:
        both[1].restore(both[0].state())
    assert steps(both[1], PULLED) == ([] if kept else first)
    assert steps(both[1], RESET, PULLED, RESET) == [SituationStep.ENDED]


def test_a_call_in_the_queue_of_a_fusion_that_is_killed(tmp_path: Path) -> None:
    """The real socket: it was handed on, and whoever had it reads it no more."""
    tmp_path.chmod(0o700)
    path = socket_path(tmp_path)
    with ObservationSender(path) as sender:
        calls = Calls(sender.send, sender.watch().changes)
        with ObservationReceiver(path) as hangs:
            assert calls.send(BADGE)
            until(lambda: bool(hangs.receive_all(0.05)))
            assert calls.send(PULLED)
            until(lambda: bool(hangs._socket.poll(50)))
        path.touch()  # the socket file that a killed process leaves
        found: list[AnyObservation] = []
        with ObservationReceiver(path) as comes:

            def came() -> bool:
                calls.step()
                found.extend(comes.receive_all(0.05))
                return bool(found)

            until(came)
    assert found == [PULLED]


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end


def test_who_is_erased_is_not_named_again() -> None:
    link = Link()
    assert link.calls.send(said(1, subject="s-aaaa"))
    link.killed()
    link.fusion.room = 0
    link.back()
    link.calls.forget("s-aaaa")
    link.fusion.room = 9
    link.calls.step()
    assert link.fusion.seen == []
