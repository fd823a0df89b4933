"""The spine of Ambient: observations, events, commands, places, the node and the hub."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("ambient")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
