"""NanoDet in OpenVINO: people and furniture as boxes, where the pose network is blind.

In: pictures, or a region of one; out: `Detection` for each thing, surest first. The network says
for each cell of three grids how probable each kind of thing is, and how far the edges of its box
are: a distribution over 0 to 10 cells for each edge, whose mean is the distance (Li et al. 2020,
*Generalized Focal Loss*, section 3.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ambient.closing import Closing
from models import store
from vision.objects.types import Detection, Thing
from vision.objects.view import SIDE, Boxes, Shape, View, shape_for, turned, unturned
from vision.pose.runtime import Channels, Network, Recipe
from vision.pose.types import Box, Device, Floats, Image, Precision, check_image

MODEL: Final = "object_detector"
"""As the catalogue calls it."""
_STRIDES: Final = (8, 16, 32)
_BINS: Final = 11
_SCORES: Final = ("Identity", "Identity_1", "Identity_2")
_EDGES: Final = ("Identity_3", "Identity_4", "Identity_5")
# Of ImageNet, blue first, as the network was trained with.
_MEAN: Final = (103.53, 116.28, 123.675)
_DEVIATION: Final = (57.375, 57.12, 58.395)
# Columns of the scores: where the things stand in the 80 kinds of COCO.
_COLUMNS: Final = {
    Thing.PERSON: 0,
    Thing.CAT: 15,
    Thing.DOG: 16,
    Thing.BACKPACK: 24,
    Thing.SUITCASE: 28,
    Thing.CHAIR: 56,
    Thing.COUCH: 57,
    Thing.BED: 59,
    Thing.DINING_TABLE: 60,
    Thing.TV: 62,
    Thing.TEDDY_BEAR: 77,
}
# Boxes of one kind that overlap by more are one thing (the authors' own figure).
_SAME_IOU: Final = 0.6
# Boxes of one person in views turned differently agree less well than in one.
_SAME_TURNED_IOU: Final = 0.4
# So many are compared at most, surest first: a threshold of 0 would let all 39,039 through.
_CANDIDATES: Final = 300


Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ObjectOptions:
    """How a detector shall work.

    Parameters
    ----------
    things
        What to report.
    min_score
        Least probability, 0 to 1.
    threads, streams, device, precision
        See ``vision.pose.types.PoseOptions``.
    models_dir
        The store's directory (``models.dir`` of the configuration); ``None``: see
        ``models.store.locate``.
    cache_dir
        Where compiled networks are kept; ``None``: in the user's cache.
    """

    things: frozenset[Thing] = frozenset(Thing)
    min_score: float = 0.3
    threads: int = 1
    streams: int = 1
    device: Device = Device.AUTO
    precision: Precision = Precision.FLOAT32
    models_dir: Path | None = None
    cache_dir: Path | None = None

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        for name, low, high in (("min_score", 0.0, 1.0), ("threads", 1, 64), ("streams", 1, 64)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"ObjectOptions.{name}: expected {low} to {high}, got {value}")
        if not self.things:
            raise ValueError("ObjectOptions.things: expected at least one thing, got none")


class NanoDet(Closing):
    """An ``ObjectDetector`` on OpenVINO; see there for its methods."""

    def __init__(self, load: Callable[[Shape], Network], options: ObjectOptions) -> None:
        self._load = load
        self._networks: dict[Shape, Network] = {}
        self._options = options
        self._things = tuple(thing for thing in _COLUMNS if thing in options.things)
        self._columns = np.array([_COLUMNS[thing] for thing in self._things])
        self._lying = np.array([thing is Thing.PERSON for thing in self._things])

    @classmethod
    def create(cls, options: ObjectOptions | None = None) -> NanoDet:
        """Load the network and return a detector.

        Raises
        ------
        ModelError
            The model is missing or damaged, or OpenVINO can't run it.
        """
        options = options if options is not None else ObjectOptions()
        recipe = Recipe(
            path=store.path(MODEL, options.models_dir),
            outputs=_SCORES + _EDGES,
            mean=_MEAN,
            scale=_DEVIATION,
            exact_tail=False,
            device=options.device,
            precision=options.precision,
            threads=options.threads,
            streams=options.streams,
            cache_dir=options.cache_dir if options.cache_dir is not None else store.compiled(),
            channels=Channels.BGR,
        )
        made = cls(lambda shape: Network.load(replace(recipe, shape=shape)), options)
        for shape in (shape_for(SIDE * 9 // 16, SIDE), (SIDE, SIDE)):
            made._ready(shape)
        return made

    def detect(
        self, image: Image, *, region: Box | None = None, turns: Sequence[int] = (0,)
    ) -> list[Detection]:
        """Return the things in a picture, surest first; see ``ObjectDetector.detect``.

        Parameters
        ----------
        image, region
            See there.
        turns
            Quarter turns anticlockwise in which to look, 0 to 3; each costs as much as the first.
            `ALL_TURNS` finds many more of the people who lie: photographs show people upright.
            Only people are looked for in turned views.

        Raises
        ------
        ValueError
            Wrong shape or type of picture, a region without area inside it, or no such turn.
        ModelError
            The device can't run the network in the shape of this picture.
        """
        check_image(image)
        if not turns or not set(turns) <= {0, 1, 2, 3}:
            raise ValueError(f"turns: expected some of 0, 1, 2, 3, got {tuple(turns)}")
        view = View.of(image, region)
        self._ready(view.pixels.shape[:2])
        found = [self._look(view, turn) for turn in turns]
        boxes, scores, kinds = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = suppress(boxes, scores, kinds, _SAME_IOU if len(turns) == 1 else _SAME_TURNED_IOU)
        placed = view.in_picture(boxes[order]).tolist()
        return [
            Detection(self._things[kinds[index]], float(scores[index]), tuple(box))
            for index, box in zip(order, placed, strict=True)
        ]

    def _ready(self, shape: Shape) -> None:
        """Load what looks at views of a shape; turned ones too, for then somebody was just lost."""
        for one in {shape, turned(shape, 1)} - self._networks.keys():
            self._networks[one] = self._load(one)

    def _look(self, view: View, turn: int) -> tuple[Boxes, Floats, Indices]:
        """Return boxes in the unturned view, their scores, and which of the things they are."""
        whole: Shape = view.pixels.shape[:2]
        shape = turned(whole, turn)
        network = self._networks[shape]
        np.copyto(network.input, np.rot90(view.pixels, turn))
        outputs = network()
        scores = np.concatenate([level[0][:, self._columns] for level in outputs[:3]])
        if turn:
            scores = np.where(self._lying, scores, np.float32(-1))
        rows, kinds = candidates(scores, self._options.min_score)
        boxes = decode([level[0] for level in outputs[3:]], rows, shape)
        kept = suppress(boxes, scores[rows, kinds], kinds, _SAME_IOU)
        return unturned(boxes[kept], turn, whole), scores[rows, kinds][kept], kinds[kept]

    def close(self) -> None:
        """Do nothing: compiled networks stay for other detectors."""


def candidates(scores: Floats, min_score: float) -> tuple[Indices, Indices]:
    """Return cell and kind of what is at least so probable, surest first.

    Parameters
    ----------
    scores
        (cells, kinds) float32, 0..1.
    min_score
        0..1.
    """
    rows, columns = np.nonzero(scores >= min_score)
    order = np.argsort(-scores[rows, columns], kind="stable")[:_CANDIDATES]
    return rows[order], columns[order]


def decode(edges: Sequence[Floats], rows: Indices, shape: Shape) -> Boxes:
    """Return the boxes of some cells.

    Parameters
    ----------
    edges
        For each grid (cells, 44) float32: logits of 0 to 10 cells to the left, top, right and
        bottom edge.
    rows
        Which cells, counted through all grids.
    shape
        Height and width of the input.

    Returns
    -------
    ndarray
        (rows, 4) float32: x0, y0, x1, y1 in pixels of the input.
    """
    centres, strides = _cells(shape)
    starts = np.cumsum([0] + [len(level) for level in edges])
    logits = np.empty((len(rows), 4, _BINS), np.float32)
    for level, start, end in zip(edges, starts, starts[1:], strict=False):
        here = (rows >= start) & (rows < end)
        logits[here] = level[rows[here] - start].reshape(-1, 4, _BINS)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    reach = weights @ np.arange(_BINS, dtype=np.float32) / weights.sum(axis=2)
    reach *= strides[rows, None]
    middle = centres[rows]
    corners: Boxes = np.concatenate([middle - reach[:, :2], middle + reach[:, 2:]], axis=1)
    height, width = shape
    np.clip(corners, 0, np.array([width, height] * 2, np.float32), out=corners)
    return corners


def suppress(boxes: Boxes, scores: Floats, kinds: Indices, same_iou: float) -> list[int]:
    """Return which boxes to keep, surest first: of those of one kind that overlap, the surest.

    Parameters
    ----------
    boxes
        (n, 4) float32: x0, y0, x1, y1.
    scores, kinds
        (n,).
    same_iou
        Intersection over union above which two boxes are one thing.
    """
    if not len(boxes):
        return []
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(corners.tolist(), scores.tolist(), kinds.tolist(), 0.0, same_iou)
    return sorted((int(index) for index in kept), key=lambda index: -float(scores[index]))


@cache
def _cells(shape: Shape) -> tuple[Floats, Floats]:
    """Return the middle (x, y) of each cell and its size, in pixels of the input."""
    centres, strides = [], []
    for stride in _STRIDES:
        y, x = ((np.arange(side // stride, dtype=np.float32) + 0.5) * stride for side in shape)
        across, down = np.meshgrid(x, y)
        centres.append(np.stack([across.ravel(), down.ravel()], axis=1))
        strides.append(np.full(across.size, stride, np.float32))
    return np.concatenate(centres), np.concatenate(strides)
