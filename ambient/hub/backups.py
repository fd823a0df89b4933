"""Backups of a hub: taken while it writes, sealed with the recovery key, restored by one command.

Comes in: a hub's configuration, a folder for backups, a key. Goes out: ``hub-<time>.age``, an age
file around a tar archive of the database (SQLite's online backup), the hub's keys, the site's own
certificates and the configuration, with a list of their digests; and back. What is in the clear on
the way lies in a folder for its owner alone, and is deleted.
"""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient import __version__, sealed_archive, sealing
from ambient.bus import keys
from ambient.config import HubConfig, load_hub
from ambient.errors import StoreError, UsageError
from ambient.files import digest, sync
from ambient.hub import certificates, restored
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.people import erasure, erasure_file, vault
from ambient.scratch import scratch
from ambient.sealed_archive import LIST, SUFFIX, cannot_write
from ambient.sqlite import open_to_read, store_error

CONFIG: Final = "hub.yaml"


class Contents(Struct, frozen=True, kw_only=True):
    """What a backup holds.

    Attributes
    ----------
    site, software, made
        Whose it is, by which version it was made, and when (RFC 3339).
    digests
        Name of a file ► SHA-256 of its content, in hexadecimal.
    """

    site: str
    software: str
    made: str
    digests: dict[str, str]
    ledger: bool = False
    """Whether the ledger of erasures lies beside it, and must be applied to it."""


def back_up(config: HubConfig, config_file: Path, folder: Path, key: str, now: datetime) -> Path:
    """Take a backup of a hub that may be running.

    Parameters
    ----------
    config, config_file
        The hub's configuration, and where it stands.
    folder
        Where backups are kept; made when it is missing.
    key
        The public recovery key.
    now
        Names the file.

    Returns
    -------
    Path
        The backup, complete: nothing half written ever has that name.

    Raises
    ------
    UsageError
        When `key` is no public key, or the hub never ran.
    StoreError
        When something cannot be read or written, or the database is damaged.
    """
    recipient = sealing.recipient_of(key)
    database = config.state_dir / DATABASE
    if not database.exists():
        raise UsageError(
            f"{database}: expected the hub's database, found none; start the hub once before"
        )
    out = sealed_archive.destination(folder, "hub", now)
    with scratch(config.state_dir) as clear:
        _copy_database(database, clear / DATABASE)
        shutil.copyfile(config.state_dir / keys.HUB_KEY, clear / keys.HUB_KEY)
        ledger = erasure.level_ledger(config.state_dir / DATABASE, folder)
        if (config.state_dir / vault.KEY_FILE).exists():
            shutil.copyfile(config.state_dir / vault.KEY_FILE, clear / vault.KEY_FILE)
        _copy_certificates(config.state_dir, clear)
        shutil.copyfile(config_file, clear / CONFIG)
        digests = {
            path.relative_to(clear).as_posix(): digest(path)
            for path in sorted(clear.rglob("*"))
            if path.is_file()
        }
        contents = Contents(
            site=config.site,
            software=__version__,
            made=now.isoformat(),
            digests=digests,
            ledger=ledger,
        )
        (clear / LIST).write_bytes(msgspec.json.encode(contents))
        archive = clear / "backup.tar"
        with tarfile.open(archive, "w") as tar:
            for name in (LIST, *digests):  # the list first: it says what must follow
                tar.add(clear / name, name)
        try:
            with _whole(out) as part:
                sealing.seal_file(archive, part, recipient)
        except OSError as error:
            raise cannot_write(folder, error) from None
    return out


