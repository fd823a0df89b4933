"""Sensitivity by subgroup on drawn people: how many base scenes, and a seed in; a report out.

Behind ``ambient evaluate subgroups``. A base scene is a fall with one level of every attribute;
around it, each attribute takes each of its other levels while all else stays. Beside them, people
lie down on beds and sofas, with and without a zone: they shall not alarm.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from ambient.evaluate.clip import default_config
from ambient.evaluate.subgroups_report import BedSeen, FallSeen, Report, summarise
from ambient.evaluate.subgroups_scenes import (
    Attribute,
    Level,
    Scene,
    Zones,
    bed_scene,
    fall_scene,
    variants,
)
from ambient.evaluate.subgroups_watch import Image, drawn, watch
from ambient.evaluate.workers import shared
from vision.networks import Networks
from vision.pose import PoseOptions

COUNT: Final = 24
Task = tuple[int, int, bool]
"""Seed, number of the base scene, and whether somebody falls in it."""


def run(
    count: int = COUNT,
    *,
    seed: int = 1,
    jobs: int = 1,
    beds: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Draw and watch everything, and return what was found.

    Parameters
    ----------
    count
        Base scenes; each is drawn some fourteen times.
    seed
        Equal seeds give equal reports (but for the seconds).
    jobs
        Processes to share the work.
    beds
        Scenes on beds and sofas; as many as base scenes when none is given.
    progress
        Called with (done, all) after each scene.

    Raises
    ------
    ModelError
        When the networks are missing or damaged.
    """
    start = time.monotonic()
    lying = count if beds is None else beds
    tasks: list[Task] = [(seed, number, True) for number in range(count)]
    tasks += [(seed, number, False) for number in range(lying)]
    falls: list[FallSeen] = []
    soft: list[BedSeen] = []
    for done, (some, others) in enumerate(shared(_task, tasks, jobs), start=1):
        falls += some
        soft += others
        if progress is not None:
            progress(done, len(tasks))
    return summarise(falls, soft, seed, count, time.monotonic() - start)


def falls_of(seed: int, number: int) -> list[FallSeen]:
    """Watch a base scene and all that differ from it in one attribute."""
    out: list[FallSeen] = []
    shown: tuple[dict[Attribute, Level], list[Image]] | None = None
    with _networks() as networks:
        for levels in variants(seed, number):
            scene = fall_scene(seed, number, levels)
            unlit = levels | {Attribute.LIGHT: Level.DAY}
            if shown is None or shown[0] != unlit:
                shown = (unlit, list(drawn(scene)))
            watched = watch(scene, shown[1], networks, seed)
            out.append(FallSeen(number, str(scene.fall), levels, scene.act.start_s, watched))
    return out


def beds_of(seed: int, number: int) -> list[BedSeen]:
    """Watch somebody on a bed or sofa, with a zone and without."""
    scene = bed_scene(seed, number)
    frames = list(drawn(scene))
    out: list[BedSeen] = []
    with _networks() as networks:
        for zones in Zones:
            watched = watch(scene, frames, networks, seed, zones)
            out.append(
                BedSeen(
                    number=number,
                    soft=_soft(scene),
                    zones=zones,
                    levels=dict(scene.levels),
                    confirmed=len(watched.confirmed),
                    suspected=len(watched.suspected),
                    seen=watched.seen > 0,
                    place=watched.place,
                )
            )
    return out


def _soft(scene: Scene) -> str:
    what = "bed" if scene.soft in scene.room.mattresses else "sofa"
    how = "lies down" if scene.act.end_s > 0 else "lies"
    return f"{what}, {how}{', under a blanket' if scene.covered else ''}"


def _networks() -> Networks:
    people = default_config("drawn").rooms[0].cameras[0].people
    return Networks.open(PoseOptions(num_people=people))


def _task(task: Task) -> tuple[list[FallSeen], list[BedSeen]]:
    seed, number, falls = task
    return (falls_of(seed, number), []) if falls else ([], beds_of(seed, number))
