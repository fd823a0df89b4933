"""What every handler of the page may use, and how time is written for a browser.

Comes in: the parts that the service made. Goes out: `HubContext`, one per hub, given to handlers by
Litestar's injection; RFC 3339 text for instants, never nanoseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Any, Final, Literal

from litestar import Request
from litestar.datastructures import CacheControlHeader, Cookie
from litestar.di import NamedDependency
from msgspec import Meta

from ambient.config import HubConfig
from ambient.hub.accounts import Accounts
from ambient.hub.alarms.inputs import SignOff
from ambient.hub.board import Board, read_board
from ambient.hub.broadcast import Broadcaster
from ambient.hub.database import HubDatabase
from ambient.hub.identities import Identity
from ambient.hub.languages import spoken
from ambient.hub.metrics import HubMetrics
from ambient.hub.oidc import Provider
from ambient.hub.party import Party, party_of
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from ambient.languages import Language

NS: Final = 1_000_000_000
NO_STORE: Final = CacheControlHeader(no_store=True)
"""What is about people is never kept by a browser or on the way."""
AnyRequest = Request[Identity, None, Any]
DAY_S: Final = 24 * 3600
Field = Annotated[str, Meta(max_length=1000)]
"""What somebody typed into a form."""


@dataclass(frozen=True, kw_only=True)
class HubContext:
    """The parts of one running hub.

    Attributes
    ----------
    link_address, link_key
        Where nodes dial and the hub's public key (Z85), for invitations.
    now
        The hub's wall clock in nanoseconds; tests set it.
    """

    config: HubConfig
    database: HubDatabase
    store: Store
    accounts: Accounts
    registry: Registry
    link_address: str
    link_key: str
    broadcaster: Broadcaster = field(default_factory=Broadcaster)
    metrics: HubMetrics = field(default_factory=HubMetrics)
    now: Callable[[], int] = time.time_ns

    @property
    def secure(self) -> bool:
        """Whether browsers reach the page over HTTPS, so that cookies may demand it."""
        return self.config.web.secure_cookies or self.config.web.https

    @property
    def other_page(self) -> str | None:
        """Where browsers reach the other hub of the site, if there is one."""
        return None if self.config.standby is None else self.config.standby.other.page.rstrip("/")

    @cached_property
    def party(self) -> Party | None:
        """How passkeys know this hub, None when it has no name."""
        return party_of(self.config)

    @cached_property
    def provider(self) -> Provider | None:
        """The OpenID Connect provider, if there is one."""
        oidc, origin = self.config.oidc, self.config.web.origin
        return None if oidc is None or origin is None else Provider(oidc, origin)

    @property
    def provider_name(self) -> str:
        """What the provider is called on the page; empty when there is none."""
        return "" if self.config.oidc is None else self.config.oidc.name

    def enrolled(self) -> dict[str, list[str]]:
        """Return each enrolled node ► the rooms that its key is bound to."""
        return self.registry.served()

    def board(self) -> Board:
        """Read what a page shows now."""
        return read_board(self.database, self.config.rooms, self.enrolled(), self.now())


Hub = NamedDependency[HubContext]
"""How a handler asks for the hub's parts."""


def own_cookie(
    hub: HubContext,
    name: str,
    value: str,
    *,
    seconds: int,
    samesite: Literal["strict", "lax"] = "strict",
) -> Cookie:
    """Return a cookie that no script reads and no other site makes a browser send.

    Parameters
    ----------
    seconds
        How long the browser keeps it; 0 takes it away.
    samesite
        ``lax`` is sent also when another site leads here by a link.
    """
    return Cookie(
        key=name,
        value=value,
        path="/",
        httponly=True,
        samesite=samesite,
        secure=hub.secure,
        max_age=seconds,
    )


def here_as_named(request: AnyRequest, party: Party | None) -> bool:
    """Return whether a page was opened under the name to which passkeys belong."""
    return party is not None and request.headers.get("host", "").lower() == party.host


def address_of(request: AnyRequest) -> str:
    """Return from where a request comes."""
    return request.client.host if request.client else ""


def sign_off(hub: HubContext, who: Identity) -> None:
    """End a session and sign its user off: what they saw to is active again."""
    hub.accounts.log_out(who)
    hub.store.decide(SignOff(who=who.name), hub.now())
    hub.accounts.signed_off(who.name)


@lru_cache(maxsize=1 << 12)
def rfc3339(ns: int) -> str:
    """Return an instant as RFC 3339 in UTC with milliseconds."""
    seconds, rest = divmod(ns, NS)
    stamp = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1_000_000 * 1000)
    return stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_if(ns: int | None) -> str | None:
    """Return an instant as `rfc3339` does, nothing for none."""
    return None if ns is None else rfc3339(ns)


def local_clock(stamp: str, now: str | None = None) -> str:
    """Return an RFC 3339 instant as a clock on the wall of the house shows it.

    Hours and minutes, and the day before them when it is not the day of `now`. In the hour that
    comes twice, when summer time ends, the name of the time stands behind them: ``02:30 CEST``.
    """
    today = (datetime.fromisoformat(now) if now else datetime.now(UTC)).astimezone().date()
    return _clock(stamp, today, spoken(), time.tzname)


@lru_cache(maxsize=1 << 11)
def _clock(stamp: str, today: date, language: Language, _zone: tuple[str, str]) -> str:
    """Return `local_clock` of an instant; a card tells the same ones each time it is rendered."""
    at = datetime.fromisoformat(stamp)
    local = at.astimezone()
    twice = any(
        (at + one).astimezone().replace(tzinfo=None) == local.replace(tzinfo=None)
        for one in (timedelta(hours=-1), timedelta(hours=1))
    )
    clock = local.strftime("%H:%M %Z" if twice else "%H:%M")
    return clock if local.date() == today else f"{_day_text(local, language)} {clock}"


def day_text(day: datetime) -> str:
    """Return a day without its year as the reader writes it."""
    return _day_text(day, spoken())


def _day_text(day: datetime, language: Language) -> str:
    if language is Language.DE:
        return f"{day.day}.{day.month}."
    return f"{day.day} {_MONTH[day.month - 1]}"


_MONTH: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
