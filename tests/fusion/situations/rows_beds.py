"""Beds at night: getting up, sitting up, being away, and clocks that are set."""

from __future__ import annotations

from datetime import datetime, timedelta

from ambient.observations import Place, SensorKind
from tests.fusion.situations.homes import (
    BADGE,
    CORD,
    PAD_A,
    SHOWN,
    SINGLE,
    UNWATCHED,
    WEARS_A,
    home,
)
from tests.fusion.situations.kit import BERLIN, DAY, MINUTE, NIGHT, Story
from tests.fusion.situations.people import BEDSIDE_A, BY_A, DOOR, EDGE_A, IN_A, Person
from tests.fusion.situations.table import ABSENCES, BEDS, FALLS, PEOPLE, Rows, Shall

ROWS = Rows("Beds and nights")
UNWATCHED_BED = home(watch=UNWATCHED, wearables=WEARS_A, sensors=f"{CORD}, {BADGE}")
CAMERA_ALONE = home(watch=SHOWN, sounds=False)
PAD_BESIDE = home(watch=SHOWN, sounds=False, sensors=PAD_A)
PAD_ALONE = home(cameras=0, sounds=False, sensors=PAD_A)
TWO_0230 = datetime(2026, 10, 25, 2, 45, tzinfo=BERLIN)
"""A quarter of an hour before the clock goes back from 3:00 to 2:00."""
NO_0230 = datetime(2027, 3, 28, 1, 50, tzinfo=BERLIN)
"""Ten minutes before the clock goes on from 2:00 to 3:00."""
RISES = 120.0
"""Second at which somebody sits up."""


def gets_up(s: Story, at: float = RISES, edge_s: float = 25.0) -> Person:
    """Let Anne sleep, sit on the edge, stand up and go out of the picture."""
    one = s.person(1).stays(0, at, "lies", IN_A, place=Place.BED, bed="a")
    one.stays(at, at + edge_s, "sits", EDGE_A, still=0.7, place=Place.BED, bed="a")
    up = at + edge_s
    one.stays(up, up + 3, "stands", BY_A, still=0.3)
    return one.walks(up + 3, up + 10, BY_A, DOOR).leaves(up + 10)


def comes_back(s: Story, at: float, end: float, track: int = 2) -> None:
    """Let Anne come back and lie down again."""
    one = s.person(track).walks(at, at + 8, DOOR, BY_A)
    one.stays(at + 8, at + 12, "sits", EDGE_A, still=0.4, place=Place.BED, bed="a")
    one.stays(at + 12, end, "lies", IN_A, place=Place.BED, bed="a")


@ROWS.add(
    "Gets up at night",
    "The watched sleeper sits on the edge for 25 s, stands up and goes.",
    SINGLE,
    4 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.edge confirmed", 120, 140, times=1, subject="s-aaaa"),
        Shall("bed.exit confirmed", 143, 160, times=1, subject="s-aaaa"),
    ],
    shall_not=[FALLS, "bed.not_back"],
)
def _(s: Story) -> None:
    gets_up(s)


@ROWS.add(
    "Gets up at night, camera alone",
    "No bed sensor; nobody asked for rings on the camera's word alone: shown, nothing rings.",
    CAMERA_ALONE,
    4 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.edge suspected", 120, 140, times=1, subject="s-aaaa"),
        Shall("bed.exit suspected", 143, 160, times=1, subject="s-aaaa"),
    ],
    shall_not=[FALLS, "bed.edge confirmed", "bed.exit confirmed"],
)
def _(s: Story) -> None:
    gets_up(s)


@ROWS.add(
    "Gets up at night, camera and pad",
    "The pad in the bed lets go when the sleeper stands; the camera has seen the edge before.",
    PAD_BESIDE,
    4 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.edge confirmed", 120, 140, times=1, subject="s-aaaa"),
        Shall("bed.exit confirmed", 143, 160, times=1, subject="s-aaaa"),
    ],
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    gets_up(s)
    s.sensor(1, "pad-a", SensorKind.BED, on=True, bed="a")
    s.sensor(RISES + 26, "pad-a", SensorKind.BED, on=False, bed="a")


@ROWS.add(
    "Gets up at night, not watched for",
    "The same in a bed for which nobody asked for alarms.",
    UNWATCHED_BED,
    4 * MINUTE,
    start=NIGHT,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    gets_up(s)


@ROWS.add(
    "Gets up by day",
    "The same at two in the afternoon; the bed is watched at night only.",
    SINGLE,
    4 * MINUTE,
    start=DAY,
    shall_not=[FALLS, "bed.edge", "bed.exit", "bed.not_back"],
)
def _(s: Story) -> None:
    gets_up(s)


@ROWS.add(
    "Restless sleeper",
    "Turns over every minute, kicks, lies across the bed for a while.",
    SINGLE,
    15 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.edge confirmed", "bed.exit"],
)
def _(s: Story) -> None:
    one = s.person()
    for n in range(15):
        where = (IN_A[0] + (0.05, -0.05, 0.0)[n % 3], IN_A[1] + (0.0, 0.02, -0.03)[n % 3])
        one.stays(60 * n, 60 * n + 15, "lies", where, still=0.2, place=Place.BED, bed="a")
        one.stays(60 * n + 15, 60 * n + 60, "lies", where, place=Place.BED, bed="a")


@ROWS.add(
    "Sits up to drink",
    "Sits up in bed for 40 s, legs under the blanket, and lies down again.",
    SINGLE,
    5 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.edge confirmed", "bed.exit"],
)
def _(s: Story) -> None:
    one = s.person().stays(0, 120, "lies", IN_A, place=Place.BED, bed="a")
    one.stays(120, 160, "sits in bed", (0.53, 0.37), still=0.6, place=Place.BED, bed="a")
    one.stays(160, 300, "lies", IN_A, place=Place.BED, bed="a")


@ROWS.add(
    "Back within minutes",
    "Goes to the toilet for five minutes and lies down again.",
    SINGLE,
    12 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.exit confirmed", 143, 160, times=1),
        Shall("bed.exit ended", 455, 480, times=1),
    ],
    shall_not=["bed.not_back"],
)
def _(s: Story) -> None:
    gets_up(s)
    comes_back(s, 450, 12 * MINUTE)


