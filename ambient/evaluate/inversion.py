"""Can it be told which phrases were spoken from what is emitted of a voice? An attack, measured.

In: how much material and a seed. Out: the success of a trained attacker on what a `VoiceMeasured`
holds, over 3, 10 and 60 s of speech (less than 60 s is never emitted), and on the descriptors of
every 10 ms, which never leave the process: there the same attacker must succeed, or it shows
nothing.

Each window is mixed of phrases drawn at random. For every phrase the attacker says whether it was
spoken in the window; success is the mean balanced accuracy over phrases, so chance is 0.5 however
rare a phrase is. The attacker is a logistic regression on numbers that are set against the
speaker's own mean and spread, and is tried on speakers that it has never heard. It is given
everything that is emitted: the values of `audio.features.measure` over rows of whole phrases put
together, rounded as they leave, with the seconds of evidence behind each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize

from ambient.evaluate.phrases import PHRASES, Clip, spoken
from ambient.observations import VoiceFeature
from audio.blocks import RATE
from audio.features import Descriptors, describe, evidence, measure
from audio.features.descriptors import PUBLISHED, Lld
from audio.features.frames import STEP_S

Floats = NDArray[np.float64]
Told = NDArray[np.bool_]

SECONDS: Final = (3.0, 10.0, 60.0)
CHANCE: Final = 0.5
MOST: Final = 0.05
"""So much better than chance may the attacker be on what is emitted."""
VALID: Final = 0.8
"""So well must it do on the descriptors."""
BINS: Final = 20
"""Parts of equal length into which the descriptors of a phrase are averaged for the attacker."""
_RIDGE: Final = (0.003, 0.03, 0.3)
_FOLDS: Final = 4


class Success(Struct, frozen=True):
    """How well the attacker did.

    Attributes
    ----------
    seconds
        Speech in a window; nothing for the descriptors of one phrase.
    success
        Mean balanced accuracy over phrases.
    low, high
        Of it over the speakers that were left out, the lowest and the highest.
    windows
        How many it was tried on.
    """

    seconds: float | None
    success: float
    low: float
    high: float
    windows: int


class Report(Struct, frozen=True):
    """Of an attack.

    Attributes
    ----------
    ok
        The attacker is no better on what is emitted than allowed, and does succeed where it must.
    """

    ok: bool
    chance: float
    emitted: list[Success]
    descriptors: Success
    phrases: int
    speakers: int
    speech_s: float
    seed: int


@dataclass(frozen=True)
class _Heard:
    """A clip and its descriptors."""

    clip: Clip
    rows: Descriptors

    @property
    def seconds(self) -> float:
        return self.clip.samples.size / RATE


def run(
    *,
    phrases: int = len(PHRASES),
    speakers: int = 8,
    times: int = 2,
    windows: int = 240,
    seed: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Attack.

    Parameters
    ----------
    phrases, speakers, times
        The material: how many of each, and how often each says each.
    windows
        Of a speaker, for each length.
    seed
        Of voices, windows and folds.
    """
    heard: list[_Heard] = []
    for clip in spoken(phrases, speakers, times, seed):
        if not heard or clip.speaker != heard[-1].clip.speaker:
            tell(f"speaker {clip.speaker + 1} of {speakers}")
        heard.append(_Heard(clip, describe(clip.samples)))
    rng = np.random.default_rng(seed)
    emitted = []
    for seconds in SECONDS:
        tell(f"{seconds:g} s")
        emitted.append(_attack(*_windows(heard, seconds, windows, phrases, rng), seconds))
    tell("descriptors")
    pictures = np.stack([_picture(each.rows) for each in heard])
    said = np.array([np.arange(phrases) == each.clip.phrase for each in heard])
    who = np.array([each.clip.speaker for each in heard])
    descriptors = _attack(pictures, said, who, None)
    return Report(
        ok=emitted[-1].success <= CHANCE + MOST and descriptors.success >= VALID,
        chance=CHANCE,
        emitted=emitted,
        descriptors=descriptors,
        phrases=phrases,
        speakers=speakers,
        speech_s=round(sum(each.seconds for each in heard), 1),
        seed=seed,
    )


def _windows(
    heard: Sequence[_Heard], seconds: float, count: int, phrases: int, rng: np.random.Generator
) -> tuple[Floats, Told, NDArray[np.int64]]:
    """Return values (n, features), what was said (n, phrases) and by whom (n,)."""
    values, said, who = [], [], []
    for speaker in sorted({each.clip.speaker for each in heard}):
        own = [each for each in heard if each.clip.speaker == speaker]
        for _ in range(count):
            chosen: list[_Heard] = []
            while sum(each.seconds for each in chosen) < seconds:
                chosen.append(own[int(rng.integers(len(own)))])
            values.append(_values(chosen))
            said.append(np.isin(np.arange(phrases), [each.clip.phrase for each in chosen]))
            who.append(speaker)
    return np.array(values), np.array(said), np.array(who)


