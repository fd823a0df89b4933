"""Falls that a camera sees, and what looks like one to it."""

from __future__ import annotations

from ambient.observations import Place, SoundClass
from tests.fusion.situations.homes import PERMITTED_MAT, PLAIN, SINGLE, UNWATCHED, home
from tests.fusion.situations.kit import MINUTE, Story
from tests.fusion.situations.people import (
    BY_A,
    CHAIR,
    DOOR,
    EDGE_A,
    FLOOR,
    IN_A,
    MAT,
    MIDDLE,
    Person,
)
from tests.fusion.situations.table import FALLS, PEOPLE, TECHNICAL, Rows, Shall

ROWS = Rows("Falls before a camera")
WITH_MAT = home(watch=UNWATCHED, zones=PERMITTED_MAT)


def falls(s: Story, at: float = 20.0, lies_s: float = 40.0, track: int = 1) -> Person:
    """Let somebody walk in, fall at `at` and lie there."""
    one = s.person(track).walks(at - 6, at, DOOR, MIDDLE)
    return one.falls(at, MIDDLE, FLOOR).on_floor(at + 0.8, at + lies_s, FLOOR)


@ROWS.add(
    "Fall in view",
    "A resident walks through the room, falls and stays on the floor.",
    PLAIN,
    60,
    shall=[
        Shall("fall.suspected", 20, 23, times=1),
        Shall("fall.confirmed", 22, 30, times=1, because=("vision.posture",)),
    ],
    shall_not=["fall.recovered", TECHNICAL],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s)


@ROWS.add(
    "Long lie",
    "After the fall nobody comes for three minutes.",
    PLAIN,
    210,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.long_lie", 78, 85, times=1)],
    shall_not=["fall.recovered"],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=190)


@ROWS.add(
    "Gets up again",
    "The resident lies for 20 s, gets up without help and walks on.",
    PLAIN,
    70,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.recovered", 40, 52, times=1)],
    shall_not=["fall.long_lie"],
    one_alarm=True,
)
def _(s: Story) -> None:
    one = falls(s, lies_s=20)
    up = one.gets_up(40, FLOOR)
    one.stays(up, up + 6, "stands", FLOOR).walks(up + 6, up + 12, FLOOR, DOOR).leaves(up + 12)


