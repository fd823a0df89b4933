"""A channel that cannot be made now does not keep the hub from serving: it is tried anew.

Comes in: what makes the plugin of one entry. Goes out: the plugin, or `Unmade`, which says why not
and tries again when it is asked to. Pure but for what the plugin itself opens.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct

from ambient.errors import ConfigError
from ambient.hub.channels.seam import Channel, NotHereError

MEND: Final = "mend that, or copy the file from the other hub if there is one; tried anew by itself"


class Unmade(Struct, frozen=True):
    """A channel of which there is no plugin yet.

    Attributes
    ----------
    why
        What was expected, what is there, what to do.
    again
        Tries anew; never raises for what the configuration or this machine lacks.
    """

    why: str
    again: Callable[[], Channel | Unmade]


def opened(make: Callable[[], Channel], *, lenient: bool = False) -> Channel | Unmade:
    """Return what `make` makes, or why it cannot be made now.

    Parameters
    ----------
    lenient
        Also for a configuration that cannot be understood.

    Raises
    ------
    ConfigError
        Unless `lenient`, when the configuration cannot be understood: waiting would mend nothing.
    """
    try:
        return make()
    except ConfigError as error:
        if not lenient and not isinstance(error, NotHereError):
            raise
        return Unmade(f"{error}; {MEND}", partial(opened, make, lenient=True))
