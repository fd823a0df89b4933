"""Recordings as the node's own eyes see them: videos in, one `Sequence` per person out.

The node's pipeline (pose engine, second detector, tracker) runs over every recording that may be
learned from, at several rates and in several views: as it is, mirrored, cut off, rolled, small
and dim. A network's errors in a view are real ones, which no arithmetic on finished keypoints
gives. Pictures are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ambient.closing import Closing
from ambient.observations import BoxSeen, PoseSeen
from ambient.train.truth import Row, read, truth
from models.skeletons.sequence import Sequence
from vision.objects.types import Detection, ObjectDetector, Thing
from vision.pipeline import CameraPipeline
from vision.pose import PoseEngine, PoseOptions
from vision.pose.blazepose import BlazePose
from vision.pose.people import body_box
from vision.pose.types import Box, Image
from vision.sightings import match
from vision.sources import open_source

PEOPLE: Final = 3
MIN_FRAMES: Final = 8
"""Poses that a track must have: of an outline alone nobody knows who it is, or whether anybody."""
PATIENCE_S: Final = 2.0
"""For so long a track goes on after somebody was seen last."""


class View(StrEnum):
    """How a recording is looked at."""

    PLAIN = "plain"
    MIRROR = "mirror"
    CUT_LOW = "cut_low"
    CUT_SIDE = "cut_side"
    ROLL = "roll"
    SMALL_DIM = "small_dim"


@dataclass(frozen=True, slots=True)
class Pass:
    """One way of looking at all recordings: a view, and frames a second (None: all)."""

    view: View
    fps: float | None

    @property
    def name(self) -> str:
        """Part of the name of every sequence that was seen so."""
        return f" {self.view} {'all' if self.fps is None else f'{self.fps:g}'} "


PASSES: Final = (
    Pass(View.PLAIN, 10.0),
    Pass(View.PLAIN, None),
    Pass(View.PLAIN, 6.0),
    Pass(View.MIRROR, 12.0),
    Pass(View.CUT_LOW, 10.0),
    Pass(View.CUT_SIDE, 8.0),
    Pass(View.ROLL, 10.0),
    Pass(View.SMALL_DIM, 10.0),
)


@dataclass(slots=True)
class _Seen:
    """What was seen of one track: frame numbers with poses, and boxes."""

    poses: dict[int, PoseSeen] = field(default_factory=dict)
    boxes: dict[int, tuple[Box, float]] = field(default_factory=dict)

    @property
    def frames(self) -> list[int]:
        """Numbers of the frames in which anything was seen, in order."""
        return sorted({*self.poses, *self.boxes})


class Overheard(Closing):
    """A detector that remembers what it said last: the pipeline asks it, the training listens."""

    def __init__(self, detector: ObjectDetector) -> None:
        self._detector = detector
        self.people: list[Detection] = []

    def detect(
        self, image: Image, *, region: Box | None = None, turns: Several[int] = (0,)
    ) -> list[Detection]:
        """Return what the detector says; see `ObjectDetector.detect`."""
        found = self._detector.detect(image, region=region, turns=turns)
        self.people += [each for each in found if each.thing is Thing.PERSON]
        return found

    def close(self) -> None:
        """Leave the detector open: it is the caller's."""


