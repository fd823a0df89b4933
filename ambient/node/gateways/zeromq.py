"""ZeroMQ with CURVE: readings of other software, in the project's own schema.

Comes in: messages of clients whose keys the configuration names (`vitals.parse.native`). Goes out:
readings to the desk, and for each message an answer, given once what it says is sent to fusion:
a client that keeps a message until it is answered loses nothing.

A client sends two frames from a DEALER: a name of the message, of its own choice, and the message.
It gets three back: the same name, a status (``taken``, ``refused`` when nothing of it was taken, or
``garbled``), and JSON, ``{"refused": [{"what": "…", "why": "…"}]}``. The key tells who it is: a
device is known as ``CLIENT/DEVICE``, so that no client can speak for another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import structlog
import zmq
import zmq.asyncio

from ambient.bus import keys
from ambient.bus.zap import Zap, listening
from ambient.config_gateways import Way, Zeromq
from ambient.node.gateways.way import Desk
from vitals.parse import native
from vitals.parse.words import plain
from vitals.readings import Refused

KEY: Final = "gateways.key"
"""File of the key by which clients know this node, in its state folder."""
MAX_NAME: Final = 64
"""Bytes of a message's name."""
MAX_TOLD: Final = 32
"""Refusals that an answer holds."""
AT_ONCE: Final = 64
"""Messages that are taken in before clients that wait for a handshake are looked at again."""

_log = structlog.get_logger(__name__)


class Status(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    """All readings but those that are listed were taken in, or had been before."""
    REFUSED = "refused"
    """No reading of it was taken in; to send it again is no use."""
    GARBLED = "garbled"
    """It was not two frames with a name and a message."""


class Answer(msgspec.Struct, frozen=True):
    """The third frame of an answer."""

    refused: list[Refusal]


class Refusal(msgspec.Struct, frozen=True):
    """What of a message was not taken, and why."""

    what: str
    why: str


class ZeromqGateway:
    """The socket for other software.

    Parameters
    ----------
    settings
        ``gateways.zeromq``.
    state_dir
        Of the node; holds the key, which is made at the first start.
    desk
        Where readings go.
    """

    way: Final = Way.ZEROMQ
    settled: Final = True
    """What may not be read is dropped at the desk."""

    def __init__(self, settings: Zeromq, state_dir: Path, desk: Desk) -> None:
        self._settings = settings
        self._state_dir = state_dir
        self._desk = desk
        self._clients: Mapping[str, str] = {one.key: one.id for one in settings.clients}
        self.address = ""
        """Where it listens, once it does."""
        self.refused = 0
        """Connections of unknown keys."""

    def changed(self) -> None:
        """Do nothing: the desk drops what may not be read."""

    async def run(self) -> None:
        """Listen for ever.

        Raises
        ------
        LinkError
            When the address is taken or the key cannot be used.
        """
        pair = keys.load_or_make(self._state_dir / KEY)
        with listening(self._settings.bind, pair, self._admit) as (router, zap, self.address):
            self._desk.link(Way.ZEROMQ, None)
            _log.info("listening for software", address=self.address, key=pair.public)
            await self._serve(router, zap)

    def _admit(self, key: str) -> bool:
        known = key in self._clients
        if not known:
            self.refused += 1
        return known

    async def _serve(self, router: zmq.Socket[bytes], zap: Zap) -> None:
        poller = zmq.asyncio.Poller()
        poller.register(router, zmq.POLLIN)
        poller.register(zap.socket, zmq.POLLIN)
        while True:
            await poller.poll()
            zap.answer()
            for _ in range(AT_ONCE):
                try:
                    frames = router.recv_multipart(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    break
                await self._message(router, frames)

    async def _message(self, router: zmq.Socket[bytes], frames: Sequence[zmq.Frame]) -> None:
        to, *parts = frames
        name = parts[0].bytes if parts and len(parts[0]) <= MAX_NAME else b""
        if len(parts) != 2 or not name:
            expected = f"expected a name of 1 to {MAX_NAME} bytes and a message, two frames"
            self._answer(router, to, name, Status.GARBLED, [Refused("message", expected)])
            return
        client = self._clients[str(parts[1].get("User-Id"))]
        parsed = native.parse(parts[1].bytes, f"{client}/")
        refused = await self._desk.take(Way.ZEROMQ, client, parsed)
        status = Status.REFUSED if len(refused) == len(parsed) else Status.TAKEN
        self._answer(router, to, name, status, refused)

    def _answer(
        self,
        router: zmq.Socket[bytes],
        to: zmq.Frame,
        name: bytes,
        status: Status,
        refused: Sequence[Refused],
    ) -> None:
        told = [Refusal(plain(one.what), plain(one.why)) for one in refused[:MAX_TOLD]]
        frames = [to.bytes, name, status.encode(), msgspec.json.encode(Answer(told))]
        try:
            router.send_multipart(frames, zmq.NOBLOCK)
        except (zmq.Again, zmq.ZMQError) as error:
            # It left, or takes no answers: it sends again what was not answered.
            _log.info("a client takes no answer", reason=error.strerror)
