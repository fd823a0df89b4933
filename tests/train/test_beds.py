"""What a look at a bed is worth, learned: truth of nights, counting, and a card that holds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ambient.evaluate.nights.life import Kind, Rise, night
from ambient.observations import Posture
from ambient.train import beds
from ambient.train.beds import Look, of_night, state_of, write
from fusion import bed_card
from fusion.bed_people import Shift
from fusion.ratios_beds import State
from tests.fusion.situation_kit import lies, sits, stands

SHIFTS = {
    State.LIES: (lies, Shift(0.02, 0.0, 0.3, 1.0)),
    State.SITS: (sits, Shift(0.08, 0.01, 0.28, 1.0)),
    State.EDGE: (sits, Shift(0.3, 0.28, 0.02, 1.05)),
    State.OUT: (stands, Shift(0.9, 0.9, -0.4, 1.2)),
}


def looks(each: int, seed: int = 0) -> list[Look]:
    """Return looks whose numbers scatter about what is usual of each state."""
    rng = np.random.default_rng(seed)
    made = []
    for state, (how, shift) in SHIFTS.items():
        for n in range(each):
            near = Shift(*(x + 0.03 * rng.standard_normal() for x in shift))
            made.append(Look(how(float(n)), near, state, 1.0))
    return made


def test_a_card_learned_of_looks_tells_others_of_their_kind_apart(tmp_path: Path) -> None:
    figures = write(looks(60), tmp_path, 0, 0)
    assert figures.looks == {"lies": 60.0, "sits": 60.0, "edge": 60.0, "out": 60.0}
    assert figures.information > 1.0  # log 4 would be certainty
    card = bed_card.read(tmp_path / bed_card.FILE)
    told = [(look.state, card.piece(look.seen, look.shift).llr) for look in looks(40, seed=1)]
    right = [beds.STATES[int(np.argmax(llr))] is state for state, llr in told]
    assert np.mean(right) > 0.95


def test_how_often_a_state_comes_does_not_count_for_it(tmp_path: Path) -> None:
    even, many = tmp_path / "even", tmp_path / "many"
    some = looks(60)
    write(some, even, 0, 0)
    asleep = [msgspec.structs.replace(x, counts=20.0) for x in some if x.state is State.LIES]
    write([*asleep, *(x for x in some if x.state is not State.LIES)], many, 0, 0)
    for look in looks(5, seed=2):
        one, other = (
            bed_card.read(path / bed_card.FILE).piece(look.seen, look.shift).llr
            for path in (even, many)
        )
        assert np.argmax(one) == np.argmax(other)


def test_what_is_true_of_a_rise() -> None:
    rise = Rise("a", Kind.OUT, start=100.0, edge=105.0, stood=130.0, back=600.0)
    truth = {t: beds._state(rise, t) for t in (100.5, 103.0, 110.0, 131.0)}
    assert truth == {100.5: None, 103.0: State.SITS, 110.0: State.EDGE, 131.0: State.OUT}
    drinks = Rise("a", Kind.DRINKS, start=100.0, back=200.0)
    assert beds._state(drinks, 150.0) is State.SITS


def test_looks_of_a_night_are_of_those_in_bed_and_a_still_picture_is_one() -> None:
    one = night(3, 0, 1.5)
    bed, spans = next((bed, spans) for bed, spans in one.asleep.items() if spans)
    start = max(spans, key=lambda span: span[1] - span[0])[0] + 60.0
    assert state_of(one, bed, start) is State.LIES
    assert state_of(one, bed, -5.0) is None
    zone = next(z for z in one.room.zones if z.bed in {bed, None})
    x, y = np.mean(zone.polygon, axis=0)
    still = [
        msgspec.structs.replace(
            lies(0.0), t=round((start + s) * 1e9), source="camera", posture=Posture.LYING,
            at=(float(x) * 16 / 9, float(y)), size=0.3, still=1.0,
        )
        for s in np.arange(0.0, 60.0, 0.5)
    ]  # fmt: skip
    found = list(of_night(one, still))
    assert found
    assert {look.state for look in found} == {State.LIES}
    assert sum(look.counts for look in found) == pytest.approx(5.0, abs=1.1)


def test_no_part_turns_round_whatever_was_learned_from(tmp_path: Path) -> None:
    """Looks that say the contrary of what is true: who lies is upright and far out."""
    rng = np.random.default_rng(4)
    contrary = dict(zip(beds.STATES, reversed(beds.STATES), strict=True))
    made = [
        msgspec.structs.replace(
            look,
            state=contrary[look.state],
            seen=msgspec.structs.replace(
                look.seen,
                posture=list(Posture)[int(rng.integers(len(Posture)))],
                quality=float(rng.random()),
            ),
        )
        for look in looks(60)
    ]
    write(made, tmp_path, 0, 0)  # reads the card again, which refuses what turns round
    card = bed_card.read(tmp_path / bed_card.FILE)
    stood, lay = (
        card.worth(
            msgspec.structs.replace(how(1.0), posture=Posture.OTHER),
            SHIFTS[state][1]._replace(size=1.0),
        )
        for state, how in ((State.OUT, stands), (State.LIES, lies))
    )
    assert stood[0] - stood[3] <= lay[0] - lay[3]
