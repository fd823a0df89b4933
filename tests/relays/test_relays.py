"""Relays: a real Modbus module; without hardware a clear word; a guard that outlives nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ambient.config import load_hub, load_node
from ambient.config_relay import Relay, decode, encode
from ambient.errors import ConfigError, SourceError
from ambient.relays.guard import Guard, hold
from ambient.relays.lines import ButtonLine, RelayLine
from ambient.relays.relay import KeptRelay, ModbusCoil, opened
from tests.relays.modbus import Module


@pytest.fixture
def module() -> Iterator[Module]:
    with Module() as found:
        yield found


def test_a_coil_is_set_and_opened_at_the_end(module: Module) -> None:
    coil = opened(Relay(modbus=module.address, coil=3))
    coil.set(True)
    assert module.wait_for(True)
    coil.close()
    assert module.wait_for(True, False)


@pytest.mark.parametrize(
    ("unit", "coil", "expected"),
    [
        pytest.param(
            *(1, 60_000, "module is there .* no coil 60000; correct coil"), id="no such coil"
        ),
        pytest.param(9, 0, "expected unit 9 .* check the numbers of unit", id="no such unit"),
    ],
)
def test_a_module_that_refuses_is_told(module: Module, unit: int, coil: int, expected: str) -> None:
    relay = ModbusCoil(Relay(modbus=module.address, unit=unit, coil=coil))
    with pytest.raises(SourceError, match=expected):
        relay.set(True)
    with pytest.raises(SourceError, match=expected):
        relay.check()
    relay.close()


def test_a_module_that_can_be_set_is_found_and_stays_as_it_is(module: Module) -> None:
    relay = ModbusCoil(Relay(modbus=module.address))
    relay.check()
    assert not module.wait_for(False, within_s=0.0)
    relay.leave()


def test_a_module_that_is_gone_is_told_and_found_again(module: Module) -> None:
    coil = ModbusCoil(Relay(modbus=module.address))
    coil.set(True)
    module.unplug()
    for _ in range(2):
        with pytest.raises(SourceError, match="check its power"):
            coil.set(True)
    module.forget()
    module.plug_in()
    coil.set(True)
    assert module.wait_for(True)
    coil.close()


@pytest.mark.parametrize("line", [ButtonLine, RelayLine])
def test_no_chip_is_told(tmp_path: Path, line: type[ButtonLine] | type[RelayLine]) -> None:
    (tmp_path / "file").touch()
    for chip in ("gpiochip0", "file"):
        with pytest.raises(SourceError, match="expected a free line"):
            line(4, tmp_path / chip)


def test_a_relay_passes_the_command_line() -> None:
    relay = Relay(gpio=17, chip=Path("/dev/gpiochip4"))
    assert decode(encode(relay)) == relay


@pytest.mark.parametrize(
    ("given", "came"), [("{}", "neither"), ('{gpio: 4, modbus: "tcp://10.0.0.9:502"}', "both")]
)
def test_a_relay_is_one_thing(tmp_path: Path, given: str, came: str) -> None:
    hub, node = tmp_path / "hub.yaml", tmp_path / "node.yaml"
    hub.write_text(f"site: s\nalive: {given}\n")
    node.write_text(f"site: s\nnode: n\nrooms: [{{id: r1}}]\ncontact: {given}\n")
    with pytest.raises(ConfigError, match=f"alive: expected gpio .*, got {came}"):
        load_hub(hub)
    with pytest.raises(ConfigError, match=f"contact: expected gpio .*, got {came}"):
        load_node(node)


class _Relay:
    """Keeps what it was set to, and gives or ends the signs of life at the second turn of each."""

    def __init__(self, signs: int) -> None:
        self.levels: list[bool] = []
        self._signs = signs

    def set(self, closed: bool) -> None:
        self.levels.append(closed)
        if len(self.levels) == 1:
            raise SourceError("the module is not there yet")
        if not closed and self.levels.count(False) == 1:
            os.write(self._signs, b"\n")
        elif self.levels.count(True) == 2:
            os.close(self._signs)

    def close(self) -> None:
        self.levels.append(False)


def test_the_relay_opens_when_signs_stop_and_closes_with_the_next() -> None:
    reading, writing = os.pipe()
    relay = _Relay(writing)
    os.write(writing, b"\n")
    hold(KeptRelay(Relay(gpio=1), lambda _: relay), reading, quiet_s=0.05)
    os.close(reading)
    assert relay.levels == [True, False, True, False]


_GUARDED = """
import sys, time
from ambient.config_relay import decode
from ambient.relays.guard import Guard
guard = Guard(decode(sys.argv[1]))
guard.alive()
print("closed", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "how",
    [pytest.param(signal.SIGKILL, id="killed"), pytest.param(signal.SIGSTOP, id="hangs")],
)
def test_the_relay_opens_when_its_process_is(module: Module, how: signal.Signals) -> None:
    relay = encode(Relay(modbus=module.address)).decode()
    process = subprocess.Popen(
        [sys.executable, "-c", _GUARDED, relay], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"closed\n"
        assert module.wait_for(True)
        process.send_signal(how)
        assert module.wait_for(True, False)
    finally:
        process.kill()
        process.communicate()


def test_a_guard_that_is_killed_is_started_again(module: Module) -> None:
    guard = Guard(Relay(modbus=module.address))
    guard.alive()
    assert module.wait_for(True)
    assert guard._process is not None
    guard._process.kill()
    guard._process.wait()
    module.forget()
    guard.alive()
    assert module.wait_for(True)
    guard.close()
    assert module.wait_for(True, False)
