"""Vocal activation on acted speech: a manifest in, how well it tells strong from calm speech out.

Every speaker's neutral recordings, the measured one left out, are the own baseline, as a node
learns it of a resident (`fusion.baseline`): the median of each feature. Three sentences teach no
spread, so the spreads are those within a person that were published
(`ambient.evaluate.baseline.variances`), none of them from these recordings. Values are those that
would leave the audio process (`audio.features.measure`), over the speech of each recording by its
energy; the marker is the node's own (`fusion.markers`). Nothing is trained or chosen here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import SourceError, UsageError
from ambient.evaluate import speech_rows
from ambient.evaluate.baseline.variances import FEATURES
from ambient.evaluate.mixtures import FRAME, speech_frames
from ambient.evaluate.speech_rows import SoundRow
from ambient.evaluate.statistics import CONFIDENCE, RESAMPLES, SEED
from ambient.events import VoiceMarker
from ambient.observations import VoiceFeature
from audio.blocks import RATE, Samples
from audio.features import describe, measure
from audio.features.rhythm import Segment
from fusion.baseline import Level, on_scale
from fusion.markers import DISTANCE_DEPENDENT, ROOM_DEPENDENT, combine

NEUTRAL: Final = "neutral"
HIGH: Final = ("angry", "fearful", "happy")
LOW: Final = ("calm", NEUTRAL, "sad")
STRONG: Final = "strong"
LEAST_NEUTRAL: Final = 2
"""Recordings of a baseline at least, the measured one left out."""

BARS: Final = {
    "all features": (0.97, 0.90),
    "without distance": (0.93, 0.85),
    "without distance and room": (None, None),
}
"""Least AUC of strong speech against calm, and of both intensities; without the room: no bar."""
_LEFT_OUT: Final = {
    "all features": frozenset[VoiceFeature](),
    "without distance": DISTANCE_DEPENDENT,
    "without distance and room": DISTANCE_DEPENDENT | ROOM_DEPENDENT,
}


class Auc(Struct, frozen=True):
    """How often a recording of speech with arousal lies above one without.

    Attributes
    ----------
    auc, low, high
        With its interval (95 %, bootstrap over speakers).
    bar, met
        What it should be; None where nothing is asked.
    aroused, calm
        How many recordings.
    """

    auc: float
    low: float
    high: float
    bar: float | None
    met: bool | None
    aroused: int
    calm: int


class Line(Struct, frozen=True):
    """The marker with some features left out.

    Attributes
    ----------
    strong, both
        Strongly acted arousal against everything calm, and arousal of both intensities.
    by_label
        Median of the marker, in own spreads.
    """

    features: str
    left_out: list[str]
    strong: Auc
    both: Auc
    by_label: dict[str, float]


class Report(Struct, frozen=True):
    """What ``ambient evaluate voice MANIFEST --activation`` prints."""

    speakers: int
    recordings: int
    lines: list[Line]
    errors: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every bar is met."""
        return all(one.met is not False for line in self.lines for one in (line.strong, line.both))


@dataclass(frozen=True, slots=True)
class Acted:
    """One recording: who, how (``angry/strong``), and its values on the scale of comparison."""

    speaker: str
    label: str
    values: Mapping[VoiceFeature, float]

    @property
    def mood(self) -> str:
        """The label without its intensity."""
        return self.label.partition("/")[0]

    @property
    def strong(self) -> bool:
        """Whether it is acted strongly."""
        return self.label.partition("/")[2] == STRONG


def run(manifest: Path, *, progress: Callable[[int, int], None] | None = None) -> Report:
    """Measure the recordings whose label is a mood and an intensity.

    Raises
    ------
    UsageError
        The manifest cannot be understood, or holds too little acted speech.
    """
    rows = [row for row in speech_rows.read(manifest) if _is_acted(row)]
    acted: list[Acted] = []
    errors: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        try:
            samples = speech_rows.samples_of(row.path)
        except SourceError as error:
            errors[row.file] = str(error)
        else:
            acted.append(Acted(f"{row.dataset} {row.speaker}", row.label, heard(samples)))
        if progress is not None:
            progress(number, len(rows))
    return compared(acted, errors, str(manifest))


def compared(acted: Sequence[Acted], errors: dict[str, str], where: str = "manifest") -> Report:
    """Return how the marker tells `acted` apart.

    Raises
    ------
    UsageError
        There are no two speakers with a baseline, and with arousal and calm to compare.
    """
    distances = z_scores(acted)
    known = [(one, z) for one, z in zip(acted, distances, strict=True) if z]
    moods = {one.mood for one, _ in known if one.strong or one.mood == NEUTRAL}
    speakers = sorted({one.speaker for one, _ in known})
    if len(speakers) < 2 or not moods & set(HIGH) or not moods & set(LOW):
        raise UsageError(
            f"{where}: expected two speakers with {LEAST_NEUTRAL + 1} recordings labelled "
            f"{NEUTRAL}/…, and with some labelled {HIGH[0]}/{STRONG} and {LOW[0]}/…, got "
            f"{len(speakers)} with a baseline; fill the columns speaker and label"
        )
    lines = [_line(features, known) for features in BARS]
    return Report(len(speakers), len(known), lines, errors)


