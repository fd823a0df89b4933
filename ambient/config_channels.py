"""The section of hub.yaml for ways out: which channel, to whom, how often, and who accepted it.

Comes in: values of the file. Goes out: frozen structs, and `check_channels` for what spans several
keys. What stands under ``options`` is the plugin's own and is checked when the hub starts.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta, field

from ambient.config_alarms import Alarms, Name
from ambient.config_base import Strict
from ambient.errors import ConfigError
from ambient.languages import Language

ALWAYS: Final = ("page", "siren")
"""Channels that are there without being configured."""

Address = Annotated[str, Meta(min_length=1, max_length=500)]


class ChannelConfig(Strict, frozen=True, kw_only=True):
    """One way out (an entry of ``channels`` in ``hub.yaml``).

    Attributes
    ----------
    kind
        Name of the plugin.
    options
        What the plugin asks for.
    recipients
        User name of one of the staff, ``outside`` or ``everybody`` ► how this channel reaches them:
        a pager's number, an address. The user name itself never leaves the hub.
    delegated
        The far side gives the signal itself and answers for that; while it does, pages are quiet.
    accepted_by, accepted_on
        Who is responsible for data protection and accepted that alarms go there, and when. Nothing
        is sent without.
    per_minute
        No more messages than so many a minute; what is more waits, the most urgent first.
    fault_after_min
        A channel that fails for so long is a technical alarm.
    """

    kind: Annotated[str, Meta(min_length=1, max_length=32)]
    options: dict[str, Any] = field(default_factory=dict)
    recipients: Annotated[dict[Name, Address], Meta(max_length=500)] = field(default_factory=dict)
    delegated: bool = False
    language: Language = Language.EN
    accepted_by: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    accepted_on: datetime.date | None = None
    per_minute: Annotated[float, Meta(ge=1, le=6000)] = 60.0
    fault_after_min: Annotated[float, Meta(ge=1, le=1440)] = 5.0

    @property
    def accepted(self) -> bool:
        """Whether somebody responsible has accepted it."""
        return self.accepted_by is not None and self.accepted_on is not None


def check_channels(channels: Mapping[str, ChannelConfig], alarms: Alarms) -> None:
    """Check what spans several keys.

    Raises
    ------
    ConfigError
        With the path of the bad key, what was expected and what came.
    """
    if "page" in channels:
        raise ConfigError(
            "channels.page: expected another name, got that of the hub's own pages; rename it"
        )
    for name, channel in channels.items():
        if (channel.accepted_by is None) != (channel.accepted_on is None):
            raise ConfigError(
                f"channels.{name}: expected accepted_by and accepted_on together, got one of them; "
                "add the other"
            )
    known = [*ALWAYS, *channels]
    named = [
        *(
            (f"alarms.staff[{i}].ways[{w}]", way)
            for i, one in enumerate(alarms.staff)
            for w, way in enumerate(one.ways)
        ),
        *((f"alarms.outside[{i}]", way) for i, way in enumerate(alarms.outside)),
    ]
    for where, way in named:
        if way not in known:
            raise ConfigError(
                f"{where}: expected a channel ({', '.join(known[:10])}), got {way!r}; "
                "add it under channels"
            )