def _values(chosen: Sequence[_Heard]) -> Floats:
    """Return all that would be emitted of these clips, shape (2 × features + 1,).

    Values, the seconds of evidence behind each, and the seconds of speech; what cannot be told is
    NaN.
    """
    rows = Descriptors(np.concatenate([each.rows.rows for each in chosen]))
    ends = np.cumsum([len(each.rows) for each in chosen]) * STEP_S
    segments = list(zip([0.0, *ends[:-1].tolist()], ends.tolist(), strict=True))
    found = {each.feature: each for each in measure(rows, segments)}
    told = [found.get(feature) for feature in VoiceFeature]
    values = [np.nan if each is None else each.value for each in told]
    behind = [0.0 if each is None else each.seconds for each in told]
    return np.array([*values, *behind, evidence(rows.seconds)])


def _picture(rows: Descriptors) -> Floats:
    """Return the published descriptors of a phrase in `BINS` parts of its length, flat."""
    columns = np.stack([rows[Lld(name)] for name in PUBLISHED], axis=1)
    edges = np.linspace(0, len(columns), BINS + 1).round().astype(int)
    parts = [columns[low : max(high, low + 1)].mean(axis=0) for low, high in pairwise(edges)]
    return np.concatenate(parts)


def _attack(values: Floats, said: Told, who: NDArray[np.int64], seconds: float | None) -> Success:
    """Train on some speakers, try on the others, each once."""
    known = np.empty_like(values)
    for speaker in np.unique(who):
        own = values[who == speaker]
        there = ~np.isnan(own)
        many = np.maximum(there.sum(axis=0), 1)
        middle = np.where(there, own, 0.0).sum(axis=0) / many
        spread = np.sqrt((np.where(there, own - middle, 0.0) ** 2).sum(axis=0) / many)
        known[who == speaker] = (own - middle) / np.where(spread > 0, spread, 1.0)
    # What could not be told is itself something that was told.
    known = np.hstack([np.nan_to_num(known), np.isnan(values).astype(np.float64)])
    right: list[float] = []
    speakers = np.unique(who)
    for fold in range(min(_FOLDS, len(speakers))):
        out = np.isin(who, speakers[fold :: min(_FOLDS, len(speakers))])
        guess = _trained(known[~out], said[~out], who[~out])(known[out])
        right += [
            balanced(guess[who[out] == speaker], said[out][who[out] == speaker])
            for speaker in np.unique(who[out])
        ]
    return Success(
        seconds=seconds,
        success=round(float(np.mean(right)), 4),
        low=round(min(right), 4),
        high=round(max(right), 4),
        windows=len(values),
    )


def _trained(values: Floats, said: Told, who: NDArray[np.int64]) -> Callable[[Floats], Told]:
    """Return an attacker whose ridge was chosen on one of its own speakers."""
    held = who == np.unique(who)[-1]

    def quality(ridge: float) -> float:
        weights = logistic(values[~held], said[~held], ridge)
        return balanced(_odds(weights, values[held]) > 0, said[held])

    weights = logistic(values, said, max(_RIDGE, key=quality))
    return lambda tried: _odds(weights, tried) > 0


def logistic(values: Floats, said: Told, ridge: float) -> Floats:
    """Return weights (features + 1, phrases) of logistic regressions, one for each phrase.

    Both answers weigh alike for each phrase, however rare one is (King & Zeng 2001, "Logistic
    regression in rare events data", section 4.1: weighting).
    """
    with_one = np.column_stack([values, np.ones(len(values))])
    sign = np.where(said, 1.0, -1.0)
    share = said.mean(axis=0).clip(1e-9, 1 - 1e-9)
    weight = np.where(said, 0.5 / share, 0.5 / (1 - share)) / len(values)
    shape = (with_one.shape[1], said.shape[1])

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(shape)
        margin = sign * (with_one @ weights)
        slope = with_one.T @ (-sign * weight / (1.0 + np.exp(np.clip(margin, -50, 50))))
        penalty = weights.copy()
        penalty[-1] = 0.0
        total = (weight * np.logaddexp(0.0, -margin)).sum() + 0.5 * ridge * (penalty**2).sum()
        return float(total), np.asarray(slope + ridge * penalty).ravel()

    done = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B")
    return np.asarray(done.x, np.float64).reshape(shape)


def balanced(guess: Told, said: Told) -> float:
    """Return the mean over phrases of the balanced accuracy; of a phrase with one answer, none."""
    both = said.any(axis=0) & ~said.all(axis=0)
    hits = (guess & said).sum(axis=0)[both] / said.sum(axis=0)[both]
    passes = (~guess & ~said).sum(axis=0)[both] / (~said).sum(axis=0)[both]
    return float(np.mean((hits + passes) / 2)) if both.any() else CHANCE


def _odds(weights: Floats, values: Floats) -> Floats:
    return np.asarray(np.column_stack([values, np.ones(len(values))]) @ weights)
