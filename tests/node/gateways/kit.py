"""A node's reception without sockets: a clock that is set, and a fusion that notes what comes."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec

import msgspec

from ambient.config import NodeConfig, load_node
from ambient.config_gateways import Way
from ambient.events import Purpose
from ambient.node.gateways.closed import ClosedTimes
from ambient.node.gateways.reception import Reception, worn_where
from ambient.node.gateways.taken import TakenMarks
from ambient.node.switches import Switches
from ambient.observations import AnyObservation, SensorSeen, Tick, VitalMeasured
from tests.patience import PATIENCE_S
from vitals.batches import Batches
from vitals.readings import ValueRead

P = ParamSpec("P")
NS = 1_000_000_000
START = 1_800_000_000 * NS
"""Some instant; every test says its own times relative to this."""

ROOM = """
  - id: r1
    beds: [{id: b1, subject: s-aaaa}, {id: b2, subject: s-bbbb}]
    purposes: {falls: on, vitals: on}
    wearables:
      - {id: w1, device: omh/w1, via: mqtt, subject: s-aaaa, wear: wrist}
      - {id: w2, device: lab/w2, via: zeromq, subject: s-bbbb}
      - {id: w3, device: file-3, via: csv}
    sensors:
      - {id: door, device: door-1, kind: door}
      - {id: bed, device: bed-1, kind: bed, bed: b1}
      - {id: cord, device: cord-1, kind: cord}
      - {id: carer, device: lab/tag, kind: carer, via: zeromq}
"""
GATEWAYS = """
  mqtt: {host: 127.0.0.1, tls: off}
  zeromq: {bind: "tcp://127.0.0.1:7450", clients: [{id: lab, key: "%s"}]}
  csv: {folder: %s}
"""


def config(
    folder: Path, *, rooms: str = ROOM, gateways: str | None = None, key: str = "k" * 40
) -> NodeConfig:
    """Return the configuration of a node with these rooms."""
    file = folder / "node.yaml"
    ways = GATEWAYS % (key, folder / "csv") if gateways is None else gateways
    file.write_text(
        f"site: s\nnode: n-1\nstate_dir: {folder}\nrooms:{rooms}\ngateways:{ways}", "utf-8"
    )
    return load_node(file)


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Have a test run in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


async def eventually(what: Callable[[], bool]) -> None:
    """Let the loop's tasks go on until `what`."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "did not happen in time"
        await asyncio.sleep(0.005)


@dataclass
class Fusion:
    """Takes observations, as many as there is room for."""

    seen: list[AnyObservation] = field(default_factory=list)
    room: int = 10**9

    def send(self, observation: AnyObservation) -> bool:
        if len(self.seen) >= self.room:
            return False
        self.seen.append(observation)
        return True

    def but_ticks(self) -> list[AnyObservation]:
        return [one for one in self.seen if not isinstance(one, Tick)]

    def values(self) -> list[tuple[int, float]]:
        """Return when and what was measured, with `t` from `START` in seconds."""
        return [
            ((one.t - START) // NS, one.value)
            for one in self.seen
            if isinstance(one, VitalMeasured)
        ]

    def states(self) -> list[tuple[str, bool, bool]]:
        """Return what sensors said: which, on, retained."""
        return [(o.source, o.on, o.retained) for o in self.seen if isinstance(o, SensorSeen)]


class House:
    """Reception, fusion and a clock."""

    def __init__(self, folder: Path, given: NodeConfig | None = None) -> None:
        self.config = given or config(folder)
        self.t = START
        self.fusion = Fusion()
        self.switches = Switches()
        self.reception = Reception(
            self.config,
            lambda: self.t,
            self.fusion.send,
            ClosedTimes(folder),
            Batches(worn_where(self.config.rooms)),
            TakenMarks(folder),
        )
        self.reception.allow(self.switches)

    def at(self, seconds: float) -> None:
        """Set the clock."""
        self.t = START + round(seconds * NS)

    def switch(self, purpose: Purpose, on: bool, room: str = "r1") -> bool:
        self.switches = self.switches.with_purpose(room, purpose, on)
        return self.reception.allow(self.switches)

    def pause(self, seconds: float, room: str = "r1") -> bool:
        self.switches = self.switches.with_pause(room, self.t + round(seconds * NS))
        return self.reception.allow(self.switches)

    async def hand(self, way: Way, *readings: object) -> tuple[object, ...]:
        return await self.reception.take(way, "peer", readings)  # type: ignore[arg-type]


def pulse(device: str, seconds: float | None, value: float) -> ValueRead:
    """Return a pulse by the device's clock, which is the node's."""
    t = None if seconds is None else START + round(seconds * NS)
    return ValueRead(device=device, t=t, code="8867-4", value=value, unit="/min")


def omh_pulse(seconds: float, value: float) -> bytes:
    """Return the same as a data point of Open mHealth."""
    at = time.gmtime(START // NS + int(seconds))
    text = time.strftime("%Y-%m-%dT%H:%M:%S", at) + f".{round(seconds % 1 * 1000):03d}Z"
    return msgspec.json.encode(
        {
            "header": {"schema_id": {"namespace": "omh", "name": "heart-rate", "version": "2.0"}},
            "body": {
                "heart_rate": {"value": value, "unit": "beats/min"},
                "effective_time_frame": {"date_time": text},
            },
        }
    )
