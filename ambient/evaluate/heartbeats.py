"""Heart-rate variability measured beside NeuroKit2 and beside what is known by construction.

Behind ``ambient evaluate heartbeats``. Four measurements:

1. *Recorded*: segments of the shared pulse waves. A segment is clean when NeuroKit2's own beats
   have no interval further than 20 % from the median of the eleven around it; ours say nothing
   of that choice. NeuroKit2 places beats on whole samples, which at 100 Hz adds 7 ms to a true
   RMSSD of 0; so it is given the wave at 1000 Hz (cubic). Its RMSSD, SDNN and pNN50 are taken as it
   defines them (its pNN50 divides by one more than there are differences); its LF/HF is that of its
   defaults. Once more: after its correction of artefacts; where its own index of quality stays
   above the cut of the method that the index is of (Orphanidou et al. 2015); and from its beats,
   but of the intervals alone that ours count, which parts where beats are from which are counted.
2. *Made noisy*: the clean segments with movement, a range that ends too soon, or dropouts. What
   counts is that numbers are withheld, or right.
3. *Synthesis*: waves whose beats are known; ours and NeuroKit2's against the truth.
4. *Other shapes* and other noise than any limit was set on (`ambient.evaluate.pulses_other`), among
   it movement as recorded, from the segments that are not clean, added to waves that are known.

Rhythms are made too: how often an irregular one is called so, a steady one not, and how often
neither.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from scipy.ndimage import median_filter

from ambient.errors import UsageError
from ambient.evaluate.heartbeats_numbers import judged, numbers, numbers_of, shared
from ambient.evaluate.heartbeats_peer import Numbers, Peer, opened
from ambient.evaluate.peers import find_python
from ambient.evaluate.pulses import SPOILED, Floats, Kind, Spoil, made
from ambient.evaluate.pulses_other import BESIDE, EACH, MOVED, OTHER, RATES, SHAPES, recorded
from ambient.evaluate.pulses_read import read
from vitals.beats.finder import BeatFinder

SEGMENT_S: Final = 60.0
LONG_S: Final = 180.0
"""For LF/HF, which needs minutes."""
SHORTEST_S: Final = 20.0
CLEAN: Final = 0.2
SURE: Final = 0.95
"""Quality by our own measure of the clean segments that are shown once more by themselves."""
AROUND: Final = 11
LEAST: Final = 10
WITHIN: Final = 0.05
SYNTHETIC: Final = 12
THEIR_QUALITY: Final = 0.86
RHYTHMS: Final = 40
RHYTHM_S: Final = 120.0
_NUMBERS: Final = ("rmssd", "sdnn", "pnn50", "lf_hf", "rate")


class Error(Struct, frozen=True):
    """How far `n` numbers were from those beside them, in per cent (pNN50: in points).

    Attributes
    ----------
    median_pct, worst_pct
        Median and largest of the absolute differences.
    within
        How many were within 5 %.
    """

    n: int
    median_pct: float
    worst_pct: float
    within: int


class Row(Struct, frozen=True):
    """One set of segments: how many, how many withheld, and the differences of the others."""

    segments: int
    withheld: int
    rmssd: Error | None
    sdnn: Error | None
    pnn50: Error | None
    lf_hf: Error | None
    rate: Error | None


class Report(Struct, frozen=True):
    """The whole measurement.

    Attributes
    ----------
    sets
        By name.
    irregular
        By rhythm made: how many of how many were called irregular, called regular, and left open.
    neurokit
        Its version; None where it is not installed.
    us_per_s
        Processor microseconds for a second of a pulse wave at 100 Hz, in batches of 1 s.
    errors
        Recordings that could not be read, and why.
    """

    sets: dict[str, Row]
    irregular: dict[str, tuple[int, int, int]]
    neurokit: str | None
    us_per_s: float
    errors: dict[str, str] = {}


Pair = tuple[Numbers, Numbers]


def run(
    folder: Path,
    *,
    seed: int = 1,
    python: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure.

    Parameters
    ----------
    folder
        The folder ``vitals`` of the labelled recordings.
    seed
        Of noise and of waves made.
    python
        The interpreter of the peers' environment; see `ambient.evaluate.peers.find_python`. Where
        there is no such environment only what is known by construction is measured.
    progress
        Called with (done, all) segments.

    Raises
    ------
    UsageError
        The folder holds no pulse wave, or the peers' environment lacks NeuroKit2.
    AmbientError
        NeuroKit2 fails.
    """
    errors: dict[str, str] = {}
    waves = read(folder, errors)
    found = _peers(python)
    segments = [
        (name, wave, rate, length)
        for name, (wave, rate) in waves.items()
        for length in (SEGMENT_S, LONG_S)
    ]
    sets: dict[str, list[Pair]] = {}
    pieces: list[tuple[Floats, float]] = []
    steps = len(segments) + 3
    with nullcontext() if found is None else opened(found) as peer:
        for done, (_, wave, rate, length) in enumerate(segments, start=1):
            if peer is not None:
                draw = np.random.default_rng([seed, done])
                pieces += _recorded(sets, peer, wave, rate, length, draw)
            if progress is not None:
                progress(done, steps)
        _synthesis(sets, peer, np.random.default_rng([seed, 100]))
        if progress is not None:
            progress(steps - 2, steps)
        _others(sets, peer, pieces, np.random.default_rng([seed, 400]))
        version = None if peer is None else peer.version
    if progress is not None:
        progress(steps - 1, steps)
    called = {kind.value: _called(kind, np.random.default_rng([seed, 200])) for kind in Kind}
    if progress is not None:
        progress(steps, steps)
    return Report(
        sets={name: _row(pairs) for name, pairs in sets.items()},
        irregular=called,
        neurokit=version,
        us_per_s=_cost(np.random.default_rng([seed, 300])),
        errors=errors,
    )


