"""What web push needs at the other hub too: the devices that take it, and the hub's key for it.

Comes in: the file that says which channels a hub has. Goes out: devices and keys by name, and the
same put in place on the other machine. Devices come from the hub that serves, where people enrol
them; the key from the first hub alone, whose channels they are.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ambient.bus import keys
from ambient.config_yaml import read_yaml
from ambient.errors import LinkError, StoreError
from ambient.files import read_bytes
from ambient.hub.channels import subscriptions, vapid

PREFIX: Final = "push"
DEVICES: Final = f"{PREFIX}:"
"""With a channel's name: its devices, as one file."""
KEY: Final = f"{PREFIX}-key:"
"""With a channel's name: the key that signs for it."""

_log = structlog.get_logger(__name__)


class _Places(msgspec.Struct, frozen=True):
    """Name ► where it is kept on this machine."""

    devices: dict[str, Path]
    keys: dict[str, Path]


def gathered(channels: Path, *, with_keys: bool) -> dict[str, bytes | None]:
    """Return what the other hub needs, by name; None of what is not there.

    Parameters
    ----------
    channels
        The configuration that has the channels.
    with_keys
        Whether the keys go, too.

    Raises
    ------
    StoreError
        When something cannot be read.
    """
    places = _places(channels)
    found = {name: subscriptions.packed(folder) for name, folder in places.devices.items()}
    if with_keys:
        found |= {name: read_bytes(path) for name, path in places.keys.items()}
    return found


def put(name: str, data: bytes, channels: Path) -> None:
    """Put what the other hub has in place; a channel that is not known here is passed over.

    What cannot be kept is told in the log: the database must come all the same, without it the
    other hub cannot be replaced at all.
    """
    places = _places(channels)
    try:
        if name in places.devices:
            subscriptions.unpack(data, places.devices[name])
        elif name in places.keys:
            _keep_key(data, places.keys[name])
    except (StoreError, LinkError) as error:
        _log.error("what web push needs cannot be kept", of=name, error=str(error))


def _keep_key(data: bytes, path: Path) -> None:
    """Write a key over none or another one; never anything else, and never over anything else."""
    key = vapid.portable(data)
    if key is None:
        raise LinkError(f"{path}: expected the other hub's key of web push, got something else")
    present = read_bytes(path)
    if present == key:
        return
    if present is not None and vapid.portable(present) is None:
        raise LinkError(f"{path}: expected no file or a key of web push, found something else")
    if not path.is_absolute():
        # It is meant from where the hub is started, and this may run elsewhere.
        raise LinkError(f"{path}: expected an absolute path in hub.yaml; copy it by hand else")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LinkError(f"{path.parent}: cannot be created ({error.strerror})") from None
    keys.write_private(path, key)


def _places(channels: Path) -> _Places:
    try:
        changed = channels.stat().st_mtime_ns
    except OSError:
        return _Places({}, {})  # a second hub that never started with what it follows
    return _places_in(channels, changed)


@functools.lru_cache(maxsize=4)
def _places_in(file: Path, _changed: int) -> _Places:
    # Asked for at each copy: reading YAML takes longer than all else of a small one.
    channels = read_yaml(file).get("channels") or {}
    places = _Places({}, {})
    for name, channel in channels.items():
        if channel.get("kind") == "webpush":
            options = channel.get("options", {})
            if "devices" in options:
                places.devices[f"{DEVICES}{name}"] = Path(options["devices"])
            if "key_file" in options:
                places.keys[f"{KEY}{name}"] = Path(options["key_file"])
    return places
