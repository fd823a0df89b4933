"""Events about people: falls, calls, bed, absence."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ambient.events.base import Judged, Situation
from ambient.observations import Place
from ambient.places import Slug


class FallSuspected(Judged, frozen=True, kw_only=True, tag="fall.suspected"):
    """Somebody may be on the floor; shown, does not ring."""

    place: Place = Place.UNKNOWN
    descent_seen: bool = False


class FallConfirmed(Judged, frozen=True, kw_only=True, tag="fall.confirmed"):
    """Somebody is on the floor; rings."""

    down_s: Annotated[float, Meta(ge=0)]
    place: Place = Place.UNKNOWN
    descent_seen: bool = False


class FallLongLie(Judged, frozen=True, kw_only=True, tag="fall.long_lie"):
    """Somebody has been on the floor for long."""

    down_s: Annotated[float, Meta(ge=0)]


class FallRecovered(Judged, frozen=True, kw_only=True, tag="fall.recovered"):
    """The same person was seen upright again, or sitting off the floor; resolves nothing."""

    down_s: Annotated[float, Meta(ge=0)]


class Distress(Situation, frozen=True, kw_only=True):
    """What calls for help of every kind share; each rings from ``confirmed`` on."""


class DistressHelp(Distress, frozen=True, kw_only=True, tag="distress.help"):
    """Somebody calls for help; rings from ``confirmed`` on."""


class DistressSmokeAlarm(Distress, frozen=True, kw_only=True, tag="distress.smoke_alarm"):
    """A smoke detector sounds; rings from ``confirmed`` on."""


class DistressCord(Distress, frozen=True, kw_only=True, tag="distress.cord"):
    """Somebody pulled a cord or pressed a call button; rings at once."""


class DistressAgitated(Distress, frozen=True, kw_only=True, tag="distress.agitated"):
    """Sounds, movement and heart rate together say distress; shown, does not ring."""


class Bed(Situation, frozen=True, kw_only=True):
    """What situations at a bed share.

    Attributes
    ----------
    bed
        Whose.
    """

    bed: Slug


class BedEdge(Bed, frozen=True, kw_only=True, tag="bed.edge"):
    """Somebody sits up at the edge of a bed that is watched for it; rings from ``confirmed`` on."""


class BedExit(Bed, frozen=True, kw_only=True, tag="bed.exit"):
    """Somebody has left a bed that is watched for it; rings from ``confirmed`` on."""


class BedNotBack(Bed, frozen=True, kw_only=True, tag="bed.not_back"):
    """Somebody left the bed at night and is not back; rings from ``confirmed`` on."""


class BedRestless(Bed, frozen=True, kw_only=True, tag="bed.restless"):
    """Somebody moves in bed far more than is usual there; shown, does not ring."""


class AbsenceNotOut(Situation, frozen=True, kw_only=True, tag="absence.not_out"):
    """Somebody went into the wet room and has not come out; rings from ``confirmed`` on."""


class AbsenceNoMovement(Situation, frozen=True, kw_only=True, tag="absence.no_movement"):
    """Somebody is there and no sense sees any movement; rings from ``confirmed`` on."""


class AbsenceInactive(Situation, frozen=True, kw_only=True, tag="absence.inactive"):
    """A resident is far less active than at this time on other days; shown, does not ring."""


class AbsenceWandering(Situation, frozen=True, kw_only=True, tag="absence.wandering"):
    """A resident walks about at night, again and again; shown, does not ring."""
