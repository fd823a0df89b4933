"""Work shared among processes: tasks in, answers out in their order.

A process that is killed, for want of memory say, ends the work with an error; nothing waits for its
answer for ever. Whoever asked is killed: so are the processes, by the kernel.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from ambient.errors import AmbientError
from ambient.node.process import die_with

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def shared(work: Callable[[Task], Answer], tasks: Sequence[Task], jobs: int) -> Iterator[Answer]:
    """Yield the answer to each task.

    Parameters
    ----------
    work
        Of a module; called in processes of their own when `jobs` is more than 1.
    tasks
        What is asked.
    jobs
        Processes; no more than tasks are made.

    Raises
    ------
    AmbientError
        A process was killed.
    """
    if min(jobs, len(tasks)) <= 1:
        yield from map(work, tasks)
        return
    # Fresh processes: OpenVINO's threads do not survive a fork.
    workers = ProcessPoolExecutor(
        min(jobs, len(tasks)),
        mp_context=get_context("spawn"),
        initializer=die_with,
        initargs=(os.getpid(),),
    )
    try:
        yield from workers.map(work, tasks)
    except BrokenProcessPool:
        raise AmbientError(
            f"expected {jobs} processes to share the work, got one that was killed; give it more "
            "memory, or fewer --jobs"
        ) from None
    finally:
        workers.shutdown(cancel_futures=True)
