"""A resident who calls often is measured against the own rate: what is held, and what rings."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ambient.config import Bed, NodeConfig, Room
from ambient.events import Purpose, Sense, SituationStep
from ambient.observations import SoundClass, SoundHeard
from fusion import own_calls
from fusion.distress import QUIET_S, Change, DistressJudge, DistressState
from fusion.hours import HOUR
from fusion.judge import Judge
from fusion.own_calls import DAY, OwnCalls, called, departure, passed

HELP, GLASS, SCREAM, COUGH = (SoundClass(each) for each in ("help", "glass", "scream", "cough"))
SUSPECTED, CONFIRMED = SituationStep.SUSPECTED, SituationStep.CONFIRMED
START = 20_000 * DAY


def heard(
    judge: DistressJudge,
    t: float,
    sound: SoundClass = HELP,
    level: float = -20.0,
    sure: float = 0.95,
) -> list[Change]:
    """Tell the judge of a sound, `t` hours after the start."""
    return judge.heard(
        SoundHeard(
            t=START + round(t * HOUR), room="r1", source="m1", sound=sound, probability=sure,
            level=level,
        )
    )  # fmt: skip


def known(a_day: float, days: float, seed: int = 0) -> tuple[DistressJudge, list[Change]]:
    """Return a judge that heard a resident so often, and what it said."""
    judge, rng = DistressJudge(), np.random.default_rng(seed)
    said: list[Change] = []
    t = 0.0
    while (t := t + rng.exponential(24.0 / a_day)) < days * 24:
        said += heard(judge, t, level=float(rng.normal(-20, 4)))
    judge.advance(START + round(days * 24 * HOUR))
    return judge, said


def steps(changes: list[Change]) -> list[SituationStep]:
    return [each.step for each in changes]


@pytest.mark.parametrize(
    ("a_day", "days", "now", "expected"),
    [
        (0.2, 20, [(0, HELP, -20)], CONFIRMED),  # hardly ever calls
        (3, 20, [(0, HELP, -20)], CONFIRMED),  # calls, but not often
        (20, 1.8, [(0, HELP, -20)], CONFIRMED),  # not known for long enough
        (20, 2.2, [(0, HELP, -20)], SUSPECTED),
        (20, 6, [(0, HELP, -20)], SUSPECTED),  # as usual
        (20, 6, [(0, HELP, -24)], SUSPECTED),
        (20, 6, [(0, HELP, 5)], CONFIRMED),  # far louder
        (20, 6, [(0, GLASS, -20), (0.001, HELP, -20)], CONFIRMED),  # something else before it
        (20, 6, [(0, HELP, -20), (0.001, GLASS, -20)], CONFIRMED),  # … after it
        (20, 6, [(0, HELP, -20), (0.001, COUGH, -20)], SUSPECTED),
        (20, 6, [(0, GLASS, -20), (0.1, HELP, -20)], SUSPECTED),  # long before
        (20, 6, [(h, HELP, -20) for h in np.arange(0, 0.9, 0.05)], CONFIRMED),  # far more often
        (20, 6, [(h, HELP, -20) for h in np.arange(0, 0.5, 0.01)], CONFIRMED),  # … in one go
        (20, 6, [(h, HELP, -20) for h in np.arange(0, 0.07, 0.02)], SUSPECTED),  # goes on for 4 min
        (20, 6, [(h, HELP, -20) for h in np.arange(0, 0.11, 0.02)], CONFIRMED),  # … for 6 min
    ],
)
def test_what_rings(
    a_day: float, days: float, now: list[tuple[float, SoundClass, float]], expected: SituationStep
) -> None:
    judge, _ = known(a_day, days)
    judge.advance(START + round((days * 24 + 2) * HOUR))
    said = [c for t, what, level in now for c in heard(judge, days * 24 + 2 + t, what, level)]
    assert (CONFIRMED in steps(said)) is (expected is CONFIRMED)
    # Nothing is lost: what does not ring is shown.
    assert said[0].step in (SUSPECTED, CONFIRMED)


@pytest.mark.parametrize("a_day", [8, 12, 25])
def test_the_own_rate_rings_seldom_and_every_call_is_shown(a_day: float) -> None:
    days, rang, shown, calls = 40, 0, 0, 0
    for seed in range(6):
        _, said = known(a_day, days, seed)
        late = [c for c in said if c.t > START + 4 * DAY]
        rang += steps(late).count(CONFIRMED)
        shown += sum(c.position == 0 for c in late)
        calls += sum(c.step is SituationStep.ENDED for c in late)
    assert rang / (6 * (days - 4)) <= 3 / own_calls.FALSE_DAYS
    assert shown >= calls - 6


def test_a_shown_call_says_why_and_stays_suspected() -> None:
    judge, _ = known(20, 6)
    judge.advance(START + 146 * HOUR)
    (said,) = heard(judge, 146)
    own = [c.llr for c in said.contributions if c.sense is Sense.OWN_RATE]
    assert [llr < 0 for llr in own] == [True]
    assert said.probability >= 0.5
    (over,) = judge.advance(START + 146 * HOUR + round((QUIET_S[HELP] + 1) * 1e9))
    assert over.step is SituationStep.ENDED


def test_smoke_detectors_ask_nobodys_rate() -> None:
    judge, _ = known(20, 6)
    assert steps(heard(judge, 146, SoundClass.SMOKE_ALARM)) == [CONFIRMED]


@pytest.mark.parametrize("at_days", [0.3, 2.5, 5.9])
def test_a_restart_forgets_nothing(at_days: float) -> None:
    whole, expected = known(20, 6)
    judge, rng = DistressJudge(), np.random.default_rng(0)
    said: list[Change] = []
    t, restarted = 0.0, False
    while (t := t + rng.exponential(1.2)) < 144:
        if t > at_days * 24 and not restarted:
            kept = msgspec.msgpack.encode(judge.state)
            judge = DistressJudge(state=msgspec.msgpack.decode(kept, type=DistressState))
            restarted = True
        said += heard(judge, t, level=float(rng.normal(-20, 4)))
    judge.advance(START + 144 * HOUR)
    assert said == expected
    assert judge.state == whole.state


def test_a_new_occupant_is_not_known() -> None:
    judge, _ = known(20, 6)
    judge.forget()
    judge.advance(START + 146 * HOUR)
    assert CONFIRMED in steps(heard(judge, 146))


@pytest.mark.parametrize(
    ("usual_s", "seconds", "departs"),
    [(0, 299, None), (0, 301, True), (250, 370, False), (250, 380, True), (1000, 1400, False)],
)
def test_calling_that_goes_on(usual_s: float, seconds: float, departs: bool | None) -> None:
    own = OwnCalls(calls=90.0, hours=90.0, t=START)
    own = own_calls.went_on(own, START - DAY, usual_s)
    own = own_calls.went_on(own, START, usual_s / 2)
    found = own_calls.departure_long(own, START, seconds)
    assert (None if found is None else found >= 0) is departs
    assert own_calls.departure_long(OwnCalls(), START, seconds) is None


def test_what_is_known_fades() -> None:
    own = OwnCalls(
        calls=100.0, hours=100.0, t=START, most={START // DAY: 9}, longest={START // DAY: 99.0}
    )
    later = passed(own, START + 72 * HOUR)
    assert later.calls == pytest.approx(50.0)
    assert later.hours == pytest.approx(50.0 + 0.5 * 72 / np.log(2))
    much_later = passed(own, START + 40 * DAY)
    assert (much_later.most, much_later.longest) == ({}, {})
    assert passed(own, START - HOUR) is own


def test_levels_are_learned() -> None:
    own = OwnCalls()
    for number, level in enumerate((-30.0, -20.0, -25.0, -25.0)):
        own = called(own, START + number, level)
    assert own.level == pytest.approx(-25.0)
    assert own.squares == pytest.approx(50.0)
    assert departure(own, START + 5, 0.0, ()) is None


@pytest.mark.parametrize(("subject", "kept"), [("s-1", False), ("s-2", True)])
def test_who_is_erased_leaves_no_rate(subject: str, kept: bool) -> None:
    room = Room(id="r1", beds=[Bed(id="b1", subject="s-1")], purposes={Purpose.SOUNDS: True})
    made = Judge(NodeConfig(site="home", node="n-1", rooms=[room]), "k" * 40)
    known_of = OwnCalls(calls=9.0, hours=90.0, t=START)
    made.rooms["r1"].distress.state.calls = known_of
    made.forget(subject)
    assert made.rooms["r1"].distress.state.calls == (known_of if kept else OwnCalls())
