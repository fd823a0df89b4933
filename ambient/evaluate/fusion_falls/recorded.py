"""Recordings in which a camera and a sensor at the waist saw the same: each alone, and both.

The labels of URFD's falls were set by the peak of the acceleration. Delays are therefore counted
from the picture: from the strongest descent that the camera saw about then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ambient.evaluate import both_senses
from ambient.evaluate.accelerations import worn_sets
from ambient.evaluate.fusion_falls.ranked import Told, judged
from ambient.evaluate.fusion_falls.streams import (
    Stream,
    at,
    camera_streams,
    wearable_streams,
)
from ambient.evaluate.manifest import Label, Row, read
from ambient.evaluate.statistics import Quantiles, Share, quantiles, share_of
from ambient.observations import AnyObservation, PostureSeen, TrackEnded, Wear
from fusion.wearers import SECOND

WAYS: Final = ("both", "camera", "wearable", "both, lying on")
ABOUT_S: Final = 1.5
LYING_ON_S: Final = 40.0
"""So much longer than what is held of each recording, everyday or fall, is what was seen last held
in the last of the ways: by then whoever waits is told of."""
LOOKS_S: Final = 0.5


class Way(Struct, frozen=True):
    """One way of judging the recordings.

    Attributes
    ----------
    found, quiet
        Falls that were confirmed, everyday recordings in which nothing was.
    suspected_after, confirmed_after
        Seconds from the strongest descent in the picture.
    missed, false_alarms
        Files.
    """

    found: Share
    quiet: Share
    suspected_after: Quantiles
    confirmed_after: Quantiles
    missed: list[str]
    false_alarms: list[str]


class Pair(Struct, frozen=True):
    """A video and the wearable of the same recording, both from the first frame."""

    row: Row
    camera: Stream
    wearable: Stream


def pairs(
    data: Path,
    cache: Path,
    progress: Callable[[int, int], None] | None = None,
    errors: dict[str, str] | None = None,
) -> list[Pair]:
    """Return the recordings that both senses have, as `both_senses` tells them.

    What cannot be read or told apart is left out and added to `errors` where it is given.

    Raises
    ------
    UsageError, SourceError
        A manifest cannot be read, or a recording without `errors`.
    """
    vitals = data / "vitals"
    every = read(data / "video" / "manifest.csv")
    videos = [row for row in every if row.label is not Label.AMBIGUOUS]
    shown = {row.dataset for row in videos}
    of_both = [one for one in worn_sets(vitals) if one in shown]
    worn: dict[tuple[str, str], Stream] = {}
    for dataset in of_both:
        found = wearable_streams(
            vitals, dataset, cache, in_video_time=True, places=(Wear.WAIST,), errors=errors
        )
        worn |= {(dataset, stream.file): stream for stream in found[Wear.WAIST]}
    felt = {
        (dataset, video): worn[dataset, file]
        for (dataset, video), file in both_senses.worn_of(vitals, every, errors).items()
        if (dataset, file) in worn
    }
    rows = {row.file: row for row in videos if (row.dataset, row.file) in felt}
    seen = camera_streams(list(rows.values()), cache, progress, in_video_time=True, errors=errors)
    return [
        Pair(row, camera, felt[row.dataset, row.file])
        for camera in seen
        for row in (rows[camera.file],)
    ]


def measure(found: Sequence[Pair]) -> dict[str, dict[str, Way]]:
    """Return the figures by data set and way of judging; pure."""
    sets = {"all": found} | {
        name: [pair for pair in found if pair.row.dataset == name]
        for name in sorted({pair.row.dataset for pair in found})
    }
    told = {way: {pair.row.file: _told(pair, way) for pair in found} for way in WAYS}
    return {
        name: {way: _way(some, told[way]) for way in WAYS} for name, some in sets.items() if some
    }


def _told(pair: Pair, way: str) -> Told:
    camera, wearable = at(pair.camera, 0), at(pair.wearable, 0)
    if way == "camera":
        return judged(camera)
    if way == "wearable":
        return judged(wearable)
    return judged([*camera, *wearable, *(lying_on(camera) if way != "both" else [])])


def lying_on(camera: Sequence[AnyObservation]) -> list[AnyObservation]:
    """Return what a camera says for `LYING_ON_S` more, of who is in the picture at the end."""
    end = max(one.t for one in camera)
    last = {one.track: one for one in camera if isinstance(one, PostureSeen)}
    gone = {one.track for one in camera if isinstance(one, TrackEnded)}
    step = round(LOOKS_S * SECOND)
    return [
        replace(one, t=end + later * step)
        for later in range(1, round(LYING_ON_S / LOOKS_S) + 1)
        for track, one in last.items()
        if track not in gone and end - one.t <= SECOND
    ]


def _way(some: Sequence[Pair], told: dict[str, Told]) -> Way:
    falls = [pair for pair in some if pair.row.label is Label.FALL]
    others = [pair for pair in some if pair.row.label is Label.ADL]
    suspected: list[float] = []
    confirmed: list[float] = []
    for pair in falls:
        from_s = _descent_s(pair)
        late = pair.row.fall_start_s or 0.0
        for said, after in (
            (told[pair.row.file].suspected, suspected),
            (told[pair.row.file].confirmed, confirmed),
        ):
            first = next((s for s in said if s >= late), None)
            if first is not None:
                after.append(first - from_s)

    def hit(pair: Pair) -> bool:
        late = pair.row.fall_start_s or 0.0
        return any(s >= late for s in told[pair.row.file].confirmed)

    def people(of: Sequence[Pair]) -> list[str]:
        return [pair.row.subject or pair.row.file for pair in of]

    return Way(
        found=share_of([hit(pair) for pair in falls], people(falls)),
        quiet=share_of([not hit(pair) for pair in others], people(others)),
        suspected_after=quantiles(suspected),
        confirmed_after=quantiles(confirmed),
        missed=[pair.row.file for pair in falls if not hit(pair)],
        false_alarms=[pair.row.file for pair in others if hit(pair)],
    )


def _descent_s(pair: Pair) -> float:
    """Return when the picture shows the strongest descent about the labelled fall, seconds."""
    start, end = pair.row.fall_start_s or 0.0, pair.row.fall_end_s or 0.0
    near = [
        (one.descent, -when / SECOND)
        for when, one in pair.camera.seen
        if isinstance(one, PostureSeen)
        and start - ABOUT_S <= when / SECOND <= max(start, min(end, start + ABOUT_S)) + ABOUT_S
    ]
    best = max(near, default=(0.0, 0.0))
    return -best[1] if best[0] > 0.0 else start
