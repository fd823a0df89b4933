"""Consent: who must agree, what is ordered, and what is said meanwhile, as tables."""

from __future__ import annotations

import itertools
import time

import pytest

from ambient import events
from ambient.commands import Erase
from ambient.errors import UsageError
from ambient.events import AnyEvent, Outcome, Purpose
from ambient.hub.database import HubDatabase
from ambient.hub.orders import OrderState
from ambient.hub.people.consents import (
    AGAIN_S,
    EXPIRES_S,
    Capacity,
    Consent,
    Stand,
    Told,
    agreed,
    decided_at,
    due,
    stand,
    wanted,
)
from ambient.hub.people.register import Register
from ambient.hub.registry import Registry
from ambient.hub.store import Store
from tests.hub.kit import NS, enrol, event

T = 1_000_000 * NS
F, V, R = Purpose.FALLS, Purpose.VOICE, Purpose.RESEARCH
ONE, TWO = "s-00aa", "s-00bb"


def said(purpose: Purpose, on: bool = True, at: int = 0, until: int | None = None) -> Consent:
    return Consent(
        purpose=purpose,
        on=on,
        by="E. Muster",
        capacity=Capacity.GUARDIAN,
        at=at,
        entered_by="ada",
        until=until,
    )


YES, NO = said(V), said(V, on=False)


@pytest.mark.parametrize(
    ("occupants", "voice", "falls"),
    [
        pytest.param([], False, True, id="nobody lives there"),
        pytest.param([[]], False, True, id="nothing said"),
        pytest.param([[YES]], True, True, id="agreed"),
        pytest.param([[YES, NO]], False, True, id="withdrawn"),
        pytest.param([[YES, NO, YES]], True, True, id="agreed again"),
        pytest.param([[YES], []], False, True, id="one of two said nothing"),
        pytest.param([[YES], [NO]], False, True, id="one of two refused"),
        pytest.param([[YES], [YES]], True, True, id="both agreed"),
        pytest.param([[said(V, until=T)]], True, True, id="until now"),
        pytest.param([[said(V, until=T - 1)]], False, True, id="ran out"),
        pytest.param([[YES, said(V, until=T - 1)]], False, True, id="a shorter one counts"),
        pytest.param([[said(F, on=False)], [YES]], False, False, id="one refuses falls"),
        pytest.param([[said(F, until=T - 1)]], False, True, id="falls need no consent"),
        pytest.param([[said(R)]], False, True, id="another purpose"),
    ],
)
def test_a_sense_opens_only_when_every_occupant_agrees(
    occupants: list[list[Consent]], voice: bool, falls: bool
) -> None:
    found = wanted(occupants, T)
    assert (found[V], found[F]) == (voice, falls)
    assert set(found) == set(Purpose)


def test_of_several_occupants_each_can_close_and_none_can_open_alone() -> None:
    words: tuple[list[Consent], ...] = ([], [YES], [NO], [YES, NO], [said(V, until=T - 1)])
    for occupants in itertools.product(words, repeat=3):
        everybody = all(agreed(one, V, T) for one in occupants)
        assert wanted(occupants, T)[V] is everybody


ORDERED, APPLIED = OrderState.ORDERED, OrderState.APPLIED
REFUSED, EXPIRED = OrderState.REFUSED, OrderState.EXPIRED


AGREED = 10


def told(
    stated: bool | None = None,
    ordered: bool | None = None,
    state: OrderState | None = None,
    *,
    issued: int = T,
    stated_at: int = AGREED,
) -> Told:
    return Told(stated=stated, stated_at=stated_at, ordered=ordered, state=state, issued=issued)


