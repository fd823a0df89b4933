"""A wizard of a drawn room, over its own HTTPS on loopback, for a real browser.

Comes in: a folder. Goes out: an address and a code; a room of lines, somebody as lines in it, and
what a walk through it would have seen. Nobody was filmed for it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ambient.bus.opening import code_of
from ambient.config import load_node
from ambient.node.gateways.listening import bound
from ambient.node.place import NodePlace
from ambient.node.wizard import certificate, serve, sockets
from ambient.node.wizard.announce import Announcer
from ambient.node.wizard.app import create_app
from ambient.node.wizard.door import Door
from ambient.node.wizard.gate import opened
from ambient.node.wizard.installation import Installation
from ambient.node.wizard.looks import Outlined, Proposal
from ambient.node.wizard.watcher import Watcher
from ambient.observations import Place, PoseSeen, Posture, PostureSeen, View, ViewState
from tests.patience import PATIENCE_S

NS = 1_000_000_000
ROOM = """\
site: lindenhof
node: n-12
state_dir: {state}
rooms:
  - id: r12
    beds: [{{id: r12-a}}, {{id: r12-b}}]
    purposes: {{falls: on}}
    cameras: [{{id: c1, source: rtsp://camera/one}}, {{id: c2, source: rtsp://camera/two}}]
  - id: r13
    cameras: [{{id: c1, source: rtsp://camera/three}}]
"""
BED = [(0.55, 0.5), (0.95, 0.56), (0.88, 0.86), (0.46, 0.76)]
STROKES = [
    [(0.0, 0.42), (0.3, 0.34), (1.0, 0.4)],
    [(0.3, 0.0), (0.3, 0.34)],
    [*BED, BED[0]],
    [(0.55, 0.5), (0.55, 0.4), (0.95, 0.45), (0.95, 0.56)],
    [(0.08, 0.95), (0.08, 0.2), (0.2, 0.16), (0.2, 0.84)],
    [(0.36, 0.52), (0.46, 0.53), (0.46, 0.66), (0.36, 0.65), (0.36, 0.52)],
    [(0.38, 0.04), (0.62, 0.05), (0.62, 0.27), (0.38, 0.26), (0.38, 0.04)],
]
"""Walls, a window, a door, a bed, a table."""
_LEFT, _RIGHT = 0.28, 0.33
JOINTS = {
    0: (0.305, 0.4), 11: (_LEFT, 0.47), 12: (_RIGHT, 0.47), 13: (0.265, 0.55), 14: (0.35, 0.55),
    15: (0.262, 0.62), 16: (0.352, 0.62), 23: (0.288, 0.63), 24: (0.322, 0.63), 25: (0.283, 0.74),
    26: (0.328, 0.74), 27: (0.28, 0.85), 28: (0.33, 0.85), 31: (0.268, 0.87), 32: (0.342, 0.87),
}  # fmt: skip
"""Somebody who stands beside the door, by BlazePose landmarks."""


@dataclass(frozen=True)
class DrawnRoom:
    """What a browser needs."""

    url: str
    code: str
    fingerprint: str
    installation: Installation


@contextmanager
def drawn_room(folder: Path) -> Iterator[DrawnRoom]:
    """Serve the wizard until the block ends."""
    file = folder / "node.yaml"
    file.write_text(ROOM.format(state=folder / "state"))
    config = load_node(file)
    place = NodePlace(config.state_dir)
    place.make()
    announcer, watcher = Announcer(config, "k" * 40, time.time_ns), Watcher()
    installation = Installation(file, announcer, watcher, time.time_ns, "FK5E-DWJO")
    made = certificate.made(["127.0.0.1"], datetime.now(UTC))
    code = code_of(bytes(32), "n-12", made.digest)
    door = Door(opened(code, time.monotonic()), time.monotonic, announcer, made.digest)
    stop = threading.Event()
    listening = bound("--host", "127.0.0.1", 0)
    url = f"https://127.0.0.1:{listening.getsockname()[1]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sockets, "ask", _ask)
        app, tls = create_app(installation, door), made.context(place.run_dir)
        running = serve._run(app, listening, tls, lambda: stop.is_set() or door.over)
        serving = threading.Thread(target=asyncio.run, args=(running,))
        seeing = threading.Thread(target=_see, args=(watcher, stop))
        serving.start()
        seeing.start()
        try:
            yield DrawnRoom(url, code, made.digest, installation)
        finally:
            stop.set()
            serving.join(PATIENCE_S)
            seeing.join(PATIENCE_S)
            listening.close()


def _ask(run_dir: Path, name: str, question: bytes, timeout_s: float) -> bytes:
    bed = Proposal(kind=Place.BED, polygon=BED, confidence=0.8)
    return msgspec.msgpack.encode(
        Outlined(pictures=40, aspect=16 / 9, strokes=[list(s) for s in STROKES], proposals=[bed])
    )


def _see(watcher: Watcher, stop: threading.Event) -> None:
    """See somebody who stands there, four times a second."""
    points = [JOINTS.get(number, (0.3, 0.4)) for number in range(33)]
    sure = [0.9 if number in JOINTS else 0.0 for number in range(33)]
    while not stop.wait(0.25):
        t = time.time_ns()
        where = {"t": t, "room": "r12"}
        watcher.take(
            [
                *(ViewState(**where, source=one, view=View.OK) for one in ("c1", "c2")),
                PoseSeen(
                    **where,
                    source="c1",
                    track=1,
                    keypoints=[(x, y, s) for (x, y), s in zip(points, sure, strict=True)],
                    box=(0.25, 0.35, 0.36, 0.88),
                    score=0.95,
                    aspect=16 / 9,
                ),
                PostureSeen(
                    **where,
                    source="c1",
                    track=1,
                    posture=Posture.STANDING,
                    probability=0.9,
                    down=0.0,
                    upright=0.95,
                    place=Place.FLOOR,
                ),
            ]
        )
