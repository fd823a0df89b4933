"""The commands, one file per group; `main` is what the console script ``ambient`` calls."""

from ambient.cli.app import main

__all__ = ["main"]
