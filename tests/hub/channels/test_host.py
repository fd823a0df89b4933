"""The host of channels: what is queued, sent, tried again, held back, refused; and its health."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ambient.config_channels import ChannelConfig
from ambient.errors import ConfigError, UsageError
from ambient.hub import words
from ambient.hub.alarms.condition import Judgement
from ambient.hub.alarms.inputs import ChannelWorks, OnMyWay, Resolve
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.signal import SIREN, Delivery
from ambient.hub.channels import plugins
from ambient.hub.channels.health import NS, Health, Rate
from ambient.hub.channels.host import ChannelHost, standings, trial
from ambient.hub.channels.seam import Notice, Receipt
from ambient.hub.database import HubDatabase
from ambient.hub.store import Store
from ambient.languages import Language
from tests.hub.channels.kit import Bench, Scripted, accepted, bench, house, technical
from tests.hub.kit import fall, hub_config
from tests.patience import PATIENCE_S, until

DOWN = Receipt(delivery=Delivery.FAILED, why="expected an answer, got none")


@pytest.fixture
def way() -> Scripted:
    return Scripted()


@pytest.fixture
def bed(tmp_path: Path, way: Scripted) -> Iterator[Bench]:
    with bench(tmp_path, lambda _: way, staff=("anna", "ben")) as one:
        yield one


def told(way: Scripted) -> list[tuple[str, int, int, bool]]:
    return [(n.id.split(":", 1)[1], n.times, n.attempt, n.over) for n in way.notices]


def signal(bed: Bench, alarm: str, number: int = 0):  # type: ignore[no-untyped-def]
    return bed.store.case(alarm)[0].signals[number]


def test_a_notice_says_room_and_kind_and_no_name(tmp_path: Path, way: Scripted) -> None:
    config = accepted("scripted", recipients={"anna": "101"}, language=Language.DE)
    with bench(tmp_path, lambda _: way, config=config) as bed:
        bed.fall(10, "r5")
        bed.step()
        given = way.notices[0]
        assert (given.room, given.room_name, given.address) == ("r5", "Room 5", "101")
        assert given.text == words.text(AlarmKind.FALL, "Room 5", Language.DE)
        assert given.language is Language.DE
        assert b"anna" not in msgspec.json.encode(given)
        assert signal(bed, given.alarm).delivered == bed.now()


def test_every_recipient_is_told_once_and_again_with_each_repeat(bed: Bench, way: Scripted) -> None:
    bed.fall(10)
    assert bed.step(3) > 0, "then there is nothing to do"
    assert told(way) == [("0.1", 1, 1, False), ("1.1", 1, 1, False)]
    bed.pass_time(60)
    bed.step(3)
    assert told(way)[2:] == [("0.2", 2, 1, False), ("1.2", 2, 1, False)]


def test_a_failure_is_told_at_once_and_tried_again_with_back_off(bed: Bench, way: Scripted) -> None:
    alarm = bed.fall(10)
    way.answer = lambda n: DOWN if n.id.endswith("0.1") else Receipt(delivery=Delivery.SHOWN)
    bed.step(2)
    assert signal(bed, alarm).failed == bed.now(), "the escalation need not wait for it"
    assert signal(bed, alarm, 1).shown == bed.now(), "the other recipient does not wait"
    for wait in (0.5, 1.0, 2.0, 4.0):
        tried = len(way.notices)
        bed.t += round(wait * NS) - 1
        bed.step(2)
        assert len(way.notices) == tried, f"not before {wait} s"
        bed.t += 1
        bed.step()
        assert len(way.notices) == tried + 1
    assert [n.attempt for n in way.notices if n.id.endswith("0.1")] == [1, 2, 3, 4, 5]
    assert {n.again for n in way.notices if n.attempt > 1} == {True}
    way.answer = lambda _: Receipt(delivery=Delivery.DELIVERED)
    bed.pass_time(8)
    bed.step()
    assert signal(bed, alarm).failed is None
    assert signal(bed, alarm).delivered == bed.now()


def test_a_newer_repeat_takes_the_place_of_one_that_never_arrived(
    bed: Bench, way: Scripted
) -> None:
    bed.fall(10)
    way.answer = lambda _: DOWN
    bed.step(2)
    bed.pass_time(60)
    way.answer = lambda _: Receipt(delivery=Delivery.DELIVERED)
    bed.step(5)
    assert [(one[0].split(":", 1)[1], one[2]) for one in bed.rows()] == [
        ("0.1", "replaced"),
        ("1.1", "replaced"),
        ("0.2", "delivered"),
        ("1.2", "delivered"),
    ]


def test_what_is_refused_for_good_is_not_tried_again(bed: Bench, way: Scripted) -> None:
    way.answer = lambda _: Receipt(delivery=Delivery.FAILED, why="no such pager", retry=False)
    bed.fall(10)
    bed.step(2)
    bed.pass_time(59)
    assert bed.step(3) > 0
    assert len(way.notices) == 2


@pytest.mark.parametrize("ended", [False, True])
def test_what_was_shown_is_taken_back_in_order(bed: Bench, way: Scripted, ended: bool) -> None:
    alarm = bed.fall(10)
    bed.step(2)
    if ended:
        bed.store.decide(Resolve(condition=alarm, who="anna", judgement=Judgement.TEST), bed.now())
    else:
        bed.store.decide(OnMyWay(condition=alarm, who="anna"), bed.now())
    bed.step(3)
    assert told(way)[2:] == [("0.over", 1, 1, True), ("1.over", 1, 1, True)]
    assert way.notices[2].text.startswith(way.notices[0].text)
    bed.pass_time(601)
    bed.step(4)
    again = [] if ended else [("2.1", 1, 1, False), ("3.1", 1, 1, False)]
    assert told(way)[4:] == again, "who was on the way did not come: it rings again"


def test_what_nobody_was_told_of_is_not_taken_back(bed: Bench, way: Scripted) -> None:
    alarm = bed.fall(10)
    bed.store.decide(OnMyWay(condition=alarm, who="anna"), bed.now())
    assert bed.step(3) > 0
    assert way.notices == []


def test_the_most_urgent_goes_first(bed: Bench, way: Scripted) -> None:
    bed.store.silent({"n-9": bed.now() - 20 * NS}, bed.now())
    bed.fall(10)
    bed.step(4)
    assert [n.kind for n in way.notices] == [AlarmKind.FALL] * 2 + [AlarmKind.NODE_SILENT] * 2


@pytest.mark.parametrize(
    "killed", ["before it was sent", "while it was sent", "before it was kept"]
)
def test_a_kill_loses_nothing_and_marks_what_may_be_double(
    bed: Bench, way: Scripted, killed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = bed.fall(10)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    if killed == "while it was sent":
        way.answer = dies  # type: ignore[assignment]
    elif killed == "before it was kept":
        monkeypatch.setattr(bed.store, "decide", dies)
    if killed != "before it was sent":
        with pytest.raises(KeyboardInterrupt):
            bed.step()
    way.answer = lambda _: Receipt(delivery=Delivery.DELIVERED)
    before = len(way.notices)
    bed.restart()
    bed.step(3)
    first = [n for n in way.notices if n.id.endswith(":0.1")]
    assert [n.attempt for n in first] == list(range(1, before + 2))
    assert first[-1].again is bool(before)
    assert signal(bed, alarm).delivered is not None


def test_what_arrived_before_a_kill_is_not_sent_again(bed: Bench, way: Scripted) -> None:
    alarm = bed.fall(10)
    bed.step(2)
    with bed.database.write() as db:  # as if the answer had not been kept
        kept = db.execute("SELECT due, id FROM signals").fetchall()
        db.execute("UPDATE signals SET due = 1")
    bed.restart()
    bed.step(2)
    assert len(way.notices) == 2
    assert signal(bed, alarm).delivered is not None
    with bed.database.write() as db:  # which the log would tell of
        db.conn.executemany("UPDATE signals SET due = ? WHERE id = ?", kept)


def test_nothing_is_sent_until_somebody_accepted_it(tmp_path: Path, way: Scripted) -> None:
    config = ChannelConfig(kind="scripted")
    with bench(tmp_path, lambda _: way, config=config) as bed:
        alarm = bed.fall(10)
        bed.step(2)
        assert way.notices == []
        assert signal(bed, alarm).failed == bed.now()
        bed.pass_time(301)
        bed.step(2)
        assert technical(bed.store) == ["channel:way"]
        with bed.database.read() as db:
            said = db.execute("SELECT body FROM channel_health").fetchone()[0]
        assert "accepted_by" in said


def test_a_far_side_that_takes_an_alarm_stands_for_the_pages_until_it_falls_silent(
    tmp_path: Path, way: Scripted
) -> None:
    with bench(tmp_path, lambda _: way, delegated=True) as bed:
        way.answer = lambda _: Receipt(delivery=Delivery.TAKEN, until=bed.now() + 30 * NS)
        alarm = bed.fall(10)
        bed.step()
        assert bed.store.case(alarm)[0].condition.delegated_until == bed.now() + 30 * NS
        bed.pass_time(30)
        assert bed.store.case(alarm)[0].condition.delegated_until is None, "by itself"
        bed.pass_time(30)
        bed.step()
        way.answer = lambda _: DOWN
        bed.pass_time(60)
        bed.step()
        assert bed.store.case(alarm)[0].condition.delegated_until is None


def test_a_channel_that_does_not_deliver_is_a_technical_alarm_until_it_does(
    bed: Bench, way: Scripted
) -> None:
    bed.fall(10)
    way.answer = lambda _: DOWN
    bed.step(2)
    for _ in range(4):
        bed.pass_time(60)
        bed.step(3)
        assert technical(bed.store) == []
    bed.restart()
    bed.pass_time(60)
    bed.step(3)
    assert technical(bed.store) == ["channel:way"], "also when the hub was started anew"
    way.answer = lambda _: Receipt(delivery=Delivery.DELIVERED)
    bed.pass_time(60)
    bed.step(3)
    assert technical(bed.store) == []


def test_a_far_side_that_is_gone_is_noticed_without_an_alarm(bed: Bench, way: Scripted) -> None:
    way.reached = False
    for _ in range(12):
        bed.pass_time(30)
        bed.step()
    assert technical(bed.store) == ["channel:way"]
    way.reached = True
    bed.pass_time(30)
    bed.step()
    assert technical(bed.store) == []


def test_a_plugin_that_breaks_has_failed_and_ends_nothing(bed: Bench, way: Scripted) -> None:
    def breaks(_: Notice) -> Receipt:
        raise ZeroDivisionError

    way.answer = breaks
    alarm = bed.fall(10)
    bed.step(2)
    assert signal(bed, alarm).failed is not None


def test_more_than_the_rate_waits(tmp_path: Path, way: Scripted) -> None:
    config = accepted("scripted", per_minute=60)
    with bench(tmp_path, lambda _: way, config=config) as bed:
        for n in range(1, 31):
            bed.fall(10 * n, f"r{n}")
        bed.step(40)
        assert len(way.notices) == 10
        bed.t += 5 * NS
        bed.step(40)
        assert len(way.notices) == 15


def test_a_clock_that_is_set_back_holds_up_no_retry(bed: Bench, way: Scripted) -> None:
    bed.fall(10)
    way.answer = lambda _: DOWN
    bed.step(2)
    bed.t -= 3600 * NS
    bed.step()
    assert way.notices[-1].attempt == 2


@pytest.mark.parametrize(
    ("rate", "at_s", "wait_s"),
    [
        (Rate(per_minute=60, left=1), 0, 0),
        (Rate(per_minute=60, left=0), 0, 1),
        (Rate(per_minute=60, left=0), 0.5, 0.5),
        (Rate(per_minute=6, left=0), 0, 10),
        (Rate(per_minute=60, left=0), 3600, 0),
    ],
)
def test_how_long_the_rate_asks_to_wait(rate: Rate, at_s: float, wait_s: float) -> None:
    assert rate.at_time(round(at_s * NS)).wait_s == pytest.approx(wait_s)


def test_the_bucket_of_a_quiet_channel_holds_no_more_than_a_burst() -> None:
    assert Rate(per_minute=600).at_time(10**15).left == 10
    assert Rate(per_minute=3).at_time(10**15).left == 3


def test_failures_count_from_the_first() -> None:
    health = Health().failed("a", 10 * NS).failed("b", 70 * NS)
    assert (health.failures, health.failing_since, health.why) == (2, 10 * NS, "b")
    assert not health.due(1, 69 * NS)
    assert health.due(1, 70 * NS)
    assert health.worked(80 * NS) == Health(succeeded=80 * NS)


@pytest.mark.parametrize(("failures", "last", "due"), [(1, True, False), (2, True, True),
                                                       (2, False, False)])  # fmt: skip
def test_of_a_last_resort_the_second_failure_is_told(failures: int, last: bool, due: bool) -> None:
    health = Health()
    for n in range(failures):
        health = health.failed("a", (10 + n) * NS)
    assert health.due(5, 20 * NS, last=last) is due


# -- the host itself -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "pigeon"}, "channels.way.kind: expected an installed kind of channel ("),
        ({"kind": "syslog", "options": {}}, "channels.way.options.host: expected a value"),
        (
            {"kind": "syslog", "options": {"host": "h", "prot": 1}},
            "channels.way.options.prot: expected",
        ),
    ],
)
def test_what_is_wrong_in_an_entry_is_named(entry: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        plugins.make("way", msgspec.convert(entry, ChannelConfig), house())
    assert str(error.value).startswith(said)


def test_a_hub_serves_its_channels_and_forgets_those_that_are_gone(tmp_path: Path) -> None:
    config = msgspec.structs.replace(
        hub_config(tmp_path),
        channels={
            SIREN: accepted("syslog", options={"host": "127.0.0.1", "port": 9, "over": "tcp"})
        },
    )
    database = HubDatabase(tmp_path / "hub.db")
    try:
        store = Store(database)
        store.decide(ChannelWorks(channel="old", fails_since=1), 2)
        with database.write() as db:
            db.execute("INSERT INTO channel_health VALUES ('old', '{}')")
        host = ChannelHost(config, store, database)
        assert technical(store) == []
        stop = threading.Event()
        thread = threading.Thread(target=host.run, args=(stop,))
        thread.start()
        store.store("n-1", fall(10), time.time_ns())

        def has_failed() -> bool:
            store.due(time.time_ns() + 300 * NS)
            return standings(config, database)[0].health.failures > 0

        until(has_failed)
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        standing = standings(config, database)[0]
        assert (standing.kind, standing.accepted_by) == ("syslog", "DPO")
        assert "127.0.0.1" in standing.told
    finally:
        database.close()


@pytest.mark.parametrize(
    ("name", "entry", "said"),
    [
        ("no", accepted("syslog"), "expected a channel of hub.yaml"),
        ("way", ChannelConfig(kind="syslog"), "nothing is sent until somebody responsible"),
    ],
)
def test_a_trial_is_refused(tmp_path: Path, name: str, entry: ChannelConfig, said: str) -> None:
    config = msgspec.structs.replace(hub_config(tmp_path), channels={"way": entry})
    with pytest.raises(UsageError, match=said):
        trial(config, name)
