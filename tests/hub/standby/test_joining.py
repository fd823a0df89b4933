"""A second machine becomes the other hub by one invitation."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from ambient.bus import keys
from ambient.bus.invitation import PREFIX, parse_invitation
from ambient.config import load_hub
from ambient.config_standby import Order
from ambient.errors import LinkError, UsageError
from ambient.evaluate.facility import free_port
from ambient.hub.database import HubDatabase
from ambient.hub.standby import joining, kept, places
from ambient.hub.standby.duty import Kept
from tests.hub.standby.kit import until

COMMENT = "# written by hand\n"


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
        self.first.write_text(COMMENT + yaml.safe_dump(content))
        keys.load_or_make(folder / "a" / "state" / keys.HUB_KEY)
        HubDatabase(folder / "a" / "state" / "hub.db").close()
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.lines: list[str] = []

    def invite(self, wait_s: float = 30.0) -> Callable[[], None]:
        """Begin to invite; the value waits for the end, and raises what went wrong."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                joining.invite(
                    load_hub(self.first),
                    self.first,
                    address=self.address,
                    tell=self.lines.append,
                    wait_s=wait_s,
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
        link, page = f"tcp://127.0.0.1:{self.link}", f"http://127.0.0.1:{self.page}"
        joining.join(
            line,
            self.second,
            address=f"tcp://127.0.0.1:{free_port()}",
            link=link,
            page=page,
            config=places.sections(self.second.parent / "state", link, page),
        )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_both_know_each_other_afterwards(site: Site) -> None:
    ended = site.invite()
    site.join(site.lines[0].upper())
    ended()
    first, second = load_hub(site.first), load_hub(site.second)
    assert first.standby is not None
    assert second.standby is not None
    assert (first.standby.order, second.standby.order) == (Order.FIRST, Order.SECOND)
    assert first.standby.other.link == f"tcp://127.0.0.1:{site.link}"
    assert second.standby.other.link == first.link.bind
    assert second.silent_s == 20, "the rest follows"
    assert site.first.read_text().startswith(COMMENT), "what somebody wrote stays"
    pairs = [keys.load_pair(one.state_dir / keys.HUB_KEY) for one in (first, second)]
    assert pairs[0] == pairs[1]
    memories = [kept.load(one.state_dir).kept for one in (first, second)]
    assert memories == [Kept(term=2, seen=2), Kept(term=0, seen=2)]
    key = second.state_dir / "subjects.key"
    assert key.read_bytes() == (first.state_dir / "subjects.key").read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_only_who_has_the_token_is_told_anything(site: Site) -> None:
    ended = site.invite(wait_s=10.0)
    given = parse_invitation(joining._plain(site.lines[0]))
    wrong = msgspec.structs.replace(given, token="0" * 32)
    line = wrong.text().replace(PREFIX, joining.PREFIX)
    with pytest.raises(LinkError, match="not the invitation that was made last"):
        site.join(line)
    assert not site.second.exists()
    with pytest.raises(LinkError, match="nobody came"):
        ended()
    assert load_hub(site.first).standby is None


def test_an_invitation_of_a_node_is_none_of_a_standby(site: Site) -> None:
    with pytest.raises(LinkError, match="begins with ambient-standby1:"):
        site.join("ambient1:abc")


def test_a_machine_that_is_a_hub_already_is_left_alone(site: Site) -> None:
    site.second.parent.mkdir()
    site.second.write_text("site: other\n")
    with pytest.raises(UsageError, match="without a hub"):
        site.join("ambient-standby1:abc")
    assert site.second.read_text() == "site: other\n"


def test_a_hub_has_one_other(site: Site) -> None:
    ended = site.invite()
    site.join(site.lines[0])
    ended()
    with pytest.raises(UsageError, match="expected no section standby"):
        joining.invite(load_hub(site.first), site.first, address=site.address, tell=print)


@pytest.mark.parametrize("link", ["10.0.0.6", "tcp://10.0.0.6", "tcp://:7440", "tcp://h:99999"])
def test_an_address_without_host_or_port_is_refused(link: str) -> None:
    with pytest.raises(UsageError, match="host and port"):
        places.sections(Path("/s"), link, "http://10.0.0.6:8080")
