"""Enrolments at rest: enciphered, for the node's user alone, gone when erased."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.errors import StoreError
from ambient.node import voices
from audio.speech import vault as vaults
from audio.speech.enrolment import Enrolment
from audio.speech.vault import VoiceVault


def _enrolment(subject: str = "s-4f2a") -> Enrolment:
    rng = np.random.default_rng(len(subject))
    return Enrolment(
        subject=subject,
        voice=[float(x) for x in rng.standard_normal(192).round(4)],
        near=0.8,
        spread=0.05,
        windows=12,
        speech_s=36.0,
        snr_db=30.0,
        network="abc",
        t=5,
    )


@pytest.fixture
def vault(tmp_path: Path) -> VoiceVault:
    return VoiceVault(tmp_path)


def test_what_is_kept_is_read_again(vault: VoiceVault, tmp_path: Path) -> None:
    first, second = _enrolment(), _enrolment("s-00ff")
    vault.keep(first)
    vault.keep(second)
    assert vault.subjects() == ["s-00ff", "s-4f2a"]
    assert VoiceVault(tmp_path).read("s-4f2a") == first
    assert vault.read("s-00ff") == second
    assert vault.read("s-1234") is None


def test_only_the_nodes_user_can_read_it_and_nothing_stands_in_it(
    vault: VoiceVault, tmp_path: Path
) -> None:
    vault.keep(_enrolment())
    folder = tmp_path / vaults.FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(file.name for file in folder.iterdir()) == ["s-4f2a.key", "s-4f2a.voice"]
    plain = msgspec.msgpack.encode(_enrolment())
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        data = file.read_bytes()
        assert plain[20:60] not in data
        assert b"s-4f2a" not in data


def test_enrolled_again_has_another_key(vault: VoiceVault, tmp_path: Path) -> None:
    vault.keep(_enrolment())
    key = (tmp_path / "voices/s-4f2a.key").read_bytes()
    vault.keep(_enrolment())
    assert (tmp_path / "voices/s-4f2a.key").read_bytes() != key
    assert vault.read("s-4f2a") == _enrolment()


def test_erased_is_gone_and_a_copy_is_noise(vault: VoiceVault, tmp_path: Path) -> None:
    vault.keep(_enrolment())
    vault.keep(_enrolment("s-00ff"))
    copy = (tmp_path / "voices/s-4f2a.voice").read_bytes()
    assert vault.erase("s-4f2a") is True
    assert vault.erase("s-4f2a") is False
    assert vault.read("s-4f2a") is None
    assert vault.read("s-00ff") is not None
    vault.keep(_enrolment())
    (tmp_path / "voices/s-4f2a.voice").write_bytes(copy)
    with pytest.raises(StoreError, match="enrol again"):
        vault.read("s-4f2a")


def _flip(folder: Path) -> None:
    file = folder / "s-4f2a.voice"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def _swap(folder: Path) -> None:
    for suffix in ("key", "voice"):
        os.replace(folder / f"s-00ff.{suffix}", folder / f"s-4f2a.{suffix}")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a bit": _flip,
    "cut off": lambda folder: os.truncate(folder / "s-4f2a.voice", 30),
    "empty": lambda folder: os.truncate(folder / "s-4f2a.voice", 0),
    "another's": _swap,
    "a short key": lambda folder: os.truncate(folder / "s-4f2a.key", 16),
    "an open key": lambda folder: (folder / "s-4f2a.key").chmod(0o644),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_was_changed_is_not_believed(name: str, vault: VoiceVault, tmp_path: Path) -> None:
    vault.keep(_enrolment())
    vault.keep(_enrolment("s-00ff"))
    DAMAGE[name](tmp_path / "voices")
    with pytest.raises(StoreError, match="enrol again"):
        vault.read("s-4f2a")


@pytest.mark.parametrize("name", ["../s-4f2a", "s-4f2a/..", "", "anna"])
def test_only_a_pseudonym_names_a_file(name: str, vault: VoiceVault) -> None:
    with pytest.raises(ValueError, match="pseudonym"):
        vault.read(name)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / vaults.FOLDER).write_text("in the way")
    with pytest.raises(StoreError, match="nothing is enrolled"):
        VoiceVault(tmp_path).keep(_enrolment())


def test_the_node_knows_the_folder_by_the_same_name() -> None:
    assert voices.FOLDER == vaults.FOLDER
