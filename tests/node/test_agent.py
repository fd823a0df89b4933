"""The agent and the whole link: every row at the hub exactly once, whatever happens between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from ambient import commands, events
from ambient.bus import keys
from ambient.bus.protocol import PROTOCOL, Reason
from ambient.commands import AnyCommand, Pause, Resume, RotateKey, SetPurpose
from ambient.errors import LinkError, StoreError
from ambient.events import CommandApplied, Outcome, Purpose
from ambient.hub.restored import MARGIN_NS
from ambient.hub.store import Store
from ambient.node import uplink
from ambient.node.uplink import Phase
from tests.bus.kit import House, Node, fall, started
from tests.patience import PATIENCE_S

LATER = 2**62


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    # What is counted here is not to be sent again for a disk that stood.
    monkeypatch.setattr("ambient.node.agent.ACK_TIMEOUT_S", PATIENCE_S)
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def node(house: House) -> Node:
    return house.node()


def in_order(found: list[tuple[str, int]]) -> bool:
    """Whether each chain counts up from 0 without a gap or a double."""
    chains: dict[str, list[int]] = {}
    for chain, position in found:
        chains.setdefault(chain, []).append(position)
    return all(positions == list(range(len(positions))) for positions in chains.values())


def answers(house: House) -> list[tuple[str, Outcome]]:
    with house.database.read() as db:
        found = db.execute(
            "SELECT body FROM events WHERE kind = 'command.applied' ORDER BY number"
        ).fetchall()
    decoded = [events.decode(row[0].encode()) for row in found]
    return [(one.command, one.outcome) for one in decoded if isinstance(one, CommandApplied)]


def resume(**changed: object) -> Resume:
    fields = {
        "id": commands.new_id(),
        "node": "n-1",
        "issued": time.time_ns(),
        "expires": LATER,
        "room": "r1",
    }
    return Resume(**{**fields, **changed})


def test_every_row_arrives_once_and_in_order(house: House, node: Node) -> None:
    for number in range(50):
        node.fusion.commit([fall(number, position) for position in range(4)])
    house.pump(node.delivered)
    assert len(house.stored()) == 200
    assert in_order(house.stored())
    assert house.intake.counts.batches == 4


def test_the_hub_is_away_and_comes_back(house: House, node: Node) -> None:
    node.fusion.commit([fall(1), fall(1, 1)])
    house.pump(node.delivered)
    house.stop()
    node.fusion.commit([fall(1, 2), fall(2)])
    house.pump(lambda: not node.agent.connected, hub=False)
    house.start()
    house.pump(node.delivered)
    assert len(house.stored()) == 4
    assert in_order(house.stored())


def test_the_agent_is_killed_before_the_acknowledgement(house: House, node: Node) -> None:
    house.pump(lambda: node.agent.connected)
    node.fusion.commit([fall(1), fall(1, 1)])
    while not house.stored():
        node.agent.step(0.0)
        house.intake.step(2)
    node.stop()
    node.fusion.commit([fall(1, 2)])
    node.start()
    house.pump(node.delivered)
    assert len(house.stored()) == 3
    assert in_order(house.stored())
    assert house.intake.counts.rows == 5


def test_the_hub_is_killed_between_commit_and_acknowledgement(house: House, node: Node) -> None:
    house.pump(lambda: node.agent.connected)
    node.fusion.commit([fall(1), fall(1, 1)])
    kept = house.gate.store_all

    def crash(*arguments: object) -> object:
        kept(*arguments)
        raise KeyboardInterrupt

    house.gate.store_all = crash
    with pytest.raises(KeyboardInterrupt):
        house.pump(node.delivered)
    house.stop()
    house.start()
    assert len(house.stored()) == 2
    house.pump(node.delivered)
    assert len(house.stored()) == 2
    assert in_order(house.stored())


def test_a_hub_with_a_full_disk_is_asked_again(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.node.agent.BUSY_S", 0.0)
    house.gate.shut = True
    node.fusion.commit([fall(1)])
    house.pump(lambda: house.gate.calls >= 3)
    assert not house.stored()
    house.gate.shut = False
    house.pump(node.delivered)
    assert len(house.stored()) == 1


@pytest.mark.parametrize("ahead_s", [-3600, 0, 3600], ids="{:+d} s".format)
def test_a_hub_clock_an_hour_wrong_asks_for_the_same(
    house: House, node: Node, ahead_s: int
) -> None:
    """What a hub lacks since an instant by its clock is found by the node's: no more, no less."""

    def clock() -> int:
        return time.time_ns() + ahead_s * 1_000_000_000

    node.fusion.commit([fall(1)])
    house.pump(node.delivered)
    with node.fusion._file.writing() as db:
        db.execute("UPDATE outbox SET answered = answered - ?", (2 * MARGIN_NS,))
    # As a hub says it: with room for what passes until its time is heard.
    lacks = clock() - MARGIN_NS
    node.fusion.commit([fall(2)])
    house.pump(node.delivered)
    house.stop()
    house.lacks = lacks
    house.start()
    house.intake._clock = clock
    house.pump(lambda: not node.agent.connected, hub=False)
    sent = node.agent.counts.rows_sent
    house.pump(lambda: node.agent.connected and node.agent.counts.rows_sent > sent)
    house.pump(node.delivered)
    assert node.agent.counts.rows_sent == sent + 1


