"""``ambient watch``: look at one camera or recording and print what is seen.

In: a source. Out: a line for each change, or with ``--json`` a line of JSON for each observation
and event; with ``--draw`` a skeleton view in a window or a file.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ambient.evaluate.watching import Moment
    from ambient.observations import Posture


class Engine(StrEnum):
    """Pose engines that can be chosen."""

    OPENVINO = "openvino"
    MEDIAPIPE = "mediapipe"


def register(app: typer.Typer) -> None:
    """Add the command ``watch`` to `app`."""
    app.command("watch")(watch)


def watch(
    source: Annotated[
        str, typer.Argument(help="A file, a folder of pictures, /dev/video0, v4l2:0 or rtsp://…")
    ],
    json: Annotated[
        bool, typer.Option("--json", help="A line of JSON for each observation and event.")
    ] = False,
    engine: Annotated[Engine, typer.Option(help="The pose engine.")] = Engine.OPENVINO,
    draw: Annotated[
        str | None,
        typer.Option(help="Draw skeletons: a file .mp4 or .png, or a word as a window's title."),
    ] = None,
    show_image: Annotated[
        bool, typer.Option("--show-image", help="The picture behind them; in a window only.")
    ] = False,
    fps: Annotated[float, typer.Option(min=1, max=60, help="Frames looked at per second.")] = 10,
    people: Annotated[int, typer.Option(min=1, max=6, help="People to follow at most.")] = 3,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Play a recording at its own speed.")
    ] = False,
) -> None:
    """Look at one camera or recording and print what is seen."""
    from ambient.errors import UsageError
    from ambient.evaluate import drawing, watching
    from ambient.events import kind_of

    if show_image and draw is None:
        raise UsageError("expected --draw WINDOW together with --show-image, got none")
    output = drawing.open_output(draw, fps, show_image=show_image) if draw else None
    canvas = drawing.Canvas(show_image=show_image)
    printer = _Json() if json else _Text()
    note = ""
    moments = watching.watch(
        source,
        fps=fps,
        people=people,
        engine=watching.EngineName(engine),
        realtime=realtime or (draw is not None and isinstance(output, drawing.WindowOutput)),
    )
    try:
        for moment in moments:
            printer.show(moment)
            for event in moment.events:
                note = kind_of(event)
            if output is not None and moment.frame is not None:
                view = canvas.draw(moment.frame.image, moment.observations, note)
                if not output.show(view, canvas.people):
                    break
    finally:
        if output is not None:
            output.close()


class _Json:
    """A line of JSON for each observation and event; an event's `type` is its kind."""

    def show(self, moment: Moment) -> None:
        """Print what one moment brought."""
        import msgspec

        from ambient.events import kind_of

        for observation in moment.observations:
            typer.echo(msgspec.json.encode(observation))
        for event in moment.events:
            line = {"type": kind_of(event), **msgspec.to_builtins(event)}
            typer.echo(msgspec.json.encode(line))


class _Text:
    """A line for each event and each change of posture."""

    def __init__(self) -> None:
        self._postures: dict[int, Posture] = {}

    def show(self, moment: Moment) -> None:
        """Print what one moment brought."""
        from ambient.events import kind_of
        from ambient.observations import PostureSeen, TrackEnded, ViewState

        for seen in moment.observations:
            at = f"{seen.t / 1e9:8.2f} s"
            if isinstance(seen, PostureSeen) and self._postures.get(seen.track) != seen.posture:
                self._postures[seen.track] = seen.posture
                typer.echo(
                    f"{at}  person {seen.track}: {seen.posture} "
                    f"({seen.probability:.0%}, on {seen.place})"
                )
            elif isinstance(seen, TrackEnded):
                self._postures.pop(seen.track, None)
                typer.echo(f"{at}  person {seen.track}: no longer seen ({seen.reason})")
            elif isinstance(seen, ViewState):
                typer.echo(f"{at}  view: {seen.view}")
        for event in moment.events:
            typer.echo(f"{event.t / 1e9:8.2f} s  {kind_of(event)} ({event.probability:.0%})")
