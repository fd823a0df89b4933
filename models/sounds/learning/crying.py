"""Learn which voice is a cry without a word: embeddings in, a line and figures out; seeded.

Logistic regression with a penalty on its weights, over stretches of voice
(`models.sounds.learning.utterances`) of which every third is a cry. The threshold is set on voices
that are not learned from: so that few of those that speak are taken for a cry. Measured on others
again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from models.sounds.cries import JSON, Cries, Weights, middle
from models.sounds.learning.figures import Found, found, found_by, found_by_band, write_json
from models.sounds.learning.spotting import RATIOS_DB
from models.sounds.learning.utterances import Utterances, utterances, vocabulary
from models.sounds.spotter import Embedding
from models.sounds.synthesis.scenes import Cast

VERSION: Final = "1.0.0"
FIGURES: Final = "cries-figures.json"
SHARES: Final[dict[str, float]] = {
    "cry": 0.33, "word": 0.16, "short": 0.14, "sentence": 0.10, "recorded": 0.10, "sound": 0.06,
    "nonsense": 0.05, "television": 0.03, "voice": 0.03,
}  # fmt: skip
"""How often each is made."""
SPOKEN: Final = ("word", "short", "sentence", "recorded", "nonsense", "television")
WRONG: Final = 0.02
"""Share of those that speak which may be taken for a cry, on the voices the threshold is set on."""
_PENALTY: Final = 0.01


class Figures(Struct, frozen=True):
    """What is known of the cries, on voices held out.

    Attributes
    ----------
    told, wrong
        Cries that are told; what is none and is told, by what it is.
    by_snr
        `told` by the signal-to-noise ratio in dB.
    """

    version: str
    seed: int
    stretches: dict[str, int]
    threshold: float
    told: Found
    by_snr: dict[str, Found]
    wrong: dict[str, Found]


def course(
    casts: tuple[Cast, Cast, Cast],
    counts: tuple[int, int, int],
    embedding: Embedding,
    revision: str,
    folder: Path,
    *,
    seed: int,
    tell: Callable[[str], None],
) -> Figures:
    """Learn, set the threshold, and measure; write everything to `folder`. As for words."""
    words = vocabulary(casts[0].words)
    made = []
    for number, (cast, count) in enumerate(zip(casts, counts, strict=True)):
        made.append(
            utterances(cast, words, count, seed * 3 + number, embedding, shares=SHARES, tell=tell)
        )
        tell(f"{count} stretches of voice")
    weights = fit(made[0], revision)
    spoken = np.isin(made[1].kinds, SPOKEN)
    sure = probabilities(Cries(weights), made[1])
    level = float(np.quantile(sure[spoken], 1 - WRONG)) if spoken.any() else 0.5
    kept = Weights(
        weights.version, weights.embedding, round(float(np.clip(level, 0.3, 0.95)), 3),
        weights.mean, weights.scale, weights.weights, weights.bias,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / JSON, kept)
    named = dict(zip(("learned", "threshold", "held"), counts, strict=True))
    figures = measure(Cries(kept), made[2], seed=seed, counts=named)
    write_json(folder / FIGURES, figures)
    return figures


def fit(source: Utterances, revision: str) -> Weights:
    """Return the line that tells the cries of `source` best."""
    known = source.embedded.astype(np.float32)
    mean, scale = known.mean(axis=(0, 1)), 1.0 / (known.std(axis=(0, 1)) + 1e-3)
    x = middle(known, mean, scale).astype(np.float64)
    wanted = (source.kinds == "cry").astype(np.float64)

    def cost(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        line = x @ w[:-1] + w[-1]
        off = (expit(line) - wanted) / len(x)
        lost = np.logaddexp(0.0, line) - wanted * line
        slope = np.append(x.T @ off + 2 * _PENALTY * w[:-1], off.sum())
        return float(lost.mean() + _PENALTY * np.square(w[:-1]).sum()), slope

    best: Any = minimize(cost, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B")
    rounded = [np.round(np.asarray(each, np.float64), 5) for each in (mean, scale, best.x)]
    return Weights(
        version=VERSION,
        embedding=revision,
        threshold=0.5,
        mean=tuple(rounded[0].tolist()),
        scale=tuple(rounded[1].tolist()),
        weights=tuple(rounded[2][:-1].tolist()),
        bias=float(rounded[2][-1]),
    )


def probabilities(cries: Cries, source: Utterances) -> NDArray[np.float64]:
    """Return the probability (n,) of a cry in each stretch."""
    each = (one.astype(np.float32) for one in source.embedded[:, None])
    return np.array([cries.probability(one) for one in each])


def measure(cries: Cries, source: Utterances, *, seed: int, counts: dict[str, int]) -> Figures:
    """Return how well cries are told in `source`."""
    told = probabilities(cries, source) >= cries.threshold
    cry = source.kinds == "cry"
    return Figures(
        version=VERSION,
        seed=seed,
        stretches=counts,
        threshold=cries.threshold,
        told=found(told[cry]),
        by_snr=found_by_band(source.snr_db[cry], told[cry], RATIOS_DB),
        wrong=found_by(source.kinds[~cry], told[~cry]),
    )
