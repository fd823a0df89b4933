"""Ways out over a network, each against a real far side that dies while alarms flow."""

from __future__ import annotations

import errno
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx", reason="needs the extras hub, vitals and dev")
pytest.importorskip("aiosmtplib", reason="needs the extras hub, vitals and dev")
pytest.importorskip("aiosmtpd", reason="needs the extras hub, vitals and dev")
pytest.importorskip("pywebpush", reason="needs the extras hub, vitals and dev")
pytest.importorskip("apprise", reason="needs the extras hub, vitals and dev")
pytest.importorskip("hl7", reason="needs the extras hub, vitals and dev")
pytest.importorskip("fhir.resources", reason="needs the extras hub, vitals and dev")

from ambient.errors import ConfigError, StoreError, UsageError
from ambient.hub.alarms.inputs import OnMyWay
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels import plugins, remote
from ambient.hub.channels.acm import acknowledged
from ambient.hub.channels.seam import Channel, Receipt
from ambient.hub.channels.subscriptions import Devices, Subscription
from ambient.hub.channels.webpush import WebPush
from tests.hub.channels import far_sides
from tests.hub.channels.far_sides import Receiver
from tests.hub.channels.kit import accepted, bench, channel, notice
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
"""What Apprise loads on Python below 3.13."""

FAR: dict[str, type[Any]] = {
    "webhook": far_sides.Hooks,
    "email": far_sides.MailServer,
    "webpush": far_sides.PushService,
    "ntfy": far_sides.NtfyServer,
    "apprise": far_sides.AppriseFar,
    "hl7": far_sides.AlertManager,
    "fhir": far_sides.FhirServer,
}
RECIPIENTS = {"email": {"anna": "anna@house.example"}}


def enrol(far: Receiver, made: Channel) -> None:
    if isinstance(far, far_sides.PushService) and isinstance(made, WebPush):
        made.devices.add(Subscription(**far.subscription()))


@pytest.mark.parametrize("kind", FAR)
def test_a_far_side_that_dies_is_given_everything_in_order(kind: str, tmp_path: Path) -> None:
    clock: list[Callable[[], int]] = []
    far: Receiver = FAR[kind](tmp_path, lambda: clock[0]())
    config = accepted(
        kind,
        options=far.options,
        recipients=RECIPIENTS.get(kind, {"anna": "anna"}),
        fault_after_min=1000,
    )
    with bench(tmp_path, lambda house: plugins.make("way", config, house), config=config) as bed:
        clock.append(bed.now)
        enrol(far, bed.sender._plugin)
        far.start()
        try:
            first = bed.fall(10, "r1")
            bed.step(2)
            far.dies = True
            second = bed.fall(20, "r2")
            bed.step()
            far.kill()
            others = [bed.fall(10 * n, f"r{n}") for n in range(3, 5)]
            for _ in range(3):
                bed.pass_time(5)
                bed.step(4)
            assert len(far.seen) == 2, "it is dead"
            far.start()
            bed.pass_time(20)
            bed.step(8)
            bed.pass_time(30)  # now the first repeats are due
            bed.step(8)
            bed.store.decide(OnMyWay(condition=first, who="anna"), bed.now())
            bed.step(3)
        finally:
            far.end()
        outcomes = {row[0]: row[1:] for row in bed.rows()}
        takes_back = bed.sender._plugin.takes_back
    assert {outcome for _, outcome in outcomes.values()} == {"delivered"}
    names = {_named(kind, name): name for name in outcomes}
    came = [names[one.id] for one in far.seen]
    assert set(came) == set(outcomes), "everything arrived"
    doubles = {name for name in came if came.count(name) > 1}
    assert doubles == {f"{second}:0.1"}, "only what was taken without an answer comes again"
    assert came.count(f"{second}:0.1") == 2
    for alarm in (first, second, *others):
        own = [name.partition(":0.")[2] for name in came if name.startswith(alarm)]
        wanted = ["1", "1", "2"] if alarm == second else ["1", "2"]
        assert own == wanted + (["over"] if alarm == first and takes_back else [])
    assert [one.text for one in far.seen[:2]] == ["Fall – Room 1", "Fall – Room 2"]
    _marked(kind, far, second)


