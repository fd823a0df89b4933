"""What ``ambient hub channels`` says: how every way out stands, and what came of a test notice.

In: ``hub.yaml``. Out: lines, and whether all is well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ambient.config import HubConfig
    from ambient.hub.channels.host import Standing


def stand(config: HubConfig) -> tuple[list[str], bool]:
    """Return how each channel stands; well when each is accepted and none fails."""
    from ambient.hub.channels.host import standings
    from ambient.hub.database import DATABASE, HubDatabase

    if not config.channels:
        return ["no channels: alarms are shown on the hub's pages alone"], True
    with HubDatabase(config.state_dir / DATABASE) as database:
        found = standings(config, database)
    well = all(one.accepted_by is not None and not one.health.failures for one in found)
    return [_line(one) for one in found], well


def tried(config: HubConfig, name: str) -> tuple[list[str], bool]:
    """Send a test notice by one channel; well when every recipient got it."""
    from ambient.hub.alarms.signal import Delivery
    from ambient.hub.channels.host import trial

    lines, well = [], True
    for address, receipt in trial(config, name):
        to = "the usual recipient" if address is None else address
        if receipt.delivery is Delivery.FAILED:
            well = False
            lines.append(f"{name} to {to}: failed: {receipt.why}")
        else:
            lines.append(f"{name} to {to}: {receipt.delivery.value}")
    return lines, well


def _line(one: Standing) -> str:
    if one.accepted_by is None:
        accepted = "OFF: nobody has accepted it (accepted_by, accepted_on)"
    else:
        accepted = f"accepted by {one.accepted_by} on {one.accepted_on}"
    health = one.health
    if health.failures:
        does = f"fails since {_at(health.failing_since)} ({health.failures} in a row): {health.why}"
    elif health.succeeded is None:
        does = "has delivered nothing yet"
    else:
        does = f"delivered last {_at(health.succeeded)}"
    waiting = f", {one.waiting} waiting" if one.waiting else ""
    return f"{one.name} ({one.told}): {accepted}; {does}{waiting}"


def _at(t: int | None) -> str:
    return "" if t is None else f"{datetime.fromtimestamp(t / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC"
