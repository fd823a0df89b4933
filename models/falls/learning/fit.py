"""Learn one network: pools of sequences in, weights out; seeded, on one thread or many.

The loss is masked: what is unknown of an instant costs nothing. Rare labels weigh more. Windows
of recordings and of simulations are drawn in a fixed proportion, so that the few recordings count
beside the many simulations. The weights that are kept are a running mean over the last steps.
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

from models.falls.columns import FEATURES
from models.falls.learning.networks import Kind, Network, build
from models.falls.learning.pool import Pool, Windows
from models.skeletons.sequence import LABELS


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how a network is trained.

    Attributes
    ----------
    steps, windows, length
        Steps, windows a step, instants a window.
    real
        Share of the windows that come from recordings.
    rate
        Highest learning rate; it rises for a tenth of the steps and then falls as a cosine.
    decay
        Weight decay.
    labels
        Weight of the labels' loss beside the judgements'.
    blank, adrift
        Probability that a whole group of columns is hidden in a window; and that where in the
        picture somebody is, and how large, is.
    """

    steps: int = 3600
    windows: int = 64
    length: int = 80
    real: float = 0.2
    rate: float = 3e-3
    decay: float = 0.02
    labels: float = 0.3
    blank: float = 0.1
    adrift: float = 0.3


def fit(
    kind: Kind,
    recipe: Recipe,
    simulated: Pool | None,
    recorded: Pool,
    *,
    leave_out: frozenset[str] = frozenset(),
    seed: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> Network:
    """Return a trained network, in the mode for use.

    Parameters
    ----------
    kind, recipe
        What to train and how.
    simulated, recorded
        What to learn from; None to learn from recordings alone.
    leave_out
        Subjects of recordings that are kept for measuring.
    seed
        The same seed, versions and number of threads give the same weights.
    tell
        Is told how it goes.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    random = np.random.default_rng(seed)
    most = recorded if simulated is None else simulated
    network = build(kind, *most.moments())
    kept: Network = copy.deepcopy(network)
    kept.eval()
    chosen = recorded.without(set(leave_out))
    sources = [Windows(recorded, chosen, recipe.length)]
    counts = [recipe.windows]
    if simulated is not None:
        real = round(recipe.windows * recipe.real)
        sources.insert(0, Windows(simulated, np.arange(len(simulated)), recipe.length))
        counts = [recipe.windows - real, real]
    loss_of = Loss(most, recipe)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.rate, weight_decay=recipe.decay, betas=(0.9, 0.98)
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=recipe.steps + 1, pct_start=0.1
    )
    network.train()
    mean = 0.0
    for step in range(recipe.steps):
        drawn = [each.draw(n, random) for each, n in zip(sources, counts, strict=True)]
        inputs, labels, judged = (torch.cat(part) for part in zip(*drawn, strict=True))
        inputs = _blank(inputs, recipe, network.mean, random)
        loss = loss_of(network(inputs), labels, judged)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        _follow(kept, network, min(0.99, (step + 1) / (step + 10)))
        mean += 0.02 * (float(loss.detach()) - mean) if step else float(loss.detach())
        if (step + 1) % max(1, recipe.steps // 5) == 0:
            tell(f"{kind}, seed {seed}: step {step + 1} of {recipe.steps}, loss {mean:.4f}")
    return kept


class Loss:
    """Masked loss of labels and judgements; the weights of labels come from the pool."""

    def __init__(self, source: Pool, recipe: Recipe) -> None:
        counts = torch.bincount(source.label[source.label >= 0], minlength=len(LABELS)).float()
        weight = (counts.clamp(min=1) / counts.clamp(min=1).sum()) ** -0.5
        self._weight = (weight / weight.mean()).clamp(max=4.0)
        self._share = recipe.labels

    def __call__(self, outputs: Tensor, labels: Tensor, judged: Tensor) -> Tensor:
        """Return the loss of outputs (B, T, O), labels (B, T) and judgements (B, T, 3)."""
        named = nn.functional.cross_entropy(
            outputs[..., : len(LABELS)].flatten(0, 1),
            labels.flatten(),
            weight=self._weight,
            ignore_index=-1,
            label_smoothing=0.02,
        )
        known = torch.isfinite(judged)
        truth = torch.nan_to_num(judged)
        each = nn.functional.binary_cross_entropy_with_logits(
            outputs[..., len(LABELS) :], truth, reduction="none"
        )
        heads = (each * known).sum(dim=(0, 1)) / known.sum(dim=(0, 1)).clamp(min=1)
        return heads.sum() + self._share * torch.nan_to_num(named)


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is not seen by the type checker
def outputs_of(network: nn.Module, source: Pool, chosen: NDArray[np.int64]) -> list[Tensor]:
    """Return the outputs (T, O) of each chosen sequence, told whole."""
    network.eval()
    found: dict[int, Tensor] = {}
    order = sorted(chosen.tolist(), key=lambda i: int(source.start[i + 1] - source.start[i]))
    for some in (order[i : i + 64] for i in range(0, len(order), 64)):
        parts = [source.inputs[source.start[i] : source.start[i + 1]].float() for i in some]
        together = network(nn.utils.rnn.pad_sequence(parts, batch_first=True))
        for i, part, out in zip(some, parts, together, strict=True):
            found[i] = out[: len(part)]
    return [found[i] for i in chosen.tolist()]


@torch.no_grad()  # type: ignore[untyped-decorator]  # as above
def _follow(kept: nn.Module, network: nn.Module, share: float) -> None:
    for mine, new in zip(kept.parameters(), network.parameters(), strict=True):
        mine.lerp_(new, 1.0 - share)


_GROUPS: Final = ("world", "slow", "box", "on_", ".seen", "ankle", "wrist")
_WHERE: Final = np.array(
    [
        any(part in name for part in ("at_", "border", "log_size"))
        and not name.endswith(("fast", "slow"))
        for name in FEATURES
    ]
)
_NONE: Final = {name: 0.0 for name in FEATURES if name.startswith(("box", "on_"))} | {
    "box_age": 1.0
}
"""What these columns hold when nothing is known; the others are hidden by their mean."""


def _blank(inputs: Tensor, recipe: Recipe, usual: Tensor, random: np.random.Generator) -> Tensor:
    """Hide whole groups of columns in some windows, so that none is relied on alone."""
    hidden = np.zeros((len(inputs), len(FEATURES)), np.bool_)
    for group in _GROUPS:
        members = np.array([group in name for name in FEATURES])
        hidden |= (random.random(len(inputs)) < recipe.blank)[:, None] & members
    hidden |= (random.random(len(inputs)) < recipe.adrift)[:, None] & _WHERE
    instead = usual.clone()
    for name, value in _NONE.items():
        instead[FEATURES.index(name)] = value
    return torch.where(torch.from_numpy(hidden)[:, None], instead, inputs)
