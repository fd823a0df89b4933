"""Days that are kept: none is lived twice, none is taken for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.errors import UsageError
from ambient.evaluate.days import report
from ambient.evaluate.days.report import KNOWN, Lived, Report, Told

STOPPED = "by hand"


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Days that were lived, in order; with one false alarm each."""
    found: list[tuple[int, int]] = []

    def quick(seed: int, number: int, *rest: object) -> Lived:
        found.append((seed, number))
        alarm = Told(1.5, True, None, "sleep", "resident", "floor")
        return Lived(number, str(KNOWN[number % 2]), [alarm], [(2.0, "slump", 9.5)], [True], 1, 1)

    monkeypatch.setattr(report, "live", quick)
    return found


def figures(given: Report) -> object:
    return given.all, given.by_knowledge, given.causes, given.missed, given.looks


def test_a_run_that_was_stopped_goes_on(
    lived: list[tuple[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt(STOPPED)

    with pytest.raises(KeyboardInterrupt, match=STOPPED):
        report.run(4, seed=3, keep=tmp_path / "new", progress=stop)
    assert lived == [(3, 0), (3, 1)]
    whole = report.run(4, seed=3, keep=tmp_path / "new")
    assert lived == [(3, 0), (3, 1), (3, 2), (3, 3)], "the first two are not lived again"
    assert figures(whole) == figures(report.run(4, seed=3))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"seed": 4}, id="another seed"),
        pytest.param({"falls_per_day": 1.0}, id="more falls"),
        pytest.param({"fold_s": 60.0}, id="cut later"),
    ],
)
def test_a_day_of_other_options_is_lived(
    lived: list[tuple[int, int]], other: dict[str, float], tmp_path: Path
) -> None:
    report.run(1, seed=3, keep=tmp_path)
    report.run(1, **({"seed": 3, "keep": tmp_path} | other))  # type: ignore[arg-type]
    assert len(lived) == 2


def test_a_day_by_other_code_is_lived(
    lived: list[tuple[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.run(1, seed=3, keep=tmp_path)
    monkeypatch.setattr(report, "_code", lambda: "0" * 12)
    report.run(1, seed=3, keep=tmp_path)
    assert len(lived) == 2


@pytest.mark.parametrize("content", [b"", b"{", b'{"number": 1}'])
def test_a_file_of_something_else_is_named(
    lived: list[tuple[int, int]], content: bytes, tmp_path: Path
) -> None:
    report.run(1, seed=3, keep=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"{file.name}: expected a day .* remove it"):
        report.run(1, seed=3, keep=tmp_path)
