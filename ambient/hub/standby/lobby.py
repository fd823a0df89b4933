"""Where nodes come to a hub that stands by: they are led to the one that serves, or knock.

Comes in: connections at the address of the hub's link. Goes out: while the other hub serves, each
connection is handed on to it as it is, so that a node whose own way is broken reaches it all the
same (CURVE goes from end to end; both hubs have one key). While the other hub is not heard, an
enrolled node that says hello has knocked; it is not answered, and tries again. One that only tells
in which term another hub serves it is answered, and has not knocked.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Final
from urllib.parse import urlsplit

import structlog
import zmq

from ambient.bus.keys import KeyPair
from ambient.bus.protocol import (
    MAX_MESSAGE_BYTES,
    Hello,
    Reason,
    Refused,
    decode_from_node,
    encode,
)
from ambient.bus.zap import listening
from ambient.errors import LinkError

LOOK_S: Final = 0.1
REACH_S: Final = 2.0
"""How long the other hub may take to accept a connection that is handed on."""
MOST: Final = 512
"""Connections that are handed on at once: a hundred nodes, some of them twice."""
BLOCK: Final = 64 * 1024

_log = structlog.get_logger(__name__)


class Door(Enum):
    """What becomes of who comes."""

    SHUT = auto()
    """Neither hub serves: whoever comes tries the next address."""
    ON = auto()
    """Handed on."""
    KNOCK = auto()


class Lobby:
    """Keeps the door, in a thread of its own.

    Parameters
    ----------
    bind
        The address of the link.
    other
        The link of the other hub.
    pair
        The site's keys.
    door
        What becomes of who comes, now.
    admits
        Whether a key is that of an enrolled node, and the node's name.
    knocked
        Called with the term that a node knows and its proof, each time one knocks.
    told
        The same of a node that another hub serves, which does not knock.
    """

    def __init__(
        self,
        bind: str,
        other: str,
        pair: KeyPair,
        *,
        door: Callable[[], Door],
        admits: Callable[[str], tuple[bool, str]],
        knocked: Callable[[int, str], None],
        told: Callable[[int, str], object],
    ) -> None:
        self._bind = bind
        self._other = other
        self._pair = pair
        self._door = door
        self._admits = admits
        self._knocked = knocked
        self._told = told

    def run(self, stop: threading.Event) -> None:
        """Keep the door until `stop` is set; then the address is free."""
        while not stop.is_set():
            door = self._door()

            def goes_on(door: Door = door) -> bool:
                return not stop.is_set() and self._door() is door

            match door:
                case Door.ON:
                    asyncio.run(self._hand_on(goes_on))
                case Door.KNOCK:
                    self._listen(goes_on)
                case Door.SHUT:
                    stop.wait(LOOK_S)

    # -- handed on ---------------------------------------------------------------------------

    async def _hand_on(self, goes_on: Callable[[], bool]) -> None:
        open_ones: set[asyncio.Task[None]] = set()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None, "streams run their callbacks in tasks"
            open_ones.add(task)
            try:
                if len(open_ones) <= MOST:
                    await self._lead(reader, writer)
            except asyncio.CancelledError:
                return  # the door is shut; asyncio would log it as a failure of the stream
            finally:
                open_ones.discard(task)
                writer.close()

        where = urlsplit(self._bind)
        try:
            server = await asyncio.start_server(take, where.hostname, where.port)
        except OSError as error:
            raise LinkError(
                f"{self._bind}: cannot listen here ({error.strerror}); is another hub running?"
            ) from None
        try:
            while goes_on():
                await asyncio.sleep(LOOK_S)
        finally:
            server.close()
            await asyncio.sleep(0)  # whoever has come just now begins, and can then be ended
            for task in list(open_ones):
                task.cancel()
            await asyncio.gather(*open_ones, return_exceptions=True)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a connection to one of the other hub until either ends."""
        where = urlsplit(self._other)
        try:
            async with asyncio.timeout(REACH_S):
                far_reader, far_writer = await asyncio.open_connection(where.hostname, where.port)
        except OSError:  # TimeoutError is one
            return  # the node tries the other address itself, then this one again
        ways = [
            asyncio.ensure_future(_pump(reader, far_writer)),
            asyncio.ensure_future(_pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()

    # -- knocking ----------------------------------------------------------------------------

    def _listen(self, goes_on: Callable[[], bool]) -> None:
        def admits(key: str) -> bool:
            return self._admits(key)[0]

        with listening(self._bind, self._pair, admits) as (router, zap, _):
            poller = zmq.Poller()
            poller.register(router, zmq.POLLIN)
            poller.register(zap.socket, zmq.POLLIN)
            while goes_on():
                poller.poll(round(LOOK_S * 1000))
                zap.answer()
                while router.poll(0):
                    self._hear(router, router.recv_multipart(copy=False))

    def _hear(self, router: zmq.Socket[bytes], frames: list[zmq.Frame]) -> None:
        with suppress(zmq.ZMQError):  # a connection that ended has no key any more
            admitted, node = self._admits(str(frames[-1].get("User-Id")))
            if not admitted or len(frames) != 2 or len(frames[1]) > MAX_MESSAGE_BYTES:
                return
            hello = decode_from_node(frames[1].bytes)
            if not isinstance(hello, Hello) or hello.node != node:
                return
            if hello.tells:
                self._told(hello.term, hello.proof)
                answer = encode(Refused(reason=Reason.STANDS_BY))
                router.send_multipart([frames[0].bytes, answer], zmq.NOBLOCK)
            else:
                _log.info("a node knocks", node=node, term=hello.term)
                self._knocked(hello.term, hello.proof)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on bytes until the one side ends or the other takes no more."""
    try:
        while data := await reader.read(BLOCK):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, OSError):
        return
