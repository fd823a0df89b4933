"""The facility hub as one process: link, store, timer and page.

Comes in: a `HubConfig`. Goes out: `run_hub`, which serves until it is told to stop. SIGTERM and
SIGINT drain: no new event is taken, open pages are told, what was committed stays.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final, TextIO

import structlog
import uvicorn
from argon2 import PasswordHasher

from ambient import notify
from ambient.bus import keys
from ambient.config import HubConfig
from ambient.config_web import SecondFactor
from ambient.errors import StoreError
from ambient.hub import restored
from ambient.hub.accounts import Accounts
from ambient.hub.alarms.inputs import Begin
from ambient.hub.alarms.signal import SIREN
from ambient.hub.broadcast import Broadcaster
from ambient.hub.channels.host import ChannelHost
from ambient.hub.database import DATABASE, HubDatabase
from ambient.hub.intake import Intake
from ambient.hub.listening import listen, url_of, warn_if_open
from ambient.hub.on_site import OnSite
from ambient.hub.partner_watch import PartnerWatch
from ambient.hub.parts import part
from ambient.hub.people import erasure
from ambient.hub.people.duty import Residents
from ambient.hub.pulse import Part, Pulse
from ambient.hub.registry import Registry
from ambient.hub.seams import Partner
from ambient.hub.site_rules import rules_of
from ambient.hub.store import Store
from ambient.hub.watch import Watch
from ambient.hub.web.app import create_app
from ambient.hub.web.context import HubContext
from ambient.hub.web.patience import PatientProtocol
from ambient.hub.web.tls import Keeper

DRAIN_S: Final = 5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class RunningHub:
    """A hub that serves.

    Attributes
    ----------
    url
        Of the page, with the port that was really bound.
    setup_url
        The one-time link for the first user, None when there is a user.
    link_address, link_key
        Where nodes reach the hub, with the port that was really bound, and its public key (Z85).
    context
        Its parts: store, accounts, registry.
    stop
        Ends `run_hub`; may be called from any thread.
    """

    url: str
    setup_url: str | None
    link_address: str
    link_key: str
    context: HubContext
    stop: Callable[[], None]


def run_hub(
    config: HubConfig,
    *,
    ready: Callable[[RunningHub], None] | None = None,
    stop: threading.Event | None = None,
    out: TextIO | None = None,
    partner: Partner | None = None,
    hasher: PasswordHasher | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or `stop`.

    Parameters
    ----------
    config
        ``web.port`` and the port of ``link.bind`` may be 0; `ready` tells which were bound.
    ready
        Called once, in the web server's thread, when page and link answer.
    stop
        Set it to end the hub from another thread.
    out
        Where the one-time set-up link is printed; standard error by default.
    partner
        The other hub of the site, where there are two (`ambient.hub.standby`).
    hasher
        As `Accounts` takes it: nothing, unless a test says otherwise.

    Raises
    ------
    StoreError
        When the database cannot be opened.
    ConfigError, LinkError
        When an address cannot be bound, or the key cannot be read.
    """
    stop = stop or threading.Event()
    database = HubDatabase(config.state_dir / DATABASE)
    try:
        _serve(config, database, ready, stop, out or sys.stderr, partner, hasher)
    finally:
        database.close()


