"""Real far sides on loopback, one per channel over a network; each may be killed and started anew.

They know the protocols by themselves: nothing here imports a channel. What they are given that the
protocol does not allow is an error of theirs, and `Receiver.end` raises it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from ambient.evaluate.ports import free_port
from tests.node.gateways.broker import Signer
from tests.patience import PATIENCE_S

HOST = "127.0.0.1"


class Killed(Exception):  # noqa: N818 - it is what happens to it
    """The far side dies while it has a message and has not answered."""


@dataclass(frozen=True)
class Seen:
    """A message that the far side has; what the protocol says of it, as text."""

    id: str
    alarm: str = ""
    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Receiver:
    """A server of one protocol on a port that stays the same.

    Attributes
    ----------
    seen
        Everything that came, doubles included, in order.
    dies
        Whether the next message is the last: taken, and not answered.
    """

    def __init__(self, folder: Path, now: Callable[[], int], *, tls: bool = True) -> None:
        self.folder = folder
        self.now = now
        self.signer = Signer(folder)
        self.port = free_port()
        self.seen: list[Seen] = []
        self.errors: list[BaseException] = []
        self.dies = False
        self._server: socketserver.TCPServer | None = None
        self._thread: threading.Thread | None = None
        self.tls: ssl.SSLContext | None = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*self.signer.sign("far", HOST))

    def secret(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(f"{text}\n")
        path.chmod(0o600)
        return str(path)

    @property
    def options(self) -> dict[str, Any]:
        """What hub.yaml says of it."""
        raise NotImplementedError

    def serve(self, connection: socket.socket) -> None:
        """Serve one connection."""
        raise NotImplementedError

    def take(self, seen: Seen) -> None:
        self.seen.append(seen)
        if self.dies:
            raise Killed

    def start(self) -> None:
        self.dies = False
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def kill(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def end(self) -> None:
        self.kill()
        for error in self.errors:
            raise error


class _Server(socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__((HOST, receiver.port), _Connection)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        connection.settimeout(PATIENCE_S)
        if self.receiver.tls is not None:
            try:
                connection = self.receiver.tls.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                raise
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        raise AssertionError("the connection handles its own errors")


class _Connection(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        try:
            self.server.receiver.serve(self.request)
        except Killed:
            # A process that is killed resets its connections.
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            return  # the hub went away
        except Exception as error:  # noqa: BLE001 - the test is told at its end
            self.server.receiver.errors.append(error)


# -- HTTP ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class HttpReceiver(Receiver):
    """A server of HTTP; `answer` says what to a request."""

    answers: Callable[[Asked], tuple[int, dict[str, str], bytes]] | None = None
    """What a test answers in place of the protocol."""

    def url(self, path: str = "") -> str:
        return f"{'http' if self.tls is None else 'https'}://{HOST}:{self.port}{path}"

    def serve(self, connection: socket.socket) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length))
                status, given, body = (receiver.answers or receiver.answer)(asked)
                self.send_response(status)
                for name, value in given.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        Handler(connection, (HOST, 0), None)  # type: ignore[arg-type]

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        raise NotImplementedError


class Hooks(HttpReceiver):
    """A receiver after Standard Webhooks."""

    KEY = bytes(range(32))

    @property
    def options(self) -> dict[str, Any]:
        key = "whsec_" + base64.b64encode(self.KEY).decode()
        file = self.secret("hook", key)
        return {"url": self.url("/in"), "secret_file": file, "ca": str(self.signer.ca)}

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        name, stamp = asked.headers["webhook-id"], asked.headers["webhook-timestamp"]
        signed = b".".join((name.encode(), stamp.encode(), asked.body))
        wanted = base64.b64encode(hmac.new(self.KEY, signed, hashlib.sha256).digest())
        assert f"v1,{wanted.decode()}" in asked.headers["webhook-signature"].split(" ")
        assert abs(int(stamp) - self.now() / 1e9) <= 300
        body = json.loads(asked.body)
        data = body["data"]
        assert data["id"] == name
        self.take(Seen(name, data["alarm"], data["text"], data))
        return 204, {}, b""


class NtfyServer(HttpReceiver):
    """The part of ntfy that publishing needs."""

    @property
    def options(self) -> dict[str, Any]:
        file = self.secret("token", "tk_abc")
        return {"url": self.url(), "token_file": file, "ca": str(self.signer.ca)}

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        assert asked.path == "/", "JSON is published at the root"
        if asked.headers.get("authorization") != "Bearer tk_abc":
            return 403, {}, b'{"code":40301,"http":403,"error":"forbidden"}'
        said = json.loads(asked.body)
        assert 1 <= said["priority"] <= 5
        assert set(said) == {"topic", "message", "priority", "tags", "sequence_id"}
        self.take(Seen(said["tags"][0], said["tags"][0].split(":")[0], said["message"], said))
        answer = {"id": f"n{len(self.seen)}", "event": "message", "topic": said["topic"]}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


class AppriseFar(HttpReceiver):
    """What Apprise's own JSON schema sends to."""

    def __init__(self, folder: Path, now: Callable[[], int]) -> None:
        super().__init__(folder, now, tls=False)

    @property
    def options(self) -> dict[str, Any]:
        line = f"# who\nanna json://user:hush@{HOST}:{self.port}/in"
        return {"urls_file": self.secret("urls", line)}

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        assert asked.headers["authorization"].startswith("Basic ")
        said = json.loads(asked.body)
        self.take(Seen(said["message"], said["message"].split(":")[0], said["title"], said))
        return 200, {}, b""


