"""ESPA 4.4.4: blocks and the line by tables, then against a paging system over TCP and serial."""

from __future__ import annotations

import os
import pty
import socket
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels import espa_wire
from ambient.hub.channels.espa import Espa, block_of
from ambient.hub.channels.espa_block import Charset, block, check, encoded
from ambient.hub.channels.espa_line import Line, Result, Role, State
from tests.hub.channels.flow import Mark, TcpReceiver, flow
from tests.hub.channels.kit import bench, channel, house, notice
from tests.hub.channels.pager import Pager
from tests.patience import until

ACK, NAK, EOT, POLL, SELECT = b"\x06", b"\x15", b"\x04", b"1\x05", b"2\x05"
BLOCK = b"\x01B"
QUICK: dict[str, Any] = {"answer_s": 0.2, "tries": 2}


class Standing:
    """Stands for the module `time`: no answer is late, but one that a pager never gives."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at

    def wait_in_vain(self) -> None:
        self.at += 2 * QUICK["answer_s"]


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Standing:
    """The clock by which the hub's end of a line waits for answers."""
    clock = Standing()
    monkeypatch.setattr(espa_wire, "time", clock)
    return clock


# -- blocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "charset", "bytes_"),
    [
        ("Zimmer 5", Charset.ASCII, b"Zimmer 5"),
        ("Tür – Süd, Größe", Charset.ASCII, b"Tuer - Sued, Groesse"),
        ("Tür – Süd, Größe", Charset.GERMAN, b"T}r - S}d, Gr|~e"),
        ("[1] {2}", Charset.GERMAN, b"(1) (2)"),
        ("Tür", Charset.LATIN_1, b"T\xfcr"),
        ("Café 東", Charset.ASCII, b"Cafe ?"),
        ("a\x03b\x1ec\x01", Charset.ASCII, b"a b c "),
        ("a\x03b\x1ec\x01", Charset.LATIN_1, b"a b c "),
    ],
)
def test_texts_as_they_travel(text: str, charset: Charset, bytes_: bytes) -> None:
    assert encoded(text, charset) == bytes_


def test_a_block_and_its_check() -> None:
    made = block(b"1", [(b"1", b"101"), (b"2", b"Fall")])
    assert made[:-1] == b"\x011\x021\x1f101\x1e2\x1fFall\x03"
    # By hand: 31^02^31^1f^31^30^31^1e^32^1f^46^61^6c^6c^03
    assert made[-1:] == check(made[1:-1]) == b"\x3a"


@pytest.mark.parametrize(
    ("fields", "options", "records"),
    [
        (
            {"address": "204"},
            {},
            {"1": "204", "2": "Fall - Room 5 alar.1", "3": "5", "4": "3", "5": "1", "6": "1"},
        ),
        ({"priority": Priority.MEDIUM}, {"call": "7"}, {"1": "7", "3": "2", "6": "2"}),
        ({"priority": Priority.TECHNICAL}, {}, {"6": "3"}),
        ({"over": True}, {}, {"4": "1"}),
        ({"text": "x" * 200, "times": 3}, {"length": 16}, {"2": "x" * 9 + " alar.3"}),
    ],
)
def test_a_call(fields: dict[str, Any], options: dict[str, Any], records: dict[str, str]) -> None:
    pager = Pager()
    pager.take(SELECT + block_of(notice(**fields), Espa.Options(address="tcp://h:1", **options)))
    assert pager.refused == []
    assert records.items() <= pager.calls[0].items()


# -- the line ------------------------------------------------------------------------------------


def line(role: Role = Role.CONTROL) -> Line:
    return Line(role, b"1", b"2", answer_s=1, tries=2)


