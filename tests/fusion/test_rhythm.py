"""An irregular pulse as chains: several stretches, none that share beats, withheld when unsure."""

from __future__ import annotations

import pytest

from ambient import events as ev
from ambient.config_vitals import ResearchUse
from ambient.observations import AnyObservation
from tests.fusion.vitals_kit import beats, feed, judge, ticks, told

KIND = "vitals.rhythm"
USE = ResearchUse(rhythm=True)


def stretches(*irregular: float | None, start: float = 0, **keys: float) -> list[AnyObservation]:
    """Return stretches of five minutes, one after the other."""
    return [beats(start + 300 * (n + 1), p, **keys) for n, p in enumerate(irregular)]


CASES: list[tuple[str, list[AnyObservation], float, list[str]]] = [
    ("regular", stretches(*[0.02] * 12), 4000, []),
    ("two of them", stretches(0.95, 0.95, *[0.02] * 6), 4000, []),
    ("three", stretches(0.95, 0.95, 0.95), 1200, ["suspected"]),
    ("half an hour", stretches(*[0.95] * 6), 2000, ["suspected", "confirmed"]),
    ("now and then", stretches(*[0.95, 0.02] * 6), 4000, []),
    ("withheld in between", stretches(0.95, None, 0.95, None, 0.95), 2000, ["suspected"]),
    ("neither nor in between", stretches(0.95, 0.5, 0.95, 0.5, 0.95), 2000, ["suspected"]),
    ("withheld", stretches(*[None] * 12), 4000, []),
    ("of poor quality", stretches(*[0.95] * 12, quality=0.7), 4000, []),
    ("each minute the same beats", [beats(300 + 60 * n, 0.95) for n in range(9)], 1000, []),
    ("and over twenty minutes", [beats(300 + 60 * n, 0.95) for n in range(16)], 1300,
     ["suspected"]),
    ("over", stretches(*[0.95] * 6, *[0.02] * 4), 3100, ["suspected", "confirmed", "ended"]),
    ("withheld does not end it", stretches(*[0.95] * 6, *[None] * 8), 5000,
     ["suspected", "confirmed"]),
    ("six hours of it", stretches(*[0.95] * 76), 23000, ["suspected", "confirmed", "lasting"]),
    ("nothing more is known", stretches(*[0.95] * 3), 13 * 3600, ["suspected", "ended"]),
    ("one an hour", [beats(3700 * n, 0.95) for n in range(8)], 8 * 3700, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "until", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_steps(seen: list[AnyObservation], until: float, expected: list[str]) -> None:
    events = feed(judge(USE), [*seen, *ticks(0, until, 60)])
    assert told(events, KIND) == expected


def test_it_never_claims_to_be_certain() -> None:
    events = feed(judge(USE), [*stretches(*[1.0] * 6), *ticks(0, 2000)])
    found = [one for one in events if isinstance(one, ev.VitalsRhythm)]
    assert [one.probability for one in found] == [0.95, 0.95]
    assert found[1].contributions[0].llr > found[0].contributions[0].llr > 0
    assert found[1].chain == found[0].chain


@pytest.mark.parametrize(("use", "on"), [(ResearchUse(), True), (USE, False)])
def test_nothing_without_the_switch_and_the_consent(use: ResearchUse, on: bool) -> None:
    seen = [*stretches(*[0.95] * 6), *ticks(0, 2000)]
    assert told(feed(judge(use, on=on), seen), KIND) == []
