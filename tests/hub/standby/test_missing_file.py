"""A second hub that lacks what one way out needs serves all the same when its turn comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ambient.bus import keys
from ambient.config import load_hub
from ambient.evaluate.ports import free_port
from ambient.evaluate.two_hubs import TwoHubs, fall
from ambient.evaluate.two_hubs import until as within
from ambient.hub.alarms.kinds import STANDBY_HUB
from ambient.hub.database import HubDatabase
from ambient.hub.service import RunningHub
from ambient.hub.standby import heard, kept
from ambient.hub.standby.duty import Kept
from ambient.hub.standby.kept import Memory
from ambient.hub.standby.service import serve
from tests.hub.channels import far_sides
from tests.hub.standby.kit import configured
from tests.patience import PATIENCE_S, until

ACCEPTED = {"accepted_by": "DPO", "accepted_on": "2026-05-31"}
CANNOT = {
    "secret": ("webhook", {"url": "https://h.example/in", "secret_file": "/no/f"}, "/no/f: expect"),
    "certificates": ("mqtt", {"host": "h.example", "ca": "/no/f"}, "/no/f: expected certificates"),
    "key": (
        "webpush",
        {"key_file": "/no/f", "contact": "it@h.example", "devices": "/no/d"},
        "/no/f: expected a private key on P-256, found none; copy it from the other hub",
    ),
    "package": ("of-the-first-one", {}, "expected an installed kind of channel"),
    "option": ("syslog", {"host": "h.example", "prot": 1}, "options.prot: expected"),
}


@contextmanager
def taken_over(file: Path) -> Iterator[RunningHub]:
    """Let a second hub, whose first one is gone, take over while the block runs."""
    hubs: list[RunningHub] = []
    failures: list[BaseException] = []
    stop = threading.Event()

    def body() -> None:
        try:
            serve(file, stop=stop, ready=hubs.append)
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    try:
        until(lambda: hubs or failures)
        if failures:
            raise failures[0]
        yield hubs[0]
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive(), "the hub did not stop"


def second_one(folder: Path, channels: dict[str, Any]) -> Path:
    """Write the configuration of a second hub that has a copy; return where it stands."""
    names = [f"{one} {what}" for one in ("first", "second") for what in ("pair", "link", "page")]
    file = configured(folder, "second", {name: free_port() for name in names})
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    content["channels"] = channels
    file.write_text(yaml.safe_dump(content))
    state = load_hub(file).state_dir
    keys.load_or_make(state / keys.HUB_KEY)
    HubDatabase(state / "hub.db").close()
    kept.save(state, Memory(kept=Kept(term=1, seen=1), level=time.time_ns()))
    return file


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub that took over and can make none of its ways out.

    That the other one is gone is said after a second, not after the minute of ``test_pairing``.
    """
    channels = {
        name: {"kind": kind, "options": options, **ACCEPTED}
        for name, (kind, options, _) in CANNOT.items()
    }
    file = second_one(tmp_path_factory.mktemp("second"), channels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heard, "GONE_S", 1.0)
        with taken_over(file) as hub:
            yield hub


@pytest.mark.parametrize("cannot", CANNOT)
def test_it_takes_over_without_a_way_out(cannot: str, alone: RunningHub) -> None:
    def shown() -> bool:
        alarms = alone.context.board().alarms
        return ("channel", cannot) in [(one.kind, one.source) for one in alarms]

    until(shown)
    assert CANNOT[cannot][2] in alone.context.board().whys[cannot]


def test_and_says_that_no_other_hub_is_there_and_nothing_else(alone: RunningHub) -> None:
    expected = [("channel", source) for source in sorted([*CANNOT, STANDBY_HUB])]

    def shown() -> list[tuple[str, str]]:
        return sorted((one.kind, one.source) for one in alone.context.board().alarms)

    until(lambda: len(shown()) >= len(expected))
    assert shown() == expected


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_machines_of_which_the_second_lacks_a_file(tmp_path: Path) -> None:
    """Both as real processes with a node: an alarm of before, one of after, then the file comes."""
    far = far_sides.Hooks(tmp_path, time.time_ns)
    far.start()
    options = far.options
    extra: dict[str, object] = {
        "alarms": {"staff": [{"id": "anna", "rooms": ["r1"], "ways": ["page", "hook"]}]},
        "channels": {"hook": {"kind": "webhook", "options": options, **ACCEPTED}},
    }
    try:
        with TwoHubs(None, extra=extra) as two:
            two.set_up()
            [node] = two.nodes
            first, second = two.first, two.second
            node.give(fall(node, 1, time.time_ns()))
            within(lambda: bool(far.seen), PATIENCE_S, "the first one tells of it")
            two.wait_level()
            # The machines share a disk here: the first one has read it and does not miss it.
            file = Path(options["secret_file"])
            away = file.rename(tmp_path / "away")
            told = len(far.seen)
            first.kill()
            node.give(fall(node, 2, time.time_ns()))
            within(second.serves, PATIENCE_S, "the second one serves")
            two.log_in(second)

            def shown() -> list[str]:
                """All but what is said a minute later of the machine that is gone."""
                alarms = second.page.board().alarms
                later = {"No second hub could take over"}
                kinds = [one.kind for one in alarms if one.headline not in later]
                return sorted(kind for kind in kinds if kind != "node_silent")

            expected = ["channel", "fall", "fall"]
            within(lambda: shown() == expected, PATIENCE_S, "both falls and the way out are shown")
            assert "channel_not_made" in second.log()
            assert len(far.seen) == told
            away.rename(file)
            within(lambda: len(far.seen) > told + 1, 2 * PATIENCE_S, "both falls are told of")
            within(lambda: shown() == ["fall", "fall"], PATIENCE_S, "the way out is there again")
            alarms = {one.id for one in second.page.board().alarms if one.kind == "fall"}
            assert {one.alarm for one in far.seen[told:]} == alarms
    finally:
        far.end()
