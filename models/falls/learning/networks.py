"""Three small causal networks with explicit state: a GRU, a TCN and a transformer.

Each has two forms that give the same numbers: ``forward`` takes whole sequences (B, T, F), for
training; ``step`` takes one instant (B, F) and the state, and returns the outputs and the new
state, for the node. A state of zeros is the state of somebody of whom nothing was seen yet.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import torch
from torch import Tensor, nn

from models.falls.columns import FEATURES
from models.falls.outputs import OUTPUTS

_DT: Final = FEATURES.index("dt")
_DT_PER_S: Final = 5.0
"""The column `dt` is seconds times this."""
_FAR: Final = 4.0
"""Standardised inputs beyond this say no more."""

State = tuple[Tensor, ...]


class Kind(StrEnum):
    """Architectures that can be trained."""

    GRU = "gru"
    TCN = "tcn"
    TRANSFORMER = "transformer"


class Network(nn.Module):  # type: ignore[misc]  # torch is not seen by the type checker
    """What the three share: standardised inputs, an embedding, a head.

    Parameters
    ----------
    mean, deviation
        (F,) of the inputs in training.
    width
        Of the embedding.
    hidden
        Of what the head reads beside the embedding.
    dropout
        On the embedding and before the head.
    """

    def __init__(
        self, mean: Tensor, deviation: Tensor, width: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("scale", 1.0 / deviation)
        self.embed = nn.Linear(len(FEATURES), width)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width + hidden, len(OUTPUTS))

    def enter(self, x: Tensor) -> Tensor:
        """Return the embedding (..., width) of inputs (..., F)."""
        standard = torch.clamp((x - self.mean) * self.scale, -_FAR, _FAR)
        return self.dropout(nn.functional.silu(self.embed(standard)))

    def leave(self, embedded: Tensor, remembered: Tensor) -> Tensor:
        """Return the outputs (..., O)."""
        return self.head(torch.cat([embedded, self.dropout(remembered)], dim=-1))

    def start(self, people: int) -> State:
        """Return the state of so many people of whom nothing was seen yet."""
        raise NotImplementedError

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one instant (B, F); return the outputs (B, O) and the state after it."""
        raise NotImplementedError


