"""The early warning score as chains: thresholds, holding, hysteresis, and what is not known."""

from __future__ import annotations

import pytest

from ambient import events as ev
from ambient.config_vitals import ResearchUse
from ambient.events import Purpose, Sense
from ambient.observations import AnyObservation
from tests.fusion.vitals_kit import ANNA, BERTA, every, feed, judge, ticks, told, vital

KIND = "vitals.deterioration"
USE = ResearchUse(news2=True)
MINUTE, HOUR = 60, 3600


def hand(s: float, **keys: float) -> list[AnyObservation]:
    """Return what a carer measures in one round."""
    normal = {"systolic": 125, "temperature": 36.8, "level": 0, "flow": 0}
    return [vital(s, what, value) for what, value in {**normal, **keys}.items()]


def worn(
    start: float, end: float, breath: float = 16, saturation: float = 97, heart: float = 70
) -> list[AnyObservation]:
    """Return what a wristband measures each half minute."""
    return [
        one
        for what, value in (("breath", breath), ("saturation", saturation), ("heart", heart))
        for one in every(start, end, 30, what, value)
    ]


def steps(seen: list[AnyObservation], until: float, **keys: object) -> list[str]:
    return told(feed(judge(USE, **keys), [*seen, *ticks(0, until)]), KIND)  # type: ignore[arg-type]


CASES: list[tuple[str, list[AnyObservation], float, list[str]]] = [
    ("all as it should be", [*hand(0), *worn(0, HOUR)], HOUR, []),
    ("four points", [*hand(0), *worn(0, HOUR, breath=21, saturation=94, heart=95)], HOUR, []),
    ("one red value", [*hand(0), *worn(0, HOUR, breath=25)], HOUR, ["suspected"]),
    ("five points", [*hand(0), *worn(0, 1800, breath=21, saturation=94, heart=115)], 1800,
     ["confirmed"]),
    ("five for an hour", [*hand(0), *worn(0, 2 * HOUR, breath=21, saturation=94, heart=115)],
     2 * HOUR, ["confirmed", "lasting"]),
    ("seven at once", [*hand(0), *worn(0, 1800, breath=26, saturation=92, heart=115)], 1800,
     ["confirmed"]),
    ("five, then seven",
     [*hand(0), *worn(0, 900, breath=21, saturation=94, heart=115),
      *worn(900, 1800, breath=26, saturation=92, heart=115)], 1800, ["confirmed", "lasting"]),
    ("red, then five, then well",
     [*hand(0), *worn(0, 900, breath=25), *worn(900, 1800, breath=25, saturation=93),
      *worn(1800, 2 * HOUR)], 2 * HOUR, ["suspected", "confirmed", "ended"]),
    ("a minute of it", [*hand(0), *worn(0, 900), *worn(900, 960, breath=27, saturation=90),
      *worn(960, 1800)], 1800, []),
    ("from five to four does not end it",
     [*hand(0), *worn(0, 900, breath=21, saturation=94, heart=115),
      *worn(900, 2 * HOUR, breath=21, saturation=94, heart=95)], 2 * HOUR, ["confirmed"]),
    ("from five to three does",
     [*hand(0), *worn(0, 900, breath=21, saturation=94, heart=115),
      *worn(900, 2 * HOUR, breath=21, heart=95)], 2 * HOUR, ["confirmed", "ended"]),
    ("the wristband is taken off",
     [*hand(0), *worn(0, 900, breath=21, saturation=94, heart=115)], 3 * HOUR, ["confirmed"]),
    ("nothing is known for half a day",
     [*hand(0), *worn(0, 900, breath=21, saturation=94, heart=115)], 18 * HOUR,
     ["confirmed", "ended"]),
    ("pressure alone is red", [vital(0, "systolic", 85)], 600, ["suspected"]),
    ("confused", [vital(0, "level", 1)], 600, ["suspected"]),
    ("late, and still valid", [vital(0, "systolic", 85, late=3000)], HOUR, ["suspected"]),
    ("late, and not valid any more", [vital(0, "systolic", 85, late=4 * HOUR + 60)], 5 * HOUR, []),
    ("of nobody", [vital(0, "systolic", 85, subject=None)], 600, []),
    ("of somebody else", [vital(0, "systolic", 85, subject=BERTA)], 600, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "until", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_steps(seen: list[AnyObservation], until: float, expected: list[str]) -> None:
    assert steps(seen, until) == expected


@pytest.mark.parametrize(("scale", "expected"), [(1, ["suspected"]), (2, [])])
def test_scale_two_only_where_it_is_prescribed(scale: int, expected: list[str]) -> None:
    seen = [*hand(0), *worn(0, 1800, saturation=89)]
    assert steps(seen, 1800, scale=scale) == expected


def test_an_incomplete_set_has_bounds_and_a_complete_one_a_total() -> None:
    ill = worn(0, 900, breath=26, saturation=92, heart=115)
    partial, whole = (
        next(e for e in feed(judge(USE), [*seen, *ticks(0, 900)]) if ev.kind_of(e) == KIND)
        for seen in (ill, [*hand(0), *ill])
    )
    assert isinstance(partial, ev.VitalsDeterioration)
    assert isinstance(whole, ev.VitalsDeterioration)
    assert (partial.lower, partial.upper, partial.missing) == (7, 18, 4)
    assert (whole.lower, whole.upper, whole.missing) == (7, 7, 0)
    assert partial.red
    assert partial.subject == ANNA
    assert {one.sense for one in whole.contributions} == {Sense.VITALS, Sense.HEART_RATE}
    assert all(one.llr > 0 for one in whole.contributions)


def test_it_is_as_sure_as_its_worst_value() -> None:
    seen = [vital(0, "systolic", 85), *every(0, 600, 30, "breath", 27, quality=0.6, source="c1")]
    events = feed(judge(USE), [*seen, *ticks(0, 600)])
    found = next(one for one in events if isinstance(one, ev.VitalsDeterioration))
    assert found.probability == 0.6


@pytest.mark.parametrize(
    ("use", "on"), [(ResearchUse(), True), (USE, False), (ResearchUse(glucose=True), True)]
)
def test_nothing_without_the_switch_and_the_consent(use: ResearchUse, on: bool) -> None:
    seen = [vital(0, "systolic", 85), *ticks(0, 600)]
    assert told(feed(judge(use, on=on), seen), KIND) == []


def test_consent_withdrawn_ends_it_without_a_word() -> None:
    of = judge(USE)
    assert told(feed(of, [vital(0, "systolic", 85), *ticks(0, 600)]), KIND) == ["suspected"]
    of.consent("r1", Purpose.VITALS, False)
    assert told(feed(of, ticks(610, 2000)), KIND) == []
    of.consent("r1", Purpose.VITALS, True)
    assert told(feed(of, ticks(2010, 4000)), KIND) == []
