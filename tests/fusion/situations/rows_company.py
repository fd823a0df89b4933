"""Rooms with more than the resident in them: carers, visitors, neighbours."""

from __future__ import annotations

from ambient.observations import Place, SensorKind, SoundClass, View
from tests.fusion.situations.homes import (
    DOUBLE,
    PERMITTED_MAT,
    PLAIN,
    SINGLE,
    TWO_ROOMS,
    UNWATCHED,
    home,
)
from tests.fusion.situations.kit import MINUTE, NIGHT, Story
from tests.fusion.situations.people import (
    BEDSIDE_A,
    BY_A,
    BY_B,
    CHAIR,
    DOOR,
    EDGE_B,
    FLOOR,
    IN_A,
    IN_B,
    MAT,
    MIDDLE,
    Person,
)
from tests.fusion.situations.rows_falls import falls
from tests.fusion.situations.table import BEDS, FALLS, PEOPLE, TECHNICAL, Rows, Shall

ROWS = Rows("Carers, visitors and neighbours")
WITH_MAT = home(watch=UNWATCHED, zones=PERMITTED_MAT)


def sleeps(s: Story, end: float, begin: float = 0.0) -> Person:
    """Let Anne sleep in bed A."""
    return s.person(1).stays(begin, end, "lies", IN_A, place=Place.BED, bed="a")


@ROWS.add(
    "Helper arrives",
    "Somebody has fallen; a carer comes, kneels down beside and stands up again.",
    SINGLE,
    100,
    shall=[Shall("fall.confirmed", 22, 30, times=1)],
    shall_not=["fall.recovered"],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=80)
    carer = s.person(2).walks(50, 55, DOOR, (1.25, 0.7))
    carer.stays(55, 75, "kneels", (1.25, 0.74), still=0.4)
    carer.stays(75, 95, "stands", (1.25, 0.7))


@ROWS.add(
    "Helped up",
    "The carer helps who has fallen up; both stand.",
    SINGLE,
    100,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.recovered", 60, 80, times=1)],
)
def _(s: Story) -> None:
    one = falls(s, lies_s=40)
    s.person(2).walks(50, 55, DOOR, (1.25, 0.7)).stays(55, 95, "stands", (1.25, 0.7))
    up = one.gets_up(60, FLOOR)
    one.stays(up, 95, "stands", FLOOR)