def _named(kind: str, name: str) -> str:
    """Return the id as the protocol has it."""
    return f"<{name.replace(':', '.')}@house.example>" if kind == "email" else name


def _marked(kind: str, far: Any, alarm: str) -> None:
    """Check that the double shows as one in the protocol's own terms."""
    twice = [one for one in far.seen if one.id == _named(kind, f"{alarm}:0.1")]
    a, b = twice
    match kind:
        case "webhook" | "email":
            assert a.facts["attempt"] == 1 < b.facts["attempt"]
        case "webpush":
            assert a.facts["attempt"] == 1 < b.facts["attempt"]
            assert a.facts["topic"] == b.facts["topic"]
        case "ntfy":
            assert a.facts["sequence_id"] == b.facts["sequence_id"]
        case "fhir":
            made = [name for kind, name in far.kept if kind == "Communication"]
            assert len(made) == len({one.id for one in far.seen}), "stored once"
            flags = [name for kind, name in far.kept if kind == "Flag"]
            assert len(flags) == 4
        case "hl7":
            assert a == b
            phases = [one.facts["phase"] for one in far.seen if one.alarm == far.seen[0].alarm]
            assert phases == ["start", "continue", "end"]
        case _:
            assert a.id == b.id


# -- what is refused, and what an answer means ---------------------------------------------------


@pytest.fixture
def hooks(tmp_path: Path) -> Iterator[far_sides.Hooks]:
    far = far_sides.Hooks(tmp_path, time.time_ns)
    far.start()
    yield far
    far.end()


def given(way: str, options: dict[str, Any], **fields: Any) -> Receipt:
    made = channel(way, options)
    try:
        return made.deliver(notice(**fields))
    finally:
        made.close()


Answer = tuple[int, dict[str, str], bytes]


@pytest.mark.parametrize(
    ("answer", "delivery", "retry", "why"),
    [
        ((200, {}, b""), Delivery.DELIVERED, True, ""),
        ((200, {}, b"<html>"), Delivery.DELIVERED, True, ""),
        ((200, {}, b'{"taken_until": "2030-01-01T00:00:00"}'), Delivery.DELIVERED, True, ""),
        ((200, {}, b'{"taken_until": "2030-01-01T00:00:00Z"}'), Delivery.TAKEN, True, ""),
        (
            (302, {"Location": "https://x/"}, b""),
            Delivery.FAILED,
            True,
            "redirects are not followed",
        ),
        ((400, {}, b""), Delivery.FAILED, False, "expected https://127.0.0.1"),
        ((401, {}, b""), Delivery.FAILED, True, "the secret in its file"),
        ((404, {}, b""), Delivery.FAILED, True, "path in the address"),
        ((429, {}, b""), Delivery.FAILED, True, "lower per_minute"),
        ((503, {}, b""), Delivery.FAILED, True, "got 503"),
        ((200, {}, b"x" * 70_000), Delivery.FAILED, True, "at most 65536 bytes"),
    ],
)
def test_what_a_receiver_of_webhooks_answers(
    hooks: far_sides.Hooks, answer: Answer, delivery: Delivery, retry: bool, why: str
) -> None:
    hooks.answers = lambda _: answer
    receipt = given("webhook", hooks.options)
    assert (receipt.delivery, receipt.retry) == (delivery, retry)
    assert why in receipt.why
    if delivery is Delivery.TAKEN:
        assert receipt.until == 1_893_456_000 * 10**9


