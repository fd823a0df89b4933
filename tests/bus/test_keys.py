"""Key files: who may read them, what they may hold, and what people compare."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ambient.bus import keys
from ambient.errors import LinkError


def test_a_pair_is_kept_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "state" / keys.NODE_KEY
    pair = keys.load_or_make(path)
    assert keys.load_or_make(path) == pair
    assert keys.load_pair(path) == pair
    assert keys.load_pair(tmp_path / "none") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [keys.NODE_KEY]


def test_the_secret_half_shows_nowhere() -> None:
    pair = keys.new_pair()
    assert pair.secret not in repr(pair)
    assert pair.secret not in f"{pair}"


def test_a_fingerprint_is_short_and_its_own() -> None:
    pair = keys.new_pair()
    groups = pair.fingerprint.split("-")
    assert [len(group) for group in groups] == [4] * 8
    assert pair.fingerprint == keys.fingerprint(pair.public)
    assert pair.fingerprint != keys.new_pair().fingerprint
    assert (
        keys.fingerprint("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
        == "KISQ-D5HH-UY7W-DXLX-NV7N-NAUR-ATEB-KARE"
    )


@pytest.mark.parametrize("text", ["", "short", "x" * 39, "x" * 41, "~" * 40, "#" * 40, "ä" * 40])
def test_what_is_no_key_has_no_fingerprint(text: str) -> None:
    with pytest.raises(LinkError, match="expected a public key"):
        keys.fingerprint(text)


def _group_reads(path: Path) -> None:
    path.chmod(0o640)


def _all_read(path: Path) -> None:
    path.chmod(0o604)


def _of_another_user(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, 12345, -1)


def _a_link(path: Path) -> None:
    target = path.with_name("target")
    path.rename(target)
    path.symlink_to(target)


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def _no_json(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _too_long(path: Path) -> None:
    path.write_bytes(b"x" * 5_000)


def _halves_of_two(path: Path) -> None:
    one, other = keys.new_pair(), keys.new_pair()
    path.write_text(f'{{"public":"{one.public}","secret":"{other.secret}"}}')


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (_group_reads, "run: chmod 600"),
        (_all_read, "run: chmod 600"),
        (_of_another_user, "run: chown"),
        (_a_link, "cannot be read"),
        (_a_folder, "expected a regular file"),
        (_no_json, "expected a CURVE key pair"),
        (_empty, "expected a CURVE key pair"),
        (_too_long, "expected at most"),
        (_halves_of_two, "expected a CURVE key pair"),
    ],
)
def test_a_key_file_that_cannot_be_trusted_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], text: str
) -> None:
    path = tmp_path / keys.NODE_KEY
    pair = keys.load_or_make(path)
    spoil(path)
    with pytest.raises(LinkError, match=text) as caught:
        keys.load_or_make(path)
    assert pair.secret not in str(caught.value)


def test_the_next_key_takes_the_place_of_the_present_one(tmp_path: Path) -> None:
    keys.load_or_make(tmp_path / keys.NODE_KEY)
    following = keys.load_or_make(tmp_path / keys.NEXT_KEY)
    assert keys.promote(tmp_path, keys.NEXT_KEY) == following
    assert keys.load_pair(tmp_path / keys.NODE_KEY) == following
    with pytest.raises(LinkError, match="expected a key to change to"):
        keys.promote(tmp_path, keys.NEXT_KEY)


def test_a_folder_that_takes_no_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LinkError, match="cannot be"):
        keys.load_or_make(tmp_path / "file" / keys.NODE_KEY)
