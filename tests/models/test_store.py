"""The store: where it is, what it says about damage, and that nothing is ever half there."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from ambient.errors import ModelError
from models import store as stores
from models.pull import pull
from models.store import State, Store, locate


def _pull(store: Store, origin, converter, *names: str) -> tuple[str, ...]:
    return pull(store, names or store.catalogue.names(), origin, lambda line: None, converter)


@pytest.mark.parametrize(
    ("configured", "environment", "expected"),
    [
        (Path("/a"), "/b", "/a"),
        (None, "/b", "/b"),
        (None, " ", "/cache/ambient/models"),
        (None, "", "/cache/ambient/models"),
    ],
)
def test_where_the_store_is(
    monkeypatch: pytest.MonkeyPatch, configured: Path | None, environment: str, expected: str
) -> None:
    monkeypatch.setenv("AMBIENT_MODELS", environment)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert locate(configured) == Path(expected)


def test_a_missing_model_says_what_to_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command puts it where it is looked for, named where that is not the usual place."""
    for usual, rest in ((str(store.directory), ""), ("/elsewhere", f" --dir {store.directory}")):
        monkeypatch.setenv("AMBIENT_MODELS", usual)
        with pytest.raises(ModelError, match=rf"model eye: .*; run: ambient models pull{rest}$"):
            store.path("eye")
        with pytest.raises(ModelError, match=rf"run: ambient models pull ear{rest}$"):
            store.path("ear")


def test_what_was_pulled_is_found_and_whole(store: Store, origin, converter) -> None:
    assert _pull(store, origin, converter) == ("eye", "ear", "both.task")
    assert store.path("eye").read_bytes() == b"<net/>"
    assert store.path("both.task").name == "both.task"
    assert {store.check(name).state for name in store.catalogue.names()} == {State.OK}
    record = store.record("eye")
    assert record is not None
    assert record.converter == "fake 1"
    assert set(record.files) == {"eye.tflite", "eye.xml", "eye.bin"}
    assert [item.name for item in store.directory.glob(".half*")] == []


def test_a_second_pull_fetches_nothing(store: Store, origin, converter) -> None:
    _pull(store, origin, converter)
    origin.asked.clear()
    assert _pull(store, origin, converter) == ()
    assert origin.asked == []


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[3] ^= 1
    file.write_bytes(data)


def _remove(file: Path) -> None:
    file.unlink()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize(
    ("file", "damage", "said", "seen_at_start"),
    [
        ("eye.bin", _cut, "expected 4000 bytes, got 3999", True),
        ("eye.bin", _flip, "expected SHA-256", False),
        ("eye.xml", _remove, "No such file", True),
        ("eye.tflite", _flip, "expected SHA-256", False),
        ("record.json", _remove, "expected a record", True),
        ("record.json", _empty, "expected a record", True),
        ("record.json", _cut, "", True),
    ],
)
def test_damage_is_seen_and_mended(
    store: Store, origin, converter, file: str, damage, said: str, seen_at_start: bool
) -> None:
    _pull(store, origin, converter)
    damage(store.home("eye") / file)
    if file == "record.json" and damage is _cut:
        # Only the last line's end was cut: the record still says everything.
        assert store.check("eye").state is State.OK
        return
    status = store.check("eye")
    assert status.state is State.DAMAGED
    assert said in status.problem
    if seen_at_start:
        with pytest.raises(ModelError, match="run: ambient models pull"):
            store.path("eye")
    assert _pull(store, origin, converter) == ("eye",)
    assert store.check("eye").state is State.OK


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        (b"", "got e3b0c44298fc… of 0 bytes"),
        (b"eye " * 999, "of 3996 bytes"),
        (b"eyf " * 1000, "of 4000 bytes"),
        (b"eye " * 1000 + b"!", "of 4001 bytes"),
    ],
)
def test_a_wrong_source_installs_nothing(
    store: Store, origin, converter, replaced, said: str
) -> None:
    origin.held["eye"] = replaced
    with pytest.raises(ModelError, match="nothing was installed") as caught:
        _pull(store, origin, converter)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not store.home("eye").exists()
    assert [item.name for item in store.directory.glob(".half*")] == []


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_full_disk_is_one_line_and_leaves_nothing(
    store: Store, origin, converter, monkeypatch: pytest.MonkeyPatch, failure: OSError, call: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(ModelError, match="disk full.*free some space.*ambient models pull"):
        _pull(store, origin, converter)
    assert not store.home("eye").exists()
    monkeypatch.undo()
    assert _pull(store, origin, converter) == ("eye", "ear", "both.task")


def test_too_little_room_is_said_before_anything_is_fetched(
    store: Store, origin, converter, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 5_000_000})
    monkeypatch.setattr(stores.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ModelError, match="expected about 17 MB, got 5 MB free"):
        _pull(store, origin, converter)
    assert origin.asked == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_really_full_disk(tmp_path: Path, listed, origin, converter) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        small = Store(place / "store", listed)
        usage = type("Usage", (), {"free": 10**9})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stores.shutil, "disk_usage", lambda _: usage)
            with pytest.raises(ModelError, match="disk full"):
                _pull(small, origin, converter)
        assert {small.check(name).state for name in ("ear", "both.task")} == {State.MISSING}
        assert list(small.directory.glob(".half*")) == []
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_directory_that_cannot_be_written(tmp_path: Path, listed, origin, converter) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written .*AMBIENT_MODELS"):
        _pull(Store(tmp_path / "file" / "store", listed), origin, converter)


def test_what_a_killed_pull_left_is_removed(store: Store, origin, converter) -> None:
    left = store.directory / ".half-abc" / "eye"
    left.mkdir(parents=True)
    (left / "eye.xml").write_text("half")
    assert store.look("eye").state is State.MISSING
    _pull(store, origin, converter)
    assert not left.exists()


@pytest.mark.parametrize("failure", [RuntimeError("iostream error"), ValueError("no output")])
def test_a_conversion_that_fails_installs_nothing(
    store: Store, origin, converter, failure: Exception
) -> None:
    def fail(*_: object) -> str:
        raise failure

    converter.network = fail
    with pytest.raises(ModelError, match="could not be converted"):
        _pull(store, origin, converter)
    assert store.look("eye").state is State.MISSING


def test_a_full_disk_that_the_converter_hides(
    store: Store, origin, converter, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([10**9, 100, 100, 100])

    def fail(*_: object) -> str:
        raise RuntimeError("basic_ios::clear: iostream error")

    usage = type("Usage", (), {"free": property(lambda _: next(free))})
    monkeypatch.setattr(stores.shutil, "disk_usage", lambda _: usage())
    converter.network = fail
    with pytest.raises(ModelError, match="disk full"):
        _pull(store, origin, converter)


def test_without_the_nodes_packages(store: Store, origin, converter) -> None:
    def fail(*_: object) -> str:
        raise ModuleNotFoundError("No module named 'openvino'", name="openvino")

    converter.network = fail
    with pytest.raises(ModelError, match=r"openvino is missing; run: pip install 'ambient\[node\]"):
        _pull(store, origin, converter)
