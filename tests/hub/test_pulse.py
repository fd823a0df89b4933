"""Whether the hub is well: the judgement, the relay of a hub that is killed or hangs, systemd."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ambient.config_relay import Relay
from ambient.hub.pulse import QUIET_S, Part, Pulse, quiet
from tests.hub.kit import hub_config, running
from tests.patience import PATIENCE_S
from tests.relays.modbus import Module

SERVE = """
import sys
from pathlib import Path
from msgspec.structs import replace
from ambient.config_relay import Relay
from ambient.hub.service import run_hub
from tests.hub.kit import hub_config
run_hub(
    replace(hub_config(Path(sys.argv[1])), alive=Relay(modbus=sys.argv[2])),
    ready=lambda hub: print("ready", flush=True),
)
"""


@pytest.fixture
def module() -> Iterator[Module]:
    with Module() as found:
        yield found


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ({Part.LINK: 0.0, Part.TIMER: 0.1, Part.PAGE: QUIET_S}, []),
        ({Part.LINK: 0.0, Part.TIMER: QUIET_S + 0.1, Part.PAGE: 0.0}, [Part.TIMER]),
        ({Part.STORE: 60.0, Part.LINK: 60.0}, [Part.LINK, Part.STORE]),
        ({}, []),
    ],
)
def test_a_part_that_is_quiet_too_long_hangs(ages: dict[Part, float], expected: list[Part]) -> None:
    now = 1000.0
    assert quiet({part: now - age for part, age in ages.items()}, now) == expected


@pytest.fixture
def served(tmp_path: Path, module: Module) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path), module.address],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        assert "ready\n" in process.stdout
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGKILL, id="killed"),
        pytest.param(signal.SIGSTOP, id="hangs"),
        pytest.param(signal.SIGTERM, id="stopped"),
    ],
)
def test_the_relay_of_a_hub_that_is(
    served: subprocess.Popen[str], module: Module, how: signal.Signals
) -> None:
    assert module.wait_for(True)
    served.send_signal(how)
    assert module.wait_for(True, False)


def test_the_relay_of_a_hub_whose_store_hangs(
    served: subprocess.Popen[str], module: Module, tmp_path: Path
) -> None:
    """Another program holds the database: nothing can be stored, so nothing is well."""
    assert module.wait_for(True)
    with closing(
        sqlite3.connect(tmp_path / "hub.db", isolation_level=None, timeout=PATIENCE_S)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        assert module.wait_for(True, False)
        other.execute("ROLLBACK")
        assert module.wait_for(True, False, True)


class _Steady:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_the_watchdog_hears_of_a_hub_that_turns_though_its_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        monkeypatch.setenv("WATCHDOG_USEC", "30000000")
        steady = _Steady()
        pulse = Pulse(None, lambda: 0.0, steady)
        parts = [pulse.of(part) for part in (Part.LINK, Part.TIMER, Part.PAGE)]
        heard = []
        for second in range(1, 61):
            steady.at = float(second)
            for beat in parts if second <= 40 else parts[1:]:
                beat()
            pulse.step()
            try:
                heard.append((second, systemd.recv(64)))
            except BlockingIOError:
                continue
    # Each half of the 30 s; from 49 s on the link hangs, and none comes at 60.
    assert heard == [(15, b"WATCHDOG=1"), (30, b"WATCHDOG=1"), (45, b"WATCHDOG=1")]


def test_whoever_asks_hears_each_second_which_parts_are_quiet() -> None:
    steady = _Steady()
    heard: list[list[Part]] = []
    pulse = Pulse(None, lambda: 0.0, steady, told=lambda parts: heard.append(list(parts)))
    for steady.at in (QUIET_S, QUIET_S + 1):
        pulse.of(Part.TIMER)()
        pulse.of(Part.PAGE)()
        pulse.step()
    assert heard == [[], [Part.LINK, Part.STORE]]


def test_systemd_is_told_when_the_hub_answers_and_when_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        with running(hub_config(tmp_path / "state")):
            assert systemd.recv(64) == b"READY=1"
        assert systemd.recv(64) == b"STOPPING=1"


def test_a_machine_that_can_start_no_process_is_tried_again(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse = Pulse(Relay(modbus=module.address), lambda: 0.0, lambda: 1.0)

    def refused(*_: object, **__: object) -> None:
        raise OSError(os.strerror(11))

    with monkeypatch.context() as patch:
        patch.setattr("ambient.relays.guard.subprocess.Popen", refused)
        pulse.step()
    pulse.step()
    assert module.wait_for(True)
    assert pulse._guard is not None
    pulse._guard.close()
    assert module.wait_for(True, False)
