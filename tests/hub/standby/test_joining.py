"""A second machine becomes the other hub by one invitation."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from ambient.bus import keys
from ambient.bus.invitation import PREFIX, Invitation, parse_invitation
from ambient.config_standby import Order
from ambient.errors import ConfigError, LinkError, UsageError
from ambient.evaluate.ports import free_port
from ambient.hub.database import HubDatabase
from ambient.hub.standby import joining, kept
from ambient.hub.standby.duty import Kept
from ambient.hub.standby.state import effective
from tests.patience import until

PLAUSIBLE = (
    Invitation(address="tcp://127.0.0.1:9", key=keys.new_pair().public, token="0" * 32, expires=0)
    .text()
    .replace(PREFIX, joining.PREFIX)
)


WAIT_S = 100.0


class Clock:
    """Stands for the module `time`: the steady clock goes on when a test says so."""

    time, time_ns = time.time, time.time_ns

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


class Site:
    """A first hub that ran, and the places of a second one."""

    def __init__(self, folder: Path) -> None:
        self.link, self.page = free_port(), free_port()
        self.first, self.second = folder / "a" / "hub.yaml", folder / "b" / "hub.yaml"
        self.first.parent.mkdir()
        content = {
            "site": "house",
            "state_dir": str(folder / "a" / "state"),
            "link": {"bind": f"tcp://127.0.0.1:{free_port()}"},
            "web": {"host": "127.0.0.1", "port": free_port()},
            "silent_s": 20,
        }
        self.first.write_text(yaml.safe_dump(content))
        keys.load_or_make(folder / "a" / "state" / keys.HUB_KEY)
        HubDatabase(folder / "a" / "state" / "hub.db").close()
        self.second.parent.mkdir()
        self.second.write_text(
            yaml.safe_dump(
                {
                    "site": "house",
                    "state_dir": str(folder / "b" / "state"),
                    "link": {"bind": f"tcp://127.0.0.1:{self.link}"},
                    "web": {"host": "127.0.0.1", "port": self.page},
                }
            )
        )
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.lines: list[str] = []

    def invite(self) -> Callable[[], None]:
        """Begin to invite; the value waits for the end, and raises what went wrong."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                joining.invite(
                    effective(self.first),
                    self.first,
                    address=self.address,
                    tell=self.lines.append,
                    wait_s=WAIT_S,
                )
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()

        def ended() -> None:
            thread.join()
            if failed:
                raise failed[0]

        until(lambda: self.lines or failed)
        return ended

    def join(self, line: str) -> None:
        address = f"tcp://127.0.0.1:{free_port()}"
        joining.join(line, effective(self.second), self.second, address=address)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_both_know_each_other_afterwards(site: Site) -> None:
    ended = site.invite()
    site.join(site.lines[0].upper())
    ended()
    first, second = effective(site.first), effective(site.second)
    assert first.standby is not None
    assert second.standby is not None
    assert (first.standby.order, second.standby.order) == (Order.FIRST, Order.SECOND)
    assert first.standby.other.link == f"tcp://127.0.0.1:{site.link}"
    assert second.standby.other.link == first.link.bind
    assert second.silent_s == 20, "the rest follows"
    assert second.web.port == site.page, "but for what is the machine's own"
    pairs = [keys.load_pair(one.state_dir / keys.HUB_KEY) for one in (first, second)]
    assert pairs[0] == pairs[1]
    memories = [kept.load(one.state_dir).kept for one in (first, second)]
    assert memories == [Kept(term=2, seen=2), Kept(term=0, seen=2)]
    key = second.state_dir / "subjects.key"
    assert key.read_bytes() == (first.state_dir / "subjects.key").read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_only_who_has_the_token_is_told_anything(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(joining, "time", clock)
    ended = site.invite()
    given = parse_invitation(joining.plain(site.lines[0]))
    wrong = msgspec.structs.replace(given, token="0" * 32)
    line = wrong.text().replace(PREFIX, joining.PREFIX)
    with pytest.raises(LinkError, match="not the invitation that was made last"):
        site.join(line)
    assert effective(site.second).standby is None
    clock.at = WAIT_S + 1
    with pytest.raises(LinkError, match="nobody came"):
        ended()
    assert effective(site.first).standby is None


def test_an_invitation_of_a_node_is_none_of_a_standby(site: Site) -> None:
    with pytest.raises(LinkError, match="begins with ambient-standby1:"):
        site.join("ambient1:abc")


def test_a_machine_that_is_a_hub_already_is_left_alone(site: Site) -> None:
    HubDatabase(site.second.parent / "state" / "hub.db").close()
    with pytest.raises(UsageError, match="on which no hub ran yet"):
        site.join("ambient-standby1:abc")


def test_another_sites_machine_is_told_what_to_correct(site: Site) -> None:
    site.second.write_text(site.second.read_text().replace("site: house", "site: other"))
    ended = site.invite()
    with pytest.raises(UsageError, match="the site of the first hub, house, got other"):
        site.join(site.lines[0])
    ended()
    assert effective(site.second).standby is None


def test_a_hub_has_one_other_until_it_leaves(site: Site) -> None:
    ended = site.invite()
    site.join(site.lines[0])
    ended()
    with pytest.raises(UsageError, match="a hub that is alone"):
        joining.invite(effective(site.first), site.first, address=site.address, tell=print)
    joining.leave(effective(site.first))
    assert effective(site.first).standby is None
    with pytest.raises(UsageError, match="one of two hubs"):
        joining.leave(effective(site.first))


def test_an_address_that_no_node_can_dial_is_refused(site: Site) -> None:
    site.second.write_text(
        site.second.read_text().replace("127.0.0.1:" + str(site.link), "0.0.0.0:7")
    )
    with pytest.raises(ConfigError, match="link.advertise"):
        site.join(PLAUSIBLE)
