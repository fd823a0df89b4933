"""How well sounds of distress are found: recordings in, alarms and a `Report` out.

Recordings are measured by what their label says, named by source; whatever else rings is a false
alarm. Classes of which nobody recorded anything (calls for help, smoke detectors, coughs, moans)
are measured on sound made by synthesis, with voices and loudspeakers that training never saw; that
needs espeak-ng, and is left out without it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from ambient.errors import ModelError
from ambient.evaluate import speech_rows
from ambient.evaluate.lines import expect_place, write_lines
from ambient.evaluate.sound_days import calls, television
from ambient.evaluate.statistics import SEED, Rate, Share, poisson, wilson
from ambient.observations import SoundClass, SoundHeard
from audio.blocks import RATE, SAMPLE_NS, SECOND_NS, Block, Samples
from audio.sounds.listener import RINGS, SoundListener
from audio.speech.television import TelevisionJudge
from models.sounds import outputs, spotter
from models.sounds.network import Network
from models.sounds.spotter import Spotter
from models.sounds.synthesis.espeak import Speaker, phonemes, there
from models.sounds.synthesis.neural import HELD, Neural
from models.sounds.synthesis.programs import Programs
from models.store import Store, locate

LABELS: Final[dict[str, tuple[str, ...]]] = {
    "scream": ("scream",),
    "pain_cry": ("scream", "moan"),
    "moan": ("moan",),
    "thud": ("thud",),
    "glass": ("glass",),
    "cough": ("cough",),
    "help": ("help",),
    "smoke": ("smoke_alarm",),
    "fire_alarm": ("smoke_alarm",),
}
"""What labels begin with ► classes that count as found."""
MADE: Final = 48
"""Clips of each kind made by synthesis."""
LEAD_S: Final = 1.0
TAIL_S: Final = 2.0
"""Near silence before and after every recording: clips begin and end with their sound, a room does
not."""
_LEAD_DBFS: Final = -80.0
_BLOCK: Final = RATE // 10

Progress = Callable[[int, int], None]
_Hits = dict[str, list[bool]]
Alarm = tuple[float, str, float]
"""Second, class, probability."""


class FileAlarms(Struct, frozen=True):
    """A line of ``--alarms-out``; `file` as given."""

    file: str
    alarms: list[Alarm]


class Report(Struct, frozen=True):
    """What ``ambient evaluate sounds`` prints.

    Attributes
    ----------
    files, hours
        All that was listened to.
    core_s_per_s
        Processor time for a second of sound, reading not counted.
    found
        By data set and label: recordings in which the class was told.
    rings
        False alarms of the classes that ring, per hour of all other recordings.
    told
        By class that does not ring: told in other recordings, per hour.
    ringing
        Recordings in which something rang that should not.
    made
        By class (and way to call): clips by synthesis in which it was found (rang, where it may).
    languages, ratios, engines, beside
        Of the calls that should ring: by language, by signal-to-noise ratio in dB, by the
        synthesiser that called, and by what was heard beside it.
    missing
        Synthesisers that are not there, and why.
    television
        How well a person in the room is told from a loudspeaker.
    errors
        Recordings that could not be read, and why.
    """

    files: int
    hours: float
    core_s_per_s: float | None
    found: dict[str, Share]
    rings: Rate
    told: dict[str, Rate]
    ringing: list[str]
    made: dict[str, Share]
    languages: dict[str, Share]
    ratios: dict[str, Share]
    engines: dict[str, Share]
    beside: dict[str, Share]
    missing: dict[str, str]
    television: television.Told
    errors: dict[str, str]


class Listening:
    """Listens to whole recordings, each as if nothing had been before, and counts the cost."""

    def __init__(self) -> None:
        self._network = Network.load()
        self._calibration = outputs.load()
        self._spotter = Spotter.load(Store(locate()).path(spotter.MODEL))
        self._person = TelevisionJudge()
        self.cpu_s = 0.0
        self.seconds = 0.0

    def heard(self, samples: Samples) -> list[SoundHeard]:
        """Return what is told of a recording that begins at `LEAD_S`."""
        rng = np.random.default_rng(SEED)
        lead, tail = (
            10 ** (_LEAD_DBFS / 20) * rng.standard_normal(round(seconds * RATE))
            for seconds in (LEAD_S, TAIL_S)
        )
        whole = np.concatenate([lead, samples, tail]).astype(np.float32)
        began = time.process_time()
        listener = SoundListener(
            "r", "m", self._network, self._calibration, self._spotter, self._person
        )
        found: list[SoundHeard] = []
        for start in range(0, len(whole), _BLOCK):
            piece = whole[start : start + _BLOCK]
            found += listener.push(Block(piece, (start + len(piece)) * SAMPLE_NS))
        found += listener.finish()
        self.cpu_s += time.process_time() - began
        self.seconds += len(whole) / RATE
        return found


def rings(heard: SoundHeard) -> bool:
    """Return whether this alone alarms somebody."""
    return heard.probability >= RINGS.get(heard.sound, 2.0)


def counts(heard: SoundHeard) -> bool:
    """Return whether this is told: rings, or is of a class that never rings."""
    return heard.sound not in RINGS or rings(heard)


def run(
    manifest: Path,
    *,
    alarms_out: Path | None = None,
    made: int = MADE,
    progress: Progress | None = None,
) -> Report:
    """Listen to all recordings of a manifest, and to sound made by synthesis.

    Parameters
    ----------
    alarms_out
        File for a JSON line for each recording.
    made
        Clips of each kind by synthesis; 0 for none.

    Raises
    ------
    UsageError
        The manifest cannot be understood.
    ModelError
        The network is missing.
    StoreError
        The alarms cannot be written.
    """
    rows = speech_rows.read(manifest)
    expect_place(alarms_out, "--alarms-out")
    listening = Listening()
    lines: list[FileAlarms] = []
    found: _Hits = defaultdict(list)
    wrong: dict[str, int] = dict.fromkeys((each.value for each in SoundClass), 0)
    exposed: dict[str, float] = defaultdict(float)
    ringing: list[str] = []
    errors: dict[str, str] = {}
    for row, samples in speech_rows.heard(rows, errors, progress):
        heard = [each for each in listening.heard(samples) if counts(each)]
        lines.append(FileAlarms(row.file, [_alarm(each) for each in heard]))
        wanted = _wanted(row.label)
        said = {each.sound.value for each in heard}
        if wanted:
            found[f"{row.dataset} {row.label}"].append(bool(said & set(wanted)))
        for each in SoundClass:
            if each.value not in wanted:
                exposed[each.value] += len(samples) / RATE / 3600
                wrong[each.value] += each.value in said
        if any(each.sound.value not in wanted and rings(each) for each in heard):
            ringing.append(f"{row.file} ({row.label})")
    if alarms_out is not None:
        write_lines(alarms_out, lines, "--alarms-out")
    by, missing = _made(listening, made)
    hours = max((exposed[each.value] for each in RINGS), default=0.0)
    return Report(
        files=len(lines),
        hours=round(listening.seconds / 3600, 3),
        core_s_per_s=round(listening.cpu_s / listening.seconds, 5) if listening.seconds else None,
        found=_shares(dict(sorted(found.items()))),
        rings=poisson(sum(wrong[each.value] for each in RINGS), hours),
        told={
            each.value: poisson(wrong[each.value], exposed[each.value])
            for each in SoundClass
            if each not in RINGS
        },
        ringing=ringing,
        made=_shares(by["made"]),
        languages=_shares(by["languages"]),
        ratios=_shares(by["ratios"]),
        engines=_shares(by["engines"]),
        beside=_shares(by["beside"]),
        missing=missing,
        television=television.measure([row for row in rows if row.file not in errors]),
        errors=errors,
    )


def speakers() -> tuple[dict[str, Speaker], dict[str, str]]:
    """Return who calls, by the name of the synthesiser, and which of them are not there, and why.

    None of their voices is trained with; those of the last are of a making that training never
    hears.
    """
    found, missing = {"espeak-ng": Speaker(held=True)}, {}
    try:
        neural = Neural(phonemes, HELD)
    except ModelError as error:
        missing["Kokoro"] = str(error)
    else:
        found["Kokoro"] = Speaker(held=True, engine=neural)
    joined = Programs()
    if joined.languages:
        found["flite, Festival"] = Speaker(held=True, engine=joined)
    else:
        missing["flite, Festival"] = "not installed (Debian: apt install flite festival)"
    return found, missing


def _made(listening: Listening, count: int) -> tuple[dict[str, _Hits], dict[str, str]]:
    """Return what is found of sound by synthesis, by fields of a `Report`, and who is missing."""
    by: dict[str, _Hits] = {
        name: defaultdict(list) for name in ("made", "languages", "ratios", "engines", "beside")
    }
    callers: dict[str, Speaker] = {}
    missing: dict[str, str] = {}
    if count and there():
        callers, missing = speakers()
    if callers:
        rng = np.random.default_rng(SEED)
        clips = calls.calls(rng, callers, count)
        clips += calls.others(rng, callers["espeak-ng"], count)
        for clip in clips:
            heard = listening.heard(clip.samples)
            hit = any(each.sound.value == clip.sound and counts(each) for each in heard)
            by["made"][f"{clip.sound} {clip.how}".strip()].append(hit)
            if clip.how and clip.how != "greeting once":
                by["languages"][clip.language].append(hit)
                by["ratios"][f"{clip.snr_db}"].append(hit)
                by["engines"][clip.engine].append(hit)
                by["beside"][clip.beside].append(hit)
    return by, missing


def _shares(hits: _Hits) -> dict[str, Share]:
    return {name: wilson(sum(each), len(each)) for name, each in hits.items()}


def _wanted(label: str) -> tuple[str, ...]:
    label = label.strip().lower().replace(" ", "_")
    return next((classes for start, classes in LABELS.items() if label.startswith(start)), ())


def _alarm(heard: SoundHeard) -> Alarm:
    second = max(0.0, heard.t / SECOND_NS - LEAD_S)
    return (round(second, 2), heard.sound.value, round(heard.probability, 3))
