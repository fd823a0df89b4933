"""``ambient evaluate vad`` and ``speakers``, and ``ambient enroll-voice``: who speaks, and whether.

In: sound files, or a manifest of labelled ones; for an enrolment a minute of a resident's speech.
Out: a table, or with ``--json`` one line on standard output; progress goes to standard error.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient.cli import evaluate

if TYPE_CHECKING:
    from ambient.evaluate.speakers import Interval
    from ambient.evaluate.speakers import Report as SpeakersReport
    from ambient.evaluate.vad import Report as VadReport
    from ambient.evaluate.vad import Score
    from audio.blocks import Samples

Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``enroll-voice``; and ``vad`` and ``speakers`` to the group ``evaluate``."""
    app.command("enroll-voice")(enroll_voice)
    evaluate.add("vad", vad)
    evaluate.add("speakers", speakers)


def enroll_voice(
    target: Annotated[
        str, typer.Argument(help="A room with one resident, or the resident's pseudonym.")
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from", help="A sound file, `microphone` (the room's), or a microphone's id."
        ),
    ] = "microphone",
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase the enrolment, and its key with it.")
    ] = False,
    config: Annotated[
        Path, typer.Option("--config", "-c", help="The node's configuration.")
    ] = Path("node.yaml"),
    json: Json = False,
) -> None:
    """Enrol a resident's voice from a minute of speech, so that only this voice is measured.

    The resident talks for a minute, alone: half of it calmly, then for a while loudly, as if
    calling somebody down the corridor. Consent must be recorded before (ambient consent grant ROOM
    recognise_voice). What is kept is enciphered and never leaves this node; the sound is not kept.
    """
    from ambient.config import load_node
    from ambient.node import voices
    from ambient.node.place import NodePlace
    from ambient.node.switches import SwitchBoard

    loaded = load_node(config)
    resident = voices.find(loaded, target)
    if erase:
        gone = bool(voices.forget(loaded.state_dir, [resident.subject]))
        _said({"subject": resident.subject, "erased": gone}, json=json)
        return
    now = time.time_ns()
    voices.expect_consent(resident, SwitchBoard(loaded.state_dir).read(), now)
    sound = _heard(voices.source_of(resident, source))
    enrolled = voices.enrol(resident.subject, sound, loaded.models.dir, now)
    NodePlace(loaded.state_dir).make()

    from audio.speech.vault import VoiceVault

    VoiceVault(loaded.state_dir).keep(enrolled)
    answer = {
        "subject": resident.subject,
        "speech_s": enrolled.speech_s,
        "snr_db": enrolled.snr_db,
        "windows": enrolled.windows,
        "likeness": enrolled.near,
        "spread": enrolled.spread,
    }
    _said(answer, json=json)


def _heard(source: str) -> Samples:
    """Return a minute of a live source, or up to five of a recording."""
    from ambient.node import voices
    from audio.sources import open_sound
    from audio.speech.enrolment import ASKED_S

    with open_sound(source) as opened:
        if not opened.live:
            return voices.listen(opened, voices.LONGEST_S)
        typer.echo(f"Listening for {ASKED_S:.0f} s: please talk.", err=True)
        with evaluate._shown("seconds") as progress:
            return voices.listen(
                opened, ASKED_S, lambda seconds: progress(min(int(seconds), 60), int(ASKED_S))
            )


def _said(answer: dict[str, object], *, json: bool) -> None:
    if json:
        evaluate._line(answer)
    elif "erased" in answer:
        what = "erased" if answer["erased"] else "nothing was enrolled"
        typer.echo(f"{answer['subject']}: {what}")
    else:
        typer.echo(
            f"{answer['subject']}: enrolled from {answer['speech_s']} s of speech, "
            f"{answer['snr_db']} dB above the noise"
        )


def speakers(
    manifest: Annotated[Path, typer.Argument(help="A manifest.csv with the column speaker.")],
    fit: Annotated[
        bool,
        typer.Option(
            "--fit", help="Fit the gate anew instead, on rows marked train, and print it."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Measure how well an enrolled voice is told from others.

    A recording that cannot be read is listed under errors (exit code 1).
    """
    if fit:
        from ambient.evaluate import speakers_fit

        fitted = speakers_fit.fit(manifest)
        if json:
            evaluate._line(fitted)
        else:
            evaluate._fields(fitted)
        return
    from ambient.evaluate.speakers import run

    with evaluate._shown("speakers") as progress:
        report = run(manifest, progress=progress)
    evaluate._done(report, report.errors, _speakers_table, json=json)


def _speakers_table(report: SpeakersReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    table = Table(box=None, pad_edge=False)
    columns = ("set", "speakers", "equal error", "own speech kept", "strangers' speech passed")
    for column in columns:
        table.add_column(column, justify="left" if column == "set" else "right")
    for name, told in report.sets.items():
        table.add_row(
            name,
            str(told.speakers),
            _within(told.equal_error),
            _within(told.kept),
            _within(told.stranger_passed),
        )
    console.print(table)
    for name, told in report.sets.items():
        for label, kept in told.by_label.items():
            console.print(f"{name}: {label}: {kept:.2f} kept")
    console.print(f"enrolments of one voice refused: {_within(report.one_refused)}")
    console.print(f"enrolments of two voices accepted: {_within(report.two_accepted)}")
    console.print(f"{report.core_s_per_s:.4f} core-s per second of speech")


def _within(interval: Interval) -> str:
    return f"{_share(interval.share)} ({_share(interval.low)} to {_share(interval.high)})"


def vad(
    inputs: Annotated[
        list[str], typer.Argument(help="Sound files, or one manifest.csv of labelled ones.")
    ],
    segments_out: Annotated[
        Path | None,
        typer.Option(help="Write a JSON line for every file: its speech in seconds."),
    ] = None,
    json: Json = False,
) -> None:
    """Find speech in recordings; with a manifest, measure how well it is found.

    A recording that cannot be read is listed under errors (exit code 1).
    """
    from ambient.evaluate.vad import run

    with evaluate._shown("recordings") as progress:
        report = run(inputs, segments_out=segments_out, progress=progress)
    evaluate._done(report, report.errors, _vad_table, json=json)


def _vad_table(report: VadReport) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    cost = "" if report.core_s_per_s is None else f", {report.core_s_per_s:.4f} core-s per second"
    console.print(
        f"{report.files} files, {report.seconds:.0f} s, speech in {report.speech_s:.0f} s{cost}"
    )
    rows: list[tuple[str, Score]] = [*report.known.items()]
    rows += [(f"mixtures at {snr} dB", score) for snr, score in report.mixtures.items()]
    if rows:
        table = Table(box=None, pad_edge=False)
        for column in ("speech known in", "files", "F1", "95 %", "precision", "recall"):
            table.add_column(column, justify="left" if column == "speech known in" else "right")
        for name, score in rows:
            table.add_row(
                name,
                str(score.recordings),
                _share(score.f1),
                f"{_share(score.low)} to {_share(score.high)}",
                _share(score.precision),
                _share(score.recall),
            )
        console.print(table)
    for name, quiet in report.quiet.items():
        console.print(f"{name}: {quiet.speech_s:.1f} of {quiet.seconds:.0f} s taken for speech")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
