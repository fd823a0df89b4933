"""Learn the weights of `fusion.who_evidence`: simulated rooms in, a table to paste out.

``python -m ambient.evaluate.matching.fit DATA`` prints `WEIGHTS`. In rooms of the family "train",
the wearables of both people, one of somebody next door and one that lies about are compared with
both people after 1 to 10 minutes. The weights are those of a conditional logit (McFadden 1974):
the hypothesis that is true among {the one, the other, nobody} shall have the largest posterior,
each with the prior of `fusion.who`. Weights for what speaks for a match are held between 0 and
`MOST`, those for what was to be compared below 0.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import minimize

from ambient.evaluate.matching.measure import played
from ambient.evaluate.matching.rooms import Room, Rooms, Story
from ambient.observations import Wear
from fusion.who import NOBODY, Matcher
from fusion.who_evidence import FEATURES, Floats
from models.skeletons.generate import Family

AT_S: Final = (60.0, 120.0, 240.0, 400.0, 590.0)
ROOMS: Final = 120
SEED: Final = 11
DECAY: Final = 0.5
"""Of the squared weights, in nats."""
GROUPS: Final = {
    "wrist": (Wear.WRIST,),
    "trunk": (Wear.WAIST, Wear.CHEST),
    "leg": (Wear.THIGH, Wear.ANKLE),
}
MOST: Final = (0.5, 0.7, 0.5, 0.7, 0.3)
"""Largest weights of the features that speak for a match: bouts of movement last, so that no more
than one second in about two is independent of those before (assumed)."""
PARTS: Final = len(MOST)
"""Features after these say how much there was to compare."""


@dataclass(slots=True)
class Cases:
    """Comparisons of one place on the body: `features` of both people; who it was, 2 for nobody."""

    features: list[Floats] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)


def gather(rooms: Rooms, count: int, seed: int) -> dict[str, Cases]:
    """Simulate rooms and return their comparisons, by group of places."""
    out = {name: Cases() for name in GROUPS}
    for number in range(count):
        story = Story.BREAK if number % 4 == 3 else Story.STAY
        _room(rooms.one(seed, number, story=story), number, out)
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {count} rooms", end="", file=sys.stderr)
    return out


def _room(room: Room, number: int, out: dict[str, Cases]) -> None:
    devices = {"a": room.device(0, "a"), "b": room.device(1, "b"), "c": room.next_door("c")}
    truth = {"a": 0, "b": 1, "c": 2, "d": 2}
    if number % 3 == 0:
        devices["d"] = room.on_table("d")
    matcher = Matcher()
    places = {name: one[0].wear for name, one in devices.items()}
    for at in played(matcher, [*room.people[0].seen, *room.people[1].seen,
                               *(o for one in devices.values() for o in one)], AT_S):  # fmt: skip
        tracks = [one.track_at(at) for one in room.people]
        if None in tracks:
            continue
        for name, wear in places.items():
            both = [matcher.likeness(name, "c1", track or 0) for track in tracks]
            if both[0] is None or both[1] is None:
                continue
            group = next(key for key, every in GROUPS.items() if wear in every)
            out[group].features.append(np.stack([both[0], both[1]]).reshape(2, -1, FEATURES))
            out[group].truth.append(truth[name])


def fit(cases: Cases) -> tuple[Floats, float]:
    """Return weights (FEATURES + 1,) and the mean loss in nats."""
    features, truth = np.stack(cases.features), np.asarray(cases.truth)
    prior = np.log([(1 - NOBODY) / 2, (1 - NOBODY) / 2, NOBODY])
    rows = np.arange(len(truth))

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = features @ weights[:FEATURES]
        top = scores.max(axis=2, keepdims=True)
        parts = np.exp(scores - top)
        odds = top[..., 0] + np.log(parts.mean(axis=2)) + weights[FEATURES]
        every = np.concatenate([odds, np.zeros((len(odds), 1))], axis=1) + prior
        every -= every.max(axis=1, keepdims=True)
        chance = np.exp(every) / np.exp(every).sum(axis=1, keepdims=True)
        error = chance.copy()
        error[rows, truth] -= 1.0
        inner = np.einsum("nkl,nklf->nkf", parts / parts.sum(axis=2, keepdims=True), features)
        gradient = np.r_[np.einsum("nk,nkf->f", error[:, :2], inner), error[:, :2].sum()]
        total = -np.log(np.maximum(chance[rows, truth], 1e-12)).sum()
        return total + DECAY * float(weights @ weights), gradient + 2 * DECAY * weights

    start = np.r_[np.full(PARTS, 0.1), np.full(FEATURES - PARTS, -0.02), 0.0]
    bounds: list[tuple[float | None, float | None]]
    bounds = [(0.0, most) for most in MOST] + [(None, 0.0)] * (FEATURES - PARTS) + [(None, None)]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
    return found.x, float(found.fun) / len(truth)


def main() -> None:
    """Print the weights."""
    cases = gather(Rooms(Path(sys.argv[1]), Family.TRAIN), ROOMS, SEED)
    for name, one in cases.items():
        weights, loss = fit(one)
        print(f"{name}: {len(one.truth)} comparisons, {loss:.4f} nats")
        print("    " + ", ".join(f"{value:.4f}" for value in weights))


if __name__ == "__main__":
    main()
