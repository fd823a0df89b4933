"""The scorecard of looks at a bed's occupant: what it says, what it never may, what is refused."""

from __future__ import annotations

import math
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient.errors import ModelError
from ambient.observations import Posture, PostureSeen
from fusion import bed_card, bed_looks
from fusion.bed_people import Shift
from fusion.ratios_beds import EDGE, LIES, OUT, SITS
from tests.fusion.situation_kit import lies, sits, stands

CARD = Path(bed_card.__file__).with_name(bed_card.FILE)
UNIT = st.floats(0.0, 1.0)
PLACE = st.builds(
    Shift,
    apart=st.floats(0.0, 2.0),
    outwards=st.floats(-1.0, 2.0),
    depth=st.floats(-2.0, 1.0),
    size=st.floats(0.1, 3.0),
)
SEEN = st.builds(
    lambda posture, **keys: msgspec.structs.replace(sits(1), posture=posture, **keys),
    posture=st.sampled_from(Posture),
    upright=UNIT,
    down=UNIT,
    probability=UNIT,
    quality=UNIT,
)


@pytest.mark.parametrize(
    ("seen", "shift", "state"),
    [
        (lies(1), Shift(0.0, 0.0, 0.3, 1.0), LIES),
        (sits(1), Shift(0.3, 0.3, 0.0, 1.0), EDGE),
        (stands(1), Shift(0.8, 0.8, -0.5, 1.0), OUT),
    ],
)
def test_plain_looks_are_what_they_are(seen: PostureSeen, shift: Shift, state: int) -> None:
    llr = bed_card.carried().piece(seen, shift).llr
    assert llr[state] == 0.0
    assert sorted(llr)[-2] < -1.0


@pytest.mark.parametrize("quality", [0.4, 0.7, 0.95])
def test_who_sits_up_where_they_lie_is_in_bed(quality: float) -> None:
    """Propped up or sitting up: one look of it cannot tell, and it is not the edge."""
    llr = bed_card.carried().piece(sits(1, quality=quality), Shift(0.05, 0.0, 0.3, 1.0)).llr
    assert max(llr[EDGE], llr[OUT]) < -2.0
    assert abs(llr[LIES] - llr[SITS]) < 1.5


def test_what_is_kept_of_looks_is_what_the_card_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bed_looks, "KEPT", 50)
    card, rng = bed_card.carried(), random.Random(3)
    looks = bed_looks.Looks(card)

    def near(*edges: float) -> float:
        """Return an edge of the card itself, or what lies just beside it."""
        return rng.choice(
            [rng.uniform(-1.0, 2.0), rng.choice(edges) + rng.choice([-1e-9, 0, 1e-9])]
        )

    for _ in range(4000):
        edges = {name: card.numbers[name].edges for name in bed_looks.ABOUT}
        seen = msgspec.structs.replace(
            sits(1),
            posture=rng.choice(list(Posture)),
            upright=near(*edges["upright"], bed_looks.HALF, bed_looks.UP),
            down=near(*edges["down"]),
            probability=near(*edges["sure"]),
        )
        shift = Shift(
            near(*edges["apart"], bed_looks.HERE),
            near(*edges["outwards"], bed_looks.RIM, bed_looks.AWAY),
            near(*edges["depth"], 0.0),
            near(*edges["size"]),
        )
        assert looks.piece(seen, shift) == card.piece(seen, shift)


def test_no_look_is_worth_more_than_the_most() -> None:
    card = bed_card.carried()
    for posture in Posture:
        for upright in (0.0, 0.3, 0.6, 1.0):
            for shift in (Shift(0, 0, 0.3, 1), Shift(2, 2, -2, 3), Shift(0.2, 0.1, 0.1, 0.5)):
                seen = msgspec.structs.replace(sits(1), posture=posture, upright=upright)
                llr = card.piece(seen, shift).llr
                assert max(llr) == 0.0
                assert min(llr) >= -bed_looks.MOST
                assert all(math.isfinite(one) for one in llr)


def in_bed(seen: PostureSeen, shift: Shift, **changed: float) -> float:
    """Return how far a changed look speaks for lying against sitting on the edge or being out."""
    looks = {name: value for name, value in changed.items() if name not in Shift._fields}
    places = {name: value for name, value in changed.items() if name in Shift._fields}
    lying, _, *up = bed_card.carried().worth(
        msgspec.structs.replace(seen, **looks), shift._replace(**places)
    )
    return lying - max(up)


