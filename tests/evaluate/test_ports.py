"""Ports for what is started a moment later."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ambient.evaluate import ports
from ambient.evaluate.ports import free_port


def given_by_the_kernel() -> range:
    first, last = ports._GIVEN.read_text().split()
    return range(int(first), int(last) + 1)


def test_each_is_another_that_the_kernel_gives_to_nobody() -> None:
    found = [free_port() for _ in range(50)]
    assert len(set(found)) == 50
    assert not set(found) & set(given_by_the_kernel())
    for port in found:
        socket.create_server(("127.0.0.1", port)).close()


def test_one_that_somebody_uses_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        used = int(taken.getsockname()[1])
        free = free_port()
        monkeypatch.setattr(ports, "_told", set())
        monkeypatch.setattr(ports, "_LEAST", used)
        monkeypatch.setattr(ports, "_first_given", lambda: used + 1)
        assert free_port() not in (used, free), "one of the kernel's, where there is no other"


@pytest.mark.parametrize("text", [None, "", "no numbers", "1024 65535"])
def test_where_the_kernel_gives_all_or_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    given = tmp_path / "ip_local_port_range"
    if text is not None:
        given.write_text(text)
    monkeypatch.setattr(ports, "_GIVEN", given)
    socket.create_server(("127.0.0.1", free_port())).close()
