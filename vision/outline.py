"""An outline still: the edges of a room and the furniture found, for the installer to correct.

Comes in: frames, one at a time, and the pieces of a furniture map. Goes out: edges as yes or no,
a drawing of them on blank paper, and zones to start from. A frame is masked and at once shrunk to
160 pixels across, where a head has a few pixels; of several such pictures the median is taken,
which wipes out who walks by, and of that only the edges are kept. No grey level and no colour of a
frame gets further than this module: the drawing has paper, ink, and the colours of the overlay.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ambient.observations import Place, Point
from vision.furniture import Piece
from vision.mask import PrivacyMask
from vision.objects.types import Thing
from vision.pose.types import Box, Image
from vision.small import Gray, small_gray

STILLS: Final = 15
"""So many pictures, the newest, make the median."""
DETAIL: Final = 1.0
"""Standard deviation of the blur before edges are looked for, in pixels of the small picture."""
FAINT: Final = 0.5
CLEAR: Final = 0.8
"""Quantiles of the gradient: edges begin at the clear one and go on down to the faint one."""
STRONG: Final = 24.0
"""Least gradient (levels a pixel, Sobel) of an edge, so that noise on a bare wall draws nothing."""
ACROSS: Final = 1280
"""Pixels of the drawing's longer side."""

PAPER: Final = (255, 255, 255)
INK: Final = (70, 60, 50)
COLOURS: Final = {
    Thing.BED: (170, 90, 20),
    Thing.COUCH: (40, 130, 30),
    Thing.CHAIR: (30, 60, 190),
    Thing.DINING_TABLE: (140, 40, 140),
    Thing.TV: (110, 110, 20),
}
"""Blue, green, red."""

KINDS: Final = {Thing.BED: Place.BED, Thing.COUCH: Place.SOFA, Thing.CHAIR: Place.CHAIR}
LOWER: Final = 0.2
SIDES: Final = 0.05
"""A zone leaves out so much of a box's height at its lower side, which is the furniture's front,
and of its width at either side: corners of the box are floor."""

Edges = npt.NDArray[np.bool_]


class OutlineStill:
    """Gathers the edges of what stands still before one camera.

    Parameters
    ----------
    mask
        Privacy masks of the camera, normalised polygons: nothing of what is under them is kept.
    """

    def __init__(self, mask: Sequence[Sequence[Point]] = ()) -> None:
        self._mask = PrivacyMask(mask)
        self._small: list[Gray] = []

    @property
    def pictures(self) -> int:
        """How many pictures are in the median."""
        return len(self._small)

    def add(self, image: Image) -> None:
        """Take in a frame, BGR (height, width, 3); it is masked in place and not kept."""
        self._mask.apply(image)
        small = small_gray(image)
        if self._small and self._small[0].shape != small.shape:
            self._small.clear()
        self._small = [*self._small[-STILLS + 1 :], small]

    def edges(self) -> Edges:
        """Return where edges are, at most 160 a side.

        Raises
        ------
        ValueError
            Before the first frame.
        """
        if not self._small:
            raise ValueError("edges: expected at least one picture before, got none; call add")
        still = np.median(np.stack(self._small), axis=0).astype(np.uint8)
        return edges_of(still)


def edges_of(still: Gray) -> Edges:
    """Return the edges (h, w) of a small grey picture (Canny 1986)."""
    smooth = cv2.GaussianBlur(still, (0, 0), DETAIL)
    across = cv2.Sobel(smooth, cv2.CV_16S, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_16S, 0, 1)
    strength = np.abs(across.astype(np.int32)) + np.abs(down.astype(np.int32))
    faint, clear = np.quantile(strength, (FAINT, CLEAR))
    found = cv2.Canny(across, down, max(STRONG / 2, float(faint)), max(STRONG, float(clear)))
    return np.asarray(found > 0)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone to start from.

    Attributes
    ----------
    kind
        What is there.
    polygon
        Corners, normalised, clockwise.
    confidence
        Of the piece that it comes from, 0..1.
    """

    kind: Place
    polygon: tuple[Point, ...]
    confidence: float


def zones_of(pieces: Sequence[Piece]) -> list[Zone]:
    """Return a zone for every piece that can carry somebody, surest first.

    A box is more than the surface: its lower side is the front of the furniture, and where it
    stands slantwise its corners are floor. The zone leaves a part of both out.
    """
    zones = []
    for piece in pieces:
        if piece.thing in KINDS:
            polygon = _inset(piece.box)
            zones.append(Zone(KINDS[piece.thing], polygon, piece.confidence))
    return zones


def _inset(box: Box) -> tuple[Point, ...]:
    x0, y0, x1, y1 = box
    side, lower = SIDES * (x1 - x0), LOWER * (y1 - y0)
    left, right, bottom = (round(v, 3) for v in (x0 + side, x1 - side, y1 - lower))
    top = round(y0, 3)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def label(piece: Piece) -> str:
    """Return a piece's name and confidence, and its rival where the two are close."""
    ordered = sorted(Thing, key=lambda t: -piece.share(t) if t in COLOURS else 1.0)
    first, second = ordered[:2]
    words = first.value.replace("_", " ")
    if piece.share(second) > 0.25:
        words += f" or {second.value.replace('_', ' ')}"
    return f"{words} {piece.confidence:.0%}"


