"""How roles are called on the page, in the reader's language.

Comes in: nothing. Goes out: `Role` ► name.
"""

from __future__ import annotations

from typing import Final

from ambient.hub.identities import Role
from ambient.hub.languages import gettext, mark

NAMES: Final = {
    Role.METRICS: mark("Reads metrics"),
    Role.DEVICE: mark("Shared screen"),
    Role.CARER: mark("Carer"),
    Role.LEAD: mark("Nurse in charge"),
    Role.INSTALLER: mark("Installer"),
    Role.RESEARCHER: mark("Researcher"),
    Role.DPO: mark("Data protection officer"),
    Role.ADMIN: mark("Administrator"),
}


def role_names() -> dict[Role, str]:
    """Return them in the language that is spoken now."""
    return {role: gettext(name) for role, name in NAMES.items()}
