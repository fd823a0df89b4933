"""What all observations share: the envelope, coordinates, and what says nothing of a room.

Every observation carries `t`, integer nanoseconds since the Unix epoch (a file in ``watch`` and
``evaluate`` starts at 0), the instant of the signal; the `room` it is about and the `source` (id
of the camera, microphone or device) that saw, heard or measured it. ``t`` never goes back within a
source.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ambient.places import Slug

Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
TimeNs = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""Nanoseconds; what a signed 64-bit column holds (until the year 2262)."""


class Observation(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all observations share."""

    t: TimeNs
    room: Slug
    source: Slug


class Tick(Observation, frozen=True, kw_only=True, tag="tick"):
    """Once a second from every source, so that time goes on in an empty room."""


class ClockStepped(Observation, frozen=True, kw_only=True, tag="clock_stepped"):
    """The machine's wall clock jumped against the monotonic one."""

    step_s: float


class Dropped(Observation, frozen=True, kw_only=True, tag="dropped"):
    """Frames that a slow consumer did not look at since the last such line."""

    frames: Annotated[int, Meta(ge=1)]
