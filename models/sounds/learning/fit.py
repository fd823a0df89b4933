"""Learn the network of sounds: a pool in, weights out; seeded, on one thread.

Two scenes in a row make one example, so that the memory learns to let go. What is unknown costs
nothing. The weights that are kept are a running mean over the last steps.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.sounds.learning.networks import Network
from models.sounds.learning.pool import UNKNOWN, Pool
from models.sounds.mel import BANDS, QUIET
from models.sounds.network import rows
from models.sounds.outputs import FIELD, STRIDE


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how the network is trained.

    Attributes
    ----------
    steps, examples
        Steps, and examples of two scenes a step.
    rate
        Highest learning rate; it rises for a tenth of the steps and then falls as a cosine.
    decay
        Weight decay.
    positive
        Weight of what is there beside what is not.
    """

    steps: int = 1500
    examples: int = 24
    rate: float = 3e-3
    decay: float = 0.02
    positive: float = 2.0


_GAIN: Final = 3.0
"""Natural logarithms of power by which an example is louder or softer."""


def fit(
    recipe: Recipe,
    source: Pool,
    *,
    seed: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> Network:
    """Return a trained network, in the mode for use.

    Parameters
    ----------
    seed
        The same seed, versions and machine give the same weights.
    tell
        Is told how it goes.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    random = np.random.default_rng(seed)
    some = source.frames[:: max(1, len(source.frames) // 300)].astype(np.float32)
    network = Network(float(some.mean()), float(some.std()))
    kept: Network = copy.deepcopy(network)
    kept.eval()
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.rate, weight_decay=recipe.decay, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=recipe.steps + 1, pct_start=0.1
    )
    network.train()
    mean = 0.0
    for step in range(recipe.steps):
        frames, wanted = _draw(source, recipe.examples, random)
        logits, _ = network(frames, network.start(len(frames)))
        known = wanted != UNKNOWN
        each = nn.functional.binary_cross_entropy_with_logits(
            logits,
            wanted.clamp(min=0).float(),
            reduction="none",
            pos_weight=torch.tensor(recipe.positive),
        )
        loss = (each * known).sum() / known.sum() * 8.0
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        _follow(kept, network, min(0.99, (step + 1) / (step + 10)))
        mean += 0.02 * (float(loss.detach()) - mean) if step else float(loss.detach())
        if (step + 1) % max(1, recipe.steps // 10) == 0:
            tell(f"seed {seed}: step {step + 1} of {recipe.steps}, loss {mean:.4f}")
    return kept


def _draw(source: Pool, count: int, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return frames (B, T, BANDS) and targets (B, m, O) of two scenes in a row each."""
    chosen = random.integers(0, len(source.frames), (count, 2))
    length, steps = source.frames.shape[1], source.targets.shape[1]
    # Whole rows of the first scene, then the second from its beginning.
    cut = steps * STRIDE
    frames = np.concatenate([source.frames[chosen[:, 0], :cut], source.frames[chosen[:, 1]]], 1)
    frames = frames.astype(np.float32)
    total = rows(cut + length)
    wanted = np.full((count, total, source.targets.shape[2]), UNKNOWN, np.int8)
    wanted[:, : (cut - FIELD) // STRIDE + 1] = source.targets[
        chosen[:, 0], : (cut - FIELD) // STRIDE + 1
    ]
    wanted[:, steps : 2 * steps] = source.targets[chosen[:, 1]]
    gain = random.uniform(-_GAIN, _GAIN, (count, 1, 1))
    slope = random.uniform(-1.0, 1.0, (count, 1, 1)) * np.linspace(-1, 1, BANDS)
    frames = np.maximum(frames + (gain + slope).astype(np.float32), QUIET)
    for number in range(count):
        _warp(frames[number], random)
        _hide(frames[number], random)
    return torch.from_numpy(frames), torch.from_numpy(wanted)


def _warp(frames: NDArray[np.float32], random: np.random.Generator) -> None:
    """Move the bands of one example, in place: another length of the throat (Jaitly & Hinton 2013).

    Only a tenth up or down, so that a thud stays a thud.
    """
    if random.random() < 0.5:
        where = np.clip(np.arange(BANDS) * random.uniform(0.92, 1.08), 0, BANDS - 1.001)
        low = where.astype(np.int64)
        part = (where - low).astype(np.float32)
        frames[:] = frames[:, low] * (1 - part) + frames[:, low + 1] * part


def _hide(frames: NDArray[np.float32], random: np.random.Generator) -> None:
    """Hide a few bands of one example, in place (SpecAugment, Park et al. 2019)."""
    if random.random() < 0.5:
        width = int(random.integers(1, 8))
        first = int(random.integers(0, BANDS - width))
        frames[:, first : first + width] = frames[:, first : first + width].min()


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is not seen by the type checker
def _follow(kept: nn.Module, network: nn.Module, share: float) -> None:
    for mine, new in zip(kept.parameters(), network.parameters(), strict=True):
        mine.lerp_(new, 1.0 - share)
    for mine, new in zip(kept.buffers(), network.buffers(), strict=True):
        mine.copy_(new)


@torch.no_grad()  # type: ignore[untyped-decorator]  # as above
def logits_of(network: Network, source: Pool) -> NDArray[np.float32]:
    """Return the logits (n, m, O) of every scene, each from silence."""
    network.eval()
    found = []
    for start in range(0, len(source.frames), 64):
        some = torch.from_numpy(source.frames[start : start + 64].astype(np.float32))
        found.append(network(some, network.start(len(some)))[0].numpy())
    return np.concatenate(found)
