"""What holds for all tests: nothing that one sets for the process lasts into the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """A command sets up the log of its process, which here is that of all tests."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
