"""A library imported without what it loads beside itself: less memory in each process of a node.

Comes in: the module that is to stay out, which the library does without where it isn't installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(module: str) -> Iterator[None]:
    """Let what is imported meanwhile find no `module`, unless it is loaded already.

    Afterwards `module` can be imported as ever. A module that is None is Python's documented way to
    say that it cannot be imported.
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