@pytest.mark.parametrize(
    ("want", "known", "later_s", "shown", "ordered"),
    [
        pytest.param(False, told(), 0, Stand.OFF, False, id="off and never on"),
        pytest.param(True, told(), 0, Stand.ORDERED_ON, True, id="agreed just now"),
        pytest.param(True, told(None, True, ORDERED), 1, Stand.ORDERED_ON, False, id="waits"),
        pytest.param(True, told(None, True, ORDERED), EXPIRES_S, Stand.ORDERED_ON, True,
                     id="nobody answered for a day"),
        pytest.param(True, told(None, True, EXPIRED), 1, Stand.ORDERED_ON, True, id="ran out"),
        pytest.param(True, told(True, True, APPLIED), 1, Stand.ON, False, id="done"),
        pytest.param(True, told(True), 1, Stand.ON, False, id="stated by the node"),
        pytest.param(True, told(False, True, APPLIED), 1, Stand.ASK, False,
                     id="switched off afterwards, nobody here knows by whom"),
        pytest.param(True, told(False, True, APPLIED, stated_at=AGREED - 1), 1, Stand.ORDERED_ON,
                     True, id="agreed anew since"),
        pytest.param(True, told(False, True, ORDERED), 1, Stand.ORDERED_ON, False,
                     id="ordered after it was switched off"),
        pytest.param(True, told(False, False, APPLIED), 1, Stand.ORDERED_ON, True,
                     id="switched off by this hub's order, whose reason is gone"),
        pytest.param(True, told(False), 1, Stand.ASK, False,
                     id="switched off, and never ordered as far as an old store knows"),
        pytest.param(False, told(True), 0, Stand.ORDERED_OFF, True, id="withdrawn just now"),
        pytest.param(False, told(True, False, ORDERED), 1, Stand.ORDERED_OFF, False, id="closes"),
        pytest.param(False, told(None, True, ORDERED), 1, Stand.ORDERED_OFF, True,
                     id="withdrawn while it opens"),
        pytest.param(False, told(None, False, ORDERED), 1, Stand.ORDERED_OFF, False,
                     id="never on, but opening was ordered before"),
        pytest.param(True, told(None, True, REFUSED), 1, Stand.REFUSED, False, id="refused"),
        pytest.param(True, told(None, True, REFUSED), AGAIN_S, Stand.REFUSED, True,
                     id="refused, asked again"),
    ],
)  # fmt: skip
def test_ordered_is_shown_until_the_node_says_so(
    want: bool, known: Told, later_s: int, shown: Stand, ordered: bool
) -> None:
    now = T + later_s * NS
    assert stand(want, known, V, AGREED) is shown
    assert due({V: want}, {V: known}, {V: AGREED}, now) == ({V: want} if ordered else {})


@pytest.mark.parametrize(
    ("purpose", "occupants", "at"),
    [
        pytest.param(V, [], T, id="nobody lives there"),
        pytest.param(V, [(5, [said(V, at=20), said(V, at=30)])], 30, id="the last word"),
        pytest.param(V, [(5, [said(V, at=30)]), (6, [said(V, at=20)])], 20, id="of each of two"),
        pytest.param(F, [(5, [said(V, at=30)])], 5, id="who said nothing of falls"),
    ],
)
def test_since_when_everybody_stands_by_what_they_said(
    purpose: Purpose, occupants: list[tuple[int, list[Consent]]], at: int
) -> None:
    assert decided_at(occupants, purpose, T) == at


@pytest.fixture
def database(database: HubDatabase) -> HubDatabase:
    enrol(Registry(database), "n-1", ["r1", "r2"])
    return database


@pytest.fixture
def register(database: HubDatabase) -> Register:
    return Register(database)


def stated(purpose: Purpose, on: bool, t: float) -> AnyEvent:
    return event(events.ConsentApplied, t, family=f"consent.{purpose}", purpose=purpose, on=on)


def answer(command: str, t: float, outcome: Outcome = Outcome.APPLIED) -> AnyEvent:
    return event(
        events.CommandApplied,
        t,
        family=f"command.{command}",
        command=command,
        command_kind=events.CommandKind.PURPOSE,
        outcome=outcome,
    )


def summary(subject: str, t: float, purpose: Purpose = V) -> AnyEvent:
    known = stated(purpose, True, t)
    return events.SummaryDaily(
        id=known.id,
        t=known.t,
        node="n-1",
        room="r1",
        subject=subject,
        chain=known.chain,
        position=0,
        config_version=known.config_version,
        purpose=purpose,
        began=0,
    )


def agree(register: Register, subject: str, on: bool = True, now: int = T) -> list[str]:
    ordered = register.decide(
        subject, V, on, by="E. Muster", capacity=Capacity.RESIDENT, who="ada", now=now
    )
    return [one.id for one in ordered]


def shown(register: Register, now: int = T) -> Stand:
    return register.rooms(now)[0].stands[V]


def kinds_kept(database: HubDatabase) -> list[str]:
    with database.read() as db:
        found = db.execute("SELECT kind FROM events ORDER BY number").fetchall()
    return [row[0] for row in found]


def test_the_life_of_a_consent_in_a_shared_room(register: Register, database: HubDatabase) -> None:
    store = Store(database)
    assert register.move_in(ONE, "r1", "a", "ada", T) == []
    register.move_in(TWO, "r1", "b", "ada", T)
    assert agree(register, ONE) == [], "the other occupant has not agreed"
    assert register.rooms(T)[0].missing[V] == [TWO]
    [opened] = agree(register, TWO)
    assert shown(register) is Stand.ORDERED_ON
    assert [one.id for one in store.pending(T)["n-1"]] == [opened]
    store.store("n-1", [answer(opened, 20), stated(V, True, 20)], T)
    assert shown(register) is Stand.ON
    store.store("n-1", [summary(ONE, 30), summary(TWO, 31)], T)
    assert kinds_kept(database).count("summary.daily") == 2

    closed, erased = agree(register, ONE, on=False, now=T + NS)
    assert shown(register, T + NS) is Stand.ORDERED_OFF
    assert kinds_kept(database).count("summary.daily") == 1, "the other one's stays"
    first, second = store.pending(T + NS)["n-1"]
    assert (first.id, second.id) == (closed, erased), "closed first, then erased"
    assert isinstance(second, Erase)
    assert (second.subject, second.purpose) == (ONE, V)
    store.store("n-1", [summary(ONE, 40)], T + 2 * NS)
    assert kinds_kept(database).count("summary.daily") == 1, "what was still under way is not kept"
    store.store("n-1", [answer(closed, 50), stated(V, False, 50)], T + 2 * NS)
    assert shown(register, T + 2 * NS) is Stand.OFF
    assert register.follow(T + 3 * NS) == []


