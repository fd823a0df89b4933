"""Sounds of distress: who rings, when, how often, and what is only evidence."""

from __future__ import annotations

import msgspec
import pytest

from ambient import events as ev
from ambient.config import Microphone, NodeConfig, Room
from ambient.config_cameras import Camera
from ambient.events import Device, Purpose, Sense, SituationStep
from ambient.observations import (
    AnyObservation,
    Hearing,
    HearingState,
    SoundClass,
    SoundHeard,
    Tick,
)
from audio.sounds import listener
from fusion import distress
from fusion.distress import LASTING_S, QUIET_S
from fusion.judge import Judge
from tests.fusion.test_judge import lying

HELP, SMOKE, THUD = SoundClass.HELP, SoundClass.SMOKE_ALARM, SoundClass.THUD
OTHERS = sorted(set(SoundClass) - {HELP, SMOKE})
SUSPECTED, CONFIRMED = SituationStep.SUSPECTED, SituationStep.CONFIRMED
LASTING, ENDED = SituationStep.LASTING, SituationStep.ENDED


def sound(s: float, what: SoundClass, probability: float = 0.95, source: str = "m1") -> SoundHeard:
    return SoundHeard(
        t=round(s * 1e9), room="r1", source=source, sound=what, probability=probability
    )


def hearing(s: float, what: Hearing, until: int | None = None) -> HearingState:
    return HearingState(t=round(s * 1e9), room="r1", source="m1", hearing=what, until=until)


def tick(s: float, source: str = "m1") -> Tick:
    return Tick(t=round(s * 1e9), room="r1", source=source)


def judge(*, sounds: bool = True) -> Judge:
    room = Room(
        id="r1",
        cameras=[Camera(id="c1", source="a")],
        microphones=[Microphone(id="m1", source="b"), Microphone(id="m2", source="c")],
        purposes={Purpose.FALLS: True, Purpose.SOUNDS: sounds},
    )
    return Judge(NodeConfig(site="home", node="n-1", rooms=[room]), "k" * 40)


def told(seen: list[AnyObservation], until: float = 0.0, made: Judge | None = None):
    """Return the distress events of these observations, with ticks between."""
    made = made or judge()
    end = max(until, max(each.t for each in seen) / 1e9 + 1)
    every = [tick(s) for s in range(int(end))]
    found = [e for one in sorted([*every, *seen], key=lambda o: o.t) for e in made.observe(one)]
    return [e for e in found + made.finish() if isinstance(e, ev.Distress)]


@pytest.mark.parametrize(
    ("seen", "until", "steps"),
    [
        ([sound(10, SMOKE)], 20, [CONFIRMED]),
        ([sound(10, HELP, 0.6)], 20, [SUSPECTED]),
        ([sound(10, HELP, 0.49)], 20, []),
        ([sound(10, HELP, 0.6), sound(20, HELP, 0.93)], 30, [SUSPECTED, CONFIRMED]),
        # Two microphones hear one call, and it goes on: one chain, which rings once.
        ([sound(10, HELP), sound(10.2, HELP, 0.91, "m2"), sound(70, HELP)], 80, [CONFIRMED]),
        ([sound(10, SMOKE)], 10 + QUIET_S[SMOKE] + 3, [CONFIRMED, ENDED]),
        ([sound(10, HELP, 0.6)], 10 + QUIET_S[HELP] + 3, [SUSPECTED, ENDED]),
        ([sound(s, SMOKE) for s in range(10, 400, 30)], 400, [CONFIRMED, LASTING]),
        ([sound(s, HELP) for s in range(10, 1000, 60)], 1001, [CONFIRMED, LASTING]),
        # What was only suspected does not become lasting.
        ([sound(s, HELP, 0.6) for s in range(10, 600, 60)], 601, [SUSPECTED]),
        # Later it is another one, which rings anew.
        ([sound(10, HELP), sound(300, HELP)], 310, [CONFIRMED, ENDED, CONFIRMED]),
    ],
)
def test_steps(seen, until, steps):
    assert [each.step for each in told(seen, until)] == steps


@pytest.mark.parametrize("what", OTHERS)
def test_no_other_class_makes_an_event(what):
    assert told([sound(s, what, 1.0) for s in range(1, 60)], 300) == []


def test_kinds_and_chains():
    found = told([sound(10, HELP), sound(11, SMOKE), sound(300, HELP)], 301)
    kinds = [ev.kind_of(each) for each in found]
    assert kinds == [
        "distress.help",
        "distress.smoke_alarm",
        "distress.smoke_alarm",
        "distress.help",
        "distress.help",
    ]
    helps = [each for each in found if isinstance(each, ev.DistressHelp)]
    assert [each.position for each in helps] == [0, 1, 0]
    assert helps[0].chain == helps[1].chain != helps[2].chain
    assert all(ev.decode(ev.encode(each)) == each for each in found)
    assert (helps[0].room, helps[0].lasted_s) == ("r1", 0.0)


def test_other_sounds_raise_what_is_stated_and_ring_nothing():
    alone = told([sound(10, HELP, 0.85)])
    beside = told([sound(8, SoundClass.SCREAM, 0.8), sound(10, HELP, 0.85)])
    assert [each.step for each in beside] == [SUSPECTED]
    assert beside[0].probability > alone[0].probability
    assert [c.sense for c in beside[0].contributions] == [Sense.SOUND_HELP, Sense.SOUND_SCREAM]
    assert 0 < beside[0].contributions[1].llr <= distress.MOST_LLR
    late = told([sound(8, SoundClass.SCREAM, 0.8), sound(50, HELP, 0.85)])
    assert [c.sense for c in late[0].contributions] == [Sense.SOUND_HELP]


