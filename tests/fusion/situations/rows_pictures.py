"""What a camera may take for somebody: children at play, animals, machines, pictures of people."""

from __future__ import annotations

from ambient.observations import Place
from tests.fusion.situations.homes import PLAIN, SINGLE
from tests.fusion.situations.kit import MINUTE, NIGHT, Story
from tests.fusion.situations.people import BY_A, CHAIR, DOOR, FLOOR, MAT
from tests.fusion.situations.rows_company import sleeps
from tests.fusion.situations.rows_falls import falls
from tests.fusion.situations.table import FALLS, Rows, Shall

ROWS = Rows("Children, animals, machines and pictures")


@ROWS.add(
    "Child on the floor",
    "A grandchild crawls, sits and lies on its back at play, parents beside.",
    PLAIN,
    120,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    s.person(1).stays(0, 120, "sits", CHAIR, place=Place.CHAIR)
    s.person(3).stays(0, 120, "stands", (1.4, 0.66), still=0.7)
    child = s.person(2, size=0.2)
    for begin in range(5, 115, 22):
        child.moves(begin, begin + 8, "crawls", FLOOR, MAT)
        child.stays(begin + 8, begin + 16, "sits on the floor", MAT, still=0.3)
        child.stays(begin + 16, begin + 22, "lies", MAT, still=0.3)


@ROWS.add(
    "Pet",
    "A cat walks in, lies down in the middle of the floor and sleeps.",
    PLAIN,
    4 * MINUTE,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    cat = s.person(size=0.1, quality=0.12)
    cat.moves(10, 20, "crawls", DOOR, FLOOR)
    cat.stays(20, 240, "crawls", FLOOR, still=0.8)


@ROWS.add(
    "Robot vacuum",
    "It drives through the room at night; the camera now and then takes it for a body.",
    SINGLE,
    4 * MINUTE,
    start=NIGHT,
    shall_not=["fall.confirmed", "bed.exit", "bed.edge"],
)
def _(s: Story) -> None:
    sleeps(s, 240)
    for n, begin in enumerate(range(20, 200, 30)):
        robot = s.person(10 + n, size=0.1, quality=0.1)
        robot.moves(begin, begin + 8, "crawls", BY_A, FLOOR, MAT).is_lost(begin + 8, down=0.6)


@ROWS.add(
    "Mirror",
    "A wardrobe mirror shows a second, smaller resident who walks and sits.",
    PLAIN,
    2 * MINUTE,
    shall_not=[FALLS],
)
def _(s: Story) -> None:
    s.person(1).walks(5, 15, DOOR, CHAIR).stays(15, 120, "sits", CHAIR, place=Place.CHAIR)
    mirrored = s.person(2, size=0.2, quality=0.4).walks(5, 15, (1.0, 0.4), (1.3, 0.4))
    mirrored.stays(15, 120, "sits", (1.3, 0.4))


@ROWS.add(
    "Fall before a mirror",
    "The mirror shows the fall as well: alarm, and the picture of it is no harm.",
    PLAIN,
    60,
    shall=[Shall("fall.confirmed", 22, 30)],
    shall_not=["fall.recovered"],
)
def _(s: Story) -> None:
    falls(s)
    mirrored = s.person(2, size=0.2, quality=0.4).walks(14, 20, (1.5, 0.4), (1.3, 0.4))
    mirrored.falls(20, (1.3, 0.4), (1.28, 0.44), clear=0.7)
    mirrored.on_floor(20.8, 60, (1.28, 0.44), descent=0.7)


@ROWS.add(
    "Television",
    "Nobody masked the screen: people on it walk and sit; one lies once, for five seconds.",
    PLAIN,
    3 * MINUTE,
    shall_not=["fall.confirmed"],
)
def _(s: Story) -> None:
    on_screen(s, ("walks", "sits", "walks", "lies", *("sits", "walks") * 8))


@ROWS.add(
    "Television with a sickbed",
    "Nobody masked the screen: every half minute a film goes back to who lies there.",
    PLAIN,
    3 * MINUTE,
    shall_not=["fall.confirmed"],
    not_yet="Who lies at one place, is lost and lies there again within a minute is taken for one "
    "person who was hidden meanwhile, and the seconds between count. Mask the screen.",
)
def _(s: Story) -> None:
    on_screen(s, ("walks", "lies", "sits"))


def on_screen(s: Story, scenes: tuple[str, ...]) -> None:
    """Let a resident watch a film whose scenes come back every few seconds."""
    s.person(1).stays(0, 180, "sits", CHAIR, place=Place.CHAIR)
    for n, begin in enumerate(range(5, 175, 9)):
        shown = s.person(10 + n, size=0.12, quality=0.4)
        how = scenes[n % len(scenes)]
        shown.stays(begin, begin + 5, how, (1.3, 0.35), still=0.4).is_lost(begin + 5, down=0.5)
