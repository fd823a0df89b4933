"""Backups of a node: what a spare machine needs to take its place, sealed with the site's key.

Comes in: a node's configuration and a public key. Goes out: ``node-<name>-<time>.age``, an age file
around a tar archive of ``node.yaml`` (zones and masks), the switches (consents), and what was
learned (`fusion.learned`); and back, on a machine that is no node yet. Not in it: keys, enrolled
voices, events, what held at that moment (whoever lay on the floor, was out of bed or had pulled the
cord then does so no more), and nothing that a camera or microphone gave.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from ambient import __version__, sealed_archive, sealing
from ambient.bus import keys
from ambient.config import NodeConfig, load_node
from ambient.errors import StoreError, UsageError
from ambient.events import WizardAct
from ambient.files import read_bytes, sync, write_atomically
from ambient.node.clock import running_clock
from ambient.node.identity import keep_identity
from ambient.node.outbox import Outbox
from ambient.node.place import NodePlace
from ambient.node.switches import FILE as SWITCHES
from ambient.node.switches import Switches
from ambient.node.wizard.announce import Announcer
from ambient.scratch import scratch
from ambient.sealed_archive import LIST
from fusion.learned import learned

CONFIG: Final = "node.yaml"
LEARNED: Final = "learned.msgpack"
MOST_BYTES: Final = 64 * 1024 * 1024

_log = structlog.get_logger(__name__)


class Contents(Struct, frozen=True, kw_only=True):
    """What a backup says of itself: whose it is, by which version it was made, and when."""

    site: str
    node: str
    rooms: list[str]
    software: str
    made: str


def back_up(config: NodeConfig, config_file: Path, folder: Path, key: str, now: datetime) -> Path:
    """Take a backup of a node, which may be running.

    Parameters
    ----------
    config, config_file
        The node's configuration, and where it stands.
    folder
        Where backups are kept; made when it is missing.
    key
        The site's public key (``age1...``).
    now
        Names the file.

    Raises
    ------
    UsageError
        When `key` is no public key, or the node never ran.
    StoreError
        When something cannot be read or written.
    """
    recipient = sealing.recipient_of(key)
    place = NodePlace(config.state_dir)
    if not place.outbox.exists():
        raise UsageError(
            f"{place.outbox}: expected the node's outbox, found none; start the node once before"
        )
    with Outbox(place.outbox) as outbox:
        state = _learned(outbox.state())
    contents = Contents(
        site=config.site,
        node=config.node,
        rooms=[room.id for room in config.rooms],
        software=__version__,
        made=now.isoformat(),
    )
    files = {
        LIST: msgspec.json.encode(contents),
        CONFIG: config_file.read_bytes(),
        LEARNED: msgspec.msgpack.encode(state),
        SWITCHES: read_bytes(config.state_dir / SWITCHES) or msgspec.json.encode(Switches()),
    }
    out = sealed_archive.destination(folder, f"node-{config.node}", now)
    write_atomically(out, sealing.sealed(sealing.archive(files), recipient))
    return out


@contextmanager
def replacing(
    backup: Path, private: str, config_file: Path
) -> Iterator[tuple[Contents, NodeConfig]]:
    """Make this machine ready to take a node's place; it must be enrolled within the ``with``.

    All is written beside its place first, and put there at the end: whoever is refused by the hub,
    or gives up, finds the folders as they were and tries again. What the enrolment itself keeps,
    to go on with the same invitation, stays.

    Parameters
    ----------
    private
        The site's private key.
    config_file
        The node's configuration; that of the backup is written where there is none.

    Raises
    ------
    UsageError
        When a node is here already, the configuration is another node's, or the key is not this
        backup's.
    StoreError
        When the backup is damaged, or something cannot be written.
    """
    with _folder(config_file.parent, 0o777), scratch(config_file.parent) as beside:
        given = config_file.exists()
        contents, config, state, switches = _read(
            backup, private, beside, config_file if given else None
        )
        place = NodePlace(config.state_dir)
        if place.outbox.exists() or (config.state_dir / keys.NODE_KEY).exists():
            raise UsageError(
                f"{config.state_dir}: expected no node there, found one; move that folder away "
                "first: a node is never replaced by its own past"
            )
        with _folder(config.state_dir, 0o700), scratch(config.state_dir) as ready:
            write_atomically(ready / SWITCHES, msgspec.json.encode(switches))
            with Outbox(ready / place.outbox.name) as outbox:
                outbox.commit([], state)
            yield contents, config
            place.make()
            _put(ready / SWITCHES, config.state_dir / SWITCHES)
            if not given:
                _put(beside / CONFIG, config_file)
            # The outbox last: where it is, the machine is ready.
            _put(ready / place.outbox.name, place.outbox)


def announce(config: NodeConfig) -> None:
    """Have the hub told that this machine took a node's place; once it is enrolled.

    Raises
    ------
    UsageError
        When it is not.
    """
    pair = keys.load_pair(config.state_dir / keys.NODE_KEY)
    if pair is None:
        raise UsageError(f"{config.state_dir}: expected a node that is enrolled; enrol it first")
    place = NodePlace(config.state_dir)
    announcer = Announcer(config, keep_identity(place, pair.public), running_clock(place.clock).now)
    for room in config.rooms:
        announcer.act(WizardAct.REPLACED, room=room.id)


@contextmanager
def _folder(folder: Path, mode: int) -> Iterator[None]:
    """Make a folder that is missing; at the end take away what was made and holds nothing."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise sealed_archive.cannot_write(folder, error) from None
    try:
        yield
    finally:
        for made in missing:
            if any(made.iterdir()):
                break
            made.rmdir()


