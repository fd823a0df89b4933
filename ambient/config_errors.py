"""What is wrong with a configuration, in words: where, what was expected, what came.

Comes in: msgspec's complaint, what the file held and the type it should have had. Goes out: one
line such as ``rooms[0].cameras[1].fps: expected 1 to 30, got 0``. The limits and words are read
off the annotations, so they cannot differ from what is checked. Passwords in addresses are never
repeated.
"""

from __future__ import annotations

import datetime
import difflib
import re
import types
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.inspect import (
    BoolType,
    EnumType,
    FloatType,
    IntType,
    ListType,
    Metadata,
    NoneType,
    StrType,
    StructType,
    TupleType,
    Type,
    UnionType,
    type_info,
)

SHOWN: Final = 60
"""Characters of a wrong value that are repeated."""

_AT: Final = re.compile(
    r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`(?P<path>[^`]*)`)?$", re.DOTALL
)
_PART: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_CREDENTIALS: Final = re.compile(r"(?<=//)[^/@\s]*@")
_TOP: Final = "(top)"


def explain(
    message: str,
    raw: object,
    kind: type[msgspec.Struct],
    hook: Callable[[type, object], object],
    patterns: dict[str, str],
) -> str:
    """Return ``path: expected …, got …`` for what msgspec refused.

    Parameters
    ----------
    message
        The text of the `msgspec.ValidationError`.
    raw, kind
        What was read, and what it should have been.
    hook
        The ``dec_hook`` with which it was converted.
    patterns
        Regular expression ► what it asks for, in words.
    """
    match = _AT.match(message)
    what, at = (match["what"], match["path"] or "$") if match else (message, "$")
    on_key = bool(match and match["key"])
    where, value, wanted = _follow(at, raw, kind, hook, on_key=on_key)
    if what.startswith("Object contains unknown field"):
        return _unknown(_join(where, _quoted(what)), _quoted(what), wanted)
    if what.startswith("Object missing required field"):
        return f"{_join(where, _quoted(what))}: expected a value, got nothing; add this key"
    expected = _words(type_info(wanted), patterns)
    return f"{where or _TOP}: expected {expected}, got {shown(value)}{_hint(wanted, value)}"


def shown(value: object) -> str:
    """Return `value` as it may stand in an error: short, and without a password."""
    if isinstance(value, dict):
        return f"keys and values ({len(value)})" if value else "nothing between { and }"
    if isinstance(value, list) and len(value) > 4:
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes or no (on, off, yes, no, true and false mean that in YAML)"
    # Cut before it is written out: a value may be as long as the file.
    short = value[: 4 * SHOWN] if isinstance(value, str) else value
    text = _CREDENTIALS.sub("***@", repr(short))
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _follow(
    at: str, raw: object, kind: Any, hook: Callable[[type, object], object], *, on_key: bool
) -> tuple[str, object, Any]:
    """Walk along msgspec's path; return it with its keys named, the value there and its type."""
    where, value, wanted = "", raw, kind
    for name, index in _PART.findall(at):
        wanted = _plain(wanted)
        if name:
            where = _join(where, name)
            wanted = _field(wanted, name)
            value = value.get(name) if isinstance(value, dict) else None
        elif index.isdigit():
            where = f"{where}[{index}]"
            arguments = get_args(wanted)
            fixed = get_origin(wanted) is tuple and len(arguments) > int(index)
            wanted = arguments[int(index) if fixed else 0]
            value = value[int(index)] if isinstance(value, list) else None
        else:
            # msgspec does not say under which key of a dictionary the value stands.
            wanted = get_args(wanted)[1]
            key = next((k for k, v in _items(value) if not _fits(v, wanted, hook)), "...")
            where = _join(where, str(key))
            value = value.get(key) if isinstance(value, dict) else None
    if on_key:
        wanted = _plain(wanted)
        keys = get_args(wanted)[0] if get_args(wanted) else str
        bad = next((key for key, _ in _items(value) if not _fits(key, keys, hook)), None)
        return _join(where, shown(bad).strip("'")), bad, keys
    return where, value, wanted


def _items(value: object) -> list[tuple[object, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _fits(value: object, wanted: Any, hook: Callable[[type, object], object]) -> bool:
    try:
        msgspec.convert(value, wanted, strict=True, dec_hook=hook)
    except (msgspec.ValidationError, NotImplementedError):
        return False
    return True


def _plain(wanted: Any) -> Any:
    """Return the type without limits and without ``or nothing``."""
    if get_origin(wanted) is Annotated:
        return _plain(get_args(wanted)[0])
    if get_origin(wanted) in (Union, types.UnionType):
        return _plain(next(one for one in get_args(wanted) if one is not type(None)))
    return wanted


def _field(wanted: Any, name: str) -> Any:
    return get_type_hints(wanted, include_extras=True)[name]


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _quoted(what: str) -> str:
    return what.rsplit("`", 2)[1]


def _unknown(where: str, key: str, wanted: Any) -> str:
    known = _plain(wanted).__struct_fields__
    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]}?" if near else "remove or correct it"
    return f"{where}: expected one of {', '.join(known)}, got an unknown key; {hint}"


def _hint(wanted: Any, value: object) -> str:
    plain = _plain(wanted)
    text = isinstance(plain, type) and issubclass(plain, str | Enum)
    scalar = isinstance(value, bool | int | float | datetime.date)
    return "; write it in quotes" if text and scalar else ""


def _words(kind: Type, patterns: dict[str, str]) -> str:
    """Say in words what `kind` asks for."""
    match kind:
        case Metadata():
            return _words(kind.type, patterns)
        case UnionType():
            held = [_words(one, patterns) for one in kind.types if not isinstance(one, NoneType)]
            return " or ".join(held)
        case BoolType():
            return "on or off"
        case IntType():
            return f"a whole number{_limits(kind.ge, kind.le, ' ')}"
        case FloatType():
            return _limits(kind.ge, kind.le, "") or "a number"
        case EnumType():
            return f"one of {', '.join(str(member.value) for member in kind.cls)}"
        case StrType() if kind.pattern is not None:
            return patterns.get(kind.pattern, f"text like {kind.pattern}")
        case StrType():
            return f"text{_lengths(kind.min_length, kind.max_length, 'characters')}"
        case ListType() if kind.max_length == 0:
            return "an empty list (not served by this version)"
        case ListType():
            return f"a list{_lengths(kind.min_length, kind.max_length, 'entries')}"
        case TupleType():
            return f"a list of {len(kind.item_types)} numbers"
        case StructType():
            return f"keys and values ({', '.join(one.encode_name for one in kind.fields)})"
        case _:
            return _OTHERS.get(type(kind).__name__, "another type")


_OTHERS: Final = {"CustomType": "a path", "DictType": "keys and values"}


def _limits(least: float | None, most: float | None, space: str) -> str:
    if least is not None and most is not None:
        return f"{space and ' from '}{_number(least)} to {_number(most)}"
    return f"{space and ', '}at least {_number(least)}" if least is not None else ""


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def _lengths(least: int | None, most: int | None, what: str) -> str:
    if most is not None:
        return f" of {least or 0} to {most} {what}"
    return f" of at least {least} {what}" if least else ""
