"""What a camera says of simulated falls and everyday life, for the camera's evidence to be fitted.

Recordings that training may use show hardly anybody whom the camera wrongly takes for fallen: who
exercises, kneels, or lies down on the floor on purpose. Skeletons do. In: bodies that move before a
simulated camera, and the measured errors of the pose network (`models.skeletons`), of the family
that no posture was learned from. Out: streams as of a recording, by the node's own code behind the
pose network.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

import models.skeletons
import vision
from ambient.errors import UsageError
from ambient.evaluate.clip import FPS, HOLD_S, ROOM, default_config
from ambient.evaluate.fusion_falls.streams import Stream
from ambient.evaluate.versions import code_hash
from ambient.files import digest
from ambient.observations import AnyObservation, BoxSeen, PoseSeen, PostureSeen
from models.skeletons.generate import Family, Generator
from models.skeletons.scenarios import Scenario
from models.skeletons.sequence import LABELS, Sequence
from vision.objects.types import Detection, Thing
from vision.people import People
from vision.pose.types import Pose
from vision.temporal import LearnedPosture

SECOND: Final = 1_000_000_000
EVERYDAY: Final = frozenset(
    {
        Scenario.SEAT, Scenario.TABLE, Scenario.LOW, Scenario.CHORE, Scenario.EXERCISE,
        Scenario.LIE_FLOOR, Scenario.MOCAP, Scenario.CARE, Scenario.HUG,
    }
)  # fmt: skip
"""Everyday life in which a camera without zones may take somebody for fallen. Beds are left out:
that somebody lies on one is told by the map of the furniture, which skeletons lack."""
SHARE_OF_FALLS: Final = 0.5
_FALL: Final = LABELS.index("fall")
_DECIDING: Final = ("clip", "fusion_falls/skeletons")


def camera_streams(
    data: Path,
    cache: Path,
    count: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Stream]:
    """Return what a camera says of `count` simulated situations, half of them falls.

    Parameters
    ----------
    data
        The folder of labelled recordings, with ``motion``.
    cache
        Where they are kept, as those of recordings are: by the motions, and by the code and models
        that made and looked.
    count, seed
        How many, and what they are drawn from.
    progress
        Called with (done, all).

    Raises
    ------
    UsageError
        Motions are missing, or the kept file is of another version.
    """
    kept = cache / f"skeletons_{seed}_{count}-{_content(data)}.msgpack"
    if kept.exists():
        try:
            return msgspec.msgpack.decode(kept.read_bytes(), type=list[Stream])
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(
                f"{kept}: expected kept observations of this version, got something else "
                f"({error}); remove it, and they are simulated again"
            ) from None
    try:
        source = Generator.open(data, Family.HELDOUT)
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None
    made = list(_streams(source, count, seed, progress))
    cache.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(".part")
    part.write_bytes(msgspec.msgpack.encode(made))
    os.replace(part, kept)
    return made


def _content(data: Path) -> str:
    """Return a hash of the motions, and of the code that moves bodies and looks at them."""
    found = hashlib.sha256(code_hash((vision, models.skeletons), _DECIDING).encode())
    folder = data / "motion"
    for path in sorted((folder if folder.is_dir() else data).glob("*.*")):
        with suppress(OSError):
            # Reading says why.
            found.update(f"{path.name}\0{digest(path)}".encode())
    return found.hexdigest()[:16]


def _streams(
    source: Generator, count: int, seed: int, progress: Callable[[int, int], None] | None
) -> Iterator[Stream]:
    left = {True: round(count * SHARE_OF_FALLS), False: count - round(count * SHARE_OF_FALLS)}
    for index in itertools.count():
        if not sum(left.values()):
            return
        sequence = source.one(seed, index)
        scenario = sequence.name.rsplit("-", 1)[1]
        fell = scenario == Scenario.FALL and (sequence.help > 0).any()
        if (not fell and scenario not in EVERYDAY) or not left[bool(fell)]:
            continue
        seen = said(sequence)
        zero = _moment(sequence, seen)
        left[bool(fell)] -= 1
        yield Stream(
            file=sequence.name,
            person=sequence.subject,
            fall=bool(fell),
            seen=tuple((one.t - zero, one) for one in seen),
        )
        if progress is not None:
            progress(count - sum(left.values()), count)


def said(sequence: Sequence) -> list[AnyObservation]:
    """Return what the node's code says of a sequence at `FPS` looks a second, then held."""
    people = People(ROOM, default_config("x").rooms[0].cameras[0], model=LearnedPosture.create())
    out: list[AnyObservation] = []
    due = -1.0
    t = 0
    for i, at in enumerate(sequence.t.tolist()):
        if at < due:
            continue
        due = at + 0.9 / FPS
        t = round(at * SECOND)
        poses = []
        if sequence.seen[i]:
            poses = [
                Pose.from_keypoints(
                    sequence.keypoints[i], sequence.world[i], float(sequence.score[i]), 0.0
                )
            ]
        boxes = None
        if sequence.box_score[i] > 0.0:
            x0, y0, x1, y1 = np.clip(sequence.box[i], 0.0, 1.0).tolist()
            boxes = [Detection(Thing.PERSON, float(sequence.box_score[i]), (x0, y0, x1, y1))]
        out += people.update(poses, t, sequence.aspect, boxes=boxes)
    for later in range(1, round(HOLD_S * FPS) + 1):
        out += people.repeat(t + round(later * SECOND / FPS), sequence.aspect)
    return [one for one in out if not isinstance(one, PoseSeen | BoxSeen)]


def _moment(sequence: Sequence, seen: list[AnyObservation]) -> int:
    """Return the end of the fall, nanoseconds; in everyday life the strongest descent seen."""
    falling = np.flatnonzero(sequence.label == _FALL)
    if len(falling):
        return round(float(sequence.t[falling[-1]]) * SECOND)
    descents = [(one.descent, one.t) for one in seen if isinstance(one, PostureSeen)]
    if descents and max(descents)[0] > 0.0:
        return max(descents)[1]
    return round(float(sequence.t[len(sequence.t) // 2]) * SECOND)
