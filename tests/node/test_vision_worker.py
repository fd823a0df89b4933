"""How the cameras of a node share its cores."""

from __future__ import annotations

import os

import pytest

from ambient.node.vision_worker import shares
from vision.pose.types import Precision


@pytest.mark.parametrize(
    ("cores", "cameras", "threads", "streams", "precision"),
    [
        (1, 1, 1, 1, Precision.FLOAT32),
        (1, 3, 1, 1, Precision.AUTO),
        (2, 4, 1, 2, Precision.FLOAT32),
        (2, 5, 1, 2, Precision.AUTO),
        (8, 2, 4, 2, Precision.FLOAT32),
    ],
)
def test_cameras_share_the_cores_that_the_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    cameras: int,
    threads: int,
    streams: int,
    precision: Precision,
) -> None:
    """A service may be confined to fewer than the machine has."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    options = shares(cameras)(3)
    assert options.num_people == 3
    assert (options.threads, options.streams) == (threads, streams)
    assert options.precision is precision
