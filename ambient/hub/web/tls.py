"""The certificate that the hub serves HTTPS with: renewed while it runs, an alarm before it ends.

Comes in: ``web`` of hub.yaml, the time. Goes out: the files that uvicorn serves with, and whether
the certificate is a technical alarm, given to the store.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from ambient.config import HubConfig
from ambient.errors import AmbientError
from ambient.hub import certificates
from ambient.hub.alarms.inputs import ChannelWorks
from ambient.hub.store import Store

LOOK_S: Final = 3600
CHANNEL: Final = "https-certificate"
"""As what it stands in the technical alarm: the page is a way out too."""

_log = structlog.get_logger(__name__)


class Keeper:
    """Keeps the served certificate good."""

    def __init__(self, config: HubConfig, store: Store, now: Callable[[], int]) -> None:
        self._config = config
        self._store = store
        self._now = now
        self._files = certificates.files_of(config.state_dir)
        self.context: Callable[[], ssl.SSLContext | None] = lambda: None
        """The context that is served with; set once the server has it."""
        if config.web.names:
            certificates.ensure(self._files, config.site, config.web.names, now())

    @property
    def pair(self) -> tuple[Path | None, Path | None]:
        """The files of certificate and key, nothing over plain HTTP."""
        web = self._config.web
        if web.names:
            return self._files.server, self._files.server_key
        return web.certificate, web.private_key

    def run(self, stop: threading.Event) -> None:
        """Look at once and every hour until `stop` is set."""
        self.look()
        while not stop.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Renew what runs out; say what will."""
        certificate, key = self.pair
        if certificate is None:
            return
        now = self._now()
        ending: int | None = now
        try:
            web = self._config.web
            if web.names and certificates.ensure(self._files, self._config.site, web.names, now):
                _log.info("certificate_renewed", file=str(certificate))
            served = self.context()
            if served is not None:
                served.load_cert_chain(certificate, key)
            paths = [certificate, self._files.authority] if web.names else [certificate]
            end = certificates.ends(paths)
            ending = now if certificates.runs_out(end, now) else None
        except (AmbientError, OSError) as error:
            _log.error("certificate_refused", error=str(error))
        self._store.decide(ChannelWorks(channel=CHANNEL, fails_since=ending), now)
