"""What one sense says of one recording, with the instant of the fall or of what looks like one.

Comes in: labelled videos and recordings of worn accelerometers. Goes out: streams of a node's own
observations whose time 0 is that instant, so that streams of two senses can be laid side by side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

import vitals
from ambient.errors import UsageError
from ambient.evaluate import labelled
from ambient.evaluate.accelerations import SECOND, START_S, Recording, Trace, recordings
from ambient.evaluate.fusion_falls.cache import looked_at
from ambient.evaluate.impacts import NEAR_S, fall_time
from ambient.evaluate.manifest import Label, Row
from ambient.evaluate.versions import code_hash
from ambient.files import digest
from ambient.observations import AnyObservation, ImpactMeasured, Measured, PostureSeen, Wear
from ambient.train.wearable import read_folds
from models.wearable import FallNet, load
from vitals.devices import Device, Signal
from vitals.motion.meter import MotionMeter
from vitals.readings import AccelerationRead

_DECIDING: Final = ("accelerations", "impacts", "fusion_falls/streams")
ROOM: Final = "room"
SUBJECT: Final = "s-0001"
WORN_AT: Final = (Wear.WAIST, Wear.WRIST)
"""Where residents wear something; ankles and pockets are measured elsewhere."""
CHUNK: Final = 10


class Stream(Struct, frozen=True):
    """One sense's observations of one recording.

    Attributes
    ----------
    file
        Of the recording.
    person
        Whom it shows, by data set and subject.
    fall
        Whether somebody falls.
    seen
        Observations, `t` in nanoseconds from the instant; before it negative.
    """

    file: str
    person: str
    fall: bool
    seen: tuple[tuple[int, AnyObservation], ...]


def camera_streams(
    rows: Sequence[Row],
    cache: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    in_video_time: bool = False,
    errors: dict[str, str] | None = None,
) -> list[Stream]:
    """Return what the camera says of videos that are labelled fall or everyday.

    The instant is the end of the descent, in everyday life the strongest descent seen, else the
    middle; `in_video_time` it is the first frame. Videos that cannot be opened are left out and
    added to `errors` where it is given.

    Raises
    ------
    SourceError
        A video cannot be opened, without `errors`.
    """
    rows = [row for row in rows if row.label is not Label.AMBIGUOUS]
    return [
        Stream(
            file=row.file,
            person=f"{row.dataset} {row.subject or row.file}",
            fall=row.label is Label.FALL,
            seen=around(seen, 0 if in_video_time else _moment(row, seen)),
        )
        for row, seen in looked_at(rows, cache, progress, errors)
    ]


def wearable_streams(
    folder: Path,
    dataset: str,
    cache: Path,
    *,
    in_video_time: bool = False,
    places: Sequence[Wear] = WORN_AT,
    errors: dict[str, str] | None = None,
) -> dict[Wear, list[Stream]]:
    """Return what worn accelerometers of a data set say, by place on the body.

    Subjects that the detector learned from are judged by networks that never saw them.

    Parameters
    ----------
    folder
        Of recordings, with ``manifest.csv``.
    dataset
        As in the manifest.
    cache
        Where they are kept, as those of cameras are.
    in_video_time
        Whether time 0 is the first frame of the video of the same name; else the instant is the
        impact of the fall, in everyday life the impact most like one, else the middle.
    places
        On the body.
    errors
        What cannot be read is added, by file, and the others go on; without it that is an error.

    Raises
    ------
    UsageError
        A recording cannot be read, or a kept file is of another version.
    """
    what = f"worn_{dataset}_{'_'.join(places)}{'_video' * in_video_time}"
    kept = cache / f"{what}-{_content(folder, dataset)}.msgpack"
    if kept.exists():
        try:
            return msgspec.msgpack.decode(kept.read_bytes(), type=dict[Wear, list[Stream]])
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(
                f"{kept}: expected kept observations of this version, got something else "
                f"({error}); remove it, and the recordings are measured again"
            ) from None
    shipped, folds = FallNet(load()), {s: FallNet(w) for s, w in read_folds().items()}
    out: dict[Wear, list[Stream]] = {wear: [] for wear in places}
    unread: dict[str, str] = {}
    for recording in recordings(folder, (dataset,), errors=None if errors is None else unread):
        own = recording.dataset == "umafall"
        net = folds.get(recording.subject, shipped) if own else shipped
        told = {wear: measured(trace, net) for wear, trace in recording.traces.items()}
        fall = _fell(told.values()) if recording.fall else None
        for wear in places:
            if wear not in told:
                continue
            trace, seen = recording.traces[wear], told[wear]
            if in_video_time:
                # Here the camera's time counts: the wearable's is brought to it.
                zero = int(START_S * SECOND)
                seen = [_slowed(one, zero, recording.slower) for one in seen]
            else:
                zero = fall if fall is not None else _likest(trace, seen)
            out[wear].append(_stream(recording, seen, zero))
    if unread and errors is not None:
        # What may be readable next time is not kept.
        errors |= unread
        return out
    cache.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.msgpack.encode(out))
    return out


def _content(folder: Path, dataset: str) -> str:
    """Return a hash of the manifest, the recordings of a data set, and the code that measures."""
    found = hashlib.sha256(code_hash((vitals,), _DECIDING).encode())
    for _, row in labelled.rows(folder / "manifest.csv", ("file", "dataset", "label")):
        if row["dataset"] != dataset:
            continue
        found.update(repr(sorted((str(k), str(v)) for k, v in row.items())).encode())
        with suppress(OSError):
            # Reading says why.
            found.update(digest(folder / row["file"]).encode())
    return found.hexdigest()[:16]


def measured(trace: Trace, net: FallNet) -> list[AnyObservation]:
    """Return what a node's meter says of a trace whose end is held."""
    held = trace.held()
    device = Device(source="wearable", room=ROOM, subject=SUBJECT)
    meter = MotionMeter(device, trace.wear, net)
    seen: list[AnyObservation] = []
    last = int(held.times[0]) - SECOND // 50
    for begin in range(0, len(held.times), CHUNK):
        of = slice(begin, begin + CHUNK)
        t, samples = int(held.times[of][-1]), held.samples[of].astype(np.float32)
        rate = len(samples) * SECOND / max(1, t - last)
        last = t
        reading = AccelerationRead(device="wearable", t=t, samples=samples, rate=rate)
        seen += meter.take(
            Signal(device=device, reading=reading, t=t, received=t, offset_s=0.0, trusted=True)
        )
    return seen


