"""A small catalogue and converters that write little files, for the tests of the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from models.catalogue import Bundle, Catalogue, Network, Package, PackageKind, Source, Tensor
from models.store import Store

CONTENT = {"eye": b"eye " * 1000, "ear": b"ear " * 2000}


def _network(name: str) -> Network:
    data = CONTENT[name]
    return Network(
        task="test",
        licence="CC0-1.0",
        author="nobody",
        trained_on="nothing",
        card="none.md",
        default=name == "eye",
        package="box",
        path=f"{name}.tflite",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        inputs=(Tensor(name="in", shape=(1,), meaning=""),),
        outputs=(Tensor(name="out", shape=(1,), meaning=""),),
    )


class FakeOrigin:
    """Sources held in memory; a test may put something else in their place."""

    def __init__(self) -> None:
        self.held = dict(CONTENT)
        self.asked: list[str] = []

    def room(self, networks: Iterable[Network]) -> int:
        return 0

    def read(self, package: str, source: Source, scratch: Path) -> bytes:
        self.asked.append(source.path)
        return self.held[Path(source.path).stem]


class FakeConverter:
    """Writes what the real converters would, small."""

    def network(self, network: Network, source: Path) -> str:
        source.with_suffix(".xml").write_bytes(b"<net/>")
        source.with_suffix(".bin").write_bytes(source.read_bytes()[::-1])
        return "fake 1"

    def bundle(self, detector: Path, landmarks: Path, target: Path) -> str:
        target.write_bytes(detector.read_bytes() + landmarks.read_bytes())
        return "fake 1"


@pytest.fixture
def listed() -> Catalogue:
    return Catalogue(
        package={
            "box": Package(kind=PackageKind.PYPI, name="box", version="1", bytes=10_000),
        },
        model={name: _network(name) for name in CONTENT},
        bundle={
            "both.task": Bundle(
                task="test",
                licence="CC0-1.0",
                card="none.md",
                default=False,
                detector="eye",
                landmarks="ear",
            )
        },
    )


@pytest.fixture
def store(tmp_path: Path, listed: Catalogue) -> Store:
    return Store(tmp_path / "store", listed)


@pytest.fixture
def origin() -> FakeOrigin:
    return FakeOrigin()


@pytest.fixture
def converter() -> FakeConverter:
    return FakeConverter()