@ROWS.add(
    "Carer kneels by a resident",
    "The resident sits in a chair; the carer ties shoes, on the knees.",
    SINGLE,
    120,
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    s.person(1).stays(0, 120, "sits", CHAIR, place=Place.CHAIR)
    carer = s.person(2).walks(10, 15, DOOR, (0.7, 0.74))
    carer.stays(15, 60, "kneels", (0.7, 0.76), still=0.4)
    carer.stays(60, 70, "bows down", (0.7, 0.78), still=0.4)
    carer.stays(70, 120, "stands", (0.7, 0.74))
    s.sensor(10, "badge", SensorKind.CARER)


@ROWS.add(
    "Carer falls",
    "The resident is in bed; the carer slips and stays on the floor, badge and all.",
    SINGLE,
    60,
    shall=[Shall("fall.confirmed", 22, 32, times=1)],
)
def _(s: Story) -> None:
    sleeps(s, 60)
    s.sensor(14, "badge", SensorKind.CARER)
    falls(s, track=2)


@ROWS.add(
    "Night round",
    "A carer with a badge comes in, bends over the sleeper and goes again.",
    SINGLE,
    5 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.edge confirmed", "bed.exit confirmed"],
)
def _(s: Story) -> None:
    sleeps(s, 300)
    s.band().rests(0, 300)
    s.sensor(100, "badge", SensorKind.CARER)
    carer = s.person(2).walks(102, 110, DOOR, BEDSIDE_A)
    carer.stays(110, 140, "bends", BEDSIDE_A, still=0.4)
    carer.walks(140, 148, BEDSIDE_A, DOOR).leaves(148)
    s.sensor(150, "badge", SensorKind.CARER, on=False)


@ROWS.add(
    "Night round without a badge",
    "The same, and nothing tells that it is a carer.",
    SINGLE,
    5 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.edge confirmed", "bed.exit confirmed"],
)
def _(s: Story) -> None:
    sleeps(s, 300)
    s.band().rests(0, 300)
    carer = s.person(2).walks(102, 110, DOOR, BEDSIDE_A)
    carer.stays(110, 140, "bends", BEDSIDE_A, still=0.4)
    carer.walks(140, 148, BEDSIDE_A, DOOR).leaves(148)


@ROWS.add(
    "Visitor",
    "A visitor comes in, sits on the chair by the bed for five minutes and leaves.",
    SINGLE,
    7 * MINUTE,
    shall_not=[PEOPLE, TECHNICAL],
)
def _(s: Story) -> None:
    sleeps(s, 420)
    s.band().rests(0, 420)
    visitor = s.person(2).walks(30, 36, DOOR, CHAIR)
    visitor.stays(36, 336, "sits", CHAIR, place=Place.CHAIR)
    visitor.walks(336, 342, CHAIR, DOOR).leaves(342)


@ROWS.add(
    "Visitor sits on the bed",
    "At night a visitor sits at the foot of the bed of a sleeper.",
    SINGLE,
    4 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.edge confirmed", "bed.exit confirmed"],
)
def _(s: Story) -> None:
    sleeps(s, 240)
    visitor = s.person(2).walks(30, 36, DOOR, (0.8, 0.64))
    visitor.stays(36, 180, "sits", (0.82, 0.49), place=Place.BED, bed="a")
    visitor.walks(180, 190, (0.8, 0.64), DOOR).leaves(190)


@ROWS.add(
    "Visitor falls",
    "A visitor falls while the resident sits in the chair and cannot help.",
    PLAIN,
    70,
    shall=[Shall("fall.confirmed", 22, 45, times=1)],
)
def _(s: Story) -> None:
    s.person(1).stays(0, 70, "sits", CHAIR, place=Place.CHAIR)
    falls(s, lies_s=50, track=2)


@ROWS.add(
    "Cleaner moves the bed",
    "A cleaner pushes the empty bed aside, bumps the camera and mops.",
    SINGLE,
    4 * MINUTE,
    shall=[Shall("quality.degraded", 60, 70, times=1)],
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    cleaner = s.person().walks(20, 28, DOOR, BY_A)
    cleaner.moves(28, 58, "bends", BY_A, (1.2, 0.6))
    s.sound(40, SoundClass.THUD, 0.9)
    s.view(62, View.MOVED)
    cleaner.stays(60, 90, "kneels", MIDDLE, still=0.2)
    cleaner.stays(90, 220, "bends", MIDDLE, still=0.2)
    cleaner.walks(220, 226, MIDDLE, DOOR).leaves(226)


@ROWS.add(
    "Hoist",
    "Two carers lift the resident out of bed with a hoist into the wheelchair.",
    SINGLE,
    5 * MINUTE,
    start=NIGHT,
    shall_not=["fall.confirmed", "bed.exit confirmed"],
)
def _(s: Story) -> None:
    s.sensor(30, "badge", SensorKind.CARER)
    for track, where in ((2, BEDSIDE_A), (3, (0.85, 0.66))):
        carer = s.person(track).walks(30, 36, DOOR, where)
        carer.stays(36, 290, "stands", where, still=0.5)
    one = sleeps(s, 90)
    one.moves(90, 120, "hangs", IN_A, (0.53, 0.34))
    one.moves(120, 160, "hangs", (0.53, 0.34), MIDDLE)
    one.stays(160, 290, "sits", MIDDLE, place=Place.CHAIR)


@ROWS.add(
    "Physiotherapy on a permitted mat",
    "Exercises on a mat that a nurse marked, therapist beside.",
    WITH_MAT,
    5 * MINUTE,
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    s.person(2).stays(0, 300, "kneels", (0.75, 0.75), still=0.5)
    one = s.person(1).stays(0, 20, "sits on the floor", MAT, place=Place.PERMITTED)
    one.stays(20, 240, "lies", MAT, still=0.3, place=Place.PERMITTED)
    one.stays(240, 300, "sits on the floor", MAT, place=Place.PERMITTED)


@ROWS.add(
    "Physiotherapy on a mat that nobody marked",
    "The same without a mark: lying on the floor alarms, as it must, and once.",
    PLAIN,
    5 * MINUTE,
    shall=[Shall("fall.confirmed", 30, 60, times=1)],
)
def _(s: Story) -> None:
    s.person(2).stays(0, 300, "stands", (0.75, 0.7), still=0.5)
    one = s.person(1).stays(0, 20, "sits on the floor", MAT)
    one.stays(20, 240, "lies", MAT, still=0.3)


@ROWS.add(
    "Double room with a curtain",
    "Behind the curtain Bert gets up at night; Anne sleeps in view.",
    DOUBLE,
    4 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.exit confirmed", "bed.edge confirmed"],
)
def _(s: Story) -> None:
    sleeps(s, 240)
    s.band("w2", "s-bbbb").rests(0, 100).walks(100, 140).rests(140, 240)
    s.band().rests(0, 240)


@ROWS.add(
    "Fall behind the curtain",
    "Bert falls behind the curtain; only his wristband can tell.",
    DOUBLE,
    4 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("fall.confirmed", 104, 150, times=1, subject="s-bbbb", because=("wearable.impact",))
    ],
    shall_not=[BEDS],
)
def _(s: Story) -> None:
    sleeps(s, 240)
    s.band().rests(0, 240)
    s.band("w2", "s-bbbb").rests(0, 90).walks(90, 100).impact(100).rests(101, 240, (0, 0, 1))


@ROWS.add(
    "One of two gets up",
    "In the double room Anne leaves her bed at night; Bert sleeps on.",
    DOUBLE,
    3 * MINUTE,
    start=NIGHT,
    shall=[Shall("bed.exit confirmed", 100, 120, times=1, subject="s-aaaa")],
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    s.person(2).stays(0, 180, "lies", IN_B, place=Place.BED, bed="b")
    one = sleeps(s, 90)
    one.stays(90, 104, "sits", (0.53, 0.5), still=0.5, place=Place.BED, bed="a")
    one.stays(104, 108, "stands", BY_A, still=0.3).walks(108, 116, BY_A, DOOR).leaves(116)


@ROWS.add(
    "Wrong resident in the room",
    "A neighbour wanders in at night and sits down on Bert's empty bed.",
    DOUBLE,
    4 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.exit confirmed"],
)
def _(s: Story) -> None:
    sleeps(s, 240)
    other = s.person(2).walks(60, 68, DOOR, BY_B)
    other.stays(68, 180, "sits", EDGE_B, place=Place.BED, bed="b")
    other.walks(180, 188, BY_B, DOOR).leaves(188)


@ROWS.add(
    "Wrong resident falls",
    "A neighbour falls in this room: told for this room, as nobody in particular.",
    TWO_ROOMS,
    70,
    shall=[Shall("fall.confirmed", 22, 32, times=1, room="r12")],
)
def _(s: Story) -> None:
    s.band().rests(0, 70)
    falls(s, track=2, lies_s=50)
