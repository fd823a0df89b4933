"""Falls that were told and falls that were not: sensitivity in the field, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from ambient.hub.alarms.inputs import NotReported
from ambient.hub.alarms.kinds import AlarmKind
from ambient.hub.alarms.rota import Rota
from ambient.hub.burden.facts import ALWAYS, NS, Fact
from ambient.hub.burden.sensitivity import sensitivity
from ambient.hub.unreported import Fate, Unreported, window
from ambient.intervals import wilson
from tests.hub.burden.test_figures import fact

HOUR = 3600.0


def told(t: float, **fields: Any) -> Fact:
    given = {"kind": AlarmKind.FALL, "true": True, "fall": True, "shift": ALWAYS}
    return fact(t, **{**given, **fields})


def missed(
    about: float, said: float | None = None, room: str = "r1", fate: Fate = Fate.NOT_RECORDED
) -> Unreported:
    at = round((about if said is None else said) * NS)
    began, ended = window(round(about * NS), at)
    given = NotReported(id="x", room=room, about=round(about * NS), who="anna")
    return Unreported(said=given, at=at, began=began, ended=ended, fate=fate)


@pytest.mark.parametrize(
    ("facts", "reports", "found", "lost"),
    [
        pytest.param([], [], 0, 0, id="nothing"),
        pytest.param([told(0), told(HOUR)], [], 2, 0, id="two told"),
        pytest.param(
            [told(0), told(600, kind=AlarmKind.HELP)], [], 1, 0, id="one fall, told twice"
        ),
        pytest.param([told(0), told(0, room="r2")], [], 2, 0, id="two rooms"),
        pytest.param([told(0, fall=False)], [], 0, 0, id="help was needed, no fall"),
        pytest.param([told(0, fall=False, true=None)], [], 0, 0, id="nobody said what it was"),
        pytest.param([told(0, shadow=True)], [missed(0)], 0, 1, id="only recorded: told nobody"),
        pytest.param([], [missed(HOUR)], 0, 1, id="not told"),
        pytest.param([], [missed(HOUR), missed(HOUR + 60)], 0, 1, id="said twice"),
        pytest.param([], [missed(HOUR), missed(HOUR, room="r2")], 0, 2, id="two rooms not told"),
        pytest.param([], [missed(HOUR), missed(9 * HOUR)], 0, 2, id="hours apart"),
        pytest.param([told(HOUR)], [missed(HOUR + 300)], 1, 0, id="it was told after all"),
        pytest.param([told(HOUR)], [missed(HOUR + 900)], 1, 1, id="another one"),
        pytest.param(
            [told(8 * HOUR)], [missed(9 * HOUR, 17 * HOUR)], 1, 0, id="8 hours ago is not exact"
        ),
    ],
)
def test_told_among_all_that_are_known(
    facts: list[Fact], reports: list[Unreported], found: int, lost: int
) -> None:
    figures = sensitivity(facts, reports, Rota(), None)
    assert (figures.told, figures.not_told) == (found, lost)
    assert figures.share == wilson(found, found + lost)


def test_what_nobody_judged_and_what_is_kept_stand_beside() -> None:
    facts = [told(0), told(HOUR, fall=False, true=None), told(9, test=True, true=None, fall=False)]
    reports = [missed(5 * HOUR, fate=Fate.KEPT), missed(9 * HOUR)]
    figures = sensitivity(facts, reports, Rota(), ALWAYS)
    assert (figures.not_judged, figures.kept, figures.not_told) == (1, 1, 2)
    assert sensitivity(facts, reports, Rota(), "night").told == 0


@pytest.mark.parametrize(
    ("ago_s", "before_s", "after_s"),
    [
        pytest.param(0, 600, 0, id="just now"),
        pytest.param(600, 750, 600, id="ten minutes ago, not beyond now"),
        pytest.param(8 * HOUR, 7800, 7800, id="eight hours ago"),
    ],
)
def test_the_time_around_a_fall(ago_s: float, before_s: float, after_s: float) -> None:
    now = round(100 * HOUR * NS)
    about = now - round(ago_s * NS)
    assert window(about, now) == (about - round(before_s * NS), about + round(after_s * NS))
