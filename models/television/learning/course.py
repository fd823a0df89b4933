"""The whole course: casts in, weights and figures out. Needs PyTorch, on one thread."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import torch
from msgspec import Struct
from numpy.typing import NDArray
from torch import nn

from models.falls.learning.measure import Judged, Reliability, platt, reliability
from models.sounds.learning.figures import write_json
from models.sounds.synthesis.scenes import Cast
from models.television import JSON, Layer, Television, Weights
from models.television.features import COUNT
from models.television.learning.area import Area, area
from models.television.learning.talks import Talks, talks

VERSION: Final = "2.0.0"
FIGURES: Final = "figures.json"
MEMBERS: Final = 5
WIDTHS: Final = (48, 24)
STEPS: Final = 1500


class Figures(Struct, frozen=True):
    """What ``ambient train television`` prints and keeps.

    Attributes
    ----------
    held
        On speech, voices, rooms and loudspeakers held out; learned is the same on those trained
        with.
    by_snr, by_seconds
        `held` by signal-to-noise ratio in dB, and by length.
    """

    version: str
    seed: int
    talks: dict[str, int]
    minutes: float
    learned: Area
    held: Area
    by_snr: dict[str, Area]
    by_seconds: dict[str, Area]
    reliability: Reliability


def course(
    casts: tuple[Cast, Cast, Cast],
    counts: tuple[int, int, int],
    folder: Path,
    *,
    steps: int = STEPS,
    seed: int,
    tell: Callable[[str], None],
) -> Figures:
    """Train, calibrate and measure; write everything to `folder`."""
    began = time.monotonic()
    made = []
    for number, (each, count) in enumerate(zip(casts, counts, strict=True)):
        made.append(talks(each, count, seed * 3 + number))
        tell(f"{count} stretches of speech: {len(made[-1].person)} tellings")
    learned, calibrating, held = made
    mean, deviation = learned.numbers.mean(axis=0), learned.numbers.std(axis=0) + 1e-3
    members = [_fit(learned, mean, deviation, steps, seed + i) for i in range(MEMBERS)]
    tell(f"{MEMBERS} members")
    plain = Weights(
        version=VERSION,
        mean=_short(mean),
        scale=_short(1.0 / deviation),
        members=members,
        slope=1.0,
        bias=0.0,
    )
    found = platt(_judged(Television(plain), calibrating))
    weights = Weights(
        plain.version, plain.mean, plain.scale, plain.members, found.slope, found.bias
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_bytes(msgspec.json.encode(weights) + b"\n")
    model = Television(weights)
    judged = _judged(model, held)
    said = model.person(held.numbers).astype(np.float64)
    bands = {"0 to 10": (0, 10), "10 to 20": (10, 20), "20 to 30": (20, 30)}
    lengths = {"1.5 to 3": (1.5, 3), "3 to 5": (3, 5), "5 to 8": (5, 8.1)}
    figures = Figures(
        version=VERSION,
        seed=seed,
        talks=dict(zip(("learned", "calibrating", "held"), counts, strict=True)),
        minutes=round((time.monotonic() - began) / 60, 1),
        learned=_area(_judged(model, learned)),
        held=_area(judged),
        by_snr={name: _area(_part(judged, held.snr_db, *ends)) for name, ends in bands.items()},
        by_seconds={
            name: _area(_part(judged, held.seconds, *ends)) for name, ends in lengths.items()
        },
        reliability=reliability(said, judged),
    )
    write_json(folder / FIGURES, figures)
    return figures


def _area(judged: Judged) -> Area:
    return area(judged.logit, judged.truth > 0.5, judged.group.tolist())


def _judged(model: Television, of: Talks) -> Judged:
    return Judged(model.logits(of.numbers).astype(np.float64), of.person, of.group)


def _part(judged: Judged, by: NDArray[np.float32], low: float, high: float) -> Judged:
    inside = (by >= low) & (by < high)
    return Judged(judged.logit[inside], judged.truth[inside], judged.group[inside])


def _fit(
    learned: Talks,
    mean: NDArray[np.float32],
    deviation: NDArray[np.float32],
    steps: int,
    seed: int,
) -> list[Layer]:
    """Return the layers of one network."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    standard = np.clip((learned.numbers - mean) / deviation, -5, 5)
    inputs = torch.from_numpy(standard.astype(np.float32))
    truth = torch.from_numpy(learned.person.astype(np.float32))
    sizes = (COUNT, *WIDTHS, 1)
    parts: list[nn.Module] = []
    for before, after in itertools.pairwise(sizes):
        parts += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(0.2)]
    network = nn.Sequential(*parts[:-2])
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1)
    network.train()
    for _ in range(steps):
        chosen = torch.from_numpy(random.integers(0, len(inputs), 256))
        noisy = inputs[chosen] + 0.15 * torch.randn(256, COUNT)
        loss = nn.functional.binary_cross_entropy_with_logits(
            network(noisy)[:, 0], truth[chosen] * 0.96 + 0.02
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    linear = [part for part in network if isinstance(part, nn.Linear)]
    return [
        Layer([_short(row) for row in part.weight.detach().numpy()], _short(part.bias.detach()))
        for part in linear
    ]


def _short(values: object) -> list[float]:
    return [float(f"{float(value):.5g}") for value in np.asarray(values)]
