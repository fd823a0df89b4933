"""Who would not hear of an alarm, though ``hub.yaml`` names them: found before the night.

Comes in: a `HubConfig`. Goes out: a line for each shift without staff, and for whoever is reached
only by ways that nobody accepted or of which nobody knows whether they arrive in time.
"""

from __future__ import annotations

from typing import Final

from ambient.config import HubConfig
from ambient.config_channels import ALWAYS

MAIL: Final = "email"
"""It is slow, and read late."""
LOG: Final = "syslog"
"""By UDP it is sent, and nothing more is known."""


def uncalled(config: HubConfig) -> list[str]:
    """Return what keeps alarms from somebody; nothing for a site without a rota: pages are told.

    Ways that are tried and fail are found by the running hub (`channels.health`).
    """
    alarms = config.alarms
    found = [
        f"shift {shift.id}: nobody of alarms.staff works in it"
        for shift in alarms.shifts
        if alarms.staff and not any(shift.id in one.shifts for one in alarms.staff)
    ]
    called = [(one.id, one.ways) for one in alarms.staff] + [("outside", alarms.outside)]
    for name, ways in called:
        weak = {way: _weak(config, way) for way in ways}
        if weak and all(weak.values()):
            found.append(f"{name}: {', '.join(f'{way} {why}' for way, why in weak.items())}")
    return found


def _weak(config: HubConfig, way: str) -> str:
    """Return why `way` must not be the only one; nothing when it may."""
    channel = config.channels.get(way)
    if channel is None:
        assert way in ALWAYS, "the configuration was checked"
        return ""
    if not channel.accepted:
        return "is accepted by nobody, so nothing is sent"
    if channel.kind == MAIL:
        return "is e-mail, which is read late"
    if channel.kind == LOG and channel.options.get("over") == "udp":
        return "is sent by UDP, and nobody knows whether it arrives"
    return ""
