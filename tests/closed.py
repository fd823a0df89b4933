"""What the closed lists may hold, walked type by type; and made-up values of every type.

Comes in: a struct's type. Goes out: every part of it that could carry more than a number, a word
of a fixed list or a checked identifier; or a strategy that makes such structs.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
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
    Type,
    UnionType,
    type_info,
)

MOST_LISTED: Final = 16

_TEXTS: Final = (
    "a",
    "r12-a",
    "n" * 32,
    "s-4f2a",
    "s-" + "f" * 16,
    "0" * 12,
    "0" * 64,
    "1.0.0",
    "9999.9999.9999",
    "01234567-89ab-8def-b123-456789abcdef",
)
"""Identifiers, the shortest and longest of each kind; others are refused by their pattern."""


def loose_parts(cls: type[msgspec.Struct], *, depth: int = 0) -> list[str]:
    """Return each part of `cls` that is not closed, as ``path: why``; nothing when all is."""
    info = type_info(cls)
    assert isinstance(info, StructType)
    found = [] if info.forbid_unknown_fields else ["(top): takes unknown fields"]
    for field in info.fields:
        found += [f"{field.encode_name}: {why}" for why in _loose(field.type, depth)]
    return found


def _loose(kind: Type, depth: int) -> list[str]:
    match kind:
        case NoneType() | BoolType() | FloatType() | EnumType():
            return []
        case IntType():
            return [] if kind.ge is not None and kind.le is not None else ["an int without limits"]
        case StrType():
            return _loose_text(kind)
        case Metadata():
            return _loose(kind.type, depth)
        case UnionType():
            return [why for one in kind.types for why in _loose(one, depth)]
        case StructType():
            # One level of named structs below the envelope; deeper nesting could hide a curve.
            return ["nested too deeply"] if depth else loose_parts(kind.cls, depth=depth + 1)
        case ListType():
            if not isinstance(kind.item_type, StructType):
                return ["a list of what is no named struct"]
            if kind.max_length is None or kind.max_length > MOST_LISTED:
                return [f"a list of more than {MOST_LISTED}"]
            return _loose(kind.item_type, depth)
        case _:
            return [f"a {type(kind).__name__}"]


def _loose_text(kind: StrType) -> list[str]:
    pattern = kind.pattern
    if pattern is None:
        return ["free text"]
    if not (pattern.startswith("^") and pattern.endswith(r"$(?!\n)")):
        return ["text whose pattern does not hold from end to end"]
    if any(sign in pattern for sign in (".", " ", r"\w", r"\s", r"\S", "[^", "*", "+", "A-Z")):
        return ["text whose pattern takes more than an identifier"]
    return []


def made_up(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return a strategy for structs of `cls`, at and between the limits of every field."""
    info = type_info(cls)
    assert isinstance(info, StructType)
    return st.builds(cls, **{field.name: _value(field.type) for field in info.fields})


def _value(kind: Type) -> st.SearchStrategy[Any]:
    match kind:
        case NoneType():
            return st.none()
        case BoolType():
            return st.booleans()
        case IntType():
            return st.integers(kind.ge, kind.le)
        case FloatType():
            # A network that was run here may have told the processor to take the least as zero.
            return st.floats(
                kind.ge, kind.le, allow_nan=False, allow_infinity=False, allow_subnormal=False
            )
        case EnumType():
            return st.sampled_from(list(kind.cls))
        case StrType():
            assert kind.pattern is not None
            return st.sampled_from([text for text in _TEXTS if re.search(kind.pattern, text)])
        case Metadata():
            return _value(kind.type)
        case UnionType():
            return st.one_of([_value(one) for one in kind.types])
        case StructType():
            return made_up(kind.cls)
        case ListType():
            return st.lists(
                _value(kind.item_type), min_size=kind.min_length or 0, max_size=kind.max_length
            )
        case _:
            raise TypeError(f"nothing is made up for {kind}")
