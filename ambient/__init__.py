"""The spine of Ambient: observations, events, commands, places, the node and the hub."""

from typing import TYPE_CHECKING

__version__: str
"""Of the package that is installed; looked up when it is asked for, since what looks it up takes
1.6 MB of every process (measured)."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> str:
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("ambient")
        except PackageNotFoundError:  # a source tree that was never installed
            return "0+unknown"