def _peers(python: Path | None) -> Path | None:
    """Return the peers' interpreter; None where there is none and none was asked for."""
    try:
        return find_python(python)
    except UsageError:
        if python is not None:
            raise
        return None


def _recorded(
    sets: dict[str, list[Pair]],
    peer: Peer,
    wave: Floats,
    rate: float,
    length: float,
    rng: np.random.Generator,
) -> list[tuple[Floats, float]]:
    """Measure the segments of a wave; return those that are not clean."""
    size = min(len(wave), round(length * rate))
    if size < SHORTEST_S * rate or (length > SEGMENT_S and size < length * rate):
        return []
    short = length <= SEGMENT_S
    kind = "1 min" if short else "3 min"
    pieces = []
    for begin in range(0, len(wave) - size + 1, size // 2):
        part = wave[begin : begin + size]
        said = peer.ask(part, rate, spectrum=not short)
        ours = numbers(part, rate)
        pair = (ours, said.numbers)
        if not clean(np.asarray(said.peaks)):
            sets.setdefault(f"recorded, not clean, {kind}", []).append(pair)
            pieces.append((part, rate))
            continue
        name = f"recorded, clean, {kind}"
        sets.setdefault(name, []).append(pair)
        sets.setdefault(f"{name}, corrected", []).append((ours, said.corrected))
        same = shared(part, rate, np.asarray(said.peaks))
        sets.setdefault(f"{name}, the same intervals", []).append((ours, same))
        if judged(part, rate)[0].quality >= SURE:
            sets.setdefault(f"{name}, quality {SURE:g}", []).append(pair)
        if said.quality is not None and said.quality >= THEIR_QUALITY:
            sets.setdefault(f"{name}, NeuroKit2's quality", []).append(pair)
        for noise, spoil in SPOILED.items() if short else ():
            told = spoil(part, rate, rng)
            sets.setdefault(f"recorded, {noise}", []).append((numbers(told, rate), said.numbers))
    return pieces


def clean(at: Floats) -> bool:
    """Return whether beats at seconds `at` (B,) are as even as those of a clean segment."""
    if len(at) < LEAST:
        return False
    seconds = np.diff(at)
    around = median_filter(seconds, AROUND, mode="mirror")
    return bool((np.abs(seconds / around - 1.0) <= CLEAN).all())


def _synthesis(sets: dict[str, list[Pair]], peer: Peer | None, rng: np.random.Generator) -> None:
    for _ in range(SYNTHETIC):
        one = made(LONG_S, float(rng.choice([50.0, 64.0, 100.0, 128.0])), rng)
        truth = numbers_of(one.at)
        sets.setdefault("synthesis, clean", []).append((numbers(one.wave, one.rate), truth))
        if peer is not None:
            theirs = peer.ask(one.wave, one.rate, spectrum=True).numbers
            sets.setdefault("synthesis, clean, NeuroKit2", []).append((theirs, truth))
        for name, spoil in SPOILED.items():
            told = spoil(one.wave, one.rate, rng)
            pair = (numbers(told, one.rate), truth)
            sets.setdefault(f"synthesis, {name}", []).append(pair)


def _others(
    sets: dict[str, list[Pair]],
    peer: Peer | None,
    pieces: Sequence[tuple[Floats, float]],
    rng: np.random.Generator,
) -> None:
    ways: dict[str, Spoil] = {"clean": lambda wave, rate, draw: wave} | dict(OTHER)
    if pieces:
        ways |= {f"recorded movement {share:g}": recorded(pieces, share) for share in MOVED}
    for name, spoil in ways.items():
        for shape in [one for one in SHAPES.values() for _ in range(EACH)]:
            one = made(SEGMENT_S, float(rng.choice(RATES)), rng, shape=shape)
            told, truth = spoil(one.wave, one.rate, rng), numbers_of(one.at)
            ours = numbers(told, one.rate)
            sets.setdefault(f"other shapes, {name}", []).append((ours, truth))
            if peer is not None and name == BESIDE:
                said = peer.ask(told, one.rate, spectrum=False)
                for how, theirs in (("", said.numbers), (", corrected", said.corrected)):
                    beside = f"other shapes, {name}, NeuroKit2{how}"
                    sets.setdefault(beside, []).append((theirs, truth))


def _called(kind: Kind, rng: np.random.Generator) -> tuple[int, int, int]:
    said = []
    for _ in range(RHYTHMS):
        one = made(RHYTHM_S, 100.0, rng, kind)
        said.append(judged(one.wave, one.rate)[0].irregular)
    yes = sum(p is not None and p >= 0.5 for p in said)
    no = sum(p is not None and p < 0.5 for p in said)
    return yes, no, len(said) - yes - no


def _row(pairs: Sequence[Pair]) -> Row:
    errors = {name: _error([_both(pair, name) for pair in pairs], name) for name in _NUMBERS}
    return Row(segments=len(pairs), withheld=sum(ours.rmssd is None for ours, _ in pairs), **errors)


def _both(pair: Pair, name: str) -> tuple[float | None, float | None]:
    return getattr(pair[0], name), getattr(pair[1], name)


def _error(both: Sequence[tuple[float | None, float | None]], name: str) -> Error | None:
    off = [
        abs(ours - theirs) * 100.0 / (1.0 if name == "pnn50" else abs(theirs))
        for ours, theirs in both
        if ours is not None and theirs is not None and (theirs or name == "pnn50")
    ]
    if not off:
        return None
    return Error(
        n=len(off),
        median_pct=round(float(np.median(off)), 2),
        worst_pct=round(max(off), 2),
        within=sum(one <= WITHIN * 100.0 for one in off),
    )


def _cost(rng: np.random.Generator) -> float:
    one = made(120.0, 100.0, rng)
    finder = BeatFinder(one.rate, ecg=False)
    began = time.process_time()
    for begin in range(0, len(one.wave), 100):
        finder.push(one.wave[begin : begin + 100])
    return round((time.process_time() - began) / 120.0 * 1e6, 1)
