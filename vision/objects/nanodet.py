"""NanoDet in OpenVINO: people and furniture as boxes, where the pose network is blind.

In: pictures, or a region of one; out: `Detection` for each thing, surest first. The network says
for each cell of three grids how probable each kind of thing is, and how far the edges of its box
are: a distribution over 0 to 10 cells for each edge, whose mean is the distance (Li et al. 2020,
*Generalized Focal Loss*, section 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ambient.closing import Closing
from models import store
from vision.objects.types import Detection, Thing
from vision.pose.runtime import Channels, Network, Recipe
from vision.pose.types import Box, Device, Floats, Image, Precision, check_image

_MODEL: Final = "object_detector"
_INPUT_SIZE: Final = 416
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
# So many are compared at most, surest first: a threshold of 0 would let all 39,039 through.
_CANDIDATES: Final = 300
# A region looked at closely keeps this much of its surroundings, and is at least so large.
_REGION_MARGIN: Final = 1.5
_SMALLEST_SIDE: Final = 32.0

Boxes = NDArray[np.float32]


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
    precision: Precision = Precision.AUTO
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

    def __init__(self, network: Network, options: ObjectOptions) -> None:
        self._network = network
        self._options = options
        self._things = tuple(thing for thing in _COLUMNS if thing in options.things)
        self._columns = np.array([_COLUMNS[thing] for thing in self._things])

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
            path=store.path(_MODEL, options.models_dir),
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
        return cls(Network.load(recipe), options)

    def detect(self, image: Image, *, region: Box | None = None) -> list[Detection]:
        """Return the things in a picture, surest first; see ``ObjectDetector.detect``.

        Raises
        ------
        ValueError
            Wrong shape or type of picture, or a region without area inside it.
        """
        check_image(image)
        view = view_of(image.shape[1], image.shape[0], region)
        x0, y0, x1, y1 = view
        _fill(self._network.input, image[y0:y1, x0:x1])
        outputs = self._network()
        scores = np.concatenate([level[0][:, self._columns] for level in outputs[:3]])
        edges = [level[0] for level in outputs[3:]]
        rows, columns = candidates(scores, self._options.min_score)
        kept_scores = scores[rows, columns]
        boxes = decode(edges, rows)
        kept = suppress(boxes, kept_scores, columns)
        size = np.array([x1 - x0, y1 - y0] * 2, np.float32) / _INPUT_SIZE
        whole = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        placed = (boxes[kept] * size + np.array([x0, y0, x0, y0], np.float32)) / whole
        return [
            Detection(self._things[columns[index]], float(kept_scores[index]), tuple(box))
            for index, box in zip(kept, np.clip(placed, 0, 1).tolist(), strict=True)
        ]

    def close(self) -> None:
        """Do nothing: compiled networks stay for other detectors."""


def view_of(width: int, height: int, region: Box | None) -> tuple[int, int, int, int]:
    """Return the part of a picture to look at: x0, y0, x1, y1 in whole pixels.

    Parameters
    ----------
    width, height
        Of the picture.
    region
        x0, y0, x1, y1, 0..1; looked at with some surroundings, as a square inside the picture
        (where that fits); ``None``: the whole picture.

    Raises
    ------
    ValueError
        The region has no area inside the picture.
    """
    if region is None:
        return 0, 0, width, height
    x0, y0, x1, y1 = (min(max(edge, 0.0), 1.0) for edge in region)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(
            f"region: expected x0 < x1 and y0 < y1 inside the picture (0 to 1), got {region}"
        )
    x, y = (x0 + x1) / 2 * width, (y0 + y1) / 2 * height
    side = max((x1 - x0) * width, (y1 - y0) * height, _SMALLEST_SIDE) * _REGION_MARGIN
    across, down = min(side, float(width)), min(side, float(height))
    left = min(max(x - across / 2, 0.0), width - across)
    top = min(max(y - down / 2, 0.0), height - down)
    return int(left), int(top), int(np.ceil(left + across)), int(np.ceil(top + down))


def _fill(view: Image, part: Image) -> None:
    """Stretch a part of a picture over the network's input, as it was trained."""
    height, width = part.shape[:2]
    # Plain sampling would skip pixels of a picture this large.
    shrinks = width >= 2 * _INPUT_SIZE and height >= 2 * _INPUT_SIZE
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    cv2.resize(part, (_INPUT_SIZE, _INPUT_SIZE), dst=view, interpolation=how)


def candidates(scores: Floats, min_score: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
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


def decode(edges: Sequence[Floats], rows: NDArray[np.intp]) -> Boxes:
    """Return the boxes of some cells.

    Parameters
    ----------
    edges
        For each grid (cells, 44) float32: logits of 0 to 10 cells to the left, top, right and
        bottom edge.
    rows
        Which cells, counted through all grids.

    Returns
    -------
    ndarray
        (rows, 4) float32: x0, y0, x1, y1 in pixels of the input.
    """
    centres, strides = _cells()
    starts = np.cumsum([0] + [len(level) for level in edges])
    logits = np.empty((len(rows), 4, _BINS), np.float32)
    for level, start, end in zip(edges, starts, starts[1:], strict=False):
        here = (rows >= start) & (rows < end)
        logits[here] = level[rows[here] - start].reshape(-1, 4, _BINS)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    reach = weights @ np.arange(_BINS, dtype=np.float32) / weights.sum(axis=2)
    reach *= strides[rows, None]
    corners: Boxes = np.concatenate(
        [centres[rows] - reach[:, :2], centres[rows] + reach[:, 2:]], axis=1
    )
    return np.clip(corners, 0, _INPUT_SIZE, dtype=np.float32)


def suppress(boxes: Boxes, scores: Floats, kinds: NDArray[np.intp]) -> list[int]:
    """Return which boxes to keep, surest first: of those of one kind that overlap, the surest.

    Parameters
    ----------
    boxes
        (n, 4) float32: x0, y0, x1, y1.
    scores, kinds
        (n,).
    """
    if not len(boxes):
        return []
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(
        corners.tolist(), scores.tolist(), kinds.tolist(), 0.0, _SAME_IOU
    )
    return sorted((int(index) for index in kept), key=lambda index: -float(scores[index]))


@cache
def _cells() -> tuple[Floats, Floats]:
    """Return the middle (x, y) of each cell and its size, in pixels of the input."""
    centres, strides = [], []
    for stride in _STRIDES:
        middles = (np.arange(_INPUT_SIZE // stride, dtype=np.float32) + 0.5) * stride
        across, down = np.meshgrid(middles, middles)
        centres.append(np.stack([across.ravel(), down.ravel()], axis=1))
        strides.append(np.full(across.size, stride, np.float32))
    return np.concatenate(centres), np.concatenate(strides)
