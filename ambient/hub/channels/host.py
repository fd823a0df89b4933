"""The host of all channels: makes their plugins, gives each a thread, tries one out.

Comes in: ``channels`` of hub.yaml, the store. Goes out: `ChannelHost`, whose `run` serves them
until told to stop; `trial`, one test notice through a plugin that nobody else uses.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from ambient.config import HubConfig
from ambient.config_channels import ChannelConfig
from ambient.errors import ConfigError, StoreError, UsageError
from ambient.hub.alarms.condition import Priority
from ambient.hub.alarms.inputs import ChannelWorks
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.channels import opening, plugins, queue, texts
from ambient.hub.channels.health import Health
from ambient.hub.channels.seam import Channel, House, Notice, Receipt
from ambient.hub.channels.sender import NOT_ACCEPTED, Sender, health_of
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store

STORE_S: Final = 1.0
"""Until the next try, when the database takes nothing."""
JOIN_S: Final = 4.0

_log = structlog.get_logger(__name__)


class Standing(Struct, frozen=True, kw_only=True):
    """How one channel stands: what it is, where it goes, who accepted that, whether it works."""

    name: str
    kind: str
    told: str
    accepted_by: str | None
    accepted_on: str | None
    waiting: int
    health: Health


class ChannelHost:
    """All channels of a hub; one that cannot be made on this machine is tried anew while it runs.

    Parameters
    ----------
    lenient
        Also while an entry cannot be understood: this hub takes over from another one, and all
        that it can serve counts more.

    Raises
    ------
    ConfigError
        Unless `lenient`, when there is no such kind, or an option is wrong.
    """

    def __init__(
        self,
        config: HubConfig,
        store: Store,
        database: HubDatabase,
        *,
        lenient: bool = False,
        now: Callable[[], int] = time.time_ns,
        steady: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._store = store
        self._database = database
        self._now = now
        self._wake: list[threading.Event] = []
        ways = {
            name: opening.opened(
                partial(made, config, name, channel, now, partial(_given, database, name)),
                lenient=lenient,
            )
            for name, channel in config.channels.items()
        }
        self._senders = [
            Sender(
                name,
                channel,
                ways[name],
                store,
                database,
                rooms=config.rooms,
                now=now,
                steady=steady,
                luck=random.random,
            )
            for name, channel in config.channels.items()
        ]
        for name, channel in config.channels.items():
            way = ways[name]
            if isinstance(way, opening.Unmade):
                _log.error("channel_not_made", channel=name, why=way.why)
            if not channel.accepted:
                _log.warning("channel_off", channel=name, why=NOT_ACCEPTED)
        self._forget(config)

    def run(self, stop: threading.Event) -> None:
        """Serve every channel, each in a thread of its own, until `stop` is set."""
        failures: list[BaseException] = []
        broken = threading.Event()
        threads = []
        for sender in self._senders:
            wake = threading.Event()
            self._wake.append(wake)
            body = partial(self._serve, sender, wake, stop, broken, failures)
            threads.append(
                threading.Thread(target=body, name=f"channel-{sender.name}", daemon=True)
            )
        self._store.listeners.append(self._changed)
        for thread in threads:
            thread.start()
        while not stop.is_set() and not broken.wait(0.2):
            pass
        self._store.listeners.remove(self._changed)
        self._changed(0)
        for thread in threads:
            thread.join(JOIN_S)
        if failures:
            raise failures[0]

    def _changed(self, _: int) -> None:
        for wake in self._wake:
            wake.set()

    def _serve(
        self,
        sender: Sender,
        wake: threading.Event,
        stop: threading.Event,
        broken: threading.Event,
        failures: list[BaseException],
    ) -> None:
        try:
            while not stop.is_set() and not broken.is_set():
                wake.clear()
                try:
                    wait = sender.step()
                except StoreError as error:
                    _log.error("store_refused", channel=sender.name, error=str(error))
                    wait = STORE_S
                if wait > 0:
                    wake.wait(wait)
            sender.close()
        except BaseException as error:  # noqa: BLE001 - `run` raises it again
            failures.append(error)
            broken.set()

    def _forget(self, config: HubConfig) -> None:
        """End what is said of channels that are no longer configured."""
        with self._database.read() as db:
            names = [row[0] for row in db.execute("SELECT channel FROM channel_health").fetchall()]
        for name in set(names) - set(config.channels):
            self._store.decide(ChannelWorks(channel=name), self._now())
            with self._database.write() as db:
                db.execute("DELETE FROM channel_health WHERE channel = ?", (name,))


def made(
    config: HubConfig,
    name: str,
    channel: ChannelConfig,
    now: Callable[[], int],
    given: Callable[[], dict[str, str | None]] = dict,
) -> Channel:
    """Return the plugin of one entry.

    Raises
    ------
    ConfigError
        When its kind is not installed, an option is wrong, or a file is not here.
    """
    house = House(site=config.site, channel=name, rooms=config.rooms, now=now, given=given)
    return plugins.make(name, channel, house)


def faults(config: HubConfig) -> list[str]:
    """Return why channels cannot be opened on this machine; a hub serves without these."""
    found = []
    for name, channel in config.channels.items():
        try:
            made(config, name, channel, time.time_ns).close()
        except ConfigError as error:
            found.append(str(error))
    return found


def standings(config: HubConfig, database: HubDatabase) -> list[Standing]:
    """Return how every channel stands; one whose options are wrong says so in `told`."""
    found = []
    for name, channel in config.channels.items():
        with database.read() as db:
            health, waits = health_of(db, name), queue.waiting(db, name)
        try:
            plugin = made(config, name, channel, time.time_ns)
            told = plugin.told()
            plugin.close()
        except ConfigError as error:
            told = str(error)
        found.append(
            Standing(
                name=name,
                kind=channel.kind,
                told=told,
                accepted_by=channel.accepted_by,
                accepted_on=None if channel.accepted_on is None else str(channel.accepted_on),
                waiting=waits,
                health=health,
            )
        )
    return found


def trial(config: HubConfig, name: str) -> list[tuple[str | None, Receipt]]:
    """Send a test notice to every recipient of a channel; return address and receipt of each.

    Raises
    ------
    UsageError
        When there is no such channel, or nobody has accepted it.
    ConfigError
        When its options are wrong.
    """
    channel = config.channels.get(name)
    if channel is None:
        known = ", ".join(config.channels) or "none"
        raise UsageError(f"--test: expected a channel of hub.yaml ({known}), got {name!r}")
    if not channel.accepted:
        raise UsageError(f"channels.{name}: {NOT_ACCEPTED}")
    language = channel.language
    plugin = made(config, name, channel, time.time_ns)
    receipts = []
    try:
        for address in dict.fromkeys(channel.recipients.values()) or [None]:
            now = time.time_ns()
            notice = Notice(
                id=f"test-{now}",
                alarm=f"test-{now}",
                kind=AlarmKind.CHANNEL,
                priority=Priority.LOW,
                room=None,
                room_name=texts.room_name(None, {}, language),
                text=texts.trial(language),
                language=language,
                at=now,
                address=address,
                test=True,
            )
            receipts.append((address, plugin.deliver(notice)))
            if plugin.takes_back:
                plugin.deliver(_over(notice))
    finally:
        plugin.close()
    return receipts


def _over(notice: Notice) -> Notice:
    return msgspec.structs.replace(notice, id=f"{notice.id}.over", over=True)


def _given(database: HubDatabase, name: str) -> dict[str, str | None]:
    with database.read() as db:
        return queue.given(db, name)