def test_whom_nobody_vouches_for_is_told_nothing(hooks: far_sides.Hooks, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = far_sides.Signer(tmp_path / "other", "stranger").ca
    for options in ({"ca": str(stranger)}, {"url": f"https://localhost:{hooks.port}/in"}):
        receipt = given("webhook", hooks.options | options)
        assert "a certificate that cannot be trusted" in receipt.why
        assert "ca" in receipt.why
    assert hooks.seen == []


def test_what_says_nothing_has_failed_in_time(
    hooks: far_sides.Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "WITHIN_S", 0.2)
    ended = threading.Event()

    def waits(_: far_sides.Asked) -> Answer:
        ended.wait(PATIENCE_S)
        return 200, {}, b""

    hooks.answers = waits
    receipt = given("webhook", hooks.options)
    ended.set()
    assert receipt.delivery is Delivery.FAILED
    assert "got nothing" in receipt.why


@pytest.mark.parametrize("kind", ["webhook", "email", "ntfy", "hl7", "fhir"])
def test_whether_the_far_side_is_there_is_known_without_an_alarm(kind: str, tmp_path: Path) -> None:
    far = FAR[kind](tmp_path, time.time_ns)
    made = channel(kind, far.options)
    try:
        assert made.probe() is False
        far.start()
        assert made.probe() is True
        assert str(far.port) in made.told()
    finally:
        made.close()
        far.end()


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("webhook", {"url": "http://house.example/in"}, "url: expected https://host/path"),
        ("webhook", {"url": "https://u:p@house.example/"}, "url: expected https://host/path"),
        ("webhook", {"secret_file": "/nowhere"}, "secret_file: /nowhere: expected a file"),
        ("webhook", {"ca": "/nowhere"}, "ca: /nowhere: expected certificates"),
        ("email", {"user": None}, "options: expected user and password_file together"),
        ("email", {"sender": "Anna <a@b>"}, "sender: expected an address of e-mail"),
        ("email", {"security": "none"}, "security: expected"),
        ("ntfy", {"url": "ntfy.example"}, "url: expected https://host/path"),
        ("apprise", {"urls_file": "/nowhere"}, "urls_file: /nowhere: expected a file with lines"),
        ("hl7", {"host": "am.example", "plain": True}, "plain: expected TLS to another machine"),
        ("fhir", {"certificate": "/x"}, "options: expected certificate and private_key together"),
        (
            "webpush",
            {"key_file": "/nowhere"},
            "key_file: /nowhere: expected a private key on P-256",
        ),
        ("webpush", {"contact": "it"}, "contact: expected an address of e-mail"),
    ],
)
def test_what_cannot_work_is_named(
    kind: str, wrong: dict[str, Any], said: str, tmp_path: Path
) -> None:
    options = FAR[kind](tmp_path, time.time_ns).options | wrong
    with pytest.raises(ConfigError) as error:
        channel(kind, options)
    assert "channels.way.options" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize("kind", FAR)
def test_a_secret_that_others_can_read_is_refused(kind: str, tmp_path: Path) -> None:
    options = FAR[kind](tmp_path, time.time_ns).options
    file = next((key for key in options if key.endswith("_file")), None)
    if file is None:
        assert kind == "hl7", "it has none"
        return
    Path(options[file]).chmod(0o644)
    with pytest.raises(ConfigError, match="expected mode 0600"):
        channel(kind, options)


@pytest.mark.parametrize(
    ("text", "said"),
    [("hush", "expected whsec_"), ("whsec_c2hvcnQ=", "at least 24 random bytes")],
)
def test_a_key_that_can_be_guessed_is_refused(text: str, said: str, tmp_path: Path) -> None:
    far = far_sides.Hooks(tmp_path, time.time_ns)
    options = far.options
    far.secret("hook", text)
    with pytest.raises(ConfigError, match=said) as error:
        channel("webhook", options)
    assert text not in str(error.value)


