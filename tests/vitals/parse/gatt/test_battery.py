"""Battery Level (0x2A19): all 256 bytes."""

from __future__ import annotations

from tests.vitals.parse.gatt.kit import DEVICE, NOTHING, only_whole, refused
from vitals.parse.gatt.battery import parse
from vitals.readings import WearRead


def test_every_byte() -> None:
    for level in range(256):
        found = parse(bytes((level,)), DEVICE, NOTHING)
        if level <= 100:
            assert found == (WearRead(device=DEVICE, battery=level / 100),)
        else:
            assert refused(found)


def test_length() -> None:
    only_whole(parse, b"\x37")
