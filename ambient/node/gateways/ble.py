"""Bluetooth LE as a way in: the wearables of the configuration, read while they may be.

Comes in: the wearables that the desk says may be read, and what they send. Goes out: readings, to
the desk. A wearable is named by its Bluetooth address; one that several people share (a scale, a
cuff) by address and the user number it gives each of them, a wearable of the configuration for
each: ``AA:BB:CC:DD:EE:FF/2``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ambient.config_gateways import Ble, Way, Wearable
from ambient.errors import ConfigError
from ambient.links import Link, LinkState
from ambient.node.gateways.ble_radio import Bluetooth, Radio, bleak_radio
from ambient.node.gateways.ble_session import Peripheral
from ambient.node.gateways.way import Desk
from vitals.parse.gatt import Parsed

NAME: Final = re.compile(r"((?:[0-9A-F]{2}:){5}[0-9A-F]{2})(?:/([0-9]{1,3}))?", re.IGNORECASE)
MOST_USERS: Final = 254
"""The largest user number; 255 means that the device does not know who it was."""


class BleGateway:
    """The Bluetooth adapter of one node.

    Parameters
    ----------
    settings
        ``gateways.ble``.
    desk
        Where readings go.
    radio
        None: the adapter of the settings; a seam for tests.
    """

    way: Final = Way.BLE

    def __init__(self, settings: Ble, desk: Desk, radio: Radio | None = None) -> None:
        self._desk = desk
        self._bluetooth = Bluetooth(
            self._take, self._tell, radio or bleak_radio(settings.adapter), now=desk.now
        )

    @property
    def settled(self) -> bool:
        """Whether no device is connected that may not be read."""
        return self._bluetooth.settled

    def changed(self) -> None:
        """Let go of devices that may not be read any longer, look for those that may."""
        self._bluetooth.watch(peripherals(self._desk.wearables(Way.BLE)))

    async def run(self) -> None:
        """Read for ever.

        Raises
        ------
        ConfigError
            When a wearable's name is no address.
        """
        self.changed()
        await self._bluetooth.run()

    async def _take(self, one: Peripheral, parsed: Parsed, received: int) -> None:
        await self._desk.take(Way.BLE, one.address, parsed, received)

    def _tell(self, one: Peripheral | None, state: LinkState) -> None:
        if one is None:
            self._desk.link(Way.BLE, None if state.link is Link.CONNECTED else state.reason)
        elif state.link in (Link.CONNECTED, Link.GONE):
            self._desk.presence(one.device, state.link is Link.CONNECTED)


def peripherals(wearables: Iterable[Wearable]) -> list[Peripheral]:
    """Return the devices to connect to, one for each address.

    Raises
    ------
    ConfigError
        For a name that is no address, and for an address both with and without a user number.
    """
    found: dict[str, Peripheral] = {}
    for one in wearables:
        match = NAME.fullmatch(one.device)
        user = int(match[2]) if match is not None and match[2] is not None else None
        if match is None or (user is not None and user > MOST_USERS):
            raise ConfigError(
                f"wearable {one.id}: expected a Bluetooth address like AA:BB:CC:DD:EE:FF, for a "
                f"device that several people share with /0 to /{MOST_USERS}, got {one.device!r}"
            )
        address = match[1].upper()
        users = {} if user is None else {user: one.device}
        before = found.get(address)
        if before is None:
            found[address] = Peripheral(
                address=address, device=one.device, label=one.id, users=users
            )
        elif not users or not before.users or user in before.users:
            raise ConfigError(
                f"wearable {one.id}: expected each user of a device once and with a number of its "
                f"own, as in {address}/1 and {address}/2, got {one.device!r} beside "
                f"{before.device!r}"
            )
        else:
            found[address] = Peripheral(
                address=address,
                device=before.device,
                label=before.label,
                users={**before.users, **users},
            )
    return list(found.values())
