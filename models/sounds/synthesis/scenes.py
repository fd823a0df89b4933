"""Five seconds of a room with a sound in it, and what is heard when: the material of training.

In: a generator and a `Cast` (who speaks, what was recorded, which rooms). Out: `Scene`. Each is one
foreground, at times two, in a room, over a steady noise or a television, at -5 to 30 dB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.sounds.synthesis import impacts, machines, voice
from models.sounds.synthesis.basics import RATE, Floats, Rng, peak, pick, place, unit
from models.sounds.synthesis.espeak import Speaker
from models.sounds.synthesis.rooms import loudspeaker, microphone, response, through
from models.sounds.synthesis.words import CALLS, TALK, Words

SECONDS: Final = 5.0
KINDS: Final[dict[str, float]] = {
    "words": 0.40, "help": 0.07, "call": 0.04, "word": 0.05, "talk": 0.06, "television": 0.07,
    "scream": 0.06, "moan": 0.05, "thud": 0.06, "glass": 0.06, "cough": 0.03, "everyday": 0.04,
    "ringing": 0.02, "recorded": 0.03, "steady": 0.01,
}  # fmt: skip
"""How often each is in the foreground."""
MEASURED: Final[dict[str, float]] = {
    "help": 0.18, "call": 0.12, "word": 0.14, "talk": 0.08, "television": 0.09, "scream": 0.07,
    "moan": 0.06, "thud": 0.06, "glass": 0.05, "cough": 0.05, "everyday": 0.04, "ringing": 0.02,
    "recorded": 0.04,
}  # fmt: skip
"""The same, to calibrate and to measure: more like a room, less packed with words."""
_VOICELIKE: Final = frozenset({"crying_baby", "cat"})
"""Recorded sounds of which nobody can say that they are no scream or moan."""
_GLASS: Final = "glass_breaking"
_WITHOUT_WORDS: Final = {
    "scream": voice.scream, "moan": voice.moan, "thud": impacts.thud, "glass": impacts.glass,
    "cough": voice.cough,
}  # fmt: skip
_SHOUTED: Final = 0.75
"""Effort from which on a word is a shout as well."""
_LONGEST: Final = {"thud": 0.6, "glass": 0.9}
"""Seconds after which a blow has died away."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A sound of a class between two instants, and which other classes it may count as."""

    name: str
    start_s: float
    end_s: float
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Sound, and what is in it.

    Attributes
    ----------
    samples
        (`SECONDS` at 16 kHz,).
    kind, language
        Of the first foreground; the language is empty where nobody speaks.
    snr_db
        Of the foreground over everything else.
    """

    samples: Floats
    marks: tuple[Mark, ...]
    kind: str
    language: str
    snr_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """What scenes are made of.

    Attributes
    ----------
    speaker
        Says words.
    speech
        Recorded speech without a call.
    recorded
        Recorded sounds by label.
    held
        Made to measure: loudspeakers of the family that is not trained with.
    words
        What counts as a call.
    rooms
        Impulse responses; filled by `cast`.
    """

    speaker: Speaker
    speech: Sequence[Floats]
    recorded: Mapping[str, Sequence[Floats]]
    held: bool = False
    words: Mapping[str, Words] = field(default_factory=lambda: CALLS)
    rooms: Sequence[Floats] = ()


def cast(
    rng: Rng,
    speaker: Speaker,
    speech: Sequence[Floats],
    recorded: Mapping[str, Sequence[Floats]],
    *,
    rooms: int,
    held: bool = False,
    words: Mapping[str, Words] = CALLS,
) -> Cast:
    """Return a cast with so many rooms of its own."""
    made = tuple(response(rng) for _ in range(rooms))
    return Cast(speaker, speech, recorded, held, words, made)


def scene(
    rng: Rng, made_of: Cast, kind: str | None = None, shares: Mapping[str, float] = KINDS
) -> Scene:
    """Return one scene; its kind is drawn by `shares` unless given."""
    n = round(SECONDS * RATE)
    if kind is None:
        kind = _drawn(rng, shares)
    front, marks, language = _front(rng, made_of, kind)
    if kind != "steady" and rng.random() < 0.12:
        other, more, _ = _front(rng, made_of, _drawn(rng, shares))
        front, marks = front + np.float32(rng.uniform(0.2, 1.0)) * other, (*marks, *more)
    snr_db = float(rng.uniform(-5, 30))
    behind, voiced = _behind(rng, made_of, n)
    if voiced:
        marks = (*marks, Mark("", 0.0, SECONDS, ("speech",)))
        snr_db = max(snr_db, 3.0)
    loud = np.square(front, dtype=np.float64)
    active = loud[loud > loud.max() * 1e-3]
    level = float(np.sqrt(active.mean())) if len(active) else 0.0
    if level > 0:
        whole = front / np.float32(level) + behind * np.float32(10 ** (-snr_db / 20))
    else:
        whole = behind
    whole = microphone(rng, np.asarray(whole, np.float32))
    gain = 10 ** (rng.uniform(-45, -3) / 20)
    whole = np.clip(peak(whole) * np.float32(gain), -1, 1)
    whole += np.float32(10 ** (rng.uniform(-95, -70) / 20)) * rng.standard_normal(n).astype("f4")
    return Scene(np.asarray(whole, np.float32), marks, kind, language, snr_db)


def _drawn(rng: Rng, shares: Mapping[str, float]) -> str:
    total = sum(shares.values())
    return str(rng.choice(list(shares), p=[share / total for share in shares.values()]))


def _front(rng: Rng, made_of: Cast, kind: str) -> tuple[Floats, tuple[Mark, ...], str]:
    """Return a foreground (n,) in a room, its marks and its language."""
    n = round(SECONDS * RATE)
    made = np.zeros(n, np.float32)
    marks: list[Mark] = []
    language = ""
    if kind in ("help", "call"):
        language = str(rng.choice(list(made_of.words)))
        marks = _called(rng, made_of, made, kind, language)
    elif kind == "words":
        language = str(rng.choice(list(made_of.words)))
        marks = _mixed(rng, made_of, made, language)
    elif kind in ("word", "talk", "television"):
        language = str(rng.choice(list(TALK)))
        marks = _spoken(rng, made_of, made, kind, language)
    elif kind in _WITHOUT_WORDS:
        sounds = made_of.recorded.get(_GLASS, ()) if kind == "glass" else ()
        if len(sounds) and rng.random() < 0.4:
            place(made, _piece(rng, sounds, n), 0.0)
            marks = _loud_marks(made, kind)
        else:
            marks = _wordless(rng, made, kind)
    elif kind == "everyday":
        for _ in range(rng.integers(1, 4)):
            maker = pick(rng, impacts.EVERYDAY)
            place(made, maker(rng), rng.uniform(0, 4.0), rng.uniform(0.3, 1.0))
    elif kind == "ringing":
        makers = (*machines.RINGING.values(), machines.smoke_alarm)
        place(made, pick(rng, makers)(rng, SECONDS), 0.0)
    elif kind == "recorded" and made_of.recorded:
        label = str(rng.choice([name for name in made_of.recorded if name != _GLASS]))
        place(made, _piece(rng, made_of.recorded[label], n), 0.0)
        if label in _VOICELIKE:
            marks = [Mark("", 0.0, SECONDS, ("scream", "moan", "cough"))]
    room = len(made_of.rooms) and rng.random() < 0.85
    wet = through(made, pick(rng, made_of.rooms))[:n] if room else made
    return np.asarray(wet, np.float32), tuple(marks), language


def _called(rng: Rng, made_of: Cast, made: Floats, kind: str, language: str) -> list[Mark]:
    words = getattr(made_of.words[language], kind)
    text = str(rng.choice(words))
    marks: list[Mark] = []
    effort = rng.uniform(0.3, 1.0) if rng.random() < 0.75 else rng.uniform(0.0, 0.3)
    at, voices = rng.uniform(0.2, 3.0), float(rng.random() < 0.6)
    for _ in range(rng.integers(1, 4)):
        sound = made_of.speaker.say(rng, language, text, voices=voices, effort=effort)
        end = at + len(sound) / RATE
        if end > SECONDS - 0.3 and marks:
            break
        place(made, sound, at, rng.uniform(0.7, 1.0))
        marks.append(Mark(kind, at, end, ("scream",) if effort > _SHOUTED else ()))
        marks.append(Mark("speech", at, end))
        at = end + rng.uniform(0.25, 1.2)
    return marks


def _mixed(rng: Rng, made_of: Cast, made: Floats, language: str) -> list[Mark]:
    """Fill a scene with words that call and words that do not: most is learned from these."""
    marks: list[Mark] = []
    at = rng.uniform(0.0, 0.6)
    others = [text for text in TALK.get(language, ()) if len(text) < 14]
    while at < SECONDS - 0.8:
        effort = float(rng.uniform(0, 1))
        kind = ("help", "help", "call", "")[rng.integers(4)]
        if not kind and len(made_of.speech) and rng.random() < 0.3:
            sound = peak(pick(rng, made_of.speech))
            if rng.random() < 0.5:
                sound = voice.revoice(rng, sound, effort=effort)
        else:
            said = getattr(made_of.words[language], kind) if kind else (others or ("na na",))
            sound = made_of.speaker.say(rng, language, str(rng.choice(said)), effort=effort)
        end = at + len(sound) / RATE
        place(made, sound, at, rng.uniform(0.6, 1.0))
        unsure = ("scream",) if effort > _SHOUTED else ()
        if kind and end <= SECONDS - 0.2:
            marks.append(Mark(kind, at, end, unsure))
        elif kind:
            marks.append(Mark("", at, SECONDS, (kind,)))
        marks.append(Mark("speech", at, min(SECONDS, end), unsure))
        at = end + rng.uniform(0.15, 0.6)
    return marks


def _spoken(rng: Rng, made_of: Cast, made: Floats, kind: str, language: str) -> list[Mark]:
    marks: list[Mark] = []
    at = rng.uniform(0.0, 2.5) if kind == "word" else -rng.uniform(0, 1.0)
    effort = rng.uniform(0, 1)
    while at < SECONDS - 0.3:
        if len(made_of.speech) and rng.random() < 0.4:
            sound = peak(pick(rng, made_of.speech))
            if rng.random() < 0.3:
                sound = voice.revoice(rng, sound, effort=effort)
        else:
            said = TALK[language]
            short = [text for text in said if len(text) < 12]
            text = str(rng.choice(short if kind == "word" else said))
            sound = made_of.speaker.say(rng, language, text, effort=effort)
        end = at + len(sound) / RATE
        place(made, sound, at, rng.uniform(0.7, 1.0))
        unsure = ("scream",) if effort > _SHOUTED else ()
        marks.append(Mark("speech", max(0.0, at), min(SECONDS, end), unsure))
        if kind == "word" and rng.random() < 0.6:
            break
        at = end + (rng.uniform(0.5, 1.5) if kind == "word" else rng.uniform(0.02, 0.4))
    if kind == "television":
        made[:] = loudspeaker(rng, made + _bed(rng, len(made)), held=made_of.held)
    return marks


def _bed(rng: Rng, n: int) -> Floats:
    """Return what lies under speech on television: music, a hall, or nothing."""
    draw = rng.random()
    if draw < 0.4:
        return np.zeros(n, np.float32)
    maker = machines.music if draw < 0.75 else machines.crowd
    return maker(rng, n / RATE) * np.float32(0.15 * 10 ** (-rng.uniform(0, 20) / 20))


def _wordless(rng: Rng, made: Floats, kind: str) -> list[Mark]:
    marks = []
    at = rng.uniform(0.1, 2.5)
    for _ in range(1 if rng.random() < 0.6 else 2):
        sound = _WITHOUT_WORDS[kind](rng)
        if rng.random() < 0.15 and kind in ("scream", "moan"):
            sound = voice.revoice(rng, sound)
        end = min(at + len(sound) / RATE, at + _LONGEST.get(kind, SECONDS), SECONDS)
        place(made, sound, at, rng.uniform(0.6, 1.0))
        unsure = ("speech",) if kind in ("scream", "moan", "cough") else ()
        other = {"scream": ("moan",), "moan": ("scream",)}.get(kind, ())
        marks.append(Mark(kind, at, end, (*unsure, *other)))
        at = end + rng.uniform(0.3, 1.2)
        if at > SECONDS - 0.5:
            break
    return marks


def _loud_marks(made: Floats, kind: str) -> list[Mark]:
    """Return a mark where a recorded sound is loud; the rest of it counts as either."""
    frame = RATE // 20
    power = np.square(made[: len(made) // frame * frame].reshape(-1, frame)).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 0.03)
    first = float(loud[0]) * 0.05
    last = min(float(loud[-1] + 1) * 0.05, first + 1.0)
    return [Mark(kind, first, last), Mark("", last, SECONDS, (kind,))]


def _piece(rng: Rng, sounds: Sequence[Floats], n: int) -> Floats:
    sound = pick(rng, sounds)
    first = int(rng.integers(0, max(1, len(sound) - n + 1)))
    return peak(sound[first : first + n])


def _behind(rng: Rng, made_of: Cast, n: int) -> tuple[Floats, bool]:
    """Return what is always there (n,), of unit power, and whether somebody speaks in it."""
    draw = rng.random()
    if draw < 0.15:
        made = np.zeros(n, np.float32)
        _spoken(rng, made_of, made, "television", str(rng.choice(list(TALK))))
        room = pick(rng, made_of.rooms) if len(made_of.rooms) else None
        wet = made if room is None else through(made, room)[:n]
        return unit(np.asarray(wet, np.float32)), True
    makers = list(machines.STEADY.values())
    maker = makers[0] if draw < 0.55 else pick(rng, makers)
    return maker(rng, SECONDS), False
