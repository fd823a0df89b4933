"""The hub's figures for Prometheus.

Comes in: each stored event with its receive time, and a board at the moment of the scrape. Goes
out: the text of ``/metrics``. Counters start at zero with the process, as Prometheus expects.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ambient.events import KINDS, AnyEvent, kind_of
from ambient.hub.alarms.condition import AlarmState
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.signal import SIREN
from ambient.hub.board import Board

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_DELAYS_S: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600, 3600, 86400)


class HubMetrics:
    """What the hub counts; one registry per hub, so that tests may have several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(
            "ambient_hub_events", "Events stored, by kind", ["kind"], registry=self.registry
        )
        self._of_kind = {kind: self._events.labels(kind) for kind in KINDS}
        self._delay = Histogram(
            "ambient_hub_event_delay_seconds",
            "From the instant of the signal to the hub's receipt",
            buckets=_DELAYS_S,
            registry=self.registry,
        )
        self._alarms = Gauge(
            "ambient_hub_alarms",
            "Open alarms, by kind and state",
            ["kind", "state"],
            registry=self.registry,
        )
        self._calling = Gauge(
            "ambient_hub_alarms_calling",
            "Open alarms that sound and that nobody sees to",
            registry=self.registry,
        )
        self._siren = Gauge(
            "ambient_hub_alarms_at_siren",
            "Of these, those whose escalation has come to the siren",
            registry=self.registry,
        )
        self._snoozes = Gauge("ambient_hub_snoozes", "Snoozes that hold", registry=self.registry)
        self._nodes = Gauge(
            "ambient_hub_nodes", "Nodes, by state", ["state"], registry=self.registry
        )
        self._pages = Gauge("ambient_hub_pages", "Pages that are open", registry=self.registry)
        self._trouble = Gauge(
            "ambient_hub_store_trouble", "1 while the hub cannot store", registry=self.registry
        )
        self._unknown = Gauge(
            "ambient_hub_unknown_keys",
            "Connections since the start with a key that is not enrolled",
            registry=self.registry,
        )
        self._refused = Gauge(
            "ambient_hub_rows_refused",
            "Rows since the start that enrolled nodes may not send: a foreign room, or no event",
            registry=self.registry,
        )
        self.unknown_keys: Callable[[], int] = lambda: 0
        """Where the number of refused keys comes from; the link sets it."""
        self.rows_refused: Callable[[], int] = lambda: 0
        """Where the number of refused rows comes from; the link sets it."""

    def stored(self, new: Sequence[AnyEvent], received: int) -> None:
        """Count stored events that were received together."""
        for kind, count in Tally(kind_of(event) for event in new).items():
            self._of_kind[kind].inc(count)
        for event in new:
            self._delay.observe(max(0.0, (received - event.t) / 1e9))

    def text(self, board: Board, pages: int) -> bytes:
        """Return the scrape's answer."""
        led = (alarm for group in board.led.values() for alarm in group)
        tally = Tally((alarm.kind, alarm.state) for alarm in (*board.alarms, *led))
        for kind in AlarmKind:
            for state in (AlarmState.ACTIVE, AlarmState.ACKNOWLEDGED):
                self._alarms.labels(kind.value, state.value).set(tally[kind, state])
        self._calling.set(sum(alarm.calling for alarm in board.alarms))
        self._siren.set(
            sum(
                alarm.calling and any(one.channel == SIREN for one in board.given(alarm.id))
                for alarm in board.alarms
            )
        )
        self._snoozes.set(len(board.house.snoozes_at(board.at)))
        silent = sum(node.silent for node in board.nodes)
        never = sum(node.last_heard is None and not node.silent for node in board.nodes)
        self._nodes.labels("silent").set(silent)
        self._nodes.labels("never_heard").set(never)
        self._nodes.labels("speaking").set(len(board.nodes) - silent - never)
        self._pages.set(pages)
        self._trouble.set(board.trouble is not None)
        self._unknown.set(self.unknown_keys())
        self._refused.set(self.rows_refused())
        return generate_latest(self.registry)
