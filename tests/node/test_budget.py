"""The restart budget and the watchdog, as tables of instants."""

from __future__ import annotations

import pytest

from ambient.node.budget import LONGEST_S, RestartBudget, RestartPolicy, Watchdog

POLICY = RestartPolicy(
    restarts=3, window_s=10.0, first_s=1.0, growth=2.0, longest_s=3.0, slow_s=20.0
)


@pytest.mark.parametrize(
    ("deaths", "waits", "exhausted"),
    [
        pytest.param([0], [1.0], [False], id="the first restart is quick"),
        pytest.param([0, 1, 2], [1.0, 2.0, 3.0], [False] * 3, id="the wait grows, bounded"),
        pytest.param([0, 20, 40], [1.0, 1.0, 1.0], [False] * 3, id="old deaths are forgotten"),
        pytest.param(
            [0, 1, 2, 3], [1.0, 2.0, 3.0, 20.0], [False, False, False, True], id="used up"
        ),
        pytest.param(
            [0, 1, 2, 3, 4],
            [1.0, 2.0, 3.0, 20.0, 20.0],
            [False, False, False, True, False],
            id="used up is said once, retries go on slowly",
        ),
        pytest.param(
            [0, 1, 2, 3, 40],
            [1.0, 2.0, 3.0, 20.0, 1.0],
            [False, False, False, True, False],
            id="a whole window without a death renews the budget",
        ),
    ],
)
def test_restart_budget(deaths: list[float], waits: list[float], exhausted: list[bool]) -> None:
    budget = RestartBudget(POLICY)
    verdicts = [budget.died(at) for at in deaths]
    assert [v.wait_s for v in verdicts] == waits
    assert [v.exhausted for v in verdicts] == exhausted
    assert [v.restarts for v in verdicts] == list(range(1, len(deaths) + 1))


def test_a_failed_worker_recovers_once_after_a_quiet_window() -> None:
    budget = RestartBudget(POLICY)
    for at in (0, 1, 2, 3):
        budget.died(at)
    assert budget.failed
    assert not budget.recovered(13.0)
    assert budget.recovered(13.1)
    assert not budget.recovered(30.0)
    assert not budget.failed


@pytest.mark.parametrize(
    ("started", "beats", "now", "hangs"),
    [
        pytest.param(0.0, [], 29.9, False, id="may take its time to start"),
        pytest.param(0.0, [], 30.0, True, id="never came up"),
        pytest.param(0.0, [1.0], 10.9, False, id="alive"),
        pytest.param(0.0, [1.0], 11.0, True, id="hangs"),
        pytest.param(0.0, [1.0, 9.0], 18.9, False, id="each beat renews"),
        pytest.param(None, [], 1e9, False, id="not running"),
    ],
)
def test_watchdog(started: float | None, beats: list[float], now: float, hangs: bool) -> None:
    dog = Watchdog(hang_s=10.0, start_s=30.0)
    if started is not None:
        dog.started(started)
    for beat in beats:
        dog.beat(beat)
    assert dog.hangs(now) is hangs
    dog.stopped()
    assert not dog.hangs(now)


def looks(begin: int, end: int, cpu_s: float, share: float = 0.0) -> list[tuple[float, float]]:
    """Return looks, one a second, at a start that had `cpu_s` at `begin` and gets a share of it."""
    return [(float(now), cpu_s + share * (now - begin)) for now in range(begin, end + 1)]


@pytest.mark.parametrize(
    ("course", "hangs_at"),
    [
        pytest.param(looks(0, 600, 0.0), 60.0, id="waits from the start"),
        pytest.param(
            [*looks(0, 5, 0.0, 1.0), *looks(6, 600, 5.0)], 65.0, id="computes, then waits"
        ),
        pytest.param(looks(0, 600, 0.0, 0.0007), 60.0, id="looks 20 times a second"),
        pytest.param(looks(0, 470, 0.0, 0.03), None, id="computes on a busy machine"),
        pytest.param(looks(0, 470, 0.0, 0.0025), None, id="on one that is busier still"),
        pytest.param(looks(0, 600, 0.0, 1.0), 60.0, id="computes for ever"),
        pytest.param(looks(0, 600, 0.0, 2.0), 60.0, id="in two threads"),
        pytest.param(
            [*looks(0, 20, 0.0), *looks(21, 600, 0.0, 2.0)], 81.0, id="waits, then in two threads"
        ),
        pytest.param(
            [*looks(0, 100, 0.0, 0.1), *looks(101, 600, 10.0, 2.0)], 151.0, id="in two, later"
        ),
        pytest.param(looks(0, 600, 0.0, 0.1), LONGEST_S, id="whatever it does"),
    ],
)
def test_a_start_that_hangs_is_told_from_one_that_computes(
    course: list[tuple[float, float]], hangs_at: float | None
) -> None:
    dog = Watchdog(hang_s=10.0, start_s=60.0)
    dog.started(0.0)
    found = None
    for now, cpu_s in course:
        dog.computed(cpu_s, now)
        if found is None and dog.hangs(now):
            found = now
    assert found == hangs_at


def test_what_was_computed_counts_only_before_the_first_sign_of_life() -> None:
    dog = Watchdog(hang_s=10.0, start_s=60.0)
    dog.started(0.0)
    dog.computed(5.0, 5.0)
    dog.beat(6.0)
    dog.computed(1000.0, 15.0)
    assert not dog.hangs(15.9)
    assert dog.hangs(16.0)
    dog.stopped()
    dog.computed(1.0, 20.0)
    assert dog.deadline is None


@pytest.mark.parametrize(
    ("share", "given"),
    [
        pytest.param(0.0, [30, 60, 60, 60, 60], id="one that waits: twice as long"),
        pytest.param(1.0, [30, 60, 120, 240, 240], id="one that computes: up to eight times"),
        pytest.param(2.0, [30, 60, 120, 240, 240], id="in two threads: as long"),
    ],
)
def test_a_start_that_was_given_up_gives_the_next_one_longer(
    share: float, given: list[int]
) -> None:
    dog, now, found = Watchdog(hang_s=10.0, start_s=30.0), 0, []
    for _ in given:
        began = now
        dog.started(began)
        while not dog.hangs(now):
            now += 1
            dog.computed(share * (now - began), now)
        found.append(now - began)
        dog.given_up()
        assert not dog.hangs(now)
    assert found == given
    dog.started(now)
    dog.beat(now + 20.0)
    assert dog.hangs(now + 30.0)
    dog.given_up()
    dog.started(now)
    assert dog.deadline == now + 30.0, "it lived, and hung later"
    dog.stopped()
    dog.started(now)
    assert dog.deadline == now + 30.0, "it ended by itself"
