"""The closed list of what a hub may ask of a node."""

from __future__ import annotations

import json
import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ambient import commands
from ambient.commands import COMMAND_TYPES, MAX_PAUSE_S, Command, Pause, decode, encode, kind_of
from ambient.events import CommandKind
from ambient.node.control import MAX_BYTES
from tests.closed import loose_parts, made_up

ID = "9b3c38db-8ed9-8a09-a59f-d929c6f0d1aa"


def example(**changed: Any) -> bytes:
    """Return a privacy pause as it stands on the link, changed, or by ``...`` without a field."""
    fields = {
        "command": "pause",
        "id": ID,
        "node": "n-1",
        "issued": 1,
        "expires": 2,
        "room": "r12",
        "seconds": 60,
        **changed,
    }
    return json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()


@pytest.mark.parametrize("cls", COMMAND_TYPES, ids=lambda cls: cls.__name__)
def test_no_field_can_hold_more_than_numbers_words_and_identifiers(cls: type[Command]) -> None:
    assert loose_parts(cls) == []


def test_every_command_has_its_word_and_every_word_its_command() -> None:
    assert {str(cls.__struct_config__.tag) for cls in COMMAND_TYPES} == set(CommandKind) - {
        CommandKind.UNKNOWN
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (example(command="dance", tempo=3), ID),
        (example(room="no room!"), ID),
        (example(id="x"), None),
        (example(id=...), None),
        (example(id=7), None),
        (b"{", None),
        (b"[]", None),
        (b"\xff", None),
    ],
)
def test_the_id_of_an_unknown_command_is_read_if_it_is_one(
    data: bytes, expected: str | None
) -> None:
    assert commands.id_of_unknown(data) == expected


@pytest.mark.parametrize("cls", COMMAND_TYPES, ids=lambda cls: cls.__name__)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_command_comes_back_as_it_went(cls: type[Command], data: st.DataObject) -> None:
    command = data.draw(made_up(cls))
    sent = encode(command)
    assert decode(sent) == command
    assert kind_of(command) == json.loads(sent)["command"]
    assert len(sent) < MAX_BYTES


def test_a_pause_without_a_length_has_the_usual_one() -> None:
    pause = decode(example(seconds=...))
    assert isinstance(pause, Pause)
    assert pause.seconds == 20 * 60


@pytest.mark.parametrize(
    "changed",
    [
        {"command": "reboot"},
        {"command": "shell"},
        {"command": ...},
        {"id": "1"},
        {"id": "9b3c38db-8ed9-4a09-a59f-d929c6f0d1aa"},
        {"id": ID + "\n"},
        {"node": "*"},
        {"node": ...},
        {"issued": -1},
        {"expires": "never"},
        {"expires": ...},
        {"expires": 2**63},
        {"room": "Room 12"},
        {"room": ["r12", "r13"]},
        {"seconds": 0},
        {"seconds": MAX_PAUSE_S + 1},
        {"seconds": 1.5},
        {"run": "rm -rf /"},
    ],
    ids=lambda changed: " ".join(f"{key}={value!r:.30}" for key, value in changed.items()),
)
def test_what_is_no_command_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(example(**changed))


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b"\xff\xfe", b"pause", b"[" * 99])
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        decode(data)


def test_ids_are_random_and_of_version_8() -> None:
    made = {commands.new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert {uuid.UUID(one).version for one in made} == {8}
