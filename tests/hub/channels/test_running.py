"""A whole hub with channels: from the event to the far side; and the command that tries them."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ambient.cli.app import build
from ambient.config_alarms import Alarms, Staff
from ambient.hub.alarms.inputs import ChannelWorks
from tests.hub.channels.kit import accepted
from tests.hub.channels.test_syslog import Collector, read
from tests.hub.kit import client, fall, hub_config, running
from tests.patience import until

HUB = """
site: house
state_dir: {folder}
channels:
  log:
    kind: syslog
    options: {{host: 127.0.0.1, port: {port}, over: tcp}}
    recipients: {{anna: "1", ben: "2"}}
    accepted_by: M. Beispiel
    accepted_on: 2026-05-31
  lamp: {{kind: relay, options: {{gpio: 1}}}}
"""


def test_from_an_event_to_the_far_side_and_a_technical_alarm_on_the_page(tmp_path: Path) -> None:
    collector = Collector()
    options = {"host": "127.0.0.1", "port": collector.port, "over": "tcp"}
    config = msgspec.structs.replace(
        hub_config(tmp_path),
        alarms=Alarms(staff=[Staff(id="anna", rooms=["r1"], ways=["log"])]),
        channels={"log": accepted("syslog", options=options)},
    )
    try:
        with running(config) as hub, client(hub) as http:
            store = hub.context.store
            store.store("n-1", fall(time.time() - 8), time.time_ns())
            until(lambda: collector.lines)
            line = read(collector.lines[0])
            assert (line["room"], line["kind"], line["text"]) == ("r1", "fall", "Fall – Room 1")
            alarm = hub.context.board().alarms[0].id
            until(lambda: store.case(alarm)[0].signals[0].delivered is not None)
            collector.kill()
            store.decide(ChannelWorks(channel="log", fails_since=1), time.time_ns())
            page = http.get("/").text
            assert "log does not deliver" in page
    finally:
        collector.kill()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 1, "accepted by M. Beispiel on 2026-05-31; has delivered nothing yet"),
        ([], 1, "lamp (relay: line 1 of /dev/gpiochip0): OFF: nobody has accepted it"),
        (["--test", "log"], 0, "log to 1: delivered\nlog to 2: delivered\n"),
    ],
)
def test_the_command(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    collector = Collector()
    try:
        path = tmp_path / "hub.yaml"
        path.write_text(HUB.format(folder=tmp_path, port=collector.port))
        result = CliRunner().invoke(build(), ["hub", "channels", "-c", str(path), *arguments])
        assert (result.exit_code, said in result.output) == (code, True), result.output
        if arguments:
            lines = [read(line) for line in collector.lines]
            assert [(one["test"], one["text"]) for one in lines] == [
                ("true", "Test, nothing has happened")
            ] * 2
    finally:
        collector.kill()


def test_the_command_says_why_a_test_failed(tmp_path: Path) -> None:
    path = tmp_path / "hub.yaml"
    path.write_text(HUB.format(folder=tmp_path, port=9))
    result = CliRunner().invoke(build(), ["hub", "channels", "-c", str(path), "--test", "log"])
    assert result.exit_code == 1
    assert "log to 1: failed: expected syslog tcp://127.0.0.1:9 to take a line" in result.output
