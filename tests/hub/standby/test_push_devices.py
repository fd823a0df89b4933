"""Devices that take web push are at the other hub too, and go there when they are removed."""

from __future__ import annotations

import base64
import random
import zlib
from pathlib import Path

import msgspec
import pytest
import yaml

from ambient.bus.protocol import MAX_MESSAGE_BYTES
from ambient.errors import LinkError
from ambient.hub.channels.subscriptions import MOST_DEVICES, Devices, Subscription, packed, unpack
from ambient.hub.standby import push_files, state

KEY = base64.urlsafe_b64encode(b"\x04" + bytes(64)).decode()
AUTH = base64.urlsafe_b64encode(bytes(16)).decode()


def device(label: str) -> Subscription:
    at = f"https://fcm.googleapis.com/{label}"
    return Subscription(label=label, endpoint=at, p256dh=KEY, auth=AUTH)


def config(folder: Path, push: Path | None) -> Path:
    """Write a ``hub.yaml``; the second machine's own has no channels."""
    folder.mkdir()
    content: dict[str, object] = {"site": "house", "state_dir": str(folder)}
    if push is not None:
        options = {"key_file": "vapid.pem", "contact": "it@house.example", "devices": str(push)}
        content["channels"] = {"push": {"kind": "webpush", "options": options}}
    file = folder / "hub.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def test_devices_go_to_the_other_hub_and_back(tmp_path: Path) -> None:
    push = tmp_path / "push"
    first, second = config(tmp_path / "a", push), config(tmp_path / "b", None)
    there = {"address": "tcp://10.0.0.5:7441", "link": "tcp://10.0.0.5:7440", "page": "https://a"}
    section = {"order": "second", "bind": "tcp://0.0.0.0:7441", "other": there}
    (second.parent / state.SECTION).write_text(yaml.safe_dump(section))
    here = Devices(push)
    here.add(device("anna"))
    here.add(device("ward"))
    files = state.gathered(first.parent, first)
    here.remove(device("anna").endpoint)
    here.add(device("bert"))
    # One machine in this test: the folder of the same name is now the second one's.
    for name, data in files.items():
        state.put(name, data, second.parent, second)
    assert [bool(here.under(label)) for label in ("anna", "ward", "bert")] == [True, True, False]
    back = state.gathered(second.parent, None)
    here.remove(device("anna").endpoint)
    for name, data in back.items():
        state.put(name, data, first.parent, first)
    assert here.under("anna") == [device("anna")]


def test_a_hub_without_such_a_folder_takes_no_device_away(tmp_path: Path) -> None:
    first = config(tmp_path / "a", tmp_path / "push")
    assert not [
        name for name in state.gathered(first.parent, first) if name.startswith(push_files.PREFIX)
    ]


def test_all_devices_fit_in_one_message(tmp_path: Path) -> None:
    for number in range(MOST_DEVICES):
        some = random.Random(number)
        path = "".join(chr(some.randint(33, 126)) for _ in range(970)).replace("\\", "/")
        longest = Subscription(
            label=f"{number:0100}",
            endpoint=f"https://fcm.googleapis.com/{path}",
            p256dh=base64.urlsafe_b64encode(some.randbytes(65)).decode(),
            auth=base64.urlsafe_b64encode(some.randbytes(16)).decode(),
        )
        (tmp_path / f"{number:032x}.json").write_bytes(msgspec.json.encode(longest))
    assert 100_000 < len(packed(tmp_path) or b"") < MAX_MESSAGE_BYTES


@pytest.mark.parametrize(
    "data",
    [
        b"",
        zlib.compress(b"[]"),
        zlib.compress(b'{"../x.json": ""}'),
        zlib.compress(b'{"a.json": ""}'),
    ],
)
def test_what_is_no_device_writes_nothing(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(LinkError):
        unpack(data, tmp_path / "push")
    assert not (tmp_path / "push").exists()
