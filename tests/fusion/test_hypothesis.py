"""Log-odds of a hypothesis: windows, decay, one cause counted once; and the table behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from ambient.errors import ModelError
from ambient.events import Contribution, Sense
from fusion.evidence import Judgement, probability
from fusion.hypothesis import (
    MOST_KEPT,
    Evidence,
    Pieces,
    scaled,
    strongest,
    weigh,
)
from fusion.ratios import Hypothesis, Ratio, Scale, carried, read
from tests.fusion.senses_kit import ns


def ratio(sense: Sense, cause: str, **more: float) -> Ratio:
    window = {"before_s": 5.0, "after_s": 10.0, "half_life_s": 60.0} | more
    return Ratio(
        sense=sense,
        cause=cause,
        about="anything",
        x=[0.0, 1.0, 3.0],
        llr=[-1.0, 0.0, 2.0],
        source="made for this test alone",
        **window,
    )


TABLE = Hypothesis(
    prior=-2.0,
    suspect=-0.4,
    confirm=0.8,
    hurry=2.0,
    source="made for this test alone",
    camera=Scale(x=[-2.0, 1.0, 5.0], odds=[-2.0, -1.0, 3.0], source="made for this test alone"),
    overlap={"hit": 0.5, "same": 1.0, "apart": 0.0},
    ratios={
        "thud": ratio(Sense.SOUND_THUD, "hit"),
        "impact": ratio(Sense.WEARABLE_IMPACT, "hit"),
        "scream": ratio(Sense.SOUND_SCREAM, "apart"),
        "help": ratio(Sense.SOUND_HELP, "apart"),
        "bed": ratio(Sense.SENSOR_BED, "same"),
        "chair": ratio(Sense.SENSOR_CHAIR, "same"),
    },
)


def piece(name: str, llr: float, at: float = 100.0, source: str = "a") -> Evidence:
    return Evidence(name, source, ns(at), ns(at), llr)


def total(*pieces: Evidence, began: float = 100.0, t: float = 100.0) -> float:
    return weigh(TABLE, pieces, ns(began), ns(t)).total


@pytest.mark.parametrize(
    ("x", "llr"), [(-9.0, -1.0), (0.0, -1.0), (0.5, -0.5), (1.0, 0.0), (2.0, 1.0), (9.0, 2.0)]
)
def test_a_curve_is_straight_between_its_points_and_held_beyond(x, llr):
    assert TABLE.ratios["thud"].at(x) == pytest.approx(llr)


@pytest.mark.parametrize(
    ("at", "counts"), [(94.0, False), (95.0, True), (100.0, True), (110.0, True), (111.0, False)]
)
def test_a_piece_belongs_to_a_situation_by_its_window(at, counts):
    assert (total(piece("thud", 2.0, at), t=111) > 0) is counts


def test_evidence_is_worth_half_after_its_half_life():
    assert total(piece("thud", 2.0), t=160) == pytest.approx(1.0, abs=1e-3)
    assert total(piece("thud", 2.0), t=2000) == 0.0


def test_what_is_missing_adds_nothing():
    assert total() == 0.0
    assert weigh(TABLE, [], 0, 0).contributions == ()


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([piece("thud", 2.0), piece("thud", 1.5, source="b")], 2.0),  # two microphones
        ([piece("thud", 1.0), piece("impact", 2.0)], 2.5),  # one cause, felt and heard
        ([piece("scream", 1.0), piece("help", 1.0)], 2.0),  # independent
        ([piece("bed", -1.0), piece("chair", -1.5)], -1.5),  # one says what the other says
        ([piece("thud", 2.0), piece("impact", -1.0)], 1.0),  # for and against
    ],
)
def test_one_cause_is_not_counted_over_and_over(pieces, expected):
    assert total(*pieces) == pytest.approx(expected)
    assert total(*reversed(pieces)) == pytest.approx(expected)


def test_what_was_weighed_elsewhere_counts_like_a_piece():
    given = [("hit", Contribution(Sense.VISION_DESCENT, 1.0))]
    found = weigh(TABLE, [piece("impact", 2.0)], ns(100), ns(100), given)
    assert found.total == pytest.approx(2.5)
    assert found.total == pytest.approx(sum(c.llr for c in found.contributions))


def test_a_newer_piece_takes_the_place_of_the_older_and_memory_is_bounded():
    kept = Pieces()
    kept.add(piece("thud", 2.0))
    kept.add(piece("thud", 1.0))
    assert [e.llr for e in kept.kept] == [1.0]
    for i in range(3 * MOST_KEPT):
        kept.add(piece("thud", 1.0, source=f"s{i}"))
    assert len(kept.kept) == MOST_KEPT
    kept.forget(TABLE, ns(5000))
    assert kept.kept == []


def test_what_is_kept_stays_the_same_list_while_nothing_of_it_goes():
    """Whoever weighed it knows by that that it need not be weighed anew."""
    kept = Pieces()
    kept.add(piece("thud", 2.0))
    before = kept.kept
    kept.forget(TABLE, ns(101))
    kept.drop("impact", "w1")
    assert kept.kept is before
    kept.drop("thud", before[0].source)
    assert kept.kept == [] != before


def test_an_event_carries_the_strongest_only():
    many = [Contribution(sense, i / 10) for i, sense in enumerate(Sense)]
    kept = strongest(many)
    assert len(kept) == 16
    assert min(c.llr for c in kept) >= max(c.llr for c in many if c not in kept)
    assert strongest(many[:5]) == many[:5]


def test_probabilities_stay_finite():
    assert 0.0 < probability(-1e9) < 1e-12
    assert 1.0 - 1e-12 < probability(1e9) <= 1.0


# -- the table ---------------------------------------------------------------------------------


def test_the_table_that_is_carried_is_whole():
    table = carried()
    assert table.down.prior < table.down.suspect < table.down.confirm
    for name, one in table.down.ratios.items():
        assert len(one.source) > 40, name
        assert one.fitted or "assumed" in one.source, name


def test_the_page_shows_the_table_as_it_is():
    page = (Path(__file__).parents[2] / "docs" / "fusion.md").read_text(encoding="utf-8")
    for name, one in carried().down.ratios.items():
        curve = ", ".join(f"{x:g} ► {llr:+g}" for x, llr in zip(one.x, one.llr, strict=True))
        kind = "fitted" if one.fitted else "assumed"
        row = next((line for line in page.splitlines() if line.startswith(f"| `{name}` |")), "")
        assert f"| {one.about} | {curve} | {one.cause} |" in row, name
        assert row.endswith(f"| {kind} |"), name


def _text() -> str:
    from importlib.resources import files

    return (files("fusion") / "ratios.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("llr = [", "llr = [0.0, ", "as many llr"),
        ('cause = "voice"', 'cause = "noise"', "expected one of"),
        ("suspect = -0.405", "suspect = 5.0", "below confirm"),
        ("half_life_s = 300.0", "half_life_s = 0.0", "half_life_s"),
        ('sense = "sound.thud"', 'sense = "sound.thump"', "sense"),
        ("[down]", "[down]\nweight = 1.0", "weight"),
        ("odds = [-2.5", "odds = [-2.4", "camera: expected rising"),
        ("x = [-2.5", "x = [-2.2", "camera: expected rising"),
        ("llr = [0.0, 2.0]", "llr = [0.0, 20.0]", "-8 to 8"),
    ],
)
def test_a_table_that_says_what_cannot_be_is_refused(tmp_path, old, new, said):
    text = _text()
    assert old in text
    path = tmp_path / "ratios.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ModelError, match=said):
        read(path)


@pytest.mark.parametrize(
    ("llr", "odds"),
    [(-3.0, -5.0), (0.0, -2.0), (1.0, -1.667), (3.0, -1.0), (5.0, 1.0), (7.0, 3.0), (9.0, 3.0)],
)
def test_what_a_camera_is_worth_is_stated_and_its_own_log_odds_decide(llr, odds):
    parts = (Contribution(Sense.VISION_POSTURE, llr + 1.0), Contribution(Sense.PLACE, -1.0))
    seen = Judgement(probability(TABLE.prior + llr), parts, subject="s-1")
    found = scaled(TABLE, seen)
    assert TABLE.prior + sum(c.llr for c in found.contributions) == pytest.approx(odds, abs=0.002)
    assert found.probability == pytest.approx(probability(odds), abs=0.001)
    assert found.decides == seen.probability
    assert found.subject == "s-1"


def test_a_table_that_is_missing_is_named(tmp_path):
    with pytest.raises(ModelError, match="ambient train fusion"):
        read(tmp_path / "none.toml")


def test_a_table_can_be_read_from_a_file(tmp_path):
    path = tmp_path / "ratios.toml"
    path.write_text(_text())
    assert structs.asdict(read(path)) == structs.asdict(carried())
