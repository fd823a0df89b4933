"""How well speech is found: recordings in, segments and a `Report` out.

Files alone are only looked at. A manifest is measured in three ways: recordings whose speech is
known (``speech_segments.csv`` beside it), mixtures of its clean speech, its noise and its rooms at
stated signal-to-noise ratios (`ambient.evaluate.mixtures`), and sounds without any speech. Rows
marked `train` and sound made by synthesis chose the thresholds; the mixtures that are measured are
of all other rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.errors import UsageError
from ambient.evaluate import mixtures, speech_rows
from ambient.evaluate.lines import expect_place, write_lines
from ambient.evaluate.mixtures import FRAME, Frames
from ambient.evaluate.speech_rows import TRAIN, SoundRow
from ambient.evaluate.statistics import CONFIDENCE, RESAMPLES, SEED
from audio.blocks import RATE, SAMPLE_NS, Block, Samples
from audio.speech.segments import Segment, SpeechFinder
from audio.speech.vad import MODEL, SileroVad
from models import store

COLLAR: Final = 10
"""Frames on either side of a truth's border that are not scored: 0.1 s."""
SNRS_DB: Final = (20, 10, 5, 0)
MIXTURES: Final = 96
"""At each ratio; speakers and noises take turns."""
ANY_NOISE: Final = 3.0
"""Seconds that a noise must last to go under speech."""
READ: Final = ("neutral_read", "calm/normal", "neutral/normal")
"""Labels of clean speech."""
ROOM: Final = "rir"
NOISE: Final = (
    "noise",
    "household_",
    "multi_mic",
    "music",
    "thunderstorm",
    "siren",
    "church_bells",
    "chirping_birds",
    "car_horn",
    "snoring",
)
"""What labels of sounds without speech begin with; these go under speech in mixtures."""
VOICES: Final = ("crying_baby", "cat", "dog", "glass")
"""… of sounds that are listened to alone: some are voices, if no speech."""
_BLOCK: Final = RATE // 10

Progress = Callable[[int, int], None]


class FileSegments(Struct, frozen=True):
    """A line of ``--segments-out``; `file` as given."""

    file: str
    segments: list[tuple[float, float]]


class Score(Struct, frozen=True):
    """Frames of 10 ms against the truth, those next to a border left out.

    Attributes
    ----------
    recordings, seconds
        How many, and how much of them was scored.
    f1, precision, recall
        Over all frames; None where there was nothing to find.
    low, high
        Of `f1`: 95 %, bootstrap over speakers (over recordings where none is named).
    """

    recordings: int
    seconds: float
    f1: float | None
    low: float | None
    high: float | None
    precision: float | None
    recall: float | None


class Quiet(Struct, frozen=True):
    """How much of sounds without speech was taken for speech."""

    recordings: int
    seconds: float
    speech_s: float


class Report(Struct, frozen=True):
    """What ``ambient evaluate vad`` prints.

    Attributes
    ----------
    files, seconds, speech_s
        Recordings, how long they are, and the speech found in them.
    core_s_per_s
        Processor time for a second of sound, mixtures too, reading not counted.
    known, mixtures, quiet
        Recordings with a truth, by data set; mixtures by ratio in dB; sounds without speech, by
        label.
    errors
        Recordings that could not be read, and why.
    """

    files: int
    seconds: float
    speech_s: float
    core_s_per_s: float | None
    known: dict[str, Score]
    mixtures: dict[str, Score]
    quiet: dict[str, Quiet]
    errors: dict[str, str]


class _Counts(Struct, frozen=True):
    """True positives, false positives, false negatives and scored frames of one recording."""

    cluster: str
    tp: int
    fp: int
    fn: int
    frames: int


class Listener:
    """Finds speech in whole recordings, and counts what that takes."""

    def __init__(self) -> None:
        self._network = SileroVad(store.path(MODEL))
        self.cpu_s = 0.0
        self.seconds = 0.0

    def segments(self, samples: Samples) -> list[Segment]:
        """Return the speech of a recording that begins at 0."""
        began = time.process_time()
        finder = SpeechFinder(self._network)
        found: list[Segment] = []
        for start in range(0, len(samples), _BLOCK):
            piece = samples[start : start + _BLOCK]
            found += finder.push(Block(piece, (start + len(piece)) * SAMPLE_NS))
        found += finder.finish()
        self.cpu_s += time.process_time() - began
        self.seconds += len(samples) / RATE
        return found


