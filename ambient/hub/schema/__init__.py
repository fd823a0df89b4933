"""The hub's database, one SQL file per schema version; a released file is never changed."""

from importlib import resources
from typing import Final

COMPONENTS: Final = (
    "alarms",
    "accounts",
    "registry",
    "channels",
    "people",
    "commissioning",
    "digests",
)


def migrations(component: str) -> list[str]:
    """Return the SQL scripts of `component` in order (``alarms_001.sql``, ``alarms_002.sql`` …)."""
    folder = resources.files(__package__)
    names = sorted(
        entry.name for entry in folder.iterdir() if entry.name.startswith(f"{component}_")
    )
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def all_migrations() -> dict[str, list[str]]:
    """Return those of each component."""
    return {component: migrations(component) for component in COMPONENTS}
