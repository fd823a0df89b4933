"""One file that carries models to a site without a network.

In: the sources in a store, as they were fetched. Out: an uncompressed tar, ``manifest.json`` first
and then each source by its SHA-256, written in one step. Only sources travel: whoever reads the
bundle checks each against the catalogue of its own installation and converts it there, so a
changed bundle cannot bring in a changed model.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ambient.errors import ModelError

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_MAX_MANIFEST: Final = 1_000_000


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle holds: the SHA-256 of each source, by the model's name.

    Weights in a file of their own are named ``<model>/<file>``.
    """

    format: int
    sources: dict[str, str]


def write(target: Path, sources: Mapping[str, Path], hashes: Mapping[str, str]) -> int:
    """Write a bundle and return its size in bytes.

    The same sources always make the same file.

    Parameters
    ----------
    target
        Appears in one step, complete.
    sources, hashes
        File and SHA-256 of each model, by name; the caller has checked that they agree.

    Raises
    ------
    OSError
        It cannot be written.
    """
    manifest = msgspec.json.encode(Manifest(FORMAT, dict(sorted(hashes.items()))))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
                _add(tar, MANIFEST, manifest)
                for model, file in sorted(sources.items()):
                    _add(tar, hashes[model], file.read_bytes())
            out.flush()
            os.fsync(out.fileno())
        half.chmod(0o644)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return target.stat().st_size


def contents(bundle: Path) -> dict[str, str]:
    """Return the SHA-256 of each source that `bundle` says it holds, by model name.

    Raises
    ------
    ModelError
        It is not such a file.
    """
    with _opened(bundle) as tar:
        return _manifest(bundle, tar).sources


def source(bundle: Path, sha256: str, limit: int) -> bytes:
    """Return the source with a given SHA-256, one byte more than `limit` at most.

    The member is looked up by its hash and read into memory; nothing is unpacked, so no name in
    the file can point outside. Its content is the caller's to check, against the catalogue.

    Raises
    ------
    ModelError
        It is not there, or the bundle is broken.
    """
    with _opened(bundle) as tar:
        try:
            inside = tar.extractfile(sha256)
            if inside is None:
                raise KeyError(sha256)
            return inside.read(limit + 1)
        except (KeyError, OSError, tarfile.TarError) as error:
            raise _broken(bundle, error) from error


def _opened(bundle: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(bundle, "r:")
    except FileNotFoundError:
        raise ModelError(f"{bundle}: expected a bundle, found no file; check the name") from None
    except (OSError, tarfile.TarError, EOFError) as error:
        raise _broken(bundle, error) from error


def _manifest(bundle: Path, tar: tarfile.TarFile) -> Manifest:
    try:
        first = tar.next()
        inside = tar.extractfile(first) if first is not None else None
        if first is None or inside is None or first.name != MANIFEST:
            raise ValueError(f"no {MANIFEST} at its beginning")
        manifest = msgspec.json.decode(inside.read(_MAX_MANIFEST), type=Manifest)
    except (ValueError, OSError, tarfile.TarError, msgspec.MsgspecError) as error:
        raise _broken(bundle, error) from error
    if manifest.format != FORMAT:
        raise ModelError(
            f"{bundle}: expected bundle format {FORMAT}, got {manifest.format}; "
            "make it again with the version of Ambient that is installed here"
        )
    return manifest


def _broken(bundle: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{bundle}: expected a whole model bundle ({error}); nothing was installed: "
        "copy it again, or make it again with: ambient models bundle"
    )


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
