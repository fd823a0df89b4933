"""The calibration of the voice gate, fitted: a manifest in, a `Fitted` out.

Only rows marked `train` are heard. There are few speakers in them, so each is also resampled, which
moves pitch and formants together: the usual way to make further speakers (Yamamoto et al. 2019,
*Speaker Augmentation and Bandwidth Extension for Deep Speaker Embedding*, section 2). A resampled
voice is never compared with the one it was made of. Voices are heard clean and in four rooms made
by synthesis, in those also over noise of 5 to 20 dB. Enrolled is, and compared are, voices in one
room: a room makes all voices in it alike, and a resident is enrolled where they live.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.signal import resample_poly

from ambient.errors import UsageError
from ambient.evaluate import mixtures, speech_rows
from ambient.evaluate.mixtures import FRAME, speech_frames
from ambient.evaluate.speech_rows import TRAIN, SoundRow
from audio.blocks import RATE, Samples
from audio.speech.embedding import MODEL, WINDOW, CamPlus, Embedder, Vector, direction
from audio.speech.enrolment import halves
from audio.speech.gate import Calibration
from models import store

SEED: Final = 5
PASS_SHARE: Final = 0.01
"""Share of strangers' runs that the threshold lets pass, of every length: half of what may pass at
most, since seven speakers are few."""
MOST_S: Final = 75
"""Of one speaker, so that none outweighs the rest."""
WARPS: Final = ((1, 1), (10, 11), (20, 17))
"""Lengths up and down: voices a tone higher and a minor third lower."""
ROOMS: Final = ((0.3, 5.0), (0.5, 0.0), (0.7, -5.0), (1.0, -8.0))
"""Reverberation time in seconds, direct over reverberant sound in dB: near, and further away."""
SHORT_S: Final = (1.0, 1.5)
WHOLE_S: Final = 3.0
WINDOWS: Final = 3
"""Of a stretch: 9 s."""
SNR_DB: Final = (5.0, 20.0)
NOISY: Final = ("crying_baby", "cat", "dog")
"""Labels of sounds that are voices, and do for no noise."""
_ROUNDS: Final = 2
"""How often the stretches of a short recording are cut, each time elsewhere."""
_EACH: Final = 3
"""Every so manieth noise is used."""


class Fitted(Struct, frozen=True):
    """The constants of `audio.speech.gate.FITTED`, and what other thresholds rest on.

    Attributes
    ----------
    voices, own, strangers
        How many voices were heard, and comparisons made.
    own_low, strangers_high
        Cosine of 3 s to the mean of the other half of what the voice says: 5 % of a voice's own lie
        below, 1 % of strangers' above, without a room.
    one_low, two_high
        `audio.speech.enrolment.halves` of one voice, the lowest; with a quarter of another's
        voice, what 2 % lie above. Without noise.
    """

    offset: float
    per_cosine: float
    per_octave: float
    passes: float
    passes_per_octave: float
    voices: int
    own: int
    strangers: int
    own_low: float
    strangers_high: float
    one_low: float
    two_high: float


@dataclass(frozen=True, slots=True)
class _Heard:
    """Half of what one voice (speaker and warp) says, heard in one room: directions by length.

    Room -1 is none.
    """

    speaker: str
    warp: int
    half: int
    room: int
    noisy: bool
    voices: dict[float, NDArray[np.float32]]


def fit(manifest: Path) -> Fitted:
    """Fit the curve and its threshold.

    Raises
    ------
    UsageError
        No two speakers are marked `train`.
    ModelError
        The network is missing.
    """
    rows = [row for row in speech_rows.read(manifest) if row.use == TRAIN]
    speech = _speech(rows)
    if len(speech) < 2:
        raise UsageError(
            f"{manifest}: expected rows of two speakers marked {TRAIN}, got {len(speech)}"
        )
    noises = [
        speech_rows.samples_of(row.path)
        for row in [r for r in rows if not r.speaker and r.label not in NOISY][::_EACH]
    ]
    heard = list(_heard(speech, noises, CamPlus(store.path(MODEL))))
    own, strangers = _pairs(heard)
    fitted = curve(own, strangers)
    near, far = _pairs([each for each in heard if each.room < 0])
    one, two = _enrolments([each for each in heard if not each.noisy])
    return Fitted(
        offset=round(fitted.offset, 2),
        per_cosine=round(fitted.per_cosine, 2),
        per_octave=round(fitted.per_octave, 2),
        passes=round(fitted.passes, 3),
        passes_per_octave=round(fitted.passes_per_octave, 3),
        voices=len(speech) * len(WARPS),
        own=len(own),
        strangers=len(strangers),
        own_low=round(float(np.quantile(near[near[:, 1] == WHOLE_S, 0], 0.05)), 3),
        strangers_high=round(float(np.quantile(far[far[:, 1] == WHOLE_S, 0], 0.99)), 3),
        one_low=round(min(one), 3),
        two_high=round(float(np.quantile(two, 0.98)), 3),
    )


def curve(own: NDArray[np.float64], strangers: NDArray[np.float64]) -> Calibration:
    """Return the logistic curve between two kinds of comparison, each kind weighing the same.

    Parameters
    ----------
    own, strangers
        Shape (n, 2): cosine, length in seconds.
    """
    x = np.concatenate((own, strangers))
    design = np.stack((np.ones(len(x)), x[:, 0], np.log2(x[:, 1] / WHOLE_S)), axis=1)
    is_own = np.concatenate((np.ones(len(own)), np.zeros(len(strangers))))
    weight = np.where(is_own == 1, 0.5 / len(own), 0.5 / len(strangers))

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = design @ beta
        value = weight * (np.logaddexp(0.0, odds) - is_own * odds)
        slope = weight * (1 / (1 + np.exp(-odds)) - is_own)
        # Held a little: comparisons that can be told apart wholly would make it a step.
        return float(value.sum() + 1e-5 * beta @ beta), design.T @ slope + 2e-5 * beta

    found = minimize(loss, np.zeros(3), jac=True, method="L-BFGS-B").x
    lengths = np.unique(strangers[:, 1])
    levels = [
        np.quantile(strangers[strangers[:, 1] == length, 0], 1 - PASS_SHARE) for length in lengths
    ]
    octaves = np.log2(lengths / WHOLE_S)
    slope, level = np.polyfit(octaves, levels, 1) if len(lengths) > 1 else (0.0, levels[0])
    return Calibration(*(float(value) for value in (*found, level, slope)))


def _speech(rows: Sequence[SoundRow]) -> dict[str, Samples]:
    found: dict[str, list[Samples]] = {}
    for row in rows:
        if row.speaker:
            samples = speech_rows.samples_of(row.path)
            active = np.repeat(speech_frames(samples), FRAME)
            found.setdefault(row.speaker, []).append(samples[: len(active)][active])
    return {who: np.concatenate(pieces)[: MOST_S * RATE] for who, pieces in found.items()}


def _heard(
    speech: dict[str, Samples], noises: Sequence[Samples], embedder: Embedder
) -> Iterator[_Heard]:
    rng = np.random.default_rng(SEED)
    drawn = [mixtures.drawn_noise(rng, 5.0, slope) for slope in (0, 1, 2)]
    noises = [*noises, *drawn * max(1, len(noises) // 6)]
    rooms = [mixtures.drawn_room(rng, seconds, direct_db) for seconds, direct_db in ROOMS]
    for who, talk in sorted(speech.items()):
        for warp, (up, down) in enumerate(WARPS):
            voice = np.asarray(resample_poly(talk, up, down), np.float32)
            middle = len(voice) // 2
            for half, part in enumerate((voice[:middle], voice[middle:])):
                points = _points(part, [], embedder, rng)
                if not points:
                    continue
                yield _Heard(who, warp, half, -1, False, points)
                for number, room in enumerate(rooms):
                    wet = mixtures.in_room(part, room)
                    for over in ([], noises):
                        points = _points(wet, over, embedder, rng)
                        yield _Heard(who, warp, half, number, bool(over), points)


def _points(
    talk: Samples,
    noises: Sequence[Samples],
    embedder: Embedder,
    rng: np.random.Generator,
) -> dict[float, NDArray[np.float32]]:
    """Return directions by length: of pieces of a second on, and of up to 3 windows joined."""
    points: dict[float, list[Vector]] = {}
    for round_ in range(_ROUNDS if len(talk) < MOST_S * RATE // 4 else 1):
        start = int(rng.integers(RATE)) if round_ else 0
        for at in range(start, len(talk) - WINDOW + 1, WINDOWS * WINDOW):
            stretch = _over(talk[at : at + WINDOWS * WINDOW], noises, rng)
            cuts = range(0, len(stretch) - WINDOW + 1, WINDOW)
            whole = [embedder.embed(stretch[cut : cut + WINDOW]) for cut in cuts]
            for length in SHORT_S:
                piece = stretch[: round(length * RATE)]
                points.setdefault(length, []).append(embedder.embed(piece))
            points.setdefault(WHOLE_S, []).extend(whole)
            for count in range(2, len(whole) + 1):
                joined = direction(np.mean(whole[:count], axis=0))
                points.setdefault(count * WHOLE_S, []).append(joined)
    return {length: np.stack(found) for length, found in points.items()}


def _over(talk: Samples, noises: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """Return `talk` over one of `noises`; as it is without any."""
    if not noises:
        return talk
    noise = noises[int(rng.integers(len(noises)))]
    noise = np.resize(np.roll(noise, -int(rng.integers(len(noise)))), len(talk))
    level = np.mean(np.square(talk, dtype=np.float64))
    other = np.mean(np.square(noise, dtype=np.float64)) + 1e-12
    gain = np.sqrt(level / other / 10 ** (rng.uniform(*SNR_DB) / 10))
    return np.asarray(talk + noise * np.float32(gain), np.float32)


def _pairs(heard: Sequence[_Heard]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (n, 2) of own and of strangers' comparisons: cosine to an enrolment, and length."""
    own: list[NDArray[np.float64]] = []
    strangers: list[NDArray[np.float64]] = []
    for known in heard:
        if known.noisy:
            continue
        voice = direction(known.voices[WHOLE_S].mean(axis=0))
        for other in heard:
            if other.room != known.room:
                continue
            if other.speaker != known.speaker:
                kind = strangers
            elif other.warp == known.warp and other.half != known.half:
                kind = own
            else:
                continue
            kind += [_compared(points, voice, s) for s, points in other.voices.items()]
    return np.concatenate(own), np.concatenate(strangers)


def _enrolments(heard: Sequence[_Heard]) -> tuple[list[float], list[float]]:
    """Return `halves` of enrolments of one voice, and of those with a quarter of another's."""
    windows: dict[tuple[int, str, int], NDArray[np.float32]] = {}
    for each in heard:
        key = (each.room, each.speaker, each.warp)
        before = windows.get(key, np.zeros((0, each.voices[WHOLE_S].shape[1]), np.float32))
        windows[key] = np.concatenate((before, each.voices[WHOLE_S]))
    one = [halves(points) for points in windows.values()]
    two = []
    for (room, speaker, _), points in windows.items():
        share = max(1, round(len(points) / 3))
        for (other_room, other, _), theirs in windows.items():
            if other_room == room and other != speaker and len(theirs) >= share:
                two.append(halves(np.concatenate((points, theirs[:share]))))
    return one, two


def _compared(windows: NDArray[np.float32], voice: Vector, length: float) -> NDArray[np.float64]:
    return np.stack((windows @ voice, np.full(len(windows), length)), axis=1).astype(np.float64)
