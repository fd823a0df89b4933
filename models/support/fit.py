"""Fit the networks of `models.support` and print how often which body is called carried.

``python -m models.support.fit`` prints the table for the shipped weights, on cases of other seeds
than they were fitted on; ``--write`` fits anew first and writes ``weights.json``. A minute or two.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.support import INPUTS, Body, Carrier, Floats, Stored, SupportNet, Weights, inputs, load
from models.support.scenes import Case, cases

VERSION: Final = "1.0.0"
UNITS: Final = 16
DECAY: Final = 1e-4
"""Weight decay (L2)."""
FIT_CASES: Final = 32_000
TEST_CASES: Final = 8_000
NEAR: Final = ("before", "beside", "behind")
"""Lying on the floor right by the furniture: what must not be called carried."""
FLOOR_WEIGHT: Final = 2.0
"""A missed fall is worse than a false alarm."""
FALSE_SHARE: Final = 0.008
FALSE_LOW_SHARE: Final = 0.03
"""Of the bodies lying on the floor nearby, and of those sitting or crouching there, that may be
called carried, on the fitted cases."""

Flags = NDArray[np.bool_]


def table(of: Sequence[Case]) -> tuple[Floats, Flags, list[str]]:
    """Return inputs (n, 16), whether carried (n,), and what each case is."""
    rows = [inputs(c.box, Body.of(c.keypoints, c.body_box, c.aspect)) for c in of]
    return np.asarray(rows), np.asarray([c.on for c in of]), [c.what for c in of]


def fit(x: Floats, on: Flags, what: Sequence[str], seed: int = 0) -> Weights:
    """Fit one network; its intercept lets only a small share of the near floor above 0.5."""
    near, low = np.isin(what, NEAR), np.isin(what, "low")
    weight = np.where(near | low, FLOOR_WEIGHT, 1.0)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    z = np.hstack([(x - mean) / scale, np.ones((len(x), 1))])
    random = np.random.default_rng(seed)
    wide = z.shape[1]
    start = np.concatenate(
        [random.normal(0, wide**-0.5, wide * UNITS), random.normal(0, 0.3, UNITS + 1)]
    )

    def loss(flat: Floats) -> tuple[float, Floats]:
        hidden, output = flat[: wide * UNITS].reshape(wide, UNITS), flat[wide * UNITS :]
        active = np.tanh(z @ hidden)
        total = active @ output[:-1] + output[-1]
        value = float((weight * (np.logaddexp(0.0, total) - on * total)).mean())
        value += DECAY / 2 * float((hidden[:-1] ** 2).sum() + (output[:-1] ** 2).sum())
        error = weight * (1.0 / (1.0 + np.exp(-total)) - on) / len(on)
        to_hidden = z.T @ (error[:, None] * output[:-1] * (1.0 - active**2))
        to_hidden[:-1] += DECAY * hidden[:-1]
        to_output = np.append(active.T @ error + DECAY * output[:-1], error.sum())
        return value, np.concatenate([to_hidden.ravel(), to_output])

    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    hidden, output = best[: wide * UNITS].reshape(wide, UNITS), best[wide * UNITS :]
    total = np.tanh(z @ hidden) @ output[:-1]
    bias = min(
        float(output[-1]),
        -float(np.quantile(total[near], 1.0 - FALSE_SHARE)),
        -float(np.quantile(total[low], 1.0 - FALSE_LOW_SHARE)),
    )

    def short(values: Floats) -> list[float]:
        return [round(float(v), 5) for v in values]

    return Weights(
        mean=short(mean),
        scale=short(scale),
        hidden=[short(row) for row in hidden[:-1]],
        hidden_bias=short(hidden[-1]),
        output=short(output[:-1]),
        bias=round(bias, 5),
    )


def called(net: SupportNet, of: Sequence[Case]) -> dict[str, tuple[int, int]]:
    """Return of every kind of case how many of how many are called carried."""
    x, _, what = table(of)
    carried = net.probability(x) >= 0.5
    every, hits = Counter(what), Counter(np.asarray(what)[carried].tolist())
    return {kind: (hits[kind], every[kind]) for kind in sorted(every)}


def seed_of(carrier: Carrier, *, fitting: bool) -> int:
    """Return the seed of the cases to fit on or of those to test on."""
    return list(Carrier).index(carrier) + (100 if fitting else 200)


def main(arguments: Sequence[str]) -> None:
    """Fit if asked to, and print the table."""
    if "--write" in arguments:
        fitted = {}
        for carrier in Carrier:
            of = list(cases(carrier, FIT_CASES, seed_of(carrier, fitting=True)))
            fitted[carrier.value] = fit(*table(of))
        stored = Stored(version=VERSION, **fitted)
        Path(__file__).with_name("weights.json").write_bytes(msgspec.json.encode(stored) + b"\n")
    stored = load()
    for carrier in Carrier:
        net = SupportNet(getattr(stored, carrier.value))
        of = list(cases(carrier, TEST_CASES, seed_of(carrier, fitting=False)))
        shares = called(net, of)
        near = [sum(shares[kind][i] for kind in NEAR) for i in (0, 1)]
        print(f"{carrier}, {len(INPUTS)} inputs, called carried:")
        for kind, (hits, number) in shares.items():
            print(f"  {kind:8} {hits:5} of {number:5}  {hits / number:.3f}")
        print(f"  near     {near[0]:5} of {near[1]:5}  {near[0] / near[1]:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
