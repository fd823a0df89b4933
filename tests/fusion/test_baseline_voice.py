"""A room's voices by hour and day: what is summed up, compared, stated, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from ambient.events import VoiceMarker
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    SpeechHeard,
    Tick,
    VoiceFeature,
    VoiceMeasured,
    VoiceValue,
)
from fusion.hours import NS, TimeOfDay, day_of, hour_begins, hour_of, time_of_day
from fusion.voice import Changed, Day, Hour, RoomVoice, Stated, VoiceState, segment_of
from fusion.voice_baseline import MOST_WEIGHT_S, VoiceBaseline

ANNA, BERTA = "s-000a", "s-000b"
HOUR = 3600 * NS
DAY = 24 * HOUR
BERLIN = ZoneInfo("Europe/Berlin")
USUAL = {
    VoiceFeature.F0_LEVEL: (32.0, 0.8),
    VoiceFeature.F0_RANGE: (4.5, 0.5),
    VoiceFeature.LOUDNESS: (0.5, 0.05),
    VoiceFeature.SPECTRAL_SLOPE: (0.02, 0.006),
    VoiceFeature.ALPHA_RATIO: (14.0, 1.2),
    VoiceFeature.JITTER: (1.5, 0.2),
    VoiceFeature.SHIMMER: (1.1, 0.1),
    VoiceFeature.HNR: (11.0, 1.0),
    VoiceFeature.CPP: (7.0, 0.5),
    VoiceFeature.SPEECH_RATE: (3.2, 0.3),
    VoiceFeature.ARTICULATION_RATE: (4.3, 0.25),
    VoiceFeature.PAUSE_RATIO: (0.3, 0.04),
    VoiceFeature.PAUSE_LENGTH: (0.7, 0.08),
}
SLOW = {
    VoiceFeature.SPEECH_RATE: -3.0,
    VoiceFeature.ARTICULATION_RATE: -3.0,
    VoiceFeature.PAUSE_RATIO: 3.0,
    VoiceFeature.PAUSE_LENGTH: 3.0,
}


def measured(
    t: int,
    rng: np.random.Generator,
    moved: dict[VoiceFeature, float] | None = None,
    *,
    source: str = "m1",
    subject: str = ANNA,
    version: str = "1",
    seconds: float = 60.0,
) -> VoiceMeasured:
    values = [
        VoiceValue(name, middle + spread * ((moved or {}).get(name, 0.0) + rng.normal()), seconds)
        for name, (middle, spread) in USUAL.items()
    ]
    return VoiceMeasured(
        t=t, room="r1", source=source, subject=subject, began=t, speech_s=seconds,
        values=values, version=version,
    )  # fmt: skip


def days(
    begin: int, end: int, moved: dict[VoiceFeature, float] | None = None, **how: str
) -> Iterator[VoiceMeasured]:
    """Six minutes of speech each morning and evening from one day to before another."""
    for day in range(begin, end):
        rng = np.random.default_rng(day)
        for number in range(12):
            t = day * DAY + (9 if number < 6 else 19) * HOUR + number * 60 * NS
            yield measured(t, rng, moved, **how)  # type: ignore[arg-type]


def room(*subjects: str, on: bool = True, zone: tzinfo = UTC) -> RoomVoice:
    return RoomVoice("r1", subjects or (ANNA,), zone, on=on)


def feed(voice: RoomVoice, seen: list[AnyObservation], until: int = 0) -> list[Stated]:
    said = [one for each in seen for one in voice.observe(each)]
    return said + voice.advance(until or seen[-1].t + 2 * DAY)


def changed(said: list[Stated]) -> list[Changed]:
    return [one for one in said if isinstance(one, Changed)]


# -- a voice changes -----------------------------------------------------------------------------


def test_who_slows_down_is_stated_within_days_with_what_did_it() -> None:
    said = changed(feed(room(), [*days(0, 30), *days(30, 37, SLOW)]))
    assert said
    first = said[0].deviation
    assert first.marker is VoiceMarker.PSYCHOMOTOR_SLOWING
    assert first.size > 0
    assert 30 * DAY - DAY <= first.since <= 33 * DAY
    assert said[0].ended <= 36 * DAY
    assert first.days >= 2
    assert first.speech_s == 720.0 * first.days
    assert first.before >= 9
    named = {feature: z for feature, z, _ in first.features}
    assert named[VoiceFeature.SPEECH_RATE] < -1
    assert named[VoiceFeature.PAUSE_RATIO] > 1
    assert first.features == sorted(first.features, key=lambda one: -abs(one[1]))


QUIET: list[tuple[str, list[VoiceMeasured]]] = [
    ("nothing changes", list(days(0, 60))),
    ("too few days before", [*days(0, 8), *days(8, 13, SLOW)]),
    ("one day alone", [*days(0, 30), *days(30, 31, SLOW), *days(31, 40)]),
    ("the microphone was moved", [*days(0, 30), *days(30, 40, SLOW, source="m2")]),
    ("another version of the features", [*days(0, 30), *days(30, 40, SLOW, version="2")]),
    ("somebody who does not live here", [*days(0, 30), *days(30, 40, SLOW, subject=BERTA)]),
    ("farther from the microphone", [*days(0, 30), *days(30, 40, {VoiceFeature.LOUDNESS: -6.0})]),
]


@pytest.mark.parametrize("seen", [case[1] for case in QUIET], ids=[case[0] for case in QUIET])
def test_what_is_no_deviation(seen: list[VoiceMeasured]) -> None:
    assert changed(feed(room(), list(seen))) == []


def test_below_the_least_speech_nothing_is_stated_of_a_day() -> None:
    little = [one for one in days(30, 40, SLOW) if one.t % DAY < 9 * HOUR + 2 * 60 * NS]
    said = feed(room(), [*days(0, 30), *little])
    assert changed(said) == []
    late = [one for one in said if isinstance(one, Day) and one.began >= 31 * DAY and one.voice]
    assert late
    assert all(one.voice.z == {} and one.voice.full == {} for one in late if one.voice)
    assert {one.voice.seconds for one in late if one.voice} == {120.0}


def test_z_scores_come_only_after_some_days() -> None:
    said = [one for one in feed(room(), list(days(0, 12))) if isinstance(one, Day) and one.voice]
    compared = [bool(one.voice and one.voice.z) for one in said]
    assert compared == [False] * 5 + [True] * 7


def test_a_change_that_stays_is_stated_once_and_becomes_usual() -> None:
    said = changed(feed(room(), [*days(0, 30), *days(30, 120, SLOW)]))
    slow = [one for one in said if one.deviation.marker is VoiceMarker.PSYCHOMOTOR_SLOWING]
    assert len(slow) == 1
    assert [one.deviation.position for one in said] == list(range(len(said)))
    assert len({one.deviation.began for one in said}) == 1


def test_a_change_that_goes_and_comes_again_is_stated_twice() -> None:
    seen = [*days(0, 30), *days(30, 38, SLOW), *days(38, 60), *days(60, 68, SLOW)]
    began = {one.deviation.began for one in changed(feed(room(), seen))}
    assert len(began) == 2


def test_back_at_the_old_microphone_the_old_baseline_goes_on() -> None:
    seen = [*days(0, 30), *days(30, 33, source="m2"), *days(33, 40, SLOW)]
    said = changed(feed(room(), seen))
    assert said[0].segment == segment_of("r1", "m1", "1")


@pytest.mark.parametrize("at", [1, 100, 361, 380, 400])
def test_a_restart_in_between_changes_nothing(at: int) -> None:
    seen: list[AnyObservation] = [*days(0, 30), *days(30, 37, SLOW)]
    whole = feed(room(), seen)
    first = room()
    said = [one for each in seen[:at] for one in first.observe(each)]
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(first.state), type=VoiceState)
    second = RoomVoice("r1", (ANNA,), UTC, on=True, state=kept)
    assert said + feed(second, seen[at:]) == whole


def test_the_state_does_not_grow() -> None:
    sizes = []
    voice = room()
    for begin in (0, 100, 200):
        feed(voice, list(days(begin, begin + 100)), (begin + 100) * DAY)
        sizes.append(len(msgspec.msgpack.encode(voice.state)))
    assert sizes[2] < 1.1 * sizes[0]
    assert sizes[2] < 20_000


def test_many_microphones_and_versions_keep_a_few_baselines() -> None:
    voice = room()
    for number in range(9):
        feed(voice, list(days(number * 3, number * 3 + 3, version=str(number))))
    assert len(voice.state.voices[ANNA]) == 4


def test_values_that_are_no_numbers_teach_nothing() -> None:
    baseline = VoiceBaseline()
    values = [
        VoiceValue(VoiceFeature.HNR, float("nan"), 60.0),
        VoiceValue(VoiceFeature.JITTER, 0.0, 60.0),
        VoiceValue(VoiceFeature.CPP, 7.0, 0.0),
        VoiceValue(VoiceFeature.F0_LEVEL, 30.0, 60.0),
    ]
    seen = msgspec.structs.replace(measured(0, np.random.default_rng(0)), values=values)
    baseline.measure(seen, TimeOfDay.DAY)
    assert baseline.today[TimeOfDay.DAY].keys() == {VoiceFeature.F0_LEVEL}


def test_times_of_day_are_compared_with_themselves() -> None:
    def day(number: int, morning: float, evening: float) -> list[VoiceMeasured]:
        rng = np.random.default_rng(number)
        low, high = ({VoiceFeature.F0_LEVEL: z} for z in (morning, evening))
        return [
            *(measured(number * DAY + 8 * HOUR + k * NS, rng, low) for k in range(4)),
            *(measured(number * DAY + 20 * HOUR + k * NS, rng, high) for k in range(4)),
        ]

    usual = [one for number in range(30) for one in day(number, -5.0, 5.0)]
    said = feed(room(), [*usual, *day(30, -5.0, 5.0), *day(31, 5.0, 5.0)])
    z = [one.voice.z[VoiceFeature.F0_LEVEL] for one in said if isinstance(one, Day) and one.voice
         and one.voice.z]  # fmt: skip
    assert abs(z[-2]) < 1.5
    assert z[-1] > 3
    assert MOST_WEIGHT_S > 240


# -- hours and days ------------------------------------------------------------------------------


def speech(t: int, seconds: float, **fields: float | None) -> SpeechHeard:
    known: dict[str, float | None] = {"person": 0.9, "resident": 0.9}
    return SpeechHeard(
        t=t, room="r1", source="m1", seconds=seconds, level=-30.0, **(known | fields)
    )  # type: ignore[arg-type]


def hearing(t: int, state: Hearing = Hearing.OK, source: str = "m1") -> HearingState:
    return HearingState(t=t, room="r1", source=source, hearing=state)


def test_talk_time_counts_the_resident_and_leaves_loudspeakers_out() -> None:
    seen: list[AnyObservation] = [
        hearing(10 * HOUR),
        speech(10 * HOUR + NS, 10.0),
        speech(10 * HOUR + 2 * NS, 5.0, resident=0.1),
        speech(10 * HOUR + 3 * NS, 100.0, person=0.1),
        hearing(10 * HOUR + 60 * NS),
        hearing(10 * HOUR + 120 * NS, Hearing.GONE),
        speech(11 * HOUR, 7.0),
    ]
    hours = [one for one in feed(room(), seen) if isinstance(one, Hour)]
    assert [(one.talk_s, one.room_s, one.listened_s) for one in hours] == [
        (10.0, 15.0, 120.0),
        (7.0, 7.0, 0.0),
    ]
    assert [one.ended - one.began for one in hours] == [HOUR, HOUR]


CASES_SUMS: list[tuple[str, RoomVoice, list[AnyObservation], list[tuple[str | None, object]]]] = [
    ("without an enrolment", room(), [speech(NS, 5.0, resident=None)], [(ANNA, None)]),
    ("two residents", room(ANNA, BERTA), [speech(NS, 5.0)], [(ANNA, None), (BERTA, None)]),
    (
        "two residents of whom one is measured",
        room(ANNA, BERTA),
        [measured(NS, np.random.default_rng(0), subject=BERTA)],
        [(ANNA, None), (BERTA, 60.0)],
    ),
    ("nobody lives here", RoomVoice("r1", (), UTC, on=True), [speech(NS, 5.0)], [(None, None)]),
    ("two microphones hear the same", room(),
     [speech(NS, 5.0), msgspec.structs.replace(speech(NS, 6.0), source="m2")], [(ANNA, 6.0)]),
    ("a tick is no speech", room(), [Tick(t=NS, room="r1", source="m1")], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("voice", "seen", "talk"), [c[1:] for c in CASES_SUMS], ids=[c[0] for c in CASES_SUMS]
)
def test_whose_talk_is_counted(
    voice: RoomVoice, seen: list[AnyObservation], talk: list[tuple[str | None, object]]
) -> None:
    said = feed(voice, seen)
    assert [(one.subject, one.talk_s) for one in said if isinstance(one, Hour)] == talk
    assert [(one.subject, one.talk_s) for one in said if isinstance(one, Day)] == talk


def test_a_node_that_was_off_for_weeks_makes_no_empty_hours() -> None:
    said = feed(room(), [speech(NS, 5.0), speech(60 * DAY, 5.0)])
    assert len([one for one in said if isinstance(one, Hour)]) == 2
    assert len([one for one in said if isinstance(one, Day)]) == 2


def test_off_takes_nothing_in_and_forgets() -> None:
    voice = room(on=False)
    assert feed(voice, [*days(0, 3)]) == []
    assert voice.state == VoiceState()
    voice.consent(True)
    feed(voice, list(days(3, 20)))
    assert voice.state.voices[ANNA]
    voice.consent(False)
    assert voice.state == VoiceState()
    assert feed(voice, [*days(20, 22)]) == []


def test_one_resident_can_be_forgotten() -> None:
    voice = room(ANNA, BERTA)
    feed(voice, [*days(0, 3), *days(3, 6, subject=BERTA)])
    voice.forget(ANNA)
    assert voice.state.voices.keys() == {BERTA}


def test_who_moved_out_is_not_taken_along() -> None:
    voice = room(ANNA)
    feed(voice, list(days(0, 3)))
    again = RoomVoice("r1", (BERTA,), UTC, on=True, state=voice.state)
    assert again.state.voices == {}


# -- the site's clock ------------------------------------------------------------------------------


def at(text: str, zone: tzinfo) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * NS


@pytest.mark.parametrize(
    ("text", "zone", "hour", "date"),
    [
        ("2026-03-28T05:59:59", UTC, 5, "2026-03-27"),
        ("2026-03-28T06:00:00", UTC, 6, "2026-03-28"),
        ("2026-03-29T03:30:00", BERLIN, 3, "2026-03-28"),
        ("2026-10-25T06:00:00", BERLIN, 6, "2026-10-25"),
        ("2026-07-01T06:30:00", ZoneInfo("Asia/Kolkata"), 6, "2026-07-01"),
    ],
)
def test_hours_and_days_of_the_site(text: str, zone: tzinfo, hour: int, date: str) -> None:
    t = at(text, zone)
    assert hour_of(t, zone) == hour
    assert datetime.fromordinal(day_of(t, zone)).date().isoformat() == date
    began = hour_begins(t, zone)
    assert 0 <= t - began < HOUR
    assert hour_of(began, zone) == hour


def test_a_day_on_which_the_clocks_change_is_23_or_25_hours() -> None:
    for date, hours in (("2026-03-28", 23), ("2026-10-24", 25), ("2026-06-01", 24)):
        begin = at(f"{date}T06:00:00", BERLIN)
        after = datetime.fromisoformat(date) + timedelta(days=1)
        voice = room(zone=BERLIN)
        seen = [speech(begin + k * HOUR, 1.0) for k in range(30)]
        said = feed(voice, list(seen))
        first = next(one for one in said if isinstance(one, Day))
        assert (first.ended - first.began) // HOUR == hours
        assert first.talk_s == hours
        assert first.ended == at(f"{after.date()}T06:00:00", BERLIN)


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "night"), (5, "night"), (6, "morning"), (11, "day"), (16, "day"), (17, "evening"),
     (21, "evening"), (22, "night")],
)  # fmt: skip
def test_parts_of_the_day(hour: int, part: str) -> None:
    assert time_of_day(hour).value == part