class FhirServer(HttpReceiver):
    """A server of FHIR R5 that takes transactions with conditional update and create.

    Attributes
    ----------
    kept
        (type, identifier) ► resource.
    """

    def __init__(self, folder: Path, now: Callable[[], int]) -> None:
        # Before anybody waits for an answer: it takes seconds on a busy machine.
        import fhir.resources.bundle  # noqa: F401

        super().__init__(folder, now)
        self.kept: dict[tuple[str, str], Any] = {}

    @property
    def options(self) -> dict[str, Any]:
        file = self.secret("token", "t0")
        return {"url": self.url("/fhir"), "token_file": file, "ca": str(self.signer.ca)}

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        from fhir.resources.bundle import Bundle

        assert asked.headers["authorization"] == "Bearer t0"
        assert asked.headers["content-type"].startswith("application/fhir+json")
        bundle = Bundle.model_validate_json(asked.body)
        assert bundle.type == "transaction"
        answers = [self._do(entry.request, entry.resource) for entry in bundle.entry]
        told = bundle.entry[1].resource
        about = told.about[0].identifier.value
        self.take(Seen(told.identifier[0].value, about, told.topic.text, {"flag": bundle.entry[0]}))
        body = {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}
        return 200, {"Content-Type": "application/fhir+json"}, json.dumps(body).encode()

    def _do(self, request: Any, resource: Any) -> dict[str, Any]:
        kind = resource.get_resource_type()
        own = f"{resource.identifier[0].system}|{resource.identifier[0].value}"
        where, _, query = request.url.partition("?")
        assert where == kind
        asked = query if request.method == "PUT" else request.ifNoneExist
        assert parse_qs(asked, strict_parsing=True) == {"identifier": [unquote(own)]}
        known = (kind, own) in self.kept
        if request.method == "PUT" or not known:
            self.kept[kind, own] = resource
        status = "200 OK" if known else "201 Created"
        return {"response": {"status": status, "location": f"{kind}/{len(self.kept)}"}}


