"""What holds for all tests: nothing that one sets for the process lasts into the next."""

from __future__ import annotations

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


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """A command sets up the log of its process, which here is that of all tests."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
