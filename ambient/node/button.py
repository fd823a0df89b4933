"""The privacy button: one press pauses the rooms of a node, another ends the pause.

Comes in: the level of a line (``privacy.gpio``, see `ambient.relays.lines`), and time. Goes out:
presses, each told once, however long the button is held and however it bounces.
"""

from __future__ import annotations

from typing import Final

DEBOUNCE_S: Final = 0.05


class Presses:
    """Turn levels into presses: a level counts once it held for `DEBOUNCE_S`."""

    def __init__(self) -> None:
        self._level = False
        self._candidate = False
        self._since = 0.0

    def update(self, down: bool, now: float) -> bool:
        """Take the level at `now` (s); return whether this completes a press."""
        if down != self._candidate:
            self._candidate, self._since = down, now
        if self._candidate == self._level or now - self._since < DEBOUNCE_S:
            return False
        self._level = self._candidate
        return self._level
