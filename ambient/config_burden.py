"""The section of hub.yaml for the alarm burden: how often a room may ring a day, by kind.

Comes in: values of the file. Goes out: a frozen struct. Which kinds may have a budget the hub's
rules say (`ambient.hub.alarms.kinds.BUDGETED`); others are refused there.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from ambient.config_base import Strict

PerDay = Annotated[float, Meta(gt=0, le=100)]


class Burden(Strict, frozen=True, kw_only=True):
    """The alarm budget.

    Attributes
    ----------
    rings_per_room_day
        Kind ► how many rings a room may have a day.
    most_lost, most_lost_in_room
        Share of true events that thresholds may lose, in the house and in a single room.
    days
        From so many whole days thresholds are proposed.
    """

    rings_per_room_day: dict[str, PerDay] = field(default_factory=dict)
    most_lost: Annotated[float, Meta(gt=0, le=0.05)] = 0.05
    most_lost_in_room: Annotated[float, Meta(gt=0, le=0.5)] = 0.2
    days: Annotated[int, Meta(ge=14, le=90)] = 28
