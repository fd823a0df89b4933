"""Foreign text on its way into a refusal.

Comes in: what a device or another program sent. Goes out: text that a log can hold.
"""

from __future__ import annotations

from typing import Final

LONGEST: Final = 80


def plain(text: str) -> str:
    """Return `text` as printable ASCII, and not long."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text[:LONGEST])
