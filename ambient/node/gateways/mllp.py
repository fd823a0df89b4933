"""HL7 version 2 over MLLP: monitors and their gateways send, each message is acknowledged.

Comes in: TCP connections, with TLS wherever they come from another machine. Goes out: readings to
the desk, and for each message an ACK, given only when what it says is sent to fusion.

An address beyond this machine is only listened on with TLS and certificates of the senders.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Final

import structlog

from ambient.config_base import is_loopback
from ambient.config_gateways import Mllp, Way
from ambient.errors import AmbientError, ConfigError
from ambient.mllp import END, START, FrameCounts, Frames, FrameTooLong
from ambient.node.gateways.listening import bound, common_name, server_tls
from ambient.node.gateways.tasks import together
from ambient.node.gateways.way import Desk
from vitals.parse import hl7

READ_BYTES: Final = 65_536
LARGE_BYTES: Final = 16_384
"""A longer message is read beside the event loop, so that other senders need not wait."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a sender may ask of this process.

    Attributes
    ----------
    message_bytes
        Longest message.
    frame_s
        How long a frame may take, from its first byte to its last, and an answer to be read.
    idle_s
        How long a connection may say nothing.
    connections
        At the same time.
    """

    message_bytes: int = hl7.MAX_BYTES
    frame_s: float = 20.0
    idle_s: float = 600.0
    connections: int = 32


@dataclass(slots=True)
class Counts(FrameCounts):
    """What came over all connections since the start."""

    messages: int = 0
    too_long: int = 0
    too_slow: int = 0
    turned_away: int = 0
    """Connections: too many, or from an address that is not allowed."""


class MllpGateway:
    """The socket for monitors of one node.

    Parameters
    ----------
    settings
        ``gateways.mllp``.
    desk
        Where readings go.
    zone
        Of times in messages that name none.
    limits
        What a sender may ask for.
    """

    way: Final = Way.MLLP
    settled: Final = True

    def __init__(
        self, settings: Mllp, desk: Desk, zone: tzinfo = UTC, limits: Limits | None = None
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._zone = zone
        self._limits = limits or Limits()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Queue[BaseException] = asyncio.Queue()
        self.counts = Counts()

    def changed(self) -> None:
        """Do nothing: the desk asks for each reading whether it may be taken."""

    async def run(self, ready: Callable[[int], None] | None = None) -> None:
        """Listen for ever.

        Parameters
        ----------
        ready
            Told the port once senders can connect.

        Raises
        ------
        ConfigError
            When the address is not this machine's alone and senders would not have to prove
            themselves.
        LinkError
            When a certificate cannot be used or the address not be had.
        """
        settings = self._settings
        tls = _tls(settings)
        listening = bound("gateways.mllp", settings.host, settings.port)
        server = await asyncio.start_server(
            self._connected,
            sock=listening,
            limit=READ_BYTES,
            ssl=tls,
            ssl_handshake_timeout=self._limits.frame_s if tls is not None else None,
        )
        try:
            self._desk.link(Way.MLLP, None)
            if ready is not None:
                ready(listening.getsockname()[1])
            await together(server.serve_forever(), self._fail())
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._desk.link(Way.MLLP, "not listening")

    async def _fail(self) -> None:
        raise await self._failed.get()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connection(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nothing that a sender can cause: the worker is to be told, and starts anew.
            self._failed.put_nowait(error)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str((writer.get_extra_info("peername") or ("",))[0]).removeprefix("::ffff:")
        peer = common_name(writer.get_extra_info("peercert")) or address
        try:
            if not self._may_come(address):
                self.counts.turned_away += 1
                _log.warning("sender is turned away", way=Way.MLLP, address=address)
                return
            await self._serve(reader, writer, peer)
        except (ConnectionError, ssl.SSLError) as error:
            _log.info("connection broke", way=Way.MLLP, peer=peer, error=type(error).__name__)
        finally:
            writer.close()

    def _may_come(self, address: str) -> bool:
        allowed = self._settings.allow
        known = address in allowed if allowed else is_loopback(address)
        return known and len(self._tasks) <= self._limits.connections

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str
    ) -> None:
        limits = self._limits
        loop = asyncio.get_running_loop()
        frames = Frames(limits.message_bytes, self.counts)
        until = loop.time() + limits.idle_s
        try:
            while True:
                async with asyncio.timeout_at(until):
                    data = await reader.read(READ_BYTES)
                if not data:
                    return
                began = frames.begun
                messages = frames.feed(data)
                for message in messages:
                    writer.write(START + await self._answer(message, peer) + END)
                    async with asyncio.timeout(limits.frame_s):
                        await writer.drain()
                if messages or began != frames.begun or not frames.begun:
                    until = loop.time() + (limits.frame_s if frames.begun else limits.idle_s)
        except FrameTooLong:
            self.counts.too_long += 1
            _log.warning("message is too long", way=Way.MLLP, peer=peer)
        except TimeoutError:
            self.counts.too_slow += frames.begun
            _log.info("sender is too slow", way=Way.MLLP, peer=peer, within_frame=frames.begun)
        finally:
            frames.close()

    async def _answer(self, data: bytes, peer: str) -> bytes:
        """Take one message in and return its acknowledgement."""
        self.counts.messages += 1
        if len(data) > LARGE_BYTES:
            message = await asyncio.to_thread(hl7.read, data, zone=self._zone)
        else:
            message = hl7.read(data, zone=self._zone)
        code, text = message.code, message.text
        if code is hl7.Ack.ACCEPTED:
            try:
                refused = await self._desk.take(Way.MLLP, peer, message.items)
            except AmbientError as error:
                _log.error("message cannot be taken in", way=Way.MLLP, error=str(error))
                code, text = hl7.Ack.ERROR, "cannot be taken in now; send it again"
            else:
                message = replace(message, items=refused)
        now = datetime.fromtimestamp(self._desk.now() // 1_000_000_000, UTC)
        return hl7.acknowledge(message, code, text, now)


def _tls(settings: Mllp) -> ssl.SSLContext | None:
    if not is_loopback(settings.host) and (settings.certificate is None or settings.ca is None):
        raise ConfigError(
            "gateways.mllp: expected certificate, private_key and ca for an address beyond this "
            f"machine, got {settings.host} without; anybody could send readings of residents, "
            "and read them"
        )
    if settings.certificate is None or settings.private_key is None:
        return None
    return server_tls(settings.certificate, settings.private_key, settings.ca)
