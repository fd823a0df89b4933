"""How well the enrolled voice is told from others: a manifest in, a `Report` out.

Each speaker of a data set is enrolled once and the same set's other speakers are the strangers: a
stranger from another set would be told apart by the recording alone. What is enrolled is never
tested. Speech is judged as in a room: stretches of up to 9 s, by `audio.speech.gate`. Intervals are
by bootstrap over enrolled speakers. What is enrolled, and in which rooms, hangs on a speaker's name
and files alone: neither on the order of rows nor on other speakers.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ambient.errors import UsageError
from ambient.evaluate import speech_rows, vad
from ambient.evaluate.mixtures import FRAME, speech_frames
from ambient.evaluate.speakers_ways import (
    FAR,
    FAR_SNR_DB,
    SAME,
    SEPARATOR,
    Rooms,
    Talk,
    Way,
    ways,
)
from ambient.evaluate.speech_rows import TRAIN, SoundRow
from ambient.evaluate.statistics import CONFIDENCE, RESAMPLES, SEED
from audio.blocks import RATE, Samples
from audio.speech.embedding import MODEL, WINDOW, CamPlus, Embedder, Vector, direction
from audio.speech.enrolment import ONE_VOICE, halves
from audio.speech.gate import FITTED, Calibration, Part, judge, listen
from models import store

STRETCH: Final = 3 * WINDOW
ENROLLED: Final = 20
"""Windows of an enrolment at most: a minute."""
LEAST_WINDOWS: Final = 2
"""A speaker with fewer windows to enrol is only a stranger."""
TRAINED: Final = " (train)"
MANY: Final = ("multi", "2 speakers")
"""What stands for a speaker where there are several."""

Progress = Callable[[int, int], None]


class Interval(Struct, frozen=True):
    """A share with its interval (95 %)."""

    share: float | None
    low: float | None
    high: float | None


class Told(Struct, frozen=True):
    """One data set, enrolled in one way.

    Attributes
    ----------
    speakers, own_s, strangers_s
        Enrolled, and seconds of their own and of strangers' speech that were judged.
    equal_error
        Share of the enrolled's runs that fail where as large a share of strangers' passes.
    kept, stranger_passed
        Shares of speech, by length, that pass the gate.
    by_label
        `kept` for each label, where a set has moods.
    """

    speakers: int
    own_s: float
    strangers_s: float
    equal_error: Interval
    kept: Interval
    stranger_passed: Interval
    by_label: dict[str, float]


class Report(Struct, frozen=True):
    """What ``ambient evaluate speakers`` prints.

    Attributes
    ----------
    sets
        By data set and way to enrol; ``(train)`` where the gate was fitted on it.
    one_refused, two_accepted
        Of enrolments of one voice, how many would be refused as two; of enrolments with a quarter
        of another's voice, how many would be accepted.
    core_s_per_s
        Processor time for a second of speech.
    errors
        Recordings that could not be read, and why.
    """

    sets: dict[str, Told]
    one_refused: Interval
    two_accepted: Interval
    core_s_per_s: float
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Speaker:
    """What one speaker is enrolled with, and what is judged of them."""

    enrolled: NDArray[np.float32]
    own: dict[str, list[list[Part]]]
    """Stretches that were not enrolled, by label."""
    everything: list[list[Part]]
    """All stretches, judged where somebody else is enrolled."""


class _Listener:
    """Hears speech with the network, and counts what that takes."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.cpu_s = 0.0
        self.seconds = 0.0

    def stretches(self, talk: Iterable[Samples], rooms: Rooms | None = None) -> list[list[Part]]:
        joined = np.concatenate([*talk, np.zeros(0, np.float32)])
        cuts = [joined[cut : cut + STRETCH] for cut in range(0, len(joined), STRETCH)]
        if rooms is not None:
            cuts = [rooms.heard(cut) for cut in cuts]
        began = time.process_time()
        heard = [listen(cut, self._embedder) for cut in cuts]
        self.cpu_s += time.process_time() - began
        self.seconds += len(joined) / RATE
        return [parts for parts in heard if parts]


