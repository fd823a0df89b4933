"""The commands, one file per group; `main` is what the console script ``ambient`` calls."""

from ambient.cli.main import main

__all__ = ["main"]
