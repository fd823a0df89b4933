"""BlazePose in OpenVINO: the engine that nodes use.

In: pictures and their instants; out: poses. A detector finds people, a landmark network follows
each of them: its own landmarks say where to look in the next frame, so the detector runs only
when somebody may be missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from ambient.closing import Closing
from models import store
from vision.pose import landmarks
from vision.pose.detector import View, find
from vision.pose.landmarks import Landmarks
from vision.pose.looks import middle, other_regions
from vision.pose.people import (
    TURNS,
    Lookout,
    Person,
    body_box,
    covered,
    duplicates,
    elsewhere,
    new_regions,
    regions_of,
)
from vision.pose.roi import Roi
from vision.pose.runtime import Network, Recipe
from vision.pose.types import (
    Box,
    Floats,
    Image,
    Pose,
    PoseOptions,
    RunningMode,
    check_image,
    check_time,
)

_DETECTOR_OUTPUTS = ("Identity", "Identity_1")
# Landmarks, presence, heatmap, world landmarks; without the segmentation (Identity_2).
_LANDMARK_OUTPUTS = ("Identity", "Identity_1", "Identity_3", "Identity_4")


HEAD_DOWN_ODDS: Final = 1.1
"""So much surer, in log-odds, must a body look head down than head up: the network takes people
who stand for such who lie with the head towards the camera, and is as sure of either."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One person in the current frame, before smoothing."""

    person: Person
    roi: Roi
    presence: float
    marks: Landmarks


