"""What the C library's allocator keeps of memory that is free: shared by all threads, given back.

Of glibc alone; elsewhere nothing happens. It gives every thread an arena of its own, and each keeps
what that thread needed now and then: a process that runs for months grows by that, and leaks
nothing.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_M_ARENA_MAX: Final = -8


def one_arena() -> None:
    """Let all threads of this process share what is free; to be called before they start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def trim() -> None:
    """Give back what is free; takes some milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