def test_a_batch_without_an_answer_is_sent_again(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.node.agent.ACK_TIMEOUT_S", 0.02)
    send, lost = house.intake._storing._send, []

    def lose_the_first(route: bytes, message: object) -> bool:
        if not lost and type(message).__name__ == "Ack":
            lost.append(message)
            return True
        return send(route, message)

    monkeypatch.setattr(house.intake._storing, "_send", lose_the_first)
    node.fusion.commit([fall(1), fall(1, 1)])
    house.pump(node.delivered)
    assert lost
    assert node.agent.counts.batches_repeated >= 1
    assert len(house.stored()) == 2


def test_what_the_full_disk_of_the_node_cannot_mark_holds_up_nothing(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.node.agent.BUSY_S", 0.0)
    settle = node._outbox.settle

    def full(*_: object, **__: object) -> None:
        raise StoreError("outbox.db: expected space on the disk, got none left")

    monkeypatch.setattr(node._outbox, "settle", full)
    node.fusion.commit([fall(number) for number in range(200)])
    house.pump(lambda: len(house.stored()) == 200)
    assert house.intake.counts.rows == 200
    assert node.fusion.depth().waiting == 200
    monkeypatch.setattr(node._outbox, "settle", settle)
    house.pump(node.delivered)
    assert house.intake.counts.rows == 200


def test_a_row_that_is_no_event_never_leaves(house: House, node: Node) -> None:
    node.fusion.commit([fall(1), fall(2), fall(3)])
    with node.fusion._file.writing() as db:
        db.execute('UPDATE outbox SET event = \'{"name":"Anna"}\' WHERE seq = 2')
    house.pump(node.delivered)
    assert len(house.stored()) == 2
    assert house.intake.counts.rows_refused == 0
    assert node.agent.counts.rows_unfit == 1


def test_an_outbox_begun_anew_loses_no_row_to_an_old_acknowledgement(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are numbered anew, so an answer must name events and not row numbers."""
    house.pump(lambda: node.agent.connected)
    node.fusion.commit([fall(1), fall(2)])
    while not house.stored():
        node.agent.step(0.0)
        house.intake.step(2)
    for suffix in ("", "-wal", "-shm"):
        (node.folder / f"outbox.db{suffix}").unlink(missing_ok=True)
    node.fusion.commit([fall(3), fall(4)])
    house.pump(node.delivered)
    assert len(house.stored()) == 4


@pytest.mark.parametrize("hub_lives", [True, False])
def test_a_connection_on_which_nothing_is_heard_is_made_anew(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch, hub_lives: bool
) -> None:
    monkeypatch.setattr("ambient.node.agent.ACK_TIMEOUT_S", 0.0)
    house.pump(lambda: node.agent.connected)
    assert node.agent._uplink is not None
    if hub_lives:
        monkeypatch.setattr(node.agent._uplink, "heard_since", lambda _: True)
    node.fusion.commit([fall(1)])
    while not node.agent.counts.batches_repeated:
        node.agent.step(0.0)
    assert node.agent.connected == hub_lives
    monkeypatch.undo()
    house.pump(node.delivered)
    assert len(house.stored()) == 1


def test_a_row_of_a_foreign_room_is_refused_and_holds_up_nothing(house: House, node: Node) -> None:
    node.fusion.commit([fall(1), fall(1, room="r9"), fall(2)])
    house.pump(node.delivered)
    assert len(house.stored()) == 2
    assert node.agent.counts.rows_refused == 1


def test_a_fall_overtakes_the_backlog_of_days(house: House, node: Node) -> None:
    node.fusion.commit([started(number) for number in range(200)])
    house.pump(lambda: house.stored())
    node.fusion.commit([fall(1)])
    house.pump(node.delivered)
    assert house.kinds().index("fall.suspected") <= 128


def test_two_nodes_are_kept_apart(house: House, node: Node) -> None:
    other = house.node("n-2", ["r2"])
    node.fusion.commit([fall(1)])
    other.fusion.commit([fall(2, node="n-2", room="r2")])
    house.pump(lambda: node.delivered() and other.delivered())
    with house.database.read() as db:
        assert db.execute("SELECT node, room FROM events ORDER BY t").fetchall() == [
            ("n-1", "r1"),
            ("n-2", "r2"),
        ]


def test_a_quiet_node_is_heard(house: House, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ambient.node.agent.HEARTBEAT_S", 0.0)
    house.pump(lambda: len(house.heard) > 5)
    assert set(house.heard) == {"n-1"}
    assert house.intake.connected() == ["n-1"]


def test_a_node_that_is_not_enrolled_yet_waits_and_then_begins(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.node.agent.ENROLLED_S", 0.0)
    node = Node(house, "n-1", ["r1"])
    hub_file = node.folder / "hub.json"
    hub = hub_file.read_bytes()
    hub_file.unlink()
    node.start()
    node.fusion.commit([fall(1)])
    house.turns(3)
    assert not node.agent.connected
    house.enrol(keys.load_or_make(node.folder / keys.NODE_KEY), "n-1", ["r1"])
    keys.write_private(hub_file, hub)
    house.pump(node.delivered)


def _revoked(house: House, node: Node, patch: pytest.MonkeyPatch) -> None:
    house.registry.revoke("n-1", "admin", 1)


def _another_name(house: House, node: Node, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(node.agent, "_config", msgspec.structs.replace(node.config, node="n-7"))


def _another_version(house: House, node: Node, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("ambient.hub.intake.PROTOCOL", PROTOCOL + 1)


@pytest.mark.parametrize(
    ("spoil", "reason", "text"),
    [
        (_revoked, None, "does not admit this node's key"),
        (_another_name, Reason.NAME, "under another name"),
        (_another_version, Reason.PROTOCOL, f"speaks version {PROTOCOL} of the link"),
    ],
)
def test_a_node_that_the_hub_does_not_serve_says_why_in_its_log(
    house: House,
    node: Node,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[House, Node, pytest.MonkeyPatch], None],
    reason: Reason | None,
    text: str,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(uplink._log, "warning", lambda what, **_: said.append(what))
    spoil(house, node, monkeypatch)
    node.fusion.commit([fall(1)])
    house.pump(lambda: said)
    assert text in said[0]
    assert node.agent._uplink is not None
    assert node.agent._uplink.phase is Phase.WAITING
    assert node.agent._uplink.refused is reason
    assert not house.stored()


def test_a_running_connection_is_refused_when_its_key_is_revoked(house: House, node: Node) -> None:
    house.pump(lambda: node.agent.connected)
    house.registry.revoke("n-1", "admin", 1)
    node.fusion.commit([fall(1)])
    house.pump(lambda: not node.agent.connected)
    house.turns()
    assert not house.stored()
    assert node.fusion.depth().waiting == 1


def test_a_key_that_others_can_read_stops_the_agent(house: House, node: Node) -> None:
    (node.folder / keys.NODE_KEY).chmod(0o640)
    with pytest.raises(LinkError, match="run: chmod 600"):
        house.pump(lambda: False)


# -- commands ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "outcome", "handled"),
    [
        pytest.param(resume(), Outcome.APPLIED, 1, id="applied"),
        pytest.param(resume(room="r9"), Outcome.REFUSED, 0, id="foreign room"),
        pytest.param(resume(expires=1), Outcome.REFUSED, 0, id="expired"),
        pytest.param(
            SetPurpose(
                id=commands.new_id(),
                node="n-1",
                issued=1,
                expires=LATER,
                room="r1",
                purpose=Purpose.VOICE,
                on=True,
            ),
            Outcome.APPLIED,
            1,
            id="purpose",
        ),
    ],
)
def test_each_command_is_answered_by_an_event(
    house: House, node: Node, command: AnyCommand, outcome: Outcome, handled: int
) -> None:
    house.orders.commands.append(command)
    house.pump(lambda: answers(house))
    assert answers(house) == [(command.id, outcome)]
    assert len(node.handled) == handled


def test_a_command_is_applied_once_however_often_it_comes(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.hub.dispatch.AGAIN_S", 0.0)
    monkeypatch.setattr("ambient.hub.intake.COMMANDS_EVERY_S", 0.0)
    command = Pause(
        id=commands.new_id(), node="n-1", issued=1, expires=LATER, room="r1", seconds=60
    )
    house.orders.commands.append(command)
    house.pump(lambda: house.intake.counts.commands_sent > 5 and answers(house))
    node.stop()
    node.start()
    before = house.intake.counts.commands_sent
    house.pump(lambda: house.intake.counts.commands_sent > before + 5)
    assert len(node.handled) == 1
    assert answers(house) == [(command.id, Outcome.APPLIED)]


def test_a_command_that_cannot_be_answered_yet_is_asked_again(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.hub.dispatch.AGAIN_S", 0.0)
    node.outcome = None
    house.orders.commands.append(resume())
    house.pump(lambda: len(node.handled) > 1)
    assert not answers(house)
    node.outcome = Outcome.ALREADY
    house.pump(lambda: answers(house))


def test_a_command_of_a_later_version_is_refused_once_and_counted(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.hub.dispatch.AGAIN_S", 0.0)
    monkeypatch.setattr("ambient.hub.intake.COMMANDS_EVERY_S", 0.0)
    house.pump(lambda: node.agent.connected)
    command = resume()
    house.orders.commands.append(command)
    encode = commands.encode
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "ambient.hub.dispatch.commands.encode",
            lambda one: encode(one).replace(b'"resume"', b'"dance"'),
        )
        house.pump(lambda: node.agent.counts.commands_unknown > 2 and answers(house))
    assert answers(house) == [(command.id, Outcome.REFUSED)]
    assert not node.handled


def test_a_handler_that_fails_is_refused_and_takes_nobody_along(
    house: House, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.node.errands._log.exception", lambda *_, **__: None, raising=False)
    command = resume()
    house.orders.commands.append(command)
    node.stop()

    def fail(_: AnyCommand) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setattr(node, "_handle", fail)
    node.start()
    house.pump(lambda: answers(house))
    assert answers(house) == [(command.id, Outcome.REFUSED)]


# -- rotation ------------------------------------------------------------------------------


def rotate() -> RotateKey:
    return RotateKey(id=commands.new_id(), node="n-1", issued=1, expires=LATER)


def test_a_key_is_changed_and_the_link_goes_on(house: House, node: Node) -> None:
    before = keys.load_or_make(node.folder / keys.NODE_KEY)
    command = rotate()
    house.orders.commands.append(command)
    house.pump(lambda: answers(house))
    house.orders.commands.clear()
    after = keys.load_or_make(node.folder / keys.NODE_KEY)
    assert after != before
    assert not (node.folder / keys.NEXT_KEY).exists()
    assert [one.key for one in house.registry.nodes()] == [after.public]
    node.fusion.commit([fall(1)])
    house.pump(node.delivered)
    assert answers(house) == [(command.id, Outcome.APPLIED)]


def test_a_rotation_ordered_in_the_hubs_own_store_is_answered_there(
    house: House, node: Node
) -> None:
    store = Store(house.database)
    house.intake._dispatch._source = store
    before = keys.load_or_make(node.folder / keys.NODE_KEY)
    store.rotate_key("n-1", "anna", time.time_ns())
    house.pump(lambda: answers(house) and not store.pending(time.time_ns())["n-1"])
    assert keys.load_or_make(node.folder / keys.NODE_KEY) != before
    assert [outcome for _, outcome in answers(house)] == [Outcome.APPLIED]


@pytest.mark.parametrize("moment", ["made", "offered", "in use"])
def test_the_agent_is_killed_while_its_key_changes(house: House, node: Node, moment: str) -> None:
    """The link must be there again whether the hub knows the next key, uses it, or neither."""
    following = keys.load_or_make(node.folder / keys.NEXT_KEY)
    if moment != "made":
        house.registry.offer("n-1", following.public, 1)
    if moment == "in use":
        house.registry.switch("n-1", following.public, 2)
    node.stop()
    node.start()
    node.fusion.commit([fall(1)])
    house.pump(lambda: node.delivered() and not (node.folder / keys.NEXT_KEY).exists())
    assert keys.load_pair(node.folder / keys.NODE_KEY) == following
    assert [one.key for one in house.registry.nodes()] == [following.public]
    assert len(house.stored()) == 1


def test_a_next_key_that_the_hub_refuses_is_given_up(house: House, node: Node) -> None:
    other = keys.new_pair()
    house.enrol(other, "n-2", ["r2"])
    keys.save_pair(node.folder / keys.NEXT_KEY, other)
    command = rotate()
    house.orders.commands.append(command)
    node.stop()
    # As n-2's key is welcomed by no hub that awaits n-1 under it, the present one stays.
    node.start()
    house.pump(lambda: not (node.folder / keys.NEXT_KEY).exists())
    house.pump(lambda: answers(house))
    node.fusion.commit([fall(1)])
    house.pump(node.delivered)
