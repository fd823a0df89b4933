"""What is learned from, ready for the network: sequences in, one long table of inputs out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.falls.columns import mirror
from models.falls.inputs import batch
from models.falls.learning.variants import vary
from models.skeletons.sequence import Sequence


@dataclass(frozen=True, eq=False)
class Pool:
    """N instants of S sequences, one after the other.

    Attributes
    ----------
    inputs
        (N, F) float16.
    label
        (N,) int64, -1 unknown.
    judged
        (N, 3) float32: down, fell, help; NaN unknown.
    start
        (S + 1,) where each sequence begins, and N.
    subjects, names
        Of each sequence.
    t
        (N,) float32 seconds from the beginning of the sequence.
    """

    inputs: Tensor
    label: Tensor
    judged: Tensor
    start: NDArray[np.int64]
    subjects: list[str]
    names: list[str]
    t: NDArray[np.float32]

    def __len__(self) -> int:
        """How many sequences."""
        return len(self.names)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Return mean and deviation (F,) of the inputs."""
        every = self.inputs[:: max(1, len(self.inputs) // 200_000)].float()
        return every.mean(dim=0), every.std(dim=0).clamp(min=0.05)

    def without(self, subjects: set[str]) -> NDArray[np.int64]:
        """Return the numbers of the sequences of everybody else."""
        return np.array([i for i, each in enumerate(self.subjects) if each not in subjects])

    def of(self, subjects: set[str]) -> NDArray[np.int64]:
        """Return the numbers of the sequences of these subjects."""
        return np.array([i for i, each in enumerate(self.subjects) if each in subjects])


def pool(
    sequences: Iterable[Sequence],
    *,
    seed: int,
    tellings: int = 1,
    plain: bool = False,
) -> Pool:
    """Gather sequences.

    Parameters
    ----------
    sequences
        What happened.
    seed
        Of how it is told.
    tellings
        How many variants of each.
    plain
        Whether sequences are taken as they are, once, to measure on.
    """
    random = np.random.default_rng(seed)
    inputs, labels, judged, times = [], [], [], []
    subjects, names = [], []
    for sequence in sequences:
        if len(sequence) < 3:
            continue
        for _ in range(1 if plain else tellings):
            told = sequence if plain else vary(sequence, random)
            inputs.append(torch.from_numpy(batch(told)).half())
            labels.append(torch.from_numpy(np.asarray(told.label, np.int64)))
            judged.append(torch.from_numpy(np.stack([told.down, told.fell, told.help], axis=1)))
            times.append((told.t - told.t[0]).astype(np.float32))
            subjects.append(told.subject)
            names.append(told.name)
    if not names:
        raise ValueError("pool: expected at least one sequence of three instants, got none")
    start = np.concatenate([[0], np.cumsum([len(each) for each in labels])])
    return Pool(
        inputs=torch.cat(inputs),
        label=torch.cat(labels),
        judged=torch.cat(judged).float(),
        start=start.astype(np.int64),
        subjects=subjects,
        names=names,
        t=np.concatenate(times),
    )


class Windows:
    """Random windows of the sequences of a pool, half of them mirrored.

    Parameters
    ----------
    source
        The pool.
    chosen
        (K,) numbers of the sequences to draw from, each as often as it is long (at least one
        window's length).
    length
        Instants in a window; a shorter sequence is filled up with instants that count nothing.
    """

    def __init__(self, source: Pool, chosen: NDArray[np.int64], length: int) -> None:
        self._pool, self._chosen, self._length = source, chosen, length
        sizes = np.diff(source.start)[chosen]
        weight = np.maximum(sizes, length).astype(np.float64)
        self._weight = np.cumsum(weight / weight.sum())
        index, sign = mirror()
        self._index, self._sign = torch.from_numpy(index), torch.from_numpy(sign)

    def draw(self, count: int, random: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return inputs (count, L, F), labels (count, L) and judgements (count, L, 3)."""
        pool, length = self._pool, self._length
        which = np.searchsorted(self._weight, random.random(count)).clip(0, len(self._chosen) - 1)
        first, after = pool.start[self._chosen[which]], pool.start[self._chosen[which] + 1]
        spare = np.maximum(after - first - length, 0)
        # From the very beginning a third of the time: that is how every track starts.
        offset = np.floor(random.random(count) * (spare + 1)).astype(np.int64)
        offset[random.random(count) < 1 / 3] = 0
        at = first[:, None] + offset[:, None] + np.arange(length)
        beyond = torch.from_numpy(at >= after[:, None])
        rows = torch.from_numpy(np.minimum(at, after[:, None] - 1))
        inputs = pool.inputs[rows].float()
        flip = torch.from_numpy(random.random(count) < 0.5)[:, None, None]
        inputs = torch.where(flip, inputs[:, :, self._index] * self._sign, inputs)
        labels = pool.label[rows].masked_fill(beyond, -1)
        judged = pool.judged[rows].masked_fill(beyond[:, :, None], float("nan"))
        return inputs, labels, judged
