"""The seam between the host of channels and a channel: everything that a plugin has to know.

Comes in: nothing. Goes out: `Channel`, the class that a plugin inherits from, and what passes
between the two: `Notice`, `Receipt`, `House`, `NotHereError`. Queue, order, retries, rate limit,
health and acceptance are the host's; a plugin delivers one notice and says what came of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from msgspec import Struct, field

from ambient.config import RoomName
from ambient.errors import ConfigError
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.signal import Delivery
from ambient.languages import Language

DELIVER_S: Final = 8.0
"""`Channel.deliver` returns within this: what says nothing for 10 s has failed."""


class NotHereError(ConfigError):
    """What a channel needs of this machine, a file or a package, is not there or cannot be used.

    The configuration itself can be understood: the hub serves, and tries to make the channel anew.
    """


class Notice(Struct, frozen=True, kw_only=True):
    """What a channel has to tell: room and kind, never a name.

    Attributes
    ----------
    id
        The same at every attempt, another for every repeat. Put it where the protocol has a
        message id, so that the far side can tell a double.
    alarm
        Id of the condition; the same for everything about one alarm.
    kind, priority
        What it is about, and how urgent.
    room, room_name
        Its id, and what the house calls it; None and a word for "all rooms" of the system itself.
    text
        To be shown: room and kind, in `language`.
    at
        Hub time (ns) at which this notice was due.
    times
        How often the alarm has rung for this recipient; 1 at first.
    attempt
        Of this notice; what is more than 1 may already have arrived.
    address
        How the channel reaches the recipient, from ``recipients``; None when nothing stands there:
        the channel's usual recipient.
    over
        The alarm need not be shown any more: somebody sees to it, or it has ended. Only for
        channels with `takes_back`.
    test
        Nothing has happened: somebody tries the channel.
    """

    id: str
    alarm: str
    kind: AlarmKind
    priority: Priority
    room: str | None
    room_name: str
    text: str
    language: Language
    at: int
    times: int = 1
    attempt: int = 1
    address: str | None = None
    over: bool = False
    test: bool = False

    @property
    def again(self) -> bool:
        """Whether it may already have arrived: mark it as a double where the protocol can."""
        return self.attempt > 1


class Receipt(Struct, frozen=True, kw_only=True):
    """What came of a notice.

    Attributes
    ----------
    delivery
        `DELIVERED`, `SHOWN`, `FAILED` or `TAKEN`, see `ambient.hub.alarms.signal.Delivery`.
    until
        With `TAKEN`: hub time (ns) until which the far side gives the alarm.
    reference
        The far side's own id of the message, if it gave one.
    why
        With `FAILED`: what was expected and what came, for the log and the page. No secret in it.
    retry
        With `FAILED`: whether trying again may help. False for what is refused for good.
    """

    delivery: Delivery
    until: int | None = None
    reference: str | None = None
    why: str = ""
    retry: bool = True


class House(Struct, frozen=True, kw_only=True):
    """What a channel may know of the house.

    Attributes
    ----------
    site, channel
        Ids of the site and of the channel in ``hub.yaml``.
    rooms
        Room id ► its name and floor.
    now
        The hub's clock (ns).
    given
        Returns what this channel shows now: id of an alarm ► its room. Survives restarts.
    """

    site: str
    channel: str
    rooms: Mapping[str, RoomName] = field(default_factory=dict)
    now: Callable[[], int]
    given: Callable[[], Mapping[str, str | None]] = dict


class Channel(ABC):
    """A way out. One object per entry of ``channels``; used by one thread at a time.

    Parameters
    ----------
    options
        An `Options`, read from ``channels.NAME.options``.
    house
        What the channel may know.

    Raises
    ------
    ConfigError
        When the options cannot work, whatever the machine; a hub alone does not start then.
    AmbientError
        Any other, of which the host makes a `NotHereError`: a file is not there or is not as it
        should be. The hub serves and tries anew. What is only not reachable now is no error here.
    """

    Options: ClassVar[type[Struct]]
    """A strict struct (`ambient.config_base.Strict`); secrets stand in files of their own."""
    takes_back: bool = False
    """Whether the channel is also told that an alarm is `over`."""

    @abstractmethod
    def __init__(self, options: Any, house: House) -> None: ...

    @abstractmethod
    def deliver(self, notice: Notice) -> Receipt:
        """Deliver `notice` within `DELIVER_S`; never raises for what the network does."""

    def told(self) -> str:
        """Return where alarms go, in words and without secrets: what somebody accepts."""
        return ""

    def probe(self) -> bool | None:
        """Return whether the far side can be reached now; None when only a delivery can tell.

        Raises
        ------
        SourceError
            When it cannot, instead of False, by who knows why and what to do about it.
        """
        return None

    def close(self) -> None:
        """Let go of connections."""
        return
