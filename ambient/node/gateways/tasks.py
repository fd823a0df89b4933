"""Several things at once, of which each ends all.

Comes in: coroutines that never end by themselves. Goes out: the error of the first that did, with
all others cancelled and over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends or this is cancelled; then the others are cancelled.

    Raises
    ------
    Exception
        What the first that failed raised, as it is and not in a group.
    """
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
