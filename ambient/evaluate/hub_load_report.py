"""What a hub under load showed: structs, and how they come of what nodes, pages and sampler noted.

Comes in: events with their times, the times at which pages had them, samples of memory and
processor time. Goes out: quantiles with their intervals. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from scipy import stats

from ambient.evaluate.load_nodes import Phase, Sent
from ambient.evaluate.load_pages import Seen, Stage
from ambient.evaluate.statistics import quantile

HOUR_S: Final = 3600
MEAN_S: Final = 20
"""Memory is averaged over so long before a line is laid through it."""
RESAMPLES: Final = 500
STAGE: Final = {"fall.suspected": Stage.SHOWN, "fall.confirmed": Stage.RINGS}


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from ready at the node until shown.

    Attributes
    ----------
    n
        Pairs of event and page.
    events
        Different events; `p99_low` and `p99_high` (95 %) come of drawing these again.
    missing
        Pairs that never came.
    """

    n: int
    events: int
    missing: int
    p50_s: float | None
    p99_s: float | None
    p99_low: float | None
    p99_high: float | None
    most_s: float | None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Resident memory of the hub (MiB), and how fast it grew (MiB an hour, 95 % interval)."""

    begin: float
    end: float
    most: float
    slope: float | None
    slope_low: float | None
    slope_high: float | None


class PhaseReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one phase showed.

    Attributes
    ----------
    events, finished
        Those that the hub acknowledged, and whether these were all before it was given up.
    durable
        Until the node had the acknowledgement, of all events.
    cores
        Processor time of the hub over the time that passed.
    """

    name: str
    events: int
    finished: bool
    seconds: float
    rate: float
    streams: Delay
    browser: Delay
    durable: Delay
    memory: Memory
    cores: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run showed.

    Attributes
    ----------
    ok
        Nothing lost, nothing twice, the log verifies, every stream was open throughout, and in the
        phases but the storm the 99th percentiles are within the limit.
    rows
        Events that were ready at nodes, answers to commands included.
    repeated
        Batches that were sent again for want of an answer.
    tap_p50_s, tap_p99_s
        How long the hub took to answer a carer's tap.
    busy
        The machine's load average at the start, the measurement aside.
    """

    ok: bool
    nodes: int
    pages: int
    pages_at_end: int
    phases: list[PhaseReport]
    rows: int
    lost: int
    doubled: int
    refused: int
    repeated: int
    verified: str
    stream_bytes: int
    stream_messages: int
    taps: int
    taps_refused: dict[int, int]
    tap_p50_s: float | None
    tap_p99_s: float | None
    cores_apart: bool
    busy: float
    seed: int


class Sample(msgspec.Struct, frozen=True):
    """The hub at one instant (steady clock, s): resident memory (MiB), processor time (s)."""

    at: float
    rss: float
    cpu: float


def phase_report(
    phase: Phase,
    sent: Sequence[Sent],
    seen: Seen,
    painted: Mapping[str, int],
    mark: tuple[float, float],
    samples: Sequence[Sample],
    pages: int,
) -> PhaseReport:
    """Return what `phase` showed, which lasted from `mark[0]` to `mark[1]` (steady clock, s)."""
    mine = [one for one in sent if one.phase == phase.name]
    staged = [(one, STAGE[one.kind]) for one in mine if one.kind in STAGE]
    on_streams = [
        [(at - one.ready) / 1e9 for at in seen.at.get(one.chain, {}).get(stage, [])]
        for one, stage in staged
    ]
    on_screen = [
        [painted[one.chain] / 1e3 - one.ready / 1e9] if painted.get(one.chain, -1) > 0 else []
        for one, stage in staged
        if stage is Stage.RINGS
    ]
    within = [one for one in samples if mark[0] <= one.at <= mark[1]]
    seconds = mark[1] - mark[0]
    return PhaseReport(
        name=phase.name,
        events=len(mine),
        finished=len(mine) == phase.count,
        seconds=round(seconds, 1),
        rate=round(len(mine) / seconds, 1),
        streams=delay(on_streams, pages),
        browser=delay(on_screen, 1),
        durable=delay([[(one.acknowledged - one.ready) / 1e9] for one in mine], 1),
        memory=_memory(within),
        cores=round((within[-1].cpu - within[0].cpu) / (within[-1].at - within[0].at), 2)
        if len(within) > 1
        else 0.0,
    )


def delay(found: Sequence[Sequence[float]], wanted: int) -> Delay:
    """Return the quantiles of `found`: for each event, the delay at each of `wanted` pages."""
    flat = [value for one in found for value in one]
    low = high = None
    if len(found) > 1 and flat:
        chance = np.random.default_rng(1)
        groups = [np.asarray(one) for one in found if one]
        alone = np.asarray(flat) if len(groups) == len(flat) else None
        drawn = []
        for _ in range(RESAMPLES):
            which = chance.integers(len(groups), size=len(groups))
            again = np.concatenate([groups[i] for i in which]) if alone is None else alone[which]
            drawn.append(np.quantile(again, 0.99))
        low, high = (round(float(bound), 3) for bound in np.quantile(drawn, (0.025, 0.975)))
    return Delay(
        n=len(flat),
        events=len(found),
        missing=len(found) * wanted - len(flat),
        p50_s=quantile(flat, 0.5),
        p99_s=quantile(flat, 0.99),
        p99_low=low,
        p99_high=high,
        most_s=quantile(flat, 1.0),
    )


def _memory(samples: Sequence[Sample]) -> Memory:
    sizes = [one.rss for one in samples]
    slope = low = high = None
    began = samples[0].at if samples else 0.0
    blocks: dict[int, list[Sample]] = {}
    for one in samples:
        blocks.setdefault(int((one.at - began) // MEAN_S), []).append(one)
    if len(blocks) > 3:
        hours = [np.mean([one.at for one in block]) / HOUR_S for block in blocks.values()]
        line = stats.linregress(hours, [np.mean([one.rss for one in b]) for b in blocks.values()])
        half = stats.t.ppf(0.975, len(blocks) - 2) * line.stderr
        slope, low, high = (
            round(float(value), 1) for value in (line.slope, line.slope - half, line.slope + half)
        )
    return Memory(
        begin=round(sizes[0], 1) if sizes else 0.0,
        end=round(sizes[-1], 1) if sizes else 0.0,
        most=round(max(sizes, default=0.0), 1),
        slope=slope,
        slope_low=low,
        slope_high=high,
    )
