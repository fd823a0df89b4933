"""Tests of recordings are skipped where there are none, however that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recorded import VARIABLE, recorded

TESTS = Path(__file__).parent


@pytest.mark.parametrize("value", [None, "", "/nowhere", "{there}/audio"])
def test_without_recordings_a_test_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """Also where the working folder has one of that name, as the repository does."""
    (tmp_path / "audio").mkdir()
    monkeypatch.chdir(tmp_path)
    if value is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, value.format(there=tmp_path))
    with pytest.raises(pytest.skip.Exception, match="needs audio in"):
        recorded("audio")


def test_recordings_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "audio").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert recorded("audio") == tmp_path / "audio"


def test_nobody_else_reads_where_they_are() -> None:
    reads = [
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("*.py")
        if f'environ.get("{VARIABLE}' in path.read_text("utf-8")
        or f'environ["{VARIABLE}' in path.read_text("utf-8")
        or f'getenv("{VARIABLE}' in path.read_text("utf-8")
    ]
    assert reads == [], "use tests.recorded"