def forget_old(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups of a folder; return those that were deleted."""
    gone = sorted(folder.glob(f"hub-*{SUFFIX}"))[:-keep]
    for path in gone:
        path.unlink()
    return gone


def restore(
    backup: Path, private: str, config_file: Path, now: int, ledger: Path | None = None
) -> tuple[Contents, Path]:
    """Put a hub back from a backup, on a machine on which none is.

    Whoever was erased after the backup was made is erased from it before it is put in place.

    Parameters
    ----------
    private
        The private recovery key.
    config_file
        The hub's configuration; that of the backup is written where there is none.
    now
        The time (ns).
    ledger
        The ledger of erasures, when it lies neither beside the backup nor where the configuration
        says that backups are.

    Returns
    -------
    tuple of Contents and Path
        What was put back, and the state folder of the hub.

    Raises
    ------
    UsageError
        When a hub is there already, the key is not this backup's, or the ledger of erasures is
        not found.
    ConfigError
        When the configuration cannot be used.
    StoreError
        When the backup is damaged, or something cannot be written.
    """
    config_file.parent.mkdir(parents=True, exist_ok=True)
    with scratch(config_file.parent) as clear:
        contents = _unpack(backup, private, clear)
        given = config_file.exists()
        config = load_hub(config_file if given else clear / CONFIG)
        state_dir = config.state_dir
        if (state_dir / DATABASE).exists():
            raise UsageError(
                f"{state_dir}: expected no hub there, found a database; move that folder away "
                "first: a restore never writes over a hub"
            )
        try:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _apply_ledger(backup, contents, config, clear, now, ledger)
            (clear / restored.FILE).write_bytes(restored.note(contents.made, now))
            _copy_certificates(clear, state_dir)
            # The database last: where it is, the hub is whole.
            for name in (keys.HUB_KEY, vault.KEY_FILE, restored.FILE, DATABASE):
                if (clear / name).exists():
                    _put(clear / name, state_dir / name)
            if not given:
                _put(clear / CONFIG, config_file)
        except OSError as error:
            raise cannot_write(state_dir, error) from None
    return contents, state_dir


def _apply_ledger(
    backup: Path,
    contents: Contents,
    config: HubConfig,
    clear: Path,
    now: int,
    given: Path | None,
) -> None:
    """Erase from the unpacked database whoever was erased since it was saved."""
    beside = [backup.parent / erasure_file.NAME, *erasure.ledger_files(config)]
    found = [path for path in ([given] if given is not None else beside) if path.exists()]
    if not found and (contents.ledger or given is not None):
        raise UsageError(
            f"{given or beside[0]}: expected the ledger of erasures, which lies beside the "
            "backups, found none: without it the restore would bring erased residents back; copy "
            "it from where the backups are, or name it with --erasures"
        )
    if vault.KEY_FILE not in contents.digests:
        _leave_as_saved(backup, found)
        return
    with HubDatabase(clear / DATABASE) as database:
        erasure.catch_up(database, found, now, config.people.duties)
        erasure.level_ledger(clear / DATABASE, config.state_dir)


def _leave_as_saved(backup: Path, ledgers: list[Path]) -> None:
    """Let what was saved before an upgrade go back to the version that can read it."""
    for path in ledgers:
        if erasure_file.names_somebody(path):
            raise UsageError(
                f"{backup}: expected a backup of a hub that can erase, got one from before; since "
                f"then residents were erased ({path}), and it would bring them back: take one that "
                "was made after the upgrade"
            )
    for path in ledgers:
        path.unlink()  # empty, and under a key of the hub that is put back no more


def _copy_database(source: Path, copy: Path) -> None:
    """Copy a database that others write, and check that the copy is whole."""
    try:
        with (
            closing(open_to_read(source)) as old,
            closing(sqlite3.connect(copy)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
            found = str(new.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.Error as error:
        raise store_error(source, error) from None
    if found != "ok":
        raise StoreError(
            f"{source}: expected a database without damage, got: {found}; no backup was made: "
            "keep the last one, and look at the disk"
        )


def _copy_certificates(source: Path, target: Path) -> None:
    """Copy the site's authority and the hub's certificate, where it has such.

    Phones trust that authority: a hub that is put back with another one is a stranger to them all.
    """
    old, new = certificates.files_of(source), certificates.files_of(target)
    if not old.authority_key.exists():
        return
    new.folder.mkdir(mode=0o700, exist_ok=True)
    # The authority's key after its certificate, as `certificates.ensure` reads them.
    for name in ("authority", "authority_key", "server", "server_key"):
        if getattr(old, name).exists():
            _put(getattr(old, name), getattr(new, name))


def _unpack(backup: Path, private: str, clear: Path) -> Contents:
    """Unpack what the list names, and nothing else; refuse what differs from the list."""
    with sealed_archive.opened(backup, private, clear, "hub") as tar:
        first = tar.extractfile(LIST)
        contents = msgspec.json.decode(b"" if first is None else first.read(), type=Contents)
        for name in contents.digests:
            _extract(tar, name, clear)
    if missing := {DATABASE, keys.HUB_KEY, CONFIG} - contents.digests.keys():
        raise StoreError(f"{backup}: expected {', '.join(sorted(missing))} in it; take another")
    for name, listed in contents.digests.items():
        if digest(clear / name) != listed:
            raise StoreError(
                f"{backup}: expected {name} as it was saved, got another; take another"
            )
    return contents


def _extract(tar: tarfile.TarFile, name: str, folder: Path) -> None:
    """Write one plain file of an archive into a folder, and nowhere else.

    By hand: the extraction filters of `tarfile` came with Python 3.11.4, after that of Debian 12.
    """
    target = (folder / name).resolve()
    source = tar.extractfile(name)
    if source is None or not target.is_relative_to(folder.resolve()):
        raise tarfile.ExtractError(f"{name}: expected a plain file within the archive's folder")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with source, target.open("xb") as out:
        shutil.copyfileobj(source, out)
    target.chmod(0o600)


def _put(source: Path, target: Path) -> None:
    """Copy a file, for its owner alone, so that it is there whole or not at all."""
    with _whole(target) as part:
        shutil.copyfile(source, part)
        part.chmod(0o600)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Have a file written under another name, and put it in place when it is on the disk."""
    part = target.with_name(f"{target.name}.part")
    try:
        yield part
        sync(part)
        part.replace(target)
        sync(target.parent)
    finally:
        part.unlink(missing_ok=True)