@pytest.mark.parametrize(
    ("to", "retry", "why"),
    [
        ("nobody@house.example", False, r"\[550\]; see recipients"),
        (None, False, "expected an address of this recipient"),
    ],
)
def test_mail_to_nobody_is_refused_for_good(
    to: str | None, retry: bool, why: str, tmp_path: Path
) -> None:
    far = far_sides.MailServer(tmp_path, time.time_ns)
    far.start()
    try:
        receipt = given("email", far.options, address=to)
        assert (receipt.delivery, receipt.retry) == (Delivery.FAILED, retry)
        assert re.search(why, receipt.why)
        assert "nobody@" not in receipt.why, "an address is a person's"
    finally:
        far.end()


def test_mail_is_not_given_away_with_a_wrong_password(tmp_path: Path) -> None:
    far = far_sides.MailServer(tmp_path, time.time_ns)
    options = far.options
    far.secret("password", "wrong")
    far.start()
    try:
        receipt = given("email", options, address="anna@house.example")
        assert "535; see user and password_file" in receipt.why
        assert receipt.retry, "the same message arrives once the password is right"
        assert far.seen == []
    finally:
        far.end()


@pytest.mark.parametrize(
    ("topic", "retry", "why"),
    [("a b", False, "expected a topic"), (None, False, "expected an address")],
)
def test_ntfy_needs_a_topic(topic: str | None, retry: bool, why: str, tmp_path: Path) -> None:
    receipt = given("ntfy", far_sides.NtfyServer(tmp_path, time.time_ns).options, address=topic)
    assert receipt.retry is retry
    assert why in receipt.why


@pytest.mark.parametrize(
    ("ack", "delivery", "retry"),
    [
        ("AA", Delivery.DELIVERED, True),
        ("CA", Delivery.DELIVERED, True),
        ("AE", Delivery.FAILED, True),
        ("AR", Delivery.FAILED, False),
    ],
)
def test_what_an_alert_manager_answers(
    ack: str, delivery: Delivery, retry: bool, tmp_path: Path
) -> None:
    far = far_sides.AlertManager(tmp_path, time.time_ns)
    far.ack = ack
    far.start()
    try:
        receipt = given("hl7", far.options, address="101", text="Fall – Süd|2^&~\\")
        assert (receipt.delivery, receipt.retry) == (delivery, retry)
        assert far.seen[0].text == "Fall – Süd|2^&~\\"
        assert far.seen[0].facts["to"] == "101"
    finally:
        far.end()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"MSH|^~\\&|a\rMSA|AA|alarm-1:0.1\r", ("AA", "alarm-1:0.1")),
        (b"MSH|^~\\&|a\rERR|x\r", ("", "")),
        (b"MSH|^~\\&|a\rMSA|AA\r", ("", "")),
        (b"HTTP/1.1 400", ("", "")),
        (b"\xff\xfe", ("", "")),
        (b"", ("", "")),
    ],
)
def test_what_acknowledges_is_read(answer: bytes, code: tuple[str, str]) -> None:
    assert acknowledged(answer) == code


def test_a_flag_ends_with_its_alarm(tmp_path: Path) -> None:
    far = far_sides.FhirServer(tmp_path, time.time_ns)
    far.start()
    try:
        for over, name in ((False, "alarm-1:0.1"), (True, "alarm-1:0.over")):
            given("fhir", far.options, id=name, over=over, address="101")
            flag = next(one for (kind, _), one in far.kept.items() if kind == "Flag")
            assert flag.status == ("inactive" if over else "active")
            assert flag.subject.type == "Location"
        far.answers = lambda _: (200, {}, b'{"resourceType": "OperationOutcome"}')
        assert "transaction-response" in given("fhir", far.options).why
    finally:
        far.end()


def test_a_notice_about_all_rooms_has_the_house_as_subject(tmp_path: Path) -> None:
    far = far_sides.FhirServer(tmp_path, time.time_ns)
    far.start()
    try:
        fields = {"room": None, "room_name": "All rooms", "kind": AlarmKind.CHANNEL}
        assert given("fhir", far.options, **fields).delivery is Delivery.DELIVERED
        flag = next(one for (kind, _), one in far.kept.items() if kind == "Flag")
        assert flag.subject.type == "Organization"
    finally:
        far.end()


