"""Battery Level (0x2A19) of the Battery Service 1.1: one byte in, the share left out."""

from __future__ import annotations

from typing import Final

from vitals.parse.gatt.base import Context, Parsed, misfit
from vitals.readings import Refused, WearRead

NAME: Final = "battery level"


def decode(data: bytes) -> int | Refused:
    """Return the percentage left, 0..100."""
    wrong = misfit(NAME, data, 1)
    if wrong is not None:
        return wrong
    if data[0] > 100:
        return Refused(NAME, f"expected 0 to 100 %, got {data[0]}")
    return data[0]


def parse(data: bytes, device: str, context: Context) -> Parsed:
    """Return the reading of a Battery Level."""
    level = decode(data)
    if isinstance(level, Refused):
        return (level,)
    return (WearRead(device=device, battery=level / 100),)
