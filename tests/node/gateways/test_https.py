"""FHIR over HTTPS: a real server and real TLS; tokens, certificates, limits, and every answer."""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.operationoutcome import OperationOutcome

from ambient.config_gateways import Https
from ambient.errors import ConfigError, LinkError, StoreError
from ambient.node.gateways import https
from ambient.node.gateways.https import HttpsGateway, new_token, read_tokens
from ambient.observations import VitalMeasured
from tests.node.gateways.broker import Signer
from tests.node.gateways.kit import House, config, in_loop
from vitals.parse import fhir
from vitals.readings import Refused

ROOMS = """
  - id: r1
    beds: [{id: b1, subject: s-aaaa}]
    purposes: {falls: on, vitals: on}
    wearables:
      - {id: w1, device: band-7, via: https, subject: s-aaaa}
      - {id: w2, device: clinic, via: https, subject: s-aaaa}
"""
LOOPBACK = "127.0.0.1"


def observation(
    value: float = 72.0, device: str | None = "band-7", **changes: Any
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": fhir.LOINC, "code": "8867-4"}]},
        "effectiveDateTime": "2027-01-15T08:00:00Z",
        "valueQuantity": {"value": value, "system": fhir.UCUM, "code": "/min"},
    }
    if device is not None:
        found["device"] = {"reference": f"Device/{device}"}
    return found | changes


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [
            {"resource": one, "request": {"method": "POST", "url": "Observation"}}
            for one in resources
        ],
    }


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    outcome: OperationOutcome

    @property
    def said(self) -> list[str]:
        return [f"{one.severity} {one.code}: {one.diagnostics}" for one in self.outcome.issue]


