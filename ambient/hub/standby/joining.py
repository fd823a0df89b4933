"""How a second machine becomes the other hub of a site: one invitation, one command.

Comes in: a hub that is, and the addresses of the machine that is to be the second one. Goes out: on
the second one the site's keys and the first one's configuration, and on both, in the state folder,
what ``standby`` of hub.yaml says. The invitation's token is the secret that lets it ask, once and
for ten minutes; the key in it proves the first hub to the second one. Everything travels over
CURVE.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import yaml
import zmq
from msgspec import Struct

from ambient import __version__
from ambient.bus import invitation, keys, sockets
from ambient.bus.invitation import Invitation, new_token, parse_invitation
from ambient.bus.protocol import Token
from ambient.bus.sockets import LinkChange
from ambient.bus.zap import Zap, listening
from ambient.config import HubConfig
from ambient.config_base import Address
from ambient.config_standby import Order, PageUrl, own_link
from ambient.errors import LinkError, UsageError
from ambient.files import write_atomically
from ambient.hub.database import DATABASE
from ambient.hub.standby import kept, rsync, state
from ambient.hub.standby.duty import Kept, next_term
from ambient.hub.standby.kept import Memory

PREFIX: Final = "ambient-standby1:"
ANSWER_S: Final = 10.0


class Join(Struct, frozen=True, kw_only=True):
    """Second ► first: take me as the other hub; where I am."""

    token: Token
    software: str
    address: Address
    link: Address
    page: PageUrl


class Joined(Struct, frozen=True, kw_only=True):
    """First ► second: what you need; `refused` says why not."""

    refused: str = ""
    site: str = ""
    hub_key: bytes = b""
    files: dict[str, bytes] = {}
    address: str = ""
    link: str = ""
    page: str = ""
    seen: int = 0


def invite(
    config: HubConfig,
    config_file: Path,
    *,
    address: str,
    page: str | None = None,
    tell: Callable[[str], None],
    wait_s: float = invitation.VALID_S,
) -> Join:
    """Invite a second hub and wait until it came; keep here where it is.

    Parameters
    ----------
    address
        Where this machine listens for the other one, ``tcp://host:port`` as the other one dials
        it; used for the invitation as well.
    page
        Where browsers reach this hub, when it is not what ``web`` says.
    tell
        Called with the invitation, a line of text.

    Raises
    ------
    UsageError
        When there is a second hub already, or this one never ran.
    LinkError
        When the address cannot be used, or nobody came.
    """
    if config.standby is not None:
        raise UsageError(
            f"{config.state_dir}: expected a hub that is alone, found one of two; stop the machine "
            "that was the other one, then run: ambient standby leave"
        )
    if not (config.state_dir / DATABASE).exists():
        raise UsageError(f"{config.state_dir}: expected a hub that ran, found none; start it once")
    rsync.program()
    link = own_link(config.link.bind, config.link.advertise)
    pair = keys.load_or_make(config.state_dir / keys.HUB_KEY)
    token = new_token()
    expires = int(time.time() + wait_s)
    line = Invitation(address=address, key=pair.public, token=token, expires=expires).text()
    with listening(_any_host(address), pair, lambda _: True) as (router, zap, _):
        tell(line.replace(invitation.PREFIX, PREFIX, 1))
        join, route = _awaited(router, zap, token, wait_s, address)
        term = next_term(0, Order.FIRST)
        seen = max(kept.load(config.state_dir).kept.seen, term)
        mine = Joined(
            site=config.site,
            hub_key=keys.read_private(config.state_dir / keys.HUB_KEY) or b"",
            files=state.gathered(config.state_dir, config_file),
            address=address,
            link=link,
            page=page or state.own_page(config),
            seen=seen,
        )
        served = Kept(term=seen if seen % 2 == 0 else term, seen=seen)
        kept.save(config.state_dir, Memory(kept=served, level=time.time_ns()))
        _keep(config.state_dir, Order.FIRST, address, join.address, join.link, join.page)
        router.send_multipart([route, msgspec.json.encode(mine)])
        _until_gone(router, zap)
    return join


def join(
    line: str, config: HubConfig, config_file: Path, *, address: str, page: str | None = None
) -> None:
    """Become the second hub of the site that gave the invitation.

    Parameters
    ----------
    line
        The invitation.
    config, config_file
        Of this machine: ``site``, ``state_dir``, ``link`` and ``web`` count.
    address
        Where the first hub reaches this machine.
    page
        Where browsers reach it, when it is not what ``web`` says.

    Raises
    ------
    UsageError
        When a hub ran here already, or it is another site's.
    LinkError
        When the invitation is none, or the first hub cannot be reached or refuses.
    ConfigError
        When nodes could not be told of this machine, or the first hub's configuration cannot be
        used here.
    """
    rsync.program()
    state_dir = config.state_dir
    if config.standby is not None or (state_dir / DATABASE).exists():
        raise UsageError(
            f"{state_dir}: expected a machine on which no hub ran yet, found one's state; move "
            "that folder away first"
        )
    given = parse_invitation(plain(line))
    request = Join(
        token=given.token,
        software=__version__,
        address=address,
        link=own_link(config.link.bind, config.link.advertise),
        page=page or state.own_page(config),
    )
    first = _asked(given, request)
    if first.site != config.site:
        raise UsageError(
            f"{config_file}: expected the site of the first hub, {first.site}, got {config.site}; "
            "correct it, and ask for a new invitation"
        )
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep(state_dir, Order.SECOND, address, first.address, first.link, first.page)
    try:
        for name, data in first.files.items():
            state.put(name, data, state_dir, config_file)
        kept.save(state_dir, Memory(kept=Kept(term=0, seen=first.seen)))
        # The key last: where it is, the machine is the second hub.
        keys.write_private(state_dir / keys.HUB_KEY, first.hub_key)
    except BaseException:
        (state_dir / state.SECTION).unlink(missing_ok=True)
        raise


def leave(config: HubConfig) -> None:
    """Be one hub alone again.

    Raises
    ------
    UsageError
        When it is one.
    """
    section = config.state_dir / state.SECTION
    if not section.exists():
        raise UsageError(
            f"{config.state_dir}: expected one of two hubs that was set up by ambient standby, "
            "found none; a section standby in hub.yaml is removed there"
        )
    section.unlink()


def _keep(state_dir: Path, order: Order, own: str, address: str, link: str, page: str) -> None:
    section = {
        "order": order.value,
        "bind": _any_host(own),
        "other": {"address": address, "link": link, "page": page},
    }
    write_atomically(state_dir / state.SECTION, yaml.safe_dump(section, sort_keys=False).encode())


def _any_host(address: str) -> str:
    """Return the address to bind for one that others dial: a loopback one is this machine's own."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    if host in ("127.0.0.1", "[::1]", "localhost"):
        return address
    return f"tcp://{'[::]' if host.startswith('[') else '0.0.0.0'}:{port}"


