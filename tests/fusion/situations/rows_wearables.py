"""Wearables: worn, not worn, dropped, of somebody else, late, with a wrong clock, silent."""

from __future__ import annotations

from ambient.observations import Doubt, Place, SoundClass, View
from tests.fusion.situations.homes import (
    DOUBLE,
    NO_CAMERA,
    SINGLE,
    TWO_ROOMS,
    UNWATCHED,
    WEARS_A,
    home,
)
from tests.fusion.situations.kit import FLAT, HOUR, MINUTE, Story
from tests.fusion.situations.people import CHAIR, DOOR, FLOOR
from tests.fusion.situations.rows_falls import falls
from tests.fusion.situations.table import FALLS, PEOPLE, TECHNICAL, Rows, Shall

ROWS = Rows("Wristbands and vital signs")
RESEARCH = home(watch=UNWATCHED, wearables=WEARS_A, research_use="{news2: true, glucose: true}")
GLUCOSE, PULSE, BREATHS, SATURATION = "99504-3", "8867-4", "9279-1", "59408-5"


@ROWS.add(
    "Fall in the dark with a wristband",
    "The camera sees nothing; impact, then lying still.",
    SINGLE,
    2 * MINUTE,
    shall=[
        Shall("fall.confirmed", 34, 75, times=1, subject="s-aaaa", because=("wearable.impact",))
    ],
    shall_not=["fall.recovered"],
    one_alarm=True,
)
def _(s: Story) -> None:
    s.view(2, View.OK)
    s.view(10, View.DARK)
    s.band().state(1).walks(0, 30).impact(30).rests(31, 120, FLAT)


@ROWS.add(
    "Camera and wristband feel one fall",
    "Both tell of it: one alarm, and why stands in it.",
    SINGLE,
    100,
    shall=[
        Shall("fall.confirmed", 21, 30, times=1, because=("vision.posture", "wearable.impact")),
    ],
    shall_not=["fall.recovered"],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=75)
    s.band().state(1).walks(0, 20).impact(20.6).rests(22, 100, FLAT)


