"""The clock on the wall of the house: a hub's process goes by the time zone of its site.

Comes in: ``time_zone`` of hub.yaml. Goes out: the time zone of this process, which its pages show;
servers are mostly set to UTC. Shifts, reports and days of forms go by the configuration itself.
"""

from __future__ import annotations

import os
import time
from importlib import resources
from pathlib import Path

from ambient.config import HubConfig


def go_by(config: HubConfig) -> None:
    """Let this process go by the time zone of the site; without one, by the machine's."""
    if config.time_zone is not None:
        os.environ["TZ"] = f":{_file(config.time_zone)}"
        time.tzset()


def _file(name: str) -> Path | str:
    """Return what tells the C library of a zone that Python knows: a machine may have no files."""
    if Path("/usr/share/zoneinfo", name).is_file():
        return name
    return Path(str(resources.files("tzdata") / "zoneinfo" / name))