def test_what_rings_is_what_the_listener_rings():
    assert distress.RINGS == listener.RINGS
    assert distress.SUSPECT == listener.MENTIONED


@pytest.mark.parametrize("at", [0.1, 9.9, 10.1, 100.0, 330.0])
def test_a_restart_in_between_changes_nothing(at):
    seen = [sound(s, SMOKE) for s in range(10, 400, 30)]
    whole = told(seen, 600)
    first, second = judge(), judge()
    every = [tick(s) for s in range(600)]
    found = []
    for one in sorted([*every, *seen], key=lambda o: o.t):
        made = first if one.t < at * 1e9 else second
        if made is second and first is not second:
            found += first.finish()
            second.restore(first.state())
            first = second
        found += made.observe(one)
    found += second.finish()
    assert [e for e in found if isinstance(e, ev.Distress)] == whole


def test_off_means_that_nothing_is_judged_or_remembered():
    assert told([sound(10, SMOKE)], made=judge(sounds=False)) == []
    made = judge()
    told([sound(10, SMOKE)], made=made)
    made.consent("r1", Purpose.SOUNDS, on=False)
    assert "sounds/r1" not in made.state()
    made.consent("r1", Purpose.SOUNDS, on=True)
    kept = msgspec.msgpack.decode(made.state()["sounds/r1"], type=distress.DistressState)
    assert kept.chains == []


# -- thuds and falls ---------------------------------------------------------------------------


FALL = [lying(20 + i / 10) for i in range(200)]


def falls(*sounds: SoundHeard):
    made = judge()
    seen = [*FALL, *sounds, *(tick(s) for s in range(45)), *(tick(s, "m2") for s in range(45))]
    found = [e for one in sorted(seen, key=lambda o: o.t) for e in made.observe(one)]
    return [e for e in found + made.finish() if ev.kind_of(e).startswith("fall.")]


@pytest.mark.parametrize(
    ("at", "what", "counts"),
    [
        (19.5, THUD, True),
        (21.0, THUD, True),
        (12.0, THUD, False),  # long before
        (19.5, SoundClass.GLASS, False),
    ],
)
def test_a_thud_is_told_beside_a_fall(at, what, counts):
    quiet, loud = falls(), falls(sound(at, what, 0.8))
    # Whether and when somebody is down is judged by sight alone: the same steps at the same time.
    assert [(ev.kind_of(e), e.t) for e in loud] == [(ev.kind_of(e), e.t) for e in quiet]
    confirmed = next(e for e in loud if isinstance(e, ev.FallConfirmed))
    before = next(e for e in quiet if isinstance(e, ev.FallConfirmed))
    senses = [c.sense for c in confirmed.contributions]
    assert (Sense.SOUND_THUD in senses) is counts
    assert (confirmed.probability > before.probability) is counts


def test_a_thud_alone_is_no_fall():
    assert told([sound(s, THUD, 1.0) for s in range(10, 100, 5)]) == []


# -- what a microphone can hear ----------------------------------------------------------------


def quality(*states: HearingState, until: float = 30):
    made = judge()
    seen = [*states, *(tick(s, name) for s in range(int(until)) for name in ("m1", "m2", "c1"))]
    found = [e for one in sorted(seen, key=lambda o: o.t) for e in made.observe(one)]
    return [e for e in found + made.finish() if isinstance(e, ev.Quality)]


def test_what_a_microphone_can_hear_is_stated():
    found = quality(
        hearing(1, Hearing.OK),
        hearing(5, Hearing.SILENT),
        hearing(6, Hearing.SILENT),
        hearing(9, Hearing.OK),
        hearing(12, Hearing.PAUSED, until=20 * 10**9),
        hearing(20, Hearing.OK),
    )
    assert [(ev.kind_of(e), e.hearing, e.view) for e in found] == [
        ("quality.restored", Hearing.OK, None),
        ("quality.degraded", Hearing.SILENT, None),
        ("quality.restored", Hearing.OK, None),
        ("quality.not_watched", Hearing.PAUSED, None),
        ("quality.restored", Hearing.OK, None),
    ]
    assert found[1].chain == found[2].chain != found[3].chain == found[4].chain
    assert found[3].until == 20 * 10**9


@pytest.mark.parametrize("what", sorted(set(Hearing) - {Hearing.OK}))
def test_every_state_is_degraded_or_by_plan(what):
    (said,) = quality(hearing(1, what))
    planned = what in (Hearing.PAUSED, Hearing.SWITCHED_OFF)
    assert isinstance(said, ev.QualityNotWatched if planned else ev.QualityDegraded)


def test_a_microphone_that_says_nothing_is_a_technical_alarm():
    made = judge()
    every = [tick(s, name) for s in range(40) for name in ("c1", "m2")]
    found = [e for one in [tick(0), *every] for e in made.observe(one)] + made.finish()
    silent = [e for e in found if isinstance(e, ev.NodeSourceSilent)]
    assert [(e.source, e.device) for e in silent] == [("m1", Device.MICROPHONE)]
    assert max(QUIET_S.values()) < LASTING_S
