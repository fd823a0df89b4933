"""CURVE key pairs on disk: made, checked, compared by eye, replaced in one step.

Comes in: a path in the service's state folder. Goes out: a `KeyPair` whose secret half never
shows in a log, and fingerprints that two people can compare over the telephone. A private key
that others can read is refused, not repaired: it must be taken as known to them.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import struct
from pathlib import Path
from typing import Annotated, Final

import msgspec
import zmq
from msgspec import Meta, Struct
from zmq.utils import z85

from ambient import files
from ambient.config_base import PublicKey
from ambient.errors import LinkError

NODE_KEY: Final = "node.key"
"""File of the key a node uses now, in its state folder."""
NEXT_KEY: Final = "node.next.key"
"""File of the key a node is changing to; exists only while a rotation is under way."""
HUB_KEY: Final = "hub.key"
"""File of a hub's key, in its state folder."""
ENROL_KEY: Final = "node.enrol.key"
"""File of the key a node asks to be enrolled with; becomes its key when accepted."""

KEY_BYTES: Final = 32
MAX_FILE_BYTES: Final = 4096

SecretKey = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{40}$(?!\n)")]


class KeyPair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A CURVE key pair in Z85, 40 characters each.

    Attributes
    ----------
    public
        May be shown to anybody.
    secret
        Never leaves the machine; left out of the representation.
    """

    public: PublicKey
    secret: SecretKey

    def __repr__(self) -> str:
        """Return the public half only."""
        return f"KeyPair(public={self.public!r}, secret=…)"

    @property
    def fingerprint(self) -> str:
        """What people compare, see `fingerprint`."""
        return fingerprint(self.public)


def new_pair() -> KeyPair:
    """Return a fresh random key pair."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public=public.decode(), secret=secret.decode())


def fingerprint(public: str) -> str:
    """Return a public key's fingerprint: 8 groups of 4 letters or digits.

    The first 160 bits of SHA-256 over the 32 key bytes, in base32 (RFC 4648, no look-alike
    digits 0, 1, 8), for example ``MFRG-GZDF-…``.

    Raises
    ------
    LinkError
        When `public` is not a key in Z85.
    """
    text = base64.b32encode(hashlib.sha256(raw_key(public)).digest()[:20]).decode()
    return "-".join(text[i : i + 4] for i in range(0, 32, 4))


def raw_key(public: str) -> bytes:
    """Return the 32 bytes of a key in Z85.

    Raises
    ------
    LinkError
        When `public` is not a key in Z85.
    """
    try:
        raw = z85.decode(public)
    except (KeyError, ValueError, struct.error):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise LinkError(f"expected a public key of 40 Z85 characters, got {public[:60]!r}")
    return bytes(raw)


def text_key(raw: bytes) -> str:
    """Return 32 key bytes in Z85."""
    return z85.encode(raw).decode()


def load_pair(path: Path) -> KeyPair | None:
    """Return the key pair in `path`, or nothing when there is no such file.

    Raises
    ------
    LinkError
        When others may read the file, it belongs to another user, or is not a key pair.
    """
    data = read_private(path)
    if data is None:
        return None
    try:
        pair = msgspec.json.decode(data, type=KeyPair)
        matches = zmq.curve_public(pair.secret.encode()).decode() == pair.public
    except (msgspec.MsgspecError, ValueError, zmq.ZMQError):
        matches = False
    if not matches:
        raise LinkError(
            f"{path}: expected a CURVE key pair, got something else; "
            "move the file away and enrol again"
        )
    return pair


def save_pair(path: Path, pair: KeyPair) -> None:
    """Write `pair` to `path`, mode 0600, whole or not at all, and on the disk on return.

    Raises
    ------
    LinkError
        When it cannot be written.
    """
    write_private(path, msgspec.json.encode(pair))


def load_or_make(path: Path) -> KeyPair:
    """Return the key pair in `path`; make and save one when there is none.

    Raises
    ------
    LinkError
        As `load_pair` and `save_pair`.
    """
    pair = load_pair(path)
    if pair is None:
        # Another process may make one at the same instant: only the first counts.
        write_private(path, msgspec.json.encode(new_pair()), replace=False)
        pair = load_pair(path)
    if pair is None:
        raise LinkError(f"{path}: expected the key just written, found none; who removes it?")
    return pair


def promote(state_dir: Path, name: str) -> KeyPair:
    """Make the key in the file `name` (next or enrol) the node's key, in one step; return it.

    Raises
    ------
    LinkError
        When there is no such key, or the disk refuses.
    """
    pair = load_pair(state_dir / name)
    if pair is None:
        raise LinkError(f"{state_dir / name}: expected a key to change to, found none")
    try:
        os.replace(state_dir / name, state_dir / NODE_KEY)
        files.sync(state_dir)
    except OSError as error:
        raise LinkError(f"{state_dir / NODE_KEY}: cannot be replaced ({error.strerror})") from None
    return pair


def forget(path: Path) -> None:
    """Remove a private file if it is there.

    Raises
    ------
    LinkError
        When the folder does not allow it.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise LinkError(f"{path}: cannot be removed ({error.strerror}); check its owner") from None


def read_private(path: Path) -> bytes | None:
    """Return the content of a file that only its owner may read, or nothing if there is none.

    Raises
    ------
    LinkError
        When others may read it, it is another user's, no regular file, or too long.
    """
    try:
        # A link could point at a file that somebody else can write.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LinkError(
            f"{path}: cannot be read ({error.strerror}); expected a regular file of this user"
        ) from None
    try:
        _check_private(path, os.fstat(descriptor))
        data = os.read(descriptor, MAX_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > MAX_FILE_BYTES:
        raise LinkError(f"{path}: expected at most {MAX_FILE_BYTES} bytes, got more; remove it")
    return data


def _check_private(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise LinkError(f"{path}: expected a regular file, got something else; remove it")
    if facts.st_uid != os.geteuid():
        raise LinkError(
            f"{path}: expected a file of user id {os.geteuid()}, got one of {facts.st_uid}; "
            f"run: chown {os.geteuid()} {path}"
        )
    if facts.st_mode & 0o077:
        raise LinkError(
            f"{path}: expected mode 0600, got {stat.S_IMODE(facts.st_mode):04o}: others can "
            f"read this secret; run: chmod 600 {path} (and make a new one if others did)"
        )


def write_private(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file that only its owner may read, whole or not at all, and sync it to the disk.

    With `replace` off, a file that is there stays as it is.

    Raises
    ------
    LinkError
        When it cannot be written; the old content stays.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.put(path, data, replace=replace)
    except OSError as error:
        raise LinkError(
            f"{path}: cannot be written ({error.strerror}); check the folder's owner and the disk"
        ) from None
