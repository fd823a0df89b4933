"""Learn the relations of `fusion.who_evidence`: simulated rooms in, a table to paste out.

``python -m ambient.evaluate.matching.fit DATA [ROOMS]`` prints `RELATIONS`. In rooms of the family
"train", the wearable of each person is compared with that person, at the true offset of its clock.
The slopes and their precisions are those with the largest evidence (type II maximum likelihood;
Bishop 2006, 3.5.2), either wrist being as likely. Six numbers for each group of places.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import minimize

from ambient.evaluate.matching.measure import played
from ambient.evaluate.matching.rooms import Room, Rooms
from ambient.observations import Wear
from fusion.who import Matcher
from fusion.who_evidence import LAG_BINS, LAGS, PER_S, Likeness, Relation, log_odds, scores
from models.skeletons.generate import Family

AT_S: Final = 590.0
ROOMS: Final = 120
SEED: Final = 11
GROUPS: Final = {
    "wrist": (Wear.WRIST,),
    "trunk": (Wear.WAIST, Wear.CHEST),
    "leg": (Wear.THIGH, Wear.ANKLE),
}
START: Final = (0.4, 0.4, 0.8, 2.0, 2.0, 2.0)
"""Slopes and logarithms of their precisions, and where a weak prior draws them to."""
PRIOR: Final = 0.05


def gather(rooms: Rooms, count: int, seed: int) -> dict[str, list[Likeness]]:
    """Simulate rooms and return wearables compared with who wears them, by group of places."""
    out: dict[str, list[Likeness]] = {name: [] for name in GROUPS}
    for number in range(count):
        room = rooms.one(seed, number)
        for who in range(2):
            found = _compared(room, who)
            if found is not None:
                wear = room.people[who].wear
                out[next(name for name, every in GROUPS.items() if wear in every)].append(found)
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {count} rooms", end="", file=sys.stderr)
    return out


def _compared(room: Room, who: int) -> Likeness | None:
    """Return one person's wearable and last track, at the lag that is true alone."""
    person, matcher = room.people[who], Matcher()
    for at in played(matcher, [*person.seen, *room.device(who, "a")], (AT_S,)):
        track = person.track_at(at)
        found = matcher.likeness("a", "c1", track) if track is not None else None
        if found is None:
            return None
        # A clock that is ahead is looked up before.
        lag = LAGS // 2 - round(room.offset_s * PER_S / LAG_BINS)
        found.sums = found.sums[:, lag : lag + 1]
        return found
    return None


def fit(found: list[Likeness]) -> tuple[Relation, float]:
    """Return the relation with the largest evidence, and that evidence, nats for each wearable."""

    def loss(values: np.ndarray) -> float:
        relation = _relation(values)
        total = 0.0
        for one in found:
            total -= float(log_odds(scores(one.sums, relation)))
        return total + PRIOR * float(np.square(values - START).sum())

    bounds = [(-3.0, 3.0)] * 3 + [(-3.0, 6.0)] * 3
    best = minimize(loss, np.array(START), bounds=bounds, method="L-BFGS-B")
    return _relation(best.x), -float(best.fun) / len(found)


def _relation(values: np.ndarray) -> Relation:
    one, two, three, *rest = values.tolist()
    first, second, third = np.exp(rest).tolist()
    return Relation((one, two, three), (first, second, third))


def main() -> None:
    """Print the relations."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else ROOMS
    every = gather(Rooms(Path(sys.argv[1]), Family.TRAIN), count, SEED)
    for name, found in every.items():
        if not found:
            print(f"{name}: no wearable there in so few rooms")
            continue
        relation, evidence = fit(found)
        print(f"{name}: {len(found)} wearables, {evidence:.1f} nats each")
        print(f"    slopes {[round(one, 3) for one in relation.slopes]}")
        print(f"    precision {[round(one, 1) for one in relation.precision]}")


if __name__ == "__main__":
    main()