@pytest.mark.parametrize(
    ("role", "steps", "result"),
    [
        (
            Role.CONTROL,
            [(0, b"", SELECT), (0.1, ACK, BLOCK), (0.2, ACK, EOT), (0.3, b"", b"")],
            Result.TAKEN,
        ),
        (
            Role.CONTROL,
            [(0, b"", SELECT), (0.9, b"", b""), (1, b"", SELECT), (1.5, ACK, BLOCK), (2, ACK, EOT)],
            Result.TAKEN,
        ),
        (Role.CONTROL, [(0, b"", SELECT), (1, b"", SELECT), (2, b"", EOT)], Result.NO_ANSWER),
        (Role.CONTROL, [(0, b"", SELECT), (0, NAK, SELECT), (0, NAK, EOT)], Result.BUSY),
        (Role.CONTROL, [(0, b"", SELECT), (0, EOT, EOT)], Result.BUSY),
        (
            Role.CONTROL,
            [(0, b"", SELECT), (0, ACK, BLOCK), (0.5, NAK, BLOCK), (0.6, ACK, EOT)],
            Result.TAKEN,
        ),
        (
            Role.CONTROL,
            [(0, b"", SELECT), (0, ACK, BLOCK), (0.5, NAK, BLOCK), (0.6, NAK, EOT)],
            Result.REFUSED,
        ),
        (
            Role.CONTROL,
            [(0, b"", SELECT), (0, ACK, BLOCK), (1, b"", BLOCK), (2, b"", EOT)],
            Result.NOT_CONFIRMED,
        ),
        (Role.CONTROL, [(0, b"", SELECT), (0, ACK, BLOCK), (0, EOT, EOT)], Result.REFUSED),
        (Role.CONTROL, [(0, b"xyz", b""), (0, b"", SELECT), (0, b"?" + ACK, BLOCK)], None),
        (
            Role.STATION,
            [(0, b"", b""), (5, POLL, SELECT), (5, ACK, BLOCK), (5, ACK, EOT), (6, POLL, EOT)],
            Result.TAKEN,
        ),
        (
            Role.STATION,
            [(0, b"1", b""), (0, b"\x05", SELECT), (0, b"3\x05", b""), (0.5, POLL, SELECT)],
            None,
        ),
    ],
)
def test_the_line(
    role: Role, steps: list[tuple[float, bytes, bytes]], result: Result | None
) -> None:
    one = line(role)
    one.offer(BLOCK)
    for at, data, out in steps:
        assert one.take(data, at) + (b"" if data else one.tick(at)) == out, (at, data)
    assert one.result() is result
    assert one.result() is None, "said once"
    assert (one.state is State.IDLE) == (result is not None)


def test_a_station_with_nothing_to_say_says_so() -> None:
    assert line(Role.STATION).take(POLL, 0) == EOT
    assert line(Role.CONTROL).take(POLL, 0) == b""


def test_what_is_withdrawn_is_not_sent() -> None:
    one = line()
    one.offer(BLOCK)
    assert one.tick(0) == SELECT
    one.withdraw()
    assert one.take(ACK, 0) + one.tick(9) == b""


# -- over TCP ------------------------------------------------------------------------------------


class PagerOverTcp(TcpReceiver):
    """A paging system behind a serial server. It takes calls, or dies after one it has taken."""

    def __init__(self, *answers: str, polls: bytes = b"", clock: Standing | None = None) -> None:
        self.pager = Pager(answers=list(answers))
        if clock is not None:
            self.pager.silent = clock.wait_in_vain
        self._polls = polls
        super().__init__(self._speak)

    def _speak(self, client: socket.socket) -> None:
        self.pager.write = client.sendall
        client.settimeout(0.05)
        while True:
            if self._polls and self.pager._state == "idle":
                self.pager.poll(self._polls)
            try:
                data = client.recv(4096)
            except TimeoutError:
                continue
            if not data:
                return
            self.pager.take(data)

    @property
    def marks(self) -> list[str]:
        return [call["2"].rsplit(" ", 1)[1] for call in self.pager.calls]


@contextmanager
def over_tcp(
    *answers: str, polls: bytes = b"", clock: Standing | None = None
) -> Iterator[PagerOverTcp]:
    receiver = PagerOverTcp(*answers, polls=polls, clock=clock)
    try:
        yield receiver
    finally:
        receiver.kill()