class PushService(HttpReceiver):
    """A push service and the devices behind it: checks VAPID and decrypts as a browser does."""

    def __init__(self, folder: Path, now: Callable[[], int]) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        super().__init__(folder, now)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        hub = ec.generate_private_key(ec.SECP256R1())
        path = folder / "vapid.pem"
        path.write_bytes(
            hub.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        path.chmod(0o600)
        self.hub = hub.public_key()
        self.gone = False

    @property
    def options(self) -> dict[str, Any]:
        return {
            "key_file": str(self.folder / "vapid.pem"),
            "contact": "it@house.example",
            "devices": str(self.folder / "devices"),
            "services": [HOST],
            "ca": str(self.signer.ca),
        }

    def subscription(self, device: str = "d1", label: str = "anna") -> dict[str, str]:
        """Return what a browser gives for a device."""
        from cryptography.hazmat.primitives import serialization

        form = serialization.PublicFormat.UncompressedPoint
        point = self.key.public_key().public_bytes(serialization.Encoding.X962, form)
        return {
            "label": label,
            "endpoint": self.url(f"/push/{device}"),
            "p256dh": _b64(point),
            "auth": _b64(self.auth),
        }

    def answer(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        import http_ece

        if self.gone:
            return 410, {}, b""
        self._signed(asked.headers["authorization"])
        assert asked.headers["content-encoding"] == "aes128gcm"
        assert len(asked.headers["topic"]) <= 32
        assert int(asked.headers["ttl"]) > 0
        plain = http_ece.decrypt(
            asked.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        data = json.loads(plain)["data"]
        facts = {**data, "topic": asked.headers["topic"], "device": asked.path}
        self.take(Seen(data["id"], data["alarm"], data["text"], facts))
        return 201, {}, b""

    def _signed(self, authorization: str) -> None:
        """Check the token as RFC 8292 asks."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, utils

        scheme, _, rest = authorization.partition(" ")
        assert scheme.lower() == "vapid"
        token = dict(one.strip().split("=", 1) for one in rest.split(","))["t"]
        head, claims, signature = token.split(".")
        raw = _unb64(signature)
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        self.hub.verify(
            utils.encode_dss_signature(r, s),
            f"{head}.{claims}".encode(),
            ec.ECDSA(hashes.SHA256()),
        )
        said = json.loads(_unb64(claims))
        assert said["aud"] == self.url()
        assert 0 < said["exp"] - self.now() / 1e9 <= 86400
        assert said["sub"] == "mailto:it@house.example"


# -- HL7 and e-mail ------------------------------------------------------------------------------


class AlertManager(Receiver):
    """An alert manager: HL7 version 2 in MLLP within TLS, each message acknowledged."""

    ack = "CA"

    @property
    def options(self) -> dict[str, Any]:
        return {"host": HOST, "port": self.port, "ca": str(self.signer.ca)}

    def serve(self, connection: socket.socket) -> None:
        import hl7

        data = b""
        while part := connection.recv(4096):
            data += part
            while b"\x1c\r" in data:
                frame, _, data = data.partition(b"\x1c\r")
                assert frame[:1] == b"\x0b"
                message = hl7.parse(frame[1:].decode())
                head = message.segment("MSH")
                control = str(head[10])
                assert str(head[9]) == "ORU^R40^ORU_R40"
                assert not str(message.segment("PID")).strip("PID|"), "no patient"
                phase = {str(obx[3][0][1]): str(obx[5]) for obx in message.segments("OBX")}
                text = message.unescape(str(message.segments("OBX")[0][5][0][1]))
                order = message.segment("OBR")
                start = str(order[29][0][1][0]) if len(order) > 29 else str(order[3][0][0])
                facts = {
                    "phase": phase["MDC_ATTR_EVENT_PHASE"],
                    "state": phase["MDC_ATTR_ALARM_STATE"],
                    "to": str(message.segment("PRT")[5]),
                }
                self.take(Seen(control, start, text, facts))
                answer = (
                    f"MSH|^~\\&|am|||||| ACK^R40^ACK|{control}a|P|2.6\rMSA|{self.ack}|{control}\r"
                )
                connection.sendall(b"\x0b" + answer.encode() + b"\x1c\r")


class MailServer(Receiver):
    """aiosmtpd: takes nothing before STARTTLS and a log-in."""

    USER, PASSWORD = "hub", "correct horse"

    def __init__(self, folder: Path, now: Callable[[], int]) -> None:
        super().__init__(folder, now)
        self._controller: Any = None
        self._served: list[Any] = []
        # Once: aiosmtpd looks at every attribute of its handler.
        self._file = self.secret("password", self.PASSWORD)

    @property
    def options(self) -> dict[str, Any]:
        return {
            "host": HOST,
            "port": self.port,
            "sender": "ambient@house.example",
            "user": self.USER,
            "password_file": self._file,
            "ca": str(self.signer.ca),
        }

    def start(self) -> None:
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult

        self.dies = False

        def known(_: Any, __: Any, ___: Any, ____: Any, data: Any) -> Any:
            good = (data.login, data.password) == (self.USER.encode(), self.PASSWORD.encode())
            return AuthResult(success=good, handled=good)

        served = self._served = []

        class Noted(Controller):
            def factory(self) -> Any:
                served.append(super().factory())
                return served[-1]

        self._controller = Noted(
            self,
            hostname=HOST,
            port=self.port,
            tls_context=self.tls,
            require_starttls=True,
            auth_required=True,
            authenticator=known,
            ident="test",
        )
        self._controller.start()

    async def handle_RCPT(self, server: Any, _: Any, envelope: Any, to: str, __: Any) -> str:  # noqa: N802
        if to.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: Any, _: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        alarm = mail["References"].strip("<>").partition("@")[0]
        facts = {"text": mail.get_content(), "attempt": int(mail["X-Ambient-Attempt"])}
        try:
            self.take(Seen(mail["Message-ID"], alarm, mail["Subject"], facts))
        except Killed:
            server.transport.abort()
        return "250 OK"

    def kill(self) -> None:
        if self._controller is not None:
            asyncio.run_coroutine_threadsafe(self._drop(), self._controller.loop).result(PATIENCE_S)
            self._controller.stop()
            self._controller = None

    async def _drop(self) -> None:
        """Let go of connections; aiosmtpd leaves them open."""
        for one in self._served:
            # With Python 3.11.2 one that is closed cannot be aborted.
            if one.transport is not None and not one.transport.is_closing():
                one.transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
