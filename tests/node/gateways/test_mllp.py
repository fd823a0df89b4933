"""HL7 over MLLP: a real sender, real sockets, real TLS; frames cut and broken as they come."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.config_gateways import Mllp, Way
from ambient.errors import ConfigError, LinkError, StoreError
from ambient.node.gateways.mllp import END, START, Counts, Frames, FrameTooLong, Limits, MllpGateway
from ambient.node.gateways.way import Parsed
from ambient.observations import VitalMeasured
from tests.node.gateways.broker import Signer
from tests.node.gateways.kit import START as T0
from tests.node.gateways.kit import House, config, eventually, in_loop
from vitals.readings import Refused

ROOMS = """
  - id: r1
    beds: [{id: b1, subject: s-aaaa}]
    purposes: {falls: on, vitals: on}
    wearables:
      - {id: w1, device: MON-7, via: mllp, subject: s-aaaa}
"""
LOOPBACK = "127.0.0.1"


def message(control: str = "c-1", *values: float, device: str = "MON-7", t: str = "") -> bytes:
    head = f"MSH|^~\\&|{device}|W|||20270115080000+0000||ORU^R01^ORU_R01|{control}|P|2.6\r"
    rows = "".join(
        f"OBX|{n}|NM|8867-4^^LN||{value:g}|/min^^UCUM|||||F|||{t}\r"
        for n, value in enumerate(values or (72.0,), 1)
    )
    return (head + rows).encode()


def frame(data: bytes) -> bytes:
    return START + data + END


# --- frames -------------------------------------------------------------------------------------

STREAMS = [
    # what comes, messages, garbage bytes, half frames
    (b"", [], 0, 0),
    (frame(b"a"), [b"a"], 0, 0),
    (frame(b"a") + frame(b"b"), [b"a", b"b"], 0, 0),
    (frame(b""), [b""], 0, 0),
    (b"noise" + frame(b"a") + b"\r\n\x00" + frame(b"b") + b"more", [b"a", b"b"], 12, 0),
    (START + b"half", [], 0, 1),
    (START + b"half" + frame(b"whole"), [b"whole"], 0, 1),
    (START + START + START + frame(b"a"), [b"a"], 0, 3),
    (START + b"a\x1cb\x1c\x1c\r", [b"a\x1cb\x1c"], 0, 0),
    (START + b"a\x1c", [], 0, 1),
    (b"\x1c\r\x1c\r", [], 4, 0),
]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(("stream", "messages", "garbage", "half"), STREAMS)
def test_frames_come_out_however_the_stream_is_cut(
    stream: bytes, messages: list[bytes], garbage: int, half: int, size: int
) -> None:
    counts = Counts()
    frames = Frames(100, counts)
    found = [
        one for at in range(0, len(stream), size) for one in frames.feed(stream[at : at + size])
    ]
    frames.close()
    assert found == messages
    assert (counts.garbage_bytes, counts.half_frames) == (garbage, half)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_frame_that_never_ends_is_cut_off(size: int) -> None:
    frames = Frames(100, Counts())
    stream = START + b"x" * 1000
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    with pytest.raises(FrameTooLong):
        list(map(frames.feed, pieces))


@given(
    st.lists(st.binary(max_size=30).filter(lambda one: START not in one), max_size=5),
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
)
def test_any_messages_in_any_pieces(contents: list[bytes], sizes: list[int]) -> None:
    contents = [one.replace(END, b"").rstrip(b"\x1c") for one in contents]
    contents = [one.replace(END, b"") for one in contents]
    stream = b"".join(frame(one) for one in contents)
    frames, found, at, turn = Frames(1000, Counts()), [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        found += frames.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert found == contents


# --- a real socket ------------------------------------------------------------------------------


class Sender:
    """An MLLP sender."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def put(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> hl7.Message:
        data = await self.reader.readuntil(END)
        assert data.startswith(START)
        return hl7.parse(data[1:-2].decode())

    async def send(self, data: bytes) -> str:
        await self.put(frame(data))
        return str((await self.answer()).segment("MSA")[1])

    async def is_closed(self) -> bool:
        return await self.reader.read() == b""

    async def close(self) -> None:
        self.writer.close()


class Ward:
    """A node with its gateway for monitors."""

    def __init__(self, folder: Path, settings: Mllp, limits: Limits | None = None) -> None:
        given = config(folder, rooms=ROOMS, gateways="\n  mllp: {port: 2575}\n")
        self.house = House(folder, given)
        self.gateway = MllpGateway(settings, self.house.reception, limits=limits)
        self.port = 0

    @property
    def values(self) -> list[float]:
        return [one.value for one in self.house.fusion.seen if isinstance(one, VitalMeasured)]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ward]:
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self.gateway.run(ready.set_result))
        await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        self.port = ready.result()
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def sender(self, tls: ssl.SSLContext | None = None) -> Sender:
        name = LOOPBACK if tls is not None else None
        return Sender(
            *await asyncio.open_connection(LOOPBACK, self.port, ssl=tls, server_hostname=name)
        )


def plain(**changes: object) -> Mllp:
    return Mllp(**{"host": LOOPBACK, "port": 0, **changes})  # type: ignore[arg-type]


