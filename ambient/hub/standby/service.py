"""A hub that is one of two, as one process: it stands by, takes over, and steps down.

Comes in: a configuration with a section ``standby``. Goes out: `serve`. A process that steps down
starts itself anew: whatever it was doing, nothing of it rings on.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import uvicorn

from ambient import notify
from ambient.bus import keys
from ambient.config import HubConfig
from ambient.errors import ConfigError
from ambient.hub import certificates
from ambient.hub.listening import listen
from ambient.hub.parts import part
from ambient.hub.pulse import sign
from ambient.hub.service import RunningHub, end_when, run_hub
from ambient.hub.site_clock import go_by
from ambient.hub.standby import enrolled, state
from ambient.hub.standby.follower import Follower
from ambient.hub.standby.lobby import Door, Lobby
from ambient.hub.standby.page import StandbyPage
from ambient.hub.standby.pairing import Pairing
from ambient.relays.guard import Guard

ALIVE_S: Final = 1.0
HANDING_S: Final = 10.0
"""How long the other hub may take to fetch the last state."""
JOIN_S: Final = 5.0
"""How long a thread may take to end."""

_log = structlog.get_logger(__name__)


def serve(
    config_file: Path,
    *,
    stop: threading.Event,
    ready: Callable[[RunningHub], None] | None = None,
) -> None:
    """Run a hub until `stop` is set: alone, or as one of two.

    Parameters
    ----------
    config_file
        Where its configuration stands.
    ready
        As `run_hub` has it.

    Raises
    ------
    StoreError, ConfigError, LinkError
        As `run_hub`; or when what is kept of the two hubs cannot be read.
    """
    config = state.effective(config_file)
    go_by(config)
    if config.standby is None:
        run_hub(config, ready=ready, stop=stop)
        return
    pair = keys.load_or_make(config.state_dir / keys.HUB_KEY)
    pairing = Pairing(config, config.standby, pair, config_file)
    ended = threading.Event()
    failures: list[BaseException] = []
    speaking = part("other hub", pairing.run, ended, failures, stop)
    speaking.start()
    try:
        _stand_by(config, pairing, config_file, pair, stop)
        if stop.is_set():
            return
        config = state.effective(config_file)  # the other hub's may have come meanwhile
        end = _ending(pairing, stop)

        def opened(hub: RunningHub) -> None:
            pairing.opened()
            if ready is not None:
                ready(hub)

        run_hub(config, ready=opened, stop=end, partner=pairing)
        if pairing.step_down.is_set():
            _hand_over(pairing, stop)
    finally:
        ended.set()
        speaking.join(JOIN_S)
    if failures:
        raise failures[0]
    if pairing.step_down.is_set():
        _start_anew()


def _stand_by(
    config: HubConfig,
    pairing: Pairing,
    config_file: Path,
    pair: keys.KeyPair,
    stop: threading.Event,
) -> None:
    """Follow the other hub until it is this one's turn, or `stop` is set."""
    until = threading.Event()
    other = pairing.standby.other
    follower = Follower(
        other.address,
        pair,
        config.state_dir,
        config_file,
        may=pairing.other_letting_go,
        copied=pairing.copied,
        clock=pairing.clock,
    )
    lobby = Lobby(
        config.link.bind,
        other.link,
        pair,
        door=lambda: _door(pairing),
        admits=partial(enrolled.admits, config.state_dir),
        knocked=pairing.knocked,
        told=pairing.told,
    )
    failures: list[BaseException] = []
    page = _Page(config, pairing)
    threads = [
        part("follower", follower.run, until, failures),
        part("lobby", lobby.run, until, failures),
        part("page", page.run, until, failures),
        part("alive", _Alive(config, pairing).run, until, failures),
    ]
    for thread in threads:
        thread.start()
    notify.notify(notify.READY)
    _log.info("hub_stands_by", page=page.url, link=config.link.bind, site=config.site)
    while not (stop.is_set() or pairing.take_over.is_set() or until.is_set()):
        pairing.take_over.wait(0.05)
    until.set()
    for thread in threads:
        thread.join(JOIN_S)
    if failures:
        raise failures[0]


def _hand_over(pairing: Pairing, stop: threading.Event) -> None:
    """Stay as long as the other hub, which an operator chose, fetches the last state."""
    pairing.let_go()
    until = time.monotonic() + HANDING_S
    while pairing.is_waited_for() and not stop.is_set() and time.monotonic() < until:
        stop.wait(0.05)


def _door(pairing: Pairing) -> Door:
    if pairing.other_serves():
        return Door.ON
    return Door.SHUT if pairing.hears() else Door.KNOCK


class _Page:
    """Serves the page of a hub that stands by."""

    def __init__(self, config: HubConfig, pairing: Pairing) -> None:
        web = config.web
        files = certificates.files_of(config.state_dir)
        certificate, key = web.certificate, web.private_key
        if web.names and files.authority_key.exists():
            # Of the authority that phones trust already; before the first copy there is none.
            now = pairing.clock()
            certificates.ensure(files, config.site, web.names, now)
            certificate, key = files.server, files.server_key
        self.url = state.own_page(config)
        self._listening = listen(config)
        self._server = uvicorn.Server(
            uvicorn.Config(
                StandbyPage(config.site, pairing.standby.other.page, pairing.other_serves),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=1,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set; then the address is free."""
        threading.Thread(target=end_when, args=(self._server, stop), daemon=True).start()
        with self._listening:
            self._server.run(sockets=[self._listening])


class _Alive:
    """Says that this hub is there: to systemd, and by its relay while it could take over."""

    def __init__(self, config: HubConfig, pairing: Pairing) -> None:
        self._guard = None if config.alive is None else Guard(config.alive)
        self._pairing = pairing

    def run(self, stop: threading.Event) -> None:
        """Say so until `stop` is set; then the relay is the serving hub's matter."""
        try:
            while not stop.wait(ALIVE_S):
                notify.notify(notify.ALIVE)
                if self._guard is not None and self._pairing.other_serves():
                    sign(self._guard)
        finally:
            if self._guard is not None:
                self._guard.close()


def _ending(pairing: Pairing, stop: threading.Event) -> threading.Event:
    """Return what is set when the hub is to end, by either reason."""
    end = threading.Event()

    def wait() -> None:
        while not (stop.is_set() or pairing.step_down.is_set() or end.is_set()):
            pairing.step_down.wait(0.1)
        end.set()

    threading.Thread(target=wait, name="turn", daemon=True).start()
    return end


def _start_anew() -> None:
    """Replace this process by a fresh one of the same command, which stands by."""
    _log.warning("hub_starts_anew", reason="the other hub serves")
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError as error:
        raise ConfigError(
            f"{sys.executable}: expected to start anew, got: {error.strerror}; start the hub again"
        ) from None
