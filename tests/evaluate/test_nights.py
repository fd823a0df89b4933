"""Simulated nights and wet rooms: what is true is so, what is told is scored, sensors find it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ambient.errors import UsageError
from ambient.evaluate.nights import drawn, report, wet_rooms
from ambient.evaluate.nights.drawn_act import Doing
from ambient.evaluate.nights.drawn_told import Said, Stretch, summarise
from ambient.evaluate.nights.life import Kind, Night, night
from ambient.evaluate.nights.watch import SECOND, Senses, carers, config_of, merged, sensors
from ambient.events import AnyEvent, BedEdge, BedExit, FallConfirmed, SituationStep
from ambient.observations import SensorKind, SensorSeen
from vision.networks import Networks

ID = "00000000-0000-8000-8000-000000000000"


@pytest.fixture(scope="module")
def one() -> Night:
    """Return a short night of a room with two beds."""
    number = next(n for n in range(40) if len(night(5, n, 1.5).room.beds) == 2)
    return night(5, number, 1.5)


def told(kind: type[AnyEvent], bed: str, t: float) -> AnyEvent:
    """Return a confirmed alarm."""
    return kind(
        id=ID, t=round(t * 1e9), node="n", room="room", chain=ID, position=0,
        config_version="0" * 12, bed=bed, step=SituationStep.CONFIRMED, lasted_s=0.0,
    )  # type: ignore[call-arg]  # fmt: skip


def stretch(
    doing: str, edge: float | None = None, gone: float | None = None, beside: Said | None = None
) -> Stretch:
    """Return a drawn stretch, on the edge from 30 s on and up from 50 s on where it gets up."""
    ups = doing == Doing.GETS_UP
    return Stretch(
        number=1, doing=doing, rail=False, edge=30.0 if ups else None,
        stood=50.0 if ups else None, camera=Said(edge, gone), beside=beside or Said(31.0, 53.0),
    )  # fmt: skip


def test_drawn_stretches_are_summed() -> None:
    every = [
        stretch(Doing.GETS_UP, 33.0, 52.0),
        stretch(Doing.GETS_UP, 51.0, 52.0),
        stretch(Doing.GETS_UP),
        stretch(Doing.TURNS),
        stretch(Doing.SITS_UP, 40.0),
    ]
    every.append(stretch(Doing.SITS_UP, beside=Said(fell=True)))
    report = summarise(every, 1)
    found = report.camera
    assert (found.found.k, found.found.n) == (1, 3)
    assert (found.exits.k, found.exits.n) == (2, 3)
    assert (found.false.k, found.false.n, found.fell.k) == (1, 3, 0)
    assert (found.after_edge.p50_s, found.warning.p50_s) == (3.0, 17.0)
    assert (report.beside.found.k, report.beside.false.k, report.beside.fell.k) == (3, 2, 1)
    assert report.sat.p50_s == 20.0


def test_sensors_of_a_drawn_stretch_say_what_somebody_does() -> None:
    class Act:
        edge, stood, seconds = 30.0, 50.0, 60.0

    said = [drawn._felt(Act(), np.random.default_rng(n)) for n in range(40)]  # type: ignore[arg-type]
    for one in said:
        assert all(o.t <= 60 * SECOND for o in one)
        bed = [o for o in one if isinstance(o, SensorSeen) and o.kind is SensorKind.BED]
        assert bed[0].on
        assert bed[0].t < 4 * SECOND
        assert not bed[-1].on
        assert bed[-1].t > 50 * SECOND
    mats = [o for one in said for o in one
            if isinstance(o, SensorSeen) and o.kind is SensorKind.MAT and o.on]  # fmt: skip
    assert 20 < len(mats) <= 40
    assert all(o.t >= 30 * SECOND for o in mats)


def test_stretches_that_were_kept_are_not_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed:
        def __enter__(self) -> None:
            return None

        def __exit__(self, *of: object) -> None:
            return None

    asked: list[int] = []

    def watched(seed: int, n: int, number: int, networks: object) -> object:
        asked.append(n)
        return stretch(drawn.ORDER[n % len(drawn.ORDER)], 33.0)

    monkeypatch.setattr(Networks, "open", lambda options: Closed())
    monkeypatch.setattr(drawn, "watched", watched)
    first = drawn.run(2, seed=3, keep=tmp_path)
    assert drawn.run(2, seed=3, keep=tmp_path) == first
    assert drawn.run(3, seed=3, keep=tmp_path).stretches[:2] == first.stretches
    assert asked == [0, 1, 2]
    assert len(drawn.run(1, seed=4, keep=tmp_path).stretches) == 1
    assert asked == [0, 1, 2, 0]
    (tmp_path / "stretch-3-0.json").write_bytes(b"{}")
    with pytest.raises(UsageError, match="stretch-3-0"):
        drawn.run(1, seed=3, keep=tmp_path)


def test_a_confirmed_fall_in_a_night_is_of_nobody(one: Night) -> None:
    fell = FallConfirmed(
        id=ID, t=round(3e4 * 1e9), node="n", room="room", chain=ID, position=0,
        config_version="0" * 12, down_s=8.0,
    )  # type: ignore[call-arg]  # fmt: skip
    scored = [report.score(one, events, 1.5) for events in ([], [fell])]
    assert [len(each.falls) for each in scored] == [0, 1]
    found = report.summarise(scored, 5, Senses.CAMERA, 0.0, "v")
    assert found.falls_of_nobody.count == 1
    assert found.falls_of_nobody.exposure == pytest.approx(3.0 / 9.5, abs=0.001)
    assert any(cause.startswith("fall while") for cause in found.causes)


def test_a_night_is_the_same_again_and_true_to_itself(one: Night) -> None:
    again = night(5, one.day.number, 1.5)
    assert again.rises == one.rises
    assert {zone.bed for zone in one.day.zones} == set(one.room.beds)
    for rise in one.rises:
        assert rise.start < rise.back
        if rise.edge is not None:
            assert rise.start < rise.edge
        if rise.stood is not None:
            assert rise.edge is not None
            assert rise.edge < rise.stood
    assert all(start < end for spans in one.asleep.values() for start, end in spans)


def test_alarms_are_scored_by_what_is_true_of_their_bed(one: Night) -> None:
    ups = [rise for rise in one.rises if rise.kind is Kind.OUT]
    first = ups[0]
    assert first.edge is not None
    assert first.stood is not None
    other = next(bed for bed in one.room.beds if bed != first.bed)
    quiet = one.asleep[other][0][0] + 30.0
    events = [
        told(BedEdge, first.bed, first.edge + 2.0),
        told(BedExit, first.bed, first.stood + 5.0),
        told(BedEdge, other, quiet),
    ]
    found = report.summarise([report.score(one, events)], 5, Senses.CAMERA, 0.0, "0" * 12)
    assert (found.edge_found.k, found.edge_found.n) == (1, len(ups))
    assert found.exit_found.k == 1
    assert found.warning.p50_s == pytest.approx(first.stood - first.edge - 2.0, abs=0.02)
    assert found.after_edge.p50_s == pytest.approx(2.0, abs=0.02)
    assert found.false_per_bed_night.count == 1
    assert found.precision.share == 0.5


def test_an_alarm_after_standing_is_no_warning(one: Night) -> None:
    first = next(rise for rise in one.rises if rise.kind is Kind.OUT)
    assert first.stood is not None
    scored = report.score(one, [told(BedEdge, first.bed, first.stood + 1.0)])
    assert scored.ups[0][0] is False


def test_bed_sensor_and_mat_find_who_gets_up(one: Night) -> None:
    watched = report.watch(one, 5, Senses.SENSORS)
    assert sum(up[0] or up[1] for up in watched.ups) >= 0.8 * len(watched.ups)


def test_sensors_speak_of_every_get_up_in_order(one: Night) -> None:
    seen = list(merged(sensors(one, 5), carers(one)))
    assert [each.t for each in seen] == sorted(each.t for each in seen)
    felt = [s for s in seen if isinstance(s, SensorSeen) and s.kind is SensorKind.BED and not s.on]
    assert len(felt) >= sum(rise.stood is not None for rise in one.rises) - 1
    assert config_of(one).rooms[0].beds[0].watch.edge


@pytest.mark.parametrize("what", list(wet_rooms.Sensors))
def test_who_does_not_come_out_is_told(what: wet_rooms.Sensors) -> None:
    found = wet_rooms.run(2, 40, seed=7, sensors=what)
    assert found.false_per_day.exposure == 60.0
    assert found.found.k == found.found.n >= 1
    assert (found.false_per_day.rate or 0.0) < 0.6
