"""Silent nodes, lock-out, carers' words, clocks: small pure rules, by tables."""

from __future__ import annotations

import pytest

from ambient import events
from ambient.events import Contribution, Device, Sense, Worker
from ambient.hub import device_words, lockout, situation_words, words
from ambient.hub.alarms import evidence
from ambient.hub.alarms.condition import Deed, Injury, Judgement
from ambient.hub.alarms.kinds import CHAINED, TECHNICAL, AlarmKind
from ambient.hub.lockout import Attempts
from ambient.hub.rooms import RoomStatus
from ambient.hub.silence import Silence
from ambient.hub.web.context import rfc3339
from ambient.observations import Hearing, Place, View
from tests.hub.kit import NS, event, fall


def test_silence() -> None:
    silence = Silence(15)
    silence.expect(["a", "b"], 0)
    assert silence.check(15 * NS) == []
    assert not silence.heard("a", 10 * NS)
    assert silence.check(15 * NS + 1) == [("b", 0)]
    assert silence.check(16 * NS) == [], "told once"
    silence.undo("b")
    assert silence.check(17 * NS) == [("b", 0)], "told again when it could not be kept"
    assert silence.heard("b", 20 * NS)
    assert not silence.heard("b", 21 * NS)
    silence.expect(["b"], 22 * NS)
    assert silence.check(30 * NS) == [], "a node that was revoked is not missed"
    assert silence.last("a") is None


def test_silence_known_from_before_a_restart_ends_with_the_first_word() -> None:
    silence = Silence(15, silent=["a"])
    silence.expect(["a"], 0)
    assert silence.check(100 * NS) == []
    assert silence.heard("a", 101 * NS)


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (40, 900)],
)
def test_lockout_backs_off_and_is_bounded(failures: int, wait: int) -> None:
    attempts = Attempts()
    for _ in range(failures):
        attempts = lockout.after_failure(attempts, 1000 * NS)
    assert lockout.wait_s(attempts, 1000 * NS) == wait
    assert lockout.wait_s(attempts, (1000 + wait) * NS) == 0


def test_lockout_forgets_after_an_hour_of_peace() -> None:
    attempts = Attempts()
    for _ in range(8):
        attempts = lockout.after_failure(attempts, 0)
    later = lockout.after_failure(attempts, (lockout.FORGOTTEN_S + 1) * NS)
    assert later.failures == 1
    assert lockout.wait_s(later, later.last) == 0


@pytest.mark.parametrize(
    ("upto", "headline"),
    [
        (1, "Possible fall"),
        (2, "Person on the floor"),
        (3, "Person still on the floor"),
        (4, "Got up again: look after the person"),
    ],
)
def test_headlines_of_a_fall(upto: int, headline: str) -> None:
    alarm = None
    for one in fall(10, upto):
        change = evidence.on_event(alarm, one)
        assert change is not None
        alarm = change.condition
    assert alarm is not None
    assert words.headline(alarm) == headline
    said = words.known(alarm)
    assert "The fall was seen" in said
    assert "Lying on the floor" in said


@pytest.mark.parametrize(
    ("one", "headline", "known"),
    [
        (
            event(events.QualityDegraded, 1, source="c1", view=View.DARK),
            "Camera cannot see",
            "Camera c1: too dark",
        ),
        (
            event(events.QualityDegraded, 1, source="c1", view=View.SLOW),
            "Camera is looked at too seldom",
            "ambient doctor says how many",
        ),
        (
            event(events.NodeSourceSilent, 1, source="c1", silent_s=20.0),
            "Camera sends nothing",
            "Camera c1 sends nothing",
        ),
        (
            event(events.NodeWorkerFailed, 1, room=None, worker=events.Worker.VISION, restarts=5),
            "Room computer has a fault",
            "watching the cameras",
        ),
        (
            event(events.NodeOutboxDropped, 1, room=None, rows=7),
            "Room computer lost messages",
            "7 of",
        ),
        (
            event(events.NodeDiskFull, 1, room=None, free_mb=3),
            "Room computer's disk is full",
            "3 MB",
        ),
    ],
)
def test_words_of_technical_alarms(one: events.AnyEvent, headline: str, known: str) -> None:
    change = evidence.on_event(None, one)
    assert change is not None
    assert words.headline(change.condition) == headline
    assert known in " ".join(words.known(change.condition))


@pytest.mark.parametrize("stopped", [True, False])
def test_words_of_a_silent_node(stopped: bool) -> None:
    change = evidence.on_silence(None, "n-1", 1, 2, stopped=stopped)
    assert change is not None
    assert ("switched off" in words.headline(change.condition)) is stopped


def test_everything_has_words() -> None:
    assert set(words.JUDGEMENT) == set(Judgement)
    assert set(words.INJURY) == set(Injury)
    for view in View:
        assert device_words.VIEW[view]
    for status in RoomStatus:
        assert words.ROOM[status]
    assert set(words.DEED) == set(Deed)
    assert set(words._SENSE) == set(Sense)
    assert set(words._PLACE) == set(Place) - {Place.UNKNOWN}
    assert set(device_words._DEVICE) == set(Device)
    assert set(words._WORKER) == set(Worker)
    for hearing in Hearing:
        assert device_words.HEARING[hearing]
    assert len(TECHNICAL) == 9
    assert set(situation_words._SAID) == CHAINED - {AlarmKind.FALL}


@pytest.mark.parametrize(
    ("llr", "said"),
    [
        (4.0, "strong sign"),
        (1.5, "clear sign"),
        (0.4, "slight sign"),
        (0.0, "says nothing"),
        (-3.5, "strong sign against"),
    ],
)
def test_contributions_in_words(llr: float, said: str) -> None:
    assert words.because([Contribution(Sense.VISION_POSTURE, llr)]) == [f"Body posture: {said}"]


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_764_000_000_123_456_789, "2025-11-24T16:00:00.123Z"),
    ],
)
def test_browsers_get_rfc_3339(ns: int, text: str) -> None:
    assert rfc3339(ns) == text