def heard(samples: Samples) -> dict[VoiceFeature, float]:
    """Return the values of a recording on the scale on which they are compared."""
    found = {
        one.feature: on_scale(one.feature, one.value)
        for one in measure(describe(samples), _spoken(samples))
    }
    return {feature: value for feature, value in found.items() if value is not None}


def z_scores(acted: Sequence[Acted]) -> list[dict[VoiceFeature, float]]:
    """Return the distances of each recording from its speaker's other neutral ones.

    Nothing where fewer than `LEAST_NEUTRAL` of these are left.
    """
    out: list[dict[VoiceFeature, float]] = []
    for one in acted:
        neutral = [
            other.values
            for other in acted
            if other is not one and other.speaker == one.speaker and other.mood == NEUTRAL
        ]
        z: dict[VoiceFeature, float] = {}
        for feature, value in one.values.items():
            past = [values[feature] for values in neutral if feature in values]
            if len(past) >= LEAST_NEUTRAL:
                level = Level(
                    days=len(past), location=median(past), spread=FEATURES[feature].within
                )
                z[feature] = level.distance(value)
        out.append(z)
    return out


def area(aroused: NDArray[np.float64], calm: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve: how often one of `aroused` lies above one of `calm`.

    Ties count half (Hanley and McNeil 1982, Radiology 143:29).
    """
    above = (aroused[:, None] > calm).sum() + 0.5 * (aroused[:, None] == calm).sum()
    return float(above / (len(aroused) * len(calm)))


def _is_acted(row: SoundRow) -> bool:
    mood, _, intensity = row.label.partition("/")
    return bool(row.speaker and intensity) and mood in (*HIGH, *LOW)


def _spoken(samples: Samples) -> list[Segment]:
    """Return the stretches of speech in a clean recording, by its energy."""
    active = speech_frames(samples)
    edges = np.diff(np.concatenate([[0], active.astype(np.int8), [0]]))
    seconds = FRAME / RATE
    starts, ends = np.flatnonzero(edges > 0) * seconds, np.flatnonzero(edges < 0) * seconds
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _line(features: str, known: Sequence[tuple[Acted, Mapping[VoiceFeature, float]]]) -> Line:
    left_out = _LEFT_OUT[features]
    told: list[tuple[Acted, float]] = []
    for one, z in known:
        value = combine(VoiceMarker.VOCAL_ACTIVATION, z, leave_out=left_out)
        if value is not None:
            told.append((one, value))
    strong = [(one, value) for one, value in told if one.strong or one.mood in LOW]
    bars = BARS[features]
    labels = sorted({one.label for one, _ in told})
    return Line(
        features=features,
        left_out=sorted(left_out),
        strong=_auc(strong, bars[0]),
        both=_auc(told, bars[1]),
        by_label={
            label: round(median(value for one, value in told if one.label == label), 2)
            for label in labels
        },
    )


def _auc(told: Sequence[tuple[Acted, float]], bar: float | None) -> Auc:
    """Return the area with its interval, speakers drawn with replacement."""
    groups: dict[str, tuple[list[float], list[float]]] = {}
    for one, value in told:
        groups.setdefault(one.speaker, ([], []))[one.mood in LOW].append(value)
    pairs = [(np.array(high), np.array(low)) for high, low in groups.values()]

    def drawn(which: Sequence[int]) -> float | None:
        high = np.concatenate([pairs[at][0] for at in which])
        low = np.concatenate([pairs[at][1] for at in which])
        return area(high, low) if len(high) and len(low) else None

    rng = np.random.default_rng(SEED)
    draws = [drawn(rng.integers(len(pairs), size=len(pairs)).tolist()) for _ in range(RESAMPLES)]
    tail = (1 - CONFIDENCE) / 2 * 100
    kept = [one for one in draws if one is not None]
    low, high = np.percentile(kept, [tail, 100 - tail]).tolist()
    whole = drawn(range(len(pairs)))
    assert whole is not None  # `compared` has made sure that there are both
    return Auc(
        auc=round(whole, 4),
        low=round(low, 4),
        high=round(high, 4),
        bar=bar,
        met=None if bar is None else whole >= bar,
        aroused=sum(len(high) for high, _ in pairs),
        calm=sum(len(low) for _, low in pairs),
    )