def plain(line: str) -> str:
    """Return the invitation of a standby as one that `parse_invitation` reads.

    Raises
    ------
    LinkError
        When it is none.
    """
    compact = "".join(line.split()).lower()
    if not compact.startswith(PREFIX):
        raise LinkError(
            f"expected an invitation of a standby that begins with {PREFIX}, got {compact[:18]!r}; "
            "make one on the first hub: ambient standby invite"
        )
    return compact.replace(PREFIX, invitation.PREFIX, 1)


def _awaited(
    router: zmq.Socket[bytes], zap: Zap, token: str, wait_s: float, address: str
) -> tuple[Join, bytes]:
    """Return who came with the token, and on which connection."""
    deadline = time.monotonic() + wait_s
    wrong = 0
    while time.monotonic() < deadline:
        for frames in _came(router, zap):
            try:
                request = msgspec.json.decode(frames[-1], type=Join)
            except msgspec.MsgspecError:
                continue
            if hmac.compare_digest(request.token, token):
                if request.software == __version__:
                    return request, frames[0]
                why = f"this hub is version {__version__}, that one {request.software}"
            else:
                wrong += 1
                why = "it is not the invitation that was made last"
            router.send_multipart([frames[0], msgspec.json.encode(Joined(refused=why))])
            if wrong > 10:
                raise LinkError("somebody guesses invitations; make a new one when that is over")
    raise LinkError(
        f"{address}: expected the second machine within {wait_s:.0f} s, nobody came; run the "
        "command again, and on the second machine ambient standby join with the new line"
    )


def _came(router: zmq.Socket[bytes], zap: Zap) -> Iterator[list[bytes]]:
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    poller.register(zap.socket, zmq.POLLIN)
    poller.poll(200)
    zap.answer()
    while router.poll(0):
        frames = router.recv_multipart()
        if len(frames) == 2:
            yield frames


def _until_gone(router: zmq.Socket[bytes], zap: Zap) -> None:
    """Stay until the answer was taken: the second one says so, or is given a while."""
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        if any(True for _ in _came(router, zap)):
            return


def _asked(given: Invitation, request: Join) -> Joined:
    """Ask the first hub, and return its answer."""
    pair = keys.new_pair()
    context = sockets.context()
    watch = sockets.dial(context, given.address, given.key, pair)
    deadline = time.monotonic() + ANSWER_S
    poller = zmq.Poller()
    poller.register(watch.socket, zmq.POLLIN)
    poller.register(watch.monitor, zmq.POLLIN)
    try:
        while time.monotonic() < deadline:
            poller.poll(200)
            if LinkChange.UP in watch.changes():
                watch.socket.send(msgspec.json.encode(request))
            if watch.socket.poll(0):
                answer = msgspec.json.decode(watch.socket.recv(), type=Joined)
                if answer.refused:
                    raise LinkError(f"{given.address}: the first hub refuses: {answer.refused}")
                watch.socket.setsockopt(zmq.LINGER, 1000)
                watch.socket.send(b"{}")
                return answer
    except msgspec.MsgspecError as error:
        raise LinkError(f"{given.address}: expected a hub's answer, got: {error}") from None
    finally:
        watch.close()
        watch.socket.close()
        context.term()
    raise LinkError(
        f"{given.address}: expected the first hub to answer within {ANSWER_S:.0f} s, it did not; "
        "does ambient standby invite still wait there, and is the port open?"
    )
