"""A whole facility for the tests of this folder: the real processes, on the sample clips."""

from __future__ import annotations

import pytest

from ambient.evaluate.facility import ROOM, Facility
from models.samples import path
from models.store import State, Store, locate


@pytest.fixture(scope="session")
def models() -> None:
    store = Store(locate(None))
    missing = [n for n in store.catalogue.defaults() if store.look(n).state is not State.OK]
    if missing:
        pytest.skip(f"models are missing ({', '.join(missing)}); run: ambient models pull")


@pytest.fixture(scope="module")
def facility(models: None):
    """One room with two cameras that see the same fall; hub and node run, somebody is logged in."""
    cameras = {ROOM: [f"file:{path(name)}" for name in ("fall", "fall_c2")]}
    with Facility(None, cameras) as made:
        made.start_hub()
        made.set_up_user()
        made.enrol()
        made.start_node()
        yield made
