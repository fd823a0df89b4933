"""Other software over ZeroMQ: real CURVE, who may connect, and an answer for every message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq
import zmq.asyncio

from ambient.bus.keys import KeyPair, load_pair, new_pair
from ambient.config_gateways import Zeromq, ZeromqClient
from ambient.errors import LinkError
from ambient.events import Purpose
from ambient.node.gateways.zeromq import KEY, MAX_NAME, ZeromqGateway
from tests.node.gateways.kit import START, House, eventually, in_loop
from tests.patience import PATIENCE_S

LAB = new_pair()
OTHER = new_pair()
NS = 1_000_000_000


class Lab:
    """A node with its socket for software, and clients of it."""

    def __init__(self, folder: Path, house: House | None = None) -> None:
        self.folder = folder
        self.house = house or House(folder)
        self.settings = Zeromq(
            bind="tcp://127.0.0.1:0",
            clients=[
                ZeromqClient(id="lab", key=LAB.public),
                ZeromqClient(id="other", key=OTHER.public),
            ],
        )
        self.gateway = ZeromqGateway(self.settings, folder, self.house.reception)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Lab]:
        task = asyncio.create_task(self.gateway.run())
        try:
            await eventually(lambda: bool(self.gateway.address) or task.done())
            if task.done():
                task.result()
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def client(
        self, pair: KeyPair = LAB, server: str | None = None
    ) -> AsyncIterator[zmq.asyncio.Socket]:
        node = load_pair(self.folder / KEY)
        assert node is not None
        with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.curve_serverkey = (server or node.public).encode()
            socket.curve_publickey = pair.public.encode()
            socket.curve_secretkey = pair.secret.encode()
            socket.connect(self.gateway.address)
            yield socket


def message(*readings: dict[str, Any], device: str = "w2") -> bytes:
    return json.dumps({"v": 1, "device": device, "readings": list(readings)}).encode()


def pulse(seconds: float, value: float = 72.0, **more: Any) -> dict[str, Any]:
    t = START + round(seconds * NS)
    return {"type": "value", "t": t, "code": "8867-4", "value": value, "unit": "/min", **more}


async def ask(socket: zmq.asyncio.Socket, *frames: bytes) -> tuple[bytes, str, list[Any]]:
    await socket.send_multipart(frames)
    name, status, told = await asyncio.wait_for(socket.recv_multipart(), PATIENCE_S)
    return name, status.decode(), json.loads(told)["refused"]


@in_loop
async def test_readings_are_with_fusion_when_they_are_answered(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client() as socket:
        lab.house.at(10)
        assert await ask(socket, b"m-1", message(pulse(1), pulse(2, 73))) == (b"m-1", "taken", [])
        assert lab.house.fusion.values() == [(1, 72.0), (2, 73.0)]
        packed = msgspec.msgpack.encode(json.loads(message(pulse(3, 74))))
        assert await ask(socket, b"m-2", packed) == (b"m-2", "taken", [])
        assert lab.house.fusion.values()[-1] == (3, 74.0)
        tag = message({"type": "sensor", "kind": "carer", "on": True}, device="tag")
        assert await ask(socket, b"m-3", tag) == (b"m-3", "taken", [])
        assert lab.house.fusion.states() == [("carer", True, False)]
        assert lab.house.reception.health()["links"] == {"zeromq": None}


@in_loop
async def test_what_is_sent_again_is_answered_again_and_taken_once(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client() as socket:
        lab.house.at(10)
        for _ in range(3):
            assert (await ask(socket, b"m-1", message(pulse(1))))[1] == "taken"
        assert lab.house.fusion.values() == [(1, 72.0)]


REFUSED = [
    # name, message, status, what is named
    (b"m", message(pulse(1, unit="parsec")), "refused", "unit parsec"),
    (b"m", message(pulse(1, code="1-1")), "refused", "code 1-1"),
    (b"m", message(pulse(1, value=-5.0)), "refused", "8867-4"),
    (b"m", message(pulse(1), device="nobody"), "refused", "device"),
    (b"m", message(pulse(1))[:30], "refused", "message"),
    (b"m", message(pulse(1, surprise=1)), "refused", "message"),
    (b"m", b"\xff" * 20, "refused", "message"),
    (b"m", b"", "refused", "message"),
    (b"", message(pulse(1)), "garbled", "message"),
    (b"n" * (MAX_NAME + 1), message(pulse(1)), "garbled", "message"),
]


@in_loop
async def test_every_message_is_answered_and_refusals_are_named(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client() as socket:
        lab.house.at(10)
        for name, data, status, what in REFUSED:
            said = await ask(socket, name, data)
            assert said[1] == status, (data, said)
            assert what in said[2][0]["what"], (data, said)
            assert said[2][0]["why"]
        assert (await ask(socket, b"m", b"x", b"y"))[1] == "garbled"
        assert (await ask(socket, b"only a name"))[1] == "garbled"
        mixed = await ask(socket, b"m", message(pulse(1, value=-5.0), pulse(2)))
        assert mixed[1] == "taken"
        assert len(mixed[2]) == 1
        assert lab.house.fusion.values() == [(2, 72.0)]


@in_loop
async def test_the_key_says_who_speaks_and_nobody_speaks_for_another(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client(OTHER) as socket:
        lab.house.at(10)
        for device in ("w2", "lab/w2"):
            said = await ask(socket, b"m", message(pulse(1), device=device))
            assert said[1] == "refused"
            assert said[2][0]["what"].startswith("device 'other/")
        assert lab.house.fusion.values() == []


@in_loop
async def test_an_unknown_key_is_never_heard(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client(new_pair()) as stranger:
        lab.house.at(10)
        await stranger.send_multipart([b"m", message(pulse(1))])
        await eventually(lambda: lab.gateway.refused > 0)
        assert not await stranger.poll(200)
        async with lab.client() as known:
            assert (await ask(known, b"m", message(pulse(2))))[1] == "taken"
        assert lab.house.fusion.values() == [(2, 72.0)]


@in_loop
async def test_a_client_with_the_wrong_key_of_the_node_says_nothing_to_it(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab:
        lab.house.at(10)
        async with lab.client(server=new_pair().public) as misled:
            await misled.send_multipart([b"m", message(pulse(1))])
            assert not await misled.poll(500)
        assert lab.house.fusion.seen == []
        async with lab.client() as known:
            assert (await ask(known, b"m", message(pulse(2))))[1] == "taken"


@in_loop
async def test_without_curve_nobody_is_heard(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab:
        with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as plain:
            plain.setsockopt(zmq.LINGER, 0)
            plain.connect(lab.gateway.address)
            await plain.send_multipart([b"m", message(pulse(1))])
            assert not await plain.poll(500)
        assert lab.house.fusion.seen == []


@in_loop
async def test_the_node_keeps_its_key(tmp_path: Path) -> None:
    async with Lab(tmp_path).open():
        first = load_pair(tmp_path / KEY)
    async with Lab(tmp_path).open():
        assert load_pair(tmp_path / KEY) == first
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600


@in_loop
async def test_while_vitals_are_off_nothing_is_taken(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client() as socket:
        lab.house.at(10)
        lab.house.switch(Purpose.VITALS, False)
        await ask(socket, b"m-1", message(pulse(10)))
        assert lab.house.fusion.values() == []
        assert lab.house.reception.counts.closed == 1
        lab.house.at(20)
        lab.house.switch(Purpose.VITALS, True)
        await ask(socket, b"m-2", message(pulse(20)))
        assert lab.house.fusion.values() == [(20, 72.0)]


@in_loop
async def test_an_answer_waits_for_fusion(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client() as socket:
        lab.house.at(10)
        lab.house.fusion.room = 0
        await socket.send_multipart([b"m", message(pulse(1))])
        await eventually(lambda: lab.house.reception.counts.waited > 0)
        assert not await socket.poll(50)
        lab.house.fusion.room = 10
        assert (await asyncio.wait_for(socket.recv_multipart(), PATIENCE_S))[:2] == [b"m", b"taken"]


@in_loop
async def test_ten_thousand_messages_at_once(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab, lab.client() as socket:
        lab.house.at(10_000)
        many = 10_000

        async def send() -> None:
            for n in range(many):
                await socket.send_multipart([str(n).encode(), message(pulse(n, 60 + n / 1000))])

        async def answers() -> list[bytes]:
            return [(await socket.recv_multipart())[1] for _ in range(many)]

        _, got = await asyncio.gather(send(), answers())
        assert set(got) == {b"taken"}
        assert lab.house.fusion.values() == [(n, round(60 + n / 1000, 6)) for n in range(many)]


@in_loop
async def test_a_client_that_leaves_before_its_answer_stops_nothing(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab:
        lab.house.at(10)
        lab.house.fusion.room = 0
        async with lab.client() as gone:
            await gone.send_multipart([b"m", message(pulse(1))])
            await eventually(lambda: lab.house.reception.counts.waited > 0)
        lab.house.fusion.room = 10
        async with lab.client() as socket:
            assert (await ask(socket, b"m", message(pulse(2))))[1] == "taken"
        assert lab.house.fusion.values() == [(1, 72.0), (2, 72.0)]


@in_loop
async def test_an_address_that_is_taken(tmp_path: Path) -> None:
    async with Lab(tmp_path).open() as lab:
        second = Lab(tmp_path, lab.house)
        second.settings = Zeromq(bind=lab.gateway.address, clients=second.settings.clients)
        second.gateway = ZeromqGateway(second.settings, tmp_path, lab.house.reception)
        with pytest.raises(LinkError, match="cannot listen here"):
            await second.gateway.run()