class Gru(Network):
    """One recurrent layer."""

    def __init__(
        self,
        mean: Tensor,
        deviation: Tensor,
        *,
        width: int = 64,
        hidden: int = 80,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(mean, deviation, width, hidden, dropout)
        self.hidden = hidden
        self.memory = nn.GRU(width, hidden, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Take (B, T, F), return (B, T, O)."""
        embedded = self.enter(x)
        return self.leave(embedded, self.memory(embedded)[0])

    def start(self, people: int) -> State:
        """Return zeros (people, hidden)."""
        return (torch.zeros(people, self.hidden),)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one instant; see `Network.step`."""
        embedded, (before,) = self.enter(x), state
        memory = self.memory
        new = nn.functional.linear(embedded, memory.weight_ih_l0, memory.bias_ih_l0)
        old = nn.functional.linear(before, memory.weight_hh_l0, memory.bias_hh_l0)
        new_r, new_z, new_n = new.chunk(3, dim=-1)
        old_r, old_z, old_n = old.chunk(3, dim=-1)
        keep = torch.sigmoid(new_z + old_z)
        fresh = torch.tanh(new_n + torch.sigmoid(new_r + old_r) * old_n)
        after = fresh + keep * (before - fresh)
        return self.leave(embedded, after), (after,)


class Tcn(Network):
    """Dilated causal convolutions with residuals; the state is what each still has to see."""

    DILATIONS: Final = (1, 2, 4, 8, 16)

    def __init__(
        self, mean: Tensor, deviation: Tensor, *, width: int = 56, dropout: float = 0.2
    ) -> None:
        super().__init__(mean, deviation, width, width, dropout)
        self.width = width
        self.layers = nn.ModuleList(nn.Linear(3 * width, width) for _ in self.DILATIONS)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in self.DILATIONS)

    def _layer(self, index: int, now: Tensor, before: Tensor, first: Tensor) -> Tensor:
        taps = torch.cat([first, before, now], dim=-1)
        return now + nn.functional.silu(self.norms[index](self.layers[index](taps)))

    def forward(self, x: Tensor) -> Tensor:
        """Take (B, T, F), return (B, T, O)."""
        embedded = self.enter(x)
        now, length = embedded, x.shape[1]
        for index, gap in enumerate(self.DILATIONS):
            padded = nn.functional.pad(now, (0, 0, 2 * gap, 0))
            now = self._layer(index, now, padded[:, gap : gap + length], padded[:, :length])
        return self.leave(embedded, now)

    def start(self, people: int) -> State:
        """Return zeros, one (people, 2 * dilation, width) a layer."""
        return tuple(torch.zeros(people, 2 * gap, self.width) for gap in self.DILATIONS)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one instant; see `Network.step`."""
        embedded = self.enter(x)
        now, after = embedded, []
        for index, gap in enumerate(self.DILATIONS):
            past = state[index]
            after.append(torch.cat([past[:, 1:], now[:, None]], dim=1))
            now = self._layer(index, now, past[:, gap], past[:, 0])
        return self.leave(embedded, now), tuple(after)


class Transformer(Network):
    """Two layers of attention over the last instants; nearness is nearness in time."""

    LAYERS: Final = 2
    HEADS: Final = 4
    WINDOW: Final = 48
    _PER_S: Final = (4.0, 1.5, 0.5, 0.1)
    """How fast each head loses interest in what is past."""

    def __init__(
        self, mean: Tensor, deviation: Tensor, *, width: int = 56, dropout: float = 0.2
    ) -> None:
        super().__init__(mean, deviation, width, width, dropout)
        self.width = width
        self.query = nn.ModuleList(nn.Linear(width, width) for _ in range(self.LAYERS))
        self.key_value = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(self.LAYERS))
        self.mix = nn.ModuleList(nn.Linear(width, width) for _ in range(self.LAYERS))
        self.wide = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(self.LAYERS))
        self.narrow = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(self.LAYERS))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * self.LAYERS))
        self.register_buffer("per_s", torch.tensor(self._PER_S))

    def _attend(self, index: int, asking: Tensor, known: Tensor, bias: Tensor) -> Tensor:
        """Return what (B, Q, W) askers find among (B, K, 2 W) keys and values."""
        people, asked = asking.shape[0], asking.shape[1]
        part = self.width // self.HEADS
        query = self.query[index](asking).reshape(people, asked, self.HEADS, part).transpose(1, 2)
        keys, values = known.reshape(people, -1, 2 * self.HEADS, part).transpose(1, 2).chunk(2, 1)
        scores = query @ keys.transpose(2, 3) / part**0.5 + bias
        found = (torch.softmax(scores, dim=-1) @ values).transpose(1, 2)
        return self.mix[index](found.reshape(people, asked, self.width))

    def _think(self, index: int, x: Tensor) -> Tensor:
        inner = nn.functional.silu(self.wide[index](self.norms[2 * index + 1](x)))
        return x + self.narrow[index](inner)

    def forward(self, x: Tensor) -> Tensor:
        """Take (B, T, F), return (B, T, O)."""
        embedded = self.enter(x)
        length = x.shape[1]
        time = torch.cumsum(x[:, :, _DT] / _DT_PER_S, dim=1)
        age = time[:, :, None] - time[:, None, :]
        order = torch.arange(length)
        back = order[:, None] - order[None, :]
        hidden = (back < 0) | (back >= self.WINDOW)
        bias = -age[:, None] * self.per_s[:, None, None]
        bias = bias.masked_fill(hidden, -1e4)
        now = embedded
        for index in range(self.LAYERS):
            normal = self.norms[2 * index](now)
            now = now + self._attend(index, normal, self.key_value[index](normal), bias)
            now = self._think(index, now)
        return self.leave(embedded, now)

    def start(self, people: int) -> State:
        """Return zeros: ages and presence (people, W - 1, 2), then keys and values a layer."""
        past = self.WINDOW - 1
        known = [torch.zeros(people, past, 2 * self.width) for _ in range(self.LAYERS)]
        return (torch.zeros(people, past, 2), *known)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one instant; see `Network.step`."""
        embedded = self.enter(x)
        times, dt = state[0], x[:, _DT : _DT + 1] / _DT_PER_S
        age, there = times[:, :, 0] + dt, times[:, :, 1]
        zero, one = torch.zeros_like(dt), torch.ones_like(dt)
        age, there = torch.cat([age, zero], dim=1), torch.cat([there, one], dim=1)
        bias = -age[:, None, None] * self.per_s[:, None, None]
        bias = bias - (1.0 - there[:, None, None]) * 1e4
        after = [torch.stack([age, there], dim=2)[:, 1:]]
        now = embedded[:, None]
        for index in range(self.LAYERS):
            normal = self.norms[2 * index](now)
            known = torch.cat([state[index + 1], self.key_value[index](normal)], dim=1)
            after.append(known[:, 1:])
            now = self._think(index, now + self._attend(index, normal, known, bias))
        return self.leave(embedded, now[:, 0]), tuple(after)


def build(kind: Kind, mean: Tensor, deviation: Tensor) -> Network:
    """Return a fresh network of a kind."""
    match kind:
        case Kind.GRU:
            return Gru(mean, deviation)
        case Kind.TCN:
            return Tcn(mean, deviation)
        case Kind.TRANSFORMER:
            return Transformer(mean, deviation)


class Ensemble(nn.Module):  # type: ignore[misc]  # as above
    """Several networks that are asked alike; their outputs are averaged."""

    def __init__(self, members: list[Network]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        """Take (B, T, F), return (B, T, O)."""
        return torch.stack([member(x) for member in self.members]).mean(dim=0)

    def start(self, people: int) -> State:
        """Return the states of the members, one after the other."""
        return tuple(part for member in self.members for part in member.start(people))

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one instant; see `Network.step`."""
        outputs, after, at = [], [], 0
        for member in self.members:
            parts = len(member.start(1))
            output, new = member.step(x, state[at : at + parts])
            outputs.append(output)
            after += list(new)
            at += parts
        return torch.stack(outputs).mean(dim=0), tuple(after)


def size(network: nn.Module) -> int:
    """Return how many weights a network has."""
    return sum(parameter.numel() for parameter in network.parameters())
