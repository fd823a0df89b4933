"""A measurement as one HTML page that a facility can read: no network, no picture of anybody."""

from ambient.evaluate.report.page import render, write

__all__ = ["render", "write"]
