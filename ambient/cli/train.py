"""``ambient train``: make the weights that the project ships, from nothing.

In: the folder of labelled recordings and motions. Out: weights, calibration and figures. Needs
the environment of ``make setup-train``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ambient.cli._groups import add_once

_TRAIN = typer.Typer(no_args_is_help=True, help="Make the weights that the project ships.")


def register(app: typer.Typer) -> None:
    """Add the group ``train`` to `app`."""
    app.add_typer(_TRAIN, name="train")


def add(name: str, command: Callable[..., None]) -> None:
    """Add a command of another module to the group ``train``, once."""
    add_once(_TRAIN, name, command)


@_TRAIN.command("falls")
def falls(
    data: Annotated[
        Path,
        typer.Option(
            help="The folder of labelled recordings and motions.",
            envvar="AMBIENT_DATA",
            exists=True,
            file_okay=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write; else where a node reads them.", file_okay=False),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A poor model in a few minutes, to see that it works.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Compare architectures instead; writes nothing.")
    ] = False,
    without_simulations: Annotated[
        bool,
        typer.Option(
            "--without-simulations", help="From recordings alone, to see what simulations bring."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to share the work.")] = 2,
) -> None:
    """Learn the temporal model of falls from recordings marked "train" and from simulations.

    Progress goes to standard error, the figures as JSON to standard output.
    """
    import msgspec

    from ambient.train.falls import FOLDER, train

    _refuse(quick, out)
    _refuse(without_simulations, out, "a model without simulations")
    figures = train(
        data,
        out or FOLDER,
        quick=quick,
        compare=compare,
        simulations=not without_simulations,
        seed=seed,
        jobs=jobs,
        tell=lambda line: typer.echo(line, err=True),
    )
    typer.echo(msgspec.json.format(msgspec.json.encode(figures), indent=2))


Data = Annotated[
    Path,
    typer.Option(
        help="The folder of labelled recordings.",
        envvar="AMBIENT_DATA",
        exists=True,
        file_okay=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Where to write; else where a node reads them.", file_okay=False),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="A poor model in a few minutes, to see that it works.")
]
Seed = Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")]
Words = Annotated[
    Path | None,
    typer.Option(
        help="A site's own list of calls (TOML), instead of the one carried.",
        exists=True,
        dir_okay=False,
    ),
]


@_TRAIN.command("sounds")
def sounds(
    data: Data,
    out: Out = None,
    quick: Quick = False,
    seed: Seed = 0,
    words: Words = None,
) -> None:
    """Learn the network of sounds of distress from synthesis and recordings marked "train".

    Needs espeak-ng. Progress goes to standard error, the figures as JSON to standard output.
    """
    from ambient.train.sounds import SOUNDS, train

    _refuse(quick, out)
    figures = train(data, out or SOUNDS, quick=quick, seed=seed, words=words, tell=_tell)
    _print(figures)


@_TRAIN.command("cries")
def cries(data: Data, out: Out = None, quick: Quick = False, seed: Seed = 0) -> None:
    """Learn which voice is a cry without a word; needs espeak-ng.

    As ``words``, whose speech embedding it uses.
    """
    from ambient.train.sounds import SOUNDS, train_cries

    _refuse(quick, out)
    _print(train_cries(data, out or SOUNDS, quick=quick, seed=seed, tell=_tell))


@_TRAIN.command("words")
def words(
    data: Data,
    out: Out = None,
    quick: Quick = False,
    seed: Seed = 0,
    words: Words = None,
) -> None:
    """Learn the words that call for help, by default those of eight languages; needs espeak-ng.

    Needs no PyTorch: a site may train its own list. Progress goes to standard error, the figures as
    JSON to standard output.
    """
    from ambient.train.sounds import SOUNDS, train_words

    _refuse(quick, out)
    _print(train_words(data, out or SOUNDS, quick=quick, seed=seed, words=words, tell=_tell))


@_TRAIN.command("television")
def television(data: Data, out: Out = None, quick: Quick = False, seed: Seed = 0) -> None:
    """Learn to tell a loudspeaker from a person, from synthesis and recordings marked "train".

    Needs espeak-ng. Progress goes to standard error, the figures as JSON to standard output.
    """
    from ambient.train.sounds import TELEVISION, train_television

    _refuse(quick, out)
    _print(train_television(data, out or TELEVISION, quick=quick, seed=seed, tell=_tell))


def _refuse(asked: bool, out: Path | None, kind: str = "a quick model") -> None:
    if asked and out is None:
        raise typer.BadParameter(f"{kind} is not for a node: say where to with --out")


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _print(figures: object) -> None:
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(figures), indent=2))