@ROWS.add(
    "Not back",
    "Goes out at night and does not come back within the 15 minutes that are set.",
    SINGLE,
    35 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.not_back confirmed", 145 + 890, 145 + 930, times=1, subject="s-aaaa"),
        Shall("bed.not_back lasting", 145 + 1790, 145 + 1830, times=1),
    ],
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    gets_up(s)


@ROWS.add(
    "Helped up by a carer",
    "A carer with a badge helps the sleeper up and out.",
    SINGLE,
    5 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, "bed.edge confirmed", "bed.exit confirmed"],
)
def _(s: Story) -> None:
    s.sensor(100, "badge", SensorKind.CARER)
    carer = s.person(2).walks(102, 108, DOOR, BEDSIDE_A)
    carer.stays(108, 160, "stands", BEDSIDE_A, still=0.5)
    gets_up(s)


@ROWS.add(
    "A pad alone",
    "No camera: the pressure pad of the bed lets go at night and stays so.",
    PAD_ALONE,
    25 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.exit confirmed", 300, 330, times=1, because=("sensor.bed",)),
        Shall("bed.not_back confirmed", 1190, 1240, times=1),
    ],
)
def _(s: Story) -> None:
    for second in range(0, 300, 30):
        s.sensor(second, "pad-a", SensorKind.BED, bed="a")
    for second in range(300, 1500, 30):
        s.sensor(second, "pad-a", SensorKind.BED, on=False, bed="a")


@ROWS.add(
    "The night with two 02:30s",
    "Goes out at 2:47, the clock goes back at 3:00; not back after 15 minutes of real time.",
    SINGLE,
    35 * MINUTE,
    start=TWO_0230,
    shall=[
        Shall("bed.exit confirmed", 143, 160, times=1),
        Shall("bed.not_back confirmed", 145 + 890, 145 + 930, times=1),
        Shall("bed.not_back lasting", 145 + 1790, 145 + 1830, times=1),
    ],
    shall_not=["node.clock_stepped", FALLS],
)
def _(s: Story) -> None:
    gets_up(s)


@ROWS.add(
    "The night with no 02:30",
    "Goes out at 1:52, the clock goes on to 3:00; still not back only after 15 minutes.",
    SINGLE,
    20 * MINUTE,
    start=NO_0230,
    shall=[
        Shall("bed.exit confirmed", 143, 160, times=1),
        Shall("bed.not_back confirmed", 145 + 890, 145 + 930, times=1),
    ],
    shall_not=["bed.not_back lasting", "node.clock_stepped", FALLS],
)
def _(s: Story) -> None:
    gets_up(s)


@ROWS.add(
    "Gets up in the second 02:30",
    "The bed is watched from 21:00 to 2:40; in the hour that comes twice it is watched twice.",
    home(
        watch="{edge: true, exit: true, camera_alone: true, night: '21:00-02:40'}",
        wearables=WEARS_A,
        sensors=f"{CORD}, {BADGE}",
    ),
    4 * MINUTE,
    start=(TWO_0230.astimezone(tz=None) + timedelta(minutes=45)).astimezone(BERLIN),
    shall=[Shall("bed.exit confirmed", 143, 160, times=1)],
)
def _(s: Story) -> None:
    gets_up(s)


STILL = home(
    watch=UNWATCHED,
    wearables=WEARS_A,
    sensors=CORD,
    room_watch="{no_movement_min: 30, in_bed_min: 120}",
)


@ROWS.add(
    "Does not move in the chair",
    "Sits motionless in the chair by day for 35 minutes.",
    STILL,
    35 * MINUTE,
    start=DAY,
    shall=[Shall("absence.no_movement confirmed", 30 * MINUTE, 32 * MINUTE, times=1)],
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    one = s.person().walks(0, 6, DOOR, (0.3, 0.7))
    one.stays(6, 35 * MINUTE, "sits", (0.3, 0.7), still=0.97, place=Place.CHAIR)


@ROWS.add(
    "Sleeps without moving",
    "Lies in bed without moving for 40 minutes at night.",
    STILL,
    40 * MINUTE,
    start=NIGHT,
    shall_not=[FALLS, ABSENCES, BEDS],
)
def _(s: Story) -> None:
    s.person().stays(0, 40 * MINUTE, "lies", IN_A, still=0.97, place=Place.BED, bed="a")
