"""Work shared among processes: the order of answers, and a process that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ambient.errors import AmbientError, UsageError
from ambient.evaluate.workers import shared
from tests.patience import FAR_S, until


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


ASKS = """
import os, sys
sys.path.insert(0, {root!r})
from ambient.evaluate.workers import shared
from tests.evaluate.test_workers import says
if __name__ == "__main__":
    for pid in shared(says, [1, 2, 3, 4], 2):
        print(pid, flush=True)
"""


def says(number: int) -> int:
    if number > 2:
        time.sleep(FAR_S)
    return os.getpid()


def gone(pid: int) -> bool:
    """Whether a process is no more; who is nobody's child any longer may not be waited for."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_whoever_asked_is_killed_and_nothing_works_on(tmp_path: Path) -> None:
    script = tmp_path / "asks.py"
    script.write_text(ASKS.format(root=str(Path(__file__).parents[2])))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        pids = {int(asking.stdout.readline()) for _ in range(2)}
        assert not any(gone(pid) for pid in pids)
        asking.kill()
    until(lambda: all(gone(pid) for pid in pids), "processes went on")
