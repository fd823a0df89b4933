"""The scorecard of looks at a bed's occupant: what it says, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from ambient.errors import ModelError
from ambient.observations import Posture, PostureSeen
from fusion import bed_looks
from fusion.bed_people import Shift
from tests.fusion.situation_kit import lies, sits, stands

LIES, SITS, EDGE, OUT = range(4)
CARD = Path(bed_looks.__file__).with_name(bed_looks.FILE)


@pytest.mark.parametrize(
    ("seen", "shift", "state"),
    [
        (lies(1), Shift(0.0, 0.0, 0.3, 1.0), LIES),
        (sits(1), Shift(0.05, 0.0, 0.3, 1.0), SITS),
        (sits(1), Shift(0.3, 0.3, 0.0, 1.0), EDGE),
        (stands(1), Shift(0.8, 0.8, -0.5, 1.0), OUT),
    ],
)
def test_plain_looks_are_what_they_are(seen: PostureSeen, shift: Shift, state: int) -> None:
    llr = bed_looks.carried().piece(seen, shift).llr
    assert llr[state] == 0.0
    assert sorted(llr)[-2] < -1.0


def test_no_look_is_worth_more_than_the_most() -> None:
    card = bed_looks.carried()
    for posture in Posture:
        for upright in (0.0, 0.3, 0.6, 1.0):
            for shift in (Shift(0, 0, 0.3, 1), Shift(2, 2, -2, 3), Shift(0.2, 0.1, 0.1, 0.5)):
                seen = msgspec.structs.replace(sits(1), posture=posture, upright=upright)
                llr = card.piece(seen, shift).llr
                assert max(llr) == 0.0
                assert min(llr) >= -bed_looks.MOST
                assert all(math.isfinite(one) for one in llr)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[numbers.down]", "[numbers.dawn]", "missing or unknown: dawn, down"),
        ("sitting = ", "seated = ", "Invalid"),
        ("up-rim = ", "up-ream = ", "missing or unknown: up-ream, up-rim"),
        ("edges = [0.02,", "edges = [0.9,", "rising edges"),
        ("base = [", "base = [nan, ", "expected the scorecard"),
        ("version", "versions", "expected the scorecard"),
    ],
)
def test_a_damaged_card_is_refused_by_name(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    text = CARD.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / bed_looks.FILE
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelError, match=expected):
        bed_looks.read(path)


def test_a_card_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ambient train beds"):
        bed_looks.read(tmp_path / "none.toml")
