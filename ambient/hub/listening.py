"""Where the hub's page listens: the socket, its address in words, and a warning without TLS.

Comes in: ``web`` of hub.yaml. Goes out: a bound socket, a URL, a line in the log.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack

import structlog

from ambient.config import HubConfig
from ambient.config_base import is_loopback
from ambient.errors import ConfigError

_log = structlog.get_logger(__name__)


def url_of(config: HubConfig, port: int, host: str) -> str:
    """Return where the page answers that listens on `port`, for who reaches it as `host`."""
    scheme = "https" if config.web.https else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def listen(config: HubConfig) -> socket.socket:
    """Return a socket that listens where ``web`` says.

    Raises
    ------
    ConfigError
        When the address is not this machine's, or somebody else's already.
    """
    web = config.web
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            web.host, web.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as failed:
            listening = failed.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
            failed.pop_all()
    except OSError as error:
        raise ConfigError(
            f"web: expected a free address to listen on, got {web.host}:{web.port} "
            f"({error.strerror}); choose another host or port"
        ) from None
    return listening


def warn_if_open(config: HubConfig) -> None:
    """Log that passwords would cross the network in the clear."""
    web = config.web
    if not is_loopback(web.host) and not web.https:
        _log.warning(
            "page_without_tls",
            host=web.host,
            danger="passwords and alarms cross the network readable by anybody on it",
            mend="set web.names or web.certificate, or bind to 127.0.0.1 behind a proxy",
        )
