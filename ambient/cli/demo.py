"""``ambient demo``: node and hub on a recorded fall.

In: nothing, or a recording. Out: a page to look at; with ``--once`` the steps until the alarm was
acknowledged, then everything is stopped and removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ambient.demo import DemoStep
    from ambient.evaluate.facility import Facility


def register(app: typer.Typer) -> None:
    """Add the command ``demo`` to `app`."""
    app.command("demo")(demo)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Without a browser: until acknowledged, then stop.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="With --once: one line of JSON at the end.")
    ] = False,
    recording: Annotated[
        Path | None, typer.Option(help="Another recording of a fall than the sample clip.")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep state and logs here.", file_okay=False)
    ] = None,
    port: Annotated[int, typer.Option(help="Of the page; 0 chooses a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Run node and hub on a recorded fall and open the page."""
    from ambient.errors import UsageError

    if json and not once:
        raise UsageError("expected --once together with --json, got --json alone")
    if once:
        _once(recording, json=json)
    else:
        _keep_running(recording, directory, port, browser=browser)


def _say(step: DemoStep) -> None:
    typer.echo(f"{step.seconds:7.2f} s  {step.name}", err=True)


def _once(recording: Path | None, *, json: bool) -> None:
    import msgspec

    from ambient.demo import run_once

    report = run_once(recording, _say, lambda text: typer.echo(text, err=True))
    if json:
        typer.echo(msgspec.json.encode(report))
    if report.error is not None:
        typer.echo(f"ambient: {report.error}", err=True)
        raise typer.Exit(1)
    if not json:
        typer.echo(f"{report.seconds:7.2f} s  in all")


def _keep_running(
    recording: Path | None, directory: Path | None, port: int, *, browser: bool
) -> None:
    import signal
    import tempfile

    from ambient.demo import everyday, open_facility, sounds

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="ambient-clip-") as clips:
        if recording is None:
            typer.echo("Putting the sample clips together …", err=True)
            recording = everyday(Path(clips) / "room.mp4")
        try:
            sound = sounds(Path(clips) / "room.wav")
        except ModuleNotFoundError as error:
            typer.echo(f"Without sound: the package {error.name} is missing.", err=True)
            sound = None
        with open_facility(recording, directory, port, sound) as facility:
            _run(facility, browser=browser)


def _run(facility: Facility, *, browser: bool) -> None:
    import time
    import webbrowser

    from ambient.demo import Demo
    from ambient.evaluate.facility import USER

    try:
        Demo(facility, _say).start()
        typer.echo(f"\nPage:     {facility.page.url}")
        typer.echo(f"User:     {USER}\nPassword: {facility.password}  (for this run)")
        typer.echo(f"Files:    {facility.folder}\nCtrl-C ends it.")
        if browser:
            webbrowser.open(facility.page.url)
        while all(p is not None and p.poll() is None for p in (facility.hub, facility.node)):
            time.sleep(0.5)
        typer.echo(f"ambient: hub or node ended; see {facility.folder}/*.log", err=True)
        raise typer.Exit(1)
    except KeyboardInterrupt:
        typer.echo("\nStopping …", err=True)
