"""``ambient outline``: the edges of a room and the furniture found, to draw zones by.

In: the node's configuration, or a source named on the command line. Out: a drawing of edges on
blank paper (PNG or HTML), and on standard output the zones found as lines for ``node.yaml``. It is
the only file that is ever made from a frame, and it holds edges alone: no texture, no grey level.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient.config import NodeConfig, Room
    from ambient.config_cameras import Camera
    from vision.furniture import FurnitureMap, Piece
    from vision.outline import Edges, OutlineStill, Zone

LOOKS: Final = 15
"""Pictures looked at, one a second; of a recording the first."""


def register(app: typer.Typer) -> None:
    """Add the command ``outline`` to `app`."""
    app.command("outline")(outline)


def outline(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The drawing to write: a file .png or .html.")
    ],
    config: Annotated[
        Path, typer.Option("--config", "-c", help="The node's configuration.")
    ] = Path("node.yaml"),
    room: Annotated[str | None, typer.Option(help="Which room, if the node has several.")] = None,
    camera: Annotated[
        str | None, typer.Option(help="Which camera, if the room has several.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="A recording or camera address instead of a configuration's camera."),
    ] = None,
) -> None:
    """Draw the edges of a room with the furniture found, and print zones to paste into node.yaml.

    The drawing is the only file made from a camera's frames. It holds edges at a coarse scale on
    blank paper, from which no face and no picture can be made again.
    """
    from ambient.config import load_node
    from ambient.config_cameras import Camera
    from ambient.errors import UsageError
    from vision.outline import zones_of

    if out.suffix.lower() not in (".png", ".html"):
        raise UsageError(f"--out: expected a file .png or .html, got {out.name}")
    models_dir = None
    bed: str | None = None
    if source is not None:
        looked_at = Camera(id="camera", source=source)
        title = f"Outline of {Path(source).name}"
    else:
        node = load_node(config)
        models_dir = node.models.dir
        inside, looked_at = _chosen(node, room, camera)
        # With one bed in the room there is no doubt which one it is.
        bed = inside.beds[0].id if len(inside.beds) == 1 else None
        title = f"Outline of {inside.id}/{looked_at.id}"
    still, found = _look(looked_at, models_dir)
    lines = yaml_of(zones_of(found.pieces), bed)
    _write(out, still.edges(), found.pieces, title, lines)
    typer.echo(lines)
    typer.echo(f"{out}: edges of {still.pictures} pictures, {len(found.pieces)} pieces", err=True)


def _chosen(node: NodeConfig, room: str | None, camera: str | None) -> tuple[Room, Camera]:
    from ambient.errors import UsageError

    rooms = [each for each in node.rooms if room in (None, each.id) and each.cameras]
    pairs = [(r, c) for r in rooms for c in r.cameras if camera in (None, c.id)]
    if len(pairs) != 1:
        known = ", ".join(f"{r.id}/{c.id}" for r in node.rooms for c in r.cameras) or "none"
        raise UsageError(
            f"expected --room and --camera to name one camera ({known}), "
            f"got {len(pairs)} that fit {room or 'any room'}/{camera or 'any camera'}"
        )
    return pairs[0]


def _look(camera: Camera, models_dir: Path | None) -> tuple[OutlineStill, FurnitureMap]:
    """Look at a camera for some seconds, or through a recording."""
    from ambient.errors import SourceError
    from vision.furniture import FurnitureMap
    from vision.objects.nanodet import NanoDet, ObjectOptions
    from vision.outline import OutlineStill
    from vision.sources import open_source

    still, found = OutlineStill(camera.mask), FurnitureMap()
    options = ObjectOptions(models_dir=models_dir)
    with (
        NanoDet.create(options) as detector,
        open_source(camera.source, fps=1.0) as pictures,
    ):
        for picture in pictures:
            still.add(picture.image)
            # Added first: the mask has blackened the frame that the detector sees.
            found.update(detector.detect(picture.image))
            if still.pictures >= LOOKS:
                break
    if still.pictures == 0:
        raise SourceError(f"{camera.id}: expected pictures, got none; try ambient doctor")
    return still, found


def yaml_of(zones: Sequence[Zone], bed: str | None) -> str:
    """Return the lines of a camera's ``zones``, each with its confidence as a comment."""
    from ambient.observations import Place

    if not zones:
        return "zones: []  # no furniture was found; draw zones by hand"
    only = sum(zone.kind is Place.BED for zone in zones) == 1
    lines = ["zones:"]
    for zone in zones:
        corners = ", ".join(f"[{x:g}, {y:g}]" for x, y in zone.polygon)
        named = f"bed: {bed}, " if bed and only and zone.kind is Place.BED else ""
        lines.append(
            f"  - {{kind: {zone.kind}, {named}polygon: [{corners}]}}  # {zone.confidence:.0%}"
        )
    return "\n".join(lines)


def _write(out: Path, edges: Edges, pieces: Sequence[Piece], title: str, lines: str) -> None:
    import cv2

    from ambient.errors import StoreError
    from vision.outline import drawn, page

    if out.suffix.lower() == ".html":
        data = page(edges, pieces, title, lines).encode()
    else:
        data = cv2.imencode(".png", drawn(edges, pieces), [cv2.IMWRITE_PNG_COMPRESSION, 9])[
            1
        ].tobytes()
    try:
        out.write_bytes(data)
    except OSError as error:
        raise StoreError(f"{out}: cannot write the drawing ({error.strerror})") from error
