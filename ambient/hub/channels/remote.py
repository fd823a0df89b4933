"""What channels over a network share: one limit of time for everything, secrets, TLS, a probe.

In: notices. Out: receipts that say what was expected, what came and what to do. An exchange as a
whole ends within `WITHIN_S`, however slowly the far side says it.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from ambient.bus.secrets import client_tls, secret
from ambient.errors import ConfigError, LinkError
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels.seam import (
    DELIVER_S,
    Channel,
    House,
    NotHereError,
    Notice,
    Receipt,
)

WITHIN_S: Final = DELIVER_S - 1.0
PROBE_S: Final = 3.0

Made = TypeVar("Made")


TURNS: Final = 5
"""TLS over a transport needs three to close."""


class NotTaken(Exception):  # noqa: N818 - it says what came of a notice
    """A notice did not arrive; its text has no secret in it.

    Parameters
    ----------
    why
        What was expected, what came, what to do.
    retry
        Whether the same notice may arrive later.
    """

    def __init__(self, why: str, *, retry: bool = True) -> None:
        super().__init__(why)
        self.retry = retry


class Remote(Channel):
    """A channel whose far side is spoken to over a network."""

    far: tuple[str, int, ssl.SSLContext | None] | None = None
    """Host, port and TLS of the far side; None where a connection alone says nothing."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._runner: asyncio.Runner | None = None

    @abstractmethod
    async def send(self, notice: Notice) -> Receipt:
        """Deliver `notice`; raises `NotTaken`, or `OSError` where the network does."""

    def deliver(self, notice: Notice) -> Receipt:
        """Deliver `notice` within `WITHIN_S`."""
        try:
            return self._within(self.send(notice), WITHIN_S)
        except NotTaken as error:
            return failed(str(error), retry=error.retry)
        except TimeoutError:
            return failed(
                f"expected {self.told()} to answer within {WITHIN_S:.0f} s, got nothing; "
                "see whether it runs and whether this machine reaches it"
            )
        except OSError as error:
            return failed(f"expected {self.told()} to take it, got: {said(error)}")

    def probe(self) -> bool | None:
        """Return whether a connection can be made now."""
        if self.far is None:
            return None
        try:
            self._within(_try(self.far), PROBE_S)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the event loop."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def secret(self, key: str, path: Path) -> str:
        """Return the first line of a file that only this user may read.

        Raises
        ------
        NotHereError
            When it is not there, others may read it, or it is empty.
        """
        return self.made(key, lambda: secret(path))

    def tls(
        self, ca: Path | None, certificate: Path | None = None, private_key: Path | None = None
    ) -> ssl.SSLContext:
        """Return TLS that always checks the far side, by name and signer.

        Raises
        ------
        NotHereError
            When a file cannot be used.
        ConfigError
            When one of a pair of options is missing.
        """
        if (certificate is None) != (private_key is None):
            raise ConfigError(
                f"{self.at()}: expected certificate and private_key together, got one of them; "
                "add the other"
            )
        return self.made("ca", lambda: client_tls(ca, certificate, private_key))

    def made(self, key: str, make: Callable[[], Made]) -> Made:
        """Return what `make` does, with the option's path in front of what is wrong with it."""
        try:
            return make()
        except LinkError as error:
            raise NotHereError(f"{self.at(key)}: {error}") from None

    def at(self, key: str = "") -> str:
        """Return the path of an option in hub.yaml."""
        return f"channels.{self._house.channel}.options{key and '.'}{key}"

    def _within(self, work: Coroutine[Any, Any, Made], limit_s: float) -> Made:
        async def limited() -> Made:
            try:
                async with asyncio.timeout(limit_s):
                    return await work
            finally:
                # Connections that were closed are let go of in the loop's next turns, and between
                # two notices the loop stands still.
                for _ in range(TURNS):
                    await asyncio.sleep(0)

        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(limited())


@asynccontextmanager
async def connected(
    host: str, port: int, tls: ssl.SSLContext | None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Hold a connection; afterwards nothing is waited for, least of all the other's farewell."""
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


async def _try(far: tuple[str, int, ssl.SSLContext | None]) -> None:
    async with connected(*far):
        return


def failed(why: str, *, retry: bool = True) -> Receipt:
    """Return the receipt of a notice that did not arrive."""
    return Receipt(delivery=Delivery.FAILED, why=why, retry=retry)


def said(error: BaseException) -> str:
    """Return what a network's error says, and what to do where that is known."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"a certificate that cannot be trusted ({cause.verify_message}); "
                "check the host's name, and put the file of who signed it into ca"
            )
        cause = cause.__cause__ or cause.__context__
    broke = f"the end of the connection ({type(error).__name__})"
    text = getattr(error, "strerror", None) or str(error) or broke
    return f"{text}; see whether it runs and whether this machine reaches it"


def addressed(notice: Notice) -> str:
    """Return the address of the recipient.

    Raises
    ------
    NotTaken
        When nothing stands under `recipients` and the channel has no usual one.
    """
    if notice.address is None:
        raise NotTaken(
            "expected an address of this recipient, got none; add it to recipients",
            retry=False,
        )
    return notice.address
