"""Some kills at random moments; the long run is ``ambient evaluate chaos --kills 100``."""

from __future__ import annotations

import pytest

from ambient.evaluate import chaos
from models import samples

pytestmark = [pytest.mark.usefixtures("models"), pytest.mark.long, pytest.mark.timeout(900)]


def test_nothing_is_lost() -> None:
    report = chaos.run(6, recording=samples.path("fall"), seed=11)
    assert report.ok, report
    assert sum(report.kills.values()) == 6
    assert report.rows == report.stored > 0
