"""Where converted models lie on this machine, and whether they are whole.

In: a directory and the catalogue. Out: the path that an engine opens, or a `ModelError` that says
what to do. Each model has a directory of its own, ``<name>/<revision>/``, which holds the source,
what was converted from it, and ``record.json`` with the hash of every file. The directory appears
in one step (`Store.place`), so a model is there whole or not at all.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import platformdirs
from msgspec import Struct

from ambient.errors import ModelError
from models.catalogue import Catalogue, catalogue

ENVIRONMENT: Final = "AMBIENT_MODELS"
RECORD: Final = "record.json"
PULL: Final = "run: ambient models pull"
_SCRATCH: Final = ".half-"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class State(StrEnum):
    """Whether a model can be used."""

    OK = "ok"
    MISSING = "missing"
    DAMAGED = "damaged"


class FileRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """What one file of a model must be."""

    sha256: str
    bytes: int


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """``record.json``: what was made, from what, by which converter.

    Attributes
    ----------
    source_sha256
        Of the fetched file; empty for a bundle, whose parts have their own records.
    converter
        Program and version, for example ``openvino 2026.4.1``.
    files
        By name, everything in the directory but the record.
    """

    model: str
    revision: str
    source_sha256: str
    converter: str
    files: dict[str, FileRecord]


class Status(Struct, frozen=True):
    """What `Store.check` found; `problem` is empty when all is well."""

    name: str
    state: State
    problem: str = ""


def locate(configured: Path | None = None) -> Path:
    """Return the store's directory: `configured`, else ``AMBIENT_MODELS``, else the user's cache.

    Parameters
    ----------
    configured
        ``models.dir`` of the configuration.
    """
    if configured is not None:
        return configured
    named = os.environ.get(ENVIRONMENT, "").strip()
    if named:
        return Path(named)
    return platformdirs.user_cache_path("ambient", appauthor=False) / "models"


def compiled() -> Path:
    """Return the directory for what an engine compiles for this machine: the user's cache.

    Not in the store, which a service may only read. Units set ``XDG_CACHE_HOME``.
    """
    return platformdirs.user_cache_path("ambient", appauthor=False) / "compiled"


def path(name: str, directory: Path | None = None) -> Path:
    """Return the file that an engine opens, for example ``pose_detector`` ► an ``.xml``.

    Parameters
    ----------
    name
        As in the catalogue.
    directory
        ``models.dir`` of the configuration, see `locate`.

    Raises
    ------
    ModelError
        The model is missing or damaged; the message says which command mends it.
    """
    return Store(locate(directory)).path(name)


class Store:
    """The models in one directory.

    Parameters
    ----------
    directory
        Made by the first pull.
    listed
        Another catalogue than the one Ambient carries, for tests.
    """

    def __init__(self, directory: Path, listed: Catalogue | None = None) -> None:
        self.directory = directory
        self.catalogue = listed if listed is not None else catalogue()

    def home(self, name: str) -> Path:
        """Return the directory of the current revision of `name`, there or not."""
        return self.directory / name / self.catalogue.revision(name)

    def path(self, name: str) -> Path:
        """Return the file that an engine opens.

        Sizes are compared, hashes are not: this is called at every start (see `check`).

        Raises
        ------
        ModelError
            The model is missing or damaged.
        """
        file = self.home(name) / f"{name}{self.catalogue.get(name).suffix}"
        status = self.look(name)
        if status.state is not State.OK:
            raise ModelError(f"model {name}: {status.problem}; {PULL}{self._named(name)}")
        return file

    def source(self, name: str) -> Path:
        """Return the network as it was fetched, there or not; weights of its own lie beside it."""
        return self.sources(name)[0]

    def sources(self, name: str) -> tuple[Path, ...]:
        """Return every file that was fetched for a network, as `Network.sources` lists them."""
        home = self.home(name)
        return tuple(home / file for file in self.catalogue.model[name].source_names(name))

    def look(self, name: str) -> Status:
        """Return whether `name` is there with every file of the right size."""
        return self._look(name, hashes=False)

    def check(self, name: str) -> Status:
        """Return whether `name` is whole, every file hashed."""
        return self._look(name, hashes=True)

    def record(self, name: str) -> Record | None:
        """Return the record of `name`, or nothing when there is none that can be read."""
        try:
            data = (self.home(name) / RECORD).read_bytes()
            return msgspec.json.decode(data, type=Record)
        except (OSError, msgspec.MsgspecError):
            return None

    def _named(self, name: str) -> str:
        """Return the rest of the command that puts a model here, not where it goes by default."""
        which = "" if self.catalogue.get(name).default else f" {name}"
        return which if self.directory == locate() else f"{which} --dir {self.directory}"

    def _look(self, name: str, *, hashes: bool) -> Status:
        home = self.home(name)
        entry = self.catalogue.get(name)
        if not home.is_dir():
            problem = f"expected in {self.directory}, found nothing"
            return Status(name, State.MISSING, problem)
        record = self.record(name)
        if record is None or record.revision != home.name or record.model != name:
            return Status(name, State.DAMAGED, f"expected a record in {home}, found none")
        needed = {f"{name}{entry.suffix}"}
        if not needed <= record.files.keys():
            return Status(name, State.DAMAGED, f"{home / RECORD} does not list {min(needed)}")
        for file, expected in record.files.items():
            problem = _compare(home / file, expected, hashes=hashes)
            if problem:
                return Status(name, State.DAMAGED, problem)
        return Status(name, State.OK)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for one writer; a second one waits. Leftovers of a kill are removed.

        Raises
        ------
        ModelError
            The directory cannot be made or written.
        """
        with self.telling():
            self.directory.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            for leftover in self.directory.glob(f"{_SCRATCH}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give an empty directory in the store's file system, gone afterwards."""
        with tempfile.TemporaryDirectory(
            dir=self.directory, prefix=_SCRATCH, ignore_cleanup_errors=True
        ) as made:
            yield Path(made)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn an error of the operating system into one line that says what to do."""
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise ModelError(self.full_message(0)) from error
            raise ModelError(
                f"{error.filename or self.directory}: cannot be written ({error.strerror}); "
                f"give this user the directory, or set {ENVIRONMENT} to another one"
            ) from error

    def full_message(self, needed: int) -> str:
        """Return the line about a full disk; `needed` in bytes, 0 when unknown."""
        amount = f"about {-(-needed // 1_000_000)} MB" if needed else "more room"
        free = shutil.disk_usage(self.directory).free // 1_000_000
        return (
            f"{self.directory}: disk full, expected {amount}, got {free} MB free; nothing was "
            f"installed: free some space or set {ENVIRONMENT} to another disk, then {PULL}"
        )

    def place(self, name: str, made: Path, source_sha256: str, converter: str) -> None:
        """Put the finished directory `made` in place of whatever stands for `name`.

        Everything is on the disk before the one rename that makes it visible.

        Parameters
        ----------
        made
            A directory in `scratch` with all files of the model.
        source_sha256, converter
            For the record.
        """
        home = self.home(name)
        files = {}
        for file in sorted(made.iterdir()):
            file.chmod(0o644)
            _sync(file)
            files[file.name] = FileRecord(sha256_of(file), file.stat().st_size)
        record = Record(name, home.name, source_sha256, converter, files)
        (made / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
        _sync(made / RECORD)
        made.chmod(0o755)
        _sync(made)
        home.parent.mkdir(exist_ok=True)
        if home.exists():
            home.rename(made.with_name(f"{made.name}.old"))
        made.rename(home)
        _sync(home.parent)
        _sync(self.directory)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _compare(file: Path, expected: FileRecord, *, hashes: bool) -> str:
    """Return what is wrong with `file`, or nothing."""
    try:
        size = file.stat().st_size
        if size != expected.bytes:
            return f"{file}: expected {expected.bytes} bytes, got {size}"
        if hashes and (got := sha256_of(file)) != expected.sha256:
            return f"{file}: expected SHA-256 {expected.sha256[:12]}…, got {got[:12]}…"
    except OSError as error:
        return f"{file}: cannot be read ({error.strerror})"
    return ""


def _sync(item: Path) -> None:
    handle = os.open(item, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