def run(
    inputs: Sequence[str], *, segments_out: Path | None = None, progress: Progress | None = None
) -> Report:
    """Look at recordings, and measure where the truth is known.

    Parameters
    ----------
    inputs
        Names of sound files, which lines repeat as given; or one ``manifest.csv``.
    segments_out
        File for a JSON line for each recording.

    Raises
    ------
    UsageError
        A manifest cannot be understood, or stands beside files.
    ModelError
        The network is missing.
    StoreError
        The segments cannot be written.
    """
    manifests = [Path(name) for name in inputs if name.lower().endswith(".csv")]
    if manifests and len(inputs) > 1:
        raise UsageError("expected sound files or one manifest.csv, got both; call it twice")
    rows = speech_rows.read(manifests[0]) if manifests else [_given(name) for name in inputs]
    truth = speech_rows.truth(manifests[0]) if manifests else {}
    expect_place(segments_out, "--segments-out")
    listener = Listener()
    lines: list[FileSegments] = []
    known: dict[str, list[_Counts]] = {}
    quiet: dict[str, list[tuple[float, float]]] = {}
    errors: dict[str, str] = {}
    for row, samples in speech_rows.heard(rows, errors, progress):
        found = [(s.start_ns / 1e9, s.end_ns / 1e9) for s in listener.segments(samples)]
        lines.append(
            FileSegments(row.file, [(round(start, 3), round(end, 3)) for start, end in found])
        )
        if row.file in truth:
            frames = len(samples) // FRAME
            counts = _count(_frames(truth[row.file], frames), _frames(found, frames), row.file)
            known.setdefault(row.dataset, []).append(counts)
        elif manifests and (_is_noise(row) or row.label.startswith(VOICES)):
            spoken = sum(end - start for start, end in found)
            quiet.setdefault(row.label, []).append((len(samples) / RATE, spoken))
    if segments_out is not None:
        write_lines(segments_out, lines, "--segments-out")
    seconds = listener.seconds
    measured = _mixtures(rows, listener, errors) if manifests else {}
    return Report(
        files=len(lines),
        seconds=round(seconds, 1),
        speech_s=round(sum(e - s for line in lines for s, e in line.segments), 1),
        core_s_per_s=round(listener.cpu_s / listener.seconds, 5) if listener.seconds else None,
        known={name: _score(counts) for name, counts in sorted(known.items())},
        mixtures=measured,
        quiet={name: _quiet(heard) for name, heard in sorted(quiet.items())},
        errors=errors,
    )


def material(rows: Iterable[SoundRow], errors: dict[str, str]) -> mixtures.Material:
    """Return clean speech, noise and rooms of `rows` that nothing was chosen on.

    Parameters
    ----------
    rows
        Recordings; utterances and rooms keep their order.
    errors
        What cannot be read is added, with the reason.
    """
    speech: dict[str, list[Samples]] = {}
    noise: dict[str, Samples] = {}
    rooms: list[Samples] = []
    wanted = [row for row in rows if row.use != TRAIN and _is_material(row)]
    for row, samples in speech_rows.heard(wanted, errors):
        if row.label in READ:
            name = f"{row.dataset} {row.speaker or row.file}"
            speech.setdefault(name, []).append(samples)
        elif row.label == ROOM:
            rooms.append(samples)
        elif len(samples) >= ANY_NOISE * RATE:
            noise[row.file] = samples
    return mixtures.Material(speech, noise, rooms)


def _mixtures(
    rows: Iterable[SoundRow], listener: Listener, errors: dict[str, str]
) -> dict[str, Score]:
    made_of = material(speech_rows.in_order(rows), errors)
    if not made_of.speech or not made_of.noise:
        return {}
    scores = {}
    for snr in SNRS_DB:
        counts = []
        for mixture in mixtures.make(made_of, snr, MIXTURES, SEED + snr):
            found = listener.segments(mixture.samples)
            spoken = _frames(
                [(s.start_ns / 1e9, s.end_ns / 1e9) for s in found], len(mixture.speech)
            )
            counts.append(_count(mixture.speech, spoken, mixture.speaker))
        scores[f"{snr}"] = _score(counts)
    return scores


def _given(name: str) -> SoundRow:
    return SoundRow(file=name, path=Path(name), dataset="", use="", label="")


def _is_material(row: SoundRow) -> bool:
    return row.label in READ or row.label == ROOM or _is_noise(row)


def _is_noise(row: SoundRow) -> bool:
    # Two of the recordings with several microphones are of speech, as their names say.
    return row.label.startswith(NOISE) and not Path(row.file).name.startswith("speech")


def _frames(intervals: Iterable[tuple[float, float]], count: int) -> Frames:
    """Return for every 10 ms whether its middle lies in an interval."""
    inside = np.zeros(count, np.bool_)
    for start, end in intervals:
        first, last = (round(t * RATE / FRAME) for t in (start, end))
        inside[max(0, first) : max(0, last)] = True
    return inside


def _count(truth: Frames, found: Frames, cluster: str) -> _Counts:
    scored = np.ones(len(truth), np.bool_)
    for edge in (np.flatnonzero(np.diff(truth.astype(np.int8))) + 1).tolist():
        scored[max(0, edge - COLLAR) : edge + COLLAR] = False
    return _Counts(
        cluster=cluster,
        tp=int((truth & found & scored).sum()),
        fp=int((~truth & found & scored).sum()),
        fn=int((truth & ~found & scored).sum()),
        frames=int(scored.sum()),
    )


def _score(counts: Sequence[_Counts]) -> Score:
    clusters = sorted({each.cluster for each in counts})
    table = np.zeros((len(clusters), 3))
    for each in counts:
        table[clusters.index(each.cluster)] += (each.tp, each.fp, each.fn)
    tp, fp, fn = table.sum(axis=0).tolist()
    rng = np.random.default_rng(SEED)
    draws = rng.multinomial(len(clusters), np.full(len(clusters), 1 / len(clusters)), RESAMPLES)
    drawn = draws @ table
    whole = 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2]
    shares = 2 * drawn[whole > 0, 0] / whole[whole > 0]
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(shares, [tail, 100 - tail]).tolist() if len(shares) else (None, None)
    return Score(
        recordings=len(counts),
        seconds=round(sum(each.frames for each in counts) * FRAME / RATE, 1),
        f1=_ratio(2 * tp, 2 * tp + fp + fn),
        low=None if low is None else round(low, 4),
        high=None if high is None else round(high, 4),
        precision=_ratio(tp, tp + fp),
        recall=_ratio(tp, tp + fn),
    )


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _quiet(heard: Sequence[tuple[float, float]]) -> Quiet:
    return Quiet(
        recordings=len(heard),
        seconds=round(sum(seconds for seconds, _ in heard), 1),
        speech_s=round(sum(spoken for _, spoken in heard), 1),
    )
