"""What the figures are made of: one `Fact` for each stored condition.

Comes in: conditions with their history and the events of their chains, as the store holds them.
Goes out: `Fact`. `fact_of` is pure; `read_facts` reads one consistent state of the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import sqlite_utils
from msgspec import Struct

from ambient.hub import casebook
from ambient.hub.alarms import rota
from ambient.hub.alarms.condition import Condition, Deed, Entry, Judgement, Stage
from ambient.hub.alarms.kinds import CHAINED, AlarmKind
from ambient.hub.alarms.rota import Rota
from ambient.hub.database import HubDatabase

NS: Final = 1_000_000_000
ALWAYS: Final = "always"
"""The one shift of a site without shifts."""
TRUE: Final = frozenset({Judgement.FALL, Judgement.HELP})
Step = tuple[int, int]
"""What the hub's clock showed (ns) when it was set, and what it shows from then on."""
_SURE: Final = frozenset({Deed.CONFIRMED, Deed.SURE, Deed.SURELY_HEARD})
_ANSWER: Final = frozenset({Deed.ACKNOWLEDGED, Deed.THERE, Deed.RESOLVED})


class Fact(Struct, frozen=True, kw_only=True):
    """One condition, as far as the burden goes.

    Attributes
    ----------
    shift
        That was on when the hub learned that it was sure.
    at
        That instant (hub time, ns).
    score
        Highest probability that an event of its chain stated while it was on.
    sure
        Whether it was ever more than suspected.
    rang
        Whether anybody was ever given a signal of it.
    held, shadow
        Restrained by a threshold, or only recorded.
    true
        What people judged: a fall or help needed (True), a false alarm (False), nothing (None).
    test, fall
        They judged it to be a test, or a fall.
    answered_by, answered_s
        Who first saw to it, and after how many seconds.
    resolved_s
        After how many seconds somebody said what it was. Neither is known where the hub's clock was
        set meanwhile.
    """

    id: str
    kind: AlarmKind
    room: str | None
    shift: str
    at: int
    score: float
    sure: bool
    rang: bool
    held: bool
    shadow: bool
    true: bool | None
    test: bool
    fall: bool
    answered_by: str | None
    answered_s: float | None
    resolved_s: float | None

    @property
    def is_fall(self) -> bool:
        """Whether it is an alarm of a fall, whatever it was."""
        return self.kind is AlarmKind.FALL


def shift_at(shifts: Rota, at: int) -> str:
    """Return the shift of an instant (ns); `ALWAYS` when there is none."""
    on = rota.shifts_at(shifts, at)
    return on[0] if on else ALWAYS


def fact_of(
    condition: Condition,
    history: Sequence[Entry],
    shifts: Rota,
    score: float | None,
    received: Mapping[int, int],
    steps: Sequence[Step] = (),
) -> Fact:
    """Return the fact of a condition.

    Parameters
    ----------
    score
        None where its events are no longer kept.
    received
        Time of each of its events, by the clock of its room ► when the hub got it (ns).
    steps
        When the hub's clock was set.
    """
    sure = min((one.at for one in history if one.what in _SURE), default=condition.opened)
    at = max(condition.opened, received.get(sure, condition.opened))
    answers = [one for one in history if one.what in _ANSWER and one.who is not None]
    first = min(answers, key=lambda one: one.at, default=None)
    ends = [one.at for one in answers if one.what is Deed.RESOLVED]
    reason = condition.reason
    return Fact(
        id=condition.id,
        kind=condition.kind,
        room=condition.room,
        shift=shift_at(shifts, at),
        at=at,
        score=condition.probability if score is None else score,
        sure=condition.stage >= Stage.CONFIRMED,
        rang=condition.signals > 0,
        held=condition.held is not None,
        shadow=condition.shadow is not None,
        true=True if reason in TRUE else False if reason is Judgement.FALSE_ALARM else None,
        test=reason is Judgement.TEST,
        fall=reason is Judgement.FALL,
        answered_by=None if first is None else first.who,
        answered_s=None if first is None else _seconds(at, first.at, steps),
        resolved_s=_seconds(at, max(ends), steps) if ends else None,
    )


def _seconds(first: int, last: int, steps: Sequence[Step]) -> float | None:
    """Return how long it took (s), None where the clock was set in that time, or may have been."""
    began, ended = min(first, last), max(first, last)
    if any(began <= max(one) and min(one) <= ended for one in steps):
        return None
    return max(0.0, (last - first) / NS)


def read_facts(database: HubDatabase, shifts: Rota, first: int, last: int) -> list[Fact]:
    """Return the facts of the conditions about people from `first` to before `last` (ns), in order.

    Raises
    ------
    StoreError
        When the database cannot be read.
    """
    kinds = sorted(kind.value for kind in CHAINED)
    marks = ", ".join("?" * len(kinds))
    with database.read() as db:
        found = db.execute(
            f"SELECT * FROM (SELECT opened(body) AS body FROM alarms WHERE kind IN ({marks})) "
            "WHERE json_extract(body, '$.opened') >= ? AND json_extract(body, '$.opened') < ?",
            (*kinds, first, last),
        ).fetchall()
        conditions = [casebook.decode(row[0], Condition) for row in found]
        steps = _steps(db)
        facts = []
        for condition in conditions:
            row = db.execute(
                "SELECT max(coalesce(json_extract(body, '$.probability'), 1.0)) FROM (SELECT "
                "opened(body) AS body FROM events WHERE chain = ? AND kind <> 'fall.recovered') "
                "WHERE coalesce(json_extract(body, '$.step'), '') <> 'ended'",
                (condition.chain,),
            ).fetchone()
            history = casebook.history_of(db, condition.id)
            received = dict(
                db.execute(
                    "SELECT t, received FROM events WHERE chain = ? ORDER BY number DESC",
                    (condition.chain,),
                ).fetchall()
            )
            facts.append(fact_of(condition, history, shifts, row[0], received, steps))
    return sorted(facts, key=lambda fact: (fact.at, fact.id))


def _steps(db: sqlite_utils.Database) -> list[Step]:
    found = db.execute(
        "SELECT at, json_extract(body, '$.given.by') FROM alarm_log "
        """WHERE body LIKE '%"input":"stepped"%' """
        "AND json_extract(body, '$.given.input') = 'stepped'"
    ).fetchall()
    return [(at - by, at) for at, by in found]
