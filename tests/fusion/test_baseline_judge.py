"""Voices through the node's judge: behind consent, as events of the closed list, over restarts."""

from __future__ import annotations

import pytest

from ambient import events as ev
from ambient.config import Bed, Microphone, NodeConfig, Room
from ambient.events import Marker, Purpose, Unit
from ambient.observations import AnyObservation, Hearing, HearingState, SpeechHeard, Tick
from fusion.judge import Judge
from tests.fusion.test_baseline_voice import ANNA, DAY, HOUR, NS, SLOW, days

KEY = "k" * 40
VOICE = {Purpose.FALLS: True, Purpose.VOICE: True}


def config(*, voice: bool = True, room: str = "r1") -> NodeConfig:
    rooms = [
        Room(
            id=room,
            beds=[Bed(id="a", subject=ANNA)],
            purposes=VOICE if voice else {Purpose.FALLS: True},
            microphones=[Microphone(id="m1", source="hw:1")],
        )
    ]
    return NodeConfig(site="home", node="n-1", rooms=rooms)


def ticks(until: int, step: int = HOUR) -> list[AnyObservation]:
    return [Tick(t=t, room="r1", source="node") for t in range(0, until, step)]


def feed(judge: Judge, seen: list[AnyObservation]) -> list[ev.AnyEvent]:
    return [event for one in sorted(seen, key=lambda o: o.t) for event in judge.observe(one)]


SLOWED: list[AnyObservation] = [*days(0, 30), *days(30, 37, SLOW), *ticks(38 * DAY)]


def of(events: list[ev.AnyEvent], kind: type[ev.AnyEvent]) -> list[ev.AnyEvent]:
    return [event for event in events if isinstance(event, kind)]


def test_a_voice_that_changes_is_an_event_of_the_closed_list() -> None:
    events = feed(Judge(config(), KEY), SLOWED)
    for event in events:
        assert ev.decode(ev.encode(event)) == event
    found = [event for event in events if isinstance(event, ev.VoiceDeviation)]
    first = found[0]
    assert first.subject == ANNA
    assert first.room == "r1"
    assert first.marker is ev.VoiceMarker.PSYCHOMOTOR_SLOWING
    assert first.z > 0
    assert 0.9 < first.probability <= 1.0
    assert first.since < first.t
    assert first.features
    assert [event.position for event in found] == list(range(len(found)))
    assert first.id == ev.event_id(KEY, first.chain, 0, "voice.deviation", first.t)


def test_summaries_carry_evidence_and_units() -> None:
    heard: list[AnyObservation] = [
        HearingState(t=31 * DAY + 10 * HOUR + k * 60 * NS, room="r1", source="m1",
                     hearing=Hearing.OK) for k in range(20)
    ]  # fmt: skip
    spoken = SpeechHeard(
        t=31 * DAY + 10 * HOUR + 30 * NS, room="r1", source="m1", seconds=12.5, level=-30.0,
        person=0.9, resident=0.9,
    )  # fmt: skip
    events = feed(Judge(config(), KEY), [*days(0, 32), *heard, spoken, *ticks(33 * DAY)])
    daily = [event for event in events if isinstance(event, ev.SummaryDaily)]
    marks = {mark.marker: mark for mark in daily[-1].marks}
    assert marks[Marker.TALK_TIME].value == 12.5
    assert marks[Marker.TALK_TIME].unit is Unit.SECOND
    assert marks[Marker.TALK_TIME].seconds == pytest.approx(1140 + 90)
    slowing = marks[Marker.PSYCHOMOTOR_SLOWING]
    assert slowing.z is not None
    assert slowing.seconds == 720.0
    assert slowing.days > 20
    assert len(daily[-1].features) == 13
    hourly = [event for event in events if isinstance(event, ev.SummaryHourly)]
    assert [mark.value for mark in hourly[-1].marks] == [12.5, 12.5]
    assert {event.purpose for event in [*daily, *hourly]} == {Purpose.VOICE}


def test_without_consent_nothing_is_said_of_a_voice() -> None:
    events = feed(Judge(config(voice=False), KEY), SLOWED)
    assert [event for event in events if ev.kind_of(event).startswith(("voice", "summary"))] == []


def test_without_consent_nothing_is_kept_either() -> None:
    judge = Judge(config(voice=False), KEY)
    feed(judge, SLOWED)
    assert not any(key.startswith("voice") for key in judge.state())


def test_consent_given_and_withdrawn_while_the_node_runs() -> None:
    judge = Judge(config(voice=False), KEY)
    judge.consent("r1", Purpose.VOICE, True)
    judge.consent("r9", Purpose.VOICE, True)
    judge.consent("r1", Purpose.VITALS, False)
    assert of(feed(judge, SLOWED), ev.VoiceDeviation)
    judge.consent("r1", Purpose.VOICE, False)
    assert not any(key.startswith("voice") for key in judge.state())


def test_what_the_switches_say_goes_before_the_configuration() -> None:
    assert of(feed(Judge(config(voice=False), KEY, voices=["r1"]), SLOWED), ev.VoiceDeviation)
    assert not of(feed(Judge(config(), KEY, voices=[]), SLOWED), ev.VoiceDeviation)


def test_a_baseline_does_not_outlive_a_consent_withdrawn_while_the_node_was_down() -> None:
    first = Judge(config(), KEY)
    feed(first, SLOWED)
    second = Judge(config(), KEY, voices=[])
    second.restore(first.state())
    assert not any(key.startswith("voice") for key in second.state())


def test_a_resident_is_forgotten_on_request() -> None:
    judge = Judge(config(), KEY)
    feed(judge, [*days(0, 10)])
    assert ANNA.encode() in judge.state()["voice/r1"]
    judge.forget(ANNA)
    assert ANNA.encode() not in judge.state()["voice/r1"]


@pytest.mark.parametrize("at", [50, 400, 1200])
def test_a_restart_in_between_changes_nothing(at: int) -> None:
    seen = sorted(SLOWED, key=lambda o: o.t)
    whole = feed(Judge(config(), KEY), seen)
    first = Judge(config(), KEY)
    events = feed(first, seen[:at])
    second = Judge(config(), KEY)
    second.restore(first.state())
    assert events + feed(second, seen[at:]) == whole


def test_replay_yields_the_same_events() -> None:
    first, second = (feed(Judge(config(), KEY), SLOWED) for _ in range(2))
    assert [ev.encode(event) for event in first] == [ev.encode(event) for event in second]


def test_time_goes_forward_in_every_chain_and_every_event_stands_once() -> None:
    events = feed(Judge(config(), KEY), SLOWED)
    assert len({event.id for event in events}) == len(events)
    chains: dict[str, list[ev.AnyEvent]] = {}
    for event in events:
        chains.setdefault(event.chain, []).append(event)
    for chain in chains.values():
        assert [event.position for event in chain] == list(range(len(chain)))
