"""Sounds, calls by cord, and wet rooms, where no camera hangs."""

from __future__ import annotations

from ambient.observations import Place, SensorKind, SoundClass
from tests.fusion.situations.homes import BATH, NO_CAMERA, PLAIN, SINGLE, UNWATCHED, home
from tests.fusion.situations.kit import FLAT, HOUR, MINUTE, NIGHT, Story
from tests.fusion.situations.people import CHAIR, DOOR, MIDDLE
from tests.fusion.situations.table import ABSENCES, FALLS, PEOPLE, SOUNDS, TECHNICAL, Rows, Shall

ROWS = Rows("Sounds, cords and wet rooms")
QUIET = home(watch=UNWATCHED, room_watch="{agitated: true}")


@ROWS.add(
    "Call for help",
    "A resident in bed calls for help, clearly.",
    PLAIN,
    2 * MINUTE,
    shall=[Shall("distress.help confirmed", 30, 32, times=1)],
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    s.sound(30, SoundClass.HELP)


@ROWS.add(
    "Calls all night",
    "A resident calls every minute for an hour: one alarm, not sixty.",
    PLAIN,
    HOUR + 4 * MINUTE,
    start=NIGHT,
    shall=[
        Shall("distress.help confirmed", 30, 32, times=1),
        Shall("distress.help lasting", 330, 400, times=1),
        Shall("distress.help ended", HOUR, HOUR + 240, times=1),
    ],
    shall_not=[FALLS],
    one_alarm=True,
)
def _(s: Story) -> None:
    for n in range(60):
        s.sound(30 + 60 * n, SoundClass.HELP)


@ROWS.add(
    "Thud without a person",
    "Something falls down in an empty room.",
    PLAIN,
    2 * MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.sound(30, SoundClass.THUD)


@ROWS.add(
    "Scream on television",
    "A film screams several times; the resident sits and watches.",
    QUIET,
    3 * MINUTE,
    shall_not=[FALLS, "distress.help", "distress.agitated confirmed"],
)
def _(s: Story) -> None:
    s.person().stays(0, 180, "sits", CHAIR, place=Place.CHAIR)
    for at in (40, 55, 90):
        s.sound(at, SoundClass.SCREAM)


@ROWS.add(
    "Smoke detector",
    "It begins to sound.",
    PLAIN,
    2 * MINUTE,
    shall=[Shall("distress.smoke_alarm confirmed", 30, 32, times=1)],
)
def _(s: Story) -> None:
    for at in range(30, 120, 30):
        s.sound(at, SoundClass.SMOKE_ALARM)


@ROWS.add(
    "Coughs and moans",
    "A resident with a cold, for three minutes.",
    PLAIN,
    4 * MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    for at in range(10, 190, 15):
        s.sound(at, SoundClass.COUGH if at % 2 else SoundClass.MOAN, 0.8)


@ROWS.add(
    "Cord pulled",
    "Somebody pulls the cord.",
    SINGLE,
    2 * MINUTE,
    shall=[Shall("distress.cord confirmed", 30, 31, times=1)],
)
def _(s: Story) -> None:
    s.sensor(30, "cord", SensorKind.CORD)


@ROWS.add(
    "Cord pulled and pulled",
    "It is pulled five times within a minute: one alarm.",
    SINGLE,
    2 * MINUTE,
    shall=[Shall("distress.cord confirmed", 30, 31, times=1)],
    one_alarm=True,
)
def _(s: Story) -> None:
    for at in range(30, 90, 12):
        s.sensor(at, "cord", SensorKind.CORD)
        s.sensor(at + 1, "cord", SensorKind.CORD, on=False)


@ROWS.add(
    "Cord's ghost",
    "After a restart the broker repeats a call of yesterday that it had kept.",
    SINGLE,
    MINUTE,
    shall_not=[PEOPLE],
)
def _(s: Story) -> None:
    s.sensor(5, "cord", SensorKind.CORD, retained=True)


@ROWS.add(
    "Carer pulls the cord",
    "A carer who needs a second pair of hands pulls it: it rings all the same.",
    SINGLE,
    2 * MINUTE,
    shall=[Shall("distress.cord confirmed", 30, 31, times=1)],
)
def _(s: Story) -> None:
    s.sensor(10, "badge", SensorKind.CARER)
    s.sensor(30, "cord", SensorKind.CORD)


@ROWS.add(
    "Carer answers the cord",
    "The cord was pulled; a carer comes and taps the presence button.",
    SINGLE,
    3 * MINUTE,
    shall=[
        Shall("distress.cord confirmed", 30, 31, times=1),
        Shall("distress.cord ended", 90, 92, times=1),
    ],
)
def _(s: Story) -> None:
    s.sensor(30, "cord", SensorKind.CORD)
    s.sensor(90, "badge", SensorKind.CARER)
    s.sensor(91, "badge", SensorKind.CARER, on=False)


@ROWS.add(
    "Nobody answers the cord",
    "It hangs pulled for four minutes: it rings again.",
    SINGLE,
    4 * MINUTE,
    shall=[
        Shall("distress.cord confirmed", 30, 31, times=1),
        Shall("distress.cord lasting", 208, 215, times=1),
    ],
    one_alarm=True,
)
def _(s: Story) -> None:
    s.sensor(30, "cord", SensorKind.CORD)


def enters(s: Story, at: float = 30.0) -> None:
    """Let somebody go through the wet room's door and be noticed by the radar."""
    s.sensor(at, "wet-door", SensorKind.DOOR)
    s.sensor(at + 2, "radar", SensorKind.PRESENCE)
    s.sensor(at + 3, "wet-door", SensorKind.DOOR, on=False)


def comes_out(s: Story, at: float) -> None:
    """Let somebody come out again."""
    s.sensor(at, "wet-door", SensorKind.DOOR)
    s.sensor(at + 3, "wet-door", SensorKind.DOOR, on=False)
    s.sensor(at + 5, "radar", SensorKind.PRESENCE, on=False)


@ROWS.add(
    "Uses the toilet",
    "Eight minutes in the wet room.",
    BATH,
    12 * MINUTE,
    shall_not=[PEOPLE, TECHNICAL],
)
def _(s: Story) -> None:
    s.person().walks(20, 30, MIDDLE, DOOR).leaves(30)
    s.band().rests(0, 720)
    enters(s)
    comes_out(s, 510)


@ROWS.add(
    "Not out of the wet room",
    "In, and no sign of coming out for more than the half hour that is set.",
    BATH,
    35 * MINUTE,
    shall=[
        Shall("absence.not_out suspected", 1350, 1420, times=1),
        Shall("absence.not_out confirmed", 1800, 1870, times=1),
    ],
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    s.band().rests(0, 2100)
    enters(s)


@ROWS.add(
    "Thud in the wet room",
    "A minute after somebody went in there is a thud: told sooner.",
    BATH,
    15 * MINUTE,
    shall=[Shall("absence.not_out confirmed", 150, 9 * MINUTE, times=1)],
)
def _(s: Story) -> None:
    s.band().rests(0, 900)
    enters(s)
    s.sound(90, SoundClass.THUD)


@ROWS.add(
    "Fall in the wet room, radar",
    "No camera, no wristband: the radar judges that somebody fell.",
    NO_CAMERA,
    4 * MINUTE,
    shall=[Shall("fall.confirmed", 60, 75, times=1, because=("sensor.fall",))],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    s.band().state(1, worn=False)
    enters(s)
    s.sensor(60, "radar-fall", SensorKind.FALL, probability=0.97)


@ROWS.add(
    "Fall in the wet room, wristband",
    "Radar and door notice nothing; the wristband does.",
    BATH,
    4 * MINUTE,
    shall=[Shall("fall.confirmed", 64, 110, times=1, subject="s-aaaa")],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    enters(s)
    s.band().state(1).walks(0, 60).impact(60).rests(61, 240, FLAT)


@ROWS.add(
    "An unsure radar alone",
    "It thinks of a fall for a moment; the room's only resident is seen up.",
    BATH,
    3 * MINUTE,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    s.band().walks(0, 180)
    s.person().walks(50, 170, DOOR, MIDDLE, CHAIR, MIDDLE, DOOR)
    s.sensor(60, "radar-fall", SensorKind.FALL, probability=0.5)
    s.sensor(64, "radar-fall", SensorKind.FALL, on=False)


@ROWS.add(
    "Door left open",
    "The wet room's door stands open all day; nobody is in there.",
    BATH,
    40 * MINUTE,
    shall_not=[ABSENCES, SOUNDS],
)
def _(s: Story) -> None:
    s.band().rests(0, 2400)
    s.sensor(10, "wet-door", SensorKind.DOOR)
