"""Notes of one recording: what it was like, what was seen of its people, and what was said.

In: frames, observations and events as a recording runs through the node's code. Out: `Facts`, a
few numbers by which recordings are grouped, and `Trace`, compact enough to travel between
processes: no pixel is kept, only numbers and the joints of a few instants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.events import (
    AnyEvent,
    Contribution,
    FallConfirmed,
    FallLongLie,
    FallRecovered,
    FallSuspected,
    kind_of,
)
from ambient.observations import (
    AnyObservation,
    Box,
    BoxSeen,
    Keypoint,
    Place,
    PoseSeen,
    Posture,
    PostureSeen,
)
from fusion.evidence import Judgement, verdict
from fusion.person import Person
from vision.sources import Frame

INSTANTS: Final = 8
"""How many skeletons a trace keeps."""
DOWN: Final = 0.5
"""Probability of being down from which somebody counts as seen lying."""
_FALLS: Final = (FallSuspected, FallConfirmed, FallLongLie, FallRecovered)
_LUMA_STEP: Final = 8
"""Every so many pixels, both ways, are looked at for light and colour."""
_END_S: Final = 1.0
_LEAD_S: Final = 1.0
"""The strip begins so long before what is to be seen."""
_SPAN_S: Final = 6.0


class Facts(Struct, frozen=True):
    """What a recording is like, as far as it was seen.

    Attributes
    ----------
    luma, saturation
        Median over its frames of mean brightness and mean colourfulness, 0..255; None without
        frames.
    size
        Median length of a body in picture heights; None when nobody was seen.
    people
        How many were seen at once in at least 5 % of the frames with people.
    end_posture
        Most frequent posture in its last second, of the person who was most down; None when
        nobody was seen then.
    lying_s
        When somebody was first seen down; None when never.
    """

    luma: float | None = None
    saturation: float | None = None
    size: float | None = None
    people: int = 0
    end_posture: Posture | None = None
    lying_s: float | None = None


class Moment(Struct, frozen=True, array_like=True):
    """One instant of the person who is most down.

    Attributes
    ----------
    t_s
        Seconds from the first frame.
    down, upright, descent, still, quality
        As in `ambient.observations.PostureSeen`.
    posture, place
        As there.
    probability
        Of the hypothesis that this person is down and needs help, at that instant.
    """

    t_s: float
    down: float
    upright: float
    descent: float
    still: float
    quality: float
    posture: Posture
    place: Place
    probability: float


class Figures(Struct, frozen=True):
    """Everybody at one instant: joints, or a box where only an outline was found."""

    t_s: float
    aspect: float
    bodies: list[list[Keypoint]]
    boxes: list[Box] = []


class Said(Struct, frozen=True):
    """One statement about a fall."""

    t_s: float
    kind: str
    probability: float
    contributions: list[Contribution]
    place: Place = Place.UNKNOWN


class Trace(Struct, frozen=True):
    """The course of one recording.

    Attributes
    ----------
    end_s
        Where the recording ends and the held time begins.
    moments
        The person who is most down, instant by instant.
    figures
        Skeletons at `INSTANTS` evenly spaced instants around what matters.
    said
        Every statement about a fall.
    peak
        The instant at which a fall was most probable, and what spoke for it and against it; None
        when nobody was seen.
    """

    end_s: float
    moments: list[Moment]
    figures: list[Figures]
    said: list[Said]
    peak: Said | None


class Recorder:
    """Takes notes while a recording runs.

    Parameters
    ----------
    after_s
        The hypothesis is looked for at its most probable from here on.
    figures
        Whether skeletons are remembered, which a trace shows: of a recording of hours they are
        many.
    """

    def __init__(self, after_s: float = 0.0, *, figures: bool = True) -> None:
        self._after_s = after_s
        self._remembers = figures
        self._light: list[tuple[float, float]] = []
        self._people: dict[tuple[str, int], Person] = {}
        self._moments: list[Moment] = []
        self._figures: list[Figures] = []
        self._sizes: list[tuple[float, float]] = []
        self._counts: list[tuple[float, int]] = []
        self._said: list[Said] = []
        self._peak: Said | None = None

    def tap(
        self, alter: Callable[[Iterator[Frame]], Iterator[Frame]] | None
    ) -> Callable[[Iterator[Frame]], Iterator[Frame]]:
        """Return `alter` with a look at the light of each frame after it."""

        def tapped(frames: Iterator[Frame]) -> Iterator[Frame]:
            for frame in frames if alter is None else alter(frames):
                self._light.append(_light(frame))
                yield frame

        return tapped

    def see(self, found: Sequence[AnyObservation]) -> None:
        """Take in the observations of one frame."""
        bodies = [one for one in found if isinstance(one, PoseSeen | BoxSeen)]
        postures = [one for one in found if isinstance(one, PostureSeen)]
        if bodies and self._remembers:
            self._figures.append(
                Figures(
                    t_s=round(bodies[0].t / 1e9, 3),
                    aspect=bodies[0].aspect,
                    bodies=[list(one.keypoints) for one in bodies if isinstance(one, PoseSeen)],
                    boxes=[one.box for one in bodies if isinstance(one, BoxSeen)],
                )
            )
        if not postures:
            return
        self._counts.append((postures[0].t / 1e9, len(postures)))
        self._sizes += [(one.t / 1e9, one.size) for one in postures]
        verdicts = [self._verdict(one) for one in postures]
        best = max(range(len(postures)), key=lambda i: verdicts[i].probability)
        seen = max(postures, key=lambda one: one.down)
        t_s = seen.t / 1e9
        self._moments.append(
            Moment(
                t_s=round(t_s, 3),
                down=seen.down,
                upright=seen.upright,
                descent=seen.descent,
                still=seen.still,
                quality=seen.quality,
                posture=seen.posture,
                place=seen.place,
                probability=round(verdicts[best].probability, 4),
            )
        )
        highest = self._peak.probability if self._peak is not None else -1.0
        if t_s >= self._after_s and verdicts[best].probability > highest:
            self._peak = Said(
                t_s=round(t_s, 3),
                kind="peak",
                probability=round(verdicts[best].probability, 4),
                contributions=list(verdicts[best].contributions),
                place=postures[best].place,
            )

    def said(self, events: Sequence[AnyEvent]) -> None:
        """Take in what was said in the end."""
        self._said = [
            Said(
                t_s=round(event.t / 1e9, 3),
                kind=kind_of(event),
                probability=event.probability,
                contributions=list(event.contributions),
                place=getattr(event, "place", Place.UNKNOWN),
            )
            for event in events
            if isinstance(event, _FALLS)
        ]

    def facts(self, end_s: float) -> Facts:
        """Return what the recording, which ends at `end_s`, is like."""
        light = np.median(self._light, axis=0).round(2).tolist() if self._light else [None, None]
        down = [m.t_s for m in self._moments if m.down >= DOWN]
        last = [m.posture for m in self._moments if end_s - _END_S <= m.t_s <= end_s]
        sizes = [size for t_s, size in self._sizes if t_s <= end_s]
        counts = [count for t_s, count in self._counts if t_s <= end_s]
        return Facts(
            luma=light[0],
            saturation=light[1],
            size=round(float(np.median(sizes)), 4) if sizes else None,
            people=int(np.percentile(counts, 95, method="lower")) if counts else 0,
            end_posture=max(last, key=last.count) if last else None,
            lying_s=down[0] if down else None,
        )

    def trace(self, end_s: float, fall_start_s: float | None) -> Trace:
        """Return the course of the recording.

        Parameters
        ----------
        end_s
            Where it ends and the held time begins.
        fall_start_s
            Start of a fall; None in everyday life.
        """
        return Trace(
            end_s=end_s,
            moments=self._moments,
            figures=self._strip(end_s, fall_start_s),
            said=self._said,
            peak=self._peak,
        )

    def _verdict(self, seen: PostureSeen) -> Judgement:
        """Judge a person at one instant, as the room's judgement does."""
        key = (seen.source, seen.track)
        person = self._people.setdefault(key, Person.first(seen))
        person.see(seen)
        return verdict(person, seen.t)

    def _strip(self, end_s: float, fall_start_s: float | None) -> list[Figures]:
        suspected = [said.t_s for said in self._said if said.kind == kind_of(FallSuspected)]
        middle = fall_start_s
        if middle is None:
            # An alarm is explained by what came before it.
            middle = max(0.0, min(suspected) - _SPAN_S / 2) if suspected else 0.0
        first = max(0.0, middle - _LEAD_S)
        last = max(first + 0.5, min(end_s, middle + _SPAN_S - _LEAD_S))
        times = np.linspace(first, last, INSTANTS)
        apart = (last - first) / (INSTANTS - 1) / 2
        known = np.array([one.t_s for one in self._figures])
        aspect = self._figures[0].aspect if self._figures else 1.0
        strip: list[Figures] = []
        for t_s in times.tolist():
            near = int(np.abs(known - t_s).argmin()) if known.size else -1
            if near >= 0 and abs(known[near] - t_s) <= apart:
                strip.append(self._figures[near])
            else:
                strip.append(Figures(round(t_s, 3), aspect, []))
        return strip


def spans(moments: Sequence[Moment], gap_s: float) -> list[list[Moment]]:
    """Return `moments` cut wherever nobody was seen for longer than `gap_s`."""
    number, last, keyed = 0, None, []
    for moment in moments:
        if last is not None and moment.t_s - last > gap_s:
            number += 1
        last = moment.t_s
        keyed.append((number, moment))
    return [[one for _, one in group] for _, group in groupby(keyed, key=lambda pair: pair[0])]


def _light(frame: Frame) -> tuple[float, float]:
    """Return mean brightness (ITU-R BT.601) and mean colourfulness (largest - least) of a frame."""
    few = frame.image[::_LUMA_STEP, ::_LUMA_STEP].astype(np.float32)
    luma = few @ np.array([0.114, 0.587, 0.299], np.float32)
    return round(float(luma.mean()), 2), round(float(np.ptp(few, axis=2).mean()), 2)
