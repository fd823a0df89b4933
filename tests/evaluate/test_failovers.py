"""How far a copy was behind: as far as the status says, and as old as the status is."""

from __future__ import annotations

import msgspec
import pytest

from ambient.evaluate.two_hubs import NS, Status
from ambient.hub.standby import kept
from ambient.hub.standby.unerased import level_there

AT = 1_000 * NS
WRITTEN = kept.Status(at=AT, serves=True, term=2, behind_s=0.4)


@pytest.mark.parametrize(
    ("serves", "behind_s", "age_s", "expected"),
    [
        (True, 0.4, 0.0, 0.45),
        (True, 0.4, 0.9, 1.35),
        (True, 0.0, 0.5, 0.55),
        (True, 0.4, -0.2, 0.45),  # the clock was set back
        (True, None, 0.5, None),
        (False, 0.4, 0.5, None),
    ],
)
def test_how_far_behind_at_the_most(
    serves: bool, behind_s: float | None, age_s: float, expected: float | None
) -> None:
    status = Status(at=AT, serves=serves, term=2, other_serves=False, behind_s=behind_s)
    found = status.behind_at(AT + round(age_s * NS))
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("age_s", [0.0, 0.3, 0.99])
def test_it_is_what_the_hub_itself_goes_by(age_s: float) -> None:
    """Erasures count as done at the other hub by the same status; both err to the safe side."""
    now = AT + round(age_s * NS)
    read = msgspec.json.decode(msgspec.json.encode(WRITTEN), type=Status)
    surely_s = (now - level_there(WRITTEN)) / NS
    assert surely_s - 0.1 < (read.behind_at(now) or 0.0) <= surely_s
