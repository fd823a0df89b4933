"""The page on which a device is enrolled for web push."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

pytest.importorskip("pywebpush", reason="needs the extra hub")
pytest.importorskip("http_ece", reason="needs the extra hub")

from ambient.hub.channels.subscriptions import Devices
from tests.hub.channels.far_sides import HOST, PushService
from tests.hub.channels.kit import accepted
from tests.hub.kit import client, hub_config, running


@pytest.fixture
def far(tmp_path: Path) -> PushService:
    return PushService(tmp_path, time.time_ns)


def hub_with(tmp_path: Path, **channels: Any) -> Iterator[httpx.Client]:
    config = msgspec.structs.replace(hub_config(tmp_path), channels=channels)
    with running(config) as hub, client(hub) as http:
        yield http


@pytest.fixture
def http(tmp_path: Path, far: PushService) -> Iterator[httpx.Client]:
    people = {"anna": "phone-7", "ben": "phone-8", "everybody": "ward"}
    yield from hub_with(tmp_path, push=accepted("webpush", options=far.options, recipients=people))


@pytest.fixture
def without(tmp_path: Path, far: PushService) -> Iterator[httpx.Client]:
    fields = {"accepted_by": None, "accepted_on": None}
    yield from hub_with(tmp_path, push=accepted("webpush", options=far.options, **fields))


def test_a_device_is_enrolled_under_the_own_name_or_everybodys_and_forgotten(
    http: httpx.Client, tmp_path: Path, far: PushService
) -> None:
    shown = http.get("/push").text
    assert "It needs the internet" in shown
    assert re.findall(r"<option [^>]*>(.*?)</option>", shown) == ["phone-7", "ward"]
    devices = Devices(tmp_path / "devices", [HOST])
    for label, status in (("phone-7", 201), ("ward", 201), ("phone-8", 403)):
        device = far.subscription(label, label)
        assert http.post("/push", json=device).status_code == status
    assert [len(devices.under(one)) for one in ("phone-7", "ward", "phone-8")] == [1, 1, 0]
    gone = {"endpoint": far.subscription("ward")["endpoint"]}
    assert http.post("/push/forget", json=gone).status_code == 201
    assert devices.under("ward") == []


def test_with_several_channels_each_has_its_devices_and_its_key(
    tmp_path: Path, far: PushService
) -> None:
    (tmp_path / "other").mkdir()
    other = PushService(tmp_path / "other", time.time_ns)
    channels = {
        "day": accepted("webpush", options=far.options, recipients={"anna": "phone-7"}),
        "night": accepted("webpush", options=other.options, recipients={"everybody": "ward"}),
        "off": accepted("webpush", options=far.options, accepted_by=None, accepted_on=None),
    }
    here, there = (Devices(Path(one.options["devices"]), [HOST]) for one in (far, other))
    for http in hub_with(tmp_path, **channels):
        shown = re.findall(r'data-channel="(.*?)" data-key="(.*?)">(.*?)<', http.get("/push").text)
        assert [(one[0], one[2]) for one in shown] == [
            ("day", "phone-7 (day)"),
            ("day", "everybody (day)"),
            ("night", "ward (night)"),
        ]
        assert shown[0][1] == shown[1][1] != shown[2][1]
        device = far.subscription("a", "ward")
        for channel, status in (("night", 201), ("day", 403), ("off", 404), ("none", 404)):
            sent = http.post("/push", json=device | {"channel": channel})
            assert sent.status_code == status
        assert [len(one.under("ward")) for one in (here, there)] == [0, 1]
        assert http.post("/push/forget", json={"endpoint": device["endpoint"]}).status_code == 201
        assert there.under("ward") == []


WRONG = [
    ({"endpoint": "https://evil.example/x"}, 409, "expected a push service of"),
    ({"endpoint": "http://127.0.0.1/x"}, 400, "matching regex"),
    ({"p256dh": "AAAA"}, 409, "expected a key of 65 bytes"),
    ({"name": "Anna"}, 400, "unknown field `name`"),
]


def test_what_no_browser_gives_is_refused(http: httpx.Client, far: PushService) -> None:
    for wrong, status, said in WRONG:
        answer = http.post("/push", json=far.subscription(label="phone-7") | wrong)
        assert answer.status_code == status
        assert said in answer.json()["detail"]


def test_nothing_is_there_until_somebody_accepted_it(
    without: httpx.Client, far: PushService
) -> None:
    assert "nobody has accepted" in without.get("/push").text
    assert without.post("/push", json=far.subscription(label="everybody")).status_code == 404
