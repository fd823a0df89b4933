"""What the wizard tells the hub, by way of fusion: events of the closed list, kept as notices.

Comes in: what happened. Goes out: notices on the node's disk, from which fusion makes its outbox
rows. They carry words of fixed lists, identifiers, the corners of what was drawn, and a digest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog

from ambient import events
from ambient.config import NodeConfig
from ambient.events import Corner, NodeCommissioned, NodeWizard, NodeZone, StationResult, WizardAct
from ambient.node.notices import Notice, NoticeBoard, NoticeKind
from ambient.node.own_events import envelope
from ambient.node.wizard.drawing import Drawn

_log = structlog.get_logger(__name__)


class Announcer:
    """Speaks for one opening of the wizard.

    Parameters
    ----------
    config
        Of the node.
    identity
        Key from which event ids derive.
    clock
        The node's time (ns).
    """

    def __init__(self, config: NodeConfig, identity: str, clock: Callable[[], int]) -> None:
        self._config = config
        self._identity = identity
        self._clock = clock
        self._notices = NoticeBoard(config.state_dir)
        self._last = 0
        self._position = 0
        self._chain = events.chain_id(identity, None, "wizard", self._now())

    def use(self, config: NodeConfig) -> None:
        """Speak for another version of the configuration from now on."""
        self._config = config

    def act(
        self,
        what: WizardAct,
        *,
        certificate: str | None = None,
        room: str | None = None,
        ipv4: int | None = None,
        port: int | None = None,
        source: str | None = None,
        until: int | None = None,
        walked: Sequence[StationResult] = (),
        stations: int = 0,
    ) -> None:
        """Say what happened to the wizard."""
        t = self._now()
        self._post(
            NodeWizard(
                **self._envelope(NodeWizard, room, self._chain, self._position, t),
                act=what,
                certificate=certificate,
                ipv4=ipv4,
                port=port,
                source=source,
                until=until,
                walked=list(walked),
                stations=stations,
            )
        )
        self._position += 1
        _log.info("wizard", act=what, room=room, source=source)

    def drawn(self, room: str, camera: str, areas: Sequence[Drawn]) -> None:
        """Say which areas hold for a camera from now on."""
        t = self._now()
        chain = events.chain_id(self._identity, room, f"zones.{camera}", t)
        for position, area in enumerate(areas):
            at = t if position == 0 else self._now()
            self._post(
                NodeZone(
                    **self._envelope(NodeZone, room, chain, position, at),
                    source=camera,
                    area=area.area,
                    bed=area.bed,
                    corners=[Corner(x=x, y=y) for x, y in area.polygon],
                )
            )

    def commissioned(
        self,
        room: str,
        results: Sequence[StationResult],
        *,
        complete: bool,
        short: bool,
        certificate: str,
    ) -> None:
        """Say what the walk through a room gave."""
        t = self._now()
        chain = events.chain_id(self._identity, room, "commissioned", t)
        self._post(
            NodeCommissioned(
                **self._envelope(NodeCommissioned, room, chain, 0, t),
                complete=complete,
                short=short,
                walked=list(results),
                certificate=certificate,
            )
        )

    def _envelope(
        self, kind: type[events.Event], room: str | None, chain: str, position: int, t: int
    ) -> dict[str, Any]:
        return envelope(self._config, self._identity, kind, chain, t, room=room, position=position)

    def _post(self, event: NodeWizard | NodeZone | NodeCommissioned) -> None:
        self._notices.post(Notice(kind=NoticeKind.INSTALLED, t=event.t, event=event))

    def _now(self) -> int:
        """Return the time, each time another: a notice's file is named after it."""
        self._last = max(self._last + 1, self._clock())
        return self._last
