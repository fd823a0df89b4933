"""The node's time: never back, steps noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.node.clock import NS, Kept, StepDetector, choose_offset, save_clock, start_clock

HOUR = 3600 * NS


@pytest.mark.parametrize(
    ("wall", "mono", "boot", "kept", "t"),
    [
        pytest.param(100 * HOUR, HOUR, "a", None, 100 * HOUR, id="first start"),
        pytest.param(
            100 * HOUR,
            HOUR,
            "a",
            Kept(boot="a", offset_ns=99 * HOUR, t=99 * HOUR),
            100 * HOUR,
            id="same boot, nothing happened",
        ),
        pytest.param(
            101 * HOUR,
            HOUR,
            "a",
            Kept(boot="a", offset_ns=99 * HOUR, t=99 * HOUR),
            101 * HOUR,
            id="same boot, set forward meanwhile",
        ),
        pytest.param(
            99 * HOUR,
            HOUR,
            "a",
            Kept(boot="a", offset_ns=99 * HOUR, t=99 * HOUR),
            100 * HOUR,
            id="same boot, set back meanwhile: goes on as before",
        ),
        pytest.param(
            100 * HOUR,
            0,
            "b",
            Kept(boot="a", offset_ns=0, t=99 * HOUR),
            100 * HOUR,
            id="another boot",
        ),
        pytest.param(
            98 * HOUR,
            0,
            "b",
            Kept(boot="a", offset_ns=0, t=99 * HOUR),
            99 * HOUR + 60 * NS,
            id="another boot, clock behind: goes on after the last time noted",
        ),
    ],
)
def test_offset(wall: int, mono: int, boot: str, kept: Kept | None, t: int) -> None:
    assert mono + choose_offset(wall, mono, boot, kept) == t


@pytest.mark.parametrize(
    ("readings", "steps"),
    [
        pytest.param([(100, 0), (101, 1), (102, 2)], [None, None, None], id="steady"),
        pytest.param([(100, 0), (3701, 1), (3702, 2)], [None, 3600.0, None], id="an hour on"),
        pytest.param([(9000, 0), (5401, 1), (5402, 2)], [None, -3600.0, None], id="an hour back"),
        pytest.param([(100, 0), (101.4, 1), (102.8, 2)], [None, None, None], id="slewing"),
    ],
)
def test_steps(readings: list[tuple[float, float]], steps: list[float | None]) -> None:
    detector = StepDetector()
    found = [detector.check(int(wall * NS), int(mono * NS)) for wall, mono in readings]
    assert found == pytest.approx(steps)


def test_time_goes_on_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    first = start_clock(file)
    before = first.now()
    assert save_clock(file, first)
    assert start_clock(file).now() >= before


@pytest.mark.parametrize("content", [b"", b"{", b'{"boot": 1}', b"\xff\xfe"])
def test_a_broken_file_is_no_reason_not_to_start(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "clock.json"
    file.write_bytes(content)
    assert start_clock(file).now() > 0
