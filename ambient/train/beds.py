"""``ambient train beds``: simulated nights in, the scorecard of looks at a bed's occupant out.

A multinomial logistic regression on parts cut into steps (a scorecard): of each look of the camera
at somebody in or at the own bed, what is true then is known from the night. Looks count as the
node counts them: a picture that stands still is one look. Most looks are of simulated nights; those
at drawn people under duvets, through the real networks, count ten times as much, for a card of
simulated looks alone took what a simulated blanket hides for a sign. No recording is needed. Nights
and people are of seeds of their own; those that measure are others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from ambient.config import Room
from ambient.evaluate.nights.drawn import Looked, stretches
from ambient.evaluate.nights.life import Kind, Night, Rise, night
from ambient.evaluate.nights.watch import camera, config_of
from ambient.evaluate.workers import shared
from ambient.observations import AnyObservation, BoxSeen, PoseSeen, Posture, PostureSeen, TrackEnded
from ambient.train.bed_fit import Floats, Places, fit
from fusion.bed_belief import BedBelief, BeliefState
from fusion.bed_card import FILE, read
from fusion.bed_looks import ABOUT, TOGETHER, numbers, together, weight
from fusion.bed_people import BedPeople, Shift
from fusion.ratios_beds import State
from fusion.situations import outlines

FOLDER: Final = Path(__file__).parents[2] / "fusion"
VERSION: Final = "1.0.0"
SEED: Final = 2101
NIGHTS: Final = 60
DRAWN: Final = (79, 80)
"""Seeds of the drawn stretches."""
STRETCHES: Final = 20
"""Of each of these."""
QUICK: Final = (2, 1)
"""Nights, and stretches of each seed, of a poor card."""
DRAWN_WEIGHT: Final = 10.0
"""How much more a drawn look counts than a simulated one."""
STATES: Final = tuple(State)
THIN: Final = 3
"""Of looks at who lies on simulated nights, which are most, each third one counts for all."""
RISING_S: Final = 1.5
"""Who has been rising for less neither lies nor sits yet: such looks teach nothing."""
SLACK_S: Final = 3.0
"""So long before lying again somebody who sat on the edge draws the legs in."""
_EMPTY: Final = (State.OUT, None)
EDGES: Final[Mapping[str, tuple[float, ...]]] = {
    "upright": (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.96),
    "down": (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.95),
    "sure": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "size": (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4),
    "apart": (0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6),
    "outwards": (-0.2, -0.1, -0.03, 0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6),
    "depth": (-0.2, -0.1, -0.03, 0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4),
}

Tell = Callable[[str], None]


class Look(Struct, frozen=True):
    """One look, what is true then, and how much it counts (0..1, seconds of evidence)."""

    seen: PostureSeen
    shift: Shift
    state: State
    counts: float


class Figures(Struct, frozen=True):
    """What ``ambient train beds`` answers.

    Attributes
    ----------
    looks
        By state, seconds of evidence that were learned from.
    information
        Mean log-likelihood ratio of the true state over an even guess, natural logarithm: on what
        was learned from, states weighted alike.
    """

    nights: int
    stretches: int
    looks: dict[str, float]
    information: float


def train(
    out: Path | None = None,
    *,
    nights: int = NIGHTS,
    count: int = STRETCHES,
    jobs: int = 1,
    tell: Tell = print,
) -> Figures:
    """Live nights, draw stretches, fit the scorecard, and write it.

    Parameters
    ----------
    out
        Folder to write to; else where a node reads it.
    nights
        How many whole nights of `SEED`.
    count
        How many drawn stretches of each seed of `DRAWN`.
    jobs
        Processes to share the work.
    tell
        Takes lines of progress.

    Raises
    ------
    ModelError
        A network is missing or damaged.
    """
    looks: list[Look] = []
    tasks = [Task(seed, stretches=count) for seed in DRAWN if count]
    tasks += [Task(SEED, number) for number in range(nights)]
    for done, found in enumerate(shared(_of_task, tasks, jobs), 1):
        looks += found
        tell(f"{done} of {len(tasks)} parts, {len(looks)} looks")
    return write(looks, out or FOLDER, nights, count * len(DRAWN))


def write(looks: Sequence[Look], folder: Path, nights: int, stretches: int) -> Figures:
    """Fit the scorecard to looks and write it; return what it says of them."""
    state = np.array([STATES.index(look.state) for look in looks])
    counts = np.array([look.counts for look in looks])
    rng = np.random.default_rng(SEED)
    kept = np.flatnonzero((state > 0) | (rng.random(len(looks)) < 1 / THIN))
    places, widths = _places([looks[int(n)] for n in kept])
    weighs = np.where(state > 0, 1.0, THIN)[kept] * counts[kept]
    weights, base = fit(places, widths, state[kept], weighs)
    seconds = np.bincount(state, counts, len(STATES))
    folder.mkdir(parents=True, exist_ok=True)
    text = _text(weights, base, f"{nights} simulated nights and {stretches} drawn stretches")
    # Nothing replaces a card that is good but one that is read without a fault.
    fresh = folder / f"{FILE}.new"
    fresh.write_text(text, encoding="utf-8")
    card = read(fresh)
    fresh.replace(folder / FILE)
    said = np.array([card.piece(look.seen, look.shift).llr for look in looks])
    likely = said - np.logaddexp.reduce(said, axis=1, keepdims=True)
    right = likely[np.arange(len(looks)), state] + np.log(len(STATES))
    alike = [float(np.average(right[state == k], weights=counts[state == k])) for k in set(state)]
    return Figures(
        nights=nights,
        stretches=stretches,
        looks={one.value: round(float(s), 1) for one, s in zip(STATES, seconds, strict=True)},
        information=round(float(np.mean(alike)), 3),
    )


class Task(NamedTuple):
    """A night by its number, or so many drawn stretches, of a seed."""

    seed: int
    night: int | None = None
    stretches: int = 0


def _of_task(task: Task) -> list[Look]:
    if task.night is None:
        drawn = (of_stretch(one) for one in stretches(task.stretches, task.seed))
        return [look for looks in drawn for look in looks]
    # Loading the network is left to those who need it.
    from vision.temporal import LearnedPosture

    one = night(task.seed, task.night)
    return list(of_night(one, camera(one, task.seed, LearnedPosture.create())))


def of_night(one: Night, seen: Iterable[AnyObservation]) -> Iterator[Look]:
    """Yield the looks of a night's camera at those in and at their own beds.

    Parameters
    ----------
    one
        What is true.
    seen
        What the camera says, in order.
    """
    room = config_of(one).rooms[0]
    return _looks(room, seen, lambda bed, t: state_of(one, bed, t))


def of_stretch(one: Looked) -> Iterator[Look]:
    """Yield the looks at the person of a drawn stretch."""
    rise = one.rise

    def state(_: str, t: float) -> State | None:
        up = rise is not None and rise.start <= t <= rise.back
        return _state(rise, t) if up and rise is not None else State.LIES

    for look in _looks(one.config.rooms[0], one.seen, state):
        yield msgspec.structs.replace(look, counts=DRAWN_WEIGHT * look.counts)


def _looks(
    room: Room, seen: Iterable[AnyObservation], true: Callable[[str, float], State | None]
) -> Iterator[Look]:
    """Yield the looks at the beds' occupants, as a node weighs them that knew who lies there."""
    people = BedPeople(outlines(room.beds, room))
    beliefs = {bed.id: BedBelief(BeliefState()) for bed in room.beds}
    for each in seen:
        people.advance(each.t)
        if isinstance(each, PoseSeen | BoxSeen):
            people.shape(each.source, each.aspect)
        elif isinstance(each, TrackEnded):
            people.ended(each)
        elif isinstance(each, PostureSeen):
            states = {bed: true(bed, each.t / 1e9) for bed in beliefs}
            known = any(one.track == each.track for one in people.state.tracks)
            empty = {
                bed: people.occupant(bed, each.t) is None if known else state in _EMPTY
                for bed, state in states.items()
            }
            track = people.see(each, empty)
            belief = beliefs.get(track.bed or "")
            if belief is None or not belief.due(each.t):
                continue
            shift, state = people.shift(track), states[track.bed or ""]
            counts = belief.counted(each, belief.since_s(each.t) * weight(each))
            if state is State.LIES:
                people.lies(track)
            if state is not None and counts > 0.0:
                yield Look(each, shift, state, counts)