def drawn(edges: Edges, pieces: Sequence[Piece]) -> Image:
    """Return the drawing, BGR: ink on paper, and the pieces over it.

    Lines are not smoothed, so that there are no colours but those named above.
    """
    width, height, scale = _sheet(edges)
    sheet = np.full((height, width, 3), PAPER, np.uint8)
    cv2.polylines(sheet, _strokes(edges, scale), False, INK, 2, cv2.LINE_8)
    for piece in pieces:
        colour = COLOURS[piece.thing]
        corners = np.rint(np.asarray(piece.box) * (width, height, width, height)).astype(int)
        x0, y0, x1, y1 = corners.tolist()
        cv2.rectangle(sheet, (x0, y0), (x1 - 1, y1 - 1), colour, 2, cv2.LINE_8)
        for zone in zones_of([piece]):
            points = np.rint(np.asarray(zone.polygon) * (width, height)).astype(np.int32)
            cv2.polylines(sheet, [points], True, colour, 1, cv2.LINE_8)
        _write(sheet, label(piece), (x0 + 6, min(height - 8, max(y0 + 22, 22))), colour)
    return sheet


def _write(sheet: Image, words: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Write on a clear strip; through a mask, since the library smooths letters with greys."""
    (wide, high), base = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)
    strip = ((at[0] - 3, at[1] - high - 3), (at[0] + wide + 3, at[1] + base))
    cv2.rectangle(sheet, *strip, PAPER, -1)
    letters = np.zeros(sheet.shape[:2], np.uint8)
    cv2.putText(letters, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    sheet[letters > 127] = colour


def page(edges: Edges, pieces: Sequence[Piece], title: str, zones: str) -> str:
    """Return the drawing as a page of HTML that loads nothing: edges and pieces as lines.

    Parameters
    ----------
    edges, pieces
        As for `drawn`.
    title
        Which camera.
    zones
        The lines for the configuration, shown below the drawing.
    """
    width, height, scale = _sheet(edges)
    strokes = " ".join(
        "M" + " ".join(f"{x},{y}" for x, y in stroke[:, 0].tolist())
        for stroke in _strokes(edges, scale)
    )
    shapes = []
    for piece in pieces:
        blue, green, red = COLOURS[piece.thing]
        colour = f"rgb({red},{green},{blue})"
        x0, y0, x1, y1 = np.rint(np.asarray(piece.box) * (width, height, width, height)).tolist()
        shapes.append(
            f'<rect x="{x0:.0f}" y="{y0:.0f}" width="{x1 - x0:.0f}" height="{y1 - y0:.0f}" '
            f'stroke="{colour}" stroke-width="2" fill="none"/>'
        )
        for zone in zones_of([piece]):
            points = " ".join(f"{x * width:.0f},{y * height:.0f}" for x, y in zone.polygon)
            shapes.append(
                f'<polygon points="{points}" stroke="{colour}" stroke-dasharray="6 4" fill="none"/>'
            )
        shapes.append(
            f'<text x="{x0 + 6:.0f}" y="{max(y0 + 20, 20):.0f}" fill="{colour}" stroke="white" '
            f'stroke-width="4" paint-order="stroke">{html.escape(label(piece))}</text>'
        )
    blue, green, red = INK
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; margin: 1.5rem; max-width: {ACROSS}px }}
svg {{ width: 100%; border: 1px solid #999 }} pre {{ background: #f3f3f3; padding: 1rem }}</style>
<h1>{html.escape(title)}</h1>
<svg viewBox="0 0 {width} {height}" role="img" aria-label="Edges of the room and furniture found">
<path d="{strokes}" stroke="rgb({red},{green},{blue})" fill="none"/>
{chr(10).join(shapes)}
</svg>
<p>Solid: what was found. Dashed: the zone to start from; move its corners to the edges of the
surface that carries somebody, never over the floor.</p>
<pre>{html.escape(zones)}</pre>
</html>
"""


def lines_of(edges: Edges) -> list[list[Point]]:
    """Return lines along the edges, points normalised to the picture, for somebody else to draw."""
    height, width = edges.shape
    return [
        [(round(x / width, 4), round(y / height, 4)) for x, y in stroke[:, 0].tolist()]
        for stroke in _strokes(edges, 1.0)
    ]


def _sheet(edges: Edges) -> tuple[int, int, float]:
    """Width and height of the drawing, and its pixels for one of the edges'."""
    height, width = edges.shape
    scale = ACROSS / max(height, width)
    return round(width * scale), round(height * scale), scale


def _strokes(edges: Edges, scale: float) -> list[npt.NDArray[np.int32]]:
    """Lines (n, 1, 2) along the edges, in pixels of the drawing."""
    contours, _ = cv2.findContours(edges.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    strokes = []
    for contour in contours:
        smooth = cv2.approxPolyDP(contour, 0.6, False)
        if len(smooth) > 1:
            strokes.append(np.rint((smooth + 0.5) * scale).astype(np.int32))
    return strokes
