"""A resident's weeks: shown only where consent is recorded, with what stands behind each figure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from ambient.events import AnyEvent, FeatureDeviation, Marker, Purpose, VoiceMarker
from ambient.hub import trend_words
from ambient.hub.database import HubDatabase
from ambient.hub.service import RunningHub
from ambient.hub.store import Store
from ambient.hub.trends import WEEKS, UnknownResidentError, read_trend, read_trends
from ambient.hub.web import chart
from ambient.hub.web.chart import Frame, Line, Point
from ambient.observations import VoiceFeature
from tests.hub.kit import NS, client, enrol, hub_config, running
from tests.hub.weeks import ANNA, BERTA, DAY_S, consent, daily, deviation, weeks


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running(hub_config(tmp_path_factory.mktemp("hub"))) as hub:
        enrol(hub.context.registry, "n-1", ["r1", "r2", "r3"])
        now = time.time()
        closed = weeks(now, subject=BERTA, room="r2")[1:]
        hub.context.store.store("n-1", [*weeks(now), *closed], time.time_ns())
        yield hub


@pytest.fixture
def http(hub: RunningHub) -> Iterator[httpx.Client]:
    with client(hub) as http:
        yield http


@pytest.fixture
def database(tmp_path: Path) -> Iterator[HubDatabase]:
    database = HubDatabase(tmp_path / "hub.db")
    yield database
    database.close()


# -- who may be shown ----------------------------------------------------------------------------

NOW = time.time()
ON, OFF = consent(NOW - 40 * DAY_S, True), consent(NOW - 10 * DAY_S, False)
DAYS = [daily(NOW - k * DAY_S) for k in range(30, 0, -1)]

CASES: list[tuple[str, list[AnyEvent], int | None]] = [
    ("consent and days", [ON, *DAYS], 30),
    ("no consent", DAYS, None),
    ("consent to something else", [consent(NOW - 40 * DAY_S, True, purpose=Purpose.SOUNDS), *DAYS],
     None),
    ("consent of another room", [consent(NOW - 40 * DAY_S, True, "r2"), *DAYS], None),
    ("withdrawn", [ON, *DAYS, OFF], None),
    ("withdrawn, what comes late", [OFF, ON, *DAYS], None),
    ("withdrawn and given again: what came since", [ON, *DAYS, OFF,
     consent(NOW - 5.5 * DAY_S, True)], 5),
    ("consent and nothing yet", [ON], None),
    ("weeks ago", [consent(NOW - 400 * DAY_S, True), daily(NOW - (WEEKS * 7 + 2) * DAY_S)], None),
    ("a room without a resident", [ON, daily(NOW - DAY_S, subject=None)], None),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "days"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_who_may_be_shown(database: HubDatabase, sent: list[AnyEvent], days: int | None) -> None:
    Store(database).store("n-1", sent, time.time_ns())
    now = round(NOW * NS)
    found = read_trends(database, now)
    assert [len(trend.days) for trend in found] == ([] if days is None else [days])
    if days is None:
        with pytest.raises(UnknownResidentError):
            read_trend(database, ANNA, now)


def test_only_carers_may_look(hub: RunningHub) -> None:
    with client(hub, log_in=False) as stranger:
        for path in ("/residents", f"/residents/{ANNA}"):
            answer = stranger.get(path, headers={"Accept": "application/json"})
            assert answer.status_code in (303, 401)


def test_the_list_names_who_consented_and_nobody_else(http: httpx.Client) -> None:
    text = http.get("/residents").text
    assert ANNA in text
    assert "Voice deviates from own baseline" in text
    assert BERTA not in text


@pytest.mark.parametrize("subject", [BERTA, "s-ffff", "nobody", "<script>", "x" * 500])
def test_others_are_not_found(http: httpx.Client, subject: str) -> None:
    answer = http.get(f"/residents/{subject}", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "Vocal" not in answer.text


def test_a_page_says_what_deviates_since_when_and_on_how_much(http: httpx.Client) -> None:
    text = http.get(f"/residents/{ANNA}").text
    assert "Voice deviates from own baseline since" in text
    assert "Slower speech, longer pauses." in text
    assert "3 days with 41 min of speech" in text
    assert "melody" not in text  # moved too little to be named
    assert text.count('<svg class="chart"') == 5
    assert "a new baseline begins" in text
    assert "not clinically validated" in text


def test_a_page_names_no_feeling(http: httpx.Client) -> None:
    text = http.get(f"/residents/{ANNA}").text.lower()
    for word in ("sad", "happy", "depress", "emotion", "angry", "mood"):
        assert word not in text


def test_a_page_holds_no_script_and_no_style(http: httpx.Client) -> None:
    text = http.get(f"/residents/{ANNA}").text
    assert "<script" not in text
    assert "style=" not in text


# -- charts ----------------------------------------------------------------------------------------

FRAME = Frame(days=84, ticks={0: "1 Jan", 21: "22 Jan"})


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg))


def points(*values: float | None, seconds: float = 600.0) -> list[Point]:
    return [
        Point(day=k, value=value, seconds=seconds, label=f"day {k}")
        for k, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("drawn", "dots", "runs"),
    [
        ([], 0, 0),
        (points(0.0), 1, 0),
        (points(0.0, 1.0, -1.0), 3, 1),
        (points(0.0, None, 1.0), 2, 1),
        (points(0.0, 0.5, None, None, 1.0, 1.5), 4, 2),
        (points(None, None), 0, 0),
        (points(99.0, -99.0), 2, 1),
    ],
)
def test_a_chart_of_deviations(drawn: list[Point], dots: int, runs: int) -> None:
    svg = parsed(chart.deviations("x", drawn, [], FRAME))
    circles = svg.findall("circle")
    assert len(circles) == dots
    assert len([path for path in svg.findall("path") if path.get("class") == "run"]) == runs
    for circle in circles:
        assert chart.TOP <= float(circle.get("cy", "nan")) <= chart.TOP + chart.PLOT
        assert chart.LEFT <= float(circle.get("cx", "nan")) <= chart.WIDTH


def test_more_speech_is_a_larger_mark_and_far_is_marked() -> None:
    few = parsed(chart.deviations("x", points(0.0, seconds=60.0), [], FRAME)).find("circle")
    many = parsed(chart.deviations("x", points(3.0, seconds=900.0), [], FRAME)).find("circle")
    assert few is not None
    assert many is not None
    assert float(few.get("r", "nan")) < float(many.get("r", "nan"))
    assert (few.get("class"), many.get("class")) == ("mark-dot", "mark-dot far")


@pytest.mark.parametrize(("minutes", "top"), [(0.0, "5"), (4.0, "5"), (55.0, "60"), (2e3, "1440")])
def test_bars_have_a_round_scale(minutes: float, top: str) -> None:
    svg = parsed(chart.bars("x", points(minutes), [], FRAME))
    assert svg.findall("text")[0].text == top


def test_what_comes_from_outside_is_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    lines = [Line(3, evil, "anew")]
    point = Point(day=1, value=1.0, seconds=60.0, label=evil)
    for svg in (
        chart.bars(evil, [point], lines, FRAME),
        chart.deviations(evil, [point], lines, FRAME),
    ):
        assert "<script" not in svg
        assert parsed(svg).get("aria-label") == evil


# -- words -----------------------------------------------------------------------------------------


def test_every_marker_has_words() -> None:
    assert trend_words.NAME.keys() == trend_words.MEANING.keys() == set(Marker)
    assert {trend_words.name_of(marker) for marker in VoiceMarker} <= set(trend_words.NAME.values())


@pytest.mark.parametrize("feature", list(VoiceFeature))
def test_every_feature_has_words_for_both_ways(feature: VoiceFeature) -> None:
    up, down = (
        trend_words.moved([FeatureDeviation(feature=feature, z=z, seconds=60.0)]) for z in (2, -2)
    )
    assert up != down


def test_what_moved_little_is_named_only_when_nothing_moved_more() -> None:
    little = FeatureDeviation(feature=VoiceFeature.HNR, z=0.4, seconds=60.0)
    much = FeatureDeviation(feature=VoiceFeature.CPP, z=-1.4, seconds=60.0)
    assert trend_words.moved([much, little]) == ["less clear voice"]
    assert trend_words.moved([little]) == ["less noise in the voice"]
    assert trend_words.moved([]) == []


def test_a_deviation_alone_opens_no_page_without_consent(database: HubDatabase) -> None:
    Store(database).store("n-1", [deviation(NOW)], time.time_ns())
    assert read_trends(database, round(NOW * NS)) == []
