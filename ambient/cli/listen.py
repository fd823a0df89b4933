"""``ambient listen``: hear one microphone or recording and print what is heard.

In: a source. Out: a line for each change, or with ``--json`` a line of JSON for each observation
and event. No word is recognised, no voice is recognised, and no sound is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ambient.evaluate.hearing import Moment


def register(app: typer.Typer) -> None:
    """Add the command ``listen`` to `app`."""
    app.command("listen")(listen)


def listen(
    source: Annotated[
        str, typer.Argument(help="A file, mic, mic:NUMBER, mic:NAME, rtsp://… or http://…")
    ],
    json: Annotated[
        bool, typer.Option("--json", help="A line of JSON for each observation and event.")
    ] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Play a recording at its own speed.")
    ] = False,
) -> None:
    """Hear one microphone or recording and print what is heard, never what was said."""
    from ambient.evaluate import hearing

    show = _json if json else _text
    for moment in hearing.listen(source, realtime=realtime):
        show(moment)


def _json(moment: Moment) -> None:
    """Print a line of JSON for each observation and event; an event's `type` is its kind."""
    import msgspec

    from ambient.events import kind_of

    for observation in moment.observations:
        typer.echo(msgspec.json.encode(observation))
    for event in moment.events:
        line = {"type": kind_of(event), **msgspec.to_builtins(event)}
        typer.echo(msgspec.json.encode(line))


def _text(moment: Moment) -> None:
    """Print a line for each event, sound, stretch of speech and change of what can be heard."""
    from ambient.events import kind_of
    from ambient.observations import HearingState, SoundHeard, SpeechHeard

    for heard in moment.observations:
        at = f"{heard.t / 1e9:8.2f} s"
        if isinstance(heard, HearingState):
            typer.echo(f"{at}  hearing: {heard.hearing} ({heard.measure:g})")
        elif isinstance(heard, SpeechHeard):
            typer.echo(
                f"{at}  speech: {heard.seconds:.1f} s at {heard.level:.0f} dBFS "
                f"(in the room, no loudspeaker: {heard.person:.0%})"
            )
        elif isinstance(heard, SoundHeard):
            typer.echo(
                f"{at}  {heard.sound}: {heard.probability:.0%} "
                f"({heard.seconds:.1f} s, {heard.level:.0f} dBFS)"
            )
    for event in moment.events:
        typer.echo(f"{event.t / 1e9:8.2f} s  {kind_of(event)} ({event.probability:.0%})")
