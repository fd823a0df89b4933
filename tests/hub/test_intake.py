"""The hub's end of the link, at the level of messages: who may say what, and what garbage does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ambient import commands, events
from ambient.bus import keys
from ambient.bus.protocol import (
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Ack,
    Batch,
    CommandMessage,
    Enrol,
    EnrolAccepted,
    EnrolPending,
    EnrolReason,
    EnrolRefused,
    Heartbeat,
    Hello,
    Reason,
    Refused,
    Rotate,
    RotateAccepted,
    RotateReason,
    RotateRefused,
    Row,
    Welcome,
)
from ambient.bus.sockets import LinkChange
from ambient.commands import Resume
from ambient.errors import LinkError
from tests.bus.kit import House, Raw, fall, started
from tests.patience import PATIENCE_S

NOW = time.time_ns
TOKEN = "0" * 32


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def pair(house: House) -> keys.KeyPair:
    """The key of the enrolled node n-1, which serves room r1."""
    made = keys.new_pair()
    house.enrol(made, "n-1", ["r1"])
    return made


def batch(*rows: events.AnyEvent | bytes, number: int = 7) -> Batch:
    return Batch(
        batch=number,
        rows=[
            Row(seq=seq, event=msgspec.Raw(row if isinstance(row, bytes) else events.encode(row)))
            for seq, row in enumerate(rows, start=1)
        ],
    )


def ask(token: str = TOKEN, **changed: object) -> Enrol:
    fields = {"protocol": PROTOCOL, "token": token, "node": "n-2", "site": "site", "rooms": ["r2"]}
    return Enrol(**{**fields, **changed})


def test_events_are_on_the_disk_before_the_acknowledgement(
    house: House, pair: keys.KeyPair
) -> None:
    with Raw(house, pair) as raw:
        raw.greet()
        raw.say(batch(fall(1), fall(1, 1)))
        assert raw.hear() == Ack(batch=7)
        assert [position for _, position in house.stored()] == [0, 1]
        raw.say(batch(fall(1), fall(1, 1), fall(1, 2), number=8))
        assert raw.hear() == Ack(batch=8)
        assert [position for _, position in house.stored()] == [0, 1, 2]
        assert set(house.heard) == {"n-1"}


def _both(first: Raw, second: Raw) -> None:
    """Send a batch of each node before the hub looks."""
    second.greet("n-2")
    first.greet("n-1")
    first.say(batch(fall(1), number=1))
    second.say(batch(fall(2, node="n-2", room="r2"), number=2))


def test_batches_that_wait_are_one_transaction_and_each_is_answered(
    house: House, pair: keys.KeyPair
) -> None:
    other = keys.new_pair()
    house.enrol(other, "n-2", ["r2"])
    with Raw(house, pair) as first, Raw(house, other) as second:
        _both(first, second)
        assert (first.hear(), second.hear()) == (Ack(batch=1), Ack(batch=2))
        assert len(house.stored()) == 2
        assert house.gate.calls <= 2


def test_a_batch_that_is_sent_again_costs_the_store_nothing(
    house: House, pair: keys.KeyPair
) -> None:
    with Raw(house, pair) as raw:
        raw.greet()
        raw.say(batch(fall(1), fall(1, 1), number=1))
        assert raw.hear() == Ack(batch=1)
        calls = house.gate.calls
        raw.say(batch(fall(1), fall(1, 1), number=2))
        assert raw.hear() == Ack(batch=2)
        assert house.gate.calls == calls
        raw.say(batch(fall(1), fall(1, 1), fall(1, 2), number=3))
        assert raw.hear() == Ack(batch=3)
        assert house.gate.calls == calls + 1
        assert len(house.stored()) == 3


def test_a_batch_that_was_not_stored_is_no_known_one(house: House, pair: keys.KeyPair) -> None:
    """Neither one that the disk did not take, nor one of which a row was refused."""
    house.gate.barred = {"n-1"}
    with Raw(house, pair) as raw:
        raw.greet()
        raw.say(batch(fall(1), number=1))
        assert raw.hear() == Refused(reason=Reason.BUSY)
        house.gate.barred = set()
        raw.say(batch(fall(1), number=2))
        assert raw.hear() == Ack(batch=2)
        assert len(house.stored()) == 1
        for number in (3, 4):
            raw.say(batch(fall(2), fall(2, room="r9"), number=number))
            assert raw.hear() == Ack(batch=number, refused=[2])


def test_what_cannot_be_stored_holds_up_no_other_node(house: House, pair: keys.KeyPair) -> None:
    other = keys.new_pair()
    house.enrol(other, "n-2", ["r2"])
    house.gate.barred = {"n-1"}
    with Raw(house, pair) as first, Raw(house, other) as second:
        _both(first, second)
        assert (first.hear(), second.hear()) == (Refused(reason=Reason.BUSY), Ack(batch=2))
        assert len(house.stored()) == 1
        house.gate.barred = set()
        first.say(batch(fall(1), number=3))
        assert first.hear() == Ack(batch=3)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(fall(2, room="r9"), id="a room of nobody"),
        pytest.param(fall(2, node="n-9"), id="another node"),
        pytest.param(b'{"kind":"fall.imagined"}', id="no kind of the closed list"),
        pytest.param(b'{"kind":"fall.suspected"}', id="fields missing"),
        pytest.param(b"[1,2]", id="no object"),
        pytest.param(b'"' + b"x" * 20_000 + b'"', id="too long"),
        pytest.param(
            events.encode(fall(2)).replace(b'"position":0', b'"position":0,"name":"Anna"'),
            id="a field too many",
        ),
    ],
)
def test_rows_that_may_not_be_stored_are_answered_and_hold_up_nothing(
    house: House, pair: keys.KeyPair, row: events.AnyEvent | bytes
) -> None:
    with Raw(house, pair) as raw:
        raw.greet()
        raw.say(batch(fall(1), row, fall(1, 1)))
        assert raw.hear() == Ack(batch=7, refused=[2])
        assert len(house.stored()) == 2
        assert house.intake.counts.rows_refused == 1


def test_rows_of_a_room_that_is_not_enrolled_are_told(house: House, pair: keys.KeyPair) -> None:
    other = started(3)
    in_r9 = msgspec.structs.replace(other, room="r9")
    again = msgspec.structs.replace(other, room="r9", position=1)
    with Raw(house, pair) as raw:
        raw.greet()
        raw.say(batch(in_r9, again, fall(2, 1, room="r9"), fall(2, node="n-9", room="r9")))
        assert raw.hear() == Ack(batch=7, refused=[1, 2, 3, 4])
        assert house.unenrolled == [in_r9, fall(2, 1, room="r9")]


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(b'{"type":"hello"}', id="fields missing"),
        pytest.param(b'{"type":"nonsense"}', id="unknown type"),
        pytest.param(b'{"type":"welcome","protocol":1,"time":0}', id="the hub's own message"),
        pytest.param(b"[" * 10_000, id="deep"),
        pytest.param(b'{"type":"batch","batch":1,"rows":[]}', id="no rows"),
        pytest.param([b"{}", b"{}"], id="two frames"),
    ],
)
def test_a_garbled_frame_is_counted_and_the_connection_goes_on(
    house: House, pair: keys.KeyPair, frame: bytes | list[bytes]
) -> None:
    with Raw(house, pair) as raw:
        raw.greet()
        raw.say(frame)
        raw.say(Heartbeat(answer=True))
        assert isinstance(raw.hear(), Heartbeat)
        assert house.intake.counts.garbled == 1


def test_an_oversized_frame_ends_that_connection_alone(house: House, pair: keys.KeyPair) -> None:
    other = keys.new_pair()
    house.enrol(other, "n-2", ["r2"])
    with Raw(house, pair) as raw, Raw(house, other) as calm:
        raw.greet()
        calm.greet("n-2")
        raw.say(b"x" * (MAX_MESSAGE_BYTES + 1))
        raw.wait_for(LinkChange.DOWN)
        calm.say(Heartbeat(answer=True))
        assert isinstance(calm.hear(), Heartbeat)
        house.pump(lambda: house.intake.counts.closed)
        raw.greet()


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Hello(protocol=PROTOCOL, node="n-1", software="1"), id="hello"),
        pytest.param(batch(fall(1)), id="batch"),
        pytest.param(Heartbeat(), id="heartbeat"),
        pytest.param(Rotate(key="x" * 40), id="rotate"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b'{"type":"enrol",' + b" " * 5_000 + b"}", id="a long enrolment"),
    ],
)
def test_an_unknown_key_reaches_nothing_but_the_enrolment(
    house: House, pair: keys.KeyPair, message: object
) -> None:
    house.registry.invite(house.address, house.pair.public, "admin", NOW())
    with Raw(house, keys.new_pair()) as raw:
        raw.wait_for(LinkChange.UP)
        raw.say(message)
        house.pump(lambda: house.intake.counts.unknown_key)
        assert raw.hears_nothing()
        assert house.intake.counts.unknown_key == 1
        assert not house.stored()
        raw.say(ask())
        assert raw.hear() == EnrolRefused(reason=EnrolReason.TOKEN)


def test_without_an_open_invitation_an_unknown_key_does_not_even_connect(house: House) -> None:
    with Raw(house, keys.new_pair()) as raw:
        raw.wait_for(LinkChange.REFUSED)
        assert house.intake.counts.unknown_key == 1


def test_another_hubs_key_in_the_nodes_hand_does_not_connect(
    house: House, pair: keys.KeyPair
) -> None:
    with Raw(house, pair, hub_key=keys.new_pair().public) as raw:
        raw.wait_for(LinkChange.BROKEN)
        house.pump(lambda: house.intake.counts.broken_connections)


@pytest.mark.parametrize(
    ("hello", "reason"),
    [
        (Hello(protocol=PROTOCOL - 1, node="n-1", software="0.0.1"), Reason.PROTOCOL),
        (Hello(protocol=PROTOCOL + 1, node="n-1", software="9"), Reason.PROTOCOL),
        (Hello(protocol=PROTOCOL, node="n-2", software="1"), Reason.NAME),
    ],
)
def test_a_hello_that_does_not_fit_is_refused_and_nothing_after_it_is_taken(
    house: House, pair: keys.KeyPair, hello: Hello, reason: Reason
) -> None:
    with Raw(house, pair) as raw:
        raw.wait_for(LinkChange.UP)
        raw.say(hello)
        assert raw.hear() == Refused(reason=reason, protocol=PROTOCOL)
        raw.say(batch(fall(1)))
        assert raw.hear() == Refused(reason=Reason.HELLO)
        assert not house.stored()


def test_an_enrolment_of_another_version_is_told_so(house: House) -> None:
    invitation = house.registry.invite(house.address, house.pair.public, "admin", NOW())
    with Raw(house, keys.new_pair()) as raw:
        raw.wait_for(LinkChange.UP)
        raw.say(ask(invitation.token, protocol=PROTOCOL + 1))
        assert raw.hear() == EnrolRefused(reason=EnrolReason.PROTOCOL, protocol=PROTOCOL)


def test_from_invitation_to_enrolled(house: House) -> None:
    invitation = house.registry.invite(house.address, house.pair.public, "admin", NOW())
    pair = keys.new_pair()
    with Raw(house, pair) as raw:
        raw.wait_for(LinkChange.UP)
        raw.say(ask(invitation.token))
        assert raw.hear() == EnrolPending()
        (waiting,) = house.registry.pending()
        assert waiting.fingerprint == pair.fingerprint
        assert waiting.rooms == ["r2"]
        raw.say(Hello(protocol=PROTOCOL, node="n-2", software="1"))
        house.pump(lambda: house.intake.counts.unknown_key)
        assert raw.hears_nothing()
        house.registry.accept("n-2", "anna", NOW())
        assert raw.hear() == EnrolAccepted()
        raw.say(ask(invitation.token))
        assert raw.hear() == EnrolAccepted()
        raw.say(Hello(protocol=PROTOCOL, node="n-2", software="1"))
        assert isinstance(raw.hear(), Welcome)


def test_a_rejected_node_is_told_so_for_good(house: House) -> None:
    invitation = house.registry.invite(house.address, house.pair.public, "admin", NOW())
    with Raw(house, keys.new_pair()) as raw:
        raw.wait_for(LinkChange.UP)
        raw.say(ask(invitation.token))
        assert raw.hear() == EnrolPending()
        house.registry.reject("n-2", "anna")
        assert raw.hear() == EnrolRefused(reason=EnrolReason.REJECTED)
        raw.say(ask(invitation.token))
        assert raw.hear() == EnrolRefused(reason=EnrolReason.REJECTED)


def test_a_revoked_key_is_refused_with_its_next_message(house: House, pair: keys.KeyPair) -> None:
    with Raw(house, pair) as raw:
        raw.greet()
        house.registry.revoke("n-1", "admin", NOW())
        raw.say(batch(fall(1)))
        assert raw.hear() == Refused(reason=Reason.REVOKED)
        raw.say(batch(fall(1)))
        house.pump(lambda: house.intake.counts.unknown_key == 2)
        assert raw.hears_nothing()
        assert not house.stored()
    with Raw(house, pair) as again:
        again.wait_for(LinkChange.REFUSED)


def test_a_next_key_takes_the_place_of_the_old_one_when_it_is_first_used(
    house: House, pair: keys.KeyPair
) -> None:
    following = keys.new_pair()
    with Raw(house, pair) as old:
        old.greet()
        old.say(Rotate(key=following.public))
        assert old.hear() == RotateAccepted(key=following.public)
        old.say(Heartbeat(answer=True))
        assert isinstance(old.hear(), Heartbeat)
        with Raw(house, following) as new:
            new.greet()
            new.say(batch(fall(1)))
            assert new.hear() == Ack(batch=7)
            old.say(batch(fall(1), fall(1, 1)))
            assert old.hear() == Refused(reason=Reason.REVOKED)
    assert len(house.stored()) == 1
    assert [one.key for one in house.registry.nodes()] == [following.public]


def test_nobody_rotates_to_a_key_that_is_known(house: House, pair: keys.KeyPair) -> None:
    other = keys.new_pair()
    house.enrol(other, "n-2", ["r2"])
    with Raw(house, pair) as raw:
        raw.greet()
        for key in (pair.public, other.public):
            raw.say(Rotate(key=key))
            assert raw.hear() == RotateRefused(key=key, reason=RotateReason.TAKEN)


def test_a_hub_that_cannot_store_acknowledges_nothing(house: House, pair: keys.KeyPair) -> None:
    with Raw(house, pair) as raw:
        raw.greet()
        house.gate.shut = True
        raw.say(batch(fall(1)))
        assert raw.hear() == Refused(reason=Reason.BUSY)
        house.gate.shut = False
        raw.say(batch(fall(1), number=8))
        assert raw.hear() == Ack(batch=8)
        assert house.intake.counts.store_failed == 1


def test_a_command_goes_to_its_node_alone_and_not_twice_at_once(
    house: House, pair: keys.KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ambient.hub.dispatch.AGAIN_S", PATIENCE_S)
    other = keys.new_pair()
    house.enrol(other, "n-2", ["r2"])
    command = Resume(id=commands.new_id(), node="n-1", issued=1, expires=2**62, room="r1")
    with Raw(house, pair) as raw, Raw(house, other) as foreign:
        raw.greet()
        foreign.greet("n-2")
        house.orders.commands.append(command)
        message = raw.hear()
        assert isinstance(message, CommandMessage)
        assert commands.decode(bytes(message.command)) == command
        assert foreign.hears_nothing()
        assert raw.hears_nothing()


def test_events_of_the_whole_node_need_no_room(house: House, pair: keys.KeyPair) -> None:
    with Raw(house, pair) as raw:
        raw.greet()
        raw.say(batch(started(1)))
        assert raw.hear() == Ack(batch=7)
        assert house.kinds() == ["node.started"]


def test_a_second_hub_on_the_same_address_is_an_error_of_one_line(house: House) -> None:
    from ambient.hub.intake import Intake

    with pytest.raises(LinkError, match="is another hub running"):
        Intake(
            house.address,
            house.pair,
            "site",
            registry=house.registry,
            sink=house.gate,
            source=house.orders,
        )
