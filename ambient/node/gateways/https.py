"""FHIR over HTTPS: ``POST /fhir`` with an Observation or a Bundle, answered by an OperationOutcome.

Comes in: requests of senders that have a bearer token, a client certificate, or both, as the
configuration asks. Goes out: readings to the desk; the answer is given only when they are with
fusion. Whoever has no token learns nothing, and a body that is too long is refused by its stated
length, before any of it is read.

The node keeps a token's SHA-256 only (`new_token` makes both): a token has 256 random bits, so that
no slower digest is needed.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ambient.bus.keys import read_private
from ambient.config_gateways import Https, Way
from ambient.errors import AmbientError, ConfigError, LinkError
from ambient.node.gateways.listening import bound, common_name, server_tls
from ambient.node.gateways.way import Desk
from ambient.places import SLUG_PATTERN
from vitals.parse import fhir
from vitals.readings import AnyReading, Refused

PATHS: Final = ("/fhir", "/fhir/", "/fhir/Observation", "/fhir/Bundle")
HEAD_S: Final = 10.0
"""How long a connection may take to its first request."""
BODY_S: Final = 30.0
"""How long a body may take."""
PEER: Final = "peer"
"""Where the application finds whom a client's certificate names."""
CONNECTIONS: Final = 64
DRAIN_S: Final = 5
MAX_ISSUES: Final = 64
"""Refusals that an answer names."""
LARGE_BYTES: Final = 16_384
"""A longer document is read beside the event loop, so that other senders need not wait."""

_TOKEN_LINE: Final = re.compile(rf"({SLUG_PATTERN[1:].partition('$')[0]})\s+([0-9a-f]{{64}})")
_TYPES: Final = frozenset({"application/fhir+json", "application/json"})
_FHIR_VERSION: Final = re.compile(r"fhirVersion=\"?([0-9.]{3,5})")

_CLOSE: Final = ((b"connection", b"close"),)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = structlog.get_logger(__name__)


def new_token(name: str) -> tuple[str, str]:
    """Return a token for a sender, and the line for ``gateways.https.token_file``.

    Parameters
    ----------
    name
        Of the sender, a slug; its Observations that name no device are of the device of that name.
    """
    token = secrets.token_urlsafe(32)
    return token, f"{name} {_digest(token)}"


def read_tokens(path: Path) -> dict[str, str]:
    """Return the senders by the SHA-256 of their tokens.

    Parameters
    ----------
    path
        A line each, name and digest as `new_token` makes them; only this user may read it.

    Raises
    ------
    LinkError
        When the file is not there, others may read it, or a line is none of these.
    """
    data = read_private(path)
    if data is None:
        raise LinkError(f"{path}: expected a file with tokens, found none")
    found: dict[str, str] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        row = _TOKEN_LINE.fullmatch(line.strip())
        if row is None:
            raise LinkError(
                f"{path}: line {number}: expected a name and the SHA-256 of a token in 64 "
                "hexadecimal digits, got something else; a token itself does not belong here"
            )
        found[row[2]] = row[1]
    return found


@dataclass(frozen=True, slots=True)
class _Reply:
    """Status, severity, code and text of an OperationOutcome, and further issues."""

    status: int
    code: str
    text: str
    refused: Sequence[Refused] = ()
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def body(self) -> bytes:
        severity = "information" if self.status < 300 else "error"
        issues = [{"severity": severity, "code": self.code, "diagnostics": self.text}]
        issues += [
            {
                "severity": "warning" if self.status < 300 else "error",
                "code": "not-supported",
                "diagnostics": f"{one.what}: {one.why}",
            }
            for one in self.refused[:MAX_ISSUES]
        ]
        return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": issues})


