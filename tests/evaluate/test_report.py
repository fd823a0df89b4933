"""The page of a measurement: complete, readable, without a picture and without a network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ambient.errors import StoreError
from ambient.evaluate.falls import Measured, summarise
from ambient.evaluate.manifest import Label, Row
from ambient.evaluate.measure import Outcome
from ambient.evaluate.report import figures, render, words, write
from ambient.evaluate.statistics import Share, poisson, share_of
from ambient.evaluate.trace import Figures, Recorder, Said, Trace
from ambient.events import Contribution, Sense
from ambient.observations import BoxSeen
from tests.evaluate.kit import outcome, pose, posture, row
from tests.hub.browser import DESKTOP, PHONE, chromium


def _trace(*, down_from: float = 99.0, until: float = 12.0, said: tuple[Said, ...] = ()) -> Trace:
    recorder = Recorder()
    for index in range(round(until * 10)):
        t_s = index / 10
        recorder.see([pose(t_s), posture(t_s, 0.9 if t_s >= down_from else 0.1)])
    trace = recorder.trace(6.0, 2.0)
    return Trace(trace.end_s, trace.moments, trace.figures, list(said), trace.peak)


def _said(kind: str, t_s: float, *llr: float) -> Said:
    given = [Contribution(s, v) for s, v in zip(Sense, llr, strict=False)]
    return Said(t_s, kind, 0.93, given)


CONFIRMED = (
    _said("fall.suspected", 3.0, 2.0),
    _said("fall.confirmed", 8.0, 3.4, -0.5, 0.02, -1.2),
)


def _measured() -> Measured:
    rows = [
        row("miss", Label.FALL, subject="S1"),
        row("false<b>", description="side view"),
        row("hit", Label.FALL),
        row("calm"),
        row("mat", Label.AMBIGUOUS),
        row("unread"),
    ]
    outcomes = [
        outcome(rows[0], trace=_trace()),
        outcome(rows[1], (8.0,), trace=_trace(down_from=2.0, said=CONFIRMED)),
        outcome(rows[2], (7.0,)),
        outcome(rows[3]),
        outcome(rows[4], (7.0,), trace=_trace(down_from=0.0, said=CONFIRMED)),
        outcome(rows[5], error="cannot be read"),
    ]
    days = poisson(3, 150.0)
    return Measured(rows, outcomes, summarise(rows, outcomes, per_room_day=days))


def test_the_page_stands_alone() -> None:
    page = render(_measured(), "manifest.csv")
    assert not re.search(r"https?:|//[a-z]|<img|<script|<link|<iframe|url\(|data:", page)
    assert "default-src 'none'" in page
    assert page == render(_measured(), "manifest.csv")


@pytest.mark.parametrize(
    "said",
    [
        "Falls, measured on manifest.csv",
        "1 of 2, 95 % interval 0.09–0.91",
        "1 of 2 = 0.50",
        "3 in 150 room-days: 0.02 (0.0041–0.0584)",
        "By subject",
        "d, S1",
        "By camera view",
        "By posture at the end",
        "nobody seen",
        "Misses and false alarms",
        "false&lt;b&gt;",
        "not read: cannot be read",
        "ambiguous, alarmed",
        "(vision.posture: strongly for a fall)",
        "+3.4",
    ],
)
def test_the_page_says(said: str) -> None:
    assert said in render(_measured(), "manifest.csv").replace("\N{NO-BREAK SPACE}", " ")


def test_errors_come_first_and_only_what_has_a_course_is_shown() -> None:
    page = render(_measured(), "manifest.csv")
    shown = re.findall(r'class="verdict [a-z]+">([^<]+)<', page)
    assert shown == ["missed", "false alarm", "alarm, not scored"]


def test_a_page_without_errors_says_so() -> None:
    one = row("calm")
    outcomes = [outcome(one)]
    page = render(Measured([one], outcomes, summarise([one], outcomes)), "m")
    assert "No fall was missed and no everyday recording alarmed." in page


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="choose a folder that exists"):
        write(_measured(), Path("manifest.csv"), tmp_path / "none" / "report.html")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESKTOP])
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_fits_and_asks_nobody(tmp_path: Path, size: tuple[int, int], scheme: str) -> None:
    file = tmp_path / "report.html"
    write(_measured(), Path("manifest.csv"), file)
    with chromium() as browser:
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == ("rgb(16, 22, 29)" if scheme == "dark" else "rgb(243, 245, 247)")
        assert page.locator(".strip svg").count() == 3 * 8
        assert (asked, said) == ([file.as_uri()], [])


@pytest.mark.parametrize(
    ("label", "alarms", "trace", "story"),
    [
        (Label.FALL, (), _trace(until=1.0), "Nobody was seen from the start of the fall"),
        (Label.FALL, (), _trace(), "reached 10% at most"),
        (Label.FALL, (), _trace(until=4.0), "Last seen at 3.9 s."),
        (Label.FALL, (), _trace(down_from=5.0), "seen down from 5.0 s on"),
        (Label.FALL, (1.0,), _trace(), "An alarm came at 1.0 s, before the fall"),
        (Label.FALL, (), _trace(said=CONFIRMED[:1]), "Suspected at 3.0 s, never confirmed."),
        (
            Label.FALL,
            (),
            _trace(said=(CONFIRMED[0], _said("fall.recovered", 5.0))),
            "seen up again at 5.0 s",
        ),
        (Label.ADL, (8.0,), _trace(down_from=2.0, said=CONFIRMED), "Confirmed at 8.0 s with a"),
        (Label.ADL, (8.0,), _trace(down_from=2.0, said=CONFIRMED), "In the held time"),
        (Label.ADL, (8.0,), _trace(down_from=2.0, said=CONFIRMED), "first seen down at 2.0 s"),
        (Label.ADL, (), _trace(), "No alarm was given."),
        (Label.ADL, (), None, "No course was kept"),
    ],
)
def test_stories(label: Label, alarms: tuple[float, ...], trace: Trace | None, story: str) -> None:
    assert story in words.story(outcome(row("a", label), alarms, trace=trace))


def test_what_decided() -> None:
    assert words.deciding(_trace(said=CONFIRMED)) == CONFIRMED[1]
    assert words.deciding(_trace(said=CONFIRMED[:1])) == CONFIRMED[0]
    trace = _trace()
    assert words.deciding(trace) == trace.peak
    assert words.deciding(Trace(1.0, [], [], [], None)) is None


@pytest.mark.parametrize("sense", list(Sense))
@pytest.mark.parametrize(
    ("llr", "weight"),
    [
        (3.5, "strongly for a fall"),
        (1.5, "clearly for a fall"),
        (0.3, "slightly for a fall"),
        (0.01, "nothing"),
        (-0.5, "slightly against a fall"),
        (-7.0, "strongly against a fall"),
    ],
)
def test_every_sense_has_words(sense: Sense, llr: float, weight: str) -> None:
    (reason,) = words.reasons([Contribution(sense, llr)])
    assert (reason.weight, reason.llr) == (weight, llr)
    other = words.reasons([Contribution(sense, -llr)])[0]
    assert (reason.words == other.words) is (weight == "nothing")


def test_the_weightiest_reason_comes_first() -> None:
    given = [Contribution(Sense.VISION_POSTURE, 0.2), Contribution(Sense.PLACE, -4.0)]
    assert [one.sense for one in words.reasons(given)] == [Sense.PLACE, Sense.VISION_POSTURE]


def _row(**fields: float | None) -> Row:
    return row("a", Label.FALL, **fields)


def test_a_course_in_percent_of_its_time() -> None:
    one = figures.course(
        _trace(down_from=2.0, said=CONFIRMED), _row(fall_start_s=4.0, fall_end_s=8.0)
    )
    assert one.fall == figures.Band(25.0, 25.0)  # of 16 s: 6 and the held time
    assert one.held == figures.Band(37.5, 62.5)
    assert [(mark.kind, mark.x) for mark in one.marks] == [("suspected", 18.75), ("confirmed", 50)]
    assert [tick.t_s for tick in one.ticks] == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    down = next(curve for curve in one.curves if curve.name == "down")
    first, *_, last = down.pieces[0].split()
    assert (first, last) == ("0,90", "74.38,10")


def test_a_long_course_has_few_points() -> None:
    curve = figures.course(_trace(until=60.0), _row()).curves[0]
    assert len(curve.pieces[0].split()) <= figures.MOST_POINTS


def test_skeletons_share_one_paper() -> None:
    seen = pose(0.0, middle=0.2)
    guessed = pose(1.0, visibility=0.2, middle=0.8)
    box = BoxSeen(
        t=2, room="r", source="c", track=1, box=(0.4, 0.4, 0.6, 0.9), score=0.5, aspect=1.0
    )
    strip = figures.strip(
        [
            Figures(0.0, 1.0, [list(seen.keypoints)]),
            Figures(1.0, 1.0, [list(guessed.keypoints)]),
            Figures(2.0, 1.0, [], [box.box]),
            Figures(3.0, 1.0, []),
        ]
    )
    assert len({one.ratio for one in strip}) == 1
    drawn = [(bool(one.seen), bool(one.guessed), bool(one.boxes)) for one in strip]
    assert drawn == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    ]
    numbers = [float(n) for one in strip for n in re.findall(r"-?[\d.]+", one.seen + one.boxes)]
    assert 0 <= min(numbers) <= max(numbers) <= 100 * strip[0].ratio


def test_a_strip_of_nobody_is_blank_paper() -> None:
    assert [one.seen for one in figures.strip([Figures(0.0, 1.0, [])])] == [""]


@pytest.mark.parametrize(
    ("delays", "counts", "last_s"),
    [
        ([], [], None),
        ([0.1], [1], 0.25),
        ([0.3, 0.4, 1.1], [0, 2, 0, 0, 1], 1.25),
        ([0.0, 8.9], [1, 0, 0, 0, 0, 0, 0, 0, 1], 9.0),
    ],
)
def test_histogram(delays: list[float], counts: list[int], last_s: float | None) -> None:
    bars = figures.histogram(delays)
    assert [bar.count for bar in bars] == counts
    if bars:
        assert bars[-1].high_s == last_s
        assert max(bar.height for bar in bars) == 100


def test_an_interval_on_a_line() -> None:
    one = figures.interval(share_of([True, False], "ab"))
    assert one is not None
    assert (one.at, one.resampled_low, one.resampled_width) == (50, 0, 100)
    assert (one.low, one.low + one.width) == pytest.approx((9.45, 90.55), abs=0.01)
    assert figures.interval(Share(0, 0, None, None, None)) is None


def test_every_outcome_with_a_course_travels(tmp_path: Path) -> None:
    import msgspec

    given = _measured().outcomes
    packed = msgspec.msgpack.encode(given)
    assert msgspec.msgpack.decode(packed, type=list[Outcome]) == given
