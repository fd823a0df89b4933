"""The one file for a site without a network: round trip, and every way in which it can be wrong."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import msgspec
import pytest

from ambient.errors import ModelError
from models import bundle
from models.pull import FromBundle, make_bundle, pull
from models.store import State, Store


def _say(line: str) -> None:
    pass


@pytest.fixture
def made(store: Store, origin, converter, tmp_path: Path) -> Path:
    pull(store, store.catalogue.names(), origin, _say, converter)
    make_bundle(store, ("both.task",), tmp_path / "models.tar")
    return tmp_path / "models.tar"


def test_round_trip(made: Path, listed, converter, tmp_path: Path) -> None:
    there = Store(tmp_path / "there", listed)
    assert sorted(bundle.contents(made)) == ["ear", "eye"]
    pull(there, ("both.task",), FromBundle(made), _say, converter)
    assert {there.check(name).state for name in listed.names()} == {State.OK}
    make_bundle(there, ("both.task",), tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == made.read_bytes(), "same models, same file"


def test_only_whole_models_are_bundled(store: Store, made: Path, tmp_path: Path) -> None:
    store.source("ear").write_bytes(b"ear")
    with pytest.raises(ModelError, match="model ear: .*expected 8000 bytes, got 3"):
        make_bundle(store, ("both.task",), tmp_path / "other.tar")
    assert not (tmp_path / "other.tar").exists()


def test_a_target_that_cannot_be_written(store: Store, made: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be written.*--output"):
        make_bundle(store, ("eye",), tmp_path / "no" / "such" / "folder.tar")


def _tar(file: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(file, "w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file


def _manifest(form: int = bundle.FORMAT, **sources: str) -> tuple[str, bytes]:
    return bundle.MANIFEST, msgspec.json.encode(bundle.Manifest(form, sources))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "expected a whole model bundle"),
        (b"\x89PNG" * 1000, "expected a whole model bundle"),
        ([], "expected a whole model bundle"),
        ([("other", b"x")], "no manifest.json at its beginning"),
        ([("manifest.json", b"{")], "expected a whole model bundle"),
        ([("manifest.json", b'{"format": 1, "sources": {}, "run": "this"}')], "unknown field"),
        ([_manifest(9)], "expected bundle format 1, got 9"),
    ],
)
def test_what_is_no_bundle(tmp_path: Path, content: bytes | list, said: str) -> None:
    file = tmp_path / "models.tar"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        _tar(file, *content)
    with pytest.raises(ModelError, match=said):
        bundle.contents(file)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found no file; check the name"):
        bundle.contents(tmp_path / "models.tar")


@pytest.mark.parametrize("kept", [1500, 3000, 6000])
def test_a_bundle_cut_on_its_way(made: Path, listed, converter, tmp_path: Path, kept: int) -> None:
    made.write_bytes(made.read_bytes()[:kept])
    there = Store(tmp_path / "there", listed)
    with pytest.raises(ModelError, match="nothing was installed"):
        pull(there, ("both.task",), FromBundle(made), _say, converter)
    assert there.look("both.task").state is State.MISSING


def test_a_changed_source_is_refused(made: Path, listed, converter, tmp_path: Path) -> None:
    made.write_bytes(made.read_bytes().replace(b"eye eye", b"eye eYe", 1))
    there = Store(tmp_path / "there", listed)
    with pytest.raises(ModelError, match="model eye: expected SHA-256"):
        pull(there, ("eye",), FromBundle(made), _say, converter)


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "eye/../../evil"])
def test_names_in_the_file_point_nowhere(listed, converter, tmp_path: Path, name: str) -> None:
    file = _tar(tmp_path / "m.tar", _manifest(eye=listed.model["eye"].sha256), (name, b"x"))
    before = sorted(tmp_path.parent.iterdir())
    with pytest.raises(ModelError, match="expected a whole model bundle"):
        pull(Store(tmp_path / "s", listed), ("eye",), FromBundle(file), _say, converter)
    assert sorted(tmp_path.parent.iterdir()) == before


def test_a_link_in_the_file_is_not_followed(listed, converter, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"eye " * 1000)
    file = tmp_path / "m.tar"
    with tarfile.open(file, "w") as tar:
        name, data = _manifest(eye=listed.model["eye"].sha256)
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo(listed.model["eye"].sha256)
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        tar.addfile(link)
    with pytest.raises(ModelError, match="expected a whole model bundle"):
        pull(Store(tmp_path / "s", listed), ("eye",), FromBundle(file), _say, converter)