def at(stream: Stream, t: int) -> list[AnyObservation]:
    """Return a stream's observations with its instant at `t`, nanoseconds."""
    return [_moved_to(one, when + t, t) for when, one in stream.seen if when + t >= 0]


def _stream(recording: Recording, seen: list[AnyObservation], zero: int) -> Stream:
    return Stream(
        file=recording.file,
        person=f"{recording.dataset} {recording.subject or recording.file}",
        fall=recording.fall,
        seen=around(seen, zero),
    )


def around(seen: Iterable[AnyObservation], zero: int) -> tuple[tuple[int, AnyObservation], ...]:
    """Return what a `Stream` keeps of observations about the instant `zero`, nanoseconds.

    An impact's own instant is kept as a distance, as `at` expects it.
    """
    return tuple(
        (
            one.t - zero,
            msgspec.structs.replace(one, impact=max(0, one.t - one.impact))
            if isinstance(one, ImpactMeasured)
            else one,
        )
        for one in seen
    )


def _moved_to(one: AnyObservation, t: int, zero: int) -> AnyObservation:
    if isinstance(one, ImpactMeasured):
        return msgspec.structs.replace(one, t=t, received=t, impact=max(0, t - one.impact))
    if isinstance(one, Measured):
        return msgspec.structs.replace(one, t=t, received=t)
    return msgspec.structs.replace(one, t=t)


def _slowed(one: AnyObservation, zero: int, slower: float) -> AnyObservation:
    """Return an observation in the camera's time."""

    def to(t: int) -> int:
        return zero + round((t - zero) / slower)

    if isinstance(one, ImpactMeasured):
        return msgspec.structs.replace(one, t=to(one.t), impact=to(one.impact))
    return msgspec.structs.replace(one, t=to(one.t))


def _moment(row: Row, seen: list[AnyObservation]) -> int:
    if row.fall_start_s is not None:
        end = row.fall_end_s
        near = row.fall_start_s + 1.0 if end is None else min(end, row.fall_start_s + 2.0)
        return int(near * SECOND)
    descents = [(one.descent, one.t) for one in seen if isinstance(one, PostureSeen)]
    if descents and max(descents)[0] > 0.0:
        return max(descents)[1]
    end_s = row.duration_s if row.duration_s is not None else 10.0
    return int(end_s / 2 * SECOND)


def _fell(told: Iterable[list[AnyObservation]]) -> int | None:
    felt = [
        [(one.impact, one.fall) for one in seen if isinstance(one, ImpactMeasured)] for seen in told
    ]
    return fall_time(felt)


def _likest(trace: Trace, seen: list[AnyObservation]) -> int:
    impacts = [(one.fall, one.impact) for one in seen if isinstance(one, ImpactMeasured)]
    middle = int(trace.times[0] + trace.times[-1]) // 2
    return max(impacts)[1] if impacts else middle


def likelihoods(streams: Sequence[Stream]) -> tuple[list[float], list[bool]]:
    """Return the detector's probability of each impact, and whether it was a fall's.

    Of a fall the likeliest impact within `NEAR_S` of it, of everyday life all: each is judged as
    a situation of its own.
    """
    said, was = [], []
    for stream in streams:
        near = [
            one.fall
            for when, one in stream.seen
            if isinstance(one, ImpactMeasured)
            and (not stream.fall or abs(when - one.impact) <= NEAR_S * SECOND)
        ]
        near = [max(near)] if stream.fall and near else near
        said += near
        was += [stream.fall] * len(near)
    return said, was
