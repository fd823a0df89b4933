"""``python -m tests.e2e.recording_hub hub.yaml FILE``: the real hub, and a list of what it heard.

Comes in: a hub's configuration. Goes out: a hub like any other, and in FILE one JSON line for each
message as CURVE gave it to the hub: the connection, and the frame in hexadecimal.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import zmq

from ambient.config import load_hub
from ambient.hub.service import run_hub
from ambient.log import set_up_log


class Heard(msgspec.Struct, frozen=True):
    """One message: who said it (the key that CURVE has proved) and its frames."""

    key: str
    frames: list[str]


def record(path: Path) -> None:
    """Have every message that a ROUTER takes written to `path` as well."""
    out = path.open("ab", buffering=0)
    receive = zmq.Socket.recv_multipart

    def recording(self: zmq.Socket[bytes], *given: Any, **named: Any) -> list[Any]:
        frames = receive(self, *given, **named)
        if self.type == zmq.ROUTER:
            plain = [bytes(getattr(one, "bytes", one)).hex() for one in frames[1:]]
            heard = Heard(key=str(frames[-1].get("User-Id")), frames=plain)
            out.write(msgspec.json.encode(heard) + b"\n")
        return frames

    zmq.Socket.recv_multipart = recording  # type: ignore[method-assign]


def main() -> None:
    """Serve until SIGTERM."""
    set_up_log("hub")
    record(Path(sys.argv[2]))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_hub(load_hub(Path(sys.argv[1])), stop=stop)


if __name__ == "__main__":
    main()