@in_loop
async def test_a_message_is_acknowledged_once_it_is_with_fusion(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        sender = await ward.sender()
        await sender.put(frame(message("c-9", 72.0, 73.0)))
        answer = await sender.answer()
        assert str(answer.segment("MSA")[1]) == "AA"
        assert str(answer.segment("MSA")[2]) == "c-9"
        assert ward.values == [72.0, 73.0]
        await sender.close()


@in_loop
async def test_no_acknowledgement_before_fusion_has_room(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        ward.house.fusion.room = 0
        sender = await ward.sender()
        await sender.put(frame(message()))
        await eventually(lambda: ward.house.reception.counts.waited > 1)
        answer = asyncio.create_task(sender.answer())
        await asyncio.wait((answer,), timeout=0)
        assert not answer.done()
        ward.house.fusion.room = 10
        assert str((await answer).segment("MSA")[1]) == "AA"
        await sender.close()


@in_loop
async def test_refused_readings_are_named_and_do_not_come_again(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        sender = await ward.sender()
        await sender.put(frame(message(device="MON-8")))
        answer = await sender.answer()
        assert str(answer.segment("MSA")[1]) == "AA"
        assert "MON-8" in str(answer.segment("ERR")[8])
        assert await sender.send(message().replace(b"ORU^R01", b"ADT^A01")) == "AR"
        assert await sender.send(b"nonsense") == "AE"
        assert ward.values == []
        await sender.close()


@in_loop
async def test_several_messages_in_one_segment_and_garbage_between(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        sender = await ward.sender()
        await sender.put(
            b"\r\n" + frame(message("1", 61.0)) + b"??" + frame(message("2", 62.0)) + START + b"MS"
        )
        assert [str((await sender.answer()).segment("MSA")[2]) for _ in range(2)] == ["1", "2"]
        await sender.put(message("3", 63.0)[2:] + END)
        assert str((await sender.answer()).segment("MSA")[2]) == "3"
        assert ward.values == [61.0, 62.0, 63.0]
        assert ward.gateway.counts.garbage_bytes == 4
        await sender.close()


@in_loop
async def test_half_a_frame_and_a_killed_connection(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        sender = await ward.sender()
        assert await sender.send(message("1", 61.0)) == "AA"
        await sender.put(frame(message("2", 62.0))[:-1])
        sender.writer.transport.abort()
        await eventually(lambda: ward.gateway.counts.half_frames == 1)
        # The sender comes back and sends again what was not acknowledged.
        again = await ward.sender()
        assert await again.send(message("2", 62.0)) == "AA"
        assert ward.values == [61.0, 62.0]
        await again.close()


@in_loop
async def test_killed_after_it_was_taken_and_sent_again_it_is_not_doubled(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        data = message("1", 61.0, t="20270115080000+0000")
        sender = await ward.sender()
        await sender.put(frame(data))
        await eventually(lambda: ward.values == [61.0])
        sender.writer.transport.abort()
        again = await ward.sender()
        assert await again.send(data) == "AA"
        assert ward.values == [61.0]
        await again.close()


@in_loop
async def test_a_slow_frame_and_an_idle_connection_end(tmp_path: Path) -> None:
    # Each alone: one that is slow to send is idle until it has.
    async with Ward(tmp_path, plain(), Limits(frame_s=0.05)).open() as ward:
        slow = await ward.sender()
        await slow.put(START + b"MSH")
        assert await slow.is_closed()
        assert (ward.gateway.counts.too_slow, ward.gateway.counts.half_frames) == (1, 1)
        await slow.close()
    async with Ward(tmp_path, plain(), Limits(idle_s=0.05)).open() as ward:
        idle = await ward.sender()
        assert await idle.is_closed()
        assert (ward.gateway.counts.too_slow, ward.gateway.counts.half_frames) == (0, 0)
        await idle.close()


@in_loop
async def test_a_frame_that_is_too_long_ends_the_connection(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain(), Limits(message_bytes=1000)).open() as ward:
        sender = await ward.sender()
        sender.writer.write(START + b"x" * 100_000)
        await eventually(lambda: ward.gateway.counts.too_long == 1)
        await sender.close()
        other = await ward.sender()
        assert await other.send(message()) == "AA"
        await other.close()


@in_loop
async def test_no_more_connections_than_stated(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain(), Limits(connections=2)).open() as ward:
        senders = [await ward.sender() for _ in range(2)]
        assert [await one.send(message(f"{n}")) for n, one in enumerate(senders)] == ["AA", "AA"]
        third = await ward.sender()
        assert await third.is_closed()
        assert ward.gateway.counts.turned_away == 1
        for one in (*senders, third):
            await one.close()


@in_loop
async def test_only_addresses_that_the_installer_named(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain(allow=["192.0.2.7"])).open() as ward:
        sender = await ward.sender()
        assert await sender.is_closed()
        await sender.close()
    async with Ward(tmp_path, plain(allow=[LOOPBACK])).open() as ward:
        sender = await ward.sender()
        assert await sender.send(message()) == "AA"
        await sender.close()


@in_loop
async def test_what_cannot_be_taken_in_now_is_to_be_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Ward(tmp_path, plain()).open() as ward:

        async def full(*_: object, **__: object) -> tuple[Refused, ...]:
            raise StoreError("the disk is full")

        sender = await ward.sender()
        with monkeypatch.context() as patched:
            patched.setattr(ward.house.reception, "take", full)
            assert await sender.send(message()) == "AE"
        assert await sender.send(message()) == "AA"
        assert ward.values == [72.0]
        await sender.close()


@in_loop
async def test_what_nobody_foresaw_is_no_acknowledgement_and_ends_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward = Ward(tmp_path, plain())

    async def broken(way: Way, peer: str, parsed: Parsed) -> tuple[Refused, ...]:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(ward.house.reception, "take", broken)
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(ward.gateway.run(ready.set_result))
    ward.port = await ready
    sender = await ward.sender()
    await sender.put(frame(message()))
    assert await sender.is_closed()
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await task
    await sender.close()


# --- TLS ----------------------------------------------------------------------------------------


class Keys:
    """Who signs for the facility, and a stranger."""

    def __init__(self, folder: Path) -> None:
        self.signer = Signer(folder)
        self.certificate, self.private_key = self.signer.sign("node", LOOPBACK)
        self.monitor = self.signer.sign("monitor-7")
        self.stranger = Signer(folder, "other").sign("monitor-8")

    def settings(self, **changes: object) -> Mllp:
        return plain(
            **{"certificate": self.certificate, "private_key": self.private_key}
            | {"ca": self.signer.ca}
            | changes
        )

    def sender(self, own: Iterable[Path] | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.signer.ca))
        if own is not None:
            context.load_cert_chain(*map(str, own))
        return context


@in_loop
async def test_a_sender_with_a_certificate_is_known_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys(tmp_path)
    async with Ward(tmp_path, keys.settings()).open() as ward:
        peers: list[str] = []
        take = ward.house.reception.take

        async def noting(way: Way, peer: str, parsed: Parsed) -> tuple[Refused, ...]:
            peers.append(peer)
            return await take(way, peer, parsed)

        monkeypatch.setattr(ward.house.reception, "take", noting)
        sender = await ward.sender(keys.sender(keys.monitor))
        assert await sender.send(message()) == "AA"
        assert peers == ["monitor-7"]
        await sender.close()


async def turned_away(ward: Ward, tls: ssl.SSLContext) -> None:
    sender = await ward.sender(tls)
    try:
        await sender.send(message())
    finally:
        await sender.close()


@pytest.mark.parametrize("who", ["stranger", None])
@in_loop
async def test_a_wrong_certificate_or_none_is_never_heard(tmp_path: Path, who: str | None) -> None:
    keys = Keys(tmp_path)
    async with Ward(tmp_path, keys.settings()).open() as ward:
        tls = keys.sender(None if who is None else keys.stranger)
        # With TLS 1.3 a client hears only at its first read that it was turned away.
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await turned_away(ward, tls)
        assert ward.gateway.counts.messages == 0
        assert ward.values == []


@in_loop
async def test_a_sender_without_tls_is_never_heard(tmp_path: Path) -> None:
    async with Ward(tmp_path, Keys(tmp_path).settings()).open() as ward:
        sender = await ward.sender()
        await sender.put(frame(message()))
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await sender.answer()
        assert ward.gateway.counts.messages == 0
        await sender.close()


@pytest.mark.parametrize("missing", ["certificate", "ca"])
@in_loop
async def test_beyond_this_machine_nobody_is_heard_without_proof(
    tmp_path: Path, missing: str
) -> None:
    keys = Keys(tmp_path)
    settings = keys.settings(host="0.0.0.0", **{missing: None})
    with pytest.raises(ConfigError, match=r"gateways\.mllp: expected certificate"):
        await MllpGateway(settings, House(tmp_path).reception).run()


@in_loop
async def test_an_address_that_is_taken_or_no_certificate(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        taken = Mllp(host=LOOPBACK, port=ward.port)
        with pytest.raises(LinkError, match="expected a free address"):
            await MllpGateway(taken, ward.house.reception).run()
    keys = Keys(tmp_path)
    nothing = tmp_path / "nothing.pem"
    for wrong in ({"certificate": nothing}, {"private_key": nothing}, {"ca": nothing}):
        with pytest.raises(LinkError, match=r"nothing\.pem|node\.pem"):
            await MllpGateway(keys.settings(**wrong), House(tmp_path).reception).run()


@in_loop
async def test_four_senders_at_once(tmp_path: Path) -> None:
    async with Ward(tmp_path, plain()).open() as ward:
        senders = [await ward.sender() for _ in range(4)]

        async def all_of(number: int, sender: Sender) -> None:
            for n in range(50):
                ward.house.t = max(ward.house.t, T0 + n)
                assert await sender.send(message(f"{number}-{n}", 60.0 + number)) == "AA"

        await asyncio.gather(*(all_of(number, one) for number, one in enumerate(senders)))
        assert sorted(ward.values) == [60.0 + number for number in range(4) for _ in range(50)]
        for one in senders:
            await one.close()
