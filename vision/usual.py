"""What is usual for one camera, which covered, blurred and turned views are told against.

Comes in: measures of good views and the small grey picture, frame by frame. Goes out: a measure as
a share of the usual, and how much of the learnt scene is still there (`vision.scene`). In memory
only; it outlives a pipeline, so that a camera that is turned, covered or smeared during a privacy
pause is noticed after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vision.scene import SceneMemory

HISTORY_S: Final = 60.0
"""Time constant of what is usual for this camera."""
LEARN_S: Final = 5.0
"""So long is learnt before anything is judged against history."""


@dataclass(slots=True)
class Usual:
    """A slow mean of what is usual for a camera."""

    seconds: float = 0.0
    value: float = 0.0

    def learn(self, value: float, passed_s: float) -> None:
        """Take in `value`, which held for `passed_s`."""
        self.seconds += passed_s
        weight = max(passed_s / HISTORY_S, passed_s / self.seconds if self.seconds > 0 else 1.0)
        self.value += min(1.0, weight) * (value - self.value)

    def share(self, value: float) -> float:
        """Return `value` as a share of the usual; 1 while that is not known."""
        return 1.0 if self.seconds < LEARN_S or self.value <= 0 else value / self.value


@dataclass(slots=True)
class UsualView:
    """The usual view of one camera.

    Attributes
    ----------
    scene
        Its edges.
    deviation, fine, sharpness
        As in `vision.quality.Look`.
    """

    scene: SceneMemory = field(default_factory=SceneMemory)
    deviation: Usual = field(default_factory=Usual)
    fine: Usual = field(default_factory=Usual)
    sharpness: Usual = field(default_factory=Usual)