def run(manifest: Path, *, progress: Progress | None = None) -> Report:
    """Measure every data set with two speakers or more.

    Raises
    ------
    UsageError
        The manifest cannot be understood, or names too few speakers.
    ModelError
        The network is missing.
    """
    listener = _Listener(CamPlus(store.path(MODEL)))
    by_set: dict[str, dict[str, _Speaker]] = {}
    rows = speech_rows.in_order(speech_rows.read(manifest))
    errors: dict[str, str] = {}
    around = vad.material(rows, errors)
    far = bool(around.rooms) and bool(around.noise)
    noises = list(around.noise.values())
    voices = list(_by_speaker(rows))
    for number, (name, who, theirs) in enumerate(voices):
        heard = speech_rows.heard(theirs, errors)
        talk = [(row.label, _talk(samples)) for row, samples in heard]
        rooms = None
        if far and TRAINED not in name:
            rooms = Rooms(around.rooms, noises, FAR_SNR_DB, zlib.crc32(f"{name} {who}".encode()))
        for way, part in ways(talk, rooms).items():
            by_set.setdefault(f"{name}{way}", {})[who] = _heard(part, listener)
        if progress is not None:
            progress(number + 1, len(voices))
    together: dict[str, list[dict[str, _Speaker]]] = {}
    for name, speakers in sorted(by_set.items()):
        together.setdefault(name.partition(SEPARATOR)[0], []).append(speakers)
    sets = {name: _told(groups) for name, groups in together.items()}
    measured = {name: told for name, told in sets.items() if told is not None}
    if not measured:
        unread = f" ({len(errors)} recordings cannot be read)" if errors else ""
        raise UsageError(
            f"{manifest}: expected a data set with two named speakers of 12 s of speech each, got "
            f"none{unread}; fill the column speaker"
        )
    untouched = [
        speakers
        for name, speakers in sorted(by_set.items())
        if not any(word in name for word in (TRAINED, FAR, SAME))
    ]
    one, two = _enrolments(untouched)
    return Report(
        sets=measured,
        one_refused=_interval(one),
        two_accepted=_interval(two),
        core_s_per_s=round(listener.cpu_s / listener.seconds, 5),
        errors=errors,
    )


def _heard(way: Way, listener: _Listener) -> _Speaker:
    def by_label(talk: Talk) -> dict[str, list[list[Part]]]:
        labels = dict.fromkeys(label for label, _ in talk)
        return {
            label: listener.stretches((p for each, p in talk if each == label), way.rooms)
            for label in labels
        }

    learnt = listener.stretches((piece for _, piece in way.enrol), way.enrolled_in)
    enrolled = [part for parts in learnt for part in parts]
    own = by_label(way.judge)
    everything = [parts for stretches in own.values() for parts in stretches]
    everything += [parts for stretches in by_label(way.enrol).values() for parts in stretches]
    voices = [part.voice for part in enrolled[:ENROLLED]]
    return _Speaker(np.array(voices, np.float32), own, everything)


def _by_speaker(rows: Iterable[SoundRow]) -> Iterator[tuple[str, str, list[SoundRow]]]:
    """Yield data set, speaker and rows, sets with one speaker left out."""
    found: dict[str, dict[str, list[SoundRow]]] = {}
    for row in rows:
        if row.speaker and row.speaker not in MANY:
            name = f"{row.dataset}{TRAINED}" if row.use == TRAIN else row.dataset
            found.setdefault(name, {}).setdefault(row.speaker, []).append(row)
    for name, speakers in found.items():
        if len(speakers) > 1:
            for speaker, theirs in speakers.items():
                yield name, speaker, theirs


def _talk(samples: Samples) -> Samples:
    """Return the speech of a clean recording, by its energy."""
    active = np.repeat(speech_frames(samples), FRAME)
    return samples[: len(active)][active]


def _told(groups: Sequence[dict[str, _Speaker]], calibration: Calibration = FITTED) -> Told | None:
    """Return what is told of speakers among themselves, group by group; None of too few."""
    own_runs: dict[str, list[NDArray[np.float64]]] = {}
    strangers_runs: dict[str, list[NDArray[np.float64]]] = {}
    labels: dict[str, list[tuple[float, float]]] = {}
    for speakers, (name, speaker) in ((group, item) for group in groups for item in group.items()):
        if len(speaker.enrolled) < LEAST_WINDOWS or not any(speaker.own.values()):
            continue
        voice = direction(speaker.enrolled.mean(axis=0))
        own = {
            label: _runs(stretches, voice, calibration) for label, stretches in speaker.own.items()
        }
        for label, table in own.items():
            labels.setdefault(label, []).append(_by_length(table))
        others = [parts for o, s in speakers.items() if o != name for parts in s.everything]
        own_runs.setdefault(name, []).extend(own.values())
        strangers_runs.setdefault(name, []).append(_runs(others, voice, calibration))
    if len(own_runs) < 2:
        return None
    owns = [np.concatenate(each) for each in own_runs.values()]
    strangers = [np.concatenate(each) for each in strangers_runs.values()]
    moods = len(labels) > 1 and any("/" in label for label in labels)
    return Told(
        speakers=len(owns),
        own_s=round(sum(float(each[:, 1].sum()) for each in owns), 1),
        strangers_s=round(sum(float(each[:, 1].sum()) for each in strangers), 1),
        equal_error=_equal_error([each[:, 0] for each in owns], [each[:, 0] for each in strangers]),
        kept=_interval([_by_length(each) for each in owns]),
        stranger_passed=_interval([_by_length(each) for each in strangers]),
        by_label={label: _share(pairs) for label, pairs in sorted(labels.items())} if moods else {},
    )