def _serve(
    config: HubConfig,
    database: HubDatabase,
    ready: Callable[[RunningHub], None] | None,
    stop: threading.Event,
    out: TextIO,
    partner: Partner | None,
    hasher: PasswordHasher | None,
) -> None:
    pair = keys.load_or_make(config.state_dir / keys.HUB_KEY)
    store, registry = Store(database), Registry(database)
    accounts = Accounts(
        database,
        hasher,
        key=pair.secret.encode(),
        second_factor_required=config.web.second_factor is SecondFactor.REQUIRED,
    )
    broadcaster = Broadcaster()
    pulse = Pulse(config.alive, lambda: database.committed, told=lambda ill: _tell(partner, ill))
    on_site = OnSite(
        store,
        lambda: broadcaster.listeners,
        time.time_ns,
        siren=SIREN not in config.channels,
    )
    watch = Watch(
        database,
        store,
        accounts,
        served=registry.served,
        silent_s=config.silent_s,
        keep_days=config.keep_days,
        on_site=on_site.give,
        residents=Residents(config, database, broadcaster.publish).run,
        beat=pulse.of(Part.TIMER),
    )
    _forget_the_erased(config, database)
    store.decide(Begin(rules=rules_of(config)), time.time_ns())
    channels = ChannelHost(config, store, database, lenient=partner is not None)
    keeper = Keeper(config, store, time.time_ns)
    warn_if_open(config)
    failures: list[BaseException] = []
    with ExitStack() as opened:
        listening = opened.enter_context(listen(config))
        intake = Intake(
            config.link.bind,
            pair,
            config.site,
            registry=registry,
            sink=store,
            source=store,
            heard=watch.heard,
            drained=watch.drained,
            unenrolled=store.unenrolled,
            beat=pulse.of(Part.LINK),
            lacks=_lacks(config, partner),
            pair_of_hubs=partner,
        )
        unstarted = opened.enter_context(ExitStack())
        unstarted.callback(intake.close)
        context = HubContext(
            config=config,
            database=database,
            store=store,
            accounts=accounts,
            registry=registry,
            link_address=config.link.advertise or intake.address,
            link_key=pair.public,
            broadcaster=broadcaster,
        )
        store.observers.append(context.metrics.stored)
        context.metrics.unknown_keys = lambda: intake.counts.unknown_key
        context.metrics.rows_refused = lambda: intake.counts.rows_refused
        url = url_of(config, int(listening.getsockname()[1]), config.web.host)
        server = _Server(
            keeper,
            context,
            lambda: _started(context, url, intake, ready, stop, out),
            pulse.of(Part.PAGE),
        )
        threads = [
            part("timer", watch.run, stop, failures),
            part("link", intake.run, stop, failures),
            part("channels", channels.run, stop, failures),
            part("certificate", keeper.run, stop, failures),
            part("pulse", pulse.run, stop, failures),
            *(
                []
                if partner is None
                else [part("partner", PartnerWatch(config, context, partner).run, stop, failures)]
            ),
            threading.Thread(target=end_when, args=(server, stop), name="ender", daemon=True),
        ]
        unstarted.pop_all()  # from here on the link's thread closes it
        for thread in threads:
            thread.start()
        try:
            with _signals(stop):
                server.run(sockets=[listening])
        finally:
            stop.set()
            if partner is None or not partner.stays():
                notify.notify(notify.STOPPING)
            for thread in threads:
                thread.join(DRAIN_S)
            _log.info("hub_stopped")
    if failures:
        raise failures[0]


def _tell(partner: Partner | None, quiet: Sequence[Part]) -> None:
    """Let the other hub know when this one takes no events, or cannot store them."""
    if partner is not None:
        partner.unwell(not {Part.LINK, Part.STORE}.isdisjoint(quiet))


def _lacks(config: HubConfig, partner: Partner | None) -> int:
    """Return since when (ns) this hub lacks what was acknowledged, for either reason; 0 for no."""
    now = time.time_ns()
    known = [restored.lacks(config.state_dir, now), 0 if partner is None else partner.lacks]
    return min((since for since in known if since), default=0)


def _forget_the_erased(config: HubConfig, database: HubDatabase) -> None:
    """Apply the ledger of erasures before anything is served: the database may be an older copy."""
    for file in erasure.ledger_files(config):
        try:
            back = erasure.catch_up(database, [file], time.time_ns(), config.people.duties)
        except StoreError as error:
            # A damaged ledger must not silence the house; a restore refuses it.
            _log.error("ledger_of_erasures_refused", error=str(error))
            continue
        if back:
            _log.warning("erased_again", residents=back, reason="an older database was put back")


def _started(
    context: HubContext,
    url: str,
    intake: Intake,
    ready: Callable[[RunningHub], None] | None,
    stop: threading.Event,
    out: TextIO,
) -> None:
    """Say that the hub answers; print the one-time link when nobody can log in yet."""
    token = context.accounts.make_setup_token(context.now())
    setup_url = None if token is None else f"{url}/setup/{token}"
    if setup_url is not None:
        print(f"Create the first user (once, within an hour): {setup_url}", file=out)
        out.flush()
    notify.notify(notify.READY)
    _log.info("hub_ready", page=url, link=intake.address, site=context.config.site)
    if ready is not None:
        ready(
            RunningHub(
                url=url,
                setup_url=setup_url,
                link_address=intake.address,
                link_key=context.link_key,
                context=context,
                stop=stop.set,
            )
        )


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT set `stop`, in the main thread, for as long as the block runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """uvicorn that says when it answers, and tells open pages before it stops."""

    def __init__(
        self,
        keeper: Keeper,
        context: HubContext,
        started: Callable[[], None],
        beat: Callable[[], None],
    ) -> None:
        certificate, key = keeper.pair
        super().__init__(
            uvicorn.Config(
                create_app(context),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=DRAIN_S,
                timeout_keep_alive=30,
                ws="none",
                http=PatientProtocol,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )
        keeper.context = lambda: self.config.ssl if self.config.loaded else None
        self._context = context
        self._on_started = started
        self._beat = beat

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `run_hub`: uvicorn would end the process before everything drained."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._on_started()

    async def on_tick(self, counter: int) -> bool:
        """Say that the loop that answers pages turns."""
        self._beat()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the open pages' streams, then stop."""
        self._context.broadcaster.close()
        await super().shutdown(sockets=sockets)


def end_when(server: uvicorn.Server, stop: threading.Event) -> None:
    """Have a server end once `stop` is set."""
    stop.wait()
    server.should_exit = True
