"""Recorded people before our own pose engine: how it shakes, sees and scores whom labels describe.

Comes in: recordings of one person that may be learned from, of which posture is known. Goes out:
figures of the noise recipe that need the grain and light of a real sensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from ambient.evaluate.noise_measures import (
    MARKS,
    TAU_S,
    Floats,
    extent,
    kept_share,
    seven,
    spread,
    trunk,
)
from ambient.train.poses import PEOPLE, Pass, View, people
from ambient.train.truth import Row, read
from models.skeletons.figures import GROUP, GROUPS, ByState, Pair, Seven, State
from models.skeletons.sequence import LABELS, Sequence
from vision.pose import PoseOptions
from vision.pose.blazepose import BlazePose

RECORDED_FPS: Final = 10.0
SETS: Final = ("gmdcsa24", "rajukonakalla/raju_Raju", "rajukonakalla/raju_yashu")
"""Recordings of one person whose posture the labels tell."""
CALM: Final = 0.25
"""The share of the calmest half seconds of a recording that counts as keeping still."""
_WORDS: Final = {
    State.UPRIGHT: ("walk", "standing"), State.LOW: ("sitting",), State.FALLING: ("fall",),
    State.DOWN: ("fallen",),
}  # fmt: skip
_HALF_S: Final = 0.5
_HALF: Final = round(_HALF_S * RECORDED_FPS)


def recordings(data: Path) -> list[Sequence]:
    """Return the people of the recordings, as the node sees them."""
    out: list[Sequence] = []
    for row in _rows(data):
        with BlazePose.create(PoseOptions(num_people=PEOPLE)) as engine:
            out += people(row, Pass(View.PLAIN, RECORDED_FPS), engine, None)
    return out


def _rows(data: Path) -> list[Row]:
    return [row for row in read(data / "video") if row.name.startswith(SETS)]


def shake(recorded: Many[Sequence], state: State) -> Seven:
    """Fast movement (7,) of people who keep still in a state, in torso lengths.

    Half seconds are compared by how much each group of landmarks moves about its mean; the calmest
    share of them is the network's own unrest, the others move.
    """
    spreads = [
        np.stack([spread(piece[:, marks] / size) for marks in MARKS])
        for piece, size in _half_seconds(recorded, state)
    ]
    calm = np.quantile(np.stack(spreads), CALM, axis=0)
    return seven(calm / kept_share(TAU_S, RECORDED_FPS, _HALF_S))


def world_shake(recorded: Many[Sequence], state: State) -> float:
    """As `shake`, of world landmarks across the view, all together, metres."""
    spreads = []
    for sequence in recorded:
        rows = np.flatnonzero(sequence.seen & _is(sequence, state))
        for piece in np.split(rows, range(_HALF, len(rows), _HALF)):
            if len(piece) == _HALF:
                spreads.append(spread(sequence.world[piece, :, :2].astype(np.float64)))
    return float(np.quantile(spreads, CALM)) / kept_share(TAU_S, RECORDED_FPS, _HALF_S)


def _half_seconds(recorded: Many[Sequence], state: State) -> Iterator[tuple[Floats, float]]:
    """Yield landmarks (5, 33, 2) in picture heights, and the length of the trunk there."""
    for sequence in recorded:
        rows = np.flatnonzero(sequence.seen & _is(sequence, state))
        if len(rows) < _HALF:
            continue
        uv = sequence.keypoints[rows, :, :2].astype(np.float64) * [sequence.aspect, 1.0]
        # A trunk seen along its axis is no measure; a third of the whole is at least near.
        size = max(float(np.median(trunk(uv))), 0.3 * float(np.median(extent(uv))))
        for piece in np.split(uv, range(_HALF, len(uv), _HALF)):
            if len(piece) == _HALF:
                yield piece, size


def _is(sequence: Sequence, state: State) -> NDArray[np.bool_]:
    codes = [LABELS.index(word) for word in _WORDS[state]]
    out: NDArray[np.bool_] = np.isin(sequence.label, codes)
    return out


def measure_visibility(recorded: Many[Sequence]) -> tuple[list[Seven], float]:
    """Median visibility by state and group, and its spread in log-odds."""
    rows: list[Seven] = []
    spreads = []
    for state in State:
        seen = [s.keypoints[s.seen & _is(s, state), :, 2] for s in recorded]
        values = np.clip(np.concatenate(seen).astype(np.float64), 0.003, 0.997)
        row = [float(np.median(values[:, at == GROUP])) for at in range(len(GROUPS))]
        rows.append(seven(np.array(row)))
        odds = logit(values)
        spreads += [float(np.subtract(*np.percentile(odds[:, at == GROUP], [75, 25])) / 1.35)
                    for at in range(2, len(GROUPS))]  # fmt: skip
    return rows, round(float(np.median(spreads)), 3)


def measure_score(recorded: Many[Sequence]) -> ByState[Pair]:
    """Log-odds of the score above a half: median and spread by state."""
    pairs: list[Pair] = []
    for state in State:
        scores = np.concatenate([s.score[s.seen & _is(s, state)] for s in recorded])
        odds = logit(np.clip(2.0 * scores.astype(np.float64) - 1.0, 1e-3, 1.0 - 1e-3))
        low, middle, high = np.percentile(odds, [16, 50, 84])
        pairs.append((round(float(middle), 3), round(float(max(0.5, (high - low) / 2)), 3)))
    return ByState(*pairs)