def test_devices_of_a_recipient_are_all_told_and_gone_ones_forgotten(tmp_path: Path) -> None:
    far = far_sides.PushService(tmp_path, time.time_ns)
    made = channel("webpush", far.options)
    assert isinstance(made, WebPush)
    far.start()
    try:
        assert "expected a device enrolled" in made.deliver(notice(address="anna")).why
        for device, label in (("d1", "anna"), ("d2", "anna"), ("d3", "ben")):
            made.devices.add(Subscription(**far.subscription(device, label)))
        assert made.deliver(notice(address="anna")).delivery is Delivery.DELIVERED
        assert sorted(one.facts["device"] for one in far.seen) == ["/push/d1", "/push/d2"]
        assert made.deliver(notice(address=None)).delivery is Delivery.FAILED
        far.gone = True
        assert "enrol it anew" in made.deliver(notice(address="ben")).why
        assert made.devices.under("ben") == []
        assert len(made.devices.under("anna")) == 2
    finally:
        made.close()
        far.end()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"endpoint": "https://evil.example/x"}, "expected a push service of"),
        ({"endpoint": "https://127.0.0.1.evil.example/x"}, "expected a push service of"),
        ({"p256dh": "AAAA"}, "expected a key of 65 bytes"),
        ({"auth": "AAAA"}, "a secret of 16"),
    ],
)
def test_a_device_that_cannot_be_told_is_refused(
    wrong: dict[str, str], said: str, tmp_path: Path
) -> None:
    far = far_sides.PushService(tmp_path, time.time_ns)
    devices = Devices(tmp_path / "devices", ["127.0.0.1"])
    with pytest.raises(UsageError, match=said):
        devices.add(Subscription(**far.subscription() | wrong))
    devices.add(Subscription(**far.subscription()))
    devices.add(Subscription(**far.subscription(label="ben")))
    assert [one.label for one in devices.under("ben")] == ["ben"]
    assert devices.under("anna") == []
    assert "/push/" not in repr(devices.under("ben"))
    (file,) = (tmp_path / "devices").glob("*")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_device_that_the_disk_cannot_take_is_told_and_the_old_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = far_sides.PushService(tmp_path, time.time_ns)
    devices = Devices(tmp_path / "devices", ["127.0.0.1"])
    devices.add(Subscription(**far.subscription()))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        devices.add(Subscription(**far.subscription(label="ben")))
    assert len(devices.under("anna")) == 1
    assert devices.under("ben") == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="expected a folder to keep devices in"):
        Devices(tmp_path / "file" / "devices", ["127.0.0.1"]).add(
            Subscription(**far.subscription())
        )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("anna", "line 1: expected NAME URL"),
        ("anna nosuch://token-1", "line 1: expected NAME URL"),
        ("anna json://house.example/token-1", "line 1: expected a service with checked TLS"),
        ("anna jsons://house.example/token-1?verify=no", "expected a service with checked TLS"),
        ("# nothing", "expected at least one line"),
    ],
)
def test_lines_of_apprise_are_checked_and_not_repeated(
    line: str, said: str, tmp_path: Path
) -> None:
    far = far_sides.AppriseFar(tmp_path, time.time_ns)
    with pytest.raises(ConfigError) as error:
        channel("apprise", {"urls_file": far.secret("lines", line)})
    assert said in str(error.value)
    assert "token-1" not in str(error.value)


def test_apprise_says_by_name_and_without_token_what_failed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    far = far_sides.AppriseFar(tmp_path, time.time_ns)
    caplog.set_level("DEBUG")
    receipt = given("apprise", far.options, address="anna")
    assert "expected JSON to take it" in receipt.why
    assert receipt.retry
    assert not given("apprise", far.options, address="ben").retry
    printed = "".join(capfd.readouterr()) + caplog.text
    assert "hush" not in receipt.why + printed
    assert channel("apprise", far.options).told() == "Apprise: JSON"