class Clinic:
    """A node with its web server for FHIR, and a client of it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.signer = Signer(folder)
        certificate, private_key = self.signer.sign("node", LOOPBACK)
        self.token, line = new_token("clinic")
        self.tokens = folder / "tokens"
        self.tokens.write_text(f"# senders\n\n{line}\n")
        self.tokens.chmod(0o600)
        self.settings = Https(
            **{
                "host": LOOPBACK,
                "port": 0,
                "certificate": certificate,
                "private_key": private_key,
                "token_file": self.tokens,
                **changes,
            }
        )
        given = config(
            folder,
            rooms=ROOMS,
            gateways="\n  https: {certificate: c.pem, private_key: c.key, token_file: t}\n",
        )
        self.house = House(folder, given)
        self.gateway = HttpsGateway(self.settings, self.house.reception)
        self.port = 0

    @property
    def values(self) -> list[float]:
        return [one.value for one in self.house.fusion.seen if isinstance(one, VitalMeasured)]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Clinic]:
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

    def tls(self, *own: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.signer.ca))
        if own:
            context.load_cert_chain(*map(str, own))
        return context

    async def connect(
        self, tls: ssl.SSLContext | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            LOOPBACK, self.port, ssl=tls or self.tls(), server_hostname=LOOPBACK
        )

    async def post(
        self,
        body: Any,
        *,
        path: str = "/fhir",
        method: str = "POST",
        token: str | None = "",
        kind: str = "application/fhir+json",
        tls: ssl.SSLContext | None = None,
        length: int | None = None,
    ) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reader, writer = await self.connect(tls)
        try:
            head = self.head(path, method, token, kind, len(data) if length is None else length)
            writer.write(head + data)
            return await answer(reader)
        finally:
            writer.close()

    def head(self, path: str, method: str, token: str | None, kind: str, length: int) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {LOOPBACK}", f"Content-Length: {length}"]
        lines.append(f"Content-Type: {kind}")
        if token is not None:
            lines.append(f"Authorization: Bearer {token or self.token}")
        return "\r\n".join([*lines, "", ""]).encode()


async def answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers["content-length"]))
    # The library refuses what is no OperationOutcome.
    return Answer(int(head[0].split()[1]), headers, OperationOutcome.model_validate_json(body))


@in_loop
async def test_an_observation_and_a_bundle_are_with_fusion_when_they_are_answered(
    tmp_path: Path,
) -> None:
    async with Clinic(tmp_path).open() as clinic:
        one = await clinic.post(observation(71.0))
        assert (one.status, one.said) == (200, ["information informational: 1 readings taken"])
        assert one.headers["content-type"] == "application/fhir+json"
        assert clinic.values == [71.0]
        two = await clinic.post(
            bundle(observation(72.0), observation(73.0, None)), path="/fhir/Bundle"
        )
        assert (two.status, two.said) == (200, ["information informational: 2 readings taken"])
        assert [o.source for o in clinic.house.fusion.seen if isinstance(o, VitalMeasured)] == [
            "w1",
            "w1",
            "w2",
        ]
        again = await clinic.post(observation(71.0))
        assert again.status == 200
        assert clinic.values == [71.0, 72.0, 73.0]


@in_loop
async def test_what_is_refused_is_named(tmp_path: Path) -> None:
    async with Clinic(tmp_path).open() as clinic:
        some = await clinic.post(
            bundle(observation(), observation(status="cancelled"), observation(device="band-9"))
        )
        assert some.status == 200
        assert len(some.said) == 3
        assert some.said[0] == "information informational: 1 readings taken"
        assert any(
            one.startswith("warning not-supported: observation cancelled") for one in some.said
        )
        assert any("band-9" in one for one in some.said)
        none = await clinic.post(observation(device="band-9"))
        assert none.status == 422
        assert none.said[0] == "error processing: nothing of it is taken"
        assert clinic.values == [72.0]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/fhir+json", 200),
        ("application/fhir+json; fhirVersion=4.3", 200),
        ("application/fhir+json; fhirVersion=5.0; charset=utf-8", 200),
        ("application/json", 200),
        ("application/fhir+xml", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
@in_loop
async def test_content_types(tmp_path: Path, kind: str, status: int) -> None:
    async with Clinic(tmp_path).open() as clinic:
        assert (await clinic.post(observation(), kind=kind)).status == status


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"path": "/"}, 404, "not-found"),
        ({"path": "/fhir/Patient"}, 404, "not-found"),
        ({"method": "GET"}, 405, "not-supported"),
        ({"method": "DELETE"}, 405, "not-supported"),
        ({"body": b"{"}, 400, "invalid"),
        ({"body": b""}, 400, "invalid"),
        ({"body": {"resourceType": "Patient"}}, 400, "invalid"),
        ({"body": {"resourceType": "Observation"}}, 400, "invalid"),
        ({"token": None}, 401, "login"),
        ({"token": "wrong"}, 401, "login"),
        ({"token": " "}, 401, "login"),
        ({"path": "/secret", "token": "wrong"}, 401, "login"),
        ({"length": 50_000_000}, 413, "too-long"),
        ({"length": 10**13}, 413, "too-long"),
    ],
)
@in_loop
async def test_other_requests_get_an_outcome_too(
    tmp_path: Path, changes: dict[str, Any], status: int, words: str
) -> None:
    async with Clinic(tmp_path).open() as clinic:
        got = await clinic.post(**({"body": observation()} | changes))
        assert got.status == status
        assert got.said[0].startswith(f"error {words}: ")
        assert clinic.values == []


@in_loop
async def test_fifty_megabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    async with Clinic(tmp_path).open() as clinic:
        reader, writer = await clinic.connect()
        writer.write(clinic.head("/fhir", "POST", "", "application/fhir+json", 50_000_000))
        assert (await answer(reader)).status == 413
        assert await reader.read() == b"", "the connection ends"
        writer.close()


@in_loop
async def test_fifty_megabytes_that_do_not_say_so_are_cut_off(tmp_path: Path) -> None:
    async with Clinic(tmp_path).open() as clinic:
        reader, writer = await clinic.connect()
        head = clinic.head("/fhir", "POST", "", "application/fhir+json", 0)
        writer.write(head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
        piece = b"%x\r\n" % 65_536 + b" " * 65_536 + b"\r\n"
        tracemalloc.start()
        got = asyncio.create_task(answer(reader))
        try:
            for _ in range(50_000_000 // 65_536):
                if got.done():
                    break
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            # Cut off while it wrote; the answer came before.
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # With so much on the way the answer may be cut off as well.
        with suppress(ConnectionResetError):
            assert (await got).status == 413
        assert most < 30_000_000
        writer.close()
        assert (await clinic.post(observation())).status == 200


@in_loop
async def test_a_large_bundle_is_taken_whole(tmp_path: Path) -> None:
    async with Clinic(tmp_path).open() as clinic:
        minutes = [
            observation(60.0, effectiveDateTime=f"2027-01-15T{n // 60:02}:{n % 60:02}:00Z")
            for n in range(400)
        ]
        got = await clinic.post(bundle(*minutes))
        assert got.said == ["information informational: 400 readings taken"]
        assert len(clinic.values) == 400


@in_loop
async def test_a_body_that_does_not_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "BODY_S", 0.05)
    async with Clinic(tmp_path).open() as clinic:
        assert (await clinic.post(b"{", length=100)).status == 408


@in_loop
async def test_a_connection_that_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "HEAD_S", 0.05)
    async with Clinic(tmp_path).open() as clinic:
        reader, writer = await clinic.connect()
        writer.write(b"POST /fhir HTTP/1.1\r\nHost: x\r\n")
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


@in_loop
async def test_what_cannot_be_taken_in_now_is_to_be_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Clinic(tmp_path).open() as clinic:

        async def full(*_: object, **__: object) -> tuple[Refused, ...]:
            raise StoreError("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(clinic.house.reception, "take", full)
            got = await clinic.post(observation())
        assert (got.status, got.headers["retry-after"]) == (503, "30")
        assert "disk" not in "".join(got.said)
        assert (await clinic.post(observation())).status == 200


@in_loop
async def test_a_client_certificate_is_asked_for_where_one_is_configured(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    async with Clinic(tmp_path, ca=ca, token_file=None).open() as clinic:
        own = clinic.signer.sign("clinic")
        stranger = Signer(tmp_path, "other").sign("nobody")
        got = await clinic.post(observation(70.0, None), token=None, tls=clinic.tls(*own))
        assert got.status == 200
        assert clinic.values == [70.0]
        for wrong in (clinic.tls(), clinic.tls(*stranger)):
            with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                await clinic.post(observation(71.0), token=None, tls=wrong)
        assert clinic.values == [70.0]
    async with Clinic(tmp_path, ca=ca).open() as both:
        own = both.signer.sign("clinic")
        assert (await both.post(observation(), token=None, tls=both.tls(*own))).status == 401
        assert (await both.post(observation(), tls=both.tls(*own))).status == 200


@in_loop
async def test_a_client_does_not_trust_another_node(tmp_path: Path) -> None:
    async with Clinic(tmp_path).open() as clinic:
        other = ssl.create_default_context(cafile=str(Signer(tmp_path, "other").ca))
        with pytest.raises(ssl.SSLCertVerificationError):
            await clinic.post(observation(), tls=other)
        reader, writer = await asyncio.open_connection(LOOPBACK, clinic.port)
        writer.write(b"POST /fhir HTTP/1.1\r\n\r\n")
        with suppress(ConnectionError):
            assert not (await reader.read()).startswith(b"HTTP")
        writer.close()
        assert clinic.values == []


@in_loop
async def test_nobody_is_heard_without_proof(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, token_file=None)
    with pytest.raises(ConfigError, match=r"gateways\.https: expected token_file, ca, or both"):
        await clinic.gateway.run()


def test_only_the_digest_of_a_token_is_kept(tmp_path: Path) -> None:
    token, line = new_token("band-7")
    assert len(token) >= 43
    assert token not in line
    assert line == f"band-7 {hashlib.sha256(token.encode()).hexdigest()}"
    file = tmp_path / "tokens"
    file.write_text(line)
    file.chmod(0o600)
    assert read_tokens(file) == {line.split()[1]: "band-7"}


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (None, 0o600, "found none"),
        ("a-token-as-it-is", 0o600, "line 1: expected a name and the SHA-256"),
        (f"Band_7 {'0' * 64}", 0o600, "line 1"),
        (f"# ok\nband-7 {'0' * 63}", 0o600, "line 2"),
        (f"band-7 {'0' * 64}", 0o644, "tokens"),
    ],
)
def test_a_file_of_tokens_that_cannot_be_used(
    tmp_path: Path, text: str | None, mode: int, words: str
) -> None:
    file = tmp_path / "tokens"
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises(LinkError, match=words) as caught:
        read_tokens(file)
    assert "as-it-is" not in str(caught.value)
