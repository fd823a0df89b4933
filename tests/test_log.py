"""Log lines of a process go to its standard error, whatever that is by then."""

from __future__ import annotations

import io
import sys

import pytest
import structlog

from ambient.log import set_up_log


@pytest.mark.parametrize(("quiet", "lines"), [(True, 1), (False, 2)])
def test_lines_name_the_process(
    capsys: pytest.CaptureFixture[str], quiet: bool, lines: int
) -> None:
    set_up_log("vision", quiet=quiet)
    log = structlog.get_logger()
    log.info("camera opens", camera="r1/c1")
    log.warning("camera is gone")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == err.count("process=vision") == lines
    assert 'event="camera is gone"' in err


def test_a_stream_that_was_closed_since_holds_nothing_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as replaced, io.StringIO() as other:
        replaced.setattr(sys, "stderr", other)
        set_up_log("ambient")
        structlog.get_logger().warning("first")
        assert "first" in other.getvalue()
    structlog.get_logger().warning("second")
    assert "second" in capsys.readouterr().err
