"""Power cuts, covered cameras, pauses, consent: what the node says of itself and still tells."""

from __future__ import annotations

from ambient.events import Purpose
from ambient.observations import Hearing, Place, SensorKind, SoundClass, View
from tests.fusion.situations.homes import (
    BADGE,
    BATH,
    PAD_A,
    PLAIN,
    RADAR,
    SHOWN,
    SINGLE,
    UNWATCHED,
    WATCHED,
    WEARS_A,
    home,
)
from tests.fusion.situations.kit import FLAT, HOUR, MINUTE, NIGHT, Story
from tests.fusion.situations.people import CHAIR, DOOR, FLOOR, IN_A, MIDDLE
from tests.fusion.situations.rows_beds import gets_up
from tests.fusion.situations.rows_falls import falls
from tests.fusion.situations.table import FALLS, PEOPLE, SOUNDS, TECHNICAL, Rows, Shall

STILL_ON_A_PAD = home(
    watch=SHOWN, cameras=0, sounds=False, vitals=False, sensors=PAD_A,
    room_watch="{no_movement_min: 60, in_bed_min: 240}",
)  # fmt: skip
"""One resident whose bed alone says that he or she is there."""

ROWS = Rows("Power, cameras, pauses and consent")


@ROWS.add(
    "Power back after a cut, somebody on the floor",
    "The alarm was told; the power fails for two minutes; the same person still lies there.",
    PLAIN,
    5 * MINUTE,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.long_lie", 160, 175, times=1)],
    shall_not=["fall.recovered", TECHNICAL],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=20)
    s.restart(40, back=160)
    s.person(3).stays(162, 300, "is fallen", FLOOR)