@ROWS.add(
    "Lies down on the floor and gets up again",
    "Goes down quickly in full view and lies for 20 s; the wristband that is worn feels no fall.",
    SINGLE,
    80,
    shall=[Shall("fall.suspected", 20, 23, times=1)],
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    one = falls(s, lies_s=20)
    up = one.gets_up(40, FLOOR)
    one.stays(up, 80, "stands", FLOOR)
    s.band().state(1).walks(0, 20).moves(20, 22, 0.1, hangs=FLAT).rests(22, 40, FLAT).moves(
        40, 80, 0.05
    )


@ROWS.add(
    "Slumps to the floor softly",
    "Seen going down and staying down; the wristband that is worn feels no fall.",
    SINGLE,
    100,
    shall=[
        Shall("fall.suspected", 20, 23, times=1),
        Shall("fall.confirmed", 48, 53, times=1, because=("vision.posture", "wearable.impact")),
    ],
    shall_not=["fall.recovered"],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=80)
    s.band().state(1).walks(0, 20).moves(20, 22, 0.1, hangs=FLAT).rests(22, 100, FLAT)


@ROWS.add(
    "A visitor falls while the resident walks next door",
    "The only person in sight lies there; the resident's wristband is walked with.",
    SINGLE,
    60,
    shall=[Shall("fall.confirmed", 22, 32, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    falls(s)
    s.band().state(1).walks(0, 60)


@ROWS.add(
    "Fall seen, wristband off the body",
    "The band lies on the charger; the camera sees the fall.",
    SINGLE,
    60,
    shall=[Shall("fall.confirmed", 22, 30, times=1)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    s.band().state(1, worn=False).rests(0, 60, FLAT)
    falls(s)


@ROWS.add(
    "Wristband on the table",
    "It is not worn; somebody knocks against the table.",
    SINGLE,
    3 * MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.band().state(1, worn=False).rests(0, 60, FLAT).impact(60, fall=0.8).rests(62, 180, FLAT)


@ROWS.add(
    "Wristband on the table that does not know",
    "A band that cannot tell whether it is worn is knocked off the table and lies on the floor.",
    SINGLE,
    3 * MINUTE,
    shall_not=["fall.confirmed"],
    not_yet="A band that cannot tell off-body and is dropped measures what a fall is: a hard "
    "impact, then nothing. Only a band with a contact sensor, or a camera that sees the wearer up, "
    "can help.",
)
def _(s: Story) -> None:
    s.band().state(1, worn=None).rests(0, 60, FLAT).impact(60, fall=0.95).rests(62, 180, FLAT)


@ROWS.add(
    "Dropped wristband",
    "It slips off the wrist onto the floor and says so after five seconds.",
    SINGLE,
    3 * MINUTE,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    band = s.band().state(1).rests(0, 60).impact(60, fall=0.9)
    band.state(65, worn=False).rests(62, 180, FLAT)


@ROWS.add(
    "Sits down hard with a wristband",
    "A hard impact; the wearer is seen sitting and reads on.",
    SINGLE,
    3 * MINUTE,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    band = s.band().state(1).walks(0, 20).impact(20.5, fall=0.6, still=0.4, turned=20)
    band.moves(22, 180, 0.04)
    one = s.person().walks(14, 20, DOOR, CHAIR)
    one.falls(20, CHAIR, (0.3, 0.74), clear=0.5)
    one.stays(20.8, 180, "sits", (0.3, 0.74), place=Place.CHAIR)


@ROWS.add(
    "Impact, then walks on",
    "Something hits the wrist hard out of view; the wearer goes on walking.",
    SINGLE,
    3 * MINUTE,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    s.band().state(1).walks(0, 30).impact(30, fall=0.7, still=0.1, turned=15).walks(31, 180)


@ROWS.add(
    "Fall out of view, up again",
    "Falls where no camera sees, gets up after a minute and walks.",
    SINGLE,
    4 * MINUTE,
    shall=[Shall("fall.confirmed", 34, 75, times=1), Shall("fall.recovered", 90, 130, times=1)],
    one_alarm=True,
)
def _(s: Story) -> None:
    s.band().state(1).walks(0, 30).impact(30).rests(31, 90, FLAT).walks(90, 240)


@ROWS.add(
    "Neighbour's wristband",
    "Bert wears Anne's band by mistake and falls in view: one alarm, no two.",
    DOUBLE,
    100,
    shall=[Shall("fall.confirmed", 21, 30, times=1)],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, track=2, lies_s=75)
    s.band("w1", "s-aaaa").walks(0, 20).impact(20.6).rests(22, 100, FLAT)


@ROWS.add(
    "Falls in a neighbour's room",
    "A resident of the next room falls here, in view and with a wristband: told for this room.",
    TWO_ROOMS,
    100,
    shall=[Shall("fall.confirmed", 21, 30, room="r12")],
)
def _(s: Story) -> None:
    falls(s, track=2, lies_s=75)
    s.band().rests(0, 100)
    s.room = "r13"
    s.band("w3", "s-cccc").walks(0, 20).impact(20.6).rests(22, 100, FLAT)


@ROWS.add(
    "Backlog of an hour",
    "A band out of reach for two hours delivers: an impact two hours ago.",
    NO_CAMERA,
    2 * HOUR + 10 * MINUTE,
    shall_not=[PEOPLE],
    shall=[Shall("node.data_late", HOUR, 3 * HOUR)],
)
def _(s: Story) -> None:
    s.band(late=2 * HOUR).walks(0, 30).impact(30).rests(31, 400, FLAT)


@ROWS.add(
    "Backlog: fell and walked on",
    "It delivers after ten minutes: an impact, then much walking.",
    NO_CAMERA,
    20 * MINUTE,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    band = s.band(late=10 * MINUTE).walks(0, 30).impact(30, fall=0.8)
    band.rests(31, 40, FLAT).walks(40, 500)


@ROWS.add(
    "Late wristband bears out a fall",
    "The camera has told of it; the band's impact comes 25 s late.",
    SINGLE,
    100,
    shall=[
        Shall("fall.confirmed", 22, 30, times=1),
        Shall("fall.long_lie", 78, 86, times=1, because=("vision.posture", "wearable.impact")),
    ],
    one_alarm=True,
)
def _(s: Story) -> None:
    falls(s, lies_s=75)
    s.band(late=25).walks(0, 20).impact(20.6).rests(22, 60, FLAT)


@ROWS.add(
    "Clock of the wristband a day ahead",
    "Nothing is measured later than now: the fall is told.",
    NO_CAMERA,
    2 * MINUTE,
    shall=[
        Shall("fall.confirmed", 34, 80, times=1),
        Shall("fall.long_lie", 88, 96, times=1),
    ],
    one_alarm=True,
)
def _(s: Story) -> None:
    band = s.band()
    band.ahead = 24 * HOUR
    band.walks(0, 30).impact(30).rests(31, 120, FLAT)


@ROWS.add(
    "Clock of the wristband a day behind, mended",
    "The gateway knew, and took when it was received.",
    NO_CAMERA,
    2 * MINUTE,
    shall=[Shall("fall.confirmed", 34, 80, times=1)],
)
def _(s: Story) -> None:
    band = s.band(late=0.0)
    band.value(1, PULSE, 80, "/min", Doubt.CLOCK)
    band.walks(0, 30).impact(30).rests(31, 120, FLAT)


@ROWS.add(
    "Wristband is silent",
    "Its battery is empty: a technical note after a minute, no alarm of care.",
    SINGLE,
    5 * MINUTE,
    shall=[Shall("node.source_silent", 150, 200, times=1)],
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    band = s.band().state(1).rests(0, 120)
    band.state(100, battery=0.02)


@ROWS.add(
    "Thud beside a seated wearer",
    "Something falls off the table; the resident is seen sitting.",
    SINGLE,
    2 * MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.person().stays(0, 120, "sits", CHAIR, place=Place.CHAIR)
    s.band().state(1).rests(0, 120)
    s.sound(40, SoundClass.THUD)


@ROWS.add(
    "Heart races without anything else",
    "Pulse rises to 140; off by default, so nothing is said.",
    SINGLE,
    20 * MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    band = s.band()
    for n in range(40):
        band.value(5 + 30 * n, PULSE, 75 if n < 20 else 140, "/min")


def deteriorates(s: Story) -> None:
    """Let vital signs give a NEWS2 of 9."""
    band = s.band()
    for n in range(1, 10):
        band.value(60 * n, BREATHS, 26, "/min")
        band.value(60 * n + 1, SATURATION, 90, "%")
        band.value(60 * n + 2, PULSE, 125, "/min")


def sinks(s: Story) -> None:
    """Let glucose sink to 50 mg/dL."""
    band = s.band()
    for n in range(8):
        band.value(60 + 300 * n, GLUCOSE, 110 - 9 * n, "mg/dL")


@ROWS.add(
    "Early-warning score, research off",
    "Breathing 26, saturation 90, pulse 125: nothing is said.",
    SINGLE,
    10 * MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    deteriorates(s)


@ROWS.add(
    "Early-warning score, research on",
    "The same where research is on.",
    RESEARCH,
    10 * MINUTE,
    shall=[Shall("vitals.deterioration confirmed", 170, 320, times=1)],
)
def _(s: Story) -> None:
    deteriorates(s)


@ROWS.add(
    "Low glucose, research off",
    "Glucose sinks to 47 mg/dL: nothing is said.",
    SINGLE,
    40 * MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    sinks(s)


@ROWS.add(
    "Low glucose, research on",
    "The same where research is on.",
    RESEARCH,
    40 * MINUTE,
    shall=[Shall("vitals.glucose confirmed", 1555, 1900, times=1)],
)
def _(s: Story) -> None:
    sinks(s)


@ROWS.add(
    "An ordinary ten minutes of a wristband",
    "No camera; the wearer walks, works with the hands, rests.",
    NO_CAMERA,
    10 * MINUTE,
    shall_not=[PEOPLE, FALLS, TECHNICAL],
)
def _(s: Story) -> None:
    band = s.band().state(1)
    for begin in range(0, 600, 60):
        band.walks(begin, begin + 20).moves(begin + 20, begin + 40, 0.05).rests(
            begin + 40, begin + 60
        )
