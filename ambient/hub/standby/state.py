"""The small files of a hub that the other one needs to take its place, and the ledger of erasures.

Comes in: a state folder and ``hub.yaml``. Goes out: their names and contents, and the same put in
place on the other machine: keys of residents' data, the site's authority, the configuration, and
what web push needs (`push_files`).
All of that but what is a machine's own stands in the first hub's ``hub.yaml``; the second follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from ambient.bus import keys
from ambient.config import HubConfig, load_hub
from ambient.config_standby import Order
from ambient.config_yaml import parsed, read_yaml
from ambient.errors import ConfigError
from ambient.files import read_bytes, write_atomically
from ambient.hub import certificates
from ambient.hub.listening import url_of
from ambient.hub.people import erasure_file, vault
from ambient.hub.standby import push_files

CONFIG: Final = "hub.yaml"
LEDGER: Final = erasure_file.NAME
OTHERS_LEDGER: Final = "erasures.other.jsonl"
"""The ledger that the other hub brought, in the state folder of the one that serves."""

OWN: Final = ("site", "state_dir", "link", "web", "standby", "alive", "backup")
"""Sections of ``hub.yaml`` that each machine has for itself."""

SECTION: Final = "standby.yaml"
"""In the state folder: the section ``standby``, as `invite` and `join` write it."""
FOLLOWED: Final = "hub.followed.yaml"
"""In the second hub's state folder: the first one's configuration."""
EFFECTIVE: Final = "hub.effective.yaml"
"""In the state folder: what the hub runs with, to be read by people."""


def effective(config_file: Path) -> HubConfig:
    """Return the configuration that a hub runs with; see `in_force`."""
    return load_hub(in_force(config_file))


def in_force(config_file: Path) -> Path:
    """Return the file a hub runs with: alone its ``hub.yaml``, else what the two files make.

    The commands run as the service's user, who may not write ``hub.yaml``: what they set up lies
    in the state folder.

    Raises
    ------
    ConfigError
        When a file cannot be used.
    StoreError
        When what results cannot be written.
    """
    loaded = load_hub(config_file)
    own = read_yaml(config_file)
    content = dict(own)
    section = loaded.state_dir / SECTION
    if "standby" not in content and section.exists():
        content["standby"] = read_yaml(section)
    followed = loaded.state_dir / FOLLOWED
    second = content.get("standby", {}).get("order") == Order.SECOND.value
    if second and followed.exists():
        content = merged(content, read_yaml(followed))
    if content == own:
        return config_file
    path = loaded.state_dir / EFFECTIVE
    data = yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode()
    if read_bytes(path) != data:
        write_atomically(path, data)
    return path


def gathered(state_dir: Path, config_file: Path | None) -> dict[str, bytes]:
    """Return what the other hub needs beside the database.

    Parameters
    ----------
    config_file
        The first hub's, which the second one follows; nothing on the second one.

    Raises
    ------
    StoreError
        When something cannot be read.
    """
    found = {
        **_keys_and_authority(state_dir),
        **({} if config_file is None else {CONFIG: config_file}),
    }
    read = {name: read_bytes(path) for name, path in found.items()}
    # After the configuration, which says where they are kept.
    read |= push_files.gathered(
        _channels(state_dir, config_file), with_keys=config_file is not None
    )
    return {name: data for name, data in read.items() if data is not None}


def _keys_and_authority(state_dir: Path) -> dict[str, Path]:
    """Return what both hubs have the same of: its name ► where it is kept on this machine."""
    authority = certificates.files_of(state_dir)
    return {
        vault.KEY_FILE: state_dir / vault.KEY_FILE,
        "ca.crt": authority.authority,
        "ca.key": authority.authority_key,
    }


def _channels(state_dir: Path, config_file: Path | None) -> Path:
    """Return the file that says which channels this hub has; it may not be there yet."""
    own = None if (state_dir / FOLLOWED).exists() else config_file
    return own or state_dir / EFFECTIVE


def digest(contents: Mapping[str, bytes]) -> str:
    """Return a digest (SHA-256) of these files."""
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(f"{name}:{hashlib.sha256(contents[name]).hexdigest()};".encode())
    return whole.hexdigest()


def put(name: str, data: bytes, state_dir: Path, config_file: Path) -> None:
    """Put a file of the other hub in place; one that is none of the known is left.

    Raises
    ------
    StoreError, LinkError, ConfigError
        When it cannot be written, or the configuration cannot be used here.
    """
    targets = _keys_and_authority(state_dir)
    if name == CONFIG:
        _follow(data, state_dir, config_file)
    elif name.startswith(push_files.PREFIX):
        push_files.put(name, data, _channels(state_dir, config_file))
    elif name in targets and read_bytes(targets[name]) != data:
        keys.write_private(targets[name], data)


def merged(own: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of this machine: its own sections, all else as on the other.

    Examples
    --------
    >>> merged({"site": "a", "silent_s": 20}, {"site": "a", "keep_days": 30})
    {'site': 'a', 'keep_days': 30}
    """
    return {
        **{key: own[key] for key in OWN if key in own},
        **{key: value for key, value in other.items() if key not in OWN},
    }


def erasures(state_dir: Path) -> bytes | None:
    """Return the ledger of erasures of this hub, if it has one."""
    return read_bytes(state_dir / LEDGER)


def keep_ledger(state_dir: Path, data: bytes) -> None:
    """Keep the ledger that the other hub brought, for the hub that serves to apply it.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    path = state_dir / OTHERS_LEDGER
    if read_bytes(path) != data:  # it comes with each copy
        write_atomically(path, data)


def _follow(data: bytes, state_dir: Path, config_file: Path) -> None:
    """Keep the first hub's configuration, when it can be used here."""
    path = state_dir / FOLLOWED
    before = read_bytes(path)
    if before == data:
        return
    parsed(data, path)
    write_atomically(path, data)
    try:
        effective(config_file)
    except ConfigError:
        # A path or section that only the other machine knows: what worked here stays.
        if before is None:
            path.unlink()
        else:
            write_atomically(path, before)
        raise


def own_page(config: HubConfig) -> str:
    """Return where browsers reach this hub, as far as its configuration says it."""
    web = config.web
    return url_of(config, web.port, web.names[0] if web.names else web.host)
