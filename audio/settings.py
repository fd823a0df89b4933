"""What audio must be told of a microphone: the shape of its settings, wherever they come from.

The section ``microphones`` of a node's configuration has this shape; audio itself reads no
configuration.
"""

from __future__ import annotations

from typing import Protocol


class MicrophoneSettings(Protocol):
    """One microphone of a room."""

    @property
    def id(self) -> str:
        """Names the source of its observations."""
        ...

    @property
    def source(self) -> str:
        """What is opened, as for `audio.sources.open_sound`."""
        ...
