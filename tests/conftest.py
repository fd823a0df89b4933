"""What holds for all tests: nothing that one sets for the process lasts into the next."""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import os
from collections.abc import Iterator

import hypothesis
import pytest
import structlog

# Before NumPy is loaded: on a busy machine threads of the linear algebra wait for each other, ten
# times longer than one of them works on arrays as small as those of tests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile(
    "ambient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("ambient")

_LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
_DEFAULT = ctypes.c_void_p(-1)
"""``FE_DFL_ENV`` of glibc."""


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """A command sets up the log of its process, which here is that of all tests."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(autouse=True)
def _numbers_as_before() -> Iterator[None]:
    """Networks of sounds and speech have the processor take the smallest numbers for zero.

    It does so for the thread that asks them, from then on: 0 would pass for more than 0.
    """
    yield
    _LIBM.fesetenv(_DEFAULT)


@pytest.fixture(autouse=True, scope="module")
def _open_things_are_found_here() -> Iterator[None]:
    """What a module left open fails this module, not a later one that the collector interrupts.

    What was there before it is not walked through again: that would be ten thousand tests, and all
    that modules before it imported, twice for each of hundreds.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.collect()
