"""Places and people: site, floor, room, bed, and who is there as a pseudonym.

Comes in: text from a configuration file or a message. Goes out: checked identifiers. Display
names ("Room 12, Anna's side") live on the hub only and are never part of an identifier.
"""

import re
import secrets
from typing import Annotated, Final

from msgspec import Meta

SLUG_PATTERN: Final = r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$(?!\n)"
"""Lower-case letters, digits and inner hyphens, 1 to 32 characters.

(In Python ``$`` also matches before a line break at the end; the rest forbids that.)
"""

SUBJECT_PATTERN: Final = r"^s-[0-9a-f]{4,16}$(?!\n)"

Slug = Annotated[str, Meta(pattern=SLUG_PATTERN, max_length=32)]
"""A stable identifier of a site, floor, node, room, camera, microphone or bed."""

Subject = Annotated[str, Meta(pattern=SUBJECT_PATTERN, max_length=18)]
"""A pseudonym: ``s-`` and 4 to 16 hexadecimal digits. Who it is stands outside the system."""

_SLUG = re.compile(SLUG_PATTERN)


def is_slug(text: str) -> bool:
    """Return whether `text` may name a place or device."""
    return _SLUG.match(text) is not None


def new_subject() -> str:
    """Return a fresh random pseudonym of 64 bits."""
    return f"s-{secrets.token_hex(8)}"
