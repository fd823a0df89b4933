"""A process that holds a relay closed for as long as another one lives and is well.

Comes in: a line on standard input for each sign of life. Goes out: the relay, closed while the
signs come, open as soon as they stop for `QUIET_S` or the pipe ends, which a killed process cannot
help. The relay is set again with every sign, so that a Modbus module with a watchdog of its own
also opens it when this process or the machine is gone.

``python -m ambient.relays.guard`` takes the relay, as JSON, as its only argument.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import IO, Final

import structlog

from ambient.config_relay import Relay, decode, encode, told
from ambient.log import set_up_log
from ambient.relays.relay import KeptRelay

QUIET_S: Final = 5.0
"""Signs come each second; a process that missed five hangs."""

_log = structlog.get_logger(__name__)


def hold(relay: KeptRelay, signs: int, quiet_s: float = QUIET_S) -> None:
    """Hold `relay` closed while signs of life come; return, with it open, when the pipe ends.

    Parameters
    ----------
    signs
        Descriptor of the reading end of a pipe.
    quiet_s
        Without a sign for so long the relay opens until the next one.
    """
    try:
        while True:
            ready, _, _ = select.select([signs], [], [], quiet_s)
            alive = bool(ready)
            if alive and not os.read(signs, 4096):
                return
            relay.set(alive)
            if not alive:
                _log.error("no sign of life; the relay is open", seconds=quiet_s)
    finally:
        relay.close()


class Guard:
    """The guarding process, seen from the one that is guarded.

    Parameters
    ----------
    relay
        Which relay.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._process: subprocess.Popen[bytes] | None = None

    def alive(self) -> None:
        """Give a sign of life; start the guarding process when there is none."""
        process = self._process
        if process is None or process.poll() is not None:
            if process is not None:
                _pipe(process).close()
                _log.error("the process that holds the relay ended", code=process.returncode)
            self._process = process = self._started()
        pipe = _pipe(process)
        try:
            pipe.write(b"\n")
            pipe.flush()
        except BrokenPipeError:
            pass  # it ended just now, and is started again with the next sign

    def close(self) -> None:
        """End the guarding process; the relay opens."""
        if self._process is None:
            return
        _pipe(self._process).close()
        try:
            self._process.wait(QUIET_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "ambient.relays.guard", encode(self._relay).decode()],
            stdin=subprocess.PIPE,
            bufsize=0,
            # A signal to the guarded process's group must not end the guard before it opened.
            start_new_session=True,
        )


def _pipe(process: subprocess.Popen[bytes]) -> IO[bytes]:
    pipe = process.stdin
    assert pipe is not None, "it was started with a pipe"
    return pipe


def main(arguments: list[str]) -> int:
    """Hold the relay that the argument names; return the exit code."""
    set_up_log("relay")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the end of the pipe ends it, nothing else
    relay = decode(arguments[0])
    _log.info("relay is held while signs of life come", relay=told(relay))
    hold(KeptRelay(relay), sys.stdin.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
