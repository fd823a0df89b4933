"""A `Matcher` exactly as it is, as bytes: for a recording to begin with, and back again.

Nothing of it outlives a restart: tracks are numbered anew then, and evidence with them.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.observations import Wear
from fusion.who_evidence import CHANNELS, KEPT_BINS, Likeness, Speeds
from fusion.who_paths import Key, Path, WornTrack

if TYPE_CHECKING:
    from fusion.who import Matcher


class _Track(Struct, array_like=True):
    source: str
    number: int
    first: int
    first_at: tuple[float, float]
    last: int
    last_at: tuple[float, float]
    size: float
    ended: int | None
    settled: bool
    free: float
    fresh: float
    kept: bytes
    base: int
    bin: int
    sums: list[float]
    counts: list[int]


class _Path(Struct, array_like=True):
    tracks: tuple[Key, ...]
    prior: float
    sums: bytes
    now: float
    held: float


class _Device(Struct, array_like=True):
    name: str
    wear: Wear
    subject: str | None
    newest: int
    waiting: list[tuple[int, float]]
    before: tuple[int, float] | None
    noise: float
    moved_s: float
    moment: list[tuple[int, float, float]]
    paths: list[_Path]


class _Belief(Struct, array_like=True):
    device: str
    subject: str | None
    source: str
    tracks: dict[int, float]
    nobody: float
    seconds: float
    moved_s: float


class _State(Struct, array_like=True):
    due: int
    tracks: list[_Track]
    devices: list[_Device]
    beliefs: list[_Belief]


_decoder: Final = msgspec.msgpack.Decoder(_State)


def frozen(matcher: Matcher) -> bytes:
    """Return all that a matcher knows."""
    state = _State(
        due=matcher.due,
        tracks=[
            _Track(
                *key, one.first, one.first_at, one.last, one.last_at, one.size, one.ended,
                one.settled, one.free, one.fresh, one.speeds.kept.tobytes(), one.speeds.base,
                one.speeds.bin, one.speeds.sums, one.speeds.counts,
            )
            for key, one in matcher.tracks.items()
        ],
        devices=[
            _Device(
                name, one.wear, one.subject, one.newest, list(one.waiting), one.before,
                one.noise, one.moved_s, one.moment,
                [
                    _Path(p.tracks, p.prior, p.found.sums.tobytes(), p.now, p.held)
                    for p in one.paths
                ],
            )
            for name, one in matcher.devices.items()
        ],
        beliefs=[
            _Belief(b.device, b.subject, b.source, dict(b.tracks), b.nobody, b.seconds, b.moved_s)
            for b in matcher.beliefs()
        ],
    )  # fmt: skip
    return msgspec.msgpack.encode(state)


def thawed(data: bytes) -> Matcher:
    """Return the matcher that `frozen` was given.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        When it was written by an incompatible version.
    """
    from fusion.who import Matcher, WornDevice
    from fusion.who_belief import Belief

    state = _decoder.decode(data)
    matcher = Matcher()
    matcher.due = state.due
    for one in state.tracks:
        speeds = Speeds(_array(one.kept, (KEPT_BINS, CHANNELS)))
        speeds.base, speeds.bin, speeds.sums, speeds.counts = (
            one.base, one.bin, one.sums, one.counts,
        )  # fmt: skip
        matcher.tracks[one.source, one.number] = WornTrack(
            speeds, one.first, one.first_at, one.last, one.last_at, one.size, one.ended,
            one.settled, one.free, one.fresh,
        )  # fmt: skip
    for each in state.devices:
        device = WornDevice(each.wear, each.subject, each.newest, deque(each.waiting))
        device.before, device.noise = each.before, each.noise
        device.moved_s, device.moment = each.moved_s, each.moment
        for p in each.paths:
            found = Likeness()
            found.sums[:] = _array(p.sums, found.sums.shape)
            device.paths.append(Path(p.tracks, p.prior, found, p.now, p.held))
        matcher.devices[each.name] = device
    matcher.keep(
        Belief(b.device, b.subject, b.source, b.tracks, b.nobody, b.seconds, b.moved_s)
        for b in state.beliefs
    )
    return matcher


def _array(data: bytes, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return numbers as they were written.

    Raises
    ------
    msgspec.ValidationError
        There are more or fewer of them: another version compared at other lags.
    """
    size = math.prod(shape) * 8
    if len(data) != size:
        raise msgspec.ValidationError(
            f"expected {size} bytes of {shape} numbers, got {len(data)}: "
            "what a matcher of another version knew cannot be gone on from"
        )
    return np.frombuffer(data).reshape(shape).copy()
