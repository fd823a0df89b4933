"""One typed door to numba, which is a development dependency and carries no types."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function at its first call and keep the result on disk."""
    return cast("Callable[P, R]", numba.njit(cache=True)(function))