@ROWS.add(
    "Power cut in the middle of a fall",
    "The node goes on twenty seconds later: somebody lies there.",
    PLAIN,
    2 * MINUTE,
    shall=[Shall("fall.confirmed", 42, 65, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    falls(s, lies_s=2)
    s.restart(22, back=42)
    s.person(1).stays(44, 120, "is fallen", FLOOR)


@ROWS.add(
    "Power back, carer in the room",
    "Meanwhile a carer came and stands there: no word of recovery.",
    PLAIN,
    4 * MINUTE,
    shall=[Shall("fall.confirmed", 22, 30, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    falls(s, lies_s=20)
    s.restart(40, back=100)
    s.person(1).stays(102, 240, "stands", (1.35, 0.66))
    s.person(2).stays(102, 240, "is fallen", FLOOR)


@ROWS.add(
    "Power back, up again",
    "The alarm was told; after a cut of a minute the resident gets up from where he or she lay.",
    PLAIN,
    3 * MINUTE,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.recovered", 120, 140, times=1)],
)
def _(s: Story) -> None:
    one = falls(s, lies_s=20)
    s.restart(40, back=100)
    one.stays(102, 120, "is fallen", FLOOR)
    up = one.gets_up(120, FLOOR)
    one.stays(up, 180, "stands", FLOOR)


@ROWS.add(
    "Goes on in another process",
    "In the middle of a fall, from a snapshot: as if nothing had been.",
    PLAIN,
    100,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.long_lie", 78, 85, times=1)],
    shall_not=["fall.recovered"],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=75)
    s.resume(21)
    s.resume(50)


@ROWS.add(
    "Power back, old readings come first",
    "Before the node's first own second it is handed the wristband's readings of before and during "
    "the cut: no device is taken for silent, and nothing of then for now.",
    SINGLE,
    6 * MINUTE,
    shall_not=[PEOPLE, TECHNICAL],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.band().rests(0, 60).rests(201, 360)
    s.restart(60, back=200.5)
    s.band(late=200.6).rests(0, 1)
    s.band(late=90.7).rests(110, 111)
    s.band(late=60.8).rests(140, 141)


@ROWS.add(
    "Restart while somebody is out of bed",
    "The node restarts; not back is told at its time.",
    SINGLE,
    20 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.exit confirmed", 143, 160, times=1),
        Shall("bed.not_back confirmed", 1035, 1075, times=1),
    ],
)
def _(s: Story) -> None:
    gets_up(s)
    s.restart(300, back=330)


def watched(*sensors: str) -> str:
    """Return the room of somebody watched at night, with these sensors."""
    return home(watch=WATCHED, sounds=False, sensors=", ".join(sensors))


def still_for_an_hour(*sensors: str) -> str:
    """Return a room that is watched for no movement, with these sensors."""
    return home(watch=UNWATCHED, sensors=", ".join(sensors), room_watch="{no_movement_min: 60}")


@ROWS.add(
    "Power back after half an hour, back in bed",
    "The resident got up before the cut and lies in bed again after it: nobody is missing.",
    SINGLE,
    45 * MINUTE,
    start=NIGHT,
    shall=[Shall("bed.exit confirmed", 143, 160, times=1)],
    shall_not=["bed.not_back"],
)
def _(s: Story) -> None:
    gets_up(s)
    s.restart(200, back=2400)
    s.person(5).stays(2403, 2700, "lies", IN_A, place=Place.BED, bed="a")


@ROWS.add(
    "Power back after half an hour, still away",
    "The resident got up before the cut and is nowhere to be seen after it: told once the camera "
    "has had a minute to look, and again after the minutes of the bed.",
    SINGLE,
    60 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("bed.not_back confirmed", 2455, 2475, times=1),
        Shall("bed.not_back lasting", 3295, 3315, times=1),
    ],
    shall_not=["bed.not_back ended"],
)
def _(s: Story) -> None:
    gets_up(s)
    s.restart(200, back=2400)


@ROWS.add(
    "Power back after hours, asleep on a bed sensor",
    "Nobody could see movement meanwhile: stillness counts from when the power is back.",
    STILL_ON_A_PAD,
    8 * HOUR,
    start=NIGHT,
    shall_not=["absence.no_movement confirmed", TECHNICAL],
)
def _(s: Story) -> None:
    s.sensor(10, "pad-a", SensorKind.BED, bed="a")
    s.restart(600, back=5.5 * HOUR)


@ROWS.add(
    "Carer leaves while the node restarts",
    "The badge was in reach before; the broker's kept state says afterwards that it is not.",
    SINGLE,
    4 * MINUTE,
    start=NIGHT,
    shall=[Shall("bed.edge confirmed", 120, 145), Shall("bed.exit confirmed", 143, 160, times=1)],
)
def _(s: Story) -> None:
    s.sensor(10, "badge", SensorKind.CARER)
    s.restart(30, back=60)
    s.sensor(61, "badge", SensorKind.CARER, on=False, retained=True)
    gets_up(s)


@ROWS.add(
    "Badge taken out of the configuration",
    "It was in reach; the node starts anew without it, and the sleeper gets up.",
    watched(BADGE),
    4 * MINUTE,
    start=NIGHT,
    shall=[Shall("bed.edge confirmed", 120, 145), Shall("bed.exit confirmed", 143, 160, times=1)],
)
def _(s: Story) -> None:
    s.sensor(10, "badge", SensorKind.CARER)
    s.restart(30, back=60, home=watched())
    gets_up(s)


@ROWS.add(
    "Broken bed sensor taken out",
    "It says that nobody lies there; the node starts anew without it, and the sleeper gets up.",
    watched(PAD_A),
    4 * MINUTE,
    start=NIGHT,
    shall=[Shall("bed.edge confirmed", 120, 145), Shall("bed.exit confirmed", 143, 160, times=1)],
)
def _(s: Story) -> None:
    s.sensor(5, "pad-a", SensorKind.BED, bed="a")
    s.sensor(10, "pad-a", SensorKind.BED, on=False, bed="a")
    s.restart(15, back=60, home=watched())
    gets_up(s)


@ROWS.add(
    "Bed sensor that is stuck on taken out",
    "It says that somebody lies there; the node starts anew without it, and the sleeper gets up.",
    watched(PAD_A),
    4 * MINUTE,
    start=NIGHT,
    shall=[Shall("bed.edge confirmed", 120, 145), Shall("bed.exit confirmed", 143, 160, times=1)],
)
def _(s: Story) -> None:
    s.sensor(5, "pad-a", SensorKind.BED, bed="a")
    s.restart(30, back=60, home=watched())
    gets_up(s)


@ROWS.add(
    "Presence radar taken out",
    "It says that somebody is there; the node starts anew without it, and the room is empty.",
    still_for_an_hour(RADAR),
    2 * HOUR,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.sensor(10, "radar", SensorKind.PRESENCE)
    s.restart(30, back=60, home=still_for_an_hour())
    s.person(1).walks(65, 80, MIDDLE, DOOR).leaves(80)


@ROWS.add(
    "Camera covered in the middle of a fall",
    "A blanket falls over the camera as the resident falls.",
    PLAIN,
    2 * MINUTE,
    shall=[Shall("fall.confirmed", 21, 40, times=1), Shall("quality.degraded", 21, 25, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    one = s.person().walks(14, 20, DOOR, MIDDLE).falls(20, MIDDLE, FLOOR)
    one.on_floor(20.8, 22, FLOOR).is_lost(22, down=0.9)
    s.view(22.5, View.COVERED)


@ROWS.add(
    "Camera covered, nobody falls",
    "A towel hangs over the camera: technical, no alarm of care.",
    PLAIN,
    2 * MINUTE,
    shall=[Shall("quality.degraded", 40, 42, times=1), Shall("quality.restored", 90, 92)],
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.person().stays(5, 40, "sits", CHAIR, place=Place.CHAIR).is_lost(40)
    s.view(40.5, View.COVERED)
    s.view(90.5, View.OK)


@ROWS.add(
    "Camera covered, wristband worn",
    "Nothing is seen; the wristband feels the fall.",
    SINGLE,
    2 * MINUTE,
    shall=[Shall("fall.confirmed", 64, 105, times=1, because=("wearable.impact",))],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.view(20, View.COVERED)
    s.band().state(1).walks(0, 60).impact(60).rests(61, 120, FLAT)


@ROWS.add(
    "Camera silent",
    "Its cable is pulled.",
    PLAIN,
    90,
    shall=[Shall("node.source_silent", 44, 50, times=1)],
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.silent("c1", 30, 90)


@ROWS.add(
    "Privacy pause",
    "Somebody pauses the room for ten minutes and walks about in it meanwhile.",
    PLAIN,
    12 * MINUTE,
    shall=[Shall("quality.not_watched", 60, 62), Shall("quality.restored", 660, 662)],
    shall_not=[PEOPLE, TECHNICAL],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.hearing(1, Hearing.OK)
    s.person(1).stays(5, 60, "stands", MIDDLE)
    s.view(60.5, View.PAUSED, until=660)
    s.hearing(60.5, Hearing.PAUSED, until=660)
    s.view(660.5, View.OK)
    s.hearing(660.5, Hearing.OK)
    s.person(1).stays(662, 720, "stands", MIDDLE)


@ROWS.add(
    "Cord during a privacy pause",
    "The camera is closed; who pulls the cord is heard all the same.",
    SINGLE,
    3 * MINUTE,
    shall=[Shall("distress.cord confirmed", 90, 91, times=1)],
    shall_not=[TECHNICAL],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.band().state(1).rests(0, 180)
    s.view(30, View.PAUSED, until=600)
    s.sensor(90, "cord", SensorKind.CORD)


@ROWS.add(
    "Consent to sounds withdrawn",
    "A resident calls, consent is withdrawn, the resident calls again.",
    PLAIN,
    6 * MINUTE,
    shall=[Shall("distress.help confirmed", 30, 32, times=1)],
    shall_not=["distress.help lasting", "distress.smoke_alarm", TECHNICAL],
)
def _(s: Story) -> None:
    s.hearing(1, Hearing.OK)
    s.sound(30, SoundClass.HELP)
    s.consent(60, Purpose.SOUNDS, False)
    s.hearing(60.5, Hearing.SWITCHED_OFF)
    for at in range(90, 360, 30):
        s.sound(at, SoundClass.HELP)
        s.sound(at + 5, SoundClass.SMOKE_ALARM)


@ROWS.add(
    "Consent to sounds withdrawn after moans",
    "Two moans alone are no sign of distress, nor is a gesture after that they are not known.",
    home(watch=UNWATCHED, wearables=WEARS_A, room_watch="{agitated: true}"),
    10 * MINUTE,
    shall_not=["distress.agitated"],
)
def _(s: Story) -> None:
    s.sound(60, SoundClass.MOAN)
    s.sound(70, SoundClass.MOAN)
    s.consent(113, Purpose.SOUNDS, False)
    s.band().state(1).rests(2, 300).moves(300, 303, 0.3).rests(303, 600)


@ROWS.add(
    "Consent to sounds withdrawn after a thud in the wet room",
    "Who is in there is given the usual time again.",
    BATH,
    32 * MINUTE,
    shall=[Shall("absence.not_out confirmed", 1800, 1870, times=1)],
)
def _(s: Story) -> None:
    s.sensor(10, "wet-door", SensorKind.DOOR)
    s.sensor(12, "radar", SensorKind.PRESENCE)
    s.sound(60, SoundClass.THUD)
    s.consent(70, Purpose.SOUNDS, False)


@ROWS.add(
    "Consent to falls withdrawn",
    "The camera is closed for good: stated, no technical alarm.",
    PLAIN,
    2 * MINUTE,
    shall=[Shall("quality.not_watched", 40, 42, times=1)],
    shall_not=[PEOPLE, TECHNICAL],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.person().stays(5, 40, "sits", CHAIR, place=Place.CHAIR)
    s.consent(40, Purpose.FALLS, False)
    s.view(40.5, View.OFF)


@ROWS.add(
    "Dark by plan",
    "A camera without infrared at night: not watched is stated, nothing rings.",
    PLAIN,
    3 * MINUTE,
    start=NIGHT,
    shall=[Shall("quality.not_watched", 20, 22, times=1)],
    shall_not=[PEOPLE, TECHNICAL],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.view(20.5, View.NOT_WATCHED)


@ROWS.add(
    "Somebody has taken the alarm",
    "A carer accepts it on the page; who lies there is not told anew.",
    PLAIN,
    3 * MINUTE,
    shall=[Shall("fall.confirmed", 22, 30, times=1), Shall("fall.long_lie", 78, 85, times=1)],
    shall_not=["fall.recovered", SOUNDS],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=150)
    s.acknowledge(40, "fall.confirmed")


@ROWS.add(
    "An empty room for an hour",
    "Nobody is there; nothing is said.",
    SINGLE,
    55 * MINUTE,
    shall_not=[PEOPLE, FALLS, "quality.degraded"],
)
def _(s: Story) -> None:
    s.view(1, View.OK)
    s.band().state(1, worn=False)
    for at in range(30, 3300, 50):
        s.band().state(at, worn=False)
