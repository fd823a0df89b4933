"""Devices that take web push: one file each, in a folder that only this user may read.

In: what a browser gave for a device. Out: the devices under a label. A file holds no name of a
person; who knows its content can send to that device, so others may not read it.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from ambient.bus.keys import read_private, write_private
from ambient.errors import LinkError, StoreError, UsageError
from ambient.files import read_bytes, write_atomically

MOST_DEVICES: Final = 200
SERVICES: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    "notify.windows.com",
)
"""Push services of Chromium, Firefox, Safari and Edge; the hub sends to no other."""
_FileName = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\.json$(?!\n)")]
_B64: Final = r"^[A-Za-z0-9_\-]+={0,2}$(?!\n)"


class Subscription(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device.

    Attributes
    ----------
    label
        The address in ``recipients`` under which it is reached.
    endpoint
        Where its push service takes messages.
    p256dh, auth
        Its public key and the secret that it shares with the hub (RFC 8291), in base64url.
    """

    label: Annotated[str, Meta(min_length=1, max_length=100)]
    endpoint: Annotated[str, Meta(max_length=1000, pattern=r"^https://[!-~]+$(?!\n)")]
    p256dh: Annotated[str, Meta(max_length=100, pattern=_B64)]
    auth: Annotated[str, Meta(max_length=40, pattern=_B64)]

    def __repr__(self) -> str:
        """Return the label only: the rest is a secret."""
        return f"Subscription(label={self.label!r}, …)"


class Devices:
    """The devices of one channel.

    Parameters
    ----------
    folder
        Made when the first device comes.
    services
        Hosts that a device's endpoint may be at, or below.
    """

    def __init__(self, folder: Path, services: Sequence[str] = SERVICES) -> None:
        self._folder = folder
        self._services = services

    def add(self, device: Subscription) -> None:
        """Keep a device; one that is there already gets the new label.

        Raises
        ------
        UsageError
            When its push service is not one of those allowed, its keys are none, or there are too
            many devices.
        StoreError
            When the disk cannot take it; what was kept stays.
        """
        host = urlsplit(device.endpoint).hostname or ""
        if not any(host == one or host.endswith(f".{one}") for one in self._services):
            raise UsageError(
                f"expected a push service of {', '.join(self._services)}, got {host[:100]!r}; "
                "add it to services in hub.yaml if you trust it"
            )
        key, secret = _decoded(device.p256dh), _decoded(device.auth)
        if len(key) != 65 or key[0] != 4 or len(secret) != 16:
            raise UsageError(
                "expected a key of 65 bytes (an uncompressed point) and a secret of 16, got "
                f"{len(key)} and {len(secret)}; let the device subscribe anew"
            )
        path = self._path(device.endpoint)
        with _folder_errors(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists() and len(self._files()) >= MOST_DEVICES:
            raise UsageError(f"expected at most {MOST_DEVICES} devices; remove some first")
        write_atomically(path, msgspec.json.encode(device))

    def remove(self, endpoint: str) -> None:
        """Forget a device, if it is there."""
        self._path(endpoint).unlink(missing_ok=True)

    def under(self, label: str) -> list[Subscription]:
        """Return the devices of `label`.

        Raises
        ------
        LinkError
            When a file may be read by others, or is none of these.
        """
        found = []
        for path in self._files():
            data = read_private(path)
            if data is None:
                continue
            try:
                device = msgspec.json.decode(data, type=Subscription)
            except msgspec.DecodeError:
                raise LinkError(
                    f"{path}: expected a device that takes web push, got something else; remove it"
                ) from None
            if device.label == label:
                found.append(device)
        return found

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))

    def _path(self, endpoint: str) -> Path:
        return self._folder / f"{hashlib.sha256(endpoint.encode()).hexdigest()[:32]}.json"


def packed(folder: Path) -> bytes | None:
    """Return all devices of a folder as one file, for the other hub; None where it is not there.

    Raises
    ------
    StoreError
        When a file cannot be read.
    """
    if not folder.is_dir():
        return None
    found = {
        path.name: data.decode("utf-8", "replace")
        for path in sorted(folder.glob("*.json"))
        if (data := read_bytes(path)) is not None
    }
    # `MOST_DEVICES` of the longest fit in one message between hubs only when made small.
    return zlib.compress(msgspec.json.encode(found))


def unpack(data: bytes, folder: Path) -> None:
    """Have in a folder the devices that the other hub has, and no other.

    Raises
    ------
    StoreError, LinkError
        When they cannot be written, or `data` is none of `packed`.
    """
    try:
        coming = msgspec.json.decode(zlib.decompress(data), type=dict[_FileName, str])
    except (zlib.error, msgspec.MsgspecError) as error:
        raise LinkError(f"expected devices that take web push, got: {error}") from None
    with _folder_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in folder.glob("*.json"):
            if path.name not in coming:
                path.unlink(missing_ok=True)
    for name, content in coming.items():
        if read_bytes(folder / name) != content.encode():
            write_private(folder / name, content.encode())


@contextmanager
def _folder_errors(folder: Path) -> Iterator[None]:
    """Say what to do about a folder in which no device can be kept."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{folder}: expected a folder to keep devices in, got: {error.strerror}; "
            "check its owner and the free space"
        ) from None


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except ValueError:
        return b""
