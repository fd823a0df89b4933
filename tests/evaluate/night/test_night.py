"""A simulated night of a station: its table, what happens, what is told, what rings by whose rules.

The board is the hub's own logic, as the command uses it.
"""

from __future__ import annotations

from importlib.resources import files

import msgspec
import numpy as np
import pytest

from ambient.cli._night_board import HubBoard
from ambient.errors import ModelError
from ambient.evaluate.night import rates
from ambient.evaluate.night.life import NEEDLESS, Happening, Resident, What, night, residents
from ambient.evaluate.night.rates import HABITS, NAMES, Level, Table, carried
from ambient.evaluate.night.report import BAR, fewest_off, run, summarise
from ambient.evaluate.night.station import Ring, played
from ambient.evaluate.night.telling import telling


def table(**values: float) -> Table:
    """The carried table with other values: rates at all three levels, and habits."""
    known = carried()
    new_rates = {
        name: msgspec.structs.replace(rate, value=values[name], low=values[name], high=values[name])
        if name in values
        else rate
        for name, rate in known.rates.items()
    }
    habits = {
        name: msgspec.structs.replace(habit, value=values.get(name, habit.value))
        for name, habit in known.habits.items()
    }
    return Table(rates=new_rates, habits=habits)


def dice(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def rings(happenings: list[Happening], made: Table | None = None, carers: int = 2) -> list[Ring]:
    made = made or table(fall_found=1.0, help_found=1.0)
    told = telling(made, Level.MIDDLE, happenings, dice())
    return played(made, HubBoard(), told, happenings, carers=carers, rooms=6, dice=dice())


def test_the_carried_table_says_where_each_figure_comes_from() -> None:
    known = carried()
    assert set(known.rates) == set(NAMES)
    assert set(known.habits) == set(HABITS)
    for rate in known.rates.values():
        assert "ambient evaluate" in rate.source, rate.what
    assert all(habit.source for habit in known.habits.values())


def test_a_rate_without_a_figure_adds_nothing() -> None:
    known = carried()
    assert known.unmeasured == [name for name, rate in known.rates.items() if rate.value is None]
    for name in known.unmeasured:
        assert [known.rates[name].at(level) for level in Level] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rates = 1", "expected rates and habits"),
        ("[rates]\n[habits]", "rates: expected"),
    ],
)
def test_a_wrong_table_is_refused(text: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        rates.decode(text.encode())


def test_a_rate_outside_its_interval_is_refused() -> None:
    written = files("ambient.evaluate.night").joinpath(rates.FILE).read_text("utf-8")
    wrong = written.replace("value = 0.95\nlow = 0.87\n", "value = 0.5\nlow = 0.87\n")
    assert wrong != written
    with pytest.raises(ModelError, match="fall_found: expected low <= value <= high"):
        rates.decode(wrong.encode())


@pytest.mark.parametrize(
    ("happening", "sounds"),
    [
        (Happening(100, What.FALL_FALSE, 0), ["fall"]),
        (Happening(100, What.FALL, 0), ["fall"]),
        (Happening(100, What.IMPACT_FALSE, 0), ["fall"]),
        (Happening(100, What.CORD, 0), ["cord"]),
        (Happening(100, What.SOUND_FALSE, 0), ["help"]),
        (Happening(100, What.GET_UP, 0, 300.0), ["bed_edge", "bed_exit"]),
        (Happening(100, What.GET_UP, 0, 1000.0), ["bed_edge", "bed_exit", "bed_not_back"]),
        (Happening(100, What.EDGE, 0, 60.0), ["bed_edge"]),
        (Happening(100, What.NOT_OUT_FALSE, 0, 300.0), ["not_out"]),
        (Happening(100, What.NODE_LOST, 0, 120.0), ["node_silent"]),
        # Back before the hub misses it; and what is shown without a sound.
        (Happening(100, What.NODE_LOST, 0, 10.0), []),
        (Happening(100, What.CAMERA_LOST, 0, 600.0), []),
        (Happening(100, What.BATTERY, 0), []),
        (Happening(100, What.HELPED, 0, 30.0), ["bed_edge"]),
        (Happening(100, What.EDGE_FALSE, 0, 30.0), ["bed_edge"]),
        (Happening(100, What.EXIT_FALSE, 0, 30.0), ["bed_exit"]),
    ],
)
def test_what_rings(happening: Happening, sounds: list[str]) -> None:
    slow = table(
        fall_found=1.0, help_found=1.0, walk_min=60.0, edge_found=1.0,
        exit_found=1.0, helped_rang=1.0,
    )  # fmt: skip
    assert [one.kind for one in rings([happening], slow)] == sounds


def test_an_alarm_that_is_shown_is_counted() -> None:
    board = HubBoard()
    made = table()
    happenings = [Happening(100, What.CAMERA_LOST, 0, 600.0), Happening(50, What.CORD, 1)]
    told = telling(made, Level.MIDDLE, happenings, dice())
    played(made, board, told, happenings, carers=1, rooms=6, dice=dice())
    assert board.shown == 1


def test_a_call_that_lasts_rings_again_once_it_was_taken() -> None:
    quick = table(help_found=1.0, walk_min=0.5, care_min=1.0)
    call = Happening(100, What.CALLER, 0, 1200.0)
    found = rings([call], quick)
    assert [(one.kind, round(one.s)) for one in found] == [("help", 100), ("help", 400)]


def test_events_of_a_lost_node_come_when_it_is_back() -> None:
    lost = Happening(100, What.NODE_LOST, 0, 200.0)
    found = rings([lost, Happening(150, What.CORD, 1), Happening(150, What.CORD, 5)])
    assert [(one.kind, one.s) for one in found[:3]] == [
        ("node_silent", 115.0),
        ("cord", 150.0),
        ("cord", 300.0),
    ]


def test_one_carer_takes_one_after_the_other() -> None:
    cords = [Happening(100, What.CORD, room) for room in (0, 1, 2)]
    alone, many = (rings(cords, carers=n) for n in (1, 3))
    assert sum(one.waited_s or 0 for one in alone) > sum(one.waited_s or 0 for one in many)


def test_what_is_so_does_not_depend_on_the_rates() -> None:
    people = residents(carried(), 30, dice())
    lived = [
        [
            one
            for one in night(carried(), level, people, dice(2), dice(3))
            if one.what not in NEEDLESS
        ]
        for level in Level
    ]
    assert lived[0] == lived[1] == lived[2]


def test_false_falls_come_as_often_as_measured() -> None:
    people = [Resident(room, 0.0, wears=False, calls=False, watched=False) for room in range(30)]
    made = table(fall_false=0.3)
    count = sum(
        one.what is What.FALL_FALSE
        for n in range(300)
        for one in night(made, Level.MIDDLE, people, dice(n), dice(1000 + n))
    )
    expected = 300 * 30 * 0.3  # a room and night
    assert abs(count - expected) < 4 * expected**0.5


def nights_of(**a_night: int) -> list[list[Ring]]:
    each = [Ring(0, "x", What[name], 60.0) for name, n in a_night.items() for _ in range(n)]
    return [each] * 4


@pytest.mark.parametrize(
    ("rung", "meets", "off"),
    [
        ({"FALL_FALSE": 6, "GET_UP": 90}, True, []),
        ({"FALL_FALSE": 4, "EDGE": 12}, False, ["edge of the bed (beds: watch: edge)"]),
        (
            {"FALL_FALSE": 4, "EDGE": 12, "IMPACT_FALSE": 5, "SOUND_FALSE": 1},
            False,
            ["edge of the bed (beds: watch: edge)", "wristbands (wearables)"],
        ),
        # Falls alone are too many: nothing else helps, and they are not left out.
        ({"FALL_FALSE": 7, "EDGE": 12}, False, []),
    ],
)
def test_what_would_have_to_be_left_out(rung: dict[str, int], meets: bool, off: list[str]) -> None:
    found = summarise(Level.MIDDLE, nights_of(**rung), 2, 0.0, 1)
    assert found.meets is meets
    assert fewest_off(found, 2) == off


def test_a_report_is_the_same_for_the_same_seed() -> None:
    first, second = (run(3, HubBoard, seed=5) for _ in range(2))
    assert first == second
    assert first.bar == BAR
    assert list(first.levels) == [level.value for level in Level]
    middle = first.levels["middle"]
    assert middle.needless.mean == pytest.approx(2 * middle.a_carer.mean, abs=0.01)
    total = sum(needed + needless for needed, needless in middle.by_kind.values())
    assert total == pytest.approx(middle.needed.mean + middle.needless.mean, abs=0.02)