class BlazePose(Closing):
    """A ``PoseEngine`` on OpenVINO; see there for its methods."""

    def __init__(self, detector: Network, landmark: Network, options: PoseOptions) -> None:
        self._detector = detector
        self._landmark = landmark
        self._options = options
        self._people: list[Person] = []
        self._lookout = Lookout(options.num_people, options.redetect_s)
        self._last_ns: int | None = None

    @classmethod
    def create(cls, options: PoseOptions | None = None) -> BlazePose:
        """Load the networks and return an engine.

        Raises
        ------
        ModelError
            A model is missing or damaged.
        RuntimeError
            OpenVINO can't read or compile a network.
        """
        options = options if options is not None else PoseOptions()

        cache_dir = options.cache_dir
        if cache_dir is None:
            cache_dir = store.compiled()

        def load(name: str, outputs: tuple[str, ...], mean: float, scale: float) -> Network:
            return Network.load(
                Recipe(
                    path=store.path(name, options.models_dir),
                    outputs=outputs,
                    mean=mean,
                    scale=scale,
                    exact_tail=outputs is _LANDMARK_OUTPUTS,
                    device=options.device,
                    precision=options.precision,
                    threads=options.threads,
                    streams=options.streams,
                    cache_dir=cache_dir,
                )
            )

        return cls(
            load("pose_detector", _DETECTOR_OUTPUTS, 127.5, 127.5),
            load(f"pose_landmark_{options.model.value}", _LANDMARK_OUTPUTS, 0.0, 255.0),
            options,
        )

    def detect(
        self,
        image: Image,
        t_ns: int,
        *,
        look_harder: bool = False,
        region: Box | None = None,
        hints: Sequence[Box] = (),
        doubts: Sequence[Box] = (),
    ) -> list[Pose]:
        """Return the people in a picture; see ``PoseEngine.detect``.

        People already followed come first, in the order they were found.
        """
        check_image(image)
        video = self._options.mode is RunningMode.VIDEO
        if video:
            check_time(t_ns, self._last_ns)
            self._last_ns = t_ns
        else:
            self._people.clear()
        seen = self._follow(image, self._people)
        lost = len(seen) < len(self._people)
        if self._lookout.due(t_ns, len(seen), lost):
            self._lookout.looked(t_ns)
            seen = self._look(image, seen, look_harder, region)
        if hints:
            seen = self._follow_hints(image, seen, hints)
        seen = _without_duplicates(seen)
        if doubts:
            seen = self._look_again(image, seen, doubts)
        height, width = image.shape[:2]
        self._people = []
        for item in seen:
            if item.marks.next_roi.usable(width, height):
                item.person.roi = item.marks.next_roi
                self._people.append(item.person)
        return [self._pose(item, t_ns, width, height) for item in seen]

    def reset(self) -> None:
        """Forget the people followed and the last timestamp."""
        self._people.clear()
        self._lookout = Lookout(self._options.num_people, self._options.redetect_s)
        self._last_ns = None

    def close(self) -> None:
        """Forget the people followed; compiled networks stay for other engines."""
        self.reset()

    def _look(
        self, image: Image, seen: list[_Seen], look_harder: bool, region: Box | None
    ) -> list[_Seen]:
        """Run the detector; return the people seen with those who are new."""
        options = self._options
        height, width = image.shape[:2]
        taken = [body_box(item.marks.points, item.marks.visibility) for item in seen]
        view = View.of(image).without(taken)
        met = self._meet(image, view, taken, options.min_detection)
        seen = seen + met
        taken += [body_box(item.marks.points, item.marks.visibility) for item in met]
        full = len(seen) >= options.num_people
        if not look_harder or full or (seen and not elsewhere(region, taken, width, height)):
            return seen
        views = [view if region is None else View.of(image, region).without(taken)]
        if options.retry_rotations:
            # One turned view a frame: three frames try all, and none costs much more.
            video = options.mode is RunningMode.VIDEO
            turns = (self._lookout.next_turn(),) if video else TURNS
            views += [views[0].turned(turn) for turn in turns]
        for harder in views:
            if harder is view and options.min_detection_hard >= options.min_detection:
                continue  # It has just been looked at as hard.
            met = self._meet(image, harder, taken, options.min_detection_hard)
            if met:
                return seen + met
        return seen

    def _follow_hints(self, image: Image, seen: list[_Seen], hints: Sequence[Box]) -> list[_Seen]:
        """Return the people seen with those whom the landmark network confirms at a hint."""
        height, width = image.shape[:2]
        taken = [body_box(item.marks.points, item.marks.visibility) for item in seen]
        for hint in hints:
            box = _in_pixels(hint, width, height)
            if len(seen) >= self._options.num_people:
                break
            if any(covered(box, other) for other in taken):
                continue
            aligned = self._aligned(image, regions_of(box), box)
            if aligned:
                best = max(aligned, key=_likely)
                seen = [*seen, best]
                taken.append(body_box(best.marks.points, best.marks.visibility))
        return seen

    def _meet(self, image: Image, view: View, taken: list[Box], min_score: float) -> list[_Seen]:
        """Return the people in a view whom nobody in the boxes ``taken`` is."""
        room = self._options.num_people - len(taken)
        found = find(view, self._infer_detector, min_score)
        height, width = image.shape[:2]
        usable = [roi for roi in found if roi.usable(width, height)]
        met = self._follow(image, [Person(roi) for roi in new_regions(usable, taken, room)])
        return [self._other_end_up(image, item) for item in met]

    def _other_end_up(self, image: Image, item: _Seen) -> _Seen:
        """Return somebody who was just met, the other way up if that is as likely."""
        if not item.roi.head_down:
            return item
        body = body_box(item.marks.points, item.marks.visibility)
        others = self._aligned(image, [item.roi.turned(math.pi)], body)
        return max([item, *(one for one in others if not one.roi.head_down)], key=_likely)

    def _aligned(self, image: Image, regions: Sequence[Roi], box: Box) -> list[_Seen]:
        """Return what the landmark network sees in regions of its own that begin with these.

        It aligns itself: what it says of its own region counts, not the guess. Who is not in `box`,
        in pixels, is left out.
        """
        height, width = image.shape[:2]
        guesses = [Person(roi) for roi in regions if roi.usable(width, height)]
        own = [item.marks.next_roi for item in self._follow(image, guesses)]
        found = self._follow(image, [Person(roi) for roi in own if roi.usable(width, height)])
        return [
            one for one in found if covered(box, body_box(one.marks.points, one.marks.visibility))
        ]

    def _follow(self, image: Image, people: list[Person]) -> list[_Seen]:
        """Run the landmark network on each person's region; return those who are there."""
        seen = []
        for person in people:
            read = self._read(image, person.roi)
            if read is not None:
                seen.append(_Seen(person, person.roi, *read))
        return seen

    def _look_again(self, image: Image, seen: list[_Seen], doubts: Sequence[Box]) -> list[_Seen]:
        """Return the people seen, those in doubt as several looks show them."""
        height, width = image.shape[:2]
        boxes = [_in_pixels(box, width, height) for box in doubts]
        out = []
        for item in seen:
            body = body_box(item.marks.points, item.marks.visibility)
            if any(covered(box, body) for box in boxes):
                others = [
                    self._read(image, roi, mirrored) for roi, mirrored in other_regions(item.roi)
                ]
                marks = middle([item.marks, *(read[1] for read in others if read is not None)])
                item = replace(item, marks=marks)
            out.append(item)
        return out

    def _read(
        self, image: Image, roi: Roi, mirrored: bool = False
    ) -> tuple[float, Landmarks] | None:
        """Run the landmark network on a region; return presence and landmarks, if one is there."""
        cv2.warpAffine(
            image,
            roi.to_picture(landmarks.CROP_SIZE, mirrored=mirrored),
            (landmarks.CROP_SIZE, landmarks.CROP_SIZE),
            dst=self._landmark.input,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        raw, presence, heatmap, world = self._landmark()
        sure = float(presence[0, 0])
        if sure < self._options.min_presence:
            return None
        return sure, landmarks.decode(
            raw.reshape(39, 5), heatmap[0], world.reshape(39, 3), roi, mirrored=mirrored
        )

    def _infer_detector(self, pixels: Image) -> tuple[Floats, Floats]:
        np.copyto(self._detector.input, pixels)
        boxes, scores = self._detector()
        return boxes[0], scores[0, :, 0]

    def _pose(self, item: _Seen, t_ns: int, width: int, height: int) -> Pose:
        marks = item.marks
        points, visibility, world = marks.points, marks.visibility, marks.world
        if self._options.smoothing and self._options.mode is RunningMode.VIDEO:
            points, visibility, world = item.person.smoother(
                points, visibility, world, t_ns, marks.next_roi.size
            )
        keypoints = np.empty((33, 3), np.float32)
        np.divide(points, (width, height), out=keypoints[:, :2], casting="unsafe")
        keypoints[:, 2] = visibility
        return Pose.from_keypoints(keypoints, world, item.presence, item.roi.rotation)


def _likely(item: _Seen) -> float:
    """Return how likely it is that a body is as it is seen, in log-odds."""
    presence = min(max(item.presence, 1e-6), 1.0 - 1e-6)
    odds = math.log(presence / (1.0 - presence))
    return odds - HEAD_DOWN_ODDS if item.marks.next_roi.head_down else odds


def _in_pixels(box: Box, width: int, height: int) -> Box:
    x0, y0, x1, y1 = box
    return x0 * width, y0 * height, x1 * width, y1 * height


def _without_duplicates(seen: list[_Seen]) -> list[_Seen]:
    repeated = duplicates([s.marks.points for s in seen], [s.roi.size for s in seen])
    return [item for index, item in enumerate(seen) if index not in repeated]
