"""A way out that cannot be made: the hub serves without it, says so, and tries it anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from ambient.config_alarms import Alarms, Staff
from ambient.config_channels import ChannelConfig
from ambient.errors import ConfigError, LinkError
from ambient.evaluate.ports import free_port
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import Resolve
from ambient.hub.alarms.signal import Delivery
from ambient.hub.channels import opening, plugins, queue, sender
from ambient.hub.channels.health import Health
from ambient.hub.channels.host import faults
from ambient.hub.channels.opening import Unmade, opened
from ambient.hub.channels.seam import Channel, House, NotHereError, Receipt
from tests.hub.channels import far_sides
from tests.hub.channels.kit import Bench, Scripted, accepted, bench, house
from tests.hub.channels.test_host import technical, told
from tests.hub.kit import client, fall, hub_config, running
from tests.patience import until

WHY = "channels.way.options.key_file: /k: expected a key, found none"


class Way:
    """A channel whose file is there when a test says so."""

    def __init__(self, *, takes_back: bool = True) -> None:
        self.scripted = Scripted()
        self.scripted.takes_back = takes_back
        self.there = False

    def make(self, _: House) -> Channel | Unmade:
        return opened(self._made)

    def _made(self) -> Channel:
        if not self.there:
            raise NotHereError(WHY)
        return self.scripted


def health(bed: Bench) -> Health:
    with bed.database.read() as db:
        return sender.health_of(db, "way")


def later(bed: Bench, seconds: float = 30, steps: int = 4) -> None:
    bed.pass_time(seconds)
    bed.step(steps)


def test_it_is_told_at_once_and_comes_up_by_itself(tmp_path: Path) -> None:
    way = Way()
    with bench(tmp_path, way.make) as bed:
        bed.step()
        assert technical(bed.store) == ["channel:way"], "no outage that may pass by itself"
        assert health(bed).why == f"{WHY}; {opening.MEND}"
        alarm = bed.fall(10)
        bed.step(2)
        assert bed.store.case(alarm)[0].signals[0].failed == bed.now(), "the escalation goes on"
        later(bed)
        assert technical(bed.store) == ["channel:way"]
        way.there = True
        later(bed, 29)
        assert way.scripted.notices == [], "it is tried now and then"
        later(bed, 1)
        # Of the newest repeat, and no double: nothing can have been sent before.
        assert told(way.scripted) == [("0.2", 2, 1, False)]
        assert technical(bed.store) == []
        assert bed.store.case(alarm)[0].signals[0].delivered == bed.now()


def test_what_has_ended_meanwhile_is_not_sent(tmp_path: Path) -> None:
    way = Way()
    with bench(tmp_path, way.make) as bed:
        alarm = bed.fall(10)
        bed.step(2)
        bed.store.decide(Resolve(condition=alarm, who="anna", judgement=Judgement.TEST), bed.now())
        way.there = True
        later(bed)
        assert way.scripted.notices == []
        assert technical(bed.store) == []


@pytest.mark.parametrize("takes_back", [True, False])
def test_what_it_showed_before_is_taken_back_when_it_is_there_again(
    tmp_path: Path, takes_back: bool
) -> None:
    way = Way(takes_back=takes_back)
    way.there = True
    with bench(tmp_path, way.make) as bed:
        alarm = bed.fall(10)
        bed.step(2)
        way.there = False
        bed.restart()
        bed.store.decide(Resolve(condition=alarm, who="anna", judgement=Judgement.TEST), bed.now())
        bed.step(2)
        way.there = True
        later(bed)
        assert told(way.scripted)[1:] == ([("0.over", 1, 1, True)] if takes_back else [])
        with bed.database.read() as db:
            assert queue.waiting(db, "way") == 0, "nothing waits for ever"


def test_alarms_escalate_as_past_a_channel_that_fails(tmp_path: Path) -> None:
    def steps(folder: str, make: Callable[[House], Channel | Unmade]) -> list[tuple[int, int]]:
        (tmp_path / folder).mkdir()
        found = []
        with bench(tmp_path / folder, make, staff=("anna", "ben")) as bed:
            bed.step()
            alarm = bed.fall(10)
            for seconds in (0, *[1] * 20, *[30] * 10):
                case = bed.store.case(alarm)[0]
                found.append((case.condition.step, len(case.signals)))
                later(bed, seconds)
        return found

    down = Scripted()
    down.answer = lambda _: Receipt(delivery=Delivery.FAILED, why="expected an answer, got none")
    past = steps("down", lambda _: down)
    assert past[-1][0] > past[0][0], "it does escalate"
    assert steps("missing", Way().make) == past


def test_the_other_hub_ends_the_alarm_where_the_file_is(tmp_path: Path) -> None:
    """The store comes from the hub that lacked it; no probe and no notice tells of it there."""
    way = Way()
    with bench(tmp_path, way.make) as bed:
        bed.step()
        way.there = True
        bed.restart()
        bed.step()
        assert technical(bed.store) == []
        assert health(bed) == Health()


def test_a_far_side_that_is_gone_keeps_the_alarm(tmp_path: Path) -> None:
    way = Way()
    way.scripted.reached = False
    with bench(tmp_path, way.make) as bed:
        bed.step()
        way.there = True
        later(bed)
        assert (technical(bed.store), health(bed).why) == (["channel:way"], sender.NOT_REACHED)
        way.scripted.reached = True
        later(bed)
        assert technical(bed.store) == []


def test_what_nobody_accepted_is_not_missed(tmp_path: Path) -> None:
    with bench(tmp_path, Way().make, config=ChannelConfig(kind="scripted")) as bed:
        later(bed)
        assert technical(bed.store) == []


# -- which faults those are ------------------------------------------------------------------------

MISSING = [
    ("email", {"host": "h", "sender": "a@b.example", "user": "u", "password_file": "/no/f"}),
    ("mqtt", {"host": "h", "ca": "/no/f"}),
    ("mqtt", {"host": "h", "user": "u", "password_file": "/no/f"}),
    ("syslog", {"host": "h", "ca": "/no/f"}),
    ("syslog", {"host": "h", "certificate": "/no/c", "private_key": "/no/f"}),
    ("webhook", {"url": "https://h/in", "secret_file": "/no/f"}),
    ("webpush", {"key_file": "/no/f", "contact": "a@b.example", "devices": "/no/d"}),
    ("ntfy", {"url": "https://h", "token_file": "/no/f"}),
    ("apprise", {"urls_file": "/no/f"}),
    ("hl7", {"host": "h", "port": 1, "ca": "/no/f"}),
    ("fhir", {"url": "https://h/r5", "token_file": "/no/f"}),
]


@pytest.mark.parametrize(("kind", "options"), MISSING)
def test_a_file_that_is_missing_is_named_and_waited_for(
    kind: str, options: dict[str, Any], tmp_path: Path
) -> None:
    config = ChannelConfig(kind=kind, options=options)
    way = opened(lambda: plugins.make("way", config, house()))
    assert isinstance(way, Unmade)
    assert way.why.startswith("channels.way.options")
    assert "/no/f: expected" in way.why
    assert isinstance(way.again(), Unmade)
    (fault,) = faults(msgspec.structs.replace(hub_config(tmp_path), channels={"way": config}))
    assert way.why.startswith(fault)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("pigeon", {}), ("webhook", {}), ("syslog", {"host": "h", "prot": 1})],
    ids=["kind", "no value", "unknown key"],
)
def test_what_cannot_be_understood_ends_the_start_of_a_hub_alone(
    kind: str, options: dict[str, Any]
) -> None:
    def make() -> Channel:
        return plugins.make("way", ChannelConfig(kind=kind, options=options), house())

    with pytest.raises(ConfigError):
        opened(make)
    lenient = opened(make, lenient=True)
    assert isinstance(lenient, Unmade)
    assert isinstance(lenient.again(), Unmade)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LinkError("/f: expected a key, found none"), "channels.way.options: /f: expected a key"),
        (ZeroDivisionError(), "channels.way: expected the plugin of mine to open, got ZeroDiv"),
    ],
)
def test_a_plugin_of_somebody_else_need_not_know_of_it(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mine(Scripted):
        def __init__(self, *_: object) -> None:
            raise error

    class Point:
        def load(self) -> type[Channel]:
            return Mine

    monkeypatch.setattr(plugins, "kinds", lambda: {"mine": Point()})
    with pytest.raises(NotHereError) as raised:
        plugins.make("way", ChannelConfig(kind="mine"), house())
    assert str(raised.value).startswith(said)


# -- a whole hub -----------------------------------------------------------------------------------


def test_a_hub_starts_without_it_and_has_it_once_the_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "PROBE_S", 0.2)
    far = far_sides.Hooks(tmp_path, time.time_ns)
    far.start()
    config = msgspec.structs.replace(
        hub_config(tmp_path / "state"),
        alarms=Alarms(staff=[Staff(id="anna", rooms=["r1"], ways=["page", "hook"])]),
        channels={
            "hook": accepted("webhook", options=far.options),
            "log": accepted("syslog", options={"host": "127.0.0.1", "port": free_port()}),
        },
    )
    file = Path(far.options["secret_file"])
    away = file.rename(tmp_path / "away")
    try:
        with capture_logs() as logged, running(config) as hub, client(hub) as http:
            said = [one for one in logged if one["event"] == "channel_not_made"]
            assert [(one["channel"], one["log_level"]) for one in said] == [("hook", "error")]
            assert f"{file}: expected a file with a secret, found none" in said[0]["why"]
            hub.context.store.store("n-1", fall(time.time() - 8), time.time_ns())
            until(lambda: "Way out hook does not deliver" in http.get("/").text)
            page = http.get("/").text
            assert f"Cause: channels.hook.options.secret_file: {file}: expected a file" in page
            assert "Way out log does not deliver" not in page, "it can be made"
            assert "Fall" in page
            away.rename(file)
            until(lambda: far.seen)
            until(lambda: "Way out hook does not deliver" not in http.get("/").text)
            assert "Fall" in far.seen[0].text
    finally:
        far.end()


def test_a_hub_alone_does_not_start_with_what_it_cannot_understand(tmp_path: Path) -> None:
    config = msgspec.structs.replace(
        hub_config(tmp_path), channels={"hook": accepted("webhook", options={"uri": "h"})}
    )
    with pytest.raises(ConfigError, match=r"channels\.hook\.options"), running(config):
        pass
