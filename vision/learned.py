"""What a camera's pipeline has learned of its room, to go on from after the camera was closed.

Comes in: a pipeline that ends. Goes out: what the next one of the same camera starts with: what
its view usually is, where furniture stands, where the floor lies. Of people nothing goes on: who
was there before a privacy pause may be somebody else afterwards. It lives in memory only, and as
long as the process: whoever turns a camera while it is closed is noticed by the usual view, whose
edges a file on the disk must not hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from vision.floor import FloorState
from vision.furniture import FurnitureState
from vision.usual import UsualView


@dataclass(frozen=True, slots=True)
class Learned:
    """Taken over, not copied: one pipeline at a time may have it.

    Attributes
    ----------
    view
        What is usual for the camera.
    furniture, floor
        None where nothing is learned of them.
    """

    view: UsualView
    furniture: FurnitureState | None
    floor: FloorState | None
