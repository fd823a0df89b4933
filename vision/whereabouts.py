"""What a body in the picture is on: zones that somebody drew first, then the map of furniture.

Comes in: poses and outlines of people. Goes out: beds, sofas, chairs and floor below them, as
probabilities for the posture model and as a place to say. Pure but for what the map learns.
"""

from __future__ import annotations

from ambient.observations import BoxSeen, Place, PoseSeen
from vision.furniture import FurnitureMap
from vision.ground import Ground
from vision.outline_shape import stand_in
from vision.surfaces import Support as OnFurniture
from vision.zones import On, Zones


class Whereabouts:
    """Tell what the people of one camera are on.

    Parameters
    ----------
    zones
        That the installer drew.
    furniture
        The map to ask where nothing was drawn; None to do without.
    ground
        What is learned of the floor; None to do without.
    """

    def __init__(self, zones: Zones, furniture: FurnitureMap | None, ground: Ground | None) -> None:
        self._zones = zones
        self._furniture = furniture
        self._ground = ground

    def of(self, sight: PoseSeen | BoxSeen) -> tuple[OnFurniture, On]:
        """Return what a body is on: by the zone drawn there, else as the furniture map says."""
        on = self._zone(sight)
        if self._furniture is None or on.drawn:
            return _of_zone(on), on
        if not self._zones.surfaces:
            support = self._on_furniture(self._furniture, sight)
            return support, _found(support)
        # Beds and sofas stay where they were drawn; an armchair is moved, or came later.
        if isinstance(sight, BoxSeen):
            chair = self._furniture.chair_under(sight.box)
        else:
            chair = self._on_furniture(self._furniture, sight).chair
        support = OnFurniture(floor=1.0 - chair, chair=chair)
        return support, _found(support) if chair > 0.5 else on

    def _on_furniture(self, furniture: FurnitureMap, sight: PoseSeen | BoxSeen) -> OnFurniture:
        if isinstance(sight, BoxSeen):
            return furniture.place_of(stand_in(sight.box), sight.box, sight.aspect)
        rest = None
        if self._ground is not None:
            rest = self._ground.rest(sight.track, sight.keypoints, sight.aspect, sight.t)
        return furniture.place_of(sight.keypoints, sight.box, sight.aspect, rest=rest)

    def _zone(self, sight: PoseSeen | BoxSeen) -> On:
        if isinstance(sight, PoseSeen):
            return self._zones.of_body(sight.keypoints)
        return self._zones.of_box(sight.box)


def _of_zone(on: On) -> OnFurniture:
    """Return a drawn zone as the furniture map would say it."""
    return OnFurniture(
        floor=float(on.place is Place.FLOOR),
        bed=float(on.place in (Place.BED, Place.PERMITTED)),
        sofa=float(on.place is Place.SOFA),
        chair=float(on.place is Place.CHAIR),
    )


def _found(support: OnFurniture) -> On:
    """Return what the furniture map says; that somebody is on the floor it cannot know."""
    place = support.place
    if place in (Place.BED, Place.SOFA):
        return On(place, sure=support.bed + support.sofa)
    return On(place, sure=support.chair) if place is Place.CHAIR else On(Place.UNKNOWN)
