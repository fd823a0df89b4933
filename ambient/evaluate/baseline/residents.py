"""One simulated resident: who it is, what happens to the voice, and the minutes that are measured.

Comes in: a seed, and what is to happen. Goes out: `VoiceMeasured` in the order of time, as a
microphone's process would say them. Values are made on the scale on which they are compared and
turned back; every draw comes from the seed, so that a life with and without a shift differs by the
shift alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ambient.evaluate.baseline import variances as v
from ambient.observations import VoiceFeature, VoiceMeasured, VoiceValue
from audio.features import rounded

ROOM: Final = "r1"
SUBJECT: Final = "s-0001"
DAY: Final = 24 * 3600 * 1_000_000_000
NAMES: Final = tuple(v.FEATURES)
_INDEX: Final = {feature: k for k, feature in enumerate(NAMES)}

Vector = NDArray[np.float64]


class Cause(StrEnum):
    """What may happen to a voice beside the shift that is to be found."""

    COLD = "cold"
    DENTURES = "dentures"
    MOVED_TOLD = "moved_told"
    """The microphone is moved and gets another id."""
    MOVED_UNTOLD = "moved_untold"
    """The microphone is pushed aside and nobody says so."""


@dataclass(frozen=True)
class Happening:
    """A cause, from its first day to before `until` (the last day of what lasts is the end)."""

    cause: Cause
    day: int
    until: int


@dataclass(frozen=True)
class Shift:
    """What is to be found: a lasting change, in within-person spreads of a minute's value.

    Attributes
    ----------
    parts
        Feature ► how far it goes.
    """

    parts: dict[VoiceFeature, float]


def _vector(values: dict[VoiceFeature, float]) -> Vector:
    out = np.zeros(len(NAMES))
    for feature, value in values.items():
        out[_INDEX[feature]] = value
    return out


_F = VoiceFeature
EFFECTS: Final = {
    # Lasts some days; direction from laryngitis and colds (hoarse, lower, weaker).
    Cause.COLD: _vector({_F.F0_LEVEL: -1.5, _F.F0_RANGE: -1.0, _F.LOUDNESS: -1.0, _F.JITTER: 2.0,
                         _F.SHIMMER: 2.0, _F.HNR: -2.0, _F.CPP: -2.0, _F.SPEECH_RATE: -0.5}),
    # Another or no denture changes articulation and spectrum (Seifert et al. 1999, J Prosthet
    # Dent 81:579).
    Cause.DENTURES: _vector({_F.ARTICULATION_RATE: -1.0, _F.SPEECH_RATE: -0.5,
                             _F.ALPHA_RATIO: 0.8, _F.SPECTRAL_SLOPE: -0.4}),
    # Twice as far: 6 dB less, more noise and reverberation in what is heard.
    Cause.MOVED_UNTOLD: _vector({_F.LOUDNESS: -3.0, _F.HNR: -1.0, _F.CPP: -1.0, _F.SHIMMER: 0.5,
                                 _F.JITTER: 0.5, _F.ALPHA_RATIO: 0.5}),
}  # fmt: skip
"""In within-person spreads; assumed where no source stands beside it."""

CHANCES: Final = {
    Cause.COLD: (0.4, True),
    Cause.DENTURES: (0.1, False),
    Cause.MOVED_TOLD: (0.1, False),
    Cause.MOVED_UNTOLD: (0.1, False),
}
"""Cause ► its probability in 90 days, and whether it is over after 4 to 8 days. Colds 1.6 a year;
the rest is assumed."""

_MOVED_TOLD: Final = _vector(
    {_F.LOUDNESS: -3.0, _F.HNR: -1.5, _F.CPP: -1.5, _F.SHIMMER: 1.0, _F.JITTER: 1.0,
     _F.ALPHA_RATIO: 1.0, _F.SPECTRAL_SLOPE: -0.5}
)  # fmt: skip
"""Another place in the room altogether."""


@dataclass(frozen=True)
class Life:
    """One resident's days.

    Attributes
    ----------
    happenings
        By day.
    shift_day
        When a shift begins, if there is one to be.
    """

    seed: tuple[int, int]
    days: int
    missing: float
    happenings: tuple[Happening, ...]
    shift_day: int


def live(family: int, number: int, days: int, *, missing: float = 0.3, quiet: bool = False) -> Life:
    """Return the life of resident `number` of a seed family.

    Parameters
    ----------
    missing
        Share of days without any speech.
    quiet
        Nothing happens: no cold, denture or microphone.
    """
    rng = np.random.default_rng((family, number, 1))
    chances = rng.random(4)
    starts = rng.integers(5, days, 4)
    length = int(rng.integers(4, 9))
    shift_day = int(rng.integers(days // 2, days - 14)) if days >= 42 else days
    happened: list[Happening] = []
    for chance, start, (cause, (share, passes)) in zip(
        chances, starts, CHANCES.items(), strict=True
    ):
        if chance < share * days / 90:
            until = int(start) + length if passes else days
            happened.append(Happening(cause, int(start), until))
    kept = () if quiet else tuple(sorted(happened, key=lambda one: one.day))
    return Life((family, number), days, missing, kept, shift_day)


def minutes(
    life: Life, *, shift: Shift | None = None, day_share: float = v.DAY_SHARE, begin: int = 0
) -> Iterator[list[VoiceMeasured]]:
    """Yield what is measured on each day from `begin` on; nothing on a day without speech."""
    rng = np.random.default_rng((*life.seed, 2))
    table = list(v.FEATURES.values())
    strays = np.exp(rng.normal(0.0, v.STRAYS, len(NAMES)))
    within = np.array([one.within for one in table]) * strays
    middle = np.array([one.middle for one in table])
    middle = middle + rng.normal(0.0, 1.0, len(NAMES)) * [one.between for one in table]
    parts = rng.normal(0.0, v.TIME_OF_DAY, (len(v.PARTS), len(NAMES)))
    parts[0, _INDEX[VoiceFeature.F0_LEVEL]] += v.MORNING_F0
    weekend = rng.normal(0.0, v.WEEKEND) * np.array([one.arousal for one in table])
    inertia = rng.uniform(*v.INERTIA)
    median_talk = v.TALK_MINUTES * np.exp(rng.normal(0.0, 0.5))
    moved = _vector(dict.fromkeys(NAMES, 0.0)) + _MOVED_TOLD * rng.uniform(0.5, 1.5) * rng.choice(
        (-1.0, 1.0)
    )
    today = _together(rng)
    drift = rng.normal(0.0, v.WANDER, len(NAMES))
    for day in range(life.days):
        today = inertia * today + np.sqrt(1.0 - inertia**2) * _together(rng)
        drift = drift * (1 - 1 / 30) + rng.normal(0.0, v.WANDER, len(NAMES)) * np.sqrt(2 / 30)
        talk = median_talk * np.exp(rng.normal(0.0, 0.6))
        away = rng.random() < life.missing
        count = 0 if away else min(60, int(talk))
        hours = np.sort(
            rng.choice(len(v.PARTS), size=60, p=[share for _, share in v.PARTS])[:count]
        )
        # All sixty are drawn, so that a life goes on alike whatever was said on a day.
        noise = np.stack([_together(rng) for _ in range(3)])
        free = rng.standard_t(6, (60, len(NAMES))) / np.sqrt(1.5)
        if day < begin:
            continue
        level = np.sqrt(day_share) * today + drift
        level = level + (weekend if day % 7 >= 5 else 0.0) + _effects(life, day, moved)
        if shift is not None and day >= life.shift_day:
            level = level + _vector(shift.parts)
        values = level + parts[hours] + np.sqrt(1.0 - day_share) * _minute(free[:count], noise)
        yield _measured(life, day, hours, middle + within * values)


_LOADS: Final = np.array([[one.arousal, one.tempo, one.phonation] for one in v.FEATURES.values()])
_OWN: Final = np.sqrt(1.0 - (_LOADS**2).sum(axis=1))


def _together(rng: np.random.Generator) -> Vector:
    """Return one draw of all features with variance 1 that go together as they do in people."""
    draw: Vector = _LOADS @ rng.normal(0.0, 1.0, 3) + _OWN * rng.normal(0.0, 1.0, len(NAMES))
    return draw


def _minute(free: Vector, noise: Vector) -> Vector:
    """Return minutes' own variation: mostly free, a part of it goes on over the day's talks."""
    shared = noise[np.arange(len(free)) % len(noise)]
    out: Vector = np.sqrt(0.7) * free + np.sqrt(0.3) * shared
    return out


def _effects(life: Life, day: int, moved: Vector) -> Vector:
    total = np.zeros(len(NAMES))
    for one in life.happenings:
        if one.day <= day < one.until:
            total += moved if one.cause is Cause.MOVED_TOLD else EFFECTS[one.cause]
    return total


def _measured(life: Life, day: int, parts: NDArray[np.int64], rows: Vector) -> list[VoiceMeasured]:
    told = any(one.cause is Cause.MOVED_TOLD and one.day <= day for one in life.happenings)
    source = "m2" if told else "m1"
    logs = [one.log for one in v.FEATURES.values()]
    rows = np.where(logs, np.exp(np.clip(rows, -8.0, 8.0)), rows)
    out: list[VoiceMeasured] = []
    for number, (part, row) in enumerate(zip(parts.tolist(), rows.tolist(), strict=True)):
        t = day * DAY + v.PARTS[part][0] * DAY // 24 + number * 60_000_000_000
        values = [
            VoiceValue(name, rounded(name, value), 60.0)
            for name, value in zip(NAMES, row, strict=True)
        ]
        out.append(
            VoiceMeasured(
                t=t,
                room=ROOM,
                source=source,
                subject=SUBJECT,
                began=max(0, t - 90_000_000_000),
                speech_s=60.0,
                values=values,
                version="1",
            )
        )
    return out