@given(SEEN, PLACE, UNIT, UNIT)
def test_being_more_upright_or_less_down_never_speaks_for_lying(
    seen: PostureSeen, shift: Shift, one: float, other: float
) -> None:
    less, more = sorted((one, other))
    assert in_bed(seen, shift, upright=more) <= in_bed(seen, shift, upright=less) + 1e-9
    assert in_bed(seen, shift, down=less) <= in_bed(seen, shift, down=more) + 1e-9


@given(SEEN, PLACE, st.floats(-1.0, 2.0), st.floats(-1.0, 2.0))
def test_being_further_out_never_speaks_for_being_in_bed(
    seen: PostureSeen, shift: Shift, one: float, other: float
) -> None:
    less, more = sorted((one, other))
    assert in_bed(seen, shift, outwards=more) <= in_bed(seen, shift, outwards=less) + 1e-9
    assert in_bed(seen, shift, depth=less) <= in_bed(seen, shift, depth=more) + 1e-9


@given(SEEN, PLACE)
def test_who_is_seen_upright_away_from_where_they_lay_is_not_in_bed(
    seen: PostureSeen, shift: Shift
) -> None:
    up = msgspec.structs.replace(seen, upright=max(0.5, seen.upright))
    away = shift._replace(outwards=max(0.35, shift.outwards))
    llr = bed_card.carried().piece(up, away).llr
    assert max(llr[LIES], llr[SITS]) <= max(llr[EDGE], llr[OUT]) - bed_looks.PLAINLY + 1e-9


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[numbers.down]", "[numbers.dawn]", "missing or unknown: dawn, down"),
        ("sitting = ", "seated = ", "Invalid"),
        ("up-rim = ", "up-ream = ", "missing or unknown: up-ream, up-rim"),
        ("edges = [0.02,", "edges = [0.9,", "rising edges"),
        ("base = [", "base = [nan, ", "expected the scorecard"),
        ("version", "versions", "expected the scorecard"),
        (
            "other = [0.0, 0.0,",
            "other = [0.9, 0.0,",
            "posture.other: expected that it speaks for no",
        ),
    ],
)
def test_a_damaged_card_is_refused_by_name(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    text = CARD.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / bed_card.FILE
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelError, match=expected):
        bed_card.read(path)


def test_a_card_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ambient train beds"):
        bed_card.read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("part", "step", "row", "expected"),
    [
        ("upright", -1, (3.0, 0.0, 0.0, 0.0), "no step further up speaks for lying"),
        ("down", 0, (9.0, 0.0, 0.0, 0.0), "no step further down speaks for lying"),
        ("apart", -1, (9.0, 0.0, 0.0, 0.0), "no step further up speaks for lying"),
        ("outwards", -1, (4.0, 0.0, 0.0, 0.0), "further up speaks for the bed"),
        ("depth", 0, (0.0, 0.0, 9.0, 0.0), "further down speaks for the bed"),
        ("sure", 3, (0.0, 0.0, 0.0, -0.4), "no value is beyond 0.3"),
        ("size", 3, (0.5, 0.0, 0.0, 0.0), "no value is beyond 0.4"),
    ],
)
def test_a_card_of_which_a_part_turns_round_is_refused(
    part: str, step: int, row: bed_looks.Worth, expected: str
) -> None:
    card = msgspec.to_builtins(bed_card.carried())
    card["numbers"][part]["llr"][step] = row
    (fault,) = bed_card.faults(msgspec.convert(card, bed_looks.Card))
    assert fault.startswith(f"numbers.{part}")
    assert expected in fault


@pytest.mark.parametrize(
    ("kind", "name", "row", "expected"),
    [
        ("posture", "standing", (0.5, 0.0, 0.0, 0.0), "no label of somebody upright"),
        ("posture", "lying", (1.2, 0.0, 0.0, 0.0), "no value is beyond 1.0"),
        ("together", "up-here", (9.0, 0.0, 0.0, 0.0), "nothing more upright speaks for lying"),
        ("together", "lies-away", (0.0, 9.0, 0.0, 0.0), "nothing further out speaks for being in"),
    ],
)
def test_a_card_of_which_a_name_turns_round_is_refused(
    kind: str, name: str, row: bed_looks.Worth, expected: str
) -> None:
    card = msgspec.to_builtins(bed_card.carried())
    card[kind][name] = row
    found = bed_card.faults(msgspec.convert(card, bed_looks.Card))
    assert any(fault.startswith(kind) and expected in fault for fault in found)
