"""The network of sounds: separable convolutions that slide over frames, then a recurrent layer.

``forward`` takes frames (B, T, BANDS) and a state (B, S), and returns logits (B, m, O) and the
state after them. Nothing is padded along time: a row sees the `FIELD` frames it needs, so a stream
in pieces and a whole recording give the same rows.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.sounds.mel import BANDS
from models.sounds.outputs import OUTPUTS


class Separable(nn.Module):  # type: ignore[misc]  # torch is not seen by the type checker
    """A 3x3 convolution of each channel, then a mix of the channels."""

    def __init__(self, before: int, after: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.each = nn.Conv2d(before, before, 3, stride, padding=(0, 1), groups=before, bias=False)
        self.mix = nn.Conv2d(before, after, 1, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        """Take (B, C, T, F), return (B, C', T', F')."""
        return torch.relu(self.norm(self.mix(self.each(x))))


class Network(nn.Module):  # type: ignore[misc]  # as above
    """What runs in a node.

    Parameters
    ----------
    mean, deviation
        Of the frames in training.
    """

    def __init__(self, mean: float, deviation: float, *, width: int = 96, hidden: int = 80) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("scale", torch.tensor(1.0 / deviation))
        self.first = nn.Conv2d(1, 20, 3, (2, 2), padding=(0, 1), bias=False)
        self.norm = nn.BatchNorm2d(20)
        self.layers = nn.Sequential(
            Separable(20, 40, (2, 2)),
            Separable(40, 64, (2, 2)),
            Separable(64, 80, (1, 2)),
        )
        self.flat = nn.Linear(80 * BANDS // 16, width)
        self.dropout = nn.Dropout(0.15)
        self.memory = nn.GRU(width, hidden, batch_first=True)
        self.head = nn.Linear(width + hidden, len(OUTPUTS))
        self.hidden = hidden

    def forward(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Take (B, T, BANDS) and (B, S); see the module."""
        x = ((frames - self.mean) * self.scale)[:, None]
        x = self.layers(torch.relu(self.norm(self.first(x))))
        x = self.flat(x.transpose(1, 2).flatten(2))
        x = self.dropout(torch.relu(x))
        remembered, after = self.memory(x, state[None])
        logits = self.head(torch.cat([x, self.dropout(remembered)], dim=-1))
        return logits, after[0]

    def start(self, count: int) -> Tensor:
        """Return the state (B, S) of so many rooms of which nothing was heard yet."""
        return torch.zeros(count, self.hidden)
