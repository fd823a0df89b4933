"""The command ``ambient``: gathers the groups, and turns errors into one line and an exit code.

In: ``sys.argv``. Out: the exit code of the process.

Every other module of this folder is a group and has ``register(app: typer.Typer) -> None``, which
adds its commands. A group imports what is heavy or belongs to an extra inside its functions, so
``ambient --help`` is quick and a hub runs without the node's packages.

Exit codes: 0 done; 1 an error without a class of its own, or a finding (`doctor`); 2 a command
called in a way that cannot work; 3 configuration; 4 camera or file; 5 model; 6 link node ► hub;
7 database or disk; 130 stopped by Ctrl-C. Those above 1 are `ambient.errors`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from ambient.errors import AmbientError

_CODES: Final = (
    "Exit codes: 0 done, 1 error or finding, 2 usage, 3 configuration, 4 camera or file, "
    "5 model, 6 link, 7 database or disk, 130 stopped."
)
_INTERRUPTED: Final = 130


def build() -> typer.Typer:
    """Return the application with every group in it."""
    app = typer.Typer(
        name="ambient",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        epilog=_CODES,
    )

    @app.callback()
    def ambient(
        version: Annotated[
            bool,
            typer.Option(
                "--version", help="Print the version and stop.", is_eager=True, callback=_version
            ),
        ] = False,
    ) -> None:
        """See falls in a care facility, let nothing out but anonymised events."""
        from ambient.log import set_up_log

        # Logs go to standard error: standard output belongs to what the command answers.
        set_up_log("ambient", quiet=True)

    for name in groups():
        importlib.import_module(f"ambient.cli.{name}").register(app)
    return app


def groups() -> list[str]:
    """Return the names of the modules that hold commands, in order."""
    here = str(Path(__file__).parent)
    found = (module.name for module in pkgutil.iter_modules([here]))
    return sorted(name for name in found if name != "app" and not name.startswith("_"))


def _version(wanted: bool) -> None:
    if wanted:
        import ambient

        typer.echo(ambient.__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line and exit.

    Raises
    ------
    SystemExit
        Always, with the exit code.
    """
    try:
        build()(prog_name="ambient")
    except AmbientError as error:
        print(f"ambient: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
