"""Notes of a recording, from observations made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ambient.evaluate.trace import INSTANTS, Facts, Recorder, spans
from ambient.events import FallConfirmed, FallSuspected, Sense, chain_id, event_id, kind_of
from ambient.observations import BoxSeen, Posture
from tests.evaluate.kit import pose, posture
from vision.sources import Frame


def _event(kind: type[FallSuspected] | type[FallConfirmed], t_s: float) -> object:
    chain = chain_id("0" * 40, "room", "fall-0", 0)
    t = round(t_s * 1e9)
    more = {"down_s": 1.0} if kind is FallConfirmed else {}
    return kind(
        id=event_id("0" * 40, chain, 0, kind_of(kind), t),
        t=t,
        node="node",
        chain=chain,
        position=0,
        config_version="0" * 12,
        probability=0.9,
        **more,
    )


def _fallen(recorder: Recorder, until_s: float = 6.0) -> None:
    """Somebody stands for two seconds, then lies."""
    for index in range(round(until_s * 10) + 1):
        t_s = index / 10
        recorder.see([pose(t_s), posture(t_s, 0.05 if t_s < 2 else 0.95)])


def test_an_empty_recording_has_empty_notes() -> None:
    recorder = Recorder()
    assert recorder.facts(1.0) == Facts()
    trace = recorder.trace(1.0, None)
    assert (trace.moments, trace.said, trace.peak) == ([], [], None)
    assert [figure.bodies for figure in trace.figures] == [[]] * INSTANTS


def test_facts_are_of_the_recording_and_not_of_the_held_time() -> None:
    recorder = Recorder()
    for index in range(40):
        t_s = index / 10
        two = [posture(t_s, 0.1, track=2, size=0.3)] if t_s > 2.0 else []
        recorder.see([posture(t_s, 0.1, size=0.3), *two])
    facts = recorder.facts(2.0)
    assert (facts.people, facts.size, facts.lying_s) == (1, 0.3, None)
    assert facts.end_posture is Posture.STANDING
    assert recorder.facts(4.0).people == 2


def test_lying_is_noted_when_first_seen() -> None:
    recorder = Recorder()
    _fallen(recorder)
    facts = recorder.facts(6.0)
    assert (facts.lying_s, facts.end_posture) == (2.0, Posture.LYING)


def test_without_skeletons_the_facts_are_the_same() -> None:
    with_them, without = Recorder(), Recorder(figures=False)
    for recorder in (with_them, without):
        _fallen(recorder)
    assert without.facts(6.0) == with_them.facts(6.0)
    assert any(figure.bodies for figure in with_them.trace(6.0, 2.0).figures)
    assert not any(figure.bodies for figure in without.trace(6.0, 2.0).figures)


@pytest.mark.parametrize(
    ("colour", "luma", "saturation"),
    [((0, 0, 0), 0.0, 0.0), ((100, 100, 100), 100.0, 0.0), ((0, 0, 255), 76.25, 255.0)],
)
def test_light(colour: tuple[int, int, int], luma: float, saturation: float) -> None:
    recorder = Recorder()
    image = np.full((64, 64, 3), colour, np.uint8)
    passed = list(recorder.tap(None)(iter([Frame(image, 0, 0), Frame(image, 1, 1)])))
    facts = recorder.facts(1.0)
    assert [frame.index for frame in passed] == [0, 1]
    assert (facts.luma, facts.saturation) == pytest.approx((luma, saturation), abs=0.1)


def test_light_is_looked_at_after_the_frames_were_altered() -> None:
    recorder = Recorder()
    tapped = recorder.tap(lambda frames: (Frame(f.image // 2, f.t_ns, f.index) for f in frames))
    list(tapped(iter([Frame(np.full((64, 64, 3), 100, np.uint8), 0, 0)])))
    assert recorder.facts(1.0).luma == 50.0


def test_the_hypothesis_grows_while_somebody_lies() -> None:
    recorder = Recorder(after_s=1.0)
    _fallen(recorder)
    trace = recorder.trace(6.0, 1.5)
    by_time = {m.t_s: m.probability for m in trace.moments}
    assert by_time[1.0] < 0.1 < by_time[3.0] < by_time[6.0]
    assert trace.peak is not None
    assert (trace.peak.t_s, trace.peak.probability) == (6.0, by_time[6.0])
    judged = ("vision.posture", "vision.descent", "vision.stillness", "place")
    seen = {sense for sense in Sense if sense in judged}
    assert {one.sense for one in trace.peak.contributions} == seen


def test_the_peak_is_looked_for_after_the_fall_began() -> None:
    recorder = Recorder(after_s=3.0)
    for t_s, down in ((1.0, 0.95), (2.0, 0.95), (3.0, 0.1), (4.0, 0.1)):
        recorder.see([posture(t_s, down)])
    peak = recorder.trace(4.0, 3.0).peak
    assert peak is not None
    assert peak.t_s >= 3.0


def test_the_course_follows_who_is_most_down() -> None:
    recorder = Recorder()
    recorder.see([posture(0.0, 0.1), posture(0.0, 0.8, track=2)])
    assert [m.down for m in recorder.trace(1.0, None).moments] == [0.8]


@pytest.mark.parametrize(
    ("fall_start_s", "suspected_s", "first", "last"),
    [
        (2.0, None, 1.0, 6.0),  # from before the fall on
        (None, 5.0, 1.0, 6.0),  # an alarm is explained by what came before it
        (None, None, 0.0, 5.0),
    ],
)
def test_the_strip_shows_what_matters(
    fall_start_s: float | None, suspected_s: float | None, first: float, last: float
) -> None:
    recorder = Recorder()
    _fallen(recorder)
    if suspected_s is not None:
        recorder.said([_event(FallSuspected, suspected_s), _event(FallConfirmed, 9.0)])
    trace = recorder.trace(6.0, fall_start_s)
    assert (trace.figures[0].t_s, trace.figures[-1].t_s) == pytest.approx((first, last), abs=0.06)
    assert all(len(figure.bodies) == 1 for figure in trace.figures)
    kinds = [said.kind for said in trace.said]
    assert kinds == (["fall.suspected", "fall.confirmed"] if suspected_s else [])


def test_instants_without_anybody_stay_blank() -> None:
    recorder = Recorder()
    recorder.see([pose(0.0)])
    recorder.see([BoxSeen(t=10**9, room="r", source="c", track=1, box=(0, 0, 1, 1), score=0.5,
                          aspect=1.0)])  # fmt: skip
    figures = recorder.trace(6.0, None).figures
    assert [len(one.bodies) for one in figures[:3]] == [1, 0, 0]
    assert [len(one.boxes) for one in figures[:3]] == [0, 1, 0]


def test_a_course_is_cut_where_nobody_was_seen() -> None:
    recorder = Recorder()
    for t_s in (0.0, 0.1, 0.2, 2.0, 2.1):
        recorder.see([posture(t_s, 0.1)])
    pieces = spans(recorder.trace(3.0, None).moments, 0.5)
    assert [len(piece) for piece in pieces] == [3, 2]
    assert spans([], 0.5) == []
    assert not any(math.isnan(m.probability) for piece in pieces for m in piece)
