"""Record Access Control Point (0x2A52): what is asked, and what the answers mean."""

from __future__ import annotations

import pytest

from vitals.parse.gatt.records import Answer, answer, report
from vitals.readings import Refused


@pytest.mark.parametrize(
    ("last", "asked"), [(None, "0101"), (0, "0103010000"), (7, "0103010700"), (65535, "010301ffff")]
)
def test_request(last: int | None, asked: str) -> None:
    assert report(last).hex() == asked


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        ("06000101", Answer.SENT),
        ("06000106", Answer.NONE),
        ("06000102", Answer.UNSUPPORTED),
        ("06000103", Answer.UNSUPPORTED),
        ("06000104", Answer.UNSUPPORTED),
        ("06000105", Answer.UNSUPPORTED),
        ("06000109", Answer.UNSUPPORTED),
        ("06000107", Answer.FAILED),
        ("06000108", Answer.FAILED),
        ("060001ff", Answer.FAILED),
        ("06000201", None),
        ("05000301", None),
        ("060001", None),
        ("0600010100", None),
        ("", None),
    ],
)
def test_answer(data: str, meant: Answer | None) -> None:
    found = answer(bytes.fromhex(data))
    assert isinstance(found, Refused) if meant is None else found is meant
