"""The pages' end of a hub under load: many server-sent-event streams, and carers who answer.

Comes in: the hub's address and the cookies of sessions. Goes out: over a pipe, for each fall, when
(ns) each stream first had its card and first had it ringing. The streams are read as they come and
never slowly; half of them are in German. Carers take every fall that rings, are there, say what it
was, and record the task that follows, as the page's buttons do.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from multiprocessing.connection import Connection
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ambient.evaluate.page import CSRF_HEADER
from ambient.languages import Language

KEPT_MESSAGES: Final = 32
"""Streams get the same bytes within moments; what they hold is looked for once."""
LINE_BYTES: Final = 1 << 16

_CARD: Final = re.compile(
    rb'data-key=\\"([0-9a-f-]{36})\\" data-version=\\"\w+\\" data-state=\\"(\w+)\\" '
    rb'data-seen=\\"[\w ]*\\" data-kind=\\"(fall|check_after_fall)\\" data-sound=\\"(\w+)\\"'
)
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Stage(StrEnum):
    """How far a fall was on a page."""

    SHOWN = "shown"
    RINGS = "rings"


class Login(msgspec.Struct, frozen=True):
    """A session: the header that carries it, and its forgery token."""

    cookie: str
    csrf: str


class Tempo(msgspec.Struct, frozen=True):
    """How much faster than in life carers answer."""

    speed: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the streams showed.

    Attributes
    ----------
    at
        Fall ► stage ► when (ns) each stream had it first.
    connected
        Streams that were open at the end without having been interrupted.
    messages, volume
        How many ``state`` messages all streams got, and their bytes.
    deeds, refused
        What carers did, and how much of it the hub refused.
    tapped
        How long (s) the hub took to answer each.
    """

    at: dict[str, dict[Stage, list[int]]]
    connected: int
    messages: int
    volume: int
    deeds: int
    refused: dict[int, int]
    tapped: list[float]


def serve(
    pipe: Connection, cores: Sequence[int], url: str, logins: Sequence[Login], streams: int
) -> None:
    """Be all pages until told to end; the process of its own that `multiprocessing` starts."""
    os.sched_setaffinity(0, cores)
    asyncio.run(_Pages(url, logins, streams).run(pipe))


class _Pages:
    def __init__(self, url: str, logins: Sequence[Login], streams: int) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self._logins = logins
        self._streams = streams
        self._begun: set[int] = set()
        self._at: dict[str, dict[Stage, list[int]]] = {}
        self._had: set[tuple[int, str, Stage]] = set()
        self._known: dict[bytes, list[tuple[str, bytes, bytes, bytes]]] = {}
        self._messages = self._volume = 0
        self._open = 0
        self._carers = Carers(self._host, self._port, logins[0])

    async def run(self, pipe: Connection) -> None:
        """Open the streams, then read them until the pipe says that it is over."""
        told = False
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(self._read(number)) for number in range(self._streams)]
            answering = group.create_task(self._carers.run())
            while True:
                await asyncio.sleep(0.05)
                if not told and len(self._begun) >= self._streams:
                    told = True
                    pipe.send("connected")
                if not pipe.poll(0):
                    continue
                asked = pipe.recv()
                if asked is None:
                    break
                self._carers.speed = asked.speed
                pipe.send("quiet" if self._carers.idle else "busy")
            connected = self._open
            for task in (*reading, answering):
                task.cancel()
        carers = self._carers
        pipe.send(
            Seen(
                at=self._at,
                connected=connected,
                messages=self._messages,
                volume=self._volume,
                deeds=carers.done,
                refused=dict(carers.refused),
                tapped=carers.tapped,
            )
        )

    async def _read(self, number: int) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=LINE_BYTES)
        language = list(Language)[number % len(Language)]
        cookie = self._logins[number % len(self._logins)].cookie
        writer.write(
            (
                f"GET /live HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
                f"Cookie: {cookie}\r\nAccept-Language: {language.value}\r\n\r\n"
            ).encode()
        )
        self._open += 1
        try:
            async for message in _messages(reader):
                if b"event: state" in message[:64]:
                    self._state(number, message, time.time_ns())
        finally:
            self._open -= 1
            writer.close()

    def _state(self, number: int, message: bytes, now: int) -> None:
        self._begun.add(number)
        self._messages += 1
        self._volume += len(message)
        cards = self._known.get(message)
        if cards is None:
            cards = [(one[0].decode(), *one[1:]) for one in _CARD.findall(message)]
            if len(self._known) >= KEPT_MESSAGES:
                self._known.clear()
            self._known[message] = cards
            for key, state, kind, sound in cards:
                self._carers.see(key, state, kind, sound)
        for key, state, kind, sound in cards:
            if kind != b"fall":
                continue
            self._first(number, key, Stage.SHOWN, now)
            if sound == b"high" or state == b"acknowledged":
                self._first(number, key, Stage.RINGS, now)

    def _first(self, number: int, key: str, stage: Stage, now: int) -> None:
        if (number, key, stage) not in self._had:
            self._had.add((number, key, stage))
            self._at.setdefault(key, {}).setdefault(stage, []).append(now)


