"""Templates of sensors' descriptions that pick a field of a message, and the value they pick.

Comes in: a template such as ``{{ value_json.contact }}``, then messages. Goes out: the field's
path, and its value as text; `Refused` for templates that compute and messages that do not fit.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from vitals.parse.words import plain
from vitals.readings import Refused

MAX_BYTES: Final = 64 * 1024
"""Of a description or state; the longest descriptions in use have some thousand."""
MAX_DEPTH: Final = 6

_PICK: Final = re.compile(
    r"\s*\{\{-?\s*value_json"
    r"((?:\.[A-Za-z_][A-Za-z0-9_]{0,63}|\[\s*(?:'[^'\"\\\]]{1,64}'|\"[^'\"\\\]]{1,64}\")\s*\])+)"
    r"\s*-?\}\}\s*"
)
_WHOLE: Final = re.compile(r"\s*(?:\{\{-?\s*value\s*-?\}\})?\s*")
_STEP: Final = re.compile(r"\.([A-Za-z0-9_]+)|\[\s*['\"]([^'\"]+)['\"]\s*\]")

Picked = tuple[str, ...]
"""Which field of a JSON message holds the value; nothing: the message itself."""


def pick_of(template: object) -> Picked | Refused:
    """Return which field a template picks."""
    if template is None:
        return ()
    text = template if isinstance(template, str) else ""
    if _WHOLE.fullmatch(text):
        return ()
    match = _PICK.fullmatch(text) if len(text) <= 400 else None
    steps = _STEP.findall(match[1]) if match is not None else []
    if not 1 <= len(steps) <= MAX_DEPTH:
        return Refused(
            f"value_template {plain(text)}", "expected one that picks a field: value_json.NAME"
        )
    return tuple(name or quoted for name, quoted in steps)


def value_of(pick: Picked, data: bytes) -> str | Refused:
    """Return the value in a message, as a template would show it."""
    if len(data) > MAX_BYTES:
        return Refused("state", f"expected at most {MAX_BYTES} bytes, got {len(data)}")
    if not pick:
        try:
            return data.decode("utf-8").strip()
        except UnicodeDecodeError:
            return Refused("state", "expected text in UTF-8")
    found = json_of(data)
    if isinstance(found, Refused):
        return found
    for name in pick:
        if not isinstance(found, dict):
            return Refused("state", f"expected a JSON object with {plain('.'.join(pick))}")
        # A message of the same topic that is about something else says nothing of this.
        found = found.get(name)
    if isinstance(found, dict | list):
        return Refused("state", f"expected one value at {plain('.'.join(pick))}")
    return shown(found)


def json_of(data: bytes) -> Any:
    """Return what a JSON message holds, or `Refused`."""
    if len(data) > MAX_BYTES:
        return Refused("message", f"expected at most {MAX_BYTES} bytes, got {len(data)}")
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Refused("message", "expected JSON, got half of it or something else")


def shown(value: object) -> str:
    """Return a value as text the way templates do: ``True`` and ``False`` with capitals."""
    return value.strip() if isinstance(value, str) else str(value)
