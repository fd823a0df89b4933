"""Work shared among processes: the order of answers, and a process that is killed."""

from __future__ import annotations

import os
import signal

import pytest

from ambient.errors import AmbientError, UsageError
from ambient.evaluate.workers import shared


def squared(number: int) -> int:
    return number * number


def killed(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def failing(number: int) -> int:
    raise UsageError(f"expected another number than {number}")


@pytest.mark.parametrize("jobs", [0, 1, 2, 64])
def test_answers_come_in_the_order_of_the_tasks(jobs: int) -> None:
    assert list(shared(squared, [3, 1, 2], jobs)) == [9, 1, 4]
    assert list(shared(squared, [], jobs)) == []


def test_a_process_that_is_killed_ends_the_work() -> None:
    with pytest.raises(AmbientError, match="one that was killed; .* fewer --jobs"):
        list(shared(killed, [1, 2, 3, 4], 2))


def test_what_a_task_raises_is_raised() -> None:
    with pytest.raises(UsageError, match="another number than 5"):
        list(shared(failing, [5, 6], 2))


def test_who_asks_for_no_more_waits_for_no_more() -> None:
    answers = shared(squared, list(range(1000)), 2)
    assert next(answers) == 0
    answers.close()  # type: ignore[attr-defined]