@ROWS.add(
    "Up within three seconds",
    "The resident stumbles onto the knees and hands and is up at once.",
    PLAIN,
    50,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    one = s.person().walks(14, 20, DOOR, MIDDLE).falls(20, MIDDLE, FLOOR, clear=0.7)
    one.stays(20.8, 22.0, "crawls", FLOOR, still=0.2, descent=0.7)
    one.stays(22.0, 23.0, "kneels", FLOOR, still=0.2)
    one.walks(23, 30, FLOOR, DOOR).leaves(30)


@ROWS.add(
    "Second fall after the first",
    "The resident gets up, walks for a minute and falls again.",
    PLAIN,
    160,
    shall=[
        Shall("fall.recovered", 40, 52, times=1),
        Shall("fall.confirmed", 112, 122, times=2),
    ],
)
def _(s: Story) -> None:
    one = falls(s, lies_s=20)
    up = one.gets_up(40, FLOOR)
    one.walks(up, 110, FLOOR, CHAIR, MIDDLE, CHAIR, MIDDLE)
    one.falls(110, MIDDLE, FLOOR).on_floor(110.8, 150, FLOOR)


@ROWS.add(
    "Found on the floor",
    "The camera begins to watch when somebody already lies there.",
    PLAIN,
    60,
    shall=[Shall("fall.confirmed", 10, 25, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    s.person().stays(5, 60, "lies", FLOOR)


@ROWS.add(
    "Falls behind the bed",
    "In the middle of the fall the bed hides the resident.",
    SINGLE,
    60,
    shall=[Shall("fall.confirmed", 20, 35, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    one = s.person().walks(14, 20, DOOR, MIDDLE).falls(20, MIDDLE, FLOOR)
    one.is_lost(20.9, down=0.85)


@ROWS.add(
    "Falls and is hidden from the hips down",
    "A table hides half of who lies there.",
    PLAIN,
    60,
    shall=[Shall("fall.confirmed", 20, 35, times=1)],
)
def _(s: Story) -> None:
    one = s.person().walks(14, 20, DOOR, MIDDLE).falls(20, MIDDLE, FLOOR)
    one.quality = 0.25
    one.on_floor(20.8, 60, FLOOR)


@ROWS.add(
    "Slides out of the wheelchair",
    "The resident slides slowly from the wheelchair to the floor and lies curled before it.",
    PLAIN,
    90,
    shall=[Shall("fall.confirmed", 44, 70, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    one = s.person().stays(5, 40, "sits", MIDDLE, place=Place.CHAIR)
    one.moves(40, 44, "slumps", MIDDLE, FLOOR, descent=0.2)
    one.stays(44, 90, "lies", FLOOR, still=0.7, place=Place.FLOOR)


@ROWS.add(
    "Ends up sitting on the floor",
    "The resident slides from the edge of the bed and sits on the floor, leaning on the bed.",
    PLAIN,
    120,
    shall=[Shall("fall.confirmed", 42, 100, times=1)],
    not_yet="Who sits on the floor looks like somebody who sits elsewhere: a body that is not down "
    "(0.3) is no evidence of a fall to the camera. A pad in the bed or a wristband tells of it.",
)
def _(s: Story) -> None:
    one = s.person().stays(5, 40, "sits", EDGE_A, place=Place.BED, bed="a")
    one.moves(40, 42, "slumps", EDGE_A, BY_A, descent=0.3)
    one.stays(42, 120, "sits on the floor", BY_A, still=0.8, place=Place.FLOOR)


@ROWS.add(
    "Rolls out of bed",
    "A sleeper rolls over the edge and lies before the bed.",
    SINGLE,
    60,
    shall=[Shall("fall.confirmed", 30, 45, times=1, subject="s-aaaa")],
)
def _(s: Story) -> None:
    one = s.person().stays(0, 30, "lies", IN_A, place=Place.BED, bed="a")
    one.moves(30, 30.8, "lies", IN_A, BY_A, descent=0.8, place=Place.FLOOR)
    one.stays(30.8, 60, "is fallen", BY_A, still=0.7, descent=0.8, place=Place.FLOOR)


@ROWS.add(
    "Sleeps in bed",
    "A resident lies in bed for half an hour of the afternoon.",
    SINGLE,
    30 * MINUTE,
    shall_not=[PEOPLE, TECHNICAL],
)
def _(s: Story) -> None:
    s.person().stays(0, 30 * MINUTE, "lies", IN_A, place=Place.BED, bed="a")
    s.band().rests(0, 30 * MINUTE)


@ROWS.add(
    "Floor bed",
    "A nurse has permitted the mattress on the floor; the resident sleeps on it.",
    WITH_MAT,
    20 * MINUTE,
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    one = s.person().stays(0, 10, "sits on the floor", MAT, place=Place.PERMITTED)
    one.stays(10, 20 * MINUTE, "lies", MAT, place=Place.PERMITTED)


@ROWS.add(
    "Rolls off the floor bed",
    "From the permitted mattress the resident rolls onto the floor.",
    WITH_MAT,
    120,
    shall=[Shall("fall.confirmed", 62, 90, times=1)],
)
def _(s: Story) -> None:
    one = s.person().stays(0, 60, "lies", MAT, place=Place.PERMITTED)
    one.moves(60, 62, "lies", MAT, (0.72, 0.8), place=Place.FLOOR)
    one.stays(62, 120, "lies", (0.72, 0.8), place=Place.FLOOR)


@ROWS.add(
    "Two fall at once",
    "Two residents hold on to each other and both fall, seen by one camera.",
    PLAIN,
    60,
    shall=[Shall("fall.confirmed", 22, 31, times=2)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    falls(s)
    two = s.person(2).walks(14, 20, DOOR, (0.55, 0.68))
    two.falls(20.1, (0.55, 0.68), (0.4, 0.78)).on_floor(20.9, 60, (0.4, 0.78))


@ROWS.add(
    "Seen by two cameras",
    "Both cameras of the room see the same fall.",
    home(watch=UNWATCHED, cameras=2),
    60,
    shall=[Shall("fall.confirmed", 22, 30, times=1)],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s)
    other = s.person(7, "c2").walks(15, 20, DOOR, MIDDLE)
    other.falls(20, MIDDLE, FLOOR).on_floor(20.8, 60, FLOOR)


@ROWS.add(
    "Sits down hard",
    "The resident drops into the armchair.",
    PLAIN,
    60,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    one = s.person().walks(14, 20, DOOR, CHAIR)
    one.falls(20, CHAIR, (0.3, 0.74), clear=0.6)
    s.sound(20.6, SoundClass.THUD, 0.8)
    one.stays(20.8, 60, "sits", (0.3, 0.74), place=Place.CHAIR, descent=0.3)


@ROWS.add(
    "Walks up to the camera",
    "Somebody passes so close that only the upper body is in the picture.",
    PLAIN,
    40,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    one = s.person(size=0.8).walks(10, 16, DOOR, (1.0, 0.9))
    one.quality = 0.45  # of the body's half that is still in the picture
    one.moves(16, 18, "bends", (1.0, 0.9), (1.0, 1.05), descent=0.7)
    one.leaves(18)


@ROWS.add(
    "Picks something up",
    "The resident squats for some seconds and stands up again.",
    PLAIN,
    50,
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    one = s.person().walks(10, 15, DOOR, MIDDLE).stays(15, 22, "squats", MIDDLE, still=0.3)
    one.stays(22, 30, "stands", MIDDLE)


@ROWS.add(
    "Prayer",
    "On no marked place: kneels, bows to the floor four times for six seconds, and rises.",
    PLAIN,
    110,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    one = s.person().stays(5, 15, "stands", MIDDLE)
    for i in range(4):
        begin = 15 + 18 * i
        one.stays(begin, begin + 6, "bows down", MAT, still=0.7)
        one.stays(begin + 6, begin + 12, "kneels", MAT, still=0.7)
        one.stays(begin + 12, begin + 18, "stands", MIDDLE, still=0.7)


@ROWS.add(
    "Prayer on a permitted place",
    "The same on a rug that a nurse marked, bowing for half a minute.",
    WITH_MAT,
    110,
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    one = s.person().stays(5, 15, "stands", MIDDLE)
    one.stays(15, 25, "kneels", MAT, still=0.7, place=Place.PERMITTED)
    one.stays(25, 55, "bows down", MAT, still=0.8, place=Place.PERMITTED)
    one.stays(55, 80, "kneels", MAT, still=0.7, place=Place.PERMITTED)
    one.stays(80, 110, "stands", MIDDLE)


@ROWS.add(
    "Out of the picture and back while down",
    "The pose network loses who lies there for ten seconds, and counts anew.",
    PLAIN,
    110,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.long_lie", 78, 86, times=1)],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=15).is_lost(35, down=0.95)
    s.person(2).stays(45, 110, "is fallen", FLOOR)
