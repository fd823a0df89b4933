"""Networks for tests that see what they are told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ambient.closing import Closing
from vision.objects.types import Detection, Thing
from vision.pose.types import Box, Image, Pose


@dataclass
class FakeEngine(Closing):
    """A pose engine; `poses` are in the picture, the rest what each picture was looked at with."""

    poses: list[Pose] = field(default_factory=list)
    hints: list[list[Box]] = field(default_factory=list)
    doubts: list[list[Box]] = field(default_factory=list)
    closed: bool = False

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
        self.hints.append(list(hints))
        self.doubts.append(list(doubts))
        return list(self.poses)

    def reset(self) -> None:
        self.hints.clear()

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeObjects(Closing):
    """An object detector; `near` is what a close look at a region shows."""

    things: list[Detection] = field(default_factory=list)
    near: list[Detection] = field(default_factory=list)
    looks: list[tuple[Box | None, tuple[int, ...]]] = field(default_factory=list)
    closed: bool = False

    def detect(
        self, image: Image, *, region: Box | None = None, turns: Sequence[int] = (0,)
    ) -> list[Detection]:
        self.looks.append((region, tuple(turns)))
        return list(self.things if region is None else self.near)

    def close(self) -> None:
        self.closed = True


def person(score: float, box: Box) -> Detection:
    return Detection(Thing.PERSON, score, box)


def thing(kind: Thing, score: float, box: Box) -> Detection:
    return Detection(kind, score, box)
