"""One channel's share of the work: takes what is due, has its plugin deliver it, keeps what came.

Comes in: the store's signals of this channel, receipts of the plugin, two clocks. Goes out: inputs
for the alarms, rows of the queue, health. One step is one notice at most; `host` calls it from a
thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import sqlite_utils
import structlog

from ambient.config import RoomName
from ambient.config_channels import ChannelConfig
from ambient.errors import SourceError
from ambient.hub.alarms.condition import Condition
from ambient.hub.alarms.inputs import ChannelWorks, Delivered
from ambient.hub.alarms.signal import SIREN, Delivery
from ambient.hub.channels import queue, texts
from ambient.hub.channels.health import NS, Health, Rate
from ambient.hub.channels.opening import Unmade
from ambient.hub.channels.queue import Queued
from ambient.hub.channels.seam import Channel, Notice, Receipt
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from ambient.links import Backoff

IDLE_S: Final = 0.5
"""Repeats and escalations fall due without telling anybody; a new alarm wakes the sender."""
PROBE_S: Final = 30.0
GONE: Final = 3
"""So many failures in a row are the receiver's, not a recipient's; when it is back nobody waits."""
NOT_ACCEPTED: Final = (
    "expected accepted_by and accepted_on, got none: nothing is sent until somebody responsible "
    "for data protection accepts where alarms go"
)
NOT_REACHED: Final = "expected the far side to be reachable, got no answer"
BACKOFF: Final = Backoff(first_s=0.5, most_s=30.0)

_log = structlog.get_logger(__name__)


class Sender:
    """Serves one channel.

    Parameters
    ----------
    name, config, plugin
        The entry of ``channels`` and what was made of it, or why nothing could be made yet.
    rooms
        Room id ► its name.
    now, steady
        The hub's clock, and one that nobody sets (ns).
    luck
        Uniform in 0..1, for the waits between tries.
    """

    def __init__(
        self,
        name: str,
        config: ChannelConfig,
        plugin: Channel | Unmade,
        store: Store,
        database: HubDatabase,
        *,
        rooms: Mapping[str, RoomName],
        now: Callable[[], int],
        steady: Callable[[], int],
        luck: Callable[[], float],
    ) -> None:
        self.name = name
        self._config = config
        self._plugin = plugin
        self._store = store
        self._database = database
        self._rooms = rooms
        self._now = now
        self._steady = steady
        self._luck = luck
        self._rate = Rate(per_minute=config.per_minute, at=steady())
        self._probed = steady()
        self._tried: int | None = None
        """When (steady) it was told, or tried anew, what cannot be made."""
        with database.read() as db:
            self._health = health_of(db, name)

    def step(self) -> float:
        """Send one notice if one may be sent; return how long (s) there is nothing to do.

        Raises
        ------
        StoreError
            When what came of it cannot be kept; it is sent again then.
        """
        self._make()
        self._collect()
        self._rate = self._rate.at_time(self._steady())
        with self._database.read() as db:
            queued = queue.first(db, self.name, self._now())
            condition = None if queued is None else queue.condition_of(db, queued)
        if queued is None:
            self._probe()
            return IDLE_S
        if condition is None or (queued.over and not self._takes_back):
            with self._database.write() as db:
                queue.finish(db, queued, queue.WITHDRAWN, None, self._now())
            return 0.0
        if not self._config.accepted:
            self._keep(queued, Receipt(delivery=Delivery.FAILED, why=NOT_ACCEPTED, retry=False))
            return 0.0
        if isinstance(self._plugin, Unmade):
            # No attempt: nothing can have arrived.
            self._keep(queued, Receipt(delivery=Delivery.FAILED, why=self._plugin.why))
            return 0.0
        if self._rate.wait_s > 0:
            return min(IDLE_S, self._rate.wait_s)
        self._rate = self._rate.sent()
        with self._database.write() as db:
            attempt = queue.begin(db, queued)
        queued = msgspec.structs.replace(queued, attempts=attempt)
        notice = notice_of(queued, condition, self._config, self._rooms)
        self._keep(queued, self._deliver(self._plugin, notice))
        return 0.0

    def close(self) -> None:
        """Let go of connections."""
        if not isinstance(self._plugin, Unmade):
            self._plugin.close()

    @property
    def _takes_back(self) -> bool:
        """Whether it is told what is over; what is not made yet may be, and must not lose it."""
        return isinstance(self._plugin, Unmade) or self._plugin.takes_back

    def _make(self) -> None:
        """Tell what cannot be made, try it anew now and then, and go on once it is made."""
        if not self._config.accepted:
            return
        if isinstance(self._plugin, Unmade):
            steady = self._steady()
            if self._tried is not None:
                if steady - self._tried < PROBE_S * NS:
                    return
                self._plugin = self._plugin.again()
            self._tried = steady
        now = self._now()
        if isinstance(self._plugin, Unmade):
            with self._database.write() as db:
                self._failed(db, self._plugin.why, now, unmade=True)
        elif self._health.unmade:
            reached, why = self._reached(self._plugin)
            with self._database.write() as db:
                queue.all_due(db, self.name, now)
                if reached is False:
                    self._failed(db, why, now)
                else:
                    alarmed = self._health.alarmed
                    self._health = msgspec.structs.replace(self._health.made(), alarmed=alarmed)
                    keep_health(db, self.name, self._health)
            _log.info("channel_made", channel=self.name)
        else:
            return
        self._tell(now)

    def _collect(self) -> None:
        due = self._store.due_signals([self.name])
        if not due:
            with self._database.read() as db:
                owes = self._takes_back and queue.owes(db, self.name)
                if not owes and not queue.waiting(db, self.name):
                    return  # a quiet channel takes no lock from whoever writes
        now = self._now()
        with self._database.write() as db:
            arrived = queue.collect(db, self.name, due, now, takes_back=self._takes_back)
        if arrived:
            answers = [Delivered(signal=key, delivery=how) for key, how in arrived.items()]
            self._store.decide_all(answers, now)

    def _deliver(self, plugin: Channel, notice: Notice) -> Receipt:
        try:
            return plugin.deliver(notice)
        except Exception as error:  # noqa: BLE001 - a plugin may be anybody's; it counts as failed
            _log.error("channel_broken", channel=self.name, error=repr(error))
            return Receipt(
                delivery=Delivery.FAILED, why=f"the plugin failed: {type(error).__name__}"
            )

    def _keep(self, queued: Queued, receipt: Receipt) -> None:
        now = self._now()
        failed = receipt.delivery is Delivery.FAILED
        if not queued.over:
            given = Delivered(signal=queued.signal, delivery=receipt.delivery, until=receipt.until)
            self._store.decide(given, now)
        with self._database.write() as db:
            if not failed:
                queue.finish(db, queued, receipt.delivery.value, receipt.reference, now)
            elif receipt.retry:
                unmade = isinstance(self._plugin, Unmade)
                wait = PROBE_S if unmade else BACKOFF.delay(max(1, queued.attempts), self._luck())
                queue.later(db, queued, now + round(wait * NS))
            else:
                queue.finish(db, queued, queue.REFUSED, None, now)
            if failed:
                self._failed(db, receipt.why, now, unmade=isinstance(self._plugin, Unmade))
            else:
                self._worked(db, now)
        self._tell(now)

    def _probe(self) -> None:
        """Ask the far side whether it is there, while there is nothing to send."""
        if isinstance(self._plugin, Unmade) or not self._config.accepted:
            return
        if self._steady() - self._probed < PROBE_S * NS:
            return
        self._probed = self._steady()
        reached, why = self._reached(self._plugin)
        now = self._now()
        if reached is None or (reached and not self._health.failures):
            return
        with self._database.write() as db:
            if reached:
                self._worked(db, now)
            else:
                self._failed(db, why, now)
        self._tell(now)

    def _reached(self, plugin: Channel) -> tuple[bool | None, str]:
        """Return what the plugin says of its far side, and why it is not reached when it is not.

        One that breaks has not reached it.
        """
        try:
            return plugin.probe(), NOT_REACHED
        except SourceError as error:
            return False, str(error)
        except Exception as error:  # noqa: BLE001 - as in `_deliver`
            _log.error("channel_broken", channel=self.name, error=repr(error))
            return False, NOT_REACHED

    def _failed(
        self, db: sqlite_utils.Database, why: str, now: int, *, unmade: bool = False
    ) -> None:
        self._health = self._health.failed(why, now, unmade=unmade)
        keep_health(db, self.name, self._health)
        if self._health.failures == 1:
            _log.warning("channel_fails", channel=self.name, why=why)

    def _worked(self, db: sqlite_utils.Database, now: int) -> None:
        if self._health.failures >= GONE:
            queue.all_due(db, self.name, now)
        if self._health.failures:
            _log.info("channel_delivers_again", channel=self.name)
        alarmed = self._health.alarmed
        self._health = msgspec.structs.replace(self._health.worked(now), alarmed=alarmed)
        keep_health(db, self.name, self._health)

    def _tell(self, now: int) -> None:
        """Raise or end the technical alarm, and keep that this was done."""
        health = self._health
        if health.due(self._config.fault_after_min, now, last=self.name == SIREN):
            self._store.decide(
                ChannelWorks(channel=self.name, fails_since=health.failing_since), now
            )
        elif health.alarmed and not health.failures:
            self._store.decide(ChannelWorks(channel=self.name), now)
        else:
            return
        self._health = msgspec.structs.replace(health, alarmed=bool(health.failures))
        with self._database.write() as db:
            keep_health(db, self.name, self._health)


def notice_of(
    queued: Queued, condition: Condition, config: ChannelConfig, rooms: Mapping[str, RoomName]
) -> Notice:
    """Return what is told of `condition`: room and kind, and nothing else about anybody."""
    language = config.language
    room = texts.room_name(condition.room, rooms, language)
    return Notice(
        id=queued.id,
        alarm=condition.id,
        kind=condition.kind,
        priority=condition.priority,
        room=condition.room,
        room_name=room,
        text=texts.text(condition.kind, room, language, over=queued.over),
        language=language,
        at=queued.made,
        times=queued.times,
        attempt=queued.attempts,
        address=config.recipients.get(queued.recipient),
        over=queued.over,
    )


def health_of(db: sqlite_utils.Database, channel: str) -> Health:
    """Return how a channel did when the hub ran last."""
    row = db.execute("SELECT body FROM channel_health WHERE channel = ?", (channel,)).fetchone()
    return Health() if row is None else msgspec.json.decode(row[0], type=Health)


def keep_health(db: sqlite_utils.Database, channel: str, health: Health) -> None:
    """Keep how a channel does."""
    body = msgspec.json.encode(health).decode()
    db.execute("INSERT OR REPLACE INTO channel_health VALUES (?, ?)", (channel, body))
