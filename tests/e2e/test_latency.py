"""The alarm on a real page in time; the long run is ``ambient evaluate latency --runs 20``."""

from __future__ import annotations

import pytest

from ambient.errors import UsageError
from ambient.evaluate import latency
from models import samples

pytestmark = [
    pytest.mark.usefixtures("models"),
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(180),
]


def test_alarm_on_the_page_in_time() -> None:
    try:
        latency.chromium()
    except UsageError as error:
        pytest.skip(str(error))
    report = latency.run(2, recording=samples.path("fall"), cameras=2)
    assert report.ok, report