def _put(ready: Path, target: Path) -> None:
    """Put a file that was written beside its place there, in one step."""
    try:
        os.replace(ready, target)
        sync(target.parent)
    except OSError as error:
        raise sealed_archive.cannot_write(target, error) from None


def _read(
    backup: Path, private: str, beside: Path, given: Path | None
) -> tuple[Contents, NodeConfig, dict[str, bytes], Switches]:
    """Return what a backup holds; its configuration is written to `beside`.

    Parameters
    ----------
    given
        The configuration that this machine has, which must be the same node's.
    """
    with scratch(beside) as clear:
        files = _unpack(backup, private, clear)
    contents, state, switches = _decode(backup, files)
    write_atomically(beside / CONFIG, files[CONFIG])
    config = load_node(given or beside / CONFIG)
    if (config.site, config.node) != (contents.site, contents.node):
        raise UsageError(
            f"{given or backup}: expected the configuration of {contents.site}/{contents.node}, "
            f"got that of {config.site}/{config.node}; move the file away"
        )
    return contents, config, state, switches


def _unpack(backup: Path, private: str, clear: Path) -> dict[str, bytes]:
    """Return the files that a node's backup has, and refuse what has others."""
    wanted = {LIST, CONFIG, LEARNED, SWITCHES}
    with sealed_archive.opened(backup, private, clear, "node", MOST_BYTES) as tar:
        if set(tar.getnames()) != wanted:
            raise KeyError(", ".join(sorted(wanted.symmetric_difference(tar.getnames()))))
        found = {name: tar.extractfile(name) for name in wanted}
        return {name: file.read() for name, file in found.items() if file is not None}


def _learned(state: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what was learned, by the keys of the state; what cannot be read is left out."""
    kept: dict[str, bytes] = {}
    for key, data in state.items():
        try:
            part = learned(key.partition("/")[0], data)
        except msgspec.MsgspecError as error:
            _log.error("what was learned cannot be read", part=key, error=str(error))
            continue
        if part is not None:
            kept[key] = part
    return kept


def _decode(
    backup: Path, files: Mapping[str, bytes]
) -> tuple[Contents, dict[str, bytes], Switches]:
    try:
        return (
            msgspec.json.decode(files[LIST], type=Contents),
            # Again: of an older version's backup the whole state comes, open chains too.
            _learned(msgspec.msgpack.decode(files[LEARNED], type=dict[str, bytes])),
            msgspec.json.decode(files[SWITCHES], type=Switches),
        )
    except (msgspec.MsgspecError, KeyError) as error:
        raise StoreError(
            f"{backup}: expected a node's backup of this version, got another ({error}); "
            "take another"
        ) from None