class Carers:
    """Answer what rings, each step a while after the one before."""

    WAY_S: Final = 20.0
    THERE_S: Final = 40.0
    OVER_S: Final = 100.0
    """The person got up again 82 s after the fall was confirmed (`ambient.streams`)."""

    def __init__(self, host: str, port: int, login: Login) -> None:
        self._host, self._port, self._login = host, port, login
        self._due: asyncio.PriorityQueue[tuple[float, str, bytes]] = asyncio.PriorityQueue()
        self._taken: set[str] = set()
        self.speed = 1.0
        self.done = 0
        self.refused: Counter[int] = Counter()
        self.tapped: list[float] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return self._due.empty()

    def see(self, key: str, state: bytes, kind: bytes, sound: bytes) -> None:
        """Take in a card."""
        if key in self._taken or state != b"active":
            return
        task = kind == b"check_after_fall"
        if not task and sound != b"high":
            return
        self._taken.add(key)
        alarm = f"/api/alarms/{key}"
        if task:
            record = b'{"injury":"none","witnessed":false}'
            self._later(self.WAY_S, f"{alarm}/record", record)
            return
        self._later(self.WAY_S, f"{alarm}/acknowledge", b"")
        self._later(self.THERE_S, f"{alarm}/there", b"")
        self._later(self.OVER_S, f"{alarm}/resolve", b'{"reason":"fall"}')

    def _later(self, after_s: float, path: str, body: bytes) -> None:
        self._due.put_nowait((time.monotonic() + after_s / self.speed, path, body))

    async def run(self) -> None:
        """Tap what is due, one after the other, each over a connection of its own."""
        while True:
            at, path, body = await self._due.get()
            wait = at - time.monotonic()
            if wait > 0:
                await asyncio.sleep(min(wait, 0.05))
                self._due.put_nowait((at, path, body))
                continue
            began = time.monotonic()
            status = await self._tap(path, body)
            self.tapped.append(time.monotonic() - began)
            self.done += 1
            if status >= 300:
                self.refused[status] += 1

    async def _tap(self, path: str, body: bytes) -> int:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(self._request(path, body))
            return await _answer(reader)
        finally:
            writer.close()

    def _request(self, path: str, body: bytes) -> bytes:
        origin = f"{self._host}:{self._port}"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {origin}\r\nOrigin: http://{origin}\r\n"
            f"Cookie: {self._login.cookie}\r\n{CSRF_HEADER}: {self._login.csrf}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read an answer; return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    await reader.readexactly(int(length[1]) if length else 0)
    return int(head.split(b" ", 2)[1])


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield each server-sent event of a chunked answer (RFC 9112, 7.1)."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise ConnectionError(f"expected a stream, got {head[:80]!r}")
    rest = b""
    while size := int(await reader.readline(), 16):
        rest += (await reader.readexactly(size + 2))[:-2]
        *whole, rest = rest.split(b"\r\n\r\n")
        for message in whole:
            yield message
