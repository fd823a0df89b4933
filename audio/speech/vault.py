"""Enrolments at rest: enciphered, on this node alone, gone when they are erased.

In: an `Enrolment`. Out: the same one again, or nothing. Each is one file enciphered with
AES-256-GCM under a key of its own, which lies in another file; both can be read by the node's user
alone. Whose it is is authenticated with it, so a file cannot be put in another's place. Erasing
overwrites and removes the key first: whatever copy of the enrolment is left is noise then.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ambient.errors import StoreError
from ambient.places import SUBJECT_PATTERN
from audio.speech.enrolment import Enrolment

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FOLDER: Final = "voices"
_MAGIC: Final = b"ambient voice 1\n"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_SUBJECT: Final = re.compile(SUBJECT_PATTERN)


class VoiceVault:
    """The enrolments of one node.

    Parameters
    ----------
    state_dir
        The node's state folder.
    """

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER

    def keep(self, enrolment: Enrolment) -> None:
        """Store an enrolment under a new key; one of the same subject is replaced.

        Raises
        ------
        StoreError
            The disk cannot take it; nothing is enrolled then.
        """
        cipher = _cipher()
        key, nonce = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
        name = self._name(enrolment.subject)
        data = cipher(key).encrypt(nonce, msgspec.msgpack.encode(enrolment), _MAGIC + name.encode())
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.erase(enrolment.subject)
            _write(self._folder / f"{name}.voice", _MAGIC + nonce + data)
            # Last: without its key the file is nothing, so a cut leaves no half enrolment.
            _write(self._folder / f"{name}.key", key)
        except OSError as error:
            raise StoreError(
                f"{self._folder}: cannot be written ({error.strerror}); nothing is enrolled: "
                "free space on this disk and enrol again"
            ) from None

    def read(self, subject: str) -> Enrolment | None:
        """Return the enrolment of `subject`; None without one.

        Raises
        ------
        StoreError
            It is there and cannot be read: changed, of another subject, or open to others.
        """
        name = self._name(subject)
        file, key_file = self._folder / f"{name}.voice", self._folder / f"{name}.key"
        try:
            if key_file.stat().st_mode & 0o077:
                raise StoreError(
                    f"{key_file}: expected a key that only the node's user can read; take it as "
                    f"known to others: erase the enrolment and enrol again"
                )
            key, data = key_file.read_bytes(), file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"{error.filename}: cannot be read ({error.strerror}); check its owner"
            ) from None
        return _decoded(file, key, data, name)

    def subjects(self) -> list[str]:
        """Return whose voices are enrolled, in order."""
        return sorted(file.stem for file in self._folder.glob("*.key"))

    def erase(self, subject: str) -> bool:
        """Make the enrolment of `subject` unreadable and remove it; return whether there was one.

        Raises
        ------
        StoreError
            The disk refuses.
        """
        name = self._name(subject)
        found = False
        try:
            for file in (self._folder / f"{name}.key", self._folder / f"{name}.voice"):
                if not file.is_file():
                    continue
                found = True
                with file.open("rb+") as handle:
                    handle.write(secrets.token_bytes(file.stat().st_size))
                    handle.flush()
                    os.fsync(handle.fileno())
                file.unlink()
            if found:
                _sync(self._folder)
        except OSError as error:
            raise StoreError(
                f"{error.filename}: cannot be erased ({error.strerror}); check its owner"
            ) from None
        return found

    def _name(self, subject: str) -> str:
        if not _SUBJECT.match(subject):
            raise ValueError(f"expected a pseudonym like s-4f2a, got {subject!r}")
        return subject


def _decoded(file: Path, key: bytes, data: bytes, name: str) -> Enrolment:
    from cryptography.exceptions import InvalidTag

    start = len(_MAGIC) + _NONCE_BYTES
    try:
        if len(key) != _KEY_BYTES or not data.startswith(_MAGIC):
            raise InvalidTag
        nonce, hidden = data[len(_MAGIC) : start], data[start:]
        plain = _cipher()(key).decrypt(nonce, hidden, _MAGIC + name.encode())
        enrolment = msgspec.msgpack.decode(plain, type=Enrolment)
        if enrolment.subject != name:
            raise InvalidTag
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise StoreError(
            f"{file}: expected the enrolment of {name} under its key, got something else; erase it "
            "and enrol again"
        ) from None
    return enrolment


def _cipher() -> type[AESGCM]:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError:
        raise StoreError(
            "expected the package cryptography to encipher an enrolment with, found none; "
            "run: pip install 'ambient[audio]'"
        ) from None
    return AESGCM


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(part, path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
