"""The section of ``hub.yaml`` about backups of the hub.

Comes in: nothing. Goes out: a section of `ambient.config.HubConfig`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from ambient.config_base import Strict


class Backup(Strict, frozen=True, kw_only=True):
    """Where backups of the hub are kept, for which key, and how many.

    Attributes
    ----------
    key
        The public recovery key (``age1...``); the private part is kept elsewhere.
    dir
        Best on another machine or a disk of its own.
    """

    key: Annotated[str, Meta(min_length=8, max_length=1000)]
    dir: Path = Path("/var/backups/ambient")
    keep: Annotated[int, Meta(ge=1, le=3650)] = 30