def state_of(one: Night, bed: str, t: float) -> State | None:
    """Return what the occupant of a bed does at second `t` of the day.

    None where that cannot be said: elsewhere, or just rising.
    """
    for rise in one.rises:
        if rise.bed == bed and rise.start <= t <= rise.back:
            return _state(rise, t)
    lies = any(start <= t <= end for start, end in one.asleep[bed])
    return State.LIES if lies else None


def _state(rise: Rise, t: float) -> State | None:
    if t < rise.start + RISING_S:
        return None
    if rise.edge is None or t < rise.edge:
        return State.SITS
    if rise.stood is not None and t >= rise.stood:
        return State.OUT
    drawn_in = rise.kind is Kind.EDGE and t >= rise.back - SLACK_S
    return State.SITS if drawn_in else State.EDGE


def _places(looks: Sequence[Look]) -> tuple[Places, list[int]]:
    """Return for each look the step of each part, (n, parts), and how many steps each part has."""
    values = [dict(numbers(look.seen, look.shift)) for look in looks]
    columns = [np.digitize([one[name] for one in values], EDGES[name]) for name in ABOUT]
    postures = list(Posture)
    columns.append(np.array([postures.index(look.seen.posture) for look in looks]))
    columns.append(np.array([TOGETHER.index(together(look.seen, look.shift)) for look in looks]))
    widths = [*(len(EDGES[name]) + 1 for name in ABOUT), len(postures), len(TOGETHER)]
    return np.stack(columns, axis=1), widths


def _text(weights: Sequence[Floats], base: Floats, what: str) -> str:
    """Return the scorecard as TOML."""
    source = (
        f"learned by `ambient train beds` on {what}, the camera's errors included: looks in each "
        "state against what is true, a picture that stands still counted once"
    )
    lines = [
        "# What one look of a camera at a bed's occupant says: lies, sits up, sits on the edge,",
        "# is out. Written by `ambient train beds`; see fusion/bed_card.py.",
        "",
        f"version = {json.dumps(VERSION)}",
        f"source = {json.dumps(source)}",
        f"base = {base.tolist()}",
    ]
    *of_numbers, of_posture, of_together = weights
    for (name, about), rows in zip(ABOUT.items(), of_numbers, strict=True):
        lines += ["", f"[numbers.{name}]", f"about = {json.dumps(about)}"]
        lines += [f"edges = {list(EDGES[name])}", "llr = ["]
        lines += [f"  {row.tolist()}," for row in rows]
        lines.append("]")
    postures = [one.value for one in Posture]
    for part, names, rows in (
        ("posture", postures, of_posture),
        ("together", TOGETHER, of_together),
    ):
        lines += ["", f"[{part}]"]
        lines += [f"{name} = {row.tolist()}" for name, row in zip(names, rows, strict=True)]
    return "\n".join(lines) + "\n"