@pytest.mark.parametrize(
    ("answers", "delivery", "why", "calls"),
    [
        ((), Delivery.DELIVERED, "", 1),
        (("select-nak",), Delivery.DELIVERED, "", 1),
        (("select-mute", "block-nak"), Delivery.DELIVERED, "", 1),
        (("select-nak",) * 2, Delivery.FAILED, "the selection refused", 0),
        (("select-mute",) * 2, Delivery.FAILED, "no answer to the selection", 0),
        (("block-nak",) * 2, Delivery.FAILED, "the block refused", 0),
        (("block-mute",) * 2, Delivery.FAILED, "no answer to the block", 0),
        (("block-lost",), Delivery.DELIVERED, "", 2),
    ],
)
def test_a_paging_system_over_tcp(
    answers: tuple[str, ...], delivery: Delivery, why: str, calls: int, standing: Standing
) -> None:
    with over_tcp(*answers, clock=standing) as receiver:
        way = channel("espa", {"address": f"tcp://127.0.0.1:{receiver.port}", **QUICK})
        try:
            receipt = way.deliver(notice())
            assert (receipt.delivery, len(receiver.pager.calls)) == (delivery, calls)
            assert why in receipt.why
            assert set(receiver.marks) <= {"alar.1"}, "a double is marked by being the same"
            assert way.probe() is True
        finally:
            way.close()


@pytest.mark.usefixtures("standing")
def test_a_hub_that_is_asked_for_calls() -> None:
    with over_tcp(polls=b"1") as receiver:
        options = {"address": f"tcp://127.0.0.1:{receiver.port}", "role": "station", **QUICK}
        way = channel("espa", options)
        try:
            way.probe()
            until(lambda: receiver.pager.ends >= 3, "it answers polls without calls")
            assert way.deliver(notice()).delivery is Delivery.DELIVERED
            assert way.deliver(notice(2)).delivery is Delivery.DELIVERED
            assert len(receiver.pager.calls) == 2
        finally:
            way.close()


def test_no_paging_system() -> None:
    way = channel("espa", {"address": "tcp://127.0.0.1:9"})
    receipt = way.deliver(notice())
    way.close()
    assert (receipt.delivery, receipt.retry) == (Delivery.FAILED, True)
    assert "got no connection" in receipt.why


def test_a_paging_system_is_killed_and_started_again_while_alarms_flow(tmp_path: Path) -> None:
    with over_tcp("block-lost") as receiver:
        options = Espa.Options(address=f"tcp://127.0.0.1:{receiver.port}", **QUICK)
        with bench(tmp_path, lambda _: Espa(options, house()), real_time=True) as bed:

            def received() -> list[Mark]:
                with bed.database.read() as db:
                    known = [row[0] for row in db.execute("SELECT id FROM alarms").fetchall()]
                ids = {one[:4]: one for one in known}
                marks = (mark.split(".") for mark in receiver.marks)
                return [Mark(ids[alarm], int(times)) for alarm, times in marks]

            found = flow(bed, receiver, received, within=QUICK["tries"])
            assert len(found) > len(set(found)), "the lost answer made a double"


# -- over a serial line --------------------------------------------------------------------------


@pytest.mark.usefixtures("standing")
def test_a_paging_system_on_a_serial_line_that_is_unplugged(tmp_path: Path) -> None:
    pager = Pager()
    link = tmp_path / "ttyUSB0"
    ours: list[int] = []

    def plug() -> None:
        master, slave = pty.openpty()
        tty.setraw(slave)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        ours[:] = [master, slave]
        pager.write = lambda data: os.write(master, data) and None
        threading.Thread(target=serve, args=(master,), daemon=True).start()

    def serve(master: int) -> None:
        while True:
            try:
                pager.take(os.read(master, 4096))
            except OSError:
                return  # unplugged, while it listened or while it answered

    plug()
    options = Espa.Options(address=str(link), frame="7E1", **QUICK)
    way = Espa(options, house())
    try:
        assert way.deliver(notice()).delivery is Delivery.DELIVERED
        for one in reversed(ours):
            os.close(one)
        assert way.deliver(notice(2)).delivery is Delivery.FAILED
        plug()
        until(lambda: way.deliver(notice(3)).delivery is not Delivery.FAILED)
        assert [call["2"] for call in pager.calls][-1] == "Fall - Room 5 alar.1"
    finally:
        way.close()
        for one in reversed(ours):
            os.close(one)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "channels.way.options.address: expected a value"),
        ({"address": "10.0.0.1"}, "options.address: expected tcp://host:port or a serial line"),
        ({"address": "/dev/ttyS0", "own": "12"}, "options.own: expected one digit"),
        (
            {"address": "/dev/ttyS0", "tries": 9},
            "options.tries: expected a whole number from 1 to 3",
        ),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], said: str) -> None:
    from ambient.errors import ConfigError

    with pytest.raises(ConfigError) as error:
        channel("espa", options)
    assert said in str(error.value)