def sequences(
    data: Path,
    *,
    passes: tuple[Pass, ...] = PASSES,
    detector: ObjectDetector | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Iterator[Sequence]:
    """Yield every person of every recording in ``data/video`` that may be learned from.

    Parameters
    ----------
    data
        The folder of labelled recordings.
    passes
        How to look at each.
    detector
        The second pair of eyes; without one, the pose network looks alone.
    tell
        Is told what goes on.

    Raises
    ------
    UsageError, SourceError, ModelError
        When the manifest, a recording or a network cannot be read.
    """
    rows = read(data / "video")
    for one in passes:
        found = 0
        for row in rows:
            with BlazePose.create(PoseOptions(num_people=PEOPLE)) as engine:
                for sequence in people(row, one, engine, detector):
                    found += 1
                    yield sequence
        tell(f"recordings, {one.name.strip()} frames a second: {found} people")


def people(
    row: Row, one: Pass, engine: PoseEngine, detector: ObjectDetector | None
) -> list[Sequence]:
    """Return the people of one recording."""
    heard = Overheard(detector) if detector is not None else None
    # One look at each, of the picture as it came: the network shall know how single looks scatter,
    # as the simulations do, and how poses are that are seen badly.
    pipeline = CameraPipeline(
        "room", _Camera(), engine, detector=heard, restored=False, looks=False, gated=False
    )
    times: list[float] = []
    tracks: dict[int, _Seen] = {}
    aspect = 1.0
    with open_source(str(row.path), fps=one.fps) as frames:
        for frame in frames:
            image = look(frame.image, one.view)
            aspect = image.shape[1] / image.shape[0]
            number = len(times)
            times.append(frame.t_ns / 1e9)
            for said in pipeline.process(image, frame.t_ns):
                if isinstance(said, PoseSeen):
                    tracks.setdefault(said.track, _Seen()).poses[number] = said
                elif isinstance(said, BoxSeen):
                    box = (said.box, said.score)
                    tracks.setdefault(said.track, _Seen()).boxes[number] = box
            if heard is not None:
                _give(heard.people, number, tracks)
                heard.people.clear()
    t = np.array(times)
    kept = {n: seen for n, seen in tracks.items() if len(seen.poses) >= MIN_FRAMES}
    faller = _faller(row, t, kept)
    return [
        _sequence(row, one, t, aspect, number, seen, faller=number in faller)
        for number, seen in kept.items()
    ]


def look(image: Image, view: View) -> Image:
    """Return a picture (height, width, 3) as a view shows it."""
    height, width = image.shape[:2]
    match view:
        case View.PLAIN:
            return image
        case View.MIRROR:
            return np.ascontiguousarray(image[:, ::-1])
        case View.CUT_LOW:
            return np.ascontiguousarray(image[: round(height * 0.8)])
        case View.CUT_SIDE:
            return np.ascontiguousarray(image[:, round(width * 0.15) : round(width * 0.9)])
        case View.ROLL:
            turn = cv2.getRotationMatrix2D((width / 2, height / 2), 8.0, 1.0)
            return np.asarray(cv2.warpAffine(image, turn, (width, height)), np.uint8)
        case View.SMALL_DIM:
            small = cv2.resize(image, (round(width * 240 / height), 240))
            dim = 255.0 * (small / 255.0) ** 1.8 * 0.6
            grain = np.random.default_rng(int(small[::16, ::16].sum())).normal(0, 6, small.shape)
            return np.asarray(np.clip(dim + grain, 0, 255), np.uint8)


class _Camera:
    """A camera without zones, mask or plan: `vision.settings.CameraSettings`."""

    id = "camera"
    night = "infrared"
    mount = "wall"
    mask = ()
    zones = ()


def _give(found: list[Detection], number: int, tracks: dict[int, _Seen]) -> None:
    """Give each person's box to the skeleton of this frame that it is of, as the node does."""
    posed = [n for n, seen in tracks.items() if number in seen.poses and number not in seen.boxes]
    bodies = []
    for track in posed:
        keypoints = np.asarray(tracks[track].poses[number].keypoints, np.float32)
        bodies.append(body_box(keypoints[:, :2], keypoints[:, 2]))
    for i, j in match([each.box for each in found], bodies).items():
        tracks[posed[j]].boxes[number] = (found[i].box, found[i].score)


def _faller(row: Row, t: NDArray[np.float64], tracks: dict[int, _Seen]) -> set[int]:
    """Return the tracks of the person who falls: who sank furthest, and what goes on from it."""
    if row.fall is None:
        return set()
    if row.stays:
        return set(tracks)  # One person alone; a second track is the first, found again.
    start, end = row.fall
    drop: dict[int, float] = {}
    for number, seen in tracks.items():
        level = {k: float(np.mean([p.keypoints[j][1] for j in (0, 23, 24)]))
                 for k, p in seen.poses.items()}  # fmt: skip
        before = [v for k, v in level.items() if start - 1.0 <= t[k] <= start + 0.2]
        after = [v for k, v in level.items() if end - 0.2 <= t[k] <= end + 0.8]
        if before and after:
            drop[number] = float(np.mean(after) - np.mean(before))
    return {max(drop, key=lambda number: drop[number])} if drop else set()


def _sequence(
    row: Row,
    one: Pass,
    t: NDArray[np.float64],
    aspect: float,
    number: int,
    seen: _Seen,
    *,
    faller: bool,
) -> Sequence:
    """Return one track from its first pose until it is given up, or the recording ends."""
    first = seen.frames[0]
    last = int(np.searchsorted(t, t[seen.frames[-1]] + PATIENCE_S))
    span = range(first, min(last, len(t)))
    n = len(span)
    keypoints = np.full((n, 33, 3), np.nan, np.float32)
    world = np.full((n, 33, 3), np.nan, np.float32)
    box = np.full((n, 4), np.nan, np.float32)
    score, box_score = np.zeros(n, np.float32), np.zeros(n, np.float32)
    there = np.zeros(n, np.bool_)
    for k, pose in seen.poses.items():
        at = k - first
        keypoints[at], world[at] = pose.keypoints, pose.world
        score[at], there[at] = pose.score, True
    for k, (found, sure) in seen.boxes.items():
        if k in span:
            box[k - first], box_score[k - first] = found, sure
    known = truth(row, t[first : first + n], faller=faller)
    return Sequence(
        name=f"{row.name}{one.name}{number}",
        subject=row.subject,
        aspect=aspect,
        t=t[first : first + n],
        seen=there,
        keypoints=keypoints,
        world=world,
        score=score,
        box=box,
        box_score=box_score,
        place=np.zeros((n, 4), np.float32),
        label=known.label,
        down=known.down,
        fell=known.fell,
        help=known.help,
    )