class FhirApp:
    """The ASGI application: one path, one method.

    Parameters
    ----------
    desk
        Where readings go.
    tokens
        Senders by the SHA-256 of their tokens; None: a client certificate is enough.
    """

    def __init__(self, desk: Desk, tokens: Mapping[str, str] | None) -> None:
        self._desk = desk
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        reply = await self._answer(scope, receive)
        body = reply.body
        headers = [
            (b"content-type", b"application/fhir+json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *reply.headers,
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> _Reply:
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        sender = self._sender(scope, headers)
        if sender is None:
            return _Reply(
                401,
                "login",
                "expected a bearer token",
                headers=((b"www-authenticate", b"Bearer"), *_CLOSE),
            )
        problem = _misfit(scope, headers)
        if problem is not None:
            return problem
        try:
            async with asyncio.timeout(BODY_S):
                data = await _body(receive)
        except TimeoutError:
            return _Reply(408, "timeout", "the body took too long", headers=_CLOSE)
        if data is None:
            return _too_long()
        return await self._take(data, sender, headers.get("content-type", ""))

    async def _take(self, data: bytes, sender: str, content_type: str) -> _Reply:
        version = _version(content_type)
        if len(data) > LARGE_BYTES:
            read = await asyncio.to_thread(fhir.read, data, device=sender, version=version)
        else:
            read = fhir.read(data, device=sender, version=version)
        if not read.valid:
            return _Reply(400, "invalid", "not taken", _refusals(read.items))
        try:
            refused = await self._desk.take(Way.HTTPS, f"https/{sender}", read.items)
        except AmbientError as error:
            _log.error("document cannot be taken in", way=Way.HTTPS, error=str(error))
            return _Reply(
                503,
                "transient",
                "cannot be taken in now; send it again",
                headers=((b"retry-after", b"30"),),
            )
        readings = sum(not isinstance(item, Refused) for item in read.items)
        taken = readings - (len(refused) - len(_refusals(read.items)))
        if taken <= 0 and refused:
            return _Reply(422, "processing", "nothing of it is taken", refused)
        return _Reply(200, "informational", f"{max(taken, 0)} readings taken", refused)

    def _sender(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        """Return who sends, None when that is not proved."""
        if self._tokens is None:
            # The handshake has checked the certificate, or there would be no request.
            return str(scope["state"][PEER]) or "certificate"
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return None
        # Found by its digest: how long that takes tells nothing of a token.
        return self._tokens.get(_digest(token.strip()))


class HttpsGateway:
    """The web server of one node that takes FHIR.

    Parameters
    ----------
    settings
        ``gateways.https``.
    desk
        Where readings go.
    """

    way: Final = Way.HTTPS
    settled: Final = True

    def __init__(self, settings: Https, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk

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
            When senders would not have to prove themselves.
        LinkError
            When a certificate or the tokens cannot be used, or the address not be had.
        """
        settings = self._settings
        if settings.ca is None and settings.token_file is None:
            raise ConfigError(
                "gateways.https: expected token_file, ca, or both, got none; anybody could send "
                "readings of residents"
            )
        tokens = None if settings.token_file is None else read_tokens(settings.token_file)
        tls = server_tls(settings.certificate, settings.private_key, settings.ca)
        listening = bound("gateways.https", settings.host, settings.port)
        try:
            await self._serve(FhirApp(self._desk, tokens), tls, listening, ready)
        finally:
            listening.close()
            self._desk.link(Way.HTTPS, "not listening")

    async def _serve(
        self,
        app: FhirApp,
        tls: ssl.SSLContext,
        listening: socket.socket,
        ready: Callable[[int], None] | None,
    ) -> None:
        port = int(listening.getsockname()[1])

        def started() -> None:
            self._desk.link(Way.HTTPS, None)
            if ready is not None:
                ready(port)

        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http=_Protocol,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=DRAIN_S,
            ssl_context_factory=lambda _config, _default: tls,
        )
        server = _Server(config, started)
        try:
            await server.serve(sockets=[listening])
        except asyncio.CancelledError:
            # uvicorn only closes what it opened when it is told to stop, not when it is cancelled.
            if server.started:
                await server.shutdown(sockets=[listening])
            raise


class _Protocol(H11Protocol):
    """uvicorn's, which tells the application whose certificate it is, and waits for no one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note the certificate."""
        super().connection_made(transport)
        self.app_state = {PEER: common_name(transport.get_extra_info("peercert"))}
        self._patience = self.loop.call_later(HEAD_S, self._lose_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._patience.cancel()
        super().connection_lost(exc)

    def _lose_patience(self) -> None:
        if self.cycle is None:
            self.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn that says when it answers, and leaves signals to the worker."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._on_started()


async def _body(receive: Receive) -> bytes | None:
    """Return the body, None when it is longer than a document may be or the sender left."""
    data = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        data += message.get("body", b"")
        if len(data) > fhir.MAX_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(data)


def _misfit(scope: Scope, headers: Mapping[str, str]) -> _Reply | None:
    """Return the answer to a request that no body can mend, None when there is none."""
    if scope["path"] not in PATHS:
        return _Reply(404, "not-found", f"expected the path {PATHS[0]}", headers=_CLOSE)
    if scope["method"] != "POST":
        return _Reply(405, "not-supported", "expected POST", headers=((b"allow", b"POST"), *_CLOSE))
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        return _Reply(415, "not-supported", "expected application/fhir+json", headers=_CLOSE)
    length = headers.get("content-length", "0")
    if not length.isdigit() or len(length) > 12 or int(length) > fhir.MAX_BYTES:
        return _too_long()
    return None


def _too_long() -> _Reply:
    why = f"expected at most {fhir.MAX_BYTES} bytes and {fhir.MAX_ENTRIES} entries; send parts"
    return _Reply(413, "too-long", why, headers=_CLOSE)


def _version(content_type: str) -> fhir.Version | None:
    found = _FHIR_VERSION.search(content_type)
    if found is None:
        return None
    return next((one for one in fhir.Version if found[1].startswith(one)), None)


def _refusals(items: Sequence[AnyReading | Refused]) -> list[Refused]:
    return [item for item in items if isinstance(item, Refused)]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
