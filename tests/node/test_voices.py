"""Whose voice may be enrolled, from what, and when it is forgotten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ambient import commands
from ambient.config import NodeConfig, load_node
from ambient.errors import UsageError
from ambient.events import Outcome, Purpose
from ambient.node import voices
from ambient.node.desk import CommandDesk
from ambient.node.place import NodePlace
from ambient.node.switches import Switches
from audio.blocks import RATE, SAMPLE_NS, Block
from audio.speech.enrolment import Enrolment
from audio.speech.vault import VoiceVault
from tests.patience import PATIENCE_S

ROOMS = """
  - {id: r1, beds: [{id: b1, subject: s-1111}], microphones: [{id: m1, source: one.wav}]}
  - {id: r2, beds: [{id: b2, subject: s-2222}, {id: b3, subject: s-3333}, {id: b4}],
     microphones: [{id: m2, source: two.wav}, {id: m3, source: three.wav}]}
  - {id: r3, beds: [{id: b5}]}
"""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    file = tmp_path / "node.yaml"
    file.write_text(f"site: s\nnode: n-1\nstate_dir: {tmp_path}/node\nrooms:{ROOMS}")
    return file


@pytest.fixture
def config(config_file: Path) -> NodeConfig:
    return load_node(config_file)


@pytest.mark.parametrize(
    ("target", "room", "subject"),
    [("r1", "r1", "s-1111"), ("s-1111", "r1", "s-1111"), ("s-3333", "r2", "s-3333")],
)
def test_who_is_meant(config: NodeConfig, target: str, room: str, subject: str) -> None:
    found = voices.find(config, target)
    assert (found.room.id, found.subject) == (room, subject)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("r2", "expected one resident, got s-2222, s-3333"),
        ("r3", "expected a bed with a subject"),
        ("r9", "s-1111, s-2222, s-3333, r1, r2, r3"),
        ("s-9999", "got 's-9999'"),
    ],
)
def test_who_is_not_known_is_said(config: NodeConfig, target: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        voices.find(config, target)


def test_nobody_is_heard_without_consent(config: NodeConfig) -> None:
    resident = voices.find(config, "r1")
    with pytest.raises(UsageError, match="ambient consent grant r1 recognise_voice"):
        voices.expect_consent(resident, Switches().with_purpose("r1", Purpose.VOICE, True), 5)
    agreed = Switches().with_purpose("r1", Purpose.RECOGNISE_VOICE, True)
    voices.expect_consent(resident, agreed, 5)
    with pytest.raises(UsageError, match="privacy pause"):
        voices.expect_consent(resident, agreed.with_pause("r1", 9), 5)


@pytest.mark.parametrize(
    ("target", "wanted", "source"),
    [
        ("r1", "microphone", "one.wav"),
        ("s-2222", "m3", "three.wav"),
        ("r1", "minute.wav", "minute.wav"),
    ],
)
def test_from_what(config: NodeConfig, target: str, wanted: str, source: str) -> None:
    assert voices.source_of(voices.find(config, target), wanted) == source


def test_several_microphones_are_told_apart_by_name(config: NodeConfig) -> None:
    with pytest.raises(UsageError, match="expected one microphone, got m2, m3"):
        voices.source_of(voices.find(config, "s-2222"), "microphone")


def _blocks(*lengths: int, lost: int = 0) -> list[Block]:
    ends = np.cumsum(lengths).tolist()
    return [
        Block(np.zeros(length, np.float32), end * SAMPLE_NS, lost=lost if number else 0)
        for number, (length, end) in enumerate(zip(lengths, ends, strict=True))
    ]


def test_no_more_is_heard_than_asked_for() -> None:
    told: list[float] = []
    sound = voices.listen(_blocks(RATE, RATE, RATE), 1.5, told.append)
    assert len(sound) == 1.5 * RATE
    assert told == [1.0, 2.0]
    assert voices.listen([], 1.0).size == 0
    with pytest.raises(UsageError, match="without gaps"):
        voices.listen(_blocks(RATE, RATE, lost=1), 2.0)


def _enrol(config: NodeConfig, *subjects: str) -> VoiceVault:
    vault = VoiceVault(config.state_dir)
    for subject in subjects:
        vault.keep(Enrolment(subject, [0.5] * 192, 0.8, 0.1, 12, 36.0, 30.0, network="n", t=1))
    return vault


def test_erasing_a_subject_erases_the_voice(config: NodeConfig, config_file: Path) -> None:
    vault = _enrol(config, "s-1111", "s-2222")
    place = NodePlace(config.state_dir)
    place.make()
    desk = CommandDesk(config_file, config, place.run_dir, running=False)
    erase = commands.Erase(id=commands.new_id(), node="n-1", issued=1, expires=9, subject="s-1111")
    assert desk.handle(erase, 2) is Outcome.APPLIED
    assert vault.subjects() == ["s-2222"]


@pytest.mark.parametrize(
    ("purpose", "on", "left"),
    [
        (Purpose.RECOGNISE_VOICE, False, ["s-1111"]),
        (Purpose.RECOGNISE_VOICE, True, ["s-1111", "s-2222", "s-3333"]),
        (Purpose.VOICE, False, ["s-1111", "s-2222", "s-3333"]),
    ],
)
def test_withdrawn_consent_erases_the_rooms_voices(
    config: NodeConfig, config_file: Path, purpose: Purpose, on: bool, left: list[str]
) -> None:
    vault = _enrol(config, "s-1111", "s-2222", "s-3333")
    place = NodePlace(config.state_dir)
    place.make()
    desk = CommandDesk(config_file, config, place.run_dir, running=False)
    command = commands.SetPurpose(
        id=commands.new_id(), node="n-1", issued=1, expires=9, room="r2", purpose=purpose, on=on
    )
    assert desk.handle(command, 2) in (Outcome.APPLIED, Outcome.ALREADY)
    assert vault.subjects() == left


def test_nothing_is_made_where_nothing_is_enrolled(config: NodeConfig) -> None:
    assert voices.forget(config.state_dir, ["s-1111"]) == []
    assert not config.state_dir.exists()


def _ambient(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ambient", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE_S,
        cwd=folder,
    )


def test_the_command_refuses_and_erases(config: NodeConfig, config_file: Path) -> None:
    folder = config_file.parent
    refused = _ambient(folder, "enroll-voice", "r1", "--from", "minute.wav")
    assert refused.returncode == 2
    assert "ambient consent grant r1 recognise_voice" in refused.stderr
    _enrol(config, "s-1111")
    erased = _ambient(folder, "enroll-voice", "r1", "--erase", "--json")
    assert json.loads(erased.stdout) == {"subject": "s-1111", "erased": True}
    again = _ambient(folder, "enroll-voice", "r1", "--erase")
    assert again.stdout == "s-1111: nothing was enrolled\n"
