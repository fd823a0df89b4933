"""A relay as a way out: a siren, a lamp, an input of the nurse call.

In: notices. Out: a relay (GPIO or Modbus), closed while any alarm is to be shown, or for a moment
with each notice where the other side hears edges. It says nothing about room and kind.
"""

from __future__ import annotations

import threading
from typing import Annotated, Final

from msgspec import Meta

from ambient.config_relay import Relay, check_relay, told
from ambient.errors import SourceError
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.seam import Channel, House, Notice, Receipt
from ambient.relays.relay import Switch, opened

TRIAL_S: Final = 1.0
"""So long a test sounds."""


class RelayChannel(Channel):
    """One relay; a channel named ``siren`` is the siren of last resort."""

    class Options(Relay, frozen=True, kw_only=True):
        """Which relay; with `pulse_s` it closes for so long with each notice, and opens again."""

        pulse_s: Annotated[float, Meta(ge=0.1, le=5)] | None = None

    takes_back = True

    def __init__(self, options: Options, house: House) -> None:
        check_relay(f"channels.{house.channel}.options", options)
        self._options = options
        self._house = house
        self._switch: Switch | None = None
        self._set = False
        self._closing = threading.Event()

    def told(self) -> str:
        """Return which relay it is."""
        return f"relay: {told(self._options)}"

    def probe(self) -> bool | None:
        """Return that the relay can be set now.

        None for a line of this machine that was not set yet: one process alone can hold it, and a
        trial beside the hub must find it free.

        Raises
        ------
        SourceError
            When it cannot be set.
        """
        if self._options.gpio is not None and self._switch is None:
            return None
        self._had().check()
        return True

    def deliver(self, notice: Notice) -> Receipt:
        """Close the relay, or open it when nothing else is to be shown."""
        try:
            switch = self._had()
            if not notice.over:
                self._set = True
                switch.set(True)
                if self._options.pulse_s is not None or notice.test:
                    self._closing.wait(self._options.pulse_s or TRIAL_S)
                    switch.set(False)
            elif not self._house.given().keys() - {notice.alarm}:
                switch.set(False)
        except SourceError as error:
            return Receipt(delivery=Delivery.FAILED, why=str(error))
        return Receipt(delivery=Delivery.SHOWN)

    def close(self) -> None:
        """Open the relay if it was closed from here, and let go of it.

        A second hub may have closed it: whoever only asked whether it is there leaves it as it is.
        """
        self._closing.set()
        if self._switch is not None:
            (self._switch.close if self._set else self._switch.leave)()

    def _had(self) -> Switch:
        if self._switch is None:
            self._switch = opened(self._options)
        return self._switch
