"""The restart budget and the watchdog, as tables of instants."""

from __future__ import annotations

import pytest

from ambient.node.budget import RestartBudget, RestartPolicy, Watchdog

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


def test_a_start_that_was_given_up_gives_the_next_one_twice_as_long() -> None:
    dog = Watchdog(hang_s=10.0, start_s=30.0)
    given, now = [], 0.0
    for _ in range(5):
        dog.started(now)
        assert dog.deadline is not None
        given.append(dog.deadline - now)
        now = dog.deadline
        assert dog.hangs(now)
        dog.given_up()
        assert not dog.hangs(now)
    assert given == [30.0, 60.0, 120.0, 240.0, 240.0]
    dog.started(now)
    dog.beat(now + 200.0)
    assert dog.hangs(now + 210.0)
    dog.given_up()
    dog.started(now)
    assert dog.deadline == now + 30.0, "it lived, and hung later"
    dog.stopped()
    dog.started(now)
    assert dog.deadline == now + 30.0, "it ended by itself"
