"""A resident's weeks: shown only where consent is recorded, with what stands behind each figure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest

from ambient.events import (
    AnyEvent,
    Device,
    FallSuspected,
    FeatureDeviation,
    Mark,
    Marker,
    NodeSourceSilent,
    Purpose,
    QualityRestored,
    SenseGroup,
    SenseState,
    SenseStatus,
    Unit,
    VoiceMarker,
)
from ambient.hub import trend_words
from ambient.hub.database import HubDatabase
from ambient.hub.service import RunningHub
from ambient.hub.store import Store
from ambient.hub.trends import (
    WEEKS,
    UnknownResidentError,
    read_trend,
    read_trends,
    read_wristbands,
)
from ambient.hub.web import chart
from ambient.hub.web.chart import Frame, Line, Point
from ambient.observations import VoiceFeature
from tests.hub.kit import NS, client, enrol, event, hub_config, running
from tests.hub.weeks import (
    ANNA,
    BERTA,
    DAY_S,
    consent,
    daily,
    deviation,
    measured,
    vital_weeks,
    weeks,
)


@pytest.fixture(scope="module")
def hub(bare_hub: RunningHub) -> RunningHub:
    enrol(bare_hub.context.registry, "n-1", ["r1", "r2", "r3"])
    now = time.time()
    closed = weeks(now, subject=BERTA, room="r2")[1:]
    bare_hub.context.store.store("n-1", [*weeks(now), *closed], time.time_ns())
    return bare_hub


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


# -- vital signs ---------------------------------------------------------------------------------

CARLA = "s-0c0c"
VITALS_ON = consent(NOW - 40 * DAY_S, True, purpose=Purpose.VITALS)
VITALS_OFF = consent(NOW - 10 * DAY_S, False, purpose=Purpose.VITALS)


def mark(value: float, marker: Marker = Marker.HEART_RATE, unit: Unit = Unit.PER_MINUTE) -> Mark:
    return Mark(marker=marker, version="1.0.0", value=value, unit=unit, seconds=3600.0)


VITAL_DAYS = [measured(NOW - k * DAY_S, DAY_S, [mark(70.0)]) for k in range(20, 0, -1)]
VITAL_HOURS = [measured(NOW - k * 3600.0, 3600.0, [mark(60.0 + k)]) for k in range(48, 0, -1)]

VITAL_CASES: list[tuple[str, list[AnyEvent], tuple[int, int, int] | None]] = [
    ("consent to vitals", [VITALS_ON, *VITAL_DAYS, *VITAL_HOURS], (0, 20, 48)),
    ("consent to voice alone", [ON, *DAYS, *VITAL_DAYS, *VITAL_HOURS], (30, 0, 0)),
    ("consent to vitals alone", [VITALS_ON, *DAYS, *VITAL_DAYS], (0, 20, 0)),
    ("consent to both", [ON, VITALS_ON, *DAYS, *VITAL_DAYS], (30, 20, 0)),
    ("no consent", [*VITAL_DAYS, *VITAL_HOURS], None),
    ("withdrawn", [VITALS_ON, *VITAL_DAYS, VITALS_OFF, *VITAL_HOURS], None),
    ("vitals withdrawn, voice not", [ON, VITALS_ON, *DAYS, *VITAL_DAYS, VITALS_OFF], (30, 0, 0)),
    ("given again: what came since", [VITALS_ON, VITALS_OFF, *VITAL_DAYS, *VITAL_HOURS,
     consent(NOW - 1.5 * DAY_S, True, purpose=Purpose.VITALS)], (0, 1, 36)),
    ("hours alone", [VITALS_ON, *VITAL_HOURS], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "counts"), [case[1:] for case in VITAL_CASES], ids=[case[0] for case in VITAL_CASES]
)
def test_each_purpose_has_its_own_consent(
    database: HubDatabase, sent: list[AnyEvent], counts: tuple[int, int, int] | None
) -> None:
    Store(database).store("n-1", sent, time.time_ns())
    if counts is None:
        with pytest.raises(UnknownResidentError):
            read_trend(database, ANNA, round(NOW * NS))
        return
    trend = read_trend(database, ANNA, round(NOW * NS))
    assert (len(trend.days), len(trend.vitals), len(trend.hours)) == counts


def band(t: float, status: SenseStatus, room: str = "r1") -> AnyEvent:
    senses = [SenseState(SenseGroup.CAMERA, SenseStatus.ALIVE)]
    senses.append(SenseState(SenseGroup.WEARABLE, status))
    return event(FallSuspected, NOW + t, room=room, senses=senses)


def silence(t: float, source: str = "w1", device: Device = Device.WEARABLE) -> AnyEvent:
    family = f"silent-{source}"
    return event(
        NodeSourceSilent, NOW + t, family=family, source=source, device=device, silent_s=9.0
    )


def back(t: float, source: str = "w1") -> AnyEvent:
    return event(QualityRestored, NOW + t, 1, family=f"silent-{source}", source=source)


BANDS: list[tuple[str, list[AnyEvent], dict[str, SenseStatus]]] = [
    ("nothing known", [], {}),
    ("a room without one", [band(0, SenseStatus.ABSENT)], {}),
    ("alive", [band(0, SenseStatus.ALIVE)], {"r1": SenseStatus.ALIVE}),
    ("two rooms", [band(0, SenseStatus.ALIVE), band(0, SenseStatus.NOT_WORN, "r2")],
     {"r1": SenseStatus.ALIVE, "r2": SenseStatus.NOT_WORN}),
    ("silent", [band(0, SenseStatus.ALIVE), silence(1)], {"r1": SenseStatus.SILENT}),
    ("back", [silence(1), back(2)], {"r1": SenseStatus.ALIVE}),
    ("the camera is silent", [silence(1, "c1", Device.CAMERA)], {}),
    ("the camera is back", [silence(1), back(2, "c1")], {"r1": SenseStatus.SILENT}),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "known"), [c[1:] for c in BANDS], ids=[c[0] for c in BANDS])
def test_what_is_known_of_wristbands(
    database: HubDatabase, sent: list[AnyEvent], known: dict[str, SenseStatus]
) -> None:
    Store(database).store("n-1", sent, time.time_ns())
    assert read_wristbands(database) == known


@pytest.fixture(scope="module")
def vitals_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """Return a hub: Anna with both consents, Carla with voice, Berta with none."""
    with running(hub_config(tmp_path_factory.mktemp("hub"))) as hub:
        enrol(hub.context.registry, "n-1", ["r1", "r2", "r3"])
        now = time.time()
        sent = [
            *weeks(now),
            *vital_weeks(now),
            *vital_weeks(now, subject=BERTA, room="r2", count=10)[1:],
            band(0, SenseStatus.ALIVE, "r2"),
            *weeks(now, subject=CARLA, room="r3"),
            *vital_weeks(now, subject=CARLA, room="r3", count=10)[1:],
            band(0, SenseStatus.NOT_WORN, "r3"),
        ]
        hub.context.store.store("n-1", sent, time.time_ns())
        yield hub


def test_with_consent_vital_signs_have_units_ranges_and_gaps(vitals_hub: RunningHub) -> None:
    with client(vitals_hub) as http:
        text = http.get(f"/residents/{ANNA}").text
    for name, unit in (
        ("Heart rate", "/min"), ("Oxygen saturation", "%"), ("Temperature", "°C"),
        ("Upper blood pressure", "mmHg"), ("Glucose", "mmol/L"), ("Weight", "kg"),
        ("Steps", "steps"), ("Worn", "h"),
    ):  # fmt: skip
        assert f'aria-label="{name} by day, {unit}"' in text
    assert "by the hour" in text
    assert "Days on which nothing was measured stay empty" in text
    assert text.count('<svg class="chart"') == 5 + 12
    assert "–" in text  # a day without a value in the table


def test_without_consent_to_vitals_only_the_wristband_is_told(vitals_hub: RunningHub) -> None:
    with client(vitals_hub) as http:
        text = http.get(f"/residents/{CARLA}").text
        everybody = http.get("/residents").text
        nobody = http.get(f"/residents/{BERTA}", headers={"Accept": "text/html"})
    assert "Wristband not worn" in text
    assert "Heart rate" not in text
    assert "mmHg" not in text
    assert "Wristband alive" in everybody
    assert "Room 2" in everybody
    assert BERTA not in everybody
    assert nobody.status_code == 404


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


RANGES: list[tuple[str, list[Point], int, int, int]] = [
    ("nothing", [], 0, 0, 0),
    ("one day", [Point(day=3, value=70.0, seconds=9.0, label="x")], 1, 0, 0),
    ("a range", [Point(day=3, value=70.0, seconds=9.0, label="x", low=55.0, high=91.0)], 1, 1, 0),
    ("a gap is a gap", points(36.5, 36.6, None, None, 36.7, 36.6), 4, 0, 2),
    ("large", points(8000.0, 12000.0), 2, 0, 1),
    ("small", points(0.031, 0.034), 2, 0, 1),
    ("all the same", points(95.0, 95.0), 2, 0, 1),
    ("below zero", points(-3.0, 2.0), 2, 0, 1),
]


@pytest.mark.parametrize(
    ("drawn", "dots", "spans", "runs"), [c[1:] for c in RANGES], ids=[c[0] for c in RANGES]
)
def test_a_chart_of_ranges(drawn: list[Point], dots: int, spans: int, runs: int) -> None:
    svg = parsed(chart.ranges("x", drawn, FRAME))
    kinds = [path.get("class") for path in svg.findall("path")]
    assert len(svg.findall("circle")) == dots
    assert (kinds.count("range"), kinds.count("run")) == (spans, runs)
    assert 2 <= kinds.count("axis") <= 6
    for circle in svg.findall("circle"):
        assert chart.TOP <= float(circle.get("cy", "nan")) <= chart.TOP + chart.PLOT + chart.STRIP
    assert all(len(tick.text or "") <= 5 for tick in svg.findall("text")[: kinds.count("axis")])


@pytest.mark.parametrize(("steps", "top"), [(90.0, "100"), (3400.0, "5k"), (9e4, "50k")])
def test_bars_of_steps_have_their_own_scale(steps: float, top: str) -> None:
    svg = parsed(chart.bars("x", points(min(steps, 5e4)), [], FRAME, chart.STEPS))
    assert svg.findall("text")[0].text == top


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
    assert trend_words.UNIT.keys() == set(Unit)
    assert trend_words.WRISTBAND.keys() == set(SenseStatus) - {SenseStatus.ABSENT}
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