def test_a_withdrawal_that_was_not_copied_is_not_undone(
    register: Register, database: HubDatabase
) -> None:
    """The other hub ordered it off; here nobody knows of it but by what the room says."""
    store = Store(database)
    register.move_in(ONE, "r1", "a", "ada", T)
    [opened] = agree(register, ONE)
    store.store("n-1", [answer(opened, 20), stated(V, True, 20)], T)
    later = T + 60 * NS
    store.store("n-1", [stated(V, False, later / NS)], later)
    assert register.follow(later + NS) == []
    assert shown(register, later + NS) is Stand.ASK
    assert len(agree(register, ONE, now=later + 2 * NS)) == 1, "a person was asked"
    assert shown(register, later + 2 * NS) is Stand.ORDERED_ON


def test_a_new_occupant_closes_what_they_have_not_agreed_to(
    register: Register, database: HubDatabase
) -> None:
    register.move_in(ONE, "r1", "a", "ada", T)
    [opened] = agree(register, ONE)
    Store(database).store("n-1", [answer(opened, 20)], T)
    [closed] = register.move_in(TWO, "r1", "b", "ada", T + NS)
    assert shown(register, T + NS) is Stand.ORDERED_OFF
    Store(database).store("n-1", [answer(closed.id, 30)], T + NS)
    [again] = register.move_out(TWO, "ada", T + 2 * NS)
    assert again.id not in (opened, closed.id)
    assert shown(register, T + 2 * NS) is Stand.ORDERED_ON


def test_a_consent_runs_out_by_itself(register: Register, database: HubDatabase) -> None:
    register.move_in(ONE, "r1", "a", "ada", T)
    [opened] = register.decide(
        ONE, V, True, by="x", capacity=Capacity.RESIDENT, who="ada", now=T, until=T + 60 * NS
    )
    Store(database).store("n-1", [answer(opened.id, 20)], T)
    assert register.follow(T + 60 * NS) == []
    [closed] = register.follow(T + 60 * NS + 1)
    assert closed.room is None or closed.room == "r1"
    assert shown(register, T + 60 * NS + 1) is Stand.ORDERED_OFF


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        pytest.param(lambda r: agree(r, ONE), "who lives here", id="nobody of that name"),
        pytest.param(lambda r: r.move_out(ONE, "ada", T), "who lives here", id="moves out"),
        pytest.param(lambda r: r.move_in(ONE, "r9", "a", "ada", T), "room", id="no such room"),
        pytest.param(
            lambda r: [r.move_in(ONE, each, "a", "ada", T) for each in ("r1", "r2")],
            "lives in r1 already", id="twice",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_entered_is_refused(register: Register, deed: object, why: str) -> None:
    assert callable(deed)
    with pytest.raises(UsageError, match=why):
        deed(register)


def test_a_room_that_no_node_serves_any_more_ends_nothing(
    register: Register, database: HubDatabase
) -> None:
    """Its node never spoke for it; an administrator gave the node another room."""
    register.move_in(ONE, "r2", "r2-a", "ada", T)
    at = T + EXPIRES_S * NS + 1
    assert len(agree(register, ONE)) == 1
    Registry(database).set_rooms("n-1", ["r1"], "ada")
    assert register.follow(at) == []
    agree(register, ONE, on=False, now=at)
    agree(register, ONE, now=at + 1)
    assert [one.on for one in register.said(ONE)] == [True, False, True], "entered all the same"
    Registry(database).set_rooms("n-1", ["r1", "r2"], "ada")
    assert [one.node for one in register.follow(at + 2)] == ["n-1"]


def test_asking_what_follows_costs_little_when_nothing_does(register: Register) -> None:
    register.move_in(ONE, "r1", "a", "ada", T)
    agree(register, ONE)
    began = time.process_time()
    register.rooms(T)
    once = time.process_time() - began
    took = []
    for _ in range(3):
        began = time.process_time()
        assert register.follow(T + NS) == []
        took.append(time.process_time() - began)
    assert min(took) < 10 * once + 0.05