def _runs(
    stretches: Sequence[Sequence[Part]], voice: Vector, calibration: Calibration
) -> NDArray[np.float64]:
    """Return (n, 3): probability, seconds, and whether it passes, of each run."""
    rows = [
        (each.resident, (each.samples.stop - each.samples.start) / RATE, each.passes)
        for parts in stretches
        for each in judge(parts, voice, calibration)
    ]
    return np.array(rows, np.float64).reshape(-1, 3)


def _by_length(table: NDArray[np.float64]) -> tuple[float, float]:
    """Return seconds that pass, and all seconds."""
    return float(table[:, 1] @ table[:, 2]), float(table[:, 1].sum())


def _share(pairs: Sequence[tuple[float, float]]) -> float:
    return round(sum(part for part, _ in pairs) / max(1e-9, sum(whole for _, whole in pairs)), 4)


def _interval(pairs: Sequence[tuple[float, float]]) -> Interval:
    """Return a share of sums, bootstrapped over what is summed."""
    table = np.array(pairs, np.float64).reshape(-1, 2)
    if not len(table) or not table[:, 1].sum():
        return Interval(None, None, None)
    drawn = _draws(len(table), RESAMPLES) @ table
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [tail, 100 - tail]).tolist()
    share = float(table[:, 0].sum() / table[:, 1].sum())
    return Interval(round(share, 4), round(low, 4), round(high, 4))


def _equal_error(
    own: Sequence[NDArray[np.float64]], strangers: Sequence[NDArray[np.float64]]
) -> Interval:
    """Return the equal error rate over all speakers, bootstrapped over them."""
    levels = np.unique(np.concatenate([*own, *strangers]))
    missed = np.stack([np.searchsorted(np.sort(each), levels, "left") for each in own])
    passed = np.stack(
        [len(each) - np.searchsorted(np.sort(each), levels, "left") for each in strangers]
    )
    sizes = np.array([[len(a), len(b)] for a, b in zip(own, strangers, strict=True)], np.float64)

    def rate(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        totals = weights @ sizes
        m, p = weights @ missed / totals[:, :1], weights @ passed / totals[:, 1:]
        at = np.argmin(np.abs(m - p), axis=1)[:, None]
        both = np.take_along_axis(m, at, 1) + np.take_along_axis(p, at, 1)
        return np.asarray(both[:, 0] / 2, np.float64)

    whole = float(rate(np.ones((1, len(own))))[0])
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(rate(_draws(len(own), RESAMPLES)), [tail, 100 - tail]).tolist()
    return Interval(round(whole, 4), round(low, 4), round(high, 4))


def _draws(count: int, draws: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(SEED)
    return rng.multinomial(count, np.full(count, 1 / count), draws).astype(np.float64)


def _enrolments(
    sets: Iterable[dict[str, _Speaker]],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return for each speaker: enrolments of one voice refused, of two voices accepted."""
    one: list[tuple[float, float]] = []
    two: list[tuple[float, float]] = []
    for speakers in sets:
        for who, speaker in speakers.items():
            own = speaker.enrolled
            if len(own) < LEAST_WINDOWS:
                continue
            one.append((float(halves(own) < ONE_VOICE), 1.0))
            share = max(1, round(len(own) / 3))
            joined = [
                np.concatenate((own, other.enrolled[:share]))
                for name, other in speakers.items()
                if name != who and len(other.enrolled) >= share
            ]
            if joined:
                accepted = sum(halves(both) >= ONE_VOICE for both in joined)
                two.append((float(accepted), float(len(joined))))
    return one, two
