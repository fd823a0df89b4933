"""What most tests of the hub start from: a running hub, a browser, a database of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from ambient.hub.database import HubDatabase
from ambient.hub.service import RunningHub
from ambient.hub.store import Store
from tests.hub.kit import client, hub_config, new_database, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def bare_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub of the module's own: an administrator, no node."""
    with running(hub_config(tmp_path_factory.mktemp("hub"))) as hub:
        yield hub


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    """The hub that a module's tests share; who needs more on it puts a fixture in its place."""
    return bare_hub


@pytest.fixture
def http(hub: RunningHub) -> Iterator[httpx.Client]:
    """The administrator, signed in."""
    with client(hub) as http:
        yield http


@pytest.fixture
def stranger(hub: RunningHub) -> Iterator[httpx.Client]:
    """Somebody who is not signed in."""
    with client(hub, log_in=False) as http:
        yield http


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of the module's own; each page has a context of its own in it."""
    # Not above: without Playwright all tests but those of pages run.
    from tests.hub.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def database(tmp_path: Path) -> Iterator[HubDatabase]:
    """An empty database of a hub, in a file of the test's own."""
    made = new_database(tmp_path / "hub.db")
    yield made
    made.close()


@pytest.fixture
def store(database: HubDatabase) -> Store:
    """The store on that database."""
    return Store(database)
